"""What a file says about itself, and the sentence for every file that cannot be examined."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.stream import Disposition
from media_support import SIZE, Sound, numbered_frame, tone, write_image, write_sound, write_video

from lipfd_desktop.errors import CorruptMediaError, MediaError, UnreadableMediaError
from lipfd_desktop.media.frames import FrameReader
from lipfd_desktop.media.probe import probe


def test_facts_of_an_ordinary_file(tmp_path: Path) -> None:
    path = tmp_path / "talk.mp4"
    write_video(
        path,
        50,
        b_frames=2,
        tags={"title": "Statement"},
        audio=Sound(samples=tone(2.5, channels=2, sample_rate=44_100), sample_rate=44_100),
    )
    info = probe(path)
    assert info.path == path
    assert info.size_bytes == path.stat().st_size
    assert info.modified.endswith("+00:00")
    assert "mp4" in info.format_name
    assert info.streams == 2
    assert info.tags["title"] == "Statement"
    assert info.start_time == 0
    assert info.duration == pytest.approx(2.5, abs=0.03)
    assert info.bit_rate is not None
    video = info.video
    assert (video.codec, video.pixel_format, video.width, video.height, video.rotation) == ("h264", "yuv420p", *SIZE, 0)
    assert (video.average_fps, video.declared_frames, video.start, video.duration) == (25, 50, 0, 2)
    assert video.profile is not None
    assert Fraction(video.time_base) == Fraction(1, 90_000)
    audio = info.audio
    assert audio is not None
    assert (audio.codec, audio.sample_rate, audio.channels, audio.layout) == ("aac", 44_100, 2, "stereo")
    assert audio.start == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_size_is_that_of_the_displayed_picture(tmp_path: Path, rotation: int, mirrored: bool) -> None:
    path = tmp_path / "phone.mp4"
    write_video(path, [numbered_frame(3, (64, 112))] * 3, rotation=rotation, mirrored=mirrored)
    video = probe(path).video
    assert (video.width, video.height, video.rotation) == (64, 112, rotation)


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv", "late.ts"])
def test_times_are_those_of_the_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    sound = Sound(samples=tone(1.0), start=5.4)
    write_video(path, 25, start=5.0, audio=sound)
    info = probe(path)
    assert info.video.start == pytest.approx(5.0, abs=1e-6)
    assert info.start_time == pytest.approx(5.0, abs=0.001)
    assert info.audio is not None
    # Lossy codecs put up to one block of priming before the first sample.
    assert info.audio.start == pytest.approx(5.4, abs=0.025)


def test_duration_of_a_stream_that_does_not_state_one(tmp_path: Path) -> None:
    path = tmp_path / "raw.h264"
    write_video(path, 30)
    assert probe(path).duration == pytest.approx(30 / 25)


def test_moving_picture_is_preferred_to_the_cover(tmp_path: Path) -> None:
    path = tmp_path / "cover.mkv"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 640, 480, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        video = container.add_stream("mpeg4", rate=25)
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        container.mux(cover.encode(av.VideoFrame(640, 480, "yuvj420p")))
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(numbered_frame(number)).reformat(format="yuv420p")
            container.mux(video.encode(frame))
        for stream in (cover, video):
            container.mux(stream.encode(None))
    assert (probe(path).video.codec, probe(path).video.width) == ("mpeg4", SIZE[0])


def test_tags_in_another_encoding_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "latin.mkv"
    write_video(path, 5, tags={"title": "QQQQ"})
    path.write_bytes(path.read_bytes().replace(b"QQQQ", b"caf\xe9"))
    assert probe(path).tags["title"].startswith("caf")


# Refusals ------------------------------------------------------------------------------------------------------


def _missing(path: Path) -> None:
    pass


def _folder(path: Path) -> None:
    path.mkdir()


def _empty(path: Path) -> None:
    path.touch()


def _text(path: Path) -> None:
    path.write_text("This is not a video.\n" * 50)


def _picture(path: Path) -> None:
    still = path.with_suffix(".png")
    write_image(still)
    still.rename(path)


def _photo(path: Path) -> None:
    still = path.with_suffix(".jpg")
    write_image(still)
    still.rename(path)


def _subtitles(path: Path) -> None:
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n\n" * 3)


def _sound_only(path: Path) -> None:
    write_sound(path, Sound(samples=tone(0.5)))


def _sound_with_cover(path: Path) -> None:
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = *SIZE, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        sound = container.add_stream("aac", rate=48_000, layout="mono")
        container.mux(cover.encode(av.VideoFrame(*SIZE, "yuvj420p")))
        container.mux(cover.encode(None))
        frame = av.AudioFrame.from_ndarray(tone(0.02), format="fltp", layout="mono")
        frame.sample_rate = 48_000
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))


def _unknown_codec(path: Path) -> None:
    write_video(path, 10)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _playlist(path: Path) -> None:
    write_video(path.with_name("part.ts"), 10)
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.4,\npart.ts\n#EXT-X-ENDLIST\n")


def _waiting_list(path: Path) -> None:
    """A list that would make FFmpeg wait for a pipe that nobody writes to."""
    os.mkfifo(path.with_name("pipe.mp4"))
    path.write_text("ffconcat version 1.0\nfile pipe.mp4\n")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_missing, "does not exist"),
        (_folder, "folder"),
        (_empty, "empty"),
        (_text, "not a media file"),
        (_picture, "still picture"),
        (_photo, "still picture"),
        (_subtitles, "no video track"),
        (_sound_only, "no video track"),
        (_sound_with_cover, "no video track"),
        (_unknown_codec, "cannot be decoded"),
        pytest.param(_pipe, "not an ordinary file", marks=pytest.mark.skipif(os.name == "nt", reason="no FIFOs")),
        (_playlist, "list of other files"),
        pytest.param(
            _waiting_list, "list of other files", marks=pytest.mark.skipif(os.name == "nt", reason="no FIFOs")
        ),
    ],
)
def test_unreadable_file_gets_a_sentence(tmp_path: Path, make: Callable[[Path], None], words: str) -> None:
    path = tmp_path / "evidence.mp4"
    make(path)
    with pytest.raises(UnreadableMediaError, match=words) as caught:
        probe(path)
    _assert_is_a_sentence(caught.value, path)


def test_text_is_not_drawn_as_video(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    _text(path)
    with pytest.raises(UnreadableMediaError, match="text"):
        probe(path)


def test_forbidden_file_gets_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.mp4"
    write_video(path, 5)

    # Whoever runs the tests may be allowed to read everything, so the refusal is played.
    def refuse(self: Path, *arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UnreadableMediaError, match="may not be read") as caught:
        probe(path)
    _assert_is_a_sentence(caught.value, path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_file_without_read_permission(tmp_path: Path) -> None:
    path = tmp_path / "locked.mp4"
    write_video(path, 5)
    path.chmod(stat.S_IWUSR)
    with pytest.raises(UnreadableMediaError, match="may not be read"):
        probe(path)


def _without_index(path: Path) -> None:
    write_video(path, 60)
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"moov") - 4])


def _zeroed_pictures(path: Path) -> None:
    write_video(path, 30)
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + 4
    end = content.index(b"moov") - 4
    content[start:end] = bytes(end - start)
    path.write_bytes(content)


@pytest.mark.parametrize("make", [_without_index, _zeroed_pictures])
def test_damaged_file_gets_a_sentence(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "evidence.mp4"
    make(path)
    with pytest.raises(CorruptMediaError, match="damaged") as caught:
        probe(path)
    _assert_is_a_sentence(caught.value, path)


def _assert_is_a_sentence(error: MediaError, path: Path) -> None:
    message = str(error)
    assert message.startswith(path.name)
    assert message.endswith(".")
    assert "\n" not in message
    assert len(message) < 200


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts"])
def test_a_late_start_is_not_part_of_the_duration(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"late{suffix}"
    write_video(path, 50, start=5.0)
    info = probe(path)
    assert info.duration == pytest.approx(2.0, abs=0.1)
    with FrameReader(path) as reader:
        assert len(list(reader)) == 50
        assert not reader.broke_off
