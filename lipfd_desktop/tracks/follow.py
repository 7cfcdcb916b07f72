"""Faces through time: detection, fall-backs, ids, short gaps closed, placements smoothed; one pass, bounded memory.

A frame leaves :func:`follow_faces` a few frames after it entered, because closing a gap and smoothing a placement
need to see what comes next.  Until then its picture stays in the decoder's own compact form.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.media.frames import Frame
from lipfd_desktop.result import FacePath
from lipfd_desktop.tracks.detector import Detection, FaceDetector
from lipfd_desktop.tracks.identity import CutDetector, IdentityBook
from lipfd_desktop.tracks.pose import FacePose, Landmarks, bounding_box, lips_box

MAX_GAP: Final = 5
"""Frames without a face that are interpolated: 0.2 s at 25 fps, one window of the paper."""
RADIUS: Final = 4
"""Frames before and after that take part in smoothing a placement."""
SMOOTHING_SECONDS: Final = 0.06
"""Standard deviation of the Gaussian over time: removes jitter from frame to frame, keeps nods (0.2 s and longer)."""
DETECTION_SIDE: Final = 960
"""Longest side in pixels of the picture given to the main path; MediaPipe shrinks a face to 192 pixels anyway."""
LOST_SECONDS: Final = 0.5
"""A face that went missing is searched for around its last box this long."""
PATIENCE: Final = 12
"""After this many frames in a row without any face the whole-frame search runs in every ``RARELY``-th frame only."""
RARELY: Final = 5


@dataclass(frozen=True, slots=True)
class TrackedFace:
    """One face in one frame.

    ``pose`` is smoothed over time; ``landmarks`` and the boxes are the frame's own, where the face was not found on a
    line between its neighbours.
    """

    id: int
    box: NDArray[np.float32]
    lips: NDArray[np.float32]
    pose: FacePose
    path: FacePath
    landmarks: Landmarks


@dataclass(frozen=True, slots=True)
class TrackedFrame:
    """A frame and its faces; ``cut`` says that it starts a new shot."""

    frame: Frame
    faces: tuple[TrackedFace, ...]
    cut: bool

    def face(self, face: int) -> TrackedFace | None:
        return next((candidate for candidate in self.faces if candidate.id == face), None)


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """Whom a frame shows; its picture is gone."""

    index: int
    pts: float
    faces: tuple[TrackedFace, ...]


@dataclass(slots=True)
class _Slot:
    frame: Frame
    cut: bool
    pts: float
    faces: dict[int, Detection]
    poses: dict[int, NDArray[np.float64]] = field(default_factory=dict)

    def add(self, face: int, detection: Detection) -> None:
        self.faces[face] = detection
        self.poses[face] = FacePose.from_landmarks(detection.landmarks).vector()


def follow_faces(
    frames: Iterable[Frame], detector: FaceDetector, book: IdentityBook | None = None
) -> Iterator[TrackedFrame]:
    """Find and follow faces in consecutive frames.

    Parameters
    ----------
    book
        Faces that are known already, from other parts of the same file; None for nobody.

    Yields every frame in order, at most ``MAX_GAP + RADIUS`` frames after reading it.
    """
    past: deque[_Slot] = deque(maxlen=RADIUS)
    waiting: deque[_Slot] = deque()
    observer = _Observer(detector, IdentityBook() if book is None else book)
    for frame in frames:
        waiting.append(observer.observe(frame))
        _close_gaps([*past, *waiting])
        if len(waiting) > MAX_GAP + RADIUS:
            yield _release(past, waiting)
    while waiting:
        yield _release(past, waiting)


class _Observer:
    """Detection and ids of one frame at a time."""

    def __init__(self, detector: FaceDetector, book: IdentityBook) -> None:
        self._detector = detector
        self._cuts = CutDetector()
        self._book = book
        self._empty_frames = 0

    def observe(self, frame: Frame) -> _Slot:
        image = frame.rgb_scaled(DETECTION_SIDE)
        scale = frame.width / image.shape[1]
        cut = self._cuts.is_cut(image)
        slot = _Slot(frame, cut, frame.pts, {})
        self._add(slot, self._detector.follow(image, scale), image, scale)
        lost = [] if cut else self._book.lost(set(slot.faces), frame.pts, LOST_SECONDS)
        if lost:
            self._add(slot, self._unseen(slot, self._detector.search(frame.rgb(), lost)), image, scale)
        if not slot.faces and (self._empty_frames < PATIENCE or self._empty_frames % RARELY == 0):
            self._add(slot, self._detector.search(frame.rgb()), image, scale)
        self._empty_frames = 0 if slot.faces else self._empty_frames + 1
        return slot

    def _add(self, slot: _Slot, detections: list[Detection], image: NDArray[np.uint8], scale: float) -> None:
        ids = self._book.assign(detections, image, scale, slot.pts, cut=slot.cut, taken=set(slot.faces))
        for face, detection in zip(ids, detections, strict=True):
            slot.add(face, detection)

    @staticmethod
    def _unseen(slot: _Slot, detections: list[Detection]) -> list[Detection]:
        """Those that are not a face already found in this frame by the main path."""
        centres = [other.box[:2] + other.box[2:] / 2 for other in slot.faces.values()]
        return [detection for detection in detections if not any(_inside(centre, detection.box) for centre in centres)]


def _inside(point: NDArray[np.float32], box: NDArray[np.float32]) -> bool:
    return bool(np.all(point >= box[:2]) and np.all(point <= box[:2] + box[2:]))


def _close_gaps(slots: list[_Slot]) -> None:
    """Interpolate faces of the newest slot back to where they were last seen, if that is near and in the same shot."""
    newest = len(slots) - 1
    for face, detection in list(slots[newest].faces.items()):
        for back in range(1, min(MAX_GAP + 1, newest) + 1):
            if slots[newest - back + 1].cut:
                break
            before = slots[newest - back]
            if face in before.faces:
                _interpolate(slots[newest - back : newest + 1], face, before.faces[face].landmarks, detection.landmarks)
                break


def _interpolate(slots: list[_Slot], face: int, first: Landmarks, last: Landmarks) -> None:
    start, span = slots[0].pts, slots[-1].pts - slots[0].pts
    for slot in slots[1:-1]:
        share = np.float32((slot.pts - start) / span) if span > 0 else np.float32(0.5)
        slot.add(face, Detection(first * (1 - share) + last * share, FacePath.INTERPOLATED))


def _release(past: deque[_Slot], waiting: deque[_Slot]) -> TrackedFrame:
    slot = waiting.popleft()
    faces = tuple(
        TrackedFace(
            face,
            bounding_box(detection.landmarks),
            lips_box(detection.landmarks),
            _smoothed_pose(face, past, slot, waiting),
            detection.path,
            detection.landmarks,
        )
        for face, detection in sorted(slot.faces.items())
    )
    past.append(slot)
    return TrackedFrame(slot.frame, faces, slot.cut)


def _smoothed_pose(face: int, past: deque[_Slot], slot: _Slot, waiting: deque[_Slot]) -> FacePose:
    """Gaussian mean over the neighbouring frames of the same shot in which the face was seen without a break."""
    vectors, times = [slot.poses[face]], [slot.pts]
    shot_began = slot.cut
    for earlier in reversed(past):
        if shot_began or face not in earlier.poses:
            break
        vectors.append(earlier.poses[face])
        times.append(earlier.pts)
        shot_began = earlier.cut
    for later in list(waiting)[:RADIUS]:
        if later.cut or face not in later.poses:
            break
        vectors.append(later.poses[face])
        times.append(later.pts)
    distance = (np.array(times) - slot.pts) / SMOOTHING_SECONDS
    weights = np.exp(-0.5 * distance**2)
    return FacePose.from_vector(np.average(np.stack(vectors), axis=0, weights=weights))
