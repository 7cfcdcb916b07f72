"""One clip in, its record and arrays out, through the very code that the analysis uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.cancellation import never
from lipfd_desktop.dataset.facts import file_facts
from lipfd_desktop.dataset.manifest import Clip
from lipfd_desktop.dataset.record import FILE_LIMIT, HEADER_RESERVE, Arrays, ClipRecord
from lipfd_desktop.dataset.silence import cut_mel, sounding_range
from lipfd_desktop.dataset.store import WINDOW_FRAMES
from lipfd_desktop.engine.opening import Sound, hear, listen, no_audio
from lipfd_desktop.errors import FaceTooSmallError, NoFaceError, SilentAudioError, TooFewFramesError
from lipfd_desktop.media.audio import AudioChunk, read_audio
from lipfd_desktop.media.decode import TOLERANCE
from lipfd_desktop.media.frames import FrameReader
from lipfd_desktop.media.info import MediaInfo
from lipfd_desktop.media.picture import Picture
from lipfd_desktop.media.probe import probe
from lipfd_desktop.media.timeline import FrameTimes, frame_end, scan_frame_times
from lipfd_desktop.result import MelTrack
from lipfd_desktop.tracks.detector import FaceDetector
from lipfd_desktop.tracks.follow import TrackedFace, TrackedFrame, follow_faces
from lipfd_desktop.windows.assemble import MIN_FACE_HEIGHT
from lipfd_desktop.windows.geometry import FACE_IMAGE, FACE_SIDE, HEAD_IMAGE, HEAD_SIDE, Tier, crop_tier
from lipfd_desktop.windows.mel import GUIDED_MEL

RUN_UP: Final = 1.0
RUN_OUT: Final = 0.5
"""Seconds around the kept time in which faces are followed too, as the analysis does around a chosen range."""
JPEG_QUALITY: Final = 95
"""About 20 kB a FACE image; what forgery leaves at the scale of a pixel survives it."""
LONGEST: Final = 60.0
"""Seconds kept of a clip: a speaker says no more about forgery in an hour than in a minute."""
_OVERHEAD_A_FRAME: Final = 4200
"""Bytes a frame beside its images: 3,824 of landmarks, then pose, box, times and 80 bands of up to four mel columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionSettings:
    """``longest`` seconds are kept of a clip, its images as JPEG of ``jpeg_quality``, its file below ``file_limit``."""

    longest: float = LONGEST
    jpeg_quality: int = JPEG_QUALITY
    file_limit: int = FILE_LIMIT


@dataclass(frozen=True, slots=True)
class _Kept:
    """The time that is kept, and seconds cut away at its ends."""

    start: float
    end: float
    trimmed_start: float
    trimmed_end: float
    left_out: float


def extract_clip(clip: Clip, settings: ExtractionSettings) -> tuple[ClipRecord, Arrays]:
    """Decode a clip once and keep the most seen face with its sound.

    Raises
    ------
    LipfdError
        Why it cannot be used: unreadable, no sound or only silence, no face or only small ones, too short.
    """
    info = probe(clip.path)
    times = scan_frame_times(clip.path)
    sound = listen_to(clip, info, picture_start=float(times[0]))
    kept = _kept_time(clip, sound, times, settings.longest)
    gathered = _Gathering(kept, settings)
    start, end = kept.start - RUN_UP, kept.end + RUN_OUT
    with FaceDetector() as detector, FrameReader(clip.path, start=start, end=end, frame_times=times) as reader:
        for tracked in follow_faces(reader, detector):
            if not gathered.add(tracked):
                break
        errors = reader.errors
    rows = gathered.most_seen()
    _refuse_unusable(clip, rows)
    mel = cut_mel(sound.mel, kept.start, gathered.end)
    record = ClipRecord(
        id=clip.id,
        file=clip.file,
        label=clip.label,
        generator=clip.generator,
        speaker=clip.speaker,
        source=clip.source,
        split=clip.split,
        fold=clip.fold,
        frames=len(rows.pts),
        width=info.video.width,
        height=info.video.height,
        faces=gathered.faces,
        mel_start=mel.start,
        column_seconds=mel.column_seconds,
        sound_start=kept.start,
        sound_end=gathered.end,
        trimmed_start=kept.trimmed_start,
        trimmed_end=kept.trimmed_end,
        left_out=kept.left_out + kept.end - gathered.end,
        longest=settings.longest,
        jpeg_quality=settings.jpeg_quality,
        source_bytes=source_bytes(clip),
        file_facts=file_facts(info, times, sound),
        notes=(f"{errors} packets could not be decoded; their frames are missing.",) if errors else (),
    )
    return record, _arrays(rows, mel)


