"""Teaches the picture branch to find what is foreign in a face, from real video alone.

Every batch is made of twins: a real window and the same window with a part replaced, both with the same past of codecs
and sizes, so that they differ in nothing but the forgery.  The replaced part is the mouth, or as often some other
place: the branch must say *where* it is foreign, and cannot learn that mouths are suspicious.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from lipfd_desktop.dataset.store import StoredClip
from lipfd_desktop.forgery.blend import paste, self_blend, transplant
from lipfd_desktop.forgery.generators import Generator, mel_strips
from lipfd_desktop.forgery.levelling import random_past
from lipfd_desktop.forgery.portrait import reanimate
from lipfd_desktop.forgery.warping import MOST_TURN, pose_difference
from lipfd_desktop.network.compact_picture import PictureBranch
from lipfd_desktop.training.compact_windows import area_under_curve, member_of, reals, stage_of
from lipfd_desktop.training.settings import StageSettings, TrainSettings
from lipfd_desktop.training.splits import Split
from lipfd_desktop.training.task import Batch
from lipfd_desktop.windows.geometry import FACE_SIDE

FRAMES: Final = 2
"""Frames of a training window: one and the next, for the plane of change."""

ELSEWHERE: Final = 0.45
"""Share of the blends whose place is moved away from the mouth."""
MOVED_ACROSS: Final = 45.0
MOVED_UP: Final = (45.0, 115.0)
"""Pixels of the face image by which it is moved: onto brow, eyes, nose or cheeks."""
WHOLE_FACE: Final = 0.25
"""Share of the generators' pictures that are kept whole instead of being blended in."""

TURN: Final = 0.06
SHIFT: Final = 7.0
GROWTH: Final = (0.96, 1.08)
"""Jitter of the crop: radians, pixels, scale.  Trackers differ by about as much."""

DONOR_TRIES: Final = 6
HELD_OUT_TWINS: Final = 48

UNKNOWN: Final = -1.0
"""Target where a window has no answer to a question; it is left out of the loss."""


class _Twin(NamedTuple):
    faces: NDArray[np.uint8]
    mask: NDArray[np.float32]
    mouth: float
    portrait: float


