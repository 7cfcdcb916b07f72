"""Contact sheets of what the network is shown: every kind of pseudo-fake, and every perturbation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lipfd_desktop.forgery.blend import paste, reanimate, self_blend, transplant
from lipfd_desktop.forgery.compose import Forged, Frames, Points
from lipfd_desktop.forgery.levelling import level
from lipfd_desktop.forgery.perturb import SEVERITIES, Perturbation, perturb
from lipfd_desktop.report.atomic import open_atomic

LABEL_WIDTH: Final = 190
"""Pixels."""
SELF_BLENDS: Final = 4
"""Rows of self-blending, which has the most to vary."""

Regenerate = Callable[[Frames], Frames]


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetWindow:
    """A real window, and another moment of the same speaker.

    Attributes
    ----------
    frames, donor_frames : (n, side, side, 3) uint8 RGB
    landmarks, donor_landmarks : (n, 478, 2)
        In pixels of the crop.
    """

    frames: Frames
    landmarks: Points
    donor_frames: Frames
    donor_landmarks: Points


def write_forgery_sheet(
    target: Path, windows: Sequence[SheetWindow], seed: int, generators: Mapping[str, Regenerate] | None = None
) -> None:
    """Write :func:`forgery_sheet` as PNG.

    Raises
    ------
    ExportError
        The file cannot be written.
    """
    with open_atomic(target) as stream:
        Image.fromarray(forgery_sheet(windows, seed, generators)).save(stream, format="PNG")


def forgery_sheet(
    windows: Sequence[SheetWindow], seed: int, generators: Mapping[str, Regenerate] | None = None
) -> NDArray[np.uint8]:
    """A column for every window: the real middle frame, the pseudo-fakes of it, and where they differ.

    Parameters
    ----------
    windows
        At least one, all of one size.
    seed
        The same windows and seed give the same picture.
    generators
        Networks of our own by name, whose pictures are blended back.

    Returns
    -------
    (height, width, 3) uint8 RGB
    """
    makers = _makers(generators or {})
    rows = [("real", [_middle(window.frames) for window in windows])]
    for number, (name, make) in enumerate(makers):
        forgeries = [
            make(window, np.random.default_rng([seed, number, column])) for column, window in enumerate(windows)
        ]
        rows.append((name, [_middle(forged.frames) for forged in forgeries]))
        rows.append(
            (f"{name}: change x4", [_change(w.frames, f.frames) for w, f in zip(windows, forgeries, strict=True)])
        )
    levelled = [level(w.frames, np.random.default_rng([seed, len(makers), c])) for c, w in enumerate(windows)]
    rows.append(("real, levelled", [_middle(frames) for frames in levelled]))
    return _grid(rows)


def perturbation_sheet(frames: Frames, seed: int) -> NDArray[np.uint8]:
    """A row for every perturbation, a column for every severity, after the unperturbed (n, h, w, 3) window."""
    return _grid(
        [
            (
                kind,
                [_middle(frames)]
                + [_middle(perturb(frames, kind, severity, np.random.default_rng(seed))) for severity in SEVERITIES],
            )
            for kind in Perturbation
        ]
    )


def _makers(
    generators: Mapping[str, Regenerate],
) -> list[tuple[str, Callable[[SheetWindow, np.random.Generator], Forged]]]:
    def self_blended(window: SheetWindow, rng: np.random.Generator) -> Forged:
        return self_blend(window.frames, window.landmarks, rng)

    def transplanted(window: SheetWindow, rng: np.random.Generator) -> Forged:
        return transplant(window.frames, window.landmarks, window.donor_frames, window.donor_landmarks, rng)

    def reanimated(window: SheetWindow, rng: np.random.Generator) -> Forged:
        still, shape = window.donor_frames[0], window.donor_landmarks[0]
        return reanimate(window.frames, window.landmarks, rng, still=still, still_landmarks=shape)

    def regenerated(by: Regenerate) -> Callable[[SheetWindow, np.random.Generator], Forged]:
        return lambda window, rng: paste(window.frames, by(window.frames), window.landmarks, rng)

    return [
        *(("self-blended", self_blended) for _ in range(SELF_BLENDS)),
        *(("transplanted", transplanted) for _ in range(2)),
        ("reanimated", reanimated),
        *((name, regenerated(by)) for name, by in generators.items()),
    ]


def _middle(frames: Frames) -> Frames:
    return np.asarray(frames[len(frames) // 2])


def _change(frames: Frames, forged: Frames) -> Frames:
    difference = np.abs(_middle(forged).astype(np.int16) - _middle(frames))
    return np.asarray(np.minimum(4 * difference, 255), np.uint8)


def _grid(rows: Sequence[tuple[str, Sequence[Frames]]]) -> NDArray[np.uint8]:
    side = rows[0][1][0].shape[0]
    columns = max(len(pictures) for _, pictures in rows)
    sheet = Image.new("RGB", (LABEL_WIDTH + columns * side, len(rows) * side), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for row, (name, pictures) in enumerate(rows):
        draw.text((8, row * side + side // 2), name, fill="black", font=font, anchor="lm")
        for column, picture in enumerate(pictures):
            sheet.paste(Image.fromarray(picture), (LABEL_WIDTH + column * side, row * side))
    return np.asarray(sheet)