def source_bytes(clip: Clip) -> int:
    """Size of the clip's files, by which a changed clip is told; 0 when they cannot be looked at."""
    try:
        return sum(path.stat().st_size for path in (clip.path, clip.sound) if path is not None)
    except OSError:
        return 0


def listen_to(clip: Clip, info: MediaInfo, *, picture_start: float) -> Sound:
    """The sound of a clip: of its sound file, which starts with the picture, or else of the video itself.

    Raises
    ------
    NoAudioError, SilentAudioError
    """
    sound = listen(info, bands=GUIDED_MEL.bands, is_cancelled=never)
    if clip.sound is not None:
        sound = hear(sound_of(clip, GUIDED_MEL.sample_rate, picture_start), GUIDED_MEL)
    if sound is None:
        raise no_audio(clip.path)
    if sound.extent.is_silent:
        raise SilentAudioError(clip.path, "the audio track is silent from start to end.")
    return sound


def sound_of(clip: Clip, sample_rate: int, picture_start: float) -> Iterator[AudioChunk]:
    """The sound of a clip as samples; a sound file beside the video starts with the picture."""
    if clip.sound is None:
        yield from read_audio(clip.path, sample_rate=sample_rate)
        return
    for chunk in read_audio(clip.sound, sample_rate=sample_rate):
        yield AudioChunk(chunk.pts + picture_start, chunk.samples)


def _kept_time(clip: Clip, sound: Sound, times: FrameTimes, longest: float) -> _Kept:
    """The time with both picture and sound, without silence at its ends, at most ``longest`` seconds."""
    sounding = sounding_range(sound.mel)
    if sounding is None:
        raise SilentAudioError(clip.path, "the audio track is silent from start to end.")
    first, last = max(float(times[0]), sound.extent.start), min(frame_end(times, -1), sound.extent.end)
    start, end = max(first, sounding[0]), min(last, sounding[1])
    frames = int(np.count_nonzero((times >= start - TOLERANCE) & (times < end - TOLERANCE)))
    if frames < WINDOW_FRAMES:
        raise TooFewFramesError(
            clip.path, f"{max(frames, 0)} frames have sound and one window needs {WINDOW_FRAMES}; choose a longer clip."
        )
    cut = min(end, start + longest)
    return _Kept(start, cut, start - first, last - end, end - cut)


@dataclass(slots=True)
class _Rows:
    """What is gathered of one face."""

    faces: list[TrackedFace] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    pts: list[float] = field(default_factory=list)
    shots: list[int] = field(default_factory=list)
    face_jpegs: list[NDArray[np.uint8]] = field(default_factory=list)
    head_jpegs: list[NDArray[np.uint8]] = field(default_factory=list)
    size: int = 0


