"""How fast a device multiplies, measured in a fraction of a second: what an automatic stride is chosen by."""

from __future__ import annotations

from functools import cache
from math import log2
from time import perf_counter
from typing import Final

import torch

_SIDE: Final = {"cpu": 1024, "mps": 2048, "cuda": 4096}
"""Of the matrices, by kind of device: a product takes some milliseconds."""
_TIMES: Final = 5
EFFICIENCY: Final = 0.5
"""Share of a device's rate for large matrices that a network reaches, with all that lies between its products: 0.75 for
the encoder and 0.3 to 0.5 for the backbone (docs/benchmarks.md)."""


@cache
def gflops(device: str, factors: torch.dtype) -> float:
    """Billions of operations a second of large products, as the nearest power of two.

    Rounded so far because a plan should not depend on the day's load: a machine is in the class of 128, of 256, of 512.
    The best of a few products counts, for the same reason.
    """
    side = _SIDE.get(torch.device(device).type, _SIDE["cpu"])
    matrix = torch.ones(side, side, device=device, dtype=factors)
    best = min(_seconds(matrix) for _ in range(_TIMES))
    return float(2.0 ** round(log2(2 * side**3 / best / 1e9)))


def _seconds(matrix: torch.Tensor) -> float:
    with torch.inference_mode():
        began = perf_counter()
        product = matrix @ matrix
        product[0, 0].item()  # a GPU has finished when a number of the product is here
        return max(perf_counter() - began, 1e-9)
