"""Pseudo-fakes of the mouth: a changed or foreign picture blended back into the same aligned face.

The frames of a window are FACE images (:mod:`lipfd_desktop.windows.geometry`); one set of parameters holds for all of
them.  The idea of self-blending is that of Shiohara and Yamasaki (Self-Blended Images, CVPR 2022), here on mouths
and on windows of consecutive frames.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.forgery import effects
from lipfd_desktop.forgery.compose import Forged, Frames, Points, clone_seamlessly, match_colours, match_detail, mix
from lipfd_desktop.forgery.masks import INNER_LIPS, random_mask
from lipfd_desktop.forgery.portrait import head_with, reanimate
from lipfd_desktop.forgery.warping import rigid_points, warp_faces
from lipfd_desktop.tracks.pose import LEFT_EYE, LIPS, RIGHT_EYE

SMALLEST_CHANGE: Final = 1.2
"""Mean change inside the mask, in grey levels, under which a pseudo-fake is drawn anew: its label would be a lie."""
ATTEMPTS: Final = 4
MARGIN: Final = 12
"""Pixels around the mask that are changed with it, so that no filter sees a border."""


def self_blend(frames: Frames, landmarks: Points, rng: np.random.Generator) -> Forged:
    """Replace the mouth by a changed version of itself through a random mask.

    Parameters
    ----------
    frames : (n, side, side, 3) uint8 RGB
    landmarks : (n, 478, 2)
        In pixels of the crop.
    """
    for attempt in range(ATTEMPTS):
        mask = random_mask(landmarks, frames.shape[1], rng)
        forged = _changed_part(frames, mask, rng, least=2 + attempt)
        change = _mean_change(frames, forged, mask)
        if change >= SMALLEST_CHANGE:
            break
    return Forged(forged, mask)


def paste(frames: Frames, patch_frames: Frames, landmarks: Points, rng: np.random.Generator) -> Forged:
    """Blend a regenerated picture of the same window back through a random mask.

    ``patch_frames`` has the shape of ``frames``.  Its colours are matched to the frame's or left, and it may get one
    more change of quality, as by a generator's post-processing.
    """
    mask = random_mask(landmarks, frames.shape[1], rng)
    patch = match_colours(patch_frames, frames, mask) if rng.random() < 0.4 else patch_frames
    if rng.random() < 0.3:
        patch = effects.apply(patch, effects.random_effects(rng, effects.QUALITY, 1), rng)
    return Forged(mix(frames, _sharpened(patch, frames, mask, rng, often=0.7), mask), mask)


def transplant(
    frames: Frames, landmarks: Points, donor_frames: Frames, donor_landmarks: Points, rng: np.random.Generator
) -> Forged:
    """Put the lower face of another moment of the same speaker into every frame.

    The donor is laid over the frame either rigidly, so that its own mouth shape stays, or landmark by landmark, so that
    its texture takes this frame's shape.  Donors whose :func:`~lipfd_desktop.forgery.warping.pose_difference` is under
    ``MOST_TURN`` look right; others show a face in two poses.
    """
    side = frames.shape[1]
    if rng.random() < 0.6:
        matrices = [rigid_points(theirs, ours) for theirs, ours in zip(donor_landmarks, landmarks, strict=True)]
        laid = np.stack(
            [
                cv2.warpAffine(frame, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
                for frame, matrix in zip(donor_frames, matrices, strict=True)
            ]
        )
        covered = np.stack(
            [points @ matrix[:, :2].T + matrix[:, 2] for points, matrix in zip(donor_landmarks, matrices, strict=True)]
        ).astype(np.float32)
    else:
        laid = warp_faces(donor_frames, donor_landmarks, landmarks)
        covered = landmarks
    mask = random_mask(landmarks, side, rng, others=covered)
    if rng.random() < 0.85:
        laid = match_colours(laid, frames, mask)
    if rng.random() < 0.4:
        laid = effects.apply(laid, effects.random_effects(rng, effects.QUALITY, 1), rng)
    laid = _sharpened(laid, frames, mask, rng, often=0.35)
    if rng.random() < 0.1:
        return Forged(clone_seamlessly(frames, laid, mask), mask)
    return Forged(mix(frames, laid, mask), mask)


def nearest_mouth(landmarks_bank: Points, target_landmarks: Points) -> NDArray[np.intp]:
    """For each target the frame of the bank whose mouth has the most similar shape, whatever its place and size.

    Parameters
    ----------
    landmarks_bank : (m, 478, 2)
    target_landmarks : (n, 478, 2)

    Returns
    -------
    (n,) indices into the bank.
    """
    bank, targets = _mouth_shapes(landmarks_bank), _mouth_shapes(target_landmarks)
    distances = (targets**2).sum(axis=1)[:, None] + (bank**2).sum(axis=1) - 2 * targets @ bank.T
    return np.asarray(distances.argmin(axis=1))


def _changed_part(frames: Frames, mask: NDArray[np.float32], rng: np.random.Generator, least: int) -> Frames:
    part = _around(mask)
    if part is None:
        return frames
    patch = frames[:, part[0], part[1]]
    if rng.random() < 0.35:
        patch = effects.apply(patch, effects.random_effects(rng, effects.TIME, 1), rng)
    if rng.random() < 0.75:
        patch = effects.apply(patch, effects.random_effects(rng, effects.GEOMETRY, int(rng.integers(1, 3))), rng)
    patch = effects.apply(patch, effects.random_effects(rng, effects.QUALITY, int(rng.integers(1, 3)) + least - 2), rng)
    own, share = frames[:, part[0], part[1]], mask[:, part[0], part[1]]
    patch = _sharpened(patch, own, share, rng, often=0.35)
    forged = frames.copy()
    forged[:, part[0], part[1]] = mix(own, patch, share)
    return forged


def _sharpened(
    patch: Frames, frames: Frames, mask: NDArray[np.float32], rng: np.random.Generator, *, often: float
) -> Frames:
    """Sometimes the patch with about as much detail as what it replaces, a little more or a little less."""
    if rng.random() >= often:
        return patch
    return match_detail(patch, frames, mask, float(np.exp(rng.normal(0.05, 0.25))))


def _around(mask: NDArray[np.float32]) -> tuple[slice, slice] | None:
    """Rows and columns that hold the mask of every frame, and a margin."""
    covered = mask.max(axis=0) > 0
    rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
    if not len(rows):
        return None
    return (
        slice(max(rows[0] - MARGIN, 0), rows[-1] + 1 + MARGIN),
        slice(max(columns[0] - MARGIN, 0), columns[-1] + 1 + MARGIN),
    )


def _mean_change(frames: Frames, forged: Frames, mask: NDArray[np.float32]) -> float:
    total = float(mask.sum())
    return float(cv2.norm(frames.reshape(-1), forged.reshape(-1), cv2.NORM_L1)) / (3 * total) if total else 0.0


def _mouth_shapes(landmarks: Points) -> NDArray[np.float32]:
    """(k, 80) lip outline, centred, level and in units of the eye distance or the eye-to-mouth distance."""
    right, left = landmarks[:, list(RIGHT_EYE)].mean(axis=1), landmarks[:, list(LEFT_EYE)].mean(axis=1)
    lips = landmarks[:, [*LIPS, *INNER_LIPS]]
    middle = lips.mean(axis=1)
    across = left - right
    size = np.maximum(np.hypot(*across.T), np.hypot(*(middle - (left + right) / 2).T))
    cos, sin = across.T / np.maximum(np.hypot(*across.T), 1e-6)
    centred = (lips - middle[:, None]) / np.maximum(size, 1.0)[:, None, None]
    x = centred[..., 0] * cos[:, None] + centred[..., 1] * sin[:, None]
    y = centred[..., 1] * cos[:, None] - centred[..., 0] * sin[:, None]
    return np.asarray(np.concatenate([x, y], axis=1), np.float32)


__all__ = ["Forged", "head_with", "nearest_mouth", "paste", "reanimate", "self_blend", "transplant"]
