"""Laying a patch into a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.forgery import effects

Frames = NDArray[np.uint8]
Points = NDArray[np.float32]

DETAIL_SIGMA: Final = 1.5
"""Pixels: detail is what a blur of this sigma removes."""
MOST_SHARPENING: Final = 4.0
"""Amount of unsharp masking beyond which a blurred patch only grows halos."""


@dataclass(frozen=True, slots=True)
class Forged:
    """A window with a forged part.

    Attributes
    ----------
    frames : (n, side, side, 3) uint8 RGB
    mask : (n, side, side) float32
        Share of the forged picture, 0 to 1; where it is 0 the frames are untouched.
    heads : (n, h, h, 3) uint8, optional
        The HEAD images, where the forgery reaches beyond the FACE images.
    """

    frames: Frames
    mask: NDArray[np.float32]
    heads: Frames | None = None


def mix(frames: Frames, patch: Frames, mask: NDArray[np.float32]) -> Frames:
    """``frames`` where the (n, h, w) mask is 0, ``patch`` where it is 1."""
    mixed = patch.astype(np.float32)
    mixed -= frames
    mixed *= mask[..., None]
    mixed += frames
    return np.asarray(np.rint(mixed), np.uint8)


def match_colours(patch: Frames, frames: Frames, mask: NDArray[np.float32]) -> Frames:
    """The patch with the frames' mean and spread of every channel inside the mask, over the whole window."""
    inside = mask > 0.5
    if inside.sum() < 16:
        return patch
    theirs, ours = patch[inside].astype(np.float32), frames[inside].astype(np.float32)
    gain = np.clip((ours.std(axis=0) + 1) / (theirs.std(axis=0) + 1), 0.6, 1.6)
    levels = np.arange(256, dtype=np.float32)[:, None]
    table = np.clip(np.rint((levels - theirs.mean(axis=0)) * gain + ours.mean(axis=0)), 0, 255).astype(np.uint8)[None]
    return effects.each(patch, lambda frame: cv2.LUT(frame, table))


def match_detail(patch: Frames, frames: Frames, mask: NDArray[np.float32], share: float) -> Frames:
    """The patch sharpened or softened until its fine detail inside the mask has ``share`` times the frames' strength.

    Otherwise most patches would be a little softer than what they replace, and softness alone would tell a forgery.
    """
    inside = mask > 0.5
    if inside.sum() < 16:
        return patch
    wanted = share * float(np.sqrt(np.mean(_detail(_green(frames))[inside] ** 2)))
    amount = float(np.clip(_amount(_green(patch), inside, wanted), -0.8, MOST_SHARPENING))
    return effects.each(
        patch,
        lambda frame: cv2.addWeighted(frame, 1 + amount, cv2.GaussianBlur(frame, (0, 0), DETAIL_SIGMA), -amount, 0),
    )


def _amount(pictures: NDArray[np.float32], inside: NDArray[np.bool_], wanted: float) -> float:
    """Amount of unsharp masking after which the detail's root mean square is as wanted.

    Unsharp masking adds ``amount * detail``, and of that the detail again counts: a quadratic equation.
    """
    detail = _detail(pictures)
    once, twice = detail[inside], _detail(detail)[inside]
    square, cross = float(np.mean(twice**2)), float(np.mean(once * twice))
    lacking = float(np.mean(once**2)) - wanted**2
    return (math.sqrt(max(cross**2 - square * lacking, 0.0)) - cross) / max(square, 1e-6)


def _green(frames: Frames) -> NDArray[np.float32]:
    return frames[..., 1].astype(np.float32)


def _detail(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.stack([picture - cv2.GaussianBlur(picture, (0, 0), DETAIL_SIGMA) for picture in pictures])


def clone_seamlessly(frames: Frames, patch: Frames, mask: NDArray[np.float32]) -> Frames:
    """Poisson blending of the patch where the mask is over one half; the mask's soft edge is left alone."""
    result = []
    for frame, laid, share in zip(frames, patch, mask, strict=True):
        solid = np.zeros(share.shape, np.uint8)
        solid[2:-2, 2:-2] = (share[2:-2, 2:-2] > 0.5) * np.uint8(255)
        x, y, width, height = cv2.boundingRect(solid)
        if min(width, height) < 8:
            result.append(frame)
            continue
        cloned = cv2.seamlessClone(laid, frame, solid, (x + width // 2, y + height // 2), cv2.NORMAL_CLONE)
        result.append(np.where(share[..., None] > 0, cloned, frame))
    return np.stack(result)
