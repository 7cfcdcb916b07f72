"""The weights that a training will end with: those of its best validation, or its last ones."""

from __future__ import annotations

from typing import Any, Final

from torch import Tensor

ENOUGH: Final = 1e-4
"""Smallest rise of the score that counts as better."""


class Chosen:
    """What validations have said so far.

    Attributes
    ----------
    score, step
        Of the weights to keep; None and 0 before the first validation.
    weights
        Those of the best validation, on the CPU; None where the last ones are to be kept.
    worse
        Validations since the best.
    """

    def __init__(self, *, keep_best: bool) -> None:
        self._keep_best = keep_best
        self.score: float | None = None
        self.step = 0
        self.weights: dict[str, Tensor] | None = None
        self.worse = 0

    def judge(self, score: float, step: int, weights: dict[str, Tensor]) -> None:
        """Take note of a validation of these weights."""
        if not self._keep_best:
            self.score, self.step = score, step
        elif self.score is None or score > self.score + ENOUGH:
            self.score, self.step, self.worse = score, step, 0
            self.weights = {name: part.to("cpu", copy=True) for name, part in weights.items()}
        else:
            self.worse += 1

    def state(self) -> dict[str, Any]:
        """What :meth:`load` takes back."""
        return {"score": self.score, "step": self.step, "weights": self.weights, "worse": self.worse}

    def load(self, state: dict[str, Any]) -> None:
        weights: dict[str, Tensor] | None = state["weights"]
        self.score, self.step, self.worse = state["score"], state["step"], state["worse"]
        self.weights = None if weights is None else {name: part.cpu() for name, part in weights.items()}
