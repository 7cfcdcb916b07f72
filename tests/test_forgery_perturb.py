"""Perturbations, codecs and the levelling augmentation."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from forgery_support import window
from hypothesis import given, settings
from hypothesis import strategies as st

from lipfd_desktop.forgery.codec import PRESETS, recompress_h264
from lipfd_desktop.forgery.levelling import Past, Step, level, random_past
from lipfd_desktop.forgery.perturb import REGISTRY, SEVERITIES, Perturbation, perturb
from lipfd_desktop.windows.geometry import HEAD_IMAGE, HEAD_SIDE

FRAMES, _ = window()
SEEDS = st.integers(0, 2**32 - 1)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(int) - b).mean())


@pytest.mark.parametrize("kind", Perturbation)
def test_severity_grows(kind: Perturbation) -> None:
    changes = []
    for severity in SEVERITIES:
        perturbed = perturb(FRAMES, kind, severity, np.random.default_rng(0))
        again = perturb(FRAMES, kind, severity, np.random.default_rng(0))
        assert perturbed.shape == FRAMES.shape
        assert perturbed.dtype == np.uint8
        np.testing.assert_array_equal(perturbed, again)
        changes.append(distance(FRAMES, perturbed))
    assert changes[0] > 0
    assert (np.diff(changes) > 0).all(), changes


def test_every_kind_has_its_recipe() -> None:
    assert set(REGISTRY) == set(Perturbation)


@pytest.mark.parametrize("severity", [0, 6])
def test_there_are_five_severities(severity: int) -> None:
    with pytest.raises(ValueError, match="severity"):
        perturb(FRAMES, Perturbation.BLUR, severity, np.random.default_rng(0))


def test_full_desaturation_is_grey() -> None:
    grey = perturb(FRAMES, Perturbation.SATURATION, 5, np.random.default_rng(0)).astype(int)
    assert np.abs(grey[..., 0] - grey[..., 2]).max() <= 2


@pytest.mark.parametrize("shape", [(1, 64, 64), (3, 63, 97), (5, 224, 224)])
def test_h264_gives_back_as_many_frames_of_the_same_size(shape: tuple[int, int, int]) -> None:
    frames = FRAMES[: shape[0], : shape[1], : shape[2]]
    coded = recompress_h264(frames, 20)
    assert coded.shape == frames.shape
    assert 0 < distance(frames, coded) < 8
    np.testing.assert_array_equal(coded, recompress_h264(frames, 20))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_higher_rate_factor_loses_more(preset: str) -> None:
    losses = [distance(FRAMES, recompress_h264(FRAMES, crf, preset)) for crf in (18, 28, 38)]
    assert losses == sorted(losses)
    assert losses[0] < losses[2]


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_levelling_keeps_the_shape_and_follows_the_seed(seed: int) -> None:
    levelled = level(FRAMES, np.random.default_rng(seed))
    assert levelled.shape == FRAMES.shape
    assert levelled.dtype == np.uint8
    np.testing.assert_array_equal(levelled, level(FRAMES, np.random.default_rng(seed)))


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_a_past_does_not_depend_on_what_it_is_applied_to(seed: int) -> None:
    """The FACE and HEAD images, or a real and a forged window, can be given one and the same past."""
    past = random_past(np.random.default_rng(seed))
    heads = np.stack([cv2.resize(frame, (HEAD_SIDE, HEAD_SIDE), interpolation=cv2.INTER_AREA) for frame in FRAMES])
    levelled = past.apply(heads, HEAD_SIDE / HEAD_IMAGE.side)
    assert levelled.shape == heads.shape
    np.testing.assert_array_equal(past.apply(FRAMES), level(FRAMES, np.random.default_rng(seed)))


def test_a_past_without_events_changes_nothing() -> None:
    np.testing.assert_array_equal(Past(1.0, 1.0, 1.0, (), 0).apply(FRAMES), FRAMES)


def test_a_small_past_shows_in_the_face_and_not_in_the_small_head() -> None:
    past = Past(1.0, 1.0, 1.0, (Step(size=0.5),), 0)
    assert distance(past.apply(FRAMES), FRAMES) > 1
    np.testing.assert_array_equal(past.apply(FRAMES, HEAD_SIDE / HEAD_IMAGE.side), FRAMES)


@pytest.mark.parametrize(
    ("step", "sharper"), [(Step(softness=1.5), False), (Step(softness=-1.0), True), (Step(grain=5), True)]
)
def test_steps_change_detail_as_they_say(step: Step, *, sharper: bool) -> None:
    def detail(frames: np.ndarray) -> float:
        return float(np.abs(np.diff(frames.astype(float), axis=2)).mean())

    changed = Past(1.0, 1.0, 1.0, (step,), 0).apply(FRAMES)
    assert (detail(changed) > detail(FRAMES)) is sharper
