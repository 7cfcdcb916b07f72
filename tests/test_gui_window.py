"""The window, driven as a user drives it, with a scripted engine and a real player."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from gui_support import LISTENING, MODEL, OFFICIAL, UNTRAINED, ScriptedEngine, write_video
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel
from pytestqt.qtbot import QtBot
from window_support import MakeWindow, opened

from lipfd_desktop.errors import NoFaceError
from lipfd_desktop.gui import messages, theme
from lipfd_desktop.gui.jobs import Failure
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.session import State
from lipfd_desktop.media.digest import sha256_of
from lipfd_desktop.result import AnalysisRequest, Exactness, Notice
from lipfd_desktop.verdict import find_spans
from tests.scores_support import make_scores

START = 5.0
FRAME = 0.04


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds at 25 fps whose first frame is at 5 s, so that PTS and player time differ."""
    return write_video(tmp_path_factory.mktemp("gui") / "clip.mkv", seconds=4, start=START)


def analysed(window: MainWindow, clip: Path, qtbot: QtBot) -> MainWindow:
    opened(window, clip, qtbot)
    qtbot.mouseClick(window.workspace.bar.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.result is not None)
    return window


def shown_frame(window: MainWindow, qtbot: QtBot, pts: float) -> bool:
    """Whether the player delivers the frame at ``pts``."""
    with qtbot.waitSignal(window.player.frame_shown, check_params_cb=lambda _frame, at: abs(at - pts) < FRAME / 2):
        window.player.seek(pts)
    return True


# Opening ---------------------------------------------------------------------------------------------------------


