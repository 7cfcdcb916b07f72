"""The window that compares two files, driven as a user drives it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import window_support
from gui_support import MODEL, OFFICIAL, ScriptedEngine, write_video
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QImage, QKeySequence, QScreen
from PySide6.QtMultimedia import QAudioOutput, QMediaPlayer
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QFileDialog, QLabel, QMenu, QWidget
from pytestqt.qtbot import QtBot
from window_support import MakeWindow, analysed

from lipfd_desktop.case.records import Role
from lipfd_desktop.gui import text
from lipfd_desktop.gui.compare_exhibits import ExhibitsMenu
from lipfd_desktop.gui.compare_menu import COMPARISON
from lipfd_desktop.gui.compare_players import change_of_speed
from lipfd_desktop.gui.compare_settings import differences
from lipfd_desktop.gui.compare_window import CompareWindow
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.session import State
from lipfd_desktop.gui.shortcuts_dialog import ShortcutsDialog
from lipfd_desktop.gui.shortcuts_sheet import ShortcutsSheet
from lipfd_desktop.result import AnalysisResult, Exactness, MelTrack, OpenedMedia

A_START, A_FRAME = 5.0, 1 / 25
B_START, B_FRAME = 2.0, 1 / 30


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A: four seconds at 25 fps from 5 s on; B: three seconds at 30 fps from 2 s on."""
    folder = tmp_path_factory.mktemp("compare")
    suspect = write_video(folder / "suspect.mkv", seconds=4, start=A_START)
    return suspect, write_video(folder / "reference.mkv", seconds=3, fps=30, start=B_START)


@dataclass
class HearingEngine(ScriptedEngine):
    """Each file has the sound that it is given here."""

    sounds: dict[str, MelTrack] = field(default_factory=dict)

    def open(self, path: Path, *, is_cancelled: Callable[[], bool] = lambda: False) -> OpenedMedia:
        return replace(super().open(path), mel=self.sounds[path.name])


def opened(window: MainWindow, reference: Path, qtbot: QtBot, result: AnalysisResult | None = None) -> CompareWindow:
    window.comparing.open_reference(reference, result)
    compare = window.comparing.window
    assert compare is not None
    qtbot.waitUntil(lambda: compare.sides[1] is not None)
    qtbot.waitUntil(lambda: all(panel.video.has_picture for panel in compare.panels))
    return compare


def compared(window: MainWindow, clips: tuple[Path, Path], qtbot: QtBot) -> CompareWindow:
    analysed(window, clips[0], qtbot)
    compare = opened(window, clips[1], qtbot)
    qtbot.waitUntil(lambda: compare.sides[1].result is not None)
    return compare


def press(compare: CompareWindow, name: str) -> None:
    compare.actions_[name].trigger()


def muted(compare: CompareWindow) -> list[bool]:
    return [player.findChild(QAudioOutput).isMuted() for player in compare.players.players]


# Opening and analysing ---------------------------------------------------------------------------------------------


def test_the_reference_is_analysed_like_the_suspect(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot
) -> None:
    second = ScriptedEngine(models=(OFFICIAL, MODEL))
    window = make_window(ScriptedEngine(), second)
    window.workspace.bar.stride_box.setCurrentIndex(window.workspace.bar.stride_box.findData(2))
    compare = compared(window, clips, qtbot)
    (asked,) = second.requests
    assert asked.path == clips[1]
    assert (asked.stride, asked.exactness, asked.device) == (2, Exactness.REFERENCE, "auto")
    assert compare.sides[1].result.model == MODEL
    assert threading.get_ident() not in second.threads
    assert compare.panels[1].name.text() == "reference.mkv"
    assert compare.panels[1].headline.text() != ""
    assert [compare.tracks.scores.points_of(place) for place in (0, 1)] == [
        int(side.evidence.scores.analysed.sum()) for side in compare.sides
    ]


def test_the_shortcut_asks_for_the_reference(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = analysed(make_window(ScriptedEngine()), clips[0], qtbot)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args: (str(clips[1]), ""))
    action = window.actions_["compare"]
    assert [key.toString() for key in action.shortcuts()] == ["Ctrl+Shift+K"]
    action.trigger()
    compare = window.comparing.window
    assert compare is not None
    qtbot.waitUntil(lambda: compare.sides[1] is not None and compare.sides[1].result is not None)
    assert "suspect.mkv and reference.mkv" in compare.windowTitle()


