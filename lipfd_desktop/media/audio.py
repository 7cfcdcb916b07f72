"""Sound as one even stream of mono samples, whatever the layout, rate and gaps of the file."""

from __future__ import annotations

import contextlib
import itertools
import math
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from numpy.typing import NDArray

from lipfd_desktop.cancellation import IsCancelled, never
from lipfd_desktop.errors import Cancelled, NoAudioError
from lipfd_desktop.language import mark
from lipfd_desktop.media.container import audio_stream, open_container, seconds, time_base_of
from lipfd_desktop.media.decode import DecodeStats, read_packets, seek

Samples = NDArray[np.float32]

SILENCE_DBFS: Final = -60.0
"""A track whose peak stays below this holds no speech: quiet speech peaks above -40 dBFS, while muted tracks carry
at most dither and the noise of a lossy codec, below -80 dBFS."""

_CHUNK_SECONDS: Final = 1.0

_JITTER: Final = 0.02
"""Seconds by which the PTS of a block may miss the end of the one before it without counting as a gap: half a frame
at 25 fps, and far above the 1 ms to which Matroska and FLV round."""

_LONGEST_GAP: Final = 3600.0
"""Seconds; a jump beyond this is a broken time stamp and the sound goes on without a gap."""

_SEEK_MARGINS: Final = (0.5, 4.0, 30.0, None)
"""Seconds before the wanted time that are tried in turn, None for the beginning of the file: the first because AAC
and Opus need some blocks to settle, the others because indices often list video only."""

_USUAL_LAYOUTS: Final = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
"""FFmpeg's own defaults (av_channel_layout_default)."""


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """Consecutive samples: sample ``k`` is heard at ``pts + k / sample_rate``.

    Attributes
    ----------
    pts
        Seconds.
    samples : (n,) float32
        Mono; full scale is 1.
    """

    pts: float
    samples: Samples


@dataclass(frozen=True, slots=True)
class AudioExtent:
    """From when to when there is sound, and how loud it gets (``-inf`` when every sample is zero)."""

    start: float
    end: float
    peak_dbfs: float

    @property
    def is_silent(self) -> bool:
        return self.peak_dbfs < SILENCE_DBFS


class AudioMeter:
    """Measures the extent of the chunks that pass through it."""

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._start: float | None = None
        self._end = 0.0
        self._peak = 0.0

    def watch(self, chunks: Iterable[AudioChunk]) -> Iterator[AudioChunk]:
        """Pass the chunks on."""
        for chunk in chunks:
            self.add(chunk)
            yield chunk

    def add(self, chunk: AudioChunk) -> None:
        if self._start is None:
            self._start = chunk.pts
        self._end = chunk.pts + len(chunk.samples) / self._sample_rate
        if len(chunk.samples):
            self._peak = max(self._peak, float(np.abs(chunk.samples).max()))

    @property
    def extent(self) -> AudioExtent | None:
        """None before the first chunk."""
        if self._start is None:
            return None
        peak_dbfs = 20 * math.log10(self._peak) if self._peak > 0 else -math.inf
        return AudioExtent(self._start, self._end, peak_dbfs)


def read_audio(
    path: Path,
    *,
    sample_rate: int,
    start: float | None = None,
    end: float | None = None,
    is_cancelled: IsCancelled = never,
) -> Iterator[AudioChunk]:
    """Read the sound of the range [``start``, ``end``) of PTS in seconds, by default all, in chunks of one second.

    Channels are mixed as ``ffmpeg -ac 1`` does, at weights that sum to one.  The chunks follow each other without a
    seam: gaps between PTS are filled with zeros and overlaps are cut, but nothing is added before the first sample or
    after the last one.

    Raises
    ------
    UnreadableMediaError, CorruptMediaError
        On the first step: the file cannot be opened.
    NoAudioError
        On the first step: it has no audio track that can be decoded.
    Cancelled
        ``is_cancelled`` said so.
    """
    timeline = _SampleTimeline(sample_rate, start, end)
    for block in _blocks(path, sample_rate, start, is_cancelled):
        for samples in timeline.place(block):
            if is_cancelled():
                raise Cancelled
            yield samples
        if timeline.is_full:
            break
    yield from timeline.rest()


@dataclass(frozen=True, slots=True)
class _Block:
    """Samples at the wanted rate: the first is number ``offset`` of a seamless run that begins at ``run_start``."""

    run_start: float
    offset: int
    samples: Samples

    def time(self, sample_rate: int) -> float:
        return self.run_start + self.offset / sample_rate


