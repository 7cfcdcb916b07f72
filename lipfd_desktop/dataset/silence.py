"""Where the sound of a clip begins and ends: what lies before and after is cut away before windows are made.

Forged clips of known collections begin with a short silence that real ones do not have, which separates the classes
almost perfectly and says nothing about lips (Smeu et al., "Circumventing shortcuts in audio-visual deepfake
detection datasets with unsupervised learning", 2024).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.result import MelTrack

BELOW_LOUD_DB: Final = 30.0
"""Sound is what is at most this far below the clip's loud moments, so that the gain of a recording plays no part:
consonants of continuous speech lie within about 30 dB of its vowels, room noise mostly below."""
LOUD_PERCENTILE: Final = 95.0
LOWEST_THRESHOLD_DBFS: Final = -60.0
"""... and never quieter than this, where :data:`~lipfd_desktop.media.audio.SILENCE_DBFS` begins."""
STEADY_COLUMNS: Final = 9
"""A click is no sound: the level is a median over 90 ms, and a click is seen in four columns of 32 ms."""
MARGIN: Final = 0.05
"""Seconds kept before the first and after the last sound, so that an onset is not clipped."""


def column_levels(mel: MelTrack) -> NDArray[np.float64]:
    """(columns,) level of each spectrogram column in dBFS; see :func:`power_levels`."""
    return power_levels(mel.levels, mel.floor_db)


def power_levels(levels: NDArray[np.uint8], floor_db: float) -> NDArray[np.float64]:
    """(columns,) dBFS of (bands, columns) mel levels, ``-inf`` where every band is at the floor.

    The bands of an unnormalised filter bank add up to the power of the sound; 0 dBFS is a full-scale sine, give or
    take 2 dB for the window.
    """
    power = np.where(levels > 0, 10 ** (floor_db * (1 - levels / 255.0) / 10), 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(10 * np.log10(power.sum(axis=0)), np.float64)


def sounding_range(mel: MelTrack) -> tuple[float, float] | None:
    """PTS from just before the first sound to just after the last one, None when there is none."""
    levels = _steadied(column_levels(mel))
    audible = levels[levels >= LOWEST_THRESHOLD_DBFS]
    if not len(audible):
        return None
    loud = float(np.percentile(audible, LOUD_PERCENTILE))
    sounding = np.flatnonzero(levels >= max(loud - BELOW_LOUD_DB, LOWEST_THRESHOLD_DBFS))
    last_column = mel.levels.shape[1] - 1
    first, last = (float(mel.start + place * mel.column_seconds) for place in (sounding[0], sounding[-1]))
    return max(first - MARGIN, mel.start), min(last + MARGIN, mel.start + last_column * mel.column_seconds)


def cut_mel(mel: MelTrack, start: float, end: float) -> MelTrack:
    """The columns whose middle lies in [``start``, ``end``]."""
    first = max(int(np.ceil((start - mel.start) / mel.column_seconds - 1e-6)), 0)
    last = int(np.floor((end - mel.start) / mel.column_seconds + 1e-6))
    return MelTrack(
        start=mel.start + first * mel.column_seconds,
        column_seconds=mel.column_seconds,
        frequencies=mel.frequencies,
        levels=mel.levels[:, first : last + 1],
        floor_db=mel.floor_db,
    )


def _steadied(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median over the neighbours; at either end the outermost value stands for what is missing."""
    half = STEADY_COLUMNS // 2
    padded = np.pad(levels, half, mode="edge")
    neighbours = np.lib.stride_tricks.sliding_window_view(padded, STEADY_COLUMNS)
    return np.asarray(np.sort(neighbours, axis=1)[:, half], np.float64)
