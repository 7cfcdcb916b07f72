"""Figures of a binary detector from labels (1 fake, 0 real) and scores (higher is more fake).

Every figure takes weights of shape (..., n) and gives one number a leading index, so that a thousand bootstrap
resamples are one call.  Without weights each item counts once.  A figure that does not exist, such as the AUC of reals
alone, is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[Any]

BINS: Final = 10
"""Equal-width bins of the calibration error and of the reliability diagram."""


def auc(label: Labels, score: Floats, weights: Floats | None = None) -> Floats:
    """Area under the ROC curve: the chance that a fake scores higher than a real, ties counting half."""
    real, fake = _tally(label, score, weights)
    above = np.cumsum(fake, axis=-1) - fake / 2
    return _divide((real * above).sum(-1), real.sum(-1) * fake.sum(-1))


def auc_within(group: NDArray[Any]) -> Callable[[Labels, Floats, Floats | None], Floats]:
    """The AUC over those pairs of a fake and a real that share a group, such as a fold.

    Scores of models that were trained on different folds need not be of one scale, so that pairs across folds
    compare what cannot be compared.
    """

    def figure(label: Labels, score: Floats, weights: Floats | None = None) -> Floats:
        weight = _weights(label, weights)
        won: Floats = np.zeros(weight.shape[:-1])
        pairs: Floats = np.zeros(weight.shape[:-1])
        for own in (group == name for name in np.unique(group)):
            real, fake = _tally(np.asarray(label)[own], np.asarray(score)[own], weight[..., own])
            won = won + (real * (np.cumsum(fake, axis=-1) - fake / 2)).sum(-1)
            pairs = pairs + real.sum(-1) * fake.sum(-1)
        return _divide(won, pairs)

    return figure


def average_precision(label: Labels, score: Floats, weights: Floats | None = None) -> Floats:
    """Mean of precision weighted by the steps of recall, over all thresholds of the *scores*."""
    real, fake = _tally(label, score, weights)
    hits = np.cumsum(fake, axis=-1)
    precision = _divide(hits, hits + np.cumsum(real, axis=-1), 0.0)
    return _divide((precision * fake).sum(-1), fake.sum(-1))


def equal_error_rate(label: Labels, score: Floats, weights: Floats | None = None) -> Floats:
    """The rate at which false positives and false negatives are equally frequent, on the straight-line ROC curve."""
    real, fake = _tally(label, score, weights)
    start = np.zeros((*real.shape[:-1], 1))
    positives = np.concatenate([start, _divide(np.cumsum(real, axis=-1), real.sum(-1, keepdims=True))], axis=-1)
    misses = np.concatenate([start + 1, 1 - _divide(np.cumsum(fake, axis=-1), fake.sum(-1, keepdims=True))], axis=-1)
    gap = positives - misses
    after = np.argmax(gap >= 0, axis=-1)[..., None]
    before = np.maximum(after - 1, 0)
    gap_before, gap_after = np.take_along_axis(gap, before, -1), np.take_along_axis(gap, after, -1)
    part = _divide(-gap_before, gap_after - gap_before, 0.0)
    low, high = np.take_along_axis(positives, before, -1), np.take_along_axis(positives, after, -1)
    rate: Floats = (low + part * (high - low))[..., 0]
    return np.where((real.sum(-1) > 0) & (fake.sum(-1) > 0), rate, np.nan)


def false_positive_rate(
    label: Labels, score: Floats, weights: Floats | None = None, *, threshold: float | Floats
) -> Floats:
    """Share of reals at or above the threshold."""
    return share(np.asarray(score) >= threshold, _weights(label, weights) * (np.asarray(label) == 0))


def false_negative_rate(
    label: Labels, score: Floats, weights: Floats | None = None, *, threshold: float | Floats
) -> Floats:
    """Share of fakes below the threshold."""
    return share(np.asarray(score) < threshold, _weights(label, weights) * (np.asarray(label) == 1))


def accuracy(label: Labels, score: Floats, weights: Floats | None = None, *, threshold: float) -> Floats:
    """Share of items on the right side of the threshold."""
    return share((np.asarray(score) >= threshold) == (np.asarray(label) == 1), _weights(label, weights))


def balanced_accuracy(label: Labels, score: Floats, weights: Floats | None = None, *, threshold: float) -> Floats:
    """Mean of the accuracies on reals and on fakes."""
    wrong = false_positive_rate(label, score, weights, threshold=threshold)
    wrong = wrong + false_negative_rate(label, score, weights, threshold=threshold)
    balanced: Floats = 1 - wrong / 2
    return balanced


def brier(label: Labels, score: Floats, weights: Floats | None = None) -> Floats:
    """Mean squared distance of probability and label: 0 is perfect, 0.25 is what 0.5 everywhere gives."""
    return share((np.asarray(score) - np.asarray(label)) ** 2, _weights(label, weights))


def calibration_error(label: Labels, score: Floats, weights: Floats | None = None) -> Floats:
    """Expected calibration error: mean distance of probability and share of fakes over :data:`BINS` bins."""
    weight = _weights(label, weights)
    member = np.eye(BINS)[_bin(score)]
    distance = np.abs((weight * np.asarray(score)) @ member - (weight * np.asarray(label)) @ member)
    return _divide(distance.sum(-1), weight.sum(-1))


def share(values: Floats | NDArray[np.bool_], weights: Floats) -> Floats:
    """Weighted mean over the last axis."""
    return _divide(weights @ np.asarray(values, np.float64), weights.sum(-1))


def balanced_weights(label: Labels, weights: Floats | None = None) -> Floats:
    """Weights under which reals and fakes count the same in all."""
    weight, fake = _weights(label, weights), np.asarray(label) == 1
    factor = _divide(np.ones(weight.shape[:-1]), np.where(fake, weight, 0).sum(-1))[..., None]
    other = _divide(np.ones(weight.shape[:-1]), np.where(fake, 0, weight).sum(-1))[..., None]
    balanced: Floats = weight * np.where(fake, factor, other)
    return balanced


@dataclass(frozen=True, slots=True, eq=False)
class ReliabilityBins:
    """A reliability diagram: mean probability and share of fakes in each bin that holds anything; ``items`` each."""

    probability: Floats
    fakes: Floats
    items: NDArray[np.int64]


def reliability(label: Labels, score: Floats, weights: Floats | None = None) -> ReliabilityBins:
    """Bins of the reliability diagram."""
    weight, place = _weights(label, weights), _bin(score)
    total = np.bincount(place, weight, BINS)
    held = total > 0
    sums = [np.bincount(place, weight * np.asarray(values), BINS)[held] for values in (score, label)]
    counts = np.bincount(place, minlength=BINS)[held]
    return ReliabilityBins(sums[0] / total[held], sums[1] / total[held], counts.astype(np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Error rates at every threshold: (m,) each, from the highest threshold down."""

    threshold: Floats
    false_positive_rate: Floats
    false_negative_rate: Floats


