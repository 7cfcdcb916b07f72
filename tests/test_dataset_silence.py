from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lipfd_desktop.dataset.silence import MARGIN, column_levels, cut_mel, sounding_range
from lipfd_desktop.media.audio import AudioChunk
from lipfd_desktop.result import MelTrack
from lipfd_desktop.windows.mel import build_mel_track

RATE = 16_000


def mel_of(samples: np.ndarray, start: float = 0.0) -> MelTrack:
    mel = build_mel_track([AudioChunk(start, samples.astype(np.float32))])
    assert mel is not None
    return mel


def noise(seconds: float, peak: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-peak, peak, round(seconds * RATE))


def sine(seconds: float, peak: float = 1.0) -> np.ndarray:
    return peak * np.sin(2 * np.pi * 1000 * np.arange(round(seconds * RATE)) / RATE)


@pytest.mark.parametrize("peak", [1.0, 0.1, 0.01])
def test_the_level_of_a_sine_is_its_level_below_full_scale(peak: float) -> None:
    levels = column_levels(mel_of(sine(1.0, peak)))
    assert np.median(levels) == pytest.approx(20 * np.log10(peak), abs=2.5)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.1, 0.8), st.floats(0.1, 0.8), st.floats(0.02, 1.0), st.floats(-3, 8))
def test_silence_around_a_sound_is_found_whatever_its_gain(
    lead: float, trail: float, peak: float, start: float
) -> None:
    samples = np.concatenate([noise(lead, peak / 300), noise(1.0, peak), noise(trail, peak / 300)])
    found = sounding_range(mel_of(samples, start))
    assert found is not None
    assert found == pytest.approx((start + lead - MARGIN, start + lead + 1 + MARGIN), abs=0.04)


def test_a_click_is_no_sound() -> None:
    samples = np.concatenate([np.zeros(RATE), noise(1.0, 0.5), np.zeros(RATE)])
    samples[4000:4032] = 0.9
    found = sounding_range(mel_of(samples))
    assert found is not None
    assert found[0] == pytest.approx(1 - MARGIN, abs=0.04)


def test_quiet_parts_inside_stay() -> None:
    samples = np.concatenate([noise(0.5, 0.5), np.zeros(2 * RATE), noise(0.5, 0.5)])
    found = sounding_range(mel_of(samples))
    assert found == pytest.approx((0, 3), abs=0.04)


@pytest.mark.parametrize("samples", [np.zeros(RATE), noise(1.0, 1e-4)])
def test_silence_alone_has_no_range(samples: np.ndarray) -> None:
    assert sounding_range(mel_of(samples)) is None


def test_cutting_keeps_every_column_at_its_time() -> None:
    mel = mel_of(noise(2.0, 0.3), start=5.0)
    cut = cut_mel(mel, 5.305, 6.005)
    assert (cut.start, cut.levels.shape[1]) == (pytest.approx(5.31), 70)
    np.testing.assert_array_equal(cut.levels, mel.levels[:, 31:101])
    whole = cut_mel(mel, -100, 100)
    np.testing.assert_array_equal(whole.levels, mel.levels)
