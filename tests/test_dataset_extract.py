"""One clip through extraction: what is kept of it, and why it is refused."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from clips_support import RATE, face_clip, faceless_clip, pasted, portraits
from dataset_support import clip_of, speech_like
from media_support import Sound, tone, write_sound, write_video

from lipfd_desktop.dataset.extract import ExtractionSettings, extract_clip
from lipfd_desktop.dataset.silence import MARGIN
from lipfd_desktop.dataset.store import StoredClip, open_clips, write_clip
from lipfd_desktop.errors import (
    CorruptMediaError,
    FaceTooSmallError,
    LipfdError,
    NoAudioError,
    NoFaceError,
    SilentAudioError,
    TooFewFramesError,
    UnreadableMediaError,
)
from lipfd_desktop.media.audio import read_audio
from lipfd_desktop.media.frames import read_frames
from lipfd_desktop.result import FacePath
from lipfd_desktop.tracks.detector import FaceDetector
from lipfd_desktop.tracks.follow import follow_faces
from lipfd_desktop.windows.geometry import FACE_IMAGE, FACE_SIDE, HEAD_IMAGE, HEAD_SIDE, crop_tier
from lipfd_desktop.windows.mel import build_mel_track

SETTINGS = ExtractionSettings()


def extracted(path: Path, folder: Path, settings: ExtractionSettings = SETTINGS, **details: object) -> StoredClip:
    write_clip(folder / "stored.safetensors", *extract_clip(clip_of(path, **details), settings))
    (clip,) = open_clips(folder / "stored.safetensors")
    return clip


def test_a_clip_holds_what_the_analysis_would_see(tmp_path: Path) -> None:
    sound = Sound(samples=tone(1.2, sample_rate=RATE), sample_rate=RATE, start=2.0)
    path = face_clip(tmp_path / "a.mp4", 30, audio=sound, start=2.0)
    clip = extracted(path, tmp_path, label=1, generator="g", speaker="p", source="q", fold=3)
    record = clip.record
    assert (record.label, record.generator, record.speaker, record.source, record.fold) == (1, "g", "p", "q", 3)
    assert (record.frames, record.width, record.height, record.faces) == (30, 320, 240, 1)
    with FaceDetector() as detector, read_frames(path) as frames:
        for row, tracked in enumerate(follow_faces(frames, detector)):
            (face,) = tracked.faces
            assert (clip.frames[row], clip.pts[row]) == (tracked.frame.index, tracked.frame.pts)
            np.testing.assert_array_equal(clip.landmarks[row], face.landmarks)
            np.testing.assert_array_equal(clip.boxes[row], face.box)
            np.testing.assert_allclose(clip.poses[row], face.pose.vector(), rtol=1e-6)
            if row % 10 == 0:
                image = tracked.frame.rgb()
                for stored, tier, side in (
                    (clip.face(row), FACE_IMAGE, FACE_SIDE),
                    (clip.head(row), HEAD_IMAGE, HEAD_SIDE),
                ):
                    assert cv2.PSNR(stored, crop_tier(image, face.pose, tier, side)) > 35
    assert set(clip.paths.tolist()) == {FacePath.DETECTED}
    assert not clip.cuts.any()
    mel = build_mel_track(read_audio(path, sample_rate=16_000))
    assert mel is not None
    first = round((clip.mel.start - mel.start) / 0.01)
    np.testing.assert_array_equal(clip.mel.levels, mel.levels[:, first : first + clip.mel.levels.shape[1]])
    np.testing.assert_allclose(clip.mel.frequencies, mel.frequencies)
    assert clip.mel.end == pytest.approx(mel.end, abs=0.1)


def test_silence_at_both_ends_is_cut_away_with_its_frames(tmp_path: Path) -> None:
    path = face_clip(tmp_path / "a.mkv", 50, audio=speech_like(0.8, before=0.6, after=0.6, start=1.0), start=1.0)
    with read_frames(path) as frames:
        start = next(frames).pts
    clip = extracted(path, tmp_path)
    record = clip.record
    audio_start = record.file_facts["sound_starts_after_picture"] + start
    assert record.sound_start == pytest.approx(audio_start + 0.6 - MARGIN, abs=0.06)
    assert record.sound_end == pytest.approx(audio_start + 1.4 + MARGIN, abs=0.06)
    assert record.sound_start <= clip.pts[0] < record.sound_start + 0.04
    assert record.sound_end - 0.08 <= clip.pts[-1] < record.sound_end
    assert record.sound_start <= clip.mel.start <= record.sound_start + 0.011
    assert clip.mel.levels.shape[1] == pytest.approx(100 * (record.sound_end - record.sound_start), abs=2)
    overlap = max(audio_start, start), min(audio_start + 2, start + 2)
    assert record.trimmed_start == pytest.approx(record.sound_start - overlap[0], abs=0.02)
    assert record.trimmed_end == pytest.approx(overlap[1] - record.sound_end, abs=0.02)
    assert record.file_facts["leading_silence"] == pytest.approx(0.55, abs=0.06)


def test_a_sound_file_beside_the_video_is_its_sound(tmp_path: Path) -> None:
    path = face_clip(tmp_path / "a.mp4", 40, peak=0.9)
    write_sound(
        tmp_path / "a.wav", Sound(samples=speech_like(1.0, before=0.6).samples, sample_rate=RATE, codec="pcm_s16le")
    )
    clip = extracted(path, tmp_path, sound=tmp_path / "a.wav")
    assert clip.record.sound_start == pytest.approx(0.6 - MARGIN, abs=0.04)
    assert clip.frames[0] == pytest.approx(14, abs=1)
    own = extracted(path, tmp_path)
    assert own.record.sound_start == pytest.approx(0, abs=0.05)
    assert clip.record.source_bytes > own.record.source_bytes


def test_a_video_without_sound_can_be_heard_through_its_sound_file(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", portraits(30), start=3.0)
    write_sound(tmp_path / "a.wav", Sound(samples=tone(1.2, sample_rate=RATE), sample_rate=RATE, codec="pcm_s16le"))
    clip = extracted(tmp_path / "a.mp4", tmp_path, sound=tmp_path / "a.wav")
    assert clip.pts[0] == pytest.approx(3.0)
    assert clip.record.sound_start == pytest.approx(3.0, abs=0.02)
    assert clip.record.file_facts["sample_rate"] == 0


def test_the_most_seen_face_is_kept(tmp_path: Path) -> None:
    speaker, blank = portraits(30), np.full((240, 320, 3), 120, np.uint8)
    frames = [np.hstack([one if 8 <= place < 20 else blank, one]) for place, one in enumerate(speaker)]
    clip = extracted(face_clip(tmp_path / "a.mp4", 30, frames=frames), tmp_path)
    assert clip.record.faces == 2
    assert len(clip) == 30
    assert clip.boxes[:, 0].min() > 320


def test_no_more_is_kept_than_was_asked_for(tmp_path: Path) -> None:
    path = face_clip(tmp_path / "a.mp4", 60)
    short = extracted(path, tmp_path, ExtractionSettings(longest=1.0))
    assert short.pts[-1] < short.record.sound_start + 1.0
    assert short.record.left_out == pytest.approx(1.4, abs=0.1)
    limit = 700_000
    small = extracted(path, tmp_path, ExtractionSettings(file_limit=limit))
    assert 5 < len(small) < 60
    assert (tmp_path / "stored.safetensors").stat().st_size < limit
    assert small.record.sound_end == pytest.approx(small.pts[-1] + 0.04)
    assert small.mel.end <= small.record.sound_end + 0.02
    assert small.record.left_out == pytest.approx(2.4 - len(small) / 25, abs=0.1)


def broken(path: Path) -> Path:
    whole = face_clip(path, 20).read_bytes()
    path.write_bytes(whole[:600])
    return path


REFUSALS = {
    "missing": (lambda path: path, UnreadableMediaError),
    "broken": (broken, CorruptMediaError),
    "no sound": (lambda path: write_video(path, portraits(20)) and path, NoAudioError),
    "silent": (lambda path: face_clip(path, 20, peak=0.0), SilentAudioError),
    "no face": (faceless_clip, NoFaceError),
    "small face": (lambda path: face_clip(path, 20, frames=pasted(110)), FaceTooSmallError),
    "three frames": (lambda path: face_clip(path, 3), TooFewFramesError),
    "little sound": (lambda path: face_clip(path, 20, audio=speech_like(0.1)), TooFewFramesError),
    "face in three frames": (
        lambda path: face_clip(path, 20, frames=[*portraits(3), *[np.full((240, 320, 3), 100, np.uint8)] * 17]),
        TooFewFramesError,
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_used_is_refused_with_a_reason(tmp_path: Path, name: str) -> None:
    make, kind = REFUSALS[name]
    path = make(tmp_path / "a.mp4")  # type: ignore[no-untyped-call]
    with pytest.raises(LipfdError, match=r"a\.mp4: ") as caught:
        extract_clip(clip_of(path), SETTINGS)
    assert isinstance(caught.value, kind)
