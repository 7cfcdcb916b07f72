"""From out-of-fold scores to a rule: calibrated clip scores and limits with known error rates.

The clip statistic of each question becomes a probability by Platt's logistic fit, in which every speaker counts
the same within a class and both classes count the same in all (a clip is as likely forged as not before it
is looked at).
Limits are the tightest that keep, by clips, by speakers *and* in every fold with enough clips,

- the false positive rate (reals called likely manipulated) within 5 %: ``manipulated_from``;
- the false negative rate (fakes called likely authentic) within 10 %: ``authentic_below``.

Limits fitted to a set meet its rates by construction.  The stated rates are therefore measured across folds: a rule
fitted to the other folds judges each fold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.errors import SettingsError
from lipfd_desktop.evaluation import metrics
from lipfd_desktop.evaluation.bootstrap import Interval, interval, rate, resampled
from lipfd_desktop.evaluation.clips import (
    WINDOW_FRAMES,
    ClipScores,
    Limits,
    clip_scores,
    combined,
    equal_speakers,
    probability,
)
from lipfd_desktop.evaluation.listening import SHIFTED, SWAPPED
from lipfd_desktop.evaluation.metrics import Floats
from lipfd_desktop.evaluation.table import FAKE, PLAIN, REAL, ScoreTable, speaker_keys
from lipfd_desktop.result import MeasuredRate, Outcome, Platt, VerdictRule
from lipfd_desktop.verdict.statistic import SPAN_SECONDS

FALSE_POSITIVE_RATE: Final = 0.05
FALSE_NEGATIVE_RATE: Final = 0.10
LEAST_IN_FOLD: Final = 20
"""Clips of a class from which a fold counts by itself: 5 % of fewer is less than one clip."""
MIN_SHIFT: Final = 0.2
"""Seconds; smaller shifts are no examples of foreign sound: viewers and many cameras do not notice them either."""
MIN_SLOPE: Final = 1e-3
"""Slope where higher scores do not go with fakes: next to nothing, since a rule may not turn scores round."""
EDGE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Calibration:
    """A rule and what it rests on.

    Attributes
    ----------
    rule
        What is stored with the model.
    authentic_below, manipulated_from
        The limits with 95 % intervals over resampled speakers.
    window_generated, window_foreign_sound
        Calibration of single windows' logits, for the last layer of the network.
    outcomes
        Share of each class ("real", "fake") that gets each outcome, across folds.
    brier, calibration_error
        Of the clip probability "generated", across folds, by method: none, Platt, isotonic; classes weighed equally.
    across_folds
        False when there were no folds to measure across; rates then are flattered.
    """

    rule: VerdictRule
    authentic_below: Interval
    manipulated_from: Interval
    window_generated: Platt
    window_foreign_sound: Platt | None
    outcomes: dict[str, dict[Outcome, Interval]]
    brier: dict[str, float]
    calibration_error: dict[str, float]
    across_folds: bool


@dataclass(frozen=True, slots=True)
class _Fit:
    generated: Platt
    foreign_sound: Platt | None
    limits: Limits

    def scores(self, clips: ClipScores) -> Floats:
        foreign = probability(self.foreign_sound, clips.foreign_sound)
        return combined(probability(self.generated, clips.main), foreign)


def calibrate(
    table: ScoreTable,
    *,
    corpus: str,
    window_frames: int = WINDOW_FRAMES,
    span_seconds: float = SPAN_SECONDS,
    seed: int = 0,
) -> Calibration:
    """Fit a rule to out-of-fold scores.

    Parameters
    ----------
    table
        Scores of clips by models that never saw their source.  For the question of foreign sound it also holds
        real clips with swapped or shifted sound.
    corpus
        Sentence that says what the clips are.

    Raises
    ------
    SettingsError
        There are no reals or no fakes to calibrate with.
    """
    table = table.take((table.variant == PLAIN) | is_foreign_sound(table.variant))
    clips = clip_scores(table, window_frames=window_frames, span_seconds=span_seconds)
    plain = clips.plain
    if len(np.unique(plain.label)) < 2:
        raise SettingsError("The scores are all of one class; a verdict needs real and fake clips to be calibrated.")
    fit = _fit(clips)
    outcomes, across = _outcomes_across_folds(clips, fit, seed)
    brier, error = _compare(plain)
    low, high = _limit_intervals(plain, fit, seed)
    rule = VerdictRule(
        authentic_below=fit.limits.authentic_below,
        manipulated_from=fit.limits.manipulated_from,
        generated=fit.generated,
        foreign_sound=fit.foreign_sound,
        span_seconds=span_seconds,
        corpus=corpus,
        clips=len(plain),
        speakers=len(np.unique(speaker_keys(plain))),
        false_positive_rate=_measured(outcomes["real"][Outcome.MANIPULATED]),
        false_negative_rate=_measured(outcomes["fake"][Outcome.AUTHENTIC]),
    )
    return Calibration(
        rule=rule,
        authentic_below=low,
        manipulated_from=high,
        window_generated=_window_platt(table, foreign=False),
        window_foreign_sound=_window_platt(table, foreign=True) if fit.foreign_sound is not None else None,
        outcomes=outcomes,
        brier=brier,
        calibration_error=error,
        across_folds=across,
    )


def fit_platt(statistic: Floats, positive: NDArray[np.bool_], weights: Floats) -> Platt:
    """Logistic regression of one number, both classes weighed equally; what is NaN is left out."""
    from sklearn.linear_model import LogisticRegression

    known = np.isfinite(statistic)
    values, positive = statistic[known], positive[known]
    scale = float(values.std()) or 1.0
    balanced = metrics.balanced_weights(positive, weights[known])
    model = LogisticRegression()
    # The weights sum to the number of values, so that scikit-learn's default penalty only matters where they are few.
    model.fit(values[:, None] / scale, positive, sample_weight=balanced * len(values) / balanced.sum())
    slope = float(model.coef_[0, 0]) / scale
    if slope < MIN_SLOPE:
        return Platt(MIN_SLOPE, 0.0)
    return Platt(slope, float(model.intercept_[0]))


def is_foreign_sound(variant: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Variants whose sound is not that of the lips, and audibly so."""
    names, member = np.unique(variant, return_inverse=True)
    return np.array([_is_foreign(str(name)) for name in names], bool)[member]


