"""By how much two sounds are apart, and that different speech is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lipfd_desktop.errors import Cancelled
from lipfd_desktop.media.audio import AudioChunk, read_audio
from lipfd_desktop.result import MelTrack
from lipfd_desktop.windows.alignment import Alignment, align_sounds
from lipfd_desktop.windows.mel import build_mel_track

RATE = 16_000
COLUMN = 0.01


def mel_of(samples: NDArray[np.float32], start: float = 0.0) -> MelTrack:
    track = build_mel_track([AudioChunk(start, samples.astype(np.float32))])
    assert track is not None
    return track


def aligned(first: MelTrack, second: MelTrack) -> Alignment:
    found = align_sounds(first, second)
    assert found is not None
    return found


def babble(seed: int, seconds: float = 8.0) -> NDArray[np.float32]:
    """Something like speech: noise in bands that open and close four times a second."""
    generator = np.random.default_rng(seed)
    length = round(seconds * RATE)
    time = np.arange(length) / RATE
    sound = np.zeros(length)
    for hertz in (200, 500, 900, 1500, 2400, 3600, 5200):
        knots = generator.uniform(0, 1, round(seconds * 4) + 2) ** 2
        gate = np.interp(time * 4, np.arange(len(knots)), knots)
        sound += gate * np.sin(2 * np.pi * hertz * time + generator.uniform(0, 6))
    return (0.05 * sound + 0.001 * generator.normal(size=length)).astype(np.float32)


@pytest.fixture(scope="module")
def voice(sample: Path) -> NDArray[np.float32]:
    return np.concatenate([chunk.samples for chunk in read_audio(sample, sample_rate=RATE)])


@pytest.mark.parametrize("cut", [0.0, 0.013, 0.5, 1.2345, 3.0])
def test_a_part_of_a_real_sound_is_found_within_a_column(voice: NDArray[np.float32], cut: float) -> None:
    part = voice[round(cut * RATE) : round((cut + 4.0) * RATE)]
    found = aligned(mel_of(voice), mel_of(part))
    assert found.is_same_speech
    assert found.offset == pytest.approx(cut, abs=COLUMN)
    assert found.overlap == pytest.approx(4.0, abs=3 * COLUMN)


def test_each_file_has_a_clock_of_its_own(voice: NDArray[np.float32]) -> None:
    suspect, reference = mel_of(voice, start=100.0), mel_of(voice[round(1.5 * RATE) :], start=7.0)
    assert aligned(suspect, reference).offset == pytest.approx(101.5 - 7.0, abs=COLUMN)
    assert aligned(reference, suspect).offset == pytest.approx(7.0 - 101.5, abs=COLUMN)


def test_level_equaliser_and_noise_do_not_matter(voice: NDArray[np.float32]) -> None:
    generator = np.random.default_rng(3)
    part = voice[2 * RATE :]
    brighter = np.diff(part, prepend=part[:1]) * 0.4
    noise = generator.normal(0, float(np.sqrt(np.mean(brighter**2))) / 5, len(part))
    found = aligned(mel_of(voice), mel_of(brighter + noise))
    assert found.is_same_speech
    assert found.offset == pytest.approx(2.0, abs=COLUMN)


def test_columns_of_another_length_are_brought_to_one(voice: NDArray[np.float32]) -> None:
    second = mel_of(voice[RATE:])
    sparse = replace(second, column_seconds=2 * COLUMN, levels=second.levels[:, ::2])
    found = aligned(mel_of(voice), sparse)
    assert found.is_same_speech
    assert found.offset == pytest.approx(1.0, abs=2 * COLUMN)


@settings(max_examples=12, deadline=None)
@given(shift=st.floats(-4.0, 4.0), seed=st.integers(0, 50))
def test_any_shift_of_a_made_up_sound_is_found(shift: float, seed: int) -> None:
    sound = babble(seed)
    places = round(abs(shift) * RATE)
    first, second = (sound, sound[places:]) if shift >= 0 else (sound[places:], sound)
    found = aligned(mel_of(first), mel_of(second))
    assert found.is_same_speech
    assert found.offset == pytest.approx(shift, abs=COLUMN)


def test_different_speech_is_refused(voice: NDArray[np.float32]) -> None:
    others = [babble(seed) for seed in range(4)] + [voice]
    for place, first in enumerate(others):
        for second in others[place + 1 :]:
            assert not aligned(mel_of(first), mel_of(second)).is_same_speech
    assert not aligned(mel_of(voice), mel_of(voice[::-1].copy())).is_same_speech


def test_a_sound_that_repeats_itself_is_not_believed() -> None:
    bar = babble(1, seconds=2.0)
    loop = mel_of(np.tile(bar, 5))
    found = aligned(loop, mel_of(np.tile(bar, 4)))
    assert found.similarity > 0.9
    assert not found.is_same_speech


def test_silence_and_short_sounds_say_nothing(voice: NDArray[np.float32]) -> None:
    silent = mel_of(np.zeros(5 * RATE, np.float32))
    assert align_sounds(mel_of(voice), silent) is None
    assert align_sounds(mel_of(voice), mel_of(voice[:RATE])) is None


def test_it_can_be_cancelled(voice: NDArray[np.float32]) -> None:
    with pytest.raises(Cancelled):
        align_sounds(mel_of(voice), mel_of(voice), lambda: True)
