"""Many files one after the other, beside the open one."""

from __future__ import annotations

import csv
import threading
from pathlib import Path

import pytest
from gui_support import UNTRAINED, ScriptedEngine, write_video
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from window_support import MakeWindow, opened

from lipfd_desktop.errors import Cancelled, NoFaceError
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.queue_files import HEADER, find_videos
from lipfd_desktop.gui.queue_items import ItemState
from lipfd_desktop.gui.queue_panel import COVERAGE, FILE, KEPT, SCORE, STATE, VERDICT, QueuePanel
from lipfd_desktop.gui.session import State


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three videos, one of them further in, among things that are none."""
    top = tmp_path_factory.mktemp("queue")
    (top / "inner").mkdir()
    (top / ".hidden").mkdir()
    for name in ("b.mp4", "inner/c.mkv", "a.MP4"):
        write_video(top / name, seconds=1)
    (top / "notes.txt").write_text("not a video")
    (top / "broken.mp4").write_text("not a video")
    (top / ".hidden" / "d.mp4").write_text("not looked at")
    return top


def videos(folder: Path) -> list[Path]:
    return [folder / "a.MP4", folder / "b.mp4", folder / "inner" / "c.mkv"]


def filled(window: MainWindow, paths: list[Path], qtbot: QtBot) -> MainWindow:
    window.queue.add(paths)
    qtbot.waitUntil(lambda: len(window.queue.runner.items) > 0)
    return window


def click(button: object, qtbot: QtBot) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def shown(panel: QueuePanel, column: int) -> list[str]:
    return [panel.model.index(row, column).data() for row in range(panel.model.rowCount())]


def states(window: MainWindow) -> list[str]:
    return [item.state.value for item in window.queue.runner.items]


def finished(window: MainWindow, qtbot: QtBot) -> None:
    runner = window.queue.runner
    qtbot.waitUntil(lambda: not runner.is_started and not runner.is_running)


# Adding ----------------------------------------------------------------------------------------------------------


def test_a_folder_is_searched_to_the_bottom_and_named_files_are_taken_as_they_are(folder: Path) -> None:
    found = find_videos([folder, folder / "notes.txt", folder / "b.mp4"], lambda: False)
    assert [path.name for path in found] == ["a.MP4", "b.mp4", "broken.mp4", "c.mkv", "notes.txt"]
    with pytest.raises(Cancelled):
        find_videos([folder], lambda: True)


def test_dropping_several_files_fills_the_queue_and_one_opens(
    make_window: MakeWindow, folder: Path, qtbot: QtBot
) -> None:
    window = make_window(ScriptedEngine())

    def drop(paths: list[Path]) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, buttons, keys))

    drop(videos(folder)[:2])
    qtbot.waitUntil(lambda: states(window) == ["waiting"] * 2)
    assert window.queue.dock.isVisible()
    assert shown(window.queue.panel, FILE) == ["a.MP4", "b.mp4"]
    drop([folder / "inner"])
    qtbot.waitUntil(lambda: len(states(window)) == 3)
    drop([videos(folder)[1]])
    qtbot.waitUntil(lambda: window.session.state is State.READY)
    assert len(states(window)) == 3


def test_a_file_is_listed_once(make_window: MakeWindow, folder: Path, qtbot: QtBot) -> None:
    window = filled(make_window(ScriptedEngine()), videos(folder)[:2], qtbot)
    window.queue.add(videos(folder))
    qtbot.waitUntil(lambda: len(states(window)) == 3)
    assert "1 file added to the queue; 2 were in it already" in window.statusBar().currentMessage()


# Working ---------------------------------------------------------------------------------------------------------


def test_the_queue_works_through_its_files_on_an_engine_and_a_thread_of_its_own(
    make_window: MakeWindow, folder: Path, qtbot: QtBot
) -> None:
    own, second = ScriptedEngine(), ScriptedEngine()
    window = filled(make_window(own, second), [*videos(folder), folder / "broken.mp4"], qtbot)
    results = []
    window.queue.runner.result_ready.connect(lambda result, _for: results.append(result))
    window.workspace.bar.stride_box.setCurrentIndex(window.workspace.bar.stride_box.findData(2))
    panel = window.queue.panel
    click(panel.start_button, qtbot)
    assert panel.start_button.text() == "Pause"
    finished(window, qtbot)
    assert states(window) == ["done", "done", "done", "failed"]
    assert [request.path for request in second.requests] == [*videos(folder), folder / "broken.mp4"]
    assert {(request.stride, request.face, request.time_range) for request in second.requests} == {(2, None, None)}
    assert not own.requests
    assert threading.get_ident() not in second.threads
    assert len(second.threads) == 1
    assert [result.media.path for result in results] == videos(folder)
    assert shown(panel, STATE)[3].startswith("failed: broken.mp4: this is not a video")
    assert shown(panel, VERDICT)[0] == str(results[0].verdict.outcome)
    assert shown(panel, SCORE)[0] == f"{results[0].verdict.score:.2f}"
    covered = results[0].coverage
    assert shown(panel, COVERAGE)[0] == f"{covered.windows_analysed} of {covered.windows_total}"
    assert shown(panel, KEPT)[:3] == ["now"] * 3
    assert panel.start_button.text() == "Start"


def test_progress_is_told_in_the_row_and_cancelling_stops_at_once(
    make_window: MakeWindow, folder: Path, qtbot: QtBot
) -> None:
    gate = threading.Semaphore(1)
    window = filled(make_window(ScriptedEngine(), ScriptedEngine(gate=gate)), videos(folder), qtbot)
    panel = window.queue.panel
    click(panel.start_button, qtbot)
    qtbot.waitUntil(lambda: shown(panel, STATE)[0].startswith("analysing ") and shown(panel, STATE)[0].endswith("%"))
    click(panel.cancel_button, qtbot)
    assert states(window) == ["cancelled", "waiting", "waiting"]
    assert not panel.cancel_button.isEnabled()
    for _ in range(50):
        gate.release()
    panel.table.selectRow(0)
    click(panel.retry_button, qtbot)
    assert states(window)[0] == "waiting"
    click(panel.start_button, qtbot)
    finished(window, qtbot)
    assert states(window) == ["done"] * 3


def test_pausing_lets_the_running_file_finish(make_window: MakeWindow, folder: Path, qtbot: QtBot) -> None:
    gate = threading.Semaphore(0)
    window = filled(make_window(ScriptedEngine(), ScriptedEngine(gate=gate)), videos(folder), qtbot)
    click(window.queue.panel.start_button, qtbot)
    assert window.queue.runner.is_running
    click(window.queue.panel.start_button, qtbot)
    assert "stops after this file" in window.queue.panel.summary.text()
    for _ in range(50):
        gate.release()
    finished(window, qtbot)
    assert states(window) == ["done", "waiting", "waiting"]


def test_the_queue_waits_between_files_while_the_user_analyses(
    make_window: MakeWindow, folder: Path, qtbot: QtBot
) -> None:
    gate = threading.Semaphore(0)
    window = opened(make_window(ScriptedEngine(gate=gate), ScriptedEngine()), videos(folder)[0], qtbot)
    window.analyze()
    filled(window, videos(folder)[1:], qtbot)
    window.queue.runner.start()
    qtbot.waitUntil(lambda: window.queue.runner.is_waiting)
    gate.release()
    qtbot.waitUntil(lambda: len(window.session.evidence.scores) > 0)
    assert states(window) == ["waiting"] * 2
    assert "goes on when your own analysis is done" in window.queue.panel.summary.text()
    for _ in range(50):
        gate.release()
    finished(window, qtbot)
    assert states(window) == ["done"] * 2


def test_the_running_file_can_be_removed(make_window: MakeWindow, folder: Path, qtbot: QtBot) -> None:
    gate = threading.Semaphore(0)
    window = filled(make_window(ScriptedEngine(), ScriptedEngine(gate=gate)), videos(folder)[:2], qtbot)
    window.queue.runner.start()
    window.queue.panel.table.selectRow(0)
    click(window.queue.panel.remove_button, qtbot)
    for _ in range(50):
        gate.release()
    finished(window, qtbot)
    assert [item.path for item in window.queue.runner.items] == [videos(folder)[1]]
    assert states(window) == ["done"]


def test_a_sentence_about_one_file_does_not_stop_the_next(make_window: MakeWindow, folder: Path, qtbot: QtBot) -> None:
    second = ScriptedEngine(failure=NoFaceError(folder / "a.MP4", "no face was found."))
    window = filled(make_window(ScriptedEngine(), second), videos(folder)[:2], qtbot)
    window.queue.runner.start()
    finished(window, qtbot)
    assert states(window) == ["failed", "failed"]
    assert window.message is None


def test_a_defect_stops_the_queue_and_is_shown(make_window: MakeWindow, folder: Path, qtbot: QtBot) -> None:
    second = ScriptedEngine(failure=ZeroDivisionError("oops"))
    window = filled(make_window(ScriptedEngine(), second), videos(folder)[:2], qtbot)
    window.queue.runner.start()
    finished(window, qtbot)
    assert states(window) == ["failed", "waiting"]
    assert "ZeroDivisionError" in window.message.informativeText()
    window.message.close()


def test_without_a_model_it_says_so(make_window: MakeWindow, folder: Path, qtbot: QtBot) -> None:
    window = filled(make_window(ScriptedEngine(models=())), videos(folder)[:1], qtbot)
    window.queue.runner.start()
    assert states(window) == ["waiting"]
    assert "No detection model is installed" in window.message.text()
    window.message.close()


def test_untrained_weights_give_no_verdict(make_window: MakeWindow, folder: Path, qtbot: QtBot) -> None:
    window = filled(make_window(ScriptedEngine(models=(UNTRAINED,))), videos(folder)[:1], qtbot)
    window.queue.runner.start()
    finished(window, qtbot)
    assert shown(window.queue.panel, VERDICT) == ["no verdict"]


# Afterwards ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_held", [True, False])
def test_a_double_click_opens_the_file_with_its_result(
    make_window: MakeWindow, folder: Path, qtbot: QtBot, is_held: bool
) -> None:
    own = ScriptedEngine(from_cache=True, faces=2)
    window = filled(make_window(own, ScriptedEngine(faces=2)), videos(folder)[:2], qtbot)
    window.queue.runner.start()
    finished(window, qtbot)
    if not is_held:
        window.queue.runner._results.clear()
        for exhibit in window.desk.document.exhibits:  # nor does the case hold it
            window.desk.document.remove(exhibit.id)
    window.queue.panel.table.activated.emit(window.queue.panel.model.index(1, 0))
    qtbot.waitUntil(lambda: window.session.result is not None)
    assert window.session.media.info.path == videos(folder)[1]
    assert window.session.result.media.path == videos(folder)[1]
    assert len(own.requests) == (0 if is_held else 1)  # then it comes from the kept results
    qtbot.waitUntil(lambda: window.workspace.scores.points_drawn > 0)
    qtbot.waitUntil(lambda: all(chip.has_portrait for chip in window.workspace.people.chips.values()))


@pytest.mark.parametrize("is_held", [True, False])
def test_the_result_of_other_bytes_is_not_shown(
    make_window: MakeWindow, tmp_path: Path, qtbot: QtBot, is_held: bool
) -> None:
    clip = write_video(tmp_path / "clip.mkv", seconds=1)
    own = ScriptedEngine()
    window = filled(make_window(own, ScriptedEngine()), [clip], qtbot)
    window.queue.runner.start()
    finished(window, qtbot)
    old = window.queue.runner.result_of(clip)
    if not is_held:
        window.queue.runner._results.clear()
    with clip.open("ab") as stream:
        stream.write(bytes(64))
    window.queue.panel.table.activated.emit(window.queue.panel.model.index(0, 0))
    qtbot.waitUntil(lambda: "clip.mkv has changed since the queue" in window.statusBar().currentMessage())
    assert window.session.media.sha256 != old.sha256
    assert not window.session.is_restoring
    assert window.session.result is None
    assert own.requests == []
    assert not window.session.restore(old)


def test_the_table_is_written_as_csv(make_window: MakeWindow, folder: Path, qtbot: QtBot, tmp_path: Path) -> None:
    window = filled(make_window(ScriptedEngine()), [videos(folder)[0], folder / "broken.mp4"], qtbot)
    window.queue.runner.start()
    finished(window, qtbot)
    target = tmp_path / "table.csv"
    window.queue.export(target)
    qtbot.waitUntil(target.exists)
    header, done, failed = csv.reader(target.read_text("utf-8").splitlines())
    assert tuple(header) == HEADER
    row = dict(zip(header, done, strict=True))
    assert row["state"] == "done"
    assert row["verdict"] == str(window.queue.runner.items[0].finding.outcome)
    assert row["model"] == "scripted"
    row = dict(zip(header, failed, strict=True))
    assert (row["state"], row["score"]) == ("failed", "")
    assert "this is not a video" in row["problem"]


def test_the_table_gets_its_suffix_and_replaces_nothing_unasked_and_no_examined_file_at_all(
    make_window: MakeWindow, folder: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = filled(make_window(ScriptedEngine()), videos(folder), qtbot)
    target = tmp_path / "table.v1.csv"
    target.write_text("mine")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "table.v1"), ""))
    click(window.queue.panel.export_button, qtbot)
    message = window.queue.message
    assert message.text() == "Replace table.v1.csv?"
    assert target.read_text() == "mine"
    next(button for button in message.buttons() if button.text() == "Replace").click()
    qtbot.waitUntil(lambda: target.read_text() != "mine")
    target.unlink()
    target.symlink_to(videos(folder)[2])
    before = videos(folder)[2].read_bytes()
    click(window.queue.panel.export_button, qtbot)
    assert "it is an examined file" in window.queue.message.text()
    window.queue.message.close()
    window.queue.export(target)
    qtbot.waitUntil(lambda: window.message is not None)
    assert "it is an examined file" in window.message.text()
    window.message.close()
    assert videos(folder)[2].read_bytes() == before


def test_closing_while_it_works_asks_then_cancels_and_waits(
    make_window: MakeWindow, folder: Path, qtbot: QtBot
) -> None:
    gate = threading.Semaphore(0)
    window = filled(make_window(ScriptedEngine(), ScriptedEngine(gate=gate)), videos(folder), qtbot)
    window.queue.runner.start()
    window.close()
    assert window.isVisible()
    assert "The queue is at work" in window.message.informativeText()
    window.message.buttons()[0].click()
    assert not window.queue.runner.is_alive
    assert not window.isVisible()


def test_results_of_many_files_are_not_all_held(
    make_window: MakeWindow, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lipfd_desktop.gui.queue_runner._KEPT_WINDOWS", 30)
    window = filled(make_window(ScriptedEngine()), videos(folder), qtbot)
    window.queue.runner.start()
    finished(window, qtbot)
    held = [window.queue.runner.result_of(path) is not None for path in videos(folder)]
    assert held == [False, False, True]
    assert all(item.state is ItemState.DONE for item in window.queue.runner.items)
