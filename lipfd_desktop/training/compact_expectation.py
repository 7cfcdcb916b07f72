"""Teaches the compact network what filmed faces give, by their sharpness, liveliness and size.

The last stage: every branch is done and stays as it is, so that windows need to be looked at only once.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from lipfd_desktop.dataset.store import StoredClip
from lipfd_desktop.network.compact import CompactNetwork
from lipfd_desktop.network.inputs import context_inputs
from lipfd_desktop.training.compact_windows import Clips, compact_network, held_out_reals, reals, stage_of
from lipfd_desktop.training.settings import StageSettings, TrainSettings
from lipfd_desktop.training.splits import Split
from lipfd_desktop.training.task import Batch
from lipfd_desktop.windows.context import moments_of, stack_context

WINDOWS: Final = 720
"""Windows of filmed faces to learn from: a few of each speaker for a line through six qualities."""
HELD_OUT_WINDOWS: Final = 64
CHUNK: Final = 24


class ExpectationTask:
    """Implements :class:`~lipfd_desktop.training.task.Task`."""

    network: nn.Module

    def __init__(self, split: Split, network: CompactNetwork, stage: StageSettings) -> None:
        self.network = self._expectation = network.expectation
        self._whole = network
        self._size = stage.batch
        count = round(stage.option("windows", WINDOWS))
        self._known = self._examined(reals(split.train), count, np.random.default_rng(0))
        held_out = held_out_reals(split.held_out)
        self._unseen = self._examined(held_out, HELD_OUT_WINDOWS, np.random.default_rng(1)) if held_out else None

    def batch(self, rng: np.random.Generator) -> Batch:
        """``evidence`` (n, kinds) and ``quality`` (n, 6) of windows of filmed faces."""
        rows = torch.from_numpy(rng.integers(len(self._known["evidence"]), size=self._size))
        return {name: values[rows] for name, values in self._known.items()}

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        return {"surprise": self._expectation.surprise(batch["evidence"], batch["quality"])}

    def validate(self) -> dict[str, float]:
        """How usual the evidence of held-out filmed faces is."""
        if self._unseen is None:
            return {"score": 0.0}
        with torch.inference_mode():
            surprise = float(self._expectation.surprise(self._unseen["evidence"], self._unseen["quality"]))
        return {"surprise": surprise, "score": float(1 / (1 + np.exp(surprise)))}

    def _examined(self, clips: Clips, count: int, rng: np.random.Generator) -> Batch:
        """Evidence and quality of some windows, from the branches as they will be at work."""
        modes = {module: module.training for module in self._whole.modules()}
        self._whole.eval()
        found = [
            self._look([clips.draw(rng) for _ in range(min(CHUNK, count - done))]) for done in range(0, count, CHUNK)
        ]
        for module, mode in modes.items():
            module.training = mode
        return {name: torch.cat([one[name] for one in found]) for name in ("evidence", "quality")}

    def _look(self, drawn: list[tuple[StoredClip, int]]) -> Batch:
        batch = stack_context([clip.window(row) for clip, row in drawn])
        moments, places = moments_of(batch.places)
        parts = (batch.faces, moments, places, batch.motion, batch.strips)
        with torch.no_grad():
            evidence, _, quality, _ = self._whole.examine(*context_inputs(*(torch.from_numpy(part) for part in parts)))
        return {"evidence": evidence, "quality": quality}


def make_task(split: Split, network: Any, settings: TrainSettings) -> ExpectationTask:
    """See :data:`~lipfd_desktop.training.task.MakeTask`."""
    stage = stage_of(settings, "expectation")
    return ExpectationTask(split, compact_network(network, stage), stage)
