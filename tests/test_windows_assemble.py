from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from faces_support import FPS, FakeFrame, ScriptedDetector, seen
from hypothesis import given, settings
from hypothesis import strategies as st

from lipfd_desktop.result import WHOLE_PICTURE, InputContract, Plan, Reason
from lipfd_desktop.tracks.detector import Detection
from lipfd_desktop.tracks.follow import TrackedFace, TrackedFrame, follow_faces
from lipfd_desktop.windows.assemble import Window, assemble_windows
from lipfd_desktop.windows.contracts import WindowInput, WindowTime

FRAMES = 30
FAR = (0.0, 1e9)


class CountingContract:
    """Keeps the frame's number as its only pixel and counts how often it is asked."""

    def __init__(self, contract: InputContract = InputContract.GUIDED) -> None:
        self.one_score_per_face = contract is InputContract.GUIDED
        self.asked: list[tuple[int, int]] = []

    def keep(self, tracked: TrackedFrame, face: TrackedFace) -> np.ndarray:
        self.asked.append((tracked.frame.index, face.id))
        return np.full((1, 1), tracked.frame.index, np.uint8)

    def window(self, kept: list[np.ndarray], time: WindowTime) -> WindowInput:
        return WindowInput(np.concatenate(kept, axis=1))


def cut(
    script: list[list[Detection]],
    *,
    stride: int = 1,
    frames: int = 5,
    sound: tuple[float, float] = FAR,
    contract: CountingContract | None = None,
    colours: list[int] | None = None,
    only_face: int | None = None,
    lost: Sequence[int] = (),
    times: np.ndarray | None = None,
) -> list[Window]:
    pictures = [
        FakeFrame(index, (colours or [90] * len(script))[index], time=None if times is None else float(times[index]))
        for index in range(len(script))
        if index not in lost
    ]
    script = [found for index, found in enumerate(script) if index not in lost]
    count = len(pictures) + len(lost)
    tracked = follow_faces(pictures, ScriptedDetector(script))  # type: ignore[arg-type]
    total = (count - frames) // stride + 1
    plan = Plan(0.0, count / FPS, count, frames, stride, False, total)
    times = np.arange(count) / FPS if times is None else times
    contract = contract or CountingContract()
    return list(assemble_windows(tracked, contract, plan, times, sound=sound, only_face=only_face))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 8), st.integers(1, 7))
def test_windows_hold_consecutive_frames_a_stride_apart(stride: int, frames: int) -> None:
    windows = cut([[seen(160, 120)]] * FRAMES, stride=stride, frames=frames)
    assert [window.index for window in windows] == list(range(len(range(0, FRAMES - frames + 1, stride))))
    for window in windows:
        first = window.index * stride
        assert window.input is not None
        assert np.ravel(window.input.pixels).tolist() == list(range(first, first + frames))
        assert window.time.first_frame == first
        assert window.time.start == pytest.approx(first / FPS)
        assert window.time.end == pytest.approx((first + frames) / FPS)


def test_what_windows_share_is_made_once() -> None:
    contract = CountingContract()
    cut([[seen(160, 120)]] * FRAMES, contract=contract)
    assert len(contract.asked) == len(set(contract.asked)) == FRAMES


def test_frames_between_distant_windows_are_not_converted() -> None:
    contract = CountingContract()
    cut([[seen(160, 120)]] * FRAMES, stride=10, contract=contract)
    assert len(contract.asked) == 15


def test_each_face_has_windows_of_its_own_under_the_guided_contract_only() -> None:
    script = [[seen(80, 120, 80), seen(240, 120, 110)]] * 6
    assert [(window.index, window.face) for window in cut(script)] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    official = cut(script, contract=CountingContract(InputContract.OFFICIAL))
    assert [(window.index, window.face) for window in official] == [(0, WHOLE_PICTURE), (1, WHOLE_PICTURE)]
    assert all(window.input is not None for window in official)
    assert [(window.index, window.face) for window in cut(script, only_face=0)] == [(0, 0), (1, 0)]


def reasons(windows: list[Window]) -> list[Reason]:
    return [window.reason for window in windows]


def test_windows_without_any_face_say_so() -> None:
    windows = cut([[]] * 8)
    assert reasons(windows) == [Reason.NO_FACE] * 4
    assert all(window.face == -1 and window.input is None for window in windows)


def test_a_face_that_leaves_is_not_guessed() -> None:
    windows = cut([[seen(160, 120)]] * 10 + [[]] * 20)
    assert reasons(windows)[:6] == [Reason.ANALYSED] * 6
    assert reasons(windows)[6:10] == [Reason.FACE_LOST] * 4
    assert set(reasons(windows)[10:]) == {Reason.NO_FACE}


@pytest.mark.parametrize(("height", "reason"), [(63.0, Reason.FACE_TOO_SMALL), (65.0, Reason.ANALYSED)])
def test_faces_under_64_pixels_are_not_analysed(height: float, reason: Reason) -> None:
    assert set(reasons(cut([[seen(160, 120, height)]] * 6))) == {reason}


def test_windows_beyond_the_sound_are_not_analysed() -> None:
    windows = cut([[seen(160, 120)]] * 25, sound=(0.0, 0.5))
    last = max(window.time.end for window in windows if window.reason is Reason.ANALYSED)
    assert 0.5 <= last <= 0.6 + 1e-9
    assert {window.reason for window in windows} == {Reason.ANALYSED, Reason.NO_SOUND}


def test_a_window_never_spans_a_cut() -> None:
    windows = cut([[seen(160, 120)]] * 20, colours=[90] * 10 + [250] * 10)
    spanning = [window.reason for window in windows if window.time.first_frame in range(6, 10)]
    assert spanning == [Reason.SCENE_CUT] * len(spanning)
    assert len(spanning) >= 4


@pytest.mark.parametrize("stride", [1, 3, 7])
def test_windows_that_lack_frames_say_so_and_the_others_keep_their_numbers(stride: int) -> None:
    windows = cut([[seen(160, 120)]] * 30, stride=stride, lost=[12, 13, 29])
    assert [window.index for window in windows] == list(range(len(range(0, 26, stride))))
    for window in windows:
        first = window.index * stride
        whole = not {12, 13, 29} & set(range(first, first + 5))
        assert window.time.first_frame == first
        assert window.reason is (Reason.ANALYSED if whole else Reason.FRAMES_MISSING)
        if window.input is not None:
            assert np.ravel(window.input.pixels).tolist() == list(range(first, first + 5))


def test_frames_with_a_hole_in_time_are_not_consecutive() -> None:
    times = np.concatenate([np.arange(10) / FPS, 1.2 + np.arange(10) / FPS])
    windows = cut([[seen(160, 120)]] * 20, times=times)
    assert [window.index for window in windows if window.reason is Reason.FRAMES_MISSING] == [6, 7, 8, 9]
