"""Cases and marks in the window, with a scripted engine and a real player."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from gui_support import ScriptedEngine, write_video
from PySide6.QtCore import QDate, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QFileDialog, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot
from storage_support import differences, read_case, write_case
from window_support import (
    MakeWindow,
    activated,
    analysed,
    closed,
    opened,
    own_copy,
    reopened,
    saved,
    saving_at_once,
)

from lipfd_desktop.case.file import CaseFile
from lipfd_desktop.case.records import Case, Role
from lipfd_desktop.case.relocation import MediaState
from lipfd_desktop.errors import ExportError
from lipfd_desktop.gui import case_media
from lipfd_desktop.gui.case_keeping import Keeping
from lipfd_desktop.gui.case_recovery import RecoveryStore, default_folder
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.session import State
from lipfd_desktop.media.digest import sha256_of
from lipfd_desktop.result import AnalysisResult
from lipfd_desktop.verdict import decide

START = 5.0


class PausingEngine(ScriptedEngine):
    """Analyses no further than it may."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.may_go_on = threading.Event()

    def analyze(self, *arguments: object, **options: object) -> AnalysisResult:
        assert self.may_go_on.wait(60)
        return super().analyze(*arguments, **options)


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("case") / "clip.mkv", seconds=4, start=START)


@pytest.fixture
def clip(master: Path, tmp_path: Path) -> Path:
    return own_copy(master, tmp_path)


@pytest.fixture
def make_window(make_window: MakeWindow) -> MakeWindow:
    return saving_at_once(make_window, faces=2)


def marked(window: MainWindow, start: float, end: float, note: str = "", tags: tuple[str, ...] = ()) -> None:
    document = window.desk.document
    mark = document.add_mark(start, end)
    document.change_mark(replace(mark, note=note, tags=tags))


def unsaved() -> list[Path]:
    return [entry.path for entry in RecoveryStore(default_folder()).unsaved()]


# Marking ---------------------------------------------------------------------------------------------------------


def test_n_marks_the_frame_and_asks_for_its_note(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(), clip, qtbot)
    window.player.seek(START + 1.0)
    window.actions_["mark"].trigger()
    (mark,) = window.desk.document.marks
    assert mark.is_moment
    assert mark.start == pytest.approx(START + 1.0)
    editor = window.marks.panel.table.findChild(QLineEdit)
    assert editor is not None
    QTest.keyClicks(editor, "lips do not close")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.desk.document.marks[0].note == "lips do not close")
    assert window.marks.plot.marks_drawn == 1


def note_editor(window: MainWindow) -> QLineEdit:
    window.player.seek(START + 1.0)
    window.actions_["mark"].trigger()
    editor = window.marks.panel.table.findChild(QLineEdit)
    assert editor is not None
    return editor


