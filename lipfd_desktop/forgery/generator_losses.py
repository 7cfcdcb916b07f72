"""What a generator is trained for: the picture, its detail at three scales, and above all the mouth."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

MOUTH_CENTRE: Final = (0.5, 0.645)
MOUTH_RADIUS: Final = (0.26, 0.19)
"""x and y as shares of the working square: mouth and chin, where the forgery is looked for."""
MOUTH_WEIGHT: Final = 3.0
DETAIL_WEIGHT: Final = 1.0
DETAIL_SCALES: Final = 3


def mouth_weights(side: int) -> Tensor:
    """(1, 1, side, side) weights of the pixels: one, rising smoothly to ``1 + MOUTH_WEIGHT`` at the mouth."""
    share = (torch.arange(side) + 0.5) / side
    x = (share - MOUTH_CENTRE[0]) / MOUTH_RADIUS[0]
    y = (share - MOUTH_CENTRE[1]) / MOUTH_RADIUS[1]
    return 1 + MOUTH_WEIGHT * torch.exp(-(x.square()[None] + y.square()[:, None]))[None, None]


def picture_loss(painted: Tensor, real: Tensor, weights: Tensor) -> Tensor:
    """Weighted L1 of (n, 3, side, side) pictures and of the bands of their Laplacian pyramid, the finest strongest."""
    error = painted - real
    loss = (error.abs() * weights).mean()
    for scale in range(DETAIL_SCALES):
        smaller = functional.avg_pool2d(error, 2)
        # The pyramid is linear: the bands of the error are the errors of the bands, at half the cost.
        band = error - functional.interpolate(smaller, scale_factor=2, mode="nearest")
        loss = loss + DETAIL_WEIGHT / 2**scale * (band.abs() * weights).mean()
        error, weights = smaller, functional.avg_pool2d(weights, 2)
    return loss


def hinge_loss(real: Tensor, painted: Tensor) -> Tensor:
    """The discriminator's loss on its logits."""
    return functional.relu(1 - real).mean() + functional.relu(1 + painted).mean()