def test_without_a_result_of_the_suspect_the_reference_waits_for_it(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot
) -> None:
    second = ScriptedEngine()
    window = make_window(ScriptedEngine(), second)
    window_support.opened(window, clips[0], qtbot)
    compare = opened(window, clips[1], qtbot)
    assert second.requests == []
    assert "Analyse the open file" in compare.findings.notice.text()
    window.analyze()
    qtbot.waitUntil(lambda: compare.sides[1].result is not None)
    assert compare.sides[0].result is not None
    assert len(second.requests) == 1


def test_a_known_result_is_taken_unless_the_file_changed(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot
) -> None:
    second = ScriptedEngine()
    compare = compared(make_window(ScriptedEngine(), second), clips, qtbot)
    known = compare.sides[1].result
    assert len(second.requests) == 1
    compare.open_reference(clips[1], known)
    qtbot.waitUntil(lambda: compare.session.state is State.READY and compare.session.result is None)
    qtbot.wait(50)
    assert compare.sides[1].result is known
    assert len(second.requests) == 1
    press(compare, "analyze")
    qtbot.waitUntil(lambda: len(second.requests) == 2)
    qtbot.waitUntil(lambda: compare.sides[1].result not in (None, known))


def test_the_files_of_the_case_are_offered_with_their_results(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot, tmp_path: Path
) -> None:
    own = tuple(Path(shutil.copy(clip, tmp_path / clip.name)) for clip in clips)
    second = ScriptedEngine()
    window = analysed(make_window(ScriptedEngine(), second), own[1], qtbot)
    known = window.session.result
    (exhibit,) = window.desk.document.exhibits
    window.desk.document.set_role(exhibit.id, Role.REFERENCE)
    menu = next(menu for menu in window.findChildren(QMenu) if isinstance(menu, ExhibitsMenu))

    def entries() -> list[tuple[str, bool]]:
        menu.aboutToShow.emit()
        return [(action.text(), action.isEnabled()) for action in menu.actions()]

    assert entries() == [("There is no other file in the case.", False)]
    analysed(window, own[0], qtbot)
    assert entries() == [("reference.mkv (reference)", True)]
    menu.actions()[0].trigger()
    compare = window.comparing.window
    qtbot.waitUntil(lambda: compare.sides[1] is not None)
    assert compare.sides[1].result.scores is known.scores
    own[1].write_bytes(own[1].read_bytes() + bytes(8))
    told: list[str] = []
    compare.statusBar().messageChanged.connect(told.append)
    menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: len(second.requests) == 1)  # of the file as it is now
    assert "reference.mkv has changed since it was analysed." in told


def test_cancelling_leaves_a_part_that_is_not_comparable(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot
) -> None:
    second = ScriptedEngine(gate=threading.Semaphore(2))
    window = analysed(make_window(ScriptedEngine(), second), clips[0], qtbot)
    compare = opened(window, clips[1], qtbot)
    panel = compare.panels[1]
    qtbot.waitUntil(lambda: len(compare.session.evidence.scores) >= 16)
    qtbot.waitUntil(lambda: panel.progress.isVisible() and panel.progress.value() == 16)
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: compare.sides[1].result is not None)
    assert "not comparable" in compare.findings.notice.text()
    assert "only a part of B was analysed" in compare.findings.notice.text()
    assert panel.button.isVisible()
    second.gate = None
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: compare.sides[1].result is not None and compare.sides[1].result.coverage.complete)
    assert "only a part" not in compare.findings.notice.text()
    assert not panel.button.isVisible()


def test_a_file_that_is_no_video_gets_a_sentence(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot, tmp_path: Path
) -> None:
    compare = compared(make_window(ScriptedEngine()), clips, qtbot)
    text = tmp_path / "notes.mp4"
    text.write_text("not a video")
    compare.open_reference(text)
    qtbot.waitUntil(lambda: compare.message is not None)
    assert compare.message.text().startswith("notes.mp4: ")
    compare.message.close()
    assert compare.sides[1].name == "reference.mkv"