def test_a_note_that_is_being_typed_is_saved_when_the_window_closes(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = opened(make_window(), clip, qtbot)
    path = saved(window, tmp_path / "a.lipfdcase", qtbot)
    QTest.keyClicks(note_editor(window), "not entered")
    closed(window)
    assert [mark.note for mark in read_case(path).exhibits[0].marks] == ["not entered"]


def test_a_note_that_is_being_typed_is_saved_by_itself_and_typed_on(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = opened(make_window(), clip, qtbot)
    path = saved(window, tmp_path / "a.lipfdcase", qtbot)
    editor = note_editor(window)
    QTest.keyClicks(editor, "upper ")
    qtbot.waitUntil(lambda: [mark.note for mark in read_case(path).exhibits[0].marks] == ["upper"])
    QTest.keyClicks(editor, "lip")
    assert editor.text() == "upper lip"
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.desk.document.marks[0].note == "upper lip")
    window.actions_["undo"].trigger()
    assert window.desk.document.marks[0].note == ""
    QTest.keyClicks(note_editor(window), "another")
    window.actions_["mark"].trigger()
    assert [mark.note for mark in window.desk.document.marks] == ["", "another", ""]


def test_n_marks_the_selection_and_shift_n_the_window(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(), clip, qtbot)
    window.player.seek(START + 1.0)
    window.actions_["mark-window"].trigger()
    window.workspace.timeline.set_selection((START + 2.0, START + 3.0))
    window.actions_["mark"].trigger()
    one, other = window.desk.document.marks
    assert one.end - one.start == pytest.approx(0.2)
    assert (one.start + one.end) / 2 == pytest.approx(START + 1.0, abs=0.021)
    assert (other.start, other.end) == (START + 2.0, START + 3.0)


@pytest.mark.parametrize("steps", [0, 1, 2, -2])
def test_the_window_that_is_shown_is_the_one_that_is_marked(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, steps: int
) -> None:
    window = analysed(make_window(), clip, qtbot)
    panel = window.frame_panel
    window.player.seek(START + 1.2)
    for _ in range(abs(steps)):
        panel.step_window(1 if steps > 0 else -1)
    shown = panel.shown
    window.actions_["mark-window"].trigger()
    (one,) = window.desk.document.marks
    assert (one.start, one.end) == (shown.start, shown.end)


def test_keys_never_go_into_a_field_that_nobody_sees(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(), clip, qtbot)
    activated(window, qtbot)
    marked(window, START, START + 1)
    window.marks.panel.table.setFocus()
    window.actions_["undo"].trigger()
    qtbot.waitUntil(lambda: window.focusWidget() is not None)
    assert not isinstance(window.focusWidget(), QLineEdit | QPlainTextEdit)
    window.docks.focus("case")
    title = window.desk.panel.lines["title"]
    title.setFocus()
    qtbot.waitUntil(title.hasFocus)
    window.findChild(QDockWidget, "marks").raise_()
    qtbot.waitUntil(lambda: not title.hasFocus())
    assert window.focusWidget() is window.workspace.video


def test_tags_are_completed_with_those_used_before(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(), clip, qtbot)
    marked(window, START, START + 1, tags=("lips", "artefact"))
    marked(window, START + 2, START + 3)
    table = window.marks.panel.table
    table.edit(table.model().index(1, 2))
    editor = table.findChild(QLineEdit)
    QTest.keyClicks(editor, "new, art")
    assert editor.completer().currentCompletion() == "new, artefact"
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.desk.document.marks[1].tags == ("new", "art"))


def test_every_change_of_marks_and_notes_can_be_undone(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(), clip, qtbot)
    document, undo, redo = window.desk.document, window.actions_["undo"], window.actions_["redo"]
    assert not undo.isEnabled()
    marked(window, START + 1, START + 2, "first", ("a",))
    window.marks.plot.moved.emit(document.marks[0].id, START + 1.27, START + 2)
    qtbot.waitUntil(lambda: document.marks[0].start == pytest.approx(START + 1.28))
    assert "move of the mark" in undo.text()
    QTest.keyClicks(window.desk.panel.lines["examiner"], "Dr. A")
    document.delete_marks([document.marks[0].id])
    states = [document.case]
    while undo.isEnabled():
        undo.trigger()
        states.append(document.case)
    assert len(states) == 6  # deletion, the typing as one step, move, note, mark
    assert (document.marks, document.examiner, window.desk.panel.lines["examiner"].text()) == ((), "", "")
    for state in states[-2::-1]:
        redo.trigger()
        assert document.case == state
    assert document.examiner == "Dr. A"


def test_a_removal_is_not_done_again_to_the_file_that_is_open(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    other = write_video(tmp_path / "other.mp4", seconds=1)
    window = opened(opened(make_window(), clip, qtbot), other, qtbot)
    document = window.desk.document
    first = document.exhibits[0].id
    document.remove(first)
    document.undo_stack.undo()
    opened(window, clip, qtbot)
    document.undo_stack.redo()
    assert document.exhibits[0].id == document.case.current == first
    document.undo_stack.undo()
    assert [one.path for one in document.exhibits] == [clip, other]
    assert document.add_mark(START, START) is not None


def test_keys_jump_from_mark_to_mark(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(), clip, qtbot)
    for start in (3.0, 1.0, 2.0):
        marked(window, START + start, START + start)
    seen = []
    for name in ("mark-next",) * 3 + ("mark-next", "mark-previous"):
        window.actions_[name].trigger()
        seen.append(round(window.player.time - START, 3))
    assert seen == [1.0, 2.0, 3.0, 3.0, 2.0]
    assert window.marks.panel.current.start == START + 2.0


def test_an_edge_is_dragged_with_the_mouse(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(), clip, qtbot)
    marked(window, START + 1, START + 2)
    window.workspace.timeline.set_range(START, START + 4)
    plot = window.marks.plot
    view = plot.canvas.viewport()

    def at(seconds: float):
        return plot.canvas.mapFromScene(plot.view.mapViewToScene(QPointF(seconds, 0.5)))

    QApplication.processEvents()
    start, target = at(START + 2), at(START + 3)
    for place in (at(START + 1.9), start):
        QTest.mouseMove(view, place)
        qtbot.wait(50)  # pyqtgraph looks at a hundred movements a second at most
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 9):
        QTest.mouseMove(view, start + (target - start) * step / 8)
        qtbot.wait(15)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=target)
    qtbot.waitUntil(lambda: window.desk.document.marks[0].end > START + 2.5)
    mark = window.desk.document.marks[0]
    assert mark.start == START + 1
    frames = window.session.media.frame_times
    assert np.abs(frames - mark.end).min() < 1e-9
    assert mark.end == pytest.approx(START + 3, abs=0.1)


