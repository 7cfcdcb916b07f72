"""95 % intervals by resampling speakers.

Clips of one person are alike, so clips are not independent draws and speakers are what is resampled, with all
their clips (the cluster bootstrap).  Speakers with real clips only, with fakes only, and with both are resampled
apart, so that every resample has both classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.evaluation.metrics import Floats, Labels

RESAMPLES: Final = 1000
LEVEL: Final = 0.95
MIN_SPEAKERS: Final = 3
"""With fewer speakers of a class no interval is stated: two people tell nothing of a third."""
_BLOCK: Final = 4_000_000
"""Weights held at once: 32 MB."""

Figure = Callable[[Labels, Floats, Floats], Floats]
"""A figure of :mod:`~lipfd_desktop.evaluation.metrics`: labels, scores, weights (..., n) to (...)."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and its 95 % interval; None where it does not exist or where too few speakers carry it."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def to_json(self) -> dict[str, float | None]:
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Items to measure: (n,) label, score, speaker and weight; weights of None count every item once."""

    label: Labels
    score: Floats
    speaker: NDArray[np.str_]
    weight: Floats | None = field(default=None)

    def __len__(self) -> int:
        return len(self.label)


def estimate(
    sample: Sample, figures: Mapping[str, Figure], *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Interval]:
    """Each figure with its percentile interval over resampled speakers; the same seed gives the same numbers.

    A percentile interval need not hold the figure itself (a calibration error only grows by resampling); it is then
    widened to it.
    """
    label, score = np.asarray(sample.label), np.asarray(sample.score, np.float64)
    base = np.ones(len(label)) if sample.weight is None else np.asarray(sample.weight, np.float64)
    if not len(label):
        return dict.fromkeys(figures, Interval(None))
    values = {name: float(figure(label, score, base)) for name, figure in figures.items()}
    if not _enough(label, sample.speaker):
        return {name: Interval(_known(value)) for name, value in values.items()}
    draws: dict[str, list[Floats]] = {name: [] for name in figures}
    for counts in resampled(label, sample.speaker, resamples=resamples, seed=seed):
        weights = counts * base
        for name, figure in figures.items():
            draws[name].append(figure(label, score, weights))
    return {name: interval(values[name], np.concatenate(draws[name])) for name in figures}


def interval(value: float, draws: Floats) -> Interval:
    """The middle 95 % of resampled figures, widened to ``value``."""
    draws = draws[np.isfinite(draws)]
    if not np.isfinite(value) or not len(draws):
        return Interval(_known(value))
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, min(float(low), value), max(float(high), value))


def resampled(
    label: Labels, speaker: NDArray[np.str_], *, resamples: int = RESAMPLES, seed: int = 0
) -> Iterator[Floats]:
    """Blocks of (k, n): how often each item is in each of the resamples, ``resamples`` rows in all."""
    _, member = np.unique(speaker, return_inverse=True)
    speakers = int(member.max()) + 1
    fake = np.asarray(label) == 1
    has_real = np.bincount(member, ~fake, speakers) > 0
    has_fake = np.bincount(member, fake, speakers) > 0
    stratum = has_real + 2 * has_fake
    generator = np.random.default_rng(seed)
    counts = np.zeros((resamples, speakers))
    for kind in np.unique(stratum):
        own = np.flatnonzero(stratum == kind)
        counts[:, own] = generator.multinomial(len(own), np.full(len(own), 1 / len(own)), size=resamples)
    step = max(1, _BLOCK // len(member))
    for first in range(0, resamples, step):
        yield counts[first : first + step][:, member]


def rate(
    holds: NDArray[np.bool_] | Floats, speaker: NDArray[np.str_], *, resamples: int = RESAMPLES, seed: int = 0
) -> Interval:
    """The share of items of which something holds (1, or 0.5 for half of it), with its interval over speakers.

    Where it holds of none or of all, every resample says the same and tells nothing; the open side then is the exact
    binomial (Clopper-Pearson) limit with one observation a speaker.
    """

    def figure(_label: Labels, score: Floats, weights: Floats) -> Floats:
        return np.asarray((weights @ score) / weights.sum(-1))

    one_class = np.zeros(len(holds), np.int8)
    sample = Sample(one_class, np.asarray(holds, np.float64), speaker)
    found = estimate(sample, {"rate": figure}, resamples=resamples, seed=seed)["rate"]
    return exact_where_certain(found, len(np.unique(speaker)))


def exact_where_certain(rate: Interval, speakers: int) -> Interval:
    """The same rate; at 0 and 1 with the exact binomial limit for so many speakers in place of a width of nothing."""
    if rate.low is None or rate.value not in {0.0, 1.0}:
        return rate
    reach = 1 - ((1 - LEVEL) / 2) ** (1 / speakers)
    return Interval(0.0, 0.0, reach) if rate.value == 0 else Interval(1.0, 1 - reach, 1.0)


def _enough(label: Labels, speaker: NDArray[np.str_]) -> bool:
    return all(len(np.unique(speaker[np.asarray(label) == kind])) >= MIN_SPEAKERS for kind in np.unique(label))


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None
