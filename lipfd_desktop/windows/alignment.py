"""Where the sound of one file lies in that of another: by how much their clocks are apart.

Two recordings of the same speech have the same pattern of loud and quiet bands, whatever their levels, codecs and
equalisers.  So the spectrograms are compared, not the samples: each group of bands loses its slow course, and the
normalised cross-correlation of all groups is looked at for every offset at which enough of both sounds overlaps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.cancellation import IsCancelled, never
from lipfd_desktop.errors import Cancelled
from lipfd_desktop.result import MelTrack
from lipfd_desktop.windows.mel import cut_strip

SAME_SPEECH: Final = 0.55
"""Least correlation of the same speech; docs/compare.md says what was measured."""
DISTINCT: Final = 0.2
"""The best offset must correlate so much better than any other, or repetition (a ticking clock, a jingle) decides."""
LEAST_OVERLAP_S: Final = 2.0
"""Offsets at which less of both sounds overlaps are not looked at: two words are often alike."""
_GROUP: Final = 4
"""Neighbouring bands that are averaged: 20 groups of the usual 80 bands."""
_COURSE_S: Final = 0.5
"""Changes slower than this are the room, the equaliser and the level, not the speech."""
_PEAK_S: Final = 0.25
"""Offsets so near to the best one belong to its peak: a syllable lasts as long."""
_LEAST_SHARE: Final = 0.02
"""Stretches with less than this share of a sound's mean energy are silence, of which nothing can be said."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """The best offset of two sounds, and how much it is to be believed.

    Attributes
    ----------
    offset
        Seconds to add to a time of the second file to get that of the first.
    similarity
        Correlation there, up to 1 for the same sound.
    runner_up
        The highest correlation anywhere else.
    overlap
        Seconds that both sounds share there.
    """

    offset: float
    similarity: float
    runner_up: float
    overlap: float

    @property
    def is_same_speech(self) -> bool:
        """Whether both sounds are the same speech, as far as can be told."""
        return self.similarity >= SAME_SPEECH and self.similarity - self.runner_up >= DISTINCT


def align_sounds(first: MelTrack, second: MelTrack, is_cancelled: IsCancelled = never) -> Alignment | None:
    """Find the offset at which two sounds agree best.

    Returns
    -------
    Alignment or None
        None where nothing can be compared: a sound shorter than :data:`LEAST_OVERLAP_S`, or silence.

    Raises
    ------
    Cancelled
        ``is_cancelled`` said so.
    """
    step = first.column_seconds
    second = _on_columns_of(second, step)
    least = round(LEAST_OVERLAP_S / step)
    lengths = first.levels.shape[1], second.levels.shape[1]
    if min(lengths) < least:
        return None
    size = 1 << (sum(lengths) - 1).bit_length()
    course = max(1, round(_COURSE_S / step))
    shared = np.zeros(size // 2 + 1, np.complex128)
    energies = [np.zeros(length) for length in lengths]
    for ours, theirs in zip(_changes(first, course), _changes(second, course), strict=True):
        if is_cancelled():
            raise Cancelled
        energies[0] += ours**2
        energies[1] += theirs**2
        shared += np.fft.rfft(ours, size) * np.conj(np.fft.rfft(theirs, size))
    # Entry ``lag`` has column ``k + lag`` of the first beside column ``k`` of the second.
    lags = np.arange(least - lengths[1], lengths[0] - least + 1)
    agreement = np.fft.irfft(shared, size)[lags]
    scale = _overlap_energy(energies, lags)
    correlation = np.divide(agreement, scale, out=np.full(len(lags), -1.0), where=scale > 0)
    if not (scale > 0).any():
        return None
    best = int(np.argmax(correlation))
    reach = round(_PEAK_S / step)
    others = np.concatenate([correlation[: max(best - reach, 0)], correlation[best + reach + 1 :]])
    lag = float(lags[best]) + _vertex(correlation[max(best - 1, 0) : best + 2])
    return Alignment(
        offset=first.start - second.start + lag * step,
        similarity=float(correlation[best]),
        runner_up=float(others.max(initial=0.0)),
        overlap=(min(lengths[0], lengths[1] + int(lags[best])) - max(0, int(lags[best]))) * step,
    )


def _on_columns_of(mel: MelTrack, step: float) -> MelTrack:
    """The same sound with columns every ``step`` seconds."""
    if mel.column_seconds == step:
        return mel
    columns = int(mel.column_seconds * mel.levels.shape[1] / step)
    edge = mel.start - step / 2
    return replace(mel, column_seconds=step, levels=cut_strip(mel, edge, edge + columns * step, columns))


def _changes(mel: MelTrack, course: int) -> Iterator[NDArray[np.float64]]:
    """(columns,) of each group of bands, without what changes over more than ``course`` columns."""
    columns = np.arange(mel.levels.shape[1])
    left, right = np.maximum(columns - course // 2, 0), np.minimum(columns + course // 2 + 1, len(columns))
    for band in range(0, len(mel.levels) - _GROUP + 1, _GROUP):
        row = mel.levels[band : band + _GROUP].mean(axis=0, dtype=np.float64)
        total = np.concatenate([[0.0], np.cumsum(row)])
        yield row - (total[right] - total[left]) / (right - left)


def _overlap_energy(energies: list[NDArray[np.float64]], lags: NDArray[np.intp]) -> NDArray[np.float64]:
    """(lags,) geometric mean of both energies where the sounds overlap; 0 where one of them is as good as silent."""
    lengths = [len(energy) for energy in energies]
    sums = [np.concatenate([[0.0], np.cumsum(energy)]) for energy in energies]
    starts = np.maximum(0, lags), np.maximum(0, -lags)
    counts = np.minimum(lengths[0] - starts[0], lengths[1] - starts[1])
    held = [total[start + counts] - total[start] for total, start in zip(sums, starts, strict=True)]
    least = [_LEAST_SHARE * total[-1] / length * counts for total, length in zip(sums, lengths, strict=True)]
    heard = (held[0] > least[0]) & (held[1] > least[1])
    return np.where(heard, np.sqrt(np.maximum(held[0] * held[1], 0.0)), 0.0)


def _vertex(around: NDArray[np.float64]) -> float:
    """Where between its neighbours the top of a peak lies, in columns, by the parabola through the three."""
    if len(around) < 3:
        return 0.0
    left, top, right = (float(value) for value in around)
    bend = left - 2 * top + right
    return 0.0 if bend >= 0 else 0.5 * (left - right) / bend
