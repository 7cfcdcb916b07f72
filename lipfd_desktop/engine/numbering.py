"""What faces are called: in sections by ids of their own, meanwhile by labels, in the end as they appear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.result import (
    WHOLE_PICTURE,
    FacesFollowed,
    FaceTrack,
    OnProgress,
    ProgressEvent,
    Reason,
    WindowScores,
    WindowsScored,
)
from lipfd_desktop.tracks.reunion import Reunion


def with_labels(on_progress: OnProgress, reunion: Reunion) -> OnProgress:
    """Faces of a section are told by the numbers that they have in the file, as far as is known by then."""

    def tell(event: ProgressEvent) -> None:
        match event:
            case FacesFollowed():
                event = replace(event, face=renumbered(event.face, reunion.labels()))
            case WindowsScored():
                named = replace(event.scores, face=renumbered(event.scores.face, reunion.labels()))
                event = replace(event, scores=WindowScores.concatenate([named]))
        on_progress(event)

    return tell


def renumbered(faces: NDArray[np.int64], numbers: Mapping[int, int]) -> NDArray[np.int64]:
    """A column of ids with other numbers; the whole picture, and no face, stay what they are."""
    there, places = np.unique(faces, return_inverse=True)
    given = [WHOLE_PICTURE if face == WHOLE_PICTURE else numbers[face] for face in there.tolist()]
    return np.array(given, np.int64)[places]


def in_order_of_appearance(
    scores: WindowScores, tracks: tuple[FaceTrack, ...]
) -> tuple[WindowScores, tuple[FaceTrack, ...]]:
    """Scores and tracks with the faces numbered as they first appear in the file, not as they were met."""
    by_time = sorted(tracks, key=lambda track: (int(track.frames[0]), float(track.boxes[0, 0])))
    tracked = [track.id for track in by_time]
    # Who was seen only in frames after a section, and has no track, comes last.
    others = sorted(set(np.unique(scores.face).tolist()).difference(tracked, [WHOLE_PICTURE]))
    numbers = {old: new for new, old in enumerate([*tracked, *others])}
    ordered = WindowScores.concatenate([replace(scores, face=renumbered(scores.face, numbers))])
    return ordered, tuple(replace(track, id=number) for number, track in enumerate(by_time))


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
