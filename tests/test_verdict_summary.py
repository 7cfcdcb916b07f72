from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scores_support import make_scores

from lipfd_desktop.result import WindowScores
from lipfd_desktop.verdict import analysed_time, frame_scores, suspicious_spans

some_scores = st.lists(st.none() | st.floats(0.01, 0.99), max_size=60)


def test_a_span_ends_where_a_score_falls_below_the_threshold() -> None:
    scores = make_scores([(0, 0, 0.9), (1, 0, 0.8), (2, 0, 0.1), (3, 0, 0.7), (4, 0, 0.2), (5, 0, 0.6)])
    spans = suspicious_spans(scores, 0.5)
    assert [(span.windows, span.peak.index) for span in spans] == [(2, 0), (1, 3), (1, 5)]
    assert spans[0].start == 0.0
    assert spans[0].end == pytest.approx(6 * 0.04)
    assert spans[0].mean_score == pytest.approx(0.85)


def test_a_span_never_bridges_time_that_no_window_covers() -> None:
    unseen = [(place, 0, None) for place in range(2, 8)]
    scores = make_scores([(0, 0, 0.9), (1, 0, 0.9), *unseen, (8, 0, 0.9)])
    assert [(span.start, span.windows) for span in suspicious_spans(scores, 0.5)] == [
        (0.0, 2),
        (pytest.approx(0.32), 1),
    ]
    sparse = make_scores([(place, 0, 0.9) for place in range(10)], stride=30)
    spans = suspicious_spans(sparse, 0.5)
    assert len(spans) == 10
    assert sum(span.end - span.start for span in spans) == pytest.approx(10 * 5 * 0.04)


def test_a_score_that_is_printed_as_the_threshold_reaches_it() -> None:
    assert suspicious_spans(make_scores([(0, 0, 0.7)]), 0.7)


@given(st.integers(1, 20), st.lists(st.booleans(), min_size=1, max_size=40))
def test_analysed_time_is_the_union_of_the_analysed_windows(stride: int, seen: list[bool]) -> None:
    scores = make_scores([(place, 0, 0.5 if good else None) for place, good in enumerate(seen)], stride=stride)
    stretches = analysed_time(scores)
    frames = {place * stride + offset for place, good in enumerate(seen) if good for offset in range(5)}
    covered = {frame for start, end in stretches for frame in range(round(start / 0.04), round(end / 0.04))}
    assert covered == frames
    assert (stretches[1:, 0] > stretches[:-1, 1]).all()


def test_faces_have_spans_of_their_own() -> None:
    scores = make_scores([(0, 0, 0.9), (0, 1, 0.1), (1, 0, 0.9), (1, 1, 0.95)])
    assert {(span.face, span.windows) for span in suspicious_spans(scores, 0.5)} == {(0, 2), (1, 1)}


@given(some_scores, st.floats(0.05, 0.95))
def test_spans_hold_exactly_the_windows_above_the_threshold(values: list[float | None], threshold: float) -> None:
    scores = make_scores([(place, 0, value) for place, value in enumerate(values)])
    spans = suspicious_spans(scores, threshold)
    above = sum(value is not None and np.float32(value) >= np.float32(threshold) for value in values)
    assert sum(span.windows for span in spans) == above
    peaks = [span.peak.score for span in spans]
    assert peaks == sorted(peaks, reverse=True)


@given(st.lists(st.floats(0.01, 0.99), min_size=1, max_size=30), st.integers(1, 7))
def test_a_frame_has_the_mean_of_its_windows(values: list[float], stride: int) -> None:
    scores = make_scores([(place, 0, value) for place, value in enumerate(values)], stride=stride)
    frames, means = frame_scores(scores, 0, 5)
    for frame, mean in zip(frames, means, strict=True):
        own = [np.float32(value) for place, value in enumerate(values) if place * stride <= frame < place * stride + 5]
        assert mean == pytest.approx(np.mean(own), abs=1e-5)
    assert len(frames) == len({place * stride + offset for place in range(len(values)) for offset in range(5)})


def test_nothing_analysed_gives_no_frames() -> None:
    frames, means = frame_scores(WindowScores.empty(), None, 5)
    assert len(frames) == len(means) == 0
