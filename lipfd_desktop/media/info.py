"""What a media file says about itself: immutable records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoStream:
    """The video stream that is examined.

    ``width`` and ``height`` are those of the displayed frame, after ``rotation`` (degrees clockwise that the
    container asks a player to turn the picture); ``start`` is the PTS of the first frame in seconds.
    """

    index: int
    codec: str
    profile: str | None
    width: int
    height: int
    rotation: int
    pixel_format: str | None
    sample_aspect_ratio: str | None
    average_fps: float
    time_base: str
    start: float
    duration: float | None
    declared_frames: int | None
    bit_rate: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioStream:
    """The audio stream that is compared with the lips; ``start`` is the PTS of its first sample in seconds."""

    index: int
    codec: str
    profile: str | None
    sample_rate: int
    channels: int
    layout: str
    start: float
    duration: float | None
    bit_rate: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaInfo:
    """File, container and the chosen streams.

    ``start_time`` is the earliest PTS of any stream, ``duration`` the seconds from there to the end, as FFmpeg
    states them.
    """

    path: Path
    size_bytes: int
    modified: str
    """ISO 8601, UTC."""
    format_name: str
    start_time: float
    duration: float
    bit_rate: int | None
    video: VideoStream
    audio: AudioStream | None
    streams: int
    tags: Mapping[str, str] = field(default_factory=dict)

    def is_same_content(self, other: MediaInfo) -> bool:
        """Whether both say the same, but for where the file lies and when it was changed."""
        return replace(self, path=other.path, modified=other.modified) == other
