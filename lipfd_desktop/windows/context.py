"""The context contract: images of a few frames, and two seconds of motion and sound around them.

A window is cut as under the guided contract.  What it needs beside its own frames is known up to 1.2 s later, so
:func:`with_context` holds finished windows back until the stream has gone that far; meanwhile it keeps their images,
which windows share, and the landmarks of the last seconds, but no decoded frame.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.media.decode import TOLERANCE
from lipfd_desktop.result import MelTrack
from lipfd_desktop.tracks.follow import TrackedFace, TrackedFrame
from lipfd_desktop.tracks.pose import Landmarks
from lipfd_desktop.windows.assemble import Window
from lipfd_desktop.windows.contracts import Motion, Pixels, WindowInput, WindowTime, shared_images
from lipfd_desktop.windows.geometry import FACE_IMAGE, FACE_SIDE, HEAD_IMAGE, HEAD_SIDE, crop_tier
from lipfd_desktop.windows.mel import cut_strip

CONTEXT_SECONDS: Final = 1.0
"""Seconds of motion and sound before and after the middle of a window: a few syllables."""
MOTION_STEPS: Final = 50
STRIP_COLUMNS: Final = 200
"""Both over the same two seconds: 25 steps and 100 columns a second."""
POINTS: Final = 478
"""MediaPipe's landmarks."""

HELD_SECONDS: Final = 0.1
"""A face counts as tracked this long before and after a frame that shows it."""
BRIDGED_SECONDS: Final = 2 * HELD_SECONDS
"""Frames that show a face and are no further apart are joined by a line."""
LOOK_AROUND: Final = CONTEXT_SECONDS + BRIDGED_SECONDS
"""Seconds around the middle of a window in which a frame can change its motion."""

SOUND_FLOOR: Final = 64
"""Level of a column's loudest band from which it counts as sound: -60 dBFS, where a quiet room ends."""
MIN_SHARE: Final = 0.5
"""Share of the two seconds with sound, and share with a tracked face, from which lips and sound can be compared."""

_STEPS: Final = (np.arange(MOTION_STEPS) + 0.5) * (2 * CONTEXT_SECONDS / MOTION_STEPS) - CONTEXT_SECONDS
"""Seconds of each motion step from the middle of the window."""


@dataclass(frozen=True, slots=True)
class FaceImages:
    """The two images of one face in one frame: (224, 224, 3) and (128, 128, 3) RGB."""

    face: Pixels
    head: Pixels


class ContextContract:
    """Level, smoothed images of face and head, and the mel strip of two seconds; motion is added later."""

    one_score_per_face = True
    look_around = LOOK_AROUND

    def __init__(self, mel: MelTrack) -> None:
        self._mel = mel

    def keep(self, tracked: TrackedFrame, face: TrackedFace) -> FaceImages:
        image = tracked.frame.rgb()
        return FaceImages(
            crop_tier(image, face.pose, FACE_IMAGE, FACE_SIDE), crop_tier(image, face.pose, HEAD_IMAGE, HEAD_SIDE)
        )

    def window(self, kept: list[FaceImages], time: WindowTime) -> WindowInput:
        return WindowInput(
            tuple(images.face for images in kept),
            context_strip(self._mel, middle_of(time)),
            tuple(images.head for images in kept),
        )


def middle_of(time: WindowTime) -> float:
    """PTS in seconds of the middle of a window."""
    return (time.start + time.end) / 2


def context_strip(mel: MelTrack, middle: float) -> Pixels:
    """(bands, 200) mel levels of the two seconds around ``middle``; time outside the sound is silence."""
    return cut_strip(mel, middle - CONTEXT_SECONDS, middle + CONTEXT_SECONDS, STRIP_COLUMNS)


