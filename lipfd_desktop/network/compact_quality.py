"""What the evidence is worth: how far it lies from what filmed faces of the same quality give.

Every measure of a face depends on how sharp, how lively and how large the face was filmed: a soft mouth means little in
a soft picture.  So the mean and the deviation of each kind of evidence are learnt from filmed faces as functions of
their quality, and what the network goes on with are deviations from that.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from lipfd_desktop.network.compact_picture import UPPER_COLUMNS, UPPER_ROWS, luma_of

BOXES: Final = (1, 3, 5, 9, 19)
"""Sides in pixels of the averages between which the bands of detail lie; the upper face shows them, lips move."""
QUALITIES: Final = len(BOXES) + 1
"""A logarithm for each band of detail, the change between frames and the height of the face in pixels."""
MOST: Final = 3.0
"""Deviations beyond which a quality counts as this far out: nothing was learnt there."""

_LEAST_DETAIL: Final = 0.05 / 255
_LEAST_CHANGE: Final = 0.3 / 255
_LEAST_HEIGHT: Final = 16.0


def picture_quality(frames: Tensor, following: Tensor) -> Tensor:
    """(n, 5) logarithms of detail in four bands and of change, from moments (n, 3, 224, 224), 0 to 1."""
    luma, after = (luma_of(images[..., UPPER_ROWS, UPPER_COLUMNS]) for images in (frames, following))
    smoothed = [luma if box == 1 else _box(luma, box) for box in BOXES]
    bands = [_deviation(fine - coarse) + _LEAST_DETAIL for fine, coarse in pairwise(smoothed)]
    return torch.cat((*bands, _deviation(after - luma) + _LEAST_CHANGE), dim=1).log()


def face_height(motion: Tensor) -> Tensor:
    """(n, 1) logarithm of the mean height of a face in pixels of the frame; NaN where it was never tracked.

    ``motion`` is (n, 50, 478, 2), NaN where the face was not tracked.
    """
    down = motion[..., 1]
    heights = down.amax(dim=2) - down.amin(dim=2)
    return heights.nanmean(dim=1, keepdim=True).clamp(min=_LEAST_HEIGHT).log()


class Expectation(nn.Module):
    """Mean and deviation of the evidence of filmed faces, by their quality."""

    def __init__(self, kinds: int) -> None:
        super().__init__()
        self.level = nn.BatchNorm1d(QUALITIES, affine=False)
        self.mean = nn.Linear(QUALITIES, kinds)
        self.log_deviation = nn.Parameter(torch.zeros(kinds))
        with torch.no_grad():
            self.mean.weight.zero_()
            self.mean.bias.zero_()

    def forward(self, evidence: Tensor, quality: Tensor) -> Tensor:
        """Evidence (n, kinds) as deviations from what filmed faces of this quality (n, 6) give."""
        deviations: Tensor = (evidence - self.mean(self._levelled(quality))) * (-self.log_deviation).exp()
        return deviations

    def surprise(self, evidence: Tensor, quality: Tensor) -> Tensor:
        """Negative logarithm of the likelihood of the evidence, if it is normal: what a training makes small."""
        deviations: Tensor = self(evidence, quality)
        return (0.5 * deviations.square() + self.log_deviation).mean()

    def _levelled(self, quality: Tensor) -> Tensor:
        levelled: Tensor = self.level(quality)
        # What is not known is taken as usual.
        return levelled.nan_to_num(nan=0.0).clamp(-MOST, MOST)


def _box(luma: Tensor, side: int) -> Tensor:
    edge = side // 2
    return functional.avg_pool2d(functional.pad(luma, (edge,) * 4, mode="replicate"), side, stride=1)


def _deviation(plane: Tensor) -> Tensor:
    """(n, 1) of (n, 1, h, w)."""
    return plane.var(dim=(2, 3), unbiased=False).clamp(min=0).sqrt()
