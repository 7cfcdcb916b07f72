"""The agreement branch of the compact network: is this the sound of these lips?

Lips and sound become directions in one space, step by step, as SyncNet does (J. S. Chung and A. Zisserman, "Out of
time: automated lip sync in the wild", 2016).  Their likeness at the true offset and at other ones is a curve with a
peak in the middle when both belong together; a small network reads the curve.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from lipfd_desktop.network.compact_motion import Moving, steadied
from lipfd_desktop.tracks.pose import LIPS
from lipfd_desktop.windows.context import MOTION_STEPS, STRIP_COLUMNS
from lipfd_desktop.windows.mel import GUIDED_MEL

INNER_LIPS: Final = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
CHIN: Final = (152, 148, 176, 149, 150, 136, 172, 377, 400, 378, 379, 365, 397)
CHEEKS: Final = (205, 425, 50, 280, 2, 98, 327)
MOUTH: Final = (*LIPS, *INNER_LIPS, *CHIN, *CHEEKS)
"""Numbers in MediaPipe's face mesh topology."""

OFFSETS: Final = 8
"""Steps of 40 ms to either side: a third of a second, beyond which a viewer notices (ITU-R BT.1359 gives 125 ms)."""
PEAK: Final = 2
"""Steps around the true offset in which the peak may lie: broadcasts and encoders are often that far off."""
DIRECTIONS: Final = 64
"""Dimensions of the common space."""

_POSITION_GAIN: Final = 4.0
_VELOCITY_GAIN: Final = 16.0
_SOUND_GAIN: Final = 2.0
"""Bring positions, velocities (interocular units a step) and levels to a deviation of about one."""


class AgreementBranch(nn.Module):
    """Two stacks of convolutions over time and a reader of the likeness curve."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.lips = nn.Sequential(
            nn.Conv1d(4 * len(MOUTH), width, 1),
            nn.GELU(),
            *_layer(width, 5),
            nn.Dropout(0.1),
            *_layer(width, 5),
            nn.Dropout(0.1),
            *_layer(width, 3),
            nn.Conv1d(width, DIRECTIONS, 1),
        )
        self.sound = nn.Sequential(
            *_layer(width, 5, before=GUIDED_MEL.bands, stride=2),
            *_layer(width, 5, stride=STRIP_COLUMNS // MOTION_STEPS // 2),
            nn.Dropout(0.1),
            *_layer(width, 5),
            nn.Dropout(0.1),
            *_layer(width, 3),
            nn.Conv1d(width, DIRECTIONS, 1),
        )
        self.read = nn.Sequential(nn.Linear(2 * OFFSETS + 4, 32), nn.GELU(), nn.Linear(32, 1))

    def forward(self, moving: Moving, sound: Tensor) -> Tensor:
        """Logit (n,) of foreign sound; ``sound`` (n, 80, 200) holds mel levels from 0 to 1."""
        return self.judge(self.curve(self.lip_directions(moving), self.sound_directions(sound), moving.seen))

    def lip_directions(self, moving: Moving) -> Tensor:
        """Unit vectors (n, 64, 50)."""
        return self.directions(moving.points[:, :, list(MOUTH)].flatten(2), moving.seen)

    def directions(self, mouth: Tensor, seen: Tensor) -> Tensor:
        """Unit vectors (n, 64, 50) of positions (n, 50, 120) of the mouth's landmarks."""
        around, velocity = steadied(mouth, seen)
        joined = torch.cat((around * _POSITION_GAIN, velocity * _VELOCITY_GAIN), dim=-1)
        return functional.normalize(self.lips(joined.transpose(1, 2)), dim=1)

    def sound_directions(self, sound: Tensor) -> Tensor:
        """Unit vectors (n, 64, 50)."""
        levels = (sound - sound.mean(dim=(1, 2), keepdim=True)) * _SOUND_GAIN
        return functional.normalize(self.sound(levels), dim=1)

    def curve(self, lips: Tensor, sound: Tensor, seen: Tensor) -> Tensor:
        """(n, 17) mean likeness of the middle steps of the lips and the sound at offsets of -8 to 8 steps."""
        steps = lips.shape[-1] - 2 * OFFSETS
        middle, known = lips[..., OFFSETS:-OFFSETS], seen[:, OFFSETS:-OFFSETS].to(lips.dtype)
        count = known.sum(dim=1).clamp(min=1)
        likeness = [
            ((middle * sound[..., offset : offset + steps]).sum(dim=1) * known).sum(dim=1) / count
            for offset in range(2 * OFFSETS + 1)
        ]
        return torch.stack(likeness, dim=1)

    def judge(self, curve: Tensor) -> Tensor:
        """Logit (n,) of foreign sound from curves (n, 17)."""
        near = curve[:, OFFSETS - PEAK : OFFSETS + PEAK + 1].amax(dim=1, keepdim=True)
        figures = (curve, near, curve.amax(dim=1, keepdim=True), curve.mean(dim=1, keepdim=True))
        answer: Tensor = self.read(torch.cat(figures, dim=1))
        return answer.squeeze(-1)


def _layer(width: int, kernel: int, *, before: int | None = None, stride: int = 1) -> tuple[nn.Module, ...]:
    return (
        nn.Conv1d(before or width, width, kernel, stride=stride, padding=kernel // 2),
        nn.BatchNorm1d(width),
        nn.GELU(),
    )
