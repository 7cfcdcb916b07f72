"""What a generator squeezes the picture through: each turns features into cells and the bottleneck's own loss.

All take (n, width, rows, columns) features and give (n, latent, rows, columns) cells and a scalar, 0 once trained.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn


class PlainBottleneck(nn.Module):
    """A projection to fewer channels, and no penalty."""

    def __init__(self, width: int, latent: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(width, latent, 1)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return self.squeeze(features), features.new_zeros(())


class GaussianBottleneck(nn.Module):
    """Mean and log-variance of every latent number; the mean alone once trained."""

    WEIGHT: Final = 1e-3
    """Of the Kullback-Leibler divergence: enough to blur, too little to lose the mouth."""

    def __init__(self, width: int, latent: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(width, 2 * latent, 1)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        mean, spread = self.squeeze(features).chunk(2, dim=1)
        if not self.training:
            return mean, features.new_zeros(())
        spread = spread.clamp(-8, 4)
        divergence = 0.5 * (mean.square() + spread.exp() - 1 - spread).mean()
        return mean + torch.randn_like(mean) * (spread / 2).exp(), self.WEIGHT * divergence


class CodebookBottleneck(nn.Module):
    """Nearest code with the straight-through gradient; codes that nobody uses are moved to where they are needed."""

    codes: Tensor
    sums: Tensor
    usage: Tensor
    COMMITMENT: Final = 0.25
    """Weight of the encoder's pull towards its code (van den Oord et al. 2017, section 3.2)."""
    DECAY: Final = 0.95
    """Of the moving averages, a step: the few hundred steps of a training leave no time for the paper's 0.99."""
    UNUSED: Final = 0.02
    """Cells a step below which a code is moved."""

    def __init__(self, width: int, latent: int, codes: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(width, latent, 1)
        self.register_buffer("codes", torch.randn(codes, latent))
        self.register_buffer("sums", torch.zeros(codes, latent), persistent=False)
        self.register_buffer("usage", torch.zeros(codes), persistent=False)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        cells = self.squeeze(features).movedim(1, -1)
        flat = cells.reshape(-1, cells.shape[-1])
        with torch.no_grad():
            distances = self.codes.square().sum(dim=1) - 2 * flat @ self.codes.T
            nearest = distances.argmin(dim=1)
            if self.training:
                self._follow(flat, nearest)
        coded = self.codes[nearest].view_as(cells)
        pull = self.COMMITMENT * (cells - coded).square().mean()
        return (cells + (coded - cells).detach()).movedim(-1, 1), pull

    def _follow(self, flat: Tensor, nearest: Tensor) -> None:
        """Moving averages of what each code stands for (van den Oord et al. 2017, appendix A.1)."""
        counts = torch.bincount(nearest, minlength=len(self.codes)).float()
        self.usage.mul_(self.DECAY).add_(counts, alpha=1 - self.DECAY)
        self.sums.mul_(self.DECAY).index_add_(0, nearest, flat, alpha=1 - self.DECAY)
        unused = self.usage < self.UNUSED
        chosen = torch.randint(len(flat), (len(self.codes),), device=flat.device)[unused]
        self.sums[unused] = flat[chosen]
        self.usage[unused] = 1.0
        self.codes.copy_(self.sums / self.usage[:, None])
