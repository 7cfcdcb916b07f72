"""One scale for two questions: equal numbers are equally rare among filmed faces with their own sound.

The louder of two answers decides a clip, so an answer that is often loud by accident would drown the other and use up
the false positives that both may make.  Each is therefore measured by its own distribution on genuine examples first;
one logistic fit then turns the louder into the probability of a manipulation.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.evaluation import metrics
from lipfd_desktop.evaluation.metrics import Floats
from lipfd_desktop.result import Platt

MIN_SLOPE: Final = 1e-3
"""Slope where higher statistics do not go with manipulation: next to nothing, as a scale may not turn scores round."""
RARE: Final = 0.95
"""Quantile of genuine examples at which two scales meet, besides the median: where the limits with 5 % false positives
are."""


class Example(IntEnum):
    """What an item is an example of."""

    GENUINE = 0
    GENERATED = 1
    FOREIGN_SOUND = 2


@dataclass(frozen=True, slots=True)
class Scales:
    """Calibrations whose probabilities can be compared; their maximum is the score over both questions."""

    generated: Platt
    foreign_sound: Platt | None

    def score(self, generated: Floats, foreign_sound: Floats) -> Floats:
        """(n,) score of (n,) statistics."""
        return louder(probability(self.generated, generated), probability(self.foreign_sound, foreign_sound))


def probability(platt: Platt | None, statistic: Floats) -> Floats:
    """Calibrated probability of each statistic; NaN stays NaN, and everything is without a calibration."""
    if platt is None:
        return np.full(len(statistic), np.nan)
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * _logit(platt, statistic))), np.float64)


def louder(generated: Floats, foreign_sound: Floats) -> Floats:
    """The higher of two answers; an unknown one has no part."""
    return np.fmax(generated, foreign_sound)


def fit_scales(generated: Floats, foreign_sound: Floats, example: NDArray[np.int64], weights: Floats) -> Scales:
    """Fit both calibrations.

    Genuine and manipulated examples weigh the same in all, and generated ones and those of foreign sound
    share the latter half: before it is looked at, a clip is as likely manipulated as not, in one way or the other.

    Parameters
    ----------
    generated, foreign_sound : (n,)
        Statistics (logits); NaN where a question is not answered.  Where no example of foreign sound is answered, the
        question has no calibration.
    example : (n,)
        Of :class:`Example`.
    weights : (n,)
        Of the examples of one kind among each other.
    """
    heard = np.isfinite(foreign_sound)
    used = (example != Example.FOREIGN_SOUND) | heard
    asked = bool((heard & (example == Example.FOREIGN_SOUND)).any() and (heard & (example == Example.GENUINE)).any())
    if not asked:
        used = example != Example.FOREIGN_SOUND
    seen = np.isfinite(generated)
    used &= seen
    genuine = (example == Example.GENUINE) & seen
    picture = _rarity(generated[genuine], weights[genuine])
    sound = _rarity(foreign_sound[genuine & heard], weights[genuine & heard]) if asked else None
    loudest = _logit(picture, generated)
    if sound is not None:
        loudest = louder(loudest, _logit(sound, foreign_sound))
    shares = weights.astype(np.float64)
    for kind in np.unique(example[used]):
        shares[example == kind] /= shares[used & (example == kind)].sum()
    outer = fit_platt(loudest[used], example[used] != Example.GENUINE, shares[used])
    return Scales(_composed(picture, outer), None if sound is None else _composed(sound, outer))


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


def _rarity(genuine: Floats, weights: Floats) -> Platt:
    """The logistic distribution function with the median and the :data:`RARE` quantile of genuine examples."""
    order = np.argsort(genuine, kind="stable")
    reached = np.cumsum(weights[order]) - 0.5 * weights[order]
    middle, rare = np.interp([0.5, RARE], reached / weights.sum(), genuine[order])
    slope = log(RARE / (1 - RARE)) / (float(rare - middle) or 1.0)
    return Platt(slope, -slope * float(middle))


def _logit(platt: Platt, statistic: Floats) -> Floats:
    return np.asarray(platt.slope * statistic + platt.offset, np.float64)


def _composed(inner: Platt, outer: Platt) -> Platt:
    return Platt(outer.slope * inner.slope, outer.slope * inner.offset + outer.offset)
