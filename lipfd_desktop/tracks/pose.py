"""Where a face is in the picture: the few numbers that place every crop, from MediaPipe's 478 landmarks.

Landmark numbers are those of MediaPipe's face mesh topology
(https://ai.google.dev/edge/mediapipe/solutions/vision/face_landmarker).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Landmarks = NDArray[np.float32]
"""(478, 2) x, y in pixels of the displayed frame."""

RIGHT_EYE: Final = (33, 133, 159, 145)
LEFT_EYE: Final = (263, 362, 386, 374)
MOUTH_CORNERS: Final = (61, 291)
LIPS: Final = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
"""The outer contour of the lips."""


@dataclass(frozen=True, slots=True)
class FacePose:
    """Placement of a face in the picture plane.

    Attributes
    ----------
    eyes, mouth : (2,) float64
        Midpoint between the eyes and midpoint between the mouth corners, in pixels.
    size : float
        Pixels of one interocular unit: the larger of the eye distance and the eye-to-mouth distance.  The two are
        about equal (63 mm) in an adult seen from the front; a turned head shortens one of them, never both.
    roll : float
        Angle of the eye line in radians, clockwise positive as seen on the screen.
    """

    eyes: NDArray[np.float64]
    mouth: NDArray[np.float64]
    size: float
    roll: float

    @classmethod
    def from_landmarks(cls, landmarks: Landmarks) -> FacePose:
        points = landmarks.astype(np.float64)
        right, left = points[list(RIGHT_EYE)].mean(axis=0), points[list(LEFT_EYE)].mean(axis=0)
        eyes, mouth = (right + left) / 2, points[list(MOUTH_CORNERS)].mean(axis=0)
        across = left - right
        size = max(float(np.hypot(*across)), float(np.hypot(*(mouth - eyes))), 1.0)
        return cls(eyes, mouth, size, float(np.arctan2(across[1], across[0])))

    def vector(self) -> NDArray[np.float64]:
        """(7,) eyes, mouth, size, cos(roll), sin(roll): a space in which poses may be averaged."""
        return np.array([*self.eyes, *self.mouth, self.size, np.cos(self.roll), np.sin(self.roll)])

    def row(self) -> tuple[float, float, float, float, float, float]:
        """Eyes, mouth, size and roll as they are, to be kept; :meth:`vector` would lose the last bits of the roll."""
        return (*self.eyes.tolist(), *self.mouth.tolist(), self.size, self.roll)

    @classmethod
    def from_row(cls, row: NDArray[np.float64]) -> FacePose:
        """The placement of a :meth:`row`, bit for bit."""
        return cls(row[0:2], row[2:4], float(row[4]), float(row[5]))

    @classmethod
    def from_vector(cls, vector: NDArray[np.float64]) -> FacePose:
        return cls(vector[0:2], vector[2:4], float(vector[4]), float(np.arctan2(vector[6], vector[5])))


def bounding_box(landmarks: Landmarks) -> NDArray[np.float32]:
    """(4,) x, y, width, height of all landmarks: chin to upper forehead."""
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    return np.asarray(np.concatenate([low, high - low]), np.float32)


def lips_box(landmarks: Landmarks) -> NDArray[np.float32]:
    """(4,) x, y, width, height of the outer lips."""
    return bounding_box(landmarks[list(LIPS)])
