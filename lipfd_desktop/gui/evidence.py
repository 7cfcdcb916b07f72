"""What an analysis has said so far, ready to be looked up; knows no widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.result import (
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
        self._parts: list[FacesFollowed] = []
        self._ids: set[int] = set()

    @classmethod
    def of_tracks(cls, tracks: Sequence[FaceTrack]) -> FaceIndex:
        index = cls()
        for track in tracks:
            face = np.full(len(track.pts), track.id, np.int64)
            index.add(FacesFollowed(track.pts, face, track.boxes, track.lips, track.paths))
        return index

    def add(self, rows: FacesFollowed) -> None:
        self._parts.append(rows)
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
        if len(self._parts) > 1:
            names = [field.name for field in fields(FacesFollowed)]
            columns = {name: np.concatenate([getattr(part, name) for part in self._parts]) for name in names}
            if np.any(np.diff(columns["pts"]) < 0):
                order = np.argsort(columns["pts"], kind="stable")
                columns = {name: column[order] for name, column in columns.items()}
            self._parts = [FacesFollowed(**columns)]
        return self._parts[0] if self._parts and len(self._parts[0].pts) else None

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
        self._parts: list[WindowScores] = []

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
        evidence._parts = [result.scores]
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
                self._parts.append(event.scores)
                self.done, self.total, self.elapsed = event.done, event.total, event.elapsed
            case Noticed():
                self.notices.append(event.notice)

    @property
    def scores(self) -> WindowScores:
        if len(self._parts) != 1:
            self._parts = [WindowScores.concatenate(self._parts)]
        return self._parts[0]

    @property
    def face_ids(self) -> list[int]:
        scored = {int(face) for face in np.unique(self.scores.face) if face >= 0}
        return sorted(scored.union(self.faces.ids))

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


def unanalysed_spans(scores: WindowScores) -> NDArray[np.float64]:
    """Stretches of window positions where no face was analysed: (n, 2) seconds.

    A position covers the time from half-way to its neighbour on the left to half-way to the one on the right,
    so stretches stand between the points of the score curve.
    """
    if not len(scores):
        return np.empty((0, 2))
    positions, first = np.unique(scores.index, return_index=True)
    settled = np.zeros(len(positions), bool)
    settled[np.searchsorted(positions, scores.index[scores.analysed])] = True
    middles = (scores.start[first] + scores.end[first]) / 2
    halves = (middles[1:] + middles[:-1]) / 2
    left = np.concatenate([scores.start[first[:1]], halves])
    right = np.concatenate([halves, scores.end[first[-1:]]])
    edges = np.diff(np.concatenate([[0], (~settled).astype(np.int8), [0]]))
    return np.column_stack([left[np.flatnonzero(edges == 1)], right[np.flatnonzero(edges == -1) - 1]])


def curve_of(scores: WindowScores, face: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """The windows of ``face`` as a curve: (n,) middles in seconds, and (n,) positions in ``scores``.

    Position -1 breaks the curve: window positions are missing there (another face, a scene cut).
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