class PictureTask:
    """Implements :class:`~lipfd_desktop.training.task.Task`.

    Options of the stage: ``generators``, a folder of generators of our own (safetensors); ``blend``, ``transplant``,
    ``generated``, ``reanimated``, the relative frequencies of the pseudo-fakes.
    """

    network: nn.Module

    def __init__(self, split: Split, branch: PictureBranch, stage: StageSettings) -> None:
        self.network = self._branch = branch
        self._batch = stage.batch
        self._reals = reals(split.train)
        self._held_out = reals(split.held_out) if any(not clip.label for clip in split.held_out) else None
        self._level = stage.mix.level
        folder = stage.options.get("generators")
        fold = {clip.record.fold for clip in split.held_out}
        self._generators = _load_generators(Path(folder), without=fold) if isinstance(folder, str) and folder else []
        shares = np.array(
            [
                stage.option("blend", 0.5),
                stage.option("transplant", 0.15),
                stage.option("generated", 0.2) if self._generators else 0.0,
                stage.option("reanimated", 0.15),
            ]
        )
        self._shares = shares / shares.sum()

    def batch(self, rng: np.random.Generator) -> Batch:
        """``faces`` (n, 2, 224, 224, 3) uint8, ``mask`` (n, cells, cells), ``mouth`` and ``portrait`` targets (n,)."""
        return self._twins(rng, self._reals, max(self._batch // 2, 1))

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        output = self._branch.look(self._planes(batch))
        logits = output.logits[:, 0]
        located = functional.binary_cross_entropy_with_logits(output.patches[:, 0], batch["mask"], reduction="none")
        # A face that was generated as a whole has no foreign part.
        partial = (batch["portrait"] != 1).float()
        return {
            "mouth": _known_loss(logits[:, 0], batch["mouth"]),
            "portrait": _known_loss(logits[:, 1], batch["portrait"]),
            "patches": (located.mean(dim=(1, 2)) * partial).sum() / partial.sum().clamp(min=1),
        }

    def validate(self) -> dict[str, float]:
        """Twins of held-out real clips: what is not seen here are the fakes on which the model is judged."""
        if self._held_out is None:
            return {"score": 0.0}
        batch = self._twins(np.random.default_rng(0), self._held_out, HELD_OUT_TWINS)
        with torch.inference_mode():
            output = self._branch.look(self._planes(batch))
        figures = {}
        for column, name in enumerate(("mouth", "portrait")):
            known = batch[name] != UNKNOWN
            figures[name] = area_under_curve(batch[name][known].int().numpy(), output.logits[known, 0, column])
        return figures | {"score": figures["mouth"]}

    def _planes(self, batch: Batch) -> Tensor:
        """Planes of the first frame, whose change to the second is among them."""
        return self._branch.planes(batch["faces"].permute(0, 1, 4, 2, 3).float() / 255)[:, :1]

    def _twins(self, rng: np.random.Generator, clips: Any, count: int) -> Batch:
        windows = [window for _ in range(count) for window in self._pair(rng, *clips.draw(rng))]
        cells = self._branch.cells
        masks = np.stack([cv2.resize(window.mask, (cells, cells), interpolation=cv2.INTER_AREA) for window in windows])
        return {
            "faces": torch.from_numpy(np.stack([window.faces for window in windows])),
            "mask": torch.from_numpy(masks),
            "mouth": torch.tensor([window.mouth for window in windows]),
            "portrait": torch.tensor([window.portrait for window in windows]),
        }

    def _pair(self, rng: np.random.Generator, clip: StoredClip, row: int) -> tuple[_Twin, _Twin]:
        rows = range(row, row + FRAMES)
        faces = np.stack([clip.face(one) for one in rows])
        nothing = np.zeros(faces.shape[:3], np.float32)
        real = (faces, nothing, 0.0, 0.0)
        forged = self._forge(rng, clip, row, faces)
        past = random_past(rng) if rng.random() < self._level else None
        placement = int(rng.integers(2**32))
        twins = []
        for images, mask, mouth, portrait in (real, forged):
            lived = images if past is None else past.apply(images)
            twins.append(_Twin(*_jittered(lived, mask[0], placement), mouth, portrait))
        return twins[0], twins[1]

    def _forge(
        self, rng: np.random.Generator, clip: StoredClip, row: int, faces: NDArray[np.uint8]
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], float, float]:
        landmarks = np.stack([clip.face_landmarks(row + frame) for frame in range(FRAMES)])
        kind = int(rng.choice(4, p=self._shares))
        if kind == 3:
            donor = _donor(rng, clip, row, landmarks)
            forged = reanimate(
                faces,
                landmarks,
                rng,
                still=clip.face(donor),
                still_landmarks=clip.face_landmarks(donor),
            )
            return forged.frames, forged.mask, UNKNOWN, 1.0
        if kind == 2:
            painted = self._painted(rng, clip, row, faces)
            if rng.random() < WHOLE_FACE:
                return painted, np.ones(faces.shape[:3], np.float32), UNKNOWN, 1.0
            place, mouth = _place(rng, landmarks)
            forged = paste(faces, painted, place, rng)
        elif kind == 1:
            donor = _donor(rng, clip, row, landmarks)
            rows = range(donor, donor + FRAMES)
            donors = np.stack([clip.face(one) for one in rows]), np.stack([clip.face_landmarks(one) for one in rows])
            forged, mouth = transplant(faces, landmarks, *donors, rng), 1.0
        else:
            place, mouth = _place(rng, landmarks)
            forged = self_blend(faces, place, rng)
        return forged.frames, forged.mask, mouth, 0.0

    def _painted(
        self, rng: np.random.Generator, clip: StoredClip, row: int, faces: NDArray[np.uint8]
    ) -> NDArray[np.uint8]:
        generator = self._generators[int(rng.integers(len(self._generators)))]
        if not generator.needs_drive:
            return generator.regenerate(faces)
        reference = clip.face(int(rng.integers(len(clip))))
        mel = clip.mel
        strips = mel_strips(mel.levels, mel.start, clip.pts[row : row + FRAMES])
        return generator.regenerate(faces, reference=np.repeat(reference[None], FRAMES, axis=0), mels=strips)


def make_task(split: Split, network: Any, settings: TrainSettings) -> PictureTask:
    """See :data:`~lipfd_desktop.training.task.MakeTask`."""
    stage = stage_of(settings, "picture")
    return PictureTask(split, member_of(network, stage).picture, stage)


def _known_loss(logits: Tensor, targets: Tensor) -> Tensor:
    known = (targets != UNKNOWN).float()
    losses = functional.binary_cross_entropy_with_logits(logits, targets.clamp(min=0), reduction="none")
    return (losses * known).sum() / known.sum().clamp(min=1)


def _place(rng: np.random.Generator, landmarks: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Landmarks that say where to blend, and whether that is the mouth."""
    if rng.random() >= ELSEWHERE:
        return landmarks, 1.0
    moved = np.array([rng.uniform(-MOVED_ACROSS, MOVED_ACROSS), -rng.uniform(*MOVED_UP)], np.float32)
    return landmarks + moved, 0.0


def _donor(rng: np.random.Generator, clip: StoredClip, row: int, landmarks: NDArray[np.float32]) -> int:
    """A row of another moment with a like pose, if a few tries find one."""
    chosen = row
    for chosen in rng.integers(0, len(clip) - FRAMES + 1, DONOR_TRIES).tolist():
        if abs(chosen - row) > FRAMES and pose_difference(landmarks[0], clip.face_landmarks(chosen)) < MOST_TURN:
            break
    return int(chosen)


def _jittered(
    faces: NDArray[np.uint8], mask: NDArray[np.float32], seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    rng = np.random.default_rng(seed)
    turn, scale, mirror = rng.uniform(-TURN, TURN), rng.uniform(*GROWTH), rng.random() < 0.5
    across, down = rng.uniform(-SHIFT, SHIFT, 2)
    if mirror:
        faces, mask = faces[:, :, ::-1], mask[:, ::-1]
    centre = (FACE_SIDE - 1) / 2
    matrix = cv2.getRotationMatrix2D((centre, centre), np.degrees(turn), scale)
    matrix[:, 2] += across, down

    def moved(image: NDArray[Any], border: int) -> NDArray[Any]:
        placed: NDArray[Any] = cv2.warpAffine(
            np.ascontiguousarray(image), matrix, (FACE_SIDE, FACE_SIDE), borderMode=border
        )
        return placed

    placed = np.stack([moved(face, cv2.BORDER_REPLICATE) for face in faces])
    return placed, moved(mask, cv2.BORDER_CONSTANT)


def _load_generators(folder: Path, *, without: set[int]) -> list[Generator]:
    """Generators of a folder; those whose file name says that they learnt from a held-out fold are left out."""
    names = tuple(f"fold{fold}_" for fold in without)
    return [Generator.load(path) for path in sorted(folder.glob("*.safetensors")) if not path.name.startswith(names)]
