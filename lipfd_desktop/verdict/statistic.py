"""From the window scores of one face to one number for the clip.

Two numbers a face are made, one for each question, in three steps: the logit of a frame is the mean over the windows
that contain it, so that overlap does not count twice; the clip statistic is half the mean over all frames and half the
highest mean over a sustained span, so that a forged passage is not drowned in a long genuine recording, nor a
single window taken for one; and the rule of the model turns statistics into probabilities of one scale, on which
equal numbers are equally rare among genuine clips.  The higher is the clip score: adding the two would add the noise of
the silent question to the one that speaks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.result import VerdictRule, WindowScores
from lipfd_desktop.verdict.summary import frame_means

LOGIT_LIMIT: Final = 10.0
"""Logits count up to this much either way: beyond it an fp32 score is rounding, and one window outweighs hundreds."""

SPAN_SECONDS: Final = 2.0
"""Length of a sustained span where no rule says otherwise: a spoken phrase."""

ENOUGH_SECONDS: Final = 1.0
"""Less than this of a face, or of its sound, is too little to judge by: the movement of a few syllables."""

_ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True)
class ClipScore:
    """Numbers of one face for the whole clip, 0 to 1.

    ``generated`` and ``foreign_sound`` are None where the model does not answer the question or cannot tell.
    """

    score: float
    generated: float | None
    foreign_sound: float | None


def clip_statistic(
    scores: NDArray[np.floating[Any]],
    *,
    first_frame: NDArray[np.int64],
    frame_seconds: float,
    window_frames: int,
    span_seconds: float = SPAN_SECONDS,
) -> float:
    """One logit for the windows of one face and one question.

    A span is that much time of analysed frames, one after another: frames between the windows of a wide stride are
    skipped, so that every span has as many frames, and the highest of a thinly sampled film is not high by chance.

    Parameters
    ----------
    scores : (n,)
        Scores of windows, 0 to 1; NaN where unknown.
    first_frame : (n,) int64
        Ordinals of their first frames.
    frame_seconds
        Time that a frame is shown.
    window_frames
        Frames a window.
    span_seconds
        Length of a sustained span; all analysed frames are one where they are fewer.

    Returns
    -------
    float
        NaN where no score is known.
    """
    with np.errstate(divide="ignore"):
        likelihood = scores.astype(np.float64)
        logits = np.clip(np.log(likelihood) - np.log1p(-likelihood), -LOGIT_LIMIT, LOGIT_LIMIT)
    _, means = frame_means(first_frame, logits, window_frames)
    if not len(means):
        return float("nan")
    return 0.5 * float(means.mean()) + 0.5 * float(span_means(means, frame_seconds, span_seconds).max())


def span_means(values: NDArray[np.float64], frame_seconds: float, span_seconds: float) -> NDArray[np.float64]:
    """Mean over every span of ``values``, one number a frame; a single one where they are shorter than a span."""
    length = min(max(round(span_seconds / frame_seconds), 1), len(values))
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray((sums[length:] - sums[:-length]) / length, np.float64)


def clip_score(own: WindowScores, rule: VerdictRule, window_frames: int) -> ClipScore:
    """Calibrated numbers of one face.

    Parameters
    ----------
    own
        Analysed windows of one face, or of the whole picture; at least one.
    rule
        That of the model that made them.  A network that answers one question has its score calibrated by
        ``rule.generated``.
    """
    answers_both = bool(np.isfinite(own.generated).any())
    main = rule.generated(_statistic(own, own.generated if answers_both else own.score, rule, window_frames))
    foreign = None
    if rule.foreign_sound is not None and seconds_of(own, own.foreign_sound, window_frames) >= ENOUGH_SECONDS:
        foreign = rule.foreign_sound(_statistic(own, own.foreign_sound, rule, window_frames))
    score = main if foreign is None else max(main, foreign)
    return ClipScore(score, main if answers_both else None, foreign)


def mean_score(own: WindowScores) -> ClipScore:
    """Plain means over windows, for models without a rule."""
    return ClipScore(
        score=float(own.score.mean(dtype=np.float64)),
        generated=_known_mean(own.generated),
        foreign_sound=_known_mean(own.foreign_sound),
    )


def frame_seconds_of(own: WindowScores, window_frames: int) -> float:
    """Time that a frame is shown: the median over the windows."""
    return float(np.median(own.end - own.start)) / window_frames


def seconds_of(own: WindowScores, scores: NDArray[np.float32], window_frames: int) -> float:
    """Time inside windows of which a score is known, rounded up by a microsecond against rounding of times."""
    frames, _ = frame_means(own.first_frame, scores, window_frames)
    return len(frames) * frame_seconds_of(own, window_frames) + _ROUNDING if len(frames) else 0.0


def _statistic(own: WindowScores, scores: NDArray[np.float32], rule: VerdictRule, window_frames: int) -> float:
    return clip_statistic(
        scores,
        first_frame=own.first_frame,
        frame_seconds=frame_seconds_of(own, window_frames),
        window_frames=window_frames,
        span_seconds=rule.span_seconds,
    )


def _known_mean(values: NDArray[np.float32]) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean(dtype=np.float64)) if len(known) else None
