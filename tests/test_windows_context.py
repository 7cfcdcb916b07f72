from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from faces_support import FakeFrame, landmarks_at
from hypothesis import given, settings
from hypothesis import strategies as st

from lipfd_desktop.errors import Cancelled
from lipfd_desktop.media.timeline import frame_end
from lipfd_desktop.result import FacePath, MelTrack, Plan, Reason
from lipfd_desktop.tracks.follow import TrackedFace, TrackedFrame
from lipfd_desktop.tracks.pose import FacePose, bounding_box, lips_box
from lipfd_desktop.windows.assemble import Window, assemble_windows
from lipfd_desktop.windows.context import (
    SOUND_FLOOR,
    ContextContract,
    MotionHistory,
    context_motion,
    context_strip,
    is_comparable,
    middle_of,
    moments_of,
    stack_context,
    with_context,
)
from lipfd_desktop.windows.contracts import WindowInput, WindowTime
from lipfd_desktop.windows.geometry import FACE_IMAGE, HEAD_IMAGE, crop_tier

FRAMES = 5
STEPS = (np.arange(50) - 24.5) / 25
UPRIGHT = landmarks_at(160, 120)


def face_of(number: int, x: float) -> TrackedFace:
    """A face whose landmarks all lie at ``x``."""
    points = np.full((478, 2), x, np.float32)
    box, lips, pose = bounding_box(UPRIGHT), lips_box(UPRIGHT), FacePose.from_landmarks(UPRIGHT)
    return TrackedFace(number, box, lips, pose, FacePath.DETECTED, points)


@dataclass
class Stream:
    """A made-up video: where each face is seen in each frame, which frames follow a cut, and which are lost."""

    times: np.ndarray
    faces: Sequence[dict[int, float]]
    cuts: set[int] = field(default_factory=set)
    lost: set[int] = field(default_factory=set)

    @classmethod
    def steady(cls, count: int, fps: float = 25.0, **changes: object) -> Stream:
        """One face that moves to the right."""
        return replace(cls(np.arange(count) / fps, [{0: 3.0 * index} for index in range(count)]), **changes)

    def frames(self) -> Iterator[TrackedFrame]:
        pending = False
        for index, time in enumerate(self.times):
            pending |= index in self.cuts
            if index in self.lost:
                continue
            faces = tuple(face_of(number, x) for number, x in sorted(self.faces[index].items()))
            yield TrackedFrame(FakeFrame(index, time=float(time)), faces, pending)  # type: ignore[arg-type]
            pending = False

    def plan(self, stride: int = 1) -> Plan:
        count = len(self.times)
        return Plan(
            float(self.times[0]), frame_end(self.times, -1), count, FRAMES, stride, False, (count - 5) // stride + 1
        )


class Numbered:
    """Keeps one small array a frame and face."""

    one_score_per_face = True
    look_around = 1.2

    def __init__(self) -> None:
        self.kept: list[weakref.ref[np.ndarray]] = []

    def keep(self, tracked: TrackedFrame, face: TrackedFace) -> np.ndarray:
        image = np.full((1, 1, 3), tracked.frame.index % 256, np.uint8)
        self.kept.append(weakref.ref(image))
        return image

    def window(self, kept: list[np.ndarray], time: WindowTime) -> WindowInput:
        return WindowInput(tuple(kept), np.zeros((80, 200), np.uint8), tuple(kept))


def run(
    stream: Stream, stride: int = 1, frames: Iterator[TrackedFrame] | None = None, contract: Numbered | None = None
) -> Iterator[Window]:
    history = MotionHistory(FRAMES)
    windows = assemble_windows(
        history.watch(stream.frames() if frames is None else frames),
        contract or Numbered(),
        stream.plan(stride),
        stream.times,
        sound=(-1e9, 1e9),
    )
    return with_context(windows, history)


def direct(stream: Stream, face: int, time: WindowTime) -> np.ndarray:
    """(50,) position of a face around a window, one moment at a time, from everything there is."""
    alive = [index for index in range(len(stream.times)) if index not in stream.lost]
    cuts = [stream.times[next(later for later in alive if later >= cut)] for cut in stream.cuts if cut <= alive[-1]]
    begin = max((cut for cut in cuts if cut <= time.start), default=-np.inf)
    end = min((cut for cut in cuts if cut > time.start), default=np.inf)
    seen = [(stream.times[index], stream.faces[index][face]) for index in alive if face in stream.faces[index]]
    seen = [(at, x) for at, x in seen if begin <= at < end]
    motion = []
    for moment in (time.start + time.end) / 2 + STEPS:
        before = max((one for one in seen if one[0] <= moment), default=None)
        after = min((one for one in seen if one[0] > moment), default=None)
        value = np.nan
        if before and after and after[0] - before[0] <= 0.2005:
            value = before[1] + (after[1] - before[1]) * (moment - before[0]) / (after[0] - before[0])
        elif before and moment - before[0] <= 0.1005:
            value = before[1]
        elif after and after[0] - moment <= 0.1005:
            value = after[1]
        motion.append(value if begin - 0.0005 <= moment < end - 0.0005 else np.nan)
    return np.array(motion)


