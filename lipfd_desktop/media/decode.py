"""Decoding that goes on after errors, and seeking that never lands too late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, TypeVar

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from lipfd_desktop.cancellation import IsCancelled, never
from lipfd_desktop.errors import Cancelled
from lipfd_desktop.media.container import (
    open_container,
    seconds,
    stream_duration,
    stream_start,
    time_base_of,
    video_stream,
)

TOLERANCE: Final = 0.0005
"""Seconds by which a given time may miss a PTS: times that are shown, typed and played are rounded to 1 ms."""

SEEK_MARGINS: Final = (0.0, 2.0, 12.0, None)
"""Seconds before the wanted time that are tried in turn, None for the beginning of the file: indices of MPEG-TS and
of damaged files point too late, and key frames are up to some ten seconds apart."""

_MAX_FAILURES: Final = 16
"""Read errors in a row after which a file counts as broken off."""

_CONTAINERS_WITHOUT_PTS: Final = frozenset({"avi"})
"""What FFmpeg makes up as PTS for these is wrong for H.264 with B-frames; DTS are sound."""

_END_SLACK: Final = 0.5
"""Seconds that the last frame may end before the declared end of the stream; more means that frames are missing."""

StreamT = TypeVar("StreamT", VideoStream, AudioStream)


@dataclass(slots=True)
class DecodeStats:
    """What went wrong while reading a stream.

    Attributes
    ----------
    decoded
        Frames that came out of the decoder.
    errors
        Packets that could not be read or decoded.
    out_of_order
        Frames left out because their PTS is unknown or did not go forward.
    broke_off
        The file ended before the end that it declares, or reading failed for good.
    """

    decoded: int = 0
    errors: int = 0
    out_of_order: int = 0
    broke_off: bool = False


def read_packets(
    container: InputContainer, stream: StreamT, stats: DecodeStats, is_cancelled: IsCancelled
) -> Iterator[Packet[StreamT]]:
    """The packets of one stream to the end of the file; read errors are counted and passed over."""
    for other in container.streams:
        if other.index != stream.index:
            other.discard = av.stream.Discard.all
    failures = 0
    while failures < _MAX_FAILURES:
        try:
            for packet in container.demux(stream):
                if is_cancelled():
                    raise Cancelled
                failures = 0
                if packet.size:  # the packet that flushes a decoder is empty
                    yield packet
        except FFmpegError:
            stats.errors += 1
            failures += 1
        else:
            return
    stats.broke_off = True


def decode_video(
    container: InputContainer,
    stream: VideoStream,
    stats: DecodeStats,
    is_cancelled: IsCancelled,
    *,
    is_at_beginning: bool = True,
) -> Iterator[tuple[float, av.VideoFrame]]:
    """Frames with their PTS in seconds, strictly ascending, from where the container stands to its end.

    Where it stands matters for files without PTS: their frames are counted on from the beginning.
    """
    clock = _VideoClock(container, stream, is_at_beginning=is_at_beginning)
    for frame in _decoded(container, stream, stats, is_cancelled):
        stats.decoded += 1
        time = clock.time_of(frame)
        if time is None:
            stats.out_of_order += 1
        else:
            yield time, frame
    declared = stream_duration(stream)
    if declared is not None and clock.end is not None:
        end = (stream_start(stream) or 0.0) + declared
        stats.broke_off = stats.broke_off or clock.end < end - _END_SLACK


def decode_video_from(
    path: Path, start: float | None, stats: DecodeStats, is_cancelled: IsCancelled
) -> Iterator[tuple[float, av.VideoFrame]]:
    """Like :func:`decode_video`, from a key frame at or before ``start`` (None: from the first frame).

    The frames from that key frame to ``start`` come too.  Frames that were decoded without their references, as after
    a seek into an open group of pictures, do not.
    """
    for margin in SEEK_MARGINS if start is not None else (None,):
        with open_container(path) as container:
            stream = video_stream(container, path)
            if margin is None or start is None:
                yield from decode_video(container, stream, stats, is_cancelled)
                return
            if not seek(container, stream, start - margin):
                continue
            attempt = DecodeStats()
            landed = False
            for time, frame in decode_video(container, stream, attempt, is_cancelled, is_at_beginning=False):
                landed = landed or (frame.key_frame and time < start + TOLERANCE)
                if landed:
                    yield time, frame
                elif time >= start - TOLERANCE:
                    break
            if landed:
                _add(stats, attempt)
                return


def is_cheap_to_enter(path: Path, time: float, within: float) -> bool:
    """Whether decoding from ``time`` (seconds) begins at a key frame at most ``within`` seconds before it."""
    with open_container(path) as container:
        stream = video_stream(container, path)
        if not seek(container, stream, time):
            return False
        frames = decode_video(container, stream, DecodeStats(), never, is_at_beginning=False)
        first, frame = next(frames, (None, None))
        return first is not None and frame is not None and frame.key_frame and time - within <= first < time + TOLERANCE


def seek(container: InputContainer, stream: VideoStream | AudioStream, time: float) -> bool:
    """Go to the key frame before ``time`` (seconds); False when the file cannot be sought in."""
    ticks = round(time / time_base_of(stream))
    try:
        container.seek(ticks, stream=stream, backward=True)
    except (FFmpegError, OverflowError):
        return False
    return True


def _decoded(
    container: InputContainer, stream: VideoStream, stats: DecodeStats, is_cancelled: IsCancelled
) -> Iterator[av.VideoFrame]:
    for packet in read_packets(container, stream, stats, is_cancelled):
        try:
            yield from stream.decode(packet)
        except FFmpegError:
            stats.errors += 1
    try:
        yield from stream.decode(None)
    except FFmpegError:
        stats.errors += 1


def _add(total: DecodeStats, part: DecodeStats) -> None:
    total.decoded += part.decoded
    total.errors += part.errors
    total.out_of_order += part.out_of_order
    total.broke_off = total.broke_off or part.broke_off


class _VideoClock:
    """The PTS of decoded frames: the file's own, else that of the packet that set the frame free, else counted on."""

    def __init__(self, container: InputContainer, stream: VideoStream, *, is_at_beginning: bool) -> None:
        rate = stream.average_rate or stream.guessed_rate
        self._time_base = time_base_of(stream)
        self._has_pts = container.format.name not in _CONTAINERS_WITHOUT_PTS
        self._step = float(1 / rate) if rate else float(Fraction(1, 25))
        self._is_at_beginning = is_at_beginning
        self._last: float | None = None
        self.end: float | None = None

    def time_of(self, frame: av.VideoFrame) -> float | None:
        """Seconds, None when the time is unknown or would not go forward."""
        ticks = frame.pts if self._has_pts and frame.pts is not None else frame.dts
        if ticks is not None:
            time = seconds(ticks, self._time_base)
        elif self._last is not None:
            time = self._last + self._step
        elif self._is_at_beginning:
            time = 0.0
        else:
            return None
        if self._last is not None:
            if time <= self._last:
                return None
            self._step = time - self._last
        self._last = time
        self.end = time + (seconds(frame.duration, self._time_base) if frame.duration else self._step)
        return time
