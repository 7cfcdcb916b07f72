"""From decoded pictures to arrays as they are displayed."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

import av
import numpy as np
from av.buffer import Buffer
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Orientation:
    """How the stored picture is laid out on the screen: first transposed, then mirrored along x and y."""

    transposed: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    @property
    def rotation(self) -> int:
        """Degrees clockwise; a mirrored picture counts as rotated first, then mirrored left to right."""
        if self.transposed:
            return 270 if self.mirror_y else 90
        return 180 if self.mirror_y else 0

    def displayed_size(self, width: int, height: int) -> tuple[int, int]:
        return (height, width) if self.transposed else (width, height)

    def apply(self, stored: Picture) -> Picture:
        """(h, w, 3) as stored to C-contiguous (h, w, 3) as displayed."""
        picture = stored.swapaxes(0, 1) if self.transposed else stored
        rows, columns = (slice(None, None, -1 if mirror else 1) for mirror in (self.mirror_y, self.mirror_x))
        return np.ascontiguousarray(picture[rows, columns])


UPRIGHT: Final = Orientation()

_QUARTER_TURNS: Final = (
    UPRIGHT,
    Orientation(transposed=True, mirror_y=True),
    Orientation(mirror_x=True, mirror_y=True),
    Orientation(transposed=True, mirror_x=True),
)
"""By quarter turns counterclockwise, as PyAV gives a frame's rotation."""


def orientation_of(frame: av.VideoFrame) -> Orientation:
    """Orientation from the display matrix; angles between quarter turns go to the nearest one.

    The matrix is FFmpeg's (libavutil/display.h): nine integers in rows (a, b, u), (c, d, v), (x, y, w), by which
    the stored point (p, q) is shown at (a p + c q, b p + d q).
    """
    try:
        matrix = cast("Mapping[str, Buffer]", frame.side_data).get("DISPLAYMATRIX")
    except ValueError:  # PyAV does not know every kind of side data that a frame may carry
        return _QUARTER_TURNS[round(frame.rotation / 90) % 4]
    if matrix is None:
        return UPRIGHT
    a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].tolist()
    if abs(b) > abs(a):
        return Orientation(transposed=True, mirror_x=c < 0, mirror_y=b < 0)
    return Orientation(mirror_x=a < 0, mirror_y=d < 0)


class OrientationWatch:
    """The orientation of frame after frame; the matrix is read again only when the rotation changes.

    PyAV's side data and its frame refer to each other, so every frame whose side data was read stays in memory until
    the garbage collector runs.
    """

    def __init__(self) -> None:
        self._rotation: int | None = None
        self._orientation = UPRIGHT

    def of(self, frame: av.VideoFrame) -> Orientation:
        if frame.rotation != self._rotation:
            self._rotation = frame.rotation
            self._orientation = orientation_of(frame)
        return self._orientation


class _Reformatters(threading.local):
    """One pair a thread: swscale contexts are costly to make and may not be shared between threads."""

    def __init__(self) -> None:
        self.full = VideoReformatter()
        self.scaled = VideoReformatter()


_REFORMATTERS: Final = _Reformatters()


_SWSCALE_MATRICES: Final = frozenset({0, 1, 2, 3, 4, 5, 6, 7, 9})
"""Colour matrices (FFmpeg's AVColorSpace) that swscale converts; it refuses a frame tagged with another one."""

_BT2020_RELATIVES: Final = frozenset({10, 14})
"""BT.2020 constant luminance and ICtCp."""


def convert(frame: av.VideoFrame, pixel_format: str, matrix: Colorspace | None = None) -> Picture:
    """(h, w, 3) uint8 as stored, at full size; chroma is interpolated bicubically.

    ``matrix`` overrides the colour matrix that the file states.
    """
    converted = _REFORMATTERS.full.reformat(
        frame,
        format=pixel_format,
        src_colorspace=_usable_matrix(frame) if matrix is None else matrix,
        interpolation=Interpolation.BICUBIC,
        threads=1,
    )
    return _as_array(converted)


def convert_scaled(frame: av.VideoFrame, pixel_format: str, max_side: int) -> Picture:
    """(h, w, 3) uint8 as stored, shrunk so that no side is longer than ``max_side``; never enlarged."""
    scale = min(1.0, max_side / max(frame.width, frame.height))
    converted = _REFORMATTERS.scaled.reformat(
        frame,
        width=max(1, round(frame.width * scale)),
        height=max(1, round(frame.height * scale)),
        format=pixel_format,
        src_colorspace=_usable_matrix(frame),
        interpolation=Interpolation.AREA,
        threads=1,
    )
    return _as_array(converted)


def _usable_matrix(frame: av.VideoFrame) -> Colorspace | None:
    """None for the frame's own, else the nearest one that swscale knows."""
    if frame.colorspace in _SWSCALE_MATRICES:
        return None
    return Colorspace.BT2020 if frame.colorspace in _BT2020_RELATIVES else Colorspace.ITU709


def _as_array(frame: av.VideoFrame) -> Picture:
    return np.ascontiguousarray(frame.to_ndarray(), np.uint8)
