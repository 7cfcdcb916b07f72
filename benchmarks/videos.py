"""Videos of 1280x720 at 25 frames a second, made of the bundled sample: enlarged, repeated, with one face or two.

They are Matroska files repeated from an MP4 file: MP4 tells every decoding time, and Matroska takes them as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from memory_by_length import SAMPLE, repeat_sample
from numpy.typing import NDArray

from lipfd_desktop.media.frames import read_frames

WIDTH, HEIGHT, RATE = 1280, 720, 25
BACKGROUND: Final = 110
"""Grey level beside the picture."""

Picture = NDArray[np.uint8]
Composer = Callable[[Picture], Picture]


def enlarged(target: Path, seconds: float) -> Path:
    """The sample as large as fits, in the middle."""
    return _repeated(target, seconds, lambda picture: _placed([(_scaled(picture, HEIGHT), WIDTH // 2)]))


def side_by_side(target: Path, seconds: float, *, faces: int) -> Path:
    """The sample in the left half and, mirrored, in the right half; with one face the right half is grey."""

    def compose(picture: Picture) -> Picture:
        small = _scaled(picture, HEIGHT * 2 // 3)
        both = [(small, WIDTH // 4), (np.ascontiguousarray(small[:, ::-1]), WIDTH * 3 // 4)]
        return _placed(both[:faces])

    return _repeated(target, seconds, compose)


def _scaled(picture: Picture, height: int) -> Picture:
    width = round(picture.shape[1] * height / picture.shape[0])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _placed(pictures: list[tuple[Picture, int]]) -> Picture:
    """Pictures around these columns of the middle row, cut where they do not fit."""
    canvas = np.full((HEIGHT, WIDTH, 3), BACKGROUND, np.uint8)
    for picture, middle in pictures:
        half = min(picture.shape[1] // 2, middle, WIDTH - middle)
        centre, top = picture.shape[1] // 2, (HEIGHT - picture.shape[0]) // 2
        canvas[top : top + picture.shape[0], middle - half : middle + half] = picture[:, centre - half : centre + half]
    return canvas


def _repeated(target: Path, seconds: float, compose: Composer) -> Path:
    once = target.with_name(f"{target.stem}-once.mp4")
    _write(once, compose)
    repeat_sample(target, seconds, once)
    once.unlink()
    return target


def _write(target: Path, compose: Composer) -> None:
    """The sample with other pictures: H.264, and its own sound as it is."""
    with av.open(str(SAMPLE)) as source, av.open(str(target), "w") as sink:
        sound = source.streams.audio[0]
        pictures = sink.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "23"})
        pictures.width, pictures.height, pictures.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        copied = sink.add_stream_from_template(sound)
        for packet in source.demux(sound):
            if packet.dts is not None:
                packet.stream = copied
                sink.mux(packet)
        with read_frames(SAMPLE) as frames:
            for number, frame in enumerate(frames):
                made = av.VideoFrame.from_ndarray(compose(frame.rgb()), format="rgb24")
                made.pts, made.time_base = number, Fraction(1, RATE)
                sink.mux(pictures.encode(made))
        sink.mux(pictures.encode())
