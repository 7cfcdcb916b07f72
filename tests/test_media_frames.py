"""The right picture at the right time: every frame carries its number as black and white blocks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from media_support import SIZE, Sound, numbered_frame, numbered_frames, read_number, tone, write_sound, write_video

from lipfd_desktop.errors import Cancelled, CorruptMediaError, UnreadableMediaError
from lipfd_desktop.media.frames import Frame, read_frame_at, read_frames
from lipfd_desktop.media.timeline import scan_frame_times

COUNT = 60
IRREGULAR = np.cumsum(np.tile([0.04, 0.011, 0.2, 0.033, 0.5, 0.04], COUNT // 6)).tolist()

KINDS = {
    "constant rate": ("clip.mp4", {}),
    "irregular with B-frames": ("clip.mp4", {"pts": IRREGULAR, "b_frames": 3}),
    "irregular Matroska": ("clip.mkv", {"pts": IRREGULAR, "b_frames": 2}),
    "late MP4": ("clip.mp4", {"start": 5.0, "b_frames": 2}),
    "transport stream": ("clip.ts", {"start": 3600.0, "b_frames": 2}),
    "open groups": ("clip.mp4", {"options": {"x264-params": "open-gop=1:bframes=3:b-pyramid=normal"}}),
    "HEVC": ("clip.mp4", {"codec": "libx265", "b_frames": 2}),
    "MPEG-2": ("clip.ts", {"codec": "mpeg2video", "b_frames": 2}),
    "AVI with B-frames": ("clip.avi", {"b_frames": 2}),
    "MPEG-4 in AVI": ("clip.avi", {"codec": "mpeg4", "b_frames": 2}),
    "raw stream": ("clip.h264", {"b_frames": 2}),
    "every frame a key frame": ("clip.mkv", {"codec": "ffv1", "pixel_format": "yuv422p"}),
    "one key frame": ("clip.mp4", {"key_interval": 1000}),
}


@pytest.fixture(scope="module", params=list(KINDS), ids=lambda kind: kind.replace(" ", "-"))
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    name, options = KINDS[request.param]
    path = tmp_path_factory.mktemp("frames") / name
    write_video(path, COUNT, **options)
    return path


def numbers(frames: Iterator[Frame]) -> list[int | None]:
    return [read_number(frame.rgb()) for frame in frames]


def test_every_frame_comes_once_and_in_order(clip: Path) -> None:
    times = scan_frame_times(clip)
    with read_frames(clip) as reader:
        frames = list(reader)
    assert numbers(iter(frames)) == list(range(COUNT))
    assert [frame.index for frame in frames] == list(range(COUNT))
    assert np.array_equal([frame.pts for frame in frames], times)
    assert (reader.frames_read, reader.errors, reader.out_of_order, reader.broke_off) == (COUNT, 0, 0, False)


def test_exact_frame_at_every_pts(clip: Path) -> None:
    times = scan_frame_times(clip)
    for number in (0, 1, 2, 11, 12, 13, 29, 46, 47, 48, 58, 59):
        frame = read_frame_at(clip, times[number], frame_times=times)
        assert (frame.index, frame.pts, read_number(frame.rgb())) == (number, times[number], number)


def test_range_begins_and_ends_exactly(clip: Path) -> None:
    times = scan_frame_times(clip)
    for first, last in ((0, 5), (7, 12), (12, 13), (23, 49), (55, 59)):
        frames = list(read_frames(clip, start=times[first], end=times[last], frame_times=times))
        assert numbers(iter(frames)) == list(range(first, last))
        assert [frame.index for frame in frames] == list(range(first, last))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plain") / "clip.mp4"
    write_video(path, COUNT, start=5.0, b_frames=2)
    return path


def test_range_without_given_times_knows_its_ordinals(plain: Path) -> None:
    assert [frame.index for frame in read_frames(plain, start=6.0, end=6.2)] == [25, 26, 27, 28, 29]
    assert read_frame_at(plain, 6.0).index == 25


def test_times_between_frames(plain: Path) -> None:
    assert numbers(read_frames(plain, start=6.01, end=6.1)) == [26, 27]
    assert read_number(read_frame_at(plain, 6.015).rgb()) == 25
    assert read_number(read_frame_at(plain, 6.025).rgb()) == 26


def test_times_rounded_to_milliseconds(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_video(path, 30, fps=30)
    assert numbers(read_frames(path, start=0.667, end=0.733)) == [20, 21]


def test_times_outside_the_file(plain: Path) -> None:
    assert read_frame_at(plain, -10.0).index == 0
    assert read_frame_at(plain, 1e9).index == COUNT - 1
    assert list(read_frames(plain, start=100.0)) == []
    assert list(read_frames(plain, end=1.0)) == []
    assert len(list(read_frames(plain, start=-10.0))) == COUNT


def test_single_reading_may_stop_early(plain: Path) -> None:
    reader = read_frames(plain)
    assert next(reader).index == 0
    reader.close()
    assert list(reader) == []


def test_cancelling(plain: Path) -> None:
    seen: list[Frame] = []
    with pytest.raises(Cancelled):
        seen.extend(read_frames(plain, is_cancelled=lambda: True))
    assert not seen


# Pixels --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_picture_is_turned_as_displayed(tmp_path: Path, rotation: int, mirrored: bool) -> None:
    path = tmp_path / "phone.mp4"
    write_video(path, numbered_frames(4, (64, 112)), rotation=rotation, mirrored=mirrored)
    for number, frame in enumerate(read_frames(path)):
        assert (frame.width, frame.height) == (64, 112)
        for picture in (frame.rgb(), frame.bgr(), frame.rgb_scaled(56)):
            assert picture.flags.c_contiguous
            assert picture.dtype == np.uint8
            assert read_number(picture) == number
        assert frame.rgb().shape == (112, 64, 3)
        assert frame.rgb_scaled(56).shape == (56, 32, 3)
        assert frame.rgb_scaled(1000).shape == (112, 64, 3)


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"),
    [
        ("clip.mp4", "libx264", "yuv444p"),
        ("clip.mp4", "libx264", "yuv422p"),
        ("clip.mp4", "libx264", "yuvj420p"),
        ("clip.mp4", "libx264", "gray"),
        ("clip.mp4", "libx264", "yuv420p10le"),
        ("clip.mp4", "libx264", "nv12"),
        ("clip.mkv", "ffv1", "bgra"),
        ("clip.mkv", "ffv1", "gray16le"),
        ("clip.mov", "prores_ks", "yuv422p10le"),
    ],
)
def test_pixel_formats(tmp_path: Path, name: str, codec: str, pixel_format: str) -> None:
    path = tmp_path / name
    colour = np.zeros((96, 128, 3), np.uint8)
    colour[:] = (200, 90, 40)
    write_video(path, [numbered_frame(1234), colour], codec=codec, pixel_format=pixel_format)
    blocks, plain_colour = read_frames(path)
    assert read_number(blocks.rgb()) == 1234
    expected = (
        [200, 90, 40] if not pixel_format.startswith("gray") else [int(0.299 * 200 + 0.587 * 90 + 0.114 * 40)] * 3
    )
    for picture in (plain_colour.rgb(), plain_colour.bgr()[..., ::-1], plain_colour.rgb_scaled(40)):
        assert picture.mean(axis=(0, 1)) == pytest.approx(expected, abs=4)


@pytest.mark.parametrize("matrix", ["bt709", "smpte170m", "bt2020nc", "bt2020c", "YCgCo", "ICtCp"])
def test_every_colour_matrix_gives_a_picture(tmp_path: Path, matrix: str) -> None:
    path = tmp_path / "clip.mp4"
    write_video(path, 3, options={"x264-params": f"colormatrix={matrix}"})
    assert numbers(read_frames(path)) == [0, 1, 2]


@pytest.mark.parametrize("matrix", ["undef", "bt709"])
def test_pixels_of_opencv(tmp_path: Path, matrix: str) -> None:
    path = tmp_path / "clip.mp4"
    noise = np.random.default_rng(1).integers(0, 256, (6, 8, 3), np.uint8)
    write_video(path, [cv2.resize(noise, (128, 96))] * 2, options={"x264-params": f"colormatrix={matrix}"})
    capture = cv2.VideoCapture(str(path))
    for frame in read_frames(path):
        assert np.array_equal(frame.bgr_like_opencv(), capture.read()[1])
    capture.release()


def test_stated_matrix_is_used_for_viewing(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    red = np.zeros((96, 128, 3), np.uint8)
    red[..., 0] = 220
    write_video(path, [red], options={"x264-params": "colormatrix=bt709"})
    frame = next(read_frames(path))
    # The support module encodes with BT.601, so a BT.709 reading of its red turns out different.
    assert not np.allclose(frame.bgr().mean(axis=(0, 1)), frame.bgr_like_opencv().mean(axis=(0, 1)), atol=4)


def test_picture_size_may_change_in_mid_stream(tmp_path: Path) -> None:
    first, second, both = tmp_path / "1.ts", tmp_path / "2.ts", tmp_path / "both.ts"
    write_video(first, 20, start=1.0)
    write_video(second, numbered_frames(20, (192, 144)), start=1.8)
    both.write_bytes(first.read_bytes() + second.read_bytes())
    sizes = {}
    for frame in read_frames(both):
        assert frame.rgb().shape == (frame.height, frame.width, 3)
        sizes[frame.width, frame.height] = read_number(frame.rgb())
    assert sizes == {SIZE: 19, (192, 144): 19}


# Damage --------------------------------------------------------------------------------------------------------


def test_damage_in_the_middle_costs_only_its_frames(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_video(path, COUNT, key_interval=1)
    times = scan_frame_times(path)
    with av.open(str(path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    content = bytearray(path.read_bytes())
    for position, size in packets[30:33]:
        content[position : position + size] = b"\xff" * size
    path.write_bytes(content)
    reader = read_frames(path, frame_times=times)
    good = [(frame.index, read_number(frame.rgb())) for frame in reader]
    intact = [number for number in range(COUNT) if not 30 <= number < 33]
    assert [pair for pair in good if pair[0] in intact] == [(number, number) for number in intact]
    assert len(good) < COUNT
    assert reader.errors > 0


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
def test_file_that_breaks_off_gives_what_it_has(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_video(path, COUNT, container_options={"movflags": "+faststart"} if name.endswith("mp4") else None)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 6 // 10])
    reader = read_frames(path)
    got = numbers(reader)
    assert 10 < len(got) < COUNT - 10
    assert got == list(range(len(got)))
    assert reader.broke_off


def test_range_that_ends_early_did_not_break_off(plain: Path) -> None:
    reader = read_frames(plain, end=6.0)
    assert len(list(reader)) == 25
    assert not reader.broke_off


def test_nothing_decodes(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_video(path, COUNT)
    content = bytearray(path.read_bytes())
    start, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    content[start:end] = bytes(end - start)
    path.write_bytes(content)
    with pytest.raises(CorruptMediaError, match="not one frame"):
        next(read_frames(path))
    with pytest.raises(CorruptMediaError, match="not one frame"):
        read_frame_at(path, 0.0)


def test_not_a_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.m4a"
    write_sound(path, Sound(samples=tone(0.2)))
    with pytest.raises(UnreadableMediaError, match="no video track"):
        next(read_frames(path))


# Memory --------------------------------------------------------------------------------------------------------


def _resident_bytes() -> int:
    statistics = Path("/proc/self/statm")
    if not statistics.exists():
        pytest.skip("needs /proc")
    return int(statistics.read_text().split()[1]) * 4096


def test_memory_stays_flat(tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    size = (640, 360)
    write_video(path, (numbered_frame(0, size) for _ in range(300)), key_interval=100)
    before = 0
    for frame in read_frames(path):
        frame.rgb()
        if frame.index == 60:
            before = _resident_bytes()
    growth = _resident_bytes() - before
    # 240 frames would take 83 MB as YUV and 166 MB as RGB.
    assert growth < 30e6