def test_the_threshold_of_the_suspect_is_that_of_both(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot
) -> None:
    window = make_window(ScriptedEngine(), ScriptedEngine())
    compare = compared(window, clips, qtbot)
    window.session.set_threshold(0.21)
    qtbot.waitUntil(lambda: [side.threshold for side in compare.sides] == [0.21, 0.21])
    assert "threshold 0.21" in compare.panels[1].facts.text()


def test_another_file_in_the_main_window_leaves_the_comparison_alone(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot
) -> None:
    window = make_window(ScriptedEngine(), ScriptedEngine())
    compare = compared(window, clips, qtbot)
    kept = compare.sides[0]
    window.session.open(clips[1])
    qtbot.waitUntil(lambda: window.session.media.info.path == clips[1])
    assert not compare.follows_suspect
    assert compare.sides[0] is kept
    window.comparing.open_reference(clips[0])
    other = window.comparing.window
    assert other is not compare
    assert not compare.isVisible()


# What differs -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def result(clips: tuple[Path, Path]) -> AnalysisResult:
    from lipfd_desktop.result import AnalysisRequest

    return ScriptedEngine().analyze(
        AnalysisRequest(path=clips[0]), model=MODEL, on_progress=lambda _event: None, is_cancelled=lambda: False
    )


def test_equal_settings_have_no_difference(result: AnalysisResult) -> None:
    assert differences(result, replace(result, sha256="cd" * 32)) == []
    (same,) = differences(result, result)
    assert not same.is_serious


@pytest.mark.parametrize(
    ("change", "words", "curable"),
    [
        (lambda r: replace(r, model=OFFICIAL), "model scripted", True),
        (lambda r: replace(r, plan=replace(r.plan, stride=3)), "stride 1 against 3", True),
        (lambda r: replace(r, plan=replace(r.plan, window_frames=9)), "windows of 5 against 9", True),
        (lambda r: replace(r, request=replace(r.request, exactness=Exactness.FAST)), "reference against fast", True),
        (lambda r: _video(r, average_fps=50.0), "25.00 against 50.00", False),
        (lambda r: _video(r, width=1280, height=960), "160×120 against 1280×960", False),
    ],
)
def test_what_makes_scores_incomparable_is_named(
    result: AnalysisResult, change: Callable[[AnalysisResult], AnalysisResult], words: str, curable: bool
) -> None:
    (found,) = differences(result, replace(change(result), sha256="cd" * 32))
    assert found.is_serious
    assert found.is_curable is curable
    assert words in found.words


def test_what_only_has_to_be_known_is_no_obstacle(result: AnalysisResult) -> None:
    other = replace(
        result,
        sha256="cd" * 32,
        threshold=0.3,
        versions={"scripted": "2"},
        request=replace(result.request, time_range=(5.0, 6.0)),
    )
    found = differences(result, other)
    assert [difference.is_serious for difference in found] == [False] * 3
    assert "threshold 0.50 against 0.30" in found[0].words


def _video(result: AnalysisResult, **changes: object) -> AnalysisResult:
    return replace(result, media=replace(result.media, video=replace(result.media.video, **changes)))


# Time ---------------------------------------------------------------------------------------------------------------


def test_both_begin_together_and_share_zoom_and_cursor(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot
) -> None:
    compare = compared(make_window(ScriptedEngine()), clips, qtbot)
    tracks = compare.tracks
    assert compare.players.offset == pytest.approx(A_START - B_START)
    tracks.timeline.set_range(6.0, 7.0)
    assert tracks.mels[0].range == pytest.approx((6.0, 7.0))
    assert tracks.mels[1].range == pytest.approx((3.0, 4.0))
    tracks.weights[1].sought.emit(3.5)  # a click into a track of B, on B's own clock
    assert compare.players.time == pytest.approx(6.48)  # the frame of A at 6.5 s
    assert tracks.scores.cursor_line.value() == pytest.approx(6.48)
    assert tracks.weights[1].cursor_line.value() == pytest.approx(3.48)


