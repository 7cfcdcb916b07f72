"""Frames as Qt images; safe on any thread."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtMultimedia import QtVideo, QVideoFrame

THUMBNAIL: Final = QSize(96, 72)
_DENSITY: Final = 2
"""Thumbnails are kept at twice their size for dense screens."""
_MARGIN: Final = 1.5
"""A thumbnail around a face shows this many times its height."""


def shown(frame: QVideoFrame) -> QImage:
    """A frame of the player as it is meant to be seen.

    Qt takes the display matrix of a picture that is mirrored and turned a quarter for the turn to the other side, which
    stands on its head (seen in Qt 6.11 with its FFmpeg backend); ``QVideoFrame.setRotation`` does not change that.
    """
    image, stored = frame.toImage(), frame.surfaceFormat()
    if stored.isMirrored() and stored.rotation() in (QtVideo.Rotation.Clockwise90, QtVideo.Rotation.Clockwise270):
        return image.flipped(Qt.Orientation.Horizontal | Qt.Orientation.Vertical)
    return image


def picture(rgb: NDArray[np.uint8], around: tuple[float, float, float, float] | None) -> QImage:
    """A (height, width, 3) RGB frame as an image, or as a thumbnail of the part around a box (x, y, w, h)."""
    if around is None:
        return _image(rgb)
    height, width = rgb.shape[:2]
    x, y, box_width, box_height = around
    tall = min(_MARGIN * max(box_height, box_width), height)
    wide = min(tall * THUMBNAIL.width() / THUMBNAIL.height(), width)
    left = round(min(max(x + box_width / 2 - wide / 2, 0), width - wide))
    top = round(min(max(y + box_height / 2 - tall / 2, 0), height - tall))
    part = rgb[top : top + max(1, round(tall)), left : left + max(1, round(wide))]
    return _image(part).scaled(
        THUMBNAIL * _DENSITY,
        Qt.AspectRatioMode.KeepAspectRatioByExpanding,
        Qt.TransformationMode.SmoothTransformation,
    )


def _image(rgb: NDArray[np.uint8]) -> QImage:
    pixels = np.ascontiguousarray(rgb)
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
