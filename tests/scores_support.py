"""Window scores made by hand."""

from __future__ import annotations

import numpy as np

from lipfd_desktop.result import Reason, WindowScores


def make_scores(rows: list[tuple[int, int, float | None]], *, frames: int = 5, stride: int = 1) -> WindowScores:
    """Scores from (window index, face, score); a score of None is a window without a face seen throughout.

    Frames last 40 ms from 0 s.
    """
    index = np.array([row[0] for row in rows], np.int64)
    score = np.array([np.nan if row[2] is None else row[2] for row in rows], np.float32)
    missing = np.isnan(score)
    weights = np.full((len(rows), 3, frames), 1 / 3, np.float32)
    weights[missing] = np.nan
    with np.errstate(divide="ignore"):
        logit = np.log(score / (1 - score))
    return WindowScores(
        index=index,
        start=index * stride * 0.04,
        end=(index * stride + frames) * 0.04,
        first_frame=index * stride,
        face=np.array([row[1] for row in rows], np.int64),
        reason=np.where(missing, Reason.FACE_LOST, Reason.ANALYSED).astype(np.uint8),
        logit=logit.astype(np.float32),
        score=score,
        region_weights=weights,
    )
