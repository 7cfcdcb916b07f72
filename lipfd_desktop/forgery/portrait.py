"""Pseudo-fakes of the whole picture: one photograph brought to life, and a changed face put back into its head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.forgery import effects
from lipfd_desktop.forgery.compose import Forged, Frames, Points, mix
from lipfd_desktop.forgery.masks import INNER_LIPS, hull_mask
from lipfd_desktop.forgery.warping import MOST_TURN, pose_difference, warp_faces
from lipfd_desktop.windows.geometry import FACE_IMAGE, HEAD_IMAGE

FEATHER: Final = 3
"""Pixels of the HEAD image over which a pasted face fades in."""


def reanimate(
    frames: Frames,
    landmarks: Points,
    rng: np.random.Generator,
    *,
    still: Frames | None = None,
    still_landmarks: Points | None = None,
    heads: Frames | None = None,
    still_head: Frames | None = None,
) -> Forged:
    """One still warped to the landmarks of every frame, so that all texture sticks to one photograph.

    Talking-head generators animate a portrait in this way; the inside of the mouth, which a photograph does not show,
    is taken from the real frame.

    Parameters
    ----------
    frames : (n, side, side, 3) uint8 RGB
    landmarks : (n, 478, 2)
        In pixels of the crop.
    still : (side, side, 3) uint8, still_landmarks : (478, 2), optional
        The photograph, aligned as the frames are.  Without one, or where its face is turned too differently to be
        warped without tearing, a frame of the window.
    heads : (n, h, h, 3) uint8, still_head : (h, h, 3) uint8, optional
        The HEAD images, which are then brought to life in the same way; ``still_head`` belongs to ``still``.

    Returns
    -------
    Forged
        Its mask is 1 everywhere; it has ``heads`` where they were given.
    """
    if still is None or still_landmarks is None or pose_difference(still_landmarks, landmarks.mean(axis=0)) > MOST_TURN:
        number = int(rng.integers(len(frames)))
        still, still_landmarks = frames[number], landmarks[number]
        still_head = heads[number] if heads is not None else None
    moving = _calmed(landmarks, rng)
    seed = rng.integers(2**63)
    animated = _animate(frames, still, still_landmarks, moving, np.random.default_rng(seed))
    mask = np.ones(frames.shape[:3], np.float32)
    if heads is None or still_head is None:
        return Forged(animated, mask)
    # The same draws, so that both images went through one generator.
    onto = _face_in_head(heads.shape[1], frames.shape[1])
    heads = _animate(heads, still_head, onto(still_landmarks), onto(moving), np.random.default_rng(seed))
    return Forged(animated, mask, heads)


def _animate(
    frames: Frames, still: Frames, still_landmarks: Points, moving: Points, rng: np.random.Generator
) -> Frames:
    kernel = int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4]))
    stills, shapes = np.broadcast_to(still, frames.shape), np.broadcast_to(still_landmarks, moving.shape)
    animated = warp_faces(stills, shapes, moving, kernel)
    feather = rng.uniform(1.0, 2.5) * frames.shape[1] / 224
    mouths = np.stack([hull_mask(points[list(INNER_LIPS)], frames.shape[1], feather) for points in moving])
    animated = mix(animated, frames, mouths)
    if rng.random() < 0.7:
        animated = effects.apply(animated, effects.random_effects(rng, effects.WHOLE, int(rng.integers(1, 3))), rng)
    return animated


def _calmed(landmarks: Points, rng: np.random.Generator) -> Points:
    """Landmarks smoothed over the window, with a little of their motion lost or gained."""
    middle = landmarks.mean(axis=0)
    gain = rng.uniform(0.6, 1.2)
    moved = middle + (landmarks - middle) * np.float32(gain)
    if rng.random() < 0.7 and len(landmarks) > 2:
        padded = np.concatenate([moved[:1], moved, moved[-1:]])
        moved = 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:]
    return np.asarray(moved, np.float32)


def head_with(head: Frames, face: Frames, original: Frames | None = None) -> Frames:
    """The HEAD image with a changed FACE image put back into it.

    Parameters
    ----------
    head : (h, h, 3) uint8
    face : (s, s, 3) uint8
    original : (s, s, 3) uint8, optional
        The FACE image before the change.  When it is given only the difference is carried over, and the head stays as
        it was elsewhere, bit for bit; otherwise the whole square is pasted, which leaves its resampling as a trace.

    Returns
    -------
    (h, h, 3) uint8
    """
    side = head.shape[0]
    onto = _face_in_head(side, face.shape[0])
    square = onto.square()
    if original is not None:
        placed = onto.shrink(face.astype(np.float32) - original) * square[..., None]
        return np.asarray(np.rint(np.clip(head + placed, 0, 255)), np.uint8)
    placed = np.asarray(np.rint(onto.shrink(face)), np.uint8)
    return np.asarray(mix(head[None], placed[None], square[None])[0])


@dataclass(frozen=True, slots=True)
class _FaceInHead:
    """Where the FACE image lies in the HEAD image: pixel ``k`` at ``scale * k + offset``."""

    scale: float
    offset: NDArray[np.float64]
    head_side: int
    face_side: int

    def __call__(self, points: Points) -> Points:
        return np.asarray(points * self.scale + self.offset, np.float32)

    def shrink(self, face: NDArray[np.generic]) -> NDArray[np.float32]:
        """(head_side, head_side, 3) with the FACE image in its place and its border around it."""
        scale = self.scale
        if scale <= 0.5:  # pyrDown keeps every second pixel: pixel k of the half-size picture is pixel 2 k
            face, scale = cv2.pyrDown(face), 2 * scale
        matrix = np.array([[scale, 0.0, self.offset[0]], [0.0, scale, self.offset[1]]])
        placed = cv2.warpAffine(
            face,
            matrix,
            (self.head_side, self.head_side),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(placed, np.float32)

    def square(self) -> NDArray[np.float32]:
        """(head_side, head_side) share of the FACE image, its border feathered inwards."""
        inner = self.scale * self.face_side / 2 - FEATHER / 2
        middle = self.offset + self.scale * (self.face_side - 1) / 2
        away = np.abs(np.arange(self.head_side)[:, None] - middle)
        shares = np.clip((inner - away) / FEATHER + 0.5, 0, 1)
        return np.asarray(np.outer(shares[:, 1], shares[:, 0]), np.float32)


def _face_in_head(head_side: int, face_side: int) -> _FaceInHead:
    unit = head_side / HEAD_IMAGE.side
    scale = FACE_IMAGE.side * unit / face_side
    lower = ((FACE_IMAGE.down or 0.0) - (HEAD_IMAGE.down or 0.0)) * unit
    middle = np.array([(head_side - 1) / 2, (head_side - 1) / 2 + lower])
    return _FaceInHead(scale, middle - scale * (face_side - 1) / 2, head_side, face_side)
