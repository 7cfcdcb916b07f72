"""Foreign sound for real pictures: the same sound at another time, another clip's sound, or none.

Everything works on mel levels as the analysis cuts them (:func:`lipfd_desktop.windows.mel.cut_strip`): (bands, columns)
uint8, linear in dB, 0 for silence.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.result import MelTrack

Levels = NDArray[np.uint8]

SMALLEST_SHIFT: Final = 0.2
LARGEST_SHIFT: Final = 2.0
"""Seconds.  Under 0.2 s people hardly notice (ITU-R BT.1359: detectability from 45 ms early to 125 ms late)."""


class ForeignSound(StrEnum):
    SHIFTED = "shifted"
    SWAPPED = "swapped"
    SILENT = "silent"


def random_shift(rng: np.random.Generator) -> float:
    """Seconds by which the sound comes late (positive) or early (negative); small shifts as often as large ones."""
    seconds = np.exp(rng.uniform(np.log(SMALLEST_SHIFT), np.log(LARGEST_SHIFT)))
    return float(seconds * rng.choice([-1, 1]))


def shifted(levels: Levels, column_seconds: float, seconds: float) -> Levels:
    """The sound heard ``seconds`` later, rounded to whole columns.

    What leaves at one end comes in at the other, because silence there would tell the shift without any listening.
    """
    return np.roll(levels, round(seconds / column_seconds), axis=1)


def swapped(levels: Levels, other: Levels, rng: np.random.Generator) -> Levels:
    """Another clip's sound from a random moment on, as long as this one and as loud, repeated where it is shorter.

    Raises
    ------
    ValueError
        ``other`` has no columns or another number of bands.
    """
    if other.shape[0] != levels.shape[0] or not other.shape[1]:
        raise ValueError(f"cannot take the place of {levels.shape} mel levels: {other.shape}")
    first = int(rng.integers(other.shape[1]))
    taken = other[:, (first + np.arange(levels.shape[1])) % other.shape[1]].astype(np.int16)
    heard = taken > 0
    if not heard.any() or not levels.any():
        return taken.astype(np.uint8)
    # Levels are decibels, so that a constant is a change of volume; loud columns are compared, pauses are not.
    louder = _loudness(levels) - _loudness(taken.astype(np.uint8))
    return np.asarray(np.where(heard, np.clip(taken + round(louder), 1, 255), 0), np.uint8)


def silent(levels: Levels) -> Levels:
    return np.zeros_like(levels)


def foreign(track: MelTrack, kind: ForeignSound, rng: np.random.Generator, other: MelTrack | None = None) -> MelTrack:
    """The track of a clip with foreign sound on the same clock.

    Raises
    ------
    ValueError
        The sound is to be swapped and ``other`` is missing or does not fit.
    """
    if kind is ForeignSound.SHIFTED:
        return replace(track, levels=shifted(track.levels, track.column_seconds, random_shift(rng)))
    if kind is ForeignSound.SILENT:
        return replace(track, levels=silent(track.levels))
    if other is None:
        raise ValueError("swapping needs another clip's sound")
    return replace(track, levels=swapped(track.levels, other.levels, rng))


def _loudness(levels: Levels) -> float:
    """Mean level of the louder quarter of the columns."""
    columns = np.sort(levels.mean(axis=0))
    return float(columns[-max(len(columns) // 4, 1) :].mean())