# Leaving and coming back -----------------------------------------------------------------------------------------


def test_a_case_reopens_exactly(make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path) -> None:
    window = analysed(make_window(), clip, qtbot)
    marked(window, START + 1.0, START + 1.48, "upper lip", ("lips",))
    document = window.desk.document
    document.set_detail("title", "Interview")
    document.set_detail("notes", "first look")
    document.set_role(document.current.id, Role.REFERENCE)
    window.session.set_threshold(0.3)
    window.workspace.bar.choose_face(2)
    window.workspace.timeline.set_selection((START + 1, START + 3))
    window.player.seek(START + 2.0)
    window.workspace.timeline.set_range(START + 1, START + 3.5)
    window.docks.toggles[0].trigger()
    before = (window.session.result, window.session.spans.times, window.saveState())
    path = saved(window, tmp_path / "a.lipfdcase", qtbot)
    closed(window)
    kept = read_case(path)

    again = reopened(make_window(), path, qtbot)
    qtbot.waitUntil(lambda: again.session.result is not None)
    qtbot.waitUntil(lambda: again.workspace.bar.face == 2)
    document = again.desk.document
    assert again.session.media.info.path == clip
    assert again.session.threshold == 0.3
    assert again.session.has_own_threshold
    result = again.session.result
    assert np.array_equal(result.scores.score, before[0].scores.score, equal_nan=True)
    assert result.verdict == before[0].verdict
    assert np.array_equal(again.session.spans.times, before[1])
    assert again.workspace.scores.points_drawn > 0
    qtbot.waitUntil(lambda: again.player.time == pytest.approx(START + 2.0))
    assert again.workspace.timeline.range == pytest.approx((START + 1, START + 3.5))
    assert again.workspace.timeline.selection == (START + 1, START + 3)
    assert not again.review.suspicious.isVisible()
    assert (document.title, document.notes, document.current.role) == ("Interview", "first look", Role.REFERENCE)
    assert [(mark.start, mark.end, mark.note, mark.tags) for mark in document.marks] == [
        (START + 1.0, START + 1.48, "upper lip", ("lips",))
    ]
    assert again.desk.panel.words_shown(0)[1:4] == ["Inconclusive", "present", "reference"]
    assert again.windowTitle() == "clip.mkv – Interview – LipFD Desktop"
    closed(again)
    assert differences(replace(read_case(path), layout=kept.layout), kept) == []  # Qt rounds sizes of panels