class _Gathering:
    """Rows of every face of the kept time, because which is seen most shows at the end only."""

    def __init__(self, kept: _Kept, settings: ExtractionSettings) -> None:
        self.end = kept.end
        self._start = kept.start
        self._quality = settings.jpeg_quality
        self._limit = settings.file_limit - HEADER_RESERVE
        self._rows: dict[int, _Rows] = {}
        self._shot = 0

    @property
    def faces(self) -> int:
        return len(self._rows)

    def add(self, tracked: TrackedFrame) -> bool:
        """Take a frame in; False when no more fits, or the kept time is over."""
        pts = tracked.frame.pts
        self._shot += tracked.cut
        if pts < self._start - TOLERANCE or not tracked.faces:
            return True
        if pts >= self.end - TOLERANCE:
            return False
        image = tracked.frame.rgb()
        for face in tracked.faces:
            rows = self._rows.setdefault(face.id, _Rows())
            face_jpeg = self._jpeg(image, face, FACE_IMAGE, FACE_SIDE)
            head_jpeg = self._jpeg(image, face, HEAD_IMAGE, HEAD_SIDE)
            rows.size += len(face_jpeg) + len(head_jpeg) + _OVERHEAD_A_FRAME
            if rows.size > self._limit:
                self.end = pts
                return False
            rows.faces.append(face)
            rows.frames.append(tracked.frame.index)
            rows.pts.append(pts)
            rows.shots.append(self._shot)
            rows.face_jpegs.append(face_jpeg)
            rows.head_jpegs.append(head_jpeg)
        return True

    def most_seen(self) -> _Rows:
        """The face seen in most frames, the larger one of two."""
        return max(
            self._rows.values(),
            key=lambda rows: (len(rows.pts), sum(float(face.box[3]) for face in rows.faces)),
            default=_Rows(),
        )

    def _jpeg(self, image: Picture, face: TrackedFace, tier: Tier, side: int) -> NDArray[np.uint8]:
        crop = cv2.cvtColor(crop_tier(image, face.pose, tier, side), cv2.COLOR_RGB2BGR)
        written, encoded = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, self._quality])
        if not written:  # cannot be: an image of three channels in memory
            raise AssertionError("OpenCV could not encode a JPEG")
        return np.asarray(encoded, np.uint8).reshape(-1)


def _refuse_unusable(clip: Clip, rows: _Rows) -> None:
    if not rows.pts:
        raise NoFaceError(clip.path, "no face was found where there is sound.")
    tallest = max(float(face.box[3]) for face in rows.faces)
    if tallest < MIN_FACE_HEIGHT:
        raise FaceTooSmallError(
            clip.path,
            f"the face is at most {int(tallest)} pixels high and must have {MIN_FACE_HEIGHT} for the lips to be seen.",
        )
    longest = _longest_run(rows)
    if longest < WINDOW_FRAMES:
        raise TooFewFramesError(
            clip.path,
            f"the face is seen in at most {longest} consecutive frames of one shot and one window needs "
            f"{WINDOW_FRAMES}.",
        )


def _longest_run(rows: _Rows) -> int:
    """Most consecutive frames of one shot."""
    breaks = (np.diff(rows.frames) != 1) | (np.diff(rows.shots) != 0)
    return int(np.diff(np.flatnonzero(np.concatenate([[True], breaks, [True]]))).max())


def _arrays(rows: _Rows, mel: MelTrack) -> Arrays:
    faces = rows.faces
    return {
        "pts": np.array(rows.pts, np.float64),
        "frames": np.array(rows.frames, np.int64),
        "poses": np.stack([face.pose.vector() for face in faces]).astype(np.float32),
        "landmarks": np.stack([face.landmarks for face in faces]).astype(np.float32),
        "boxes": np.stack([face.box for face in faces]).astype(np.float32),
        "paths": np.array([face.path for face in faces], np.uint8),
        "cuts": (np.diff(rows.shots, prepend=rows.shots[0]) > 0).astype(np.uint8),
        "face_ends": np.cumsum([len(jpeg) for jpeg in rows.face_jpegs], dtype=np.int64),
        "face_jpeg": np.concatenate(rows.face_jpegs),
        "head_ends": np.cumsum([len(jpeg) for jpeg in rows.head_jpegs], dtype=np.int64),
        "head_jpeg": np.concatenate(rows.head_jpegs),
        "mel": mel.levels,
    }
