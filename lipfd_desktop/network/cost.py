"""How much arithmetic a window costs, counted rather than timed, so that plans do not depend on the day's load."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from lipfd_desktop.network.build import build_network
from lipfd_desktop.network.config import CompactConfig, ModelConfig, NetworkConfig
from lipfd_desktop.result import TIERS
from lipfd_desktop.windows.context import MOTION_STEPS, POINTS, STRIP_COLUMNS
from lipfd_desktop.windows.geometry import FACE_SIDE
from lipfd_desktop.windows.mel import GUIDED_MEL


@cache
def gflop_per_window(config: ModelConfig, frames: int) -> float:
    """Billions of floating-point operations of one window, counted on a network without trained weights.

    Of a compact network the one moment counts that a window does not share with the one a frame before.
    """
    return _of_compact(config, frames) if isinstance(config, CompactConfig) else _of_lipfd(config, frames)


def _of_lipfd(config: NetworkConfig, frames: int) -> float:
    """Counted by torch on tensors without values."""
    from torch.utils.flop_counter import FlopCounterMode

    side, crop = config.global_size, config.region.crop_size
    with torch.device("meta"), FlopCounterMode(display=False) as counter, torch.inference_mode():
        inputs = torch.empty(1, 3, side, side), torch.empty(1, frames, len(TIERS), 3, crop, crop)
        build_network(config).eval()(*inputs)
    return float(counter.get_total_flops()) / 1e9


def _of_compact(config: CompactConfig, frames: int) -> float:
    """Counted at the layers of a network that runs once.

    torch's counter and its tensors without values import a compiler, which takes three seconds; this takes 0.1 s.
    """
    total = 0

    def count(layer: nn.Module, _: Any, output: Tensor) -> None:
        nonlocal total
        weight = layer.weight
        assert isinstance(weight, Tensor)
        total += 2 * output.numel() * weight[0].numel()

    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        network = build_network(config).eval()
        for layer in network.modules():
            if isinstance(layer, (nn.Conv1d, nn.Conv2d, nn.Linear)):
                layer.register_forward_hook(count)
        network(
            *(torch.zeros(1, 3, FACE_SIDE, FACE_SIDE) for _ in range(2)),
            torch.zeros(1, max(frames - 1, 1), dtype=torch.int64),
            torch.zeros(1, MOTION_STEPS, POINTS, 2),
            torch.zeros(1, GUIDED_MEL.bands, STRIP_COLUMNS),
        )
    return total / 1e9
