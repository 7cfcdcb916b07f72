"""The paper's seven perturbations in five severities: the one registry for training, evaluation and stress tests.

They are those of DeeperForensics-1.0 (Jiang et al., CVPR 2020), the usual ones of the field.  The levels of the
severities are those of its published code (https://github.com/EndlessSora/DeeperForensics-1.0,
perturbation/add_distortion_to_video.py); where this module departs from it, the registry says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.forgery.codec import recompress_h264
from lipfd_desktop.forgery.effects import each

Frames = NDArray[np.uint8]


class Perturbation(StrEnum):
    BLOCK_WISE = "block-wise"
    CONTRAST = "contrast"
    SATURATION = "saturation"
    BLUR = "Gaussian blur"
    NOISE = "Gaussian noise"
    PIXELATION = "pixelation"
    COMPRESSION = "compression"


SEVERITIES: Final = (1, 2, 3, 4, 5)
BLOCK_SIDE: Final = 8
"""Pixels of a grey block."""


def perturb(frames: Frames, kind: Perturbation, severity: int, rng: np.random.Generator) -> Frames:
    """Perturb consecutive frames.

    Parameters
    ----------
    frames : (n, h, w, 3) uint8 RGB
    kind, severity
        See :data:`REGISTRY`; 1 is mild, 5 severe.
    rng
        Places of blocks and noise; the other kinds draw nothing.

    Returns
    -------
    (n, h, w, 3) uint8

    Raises
    ------
    ValueError
        The severity is not 1 to 5.
    """
    if severity not in SEVERITIES:
        raise ValueError(f"severity {severity} is not one of {SEVERITIES}")
    recipe = REGISTRY[kind]
    return recipe.change(frames, recipe.levels[severity - 1], rng)


def _block_wise(frames: Frames, count: float, rng: np.random.Generator) -> Frames:
    changed = frames.copy()
    height, width = frames.shape[1:3]
    whole = int(count) * max(min(height, width) // 256, 1)
    for frame in changed:
        tops = rng.integers(0, max(height - BLOCK_SIDE, 1), whole)
        lefts = rng.integers(0, max(width - BLOCK_SIDE, 1), whole)
        for top, left in zip(tops, lefts, strict=True):
            frame[top : top + BLOCK_SIDE, left : left + BLOCK_SIDE] = 128
    return changed


def _contrast(frames: Frames, factor: float, _: np.random.Generator) -> Frames:
    return np.asarray(cv2.convertScaleAbs(frames.reshape(-1), alpha=factor), np.uint8).reshape(frames.shape)


def _saturation(frames: Frames, factor: float, _: np.random.Generator) -> Frames:
    codes = np.arange(256)
    chroma = np.rint(128 + (codes - 128) * factor)
    table = np.stack([codes, chroma, chroma], axis=-1).astype(np.uint8)[None]

    def change(frame: Frames) -> Frames:
        turned = cv2.LUT(cv2.cvtColor(frame, cv2.COLOR_RGB2YCrCb), table)
        return np.asarray(cv2.cvtColor(turned, cv2.COLOR_YCrCb2RGB), np.uint8)

    return each(frames, change)


def _blur(frames: Frames, width: float, _: np.random.Generator) -> Frames:
    kernel = (int(width), int(width))
    return each(frames, lambda frame: cv2.GaussianBlur(frame, kernel, width / 6))


def _noise(frames: Frames, variance: float, rng: np.random.Generator) -> Frames:
    sigma = np.float32(255 * np.sqrt(variance))

    def change(frame: Frames) -> Frames:
        turned = cv2.cvtColor(frame, cv2.COLOR_RGB2YCrCb).astype(np.float32)
        turned += sigma * rng.standard_normal(frame.shape, dtype=np.float32)
        noisy = np.clip(np.rint(turned), 0, 255).astype(np.uint8)
        return np.asarray(cv2.cvtColor(noisy, cv2.COLOR_YCrCb2RGB), np.uint8)

    return each(frames, change)


def _pixelation(frames: Frames, factor: float, _: np.random.Generator) -> Frames:
    height, width = frames.shape[1:3]
    small = (max(int(width // factor), 1), max(int(height // factor), 1))

    def change(frame: Frames) -> NDArray[np.generic]:
        shrunk = cv2.resize(frame, small, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_NEAREST))

    return each(frames, change)


def _compression(frames: Frames, crf: float, _: np.random.Generator) -> Frames:
    return recompress_h264(frames, int(crf), "medium")


@dataclass(frozen=True, slots=True)
class Recipe:
    """One perturbation: what its level means and the level of each severity."""

    meaning: str
    levels: tuple[float, float, float, float, float]
    change: Callable[[Frames, float, np.random.Generator], Frames]


REGISTRY: Final = {
    # Their code paints no block at all on pictures under 256 px; here the count holds for these too.
    Perturbation.BLOCK_WISE: Recipe(
        "grey blocks of 8 px, for every 256 px of the side", (16, 32, 48, 64, 80), _block_wise
    ),
    Perturbation.CONTRAST: Recipe("factor of every level, towards black", (0.85, 0.725, 0.6, 0.475, 0.35), _contrast),
    Perturbation.SATURATION: Recipe("factor of the chroma", (0.4, 0.3, 0.2, 0.1, 0.0), _saturation),
    Perturbation.BLUR: Recipe("width of the kernel in px, sigma a sixth of it", (7, 9, 13, 17, 21), _blur),
    Perturbation.NOISE: Recipe("variance in YCbCr of 0 to 1", (0.001, 0.002, 0.005, 0.01, 0.05), _noise),
    # Their code enlarges bilinearly, which only blurs; visible pixels are meant.
    Perturbation.PIXELATION: Recipe("side of a pixel", (2, 3, 4, 5, 6), _pixelation),
    Perturbation.COMPRESSION: Recipe("constant rate factor of H.264", (30, 32, 35, 38, 40), _compression),
}
