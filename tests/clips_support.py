"""Videos with a face, cut from the bundled sample."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from media_support import Image, Sound, tone, write_video

from lipfd_desktop.media.frames import read_frames

SAMPLE = Path(__file__).parent.parent / "resources" / "sample.mp4"
RATE = 16_000


@cache
def portraits(count: int, width: int = 320, height: int = 240) -> list[Image]:
    """The first frames of the sample, shrunk."""
    with read_frames(SAMPLE, end=count / 25) as frames:
        return [cv2.resize(frame.rgb(), (width, height), interpolation=cv2.INTER_AREA) for frame in frames]


def face_clip(path: Path, count: int = 30, *, sound: float | None = None, peak: float = 0.5, **options: Any) -> Path:
    """``count`` frames of the sample at 25 fps with a tone of ``sound`` seconds (as long as the picture by default)."""
    seconds = count / 25 if sound is None else sound
    audio = Sound(samples=tone(seconds, sample_rate=RATE, peak=peak), sample_rate=RATE)
    write_video(path, options.pop("frames", portraits(count)), audio=options.pop("audio", audio), **options)
    return path


def faceless_clip(path: Path, count: int = 20, **options: Any) -> Path:
    return face_clip(path, count, frames=[np.full((240, 320, 3), 100, np.uint8)] * count, **options)


def pasted(height: int, count: int = 20) -> list[Image]:
    """Frames of 640x480 in which the portrait is ``height`` pixels high (its face is about half of that)."""
    small = portraits(count, height * 4 // 3, height)
    canvas = np.full((480, 640, 3), 120, np.uint8)
    frames = []
    for picture in small:
        frame = canvas.copy()
        frame[200 : 200 + picture.shape[0], 250 : 250 + picture.shape[1]] = picture
        frames.append(frame)
    return frames
