"""From out-of-fold scores to a rule: calibrated clip scores and limits with known error rates.

The clip statistic of each question becomes a probability on a scale common to both
(:mod:`lipfd_desktop.evaluation.scales`), for which every speaker counts the same within a class; the higher one is the
score.
Limits are the tightest that keep, by clips, by speakers *and* in every fold with enough clips,

- the false positive rate (reals called likely manipulated) within 5 %: ``manipulated_from``;
- the false negative rate (fakes called likely authentic) within 10 %: ``authentic_below``.

Limits fitted to a set meet its rates by construction.  The stated rates are therefore measured across folds: a rule
fitted to the other folds judges each fold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

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
    equal_speakers,
)
from lipfd_desktop.evaluation.listening import SHIFTED, SWAPPED
from lipfd_desktop.evaluation.metrics import Floats
from lipfd_desktop.evaluation.scales import Example, Scales, fit_scales
from lipfd_desktop.evaluation.table import FAKE, PLAIN, REAL, ScoreTable, speaker_keys
from lipfd_desktop.result import MeasuredRate, Outcome, Platt, VerdictRule
from lipfd_desktop.verdict.statistic import SPAN_SECONDS

FALSE_POSITIVE_RATE: Final = 0.05
FALSE_NEGATIVE_RATE: Final = 0.10
LEAST_IN_FOLD: Final = 20
"""Clips of a class from which a fold counts by itself: 5 % of fewer is less than one clip."""
MIN_SHIFT: Final = 0.2
"""Seconds; smaller shifts are no examples of foreign sound: viewers and many cameras do not notice them either."""
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
        Of the clip score, across folds, by method: none, Platt, isotonic; reals and fakes weighed equally.
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
    scales: Scales
    limits: Limits

    def scores(self, clips: ClipScores) -> Floats:
        return self.scales.score(clips.main, clips.foreign_sound)


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
    brier, error = _compare(clips)
    windows = _window_scales(table)
    low, high = _limit_intervals(plain, fit, seed)
    rule = VerdictRule(
        authentic_below=fit.limits.authentic_below,
        manipulated_from=fit.limits.manipulated_from,
        generated=fit.scales.generated,
        foreign_sound=fit.scales.foreign_sound,
        span_seconds=span_seconds,
        corpus=corpus,
        clips=len(plain),
        speakers=len(np.unique(speaker_keys(plain))),
        false_positive_rate=_measured(outcomes["real"][Outcome.MANIPULATED]),
        false_negative_rate=_measured(outcomes["fake"][Outcome.AUTHENTIC]),
        called_out=_measured(outcomes["fake"][Outcome.MANIPULATED]),
        manipulated_left_open=_measured(outcomes["fake"][Outcome.INCONCLUSIVE]),
        authentic_left_open=_measured(outcomes["real"][Outcome.INCONCLUSIVE]),
    )
    return Calibration(
        rule=rule,
        authentic_below=low,
        manipulated_from=high,
        window_generated=windows.generated,
        window_foreign_sound=windows.foreign_sound,
        outcomes=outcomes,
        brier=brier,
        calibration_error=error,
        across_folds=across,
    )


def is_foreign_sound(variant: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Variants whose sound is not that of the lips, and audibly so."""
    names, member = np.unique(variant, return_inverse=True)
    return np.array([_is_foreign(str(name)) for name in names], bool)[member]


def _is_foreign(variant: str) -> bool:
    if variant.startswith(f"{SHIFTED}:"):
        return abs(float(variant.rpartition(":")[2])) >= MIN_SHIFT
    return variant == SWAPPED


def _fit(clips: ClipScores) -> _Fit:
    scales = _clip_scales(clips)
    plain = clips.plain
    return _Fit(scales, _limits(plain, scales.score(plain.main, plain.foreign_sound)))


def _clip_scales(clips: ClipScores) -> Scales:
    example = _examples(clips.label, clips.variant)
    used = clips.take(example >= 0)
    return fit_scales(used.main, used.foreign_sound, example[example >= 0], equal_speakers(used))


def _examples(label: NDArray[np.int8], variant: NDArray[np.str_]) -> NDArray[np.int64]:
    """(n,) of :class:`~lipfd_desktop.evaluation.scales.Example`; -1 for fakes with foreign sound, forged twice."""
    genuine = np.where(is_foreign_sound(variant), Example.FOREIGN_SOUND, Example.GENUINE)
    fake = np.where(variant == PLAIN, Example.GENERATED, -1)
    return np.where(label == FAKE, fake, genuine).astype(np.int64)


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


def _compare(clips: ClipScores) -> tuple[dict[str, float], dict[str, float]]:
    """Brier score and calibration error of the clip score by method, across folds where there are two."""
    from sklearn.isotonic import IsotonicRegression

    plain = clips.plain
    fake, weights = plain.label == FAKE, equal_speakers(plain)
    raw = Platt(1.0, 0.0)
    guesses = {"none": Scales(raw, raw).score(plain.main, plain.foreign_sound)}
    guesses |= {name: np.full(len(plain), 0.5) for name in ("Platt", "isotonic")}
    for fold in np.unique(plain.fold):
        held = plain.fold == fold
        others = ~held if len(np.unique(plain.label[~held])) == 2 else np.ones(len(plain), bool)
        scales = _clip_scales(clips.take(np.isin(clips.clip, plain.clip[others])))
        scores = scales.score(plain.main, plain.foreign_sound)
        isotonic = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
        balanced = metrics.balanced_weights(fake[others], weights[others])
        isotonic.fit(scores[others], fake[others].astype(float), sample_weight=balanced)
        guesses["Platt"][held] = scores[held]
        guesses["isotonic"][held] = isotonic.predict(scores[held])
    balanced = metrics.balanced_weights(fake)
    return (
        {name: float(metrics.brier(plain.label, guess, balanced)) for name, guess in guesses.items()},
        {name: float(metrics.calibration_error(plain.label, guess, balanced)) for name, guess in guesses.items()},
    )


def _window_scales(table: ScoreTable) -> Scales:
    example = _examples(table.label, table.variant)
    table, example = table.take(example >= 0), example[example >= 0]
    keys = np.char.add(speaker_keys(table), np.char.add("\t", example.astype(str)))
    _, member, counts = np.unique(keys, return_inverse=True, return_counts=True)
    main = np.where(np.isfinite(table.generated), table.generated, table.score)
    return fit_scales(_logits(main), _logits(table.foreign_sound), example, 1.0 / counts[member])


def _logits(scores: NDArray[np.floating[Any]]) -> Floats:
    likelihood = np.clip(scores.astype(np.float64), EDGE, 1 - EDGE)
    return np.asarray(np.log(likelihood) - np.log1p(-likelihood), np.float64)


def _measured(share: Interval) -> MeasuredRate:
    """A rate for the rule; with too few speakers for an interval, nothing is known but that it is a share."""
    value = 0.0 if share.value is None else share.value
    return MeasuredRate(value, share.low or 0.0, 1.0 if share.high is None else share.high)
