"""Pseudo-fakes of the mouth."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from forgery_support import SIDE, face_landmarks, window
from hypothesis import given, settings
from hypothesis import strategies as st

from lipfd_desktop.forgery.blend import Forged, nearest_mouth, paste, self_blend, transplant
from lipfd_desktop.forgery.compose import match_colours, match_detail, mix
from lipfd_desktop.forgery.masks import Region, random_mask
from lipfd_desktop.forgery.warping import rigid_points, warp_faces
from lipfd_desktop.tracks.pose import LIPS

SEEDS = st.integers(0, 2**32 - 1)
few = settings(max_examples=15, deadline=None)
FRAMES, LANDMARKS = window()
DONOR, DONOR_LANDMARKS = window(seed=1)


def forge(kind: str, seed: int) -> Forged:
    rng = np.random.default_rng(seed)
    if kind == "self":
        return self_blend(FRAMES, LANDMARKS, rng)
    if kind == "paste":
        return paste(FRAMES, DONOR, LANDMARKS, rng)
    return transplant(FRAMES, LANDMARKS, DONOR, DONOR_LANDMARKS, rng)


@pytest.mark.parametrize("kind", ["self", "paste", "transplant"])
@given(seed=SEEDS)
@few
def test_a_blend_changes_the_mouth_and_nothing_outside_its_mask(kind: str, seed: int) -> None:
    before = FRAMES.copy()
    forged = forge(kind, seed)
    assert forged.frames.shape == FRAMES.shape
    assert forged.frames.dtype == np.uint8
    assert forged.mask.shape == FRAMES.shape[:3]
    assert forged.mask.dtype == np.float32
    assert forged.mask.min() >= 0
    assert forged.mask.max() <= 1
    outside = forged.mask == 0
    assert outside.mean() > 0.2
    np.testing.assert_array_equal(forged.frames[outside], FRAMES[outside])
    assert (forged.frames != FRAMES).any()
    np.testing.assert_array_equal(FRAMES, before)


@pytest.mark.parametrize("kind", ["self", "paste", "transplant"])
def test_a_blend_is_decided_by_the_generator_of_random_numbers_alone(kind: str) -> None:
    first, again, other = forge(kind, 4), forge(kind, 4), forge(kind, 5)
    np.testing.assert_array_equal(first.frames, again.frames)
    np.testing.assert_array_equal(first.mask, again.mask)
    assert (first.frames != other.frames).any()


def test_self_blends_both_blur_and_sharpen() -> None:
    """A pseudo-fake that could only be softer than its surroundings would teach that sharp means real."""

    def detail(frames: np.ndarray, mask: np.ndarray) -> float:
        inside = (mask > 0.9)[:, 1:, 1:]
        steps = np.abs(np.diff(frames.astype(np.float32), axis=2))[:, 1:]
        return float(steps[inside].mean())

    ratios = []
    for seed in range(60):
        forged = forge("self", seed)
        if (forged.mask > 0.9).sum() > 500:
            ratios.append(detail(forged.frames, forged.mask) / detail(FRAMES, forged.mask))
    assert np.mean(np.array(ratios) < 0.97) > 0.15
    assert np.mean(np.array(ratios) > 1.03) > 0.15


@pytest.mark.parametrize("region", Region)
@given(seed=SEEDS)
@few
def test_every_region_holds_the_mouth(region: Region, seed: int) -> None:
    mask = random_mask(LANDMARKS, SIDE, np.random.default_rng(seed), region=region)
    centre = LANDMARKS[2, list(LIPS)].mean(axis=0).astype(int)
    assert mask[2, centre[1], centre[0]] > 0.5
    assert 0.005 < mask.mean() < 0.85


@given(seed=SEEDS)
@few
def test_a_region_can_be_made_to_hold_a_second_mouth(seed: int) -> None:
    moved = LANDMARKS + np.float32([0, 40])
    rng = np.random.default_rng(seed)
    mask = random_mask(LANDMARKS, SIDE, rng, region=Region.LIPS, others=moved)
    x, y = moved[0, list(LIPS)].mean(axis=0).astype(int)
    assert mask[0, y, x] > 0.3


def test_a_transplant_of_the_same_moment_lies_exactly_where_it_was() -> None:
    """Changes of quality and tone are left; a displacement would show in the coarse picture, whose details are gone."""

    def coarse(frames: np.ndarray) -> np.ndarray:
        return np.stack([cv2.GaussianBlur(frame, (0, 0), 5) for frame in frames]).astype(int)

    changes = []
    for seed in range(12):
        forged = transplant(FRAMES, LANDMARKS, FRAMES, LANDMARKS, np.random.default_rng(seed))
        changes.append(np.abs(coarse(forged.frames) - coarse(FRAMES))[forged.mask > 0.5].mean())
    displaced = np.abs(coarse(np.roll(FRAMES, 2, axis=2)) - coarse(FRAMES)).mean()
    assert np.median(changes) < displaced / 4


def test_rigid_points_recovers_a_similarity() -> None:
    points = face_landmarks().astype(np.float64)
    turn = 1.2 * np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    matrix = rigid_points(points, points @ turn.T + [7, -4])
    np.testing.assert_allclose(matrix, np.column_stack([turn, [7, -4]]), atol=1e-6)


def test_a_face_warped_onto_itself_stays_as_it_is() -> None:
    warped = warp_faces(FRAMES, LANDMARKS, LANDMARKS)
    assert np.abs(warped.astype(int) - FRAMES).max() <= 2


def test_warping_carries_the_picture_to_where_the_landmarks_go() -> None:
    landmarks = face_landmarks()[None]
    picture = np.zeros((1, SIDE, SIDE, 3), np.uint8)
    corner = landmarks[0, 61]
    picture[0, int(corner[1]) - 2 : int(corner[1]) + 3, int(corner[0]) - 2 : int(corner[0]) + 3] = 255
    targets = landmarks.copy()
    targets[0, [61, 78]] += (-6, 3)
    bright = np.argwhere(warp_faces(picture, landmarks, targets)[0, ..., 0] > 100)
    np.testing.assert_allclose(bright.mean(axis=0)[::-1], targets[0, 61], atol=2)


def test_the_nearest_mouth_has_the_same_shape_wherever_the_face_is() -> None:
    bank = np.stack([face_landmarks(opening) for opening in (1, 4, 8, 12, 16)])
    turn = 2.5 * np.array([[np.cos(-0.4), -np.sin(-0.4)], [np.sin(-0.4), np.cos(-0.4)]])
    targets = (bank[[3, 0, 4]] @ turn.T + [300, 80]).astype(np.float32)
    np.testing.assert_array_equal(nearest_mouth(bank, targets), [3, 0, 4])


def test_matched_colours_have_the_surroundings_mean_and_spread() -> None:
    mask = np.zeros(FRAMES.shape[:3], np.float32)
    mask[:, 100:180, 60:160] = 1
    darker = (FRAMES * 0.6).astype(np.uint8)
    inside = mask > 0.5
    matched = match_colours(darker, FRAMES, mask)[inside]
    np.testing.assert_allclose(matched.mean(axis=0), FRAMES[inside].mean(axis=0), atol=2.5)
    np.testing.assert_allclose(matched.std(axis=0), FRAMES[inside].std(axis=0), rtol=0.1)


@pytest.mark.parametrize("share", [0.7, 1.0, 1.3])
def test_matched_detail_has_the_wanted_share_of_the_surroundings(share: float) -> None:
    mask = np.ones(FRAMES.shape[:3], np.float32)
    softer = np.stack([cv2.GaussianBlur(frame, (0, 0), 0.5) for frame in FRAMES])

    def detail(frames: np.ndarray) -> float:
        green = frames[..., 1].astype(np.float32)
        return float(np.std(green - np.stack([cv2.GaussianBlur(picture, (0, 0), 1.5) for picture in green])))

    assert detail(match_detail(softer, FRAMES, mask, share)) / detail(FRAMES) == pytest.approx(share, rel=0.04)


def test_mixing_follows_the_mask() -> None:
    mask = np.zeros(FRAMES.shape[:3], np.float32)
    mask[:, 50:60], mask[:, 60:70] = 1.0, 0.5
    mixed = mix(FRAMES, DONOR, mask)
    np.testing.assert_array_equal(mixed[:, 50:60], DONOR[:, 50:60])
    half = (FRAMES[:, 60:70].astype(float) + DONOR[:, 60:70]) / 2
    assert np.abs(mixed[:, 60:70] - half).max() <= 0.5
    np.testing.assert_array_equal(mixed[:, 70:], FRAMES[:, 70:])
