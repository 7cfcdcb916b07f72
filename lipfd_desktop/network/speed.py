"""How fast a device multiplies, measured in a fraction of a second: what an automatic stride is chosen by."""

from __future__ import annotations

from functools import cache
from math import log2
from time import perf_counter
from typing import Final

import torch

from lipfd_desktop.network.fused import FusedLinear

_SIDE: Final = {"cpu": 1024, "mps": 2048, "cuda": 4096}
"""Of the matrices, by kind of device: a product takes some milliseconds."""
_TIMES: Final = 5
EFFICIENCY: Final = 0.7
"""Share of that rate which the whole network reaches, with all that lies between its products (docs/benchmarks.md)."""


@cache
def gflops(device: str, factors: torch.dtype) -> float:
    """Billions of operations a second of large products, as the nearest power of two.

    Rounded so far because a plan should not depend on the day's load: a machine is in the class of 128, of 256, of 512.
    The best of a few products counts, for the same reason.
    """
    side = _SIDE.get(torch.device(device).type, _SIDE["cpu"])
    try:
        ones = torch.ones(side, side, device=device)
        layer, given = FusedLinear(ones, ones[0], factors), ones.to(factors)
        best = min(_seconds(layer, given) for _ in range(_TIMES))
    except RuntimeError:  # too little memory even for this: the slowest class
        return 1.0
    return float(2.0 ** round(log2(2 * side**3 / best / 1e9)))


def _seconds(layer: FusedLinear, given: torch.Tensor) -> float:
    with torch.inference_mode():
        began = perf_counter()
        product = layer(given)
        product[0, 0].item()  # a GPU has finished when a number of the product is here
        return max(perf_counter() - began, 1e-9)
