"""The input contracts behind one interface: what they keep of a frame, and what they make of a window.

A checkpoint is bound to one contract (:class:`~lipfd_desktop.result.InputContract`); they are never mixed.  The
official and the guided one are here, the third in :mod:`lipfd_desktop.windows.context`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.result import MelTrack
from lipfd_desktop.tracks.follow import TrackedFace, TrackedFrame
from lipfd_desktop.windows.geometry import crop_tiers
from lipfd_desktop.windows.mel import cut_strip
from lipfd_desktop.windows.official import OfficialSpectrogram, compose, squeeze_frame

Pixels = NDArray[np.uint8]
Motion = NDArray[np.float32]
"""(steps, 478, 2) landmarks over time, x and y in pixels of the frame; NaN where the face was not tracked."""

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class WindowTime:
    """Place of a window: PTS of its first frame and of the frame after its last, and its first frame's ordinal."""

    start: float
    end: float
    first_frame: int


@dataclass(frozen=True, slots=True)
class WindowInput:
    """Pixels and sound of one window, before any arithmetic.

    Attributes
    ----------
    pixels
        Official: the (1000, 500 * frames, 3) BGR composite.  Guided: the (3, side, side, 3) RGB crops of each
        frame.  Context: the (224, 224, 3) RGB face image of each frame, in an array or one by one.  Windows share
        what belongs to a frame.
    strip : (bands, columns) uint8
        Mel strip; None under the official contract, where it is part of the composite.
    heads
        Context only: the (128, 128, 3) RGB head image of each frame.
    motion : (50, 478, 2) float32
        Context only; None until :func:`~lipfd_desktop.windows.context.with_context` has added it.
    """

    pixels: Pixels | tuple[Pixels, ...]
    strip: Pixels | None = None
    heads: Pixels | tuple[Pixels, ...] | None = None
    motion: Motion | None = None


def shared_images(inputs: Sequence[WindowInput]) -> tuple[list[Pixels], NDArray[np.int64]]:
    """What windows show of each frame, each once, and its (n, frames) numbers by window."""
    shown = [image for one in inputs for image in one.pixels]
    images = {id(image): image for image in shown}
    numbers = {key: number for number, key in enumerate(images)}
    places = np.array([numbers[id(image)] for image in shown], np.int64).reshape(len(inputs), -1)
    return list(images.values()), places


class Contract(Protocol[Kept]):
    """How frames become windows.

    Attributes
    ----------
    one_score_per_face
        Whether two faces of one frame give two windows.
    look_around
        Seconds before and after its middle for which a window needs to know its face; 0 where its own frames are
        enough.
    """

    one_score_per_face: bool
    look_around: float

    def keep(self, tracked: TrackedFrame, face: TrackedFace) -> Kept:
        """What the windows that contain this frame need of it."""

    def window(self, kept: list[Kept], time: WindowTime) -> WindowInput:
        """Join the frames of one window."""


class GuidedContract:
    """Level, smoothed head, face and lip crops of each face, and the mel strip of exactly the window's time."""

    one_score_per_face = True
    look_around = 0.0

    def __init__(self, mel: MelTrack, *, side: int, columns: int) -> None:
        self._mel = mel
        self._side = side
        self._columns = columns

    def keep(self, tracked: TrackedFrame, face: TrackedFace) -> Pixels:
        return crop_tiers(tracked.frame.rgb(), face.pose, self._side)

    def window(self, kept: list[Pixels], time: WindowTime) -> WindowInput:
        return WindowInput(tuple(kept), cut_strip(self._mel, time.start, time.end, self._columns))


class OfficialContract:
    """The authors' composite: whole frames, so the score belongs to the picture and not to one of its faces."""

    one_score_per_face = False
    look_around = 0.0

    def __init__(self, spectrogram: OfficialSpectrogram, *, frames_total: int) -> None:
        self.spectrogram = spectrogram
        self.frames_total = frames_total

    def keep(self, tracked: TrackedFrame, face: TrackedFace) -> Pixels:  # noqa: ARG002 -- faces play no part in it
        return squeeze_frame(tracked.frame.bgr_like_opencv())

    def window(self, kept: list[Pixels], time: WindowTime) -> WindowInput:
        strip = self.spectrogram.strip(time.first_frame, len(kept), self.frames_total)
        return WindowInput(compose(strip, kept))
