"""MediaPipe behind one small class: landmarks of the faces in one frame, and which path found them.

Only this module knows MediaPipe.  Its models travel in the wheel, so faces are found offline from the first run
(docs/adr/0003-mediapipe-and-opencv.md).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import Any, ClassVar, Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.result import FacePath
from lipfd_desktop.tracks.pose import Landmarks, bounding_box

Image = NDArray[np.uint8]
"""(height, width, 3) RGB."""

CONFIDENCE: Final = 0.5
"""MediaPipe's own default, for the main path."""
LOW_CONFIDENCE: Final = 0.2
"""For the fall-back paths, where a face is expected and a look is worth a false start."""
SEARCH_PIXELS: Final = 384
"""Side to which a region is enlarged before searching it: twice the 192 pixels of the mesh's own input."""
REGION_SCALE: Final = 2.4
"""A region searched for a lost face is this many times its box: the detector wants surroundings."""
SAME_FACE_OVERLAP: Final = 0.3
"""Two boxes with a higher intersection over union are one face found twice."""


@dataclass(frozen=True, slots=True)
class Detection:
    landmarks: Landmarks
    path: FacePath

    @property
    def box(self) -> NDArray[np.float32]:
        return bounding_box(self.landmarks)


def overlap(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Intersection over union of two boxes (x, y, width, height)."""
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[:2] + a[2:], b[:2] + b[2:])
    shared = float(np.prod(np.clip(high - low, 0, None)))
    union = float(np.prod(a[2:])) + float(np.prod(b[2:])) - shared
    return shared / union if union > 0 else 0.0


class _QuietStderr:
    """Hides what MediaPipe's C++ code writes to file descriptor 2: the command line promises one line there.

    Several threads may ask for it at once: the first one hides the descriptor, the last one restores it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._wishes = 0
        self._saved: int | None = None

    def __enter__(self) -> None:
        with self._lock:
            self._wishes += 1
            if self._wishes == 1:
                self._saved = _hide_stderr()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._wishes -= 1
            if self._wishes == 0 and self._saved is not None:
                os.dup2(self._saved, 2)
                os.close(self._saved)


def _hide_stderr() -> int | None:
    """A copy of file descriptor 2, which leads nowhere from now on."""
    try:
        saved = os.dup(2)
    except OSError:  # started without a stderr, as programs with windows are: nothing to hide
        return None
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)
    return saved


_QUIET_STDERR: Final = _QuietStderr()


class FaceDetector:
    """Finds faces in the frames of one video, in order.

    :meth:`follow` keeps state from frame to frame, as MediaPipe's video mode does; one detector serves one pass
    over one file.  Use as a context manager.

    Parameters
    ----------
    max_faces
        Faces searched for in a frame.
    """

    _seen_a_face: ClassVar[bool] = False
    """MediaPipe writes a warning at the first face of a process, which no setting turns off."""

    def __init__(self, *, max_faces: int = 4) -> None:
        with _QUIET_STDERR:
            from mediapipe.python.solutions.face_detection import FaceDetection
            from mediapipe.python.solutions.face_mesh import FaceMesh

            self._mesh: Any = FaceMesh(
                static_image_mode=False,
                max_num_faces=max_faces,
                refine_landmarks=True,
                min_detection_confidence=CONFIDENCE,
                min_tracking_confidence=CONFIDENCE,
            )
            self._still_mesh: Any = FaceMesh(
                static_image_mode=True,
                max_num_faces=1,
                refine_landmarks=True,
                min_detection_confidence=LOW_CONFIDENCE,
            )
            # Model 1 is the full-range detector: faces up to 5 m away, which the mesh's own detector misses.
            self._far_detector: Any = FaceDetection(model_selection=1, min_detection_confidence=LOW_CONFIDENCE)
            self._warm_up()

    def _warm_up(self) -> None:
        """Run each graph once: the first frame starts its threads and prints its banners."""
        blank = np.zeros((64, 64, 3), np.uint8)
        for graph in (self._mesh, self._still_mesh, self._far_detector):
            graph.process(blank)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        for graph in (self._mesh, self._still_mesh, self._far_detector):
            graph.close()

    def follow(self, image: Image, scale: float = 1.0) -> list[Detection]:
        """Faces of the next frame by the main path; ``scale`` converts the image's pixels to the frame's."""
        found = self._landmarks(self._mesh, image)
        detections = [Detection(_pixels(face, image) * np.float32(scale), FacePath.DETECTED) for face in found]
        return _without_doubles(detections)

    def search(self, image: Image, boxes: Sequence[NDArray[np.float32]] = ()) -> list[Detection]:
        """Faces by the fall-back paths, in the frame at full size, at lower confidence.

        First around ``boxes`` where faces were last seen, enlarged; when there are none, wherever the full-range
        detector points; last, on a contrast-stretched copy.
        """
        near = [self._search_region(image, box) for box in boxes]
        found = [detection for detection in near if detection is not None]
        if boxes:
            return _without_doubles(found)
        for candidate in (image, _stretched(image)):
            far = [self._search_region(candidate, box) for box in self._far_boxes(candidate)]
            found = [detection for detection in far if detection is not None]
            if found:
                return _without_doubles(found)
        return []

    def _landmarks(self, mesh: Any, image: Image) -> Sequence[Any]:
        with nullcontext() if FaceDetector._seen_a_face else _QUIET_STDERR:
            faces: Sequence[Any] = mesh.process(image).multi_face_landmarks or ()
        FaceDetector._seen_a_face |= bool(faces)
        return faces

    def _far_boxes(self, image: Image) -> list[NDArray[np.float32]]:
        height, width = image.shape[:2]
        found = self._far_detector.process(image).detections or ()
        boxes = [detection.location_data.relative_bounding_box for detection in found]
        return [
            np.array([box.xmin * width, box.ymin * height, box.width * width, box.height * height], np.float32)
            for box in boxes
        ]

    def _search_region(self, image: Image, box: NDArray[np.float32]) -> Detection | None:
        height, width = image.shape[:2]
        centre, half = box[:2] + box[2:] / 2, max(float(box[2:].max()) * REGION_SCALE / 2, 16.0)
        left, top = np.clip((centre - half).astype(int), 0, [width - 1, height - 1])
        right, bottom = np.clip((centre + half).astype(int) + 1, [left + 1, top + 1], [width, height])
        region = image[top:bottom, left:right]
        zoom = SEARCH_PIXELS / max(region.shape[:2])
        if zoom > 1:
            region = cv2.resize(region, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)
        faces = self._landmarks(self._still_mesh, np.ascontiguousarray(region))
        if not faces:
            return None
        landmarks = _pixels(faces[0], region) / np.float32(max(zoom, 1.0)) + np.array([left, top], np.float32)
        return Detection(landmarks.astype(np.float32), FacePath.FALLBACK)


def _pixels(face: Any, image: Image) -> Landmarks:
    height, width = image.shape[:2]
    return np.array([(point.x * width, point.y * height) for point in face.landmark], np.float32)


def _without_doubles(detections: list[Detection]) -> list[Detection]:
    kept: list[Detection] = []
    for detection in detections:
        if all(overlap(detection.box, other.box) < SAME_FACE_OVERLAP for other in kept):
            kept.append(detection)
    return kept


def _stretched(image: Image) -> Image:
    """Local contrast stretched in lightness only, for dark and washed-out pictures."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(clipLimit=4.0, tileGridSize=(8, 8)).apply(lab[..., 0])
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), dtype=np.uint8)
