"""Whole-portrait pseudo-fakes, and changed faces put back into their heads."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from forgery_support import SIDE, face_landmarks, window
from hypothesis import given, settings
from hypothesis import strategies as st

from lipfd_desktop.forgery.blend import head_with, reanimate
from lipfd_desktop.forgery.warping import MOST_TURN, pose_difference
from lipfd_desktop.tracks.pose import FacePose
from lipfd_desktop.windows.geometry import FACE_IMAGE, FACE_SIDE, HEAD_IMAGE, HEAD_SIDE, crop_tier

FRAMES, LANDMARKS = window()
HEADS = window(seed=2, side=HEAD_SIDE)[0]


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_a_portrait_is_forged_everywhere(seed: int) -> None:
    forged = reanimate(FRAMES, LANDMARKS, np.random.default_rng(seed), heads=HEADS)
    again = reanimate(FRAMES, LANDMARKS, np.random.default_rng(seed), heads=HEADS)
    assert forged.frames.shape == FRAMES.shape
    assert forged.frames.dtype == np.uint8
    assert (forged.mask == 1).all()
    assert forged.heads is not None
    assert forged.heads.shape == HEADS.shape
    np.testing.assert_array_equal(forged.frames, again.frames)


def test_all_frames_show_the_texture_of_one_still() -> None:
    rng = np.random.default_rng(0)
    frames = rng.integers(60, 200, FRAMES.shape).astype(np.uint8)  # nothing in common from frame to frame
    still = cv2.GaussianBlur(rng.integers(0, 256, FRAMES.shape[1:]).astype(np.uint8), (0, 0), 3)
    landmarks = np.repeat(face_landmarks()[None], len(frames), axis=0)
    forged = reanimate(frames, landmarks, np.random.default_rng(1), still=still, still_landmarks=landmarks[0])
    mouth = np.zeros((SIDE, SIDE), bool)
    mouth[120:152, 84:140] = True
    cheeks, lips = forged.frames[:, ~mouth].astype(int), forged.frames[:, 132:140, 100:124].astype(int)
    assert np.abs(cheeks - cheeks[0]).mean() < 4
    assert np.abs(lips - lips[0]).mean() > 15, "the inside of the mouth is taken from every frame"
    assert forged.heads is None


def test_a_photograph_from_another_side_is_not_used() -> None:
    """It would tear; a frame of the window takes its place."""
    turned = LANDMARKS[0].copy()
    turned[:, 0] = 112 + (turned[:, 0] - 112) * np.where(turned[:, 0] > 112, 0.2, 1.0)
    black = np.zeros_like(FRAMES[0])
    own = reanimate(FRAMES, LANDMARKS, np.random.default_rng(3), still=black, still_landmarks=turned)
    assert pose_difference(turned, LANDMARKS[0]) > MOST_TURN
    assert np.abs(own.frames.astype(int) - FRAMES).mean() < 40 < FRAMES.mean()


def test_the_difference_of_pose_ignores_place_size_and_speech() -> None:
    other = 1.7 * face_landmarks(opening=14.0) + np.float32([30, -12])
    assert pose_difference(other, face_landmarks(opening=2.0)) < 1e-3


def test_an_unchanged_face_leaves_the_head_bit_for_bit() -> None:
    np.testing.assert_array_equal(head_with(HEADS[0], FRAMES[0], FRAMES[0]), HEADS[0])


@pytest.mark.parametrize("roll", [0.0, 0.35])
def test_a_change_of_the_face_appears_in_the_head_where_it_is_in_the_frame(roll: float) -> None:
    """Against the head cut from a frame that was changed before it was cut."""
    y, x = np.mgrid[0:900, 0:900].astype(np.float32)
    frame = np.stack([128 + 60 * np.sin(x / 41), 128 + 60 * np.sin(y / 37), 128 + 40 * np.sin((x + y) / 53)], axis=-1)
    spot = 50 * np.exp(-((x - 470) ** 2 + (y - 520) ** 2) / (2 * 25**2))
    before, after = frame.astype(np.uint8), (frame + spot[..., None]).clip(0, 255).astype(np.uint8)
    pose = FacePose(np.array([450.0, 400.0]), np.array([450.0, 520.0]), 130.0, roll)
    faces = [crop_tier(picture, pose, FACE_IMAGE, FACE_SIDE) for picture in (before, after)]
    heads = [crop_tier(picture, pose, HEAD_IMAGE, HEAD_SIDE).astype(int) for picture in (before, after)]
    by_change = head_with(heads[0].astype(np.uint8), faces[1], faces[0]).astype(int)
    pasted = head_with(heads[0].astype(np.uint8), faces[1]).astype(int)
    assert np.abs(heads[1] - heads[0]).max() > 40
    assert np.abs(by_change - heads[1]).max() <= 3
    assert np.abs(pasted - heads[1]).max() <= 4


def test_a_pasted_face_ends_within_its_square() -> None:
    white = np.full((SIDE, SIDE, 3), 255, np.uint8)
    head = np.zeros((HEAD_SIDE, HEAD_SIDE, 3), np.uint8)
    changed = np.argwhere(head_with(head, white)[..., 0] > 0)
    low, high = changed.min(axis=0), changed.max(axis=0)
    side = FACE_IMAGE.side / HEAD_IMAGE.side * HEAD_SIDE
    assert (high - low + 1 <= np.ceil(side) + 1).all()
    assert (high - low + 1 >= side - 3).all()
