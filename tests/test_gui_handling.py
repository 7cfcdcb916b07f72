"""The handling log in the window: what is done makes entries with the right hashes, and looking makes none."""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest
from gui_support import MODEL, ScriptedEngine, write_video
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from storage_support import read_case, write_case
from window_support import MakeWindow, analysed, closed, opened, own_copy, reopened, saved, saving_at_once

from lipfd_desktop.case.relocation import MediaState
from lipfd_desktop.gui.case_recovery import RecoveryStore, default_folder
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.outputs import Output
from lipfd_desktop.handling import Deed, Entry, first_misfit
from lipfd_desktop.media.digest import sha256_of
from lipfd_desktop.report.handling_words import chain_words

START = 5.0


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("handling") / "clip.mkv", seconds=3, start=START)


@pytest.fixture
def clip(master: Path, tmp_path: Path) -> Path:
    return own_copy(master, tmp_path)


@pytest.fixture
def make_window(make_window: MakeWindow) -> MakeWindow:
    return saving_at_once(make_window)


def log_of(window: MainWindow) -> tuple[Entry, ...]:
    return window.desk.document.case.handling


def deeds(window: MainWindow) -> list[str]:
    return [entry.deed.value for entry in log_of(window)]


def exported(window: MainWindow, path: Path, qtbot: QtBot) -> Entry:
    with qtbot.waitSignal(window.session.outputs.written):
        window._export(path)
    return log_of(window)[-1]


