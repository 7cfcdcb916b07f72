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
    Previewed,
    ProgressEvent,
    Reason,
    Started,
    WindowScore,
    WindowScores,
    WindowsScored,
)
from lipfd_desktop.verdict import analysed_time, merged_spans

_BEYOND: Final = 1e-6
_SAME_SECTION_S: Final = 1.0
"""Frames that are told one after the other are at most so far apart."""
_FACES: Final = 1 << 24
"""More than any track id."""


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
        # Of a face that is told twice in a frame the later box counts.
        newest = {int(rows.face[i]): i for i in range(first, last) if rows.face[i] >= 0}
        return [self._box(rows, i) for i in newest.values()]

    def best(self, face: int) -> tuple[float, tuple[float, float, float, float]] | None:
        """PTS and box of the frame that shows ``face`` largest, of those in which it was detected if there are any."""
        columns = self._rows.columns()
        own = np.flatnonzero(columns["face"] == face) if columns else np.empty(0, np.intp)
        if not len(own):
            return None
        detected = own[columns["paths"][own] == FacePath.DETECTED]
        among = detected if len(detected) else own
        place = among[np.argmax(columns["boxes"][among, 3])]
        x, y, width, height = columns["boxes"][place].tolist()
        return float(columns["pts"][place]), (x, y, width, height)

    def seconds(self, frame_times: NDArray[np.float64]) -> dict[int, float]:
        """How long the frames that show each face are on the screen, by track id.

        Parameters
        ----------
        frame_times : (n,) float64
            PTS in seconds of all frames of the file; the last is taken to last as long as the one before.
        """
        columns = self._rows.columns()
        if not columns or len(frame_times) < 2:
            return {}
        lasts = np.diff(frame_times, append=2 * frame_times[-1] - frame_times[-2])
        shown = columns["face"] >= 0
        frames = np.searchsorted(frame_times, columns["pts"][shown] - _BEYOND).clip(max=len(lasts) - 1)
        once = np.unique(columns["face"][shown] * len(lasts) + frames)  # a frame may be told twice
        faces, frames = np.divmod(once, len(lasts))
        return {int(face): float(lasts[frames[faces == face]].sum()) for face in np.unique(faces)}

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
    """Gathers progress events, and is replaced by the result when that arrives.

    Windows may come in any order.  One that comes again, the same position and face, replaces the earlier one.
    """

    def __init__(self) -> None:
        self.started: Started | None = None
        self.faces = FaceIndex()
        self.notices: list[Notice] = []
        self.done = 0
        self.total = 0
        self.elapsed = 0.0
        self.preview = WindowScores.empty()
        """A first look at a long file, until the analysis proper is done."""
        self.examined: list[tuple[float, float]] = []
        """Stretches, in seconds, whose frames were looked at; sections come in any order."""
        self.is_of_whole_picture = False
        """Whether scores belong to the picture and not to its faces (official contract)."""
        self._end: float | None = None
        self._rows = Growing()
        self._is_sorted = True
        self._last_key: int | None = None
        self._scores = WindowScores.empty()
        self._traced = self._scores
        self._traces: dict[int, Trace] = {}

    @classmethod
    def of_result(cls, result: AnalysisResult) -> Evidence:
        """The final evidence; how far the frames were looked at is known to the gathered one (:meth:`follow`)."""
        evidence = cls()
        evidence.started = Started(result.plan, result.model, result.device)
        evidence.faces = FaceIndex.of_tracks(result.tracks)
        evidence.notices = list(result.notices)
        evidence.total = result.coverage.windows_total
        evidence.elapsed = result.processing_time
        evidence._end = result.plan.end
        evidence._add_scores(result.scores)
        return evidence

    @classmethod
    def of_kept(cls, result: AnalysisResult) -> Evidence:
        """The final evidence of a result whose analysis nobody saw: what it settled is what was looked at."""
        evidence = cls.of_result(result)
        plan, scores = result.plan, result.scores
        evidence.done = plan.windows_total
        evidence.examined = [(plan.start, plan.end)]
        if result.cancelled:
            reached = scores.take(scores.reason != Reason.NOT_REACHED)
            evidence.done = len(np.unique(reached.index))
            evidence.examined = [(start, end) for start, end in merged_spans(reached.start, reached.end).tolist()]
        return evidence

    def follow(self, live: Evidence) -> None:
        """Take over from ``live`` what only the running analysis told."""
        self.done, self.examined = live.done, live.examined

    def add(self, event: ProgressEvent) -> None:
        match event:
            case Started():
                self.started = event
                self.total = event.plan.windows_total
            case FacesFollowed():
                self.faces.add(event)
                self._extend_examined(event.pts)
            case Previewed():
                self.preview = event.scores
            case WindowsScored():
                self._add_scores(event.scores)
                self.done, self.total, self.elapsed = event.done, event.total, event.elapsed
            case Noticed():
                self.notices.append(event.notice)

    def _extend_examined(self, pts: NDArray[np.float64]) -> None:
        if not len(pts):
            return
        first, last = float(pts.min()), float(pts.max())
        for place, (begin, end) in enumerate(self.examined):  # several sections may grow at a time
            if begin <= first <= end + _SAME_SECTION_S:
                self.examined[place] = begin, max(last, end)
                return
        self.examined.append((first, last))

    def _add_scores(self, rows: WindowScores) -> None:
        if not len(rows):
            return
        keys = _keys(rows)
        last = self._last_key
        self._is_sorted &= bool((last is None or keys[0] > last) and (np.diff(keys) > 0).all())
        self._last_key = int(keys[-1])
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
            keys = _keys(self._scores)
            order = np.argsort(keys, kind="stable")
            newest = np.append(keys[order[1:]] != keys[order[:-1]], True)
            self._rows.reorder(order[newest])
            self._is_sorted = True
            self._scores = self._columns_as_scores()
            self._last_key = int(keys[order[-1]])
        return self._scores

    @property
    def tier_weights(self) -> NDArray[np.float32]:
        """(n, 3) what :attr:`WindowScores.tier_weights` of :attr:`scores` says, computed once a row."""
        scores = self.scores
        return self._rows.columns()["tier_weights"] if len(scores) else np.empty((0, len(TIERS)), np.float32)

    def trace(self, face: int) -> Trace:
        """The curve of ``face`` through :attr:`scores`, worked out once."""
        scores = self.scores
        if self._traced is not scores:
            self._traced, self._traces = scores, {}
        if face not in self._traces:
            self._traces[face] = trace_of(scores, face)
        return self._traces[face]

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
        extent, scores = self.extent, self.scores
        if extent is None:
            return np.empty((0, 2))
        spans = unanalysed_spans(scores, *extent)
        if self._end is not None:
            return spans
        # Between sections that are done lies what nobody has looked at yet.
        first = np.concatenate([[0], np.flatnonzero(np.diff(scores.index) > 1) + 1])
        settled = zip(scores.start[first].tolist(), np.maximum.reduceat(scores.end, first).tolist(), strict=True)
        inside: NDArray[np.float64] = np.concatenate([spans.clip(start, end) for start, end in settled])
        return np.asarray(inside[inside[:, 1] > inside[:, 0] + _BEYOND], np.float64)

    def windows_at(self, pts: float) -> list[WindowScore]:
        """The windows whose span holds ``pts``, ordered by position and face."""
        return [self.scores.row(i) for i in self._holding(pts)]

    def _holding(self, pts: float) -> range:
        """Rows whose span holds ``pts``: a window further on neither starts nor ends earlier."""
        scores = self.scores
        first = np.searchsorted(scores.end, pts, "right")
        return range(int(first), int(np.searchsorted(scores.start, pts, "right")))

    def window_at(self, pts: float, face: int) -> WindowScore | None:
        """The analysed window of ``face`` whose middle is nearest to ``pts``, among those that hold it."""
        scores, held = self.scores, self._holding(pts)
        rows = [i for i in held if scores.face[i] == face and scores.reason[i] == Reason.ANALYSED]
        if not rows:
            return None
        return scores.row(min(rows, key=lambda i: abs((scores.start[i] + scores.end[i]) / 2 - pts)))

    def score_at(self, pts: float, face: int) -> float | None:
        """The fake score of :meth:`window_at`."""
        window = self.window_at(pts, face)
        return None if window is None else window.score

    def was_examined(self, pts: float) -> bool:
        return any(first - _BEYOND <= pts <= last + _BEYOND for first, last in self.examined)


