from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lipfd_desktop.tracks.pose import FacePose
from lipfd_desktop.windows.geometry import GUIDED_TIERS, crop_tiers, tier_centre, tier_transform


def pose(x: float = 300, y: float = 200, size: float = 40, roll: float = 0.0) -> FacePose:
    down = np.array([-np.sin(roll), np.cos(roll)])
    eyes = np.array([x, y], float)
    return FacePose(eyes, eyes + size * down, size, roll)


@given(st.floats(-1.2, 1.2), st.floats(5, 200), st.integers(16, 256))
def test_the_middle_of_a_crop_is_the_centre_of_its_tier(roll: float, size: float, side: int) -> None:
    placed = pose(size=size, roll=roll)
    for tier in GUIDED_TIERS:
        middle = tier_transform(placed, tier, side) @ np.array([(side - 1) / 2, (side - 1) / 2, 1])
        np.testing.assert_allclose(middle, tier_centre(placed, tier), atol=1e-6)


@given(st.floats(-1.2, 1.2), st.floats(5, 200))
def test_the_mouth_lies_straight_below_the_eyes_in_every_crop(roll: float, size: float) -> None:
    placed = pose(size=size, roll=roll)
    for tier in GUIDED_TIERS:
        to_crop = cv2.invertAffineTransform(tier_transform(placed, tier, 100))
        eyes, mouth = (to_crop @ np.array([*point, 1]) for point in (placed.eyes, placed.mouth))
        assert eyes[0] == pytest.approx(mouth[0], abs=1e-6)
        assert mouth[1] - eyes[1] == pytest.approx(100 / tier.side, abs=1e-6)


@settings(max_examples=10, deadline=None)
@given(st.floats(-25, 25), st.floats(0.6, 1.6))
def test_a_turned_and_scaled_picture_gives_the_same_crops(degrees: float, zoom: float) -> None:
    y, x = np.mgrid[0:600, 0:800]
    waves = [128 + 60 * np.sin(x / a) * np.cos(y / b) for a, b in ((23, 31), (40, 17), (29, 53))]
    picture = np.stack(waves, axis=-1).astype(np.uint8)
    turn = cv2.getRotationMatrix2D((400.0, 300.0), -degrees, zoom)
    turned = cv2.warpAffine(picture, turn, (800, 600))
    straight = pose(x=400, y=290, size=30)
    eyes, mouth = (turn @ np.array([*point, 1]) for point in (straight.eyes, straight.mouth))
    moved = FacePose(eyes, mouth, straight.size * zoom, np.radians(degrees))
    for one, other in zip(crop_tiers(picture, straight, 48), crop_tiers(turned, moved, 48), strict=True):
        assert np.abs(one.astype(int) - other.astype(int)).mean() < 5


def test_crops_beyond_the_frame_repeat_its_border() -> None:
    picture = np.full((100, 100, 3), 77, np.uint8)
    assert (crop_tiers(picture, pose(x=5, y=5, size=30), 32) == 77).all()
