"""What computes here, and timing that a busy machine cannot bend: methods take turns, and medians are kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from statistics import median
from time import perf_counter
from typing import Any, Final

import torch
from torch.nn import functional

from lipfd_desktop.engine.versions import versions
from lipfd_desktop.network.device import resolve_device

MATRIX_SIDE: Final = 3072
"""Of the matrices whose product gives the peak: large enough to be bound by arithmetic, not by memory."""


def machine_facts() -> dict[str, Any]:
    """Processor, cores, versions and the time of day, as data for JSON."""
    known = versions()
    return {
        "date": datetime.now().astimezone().isoformat(timespec="seconds"),
        "processor": resolve_device("cpu").description,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load_before": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "versions": {name: known[name] for name in ("lipfd-desktop", "python", "platform", "torch", "torchvision")},
    }


class Turns:
    """Times several things again and again, one after the other, so that what disturbs the machine meets them all.

    Attributes
    ----------
    times
        By name, the seconds of each turn; what an action returns, when that is a number, counts instead of the
        time that it took (an action that does more than what is to be timed says itself how long that was).
    """

    def __init__(self, actions: Mapping[str, Callable[[], float | None]]) -> None:
        self._actions = dict(actions)
        self.times: dict[str, list[float]] = {name: [] for name in actions}

    def run(self, rounds: int, *, warm_up: int = 1, on_round: Callable[[int], None] | None = None) -> None:
        """Let every action have its turn this often, after rounds to warm up that are not counted."""
        for number in range(-warm_up, rounds):
            for name, action in self._actions.items():
                began = perf_counter()
                told = action()
                took = perf_counter() - began if told is None else told
                if number >= 0:
                    self.times[name].append(took)
            if on_round is not None:
                on_round(number + 1)

    def least(self, name: str) -> float:
        return min(self.times[name])

    def median(self, name: str) -> float:
        return median(self.times[name])


def matrix_product(kind: torch.dtype) -> Callable[[], None]:
    """A product of two square matrices, to be timed."""
    left, right = (torch.randn(MATRIX_SIDE, MATRIX_SIDE).to(kind) for _ in range(2))

    def multiply() -> None:
        torch.mm(left, right)

    return multiply


def convolution_product(kind: torch.dtype) -> Callable[[], None]:
    """The same product as a convolution of one pixel: another library computes it, on some processors a faster one."""
    rows = MATRIX_SIDE // 48
    picture = torch.randn(1, MATRIX_SIDE, rows, 48).to(kind).contiguous(memory_format=torch.channels_last)
    weight = torch.randn(MATRIX_SIDE, MATRIX_SIDE, 1, 1).to(kind).contiguous(memory_format=torch.channels_last)

    def multiply() -> None:
        with torch.inference_mode():
            functional.conv2d(picture, weight)

    return multiply


def gflops_of_product(took: float) -> float:
    """Billions of floating-point operations a second, from the seconds of one product."""
    return 2 * MATRIX_SIDE**3 / took / 1e9
