"""Little videos and sounds for tests, written with PyAV alone.

Every frame carries its own number as a grid of black and white blocks (:func:`numbered_frame`), so a test can ask
which frame it really got (:func:`read_number`) after any codec, size, pixel format or rotation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

SIZE: Final = (128, 96)
"""Width and height of a numbered frame."""

_CELLS: Final = 4
_NUMBER_BITS: Final = 12
_MARGIN: Final = 1 / 16
_DARK, _LIGHT, _GROUND = 24, 232, 128
_CLOCK: Final = Fraction(1, 90_000)
_FIXED_RATE_CODECS: Final = frozenset({"mpeg4", "mpeg2video"})


def numbered_frame(number: int, size: tuple[int, int] = SIZE) -> Image:
    """A (h, w, 3) RGB picture that says ``number`` (0 to 4095) in 4 x 4 blocks, checksum included."""
    width, height = size
    picture = np.full((height, width, 3), _GROUND, np.uint8)
    bits = _bits(number)
    for cell, bit in enumerate(bits):
        top, bottom = _cell_edges(cell // _CELLS, height)
        left, right = _cell_edges(cell % _CELLS, width)
        picture[top:bottom, left:right] = _LIGHT if bit else _DARK
    return picture


def numbered_frames(count: int, size: tuple[int, int] = SIZE) -> Iterable[Image]:
    """Frames 0 to ``count - 1``, made one at a time."""
    return (numbered_frame(number, size) for number in range(count))


def read_number(picture: Image) -> int | None:
    """The number in a picture of any size; None when the blocks do not add up (another picture, or turned)."""
    height, width = picture.shape[:2]
    luma = picture.reshape(height, width, -1).mean(axis=2)
    bits = []
    for cell in range(_CELLS * _CELLS):
        top, bottom = _cell_edges(cell // _CELLS, height)
        left, right = _cell_edges(cell % _CELLS, width)
        inset_y, inset_x = (bottom - top) // 4, (right - left) // 4
        bits.append(luma[top + inset_y : bottom - inset_y, left + inset_x : right - inset_x].mean() > _GROUND)
    number = sum(bit << place for place, bit in enumerate(bits[:_NUMBER_BITS]))
    return number if bits == _bits(number) else None


def _bits(number: int) -> list[bool]:
    if not 0 <= number < 1 << _NUMBER_BITS:
        raise ValueError(f"{number} does not fit into {_NUMBER_BITS} bits")
    checksum = (number * 7 + (number >> 4) * 11 + 5) % 16
    return [bool(number >> place & 1) for place in range(_NUMBER_BITS)] + [
        bool(checksum >> place & 1) for place in range(_CELLS * _CELLS - _NUMBER_BITS)
    ]


def _cell_edges(position: int, length: int) -> tuple[int, int]:
    inner = length * (1 - 2 * _MARGIN)
    return round(length * _MARGIN + inner * position / _CELLS), round(
        length * _MARGIN + inner * (position + 1) / _CELLS
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """An audio track to write.

    Attributes
    ----------
    samples : (channels, n) float32
        Between -1 and 1.
    gaps
        Stretches ``(start, end)`` in seconds that are left out of the file, so that its PTS jump.
    """

    samples: NDArray[np.float32]
    sample_rate: int = 48_000
    codec: str = "aac"
    sample_format: str | None = None
    layout: str | None = None
    start: float = 0.0
    gaps: Sequence[tuple[float, float]] = ()
    bit_rate: int = 192_000
    options: Mapping[str, str] = field(default_factory=dict)


def tone(
    seconds: float, *, sample_rate: int = 48_000, channels: int = 1, hertz: float = 440.0, peak: float = 0.5
) -> NDArray[np.float32]:
    """(channels, n) float32 sine, the same in every channel."""
    phase = 2 * np.pi * hertz * np.arange(round(seconds * sample_rate)) / sample_rate
    return np.tile((peak * np.sin(phase)).astype(np.float32), (channels, 1))


def clicks(
    seconds: float, times: Sequence[float], *, sample_rate: int = 48_000, channels: int = 1
) -> NDArray[np.float32]:
    """(channels, n) float32 silence with a 2 ms burst of full scale at each of ``times``."""
    samples = np.zeros((channels, round(seconds * sample_rate)), np.float32)
    for time in times:
        first = round(time * sample_rate)
        samples[:, first : first + round(0.002 * sample_rate)] = 0.9
    return samples


def write_video(
    path: Path,
    frames: Iterable[Image] | int,
    *,
    fps: float = 25.0,
    pts: Sequence[float] | None = None,
    start: float = 0.0,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    rotation: int = 0,
    mirrored: bool = False,
    key_interval: int = 12,
    b_frames: int = 0,
    options: Mapping[str, str] | None = None,
    audio: Sound | None = None,
    container_format: str | None = None,
    container_options: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
) -> list[float]:
    """Write a video and return the PTS in seconds of its frames.

    Parameters
    ----------
    frames
        RGB pictures as they shall be *displayed*, or how many numbered frames.
    fps, start
        Constant rate and the first PTS, unless ``pts`` gives every PTS.
    rotation, mirrored
        Clockwise degrees that the container asks players to turn the picture by, before mirroring it left to right;
        the pictures are stored turned the other way.
    key_interval, b_frames
        Frames from one key frame to the next, and consecutive B-frames.
    container_format
        As FFmpeg names it; None takes the ending of the name.
    """
    pictures = numbered_frames(frames) if isinstance(frames, int) else frames
    times: list[float] = []
    with av.open(
        str(path), "w", format=container_format, options=dict(container_options or {}), metadata_errors="replace"
    ) as container:
        container.metadata.update(tags or {})
        rate = Fraction(fps).limit_denominator(1001)
        stream = container.add_stream(codec, rate=rate)
        context = stream.codec_context
        context.pix_fmt = pixel_format
        context.time_base = 1 / rate if codec in _FIXED_RATE_CODECS or path.suffix == ".avi" else _CLOCK
        context.gop_size = key_interval
        context.max_b_frames = b_frames
        context.options = _encoder_options(codec) | dict(options or {})
        stream.set_display_rotation(-rotation, hflip=mirrored)
        sound = _add_sound(container, audio) if audio else None
        for number, displayed in enumerate(pictures):
            stored = _as_stored(displayed, rotation=rotation, mirrored=mirrored)
            if number == 0:
                context.height, context.width = stored.shape[:2]
            seconds = pts[number] if pts is not None else start + number / fps
            frame = av.VideoFrame.from_ndarray(stored, format="rgb24").reformat(format=pixel_format)
            frame.time_base = context.time_base
            frame.pts = round(seconds / context.time_base)
            times.append(float(frame.pts * context.time_base))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if audio and sound:
            _encode_sound(container, sound, audio)
    return times


def write_sound(path: Path, sound: Sound) -> None:
    """Write a file that has a sound track and no picture."""
    with av.open(str(path), "w") as container:
        _encode_sound(container, _add_sound(container, sound), sound)


def write_image(path: Path, picture: Image | None = None) -> None:
    """Write one still picture; the ending of the name gives its format."""
    codec = {".png": "png", ".jpg": "mjpeg"}[path.suffix]
    pixel_format = {"png": "rgb24", "mjpeg": "yuvj420p"}[codec]
    source = av.VideoFrame.from_ndarray(numbered_frame(1) if picture is None else picture, format="rgb24")
    context = av.CodecContext.create(codec, "w")
    context.width, context.height, context.pix_fmt, context.time_base = (
        source.width,
        source.height,
        pixel_format,
        Fraction(1, 25),
    )
    packets = [*context.encode(source.reformat(format=pixel_format)), *context.encode(None)]
    path.write_bytes(b"".join(bytes(packet) for packet in packets))


def _encoder_options(codec: str) -> dict[str, str]:
    if codec == "libx264":
        return {"preset": "ultrafast", "crf": "20", "sc_threshold": "0", "threads": "1"}
    if codec == "libx265":
        return {"preset": "ultrafast", "x265-params": "log-level=none:pools=1:frame-threads=1:scenecut=0"}
    return {"threads": "1"}


def _as_stored(displayed: Image, *, rotation: int, mirrored: bool) -> Image:
    unmirrored = displayed[:, ::-1] if mirrored else displayed
    return np.ascontiguousarray(np.rot90(unmirrored, rotation // 90))


def _add_sound(container: av.container.OutputContainer, sound: Sound) -> av.AudioStream:
    layout = sound.layout or {1: "mono", 2: "stereo", 6: "5.1"}[len(sound.samples)]
    stream = container.add_stream(sound.codec, rate=sound.sample_rate, options=dict(sound.options), layout=layout)
    if sound.sample_format:
        stream.codec_context.format = sound.sample_format
    if not sound.codec.startswith(("pcm", "flac")):
        stream.codec_context.bit_rate = sound.bit_rate
    stream.codec_context.time_base = Fraction(1, sound.sample_rate)
    return stream


def _encode_sound(container: av.container.OutputContainer, stream: av.AudioStream, sound: Sound) -> None:
    block = 1024
    for first in range(0, sound.samples.shape[1], block):
        seconds = first / sound.sample_rate
        if any(begin <= seconds < end for begin, end in sound.gaps):
            continue
        samples = np.ascontiguousarray(sound.samples[:, first : first + block])
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=stream.layout.name)
        frame.sample_rate = sound.sample_rate
        frame.time_base = Fraction(1, sound.sample_rate)
        frame.pts = first + round(sound.start * sound.sample_rate)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
