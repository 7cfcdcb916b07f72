"""Which windows will be looked at, decided before the first frame is decoded."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.errors import SettingsError, TooFewFramesError
from lipfd_desktop.media.timeline import frame_end
from lipfd_desktop.result import AnalysisRequest, Plan

WORK_BUDGET_GFLOP: Final = {"cpu": 150_000.0, "mps": 3_000_000.0, "cuda": 30_000_000.0}
"""Arithmetic that an automatic stride may plan for: about ten minutes of fp32 work on two CPU cores (measured at 256
GFLOP/s); what a laptop's GPU and a data-centre card do in that time is estimated.  Fixed figures, not
timings, so that the same file and model get the same stride in the window and on the command line."""


def make_plan(
    request: AnalysisRequest,
    frame_times: NDArray[np.float64],
    *,
    window_frames: int,
    gflop_per_window: float,
    device: str,
) -> Plan:
    """Choose range and stride.

    Parameters
    ----------
    frame_times
        (n,) PTS in seconds of every frame of the file.
    window_frames
        Frames a window.
    gflop_per_window, device
        Cost of one window, and the kind of device (``cpu``, ``cuda``, ``mps``), for the automatic stride: the densest
        that :data:`WORK_BUDGET_GFLOP` allows.

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
        where = "the chosen range has" if request.time_range else "the video has"
        raise TooFewFramesError(
            request.path,
            f"{where} {frames} frame{'s' if frames != 1 else ''} and one window needs {window_frames}; "
            f"choose a longer {'range' if request.time_range else 'video'}.",
        )
    positions = frames - window_frames + 1
    stride = request.stride
    if stride is None:
        affordable = max(1, int(WORK_BUDGET_GFLOP.get(device, WORK_BUDGET_GFLOP["cpu"]) / max(gflop_per_window, 1e-9)))
        stride = max(1, -(-positions // affordable))
    elif stride < 1:
        raise SettingsError(f"The stride is {stride} and must be 1 frame or more.")
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
        raise SettingsError(f"The range {start:g}:{end:g} is empty; its end must come after its start.")
    first, last = (int(place) for place in np.searchsorted(frame_times, [start - 1e-6, end - 1e-6]))
    if first == last and (end <= frame_times[0] or start > frame_times[-1]):
        raise SettingsError(
            f"The range {start:g}:{end:g} s lies outside {request.path.name}, "
            f"which runs from {frame_times[0]:.3f} to {frame_times[-1]:.3f} s."
        )
    return first, last
