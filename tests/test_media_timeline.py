"""When every frame is shown, found without decoding where the file allows it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from media_support import Sound, tone, write_sound, write_video

from lipfd_desktop.errors import Cancelled, UnreadableMediaError
from lipfd_desktop.media.timeline import (
    frame_end,
    frame_index_at,
    is_variable_rate,
    nearest_frame_index,
    scan_frame_times,
)

IRREGULAR = [0.0, 0.1, 0.15, 0.5, 0.511, 0.512, 1.0, 1.033, 1.5, 2.25]


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts", "clip.mov", "clip.flv"])
@pytest.mark.parametrize("b_frames", [0, 3])
def test_times_are_those_written(tmp_path: Path, name: str, b_frames: int) -> None:
    path = tmp_path / name
    written = write_video(path, 60, start=5.0, b_frames=b_frames)
    assert scan_frame_times(path) == pytest.approx(written, abs=0.0006)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts"])
def test_irregular_times(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_video(path, len(IRREGULAR), pts=IRREGULAR, b_frames=2)
    times = scan_frame_times(path)
    assert times - times[0] == pytest.approx(IRREGULAR, abs=0.0006)
    assert is_variable_rate(times)


@pytest.mark.parametrize("fps", [23.976, 25.0, 29.97, 60.0])
def test_rounding_to_milliseconds_is_not_a_variable_rate(tmp_path: Path, fps: float) -> None:
    path = tmp_path / "clip.mkv"
    write_video(path, 40, fps=fps)
    assert not is_variable_rate(scan_frame_times(path))


@pytest.mark.parametrize(
    ("name", "codec", "b_frames"),
    [("clip.avi", "libx264", 2), ("clip.avi", "mpeg4", 2), ("clip.h264", "libx264", 2)],
)
def test_containers_without_pts(tmp_path: Path, name: str, codec: str, b_frames: int) -> None:
    path = tmp_path / name
    write_video(path, 60, codec=codec, b_frames=b_frames)
    times = scan_frame_times(path)
    assert len(times) == 60
    assert np.diff(times) == pytest.approx(1 / 25)


def test_hidden_reference_frames_are_not_frames(tmp_path: Path) -> None:
    path = tmp_path / "clip.webm"
    written = write_video(
        path,
        60,
        codec="libvpx",
        options={"auto-alt-ref": "1", "lag-in-frames": "12", "cpu-used": "8", "deadline": "good"},
    )
    assert scan_frame_times(path) == pytest.approx(written, abs=0.0006)


def test_frames_that_an_edit_list_cuts_away_are_not_frames(tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    write_video(path, 50, start=-0.4, container_options={"avoid_negative_ts": "disabled", "use_editlist": "1"})
    times = scan_frame_times(path)
    assert times == pytest.approx(np.arange(40) / 25)


def test_recording_that_begins_between_key_frames(tmp_path: Path) -> None:
    path = tmp_path / "broadcast.ts"
    written = write_video(path, 60, key_interval=20)
    content = path.read_bytes()
    path.write_bytes(content[content.index(b"\x47\x41\x00", 188 * 30) :])
    times = scan_frame_times(path)
    assert 0 < len(times) < 60
    assert times[-1] - times[0] == pytest.approx((len(times) - 1) / 25)
    assert np.diff(times) == pytest.approx(1 / 25)
    assert len(times) in {20, 40}
    assert written


def test_cancelling(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_video(path, 30)
    with pytest.raises(Cancelled):
        scan_frame_times(path, lambda: True)


def test_no_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.m4a"
    write_sound(path, Sound(samples=tone(0.2)))
    with pytest.raises(UnreadableMediaError, match="no video track"):
        scan_frame_times(path)


# Looking up ----------------------------------------------------------------------------------------------------

frame_times = st.lists(st.integers(1, 2000), min_size=1, max_size=40).map(lambda steps: 3.0 + np.cumsum(steps) / 1000)


@given(times=frame_times, data=st.data())
def test_a_frame_is_shown_from_its_pts_to_its_end(times: np.ndarray, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(times) - 1))
    end = frame_end(times, index)
    assert frame_index_at(times, times[index]) == index
    assert frame_index_at(times, times[index] + 0.4 * (end - times[index])) == index
    if index + 1 < len(times):
        assert frame_index_at(times, end) == index + 1


@given(times=frame_times, data=st.data())
def test_times_rounded_to_milliseconds_find_their_frame(times: np.ndarray, data: st.DataObject) -> None:
    third = times + 1 / 3000
    index = data.draw(st.integers(0, len(times) - 1))
    assert frame_index_at(third, round(float(third[index]), 3)) == index


@given(times=frame_times, time=st.floats(-1e6, 1e6))
def test_look_up_never_leaves_the_file(times: np.ndarray, time: float) -> None:
    assert 0 <= frame_index_at(times, time) < len(times)
    nearest = nearest_frame_index(times, time)
    assert abs(times[nearest] - time) == np.abs(times - time).min()


def test_end_of_the_last_frame() -> None:
    assert frame_end(np.array([1.0, 1.1, 1.2, 1.3]), -1) == pytest.approx(1.4)
    assert frame_end(np.array([7.0]), 0) == pytest.approx(7.04)


def test_too_few_frames_to_vary() -> None:
    assert not is_variable_rate(np.array([0.0, 1.0]))
