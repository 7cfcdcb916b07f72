"""Which windows stand for a result, where the face of one stands, and by that the time by which it is named."""

from __future__ import annotations

import numpy as np

from lipfd_desktop.result import AnalysisResult, FaceTrack, Span, WindowScore


def strongest(result: AnalysisResult, spans: tuple[Span, ...], limit: int) -> list[tuple[WindowScore, Span | None]]:
    """The peaks of the first ``limit`` spans; without spans the highest windows, which have none.

    Of these no two overlap each other on the same face.
    """
    if spans:
        return [(span.peak, span) for span in spans[:limit]]
    scores = result.scores.take(result.scores.analysed)
    chosen: list[WindowScore] = []
    for position in np.argsort(-scores.score, kind="stable"):
        if len(chosen) == limit:
            break
        row = scores.row(int(position))
        if all(row.face != other.face or row.start >= other.end or row.end <= other.start for other in chosen):
            chosen.append(row)
    return [(window, None) for window in chosen]


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