def test_the_offset_is_set_by_number_by_frames_and_by_dragging(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot
) -> None:
    compare = compared(make_window(ScriptedEngine()), clips, qtbot)
    bar, tracks = compare.bar, compare.tracks
    bar.offset_box.setValue(3.25)
    assert compare.players.offset == pytest.approx(3.25)
    assert tracks.extents.span_of(1)[0] == pytest.approx(B_START + 3.25)
    assert bar.frames_box.value() == round(3.25 / A_FRAME)
    bar.frames_box.setValue(80)
    assert compare.players.offset == pytest.approx(80 * A_FRAME)
    start, end = tracks.extents.span_of(1)
    tracks.timeline.set_range(6.0, 7.0)
    tracks.extents.dragged.emit(start + 0.5 - B_START)
    assert compare.players.offset == pytest.approx(80 * A_FRAME + 0.5)
    assert tracks.extents.span_of(1) == pytest.approx((start + 0.5, end + 0.5))
    assert tracks.timeline.range == pytest.approx((6.0, 7.0))  # what is looked at stays
    assert bar.offset_box.value() == pytest.approx(80 * A_FRAME + 0.5)
    press(compare, "together")
    assert compare.players.offset == pytest.approx(A_START - B_START)


def test_values_are_read_at_the_same_moment_of_both(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot
) -> None:
    compare = compared(make_window(ScriptedEngine()), clips, qtbot)
    tracks, moment = compare.tracks, A_START + 1.2
    suspect, reference = (
        side.evidence.score_at(pts, side.face)
        for side, pts in zip(compare.sides, (moment, moment - compare.players.offset), strict=True)
    )
    tracks.scores.hovered.emit(moment, 0.5)
    _, *values = compare.review.hover.text().splitlines()
    assert values == [f"A: fake score {suspect:.3f}", f"B: fake score {reference:.3f}"]
    tracks.weights[1].hovered.emit(B_START + 1.2, 0.3)  # on B's own clock
    assert compare.review.hover.text().startswith("0:06.200   frame 30")
    assert compare.review.hover.text().splitlines()[1:] == tracks.weights[1].values_at(B_START + 1.2, 0.3)


def test_dragging_the_bar_of_b_with_the_mouse_shifts_it(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot
) -> None:
    compare = compared(make_window(ScriptedEngine()), clips, qtbot)
    before = compare.players.offset
    bar = compare.tracks.extents._bars[1]
    start, end = compare.tracks.extents.span_of(1)
    bar.setRegion((start - 0.4, end - 0.4))  # what the mouse does to it
    assert compare.players.offset == pytest.approx(before - 0.4)


def test_stepping_shows_the_frame_of_the_other_at_or_before(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot
) -> None:
    compare = compared(make_window(ScriptedEngine()), clips, qtbot)
    players = compare.players
    leader, follower = players.players
    for _ in range(4):
        press(compare, "on")
    assert leader.frame == 4
    assert follower.frame == int((4 * A_FRAME + 1e-4) / B_FRAME)
    press(compare, "second-on")
    assert follower.frame == int((4 * A_FRAME + 1e-4) / B_FRAME) + 1
    assert players.time == pytest.approx(A_START + follower.frame * B_FRAME, abs=1e-3)
    assert leader.frame == int((follower.frame * B_FRAME + 1e-4) / A_FRAME)
    press(compare, "back")
    assert leader.frame == 3


def test_the_time_of_b_is_that_of_the_frame_it_shows(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot
) -> None:
    compare = opened(analysed(make_window(ScriptedEngine()), clips[0], qtbot), clips[1], qtbot)
    compare.review.set_offset(compare.players.offset + 0.013)
    press(compare, "on")
    player = compare.players.players[1]
    frame, own = player.frame, compare.sides[1].media.frame_times
    assert compare.players.place_of(1) != own[frame]
    assert compare.bar.times[1].text().split("\n")[0] == text.clock(float(own[frame]))


def test_outside_of_a_file_its_picture_says_so(make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot) -> None:
    compare = compared(make_window(ScriptedEngine()), clips, qtbot)
    press(compare, "last")
    assert "outside" in compare.bar.times[1].text()
    assert compare.players.covers(1) == 1
    compare.review.set_offset(A_START - B_START + 2.0)
    press(compare, "first")
    assert compare.players.covers(1) == -1
    assert compare.panels[1]._outside == "B begins 2.00 s later"
    press(compare, "later")
    press(compare, "later")
    assert compare.panels[1]._outside == ""