@st.composite
def streams(draw: st.DrawFn) -> Stream:
    count = draw(st.integers(20, 110))
    fps = draw(st.sampled_from([8.0, 12.5, 25.0, 30000 / 1001, 60.0]))
    jitter = draw(st.sampled_from([0.0, 0.4]))
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    times = 5 + (np.arange(count) + jitter * numbers.random(count)) / fps
    absent = draw(st.sets(st.integers(0, count - 1), max_size=12))
    gap = draw(st.tuples(st.integers(0, count - 1), st.integers(0, 12)))
    absent |= set(range(gap[0], sum(gap)))
    cuts = draw(st.sets(st.integers(1, count - 1), max_size=2))
    lost = draw(st.sets(st.integers(1, count - 1), max_size=4))
    faces = [
        ({} if index in absent else {0: numbers.uniform(0, 500)}) | ({3: float(index)} if index % 40 < 30 else {})
        for index in range(count)
    ]
    return Stream(times, faces, cuts, lost)


@settings(max_examples=60, deadline=None)
@given(streams(), st.integers(1, 45))
def test_motion_is_that_of_the_whole_stream_at_any_stride(stream: Stream, stride: int) -> None:
    windows = list(run(stream, stride))
    order = [(window.index, window.face) for window in windows]
    assert order == sorted(order)
    assert {window.index for window in windows} == set(range(stream.plan(stride).windows_total))
    for window in windows:
        assert (window.input is None) == (window.reason is not Reason.ANALYSED)
        if window.input is None:
            continue
        motion = window.input.motion
        assert motion is not None
        assert motion.dtype == np.float32
        expected = np.broadcast_to(direct(stream, window.face, window.time)[:, None, None], (50, 478, 2))
        np.testing.assert_allclose(motion, expected, rtol=0, atol=1e-2)


@settings(max_examples=20, deadline=None)
@given(streams())
def test_a_cut_lets_nothing_through(stream: Stream) -> None:
    """What is seen beyond the cuts around a window has no part in its motion."""
    middle = len(stream.times) // 2
    stream = replace(stream, cuts={middle}, lost=set())
    others = [dict.fromkeys(seen, -9e3) for seen in stream.faces]
    mixed = replace(stream, faces=[*stream.faces[:middle], *others[middle:]])
    for window, other in zip(run(stream), run(mixed), strict=True):
        if window.input is not None and window.time.first_frame < middle:
            assert other.input is not None
            np.testing.assert_array_equal(window.input.motion, other.input.motion)


def test_before_the_first_and_after_the_last_frame_nothing_is_known() -> None:
    stream = Stream.steady(60)
    first, *_, last = run(stream)
    for window, begin, end in ((first, -0.1, 10.0), (last, -10.0, 59 / 25 + 0.1)):
        assert window.input is not None
        assert window.input.motion is not None
        moments = middle_of(window.time) + STEPS
        unknown = np.isnan(window.input.motion[:, 0, 0])
        np.testing.assert_array_equal(unknown, (moments < begin - 1e-6) | (moments > end + 1e-6))
        assert 0 < unknown.sum() < 25


def test_without_any_tracked_frame_all_is_unknown() -> None:
    motion = context_motion(np.empty(0), np.empty((0, 478, 2), np.float32), 3.0)
    assert motion.shape == (50, 478, 2)
    assert np.isnan(motion).all()


@pytest.mark.parametrize(("absent", "latest"), [((), 1.0), (range(30, 60), 1.2)])
def test_a_window_leaves_as_soon_as_its_second_has_passed(absent: Sequence[int], latest: float) -> None:
    stream = Stream.steady(100)
    stream = replace(stream, faces=[{} if index in absent else seen for index, seen in enumerate(stream.faces)])
    now = 0.0

    def clock() -> Iterator[TrackedFrame]:
        nonlocal now
        for tracked in stream.frames():
            now = tracked.frame.pts
            yield tracked

    waited = [now - middle_of(window.time) for window in run(stream, frames=clock()) if window.input is not None]
    in_time = [seconds for seconds in waited if seconds > 0.9]
    assert len(in_time) > 30
    assert max(in_time) <= latest + 0.041


@pytest.mark.parametrize("stride", [1, 200])
def test_memory_does_not_grow_with_the_stream(stride: int) -> None:
    stream, contract = Stream.steady(700), Numbered()
    pictures: list[weakref.ref[FakeFrame]] = []
    landmarks: list[weakref.ref[np.ndarray]] = []

    def watched() -> Iterator[TrackedFrame]:
        for tracked in stream.frames():
            pictures.append(weakref.ref(tracked.frame))  # type: ignore[arg-type]
            landmarks.append(weakref.ref(tracked.faces[0].landmarks))
            yield tracked

    most = [0, 0, 0]
    for window in run(stream, stride, watched(), contract):
        alive = [sum(one() is not None for one in kind) for kind in (pictures, landmarks, contract.kept)]
        most = [max(pair) for pair in zip(most, alive, strict=True)]
        del window
    assert most[0] <= FRAMES + 2
    assert 25 <= most[1] <= 2.6 * 25
    assert most[2] <= 1.2 * 25 + 2 * FRAMES


