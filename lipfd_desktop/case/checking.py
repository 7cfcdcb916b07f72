"""Whether a result that comes out of a file fits together, so that nothing that shows it can fail on it."""

from __future__ import annotations

import numpy as np

from lipfd_desktop.result import TIERS, WHOLE_PICTURE, AnalysisResult, FacePath, FaceTrack, Reason, WindowScores


def check_result(result: AnalysisResult) -> None:
    """Compare the columns of ``result`` with one another.

    Raises
    ------
    ValueError
        They are not of one length, or hold what cannot be.
    """
    _check_scores(result.scores)
    for track in result.tracks:
        _check_track(track)


def _check_scores(scores: WindowScores) -> None:
    count = len(scores.index)
    for name in WindowScores.__slots__:
        column = getattr(scores, name)
        shape = (count, len(TIERS), column.shape[-1]) if name == "region_weights" and column.ndim == 3 else (count,)
        if column.shape != shape:
            raise ValueError(f"{name} does not fit the other columns")
    if not (np.isfinite(scores.start).all() and np.isfinite(scores.end).all() and (scores.start <= scores.end).all()):
        raise ValueError("windows without a time")
    if (scores.reason >= len(Reason)).any() or (scores.face < WHOLE_PICTURE).any() or (scores.index < 0).any():
        raise ValueError("windows that cannot be")


def _check_track(track: FaceTrack) -> None:
    count = len(track.frames)
    shapes = {"frames": (count,), "pts": (count,), "boxes": (count, 4), "lips": (count, 4), "paths": (count,)}
    if not count or track.id < 0 or any(getattr(track, name).shape != shape for name, shape in shapes.items()):
        raise ValueError("a face whose columns do not fit")
    if not np.isfinite(track.pts).all() or (np.diff(track.pts) < 0).any() or (track.paths >= len(FacePath)).any():
        raise ValueError("a face whose times are not in order")
