"""What an analysis has said so far, ready to be looked up; knows no widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.gui.growing import Growing
from lipfd_desktop.result import (
    TIERS,
    WHOLE_PICTURE,
    AnalysisResult,
    FacePath,
    FacesFollowed,
    FaceTrack,
    Notice,
    Noticed,
    ProgressEvent,
    Started,
    WindowScore,
    WindowScores,
    WindowsScored,
)
from lipfd_desktop.verdict import analysed_time

_BEYOND: Final = 1e-6


@dataclass(frozen=True, slots=True)
class FaceBox:
    """One face in one frame; boxes are x, y, width, height in pixels of the displayed frame."""

    face: int
    box: tuple[float, float, float, float]
    lips: tuple[float, float, float, float]
    path: FacePath


class FaceIndex:
    """Face boxes by time."""

    def __init__(self) -> None:
        self._rows = Growing()
        self._is_sorted = True
        self._ids: set[int] = set()

    @classmethod
    def of_tracks(cls, tracks: Sequence[FaceTrack]) -> FaceIndex:
        index = cls()
        for track in tracks:
            face = np.full(len(track.pts), track.id, np.int64)
            index.add(FacesFollowed(track.pts, face, track.boxes, track.lips, track.paths))
        return index

    def add(self, rows: FacesFollowed) -> None:
        if not len(rows.pts):
            return
        known = self._rows.columns()
        begins_later = not len(self._rows) or rows.pts[0] >= known["pts"][-1]
        self._is_sorted &= bool(begins_later and (np.diff(rows.pts) >= 0).all())
        self._rows.add(pts=rows.pts, face=rows.face, boxes=rows.boxes, lips=rows.lips, paths=rows.paths)
        self._ids.update(int(face) for face in np.unique(rows.face) if face >= 0)

    @property
    def ids(self) -> list[int]:
        return sorted(self._ids)

    def at(self, pts: float, tolerance: float) -> list[FaceBox]:
        """The faces of the frame nearest to ``pts`` seconds and at most ``tolerance`` away."""
        rows = self._joined()
        if rows is None:
            return []
        place = int(np.searchsorted(rows.pts, pts))
        near = [i for i in (place - 1, place) if 0 <= i < len(rows.pts)]
        nearest = min((float(rows.pts[i]) for i in near), key=lambda time: abs(time - pts))
        if abs(nearest - pts) > tolerance:
            return []
        first = int(np.searchsorted(rows.pts, nearest - _BEYOND))
        last = int(np.searchsorted(rows.pts, nearest + _BEYOND))
        return [self._box(rows, i) for i in range(first, last) if rows.face[i] >= 0]

    def _joined(self) -> FacesFollowed | None:
        if not len(self._rows):
            return None
        if not self._is_sorted:
            self._rows.reorder(np.argsort(self._rows.columns()["pts"], kind="stable"))
            self._is_sorted = True
        return FacesFollowed(**self._rows.columns())

    @staticmethod
    def _box(rows: FacesFollowed, i: int) -> FaceBox:
        x, y, width, height = (float(value) for value in rows.boxes[i])
        left, top, lip_width, lip_height = (float(value) for value in rows.lips[i])
        path = FacePath(int(rows.paths[i]))
        return FaceBox(int(rows.face[i]), (x, y, width, height), (left, top, lip_width, lip_height), path)


class Evidence:
    """Gathers progress events, and is replaced by the result when that arrives."""

    def __init__(self) -> None:
        self.started: Started | None = None
        self.faces = FaceIndex()
        self.notices: list[Notice] = []
        self.done = 0
        self.total = 0
        self.elapsed = 0.0
        self.examined_until = -np.inf
        self.is_of_whole_picture = False
        """Whether scores belong to the picture and not to its faces (official contract)."""
        self._end: float | None = None
        self._rows = Growing()
        self._is_sorted = True
        self._scores = WindowScores.empty()

    @classmethod
    def of_result(cls, result: AnalysisResult, live: Evidence) -> Evidence:
        """The final evidence; ``live`` still tells how far the frames were looked at."""
        evidence = cls()
        evidence.started = Started(result.plan, result.model, result.device)
        evidence.faces = FaceIndex.of_tracks(result.tracks)
        evidence.notices = list(result.notices)
        evidence.done, evidence.total = live.done, result.coverage.windows_total
        evidence.elapsed = result.processing_time
        evidence.examined_until = live.examined_until
        evidence._end = result.plan.end
        evidence._add_scores(result.scores)
        return evidence

    def add(self, event: ProgressEvent) -> None:
        match event:
            case Started():
                self.started = event
                self.total = event.plan.windows_total
            case FacesFollowed():
                self.faces.add(event)
                if len(event.pts):
                    self.examined_until = max(self.examined_until, float(event.pts.max()))
            case WindowsScored():
                self._add_scores(event.scores)
                self.done, self.total, self.elapsed = event.done, event.total, event.elapsed
            case Noticed():
                self.notices.append(event.notice)

    def _add_scores(self, rows: WindowScores) -> None:
        if not len(rows):
            return
        if len(self._rows):
            before = self._scores
            place, last = (int(rows.index[0]), int(rows.face[0])), (int(before.index[-1]), int(before.face[-1]))
            self._is_sorted &= place > last
        columns = {name: getattr(rows, name) for name in WindowScores.__slots__}
        self._rows.add(tier_weights=rows.tier_weights, **columns)
        self._scores = self._columns_as_scores()
        self.is_of_whole_picture |= bool(np.any(rows.analysed & (rows.face == WHOLE_PICTURE)))

    def _columns_as_scores(self) -> WindowScores:
        columns = self._rows.columns()
        return WindowScores(**{name: columns[name] for name in WindowScores.__slots__})

    @property
    def scores(self) -> WindowScores:
        """All rows so far, ordered by position and face; the same object until there are more."""
        if not self._is_sorted:
            self._rows.reorder(np.lexsort((self._scores.face, self._scores.index)))
            self._is_sorted = True
            self._scores = self._columns_as_scores()
        return self._scores

    @property
    def tier_weights(self) -> NDArray[np.float32]:
        """(n, 3) what :attr:`WindowScores.tier_weights` of :attr:`scores` says, computed once a row."""
        scores = self.scores
        return self._rows.columns()["tier_weights"] if len(scores) else np.empty((0, len(TIERS)), np.float32)

    @property
    def positions_analysed(self) -> int:
        """Window positions of which at least one face was analysed."""
        index = self.scores.index[self.scores.analysed]
        return int(np.count_nonzero(np.diff(index))) + 1 if len(index) else 0

    @property
    def face_ids(self) -> list[int]:
        scored = {int(face) for face in np.flatnonzero(np.bincount(self.scores.face + 1)[1:])}
        return sorted(scored.union(self.faces.ids))

    @property
    def extent(self) -> tuple[float, float] | None:
        """Seconds: what is settled, from the start of the range to the end of the last window so far, or of all."""
        if self.started is None or (self._end is None and not len(self._rows)):
            return None
        ends = self.scores.end
        return self.started.plan.start, max(
            float(ends.max(initial=-np.inf)), -np.inf if self._end is None else self._end
        )

    @property
    def unanalysed(self) -> NDArray[np.float64]:
        """(n, 2) seconds: stretches that are settled and lie in no analysed window."""
        extent = self.extent
        return np.empty((0, 2)) if extent is None else unanalysed_spans(self.scores, *extent)

    def windows_at(self, pts: float) -> list[WindowScore]:
        """The windows whose span holds ``pts``, ordered by position and face."""
        scores = self.scores
        return [scores.row(int(i)) for i in np.flatnonzero((scores.start <= pts) & (pts < scores.end))]

    def score_at(self, pts: float, face: int) -> float | None:
        """The fake score of the window of ``face`` whose middle is nearest to ``pts``, among those that hold it."""
        scores = self.scores
        holding = np.flatnonzero((scores.start <= pts) & (pts < scores.end) & (scores.face == face) & scores.analysed)
        if not len(holding):
            return None
        middle = (scores.start[holding] + scores.end[holding]) / 2
        return float(scores.score[holding[int(np.argmin(np.abs(middle - pts)))]])

    def was_examined(self, pts: float) -> bool:
        return self.started is not None and self.started.plan.start - _BEYOND <= pts <= self.examined_until + _BEYOND


def unanalysed_spans(scores: WindowScores, start: float, end: float) -> NDArray[np.float64]:
    """(n, 2) seconds between ``start`` and ``end`` that lie in no analysed window."""
    seen = analysed_time(scores)
    spans = np.column_stack([np.concatenate([[start], seen[:, 1]]), np.concatenate([seen[:, 0], [end]])])
    return spans[spans[:, 1] > spans[:, 0] + _BEYOND]


def curve_of(scores: WindowScores, face: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """The windows of ``face`` as a curve: (n,) middles in seconds, and (n,) positions in ``scores``.

    ``face`` may be :data:`~lipfd_desktop.result.WHOLE_PICTURE`.  Position -1 breaks the curve: window positions are
    missing there (another face, a scene cut).
    """
    own = np.flatnonzero(scores.face == face)
    breaks = np.flatnonzero(np.diff(scores.index[own]) > 1) + 1
    middles = (scores.start[own] + scores.end[own]) / 2
    return np.insert(middles, breaks, middles[breaks]), np.insert(own, breaks, -1)


def along(values: NDArray[np.float32], positions: NDArray[np.intp]) -> NDArray[np.float32]:
    """``values`` at the positions of :func:`curve_of`, NaN at its breaks."""
    if not len(positions):
        return np.empty((0, *values.shape[1:]), np.float32)
    taken = values[positions]
    taken[positions < 0] = np.nan
    return taken
