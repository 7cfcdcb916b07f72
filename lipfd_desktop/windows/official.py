"""The official input contract: the composite picture of a window, with every quirk the published weights know.

What is kept, because the weights were made with it (docs/contracts.md has the reasons): whole frames squeezed to
500x500 with no regard to their shape or to faces; BGR; a mel strip cut by frame *count*, not by time; viridis colours
scaled over the whole file; sound at 16 kHz brought to 22.05 kHz, so the top bands are empty.  What is not kept: the
authors store start frames in 8 bits, so theirs wrap at 256; ours do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.media.audio import AudioChunk
from lipfd_desktop.windows.mel import OFFICIAL_MEL, mel_power

FRAME_SIDE: Final = 500
WAV_RATE: Final = 16_000
"""The authors' README extracts a 16 kHz WAV file, which librosa then loads at its default 22 050 Hz."""
AMIN: Final = 1e-10
TOP_DB: Final = 80.0
"""Both are the defaults of ``librosa.power_to_db``."""

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class OfficialSpectrogram:
    """The coloured spectrogram of a whole file; ``shades`` is (128, columns) uint8, an index into viridis."""

    shades: NDArray[np.uint8]

    def strip(self, first_frame: int, frames: int, frames_total: int) -> Image:
        """(500, 500 * frames, 3) BGR: the columns of some frames, stretched; low frequencies at the top."""
        left, right = self.columns(first_frame, frames, frames_total)
        coloured = VIRIDIS_BGR[self.shades[:, left:right]]
        return np.asarray(cv2.resize(coloured, (FRAME_SIDE * frames, FRAME_SIDE)), np.uint8)

    def columns(self, first_frame: int, frames: int, frames_total: int) -> tuple[int, int]:
        """The columns of some frames: the first, and the one after the last."""
        columns = self.shades.shape[1]
        left = round(first_frame * columns / frames_total)
        right = max(round((first_frame + frames) * columns / frames_total), left + 1)
        return min(left, columns - 1), right


def _viridis() -> Image:
    from matplotlib import colormaps

    # Colours pass through a PNG that is read back as floats and truncated, which lowers a few values by one.
    stored = (colormaps["viridis"](np.arange(256), bytes=True)[:, 2::-1] / np.float32(255)).astype(np.float32)
    return np.asarray((stored * np.float32(255)).astype(np.uint8))


VIRIDIS_BGR: Final = _viridis()


def build_official_spectrogram(read: Callable[[], Iterable[AudioChunk]]) -> OfficialSpectrogram:
    """The spectrogram that the authors' preprocessing draws of the sound.

    Parameters
    ----------
    read
        Starts reading the sound at 16 kHz from its beginning; called twice, because the colours are scaled by the
        extremes of the whole file and the power of a two-hour file is not kept.
    """
    low, high = np.inf, 0.0
    for power in mel_power(_as_librosa_loads(read()), OFFICIAL_MEL):
        low, high = min(low, float(power.min())), max(high, float(power.max()))
    top = _decibels(np.array(high)) - _decibels(np.array(low))
    bottom = max(0.0, float(top) - TOP_DB)
    scale = 256 / max(float(top) - bottom, 1e-9)
    shades = [
        np.clip((_decibels(power) - _decibels(np.array(low)) - bottom) * scale, 0, 255).astype(np.uint8)
        for power in mel_power(_as_librosa_loads(read()), OFFICIAL_MEL)
    ]
    return OfficialSpectrogram(np.concatenate(shades, axis=1))


def _decibels(power: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(10 * np.log10(np.maximum(AMIN, power)), np.float64)


def _as_librosa_loads(chunks: Iterable[AudioChunk]) -> Iterator[NDArray[np.float32]]:
    """Samples of the 16-bit file, resampled as ``librosa.load`` does (soxr, high quality)."""
    import soxr

    stream = soxr.ResampleStream(WAV_RATE, OFFICIAL_MEL.sample_rate, 1, dtype="float32", quality="HQ")
    for chunk in chunks:
        sixteen_bit = np.clip(np.rint(chunk.samples * 32768), -32768, 32767).astype(np.float32) / np.float32(32768)
        yield stream.resample_chunk(sixteen_bit)
    yield stream.resample_chunk(np.empty(0, np.float32), last=True)


def squeeze_frame(bgr: Image) -> Image:
    """(500, 500, 3): the whole frame, bilinear, aspect ignored."""
    return np.asarray(cv2.resize(bgr, (FRAME_SIDE, FRAME_SIDE)), np.uint8)


def compose(strip: Image, frames: list[Image]) -> Image:
    """(1000, 500 * frames, 3) BGR: spectrogram strip above the frames side by side."""
    return np.vstack([strip, np.hstack(frames)])