def _keys(scores: WindowScores) -> NDArray[np.int64]:
    """One number a row that orders by position and face, and is the same for the same window of the same face."""
    return scores.index * _FACES + scores.face


def unanalysed_spans(scores: WindowScores, start: float, end: float) -> NDArray[np.float64]:
    """(n, 2) seconds between ``start`` and ``end`` that lie in no analysed window."""
    seen = analysed_time(scores)
    spans = np.column_stack([np.concatenate([[start], seen[:, 1]]), np.concatenate([seen[:, 0], [end]])])
    return spans[spans[:, 1] > spans[:, 0] + _BEYOND]


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """The analysed windows of one face as points of a curve.

    Attributes
    ----------
    x : (n,) float64
        Middles in seconds, ascending.
    rows : (n,) intp
        Where they stand in the scores.
    run : (n,) intp
        Neighbours of the same run are joined by a line.
    """

    x: NDArray[np.float64]
    rows: NDArray[np.intp]
    run: NDArray[np.intp]


def trace_of(scores: WindowScores, face: int) -> Trace:
    """The curve of ``face``, which may be :data:`~lipfd_desktop.result.WHOLE_PICTURE`.

    The line breaks at positions without an analysed window of it: another face, a scene cut, not reached yet.
    """
    rows = np.flatnonzero(scores.analysed & (scores.face == face))
    index = scores.index[rows]
    breaks = np.diff(index) > 1
    run = np.concatenate([np.zeros(min(len(rows), 1), np.intp), np.cumsum(breaks)])
    return Trace((scores.start[rows] + scores.end[rows]) / 2, rows, run)
