"""The two input contracts behind one interface: what they keep of a frame, and what they make of a window.

A checkpoint is bound to one contract (:class:`~lipfd_desktop.result.InputContract`); the two are never mixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.result import MelTrack
from lipfd_desktop.tracks.follow import TrackedFace, TrackedFrame
from lipfd_desktop.windows.geometry import crop_tiers
from lipfd_desktop.windows.mel import cut_strip
from lipfd_desktop.windows.official import OfficialSpectrogram, compose, squeeze_frame

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class WindowTime:
    """Place of a window: PTS of its first frame and of the frame after its last, and its first frame's ordinal."""

    start: float
    end: float
    first_frame: int


@dataclass(frozen=True, slots=True)
class WindowInput:
    """Pixels of one window, before any arithmetic.

    ``pixels`` is (frames, 3, side, side, 3) RGB crops for the guided contract and the (1000, 500 * frames, 3) BGR
    composite for the official one; ``strip`` is the guided (bands, columns) mel strip, None in the official one,
    where it is part of the composite.
    """

    pixels: Pixels
    strip: Pixels | None = None


class Contract(Protocol):
    """How frames become windows; ``one_score_per_face`` says whether two faces of one frame give two windows."""

    one_score_per_face: bool

    def keep(self, tracked: TrackedFrame, face: TrackedFace) -> Pixels:
        """What the windows that contain this frame need of it."""

    def window(self, kept: list[Pixels], time: WindowTime) -> WindowInput:
        """Join the frames of one window."""


class GuidedContract:
    """Level, smoothed head, face and lip crops of each face, and the mel strip of exactly the window's time."""

    one_score_per_face = True

    def __init__(self, mel: MelTrack, *, side: int, columns: int) -> None:
        self._mel = mel
        self._side = side
        self._columns = columns

    def keep(self, tracked: TrackedFrame, face: TrackedFace) -> Pixels:
        return crop_tiers(tracked.frame.rgb(), face.pose, self._side)

    def window(self, kept: list[Pixels], time: WindowTime) -> WindowInput:
        return WindowInput(np.stack(kept), cut_strip(self._mel, time.start, time.end, self._columns))


class OfficialContract:
    """The authors' composite: whole frames, so the score belongs to the picture and not to one of its faces."""

    one_score_per_face = False

    def __init__(self, spectrogram: OfficialSpectrogram, *, frames_total: int) -> None:
        self._spectrogram = spectrogram
        self._frames_total = frames_total

    def keep(self, tracked: TrackedFrame, face: TrackedFace) -> Pixels:  # noqa: ARG002 -- faces play no part in it
        return squeeze_frame(tracked.frame.bgr_like_opencv())

    def window(self, kept: list[Pixels], time: WindowTime) -> WindowInput:
        strip = self._spectrogram.strip(time.first_frame, len(kept), self._frames_total)
        return WindowInput(compose(strip, kept))
