"""Opening a media file: every refusal that can be told before decoding, and the choice of streams."""

from __future__ import annotations

import stat
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from lipfd_desktop.errors import CorruptMediaError, NoAudioError, UnreadableMediaError
from lipfd_desktop.language import Phrase, mark

_OFFER: Final = Phrase(mark("open a video file such as MP4, MOV, MKV, WebM or AVI"))

_STILL_FORMATS: Final = frozenset({"image2", "ico", "tty", "fits"})
"""Demuxers of pictures and of text drawn as pictures; those of the other picture formats end in ``_pipe``."""

_PLAYLIST_FORMATS: Final = frozenset({"hls", "dash", "concat", "imf", "sdp", "rtsp", "webm_dash_manifest"})
"""Demuxers that read other files or the network: what they show is not in the file whose hash is reported."""

_LIST_HEADS: Final = (b"ffconcat", b"#EXTM3U", b"<?xml", b"<MPD", b"v=0")
"""How such lists begin."""

_ALLOWED_FORMATS: Final = ",".join(
    sorted(name for name in av.formats_available if _PLAYLIST_FORMATS.isdisjoint(name.split(",")))
)
"""FFmpeg refuses all others before it reads on, so that a list cannot make it open, or wait for, other files."""

_NOT_MOVING: Final = Disposition.attached_pic | Disposition.still_image | Disposition.timed_thumbnails

_SIGNATURES: Final = (
    (4, b"ftyp"),
    (4, b"moov"),
    (4, b"mdat"),
    (4, b"wide"),
    (0, b"\x1a\x45\xdf\xa3"),  # Matroska, WebM
    (0, b"RIFF"),
    (0, b"FLV"),
    (0, b"OggS"),
    (0, b"\x00\x00\x01\xba"),  # MPEG program stream
    (0, b"\x30\x26\xb2\x75"),  # ASF, WMV
    (0, b"\x06\x0e\x2b\x34"),  # MXF
)
"""Offset and bytes that tell a damaged video from a file that never was one."""


def open_container(path: Path) -> InputContainer:
    """Open a file for demuxing; close it, or use it in a ``with`` block.

    Only this one local file is ever read: FFmpeg's network and list protocols are off.

    Raises
    ------
    UnreadableMediaError
        The path is missing, not a regular file, forbidden, empty, or holds no media.
    CorruptMediaError
        The file begins like a video and cannot be opened.
    """
    head = _readable_head(path)
    try:
        container = av.open(
            f"file:{path.absolute()}",
            mode="r",
            options={"protocol_whitelist": "file", "format_whitelist": _ALLOWED_FORMATS},
            metadata_errors="replace",
        )
    except FFmpegError as error:
        if head.lstrip().startswith(_LIST_HEADS):
            raise UnreadableMediaError(
                path, mark("is a list of other files, not a video; {offer}."), offer=_OFFER
            ) from error
        if not _looks_like_video(head):
            raise UnreadableMediaError(path, mark("is not a media file; {offer}."), offer=_OFFER) from error
        raise CorruptMediaError(
            path,
            mark(
                "is damaged and cannot be opened, as when copying or recording was cut off; get a complete copy of it."
            ),
        ) from error
    name = container.format.name
    if name in _STILL_FORMATS or name.endswith("_pipe"):
        container.close()
        raise UnreadableMediaError(path, mark("is a still picture or a text, not a video; {offer}."), offer=_OFFER)
    return container


def video_stream(container: InputContainer, path: Path) -> VideoStream:
    """The video stream to examine, ready for decoding on several threads.

    The one that FFmpeg ranks best, cover pictures and thumbnails left out.

    Raises
    ------
    UnreadableMediaError
        There is no video stream, or no decoder for it.
    """
    moving = [stream for stream in container.streams.video if not stream.disposition & _NOT_MOVING]
    if not moving:
        raise UnreadableMediaError(path, mark("has no video track; {offer}."), offer=_OFFER)
    decodable = [stream for stream in moving if has_decoder(stream)]
    if not decodable:
        raise UnreadableMediaError(
            path, mark("has a video track in a format that cannot be decoded here; convert it to H.264 first.")
        )
    best = container.streams.best("video")
    chosen = next((stream for stream in decodable if best is not None and stream.index == best.index), decodable[0])
    chosen.codec_context.thread_type = "AUTO"
    return chosen


def find_audio_stream(container: InputContainer) -> AudioStream | None:
    """The audio stream that belongs to the video, None when there is none that can be decoded."""
    decodable = [stream for stream in container.streams.audio if has_decoder(stream)]
    best = container.streams.best("audio", related=container.streams.best("video"))
    return next(
        (stream for stream in decodable if best is not None and stream.index == best.index),
        decodable[0] if decodable else None,
    )


def audio_stream(container: InputContainer, path: Path) -> AudioStream:
    """Like :func:`find_audio_stream`.

    Raises
    ------
    NoAudioError
        There is none.
    """
    stream = find_audio_stream(container)
    if stream is None:
        raise NoAudioError(path, mark("has no audio track to compare the lips with; open a video with sound."))
    return stream


def has_decoder(stream: Stream) -> bool:
    """Whether this build of FFmpeg can decode the stream; PyAV gives no codec context when it cannot."""
    context: object = stream.codec_context
    return context is not None


def time_base_of(stream: Stream) -> Fraction:
    return stream.time_base or Fraction(1, av.time_base)


def seconds(ticks: int, time_base: Fraction) -> float:
    """Ticks as the nearest double: the same double on every path, so that times can be compared."""
    return ticks * time_base.numerator / time_base.denominator


def stream_start(stream: Stream) -> float | None:
    return None if stream.start_time is None else seconds(stream.start_time, time_base_of(stream))


def stream_duration(stream: Stream) -> float | None:
    """Seconds that the file says the stream lasts.  Matroska says in a tag when it ends, counted from zero."""
    if stream.duration is not None:
        return seconds(stream.duration, time_base_of(stream))
    try:
        hours, minutes, rest = stream.metadata.get("DURATION", "").split(":")
        end = int(hours) * 3600 + int(minutes) * 60 + float(rest)
        return max(end - max(stream_start(stream) or 0.0, 0.0), 0.0)
    except ValueError:
        return None


def _readable_head(path: Path) -> bytes:
    """The first bytes, after the refusals that need no decoder."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise UnreadableMediaError(path, mark("is a folder, not a video; {offer}."), offer=_OFFER)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableMediaError(path, mark("is not an ordinary file; {offer}."), offer=_OFFER)
        if status.st_size == 0:
            raise UnreadableMediaError(path, mark("is empty (0 bytes); get a complete copy of it."))
        with path.open("rb") as file:
            return file.read(16)
    except FileNotFoundError as error:
        raise UnreadableMediaError(path, mark("does not exist; check the name and the folder.")) from error
    except PermissionError as error:
        raise UnreadableMediaError(
            path, mark("may not be read by this user; change its permissions or copy it to a folder of your own.")
        ) from error
    except (OSError, ValueError) as error:
        raise UnreadableMediaError(
            path, mark("cannot be read ({reason}); check the disk and the name."), reason=str(error)
        ) from error


def _looks_like_video(head: bytes) -> bool:
    return any(head[offset : offset + len(sign)] == sign for offset, sign in _SIGNATURES)
