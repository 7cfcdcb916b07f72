"""How the window scores of two files differ: medians, shares, and how often one is higher than the other.

A comparison of two files, not a test of a hypothesis about them: the interval says how much the figure hangs on single
stretches of these two recordings, and nothing about other recordings of the same person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.evaluation.bootstrap import Interval, interval, resampled
from lipfd_desktop.evaluation.metrics import Floats, auc
from lipfd_desktop.result import WindowScores
from lipfd_desktop.verdict import reaches

BLOCK_S: Final = 2.0
"""Windows of so many seconds are resampled together.  Neighbouring windows share frames and, under the context
contract, a second of motion, so they are not independent; stretches of two seconds nearly are (Kuensch 1989)."""
MIN_BLOCKS: Final = 5
"""With fewer stretches of a file no interval is stated: five of them have only 126 different resamples."""
MOST_WINDOWS: Final = 10_000
"""Of a file with more windows evenly spread ones are taken for the interval; their neighbours say nearly the same."""


@dataclass(frozen=True, slots=True)
class ScoreSummary:
    """The analysed windows of one face; the numbers are NaN where there are none."""

    windows: int
    median: float
    low_quartile: float
    high_quartile: float
    share_above: float
    """Share that is at or above the threshold of its own result."""


@dataclass(frozen=True, slots=True)
class ScoreComparison:
    """Two files beside each other.

    ``superiority`` is the probability that a random window of the first scores higher than a random one of the
    second, ties counting half: 0.5 where neither is higher (the AUC; Vargha and Delaney's A, 2000).  Its interval
    holds the middle 95 % over resampled stretches of :data:`BLOCK_S`.
    """

    first: ScoreSummary
    second: ScoreSummary
    superiority: Interval


def summarise_scores(scores: WindowScores, threshold: float) -> ScoreSummary:
    """Describe the analysed ones among ``scores``."""
    known = scores.score[scores.analysed]
    if not len(known):
        return ScoreSummary(0, *[float("nan")] * 4)
    low, median, high = (float(value) for value in np.quantile(known.astype(np.float64), [0.25, 0.5, 0.75]))
    return ScoreSummary(len(known), median, low, high, float(reaches(known, threshold).mean()))


def compare_scores(
    first: WindowScores, second: WindowScores, *, thresholds: tuple[float, float], seed: int = 0
) -> ScoreComparison:
    """Compare the windows of one face each; the same windows give the same numbers.

    Parameters
    ----------
    first, second
        Windows of the faces that are compared; those that were not analysed are left out.
    thresholds
        Fake score from which a window counts as suspicious, in either file.
    """
    sides = [scores.take(scores.analysed) for scores in (first, second)]
    summaries = [summarise_scores(side, limit) for side, limit in zip(sides, thresholds, strict=True)]
    return ScoreComparison(summaries[0], summaries[1], _superiority(sides[0], sides[1], seed))


def _superiority(first: WindowScores, second: WindowScores, seed: int) -> Interval:
    if not len(first) or not len(second):
        return Interval(None)
    value = float(auc(*_labelled(first, second)))
    first, second = (scores.take(_spread(len(scores))) for scores in (first, second))
    blocks = _blocks(first), _blocks(second)
    if min(len(np.unique(block)) for block in blocks) < MIN_BLOCKS:
        return Interval(value)
    label, score = _labelled(first, second)
    stretch = np.char.add(np.where(label == 1, "a", "b"), np.concatenate(blocks).astype(str))
    return interval(value, np.concatenate([auc(label, score, draw) for draw in resampled(label, stretch, seed=seed)]))


def _labelled(first: WindowScores, second: WindowScores) -> tuple[NDArray[np.int64], Floats]:
    """(n,) 1 for the windows of the first file and 0 for those of the second, and their scores."""
    label = np.repeat(np.array([1, 0], np.int64), [len(first), len(second)])
    return label, np.concatenate([first.score, second.score]).astype(np.float64)


def _spread(windows: int) -> NDArray[np.intp]:
    return np.unique(np.linspace(0, windows - 1, min(windows, MOST_WINDOWS)).round().astype(np.intp))


def _blocks(scores: WindowScores) -> NDArray[np.int64]:
    """(n,) which stretch of :data:`BLOCK_S` a window begins in."""
    return np.asarray(np.floor((scores.start - scores.start.min()) / BLOCK_S), np.int64)
