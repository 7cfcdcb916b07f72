"""Teaches the picture branch to find what is foreign in a face, from real video alone.

Every batch is made of twins (:mod:`lipfd_desktop.training.compact_twins`).  Each window is asked on its own, and the
two of a pair are compared: the forged one must look more forged than the filmed one, whatever the face is like.  The
comparison takes person, camera and codec out of the gradient; without it the same steps teach less (lab notebook).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from lipfd_desktop.errors import SettingsError
from lipfd_desktop.network.compact_picture import PictureBranch, PictureOutput
from lipfd_desktop.training.compact_twins import (
    DEFAULT_SHARES,
    KINDS,
    MASK_SIDE,
    UNKNOWN,
    Twin,
    TwinMaker,
    TwinPool,
    load_generators,
)
from lipfd_desktop.training.compact_windows import (
    Clips,
    area_under_curve,
    held_out_reals,
    member_of,
    reals,
    stage_of,
)
from lipfd_desktop.training.settings import StageSettings, TrainSettings
from lipfd_desktop.training.splits import Split
from lipfd_desktop.training.task import Batch
from lipfd_desktop.windows.geometry import FACE_SIDE

TURN: Final = 0.06
SHIFT: Final = 7.0
GROWTH: Final = (0.96, 1.08)
"""Jitter of the crop: radians, pixels of the face image, scale.  Trackers differ by about as much."""

HELD_OUT_TWINS: Final = 48
LEAST_MASK: Final = 0.5
"""Cells: under this a forgery has moved out of the picture, and its comparison counts for less."""


class PictureTask:
    """Implements :class:`~lipfd_desktop.training.task.Task`.

    Options of the stage: ``picture``, the number of the branch; ``twins``, a folder of twins drawn before, or else
    ``generators``, a folder of generators of our own (safetensors); ``blend``, ``transplant``, ``generated``,
    ``reanimated``, the relative frequencies of the pseudo-fakes (of twins drawn before: 0 leaves a kind out);
    ``pairs``, the weight of the comparison.
    """

    network: nn.Module

    def __init__(self, split: Split, branch: PictureBranch, stage: StageSettings) -> None:
        self.network = self._branch = branch
        self._pairs = max(stage.batch // 2, 1)
        self._comparison = stage.option("pairs", 2.0)
        unseen = {clip.record.fold for clip in split.held_out}
        folder = _folder(stage, "generators")
        generators = () if folder is None else load_generators(folder, without=unseen)
        shares = {kind: stage.option(kind, DEFAULT_SHARES[kind]) for kind in KINDS}
        maker = TwinMaker(shares, stage.mix.level, generators)
        drawn = _folder(stage, "twins")
        if drawn is None:
            self._draw = _fresh(maker, reals(split.train))
        else:
            known = [clip.id for clip in split.train if not clip.label]
            wanted = [kind for kind, share in shares.items() if share > 0]
            self._draw = TwinPool(drawn, known, kinds=wanted, without=unseen).draw
        held_out = held_out_reals(split.held_out)
        self._held_out = _fresh(maker, held_out) if held_out else None

    def batch(self, rng: np.random.Generator) -> Batch:
        """Filmed and forged by turns.

        ``pictures`` (n, 4, side, side) uint8, ``mask`` (n, cells, cells), ``mouth`` and ``portrait`` targets (n,).
        """
        return self._batch([self._draw(rng) for _ in range(self._pairs)], rng)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        output = self._look(batch)
        logits, patches = output.logits.float(), output.patches.float()
        mask, mouth, portrait = batch["mask"], batch["mouth"], batch["portrait"]
        located = functional.binary_cross_entropy_with_logits(patches, mask, reduction="none").mean(dim=(1, 2))
        share = mask[1::2]
        found = (_behind(patches) * share).sum(dim=(1, 2)) / share.sum(dim=(1, 2)).clamp(min=LEAST_MASK)
        comparison = (
            _mean_where(_behind(logits[:, 0]), mouth[1::2] == 1)
            + _mean_where(_behind(logits[:, 1]), portrait[1::2] == 1)
            + _mean_where(found, portrait[1::2] != 1)
        )
        return {
            "mouth": _known_loss(logits[:, 0], mouth),
            "portrait": _known_loss(logits[:, 1], portrait),
            # A face that was generated as a whole has no foreign part.
            "patches": _mean_where(located, portrait != 1),
            "pairs": self._comparison * comparison,
        }

    def validate(self) -> dict[str, float]:
        """Twins of held-out real clips: what is not seen here are the fakes on which the model is judged."""
        if self._held_out is None:
            return {"score": 0.0}
        rng = np.random.default_rng(0)
        batch = self._batch([self._held_out(rng) for _ in range(HELD_OUT_TWINS)], None)
        with torch.inference_mode():
            output = self._look(batch)
        figures = {}
        for column, name in enumerate(("mouth", "portrait")):
            known = batch[name] != UNKNOWN
            figures[name] = area_under_curve(batch[name][known].int().numpy(), output.logits[known, column])
        return figures | {"score": figures["mouth"]}

    def _look(self, batch: Batch) -> PictureOutput:
        pictures = batch["pictures"].float() / 255
        output: PictureOutput = self._branch(pictures[:, :3], pictures[:, 3:])
        return output

    def _batch(self, twins: Sequence[Twin], rng: np.random.Generator | None) -> Batch:
        pictures, masks, mouths, portraits = [], [], [], []
        for twin in twins:
            shown, mask = _placed(twin, self._branch.side, self._branch.cells, rng)
            pictures.append(shown)
            masks += [np.zeros_like(mask), mask]
            mouths += [0.0, twin.mouth]
            portraits += [0.0, twin.portrait]
        return {
            "pictures": torch.from_numpy(np.concatenate(pictures)).permute(0, 3, 1, 2).contiguous(),
            "mask": torch.from_numpy(np.stack(masks)),
            "mouth": torch.tensor(mouths),
            "portrait": torch.tensor(portraits),
        }


def make_task(split: Split, network: Any, settings: TrainSettings) -> PictureTask:
    """See :data:`~lipfd_desktop.training.task.MakeTask`."""
    stage = stage_of(settings, "picture")
    branches = member_of(network, stage).pictures
    number = round(stage.option("picture", 0))
    if not 0 <= number < len(branches):
        raise SettingsError(f"The network has no picture branch {number}; it has {len(branches)}.")
    branch = branches[number]
    assert isinstance(branch, PictureBranch)
    return PictureTask(split, branch, stage)


def _folder(stage: StageSettings, name: str) -> Path | None:
    value = stage.options.get(name)
    return Path(value) if isinstance(value, str) and value else None


def _fresh(maker: TwinMaker, clips: Clips) -> Callable[[np.random.Generator], Twin]:
    return lambda rng: maker.twin(rng, *clips.draw(rng))


def _behind(values: Tensor) -> Tensor:
    """Loss of each pair: small where the forged one is ahead of the filmed one."""
    return functional.softplus(values[0::2] - values[1::2])


def _mean_where(values: Tensor, counts: Tensor) -> Tensor:
    return (values * counts).sum() / counts.sum().clamp(min=1)


def _known_loss(logits: Tensor, targets: Tensor) -> Tensor:
    losses = functional.binary_cross_entropy_with_logits(logits, targets.clamp(min=0), reduction="none")
    return _mean_where(losses, targets != UNKNOWN)


def _placed(
    twin: Twin, side: int, cells: int, rng: np.random.Generator | None
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Both pictures (2, side, side, 4) and the mask (cells, cells), as a slightly other crop would show them."""
    turn, scale, across, down, mirror = 0.0, 1.0, 0.0, 0.0, False
    if rng is not None:
        turn, scale, mirror = rng.uniform(-TURN, TURN), rng.uniform(*GROWTH), rng.random() < 0.5
        across, down = rng.uniform(-SHIFT, SHIFT, 2)
    centre = (FACE_SIDE - 1) / 2
    moved = np.eye(3)
    moved[:2] = cv2.getRotationMatrix2D((centre, centre), np.degrees(turn), scale)
    moved[:2, 2] += across, down
    onto_side, onto_mask = _scaling(side / FACE_SIDE), _scaling(MASK_SIDE / FACE_SIDE)
    matrix = (onto_side @ moved)[:2]
    pictures = np.stack(
        [
            cv2.warpAffine(np.ascontiguousarray(one), matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
            for one in twin.pictures
        ]
    ).astype(np.uint8, copy=False)
    mask = twin.mask.astype(np.float32) / 255
    mask = cv2.warpAffine(mask, (onto_mask @ moved @ np.linalg.inv(onto_mask))[:2], (MASK_SIDE, MASK_SIDE))
    mask = cv2.resize(mask, (cells, cells), interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
    return (pictures[:, :, ::-1], mask[:, ::-1]) if mirror else (pictures, mask)


def _scaling(factor: float) -> NDArray[np.float64]:
    """Affine matrix (3, 3) of a picture made larger or smaller, whose pixels are areas and not points."""
    edge = (factor - 1) / 2
    return np.array([[factor, 0, edge], [0, factor, edge], [0, 0, 1]])
