"""Suspicious spans as columns: tens of thousands are found in milliseconds, and made into objects when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.result import WHOLE_PICTURE, Span, WindowScores, middle_begins
from lipfd_desktop.verdict.summary import TOUCHING, groups, reaches


class Spans(Sequence[Span]):
    """Stretches covered by windows of one face that are all at or above a threshold, highest peak first.

    Attributes
    ----------
    face : (n,) int64
        Track id, or :data:`~lipfd_desktop.result.WHOLE_PICTURE`.
    times : (n, 2) float64
        Start and end in seconds.
    moments : (n,) float64
        Seconds: :meth:`~lipfd_desktop.result.Span.moment` where no PTS are known.
    stretches : (n, 2) float64
        ``times`` ordered by their starts.
    """

    def __init__(
        self,
        scores: WindowScores,
        rows: NDArray[np.intp],
        begins: NDArray[np.intp],
        counts: NDArray[np.intp],
        peaks: NDArray[np.intp],
    ) -> None:
        """Span ``i`` is ``counts[i]`` windows, at ``rows[begins[i]:]`` of ``scores``, the highest at ``peaks[i]``."""
        self._scores, self._rows = scores, rows
        self._begins, self._counts, self._peaks = begins, counts, peaks
        first, last = rows[begins], rows[begins + counts - 1]
        self.face: NDArray[np.int64] = scores.face[first]
        self.times: NDArray[np.float64] = np.column_stack([scores.start[first], scores.end[last]])
        frames = scores.region_weights.shape[2]
        self.moments: NDArray[np.float64] = middle_begins(scores.start[peaks], scores.end[peaks], frames)
        self.stretches: NDArray[np.float64] = self.times[np.argsort(self.times[:, 0], kind="stable")]

    @classmethod
    def empty(cls) -> Spans:
        none = np.empty(0, np.intp)
        return cls(WindowScores.empty(), none, none, none, none)

    def __len__(self) -> int:
        return len(self._begins)

    def take(self, selection: NDArray[np.bool_] | NDArray[np.intp]) -> Spans:
        """Those of a mask or of positions."""
        return Spans(self._scores, self._rows, self._begins[selection], self._counts[selection], self._peaks[selection])

    def of_face(self, face: int) -> Spans:
        """Those of one face, and those of the whole picture."""
        return self.take((self.face == face) | (self.face == WHOLE_PICTURE))

    @overload
    def __getitem__(self, place: int) -> Span: ...
    @overload
    def __getitem__(self, place: slice) -> list[Span]: ...
    def __getitem__(self, place: int | slice) -> Span | list[Span]:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        begin, count = int(self._begins[place]), int(self._counts[place])
        start, end = self.times[place].tolist()
        face = int(self.face[place])
        run = self._scores.score[self._rows[begin : begin + count]]
        return Span(
            face=None if face == WHOLE_PICTURE else face,
            start=start,
            end=end,
            peak=self._scores.row(int(self._peaks[place])),
            windows=count,
            mean_score=float(run.mean(dtype=np.float64)),
        )


def find_spans(scores: WindowScores, threshold: float) -> Spans:
    """The suspicious spans of all faces.

    A window below the threshold ends a span, and so does time that no analysed window covers: nothing is bridged that
    was not seen.
    """
    empty = np.empty(0, np.intp)
    found: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = [(empty, empty)]
    analysed = scores.analysed
    for face in groups(scores):
        own = np.flatnonzero(analysed & (scores.face == face))
        above = reaches(scores.score[own], threshold)
        apart = scores.start[own[1:]] > scores.end[own[:-1]] + TOUCHING
        opens = np.concatenate([[True], ~above[:-1] | apart])[above]
        found.append((own[above], np.flatnonzero(opens) + sum(len(rows) for rows, _ in found)))
    rows, begins = (np.concatenate(parts) for parts in zip(*found, strict=True))
    if not len(begins):
        return Spans.empty()
    score = scores.score[rows]
    counts = np.diff(np.append(begins, len(rows)))
    highest = np.maximum.reduceat(score, begins)
    at_peak = np.flatnonzero(score == np.repeat(highest, counts))
    peaks = rows[at_peak[np.searchsorted(at_peak, begins)]]
    first = rows[begins]
    order = np.lexsort((scores.face[first], scores.start[first], -highest))
    return Spans(scores, rows, begins[order], counts[order], peaks[order])


def suspicious_spans(scores: WindowScores, threshold: float) -> tuple[Span, ...]:
    """All that :func:`find_spans` finds, as objects."""
    return tuple(find_spans(scores, threshold))
