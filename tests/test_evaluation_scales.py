from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipfd_desktop.evaluation.scales import Example, Scales, fit_platt, fit_scales, probability

GENUINE, GENERATED, FOREIGN = (np.int64(kind) for kind in Example)


def made(
    seed: int = 0, *, spread: float = 1.0, shift: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Statistics of 600 clips; the sound's is ``spread`` times as wide as the picture's, and ``shift`` off."""
    random = np.random.default_rng(seed)
    example = np.repeat([GENUINE, GENERATED, FOREIGN], 200)
    picture = random.normal(size=600) + 2 * (example == GENERATED)
    sound = (random.normal(size=600) + 2 * (example == FOREIGN)) * spread + shift
    return picture, sound, example, np.ones(600)


def test_platt_finds_the_logistic_that_made_the_data() -> None:
    random = np.random.default_rng(2)
    statistic = random.normal(0, 2, 20_000)
    positive = random.random(20_000) < 1 / (1 + np.exp(-(1.7 * statistic)))
    platt = fit_platt(statistic, positive, np.ones(20_000))
    assert platt.slope == pytest.approx(1.7, rel=0.05)
    assert platt.offset == pytest.approx(0, abs=0.08)
    # Weights of one class cancel out, because classes are balanced.
    again = fit_platt(statistic, positive, np.where(positive, 7.0, 1.0))
    assert again.slope == pytest.approx(platt.slope, rel=1e-3)


def test_platt_never_turns_scores_round() -> None:
    statistic = np.linspace(-1, 1, 40)
    platt = fit_platt(statistic, statistic < 0, np.ones(40))
    assert 0 < platt.slope < 0.01
    assert platt(0.0) == 0.5


def test_equal_numbers_are_equally_rare_among_genuine_clips() -> None:
    picture, sound, example, weights = made(spread=5.0, shift=-7.0)
    scales = fit_scales(picture, sound, example, weights)
    genuine = example == GENUINE
    for quantile in (0.5, 0.95):
        low, high = (
            np.quantile(probability(platt, values[genuine]), quantile)
            for platt, values in ((scales.generated, picture), (scales.foreign_sound, sound))
        )
        assert low == pytest.approx(high, abs=0.02)


@given(st.floats(0.1, 10), st.floats(-20, 20))
def test_units_of_a_statistic_do_not_matter(spread: float, shift: float) -> None:
    picture, sound, example, weights = made()
    there, moved = sound, sound * spread + shift
    one, other = (fit_scales(picture, values, example, weights) for values in (there, moved))
    np.testing.assert_allclose(one.score(picture, there), other.score(picture, moved), atol=1e-6)


def test_the_louder_question_is_the_score_and_a_silent_one_has_no_part() -> None:
    picture, sound, example, weights = made()
    scales = fit_scales(picture, sound, example, weights)
    first, second = probability(scales.generated, picture), probability(scales.foreign_sound, sound)
    np.testing.assert_array_equal(scales.score(picture, sound), np.maximum(first, second))
    np.testing.assert_array_equal(scales.score(picture, np.full(600, np.nan)), first)


def test_scores_are_probabilities_of_a_corpus_with_as_many_manipulated_clips() -> None:
    picture, sound, example, weights = made()
    scores = fit_scales(picture, sound, example, weights).score(picture, sound)
    manipulated = example != GENUINE
    balanced = np.where(manipulated, 1 / manipulated.sum(), 1 / (~manipulated).sum())
    high = scores > 0.8
    told = np.average(scores[high], weights=balanced[high])
    assert told == pytest.approx(np.average(manipulated[high], weights=balanced[high]), abs=0.06)


def test_clips_of_one_kind_weigh_the_same_however_many_there_are() -> None:
    picture, sound, example, weights = made()
    many = np.concatenate([np.arange(600), np.flatnonzero(example == FOREIGN), np.flatnonzero(example == FOREIGN)])
    one = fit_scales(picture, sound, example, weights)
    other = fit_scales(picture[many], sound[many], example[many], weights[many])
    assert other.generated.slope == pytest.approx(one.generated.slope, rel=0.05)
    assert other.generated.offset == pytest.approx(one.generated.offset, abs=0.05)


def test_without_answers_about_the_sound_the_picture_is_fitted_alone() -> None:
    picture, _, example, weights = made()
    unheard = np.full(600, np.nan)
    scales = fit_scales(picture, unheard, example, weights)
    plain = example != FOREIGN
    assert scales.foreign_sound is None
    direct = Scales(fit_platt(picture[plain], example[plain] == GENERATED, weights[plain]), None)
    np.testing.assert_allclose(scales.score(picture, unheard), direct.score(picture, unheard), atol=0.01)
