"""Sound on one even time line, whatever the file holds."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from media_support import Sound, clicks, tone, write_sound, write_video

from lipfd_desktop.errors import Cancelled, NoAudioError
from lipfd_desktop.media.audio import AudioChunk, AudioMeter, read_audio

RATE = 16_000


def joined(chunks: Iterable[AudioChunk], rate: int = RATE) -> tuple[float, np.ndarray]:
    """First PTS and all samples, after checking that the chunks follow each other without a seam."""
    parts = list(chunks)
    position = 0
    for part in parts:
        assert part.pts == pytest.approx(parts[0].pts + position / rate, abs=1e-6)
        assert part.samples.dtype == np.float32
        assert part.samples.ndim == 1
        assert 0 < len(part.samples) <= rate
        position += len(part.samples)
    return parts[0].pts, np.concatenate([part.samples for part in parts])


def onsets(start: float, samples: np.ndarray, rate: int = RATE) -> list[float]:
    """Seconds at which the sound rises from silence."""
    loud = np.flatnonzero(np.abs(samples) > 0.3)
    return [start + index / rate for index in loud[np.diff(loud, prepend=-rate) > rate // 20]]


@pytest.mark.parametrize(
    ("name", "codec", "rate", "channels"),
    [
        ("clip.mp4", "aac", 48_000, 1),
        ("clip.mp4", "aac", 44_100, 2),
        ("clip.mp4", "aac", 48_000, 6),
        ("clip.ts", "aac", 48_000, 2),
        ("clip.mkv", "pcm_u8", 8_000, 1),
        ("clip.mov", "pcm_s16le", 44_100, 2),
        ("clip.mkv", "pcm_s16le", 48_000, 6),
        ("clip.mkv", "flac", 16_000, 1),
        ("clip.mkv", "libopus", 48_000, 2),
        ("clip.avi", "libmp3lame", 44_100, 2),
    ],
)
def test_every_codec_rate_and_layout_keeps_its_time(
    tmp_path: Path, name: str, codec: str, rate: int, channels: int
) -> None:
    path = tmp_path / name
    sound = Sound(
        samples=clicks(2.2, [0.3, 0.9, 1.7], sample_rate=rate, channels=channels), sample_rate=rate, codec=codec
    )
    write_video(path, 60, audio=sound)
    start, samples = joined(read_audio(path, sample_rate=RATE))
    # MPEG-TS keeps the priming of AAC, AVI that of MP3; both state no PTS for the first sample that counts.
    slack = 0.03 if name.endswith((".ts", ".avi")) else 0.002
    offset = onsets(start, samples)[0] - 0.3
    assert abs(offset) < slack
    assert np.subtract(onsets(start, samples), offset) == pytest.approx([0.3, 0.9, 1.7], abs=0.001)
    assert np.abs(samples).max() == pytest.approx(0.9, abs=0.15)


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_f32le"])
def test_mix_of_equal_channels_is_as_loud_as_one(tmp_path: Path, channels: int, codec: str) -> None:
    path = tmp_path / "clip.mkv"
    write_sound(path, Sound(samples=tone(1.0, channels=channels, peak=0.9), codec=codec))
    _, samples = joined(read_audio(path, sample_rate=RATE))
    assert np.abs(samples[2000:-2000]).max() == pytest.approx(0.9, abs=0.01)


def test_tone_survives_resampling(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    write_sound(path, Sound(samples=tone(1.0, hertz=1000), codec="flac"))
    _, samples = joined(read_audio(path, sample_rate=RATE))
    assert len(samples) == RATE
    expected = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)
    assert np.abs(samples - expected)[200:-200].max() < 0.005


def test_sound_may_begin_later_than_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    sound = Sound(samples=clicks(1.0, [0.5]), codec="flac", start=5.7)
    write_video(path, 60, start=5.0, audio=sound)
    start, samples = joined(read_audio(path, sample_rate=RATE))
    assert start == pytest.approx(5.7, abs=0.001)
    assert onsets(start, samples) == pytest.approx([6.2], abs=0.001)


@pytest.mark.parametrize(("name", "codec"), [("clip.mp4", "aac"), ("clip.mkv", "flac"), ("clip.ts", "aac")])
def test_range_is_a_cut_out_of_the_whole(tmp_path: Path, name: str, codec: str) -> None:
    path = tmp_path / name
    # A sweep sounds different everywhere; noise would not do, because AAC replaces it by noise of its own.
    seconds = np.arange(48_000 * 6) / 48_000
    sweep = (0.5 * np.sin(2 * np.pi * (100 + 30 * seconds) * seconds)).astype(np.float32)
    write_video(path, 150, audio=Sound(samples=sweep[None], codec=codec))
    whole_start, whole = joined(read_audio(path, sample_rate=RATE))
    for begin, end in ((2.0, 2.2), (0.001, 0.5), (4.321, 99.0)):
        start, part = joined(read_audio(path, sample_rate=RATE, start=whole_start + begin, end=whole_start + end))
        assert 0 <= start - (whole_start + begin) < 1 / RATE + 1e-9
        assert abs(len(part) - (min(end, len(whole) / RATE) - begin) * RATE) <= 2
        # A range has a grid of its own, up to a fraction of a sample beside that of the whole.
        times = start - whole_start + np.arange(len(part)) / RATE
        reference = np.interp(times, np.arange(len(whole)) / RATE, whole)
        assert np.abs(part - reference)[:-50].max() < 0.02


def test_range_before_and_after_the_sound(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    write_sound(path, Sound(samples=tone(1.0), codec="flac", start=2.0))
    assert list(read_audio(path, sample_rate=RATE, end=1.5)) == []
    assert list(read_audio(path, sample_rate=RATE, start=50.0)) == []
    start, samples = joined(read_audio(path, sample_rate=RATE, start=0.0, end=2.5))
    assert (start, len(samples)) == (pytest.approx(2.0, abs=0.001), RATE // 2)


# Gaps ----------------------------------------------------------------------------------------------------------


def write_blocks(path: Path, blocks: list[tuple[int, np.ndarray]], rate: int = RATE) -> None:
    """Float samples at exact positions; NUT keeps any time base."""
    with av.open(str(path), "w", format="nut") as container:
        stream = container.add_stream("pcm_f32le", rate=rate, layout="mono")
        for position, samples in blocks:
            frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), format="flt", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, position, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.integers(0, 3 * RATE),
    steps=st.lists(
        st.tuples(st.integers(800, 4000), st.one_of(st.just(0), st.integers(400, 3 * RATE), st.integers(-700, -400))),
        min_size=1,
        max_size=8,
    ),
)
def test_gaps_become_silence_and_overlaps_are_cut(tmp_path: Path, first: int, steps: list[tuple[int, int]]) -> None:
    blocks: list[tuple[int, np.ndarray]] = []
    expected = np.zeros(0, np.float32)
    position = first
    for number, (length, jump) in enumerate(steps):
        samples = np.full(length, 0.1 + 0.1 * number, np.float32)
        blocks.append((position, samples))
        fresh = samples[max(0, first + len(expected) - position) :]
        gap = max(0, position - first - len(expected))
        expected = np.concatenate([expected, np.zeros(gap, np.float32), fresh])
        position += length + jump
    path = tmp_path / "blocks.nut"
    write_blocks(path, blocks)
    start, samples = joined(read_audio(path, sample_rate=RATE))
    assert start == pytest.approx(first / RATE)
    assert np.array_equal(samples, expected)


def test_jitter_is_not_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "jitter.nut"
    generator = np.random.default_rng(2)
    wave = tone(2.0, sample_rate=RATE)[0]
    blocks = [
        (1000 + first + (int(generator.integers(-100, 100)) if first else 0), wave[first : first + 1024])
        for first in range(0, len(wave), 1024)
    ]
    write_blocks(path, blocks)
    _, samples = joined(read_audio(path, sample_rate=RATE))
    assert np.array_equal(samples, wave)


def test_absurd_time_stamp_does_not_make_hours_of_silence(tmp_path: Path) -> None:
    path = tmp_path / "absurd.nut"
    ones = np.ones(RATE, np.float32)
    write_blocks(path, [(0, ones), (RATE * 1_000_000, ones), (RATE * 1_000_001, ones)])
    _, samples = joined(read_audio(path, sample_rate=RATE))
    assert np.array_equal(samples, np.ones(3 * RATE, np.float32))


def test_gap_in_a_compressed_track(tmp_path: Path) -> None:
    path = tmp_path / "gap.mkv"
    write_sound(path, Sound(samples=clicks(4.0, [0.5, 3.5]), codec="flac", gaps=[(1.0, 3.0)]))
    start, samples = joined(read_audio(path, sample_rate=RATE))
    assert onsets(start, samples) == pytest.approx([0.5, 3.5], abs=0.002)


# Level, refusals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("peak", "silent"), [(0.0, True), (0.0005, True), (0.002, False), (0.5, False)])
def test_silence_is_told_from_sound(tmp_path: Path, peak: float, silent: bool) -> None:
    path = tmp_path / "clip.mkv"
    write_sound(path, Sound(samples=tone(1.5, peak=peak), codec="flac", start=1.0))
    meter = AudioMeter(RATE)
    for _ in meter.watch(read_audio(path, sample_rate=RATE)):
        pass
    extent = meter.extent
    assert extent is not None
    assert (extent.start, extent.end) == (pytest.approx(1.0, abs=0.001), pytest.approx(2.5, abs=0.002))
    assert extent.is_silent is silent
    if peak >= 0.002:
        assert extent.peak_dbfs == pytest.approx(20 * math.log10(peak), abs=0.3)


def test_nothing_measured() -> None:
    assert AudioMeter(RATE).extent is None


def test_no_audio_track(tmp_path: Path) -> None:
    path = tmp_path / "mute.mp4"
    write_video(path, 10)
    with pytest.raises(NoAudioError, match="no audio track"):
        next(read_audio(path, sample_rate=RATE))


def test_cancelling(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    write_sound(path, Sound(samples=tone(3.0), codec="flac"))
    with pytest.raises(Cancelled):
        next(read_audio(path, sample_rate=RATE, is_cancelled=lambda: True))
