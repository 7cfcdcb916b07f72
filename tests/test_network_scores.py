from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lipfd_desktop.network.scores import logistic, louder_logit

LOGITS = st.floats(-60, 60, width=32)


def numbers(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


@given(LOGITS, LOGITS)
def test_the_louder_answer_is_the_score(first: float, second: float) -> None:
    assert louder_logit(numbers(first), numbers(second))[0] == np.float32(max(first, second))


@given(LOGITS)
def test_an_unknown_answer_has_no_part(logit: float) -> None:
    assert louder_logit(numbers(logit), numbers(np.nan))[0] == np.float32(logit)


def test_scores_of_extreme_and_unknown_logits() -> None:
    np.testing.assert_array_equal(logistic(numbers(-1e4, 0, 1e4, np.nan)), numbers(0, 0.5, 1, np.nan))
