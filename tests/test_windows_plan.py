from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipfd_desktop.errors import SettingsError, TooFewFramesError
from lipfd_desktop.result import AnalysisRequest, Plan
from lipfd_desktop.windows.plan import PATIENCE_SECONDS, make_plan


def plan(frames: int, *, cost: float = 1.0, frames_a_window: int = 5, start: float = 0.0, **asked: object) -> Plan:
    times = start + np.arange(frames) / 25
    request = AnalysisRequest(path=Path("a.mp4"), **asked)  # type: ignore[arg-type]
    return make_plan(request, times, window_frames=frames_a_window, seconds_per_window=cost)


@given(st.integers(5, 100_000), st.floats(1e-3, 1e4))
def test_the_automatic_stride_is_the_densest_within_the_budget(frames: int, cost: float) -> None:
    made = plan(frames, cost=cost)
    assert made.stride_is_automatic
    budget = max(PATIENCE_SECONDS, frames / 25)
    within = max(made.windows_total * cost <= budget * 1.000001, made.windows_total == 1)
    assert within
    if made.stride > 1:
        denser = (frames - 5) // (made.stride - 1) + 1
        assert denser * cost > budget - cost


def test_a_long_film_may_take_as_long_as_it_lasts() -> None:
    hour = 25 * 3600
    assert plan(hour, cost=0.04).stride == 1
    assert plan(hour, cost=0.08).stride == 2


@given(st.integers(5, 500), st.integers(1, 40))
def test_windows_are_counted_as_they_will_be_cut(frames: int, stride: int) -> None:
    assert plan(frames, stride=stride).windows_total == len(range(0, frames - 4, stride))


def test_a_range_is_start_inclusive_and_end_exclusive() -> None:
    made = plan(100, start=5.0, time_range=(6.0, 7.0))
    assert (made.start, made.frames_total) == (pytest.approx(6.0), 25)
    assert made.end == pytest.approx(7.0)


def test_open_ended_ranges_reach_the_ends() -> None:
    assert plan(100, time_range=(2.0, float("inf"))).frames_total == 50
    assert plan(100, time_range=(-float("inf"), 2.0)).frames_total == 50


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"time_range": (3.0, 3.0)}, "empty"),
        ({"time_range": (50.0, 60.0)}, "outside"),
        ({"stride": 0}, "stride"),
    ],
)
def test_impossible_settings_are_refused(asked: dict[str, object], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        plan(100, **asked)


def test_too_few_frames_are_refused_with_the_count() -> None:
    with pytest.raises(TooFewFramesError, match="4 frames and one window needs 5"):
        plan(4)
    with pytest.raises(TooFewFramesError, match="the chosen range has 3 frames"):
        plan(100, time_range=(0.0, 0.12))
