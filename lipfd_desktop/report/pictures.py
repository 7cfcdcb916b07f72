"""Stills as pixels: cut, reduced, framed and compressed."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from lipfd_desktop.report.blocks import Picture
from lipfd_desktop.report.palette import FACE_BOX, LIPS_BOX

Rgb = NDArray[np.uint8]
"""(height, width, 3)."""

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels of the displayed frame."""

JPEG_QUALITY: Final = 92

PTS_TOLERANCE: Final = 0.001
"""Seconds; containers such as Matroska round PTS to milliseconds."""

STILL_EDGE: Final = 1280
CROP_EDGE: Final = 640
"""Longer edge in pixels to which larger pictures are reduced: eight stills of an 8K film would need 800 MB."""


class FramePicture(Protocol):
    """What a report needs of a decoded frame."""

    @property
    def pts(self) -> float: ...

    def rgb(self) -> Rgb: ...


StillReader = Callable[[Path, float], FramePicture]
"""Gives the frame of a file whose PTS is nearest to some seconds."""


def reduced(image: Rgb, edge: int) -> Rgb:
    """``image`` with its longer edge at most ``edge`` pixels; never enlarged."""
    height, width = image.shape[:2]
    scale = min(1.0, edge / max(height, width))
    if scale == 1.0:
        return image.copy()
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))


def crop(image: Rgb, box: Box, margin: float) -> Rgb | None:
    """The part of ``image`` inside ``box`` grown by ``margin`` of its size; None where nothing of it is visible."""
    x, y, width, height = box
    left, right = round(x - margin * width), round(x + (1 + margin) * width)
    top, bottom = round(y - margin * height), round(y + (1 + margin) * height)
    part = image[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    return part if part.size else None


def framed(image: Rgb, face: Box | None, lips: Box | None) -> Rgb:
    """A copy with the outlines of face and lips, each on a white rim so that it shows on any ground."""
    picture = Image.fromarray(image)
    draw = ImageDraw.Draw(picture)
    line = max(2, round(max(image.shape[:2]) / 240))
    for box, colour in ((face, FACE_BOX), (lips, LIPS_BOX)):
        if box is not None:
            x, y, width, height = box
            corners = (x, y, x + width, y + height)
            draw.rectangle(_grown(corners, 1), outline="white", width=line + 2)
            draw.rectangle(corners, outline=colour, width=line)
    return np.asarray(picture)


def photo(image: Rgb, alt: str, width: float = 1.0) -> Picture:
    """``image`` as a JPEG picture, without chroma subsampling so that coloured outlines stay sharp."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return Picture(stream.getvalue(), (image.shape[1], image.shape[0]), alt, "jpeg", width)


def _grown(corners: Box, pixels: float) -> Box:
    left, top, right, bottom = corners
    return left - pixels, top - pixels, right + pixels, bottom + pixels
