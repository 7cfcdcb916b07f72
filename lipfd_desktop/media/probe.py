"""What a file says about itself, checked as far as decoding one frame."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import av
from av.audio.stream import AudioStream as AvAudioStream
from av.container import InputContainer
from av.video.stream import VideoStream as AvVideoStream

from lipfd_desktop.cancellation import never
from lipfd_desktop.errors import CorruptMediaError
from lipfd_desktop.language import mark
from lipfd_desktop.media.container import (
    find_audio_stream,
    open_container,
    stream_duration,
    stream_start,
    time_base_of,
    video_stream,
)
from lipfd_desktop.media.decode import DecodeStats, decode_video
from lipfd_desktop.media.info import AudioStream, MediaInfo, VideoStream
from lipfd_desktop.media.picture import orientation_of
from lipfd_desktop.media.timeline import frame_end, scan_frame_times


def probe(path: Path) -> MediaInfo:
    """Read the properties of a video file and decode its first frame.

    Raises
    ------
    UnreadableMediaError
        The path is missing, a directory, forbidden, empty, or not a video that can be decoded.
    CorruptMediaError
        It is a video from which no frame comes out.
    """
    with open_container(path) as container:
        stream = video_stream(container, path)
        audio = find_audio_stream(container)
        # Facts about streams first: decoding may move them.
        sound = None if audio is None else _audio(audio)
        picture = _video(stream, container, path)
        status = path.stat()
        start = picture.start if container.start_time is None else container.start_time / av.time_base
        return MediaInfo(
            path=path,
            size_bytes=status.st_size,
            modified=datetime.fromtimestamp(status.st_mtime, UTC).isoformat(timespec="seconds"),
            format_name=container.format.name,
            start_time=start,
            duration=_duration(container, path, start),
            bit_rate=container.bit_rate or None,
            video=picture,
            audio=sound,
            streams=len(container.streams),
            tags=dict(container.metadata),
        )


def _video(stream: AvVideoStream, container: InputContainer, path: Path) -> VideoStream:
    context = stream.codec_context
    duration, profile, bit_rate = stream_duration(stream), stream.profile, context.bit_rate
    first = next(decode_video(container, stream, DecodeStats(), never), None)
    if first is None:
        raise CorruptMediaError(
            path, mark("is damaged: not one frame of it can be decoded; get a complete copy of it.")
        )
    time, frame = first
    orientation = orientation_of(frame)
    width, height = orientation.displayed_size(frame.width, frame.height)
    aspect = stream.sample_aspect_ratio
    return VideoStream(
        index=stream.index,
        codec=stream.codec.canonical_name,
        profile=profile,
        width=width,
        height=height,
        rotation=orientation.rotation,
        pixel_format=frame.format.name,
        sample_aspect_ratio=f"{aspect.numerator}:{aspect.denominator}" if aspect else None,
        average_fps=float(stream.average_rate or stream.guessed_rate or 0),
        time_base=str(time_base_of(stream)),
        start=time,
        duration=duration,
        declared_frames=stream.frames or None,
        bit_rate=bit_rate or None,
    )


def _audio(stream: AvAudioStream) -> AudioStream:
    context = stream.codec_context
    return AudioStream(
        index=stream.index,
        codec=stream.codec.canonical_name,
        profile=stream.profile,
        sample_rate=context.sample_rate,
        channels=context.channels,
        layout=context.layout.name,
        start=stream_start(stream) or 0.0,
        duration=stream_duration(stream),
        bit_rate=context.bit_rate or None,
    )


def _duration(container: InputContainer, path: Path, start: float) -> float:
    """Seconds; live recordings and raw streams do not state them, so their frames are looked at."""
    if container.duration is not None:
        declared = container.duration / av.time_base
        # Matroska declares when it ends, counted from zero.
        return max(declared - max(start, 0.0), 0.0) if container.format.name.startswith("matroska") else declared
    return frame_end(scan_frame_times(path), -1) - start