class _SampleTimeline:
    """Puts blocks on one even grid of samples and cuts the grid into chunks."""

    def __init__(self, sample_rate: int, start: float | None, end: float | None) -> None:
        self._rate = sample_rate
        self._start = start
        self._end = end
        self._origin: float | None = None
        self._placed = 0
        self._given = 0
        self._waiting: list[Samples] = []
        self._chunk_samples = round(_CHUNK_SECONDS * sample_rate)

    @property
    def is_full(self) -> bool:
        """Whether the end of the range is reached."""
        return self._origin is not None and self._placed >= self._limit(self._origin)

    def place(self, block: _Block) -> Iterator[AudioChunk]:
        """Take a block in and give out the chunks that it completes."""
        if self._origin is None:
            first = self._first_wanted(block)
            if first >= len(block.samples):
                return
            self._origin = block.time(self._rate) + first / self._rate
        position = round((block.run_start - self._origin) * self._rate) + block.offset
        stop = min(position + len(block.samples), self._limit(self._origin))
        while self._placed < min(position, stop):
            gap = min(position, stop) - self._placed
            yield from self._append(np.zeros(min(gap, self._chunk_samples), np.float32))
        if self._placed < stop:
            yield from self._append(block.samples[self._placed - position : stop - position])

    def rest(self) -> Iterator[AudioChunk]:
        """The last chunk, shorter than the others."""
        if self._placed > self._given:
            yield self._take(self._placed - self._given)

    def _first_wanted(self, block: _Block) -> int:
        if self._start is None:
            return 0
        # The small term keeps a sample whose time equals the start up to rounding.
        return max(0, math.ceil((self._start - block.time(self._rate)) * self._rate - 1e-6))

    def _limit(self, origin: float) -> int:
        """How many samples fit before the end of the range."""
        return sys.maxsize if self._end is None else math.ceil((self._end - origin) * self._rate - 1e-6)

    def _append(self, samples: Samples) -> Iterator[AudioChunk]:
        self._waiting.append(samples)
        self._placed += len(samples)
        while self._placed - self._given >= self._chunk_samples:
            yield self._take(self._chunk_samples)

    def _take(self, count: int) -> AudioChunk:
        samples = np.concatenate(self._waiting)
        self._waiting = [samples[count:]]
        pts = (self._origin or 0.0) + self._given / self._rate
        self._given += count
        return AudioChunk(pts, samples[:count])


def _blocks(path: Path, sample_rate: int, start: float | None, is_cancelled: IsCancelled) -> Iterator[_Block]:
    """Resampled blocks, from before ``start`` or else from the beginning of the file."""
    for margin in _SEEK_MARGINS if start is not None else (None,):
        with open_container(path) as container:
            stream = audio_stream(container, path)
            frames = _timed_frames(container, stream, is_cancelled)
            if margin is None or start is None:
                yield from _resampled(frames, path, sample_rate)
                return
            if not seek(container, stream, start - margin):
                continue
            first = next(frames, None)
            if first is not None and first[0] <= start:
                yield from _resampled(itertools.chain((first,), frames), path, sample_rate)
                return


def _timed_frames(
    container: InputContainer, stream: AudioStream, is_cancelled: IsCancelled
) -> Iterator[tuple[float, av.AudioFrame]]:
    """Decoded frames and their PTS in seconds; frames without one follow the frame before."""
    time_base = time_base_of(stream)
    expected = 0.0
    for frame in _decoded(container, stream, is_cancelled):
        time = expected if frame.pts is None else seconds(frame.pts, time_base)
        expected = time + frame.samples / frame.sample_rate
        yield time, frame


def _decoded(container: InputContainer, stream: AudioStream, is_cancelled: IsCancelled) -> Iterator[av.AudioFrame]:
    """Broken packets are left out; the gap that they leave is seen in the PTS."""
    for packet in read_packets(container, stream, DecodeStats(), is_cancelled):
        with contextlib.suppress(FFmpegError):
            yield from stream.decode(packet)
    with contextlib.suppress(FFmpegError):
        yield from stream.decode(None)


def _resampled(frames: Iterable[tuple[float, av.AudioFrame]], path: Path, sample_rate: int) -> Iterator[_Block]:
    run: _Run | None = None
    for time, decoded in frames:
        frame = _with_named_layout(decoded, path)
        if run is None or not run.continues_with(time, frame):
            if run is not None:
                yield from run.resample(None)
            run = _Run(time, frame, sample_rate)
        yield from run.resample(frame)
    if run is not None:
        yield from run.resample(None)


class _Run:
    """A seamless run of frames of one format, through one resampler."""

    def __init__(self, start: float, frame: av.AudioFrame, sample_rate: int) -> None:
        self._start = start
        self._format = _format_of(frame)
        self._taken = 0
        self._given = 0
        # Without the limit swresample lets a mix of float channels exceed full scale, unlike one of integers.
        self._resampler = AudioResampler(
            format="flt", layout="mono", rate=sample_rate, options={"rematrix_maxval": "1.0"}
        )

    def continues_with(self, time: float, frame: av.AudioFrame) -> bool:
        miss = abs(time - (self._start + self._taken / frame.sample_rate))
        return _format_of(frame) == self._format and (miss <= _JITTER or miss > _LONGEST_GAP)

    def resample(self, frame: av.AudioFrame | None) -> Iterator[_Block]:
        """The blocks that a frame, or None for the end of the run, completes."""
        if frame is not None:
            self._taken += frame.samples
        for resampled in self._resampler.resample(frame):
            if resampled is not None:  # what a resampler that has nothing to do answers to None
                samples = resampled.to_ndarray().reshape(-1).astype(np.float32)
                yield _Block(self._start, self._given, samples)
                self._given += len(samples)


def _format_of(frame: av.AudioFrame) -> tuple[int, str, str]:
    return frame.sample_rate, frame.layout.name, frame.format.name


def _with_named_layout(frame: av.AudioFrame, path: Path) -> av.AudioFrame:
    """The frame, its channels given their usual meaning where the file only counts them, so that they can be mixed."""
    if not frame.layout.name.endswith(" channels"):
        return frame
    layout = _USUAL_LAYOUTS.get(frame.layout.nb_channels)
    if layout is None:
        raise NoAudioError(
            path,
            mark("has {channels} unnamed audio channels that cannot be mixed; convert them to stereo."),
            channels=frame.layout.nb_channels,
        )
    named = av.AudioFrame.from_ndarray(frame.to_ndarray(), format=frame.format.name, layout=layout)
    named.sample_rate, named.pts, named.time_base = frame.sample_rate, frame.pts, frame.time_base
    return named
