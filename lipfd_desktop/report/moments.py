"""The one time by which a window is named: that of the frame in its middle, which its still shows."""

from __future__ import annotations

import numpy as np

from lipfd_desktop.result import AnalysisResult, FaceTrack, WindowScore


def middle_frame(result: AnalysisResult, window: WindowScore) -> int:
    """Ordinal of the frame in the middle of a window."""
    return window.first_frame + result.plan.window_frames // 2


def moment(result: AnalysisResult, window: WindowScore) -> float:
    """PTS of the frame in the middle of a window, where the cursor goes; reckoned where no face was seen in it."""
    seen = face_in(result.tracks, middle_frame(result, window), window.face)
    return window.moment if seen is None else float(seen[0].pts[seen[1]])


def face_in(tracks: tuple[FaceTrack, ...], frame: int, face: int | None) -> tuple[FaceTrack, int] | None:
    """Track and row of ``face`` in a frame, or of the largest face when None is asked for."""
    seen: list[tuple[FaceTrack, int]] = []
    for track in tracks:
        place = int(np.searchsorted(track.frames, frame))
        if face in {None, track.id} and place < len(track.frames) and int(track.frames[place]) == frame:
            seen.append((track, place))
    return max(seen, key=lambda item: float(np.prod(item[0].boxes[item[1], 2:])), default=None)
