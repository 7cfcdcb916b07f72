"""Who of one part of a file is who of another: parts are followed apart from each other, and their faces matched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.tracks.follow import SeenFrame
from lipfd_desktop.tracks.identity import ALIKE, Look, distance_in_faces, likeness, same_size

EDGE_FRAMES: Final = 25
"""Frames on both sides of an edge between two parts in which both are asked where they saw whom."""

Box = NDArray[np.float32]


@dataclass(slots=True)
class _Seen:
    """One face of one part: what it looked like, and its boxes near the edges of the part, by frame."""

    first_box: Box
    last_box: Box
    first_look: Look
    last_look: Look
    boxes: dict[int, Box] = field(default_factory=dict)


class Reunion:
    """Joins the faces that parts of a file found each for itself.

    A face of a part is one of the part before it where both saw it at the same place in the same frames; else it is
    whoever looked like it before.  Two faces that a part told apart stay apart.  The answer depends on what the parts
    saw, and not on the order in which they told it.
    """

    def __init__(self) -> None:
        self._parts: dict[int, dict[int, _Seen]] = defaultdict(dict)
        self._ends: dict[int, int] = {}
        self._labels: dict[int, int] = {}

    def meet(self, own: range, frames: Iterable[SeenFrame], looks: Mapping[int, tuple[Look, Look]]) -> None:
        """Note frames that were seen for the part that owns the frames ``own``.

        Ids must be of this part alone; ``looks`` says what its faces looked like at first and by now.
        """
        self._ends[own.start] = own.stop
        part = self._parts[own.start]
        for frame in frames:
            near = any(abs(frame.index - edge) <= EDGE_FRAMES for edge in (own.start, own.stop))
            for face in frame.faces:
                first, now = looks[face.id]
                seen = part.setdefault(face.id, _Seen(face.box, face.box, first, now))
                seen.last_box, seen.last_look = face.box, now
                if near:
                    seen.boxes[frame.index] = face.box

    def persons(self) -> dict[int, int]:
        """Numbers of persons by id of a face, as met in the order of the file."""
        persons: dict[int, int] = {}
        last: dict[int, _Seen] = {}  # by person
        before: tuple[int, dict[int, _Seen]] | None = None
        for start in sorted(self._parts):
            seen = self._parts[start]
            there = before[1] if before is not None and before[0] == start else {}
            found = {face: persons[other] for face, other in _at_the_same_places(seen, there).items()}
            for face in sorted(seen.keys() - found.keys()):
                found[face] = _recognise(seen[face], last, set(found.values()))
            persons |= found
            last |= {person: seen[face] for face, person in found.items()}
            before = self._ends[start], seen
        return persons

    def labels(self) -> dict[int, int]:
        """Numbers by id of a face that stay as they are while more is met, for whoever looks on."""
        known = set(self._labels)
        if any(not known.issuperset(seen) for seen in self._parts.values()):
            members: dict[int, list[int]] = defaultdict(list)
            for face, person in self.persons().items():
                members[person].append(face)
            for faces in members.values():
                given = [self._labels[face] for face in faces if face in self._labels]
                label = min(given) if given else len(set(self._labels.values()))
                for face in faces:
                    self._labels.setdefault(face, label)
        return self._labels


def _at_the_same_places(seen: dict[int, _Seen], others: dict[int, _Seen]) -> dict[int, int]:
    """Pairs of faces of two parts that were at one place in most frames that both parts looked at."""
    pairs = sorted(
        (distance, face, other)
        for face, one in seen.items()
        for other, two in others.items()
        if (distance := _apart(one.boxes, two.boxes)) is not None
    )
    joined: dict[int, int] = {}
    for _, face, other in pairs:
        if face not in joined and other not in joined.values():
            joined[face] = other
    return joined


def _apart(one: dict[int, Box], other: dict[int, Box]) -> float | None:
    """Mean distance in face widths over the frames that show both, None where they cannot be one face."""
    distances = [distance_in_faces(one[frame], other[frame]) for frame in sorted(one.keys() & other.keys())]
    near = [distance for distance in distances if distance is not None]
    return float(np.mean(near)) if 2 * len(near) > len(distances) else None


def _recognise(face: _Seen, last: dict[int, _Seen], taken: set[int]) -> int:
    """The person who looked like this when last seen, or a new one."""
    candidates = [
        (likeness(face.first_look, seen.last_look), -person)
        for person, seen in last.items()
        if person not in taken and same_size(face.first_box, seen.last_box)
    ]
    best, person = max(candidates, default=(0.0, 0))
    return -person if best >= ALIKE else len(last.keys() | taken)
