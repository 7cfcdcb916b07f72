"""Frames as a stream: decoded one after the other, converted to pixels only when asked."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.video.reformatter import Colorspace

from lipfd_desktop.cancellation import IsCancelled, never
from lipfd_desktop.errors import CorruptMediaError
from lipfd_desktop.language import mark
from lipfd_desktop.media.decode import TOLERANCE, DecodeStats, decode_video_from
from lipfd_desktop.media.picture import Orientation, OrientationWatch, Picture, convert, convert_scaled, orientation_of
from lipfd_desktop.media.timeline import FrameTimes, nearest_frame_index, scan_frame_times


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded frame; its pixels stay in the compact form of the codec until asked for.

    Attributes
    ----------
    index
        Ordinal in presentation order from the first frame of the file.
    pts
        Seconds.
    width, height
        Of the displayed picture, after rotation.
    """

    index: int
    pts: float
    width: int
    height: int
    _decoded: av.VideoFrame = field(repr=False, compare=False)
    _orientation: Orientation = field(repr=False, compare=False)

    @classmethod
    def of(cls, decoded: av.VideoFrame, orientation: Orientation, *, index: int, pts: float) -> Frame:
        width, height = orientation.displayed_size(decoded.width, decoded.height)
        return cls(index, pts, width, height, decoded, orientation)

    def rgb(self) -> Picture:
        """(height, width, 3) uint8, C-contiguous, as displayed."""
        return self._orientation.apply(convert(self._decoded, "rgb24"))

    def bgr(self) -> Picture:
        """(height, width, 3) uint8, C-contiguous, as displayed."""
        return self._orientation.apply(convert(self._decoded, "bgr24"))

    def bgr_like_opencv(self) -> Picture:
        """Like :meth:`bgr`, with the very pixels of OpenCV's ``VideoCapture``.

        OpenCV converts with the matrix of BT.601 even when the file states another one.  Networks that were trained
        on frames read by OpenCV expect that; for viewing it is wrong.
        """
        return self._orientation.apply(convert(self._decoded, "bgr24", Colorspace.ITU601))

    def rgb_scaled(self, max_side: int) -> Picture:
        """Like :meth:`rgb`, shrunk to at most ``max_side`` pixels a side in the same pass; never enlarged."""
        return self._orientation.apply(convert_scaled(self._decoded, "rgb24", max_side))


class FrameReader(Iterator[Frame]):
    """Frames of a file in presentation order, one in memory at a time; see :func:`read_frames`.

    The file is closed at the end, by :meth:`close`, at the end of a ``with`` block, and when the reader goes away.

    Attributes
    ----------
    frames_read
        Frames given out so far.
    """

    def __init__(
        self,
        path: Path,
        *,
        start: float | None = None,
        end: float | None = None,
        frame_times: FrameTimes | None = None,
        is_cancelled: IsCancelled = never,
    ) -> None:
        self.frames_read = 0
        self._stats = DecodeStats()
        self._frames = _frames(path, start, end, frame_times, is_cancelled, self._stats)

    def __next__(self) -> Frame:
        frame = next(self._frames)
        self.frames_read += 1
        return frame

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._frames.close()

    @property
    def errors(self) -> int:
        """Packets so far that could not be read or decoded; their frames are missing."""
        return self._stats.errors

    @property
    def out_of_order(self) -> int:
        """Frames so far that were left out because their PTS did not go forward."""
        return self._stats.out_of_order

    @property
    def broke_off(self) -> bool:
        """Whether the file turned out to end before the end that it declares; known after the last frame."""
        return self._stats.broke_off


def read_frames(
    path: Path,
    *,
    start: float | None = None,
    end: float | None = None,
    frame_times: FrameTimes | None = None,
    is_cancelled: IsCancelled = never,
) -> FrameReader:
    """Read the frames of the range [``start``, ``end``) of PTS in seconds, by default all.

    Parameters
    ----------
    frame_times
        (n,) from :func:`~lipfd_desktop.media.timeline.scan_frame_times`, which gives the frames their ordinals.
        Without it frames are counted from the first one, and a range makes the file be scanned first.

    Raises
    ------
    UnreadableMediaError
        On the first step: the file cannot be opened.
    CorruptMediaError
        On the first step: not one frame can be decoded.
    Cancelled
        ``is_cancelled`` said so.
    """
    return FrameReader(path, start=start, end=end, frame_times=frame_times, is_cancelled=is_cancelled)


def read_frame_at(
    path: Path, pts: float, *, frame_times: FrameTimes | None = None, is_cancelled: IsCancelled = never
) -> Frame:
    """The frame whose PTS is nearest to ``pts`` (seconds).

    Without ``frame_times`` the file is scanned for the ordinal of the frame, so give them when they are known.

    Raises
    ------
    UnreadableMediaError, CorruptMediaError, Cancelled
        As :func:`read_frames`.
    """
    times = scan_frame_times(path, is_cancelled) if frame_times is None else frame_times
    nearest: tuple[float, av.VideoFrame] | None = None
    for time, decoded in decode_video_from(path, pts, DecodeStats(), is_cancelled):
        if nearest is None or abs(time - pts) < abs(nearest[0] - pts):
            nearest = time, decoded
        if time >= pts:
            break
    if nearest is None:
        raise _nothing_decoded(path)
    time, decoded = nearest
    return Frame.of(decoded, orientation_of(decoded), index=nearest_frame_index(times, time), pts=time)


def _frames(
    path: Path,
    start: float | None,
    end: float | None,
    frame_times: FrameTimes | None,
    is_cancelled: IsCancelled,
    stats: DecodeStats,
) -> Generator[Frame, None, None]:
    if frame_times is None and start is not None:
        frame_times = scan_frame_times(path, is_cancelled)
    orientations = OrientationWatch()
    for count, (time, decoded) in enumerate(decode_video_from(path, start, stats, is_cancelled)):
        if end is not None and time >= end - TOLERANCE:
            return
        if start is None or time >= start - TOLERANCE:
            index = count if frame_times is None else nearest_frame_index(frame_times, time)
            yield Frame.of(decoded, orientations.of(decoded), index=index, pts=time)
    if not stats.decoded:
        raise _nothing_decoded(path)


def _nothing_decoded(path: Path) -> CorruptMediaError:
    return CorruptMediaError(path, mark("is damaged: not one frame of it can be decoded; get a complete copy of it."))
