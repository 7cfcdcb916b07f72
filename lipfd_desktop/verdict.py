"""From window scores to spans, frames, faces and one answer: pure functions of :class:`WindowScores`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.result import FacePath, FaceSummary, FaceTrack, Prediction, Span, WindowScores

ENOUGH_SHARE: Final = 0.1
"""A face decides the answer only with a tenth of the windows of the most seen face: a passer-by or a
mis-detected poster must not speak for the file."""


def _face_ids(scores: WindowScores) -> list[int]:
    return [int(face) for face in np.unique(scores.face[scores.analysed])]


def suspicious_spans(scores: WindowScores, threshold: float) -> tuple[Span, ...]:
    """Stretches where every window of a face is at or above ``threshold``, highest peak first.

    A window that is below the threshold or was not analysed ends a span: nothing is bridged that was not seen.
    """
    spans: list[Span] = []
    positions = np.unique(scores.index)
    for face in _face_ids(scores):
        own = scores.take((scores.face == face) & scores.analysed)
        # In double precision, as the threshold is: the span must agree with the numbers in the reports.
        above = np.flatnonzero(own.score.astype(np.float64) >= threshold)
        if not len(above):
            continue
        place = np.searchsorted(positions, own.index)
        breaks = np.flatnonzero((np.diff(above) > 1) | (np.diff(place[above]) > 1)) + 1
        for run in np.split(above, breaks):
            peak = int(run[np.argmax(own.score[run])])
            spans.append(
                Span(
                    face=face,
                    start=float(own.start[run[0]]),
                    end=float(own.end[run[-1]]),
                    peak=own.row(peak),
                    windows=len(run),
                    mean_score=float(own.score[run].mean()),
                )
            )
    return tuple(sorted(spans, key=lambda span: (-(span.peak.score or 0.0), span.start, span.face)))


def predict(scores: WindowScores, threshold: float) -> Prediction:
    """The answer for the file; the rule is stated at :class:`~lipfd_desktop.result.Prediction`."""
    counts = {face: int((scores.analysed & (scores.face == face)).sum()) for face in _face_ids(scores)}
    if not counts:
        return Prediction("INCONCLUSIVE", None, None, None, "no window could be analysed")
    enough = max(1.0, ENOUGH_SHARE * max(counts.values()))
    means = {
        face: float(scores.score[scores.analysed & (scores.face == face)].mean(dtype=np.float64))
        for face, count in counts.items()
        if count >= enough
    }
    face = max(means, key=lambda candidate: (means[candidate], -candidate))
    score = means[face]
    fake = score >= threshold
    reason = (
        f"the mean fake score of face {face} over {counts[face]} windows is {score:.3f}, "
        f"{'at or above' if fake else 'below'} the threshold of {threshold:.3f}"
    )
    return Prediction("FAKE" if fake else "REAL", score, score if fake else 1.0 - score, face, reason)


def frame_scores(
    scores: WindowScores, face: int | None, window_frames: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Fake score a frame: the mean over the analysed windows of ``face`` that contain it.

    Returns
    -------
    frames : (m,) int64
        Ordinals from the start of the file, ascending; only frames inside some analysed window.
    means : (m,) float32
    """
    own = scores.take(scores.analysed & (scores.face == (-1 if face is None else face)))
    members = (own.first_frame[:, None] + np.arange(window_frames)).ravel()
    frames, place = np.unique(members, return_inverse=True)
    sums = np.bincount(place, weights=np.repeat(own.score.astype(np.float64), window_frames), minlength=len(frames))
    counts = np.bincount(place, minlength=len(frames))
    return frames, (sums / np.maximum(counts, 1)).astype(np.float32)


def count_paths(paths: NDArray[np.uint8]) -> dict[str, int]:
    """Frames by :class:`FacePath` label."""
    return {path.label: int((paths == path).sum()) for path in FacePath}


def summarise_faces(tracks: Iterable[FaceTrack], scores: WindowScores) -> tuple[FaceSummary, ...]:
    """One line a face, most seen first."""
    summaries = []
    for track in tracks:
        own = scores.score[scores.analysed & (scores.face == track.id)]
        summaries.append(
            FaceSummary(
                id=track.id,
                start=track.start,
                end=track.end,
                frames=len(track.frames),
                frames_by_path=count_paths(track.paths),
                median_height=track.median_height,
                windows_analysed=len(own),
                mean_score=float(own.mean(dtype=np.float64)) if len(own) else None,
                max_score=float(own.max()) if len(own) else None,
            )
        )
    return tuple(sorted(summaries, key=lambda face: (-face.windows_analysed, -face.frames, face.id)))
