"""The motion branch of the compact network: does this head move as a filmed one does?

Generators that animate a whole portrait move it too smoothly, too little or out of step with the face.  The branch
sees the upper face and the placement of the head over two seconds; the mouth is left to the other branches.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from lipfd_desktop.tracks.pose import LEFT_EYE, MOUTH_CORNERS, RIGHT_EYE

UPPER_FACE: Final = (
    *(33, 133, 159, 145, 263, 362, 386, 374),  # corners and lids of both eyes
    *(70, 63, 105, 66, 107, 336, 296, 334, 293, 300),  # brows
    *(1, 2, 4, 5, 6, 168, 197, 195),  # nose
    *(10, 109, 338, 54, 284, 234, 454, 127, 356),  # outline down to the ears
    *(50, 280, 205, 425),  # cheeks
    *(468, 473),  # irises
)
"""Numbers in MediaPipe's face mesh topology."""

PLACEMENT: Final = 4
"""Numbers that place a head: x and y of the eyes, logarithm of the size, roll."""
KERNEL: Final = 5
DILATIONS: Final = (1, 2, 4)
"""The last block sees 1.2 s."""

_GAINS: Final = (5.0, 20.0, 20.0)
"""Bring positions, velocities and accelerations, in interocular units a step of 40 ms, to a deviation of about one."""


class Moving(NamedTuple):
    """Two seconds of a face in numbers that do not depend on where in the picture it is, nor how large.

    Attributes
    ----------
    points : (n, 50, 478, 2) float
        Landmarks from the middle of the eyes, eyes level, in interocular units of the moment; 0 where unknown.
    placement : (n, 50, 4) float
        Eyes (in median units, from their mean), logarithm of the size over its median, roll from its mean; 0 where
        unknown.
    seen : (n, 50) bool
        Where the face was tracked.
    """

    points: Tensor
    placement: Tensor
    seen: Tensor


def normalise(motion: Tensor) -> Moving:
    """Landmarks (n, 50, 478, 2) in pixels of the frame, NaN where unknown, as :class:`Moving`."""
    seen = motion[..., 0, 0].isfinite()
    pixels = motion.nan_to_num()
    right, left = pixels[:, :, RIGHT_EYE].mean(dim=2), pixels[:, :, LEFT_EYE].mean(dim=2)
    eyes, mouth = (right + left) / 2, pixels[:, :, MOUTH_CORNERS].mean(dim=2)
    across, down = left - right, mouth - eyes
    size = torch.maximum(across.norm(dim=-1), down.norm(dim=-1)).clamp(min=1.0)
    roll = torch.atan2(across[..., 1], across[..., 0])
    known = seen.to(motion.dtype)
    unit = _mean(size, known).clamp(min=1.0)
    centred = (pixels - eyes[:, :, None]) / size[..., None, None]
    cos, sin = roll.cos()[..., None], roll.sin()[..., None]
    level = torch.stack(
        (centred[..., 0] * cos + centred[..., 1] * sin, centred[..., 1] * cos - centred[..., 0] * sin), -1
    )
    placed = torch.cat(
        (
            (eyes - torch.stack([_mean(eyes[..., axis], known) for axis in (0, 1)], dim=-1)) / unit[..., None],
            (size / unit).log()[..., None],
            (roll - _mean(roll, known))[..., None],
        ),
        dim=-1,
    )
    return Moving(level * known[..., None, None], placed * known[..., None], seen)


def steadied(values: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    """Values (n, steps, k) around their mean over the known steps, and their differences (n, steps, k).

    Both are 0 where unknown; a difference is known where both of its steps are.
    """
    known = seen.to(values.dtype)[..., None]
    around = (values - (values * known).sum(dim=1, keepdim=True) / known.sum(dim=1, keepdim=True).clamp(min=1)) * known
    return around, difference(around, known)


def difference(values: Tensor, known: Tensor) -> Tensor:
    """Change from the step before, 0 where either is unknown and in the first step."""
    change = values.diff(dim=1) * known[:, 1:] * known[:, :-1]
    return torch.cat((torch.zeros_like(values[:, :1]), change), dim=1)


class MotionBranch(nn.Module):
    """Residual dilated convolutions over time."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.enter = nn.Conv1d(3 * (2 * len(UPPER_FACE) + PLACEMENT), width, kernel_size=1)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.BatchNorm1d(width),
                nn.GELU(),
                nn.Dropout(0.15),
                nn.Conv1d(width, width, KERNEL, padding=(KERNEL // 2) * dilation, dilation=dilation),
            )
            for dilation in DILATIONS
        )
        self.answer = nn.Sequential(
            nn.Linear(2 * width, width // 2), nn.GELU(), nn.Dropout(0.3), nn.Linear(width // 2, 1)
        )

    def forward(self, moving: Moving) -> Tensor:
        """Logit (n,) of a generated portrait."""
        face = moving.points[:, :, list(UPPER_FACE)].flatten(2)
        return self.judge(torch.cat((face, moving.placement), dim=-1), moving.seen)

    def judge(self, values: Tensor, seen: Tensor) -> Tensor:
        """Logit (n,) from (n, 50, 94) positions of the upper face and placements."""
        around, velocity = steadied(values, seen)
        acceleration = difference(velocity, seen.to(values.dtype)[..., None])
        parts = (part * gain for part, gain in zip((around, velocity, acceleration), _GAINS, strict=True))
        hidden: Tensor = self.enter(torch.cat(list(parts), dim=-1).transpose(1, 2))
        for block in self.blocks:
            hidden = hidden + block(hidden)
        # The deviation has no finite slope at zero, which a constant input would meet.
        spread = (hidden.var(dim=2, unbiased=False) + 1e-5).sqrt()
        answer: Tensor = self.answer(torch.cat((hidden.mean(dim=2), spread), dim=1))
        return answer.squeeze(-1)


def _mean(values: Tensor, known: Tensor) -> Tensor:
    """(n, 1) mean of (n, steps) over the known steps."""
    return (values * known).sum(dim=1, keepdim=True) / known.sum(dim=1, keepdim=True).clamp(min=1)
