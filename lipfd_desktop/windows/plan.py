"""Which windows will be looked at, decided before the first frame is decoded."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.errors import SettingsError, TooFewFramesError
from lipfd_desktop.language import mark
from lipfd_desktop.media.timeline import frame_end
from lipfd_desktop.result import AnalysisRequest, Plan

PATIENCE_SECONDS: Final = 600.0
"""The network may be busy so long, or as long as the film lasts, whichever is longer, before an automatic stride skips
frames."""


def make_plan(
    request: AnalysisRequest,
    frame_times: NDArray[np.float64],
    *,
    window_frames: int,
    seconds_per_window: float,
) -> Plan:
    """Choose range and stride.

    Parameters
    ----------
    frame_times
        (n,) PTS in seconds of every frame of the file.
    window_frames
        Frames a window.
    seconds_per_window
        Estimated time of the network for one window.  The automatic stride is the densest for which that of all windows
        is within :data:`PATIENCE_SECONDS` or the length of the range.

    Raises
    ------
    SettingsError
        A stride below 1, or a range that is empty or outside the file.
    TooFewFramesError
        Fewer frames in the range than one window.
    """
    first, last = _range(request, frame_times)
    frames = last - first
    if frames < window_frames:
        if request.time_range:
            one = mark("the chosen range has {frames} frame and one window needs {needed}; choose a longer range.")
            many = mark("the chosen range has {frames} frames and one window needs {needed}; choose a longer range.")
        else:
            one = mark("the video has {frames} frame and one window needs {needed}; choose a longer video.")
            many = mark("the video has {frames} frames and one window needs {needed}; choose a longer video.")
        raise TooFewFramesError(request.path, one if frames == 1 else many, frames=frames, needed=window_frames)
    positions = frames - window_frames + 1
    stride = request.stride
    if stride is None:
        length = frame_end(frame_times, last - 1) - float(frame_times[first])
        affordable = max(1, int(max(PATIENCE_SECONDS, length) / max(seconds_per_window, 1e-9)))
        stride = max(1, -(-positions // affordable))
    elif stride < 1:
        raise SettingsError(mark("The stride is {stride} and must be 1 frame or more."), stride=stride)
    return Plan(
        start=float(frame_times[first]),
        end=frame_end(frame_times, last - 1),
        frames_total=frames,
        window_frames=window_frames,
        stride=stride,
        stride_is_automatic=request.stride is None,
        windows_total=(positions - 1) // stride + 1,
    )


def _range(request: AnalysisRequest, frame_times: NDArray[np.float64]) -> tuple[int, int]:
    """Ordinals of the first frame of the range and of the one after its last."""
    if request.time_range is None:
        return 0, len(frame_times)
    start, end = request.time_range
    if not start < end:
        raise SettingsError(
            mark("The range {start:g}:{end:g} is empty; its end must come after its start."), start=start, end=end
        )
    first, last = (int(place) for place in np.searchsorted(frame_times, [start - 1e-6, end - 1e-6]))
    if first == last and (end <= frame_times[0] or start > frame_times[-1]):
        raise SettingsError(
            mark("The range {start:g}:{end:g} s lies outside {name}, which runs from {first:.3f} to {last:.3f} s."),
            start=start,
            end=end,
            name=request.path.name,
            first=float(frame_times[0]),
            last=float(frame_times[-1]),
        )
    return first, last
