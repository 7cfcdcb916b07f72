from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from clips_support import RATE, face_clip, faceless_clip
from dataset_support import clip_of
from hypothesis import given
from hypothesis import strategies as st
from media_support import Sound, tone, write_sound

from lipfd_desktop.dataset.composites import WriteComposites, first_frames, make_composites
from lipfd_desktop.dataset.runner import Ending
from lipfd_desktop.errors import TooFewFramesError
from lipfd_desktop.media.audio import read_audio
from lipfd_desktop.media.frames import read_frames
from lipfd_desktop.windows.official import WAV_RATE, build_official_spectrogram, squeeze_frame


@given(st.integers(5, 5000), st.integers(1, 20))
def test_windows_are_spread_over_the_whole_video(frames: int, windows: int) -> None:
    firsts = first_frames(frames, windows)
    assert len(firsts) == windows
    assert firsts == sorted(firsts)
    assert firsts[0] == 0
    assert firsts[-1] + 5 <= frames
    if windows > 1 and frames > 10:
        assert firsts[-1] == frames - 6


def test_a_composite_is_what_the_official_contract_sees(tmp_path: Path) -> None:
    path = face_clip(tmp_path / "a.mp4", 30)
    composites = make_composites(clip_of(path), 3)
    spectrogram = build_official_spectrogram(lambda: read_audio(path, sample_rate=WAV_RATE))
    with read_frames(path) as frames:
        squeezed = [squeeze_frame(frame.bgr_like_opencv()) for frame in frames]
    for composite, first in zip(composites, (0, 12, 24), strict=True):
        assert composite.shape == (1000, 2500, 3)
        np.testing.assert_array_equal(composite[:500], spectrogram.strip(first, 5, 30))
        for offset in range(5):
            np.testing.assert_array_equal(composite[500:, 500 * offset : 500 * (offset + 1)], squeezed[first + offset])


def test_files_lie_where_the_authors_tools_look_for_them(tmp_path: Path) -> None:
    work = WriteComposites(tmp_path / "out", windows=2)
    clips = [clip_of(face_clip(tmp_path / "7.mp4", 12)), clip_of(faceless_clip(tmp_path / "8.mp4"), label=1)]
    assert [work(clip) for clip in clips] == [Ending.DONE, Ending.DONE]
    written = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.png"))
    assert written == ["0_real/7_0.png", "0_real/7_1.png", "1_fake/8_0.png", "1_fake/8_1.png"]
    read = cv2.imread(str(tmp_path / "out/0_real/7_1.png"))
    np.testing.assert_array_equal(read, make_composites(clips[0], 2)[1])
    assert work(clips[0]) is Ending.KEPT
    (tmp_path / "out/0_real/7_0.png").unlink()
    assert work(clips[0]) is Ending.DONE


def test_the_sound_file_of_avlips_is_heard(tmp_path: Path) -> None:
    path = face_clip(tmp_path / "a.mp4", 12)
    low = Sound(samples=tone(0.48, sample_rate=RATE, hertz=200), sample_rate=RATE, codec="pcm_s16le")
    write_sound(tmp_path / "a.wav", low)
    own, other = (make_composites(clip_of(path, sound=sound), 1)[0] for sound in (None, tmp_path / "a.wav"))
    assert not np.array_equal(own[:500], other[:500])
    np.testing.assert_array_equal(own[500:], other[500:])


def test_too_short_a_video_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooFewFramesError):
        make_composites(clip_of(face_clip(tmp_path / "a.mp4", 4)))
