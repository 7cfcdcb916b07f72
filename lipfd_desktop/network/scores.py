"""The arithmetic between logits and scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def logistic(logit: NDArray[np.float32]) -> NDArray[np.float32]:
    """The score, 0 to 1, of each logit; NaN stays NaN."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.exp(-np.logaddexp(0.0, -logit.astype(np.float64))), np.float32)


def louder_logit(generated: NDArray[np.float32], foreign_sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """The higher of two answers, which are calibrated to one scale; just the first where the second is NaN."""
    return np.asarray(np.fmax(generated, foreign_sound), np.float32)