def test_opening_shows_the_file_the_sound_and_the_first_frame(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    engine = ScriptedEngine()
    window = opened(make_window(engine), clip, qtbot)
    assert window.workspace.isVisible()
    assert "clip.mkv" in window.windowTitle()
    assert window.workspace.timeline.limits == pytest.approx((START, START + 4.0))
    assert window.player.time == pytest.approx(START)
    assert window.workspace.transport.time_label.text().startswith("0:05.000")
    rows = window.file_panel.tree.findItems("SHA-256", Qt.MatchFlag.MatchRecursive)
    assert [row.text(1) for row in rows] == [sha256_of(clip)]
    assert threading.get_ident() not in engine.threads


def test_a_file_that_is_no_video_gets_a_sentence_and_changes_nothing(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window(ScriptedEngine())
    text = tmp_path / "notes.mp4"
    text.write_text("not a video")
    window.open_path(text)
    qtbot.waitUntil(lambda: window.message is not None)
    assert window.message.text() == "notes.mp4: this is not a video that can be read; choose another file."
    assert window.session.state is State.EMPTY
    assert window.welcome.isVisible()
    window.message.close()
    opened(window, clip, qtbot)
    window.message = None
    window.open_path(text)
    qtbot.waitUntil(lambda: window.message is not None)
    assert window.session.media.info.path == clip
    assert window.workspace.isVisible()
    window.message.close()


def test_recent_files_are_offered_and_open(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(ScriptedEngine()), clip, qtbot)
    window.recent.menu.aboutToShow.emit()
    assert window.recent.menu.actions()[0].text() == str(clip)
    with qtbot.waitSignal(window.session.media_opened):
        window.recent.menu.actions()[0].trigger()


def test_the_newest_of_two_files_asked_for_is_opened(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    other = write_video(tmp_path / "other.mp4", seconds=1)
    window = make_window(ScriptedEngine())
    names: list[str] = []
    window.session.media_opened.connect(lambda: names.append(window.session.media.info.path.name))
    window.open_path(clip)
    window.open_path(other)
    qtbot.waitUntil(lambda: window.session.state is State.READY)
    qtbot.wait(50)
    assert names == ["other.mp4"]


# Playing ---------------------------------------------------------------------------------------------------------


def test_stepping_is_exact_to_the_frame(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(ScriptedEngine()), clip, qtbot)
    shown: list[float] = []
    window.player.frame_shown.connect(lambda _frame, pts: shown.append(pts))
    button = window.workspace.transport
    for step, pressed in ((1, button.forward_button),) * 3 + ((-1, button.back_button),) * 2:
        before = window.player.frame
        shown.clear()
        qtbot.mouseClick(pressed, Qt.MouseButton.LeftButton)
        assert window.player.frame == before + step
        expected = START + (before + step) * FRAME
        qtbot.waitUntil(lambda expected=expected: bool(shown) and abs(shown[-1] - expected) < 1e-3)
    assert "frame 1 of 0–99" in window.workspace.transport.time_label.text()
    qtbot.mouseClick(button.back_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(button.back_button, Qt.MouseButton.LeftButton)
    assert window.player.frame == 0


def test_clicking_a_plot_moves_every_cursor_and_the_picture(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(ScriptedEngine()), clip, qtbot)
    plot = window.workspace.scores
    place = plot.view.mapViewToScene(QPointF(START + 2.01, 0.3)).toPoint()
    with qtbot.waitSignal(
        window.player.frame_shown, check_params_cb=lambda _frame, pts: abs(pts - (START + 2.0)) < 1e-3
    ):
        qtbot.mouseClick(plot.canvas.viewport(), Qt.MouseButton.LeftButton, pos=plot.canvas.mapFromScene(place))
    for pane in (window.workspace.scores, window.workspace.weights, window.workspace.mel):
        assert pane.cursor_line.value() == pytest.approx(START + 2.0)


def test_all_panes_share_one_range_that_stays_inside_the_file(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    window = opened(make_window(ScriptedEngine()), clip, qtbot)
    panes = (window.workspace.scores, window.workspace.weights, window.workspace.mel)
    panes[1].view.setXRange(START + 1, START + 2, padding=0)
    assert [pane.range for pane in panes] == [pytest.approx((START + 1, START + 2))] * 3
    panes[0].view.setXRange(START - 50, START + 50, padding=0)
    assert panes[2].range == pytest.approx((START, START + 4.0))
    window.player.seek(START + 1)
    window.review.zoom(1)
    start, end = panes[2].range
    assert START <= start < START + 1 < end < START + 4
    window.player.seek(START + 3.9)
    assert panes[0].range[0] <= START + 3.88 <= panes[0].range[1]


def test_a_loop_repeats_the_selection(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(ScriptedEngine()), clip, qtbot)
    window.player.seek(START + 1.0)
    window.actions_["loop-start"].trigger()
    window.player.seek(START + 1.4)
    window.actions_["loop-end"].trigger()
    assert window.workspace.timeline.selection == pytest.approx((START + 1.0, START + 1.44))
    window.workspace.transport.loop_button.click()
    shown: list[float] = []
    assert shown_frame(window, qtbot, START + 1.2)
    window.player.frame_shown.connect(lambda _frame, pts: shown.append(pts))
    window.player.play()
    qtbot.waitUntil(lambda: any(a - b > 2 * FRAME for a, b in pairwise(shown)))
    last = max(shown)
    window.player.pause()
    assert last < START + 1.44 - FRAME / 2, "nothing after the selection, not even what was on its way"
    assert window.workspace.bar.wants_selection


def test_playing_to_the_end_keeps_the_last_frame(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(ScriptedEngine()), clip, qtbot)
    window.player.seek(START + 3.6)
    window.player.play()
    qtbot.waitUntil(lambda: window.player.frame == 99 and not window.player.is_playing)
    assert window.workspace.video.has_picture


def test_a_frame_that_the_player_cannot_show_comes_from_the_engine(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    window = opened(make_window(ScriptedEngine()), clip, qtbot)
    window.player.pause()
    assert shown_frame(window, qtbot, START + 1.0)
    window.workspace.video.reset(window.session.media.info.video)
    window.player.not_shown.emit(window.player.time)
    qtbot.waitUntil(lambda: window.workspace.video.has_picture)


# Analysing -------------------------------------------------------------------------------------------------------


def test_plots_and_progress_fill_in_while_the_analysis_runs(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    engine = ScriptedEngine(gate=threading.Semaphore(0))
    window = opened(make_window(engine), clip, qtbot)
    work = window.workspace
    qtbot.mouseClick(work.bar.button, Qt.MouseButton.LeftButton)
    assert window.session.state is State.ANALYSING
    assert work.bar.button.text() == "Cancel"
    engine.gate.release(5)
    qtbot.waitUntil(lambda: work.scores.points_drawn == 40)
    assert "window 40 of 96" in work.bar.progress_label.text()
    assert "windows a second" in work.bar.progress_label.text()
    assert work.verdict.headline.text() == "Analysing…"
    assert work.verdict.coverage.value.text() == "40 of 96"
    assert work.verdict.device.value.text() == "CPU, 2 cores"
    assert work.verdict.stride.value.text() == "1, automatic"
    assert work.scores.suspicious_stripes == 1
    assert len(window.review.suspicious.model.spans) == 1
    engine.gate.release(100)
    qtbot.waitUntil(lambda: window.session.result is not None)
    assert work.scores.points_drawn == int(window.session.result.scores.analysed.sum()) < 96
    assert window.window_table.model().rowCount() == 96
    assert window.session.result.verdict.label == "REAL"
    assert work.verdict.headline.text() == "Likely authentic"
    assert "not calibrated" in work.verdict.sentence.text()
    assert window.actions_["export-pdf"].isEnabled()


def test_the_window_says_which_question_spoke_and_shows_both(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine(models=(LISTENING,))), clip, qtbot)
    work, result = window.workspace, window.session.result
    assert work.verdict.headline.text() == "Likely manipulated\nforeign sound"
    assert "what spoke is the sound, not the picture" in work.verdict.sentence.text()
    assert work.scores.questions_drawn == ["generated", "foreign sound"]
    assert "generated" in work.face_legend.text()
    assert "foreign sound" in work.face_legend.text()
    assert shown_frame(window, qtbot, START + 1.2)
    row = result.scores.row(28)  # the frame is its middle one
    assert f"generated {row.generated:.3f}\nforeign sound {row.foreign_sound:.3f}" in window.frame_panel.words
    assert shown_frame(window, qtbot, START + 3.6)
    assert "foreign sound cannot tell" in window.frame_panel.words
    table = window.window_table.model()
    columns = {table.headerData(i, Qt.Orientation.Horizontal): i for i in range(table.columnCount())}
    for position in (0, len(result.scores) - 1):
        shown = [table.index(position, columns[name]).data() for name in ("generated", "foreign sound")]
        one = result.scores.row(position)
        assert shown == [f"{one.generated:.3f}", "–" if one.foreign_sound is None else f"{one.foreign_sound:.3f}"]
    before = work.verdict.headline.text(), work.verdict.sentence.text()
    work.scores.threshold_moved.emit(0.99)
    assert (work.verdict.headline.text(), work.verdict.sentence.text()) == before


def test_a_model_with_one_answer_draws_no_questions(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine(models=(LISTENING, MODEL))), clip, qtbot)
    assert window.workspace.scores.questions_drawn
    window.session.analyze(AnalysisRequest(path=clip), MODEL)
    qtbot.waitUntil(lambda: window.session.result is not None)
    assert window.workspace.scores.questions_drawn == []
    assert "generated" not in window.workspace.face_legend.text()


def test_the_weights_axis_fits_the_weights(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine()), clip, qtbot)
    weights = window.session.result.scores.tier_weights
    low, high = window.workspace.weights.view.viewRange()[1]
    assert low < np.nanmin(weights) < low + 0.02
    assert high - 0.02 < np.nanmax(weights) < high


def test_cancelling_keeps_what_is_done_and_says_partial(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    engine = ScriptedEngine(gate=threading.Semaphore(3))
    window = opened(make_window(engine), clip, qtbot)
    window.analyze()
    qtbot.waitUntil(lambda: window.workspace.scores.points_drawn == 24)
    qtbot.mouseClick(window.workspace.bar.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.result is not None)
    assert window.session.result.cancelled
    assert window.workspace.scores.points_drawn == 24
    assert window.workspace.verdict.headline.text().endswith("partial")
    assert "The analysis was cancelled before its end" in window.workspace.verdict.sentence.text()
    assert window.workspace.verdict.coverage.value.text() == "24 of 96"
    assert window.workspace.bar.button.text() == "Analyze"
    assert window.actions_["export-json"].isEnabled()


def test_the_settings_go_into_the_request(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    engine = ScriptedEngine()
    window = opened(make_window(engine), clip, qtbot)
    bar = window.workspace.bar
    bar.stride_box.setCurrentIndex(bar.stride_box.findData(5))
    bar.device_box.setCurrentIndex(bar.device_box.findData("cpu"))
    bar.exactness_box.setCurrentIndex(bar.exactness_box.findData(Exactness.FAST))
    window.workspace.timeline.set_selection((START + 1, START + 2))
    bar.choose_range(selection=True)
    window.analyze()
    qtbot.waitUntil(lambda: window.session.result is not None)
    (request,) = engine.requests
    assert (request.stride, request.device, request.time_range) == (5, "cpu", (START + 1, START + 2))
    assert request.path == clip
    assert request.exactness is Exactness.FAST
    assert window.workspace.verdict.stride.value.text() == "5, chosen"


def test_a_problem_during_analysis_is_told_and_leaves_no_result(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    window = opened(make_window(ScriptedEngine(failure=NoFaceError(clip, "no face was found."))), clip, qtbot)
    window.analyze()
    qtbot.waitUntil(lambda: window.message is not None)
    assert window.message.text() == "clip.mkv: no face was found."
    assert window.session.result is None
    assert window.workspace.verdict.headline.text() == "Not finished"
    assert not window.actions_["export-pdf"].isEnabled()
    window.message.close()


def test_a_defect_is_shown_with_its_traceback(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(ScriptedEngine(failure=RuntimeError("broken"))), clip, qtbot)
    window.analyze()
    qtbot.waitUntil(lambda: window.message is not None)
    assert "unexpected problem" in window.message.text()
    assert "RuntimeError: broken" in window.message.detailedText()
    assert window.session.state is State.READY
    window.message.close()


def test_without_a_model_analyze_explains_and_computes_nothing(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = ScriptedEngine(models=())
    window = opened(make_window(engine), clip, qtbot)
    assert "No detection model is installed" in window.workspace.verdict.sentence.text()
    window.analyze()
    assert window.models_dialog.isVisible()
    assert window.models_dialog.plain_label.isVisible()
    assert engine.requests == []
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(clip.with_name("ckpt.pth")), ""))
    with qtbot.waitSignal(window.session.library.changed):
        qtbot.mouseClick(window.models_dialog.import_button, Qt.MouseButton.LeftButton)
    assert window.workspace.bar.model == MODEL
    assert not window.models_dialog.plain_label.isVisible()
    window.models_dialog.close()


def test_test_weights_raise_the_red_banner(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine(models=(UNTRAINED,))), clip, qtbot)
    assert window.workspace.verdict.banner.isVisible()
    assert window.workspace.verdict.banner.text() == "Test weights: scores are meaningless"
    trained = analysed(make_window(ScriptedEngine()), clip, qtbot)
    assert not trained.workspace.verdict.banner.isVisible()


# What was found --------------------------------------------------------------------------------------------------


def test_choosing_a_suspicious_moment_jumps_there(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine()), clip, qtbot)
    panel = window.review.suspicious
    assert len(panel.model.spans) == 2
    span = panel.model.spans[1]
    frame = window.player.frame_at(span.moment())
    place = panel.list.visualRect(panel.model.index(1)).center()
    with qtbot.waitSignal(
        window.player.frame_shown,
        check_params_cb=lambda _frame, pts: abs(pts - (START + frame * FRAME)) < 1e-3,
    ):
        qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    (mark,) = window.workspace.video.marks
    assert mark.score.is_suspicious
    assert mark.score.value == pytest.approx(span.peak.score)
    assert f"fake score {span.peak.score:.3f}" in window.frame_panel.words
    window.actions_["previous"].trigger()
    assert window.player.frame == window.player.frame_at(panel.model.spans[0].moment())
    window.actions_["next"].trigger()
    assert window.player.frame == frame


def test_suspicious_moments_get_thumbnails(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine()), clip, qtbot)
    model = window.review.suspicious.model

    def has_picture(row: int) -> bool:
        pixmap = model.index(row).data(Qt.ItemDataRole.DecorationRole)
        return pixmap is not None and not pixmap.isNull()

    qtbot.waitUntil(lambda: has_picture(0) and has_picture(1))


def test_moving_the_threshold_moves_spans_verdict_and_report(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    engine = ScriptedEngine()
    window = analysed(make_window(engine), clip, qtbot)
    window.workspace.scores.threshold_moved.emit(0.05)
    assert window.workspace.verdict.headline.text() == "Likely manipulated"
    assert "at or above 0.150" in window.workspace.verdict.sentence.text()
    window.workspace.scores.threshold_moved.emit(0.99)
    assert len(window.review.suspicious.model.spans) == 0
    assert window.review.suspicious.empty_label.isVisible()
    assert window.workspace.verdict.headline.text() == "Likely authentic"
    with qtbot.waitSignal(window.session.exported):
        window.session.export(tmp_path / "report.json")
    assert engine.results[-1].threshold == 0.99
    assert engine.results[-1].request.threshold == 0.99


def test_frames_without_a_face_say_so(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine()), clip, qtbot)
    assert shown_frame(window, qtbot, START + 2.0)
    assert list(window.workspace.video.marks) == []
    assert "no face found" in window.frame_panel.words
    assert "not analysed: no face" in window.frame_panel.words


def test_every_export_goes_to_the_engine_with_its_suffix(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = ScriptedEngine()
    window = analysed(make_window(engine), clip, qtbot)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "report"), ""))
    for kind in ("png", "pdf", "json", "csv"):
        with qtbot.waitSignal(window.session.exported):
            window.actions_[f"export-{kind}"].trigger()
    assert [path.name for path in engine.exported] == ["report.png", "report.pdf", "report.json", "report.csv"]


def test_nothing_is_said_to_be_written_when_that_has_failed(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gate = threading.Semaphore(0)
    window = analysed(make_window(ScriptedEngine(export_gate=gate)), clip, qtbot)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "nowhere" / "mine"), ""))
    window.actions_["export-pdf"].trigger()
    assert "mine.pdf" in window.statusBar().currentMessage()
    with qtbot.waitSignal(window.session.failed):
        gate.release()
    assert "mine.pdf" not in window.statusBar().currentMessage()
    window.message.close()


