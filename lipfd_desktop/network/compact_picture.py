"""The picture branch of the compact network: a grid of features over the face, asked whether a part of it is foreign.

A generator's mouth differs from the face around it in texture, sharpness, noise, colour or steadiness, whatever the
camera and the codec.  So the branch compares places of one face with each other: each cell of the grid says whether
it was put there by someone else, and the answer is about the lips against the upper face.

It looks at moments: a frame, and how the next one differs.  Consecutive windows share all of their moments but one.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from lipfd_desktop.network.config import Planes
from lipfd_desktop.windows.geometry import FACE_SIDE

LIP_ROWS: Final = slice(112, 205)
LIP_COLUMNS: Final = slice(56, 168)
"""The lip tier inside the face image: upper lip to chin, 1.6 interocular units (112 pixels) wide."""
UPPER_ROWS: Final = slice(0, 93)
UPPER_COLUMNS: Final = slice(37, 187)
"""Brow, eyes and upper cheeks, which no lip generator paints."""
FACE_ROWS: Final = slice(19, 205)
FACE_COLUMNS: Final = slice(37, 187)
"""The face tier: brow to chin.  The head tier is the whole image."""

CELL: Final = 16
"""Pixels of the resized image a cell of the grid: four convolutions of stride two."""
PLANES: Final = 5
"""Input planes: red, green, blue, fine detail, change to the next frame."""

LUMA: Final = (0.299, 0.587, 0.114)
"""Weights of ITU-R BT.601."""
_COLOUR_GAIN: Final = 3.0
_DETAIL_GAIN: Final = 12.0
_MIDDLE: Final = 0.45
"""Bring colours, detail and change as they are to a deviation of about one."""
_COLOUR_SPREAD: Final = 0.7
_DETAIL_SPREAD: Final = 0.8
"""Deviations of the planes over the face tier: near one, less for the colours, whose extremes lie farther out."""
_LEAST_CONTRAST: Final = 0.03
_LEAST_DETAIL: Final = 0.004
"""Deviations, of levels from 0 to 1, under which a face is flat or still: what is left is not blown up."""


class PictureOutput(NamedTuple):
    """What the branch says about n moments.

    Attributes
    ----------
    logits : (n, 2) float
        Of a mouth that was put into this face, and of a portrait that was generated as a whole.
    patches : (n, cells, cells) float
        Logit of each cell: foreign to the rest of the face.
    contrast : (n,) float
        Mean of ``patches`` over the lips less the mean over the upper face.
    region_weights : (n, 3) float
        Where the foreign part is: a softmax over the mean patch logits of head, face and lips.
    """

    logits: Tensor
    patches: Tensor
    contrast: Tensor
    region_weights: Tensor


class PictureBranch(nn.Module):
    """One convolutional body over the face image, a logit for each cell, and a small head for the two questions."""

    def __init__(self, width: int, side: int, planes: Planes) -> None:
        super().__init__()
        self._planes = planes
        self.side = side
        self.cells = -(-side // CELL)
        first, second, third, last = width, 2 * width, 4 * width, 6 * width
        self.body = nn.Sequential(
            _convolution(PLANES, first, stride=2),
            _convolution(first, second, stride=2),
            _Residual(second),
            _convolution(second, third, stride=2),
            _Residual(third),
            _convolution(third, last, stride=2),
            _Residual(last),
        )
        self.patch = nn.Conv2d(last, 1, kernel_size=1)
        self.answer = nn.Sequential(nn.Dropout(0.2), nn.Linear(4 * last, 4 * width), nn.ReLU(), nn.Linear(4 * width, 2))

    def forward(self, colours: Tensor, following: Tensor) -> PictureOutput:
        """Look at moments: images (n, 3, side, side) from 0 to 1, and the luma (n, 1, side, side) of the next."""
        planes = self.planes(colours, following).to(self._factors)
        grid: Tensor = self.body(planes.contiguous(memory_format=torch.channels_last)).float()
        lip = _mean_over(grid, LIP_ROWS, LIP_COLUMNS)
        upper = _mean_over(grid, UPPER_ROWS, UPPER_COLUMNS)
        joined = torch.cat((lip, upper, lip - upper, grid.mean(dim=(2, 3))), dim=1)
        patches: Tensor = self.patch(grid)
        lips = _mean_over(patches, LIP_ROWS, LIP_COLUMNS)
        contrast = lips - _mean_over(patches, UPPER_ROWS, UPPER_COLUMNS)
        tiers = torch.cat((patches.mean(dim=(2, 3)), _mean_over(patches, FACE_ROWS, FACE_COLUMNS), lips), dim=1)
        return PictureOutput(self.answer(joined), patches.squeeze(1), contrast.squeeze(1), tiers.softmax(dim=1))

    @property
    def _factors(self) -> torch.dtype:
        """Type in which the body computes."""
        return next(self.body.parameters()).dtype

    def planes(self, colours: Tensor, following: Tensor) -> Tensor:
        """Input planes (n, 5, side, side).

        Relative ones are measured against their own spread over the face, so that a soft, dark or calm picture looks
        like a sharp one; absolute ones are not, so that sharpness and calm have a say.
        """
        luma = luma_of(colours)
        detail = luma - functional.avg_pool2d(functional.pad(luma, (2, 2, 2, 2), mode="replicate"), 5, stride=1)
        change = following - luma
        if self._planes == "absolute":
            return torch.cat(((colours - _MIDDLE) * _COLOUR_GAIN, detail * _DETAIL_GAIN, change * _DETAIL_GAIN), dim=1)
        middle = self._face(colours).mean(dim=(1, 2, 3), keepdim=True)
        spread = (self._face(luma).var(dim=(2, 3), keepdim=True) + _LEAST_CONTRAST**2).sqrt()
        return torch.cat(
            ((colours - middle) / spread * _COLOUR_SPREAD, self._levelled(detail), self._levelled(change)), dim=1
        )

    def _face(self, planes: Tensor) -> Tensor:
        """The face tier of planes."""
        rows, columns = (
            slice(part.start * self.side // FACE_SIDE, part.stop * self.side // FACE_SIDE)
            for part in (FACE_ROWS, FACE_COLUMNS)
        )
        return planes[..., rows, columns]

    def _levelled(self, plane: Tensor) -> Tensor:
        energy = self._face(plane).square().mean(dim=(2, 3), keepdim=True)
        return plane / (energy + _LEAST_DETAIL**2).sqrt() * _DETAIL_SPREAD


def resized(images: Tensor, side: int) -> Tensor:
    """(n, 3, side, side) of face images (n, 3, 224, 224)."""
    return functional.interpolate(images, (side, side), mode="bilinear", align_corners=False)


def luma_of(images: Tensor) -> Tensor:
    """(..., 1, h, w) of (..., 3, h, w)."""
    return (images * images.new_tensor(LUMA).view(3, 1, 1)).sum(dim=-3, keepdim=True)


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _convolution(channels, channels)
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, features: Tensor) -> Tensor:
        return functional.relu(features + self.second(self.first(features)))


def _convolution(before: int, after: int, *, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )


def _mean_over(grid: Tensor, rows: slice, columns: slice) -> Tensor:
    """(n, channels) mean of a grid over a rectangle of the face image; cells on its edge count by their share."""
    inside = torch.zeros(1, 1, FACE_SIDE, FACE_SIDE, device=grid.device, dtype=grid.dtype)
    inside[..., rows, columns] = 1.0
    shares = functional.adaptive_avg_pool2d(inside, (grid.shape[-2], grid.shape[-1]))
    return (grid * shares).sum(dim=(2, 3)) / shares.sum()
