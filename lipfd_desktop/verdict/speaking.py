"""A guess who speaks: whose lips open and close when the sound rises and falls.

The height of the lips over the height of the face, and the level of the sound between 200 and 4000 Hz, are put on
one clock.  Over a few seconds at a time the changes of both are correlated, with a little freedom in time because the
mouth opens before it sounds; the face with the highest correlation is said to speak if it stands out.  It is a guess
for finding one's way, takes no part in any verdict, and must always be shown as a guess.

How often it is right was measured on 632 made-up pairs: the faces of two camera recordings side by side with the sound
of the first, from 135 clips of 115 speakers (1 to 6 s, mostly English, one face each) that had no part in choosing the
constants below.  It named somebody in 48 % of the pairs, and the right one in 299 of these 302 (99 %).  With the sound
of a third recording, so that neither face speaks, it still named one in 5 % of the pairs.  A face alone was named in
58 % of the clips with its own sound and in 2 % with another's.  Some of these clips had been gathered because their
lips go well with their sound, which flatters the figures; music, a crowd or a chewing listener were not measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.result import FaceTrack, MelTrack

STEP: Final = 0.04
"""Seconds between the points at which lips and sound are compared: a frame of 25 a second."""
WINDOW_SECONDS: Final = 4.0
"""Lips and sound are compared over so much time: a phrase or two, with its pauses."""
LEAST_SECONDS: Final = 2.5
"""In a shorter recording, or of a face that is seen for less, too few syllables are seen to tell."""
SHIFTS: Final = (-4, 2)
"""Steps by which the lips may run ahead of the sound (0.16 s) and behind it: a mouth opens before it sounds."""
LEAST_CORRELATION: Final = 0.3
LEAST_MARGIN: Final = 0.1
"""What the correlation of a speaker must reach, and by how much it must exceed that of every other face in view."""
LEAST_SPREAD: Final = 4.0
"""Decibels: standard deviation of the level.  Speech has 10 and more; silence, hum and steady noise have less."""
VOICE_HERTZ: Final = (200.0, 4000.0)
"""Where vowels carry their energy; below lie hum and wind."""
_HOP: Final = round(1.0 / STEP)
_NEAR: Final = 0.1
"""Seconds: where a face is not seen so near to a point, its lips are not known there."""


@dataclass(frozen=True, slots=True)
class SpeakingGuess:
    """A stretch in which ``face`` is guessed to speak.

    Attributes
    ----------
    start, end
        Seconds of PTS.
    correlation
        Of the changes of its lips with those of the sound, -1 to 1; the mean over the stretch.
    """

    face: int
    start: float
    end: float
    correlation: float


def guess_speakers(tracks: Sequence[FaceTrack], mel: MelTrack | None) -> tuple[SpeakingGuess, ...]:
    """Who speaks when, in order of time; nothing for times at which it cannot be told.

    It cannot be told in silence and steady sound (:data:`LEAST_SPREAD`), in a recording or for a face that is too short
    (:data:`LEAST_SECONDS`), where no lips go with the sound (:data:`LEAST_CORRELATION`) and where those of two faces
    go about equally well (:data:`LEAST_MARGIN`).

    Parameters
    ----------
    tracks
        All faces of the file or of the analysed range.
    mel
        The sound; None where the file has none.
    """
    seen = [track for track in tracks if len(track.pts) > 1]
    if mel is None or not seen:
        return ()
    start, end = min(track.start for track in seen), max(track.end for track in seen)
    clock = np.arange(start, end, STEP)
    if len(clock) * STEP < LEAST_SECONDS:
        return ()
    length = min(len(clock) - 1, round(WINDOW_SECONDS / STEP))
    level = _level(mel, clock)
    correlations = np.stack([_correlation(_opening(track, clock), level, length) for track in seen])
    speaker = _speakers(correlations, _spread(level, length))
    edges = _edges(clock, length, len(speaker))
    guesses = []
    for place, run in groupby(range(len(speaker)), key=lambda cell: int(speaker[cell])):
        cells = list(run)
        if place >= 0:
            mean = float(correlations[place, cells].mean())
            guesses.append(SpeakingGuess(seen[place].id, edges[cells[0]], edges[cells[-1] + 1], mean))
    return tuple(guesses)


def _opening(track: FaceTrack, clock: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) height of the lips over that of the face; NaN where the face is not seen."""
    opening = track.lips[:, 3] / np.maximum(track.boxes[:, 3], 1.0)
    after = np.searchsorted(track.pts, clock).clip(1, len(track.pts) - 1)
    away = np.minimum(np.abs(clock - track.pts[after - 1]), np.abs(clock - track.pts[after]))
    return np.where(away <= _NEAR, np.interp(clock, track.pts, opening), np.nan)