# Whose score it is -----------------------------------------------------------------------------------------------


def test_scores_of_the_whole_picture_are_no_faces(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine(models=(OFFICIAL,), faces=2)), clip, qtbot)
    work, scores = window.workspace, window.session.result.scores
    assert work.scores.points_drawn == int(scores.analysed.sum()) > 0
    assert "whole picture" in work.face_legend.text()
    assert "face 1" not in work.face_legend.text()
    assert "of the whole picture" in work.verdict.sentence.text()
    low, high = work.weights.view.viewRange()[1]
    assert low < np.nanmin(scores.tier_weights) < np.nanmax(scores.tier_weights) < high
    model = window.review.suspicious.model
    assert len(model.spans) == 2
    assert "whole picture, peak fake score" in model.index(0).data()
    assert window.window_table.model().index(0, 2).data() == "whole picture"
    assert shown_frame(window, qtbot, START + 1.2)
    assert [mark.face.face for mark in work.video.marks] == [1, 2]
    assert [mark.score for mark in work.video.marks] == [None, None]
    assert work.video.picture_words.startswith("Picture  ·  fake score 0.")
    assert "whole picture" in window.frame_panel.words
    work.video.grab()
    choose_face(window, 2)
    assert work.scores.points_drawn == int(scores.analysed.sum())
    assert len(model.spans) == 2
    assert [mark.face.face for mark in work.video.marks] == [2]


