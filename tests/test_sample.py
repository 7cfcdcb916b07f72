"""The bundled sample is what its README says: short, labelled as synthetic, and with a face that can be followed."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import av
import mediapipe as mp
import numpy as np
import pytest
from numpy.typing import NDArray

RESOURCES = Path(__file__).parents[1] / "resources"
UPPER_LIP, LOWER_LIP = 13, 14


@pytest.fixture(scope="module")
def container() -> Iterator[av.container.InputContainer]:
    with av.open(str(RESOURCES / "sample.mp4")) as opened:
        yield opened


@pytest.fixture(scope="module")
def pictures() -> list[NDArray[np.uint8]]:
    with av.open(str(RESOURCES / "sample.mp4")) as opened:
        return [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)]


@pytest.fixture(scope="module")
def faces(pictures: list[NDArray[np.uint8]]) -> list[NDArray[np.float64] | None]:
    """The landmarks (468, 2) in pixels of the only face in every tenth frame; None unless there is exactly one."""
    found: list[NDArray[np.float64] | None] = []
    with mp.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=2) as mesh:
        for picture in pictures[::10]:
            meshes = mesh.process(picture).multi_face_landmarks or []
            marks = [np.array([(point.x, point.y) for point in face.landmark]) * (640, 480) for face in meshes]
            found.append(marks[0] if len(marks) == 1 else None)
    return found


def test_is_small_enough_to_ship() -> None:
    assert 0 < (RESOURCES / "sample.mp4").stat().st_size < 1_500_000


def test_says_that_it_is_synthetic(container: av.container.InputContainer) -> None:
    assert "synthetic" in container.metadata["title"].lower()
    assert "forgery" in container.metadata["title"].lower()
    comment = container.metadata["comment"]
    assert all(word in comment for word in ("Synthetic", "NASA", "public domain", "espeak-ng"))


def test_caption_is_burnt_into_every_frame(pictures: list[NDArray[np.uint8]]) -> None:
    strips = np.stack([picture[-26:] for picture in pictures])
    lettering = (strips.min(axis=-1) > 200).mean(axis=(1, 2))
    assert lettering.min() > 0.02
    assert np.median(strips) < 90  # the strip behind the letters is dark


def test_streams(container: av.container.InputContainer, pictures: list[NDArray[np.uint8]]) -> None:
    video, audio = container.streams.video[0], container.streams.audio[0]
    assert (video.codec_context.name, video.width, video.height, video.average_rate) == ("h264", 640, 480, 25)
    assert (audio.codec_context.name, audio.rate, audio.channels) == ("aac", 48_000, 1)
    assert len(pictures) == 200
    assert container.duration is not None
    assert container.duration / av.time_base == pytest.approx(8.0, abs=0.1)


def test_one_face_large_enough_almost_everywhere(faces: list[NDArray[np.float64] | None]) -> None:
    seen = [marks for marks in faces if marks is not None]
    assert len(seen) >= len(faces) - 1
    assert min(float(np.ptp(marks[:, 1])) for marks in seen) >= 120


def test_lips_open_with_the_voice(faces: list[NDArray[np.float64] | None]) -> None:
    with av.open(str(RESOURCES / "sample.mp4")) as opened:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in opened.decode(audio=0)])
    openings = np.array([np.nan if face is None else face[LOWER_LIP, 1] - face[UPPER_LIP, 1] for face in faces])
    starts = np.arange(len(faces)) * 10 * 1920  # 1920 samples are one frame
    loudness = np.array([np.log10(np.sqrt(np.mean(sound[start : start + 1920] ** 2)) + 1e-3) for start in starts])
    usable = np.isfinite(openings)
    assert np.corrcoef(openings[usable], loudness[usable])[0, 1] > 0.4


def test_icon_is_256_pixels_square() -> None:
    data = (RESOURCES / "icon.png").read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", data[16:24]) == (256, 256)  # width and height in the IHDR chunk
    assert (RESOURCES / "icon.svg").read_text(encoding="utf-8").startswith("<svg")
