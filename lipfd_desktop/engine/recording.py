"""Keeping what passes by: face tracks and window scores as columns, with progress told on the way."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Final

import numpy as np

from lipfd_desktop.network.scorer import RawScores
from lipfd_desktop.result import (
    TIERS,
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
from lipfd_desktop.tracks.follow import SeenFrame, TrackedFace
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

    def extend(self, other: _Columns) -> None:
        for name in ("frames", "pts", "boxes", "lips", "paths", "poses"):
            getattr(self, name).extend(getattr(other, name))


class TrackRecorder:
    """Records whom frames show, and tells it."""

    def __init__(self, on_progress: Callable[[ProgressEvent], None]) -> None:
        self._on_progress = on_progress
        self._faces: dict[int, _Columns] = {}
        self._best_paths = array("B")

    def record(self, frames: Sequence[SeenFrame]) -> None:
        """Keep the boxes of consecutive frames, and tell them, a few frames at a time."""
        for seen in frames:
            for face in seen.faces:
                self._faces.setdefault(face.id, _Columns()).add(seen.index, seen.pts, face)
            self._best_paths.append(_best_path(seen))
        for first in range(0, len(frames), TELL_EVERY):
            self._tell(frames[first : first + TELL_EVERY])

    def _tell(self, frames: Sequence[SeenFrame]) -> None:
        rows = [(seen.pts, face) for seen in frames for face in (seen.faces or (None,))]
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

    def result(self, persons: Mapping[int, int] | None = None) -> tuple[FaceTrack, ...]:
        """The tracks by id of the face, or by the number of its person in ``persons``."""
        joined: dict[int, _Columns] = {}
        for face, columns in sorted(self._faces.items()):
            joined.setdefault(face if persons is None else persons[face], _Columns()).extend(columns)
        return tuple(columns.track(face) for face, columns in sorted(joined.items()))

    @property
    def frames(self) -> int:
        return len(self._best_paths)

    def frames_by_path(self) -> dict[str, int]:
        return count_paths(np.array(self._best_paths, np.uint8))


def _best_path(seen: SeenFrame) -> FacePath:
    paths = {face.path for face in seen.faces}
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
