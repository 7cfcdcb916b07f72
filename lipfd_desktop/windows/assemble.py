"""Frames with faces in, windows out: each either ready for the network or with the reason why it is not."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final, Generic

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.media.decode import TOLERANCE
from lipfd_desktop.media.timeline import frame_end
from lipfd_desktop.result import WHOLE_PICTURE, Plan, Reason
from lipfd_desktop.tracks.follow import TrackedFace, TrackedFrame
from lipfd_desktop.windows.contracts import Contract, Kept, WindowInput, WindowTime

MIN_FACE_HEIGHT: Final = 64
"""Pixels from chin to forehead; below that the lips are under 20 pixels wide and carry compression, not speech."""
MIN_SOUND_SHARE: Final = 0.5
"""Share of a window's time that the audio track must cover."""
LONG_INTERVALS: Final = 4.0
LONG_SECONDS: Final = 0.15
"""Two frames further apart than four median intervals, and than 0.15 s (a short syllable), are not consecutive: frames
between them were dropped."""


@dataclass(frozen=True, slots=True)
class Window:
    """One window of one face; ``input`` is None unless ``reason`` is ``ANALYSED``."""

    index: int
    time: WindowTime
    face: int
    reason: Reason
    input: WindowInput | None = None


@dataclass(slots=True)
class _Held(Generic[Kept]):
    tracked: TrackedFrame
    kept: dict[int, Kept] = field(default_factory=dict)


def assemble_windows(
    frames: Iterable[TrackedFrame],
    contract: Contract[Kept],
    plan: Plan,
    frame_times: NDArray[np.float64],
    *,
    sound: tuple[float, float],
    only_face: int | None = None,
) -> Generator[Window]:
    """Cut consecutive frames into windows, ``plan.stride`` frames apart.

    Parameters
    ----------
    sound
        PTS in seconds between which there is sound.
    only_face
        Look at this track id alone.

    Yields
    ------
    Window
        In time order, at least one for each position of the plan; a picture part that several windows share is made
        once.
    """
    length, first = plan.window_frames, int(np.searchsorted(frame_times, plan.start - TOLERANCE))
    longest = _longest_interval(frame_times)
    held: deque[_Held[Kept]] = deque(maxlen=length)

    def time_of(index: int) -> WindowTime:
        begin = first + index * plan.stride
        return WindowTime(float(frame_times[begin]), frame_end(frame_times, begin + length - 1), begin)

    index = 0
    for tracked in frames:
        held.append(_Held(tracked))
        # Positions whose last frame was due before this one and never came.
        while index < plan.windows_total and first + index * plan.stride + length - 1 < tracked.frame.index:
            yield Window(index, time_of(index), WHOLE_PICTURE, Reason.FRAMES_MISSING)
            index += 1
        if index >= plan.windows_total or first + index * plan.stride + length - 1 != tracked.frame.index:
            continue
        time = time_of(index)
        if _is_consecutive(held, length, longest):
            for face, reason in _decide(held, contract, time, sound, only_face):
                shown = face if contract.one_score_per_face else WHOLE_PICTURE
                yield Window(index, time, shown, reason, _make(held, contract, time, face, reason))
        else:
            yield Window(index, time, WHOLE_PICTURE, Reason.FRAMES_MISSING)
        index += 1
    for missing in range(index, plan.windows_total):
        yield Window(missing, time_of(missing), WHOLE_PICTURE, Reason.FRAMES_MISSING)


def _longest_interval(frame_times: NDArray[np.float64]) -> float:
    """Seconds between two frames from which one follows the other too late to show the same movement."""
    median = float(np.median(np.diff(frame_times))) if len(frame_times) > 1 else 0.0
    return max(LONG_INTERVALS * median, LONG_SECONDS)


def _is_consecutive(held: deque[_Held[Any]], length: int, longest: float) -> bool:
    frames = [one.tracked.frame for one in held]
    if len(frames) < length or frames[-1].index - frames[0].index != length - 1:
        return False
    return all(after.pts - before.pts <= longest for before, after in pairwise(frames))


def _decide(
    held: deque[_Held[Kept]],
    contract: Contract[Kept],
    time: WindowTime,
    sound: tuple[float, float],
    only_face: int | None,
) -> list[tuple[int, Reason]]:
    ids = sorted({face.id for one in held for face in one.tracked.faces})
    if only_face is not None:
        ids = [face for face in ids if face == only_face]
    if not ids:
        return [(WHOLE_PICTURE, Reason.NO_FACE)]
    common = _common_reason(held, time, sound)
    decided = [(face, common or _face_reason(held, face)) for face in ids]
    if contract.one_score_per_face:
        return decided
    return [min(decided, key=lambda pair: (pair[1], -_size(held, pair[0])))]


def _common_reason(held: deque[_Held[Any]], time: WindowTime, sound: tuple[float, float]) -> Reason | None:
    if any(one.tracked.cut for one in list(held)[1:]):
        return Reason.SCENE_CUT
    heard = min(time.end, sound[1]) - max(time.start, sound[0])
    if heard < MIN_SOUND_SHARE * (time.end - time.start):
        return Reason.NO_SOUND
    return None


def _seen(held: deque[_Held[Any]], face: int) -> list[TrackedFace]:
    return [seen for one in held if (seen := one.tracked.face(face)) is not None]


def _face_reason(held: deque[_Held[Any]], face: int) -> Reason:
    seen = _seen(held, face)
    if len(seen) < len(held):
        return Reason.FACE_LOST
    if min(float(one.box[3]) for one in seen) < MIN_FACE_HEIGHT:
        return Reason.FACE_TOO_SMALL
    return Reason.ANALYSED


def _size(held: deque[_Held[Any]], face: int) -> float:
    return sum(float(seen.box[3]) for seen in _seen(held, face))


def _make(
    held: deque[_Held[Kept]], contract: Contract[Kept], time: WindowTime, face: int, reason: Reason
) -> WindowInput | None:
    if reason is not Reason.ANALYSED:
        return None
    kept = []
    for one in held:
        seen = one.tracked.face(face)
        if seen is None:  # cannot be: ANALYSED means seen in every frame
            raise AssertionError(f"face {face} is missing from an analysed window")
        if face not in one.kept:
            one.kept[face] = contract.keep(one.tracked, seen)
        kept.append(one.kept[face])
    return contract.window(kept, time)
