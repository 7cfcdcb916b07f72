"""How much arithmetic a window costs, counted rather than timed, so that plans do not depend on the day's load."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from lipfd_desktop.network.build import build_network
from lipfd_desktop.network.config import CompactConfig, ModelConfig
from lipfd_desktop.result import TIERS
from lipfd_desktop.windows.context import MOTION_STEPS, POINTS, STRIP_COLUMNS
from lipfd_desktop.windows.geometry import FACE_SIDE
from lipfd_desktop.windows.mel import GUIDED_MEL


@cache
def gflop_per_window(config: ModelConfig, frames: int) -> float:
    """Billions of floating-point operations of one window, counted by torch on a network without weights.

    Of a compact network the one moment counts that a window does not share with the one a frame before.
    """
    with torch.device("meta"), FlopCounterMode(display=False) as counter, torch.inference_mode():
        build_network(config).eval()(*_one_window(config, frames))
    return float(counter.get_total_flops()) / 1e9


def _one_window(config: ModelConfig, frames: int) -> tuple[Tensor, ...]:
    if isinstance(config, CompactConfig):
        return (
            *(torch.empty(1, 3, FACE_SIDE, FACE_SIDE) for _ in range(2)),
            torch.zeros(1, max(frames - 1, 1), dtype=torch.int64),
            torch.empty(1, MOTION_STEPS, POINTS, 2),
            torch.empty(1, GUIDED_MEL.bands, STRIP_COLUMNS),
        )
    side, crop = config.global_size, config.region.crop_size
    return torch.empty(1, 3, side, side), torch.empty(1, frames, len(TIERS), 3, crop, crop)
