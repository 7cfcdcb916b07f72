"""Mel-spectrograms, streamed: a two-hour file costs 60 MB, never the 460 MB of its samples.

Both spectrograms are librosa's on consecutive pieces that overlap by ``n_fft - hop``, which gives the same columns
as one call over the whole sound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.media.audio import AudioChunk
from lipfd_desktop.result import MelTrack


@dataclass(frozen=True, slots=True)
class MelSettings:
    """Parameters of ``librosa.feature.melspectrogram``; ``normalised`` divides each band by its width (Slaney)."""

    sample_rate: int
    n_fft: int
    hop: int
    bands: int
    normalised: bool


GUIDED_MEL: Final = MelSettings(sample_rate=16_000, n_fft=512, hop=160, bands=80, normalised=False)
"""32 ms windows every 10 ms, 80 bands: the usual front end of speech and audio-visual synchronisation networks."""
OFFICIAL_MEL: Final = MelSettings(sample_rate=22_050, n_fft=2048, hop=512, bands=128, normalised=True)
"""librosa's defaults, which the authors' preprocessing uses."""
FLOOR_DB: Final = -80.0
BLOCK_COLUMNS: Final = 512


def fft_for(bands: int) -> int:
    """Samples a window that every one of ``bands`` bands has a bin of its own in: 512 up to 80, as for the network."""
    n_fft = GUIDED_MEL.n_fft
    while bands * GUIDED_MEL.n_fft > GUIDED_MEL.bands * n_fft:
        n_fft *= 2
    return n_fft


def mel_power(samples: Iterable[NDArray[np.float32]], settings: MelSettings) -> Iterator[NDArray[np.float32]]:
    """Mel power in blocks of (bands, columns), column ``k`` centred on sample ``k * hop``.

    The sound is padded with ``n_fft / 2`` zeros at both ends (librosa's ``center=True``), so ``n`` samples give
    ``1 + n // hop`` columns.
    """
    half, block = settings.n_fft // 2, BLOCK_COLUMNS * settings.hop
    held = np.zeros(half, np.float32)
    total = 0
    for piece in samples:
        total += len(piece)
        held = np.concatenate([held, piece])
        while len(held) >= block + settings.n_fft:
            yield _columns(held[: block - settings.hop + settings.n_fft], settings)
            held = held[block:]
    if total:
        held = np.concatenate([held, np.zeros(half, np.float32)])
        if len(held) >= settings.n_fft:
            yield _columns(held, settings)


def _columns(samples: NDArray[np.float32], settings: MelSettings) -> NDArray[np.float32]:
    from librosa.feature import melspectrogram

    power = melspectrogram(
        y=samples,
        sr=settings.sample_rate,
        n_fft=settings.n_fft,
        hop_length=settings.hop,
        n_mels=settings.bands,
        center=False,
        norm="slaney" if settings.normalised else None,
    )
    return np.asarray(power, np.float32)


def build_mel_track(chunks: Iterable[AudioChunk], settings: MelSettings = GUIDED_MEL) -> MelTrack | None:
    """The spectrogram of a sound in dB below full scale, or None when there are no samples.

    0 dBFS is a sine of amplitude one: its power in one band is ``(n_fft / 4) ** 2`` (half the Hann window's sum,
    squared).
    """
    from librosa import mel_frequencies

    start: float | None = None

    def samples() -> Iterator[NDArray[np.float32]]:
        nonlocal start
        for chunk in chunks:
            start = chunk.pts if start is None else start
            yield chunk.samples

    full_scale = (settings.n_fft / 4) ** 2
    levels = [_quantise(power / full_scale) for power in mel_power(samples(), settings)]
    if start is None or not levels:
        return None
    return MelTrack(
        start=start,
        column_seconds=settings.hop / settings.sample_rate,
        frequencies=np.asarray(mel_frequencies(n_mels=settings.bands + 2, fmax=settings.sample_rate / 2)[1:-1]),
        levels=np.concatenate(levels, axis=1),
        floor_db=FLOOR_DB,
    )


def mel_of_silence() -> MelTrack | None:
    """The spectrogram of half a second without sound."""
    rate = GUIDED_MEL.sample_rate
    return build_mel_track([AudioChunk(0.0, np.zeros(rate // 2, np.float32))])


def _quantise(power: NDArray[np.float32]) -> NDArray[np.uint8]:
    decibels = 10 * np.log10(np.maximum(power, 1e-12))
    return np.asarray(np.rint(np.clip(1 - decibels / FLOOR_DB, 0, 1) * 255), np.uint8)


def cut_strip(mel: MelTrack, start: float, end: float, columns: int) -> NDArray[np.uint8]:
    """(bands, columns) of exactly the time from ``start`` to ``end``, interpolated between spectrogram columns.

    Time outside the sound is silence (level 0).
    """
    centres = start + (np.arange(columns) + 0.5) * (end - start) / columns
    places = (centres - mel.start) / mel.column_seconds
    left = np.floor(places).astype(int)
    share = (places - left).astype(np.float32)
    strip = _column(mel, left) * (1 - share) + _column(mel, left + 1) * share
    return np.asarray(np.rint(strip), np.uint8)


def _column(mel: MelTrack, places: NDArray[np.intp]) -> NDArray[np.float32]:
    count = mel.levels.shape[1]
    inside = (places >= 0) & (places < count)
    taken = mel.levels[:, np.clip(places, 0, count - 1)].astype(np.float32)
    return taken * inside