def test_b_alone_is_moved_to_the_same_moment(make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot) -> None:
    compare = compared(make_window(ScriptedEngine()), clips, qtbot)
    players = compare.players
    players.seek(A_START + 1.0)
    press(compare, "alone")
    for _ in range(6):
        press(compare, "second-on")
    assert players.time == pytest.approx(A_START + 1.0)
    assert players.players[1].time == pytest.approx(B_START + 1.2, abs=1e-3)
    assert compare.bar.cursors_button.isEnabled()
    qtbot.mouseClick(compare.bar.cursors_button, Qt.MouseButton.LeftButton)
    assert players.offset == pytest.approx(A_START + 1.0 - B_START - 1.2, abs=1e-3)
    assert players.is_linked
    assert not compare.bar.alone_button.isChecked()
    press(compare, "alone")
    press(compare, "second-on")
    press(compare, "alone")  # without aligning, B goes back
    assert players.players[1].time == pytest.approx(B_START + 1.2, abs=1e-3)


def test_the_sound_gives_the_offset_or_says_that_it_cannot(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot
) -> None:
    generator = np.random.default_rng(0)

    def sound(seed: int) -> np.ndarray:
        knots = np.random.default_rng(seed).integers(0, 255, (80, 80), np.uint8)
        return np.repeat(knots, 5, axis=1)

    same, other = sound(1), sound(2)
    mel = MelTrack(A_START, 0.01, np.geomspace(80, 8000, 80), same)
    sounds = {"suspect.mkv": mel, "reference.mkv": replace(mel, start=B_START, levels=same[:, 70:370])}
    window = make_window(HearingEngine(sounds=sounds), HearingEngine(sounds=sounds))
    compare = compared(window, clips, qtbot)
    right = A_START + 0.7 - B_START
    qtbot.waitUntil(lambda: abs(compare.players.offset - right) < 0.01)
    assert "Aligned by the sound" in compare.statusBar().currentMessage()
    sounds["reference.mkv"] = replace(mel, start=B_START, levels=other[:, : 300 + int(generator.integers(9))])
    compare.open_reference(clips[1])
    qtbot.waitUntil(lambda: compare.players.offset == pytest.approx(A_START - B_START))
    qtbot.mouseClick(compare.bar.align_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "not the same speech" in compare.statusBar().currentMessage())
    assert compare.players.offset == pytest.approx(A_START - B_START)


# Playing ------------------------------------------------------------------------------------------------------------


def test_both_play_in_step(make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot) -> None:
    compare = compared(make_window(ScriptedEngine()), clips, qtbot)
    players = compare.players
    compare.bar.speed_box.setCurrentIndex(compare.bar.speed_box.findData(0.5))
    press(compare, "toggle")
    qtbot.waitUntil(lambda: players.time > A_START + 0.4)
    assert all(player.is_playing for player in players.players)

    def is_in_step() -> bool:
        return players.drift is not None and abs(players.drift) < 2 * B_FRAME

    qtbot.waitUntil(is_in_step)
    press(compare, "toggle")
    assert not any(player.is_playing for player in players.players)
    wanted = players.time - players.offset
    assert players.players[1].frame == players.players[1].frame_at(wanted)
    assert players.players[0].time == players.time


def test_b_is_corrected_towards_its_place() -> None:
    assert change_of_speed(0.4 * B_FRAME, B_FRAME) == 1.0
    assert change_of_speed(0.06, B_FRAME) < 1.0 < change_of_speed(-0.06, B_FRAME)
    drift = 0.4
    for _ in range(80):  # a second is ten checks
        drift += 0.1 * (change_of_speed(drift, B_FRAME) - 1.0)
    assert abs(drift) < B_FRAME


def test_b_waits_for_its_beginning_and_the_end_of_a_stops_both(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot
) -> None:
    compare = compared(make_window(ScriptedEngine()), clips, qtbot)
    players = compare.players
    compare.review.set_offset(A_START - B_START + 3.2)
    players.seek(A_START + 2.9)
    press(compare, "toggle")
    assert not players.players[1].is_playing
    qtbot.waitUntil(lambda: players.players[1].is_playing)
    qtbot.waitUntil(lambda: not players.is_playing and not players.players[1].is_playing)
    qtbot.waitUntil(lambda: players.players[0].frame == 99)
    assert players.time == pytest.approx(A_START + 99 * A_FRAME)


