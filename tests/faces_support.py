"""Frames and faces made by hand, for tests that need no MediaPipe."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lipfd_desktop.result import FacePath
from lipfd_desktop.tracks.detector import Detection
from lipfd_desktop.tracks.pose import LEFT_EYE, MOUTH_CORNERS, RIGHT_EYE, Landmarks

FPS = 25


@dataclass(frozen=True)
class FakeFrame:
    """A plain picture in place of a decoded frame."""

    index: int
    colour: int = 90
    width: int = 320
    height: int = 240
    time: float | None = None

    @property
    def pts(self) -> float:
        return self.index / FPS if self.time is None else self.time

    def rgb(self) -> np.ndarray:
        picture = np.full((self.height, self.width, 3), self.colour, np.uint8)
        picture[::2, : self.width // 2] = 255 - self.colour
        return picture

    bgr = rgb

    def rgb_scaled(self, max_side: int) -> np.ndarray:
        return self.rgb()


def landmarks_at(x: float, y: float, height: float = 100.0) -> Landmarks:
    """(478, 2) landmarks of an upright face with its box centred on (x, y)."""
    unit = height / 2.4
    points = np.tile(np.array([x, y], np.float32), (478, 1))
    points[10], points[152] = (x, y - height / 2), (x, y + height / 2)
    points[234], points[454] = (x - 0.4 * height, y), (x + 0.4 * height, y)
    for place in RIGHT_EYE:
        points[place] = (x - unit / 2, y - unit / 2)
    for place in LEFT_EYE:
        points[place] = (x + unit / 2, y - unit / 2)
    points[MOUTH_CORNERS[0]], points[MOUTH_CORNERS[1]] = (x - unit / 3, y + unit / 2), (x + unit / 3, y + unit / 2)
    return points


def seen(x: float, y: float, height: float = 100.0) -> Detection:
    return Detection(landmarks_at(x, y, height), FacePath.DETECTED)


@dataclass
class ScriptedDetector:
    """Gives each frame the detections that were written down for it; fall-backs find what ``found_late`` says."""

    script: list[list[Detection]]
    found_late: dict[int, Detection] = field(default_factory=dict)
    searches: list[int] = field(default_factory=list)
    frame: int = -1

    def follow(self, image: np.ndarray, scale: float = 1.0) -> list[Detection]:
        self.frame += 1
        return self.script[self.frame]

    def search(self, image: np.ndarray, boxes: object = ()) -> list[Detection]:
        self.searches.append(self.frame)
        found = self.found_late.get(self.frame)
        return [] if found is None else [found]
