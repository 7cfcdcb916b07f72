"""Window scores made by hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.result import MeasuredRate, Platt, Reason, VerdictRule, WindowScores

RULE = VerdictRule(
    authentic_below=0.3,
    manipulated_from=0.7,
    generated=Platt(slope=1.0, offset=0.0),
    foreign_sound=Platt(slope=1.5, offset=-1.0),
    corpus="Made-up clips for the tests, leave-source-out over five folds",
    clips=812,
    speakers=97,
    false_positive_rate=MeasuredRate(0.043, 0.021, 0.068),
    false_negative_rate=MeasuredRate(0.112, 0.074, 0.159),
)
"""A rule for a network that answers both questions."""


def make_scores(
    rows: list[tuple[int, int, float | None]],
    *,
    frames: int = 5,
    stride: int = 1,
    generated: list[float] | None = None,
    foreign_sound: list[float] | None = None,
) -> WindowScores:
    """Scores from (window index, face, score); a score of None is a window without a face seen throughout.

    Frames last 40 ms from 0 s.  The answers to the two questions are NaN unless given, one a row.
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
        generated=_column(generated, missing),
        foreign_sound=_column(foreign_sound, missing),
        region_weights=weights,
    )


def _column(values: list[float] | None, missing: NDArray[np.bool_]) -> NDArray[np.float32]:
    column = np.full(len(missing), np.nan, np.float32) if values is None else np.array(values, np.float32)
    return np.where(missing, np.float32(np.nan), column)
