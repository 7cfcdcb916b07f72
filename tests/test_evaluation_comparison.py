"""How the window scores of two files differ."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lipfd_desktop.evaluation.comparison import MIN_BLOCKS, compare_scores, summarise_scores
from lipfd_desktop.result import Reason, WindowScores

THRESHOLDS = (0.5, 0.5)


def windows(scores: list[float] | NDArray[np.float64], *, step: float = 0.04) -> WindowScores:
    values = np.asarray(scores, np.float32)
    count = len(values)
    start = np.arange(count) * step
    return WindowScores(
        index=np.arange(count, dtype=np.int64),
        start=start,
        end=start + 0.2,
        first_frame=np.arange(count, dtype=np.int64),
        face=np.zeros(count, np.int64),
        reason=np.where(np.isnan(values), Reason.NO_FACE, Reason.ANALYSED).astype(np.uint8),
        logit=values,
        score=values,
        generated=values,
        foreign_sound=values,
        region_weights=np.zeros((count, 3, 5), np.float32),
    )


def test_a_summary_leaves_out_what_was_not_analysed() -> None:
    found = summarise_scores(windows([0.1, np.nan, 0.5, 0.9]), 0.5)
    assert found.windows == 3
    assert found.median == pytest.approx(0.5)
    assert (found.low_quartile, found.high_quartile) == pytest.approx((0.3, 0.7))
    assert found.share_above == pytest.approx(2 / 3)
    assert np.isnan(summarise_scores(windows([np.nan]), 0.5).median)


def test_superiority_counts_pairs_and_halves_ties() -> None:
    found = compare_scores(windows([0.2, 0.6]), windows([0.2, 0.4]), thresholds=THRESHOLDS)
    # 0.2 ties one and loses one; 0.6 wins both: (0.5 + 0 + 1 + 1) / 4
    assert found.superiority.value == pytest.approx(0.625)
    swapped = compare_scores(windows([0.2, 0.4]), windows([0.2, 0.6]), thresholds=THRESHOLDS)
    assert swapped.superiority.value == pytest.approx(1 - 0.625)


def test_no_interval_from_a_few_seconds_and_no_figure_from_nothing() -> None:
    short = windows(np.linspace(0.1, 0.9, 100))  # four seconds
    found = compare_scores(short, short, thresholds=THRESHOLDS)
    assert found.superiority.value == pytest.approx(0.5)
    assert found.superiority.low is None
    nothing = compare_scores(short, windows([np.nan]), thresholds=THRESHOLDS)
    assert nothing.superiority.value is None
    assert nothing.second.windows == 0


def test_the_interval_knows_that_neighbours_are_alike() -> None:
    """Where whole stretches of two seconds agree, many windows are worth only as many as there are stretches."""
    generator = np.random.default_rng(1)
    levels = generator.uniform(0, 1, (2, 8))
    alike = [windows(np.repeat(row, 50)) for row in levels]
    apart = [windows(generator.permutation(np.repeat(row, 50))) for row in levels]
    widths = []
    for first, second in (alike, apart):
        found = compare_scores(first, second, thresholds=THRESHOLDS).superiority
        assert found.low is not None
        assert found.high is not None
        assert found.value is not None
        assert found.low <= found.value <= found.high
        widths.append(found.high - found.low)
    assert widths[0] > 2 * widths[1]


def test_the_interval_is_the_same_each_time_and_holds_a_clear_difference() -> None:
    generator = np.random.default_rng(2)
    high = windows(generator.normal(0.7, 0.05, 50 * 2 * MIN_BLOCKS))
    low = windows(generator.normal(0.3, 0.05, 50 * 2 * MIN_BLOCKS))
    one, two = (compare_scores(high, low, thresholds=THRESHOLDS) for _ in range(2))
    assert one == two
    assert one.superiority.value == pytest.approx(1.0)
    assert one.superiority.low is not None
    assert one.superiority.low > 0.99
    assert one.first.share_above > 0.9
    assert one.second.share_above < 0.1
