from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lipfd_desktop.network.scores import combined_logit, logistic

LOGITS = st.floats(-60, 60, width=32)


def numbers(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


@given(LOGITS, LOGITS)
def test_the_combined_logit_is_that_of_either_being_true(first: float, second: float) -> None:
    combined = combined_logit(numbers(first), numbers(second))
    neither = (1 - logistic(numbers(first)).astype(float)) * (1 - logistic(numbers(second)).astype(float))
    np.testing.assert_allclose(logistic(combined), 1 - neither, atol=1e-6)
    assert combined[0] >= max(np.float32(first), np.float32(second))


@given(LOGITS)
def test_an_unknown_answer_has_no_part(logit: float) -> None:
    assert combined_logit(numbers(logit), numbers(np.nan))[0] == np.float32(logit)


def test_scores_of_extreme_and_unknown_logits() -> None:
    np.testing.assert_array_equal(logistic(numbers(-1e4, 0, 1e4, np.nan)), numbers(0, 0.5, 1, np.nan))
