"""The guided contract's geometry: which square of the picture each tier shows.  The one place that says so.

The unit is the interocular unit of :class:`~lipfd_desktop.tracks.pose.FacePose` (about 63 mm on an adult).  Every
crop is turned by the roll of the face, so that the eyes lie level, and taken with one affine sampling from the full
frame:

====== ======================== ======= ==================================
tier   centre                   side    shows
====== ======================== ======= ==================================
head   eyes + 0.50 units down   5.0     hair to throat, as LipFD's 1.0x
face   eyes + 0.65 units down   3.0     brow to chin, ear to ear
lip    mouth corners' midpoint  1.6     nose tip to chin
====== ======================== ======= ==================================

The tiers follow the paper's idea of head, face and lip regions (section 4.2); the numbers are ours.

The context contract and the stores of training data keep two images of a face instead, cut in the same way:
:data:`FACE_IMAGE`, in which the network finds its face and lip tiers at fixed places, and :data:`HEAD_IMAGE`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.tracks.pose import FacePose


@dataclass(frozen=True, slots=True)
class Tier:
    """A square region: ``down`` units below the eyes, or around the mouth when ``down`` is None."""

    name: str
    side: float
    down: float | None


GUIDED_TIERS: Final = (Tier("head", 5.0, 0.5), Tier("face", 3.0, 0.65), Tier("lip", 1.6, None))

FACE_IMAGE: Final = Tier("face image", 3.2, 0.65)
FACE_SIDE: Final = 224
"""Pixels: 70 an interocular unit, about the sharpness of a 480p close-up.  The eyes' midpoint lies at (112, 66), the
mouth of a face seen from the front at (112, 136)."""
HEAD_IMAGE: Final = Tier("head", 5.0, 0.5)
HEAD_SIDE: Final = 128


def tier_centre(pose: FacePose, tier: Tier) -> NDArray[np.float64]:
    """(2,) centre of the tier in pixels of the frame."""
    if tier.down is None:
        return pose.mouth
    down = np.array([-np.sin(pose.roll), np.cos(pose.roll)])
    return pose.eyes + tier.down * pose.size * down


def tier_transform(pose: FacePose, tier: Tier, side: int) -> NDArray[np.float64]:
    """(2, 3) affine map from crop pixels (``side`` x ``side``) to frame pixels."""
    centre = tier_centre(pose, tier)
    scale = tier.side * pose.size / side
    cos, sin = np.cos(pose.roll) * scale, np.sin(pose.roll) * scale
    turn = np.array([[cos, -sin], [sin, cos]])
    middle = np.full(2, (side - 1) / 2)
    return np.column_stack([turn, centre - turn @ middle])


def crop_tier(image: NDArray[np.uint8], pose: FacePose, tier: Tier, side: int) -> NDArray[np.uint8]:
    """(side, side, 3) crop of one tier; what lies outside the frame repeats its border.

    Shrinking by more than two averages areas first, so that fine texture does not alias.
    """
    transform = tier_transform(pose, tier, side)
    shrink = tier.side * pose.size / side
    while shrink >= 2:
        image = np.asarray(cv2.pyrDown(image), np.uint8)
        transform, shrink = transform / 2, shrink / 2
    sampled = cv2.warpAffine(
        image, transform, (side, side), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(sampled, np.uint8)


def crop_tiers(image: NDArray[np.uint8], pose: FacePose, side: int) -> NDArray[np.uint8]:
    """(3, side, side, 3) head, face and lip of one face in one frame."""
    return np.stack([crop_tier(image, pose, tier, side) for tier in GUIDED_TIERS])
