"""How much arithmetic a window costs, counted rather than timed, so that plans do not depend on the day's load."""

from __future__ import annotations

from functools import cache

import torch
from torch.utils.flop_counter import FlopCounterMode

from lipfd_desktop.network.config import NetworkConfig
from lipfd_desktop.network.model import LipFD
from lipfd_desktop.result import TIERS


@cache
def gflop_per_window(config: NetworkConfig, frames: int) -> float:
    """Billions of floating-point operations of one window, counted by torch on a network without weights."""
    side, crop = config.global_size, config.region.crop_size
    with torch.device("meta"), FlopCounterMode(display=False) as counter, torch.inference_mode():
        network = LipFD(config).eval()
        network(torch.empty(1, 3, side, side), torch.empty(1, frames, len(TIERS), 3, crop, crop))
    return float(counter.get_total_flops()) / 1e9
