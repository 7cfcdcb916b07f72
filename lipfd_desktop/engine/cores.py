"""How many sections of a file are followed at a time."""

from __future__ import annotations

from typing import Final

import joblib

from lipfd_desktop.media.info import VideoStream

MOST: Final = 4
"""Following one section holds the interpreter for about a fifth of its time, so more threads than that gain nothing."""
PICTURES: Final = 40
"""Decoded pictures that a section holds at most: those of the decoder's threads, of closing gaps and of a window."""
MEMORY: Final = 1 << 30
"""Bytes that the pictures of all sections may take."""


def followers(video: VideoStream) -> int:
    """Half as many as cores that this process may use, since the network wants some; fewer where pictures are large."""
    section = PICTURES * max(video.width * video.height, 1) * 3 // 2
    cores: int = joblib.cpu_count()
    return max(1, min(MOST, cores // 2, MEMORY // section))
