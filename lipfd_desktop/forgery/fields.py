"""Smooth displacement fields and the sampling of a picture through them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32] | NDArray[np.float64]


def smooth_field(
    height: int, width: int, rng: np.random.Generator, *, cells: int, pixels: float
) -> NDArray[np.float32]:
    """(height, width, 2) places to sample from: each pixel's own, moved smoothly by about ``pixels``.

    ``cells`` is the number of independent displacements across the picture.
    """
    return identity(height, width) + smooth_moves(height, width, rng, cells=cells, pixels=pixels)


def smooth_moves(
    height: int, width: int, rng: np.random.Generator, *, cells: int, pixels: float
) -> NDArray[np.float32]:
    """(height, width, 2) displacements alone."""
    coarse = rng.standard_normal((cells, cells, 2)).astype(np.float32) * np.float32(pixels)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def identity(height: int, width: int) -> NDArray[np.float32]:
    """(height, width, 2) every pixel's own x and y."""
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.stack([x, y], axis=-1)


def affine_places(places: NDArray[np.float32], matrix: Floats) -> NDArray[np.float32]:
    """``places`` sent through a (2, 3) affine map."""
    return np.asarray(places @ matrix[:, :2].T.astype(np.float32) + matrix[:, 2].astype(np.float32), np.float32)


def sample(image: NDArray[np.uint8], places: NDArray[np.float32], interpolation: int) -> NDArray[np.uint8]:
    """The picture sampled at (height, width, 2) places; its border is mirrored."""
    return np.asarray(cv2.remap(image, places, None, interpolation, borderMode=cv2.BORDER_REFLECT_101), np.uint8)
