"""Opening a file for looking at it: what it is, when its frames are, what it sounds like."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from lipfd_desktop.errors import NoAudioError, SilentAudioError
from lipfd_desktop.media.audio import AudioExtent, AudioMeter, read_audio
from lipfd_desktop.media.decode import IsCancelled
from lipfd_desktop.media.info import MediaInfo
from lipfd_desktop.media.probe import probe
from lipfd_desktop.media.timeline import frame_end, scan_frame_times
from lipfd_desktop.result import MelTrack, Notice, OpenedMedia
from lipfd_desktop.windows.mel import GUIDED_MEL, build_mel_track

LENGTH_TOLERANCE: Final = 0.25
"""Seconds by which sound and picture may differ in length before it is worth a notice: encoders pad and trim."""


@dataclass(frozen=True, slots=True)
class Sound:
    """The audio track in one pass: its spectrogram, and from when to when there is sound."""

    mel: MelTrack
    extent: AudioExtent


def listen(info: MediaInfo, *, bands: int, is_cancelled: IsCancelled) -> Sound:
    """Decode the sound once.

    Raises
    ------
    NoAudioError
        There is no audio track, or nothing in it can be decoded.
    """
    if info.audio is None:
        raise no_audio(info.path)
    settings = replace(GUIDED_MEL, bands=bands)
    meter = AudioMeter(settings.sample_rate)
    chunks = read_audio(info.path, sample_rate=settings.sample_rate, is_cancelled=is_cancelled)
    mel = build_mel_track(meter.watch(chunks), settings)
    if mel is None or meter.extent is None:
        raise no_audio(info.path)
    return Sound(mel, meter.extent)


def no_audio(path: Path) -> NoAudioError:
    return NoAudioError(
        path, "this video has no audio track; LipFD compares the lips with the sound, so choose a file that has both."
    )


def silent(path: Path) -> SilentAudioError:
    return SilentAudioError(
        path,
        "the audio track is silent from start to end; LipFD compares the lips with the sound, "
        "so there is nothing to compare. Choose a file with its original sound.",
    )


def open_media(path: Path, *, is_cancelled: IsCancelled) -> OpenedMedia:
    """Everything the window shows before any analysis; a file without usable sound opens too, with a notice.

    Raises
    ------
    MediaError
        The file cannot be read as a video.
    Cancelled
        ``is_cancelled`` said so.
    """
    info = probe(path)
    times = scan_frame_times(path, is_cancelled)
    try:
        sound = listen(info, bands=GUIDED_MEL.bands, is_cancelled=is_cancelled)
    except NoAudioError as error:
        return OpenedMedia(info, times, None, (Notice("no-audio", str(error)),))
    if sound.extent.is_silent:
        return OpenedMedia(info, times, sound.mel, (Notice("silent-audio", str(silent(path))),))
    return OpenedMedia(info, times, sound.mel, length_notices(sound, float(times[0]), frame_end(times, len(times) - 1)))


def length_notices(sound: Sound, picture_start: float, picture_end: float) -> tuple[Notice, ...]:
    """What to say when sound and picture do not cover the same time."""
    late, early = sound.extent.start - picture_start, picture_end - sound.extent.end
    cases = (
        ("audio-starts-late", late, "The sound starts {:.2f} s after the picture; windows before it are not analysed."),
        ("audio-ends-early", early, "The sound ends {:.2f} s before the picture; windows after it are not analysed."),
        ("audio-longer", -early, "The sound goes on {:.2f} s after the last frame; that part is not analysed."),
    )
    return tuple(Notice(code, text.format(gap)) for code, gap, text in cases if gap > LENGTH_TOLERANCE)