def test_what_is_done_is_in_the_case_with_its_hashes(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window()
    QTest.keyClicks(window.desk.panel.lines["examiner"], "Dr. A")
    analysed(window, clip, qtbot)
    report = exported(window, tmp_path / "report.json", qtbot)
    with qtbot.waitSignal(window.session.outputs.written):
        window.picture._save(
            window.session.media, START + 1, window.picture._describe(window.session.media, overlay=False),
            tmp_path / "frame.png",
        )  # fmt: skip
    result, log = window.session.result, log_of(window)
    assert deeds(window) == ["created", "added", "analysed", "exported", "exported"]
    assert [entry.who for entry in log] == ["Dr. A"] * 5
    assert {(entry.name, entry.sha256) for entry in log[1:]} == {("clip.mkv", sha256_of(clip))}
    analysis = dict(log[2].details)
    assert (analysis["model"], analysis["model_sha256"]) == (MODEL.name, MODEL.sha256)
    assert (analysis["verdict"], analysis["windows"]) == (
        result.verdict.label, f"{result.coverage.windows_analysed}/{result.coverage.windows_total}",
    )  # fmt: skip
    assert dict(report.details) == {
        "kind": "json", "output": "report.json", "output_sha256": sha256_of(tmp_path / "report.json"),
        "verdict": analysis["verdict"], "score": analysis["score"], "threshold": analysis["threshold"],
    }  # fmt: skip
    assert dict(log[4].details) == {
        "kind": "snapshot", "output": "frame.png", "output_sha256": sha256_of(tmp_path / "frame.png"),
    }  # fmt: skip
    path = saved(window, tmp_path / "a.lipfdcase", qtbot)
    closed(window)
    assert read_case(path).handling == log
    assert first_misfit(log) is None

    again = reopened(make_window(), path, qtbot)
    qtbot.waitUntil(lambda: again.session.result is not None)
    again.player.seek(START + 2)
    again.desk.document.add_mark(START, START + 1)
    again.desk.document.set_exhibit_notes(again.desk.document.current.id, "seen")
    closed(again)
    assert read_case(path).handling == log  # neither looking nor marks and notes are deeds


def test_a_case_that_began_with_its_title_has_its_beginning(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window()
    window.desk.document.set_detail("title", "t")
    path = saved(window, tmp_path / "a.lipfdcase", qtbot)
    closed(window)
    again = make_window()
    again.desk.shelf.open(path)
    qtbot.waitUntil(lambda: again.desk.keeper.path == path)
    opened(again, clip, qtbot)
    assert deeds(again) == ["created", "added"]


def test_nothing_personal_is_in_a_log_but_the_examiner(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = analysed(make_window(), clip, qtbot)
    exported(window, tmp_path / "report.json", qtbot)
    for entry in log_of(window):
        assert entry.who == ""
        assert str(tmp_path) not in repr(entry)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_opening_a_case_leaves_its_file_as_it_is(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path, version: int
) -> None:
    window = analysed(make_window(), clip, qtbot)
    path = saved(window, tmp_path / "a.lipfdcase", qtbot)
    closed(window)
    as_version(path, version)
    before = path.read_bytes()
    again = make_window()
    again.desk.keeper.interval = lambda: 100.0  # where the cursor is, is saved as ever
    reopened(again, path, qtbot)
    qtbot.waitUntil(lambda: again.session.result is not None)
    qtbot.waitUntil(lambda: bool(again.desk.media.checks))
    assert len(log_of(again)) == (3 if version == 3 else 0)
    assert again.desk.document.case.has_same_work(again.desk.keeper._file.written)
    assert path.read_bytes() == before
    exported(again, tmp_path / "report.json", qtbot)
    assert deeds(again)[-1] == "exported"
    assert deeds(again).count("created") == (version == 3)  # of an old case nobody knows
    assert not again.desk.document.case.has_same_work(again.desk.keeper._file.written)
    closed(again)
    assert read_case(path).handling[-1].deed is Deed.EXPORTED


def as_version(path: Path, version: int) -> None:
    """The file as an older program had written it."""
    with ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    document = json.loads(parts["case.json"])
    if version < 3:
        del document["case"]["handling"]
    document["format_version"] = version
    with ZipFile(path, "w") as archive:
        for name, content in (parts | {"case.json": json.dumps(document).encode()}).items():
            archive.writestr(name, content)


def test_undo_takes_no_entry_back(make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path) -> None:
    other = write_video(tmp_path / "other.mp4", seconds=1)
    window = opened(opened(make_window(), clip, qtbot), other, qtbot)
    document = window.desk.document
    before = log_of(window)
    document.remove(document.exhibits[0].id)
    document.undo_stack.undo()
    document.undo_stack.redo()
    assert deeds(window) == ["created", "added", "added", "removed", "restored", "removed"]
    assert log_of(window)[:3] == before
    assert {entry.sha256 for entry in log_of(window)[3:]} == {sha256_of(clip)}


def test_what_was_only_found_is_entered_with_the_next_deed(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = analysed(make_window(), clip, qtbot)
    path = saved(window, tmp_path / "a.lipfdcase", qtbot)
    closed(window)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    shutil.move(tmp_path / "media", moved / "media")
    shutil.move(path, moved / path.name)
    again = make_window()
    again.desk.keeper.interval = lambda: 100.0  # with which the new place would be saved
    reopened(again, moved / path.name, qtbot)
    qtbot.waitUntil(lambda: again.session.result is not None)
    assert deeds(again) == ["created", "added", "analysed"]
    again.analyze()
    qtbot.waitUntil(lambda: len(log_of(again)) == 5)
    assert deeds(again)[3:] == ["relocated", "analysed"]
    assert log_of(again)[3].sha256 == sha256_of(moved / "media" / "clip.mkv")


def test_a_new_place_is_entered_when_it_is_saved(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    path = saved(opened(make_window(), clip, qtbot), tmp_path / "a.lipfdcase", qtbot)
    moved = tmp_path / "far" / "away" / clip.name
    moved.parent.mkdir(parents=True)
    window = make_window()
    clip.rename(moved)
    window.desk.shelf.open(path)
    qtbot.waitUntil(lambda: bool(window.desk.media.checks))
    window.desk._take_located(window.desk.document.exhibits[0].id, moved, True)
    qtbot.waitUntil(lambda: window.session.media is not None)
    closed(window)
    kept = read_case(path)
    assert kept.exhibits[0].path == moved
    assert [entry.deed.value for entry in kept.handling] == ["created", "added", "relocated"]
    assert first_misfit(kept.handling) is None


def test_an_output_says_by_which_threshold_it_was_written(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = analysed(make_window(), clip, qtbot)
    window.workspace.scores.threshold_moved.emit(0.05)
    told = dict(exported(window, tmp_path / "report.json", qtbot).details)
    assert told["threshold"] == "0.05"
    assert told["verdict"] == window.session.result.verdict.label


def test_what_a_comparison_writes_is_of_the_case_in_which_it_began(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = analysed(make_window(), clip, qtbot)
    window.comparing.open_reference(clip)
    compare = window.comparing.window
    qtbot.waitUntil(lambda: compare.sides[1] is not None and compare.sides[1].result is not None)
    assert deeds(window) == ["created", "added", "analysed", "analysed"]  # the reference is a file of the case too
    outputs = compare.session.outputs
    window.desk.keeper.new()
    with qtbot.waitSignal(window.session.outputs.written):
        outputs.write(Output(kind="comparison", path=tmp_path / "x.png"), lambda _job: None, lambda _done: None)
    assert log_of(window) == ()


def test_who_reads_an_older_entry_is_left_there(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = analysed(make_window(), clip, qtbot)
    window.actions_["case-log"].trigger()
    table = window.desk.handling.dialog.table
    assert table.currentIndex().row() == 2
    exported(window, tmp_path / "a.json", qtbot)
    assert table.currentIndex().row() == 3
    table.selectRow(1)
    exported(window, tmp_path / "b.json", qtbot)
    assert table.currentIndex().row() == 1


def test_a_file_that_was_changed_is_entered_before_the_bytes_that_took_its_place(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    old = sha256_of(clip)
    window = analysed(make_window(), clip, qtbot)
    path = saved(window, tmp_path / "a.lipfdcase", qtbot)
    closed(window)
    with clip.open("ab") as stream:
        stream.write(b"more")
    again = reopened(make_window(), path, qtbot)
    qtbot.waitUntil(lambda: again.desk.message is not None)
    assert next(iter(again.desk.media.checks.values())).state is MediaState.CHANGED
    assert len(log_of(again)) == 3
    again.desk.open_exhibit(again.desk.document.exhibits[0].id)
    qtbot.waitUntil(lambda: again.session.media is not None)
    found = [(entry.deed, entry.sha256) for entry in log_of(again)[3:]]
    assert found == [(Deed.CHANGED, old), (Deed.ADDED, sha256_of(clip))]


def test_files_of_the_queue_are_entered_and_its_table(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window()
    window.queue.add([clip])
    window.queue.runner.start()
    qtbot.waitUntil(lambda: deeds(window) == ["created", "added", "analysed"])
    with qtbot.waitSignal(window.session.outputs.written):
        window.queue.export(tmp_path / "table.csv")
    entry = log_of(window)[-1]
    assert (entry.deed, entry.name, dict(entry.details)["kind"]) == (Deed.EXPORTED, "", "table")
    assert dict(entry.details)["output_sha256"] == sha256_of(tmp_path / "table.csv")


def test_a_comparison_that_is_saved_names_both_files(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    other = write_video(tmp_path / "reference.mp4", seconds=2)
    window = opened(make_window(), clip, qtbot)
    window.comparing.open_reference(other)
    compared = window.comparing.window
    qtbot.waitUntil(lambda: compared.session.media is not None and compared.scene() is not None)
    compared.snapshots.save(tmp_path / "both.png")
    qtbot.waitUntil(lambda: deeds(window) == ["created", "added", "exported"])
    entry = log_of(window)[-1]
    assert (entry.name, entry.sha256) == ("clip.mkv", sha256_of(clip))
    assert dict(entry.details) == {
        "kind": "comparison", "output": "both.png", "output_sha256": sha256_of(tmp_path / "both.png"),
        "reference": "reference.mp4", "reference_sha256": sha256_of(other),
    }  # fmt: skip


def test_a_report_that_another_case_asked_for_is_not_entered(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    engine = ScriptedEngine(export_gate=threading.Semaphore(0))
    window = analysed(make_window(engine), clip, qtbot)
    window._export(tmp_path / "report.json")
    window.desk.keeper.flush()
    window.desk.keeper.new()
    with qtbot.waitSignal(window.session.outputs.written):
        engine.export_gate.release()
    assert log_of(window) == ()


def test_a_snapshot_of_an_unsaved_case_keeps_it(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = opened(make_window(), clip, qtbot)
    media = window.session.media
    with qtbot.waitSignal(window.session.outputs.written):
        window.picture._save(media, START, window.picture._describe(media, overlay=False), tmp_path / "frame.png")
    closed(window)
    (unsaved,) = RecoveryStore(default_folder()).unsaved()
    assert [entry.deed for entry in read_case(unsaved.path).handling] == [Deed.CREATED, Deed.ADDED, Deed.EXPORTED]


# The dialog ------------------------------------------------------------------------------------------------------


def test_the_dialog_follows_the_log_and_is_copied(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = opened(make_window(), clip, qtbot)
    window.actions_["case-log"].trigger()
    dialog = window.desk.handling.dialog
    model = dialog.table.model()
    assert (dialog.isVisible(), model.rowCount()) == (True, 2)
    window.analyze()
    qtbot.waitUntil(lambda: model.rowCount() == 3)
    last = log_of(window)[-1]
    words = [model.index(2, column).data() for column in range(model.columnCount())]
    assert words[2:4] == ["file analysed", "clip.mkv"]
    assert words[0] == last.when.replace("T", " ").replace("Z", " UTC")
    assert f"Model SHA-256: {MODEL.sha256}" in words[4]
    assert dialog.chain_label.text() == "The chain of 3 entries is whole: each fits the one before."
    assert dialog.digest_label.text() == last.digest
    assert f"SHA-256: {last.sha256}" in dialog.entry_view.toPlainText()
    QTest.keyClick(dialog.table, Qt.Key.Key_Home)
    QTest.keyClick(dialog.table, Qt.Key.Key_Up)
    dialog.table.selectRow(0)
    assert "case begun" in dialog.entry_view.toPlainText()
    dialog.copy_button.click()
    copied = QApplication.clipboard().text()
    assert [entry.digest in copied for entry in log_of(window)] == [True] * 3
    window.desk.shelf.new()
    assert (model.rowCount(), dialog.digest_label.text()) == (0, "–")
    assert dialog.chain_label.text() == "The log has no entries yet."


def test_a_chain_that_is_broken_is_told_and_goes_on(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    window = analysed(make_window(), clip, qtbot)
    path = saved(window, tmp_path / "a.lipfdcase", qtbot)
    closed(window)
    case = read_case(path)
    forged = replace(case.handling[1], who="somebody else")
    write_case(replace(case, handling=(case.handling[0], forged, *case.handling[2:])), path)
    again = reopened(make_window(), path, qtbot)
    qtbot.waitUntil(lambda: again.session.result is not None)
    again.desk.panel.log_button.click()
    dialog = again.desk.handling.dialog
    assert dialog.chain_label.text().startswith("The chain breaks at entry 2 of 3: ")
    assert "The chain breaks at entry 2 of 3" in again.desk.handling.message.text()
    assert dialog.chain_label.property("banner")
    exported(again, tmp_path / "report.json", qtbot)
    assert log_of(again)[1] == forged
    assert first_misfit(log_of(again)) == 2
    assert again.report_dialog.details.handling == log_of(again)
    assert "entry 2 of 4" in chain_words(log_of(again), 2)


def test_the_report_gets_the_log_of_the_case_that_is_open(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    engine = ScriptedEngine()
    window = analysed(make_window(engine), clip, qtbot)
    before = log_of(window)
    exported(window, tmp_path / "report.json", qtbot)
    assert engine.details[-1].handling == before  # the entry of a report comes after it
    other = write_video(tmp_path / "other.mp4", seconds=1)
    opened(window, other, qtbot)
    assert window.report_dialog.details.handling == log_of(window)
    window.desk.keeper.flush()
    window.desk.keeper.new()
    assert window.report_dialog.details.handling == ()


def test_the_entries_can_be_found_by_keyboard_and_fit_a_small_screen(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    window = opened(make_window(), clip, qtbot)
    window.desk.handling.show()
    dialog = window.desk.handling.dialog
    assert dialog.minimumSizeHint().width() <= 1240
    assert dialog.minimumSizeHint().height() <= 640
    named = (dialog.table, dialog.entry_view, dialog.digest_label, dialog.chain_label)
    assert all(widget.accessibleName() for widget in named)
    seen = set()
    for _ in range(8):
        seen.add(dialog.focusWidget())
        dialog.focusNextPrevChild(True)
    assert {dialog.table, dialog.entry_view, dialog.copy_button, dialog.close_button} <= seen
