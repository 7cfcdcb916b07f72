"""A task that trains in a moment; run as a program, it is one process of several (see ``processes``)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lipfd_desktop.training.processes import launched
from lipfd_desktop.training.settings import StageSettings
from lipfd_desktop.training.trainer import train


class ToyTask:
    """Tells whether four numbers sum to more than nought.

    ``scores`` are what validation says, in turn; None to measure, an empty list for no validation.
    """

    def __init__(self, seed: int = 0, *, scores: list[float] | None = None, batch_norm: bool = True) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            normal = nn.BatchNorm1d(8) if batch_norm else nn.Identity()
            dropout = nn.Dropout(0.2 if batch_norm else 0.0)
            self.network = nn.Sequential(nn.Linear(4, 8), normal, nn.ReLU(), nn.Linear(8, 1), dropout)
        self._scores = scores
        self._calls = 0
        self.on_validate: Callable[[], object] = lambda: None
        self.on_losses: Callable[[int], object] = lambda calls: None

    def batch(self, rng: np.random.Generator) -> dict[str, Tensor]:
        x = rng.normal(size=(16, 4)).astype(np.float32)
        return {"x": torch.from_numpy(x), "y": torch.from_numpy((x.sum(axis=1) > 0).astype(np.float32))}

    def losses(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        self._calls += 1
        self.on_losses(self._calls)
        logit = self.network(batch["x"]).squeeze(1)
        entropy = nn.functional.binary_cross_entropy_with_logits(logit.float(), batch["y"])
        return {"loss": entropy, "entropy": 0 * entropy}

    def validate(self) -> dict[str, float]:
        self.on_validate()
        if self._scores is None:
            return {"score": self.score()}
        return {"score": self._scores.pop(0)} if self._scores else {}

    @torch.no_grad()
    def score(self) -> float:
        batch = self.batch(np.random.default_rng(1))
        return float(((self.network(batch["x"]).squeeze(1) > 0) == (batch["y"] > 0)).float().mean())


def toy_stage(**changes: Any) -> StageSettings:
    usual: dict[str, Any] = {"task": "lipfd", "steps": 10, "batch": 16, "learning_rate": 0.02, "ema": 0.9}
    return StageSettings(**usual | changes)


def main(folder: Path) -> None:
    with launched("cpu") as (processes, device):
        task = ToyTask(batch_norm=False)
        train(task, toy_stage(steps=4, batch=4), seed=0, device=device, processes=processes)
        torch.save(task.network.state_dict(), folder / f"{processes.rank}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
