"""From window scores to stretches, frames and faces: pure functions of :class:`WindowScores`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.result import WHOLE_PICTURE, FacePath, FaceSummary, FaceTrack, Verdict, WindowScores

TOUCHING: Final = 1e-6
"""Seconds; windows further apart than this leave time between them that nothing looked at."""


def reaches(scores: NDArray[np.float32] | float, threshold: float) -> NDArray[np.bool_]:
    """Whether scores are at or above the threshold, in the precision of the scores.

    One rule for spans, tables and files: a score that is printed as 0.7 reaches a threshold of 0.7.
    """
    return np.greater_equal(np.asarray(scores, np.float32), np.float32(threshold))


def groups(scores: WindowScores) -> list[int]:
    """Ids in the face column that have analysed windows; the whole picture counts as one."""
    return [int(face) for face in np.unique(scores.face[scores.analysed])]


def deciding_face(scores: WindowScores, verdict: Verdict | None) -> int:
    """The face that decided, or until one did the one with most windows.

    :data:`~lipfd_desktop.result.WHOLE_PICTURE` where scores belong to the whole picture and where there are none.
    """
    if verdict is not None and verdict.face is not None:
        return verdict.face
    faces = scores.face[scores.analysed]
    whole = not len(faces) or bool((faces == WHOLE_PICTURE).any())
    return WHOLE_PICTURE if whole else int(np.argmax(np.bincount(faces)))


def analysed_time(scores: WindowScores) -> NDArray[np.float64]:
    """(n, 2) start and end in seconds of the stretches that lie in at least one analysed window, in order."""
    return merged_spans(scores.start[scores.analysed], scores.end[scores.analysed])


def merged_spans(starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2) start and end of the stretches that lie in at least one of the spans, in order."""
    if not len(starts):
        return np.empty((0, 2))
    if (starts[1:] < starts[:-1]).any():
        order = np.argsort(starts, kind="stable")
        starts, ends = starts[order], ends[order]
    reach = np.maximum.accumulate(ends)
    fresh = np.concatenate([[True], starts[1:] > reach[:-1] + TOUCHING])
    return np.column_stack([starts[fresh], reach[np.concatenate([fresh[1:], [True]])]])


def frame_means(
    first_frame: NDArray[np.int64], values: NDArray[np.floating[Any]], window_frames: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Mean a frame over the windows that contain it, so that overlapping windows do not count twice.

    Parameters
    ----------
    first_frame : (n,) int64
        Ordinal of the first frame of each window.
    values : (n,)
        One number a window; NaN counts as no window.

    Returns
    -------
    frames : (m,) int64
        Ordinals, ascending; only frames inside some window with a number.
    means : (m,) float64
    """
    known = np.isfinite(values)
    if not known.any():
        return np.empty(0, np.int64), np.empty(0)
    first, numbers = first_frame[known], values[known].astype(np.float64)
    start = int(first.min())
    members = (first[:, None] - start + np.arange(window_frames)).ravel()
    counts = np.bincount(members)
    sums = np.bincount(members, weights=np.repeat(numbers, window_frames))
    frames = np.flatnonzero(counts)
    return frames.astype(np.int64) + start, sums[frames] / counts[frames]


def frame_scores(
    scores: WindowScores, face: int | None, window_frames: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Fake score a frame: the mean over the analysed windows of ``face`` that contain it.

    Returns
    -------
    frames : (m,) int64
        Ordinals from the start of the file, ascending; only frames inside some analysed window.
    means : (m,) float32
    """
    own = scores.take(scores.analysed & (scores.face == (WHOLE_PICTURE if face is None else face)))
    frames, means = frame_means(own.first_frame, own.score, window_frames)
    return frames, means.astype(np.float32)


def count_paths(paths: NDArray[np.uint8]) -> dict[str, int]:
    """Frames by :class:`FacePath` label."""
    return {path.label: int((paths == path).sum()) for path in FacePath}


def summarise_faces(tracks: Iterable[FaceTrack], scores: WindowScores) -> tuple[FaceSummary, ...]:
    """One line a face, most seen first."""
    summaries = []
    for track in tracks:
        own = scores.score[scores.analysed & (scores.face == track.id)]
        summaries.append(
            FaceSummary(
                id=track.id,
                start=track.start,
                end=track.end,
                frames=len(track.frames),
                frames_by_path=count_paths(track.paths),
                median_height=track.median_height,
                windows_analysed=len(own),
                mean_score=float(own.mean(dtype=np.float64)) if len(own) else None,
                max_score=float(own.max()) if len(own) else None,
            )
        )
    return tuple(sorted(summaries, key=lambda face: (-face.windows_analysed, -face.frames, face.id)))
