"""Stable track ids: which face of this frame is which face of the frames before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.tracks.detector import Detection, Image

REACH: Final = 0.75
"""A face may move this many of its own widths from one sighting to the next and stay itself."""
SIZE_RATIO: Final = 1.7
"""... and grow or shrink by this factor."""
MEMORY_SECONDS: Final = 1.0
"""Longer out of sight than this, position proves nothing and appearance must decide."""
ALIKE: Final = 0.9
"""Correlation of head-and-shoulders colour histograms from which a returning face gets its old id.  High on purpose:
one person split in two tracks is a nuisance, two persons merged into one is a false report."""
CUT_DIFFERENCE: Final = 25.0
CUT_CORRELATION: Final = 0.6
"""A cut is a frame whose 32x18 grey thumbnail differs by more than this (of 255) and correlates by less."""

Look = NDArray[np.float32]
"""(256,) what head and shoulders look like: the square roots of a colour histogram."""


@dataclass(slots=True)
class _Known:
    id: int
    box: NDArray[np.float32]
    pts: float
    first_look: Look
    appearance: Look


class CutDetector:
    """Tells whether a frame starts a new shot."""

    def __init__(self) -> None:
        self._last: NDArray[np.float32] | None = None

    def is_cut(self, image: Image) -> bool:
        thumbnail = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (32, 18), interpolation=cv2.INTER_AREA)
        current, last = thumbnail.astype(np.float32).ravel(), self._last
        self._last = current
        if last is None or float(np.abs(current - last).mean()) <= CUT_DIFFERENCE:
            return False
        deviations = float(current.std() * last.std())
        covariance = float(((current - current.mean()) * (last - last.mean())).mean())
        return deviations < 1e-6 or covariance / deviations < CUT_CORRELATION


class IdentityBook:
    """Gives every detection the id of the track it continues, or a new one.

    Parameters
    ----------
    first_id
        Of the first face; later ones count on.
    """

    def __init__(self, first_id: int = 0) -> None:
        self._first_id = first_id
        self._known: list[_Known] = []

    def lost(self, seen: set[int], pts: float, within: float) -> list[NDArray[np.float32]]:
        """Boxes of tracks that are not in ``seen`` and were in sight less than ``within`` seconds ago."""
        return [known.box for known in self._known if known.id not in seen and 0 <= pts - known.pts < within]

    def looks(self) -> dict[int, tuple[Look, Look]]:
        """What every face looked like at first and looks like by now, by id."""
        return {known.id: (known.first_look, known.appearance) for known in self._known}

    def assign(
        self, detections: list[Detection], image: Image, scale: float, pts: float, *, cut: bool, taken: set[int]
    ) -> list[int]:
        """Ids of ``detections``, in order.

        ``image`` shows the frame ``scale`` times smaller than the detections' pixels; ``cut`` says that this frame
        starts a new shot, where position proves nothing; ``taken`` are ids given in this frame already.
        """
        looks = [_appearance(image, detection.box / np.float32(scale)) for detection in detections]
        ids = [-1] * len(detections)
        free = [known for known in self._known if known.id not in taken]
        recent = [] if cut else [known for known in free if abs(pts - known.pts) <= MEMORY_SECONDS]
        pairs = sorted(
            (distance, place, known.id)
            for place, detection in enumerate(detections)
            for known in recent
            if (distance := distance_in_faces(detection.box, known.box)) is not None
        )
        for _, place, known_id in pairs:
            if ids[place] < 0 and known_id not in ids:
                ids[place] = known_id
        for place, detection in enumerate(detections):
            if ids[place] < 0:
                ids[place] = self._recognise(looks[place], detection.box, taken.union(ids))
            self._remember(ids[place], detection.box, pts, looks[place])
        return ids

    def _recognise(self, look: Look, box: NDArray[np.float32], taken: set[int]) -> int:
        candidates = [
            (likeness(look, known.appearance), known.id)
            for known in self._known
            if known.id not in taken and same_size(box, known.box)
        ]
        best, known_id = max(candidates, default=(0.0, -1))
        return known_id if best >= ALIKE else self._first_id + len(self._known)

    def _remember(self, face: int, box: NDArray[np.float32], pts: float, look: Look) -> None:
        place = face - self._first_id
        if place == len(self._known):
            self._known.append(_Known(face, box, pts, look, look))
            return
        known = self._known[place]
        known.box, known.pts = box, pts
        known.appearance = (0.9 * known.appearance + 0.1 * look).astype(np.float32)


def likeness(a: Look, b: Look) -> float:
    """Correlation of two looks; :data:`ALIKE` tells what it proves."""
    return float(np.corrcoef(a, b)[0, 1])


def same_size(a: NDArray[np.float32], b: NDArray[np.float32]) -> bool:
    """Whether two boxes can be of one face, as far as its height tells."""
    ratio = float(a[3]) / max(float(b[3]), 1e-3)
    return 1 / SIZE_RATIO <= ratio <= SIZE_RATIO


def distance_in_faces(a: NDArray[np.float32], b: NDArray[np.float32]) -> float | None:
    """Centre distance in face widths, or None where the two cannot be one face."""
    apart = float(np.hypot(*(a[:2] + a[2:] / 2 - b[:2] - b[2:] / 2))) / max(float(a[2] + b[2]) / 2, 1e-3)
    return apart if apart <= REACH and same_size(a, b) else None


def _appearance(image: Image, box: NDArray[np.float32]) -> Look:
    """(256,) colour histogram (8 hues, 8 saturations, 4 values) of head and shoulders."""
    height, width = image.shape[:2]
    x, y, w, h = (float(value) for value in box)
    left, right = int(np.clip(x - w / 2, 0, width - 1)), int(np.clip(x + 1.5 * w, 1, width))
    top, bottom = int(np.clip(y - h / 2, 0, height - 1)), int(np.clip(y + 2 * h, 1, height))
    region = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    hsv = cv2.cvtColor(cv2.resize(region, (48, 48), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2HSV)
    histogram = cv2.calcHist([hsv], [0, 1, 2], None, [8, 8, 4], [0, 180, 0, 256, 0, 256])
    return np.asarray(np.sqrt(histogram.ravel() / histogram.sum()), np.float32)
