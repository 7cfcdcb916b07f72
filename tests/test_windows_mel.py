from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import librosa
import matplotlib.image
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lipfd_desktop.media.audio import AudioChunk
from lipfd_desktop.windows.mel import GUIDED_MEL, OFFICIAL_MEL, MelSettings, build_mel_track, cut_strip, mel_power
from lipfd_desktop.windows.official import build_official_spectrogram


def speechlike(seconds: float, rate: int) -> np.ndarray:
    """Noise and tones that come and go."""
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(1).standard_normal(len(time))
    voice = np.sin(2 * np.pi * 180 * time) + 0.5 * np.sin(2 * np.pi * 1400 * time)
    return ((0.3 * voice * (np.sin(5 * time) > 0) + 0.01 * noise) * 0.5).astype(np.float32)


def pieces(samples: np.ndarray, sizes: list[int]) -> Iterator[np.ndarray]:
    first = 0
    for size in sizes:
        yield samples[first : first + size]
        first += size
    yield samples[first:]


@pytest.mark.parametrize("front_end", [GUIDED_MEL, OFFICIAL_MEL])
@settings(max_examples=8, deadline=None)
@given(sizes=st.lists(st.integers(1, 40_000), max_size=6))
def test_pieces_give_the_columns_of_the_whole(front_end: MelSettings, sizes: list[int]) -> None:
    samples = speechlike(14_000 * front_end.hop / 160 / front_end.sample_rate, front_end.sample_rate)
    streamed = np.concatenate(list(mel_power(pieces(samples, sizes), front_end)), axis=1)
    whole = librosa.feature.melspectrogram(
        y=samples,
        sr=front_end.sample_rate,
        n_fft=front_end.n_fft,
        hop_length=front_end.hop,
        n_mels=front_end.bands,
        norm="slaney" if front_end.normalised else None,
    )
    assert streamed.shape == whole.shape
    np.testing.assert_allclose(streamed, whole, rtol=1e-4, atol=1e-9)


def test_a_full_scale_tone_is_zero_decibels_in_its_band() -> None:
    time = np.arange(16_000) / 16_000
    track = build_mel_track([AudioChunk(0.0, np.sin(2 * np.pi * 1000 * time).astype(np.float32))])
    assert track is not None
    loudest = int(track.levels[:, 50].argmax())
    assert abs(track.frequencies[loudest] - 1000) < 40
    assert track.levels[loudest, 50] >= 245  # within 3 dB of full scale: the tone may lie between two bands
    assert track.levels[:, 50].min() == 0


def test_a_strip_is_exactly_the_sound_of_its_time() -> None:
    samples = np.zeros(32_000, np.float32)
    samples[16_000:17_600] = 0.5 * np.sin(2 * np.pi * 800 * np.arange(1600) / 16_000)
    track = build_mel_track([AudioChunk(3.0, samples)])
    assert track is not None
    assert track.start == 3.0
    assert cut_strip(track, 4.02, 4.08, 6).max(axis=0).min() > 200
    assert cut_strip(track, 4.2, 4.4, 20).max() == 0
    assert cut_strip(track, 3.9, 4.0, 10)[:, :5].max() == 0
    assert cut_strip(track, 0.0, 1.0, 10).max() == 0, "time before the sound is silence"
    assert cut_strip(track, 9.0, 9.2, 10).max() == 0, "time after the sound is silence"


def test_no_samples_give_no_track() -> None:
    assert build_mel_track([]) is None


def test_the_official_picture_is_the_one_that_matplotlib_saves(tmp_path: Path) -> None:
    sixteen = np.rint(speechlike(3, 16_000) * 32768) / 32768
    ours = build_official_spectrogram(lambda: [AudioChunk(0.0, part) for part in pieces(sixteen, [7000, 20_000])])

    loaded = librosa.resample(sixteen, orig_sr=16_000, target_sr=22_050, res_type="soxr_hq")
    decibels = librosa.power_to_db(librosa.feature.melspectrogram(y=loaded, sr=22_050), ref=np.min)
    matplotlib.image.imsave(tmp_path / "mel.png", decibels, cmap="viridis")
    theirs = (matplotlib.image.imread(tmp_path / "mel.png") * 255).astype(np.uint8)[:, :, 2::-1]

    drawn = ours.strip(0, 1, 1)  # one frame a file: the whole spectrogram, stretched to 500x500
    import cv2

    expected = cv2.resize(np.ascontiguousarray(theirs), (500, 500))
    assert drawn.shape == expected.shape
    difference = np.abs(drawn.astype(int) - expected.astype(int))
    assert difference.mean() < 0.5
    assert np.percentile(difference, 99) <= 4