def test_opening_another_file_asks_nothing_and_loses_nothing(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    other = write_video(tmp_path / "other.mp4", seconds=1)
    window = analysed(make_window(), clip, qtbot)
    scores = window.session.result.scores.score
    marked(window, START, START + 1, "kept")
    opened(window, other, qtbot)
    assert window.message is None
    assert window.session.result is None
    assert window.desk.document.marks == ()
    assert [exhibit.path for exhibit in window.desk.document.exhibits] == [clip, other]
    window.desk.open_exhibit(window.desk.document.exhibits[0].id)
    qtbot.waitUntil(lambda: window.session.result is not None)
    assert np.array_equal(window.session.result.scores.score, scores, equal_nan=True)
    assert [mark.note for mark in window.desk.document.marks] == ["kept"]


def test_results_from_elsewhere_land_in_the_case(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = analysed(make_window(), clip, qtbot)
    result = window.session.result
    other = write_video(tmp_path / "other.mp4", seconds=1)
    media = replace(result.media, path=other, size_bytes=other.stat().st_size)
    window.desk.document.add_result(replace(result, media=media, sha256=sha256_of(other)))
    window.desk.document.add_result(result)
    assert [exhibit.path for exhibit in window.desk.document.exhibits] == [clip, other]
    assert window.desk.document.current.path == clip


def test_a_finished_file_of_the_queue_is_in_the_case(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = make_window()
    result = analysed(make_window(), clip, qtbot).session.result
    window.queue.runner.result_ready.emit(result, window.desk.document.generation)
    (exhibit,) = window.desk.document.exhibits
    assert exhibit.result is result
    assert window.desk.panel.words_shown(0)[2] == "present"


def test_a_file_of_the_queue_never_lands_in_a_case_that_was_opened_meanwhile(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window()
    window.desk.document.set_detail("title", "A")
    saved(window, tmp_path / "a.lipfdcase", qtbot)
    window.queue.runner.add([clip])
    with qtbot.waitSignal(window.queue.runner.result_ready):
        window.queue.runner.start()
        assert window.queue.runner.is_running
        window.desk.shelf.new()
    assert window.desk.document.case == Case()
    assert "for another case" in window.statusBar().currentMessage()
    assert window.queue.runner.result_of(clip) is not None
    window.queue.runner.retry([0])
    with qtbot.waitSignal(window.queue.runner.result_ready):
        window.queue.runner.start()
    assert [one.path for one in window.desk.document.exhibits] == [clip]


def test_the_report_says_what_the_case_knows(make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path) -> None:
    other = write_video(tmp_path / "other.mp4", seconds=1)
    window = opened(make_window(), clip, qtbot)
    document = window.desk.document
    marked(window, START, START + 1, "lips", ("a",))
    document.set_detail("examiner", "Dr. A")
    document.set_detail("number", "7")
    document.set_detail("notes", "for my eyes only")
    document.set_exhibit_notes(document.current.id, "from the stick")
    details = window.report_dialog.details
    assert (details.examiner, details.case_number, details.notes) == ("Dr. A", "7", "from the stick")
    assert [(mark.start, mark.end, mark.note, mark.tags) for mark in details.marks] == [
        (START, START + 1, "lips", ("a",))
    ]
    opened(window, other, qtbot)
    details = window.report_dialog.details
    assert (details.examiner, details.notes, details.marks) == ("Dr. A", "", ())
    opened(window, clip, qtbot)
    assert window.report_dialog.details.notes == "from the stick"


def test_what_is_typed_in_the_report_is_kept_with_the_case(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = opened(make_window(), clip, qtbot)
    path = saved(window, tmp_path / "a.lipfdcase", qtbot)
    form = window.report_dialog.form
    form.lines["examiner"].clear()
    for name, words in (("case_number", "2026-77"), ("examiner", "Dr. A")):
        QTest.keyClicks(form.lines[name], words)
    QTest.keyClicks(form.notes_edit, "from the stick")
    closed(window)
    other = reopened(make_window(), path, qtbot)
    assert (other.desk.document.number, other.desk.document.examiner) == ("2026-77", "Dr. A")
    qtbot.waitUntil(lambda: other.session.media is not None)
    details = other.report_dialog.details
    assert (details.case_number, details.examiner, details.notes) == ("2026-77", "Dr. A", "from the stick")


def kept_results(path: Path) -> dict[str, bytes]:
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.startswith("results/")}


def test_opening_a_case_of_an_older_program_does_not_change_its_results(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = analysed(make_window(), clip, qtbot)
    path = saved(window, tmp_path / "a.lipfdcase", qtbot)
    closed(window)
    case = read_case(path)
    (exhibit,) = case.exhibits
    judged = decide(
        exhibit.result.scores, model=exhibit.result.model, threshold=exhibit.result.threshold,
        window_frames=exhibit.result.plan.window_frames, tracks=exhibit.result.tracks,
    )  # fmt: skip
    old = replace(exhibit.result, verdict=replace(judged, grounds=None))
    write_case(replace(case, exhibits=(replace(exhibit, result=old),)), path)
    before = kept_results(path)
    other = reopened(make_window(), path, qtbot)
    qtbot.waitUntil(lambda: other.session.result is not None)
    assert other.session.result.verdict.grounds is not None
    assert other.desk.document.exhibits[0].result is other.session.result
    closed(other)
    assert kept_results(path) == before


def test_the_report_forgets_what_the_case_deleted_and_every_other_case(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    window = opened(make_window(), clip, qtbot)
    window.report_dialog.form.lines["examiner"].clear()
    QTest.keyClicks(window.report_dialog.form.lines["examiner"], "B. Usual")
    document = window.desk.document
    document.set_exhibit_notes(document.current.id, "secret")
    document.set_detail("number", "A-7")
    document.set_exhibit_notes(document.current.id, "")
    document.set_detail("number", "")
    details = window.report_dialog.details
    assert (details.case_number, details.notes) == ("", "")
    document.set_detail("number", "A-7")
    document.set_detail("examiner", "Ann A")
    document.set_exhibit_notes(document.current.id, "secret")
    marked(window, START, START + 1, "secret too")
    QTest.keyClicks(window.report_dialog.form.lines["exhibit"], "E1")
    window.desk.shelf.new()
    for _ in range(2):
        details = window.report_dialog.details
        assert (details.case_number, details.notes, details.exhibit, details.marks) == ("", "", "", ())
        assert "secret" not in str(details)
        opened(window, clip, qtbot)


def test_a_new_case_is_signed_with_the_remembered_name(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(), clip, qtbot)
    window._settings.examiner = "B. Usual"
    window.desk.document.set_detail("examiner", "Ann A")
    assert window.report_dialog.details.examiner == "Ann A"
    window.desk.shelf.new()
    assert window.report_dialog.details.examiner == "B. Usual"


def test_what_is_typed_in_the_report_stays_until_the_case_says_otherwise(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    window = opened(make_window(), clip, qtbot)
    document, form = window.desk.document, window.report_dialog.form
    document.set_exhibit_notes(document.current.id, "short")
    form.notes_edit.setPlainText("a long text typed in the report")
    window.analyze()
    qtbot.waitUntil(lambda: window.session.result is not None)
    marked(window, START, START + 1)
    assert form.notes_edit.toPlainText() == "a long text typed in the report"
    document.set_exhibit_notes(document.current.id, "short and new")
    assert form.notes_edit.toPlainText() == "short and new"


def test_the_case_never_chooses_the_date_of_the_report(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(), clip, qtbot)
    form = window.report_dialog.form
    window.desk.document.set_detail("number", "7")
    assert not form._date_chosen
    form.date_edit.setDate(QDate(2020, 1, 2))
    window.desk.document.set_detail("number", "8")
    assert window.report_dialog.details.date == "2020-01-02"


def test_a_file_of_the_case_is_opened_over_a_running_analysis_only_after_asking(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    other = write_video(tmp_path / "other.mp4", seconds=1)
    window = opened(opened(make_window(PausingEngine(faces=2)), clip, qtbot), other, qtbot)
    window.analyze()
    window.desk.open_exhibit(window.desk.document.exhibits[0].id)
    assert window.session.state is State.ANALYSING
    assert "would be lost" in window.message.informativeText()
    window.message.close()
    path = saved(window, tmp_path / "a.lipfdcase", qtbot)
    window.desk.keeper.interval = lambda: 100.0
    marked(window, 0.0, 0.0, "made while it runs")
    assert "An analysis is running" in window.desk.shelf.loss()
    assert [len(one.marks) for one in read_case(path).exhibits] == [0, 1]
    window.session._engine.may_go_on.set()
    qtbot.waitUntil(lambda: window.session.result is not None)


def test_a_file_that_is_opened_while_the_case_looks_for_its_own_stays_open(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = write_video(tmp_path / "other.mp4", seconds=1)
    window = opened(make_window(), clip, qtbot)
    path = saved(window, tmp_path / "a.lipfdcase", qtbot)
    window.desk.shelf.new()
    may_go_on, check = threading.Event(), case_media.check_media

    def slow(*arguments: object) -> object:
        assert may_go_on.wait(60)
        return check(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(case_media, "check_media", slow)
    reopened(window, path, qtbot)
    opened(window, other, qtbot)
    with qtbot.waitSignal(window.desk.media.all_checked):
        may_go_on.set()
    assert window.session.state is State.READY
    assert window.session.media.info.path == other


# Keeping by itself -----------------------------------------------------------------------------------------------


def test_a_saved_case_is_saved_again_after_every_change(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = opened(make_window(), clip, qtbot)
    path = saved(window, tmp_path / "a.lipfdcase", qtbot)
    marked(window, START, START + 1, "later")
    assert window.desk.keeper.state is Keeping.PENDING
    qtbot.waitUntil(lambda: window.desk.keeper.state is Keeping.SAVED)
    assert [mark.note for mark in read_case(path).exhibits[0].marks] == ["later"]
    assert unsaved() == []


def test_a_case_that_was_never_saved_survives_a_crash(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(), clip, qtbot)
    marked(window, START, START + 1, "found before the crash")
    keeper = window.desk.keeper
    qtbot.waitUntil(lambda: keeper.state is Keeping.UNSAVED)
    assert unsaved() == []  # nobody else may open it while this window lives
    kept = keeper._slot.path
    lock = kept.with_name(kept.name + ".lock")
    crashed = (kept.read_bytes(), lock.read_bytes())
    closed(window)
    kept.write_bytes(crashed[0])
    lock.write_bytes(crashed[1].replace(str(os.getpid()).encode(), b"2147483646", 1))  # of a program that has ended

    again = make_window()
    again.desk.shelf.offer_unsaved()
    assert "ended unexpectedly" in again.desk.message.text()
    with qtbot.waitSignal(again.desk.keeper.opened):
        again.desk.message.buttons()[0].click()
    qtbot.waitUntil(lambda: again.session.result is not None)
    assert [mark.note for mark in again.desk.document.marks] == ["found before the crash"]
    assert again.desk.keeper.path is None


def test_closing_an_unsaved_case_keeps_it_for_the_next_start(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = opened(make_window(), clip, qtbot)
    marked(window, START, START, "kept")
    closed(window)
    assert len(unsaved()) == 1
    again = make_window()
    again.desk.shelf.offer_unsaved()
    assert again.desk.message is None
    again.desk.shelf.recent_menu.aboutToShow.emit()
    entry = again.desk.shelf.recent_menu.actions()[0]
    assert entry.text().startswith("Unsaved case of")
    with qtbot.waitSignal(again.desk.keeper.opened):
        entry.trigger()
    assert again.desk.document.exhibits[0].marks[0].note == "kept"
    saved(again, tmp_path / "a.lipfdcase", qtbot)
    assert unsaved() == []
    assert not list(default_folder().glob("*.lipfdcase"))


def test_only_looking_at_a_file_keeps_nothing(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(), clip, qtbot)
    closed(window)
    assert unsaved() == []


def test_without_a_place_for_unsaved_cases_closing_asks(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIPFD_CASES", "off")
    window = opened(make_window(), clip, qtbot)
    marked(window, START, START, "not to be lost")
    window.close()
    assert window.isVisible()
    assert "never saved" in window.message.informativeText()
    window.message.close()


def test_a_failing_autosave_is_told_once_and_falls_back(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = opened(make_window(), clip, qtbot)
    folder = tmp_path / "gone"
    folder.mkdir()
    saved(window, folder / "a.lipfdcase", qtbot)
    shutil.rmtree(folder)
    told: list[object] = []
    keeper = window.desk.keeper
    keeper.failed.connect(told.append)
    marked(window, START, START, "one")
    qtbot.waitUntil(lambda: bool(told) and keeper._writing is None)
    for note in ("two", "three"):
        marked(window, START, START, note)
        keeper._autosave()
        assert keeper._writing is not None
        qtbot.waitUntil(lambda: keeper._writing is None)
    assert len(told) == 1
    assert "folder does not exist" in window.desk.message.text()
    assert window.desk.keeper.state is Keeping.FAILING
    window.close()
    assert "folder does not exist" in window.message.informativeText()
    assert "kept among the unsaved cases" in window.message.informativeText()
    assert window.isVisible()
    window.close_now()
    (kept,) = unsaved()
    assert [mark.note for mark in read_case(kept).exhibits[0].marks] == ["one", "two", "three"]


def test_looking_at_a_case_that_cannot_be_written_leaves_no_copy(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = analysed(make_window(), clip, qtbot)
    path = saved(window, tmp_path / "a.lipfdcase", qtbot)
    closed(window)

    def refuse(*_: object) -> None:
        raise ExportError("a.lipfdcase: could not be written: that place is read-only; choose another place.")

    again = reopened(make_window(), path, qtbot)
    qtbot.waitUntil(lambda: again.session.result is not None)
    monkeypatch.setattr(again.desk.keeper._file, "write", refuse)
    again.player.seek(START + 2)
    closed(again)
    assert unsaved() == []


def test_a_file_that_fails_first_when_the_case_is_left_is_told_before_it_is_left(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = opened(make_window(), clip, qtbot)
    (tmp_path / "stick").mkdir()
    saved(window, tmp_path / "stick" / "a.lipfdcase", qtbot)
    window.desk.keeper.interval = lambda: 100.0
    marked(window, START, START, "precious")
    shutil.rmtree(tmp_path / "stick")
    window.desk.shelf.new()
    assert "folder does not exist" in window.desk.message.informativeText()
    assert window.desk.document.marks[0].note == "precious"
    window.desk.message.buttons()[0].click()
    assert window.desk.document.case == Case()
    assert [mark.note for mark in read_case(unsaved()[0]).exhibits[0].marks] == ["precious"]


def test_marks_made_while_another_case_is_read_are_kept(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_case(Case(title="B"), tmp_path / "b.lipfdcase")
    window = opened(make_window(), clip, qtbot)
    path = saved(window, tmp_path / "a.lipfdcase", qtbot)
    read, may_go_on = CaseFile.read, threading.Event()

    def slow(file: CaseFile) -> Case:
        assert may_go_on.wait(60)
        return read(file)

    monkeypatch.setattr(CaseFile, "read", slow)
    window.desk.keeper.interval = lambda: 100.0
    window.open_path(tmp_path / "b.lipfdcase")
    marked(window, START, START, "precious")
    may_go_on.set()
    qtbot.waitUntil(lambda: window.desk.document.title == "B")
    monkeypatch.undo()
    assert [mark.note for mark in read_case(path).exhibits[0].marks] == ["precious"]


def test_an_analysis_begun_while_another_case_is_read_goes_on(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_case(Case(title="B"), tmp_path / "b.lipfdcase")
    window = opened(make_window(), clip, qtbot)
    saved(window, tmp_path / "a.lipfdcase", qtbot)
    read, began, may_go_on, was_read = CaseFile.read, *(threading.Event() for _ in range(3))

    def slow(file: CaseFile) -> Case:
        began.set()
        assert may_go_on.wait(60)
        case = read(file)
        was_read.set()
        return case

    monkeypatch.setattr(CaseFile, "read", slow)
    window.open_path(tmp_path / "b.lipfdcase")
    qtbot.waitUntil(began.is_set)
    window.analyze()
    assert "not opened" in window.statusBar().currentMessage()
    may_go_on.set()
    qtbot.waitUntil(lambda: was_read.is_set() and window.session.result is not None)
    assert window.desk.keeper.path == tmp_path / "a.lipfdcase"
    assert window.desk.document.exhibits[0].result is not None
    monkeypatch.undo()
    reopened(window, tmp_path / "b.lipfdcase", qtbot)
    assert window.desk.document.title == "B"


def test_another_case_waits_when_what_was_done_meanwhile_cannot_be_kept(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_case(Case(title="B"), tmp_path / "b.lipfdcase")
    monkeypatch.setenv("LIPFD_CASES", "off")
    window = opened(make_window(), clip, qtbot)
    window.open_path(tmp_path / "b.lipfdcase")
    marked(window, START, START, "precious")
    qtbot.waitUntil(lambda: window.desk.message is not None)
    assert "never saved" in window.desk.message.text()
    assert [mark.note for mark in window.desk.document.marks] == ["precious"]


def test_an_unsaved_case_of_another_window_is_not_opened_as_a_file(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIPFD_CASES", "unsaved here")
    assert default_folder() == tmp_path / "unsaved here"
    one = opened(make_window(), clip, qtbot)
    marked(one, START, START, "of the first")
    qtbot.waitUntil(lambda: one.desk.keeper.state is Keeping.UNSAVED)
    (kept,) = default_folder().glob("*.lipfdcase")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600 or os.name == "nt"
    other = make_window()
    other.open_path(kept.parent / ".." / kept.parent.name / kept.name)
    assert "is open in a window of LipFD Desktop already" in other.desk.message.text()
    assert other.desk.keeper.path is None
    closed(one)
    reopened(other, kept, qtbot)
    assert other.desk.keeper.path is None
    assert other.desk.document.exhibits[0].marks[0].note == "of the first"


def test_two_windows_never_overwrite_each_other(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    one = opened(make_window(), clip, qtbot)
    path = saved(one, tmp_path / "a.lipfdcase", qtbot)
    other = reopened(make_window(), path, qtbot)
    qtbot.waitUntil(lambda: other.desk.document.current is not None)
    marked(other, START, START, "of the other")
    qtbot.waitUntil(lambda: other.desk.keeper.state is Keeping.SAVED)
    marked(one, START + 1, START + 1, "of the first")
    qtbot.waitUntil(lambda: one.desk.message is not None)
    assert "changed by another program" in one.desk.message.informativeText()
    qtbot.waitUntil(lambda: one.desk.keeper._writing is None)
    assert [mark.note for mark in read_case(path).exhibits[0].marks] == ["of the other"]
    one.desk.message.buttons()[0].click()
    qtbot.waitUntil(lambda: one.desk.keeper.state is Keeping.SAVED)
    assert [mark.note for mark in read_case(path).exhibits[0].marks] == ["of the first"]


# Media that are not what they were -------------------------------------------------------------------------------


def test_media_that_moved_with_the_case_are_found(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "old").mkdir()
    window = analysed(make_window(), clip, qtbot)
    saved(window, tmp_path / "a.lipfdcase", qtbot)
    closed(window)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    shutil.move(tmp_path / "media", moved / "media")
    shutil.move(tmp_path / "a.lipfdcase", moved / "a.lipfdcase")
    again = reopened(make_window(), moved / "a.lipfdcase", qtbot)
    qtbot.waitUntil(lambda: again.session.result is not None)
    assert again.session.media.info.path == moved / "media" / "clip.mkv"
    assert again.session.result.media.path == moved / "media" / "clip.mkv"
    assert "was moved" in again.desk.message.text()
    assert len(again.desk.document.exhibits) == 1


def test_changed_and_missing_media_are_told_and_nothing_is_lost(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = analysed(make_window(), clip, qtbot)
    marked(window, START, START, "of the old bytes")
    path = saved(window, tmp_path / "a.lipfdcase", qtbot)
    closed(window)
    with clip.open("ab") as stream:
        stream.write(b"more")
    again = reopened(make_window(), path, qtbot)
    qtbot.waitUntil(lambda: again.desk.message is not None)
    assert "has changed" in again.desk.message.text()
    assert again.session.media is None
    assert again.desk.panel.words_shown(0)[2] == "changed"
    (old,) = again.desk.document.exhibits
    again.desk.open_exhibit(old.id)
    qtbot.waitUntil(lambda: again.session.media is not None)
    assert again.session.result is None
    assert again.desk.document.marks == ()
    kept, new = again.desk.document.exhibits
    assert (kept.marks, kept.result is not None, new.result) == (old.marks, True, None)
    assert again.desk.media.checks[kept.id].state is MediaState.CHANGED
    closed(again)

    clip.unlink()
    last = reopened(make_window(), path, qtbot)
    qtbot.waitUntil(lambda: last.desk.message is not None)
    assert "is missing" in last.desk.message.text()
    assert last.desk.panel.words_shown(0)[2] == "missing"


def test_missing_media_are_located(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = analysed(make_window(), clip, qtbot)
    path = saved(window, tmp_path / "a.lipfdcase", qtbot)
    closed(window)
    other = write_video(tmp_path / "other.mp4", seconds=1)
    found = Path(shutil.move(clip, tmp_path / "renamed.mkv"))
    again = reopened(make_window(), path, qtbot)
    qtbot.waitUntil(lambda: again.desk.message is not None)
    again.desk.message = None
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(other), ""))
    again.desk.panel.locate_asked.emit(again.desk.document.exhibits[0].id)
    qtbot.waitUntil(lambda: again.desk.message is not None)
    assert "other.mp4 is not clip.mkv" in again.desk.message.text()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(found), ""))
    again.desk.panel.locate_asked.emit(again.desk.document.exhibits[0].id)
    qtbot.waitUntil(lambda: again.session.result is not None)
    assert again.desk.document.exhibits[0].path == found


def test_a_file_that_is_no_case_gets_a_sentence_and_changes_nothing(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = opened(make_window(), clip, qtbot)
    bad = tmp_path / "bad.lipfdcase"
    bad.write_text("no case")
    window.open_path(bad)
    qtbot.waitUntil(lambda: window.desk.message is not None)
    assert window.desk.message.text().startswith("bad.lipfdcase: is damaged or was not saved")
    assert window.session.media.info.path == clip


def test_a_new_case_is_empty_and_the_old_one_is_kept(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = opened(make_window(), clip, qtbot)
    marked(window, START, START, "old")
    window.actions_["case-new"].trigger()
    assert window.welcome.isVisible()
    assert window.desk.document.case == Case()
    assert len(unsaved()) == 1
    assert read_case(unsaved()[0]).exhibits[0].marks[0].note == "old"


def test_saving_asks_before_it_replaces_another_file(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened(make_window(), clip, qtbot)
    path = tmp_path / "taken.lipfdcase"
    write_case(Case(title="another"), path)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "taken"), ""))
    window.actions_["case-save"].trigger()
    assert window.desk.message.text() == "Replace taken.lipfdcase?"
    assert read_case(path).title == "another"
    with qtbot.waitSignal(window.desk.keeper.saved):
        window.desk.message.buttons()[0].click()
    assert CaseFile(path).read().title == ""