def context_motion(
    times: NDArray[np.float64],
    landmarks: NDArray[np.float32],
    middle: float,
    *,
    shot: tuple[float, float] = (-np.inf, np.inf),
) -> Motion:
    """Landmarks of one face at 50 moments around the middle of a window; the one place that says how.

    Parameters
    ----------
    times : (n,) float64
        PTS in seconds, ascending, of the frames in which the face was tracked.
    landmarks : (n, 478, 2) float32
        In these frames, x and y in pixels.
    middle
        PTS in seconds of the middle of the window.
    shot
        PTS of the first frame of the window's shot and of the first frame after it.

    Returns
    -------
    (50, 478, 2) float32
        At ``middle + (k - 24.5) / 25`` seconds: on the line between the frames before and after where these are at most
        0.2 s apart, else those of the nearest frame; NaN further than 0.1 s from any frame and outside the shot.
    """
    moments = middle + _STEPS
    motion = np.full((MOTION_STEPS, POINTS, 2), np.nan, np.float32)
    inside = slice(*np.searchsorted(times, shot))
    times, landmarks = times[inside], landmarks[inside]
    if not len(times):
        return motion
    place = np.searchsorted(times, moments, side="right")
    before, after = np.maximum(place - 1, 0), np.minimum(place, len(times) - 1)
    since, until = np.abs(moments - times[before]), np.abs(times[after] - moments)
    span = times[after] - times[before]
    joined = (span > 0) & (span <= BRIDGED_SECONDS + TOLERANCE)
    share = np.where(joined, since / np.where(joined, span, 1.0), since > until).astype(np.float32)[:, None, None]
    known = np.minimum(since, until) <= HELD_SECONDS + TOLERANCE
    # Moments often fall on frames; rounding must not decide on which side of a cut.
    known &= (moments >= shot[0] - TOLERANCE) & (moments < shot[1] - TOLERANCE)
    motion[known] = ((1 - share) * landmarks[before] + share * landmarks[after])[known]
    return motion


@dataclass(slots=True, eq=False)
class _Request:
    """Motion that a window waits for."""

    face: int
    time: WindowTime
    motion: Motion | None = None

    @property
    def last_moment(self) -> float:
        return middle_of(self.time) + float(_STEPS[-1])


class MotionHistory:
    """Landmarks of the last seconds of a stream, and the windows that wait for more.

    Memory is bounded: about three seconds of landmarks (4 kB a face and frame), whatever the stride.

    Parameters
    ----------
    window_frames
        Frames a window.
    """

    def __init__(self, window_frames: int) -> None:
        self._faces: dict[int, deque[tuple[float, Landmarks]]] = {}
        self._cuts: deque[float] = deque()
        self._newest: deque[float] = deque(maxlen=window_frames)
        self._requests: deque[_Request] = deque()

    def watch(self, frames: Iterable[TrackedFrame]) -> Iterator[TrackedFrame]:
        """Pass frames on, keeping their landmarks; they must also come from around the range that is cut."""
        for tracked in frames:
            self._add(tracked)
            self._settle()
            self._forget()
            yield tracked

    def request(self, face: int, time: WindowTime) -> _Request:
        """Ask for the motion of a window that ends with the newest frame; it is filled in when it is known."""
        request = _Request(face, time)
        self._requests.append(request)
        self._settle()
        return request

    def finish(self) -> None:
        """Fill in all that is asked for: no frame will follow."""
        while self._requests:
            self._fill(self._requests.popleft())

    def _add(self, tracked: TrackedFrame) -> None:
        pts = tracked.frame.pts
        self._newest.append(pts)
        if tracked.cut:
            self._cuts.append(pts)
        for face in tracked.faces:
            self._faces.setdefault(face.id, deque()).append((pts, face.landmarks))

    def _settle(self) -> None:
        while self._requests and self._is_settled(self._requests[0]):
            self._fill(self._requests.popleft())

    def _is_settled(self, request: _Request) -> bool:
        """Whether no frame that is still to come can change the motion."""
        seen = self._faces.get(request.face)
        if seen and seen[-1][0] >= request.last_moment:
            return True
        return self._newest[-1] >= request.last_moment + BRIDGED_SECONDS + TOLERANCE

    def _fill(self, request: _Request) -> None:
        seen = self._faces.get(request.face, ())
        times = np.array([pts for pts, _ in seen])
        landmarks = np.array([points for _, points in seen], np.float32).reshape(-1, POINTS, 2)
        begin = max((cut for cut in self._cuts if cut <= request.time.start), default=-np.inf)
        end = min((cut for cut in self._cuts if cut > request.time.start), default=np.inf)
        request.motion = context_motion(times, landmarks, middle_of(request.time), shot=(begin, end))

    def _forget(self) -> None:
        """Let go of what neither a waiting window nor one to come can need."""
        oldest = min(self._newest[0], self._newest[-1] - LOOK_AROUND) - LOOK_AROUND
        while self._cuts and self._cuts[0] < oldest:
            self._cuts.popleft()
        for face, seen in list(self._faces.items()):
            while seen and seen[0][0] < oldest:
                seen.popleft()
            if not seen:
                del self._faces[face]