def test_the_sound_is_that_of_a_of_b_or_none(make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot) -> None:
    compare = compared(make_window(ScriptedEngine()), clips, qtbot)
    assert muted(compare) == [False, True]
    press(compare, "sound-b")
    assert muted(compare) == [True, False]
    press(compare, "silence")
    assert muted(compare) == [True, True]


# Numbers and pictures -----------------------------------------------------------------------------------------------


def test_the_figures_are_those_of_the_windows(make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot) -> None:
    compare = compared(make_window(ScriptedEngine()), clips, qtbot)
    figures = compare.findings.figures
    qtbot.waitUntil(lambda: figures.superiority.text() != "")
    for place, side in enumerate(compare.sides):
        scores = side.evidence.scores.score[side.evidence.scores.analysed]
        assert figures._cells[0][place].text() == f"{len(scores):,}"
        assert figures._cells[1][place].text() == f"{np.median(scores):.2f}"


def test_no_figure_compares_scores_that_are_not_comparable(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot
) -> None:
    window = analysed(make_window(ScriptedEngine()), clips[0], qtbot)
    result = window.session.result
    with_other_stride = replace(result, plan=replace(result.plan, stride=3))
    compare = opened(window, clips[0], qtbot, with_other_stride)
    figures = compare.findings.figures
    qtbot.waitUntil(lambda: figures.superiority.text() != "")
    assert compare.findings.notice.property("banner")
    assert "100 pairs" not in figures.superiority.text()
    assert "not comparable" in figures.superiority.text()
    assert figures._cells[0][0].text() != "–"  # each file by itself is described all the same
    press(compare, "analyze")
    qtbot.waitUntil(lambda: "100 pairs" in figures.superiority.text())
    assert not compare.findings.notice.property("banner")


def test_a_snapshot_has_both_exact_frames(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot, tmp_path: Path
) -> None:
    engine = ScriptedEngine()
    compare = compared(make_window(engine), clips, qtbot)
    compare.players.seek(A_START + 1.0)
    target = tmp_path / "moment.png"
    compare.snapshots.save(target)
    qtbot.waitUntil(target.exists)
    picture = QImage(str(target))
    assert picture.width() >= 1200
    for place in (0, 1):
        player = compare.players.players[place]
        still = engine.still(clips[place], player.time)
        column = int(np.argmax(still[60, :, 0])) + 4
        colour = QColor(*(int(value) for value in still[60, column]))
        row = 12 + (picture.height() and _top_of_frames(picture)) + 60
        left = (picture.width() - 2 * 160 - 3 * 12) // 2 + 12 + place * (160 + 12)
        assert picture.pixelColor(left + column, row) == colour
    assert list(tmp_path.glob(".lipfd-*")) == []


def _top_of_frames(picture: QImage) -> int:
    """Height of the coloured bars above the frames, with their gap."""
    left = (picture.width() - 2 * 160 - 3 * 12) // 2 + 12
    bar = picture.pixelColor(left + 100, 14)
    return next(row for row in range(12, 100) if picture.pixelColor(left + 100, row) != bar) - 12 + 4


def test_a_snapshot_that_cannot_be_written_leaves_nothing(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot, tmp_path: Path
) -> None:
    compare = compared(make_window(ScriptedEngine()), clips, qtbot)
    compare.snapshots.save(tmp_path / "nowhere" / "moment.png")
    qtbot.waitUntil(lambda: compare.message is not None)
    assert "moment.png" in compare.message.text()
    assert "moment.png" not in compare.statusBar().currentMessage()
    assert not (tmp_path / "nowhere").exists()
    compare.message.close()


def test_a_snapshot_is_refused_over_either_file_and_of_a_file_that_changed(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tuple(Path(shutil.copy(clip, tmp_path / clip.name)) for clip in clips)
    compare = compared(make_window(ScriptedEngine()), own, qtbot)
    before = [path.read_bytes() for path in own]

    def refused(target: Path) -> str:
        compare.message = None
        compare.snapshots.save(target)
        qtbot.waitUntil(lambda: compare.message is not None)
        words = compare.message.text()
        compare.message.close()
        return words

    link = tmp_path / "moment.png"
    link.symlink_to(own[1])
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "moment"), ""))
    press(compare, "snapshot")
    assert "moment.png: could not be written: it is an examined file" in compare.snapshots.message.text()
    compare.snapshots.message.close()
    for target in (*own, link):
        assert "it is an examined file" in refused(target)
    assert [path.read_bytes() for path in own] == before
    own[1].write_bytes(before[1] + bytes(8))
    assert "reference.mkv: was changed on disk" in refused(tmp_path / "other.png")
    assert not (tmp_path / "other.png").exists()


