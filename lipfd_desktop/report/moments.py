"""Where the face of a window stands, and by that the time by which the window is named."""

from __future__ import annotations

import numpy as np

from lipfd_desktop.result import AnalysisResult, FaceTrack, WindowScore


def moment(result: AnalysisResult, window: WindowScore) -> float:
    """:meth:`~lipfd_desktop.result.WindowScore.moment`, by the time at which its face was seen in the middle frame."""

    def pts_of(frame: int) -> float | None:
        seen = face_in(result.tracks, frame, window.face)
        return None if seen is None else float(seen[0].pts[seen[1]])

    return window.moment(pts_of)


def face_in(tracks: tuple[FaceTrack, ...], frame: int, face: int | None) -> tuple[FaceTrack, int] | None:
    """Track and row of ``face`` in a frame, or of the largest face when None is asked for."""
    seen: list[tuple[FaceTrack, int]] = []
    for track in tracks:
        place = int(np.searchsorted(track.frames, frame))
        if face in {None, track.id} and place < len(track.frames) and int(track.frames[place]) == frame:
            seen.append((track, place))
    return max(seen, key=lambda item: float(np.prod(item[0].boxes[item[1], 2:])), default=None)