def with_context(windows: Iterable[Window], history: MotionHistory) -> Generator[Window]:
    """Add motion to windows, in their order, each as soon as it is known: about a second after its middle.

    Parameters
    ----------
    windows
        From :func:`~lipfd_desktop.windows.assemble.assemble_windows` over the frames that pass through ``history``.
    """
    waiting: deque[tuple[Window, _Request | None]] = deque()
    for window in windows:
        waiting.append((window, history.request(window.face, window.time) if window.input else None))
        yield from _finished(waiting)
    history.finish()
    yield from _finished(waiting)


def _finished(waiting: deque[tuple[Window, _Request | None]]) -> Iterator[Window]:
    while waiting:
        window, request = waiting[0]
        if request is not None and request.motion is None:
            return
        waiting.popleft()
        if request is not None and window.input is not None:
            window = replace(window, input=replace(window.input, motion=request.motion))
        yield window


class ContextBatch(NamedTuple):
    """Windows as arrays.

    Attributes
    ----------
    faces : (images, 224, 224, 3) uint8
        Face images, each once, however many windows show it.
    places : (n, frames) int64
        Their numbers, by window and frame.
    motion : (n, 50, 478, 2) float32
    strips : (n, bands, 200) uint8
    """

    faces: Pixels
    places: NDArray[np.int64]
    motion: Motion
    strips: Pixels


def stack_context(inputs: Sequence[WindowInput]) -> ContextBatch:
    """Bring the inputs of some windows into one batch; raises ``ValueError`` where context is missing."""
    motion = [one.motion for one in inputs if one.motion is not None]
    strips = [one.strip for one in inputs if one.strip is not None]
    if not len(motion) == len(strips) == len(inputs):
        raise ValueError("a window without motion or sound")
    images, places = shared_images(inputs)
    return ContextBatch(np.stack(images), places, np.stack(motion), np.stack(strips))


def moments_of(places: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The moments of some windows, each once: (m, 2) images of a frame and of the next, and (n, frames - 1) numbers.

    ``places`` is (n, frames), as in :class:`ContextBatch`.  Of a window of one frame the frame is its own next.
    """
    following = places[:, 1:] if places.shape[1] > 1 else places
    pairs = np.stack([places[:, : following.shape[1]], following], axis=-1)
    moments, numbers = np.unique(pairs.reshape(-1, 2), axis=0, return_inverse=True)
    return moments, numbers.reshape(following.shape).astype(np.int64, copy=False)


def is_comparable(motion: Motion, strips: Pixels) -> NDArray[np.bool_]:
    """(n,) whether there is enough of face and sound in the two seconds of each window to compare them.

    Parameters
    ----------
    motion : (n, 50, 478, 2)
    strips : (n, bands, 200)
    """
    tracked = np.isfinite(motion[:, :, 0, 0]).mean(axis=1)
    heard = (strips.max(axis=1) >= SOUND_FLOOR).mean(axis=1)
    return np.asarray((tracked >= MIN_SHARE) & (heard >= MIN_SHARE))
