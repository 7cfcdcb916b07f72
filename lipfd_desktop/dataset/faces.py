"""How the face of each frame was found: counts over a whole video, and frames that are worth a look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.media.frames import Frame, read_frames
from lipfd_desktop.media.picture import Picture
from lipfd_desktop.media.timeline import scan_frame_times
from lipfd_desktop.result import FacePath
from lipfd_desktop.tracks.detector import FaceDetector
from lipfd_desktop.tracks.follow import TrackedFace, TrackedFrame, follow_faces
from lipfd_desktop.windows.assemble import MIN_FACE_HEIGHT
from lipfd_desktop.windows.geometry import crop_tiers

CROP_SIDE: Final = 96
"""Pixels of each crop on the sheet."""


@dataclass(frozen=True, slots=True, eq=False)
class ShownFrame:
    """One frame of the sheet: (3, 96, 96, 3) head, face and lip crops, or the whole frame, small, without a face."""

    index: int
    pts: float
    path: FacePath
    crops: NDArray[np.uint8] | None
    whole: Picture | None


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """What a sheet tells.

    Attributes
    ----------
    counts
        Frames by how the shown face was found in them; all frames of the video.
    face
        Track id of the shown face, the most seen one; None when there is none.
    faces
        Different faces in the video.
    median_height
        Of the shown face in pixels, chin to forehead.
    shown
        In time order: frames chosen evenly, and doubtful ones.
    doubtful_left_out
        Frames not found by the main path that the sheet has no room for.
    """

    path: Path
    width: int
    height: int
    counts: Mapping[FacePath, int]
    face: int | None
    faces: int
    median_height: float
    shown: tuple[ShownFrame, ...]
    doubtful_left_out: int

    @property
    def frames(self) -> int:
        return sum(self.counts.values())

    def summary(self) -> str:
        """One sentence with every count."""
        if self.face is None:
            return f"{self.path.name}: no face was found in any of its {self.frames} frames."
        parts = ", ".join(
            f"{path.label} {self.counts[path]} ({percent(self.counts[path], self.frames)})" for path in ORDER
        )
        small = f"; under the {MIN_FACE_HEIGHT} px that are needed" if self.median_height < MIN_FACE_HEIGHT else ""
        return f"{self.path.name}: {self.frames} frames: {parts}; face {self.median_height:.0f} px high{small}."


ORDER: Final = (FacePath.DETECTED, FacePath.FALLBACK, FacePath.INTERPOLATED, FacePath.NONE)


def percent(count: int, total: int) -> str:
    """A share that is rounded to neither nothing nor everything."""
    if count in {0, total}:
        return "100 %" if count else "0 %"
    return f"{min(max(100 * count / total, 0.1), 99.9):.1f} %"


def look_at_faces(path: Path, *, frames: int, on_frame: Callable[[], object] = lambda: None) -> Survey:
    """Follow the faces of a whole video as the analysis does.

    Parameters
    ----------
    frames
        Frames chosen evenly; at most as many doubtful ones are shown besides.
    on_frame
        Called after every frame.

    Raises
    ------
    MediaError
        The file cannot be read as a video.
    """
    times = scan_frame_times(path)
    watch = _Watch(even={int(index) for index in np.linspace(0, len(times) - 1, min(frames, len(times)))}, room=frames)
    with FaceDetector() as detector, read_frames(path, frame_times=times) as reader:
        for tracked in follow_faces(reader, detector):
            watch.add(tracked)
            on_frame()
    return watch.survey(path)


@dataclass(slots=True)
class _Candidate:
    """A frame that may be shown, with the crops of all its faces until it is known which face is."""

    index: int
    pts: float
    crops: dict[int, tuple[FacePath, NDArray[np.uint8]]]
    whole: Picture


@dataclass(slots=True)
class _Thinned:
    """At most twice ``room`` of all frames offered, evenly spread over them."""

    room: int
    kept: list[_Candidate] = field(default_factory=list)
    offered: int = 0
    step: int = 1

    def offer(self, make: Callable[[], _Candidate]) -> None:
        if len(self.kept) >= 2 * self.room:
            self.kept = self.kept[::2]
            self.step *= 2
        if self.offered % self.step == 0:
            self.kept.append(make())
        self.offered += 1


class _Watch:
    """Counts every frame and keeps pictures of few."""

    def __init__(self, *, even: set[int], room: int) -> None:
        self._even = even
        self._evenly: list[_Candidate] = []
        self._doubtful = _Thinned(room)
        self._paths: dict[int, Counter[FacePath]] = {}
        self._heights: dict[int, list[float]] = {}
        self._frames = 0
        self._size = (0, 0)

    def add(self, tracked: TrackedFrame) -> None:
        frame = tracked.frame
        self._frames += 1
        self._size = frame.width, frame.height
        for face in tracked.faces:
            self._paths.setdefault(face.id, Counter())[face.path] += 1
            self._heights.setdefault(face.id, []).append(float(face.box[3]))
        leading = self._most_seen()
        found = None if leading is None else tracked.face(leading)
        if frame.index in self._even:
            self._evenly.append(_candidate(tracked))
        elif found is None or found.path is not FacePath.DETECTED:
            self._doubtful.offer(lambda: _candidate(tracked))

    def survey(self, path: Path) -> Survey:
        face = self._most_seen()
        counts = Counter({FacePath.NONE: self._frames}) if face is None else Counter(self._paths[face])
        counts[FacePath.NONE] = self._frames - sum(counts[one] for one in ORDER[:-1])
        evenly = [_shown(candidate, face) for candidate in self._evenly]
        doubtful = [_shown(candidate, face) for candidate in self._doubtful.kept]
        doubtful = _evenly_chosen([one for one in doubtful if one.path is not FacePath.DETECTED], self._doubtful.room)
        on_sheet = sum(one.path is not FacePath.DETECTED for one in (*evenly, *doubtful))
        return Survey(
            path=path,
            width=self._size[0],
            height=self._size[1],
            counts=counts,
            face=face,
            faces=len(self._paths),
            median_height=0.0 if face is None else float(np.median(self._heights[face])),
            shown=tuple(sorted((*evenly, *doubtful), key=lambda one: one.index)),
            doubtful_left_out=self._frames - counts[FacePath.DETECTED] - on_sheet,
        )

    def _most_seen(self) -> int | None:
        return max(self._paths, key=lambda face: (self._paths[face].total(), -face), default=None)


def _candidate(tracked: TrackedFrame) -> _Candidate:
    frame, image = tracked.frame, tracked.frame.rgb()
    crops = {face.id: (face.path, _crops(image, face)) for face in tracked.faces}
    return _Candidate(frame.index, frame.pts, crops, _small(frame))


def _crops(image: Picture, face: TrackedFace) -> NDArray[np.uint8]:
    return crop_tiers(image, face.pose, CROP_SIDE)


def _small(frame: Frame) -> Picture:
    """The whole frame, as high as a crop and at most as wide as three."""
    picture = frame.rgb_scaled(4 * CROP_SIDE)
    scale = min(CROP_SIDE / picture.shape[0], 3 * CROP_SIDE / picture.shape[1])
    size = max(round(picture.shape[1] * scale), 1), max(round(picture.shape[0] * scale), 1)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _shown(candidate: _Candidate, face: int | None) -> ShownFrame:
    path, crops = candidate.crops.get(-1 if face is None else face, (FacePath.NONE, None))
    return ShownFrame(candidate.index, candidate.pts, path, crops, candidate.whole if crops is None else None)


def _evenly_chosen(frames: list[ShownFrame], room: int) -> list[ShownFrame]:
    if len(frames) <= room:
        return frames
    return [frames[int(place)] for place in np.linspace(0, len(frames) - 1, room)]
