"""Where the time of a window goes: the steps of a network, timed inside it while it scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import torch
from material import Line
from torch import Tensor, nn

from lipfd_desktop.network.build import build_network
from lipfd_desktop.network.compact import CompactNetwork
from lipfd_desktop.network.config import NetworkConfig
from lipfd_desktop.network.model import LipFD
from lipfd_desktop.result import TIERS

LIPFD_STEPS = {"encoder": "encode_global", "regions": "encode_regions", "aggregate": "aggregate"}
COMPACT_STEPS = {"pictures": "pictures", "motion": "motion", "agreement": "agreement"}


@dataclass(slots=True)
class Steps:
    """Seconds spent in each step of a network, and crops that went through the backbone."""

    seconds: dict[str, float] = field(default_factory=dict)
    crops: int = 0

    def add(self, step: str, took: float) -> None:
        self.seconds[step] = self.seconds.get(step, 0.0) + took


@contextmanager
def watched(model: LipFD | CompactNetwork) -> Iterator[Steps]:
    """Time the steps of a network until the end of the block."""
    steps = Steps()
    undo = _watch_lipfd(model, steps) if isinstance(model, LipFD) else _watch_compact(model, steps)
    try:
        yield steps
    finally:
        undo()


def _watch_lipfd(model: LipFD, steps: Steps) -> Callable[[], None]:
    def timed(step: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*inputs: Tensor) -> Any:
            if step == "regions":
                steps.crops += inputs[0].shape[:-3].numel()
            began = perf_counter()
            output = method(*inputs)
            steps.add(step, perf_counter() - began)
            return output

        return call

    for step, name in LIPFD_STEPS.items():
        # An attribute of the object hides the method of its class.
        object.__setattr__(model, name, timed(step, getattr(model, name)))

    def undo() -> None:
        for name in LIPFD_STEPS.values():
            object.__delattr__(model, name)

    return undo


def _watch_compact(model: CompactNetwork, steps: Steps) -> Callable[[], None]:
    began: dict[str, float] = {}
    handles = []

    def watch(module: nn.Module, step: str) -> None:
        handles.append(module.register_forward_pre_hook(lambda *_: began.update({step: perf_counter()})))
        handles.append(module.register_forward_hook(lambda *_: steps.add(step, perf_counter() - began[step])))

    for member in model.members:
        for step, name in COMPACT_STEPS.items():
            part = getattr(member, name)
            for module in part if isinstance(part, nn.ModuleList) else (part,):
                watch(module, step)

    def undo() -> None:
        for handle in handles:
            handle.remove()

    return undo


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Seconds a window by step, and crops a window that went through the backbone (0 in a compact network)."""

    seconds: dict[str, float]
    crops: float


def break_down(line: Line, batches: int) -> Breakdown:
    """Score some batches and say where their time went.

    ``windows`` is what making them took (crops or composites, strips, motion); ``inputs`` is the rest of scoring:
    copying, resizing, normalising, and the small steps of the network that have no name of their own.
    """
    made = scored = 0.0
    windows = 0
    with watched(line.scorer.model) as steps:
        for _ in range(batches):
            batch, took = line.make()
            made, scored, windows = made + took, scored + line.score(batch), windows + len(batch)
    inside = {step: took / windows for step, took in steps.seconds.items()}
    return Breakdown(
        {"windows": made / windows, "inputs": scored / windows - sum(inside.values()), **inside},
        steps.crops / windows,
    )


def gflop_of_encoder(config: NetworkConfig) -> float:
    """Of one window: the convolution before the encoder, and the whole encoder."""
    model = _without_weights(config)
    side = config.global_size
    return _count(lambda: model.encode_global(torch.empty(1, 3, side, side, device="meta")))


def gflop_of_crop(config: NetworkConfig) -> float:
    """Of one crop in the backbone."""
    model = _without_weights(config)
    side = config.region.crop_size
    shape = (1, 1, len(TIERS), 3, side, side)
    return _count(lambda: model.encode_regions(torch.empty(shape, device="meta"))) / len(TIERS)


def _without_weights(config: NetworkConfig) -> LipFD:
    with torch.device("meta"):
        model = build_network(config).eval()
    assert isinstance(model, LipFD)
    return model


def _count(action: Callable[[], object]) -> float:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        action()
    return float(counter.get_total_flops()) / 1e9
