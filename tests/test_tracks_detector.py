from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from lipfd_desktop.media.frames import read_frames
from lipfd_desktop.result import FacePath
from lipfd_desktop.tracks.detector import FaceDetector, overlap
from lipfd_desktop.tracks.pose import FacePose, bounding_box, lips_box


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    sample = Path(__file__).parent.parent / "resources" / "sample.mp4"
    with read_frames(sample) as frames:
        return next(frames).rgb()


@pytest.fixture(scope="module")
def truth(portrait: np.ndarray) -> np.ndarray:
    with FaceDetector() as detector:
        (face,) = detector.follow(portrait)
    assert face.path is FacePath.DETECTED
    return face.landmarks


def test_lips_lie_inside_the_face_and_below_the_eyes(truth: np.ndarray) -> None:
    face, lips, pose = bounding_box(truth), lips_box(truth), FacePose.from_landmarks(truth)
    assert (lips[:2] > face[:2]).all()
    assert (lips[:2] + lips[2:] < face[:2] + face[2:]).all()
    assert pose.mouth[1] > pose.eyes[1]
    assert abs(np.degrees(pose.roll)) < 10
    assert 0.3 < pose.size / face[3] < 0.6


def test_a_shrunk_picture_gives_landmarks_of_the_full_one(portrait: np.ndarray, truth: np.ndarray) -> None:
    half = cv2.resize(portrait, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    with FaceDetector() as detector:
        (face,) = detector.follow(half, scale=2.0)
    assert np.abs(face.landmarks - truth).mean() < 4


def test_the_roll_follows_the_picture(portrait: np.ndarray, truth: np.ndarray) -> None:
    height, width = portrait.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -20, 1.0)
    with FaceDetector() as detector:
        (face,) = detector.follow(cv2.warpAffine(portrait, turn, (width, height), borderMode=cv2.BORDER_REPLICATE))
    turned = FacePose.from_landmarks(face.landmarks).roll - FacePose.from_landmarks(truth).roll
    assert np.degrees(turned) == pytest.approx(20, abs=4)


def test_a_small_face_is_found_by_the_fall_back(portrait: np.ndarray, truth: np.ndarray) -> None:
    small = cv2.resize(portrait, (128, 96), interpolation=cv2.INTER_AREA)
    wide = np.full((720, 1280, 3), 128, np.uint8)
    wide[400:496, 900:1028] = small
    with FaceDetector() as detector:
        assert detector.follow(wide) == [], "if the main path finds it, this tests nothing"
        (face,) = detector.search(wide)
    expected = bounding_box(truth * 0.2 + np.array([900, 400], np.float32))
    assert face.path is FacePath.FALLBACK
    assert overlap(face.box, expected) > 0.6


def test_a_dark_face_is_found_near_where_it_was(portrait: np.ndarray, truth: np.ndarray) -> None:
    dark = (portrait * 0.12).astype(np.uint8)
    with FaceDetector() as detector:
        (face,) = detector.search(dark, [bounding_box(truth)])
    assert overlap(face.box, bounding_box(truth)) > 0.7


def test_nothing_is_found_where_there_is_nothing() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    with FaceDetector() as detector:
        assert detector.follow(noise) == []
        assert detector.search(noise) == []


def test_overlap_is_one_for_the_same_box_and_zero_for_another() -> None:
    box = np.array([10, 10, 20, 20], np.float32)
    assert overlap(box, box) == pytest.approx(1)
    assert overlap(box, box + np.array([30, 0, 0, 0], np.float32)) == 0
