"""Keeping what passes by: face tracks and window scores as columns, with progress told on the way."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import replace
from time import perf_counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.network.scorer import RawScores
from lipfd_desktop.result import (
    TIERS,
    WHOLE_PICTURE,
    Coverage,
    FacePath,
    FacesFollowed,
    FaceTrack,
    Plan,
    ProgressEvent,
    Reason,
    WindowScores,
    WindowsScored,
)
from lipfd_desktop.tracks.follow import TrackedFace, TrackedFrame
from lipfd_desktop.verdict import analysed_time, count_paths
from lipfd_desktop.windows.assemble import Window

TELL_EVERY: Final = 12
"""Frames between two reports of face boxes: twice a second at 25 fps of video, far more often in wall time."""


class _Columns:
    """One face's rows as flat arrays: 97 bytes a frame, where objects would cost a kilobyte."""

    def __init__(self) -> None:
        self.frames = array("q")
        self.pts = array("d")
        self.boxes = array("f")
        self.lips = array("f")
        self.paths = array("B")
        self.poses = array("d")

    def add(self, frame: int, pts: float, face: TrackedFace) -> None:
        self.frames.append(frame)
        self.pts.append(pts)
        self.boxes.extend(face.box.tolist())
        self.lips.extend(face.lips.tolist())
        self.paths.append(face.path)
        self.poses.extend(face.pose.row())

    def track(self, face: int) -> FaceTrack:
        frames = np.array(self.frames, np.int64)
        order = np.argsort(frames, kind="stable")  # sections come in any order
        return FaceTrack(
            face,
            frames[order],
            np.array(self.pts, np.float64)[order],
            np.array(self.boxes, np.float32).reshape(-1, 4)[order],
            np.array(self.lips, np.float32).reshape(-1, 4)[order],
            np.array(self.paths, np.uint8)[order],
            np.array(self.poses, np.float64).reshape(-1, 6)[order],
        )

    def nearest(self, pts: float) -> tuple[NDArray[np.float32], float]:
        """Box and PTS of the sighting nearest to a time."""
        times = np.array(self.pts, np.float64)
        place = int(np.abs(times - pts).argmin())
        return np.array(self.boxes[4 * place : 4 * place + 4], np.float32), float(times[place])


class TrackRecorder:
    """Records the faces of the frames that flow through :meth:`record`."""

    def __init__(self, on_progress: Callable[[ProgressEvent], None]) -> None:
        self._on_progress = on_progress
        self._faces: dict[int, _Columns] = {}
        self._best_paths = array("B")
        self._untold: list[tuple[float, tuple[TrackedFace, ...]]] = []

    def record(self, frames: Iterator[TrackedFrame], own: range) -> Iterator[TrackedFrame]:
        """Pass frames on, keeping the boxes of those with an ordinal in ``own`` and telling them every few frames."""
        for tracked in frames:
            if tracked.frame.index not in own:
                yield tracked
                continue
            for face in tracked.faces:
                self._faces.setdefault(face.id, _Columns()).add(tracked.frame.index, tracked.frame.pts, face)
            self._best_paths.append(_best_path(tracked))
            self._untold.append((tracked.frame.pts, tracked.faces))  # not the frame, which holds its picture
            if len(self._untold) >= TELL_EVERY:
                self.flush()
            yield tracked

    def flush(self) -> None:
        """Tell what was not told yet."""
        rows = [(pts, face) for pts, faces in self._untold for face in (faces or (None,))]
        self._untold = []
        if not rows:
            return
        nowhere = np.full(4, np.nan, np.float32)
        self._on_progress(
            FacesFollowed(
                pts=np.array([pts for pts, _ in rows]),
                face=np.array([-1 if face is None else face.id for _, face in rows], np.int64),
                boxes=np.stack([nowhere if face is None else face.box for _, face in rows]),
                lips=np.stack([nowhere if face is None else face.lips for _, face in rows]),
                paths=np.array([FacePath.NONE if face is None else face.path for _, face in rows], np.uint8),
            )
        )

    def sightings(self, pts: float) -> dict[int, tuple[NDArray[np.float32], float]]:
        """Where every face was, and when, as near as possible to a time in PTS seconds."""
        return {face: columns.nearest(pts) for face, columns in self._faces.items()}

    def result(self) -> tuple[FaceTrack, ...]:
        return tuple(columns.track(face) for face, columns in sorted(self._faces.items()))

    @property
    def frames(self) -> int:
        return len(self._best_paths)

    def frames_by_path(self) -> dict[str, int]:
        return count_paths(np.array(self._best_paths, np.uint8))


def _best_path(tracked: TrackedFrame) -> FacePath:
    paths = {face.path for face in tracked.faces}
    order = (FacePath.DETECTED, FacePath.FALLBACK, FacePath.INTERPOLATED)
    return next((path for path in order if path in paths), FacePath.NONE)


