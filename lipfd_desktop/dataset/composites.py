"""The authors' PNG composites (official contract), under the names that their tools read.

Their preprocessing takes ten windows of five frames a video and writes ``0_real/<video>_<window>.png`` and
``1_fake/<video>_<window>.png``.  One of its quirks is left out: it keeps the first frame of a window in 8 bits, so
that nothing past frame 260 is ever seen; ours are spread over the whole video.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from lipfd_desktop.dataset.extract import listen_to, sound_of
from lipfd_desktop.dataset.manifest import AVLIPS_FOLDERS, Clip
from lipfd_desktop.dataset.runner import Ending
from lipfd_desktop.dataset.store import WINDOW_FRAMES
from lipfd_desktop.errors import TooFewFramesError
from lipfd_desktop.media.frames import read_frames
from lipfd_desktop.media.probe import probe
from lipfd_desktop.media.timeline import scan_frame_times
from lipfd_desktop.report.atomic import open_atomic
from lipfd_desktop.windows.official import WAV_RATE, Image, build_official_spectrogram, compose, squeeze_frame

WINDOWS: Final = 10
"""Windows a video in the authors' preprocessing."""


def first_frames(frames_total: int, windows: int = WINDOWS) -> list[int]:
    """The first frame of each window: evenly from 0 to the last but five, as the authors spread them."""
    last = max(frames_total - WINDOW_FRAMES - 1, 0)
    return [int(first) for first in np.linspace(0, last, windows)]


@dataclass(frozen=True, slots=True)
class WriteComposites:
    """The work of one process: the composites of a clip; those that are all there are kept."""

    folder: Path
    windows: int = WINDOWS

    def __call__(self, clip: Clip) -> Ending:
        targets = self.targets(clip)
        if all(target.is_file() for target in targets):
            return Ending.KEPT
        targets[0].parent.mkdir(parents=True, exist_ok=True)
        for target, composite in zip(targets, make_composites(clip, self.windows), strict=True):
            written, png = cv2.imencode(".png", composite)
            if not written:  # cannot be: an image of three channels in memory
                raise AssertionError("OpenCV could not encode a PNG")
            with open_atomic(target) as stream:
                stream.write(png.tobytes())
        return Ending.DONE

    def targets(self, clip: Clip) -> list[Path]:
        folder = self.folder / AVLIPS_FOLDERS[clip.label]
        return [folder / f"{clip.id}_{window}.png" for window in range(self.windows)]


def make_composites(clip: Clip, windows: int = WINDOWS) -> list[Image]:
    """(1000, 2500, 3) BGR pictures of evenly spread windows.

    Raises
    ------
    LipfdError
        The clip is unreadable, has no sound, or fewer frames than a window.
    """
    info = probe(clip.path)
    times = scan_frame_times(clip.path)
    if len(times) < WINDOW_FRAMES:
        raise TooFewFramesError(clip.path, f"has {len(times)} frames and one window needs {WINDOW_FRAMES}.")
    start = float(times[0])
    listen_to(clip, info, picture_start=start)
    spectrogram = build_official_spectrogram(lambda: sound_of(clip, WAV_RATE, start))
    firsts = first_frames(len(times), windows)
    wanted = {first + offset for first in firsts for offset in range(WINDOW_FRAMES)}
    squeezed: dict[int, Image] = {}
    with read_frames(clip.path, frame_times=times) as frames:
        for frame in frames:
            if frame.index in wanted:
                squeezed[frame.index] = squeeze_frame(frame.bgr_like_opencv())
    if missing := wanted - set(squeezed):
        raise TooFewFramesError(clip.path, f"{len(missing)} of the frames that are needed cannot be decoded.")
    return [
        compose(
            spectrogram.strip(first, WINDOW_FRAMES, len(times)),
            [squeezed[first + offset] for offset in range(WINDOW_FRAMES)],
        )
        for first in firsts
    ]
