"""Contact sheets: every frame counted, the doubtful ones shown."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from clips_support import face_clip, faceless_clip, pasted, portraits
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageColor

from lipfd_desktop.dataset.faces import ORDER, Survey, _Candidate, _Thinned, look_at_faces, percent
from lipfd_desktop.dataset.sheet import BORDER, CELL, COLOURS, GAP, HEADER, LABEL, MARGIN, draw_sheet, write_sheet
from lipfd_desktop.errors import ExportError, UnreadableMediaError
from lipfd_desktop.result import FacePath


@pytest.fixture(scope="module")
def gaps(tmp_path_factory: pytest.TempPathFactory) -> Survey:
    """40 frames of which 12 to 29 show no face."""
    frames = portraits(40)
    frames[12:30] = [np.full((240, 320, 3), 100, np.uint8)] * 18
    return look_at_faces(face_clip(tmp_path_factory.mktemp("faces") / "gaps.mp4", 40, frames=frames), frames=8)


def test_every_frame_is_counted(gaps: Survey) -> None:
    assert gaps.frames == 40
    assert gaps.counts[FacePath.NONE] == 18
    assert sum(gaps.counts[path] for path in ORDER) == 40
    assert (gaps.face, gaps.faces) == (0, 1)
    assert "none 18 (45.0 %)" in gaps.summary()


def test_even_frames_and_doubtful_ones_are_shown_in_order(gaps: Survey) -> None:
    indices = [frame.index for frame in gaps.shown]
    assert indices == sorted(set(indices))
    assert {0, 39} <= set(indices)
    doubtful = [frame for frame in gaps.shown if frame.path is not FacePath.DETECTED]
    assert 8 <= len(doubtful) <= 16
    assert all(12 <= frame.index < 30 for frame in doubtful if frame.path is FacePath.NONE)
    assert gaps.doubtful_left_out == 40 - gaps.counts[FacePath.DETECTED] - len(doubtful)
    for frame in gaps.shown:
        assert (frame.crops is None) == (frame.path is FacePath.NONE) == (frame.whole is not None)


def test_the_sheet_shows_each_frame_in_the_colour_of_its_path(gaps: Survey, tmp_path: Path) -> None:
    write_sheet(gaps, tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as opened:
        sheet = opened.convert("RGB")
    for place, frame in enumerate(gaps.shown):
        row, column = divmod(place, 4)
        left, top = MARGIN + column * (CELL[0] + GAP), HEADER + row * (CELL[1] + GAP) + LABEL
        assert sheet.getpixel((left + 1, top + 1)) == ImageColor.getrgb(COLOURS[frame.path])
        if frame.crops is not None:
            crop = np.asarray(sheet)[top + BORDER : top + BORDER + 96, left + BORDER : left + BORDER + 288]
            np.testing.assert_array_equal(crop, np.hstack(list(frame.crops)))
    bar = np.asarray(sheet)[95, MARGIN : sheet.width - MARGIN]
    none = np.array(ImageColor.getrgb(COLOURS[FacePath.NONE]))
    assert (bar == none).all(axis=1).mean() == pytest.approx(18 / 40, abs=0.01)


def test_a_video_without_a_face_gives_a_sheet_that_says_so(tmp_path: Path) -> None:
    survey = look_at_faces(faceless_clip(tmp_path / "blank.mp4", 10), frames=60)
    assert (survey.face, survey.counts[FacePath.NONE], len(survey.shown)) == (None, 10, 10)
    assert "no face was found in any of its 10 frames" in survey.summary()
    assert draw_sheet(survey).height == HEADER + 3 * (CELL[1] + GAP) + MARGIN - GAP


def test_a_small_face_is_told(tmp_path: Path) -> None:
    survey = look_at_faces(face_clip(tmp_path / "small.mp4", 10, frames=pasted(110, 10)), frames=4)
    assert "under the 64 px that are needed" in survey.summary()


def test_the_video_itself_is_never_overwritten(gaps: Survey) -> None:
    before = gaps.path.read_bytes()
    with pytest.raises(ExportError):
        write_sheet(gaps, gaps.path)
    assert gaps.path.read_bytes() == before


def test_odd_names_and_other_scripts_can_be_drawn(gaps: Survey) -> None:
    from dataclasses import replace

    for name in ("видео.mp4", "影片\u202e.mp4", "x" * 200 + ".mp4", "$a$.mp4"):
        assert draw_sheet(replace(gaps, path=Path(name))).width > 1000


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMediaError):
        look_at_faces(tmp_path / "missing.mp4", frames=3)


@given(st.integers(1, 20), st.integers(0, 500))
def test_thinning_keeps_frames_evenly_and_never_many(room: int, offered: int) -> None:
    thinned = _Thinned(room)
    for index in range(offered):
        thinned.offer(lambda index=index: _Candidate(index, 0.0, {}, np.zeros((1, 1, 3), np.uint8)))
    kept = [candidate.index for candidate in thinned.kept]
    assert len(kept) <= 2 * room
    assert len(kept) >= min(offered, room)
    assert kept == list(range(0, offered, thinned.step))


@given(st.integers(1, 10**7), st.data())
def test_a_percentage_never_rounds_to_nothing_or_everything(total: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, total))
    text = percent(count, total)
    assert (text == "0 %") == (count == 0)
    assert (text == "100 %") == (count == total)


def test_two_faces_are_counted_for_the_one_that_is_seen_most(tmp_path: Path) -> None:
    speaker, blank = portraits(24), np.full((240, 320, 3), 120, np.uint8)
    frames = [np.hstack([one if place < 12 else blank, one]) for place, one in enumerate(speaker)]
    survey = look_at_faces(face_clip(tmp_path / "two.mp4", 24, frames=frames), frames=6)
    assert survey.faces == 2
    assert Counter(survey.counts)[FacePath.NONE] == 0