class ScoreRecorder:
    """Collects window scores and tells each batch."""

    def __init__(self, plan: Plan, began: float, on_progress: Callable[[ProgressEvent], None]) -> None:
        self._plan = plan
        self._began = began
        self._on_progress = on_progress
        self._parts: list[WindowScores] = []
        self._settled = np.zeros(plan.windows_total, bool)

    def add(self, windows: list[Window], raw: RawScores | None) -> None:
        """Record a batch; ``raw`` has one row for each window that has an input, in order."""
        part = _columns(windows, raw, self._plan.window_frames)
        self._parts.append(part)
        self._settled[part.index] = True
        done = int(self._settled.sum())
        self._on_progress(WindowsScored(part, done, len(self._settled), perf_counter() - self._began))

    def result(self) -> WindowScores:
        return WindowScores.concatenate(self._parts) if self._parts else WindowScores.empty(self._plan.window_frames)


def _columns(windows: list[Window], raw: RawScores | None, frames: int) -> WindowScores:
    count = len(windows)
    logit, score, generated, foreign_sound = np.full((4, count), np.nan, np.float32)
    weights = np.full((count, len(TIERS), frames), np.nan, np.float32)
    if raw is not None:
        ready = np.array([window.input is not None for window in windows])
        logit[ready], score[ready], weights[ready] = raw.logit, raw.score, raw.region_weights
        generated[ready] = np.nan if raw.generated is None else raw.generated
        foreign_sound[ready] = np.nan if raw.foreign_sound is None else raw.foreign_sound
    return WindowScores(
        index=np.array([window.index for window in windows], np.int64),
        start=np.array([window.time.start for window in windows]),
        end=np.array([window.time.end for window in windows]),
        first_frame=np.array([window.time.first_frame for window in windows], np.int64),
        face=np.array([window.face for window in windows], np.int64),
        reason=np.array([window.reason for window in windows], np.uint8),
        logit=logit,
        score=score,
        generated=generated,
        foreign_sound=foreign_sound,
        region_weights=weights,
    )


def in_order_of_appearance(
    scores: WindowScores, tracks: tuple[FaceTrack, ...]
) -> tuple[WindowScores, tuple[FaceTrack, ...]]:
    """Scores and tracks with the faces numbered as they first appear in the file, not as they were met."""
    by_time = sorted(tracks, key=lambda track: (int(track.frames[0]), float(track.boxes[0, 0])))
    tracked = [track.id for track in by_time]
    # Who was seen only in frames after a section, and has no track, comes last.
    others = sorted(set(np.unique(scores.face).tolist()).difference(tracked, [WHOLE_PICTURE]))
    numbers = {old: new for new, old in enumerate([*tracked, *others])} | {WHOLE_PICTURE: WHOLE_PICTURE}
    face = np.array([numbers[old] for old in scores.face.tolist()], np.int64)
    renumbered = WindowScores.concatenate([replace(scores, face=face)]) if len(scores) else scores
    return renumbered, tuple(replace(track, id=number) for number, track in enumerate(by_time))


def of_one_face(scores: WindowScores, face: int) -> WindowScores:
    """What an analysis of this face alone says: positions that show only others show no face."""
    kept = (scores.face == face) | (scores.face == WHOLE_PICTURE)
    missing, first = np.unique(scores.index[~kept], return_index=True)
    rows = np.flatnonzero(~kept)[first[~np.isin(missing, scores.index[kept])]]
    empty = scores.take(rows)
    unknown = np.full(len(rows), np.nan, np.float32)
    without = replace(
        empty,
        face=np.full(len(rows), WHOLE_PICTURE, np.int64),
        reason=np.full(len(rows), Reason.NO_FACE, np.uint8),
        logit=unknown,
        score=unknown,
        generated=unknown,
        foreign_sound=unknown,
        region_weights=np.full_like(empty.region_weights, np.nan),
    )
    return WindowScores.concatenate([scores.take(kept), without])


def coverage_of(plan: Plan, tracks: TrackRecorder, scores: WindowScores, *, complete: bool) -> Coverage:
    """Count what was looked at; a window position counts as analysed when any face in it was.

    A position that several faces share appears once, with its best outcome.
    """
    best: dict[int, int] = {}
    for index, reason in zip(scores.index.tolist(), scores.reason.tolist(), strict=True):
        best[index] = min(best.get(index, reason), reason)
    counts = {reason.label: 0 for reason in Reason}
    for value in best.values():
        counts[Reason(value).label] += 1
    counts[Reason.NOT_REACHED.label] += max(plan.windows_total - len(best), 0)
    return Coverage(
        frames_total=max(plan.frames_total, tracks.frames),
        frames_by_path=tracks.frames_by_path(),
        windows_total=max(plan.windows_total, len(best)),
        windows_analysed=counts[Reason.ANALYSED.label],
        windows_by_reason=counts,
        seconds_total=plan.end - plan.start,
        seconds_analysed=float(np.diff(analysed_time(scores), axis=1).sum()),
        complete=complete,
    )
