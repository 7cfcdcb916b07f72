from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as reference

from lipfd_desktop.evaluation import metrics
from lipfd_desktop.evaluation.authors import authors_numbers
from lipfd_desktop.evaluation.bootstrap import Sample, estimate, rate, resampled

SIZES = st.integers(8, 60)


@st.composite
def samples(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels of both classes, scores with ties, weights above zero."""
    count = draw(SIZES)
    label = draw(hnp.arrays(np.int8, count, elements=st.integers(0, 1)))
    label[:2] = 0, 1
    score = draw(hnp.arrays(np.float64, count, elements=st.integers(0, 20).map(lambda step: step / 20)))
    weight = draw(hnp.arrays(np.float64, count, elements=st.floats(0.1, 5)))
    return label, score, weight


@given(samples())
def test_figures_are_those_of_scikit_learn(sample):
    label, score, weight = sample
    assert metrics.auc(label, score, weight) == pytest.approx(
        reference.roc_auc_score(label, score, sample_weight=weight)
    )
    assert metrics.average_precision(label, score, weight) == pytest.approx(
        reference.average_precision_score(label, score, sample_weight=weight)
    )
    assert metrics.brier(label, score, weight) == pytest.approx(
        reference.brier_score_loss(label, score, sample_weight=weight)
    )
    answer = score >= 0.5
    assert metrics.accuracy(label, score, weight, threshold=0.5) == pytest.approx(
        reference.accuracy_score(label, answer, sample_weight=weight)
    )
    cells = reference.confusion_matrix(label, answer, sample_weight=weight).ravel()
    assert metrics.false_positive_rate(label, score, weight, threshold=0.5) == pytest.approx(
        cells[1] / (cells[0] + cells[1])
    )
    assert metrics.false_negative_rate(label, score, weight, threshold=0.5) == pytest.approx(
        cells[2] / (cells[2] + cells[3])
    )


@given(samples())
def test_auc_does_not_change_under_monotone_maps(sample):
    label, score, _ = sample
    assert metrics.auc(label, np.exp(3 * score) - 7) == pytest.approx(metrics.auc(label, score))
    assert metrics.auc(label, -score) == pytest.approx(1 - metrics.auc(label, score))


@given(samples())
def test_a_whole_weight_counts_an_item_that_often(sample):
    label, score, weight = sample
    times = np.ceil(weight).astype(int)
    again = np.repeat(label, times), np.repeat(score, times)
    for figure in (metrics.auc, metrics.average_precision, metrics.equal_error_rate, metrics.calibration_error):
        assert figure(label, score, times.astype(float)) == pytest.approx(figure(*again))


@given(samples())
def test_weights_of_many_rows_give_one_figure_a_row(sample):
    label, score, weight = sample
    rows = np.stack([np.ones(len(label)), weight, weight**2])
    for figure in (metrics.auc, metrics.average_precision, metrics.equal_error_rate, metrics.brier):
        assert figure(label, score, rows) == pytest.approx([float(figure(label, score, row)) for row in rows])
    assert metrics.balanced_weights(label, rows)[:, label == 1].sum(-1) == pytest.approx(1)


@given(samples())
def test_equal_error_rate_treats_both_classes_alike_and_lies_on_the_curve(sample):
    label, score, weight = sample
    found = metrics.equal_error_rate(label, score, weight)
    assert metrics.equal_error_rate(1 - label, -score, weight) == pytest.approx(found)
    curve = metrics.roc(label, score, weight)
    rates = np.stack([curve.false_positive_rate, curve.false_negative_rate])
    assert rates.min(axis=0).max() - 1e-9 <= found <= rates.max(axis=0).min() + 1e-9


def test_auc_within_folds_compares_no_clips_of_different_folds():
    fold = np.array([1, 1, 2, 2])
    label = np.array([0, 1, 0, 1])
    score = np.array([0.7, 0.9, 0.1, 0.2])  # the second fold's scale lies lower
    assert metrics.auc(label, score) == 0.75
    assert metrics.auc_within(fold)(label, score) == 1
    assert metrics.auc_within(np.ones(4))(label, score) == 0.75
    assert np.isnan(metrics.auc_within(np.arange(4))(label, score))


def test_perfect_inverted_and_absent_separation():
    label = np.array([0, 0, 0, 1, 1])
    score = np.array([0.1, 0.2, 0.3, 0.8, 0.9])
    assert metrics.auc(label, score) == 1
    assert metrics.average_precision(label, score) == 1
    assert metrics.equal_error_rate(label, score) == 0
    assert metrics.auc(label, -score) == 0
    assert metrics.equal_error_rate(label, -score) == 1
    assert metrics.auc(label, np.full(5, 0.4)) == 0.5
    assert metrics.equal_error_rate(label, np.full(5, 0.4)) == 0.5


def test_figures_that_do_not_exist_are_nan():
    label, score = np.zeros(4, int), np.linspace(0, 1, 4)
    assert np.isnan(metrics.auc(label, score))
    assert np.isnan(metrics.average_precision(label, score))
    assert np.isnan(metrics.false_negative_rate(label, score, threshold=0.5))
    assert metrics.false_positive_rate(label, score, threshold=0.5) == 0.5


def test_calibration_error_is_zero_for_true_probabilities_and_their_distance_otherwise():
    score = np.repeat([0.1, 0.3, 0.8], 10)
    label = np.concatenate([np.arange(10) < 1, np.arange(10) < 3, np.arange(10) < 8]).astype(int)
    assert metrics.calibration_error(label, score) == pytest.approx(0, abs=1e-12)
    assert metrics.calibration_error(label, score + 0.05) == pytest.approx(0.05)
    bins = metrics.reliability(label, score)
    assert bins.probability == pytest.approx(bins.fakes)
    assert bins.items.tolist() == [10, 10, 10]


def test_probability_one_falls_into_the_last_bin():
    assert metrics.calibration_error(np.array([1, 0]), np.array([1.0, 0.0])) == 0


@settings(max_examples=25)
@given(samples(), st.integers(0, 5))
def test_interval_holds_the_figure_and_the_seed_decides(sample, seed):
    label, score, weight = sample
    speaker = np.array([f"speaker {place // 2}" for place in range(len(label))])
    figures = {"auc": metrics.auc, "eer": metrics.equal_error_rate, "ece": metrics.calibration_error}
    found = estimate(Sample(label, score, speaker, weight), figures, resamples=50, seed=seed)
    again = estimate(Sample(label, score, speaker, weight), figures, resamples=50, seed=seed)
    assert found == again
    for interval in found.values():
        assert interval.value is not None
        assert interval.low is None or interval.low <= interval.value <= interval.high


def test_speakers_are_resampled_whole_and_every_resample_has_both_classes():
    label = np.array([0, 0, 0, 0, 1, 1, 1, 0, 1])
    speaker = np.array(["a", "a", "b", "c", "d", "e", "f", "g", "g"])
    counts = np.concatenate(list(resampled(label, speaker, resamples=200, seed=3)))
    assert counts.shape == (200, 9)
    assert (counts[:, 0] == counts[:, 1]).all()
    assert (counts[:, 7:] == 1).all()  # the only speaker with both
    assert (counts[:, [0, 2, 3]].sum(1) == 3).all()
    assert (counts[:, [4, 5, 6]].sum(1) == 3).all()
    assert len(np.unique(counts, axis=0)) > 50


def test_clips_of_one_speaker_do_not_narrow_the_interval():
    random = np.random.default_rng(0)
    label = np.arange(40) % 2
    score = random.normal(size=40) + label
    speaker = np.array([f"s{place}" for place in range(40)])
    once = estimate(Sample(label, score, speaker), {"auc": metrics.auc}, seed=1)["auc"]
    copies = Sample(np.tile(label, 20), np.tile(score, 20), np.tile(speaker, 20))
    many = estimate(copies, {"auc": metrics.auc}, seed=1)["auc"]
    assert (many.low, many.high) == pytest.approx((once.low, once.high))


def test_too_few_speakers_give_no_interval():
    label, score = np.array([0, 0, 0, 1, 1, 1]), np.linspace(0, 1, 6)
    speaker = np.array(["a", "b", "c", "d", "d", "e"])
    found = estimate(Sample(label, score, speaker), {"auc": metrics.auc})["auc"]
    assert (found.value, found.low, found.high) == (1, None, None)


def test_interval_of_a_rate_that_never_or_always_holds_is_the_exact_one():
    speaker = np.array([f"s{place}" for place in range(20)])
    none = rate(np.zeros(20, bool), speaker)
    assert (none.value, none.low) == (0, 0)
    assert none.high == pytest.approx(0.1684, abs=1e-4)  # Clopper-Pearson, 0 of 20
    every = rate(np.ones(20, bool), speaker)
    assert (every.low, every.value, every.high) == (pytest.approx(1 - 0.1684, abs=1e-4), 1, 1)
    some = rate(np.arange(20) < 5, speaker)
    assert some.value == 0.25
    assert 0 < some.low < 0.25 < some.high < 0.6


def test_a_thousand_resamples_of_a_thousand_clips_are_quick():
    import time

    random = np.random.default_rng(0)
    label = random.integers(0, 2, 1000)
    sample = Sample(label, random.normal(size=1000) + label, np.array([f"s{place // 3}" for place in range(1000)]))
    begun = time.perf_counter()
    estimate(sample, {"auc": metrics.auc, "ap": metrics.average_precision, "eer": metrics.equal_error_rate})
    assert time.perf_counter() - begun < 30  # about a second on an idle core


def test_authors_numbers_by_hand():
    # Cut at 0.5: reals give 0 0 1 0, fakes give 1 0 0; 3 true negatives, 1 false positive, 2 false negatives, 1 hit.
    label = np.array([0, 0, 0, 0, 1, 1, 1])
    score = np.array([0.1, 0.2, 0.5, 0.4, 0.9, 0.49, 0.45])
    found = authors_numbers(label, score)
    assert found.acc == pytest.approx(4 / 7)
    assert found.fpr == pytest.approx(2 / 3)  # in truth the share of fakes that were missed
    assert found.fnr == pytest.approx(1 / 4)  # in truth the share of reals that were called fake
    # Two steps: threshold 1 has precision 1/2 and recall 1/3, threshold 0 precision 3/7 and the rest of the recall.
    assert found.ap == pytest.approx(1 / 3 * 1 / 2 + 2 / 3 * 3 / 7)
    assert found.ap != pytest.approx(float(metrics.average_precision(label, score)))


def test_authors_numbers_of_one_class_are_unknown():
    assert np.isnan(authors_numbers(np.zeros(3, int), np.array([0.1, 0.2, 0.9])).fpr)