def _is_foreign(variant: str) -> bool:
    if variant.startswith(f"{SHIFTED}:"):
        return abs(float(variant.rpartition(":")[2])) >= MIN_SHIFT
    return variant == SWAPPED


def _fit(clips: ClipScores) -> _Fit:
    plain = clips.plain
    generated = fit_platt(plain.main, plain.label == FAKE, equal_speakers(plain))
    foreign_sound = _fit_foreign(clips)
    fit = _Fit(generated, foreign_sound, Limits(0.0, 1.0, measured=True))
    return _Fit(generated, foreign_sound, _limits(plain, fit.scores(plain)))


def _fit_foreign(clips: ClipScores) -> Platt | None:
    foreign = is_foreign_sound(clips.variant)
    chosen = (clips.label == REAL) & np.isfinite(clips.foreign_sound) & (foreign | (clips.variant == PLAIN))
    used, foreign = clips.take(chosen), foreign[chosen]
    if foreign.all() or not foreign.any():
        return None
    return fit_platt(used.foreign_sound, foreign, equal_speakers(used))


def _limits(plain: ClipScores, scores: Floats) -> Limits:
    low, high = _both_limits(plain, scores, np.ones(len(plain)))
    return Limits(float(low), float(high), measured=True)


def _both_limits(plain: ClipScores, scores: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """(...) both limits, where clip ``k`` is there ``counts[..., k]`` times."""
    ways = (counts, counts * equal_speakers(plain))
    highs = [_upper(plain, scores, way) for way in (*ways, *_by_fold(plain, REAL, counts))]
    lows = [_lower(plain, scores, way) for way in (*ways, *_by_fold(plain, FAKE, counts))]
    high = np.max(highs, axis=0)
    return np.minimum(np.min(lows, axis=0), high), high


def _by_fold(plain: ClipScores, label: int, counts: Floats) -> list[Floats]:
    """``counts`` within each fold that has enough clips of a class: other sources are other worlds."""
    folds = [plain.fold == fold for fold in np.unique(plain.fold)]
    return [counts * fold for fold in folds if (fold & (plain.label == label)).sum() >= LEAST_IN_FOLD]


def _upper(plain: ClipScores, scores: Floats, weights: Floats) -> Floats:
    """(...) lowest limit that keeps the false positive rate, halfway to the highest real that it lets pass."""
    real = plain.label == REAL
    return _limit(scores[real], weights[..., real], FALSE_POSITIVE_RATE)


def _lower(plain: ClipScores, scores: Floats, weights: Floats) -> Floats:
    """(...) highest limit that keeps the false negative rate: the same with probabilities turned round."""
    fake = plain.label == FAKE
    mirrored: Floats = 1.0 - _limit(1.0 - scores[fake], weights[..., fake], FALSE_NEGATIVE_RATE)
    return mirrored


def _limit(scores: Floats, weights: Floats, allowed: float) -> Floats:
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    above = np.cumsum(weights[..., order], axis=-1) / weights.sum(-1, keepdims=True)
    # Scores that are equal stand or fall together: the share at a score is that of its last equal.
    last = np.searchsorted(-ranked, -ranked, side="right") - 1
    kept = (above[..., last] <= allowed + EDGE).sum(-1)
    edges = np.concatenate([[1.0], ranked, [0.0]])
    return np.asarray(np.clip((edges[kept] + edges[kept + 1]) / 2, EDGE, 1 - EDGE), np.float64)


def _limit_intervals(plain: ClipScores, fit: _Fit, seed: int) -> tuple[Interval, Interval]:
    """Intervals of the limits with the calibration kept as it is."""
    scores = fit.scores(plain)
    low, high = [], []
    for counts in resampled(plain.label, speaker_keys(plain), seed=seed):
        lower, upper = _both_limits(plain, scores, counts)
        low.append(lower)
        high.append(upper)
    below, above = np.concatenate(low), np.concatenate(high)
    return interval(fit.limits.authentic_below, below), interval(fit.limits.manipulated_from, above)


def _outcomes_across_folds(clips: ClipScores, fit: _Fit, seed: int) -> tuple[dict[str, dict[Outcome, Interval]], bool]:
    plain = clips.plain
    decided = _across_folds(clips)
    if decided is None:
        outcomes = fit.limits.outcomes(fit.scores(plain))
    else:
        outcomes = {outcome: decided == place for place, outcome in enumerate(Outcome)}
    speakers = speaker_keys(plain)
    shares = {
        name: {
            outcome: rate(is_so[plain.label == label], speakers[plain.label == label], seed=seed)
            for outcome, is_so in outcomes.items()
        }
        for name, label in (("real", REAL), ("fake", FAKE))
    }
    return shares, decided is not None


def _across_folds(clips: ClipScores) -> NDArray[np.int64] | None:
    """(n,) outcome of each plain clip, as a place in :class:`Outcome`, by rules that did not see its fold."""
    plain = clips.plain
    folds = np.unique(plain.fold)
    if len(folds) < 2 or any(len(np.unique(plain.label[plain.fold != fold])) < 2 for fold in folds):
        return None
    decided = np.zeros(len(plain), np.int64)
    for fold in folds:
        fit = _fit(clips.take(clips.fold != fold))
        outcomes = fit.limits.outcomes(fit.scores(plain))
        for place, outcome in enumerate(Outcome):
            decided[(plain.fold == fold) & outcomes[outcome]] = place
    return decided


def _compare(plain: ClipScores) -> tuple[dict[str, float], dict[str, float]]:
    """Brier score and calibration error of the picture's probability by method, across folds where there are two."""
    from sklearn.isotonic import IsotonicRegression

    fake, weights = plain.label == FAKE, equal_speakers(plain)
    guesses = {"none": probability(Platt(1.0, 0.0), plain.main)}
    guesses |= {name: np.full(len(plain), 0.5) for name in ("Platt", "isotonic")}
    for fold in np.unique(plain.fold):
        held = plain.fold == fold
        others = ~held if len(np.unique(plain.label[~held])) == 2 else np.ones(len(plain), bool)
        platt = fit_platt(plain.main[others], fake[others], weights[others])
        isotonic = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
        balanced = metrics.balanced_weights(fake[others], weights[others])
        isotonic.fit(plain.main[others], fake[others].astype(float), sample_weight=balanced)
        guesses["Platt"][held] = probability(platt, plain.main[held])
        guesses["isotonic"][held] = isotonic.predict(plain.main[held])
    balanced = metrics.balanced_weights(fake)
    return (
        {name: float(metrics.brier(plain.label, guess, balanced)) for name, guess in guesses.items()},
        {name: float(metrics.calibration_error(plain.label, guess, balanced)) for name, guess in guesses.items()},
    )


def _window_platt(table: ScoreTable, *, foreign: bool) -> Platt:
    if foreign:
        positive = is_foreign_sound(table.variant)
        chosen = (table.label == REAL) & (positive | (table.variant == PLAIN))
        column = table.foreign_sound
    else:
        positive, chosen = table.label == FAKE, table.variant == PLAIN
        column = np.where(np.isfinite(table.generated), table.generated, table.score)
    keys = np.char.add(speaker_keys(table), np.where(positive, "\t1", "\t0"))[chosen]
    _, member, counts = np.unique(keys, return_inverse=True, return_counts=True)
    likelihood = np.clip(column[chosen].astype(np.float64), EDGE, 1 - EDGE)
    logit = np.log(likelihood) - np.log1p(-likelihood)
    return fit_platt(logit, positive[chosen], 1.0 / counts[member])


def _measured(share: Interval) -> MeasuredRate:
    """A rate for the rule; with too few speakers for an interval, nothing is known but that it is a share."""
    value = 0.0 if share.value is None else share.value
    return MeasuredRate(value, share.low or 0.0, 1.0 if share.high is None else share.high)
