"""Laying one face over another by landmarks: rigidly, or piece by piece over a coarse triangulation."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.forgery.fields import Floats, identity, sample
from lipfd_desktop.forgery.masks import FACE_OVAL, INNER_LIPS
from lipfd_desktop.tracks.pose import LEFT_EYE, LIPS, RIGHT_EYE, FacePose

STEADY: Final = (33, 133, 263, 362, 168, 6, 4, 2, 98, 327, 127, 356, 234, 454)
"""Eye corners, nose and temples, which speech does not move."""
BROWS: Final = (70, 105, 107, 336, 334, 300)
NOSE: Final = (168, 195, 4, 2, 98, 327)
CHEEKS: Final = (50, 280, 205, 425, 18, 200)
COARSE: Final = (*FACE_OVAL[::2], *LIPS[::2], *INNER_LIPS[::2], *RIGHT_EYE, *LEFT_EYE, *BROWS, *NOSE, *CHEEKS)
"""About seventy landmarks that carry the shape of a face."""

MOST_TURN: Final = 0.12
"""Difference of pose beyond which a warped face tears."""


def rigid_points(points: Floats, onto: Floats) -> NDArray[np.float64]:
    """(2, 3) similarity that lays one face's (478, 2) landmarks over another's, by what speech does not move."""
    source, target = points[list(STEADY)].astype(np.float64), onto[list(STEADY)].astype(np.float64)
    there, here = source.mean(axis=0), target.mean(axis=0)
    a, b = source - there, target - here
    total = max(float((a**2).sum()), 1e-6)
    along, across = float((a * b).sum()) / total, float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / total
    turn = np.array([[along, -across], [across, along]])
    return np.asarray(np.column_stack([turn, here - turn @ there]), np.float64)


def pose_difference(points: Floats, others: Floats) -> float:
    """How differently two faces are turned: 0 for the same view at any place, size and roll.

    Root mean square distance of their ovals, noses and eyes after the one was laid rigidly over the other, in
    interocular units of the other.  Nine of ten pairs of moments of a talking-head clip stay under :data:`MOST_TURN`.
    """
    matrix = rigid_points(points, others)
    numbers = list({*FACE_OVAL, *STEADY})
    apart = points[numbers] @ matrix[:, :2].T + matrix[:, 2] - others[numbers]
    unit = FacePose.from_landmarks(np.asarray(others, np.float32)).size
    return float(np.sqrt(np.mean(np.sum(apart**2, axis=1)))) / unit


def warp_faces(
    frames: NDArray[np.uint8],
    landmarks: Floats,
    targets: Floats,
    interpolation: int = cv2.INTER_LINEAR,
) -> NDArray[np.uint8]:
    """Every frame warped, triangle by triangle, so that its landmarks come to lie on the targets.

    The picture's border stays where it is.

    Parameters
    ----------
    frames : (n, side, side, 3) uint8
    landmarks, targets : (n, 478, 2)
        In pixels of the crop.
    """
    side = frames.shape[1]
    sources, goals = _with_border(landmarks, side), _with_border(targets, side)
    triangles = _triangulate(goals.mean(axis=0), side)
    return np.stack(
        [
            sample(frame, _places(source, goal, triangles, side), interpolation)
            for frame, source, goal in zip(frames, sources, goals, strict=True)
        ]
    )


def _with_border(landmarks: Floats, side: int) -> NDArray[np.float32]:
    """(n, p, 2) coarse landmarks, kept inside the picture, and eight points of its border."""
    low, middle, high = 0.0, (side - 1) / 2, side - 1.0
    border = np.array(
        [
            (low, low),
            (middle, low),
            (high, low),
            (high, middle),
            (high, high),
            (middle, high),
            (low, high),
            (low, middle),
        ]
    )
    inside = np.clip(landmarks[:, list(COARSE)], 1.0, side - 2.0)
    border = np.broadcast_to(border, (len(landmarks), *border.shape))
    return np.asarray(np.concatenate([inside, border], axis=1), np.float32)


def _triangulate(points: NDArray[np.float32], side: int) -> NDArray[np.intp]:
    """(t, 3) Delaunay triangles as numbers of points."""
    division = cv2.Subdiv2D((-1, -1, side + 2, side + 2))
    for x, y in points:
        division.insert((float(x), float(y)))
    corners = np.asarray(division.getTriangleList(), np.float32).reshape(-1, 3, 2)
    corners = corners[((corners >= -0.5) & (corners <= side - 0.5)).all(axis=(1, 2))]
    distances = ((corners[:, :, None] - points) ** 2).sum(axis=-1)
    return np.asarray(distances.argmin(axis=-1))


def _places(
    source: NDArray[np.float32], goal: NDArray[np.float32], triangles: NDArray[np.intp], side: int
) -> NDArray[np.float32]:
    """(side, side, 2) where each pixel of the goal lies in the source."""
    there, here = source[triangles].astype(np.float64), goal[triangles].astype(np.float64)
    areas = np.cross(here[:, 1] - here[:, 0], here[:, 2] - here[:, 0])
    sound = np.abs(areas) > 0.5
    there, here = there[sound], here[sound]
    ones = np.ones((*here.shape[:2], 1))
    affine = np.linalg.solve(np.concatenate([here, ones], axis=2), there).astype(np.float32)
    numbers = np.zeros((side, side), np.int16)
    for number, corners in enumerate(np.rint(here * 16).astype(np.int32)):
        cv2.fillConvexPoly(numbers, corners, number, shift=4)
    own, picked = identity(side, side), affine[numbers]
    places = picked[..., 0, :] * own[..., :1] + picked[..., 1, :] * own[..., 1:] + picked[..., 2, :]
    # Rounds the folds along the triangles' edges.
    return np.asarray(own + cv2.GaussianBlur(places - own, (0, 0), 1.5), np.float32)