# The window ---------------------------------------------------------------------------------------------------------


def test_closing_ends_the_threads_even_in_the_middle_of_an_analysis(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot
) -> None:
    second = ScriptedEngine(gate=threading.Semaphore(1))
    window = analysed(make_window(ScriptedEngine(), second), clips[0], qtbot)
    compare = opened(window, clips[1], qtbot)
    qtbot.waitUntil(lambda: compare.session.state is State.ANALYSING)
    compare.close()
    assert window.comparing.window is None
    qtbot.waitUntil(lambda: not window.comparing.is_running)
    assert window.session.is_running
    assert window.isVisible()


def test_the_place_of_the_window_is_remembered(make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine(), ScriptedEngine()), clips[0], qtbot)
    compare = opened(window, clips[1], qtbot)
    compare.resize(1111, 700)
    compare.close()
    again = opened(window, clips[1], qtbot)
    assert again.height() == pytest.approx(700, abs=10)  # of the width, a small screen takes some


def test_everything_can_be_reached_and_has_a_name(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot
) -> None:
    compare = compared(make_window(ScriptedEngine()), clips, qtbot)
    compare.resize(1280, 720)
    qtbot.waitUntil(lambda: (compare.width(), compare.height()) == (1280, 720))
    for widget in compare.findChildren(QWidget):
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus and isinstance(widget, QAbstractButton | QComboBox):
            named = widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text())
            assert named, widget
    keys = [key.toString() for name in COMPARISON.rows for key in compare.actions_[name].shortcuts()]
    assert len(keys) == len(set(keys))


# The loop and the keys -------------------------------------------------------------------------------------------


def go_to(compare: CompareWindow, pts: float, qtbot: QtBot) -> None:
    compare.players.seek(pts)
    qtbot.waitUntil(lambda: abs(compare.players.time - pts) < 0.05)


def looped(compare: CompareWindow, start: float, end: float, qtbot: QtBot) -> None:
    """Set a loop with the keys of the menu."""
    go_to(compare, start, qtbot)
    press(compare, "loop-start")
    go_to(compare, end, qtbot)
    press(compare, "loop-end")
    press(compare, "loop")


def test_both_files_loop_together(make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot) -> None:
    compare = compared(make_window(ScriptedEngine()), clips, qtbot)
    looped(compare, A_START + 0.8, A_START + 1.4, qtbot)
    start, end = compare.tracks.timeline.selection
    assert (start, end) == (pytest.approx(A_START + 0.8, abs=0.02), pytest.approx(A_START + 1.44, abs=0.02))
    assert compare.bar.loop_button.isChecked()
    times: list[float] = []
    compare.players.moved.connect(times.append)
    press(compare, "toggle")
    qtbot.waitUntil(lambda: sum(after < before for before, after in pairwise(times)) >= 2)
    press(compare, "toggle")
    assert all(start - 0.05 <= pts <= end + 0.05 for pts in times)
    follower = compare.players.players[1]
    qtbot.waitUntil(lambda: abs(follower.time - compare.players.place_of(1)) < 0.05)
    press(compare, "loop-clear")
    assert compare.tracks.timeline.selection is None
    assert not compare.bar.loop_button.isChecked()


def test_a_loop_to_the_end_of_a_begins_again(make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot) -> None:
    compare = compared(make_window(ScriptedEngine()), clips, qtbot)
    end = compare.sides[0].end
    looped(compare, end - 0.6, end - 0.02, qtbot)
    times: list[float] = []
    compare.players.moved.connect(times.append)
    press(compare, "toggle")
    qtbot.waitUntil(lambda: sum(after < before - 0.3 for before, after in pairwise(times)) >= 3)
    press(compare, "toggle")
    assert min(times) > end - 0.7


