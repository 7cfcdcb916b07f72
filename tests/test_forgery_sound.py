"""Foreign sound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipfd_desktop.forgery.sound import (
    LARGEST_SHIFT,
    SMALLEST_SHIFT,
    ForeignSound,
    foreign,
    random_shift,
    shifted,
    silent,
    swapped,
)
from lipfd_desktop.result import MelTrack
from lipfd_desktop.windows.mel import cut_strip


def speech(columns: int, seed: int = 0, loudness: int = 150) -> np.ndarray:
    rng = np.random.default_rng(seed)
    syllables = np.abs(np.sin(np.arange(columns) / 9))
    return np.clip(loudness * syllables + rng.normal(0, 12, (80, columns)), 1, 255).astype(np.uint8)


def track(levels: np.ndarray, start: float = 3.0) -> MelTrack:
    return MelTrack(start=start, column_seconds=0.01, frequencies=np.arange(80.0), levels=levels)


@given(st.integers(0, 2**32 - 1))
def test_shifts_are_audible_and_of_either_sign(seed: int) -> None:
    shifts = [random_shift(np.random.default_rng([seed, k])) for k in range(40)]
    assert all(SMALLEST_SHIFT <= abs(shift) <= LARGEST_SHIFT for shift in shifts)
    assert min(shifts) < 0 < max(shifts)


def test_a_late_sound_is_heard_later() -> None:
    levels = speech(600)
    late = track(shifted(levels, 0.01, 0.5))
    np.testing.assert_array_equal(cut_strip(late, 5.5, 6.5, 100), cut_strip(track(levels), 5.0, 6.0, 100))


@given(st.floats(-2, 2), st.integers(1, 400))
def test_shifting_back_restores_the_sound(seconds: float, columns: int) -> None:
    levels = speech(columns)
    np.testing.assert_array_equal(shifted(shifted(levels, 0.01, seconds), 0.01, -seconds), levels)


@given(st.integers(0, 2**32 - 1), st.integers(1, 900))
def test_swapped_sound_is_as_long_and_as_loud(seed: int, length: int) -> None:
    levels, other = speech(400), speech(length, seed=1, loudness=90)
    taken = swapped(levels, other, np.random.default_rng(seed))
    assert taken.shape == levels.shape
    assert taken.dtype == np.uint8
    assert (taken != levels).any()
    if length >= 400:
        assert abs(np.quantile(taken.mean(axis=0), 0.9) - np.quantile(levels.mean(axis=0), 0.9)) < 20


def test_silence_in_the_other_sound_stays_silence() -> None:
    other = speech(200, seed=1)
    other[:, 50:150] = 0
    taken = swapped(speech(200), other, np.random.default_rng(0))
    assert (taken == 0).all(axis=0).sum() == 100


@pytest.mark.parametrize("other", [np.zeros((80, 0), np.uint8), np.zeros((128, 40), np.uint8)])
def test_a_sound_that_does_not_fit_is_refused(other: np.ndarray) -> None:
    with pytest.raises(ValueError, match="take the place"):
        swapped(speech(100), other, np.random.default_rng(0))


def test_silent() -> None:
    assert not silent(speech(100)).any()


@pytest.mark.parametrize("kind", ForeignSound)
def test_a_foreign_track_keeps_the_clock_and_changes_the_sound(kind: ForeignSound) -> None:
    own, other = track(speech(500)), track(speech(300, seed=4), start=0.0)
    changed = foreign(own, kind, np.random.default_rng(2), other)
    assert (changed.start, changed.end) == (own.start, own.end)
    assert (changed.levels != own.levels).any()
    again = foreign(own, kind, np.random.default_rng(2), other)
    np.testing.assert_array_equal(changed.levels, again.levels)


def test_swapping_needs_another_sound() -> None:
    with pytest.raises(ValueError, match="another clip"):
        foreign(track(speech(50)), ForeignSound.SWAPPED, np.random.default_rng(0))
