"""The waveform for display: lowest and highest sample of every few milliseconds, gathered while the sound passes by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.media.audio import AudioChunk
from lipfd_desktop.result import WaveTrack

BIN_SAMPLES: Final = 64
"""Samples a bin: 4 ms at 16 kHz, ten bins a frame at 25 fps; two hours make 1.8 million bins, 3.6 MB."""
FULL_SCALE: Final = 127


class WaveMeter:
    """Keeps the peaks of the chunks that pass through it."""

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._start: float | None = None
        self._held = np.empty(0, np.float32)
        self._low: list[NDArray[np.int8]] = []
        self._high: list[NDArray[np.int8]] = []

    def watch(self, chunks: Iterable[AudioChunk]) -> Iterator[AudioChunk]:
        """Pass the chunks on."""
        for chunk in chunks:
            self._start = chunk.pts if self._start is None else self._start
            samples = np.concatenate([self._held, chunk.samples])
            whole = len(samples) // BIN_SAMPLES * BIN_SAMPLES
            self._add(samples[:whole])
            self._held = samples[whole:]
            yield chunk

    @property
    def track(self) -> WaveTrack | None:
        """The peaks of all that passed; None before the first sample.  A begun last bin is filled with silence."""
        if self._held.size:
            rest = np.zeros(BIN_SAMPLES, np.float32)
            rest[: len(self._held)] = self._held
            self._add(rest)
            self._held = np.empty(0, np.float32)
        if self._start is None or not self._low:
            return None
        return WaveTrack(
            self._start, BIN_SAMPLES / self._sample_rate, np.concatenate(self._low), np.concatenate(self._high)
        )

    def _add(self, samples: NDArray[np.float32]) -> None:
        if len(samples):
            bins = samples.reshape(-1, BIN_SAMPLES)
            self._low.append(_quantise(bins.min(axis=1)))
            self._high.append(_quantise(bins.max(axis=1)))


def _quantise(levels: NDArray[np.float32]) -> NDArray[np.int8]:
    scaled = levels * FULL_SCALE
    away = np.where(scaled < 0, np.floor(scaled), np.ceil(scaled))
    return away.clip(-FULL_SCALE, FULL_SCALE).astype(np.int8)
