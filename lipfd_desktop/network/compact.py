"""The compact network: two questions about a window, was this mouth generated, and is this the sound of these lips.

It keeps LipFD's idea (three tiers of the face over the frames, learned region weights, sound beside the picture) at a
thousandth of the size.  A window comes with two seconds of landmark motion and sound around it
(:mod:`lipfd_desktop.windows.context`).  Three branches look at it:

- :class:`~lipfd_desktop.network.compact_picture.PictureBranch`: is a part of this face foreign to the rest of it?
- :class:`~lipfd_desktop.network.compact_motion.MotionBranch`: does this head move as a filmed one?
- :class:`~lipfd_desktop.network.compact_agreement.AgreementBranch`: do lips and sound go together?

What picture and motion say is measured against filmed faces of the same quality
(:class:`~lipfd_desktop.network.compact_quality.Expectation`) before it is summed up.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from lipfd_desktop.network.compact_agreement import AgreementBranch
from lipfd_desktop.network.compact_motion import MotionBranch, normalise
from lipfd_desktop.network.compact_picture import PictureBranch, luma_of, resized
from lipfd_desktop.network.compact_quality import Expectation, face_height, picture_quality
from lipfd_desktop.network.config import CompactConfig, kinds_of_evidence


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
    expectation : Expectation
        What filmed faces give.
    generated : Linear
        From the evidence (:func:`~lipfd_desktop.network.config.kinds_of_evidence`), in deviations, to the logit of the
        first question.
    foreign_sound : Linear
        From the logit of the agreement branch to that of the second question.
    """

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        self.config = config
        self.members = nn.ModuleList(CompactMember(config) for _ in range(config.members))
        kinds = len(kinds_of_evidence(config.pictures))
        self.expectation = Expectation(kinds)
        self.generated = nn.Linear(kinds, 1)
        self.foreign_sound = nn.Linear(1, 1)
        with torch.no_grad():
            self.generated.weight.copy_(torch.tensor([config.fusion]))
            self.generated.bias.zero_()
            self.foreign_sound.weight.fill_(1.0)
            self.foreign_sound.bias.zero_()

    def forward(
        self, frames: Tensor, following: Tensor, places: Tensor, motion: Tensor, sound: Tensor
    ) -> CompactOutput:
        """Score a batch of windows; the answer is finite whatever is missing from the motion.

        Parameters
        ----------
        frames, following : (m, 3, 224, 224) float
            Face images of the moments of these windows, RGB from 0 to 1: a frame and the next.
        places : (n, frames - 1) int64
            The moments of each window; windows share them.
        motion : (n, 50, 478, 2) float
            Landmarks in pixels of the frame; NaN where the face was not tracked.
        sound : (n, 80, 200) float
            Mel levels from 0 to 1, lowest band first.
        """
        evidence, disagreement, quality, weights = self.examine(frames, following, places, motion, sound)
        deviations = self.expectation(evidence, quality)
        return CompactOutput(
            self.generated(deviations).squeeze(-1), self.foreign_sound(disagreement[:, None]).squeeze(-1), weights
        )

    def examine(
        self, frames: Tensor, following: Tensor, places: Tensor, motion: Tensor, sound: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Evidence (n, kinds), disagreement (n,), quality (n, 6) and region weights (n, 3, frames) of windows."""
        parts = zip(*(member(frames, following, places, motion, sound) for member in self.members), strict=True)
        evidence, disagreement, weights = (torch.stack(part).mean(dim=0) for part in parts)
        # The last frame belongs to the last moment, as the one before it does.
        weights = torch.cat((weights, weights[..., -1:]), dim=2)
        quality = picture_quality(frames, following)[places].mean(dim=1)
        return evidence, disagreement, torch.cat((quality, face_height(motion)), dim=1), weights


class CompactMember(nn.Module):
    """Picture branches, one motion and one agreement branch."""

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        self._side = config.face_side
        self.pictures = nn.ModuleList(
            PictureBranch(config.width, config.face_side, planes) for planes in config.pictures
        )
        self.motion = MotionBranch(config.motion_width)
        self.agreement = AgreementBranch(config.motion_width)

    def forward(
        self, frames: Tensor, following: Tensor, places: Tensor, motion: Tensor, sound: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Evidence (n, kinds), disagreement of lips and sound (n,), region weights (n, 3, moments)."""
        colours, after = (resized(images, self._side) for images in (frames, following))
        luma = luma_of(after)
        seen = [picture(colours, luma) for picture in self.pictures]
        moving = normalise(motion)
        said = torch.cat([torch.cat((one.logits, one.contrast[:, None]), dim=1) for one in seen], dim=1)
        weights = torch.stack([one.region_weights for one in seen]).mean(dim=0)
        evidence = torch.cat((said[places].mean(dim=1), self.motion(moving)[:, None]), dim=1)
        return evidence, self.agreement(moving, sound), weights[places].transpose(1, 2)
