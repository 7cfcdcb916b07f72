"""Opening a file: what it is, when its frames are, what it sounds like.  Done once, used by view and analysis."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.cancellation import IsCancelled
from lipfd_desktop.errors import NoAudioError, SilentAudioError
from lipfd_desktop.language import mark
from lipfd_desktop.media.audio import AudioChunk, AudioExtent, AudioMeter, read_audio
from lipfd_desktop.media.digest import sha256_of
from lipfd_desktop.media.info import MediaInfo
from lipfd_desktop.media.probe import probe
from lipfd_desktop.media.timeline import frame_end, scan_frame_times
from lipfd_desktop.notices import make_notice
from lipfd_desktop.result import MelTrack, Notice, OpenedMedia, WaveTrack
from lipfd_desktop.storage.cache import FileFindings, ResultCache
from lipfd_desktop.windows.mel import GUIDED_MEL, MelSettings, build_mel_track
from lipfd_desktop.windows.wave import WaveMeter

LENGTH_TOLERANCE: Final = 0.25
"""Seconds by which sound and picture may differ in length before it is worth a notice: encoders pad and trim."""


@dataclass(frozen=True, slots=True)
class Sound:
    """The audio track in one pass: its spectrogram, its waveform, and from when to when there is sound."""

    mel: MelTrack
    extent: AudioExtent
    wave: WaveTrack


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A probed, indexed, heard and hashed file.

    ``frame_times`` is (n,) PTS in seconds; ``sound`` is None without any.
    """

    info: MediaInfo
    frame_times: NDArray[np.float64]
    sound: Sound | None
    sha256: str
    fingerprint: tuple[int, int]

    @classmethod
    def open(cls, path: Path, *, is_cancelled: IsCancelled, cache: ResultCache | None = None) -> Self:
        """Read a file from end to end without decoding its pictures.

        What ``cache`` knows of a file of this size and SHA-256 is not found out again.

        Raises
        ------
        MediaError
            The file cannot be read as a video.
        Cancelled
            ``is_cancelled`` said so.
        """
        info = probe(path)
        fingerprint = _fingerprint(path)
        sha256 = None
        if cache is not None and cache.may_know(info.size_bytes):
            sha256 = sha256_of(path, is_cancelled)
            known = cache.get_opened(sha256, info.size_bytes)
            if known is not None and known.info.is_same_content(info):
                sound = (
                    Sound(known.mel, known.extent, known.wave) if known.mel and known.extent and known.wave else None
                )
                return cls(info, known.frame_times, sound, sha256, fingerprint)
        with ThreadPoolExecutor(1, thread_name_prefix="sha256") as hasher:
            digest = hasher.submit(lambda: sha256 or sha256_of(path, is_cancelled))
            times = scan_frame_times(path, is_cancelled)
            sound = listen(info, bands=GUIDED_MEL.bands, is_cancelled=is_cancelled)
            opened = cls(info, times, sound, digest.result(), fingerprint)
        if cache is not None and opened.is_current:
            mel, extent, wave = (sound.mel, sound.extent, sound.wave) if sound else (None, None, None)
            cache.put_opened(opened.sha256, FileFindings(info, times, mel, extent, wave))
        return opened

    @property
    def is_current(self) -> bool:
        """Whether the file still has the size and the time stamp that it was opened with."""
        try:
            return _fingerprint(self.info.path) == self.fingerprint
        except OSError:
            return False

    @property
    def picture_end(self) -> float:
        """When the last frame ends, in seconds of PTS."""
        return frame_end(self.frame_times, -1)

    def require_sound(self) -> Sound:
        """The sound, or the sentence why there is nothing to compare the lips with.

        Raises
        ------
        NoAudioError, SilentAudioError
        """
        path = self.info.path
        if self.sound is None:
            raise no_audio(path)
        if self.sound.extent.is_silent:
            raise SilentAudioError(
                path,
                mark(
                    "the audio track is silent from start to end; LipFD compares the lips with the sound, so there is "
                    "nothing to compare. Choose a file with its original sound."
                ),
            )
        return self.sound

    def view(self) -> OpenedMedia:
        """What the window shows before any analysis; a file without usable sound is shown too, with a notice."""
        mel, wave = (self.sound.mel, self.sound.wave) if self.sound else (None, None)
        try:
            notices = length_notices(self.require_sound(), float(self.frame_times[0]), self.picture_end)
        except NoAudioError as error:
            notices = (make_notice("no-audio", name=error.path.name),)
        except SilentAudioError as error:
            notices = (make_notice("silent-audio", name=error.path.name),)
        return OpenedMedia(self.info, self.frame_times, mel, notices, self.sha256, wave)


def no_audio(path: Path) -> NoAudioError:
    return NoAudioError(
        path, mark("this video has no audio track; LipFD compares the lips with the sound, so choose a file with both.")
    )


def listen(info: MediaInfo, *, bands: int, n_fft: int = GUIDED_MEL.n_fft, is_cancelled: IsCancelled) -> Sound | None:
    """Decode the sound once; None when there is no audio track or nothing in it can be decoded."""
    if info.audio is None:
        return None
    settings = replace(GUIDED_MEL, bands=bands, n_fft=n_fft)
    try:
        return hear(read_audio(info.path, sample_rate=settings.sample_rate, is_cancelled=is_cancelled), settings)
    except NoAudioError:
        return None


def hear(chunks: Iterable[AudioChunk], settings: MelSettings) -> Sound | None:
    """All that is kept of a sound at ``settings.sample_rate``; None without a sample."""
    meter, peaks = AudioMeter(settings.sample_rate), WaveMeter(settings.sample_rate)
    mel = build_mel_track(peaks.watch(meter.watch(chunks)), settings)
    extent, wave = meter.extent, peaks.track
    return None if mel is None or extent is None or wave is None else Sound(mel, extent, wave)


def length_notices(sound: Sound, picture_start: float, picture_end: float) -> tuple[Notice, ...]:
    """What to say when sound and picture do not cover the same time."""
    late, early = sound.extent.start - picture_start, picture_end - sound.extent.end
    cases = (("audio-starts-late", late), ("audio-ends-early", early), ("audio-longer", -early))
    return tuple(make_notice(code, seconds=float(gap)) for code, gap in cases if gap > LENGTH_TOLERANCE)


def _fingerprint(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
