"""When every frame is shown: PTS in seconds, found without decoding where the file allows it."""

from __future__ import annotations

from array import array
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.cancellation import IsCancelled, never
from lipfd_desktop.errors import CorruptMediaError
from lipfd_desktop.language import mark
from lipfd_desktop.media.container import open_container, time_base_of, video_stream
from lipfd_desktop.media.decode import TOLERANCE, DecodeStats, decode_video_from, read_packets

FrameTimes = NDArray[np.float64]

_PROBED_FRAMES: Final = 48
"""Frames decoded to see whether packets and frames correspond: two seconds at 24 fps, more than a group of B-frames."""

_CODECS_WITH_HIDDEN_FRAMES: Final = frozenset({"vp8"})
"""Their reference-only frames are packets of their own with a PTS of their own."""

_RATE_SLACK: Final = 0.0021
"""Seconds by which the intervals of a constant rate may differ: Matroska and FLV round each PTS to 1 ms."""


def scan_frame_times(path: Path, is_cancelled: IsCancelled = never) -> FrameTimes:
    """The PTS of every frame.

    Packets are read without decoding; the first frames are decoded to check that packets and frames correspond.
    Where they do not (no PTS in the file, field pairs, hidden frames), the whole stream is decoded.

    Returns
    -------
    (n,) float64
        Seconds, strictly ascending.

    Raises
    ------
    UnreadableMediaError, CorruptMediaError
        The file cannot be opened, or no frame comes out of it.
    Cancelled
        ``is_cancelled`` said so.
    """
    demuxed = _demuxed_times(path, is_cancelled)
    probed = _decoded_times(path, is_cancelled, limit=_PROBED_FRAMES)
    if not len(probed):
        raise CorruptMediaError(
            path, mark("is damaged: not one frame of it can be decoded; get a complete copy of it.")
        )
    if demuxed is not None:
        # Frames before the first key frame of a recording that began in mid-stream are never shown.
        shown = demuxed[np.searchsorted(demuxed, probed[0]) :]
        if np.array_equal(shown[: len(probed)], probed):
            return shown
    return _decoded_times(path, is_cancelled)


def frame_index_at(times: FrameTimes, time: float) -> int:
    """Ordinal of the frame that is shown at ``time``: the last one that has begun, the first one before it begins."""
    return max(int(np.searchsorted(times, time + TOLERANCE, side="right")) - 1, 0)


def nearest_frame_index(times: FrameTimes, time: float) -> int:
    """Ordinal of the frame whose PTS is nearest to ``time``."""
    after = int(np.searchsorted(times, time))
    if after == 0:
        return 0
    if after == len(times) or time - times[after - 1] <= times[after] - time:
        return after - 1
    return after


def frame_end(times: FrameTimes, index: int) -> float:
    """When the frame gives way to the next one; the last frame lasts as long as the median one.

    ``index`` may count from the end.  A file of one frame lasts 1/25 s.
    """
    index = index + len(times) if index < 0 else index
    if index + 1 < len(times):
        return float(times[index + 1])
    interval = float(np.median(np.diff(times))) if len(times) > 1 else 1 / 25
    return float(times[index]) + interval


def is_variable_rate(times: FrameTimes) -> bool:
    """Whether the intervals differ by more than rounding."""
    return len(times) > 2 and float(np.ptp(np.diff(times))) > _RATE_SLACK


def _demuxed_times(path: Path, is_cancelled: IsCancelled) -> FrameTimes | None:
    """PTS of the packets that are shown, None when the file does not give them all."""
    ticks = array("q")
    with open_container(path) as container:
        stream = video_stream(container, path)
        if container.format.name == "avi" or stream.codec.canonical_name in _CODECS_WITH_HIDDEN_FRAMES:
            return None
        time_base = time_base_of(stream)
        for packet in read_packets(container, stream, DecodeStats(), is_cancelled):
            if packet.pts is None:
                return None
            if not packet.is_discard:
                ticks.append(packet.pts)
    distinct = np.unique(np.frombuffer(ticks, np.int64)) if ticks else np.empty(0, np.int64)
    return distinct * time_base.numerator / time_base.denominator


def _decoded_times(path: Path, is_cancelled: IsCancelled, limit: int | None = None) -> FrameTimes:
    frames = decode_video_from(path, None, DecodeStats(), is_cancelled)
    return np.fromiter((time for time, _ in islice(frames, limit)), np.float64)
