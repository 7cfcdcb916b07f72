"""The picture branch of the compact network: a grid of features over the face, asked whether a part of it is foreign.

A generator's mouth differs from the face around it in texture, sharpness, noise, colour or steadiness, whatever the
camera and the codec.  So the branch compares places of one face with each other: each cell of the grid says whether
it was put there by someone else, and the answer is about the lips against the upper face.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

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

_LUMA: Final = (0.299, 0.587, 0.114)
"""Weights of ITU-R BT.601."""
_COLOUR_GAIN: Final = 3.0
_DETAIL_GAIN: Final = 12.0
"""Bring colours, detail and change, which differ by an order in size, to a deviation of about one."""
_MIDDLE: Final = 0.45


class PictureOutput(NamedTuple):
    """What the branch says about n windows.

    Attributes
    ----------
    logits : (n, frames, 2) float
        Of a mouth that was put into this face, and of a portrait that was generated as a whole.
    patches : (n, frames, cells, cells) float
        Logit of each cell: foreign to the rest of the face.
    contrast : (n,) float
        Mean of ``patches`` over the lips less the mean over the upper face.
    region_weights : (n, 3, frames) float
        Where the foreign part is: a softmax over the mean patch logits of head, face and lips.
    """

    logits: Tensor
    patches: Tensor
    contrast: Tensor
    region_weights: Tensor


class PictureBranch(nn.Module):
    """One convolutional body over the face image, a logit for each cell, and a small head for the two questions."""

    def __init__(self, width: int, side: int) -> None:
        super().__init__()
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

    def forward(self, face: Tensor) -> PictureOutput:
        """Look at windows of face images (n, frames, 3, 224, 224), from 0 to 1."""
        return self.look(self.planes(face))

    def planes(self, images: Tensor) -> Tensor:
        """Input planes (n, frames, 5, side, side) of images in their order of time."""
        resized = functional.interpolate(
            images.flatten(0, 1), (self.side, self.side), mode="bilinear", align_corners=False
        ).view(*images.shape[:3], self.side, self.side)
        luma = (resized * resized.new_tensor(_LUMA).view(3, 1, 1)).sum(dim=2, keepdim=True)
        padded = functional.pad(luma.flatten(0, 1), (2, 2, 2, 2), mode="replicate")
        detail = luma - functional.avg_pool2d(padded, 5, stride=1).view(luma.shape)
        change = luma.diff(dim=1)
        # The last frame has no next one; the change that led to it stands in.
        change = torch.cat((change, change[:, -1:]), dim=1) if luma.shape[1] > 1 else torch.zeros_like(luma)
        return torch.cat(((resized - _MIDDLE) * _COLOUR_GAIN, detail * _DETAIL_GAIN, change * _DETAIL_GAIN), dim=2)

    def look(self, planes: Tensor) -> PictureOutput:
        """Answer from the planes (n, frames, 5, side, side)."""
        shape = planes.shape[:2]
        grid: Tensor = self.body(planes.flatten(0, 1).contiguous(memory_format=torch.channels_last))
        lip = _mean_over(grid, LIP_ROWS, LIP_COLUMNS)
        upper = _mean_over(grid, UPPER_ROWS, UPPER_COLUMNS)
        joined = torch.cat((lip, upper, lip - upper, grid.mean(dim=(2, 3))), dim=1)
        patches: Tensor = self.patch(grid)
        lips = _mean_over(patches, LIP_ROWS, LIP_COLUMNS)
        contrast = lips - _mean_over(patches, UPPER_ROWS, UPPER_COLUMNS)
        tiers = torch.cat((patches.mean(dim=(2, 3)), _mean_over(patches, FACE_ROWS, FACE_COLUMNS), lips), dim=1)
        return PictureOutput(
            self.answer(joined).view(*shape, 2),
            patches.view(*shape, *patches.shape[2:]),
            contrast.view(shape).mean(dim=1),
            tiers.softmax(dim=1).view(*shape, -1).transpose(1, 2),
        )


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
