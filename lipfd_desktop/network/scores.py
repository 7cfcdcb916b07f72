"""The arithmetic between logits and scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def logistic(logit: NDArray[np.float32]) -> NDArray[np.float32]:
    """The score, 0 to 1, of each logit; NaN stays NaN."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.exp(-np.logaddexp(0.0, -logit.astype(np.float64))), np.float32)


def combined_logit(generated: NDArray[np.float32], foreign_sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logit of ``1 - (1 - p) * (1 - q)``, from the logits ``a`` of ``p`` and ``b`` of ``q``.

    It is the logarithm of ``exp(a) + exp(b) + exp(a + b)``, and just ``a`` where ``b`` is NaN.
    """
    first = generated.astype(np.float64)
    second = np.where(np.isnan(foreign_sound), -np.inf, foreign_sound.astype(np.float64))
    return np.logaddexp(np.logaddexp(first, second), first + second).astype(np.float32)