def choose_face(window: MainWindow, face: int) -> None:
    box = window.workspace.bar.face_box
    box.setCurrentIndex(box.findData(face))
    box.activated.emit(box.currentIndex())


def test_windows_are_counted_once_however_many_faces_they_hold(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    engine = ScriptedEngine(faces=2, gate=threading.Semaphore(5))
    window = opened(make_window(engine), clip, qtbot)
    window.analyze()
    qtbot.waitUntil(lambda: window.workspace.scores.points_drawn == 80)
    assert window.workspace.verdict.coverage.value.text() == "40 of 96"
    engine.gate.release(100)
    qtbot.waitUntil(lambda: window.session.result is not None)
    analysed_positions = window.session.result.coverage.windows_analysed
    assert window.workspace.verdict.coverage.value.text() == f"{analysed_positions} of 96"
    assert int(window.session.result.scores.analysed.sum()) == 2 * analysed_positions


def test_a_chosen_face_filters_until_its_number_means_nothing(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    engine = ScriptedEngine(faces=2)
    window = analysed(make_window(engine), clip, qtbot)
    everything = window.workspace.scores.points_drawn
    choose_face(window, 2)
    assert window.workspace.scores.points_drawn == everything // 2
    other = write_video(tmp_path / "other.mp4", seconds=2)
    window.session.open(other)
    qtbot.waitUntil(lambda: window.session.state is State.READY)
    engine.faces = 1
    window.analyze()
    qtbot.waitUntil(lambda: window.session.result is not None)
    assert window.workspace.bar.face is None
    assert engine.requests[-1].face is None
    assert window.workspace.scores.points_drawn == int(window.session.result.scores.analysed.sum()) > 0


def test_a_face_is_asked_for_only_in_the_range_that_numbered_it(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    engine = ScriptedEngine(faces=2)
    window = analysed(make_window(engine), clip, qtbot)
    for selection, face in ((False, 2), (True, None)):
        choose_face(window, 2)
        window.workspace.timeline.set_selection((START + 1, START + 2))
        window.workspace.bar.choose_range(selection=selection)
        with qtbot.waitSignal(window.session.result_ready):
            window.analyze()
        assert engine.requests[-1].face == face
    assert "every face is analysed" in window.statusBar().currentMessage()


# The threshold ---------------------------------------------------------------------------------------------------


def test_a_moved_threshold_is_given_back_by_menu_by_file_and_by_model(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    engine = ScriptedEngine(models=(MODEL, OFFICIAL))
    window = analysed(make_window(engine), clip, qtbot)
    session, scores, reset = window.session, window.workspace.scores, window.actions_["model-threshold"]
    assert not reset.isEnabled()
    scores.threshold_moved.emit(0.9)
    reset.trigger()
    assert (session.threshold, session.result.threshold, session.result.request.threshold) == (0.5, 0.5, None)
    assert not reset.isEnabled()
    scores.threshold_moved.emit(0.9)
    scores.threshold_reset.emit()
    assert session.threshold == 0.5
    scores.threshold_moved.emit(0.9)
    box = window.workspace.bar.model_box
    for index, threshold in ((0, 0.9), (1, OFFICIAL.threshold)):
        box.setCurrentIndex(index)
        with qtbot.waitSignal(session.result_ready):
            window.analyze()
        assert session.result.threshold == threshold
    scores.threshold_moved.emit(0.9)
    with qtbot.waitSignal(session.media_opened):
        session.open(clip)
    assert not session.has_own_threshold


def test_a_double_click_on_the_threshold_gives_the_models_back(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    window = analysed(make_window(ScriptedEngine()), clip, qtbot)
    scores = window.workspace.scores
    scores.threshold_moved.emit(0.8)
    place = scores.canvas.mapFromScene(scores.view.mapViewToScene(QPointF(START + 1.0, 0.8)))
    for press in (qtbot.mouseClick, qtbot.mouseDClick, qtbot.mouseRelease):
        press(scores.canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.session.threshold == 0.5


def test_a_report_from_before_the_threshold_moved_is_not_the_one_shown(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    engine = ScriptedEngine(export_gate=threading.Semaphore(1))
    window = analysed(make_window(engine), clip, qtbot)
    with qtbot.waitSignal(window.session.exported):
        window.session.export(tmp_path / "report.json")
    assert window.session.is_exported
    window.session.set_threshold(0.3)
    assert not window.session.is_exported
    window.session.export(tmp_path / "again.json")
    window.session.set_threshold(0.4)
    with qtbot.waitSignal(window.session.exported):
        engine.export_gate.release()
    assert not window.session.is_exported


# Names and tags --------------------------------------------------------------------------------------------------


def test_names_and_tags_are_never_read_as_html(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    hostile = "<img src=http://example.org/x>"
    window = opened(make_window(ScriptedEngine()), clip, qtbot)
    info = replace(window.session.media.info, tags={"comment": hostile})
    window.file_panel.show_file(info, 100, None, [Notice("odd", hostile)])
    (row,) = window.file_panel.tree.findItems("comment", Qt.MatchFlag.MatchRecursive)
    assert row.text(1) == hostile
    assert "&lt;img" in row.toolTip(1)
    assert "<img" not in row.toolTip(1)
    window.welcome.set_opening(tmp_path / "<b>x.mp4")
    assert window.welcome.busy_label.textFormat() == Qt.TextFormat.PlainText
    boxes = (
        messages.show_failure(window, Failure(hostile, None)),
        messages.show_failure(window, Failure(hostile, hostile)),
        messages.show_words(window, "x", hostile),
        messages.ask(window, hostile, hostile, "OK", lambda: None),
    )
    for box in boxes:
        assert {label.textFormat() for label in box.findChildren(QLabel)} == {Qt.TextFormat.PlainText}
        box.close()
    window.session.library.models = (replace(MODEL, name=hostile, licence=hostile),)
    window.models_dialog.show_library(window.session.library)
    shown = [label for label in window.models_dialog.findChildren(QLabel) if hostile in label.text()]
    assert len(shown) == 2
    assert {label.textFormat() for label in shown} == {Qt.TextFormat.PlainText}
    window.workspace.verdict.model.set(hostile, hostile)
    assert window.workspace.verdict.model.value.textFormat() == Qt.TextFormat.PlainText
    assert "<img" not in window.workspace.verdict.model.toolTip()


# Exporting -------------------------------------------------------------------------------------------------------


def test_an_existing_report_is_asked_about_by_its_final_name(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = ScriptedEngine()
    window = analysed(make_window(engine), clip, qtbot)
    (tmp_path / "report.v2.pdf").write_text("precious")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "report.v2"), ""))
    window.actions_["export-pdf"].trigger()
    assert window.message.text() == "Replace report.v2.pdf?"
    window.message.reject()
    assert engine.exported == []
    window.actions_["export-pdf"].trigger()
    with qtbot.waitSignal(window.session.exported):
        window.message.buttons()[0].click()
    assert engine.exported == [tmp_path / "report.v2.pdf"]


def test_quitting_while_a_report_is_written_asks_and_cancels_it(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    engine = ScriptedEngine(export_gate=threading.Semaphore(1))
    window = analysed(make_window(engine), clip, qtbot)
    with qtbot.waitSignal(window.session.exported):
        window.session.export(tmp_path / "report.json")
    window.session.export(tmp_path / "report.pdf")
    window.close()
    assert "being written" in window.message.informativeText()
    window.message.buttons()[0].click()
    assert not window.session.is_running
    assert [path.name for path in engine.exported] == ["report.json"]


def test_very_many_moments_are_listed_by_the_strongest(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    panel = make_window(ScriptedEngine()).review.suspicious
    rows = [(i, 1, 0.1 if i % 2 else 0.5 + i / 20_000) for i in range(6000)]
    panel.show_spans(find_spans(make_scores(rows), 0.5))
    assert panel.model.rowCount() == 500
    assert panel.count_label.text() == "500 strongest of 3,000 moments"
    peaks = [span.peak.score for span in panel.model.spans]
    assert peaks == sorted(peaks, reverse=True)
    panel.order_box.setCurrentIndex(panel.order_box.findData(False))
    moments = [span.moment() for span in panel.model.spans]
    assert moments == sorted(moments)
    assert min(span.peak.score for span in panel.model.spans) == pytest.approx(0.5 + 5000 / 20_000)


# Not losing anything ---------------------------------------------------------------------------------------------


def test_closing_asks_only_while_a_result_is_kept_nowhere(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIPFD_CASES", "off")
    window = analysed(make_window(ScriptedEngine()), clip, qtbot)
    window.close()
    assert window.isVisible()
    assert "results, marks and notes would be lost" in window.message.informativeText()
    window.message.close()
    window.desk.keeper.save_as(tmp_path / "a.lipfdcase")
    window.close()
    assert not window.isVisible()
    assert not window.session.is_running


def test_closing_during_an_analysis_asks_and_then_ends_the_threads(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    window = opened(make_window(ScriptedEngine(gate=threading.Semaphore(1))), clip, qtbot)
    window.analyze()
    qtbot.waitUntil(lambda: window.workspace.scores.points_drawn > 0)
    window.close()
    assert window.isVisible()
    assert "running" in window.message.informativeText()
    consent = window.message.buttons()[0]
    assert consent.text() == "Quit"
    consent.click()
    assert not window.isVisible()
    assert not window.session.is_running


def test_events_of_an_analysis_that_was_replaced_are_ignored(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    other = write_video(tmp_path / "other.mp4", seconds=2)
    window = opened(make_window(ScriptedEngine(gate=threading.Semaphore(4))), clip, qtbot)
    window.analyze()
    qtbot.waitUntil(lambda: window.workspace.scores.points_drawn > 0)
    window.session.open(other)
    qtbot.waitUntil(lambda: window.session.state is State.READY)
    qtbot.wait(200)
    assert window.session.media.info.path == other
    assert len(window.session.evidence.scores) == 0
    assert window.workspace.scores.points_drawn == 0
    assert window.session.result is None
    assert window.workspace.verdict.headline.text() == "Not analysed"


def test_the_layout_is_remembered_and_can_be_reset(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(ScriptedEngine()), clip, qtbot)
    window.docks.toggles[0].trigger()
    assert not window.review.suspicious.isVisible()
    window.close_now()
    again = opened(make_window(ScriptedEngine()), clip, qtbot)
    assert not again.review.suspicious.isVisible()
    again.actions_["reset-layout"].trigger()
    assert again.review.suspicious.isVisible()


def test_the_window_follows_a_change_of_the_colour_scheme(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, qapp: QApplication
) -> None:
    window = opened(make_window(ScriptedEngine()), clip, qtbot)
    try:
        for scheme in (theme.LIGHT, theme.DARK):
            theme.apply(qapp, scheme)
            qtbot.waitUntil(
                lambda scheme=scheme: window.workspace.scores.canvas.backgroundBrush().color() == QColor(scheme.plot)
            )
            assert theme.scheme_of(window) is scheme
    finally:
        theme.apply(qapp, theme.DARK)


# Kept results ----------------------------------------------------------------------------------------------------


def test_a_kept_result_says_so_and_is_computed_anew_on_demand(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    engine = ScriptedEngine(from_cache=True)
    window = analysed(make_window(engine), clip, qtbot)
    assert window.workspace.verdict.device.value.text().endswith(", earlier")
    assert "Analyze anew" in window.workspace.verdict.device.toolTip()
    window.actions_["analyze-anew"].trigger()
    qtbot.waitUntil(lambda: len(engine.anew) == 2 and window.session.result is not None)
    assert engine.anew == [False, True]
    assert not window.workspace.verdict.device.value.text().endswith(", earlier")


def test_kept_results_are_deleted_from_the_menu(make_window: MakeWindow, qtbot: QtBot) -> None:
    engine = ScriptedEngine()
    window = make_window(engine)
    window.actions_["forget-results"].trigger()
    qtbot.waitUntil(lambda: engine.kept == 0)
    qtbot.waitUntil(lambda: window.statusBar().currentMessage() == "2 kept results deleted.")


def test_faces_of_a_long_file_are_chosen_anew_when_they_were_numbered(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    engine = ScriptedEngine(faces=2, previews=True)
    window = make_window(engine)
    opened(window, clip, qtbot)
    with qtbot.waitSignal(window.session.faces_renumbered):
        qtbot.mouseClick(window.workspace.bar.button, Qt.MouseButton.LeftButton)
    assert window.workspace.bar.face is None