@pytest.mark.parametrize("fails", [False, True])
def test_a_loop_that_stops_before_its_end_does_not_begin_again(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot, fails: bool
) -> None:
    compare = compared(make_window(ScriptedEngine()), clips, qtbot)
    looped(compare, A_START + 0.4, A_START + 2.4, qtbot)
    press(compare, "toggle")
    qtbot.waitUntil(lambda: compare.players.time > A_START + 0.45)
    leader = compare.players.players[0]
    begun: list[bool] = []
    compare.players.playing_changed.connect(begun.append)
    if fails:
        leader.failed.emit("the disk is gone")
        assert "the disk is gone" in compare.statusBar().currentMessage()
    leader.findChild(QMediaPlayer).stop()
    for _ in range(20):
        QApplication.processEvents()
    assert True not in begun
    assert not any(player.is_playing for player in compare.players.players)


def test_space_plays_as_soon_as_the_window_is_open_and_after_a_click_on_a_picture(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args: asked.append(args) or ("", ""))
    compare = compared(make_window(ScriptedEngine()), clips, qtbot)
    compare.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is compare and compare.focusWidget() is not None)
    qtbot.keyClick(compare.focusWidget(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: compare.players.is_playing)
    compare.panels[1].choose_button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.mouseClick(compare.panels[1].video, Qt.MouseButton.LeftButton)
    assert compare.focusWidget() is compare.panels[1].video
    qtbot.keyClick(compare.focusWidget(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not compare.players.is_playing)
    assert not asked


def test_the_loop_is_drawn_over_both_and_stays_when_b_is_shifted(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot
) -> None:
    compare = compared(make_window(ScriptedEngine()), clips, qtbot)
    looped(compare, A_START + 1.0, A_START + 2.0, qtbot)
    selection = compare.tracks.timeline.selection
    compare.review.set_offset(compare.players.offset + 0.25)
    assert compare.tracks.timeline.selection == selection
    tracks, offset = compare.tracks, compare.players.offset
    for pane, shift in ((tracks.scores, 0.0), (tracks.extents, 0.0), (tracks.mels[1], offset)):
        assert pane.selection.isVisible()
        assert pane.selection.getRegion() == pytest.approx([edge - shift for edge in selection])
    assert not tracks.extents.selection.movable


def test_keys_of_the_comparison_are_changed_where_all_keys_are(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot
) -> None:
    window = make_window(ScriptedEngine())
    compare = compared(window, clips, qtbot)
    window.actions_["edit-shortcuts"].trigger()
    page = window.guide.page
    assert isinstance(page, ShortcutsDialog)
    page.choose("comparison-loop")
    page.recorder.setKeySequence(QKeySequence("Z"))  # which zooms on the face in the main window alone
    assert "asked" not in page.hint.text()
    page.replace_button.click()
    assert page.message is None
    assert [key.toString() for key in compare.actions_["loop"].shortcuts()] == ["Z"]
    assert [key.toString() for key in window.actions_["picture-face"].shortcuts()] == ["Z"]
    assert "(Z)" in compare.bar.loop_button.toolTip()
    page.choose("comparison-silence")
    page.recorder.setKeySequence(QKeySequence("Z"))
    assert "Loop the selection" in page.hint.text()
    page.close()


def test_the_sheet_shows_the_keys_of_both_windows(
    make_window: MakeWindow, clips: tuple[Path, Path], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QScreen, "availableSize", lambda _screen: QSize(1280, 720))
    window = make_window(ScriptedEngine())
    compare = compared(window, clips, qtbot)
    press(compare, "shortcuts")
    (sheet,) = compare.findChildren(ShortcutsSheet)
    assert [sheet.pages.tabText(place) for place in range(sheet.pages.count())] == ["Main window", "Comparison"]
    words = [
        "".join(label.text() for label in sheet.pages.widget(place).findChildren(QLabel))
        for place in range(sheet.pages.count())
    ]
    assert sheet.pages.currentIndex() == 1
    assert "Align by the sound" in words[1]
    assert "Zoom on the mouth" in words[0]
    assert "Align by the sound" not in words[0]
    assert sheet.sizeHint().height() <= 720
    assert sheet.sizeHint().width() <= 1280
    sheet.close()
