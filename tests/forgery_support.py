"""A drawn face with landmarks, and windows of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.forgery.masks import FACE_OVAL, INNER_LIPS
from lipfd_desktop.tracks.pose import LEFT_EYE, LIPS, RIGHT_EYE

SIDE = 224
PLACES = {
    33: (62, 66),
    133: (92, 66),
    263: (162, 66),
    362: (132, 66),
    159: (77, 62),
    145: (77, 70),
    386: (147, 62),
    374: (147, 70),
    168: (112, 70),
    195: (112, 84),
    6: (112, 76),
    4: (112, 102),
    2: (112, 112),
    98: (100, 108),
    327: (124, 108),
    70: (58, 52),
    105: (76, 46),
    107: (98, 50),
    336: (126, 50),
    334: (148, 46),
    300: (166, 52),
    50: (70, 96),
    280: (154, 96),
    205: (80, 114),
    425: (144, 114),
    18: (112, 158),
    200: (112, 168),
}


def ring(count: int, centre: tuple[float, float], radii: tuple[float, float], start: float) -> NDArray[np.float64]:
    angles = start + np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.array(centre) + np.stack([np.cos(angles), np.sin(angles)], axis=-1) * radii


def face_landmarks(opening: float = 6.0) -> NDArray[np.float32]:
    """(478, 2) of a face as the FACE image shows it; ``opening`` is half the mouth's height in pixels."""
    points = np.tile([112.0, 100.0], (478, 1))
    # The oval starts below one ear, goes down round the chin, and comes back over the forehead.
    points[list(FACE_OVAL)] = ring(len(FACE_OVAL), (112, 105), (68, 85), np.pi - 0.1)[::-1]
    points[list(LIPS)] = ring(len(LIPS), (112, 136), (26, opening + 7), np.pi)[::-1]
    points[list(INNER_LIPS)] = ring(len(INNER_LIPS), (112, 136), (20, opening), np.pi)
    for number, place in PLACES.items():
        points[number] = place
    assert set(RIGHT_EYE + LEFT_EYE) <= set(PLACES)
    return points.astype(np.float32)


def window(seed: int = 0, count: int = 5, side: int = SIDE) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Frames of soft texture that moves a little, and the landmarks of a mouth that opens."""
    import cv2

    rng = np.random.default_rng(seed)
    coarse = rng.uniform(40, 215, (14, 14, 3)).astype(np.float32)
    still = cv2.resize(coarse, (side + 2 * count, side), interpolation=cv2.INTER_CUBIC)
    # Detail at a few pixels and little grain, as in a filmed face.
    fine = cv2.resize(rng.normal(0, 25, (side // 3, side // 3, 3)), still.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    still += fine + rng.normal(0, 1, still.shape)
    frames = [np.clip(still[:, k : k + side], 0, 255).astype(np.uint8) for k in range(count)]
    landmarks = [face_landmarks(2.0 + 2 * k) * (side / SIDE) for k in range(count)]
    return np.stack(frames), np.stack(landmarks).astype(np.float32)
