"""The compact network: two questions about a window, was this mouth generated, and is this the sound of these lips.

It keeps LipFD's idea (three tiers of the face over the frames, learned region weights, sound beside the picture) at a
thousandth of the size.  A window comes with two seconds of landmark motion and sound around it
(:mod:`lipfd_desktop.windows.context`).  Three branches look at it:

- :class:`~lipfd_desktop.network.compact_picture.PictureBranch`: is a part of this face foreign to the rest of it?
- :class:`~lipfd_desktop.network.compact_motion.MotionBranch`: does this head move as a filmed one?
- :class:`~lipfd_desktop.network.compact_agreement.AgreementBranch`: do lips and sound go together?
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from lipfd_desktop.network.compact_agreement import AgreementBranch
from lipfd_desktop.network.compact_motion import MotionBranch, normalise
from lipfd_desktop.network.compact_picture import PictureBranch
from lipfd_desktop.network.config import CompactConfig

EVIDENCE: Final = ("mouth", "portrait", "contrast", "motion")
"""What the answer "generated" is a weighted sum of: three logits of the picture, one of the motion."""


class CompactOutput(NamedTuple):
    """What the network says about a batch of windows.

    Attributes
    ----------
    generated, foreign_sound : (n,) float
        Logits of the two questions.
    region_weights : (n, 3, frames) float
        Weight of the head, face and lip image of each frame; the three sum to one.
    """

    generated: Tensor
    foreign_sound: Tensor
    region_weights: Tensor


class CompactNetwork(nn.Module):
    """Members of one shape, whose logits and region weights are averaged, and two linear layers that calibrate.

    Everything that the network needs at work is in its ``state_dict`` (no other buffers), and no step depends on the
    values of its input, so that it can be counted without weights and loaded without being initialised.

    Attributes
    ----------
    generated : Linear
        From the four kinds of evidence (:data:`EVIDENCE`) to the logit of the first question.
    foreign_sound : Linear
        From the logit of the agreement branch to that of the second question.
    """

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        self.config = config
        self.members = nn.ModuleList(CompactMember(config) for _ in range(config.members))
        self.generated = nn.Linear(len(EVIDENCE), 1)
        self.foreign_sound = nn.Linear(1, 1)
        with torch.no_grad():
            self.generated.weight.copy_(torch.tensor([config.fusion]))
            self.generated.bias.zero_()
            self.foreign_sound.weight.fill_(1.0)
            self.foreign_sound.bias.zero_()

    def forward(self, face: Tensor, head: Tensor, motion: Tensor, sound: Tensor) -> CompactOutput:  # noqa: ARG002
        """Score a batch of windows; the answer is finite whatever is missing from the motion.

        Parameters
        ----------
        face : (n, frames, 3, 224, 224) float
            Face images, RGB from 0 to 1.
        head : (n, frames, 3, 128, 128) float
            Head images.  The contract gives them; no branch of this version looks at them.
        motion : (n, 50, 478, 2) float
            Landmarks in pixels of the frame; NaN where the face was not tracked.
        sound : (n, 80, 200) float
            Mel levels from 0 to 1, lowest band first.
        """
        evidence, disagreement, weights = (
            torch.stack(part).mean(dim=0)
            for part in zip(*(member(face, motion, sound) for member in self.members), strict=True)
        )
        return CompactOutput(
            self.generated(evidence).squeeze(-1), self.foreign_sound(disagreement[:, None]).squeeze(-1), weights
        )


class CompactMember(nn.Module):
    """One picture, one motion and one agreement branch."""

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        self.picture = PictureBranch(config.width, config.face_side)
        self.motion = MotionBranch(config.motion_width)
        self.agreement = AgreementBranch(config.motion_width)

    def forward(self, face: Tensor, motion: Tensor, sound: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Evidence (n, 4), disagreement of lips and sound (n,), region weights (n, 3, frames)."""
        picture = self.picture(face)
        moving = normalise(motion)
        evidence = torch.stack((*picture.logits.mean(dim=1).unbind(1), picture.contrast, self.motion(moving)), dim=1)
        return evidence, self.agreement(moving, sound), picture.region_weights
