"""Where a forgery replaces the face: soft masks from landmarks, one set of parameters for all frames of a window.

Every region is a convex polygon that follows the landmarks, because lip generators paste through convex regions: a
box (Wav2Lip and its kin), the hull of the lower face, or an ellipse around the mouth.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.forgery.fields import Floats, smooth_field
from lipfd_desktop.tracks.pose import LIPS

INNER_LIPS: Final = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
JAW: Final = (132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361)
"""The lower half of the face oval, from below one ear to below the other."""
FOREHEAD: Final = (93, 234, 127, 162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 356, 454, 323)
"""The upper half of the face oval, from the other ear round to the first."""
FACE_OVAL: Final = (*JAW, *reversed(FOREHEAD))
BELOW_NOSE: Final = (2, 205, 425)
CHEEKS: Final = (50, 280, 4)
"""Upper cheeks and tip of the nose: the top of a generous lower face."""


class Region(StrEnum):
    LIPS = "lips"
    ELLIPSE = "ellipse"
    LOWER_FACE = "lower face"
    BOX = "box"
    FACE = "face"


REGION_SHARES: Final = {
    Region.LIPS: 0.2,
    Region.ELLIPSE: 0.15,
    Region.LOWER_FACE: 0.3,
    Region.BOX: 0.25,
    Region.FACE: 0.1,
}


def random_mask(
    landmarks: NDArray[np.float32],
    side: int,
    rng: np.random.Generator,
    *,
    region: Region | None = None,
    others: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """One random region with one random edge, following the landmarks of every frame.

    Parameters
    ----------
    landmarks : (n, 478, 2)
        In pixels of the crop.
    side
        Pixels of the square crop.
    region
        None draws one by :data:`REGION_SHARES`.
    others : (n, 478, 2), optional
        A second face that the region shall cover too (a donor's mouth may be open where this one is closed).

    Returns
    -------
    (n, side, side) float32
        Share of the forged picture, 0 to 1; exactly 0 outside the region.
    """
    chosen = region or Region(rng.choice(list(REGION_SHARES), p=list(REGION_SHARES.values())))
    polygons = _polygons(landmarks.astype(np.float64), chosen, rng)
    if others is not None:
        # the same draws for both faces, so that the two polygons differ by the faces alone
        polygons = np.concatenate([polygons, _chosen_points(others.astype(np.float64), chosen)], axis=1)
    sharpness = _edge_blur(chosen, rng)
    strength = rng.uniform(0.7, 0.95) if rng.random() < 0.15 else 1.0
    bend = smooth_field(side, side, rng, cells=5, pixels=rng.uniform(2, 6)) if rng.random() < 0.35 else None
    if chosen is Region.BOX:
        bend = None
    return np.stack([_paint(polygon, side, sharpness, bend) * np.float32(strength) for polygon in polygons])


def hull_mask(points: Floats, side: int, blur: float) -> NDArray[np.float32]:
    """(side, side) mask of the convex hull of (p, 2) points, its edge blurred by ``blur`` pixels (sigma)."""
    return _paint(points.astype(np.float64), side, blur, None)


def _polygons(landmarks: NDArray[np.float64], region: Region, rng: np.random.Generator) -> NDArray[np.float64]:
    """(n, p, 2) points whose hull is the region."""
    if region is Region.BOX:
        return _boxes(landmarks, rng)
    points = _chosen_points(landmarks, region)
    if region is Region.LOWER_FACE and rng.random() < 0.4:
        points = np.concatenate([points, landmarks[:, list(CHEEKS)]], axis=1)
    middle = points.mean(axis=1, keepdims=True)
    if region is Region.ELLIPSE:
        width = np.ptp(landmarks[:, list(LIPS), 0], axis=1).mean() * rng.uniform(0.6, 1.3)
        angles = np.linspace(0, 2 * np.pi, 32, endpoint=False)
        return np.asarray(middle + np.stack([np.cos(angles), rng.uniform(0.6, 1.1) * np.sin(angles)], axis=-1) * width)
    low, high = {Region.LIPS: (1.1, 2.0), Region.LOWER_FACE: (0.82, 1.08), Region.FACE: (0.85, 1.05)}[region]
    stretch = np.clip(rng.uniform(low, high) * rng.uniform(0.92, 1.08, size=2), low, None)
    shift = rng.uniform(-0.03, 0.03, size=2) * np.ptp(points, axis=(0, 1))
    return np.asarray(middle + (points - middle) * stretch + shift)


def _chosen_points(landmarks: NDArray[np.float64], region: Region) -> NDArray[np.float64]:
    numbers = {Region.LOWER_FACE: (*JAW, *BELOW_NOSE), Region.FACE: FACE_OVAL}.get(region, LIPS)
    return landmarks[:, list(numbers)]


def _boxes(landmarks: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """The face detector's box, as Wav2Lip pastes it back: all of it or its lower part, upright in the frame.

    The crop has turned the face level, so the box lies a little askew in it.
    """
    low, high = landmarks.min(axis=1), landmarks.max(axis=1)
    if rng.random() < 0.6:  # Wav2Lip averages the boxes of five frames
        low, high = np.broadcast_to(low.mean(axis=0), low.shape), np.broadcast_to(high.mean(axis=0), high.shape)
    size = high - low
    top = rng.choice([rng.uniform(0.0, 0.1), 0.5, rng.uniform(0.35, 0.6)], p=[0.25, 0.4, 0.35])
    pads = rng.uniform(-0.08, 0.08, size=3)
    left, right = low[:, 0] - pads[0] * size[:, 0], high[:, 0] + pads[1] * size[:, 0]
    upper, lower = low[:, 1] + top * size[:, 1], high[:, 1] + pads[2] * size[:, 1]
    corners = np.stack(
        [
            np.stack([left, upper], -1),
            np.stack([right, upper], -1),
            np.stack([right, lower], -1),
            np.stack([left, lower], -1),
        ],
        axis=1,
    )
    angle = np.deg2rad(rng.normal(0, 4))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = corners.mean(axis=1, keepdims=True)
    return np.asarray(middle + (corners - middle) @ turn.T)


def _edge_blur(region: Region, rng: np.random.Generator) -> float:
    """Sigma of the edge in pixels: hard, feathered or soft."""
    shares = [0.5, 0.35, 0.15] if region is Region.BOX else [0.15, 0.35, 0.5]
    return float(rng.choice([0.0, rng.uniform(0.6, 2.5), rng.uniform(3, 9)], p=shares))


def _paint(
    points: NDArray[np.float64], side: int, blur: float, bend: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    fraction_bits = 4
    hull = cv2.convexHull(points.astype(np.float32))
    mask = np.zeros((side, side), np.uint8)
    cv2.fillConvexPoly(
        mask, np.rint(hull * 2**fraction_bits).astype(np.int32), 255, lineType=cv2.LINE_AA, shift=fraction_bits
    )
    if bend is not None:
        mask = cv2.remap(mask, bend, None, cv2.INTER_LINEAR)
    if blur:
        mask = cv2.GaussianBlur(mask, (0, 0), blur)
    return np.asarray(mask, np.float32) / np.float32(255)