def _level(mel: MelTrack, clock: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) dBFS: mean over the bands of the voice; NaN where there is no sound."""
    voice = (mel.frequencies >= VOICE_HERTZ[0]) & (mel.frequencies <= VOICE_HERTZ[1])
    levels = mel.floor_db * (1.0 - mel.levels[voice].mean(axis=0) / 255.0)
    times = mel.start + mel.column_seconds * np.arange(len(levels))
    return np.interp(clock, times, levels, left=np.nan, right=np.nan)


def _correlation(opening: NDArray[np.float64], level: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """(windows,) highest correlation of the changes, over the shifts allowed; NaN where too little is known."""
    lips, sound = np.diff(opening), np.diff(level)
    best = [_moving_correlation(lips, _shifted(sound, shift), length) for shift in range(SHIFTS[0], SHIFTS[1] + 1)]
    known = np.isfinite(best).any(axis=0)
    return np.where(known, np.nanmax(np.where(known, best, 0.0), axis=0), np.nan)


def _shifted(values: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    moved = np.full_like(values, np.nan)
    if steps >= 0:
        moved[steps:] = values[: len(values) - steps]
    else:
        moved[:steps] = values[-steps:]
    return moved


def _moving_correlation(lips: NDArray[np.float64], sound: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """(windows,) Pearson's correlation over ``length`` steps every :data:`_HOP`, of what is known of both."""
    known = np.isfinite(lips) & np.isfinite(sound)
    x, y = np.where(known, lips, 0.0), np.where(known, sound, 0.0)
    count, sx, sy, sxx, syy, sxy = (_moving_sum(v, length) for v in (known, x, y, x * x, y * y, x * y))
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.sqrt((sxx - sx * sx / count) * (syy - sy * sy / count))
        correlation = (sxy - sx * sy / count) / spread
    return np.where((count * STEP >= LEAST_SECONDS + SHIFTS[0] * STEP) & (spread > 1e-9), correlation, np.nan)


def _moving_sum(values: NDArray[Any], length: int) -> NDArray[np.float64]:
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return np.asarray((sums[length:] - sums[:-length])[::_HOP], np.float64)


def _spread(level: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """(windows,) standard deviation of the level in decibels."""
    known = np.isfinite(level[1:])
    values = np.where(known, level[1:], 0.0)
    count = np.maximum(_moving_sum(known, length), 1.0)
    mean = _moving_sum(values, length) / count
    variance = _moving_sum(values * values, length) / count - mean * mean
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)), np.float64)


def _speakers(correlations: NDArray[np.float64], spread: NDArray[np.float64]) -> NDArray[np.intp]:
    """(windows,) place of the face that speaks in each window; -1 where it cannot be told."""
    filled = np.where(np.isfinite(correlations), correlations, -np.inf)
    order = np.sort(filled, axis=0)
    best = order[-1]
    rival = np.maximum(order[-2], 0.0) if len(order) > 1 else np.zeros_like(best)
    clear = (best >= LEAST_CORRELATION) & (best - rival >= LEAST_MARGIN) & (spread >= LEAST_SPREAD)
    return np.where(clear, np.argmax(filled, axis=0), -1)


def _edges(clock: NDArray[np.float64], length: int, windows: int) -> list[float]:
    """Seconds at which what one window says ends and the next begins: half-way between their middles."""
    middles = clock[0] + STEP * (np.arange(windows) * _HOP + length / 2)
    between = (middles[1:] + middles[:-1]) / 2
    return [float(clock[0]), *between.tolist(), float(clock[-1] + STEP)]
