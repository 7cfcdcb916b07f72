"""What the trainer knows of that which is trained, and where the tasks are found by name.

A training run is a list of stages, each a task over the same final network.  A task makes its own batches and its own
losses; the trainer does the rest (:mod:`lipfd_desktop.training.trainer`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from torch import Tensor, nn

from lipfd_desktop.errors import SettingsError

if TYPE_CHECKING:
    from lipfd_desktop.training.settings import TrainSettings
    from lipfd_desktop.training.splits import Split

Batch = dict[str, Tensor]
"""Named tensors.  Tasks make them on the CPU; the trainer moves them to the device that computes."""


class Task(Protocol):
    """One thing to be learnt.

    Attributes
    ----------
    network
        What is trained: the final network, a part of it, or a module that holds it together with heads that are
        thrown away afterwards.  Parameters that do not require a gradient stay as they are.
    """

    network: nn.Module

    def batch(self, rng: np.random.Generator) -> Batch:
        """CPU tensors of one batch, which depend on ``rng`` and the clips alone.

        Called in worker processes too, with the weights that the network had when they started.
        """

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Named scalars, weighted already; the trainer minimises their sum.  ``network`` is in training mode."""

    def validate(self) -> dict[str, float]:
        """Figures on held-out clips; ``score`` is the one that is to become as high as possible.

        None at all where no clip is held out: then the training runs to its end and the last weights are kept.

        ``network`` is in evaluation mode, holds the averaged weights, and records no gradients.  The same weights
        must give the same figures.
        """


MakeTask = Callable[["Split", Any, "TrainSettings"], Task]
"""``make_task(split, network, settings)``: the clips to learn from and those to validate on, the final network, and the
settings, whose only stage is the one to come; their seed is for choices that are made once, such as the windows of
validation."""

TASKS: Final[Mapping[str, str]] = {
    "lipfd": "lipfd_desktop.training.lipfd_task",
    "picture": "lipfd_desktop.training.compact_picture",
    "motion": "lipfd_desktop.training.compact_motion",
    "agreement": "lipfd_desktop.training.compact_agreement",
    "expectation": "lipfd_desktop.training.compact_expectation",
}
"""Modules by the name of their task, each with a function ``make_task``."""


def task_maker(name: str) -> MakeTask:
    """Look a task up; its module is imported now and not before.

    Raises
    ------
    SettingsError
        There is no such task.
    """
    if name not in TASKS:
        raise SettingsError(f"There is no training task “{name}”; there are {', '.join(sorted(TASKS))}.")
    maker: MakeTask = import_module(TASKS[name]).make_task
    return maker
