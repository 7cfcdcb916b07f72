"""Teaches the motion branch how filmed heads move, against portraits that generators animated.

Fakes whose generator paints the mouth alone are shown as filmed, because their heads are.  Trackers, frame rates and
cameras leave their own traces in the motion; every window gets random ones, so that those say nothing.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from lipfd_desktop.network.compact_motion import PLACEMENT, UPPER_FACE, MotionBranch
from lipfd_desktop.training.compact_windows import (
    MOUTH_GENERATORS,
    Clips,
    area_under_curve,
    member_of,
    moving_rows,
    reals,
    stage_of,
)
from lipfd_desktop.training.settings import StageSettings, TrainSettings
from lipfd_desktop.training.splits import Split
from lipfd_desktop.training.task import Batch

JITTER: Final = 0.002
"""Deviation in interocular units of the noise that a tracker adds; drawn from a twentieth to twice of it."""
RATES: Final = (0.75, 1.3)
"""Frame rates that are imitated, in 25 a second: 19 to 33."""
CALM: Final = 0.4
"""Share of the windows that are smoothed a little over time, as a steadier tracker would."""
SIZES: Final = (0.7, 1.4)
"""Factor of all movement: livelier and calmer people."""
SOFTENED: Final = 0.05
"""Label smoothing: the corpus is small and its labels are by collection, not by window."""
HELD_OUT_WINDOWS: Final = 160


class MotionTask:
    """Implements :class:`~lipfd_desktop.training.task.Task`."""

    network: nn.Module

    def __init__(self, split: Split, branch: MotionBranch, stage: StageSettings) -> None:
        self.network = self._branch = branch
        self._size = stage.batch
        portraits = [clip for clip in split.train if clip.label and clip.record.generator not in MOUTH_GENERATORS]
        mouths = [clip for clip in split.train if clip.label and clip.record.generator in MOUTH_GENERATORS]
        self._kinds = [
            (clips, share, target)
            for clips, share, target in (
                (reals(split.train), 0.43, 0.0),
                (Clips(portraits), 0.43, 1.0),
                (Clips(mouths), 0.14, 0.0),
            )
            if len(clips)
        ]
        self._held_out = [clip for clip in split.held_out if len(clip.starts())]

    def batch(self, rng: np.random.Generator) -> Batch:
        """``values`` (n, 50, 94), ``seen`` (n, 50) and ``target`` (n,)."""
        drawn, targets = [], []
        for clips, share, target in self._kinds:
            count = max(round(share * self._size), 1)
            drawn += [clips.draw(rng) for _ in range(count)]
            targets += [target] * count
        values, seen = _values(drawn)
        changed = np.stack([_elsewhere(one, rng) for one in values.double().numpy()])
        return {
            "values": torch.from_numpy(changed.astype(np.float32)) * seen[..., None],
            "seen": seen,
            "target": torch.tensor(targets),
        }

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        target = batch["target"] * (1 - 2 * SOFTENED) + SOFTENED
        logits = self._branch.judge(batch["values"], batch["seen"])
        return {"portrait": functional.binary_cross_entropy_with_logits(logits, target)}

    def validate(self) -> dict[str, float]:
        """Area under the curve of single windows of held-out clips, mouth generators counting as filmed heads."""
        rng = np.random.default_rng(0)
        if not self._held_out:
            return {"score": 0.0}
        numbers = rng.integers(len(self._held_out), size=HELD_OUT_WINDOWS)
        drawn = [(clip, int(rng.choice(clip.starts()))) for clip in (self._held_out[number] for number in numbers)]
        labels = [int(clip.label and clip.record.generator not in MOUTH_GENERATORS) for clip, _ in drawn]
        with torch.inference_mode():
            return {"score": area_under_curve(labels, self._branch.judge(*_values(drawn)))}


def make_task(split: Split, network: Any, settings: TrainSettings) -> MotionTask:
    """See :data:`~lipfd_desktop.training.task.MakeTask`."""
    stage = stage_of(settings, "motion")
    return MotionTask(split, member_of(network, stage).motion, stage)


def _values(drawn: list[tuple[Any, int]]) -> tuple[Tensor, Tensor]:
    moving = moving_rows(drawn)
    face = moving.points[:, :, list(UPPER_FACE)].flatten(2)
    return torch.cat((face, moving.placement), dim=-1), moving.seen


def _elsewhere(values: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """The same movement as another camera and tracker would have seen it."""
    steps, width = values.shape
    if rng.random() < 0.5:
        values = _at_another_rate(values, rng.uniform(*RATES), rng.random())
    deviation = np.full(width, JITTER)
    deviation[-PLACEMENT:] = 1.5 * JITTER
    noise = rng.standard_normal((steps, width)) * deviation * np.exp(rng.uniform(-3.0, 0.8))
    if rng.random() < 0.5:
        noise = np.cumsum(noise, axis=0) * 0.3
    values = values + noise
    if rng.random() < CALM:
        weight = 1.0 + rng.uniform(0.0, 3.0)
        padded = np.pad(values, ((1, 1), (0, 0)), mode="edge")
        values = (padded[:-2] + weight * values + padded[2:]) / (2.0 + weight)
    scaled: NDArray[np.float64] = values * rng.uniform(*SIZES)
    return scaled


def _at_another_rate(values: NDArray[np.float64], interval: float, phase: float) -> NDArray[np.float64]:
    """Sampled every ``interval`` steps, then joined by lines again, as a video of another frame rate is."""
    steps = np.arange(len(values))
    moments = np.arange(-phase, len(values) + 2, interval)
    columns = [
        np.interp(steps, moments, np.interp(np.clip(moments, 0, len(values) - 1), steps, column)) for column in values.T
    ]
    return np.stack(columns, axis=1)
