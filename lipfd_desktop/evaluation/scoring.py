"""Scores the clips of a store with a model: as they are, with foreign sound, and with perturbed pictures."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.cancellation import IsCancelled, never
from lipfd_desktop.dataset.store import StoredClip
from lipfd_desktop.engine.batches import score_batch
from lipfd_desktop.errors import Cancelled, DatasetError, SettingsError
from lipfd_desktop.evaluation.listening import SHIFTED, SHIFTS, SILENT, SWAPPED
from lipfd_desktop.evaluation.table import FAKE, PERTURBATION, PLAIN, REAL, ScoreTable
from lipfd_desktop.forgery import sound
from lipfd_desktop.forgery.perturb import SEVERITIES, Perturbation, perturb
from lipfd_desktop.network.config import NetworkConfig
from lipfd_desktop.network.scorer import RawScores, Scorer
from lipfd_desktop.result import InputContract, MelTrack, Reason
from lipfd_desktop.tracks.pose import FacePose
from lipfd_desktop.windows.assemble import Window
from lipfd_desktop.windows.context import ContextContract, FaceImages
from lipfd_desktop.windows.contracts import GuidedContract, Pixels, WindowInput
from lipfd_desktop.windows.geometry import (
    FACE_IMAGE,
    FACE_SIDE,
    GUIDED_TIERS,
    HEAD_IMAGE,
    HEAD_SIDE,
    Tier,
    crop_tier,
    tier_transform,
)
from lipfd_desktop.windows.mel import GUIDED_MEL

STRIDE: Final = 5
"""Frames from one window to the next: each frame is scored once, which is enough for clip scores."""
LISTENING: Final = (SWAPPED, SILENT, *(f"{SHIFTED}:{seconds:g}" for seconds in SHIFTS))
"""Sound variants of the question whether a model listens."""
PERTURBATIONS: Final = tuple(f"{PERTURBATION}:{kind}:{severity}" for kind in Perturbation for severity in SEVERITIES)
GUIDED_COLUMNS: Final = 4
"""Mel columns a frame under the guided contract, as in the analysis."""
_CHUNK: Final = 48
"""Windows whose pictures are held at once: under 60 MB."""
_TIER_SOURCES: Final = {
    "head": (HEAD_IMAGE, HEAD_SIDE),
    "face": (FACE_IMAGE, FACE_SIDE),
    "lip": (FACE_IMAGE, FACE_SIDE),
}


def score_clips(
    clips: Sequence[StoredClip],
    scorer: Scorer,
    *,
    stride: int = STRIDE,
    variants: Sequence[str] = (),
    seed: int = 0,
    on_clip: Callable[[int], None] = lambda _windows: None,
    is_cancelled: IsCancelled = never,
) -> ScoreTable:
    """Score every clip as it is, and in further variants.

    Sound variants are made of real clips alone, because a forged mouth follows whatever sound it was given.  Another
    clip's sound is that of a real clip of another speaker, at least as long where there is one, and always the same
    for the same seed.  Perturbed pictures keep the landmarks of the clean ones.

    Parameters
    ----------
    clips
        Clips of a store; those without a single window are left out.
    scorer
        A model of the context or of the guided contract.
    stride
        Frames from one window to the next.
    variants
        Some of :data:`LISTENING` and :data:`PERTURBATIONS`.
    on_clip
        Told after each clip how many windows were scored for it, all variants together.

    Raises
    ------
    SettingsError
        The model takes whole frames or another sound than a store keeps, or the stride is below one.
    DatasetError
        No clip has a window, or only one speaker is there to swap sounds with.
    """
    _refuse_unfit(scorer, stride)
    parts: list[ScoreTable] = []
    for clip in clips:
        if is_cancelled():
            raise Cancelled
        starts = _every(clip, clip.starts(scorer.info.window_frames), stride)
        wanted = [name for name in variants if clip.label == REAL or name.startswith(f"{PERTURBATION}:")]
        takes = [_take(name, clip, clips, seed) for name in (PLAIN, *wanted)] if len(starts) else []
        for rows in _chunks(starts, _CHUNK):
            parts += _score_rows(clip, rows, takes, scorer, seed)
        on_clip(len(starts) * len(takes))
    if not parts:
        raise DatasetError("No clip has a window that can be scored: faces are too small or seen too briefly.")
    return ScoreTable.concatenate(parts)


@dataclass(frozen=True, slots=True)
class _Take:
    """A variant of one clip: its sound, and what is done to its pictures."""

    variant: str
    mel: MelTrack
    perturbation: tuple[Perturbation, int] | None = None


def _refuse_unfit(scorer: Scorer, stride: int) -> None:
    name, config = scorer.info.name, scorer.config
    if stride < 1:
        raise SettingsError(f"The stride is {stride} and must be 1 frame or more.")
    if config.input_contract is InputContract.OFFICIAL:
        raise SettingsError(
            f"The model {name} takes whole frames (official contract), of which a store keeps only faces; analyse the "
            "videos with `lipfd analyze` instead."
        )
    if isinstance(config, NetworkConfig) and config.mel_bands not in {None, GUIDED_MEL.bands}:
        raise SettingsError(
            f"The model {name} takes {config.mel_bands} mel bands and a store keeps {GUIDED_MEL.bands}."
        )


def _every(clip: StoredClip, starts: NDArray[np.intp], stride: int) -> NDArray[np.intp]:
    """Rows among ``starts`` whose frames lie ``stride`` or more apart, the first that there is each time."""
    chosen: list[int] = []
    due = -1
    for row in starts.tolist():
        frame = int(clip.frames[row])
        if frame >= due:
            chosen.append(row)
            due = frame + stride
    return np.array(chosen, np.intp)


def _chunks(rows: NDArray[np.intp], size: int) -> Iterator[NDArray[np.intp]]:
    return (rows[first : first + size] for first in range(0, len(rows), size))


def _take(variant: str, clip: StoredClip, clips: Sequence[StoredClip], seed: int) -> _Take:
    kind, _, rest = variant.partition(":")
    if kind == PERTURBATION:
        name, _, severity = rest.rpartition(":")
        return _Take(variant, clip.mel, (Perturbation(name), int(severity)))
    if variant == SWAPPED:
        return _Take(variant, _swapped(clip, clips, seed))
    if variant == SILENT:
        return _Take(variant, replace(clip.mel, levels=sound.silent(clip.mel.levels)))
    if variant.startswith(SHIFTED):
        seconds = float(variant.rpartition(":")[2])
        levels = sound.shifted(clip.mel.levels, clip.mel.column_seconds, seconds)
        return _Take(variant, replace(clip.mel, levels=levels))
    return _Take(variant, clip.mel)


def _swapped(clip: StoredClip, clips: Sequence[StoredClip], seed: int) -> MelTrack:
    others = sorted((one for one in clips if one.record.speaker != clip.record.speaker), key=lambda one: one.id)
    if not others:
        raise DatasetError("All clips are of one speaker, so that there is no other sound to swap in.")
    others = [one for one in others if one.label == REAL] or others
    length = clip.mel.levels.shape[1]
    others = [one for one in others if one.mel.levels.shape[1] >= length] or others
    generator = _generator(seed, clip.id)
    donor = others[int(generator.integers(len(others)))]
    return replace(clip.mel, levels=sound.swapped(clip.mel.levels, donor.mel.levels, generator))


def _generator(seed: int, *names: str) -> np.random.Generator:
    """Random numbers that depend on names, not on the order of clips."""
    return np.random.default_rng((seed, *(zlib.crc32(name.encode()) for name in names)))


def _score_rows(
    clip: StoredClip, rows: NDArray[np.intp], takes: Sequence[_Take], scorer: Scorer, seed: int
) -> Iterator[ScoreTable]:
    """One table a variant, of the windows that begin at ``rows``."""
    length = scorer.info.window_frames
    used = np.unique(rows[:, None] + np.arange(length))
    clean = np.stack([clip.face(row) for row in used]), np.stack([clip.head(row) for row in used])
    motion = {row: clip.motion(row, length) for row in rows.tolist()} if _needs_motion(scorer) else {}
    for take in takes:
        faces, heads = clean
        if take.perturbation is not None:
            faces, heads = (
                perturb(images, *take.perturbation, _generator(seed, clip.id, take.variant, str(rows[0])))
                for images in clean
            )
        images = {row: FaceImages(face, head) for row, face, head in zip(used.tolist(), faces, heads, strict=True)}
        windows = []
        for row in rows.tolist():
            time = clip.window_time(row, length)
            kept = [images[one] for one in range(row, row + length)]
            if _needs_motion(scorer):
                inside = replace(ContextContract(take.mel).window(kept, time), motion=motion[row])
            else:
                inside = _guided(clip, row, kept, take.mel, scorer)
            windows.append(Window(row, time, 0, Reason.ANALYSED, inside))
        yield _table(clip, windows, _score(scorer, windows), take.variant)


def _needs_motion(scorer: Scorer) -> bool:
    return scorer.config.input_contract is InputContract.CONTEXT


def _guided(clip: StoredClip, row: int, kept: Sequence[FaceImages], mel: MelTrack, scorer: Scorer) -> WindowInput:
    if not isinstance(scorer.config, NetworkConfig):  # cannot be: the guided contract is that of LipFD networks
        raise AssertionError("a guided network without crops")
    side = scorer.config.region.crop_size
    crops = [guided_crops(images, clip.pose(row + place), side) for place, images in enumerate(kept)]
    contract = GuidedContract(mel, side=side, columns=GUIDED_COLUMNS * len(kept))
    return contract.window(crops, clip.window_time(row, len(kept)))


def guided_crops(images: FaceImages, pose: FacePose, side: int) -> Pixels:
    """(3, side, side, 3) head, face and lip crops as the guided contract cuts them, from stored images.

    The head comes from the HEAD image, which shows the same square in 128 pixels; face and lips from the FACE image.
    """
    sources = {"head": images.head, "face": images.face, "lip": images.face}
    crops = []
    for tier in GUIDED_TIERS:
        stored, pixels = _TIER_SOURCES[tier.name]
        crops.append(crop_tier(sources[tier.name], _inside(pose, stored, pixels), tier, side))
    return np.stack(crops)


def _inside(pose: FacePose, image: Tier, side: int) -> FacePose:
    """A pose of the frame in pixels of a stored image, in which eyes lie level."""
    transform = tier_transform(pose, image, side)
    points = np.column_stack([pose.eyes, pose.mouth]) - transform[:, 2:]
    eyes, mouth = np.linalg.solve(transform[:, :2], points).T
    return FacePose(np.asarray(eyes, np.float64), np.asarray(mouth, np.float64), side / image.side, 0.0)


def _score(scorer: Scorer, windows: list[Window]) -> list[RawScores]:
    batches = (windows[first : first + scorer.batch_size] for first in range(0, len(windows), scorer.batch_size))
    return [raw for batch in batches if (raw := score_batch(scorer, batch)) is not None]


def _table(clip: StoredClip, windows: Sequence[Window], raw: Sequence[RawScores], variant: str) -> ScoreTable:
    count, record = len(windows), clip.record
    unknown = np.full(count, np.nan, np.float32)
    answers = [
        [column for one in raw if (column := getattr(one, name)) is not None] for name in ("generated", "foreign_sound")
    ]
    generated, foreign_sound = (np.concatenate(parts) if parts else unknown for parts in answers)
    return ScoreTable(
        clip=np.full(count, clip.id),
        label=np.full(count, FAKE if clip.label else REAL, np.int8),
        generator=np.full(count, record.generator),
        speaker=np.full(count, record.speaker),
        source=np.full(count, record.source),
        fold=np.full(count, record.fold, np.int64),
        start=np.array([window.time.start for window in windows]),
        end=np.array([window.time.end for window in windows]),
        first_frame=np.array([window.time.first_frame for window in windows], np.int64),
        logit=np.concatenate([one.logit for one in raw]),
        score=np.concatenate([one.score for one in raw]),
        generated=generated,
        foreign_sound=foreign_sound,
        variant=np.full(count, variant),
    )