def roc(label: Labels, score: Floats, weights: Floats | None = None) -> Curve:
    """The ROC curve (true positive rate is one minus the false negative rate), and the DET curve on other axes."""
    from sklearn.metrics import roc_curve

    positives, hits, thresholds = roc_curve(label, score, sample_weight=weights, drop_intermediate=False)
    return Curve(thresholds, positives, 1 - hits)


def _weights(label: Labels, weights: Floats | None) -> Floats:
    return np.ones(len(label)) if weights is None else np.asarray(weights, np.float64)


def _bin(score: Floats) -> NDArray[np.intp]:
    return np.clip((np.asarray(score, np.float64) * BINS).astype(np.intp), 0, BINS - 1)


def _tally(label: Labels, score: Floats, weights: Floats | None) -> tuple[Floats, Floats]:
    """(..., m) weight of reals and of fakes at each distinct score, highest first."""
    order = np.argsort(-np.asarray(score, np.float64), kind="stable")
    ranked, fake = np.asarray(score)[order], (np.asarray(label) == 1)[order]
    weight = _weights(label, weights)[..., order]
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    sums = [np.where(chosen, weight, 0.0) for chosen in (~fake, fake)]
    if len(starts) < len(ranked):
        sums = [np.add.reduceat(one, starts, axis=-1) for one in sums]
    return sums[0], sums[1]


def _divide(numerator: Floats, denominator: Floats, otherwise: float = float("nan")) -> Floats:
    top, bottom = np.broadcast_arrays(np.asarray(numerator, np.float64), np.asarray(denominator, np.float64))
    return np.divide(top, bottom, out=np.full(top.shape, otherwise), where=bottom != 0)