def test_windows_share_their_images_until_a_batch_is_made() -> None:
    first, second = list(run(Stream.steady(40)))[10:12]
    assert first.input is not None
    assert second.input is not None
    assert first.input.pixels[1] is second.input.pixels[0]
    batch = stack_context([first.input, second.input])
    assert batch.faces.shape == (6, 1, 1, 3)
    assert batch.faces[batch.places][:, :, 0, 0, 0].tolist() == [[10, 11, 12, 13, 14], [11, 12, 13, 14, 15]]
    assert batch.motion.shape == (2, 50, 478, 2)
    assert batch.strips.shape == (2, 80, 200)
    with pytest.raises(ValueError, match="without motion or sound"):
        stack_context([replace(first.input, motion=None)])


def test_windows_share_their_moments() -> None:
    places = np.array([[3, 4, 5], [4, 5, 6], [9, 10, 11]])
    moments, numbers = moments_of(places)
    assert len(moments) == 5
    assert moments[numbers].tolist() == [[[a, b], [b, c]] for a, b, c in places.tolist()]
    moments, numbers = moments_of(places[:, :1])
    assert moments[numbers].tolist() == [[[3, 3]], [[4, 4]], [[9, 9]]]


def test_a_stream_that_is_cancelled_ends_the_windows() -> None:
    stream = Stream.steady(100)

    def cancelled() -> Iterator[TrackedFrame]:
        for tracked in stream.frames():
            if tracked.frame.index == 60:
                raise Cancelled
            yield tracked

    whole: list[Window] = list(run(stream))
    done: list[Window] = []
    with pytest.raises(Cancelled):
        done.extend(run(stream, frames=cancelled()))  # what comes before the exception stays
    assert 28 <= len(done) <= 34
    for window, other in zip(done, whole, strict=False):
        assert window.input is not None
        assert other.input is not None
        np.testing.assert_array_equal(window.input.motion, other.input.motion)


# The contract ------------------------------------------------------------------------------------------------------


def mel(seconds: float = 4.0) -> MelTrack:
    levels = np.random.default_rng(0).integers(0, 256, (80, round(seconds * 100)), dtype=np.uint8)
    return MelTrack(start=0.005, column_seconds=0.01, frequencies=np.arange(80.0), levels=levels)


def test_a_frame_keeps_the_images_of_face_and_head() -> None:
    tracked = next(Stream.steady(1).frames())
    (face,) = tracked.faces
    kept = ContextContract(mel()).keep(tracked, face)
    picture = tracked.frame.rgb()
    np.testing.assert_array_equal(kept.face, crop_tier(picture, face.pose, FACE_IMAGE, 224))
    np.testing.assert_array_equal(kept.head, crop_tier(picture, face.pose, HEAD_IMAGE, 128))


def test_the_strip_is_the_sound_of_the_two_seconds_around_the_middle() -> None:
    sound = mel()
    np.testing.assert_array_equal(context_strip(sound, 2.0), sound.levels[:, 100:300])
    at_the_start = context_strip(sound, 0.5)
    assert (at_the_start[:, :50] == 0).all()
    np.testing.assert_array_equal(at_the_start[:, 50:], sound.levels[:, :150])


def test_a_window_joins_images_and_sound_and_waits_for_motion() -> None:
    contract, sound = ContextContract(mel()), mel()
    tracked = list(Stream.steady(5).frames())
    joined = contract.window([contract.keep(one, one.faces[0]) for one in tracked], WindowTime(1.0, 1.2, 25))
    assert [image.shape for image in joined.pixels] == [(224, 224, 3)] * 5
    assert joined.heads is not None
    assert [image.shape for image in joined.heads] == [(128, 128, 3)] * 5
    np.testing.assert_array_equal(joined.strip, context_strip(sound, 1.1))
    assert joined.motion is None


@pytest.mark.parametrize(("tracked", "heard", "enough"), [(25, 100, True), (24, 200, False), (50, 99, False)])
def test_half_of_the_two_seconds_must_show_a_face_and_have_sound(tracked: int, heard: int, enough: bool) -> None:
    motion = np.full((1, 50, 478, 2), np.nan, np.float32)
    motion[:, :tracked] = 7
    strips = np.full((1, 80, 200), SOUND_FLOOR - 1, np.uint8)
    strips[:, 30, :heard] = SOUND_FLOOR
    assert is_comparable(motion, strips).tolist() == [enough]
