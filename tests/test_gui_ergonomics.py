"""What makes the window pleasant and honest to work with: room, calm, folders, and the mouth close by."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gui_support import LISTENING, UNTRAINED, ScriptedEngine, write_video
from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QAbstractItemView, QDockWidget, QFileDialog, QLabel, QTableView
from pytestqt.qtbot import QtBot
from scores_support import RULE
from window_support import MakeWindow, analysed, empty_view, opened

from lipfd_desktop import language
from lipfd_desktop.gui import text
from lipfd_desktop.gui.analysis_bar import AnalysisBar
from lipfd_desktop.gui.camera import Camera, Part
from lipfd_desktop.gui.evidence import FaceBox
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.output_folders import OutputFolders
from lipfd_desktop.gui.overlay import Mark, Overlay, paint_overlay
from lipfd_desktop.gui.queue_panel import FILE, STATE
from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.gui.window_table import HEADERS, WindowTable
from lipfd_desktop.result import FacePath

SMALL = (1280, 720)
"""The smallest screen that the window is made for."""
LARGE = (1600, 970)
WIDTH_OF_BAR = 990
"""Pixels that the settings have there, beside the panels."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("evidence") / "clip.mkv", seconds=3.0)


# Moments and verdict ---------------------------------------------------------------------------------------------


def test_moments_are_loud_only_under_a_verdict_that_says_so(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(size=SMALL), clip, qtbot)
    panel, bar = window.review.suspicious, window.workspace.transport.seek_bar
    assert window.workspace.verdict.headline.text() == "Likely authentic"
    assert len(panel.model.spans) > 0
    assert not panel.is_loud
    assert not bar.is_loud
    assert panel.standing_label.text() == "At or above the threshold of 0.50, by which the verdict is decided too."
    assert panel.standing_label.isVisible()
    window.workspace.scores.threshold_moved.emit(0.05)
    assert window.workspace.verdict.headline.text() == "Likely manipulated"
    assert panel.is_loud
    assert bar.is_loud
    assert "threshold of 0.05" in panel.standing_label.text()


def test_moments_of_an_undecided_file_are_calm(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    hesitant = replace(LISTENING, rule=replace(RULE, manipulated_from=0.99, authentic_below=0.01))
    window = analysed(make_window(ScriptedEngine(models=(hesitant,)), size=SMALL), clip, qtbot)
    assert window.workspace.verdict.headline.text().startswith("Inconclusive")
    panel = window.review.suspicious
    assert len(panel.model.spans) > 0
    assert not panel.is_loud
    assert panel.standing_label.text() == "At or above the threshold of 0.50; does not decide the verdict."


def test_the_threshold_of_test_weights_decides_no_verdict(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine(models=(UNTRAINED,)), size=SMALL), clip, qtbot)
    assert window.review.suspicious.standing_label.text() == "At or above the threshold of 0.50."


def shown(window: MainWindow) -> tuple[int, int | None]:
    """Position and face of the window whose numbers are shown."""
    one = window.frame_panel.shown
    assert one is not None
    return one.index, one.face


def test_the_highest_window_is_one_key_away_even_below_the_threshold(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    window = analysed(make_window(ScriptedEngine(faces=2), size=SMALL), clip, qtbot)
    panel, scores = window.review.suspicious, window.session.result.scores
    assert not panel.highest_button.isVisible()
    window.workspace.scores.threshold_moved.emit(1.0)
    qtbot.waitUntil(panel.highest_button.isVisible)
    assert panel.highest_button.text() == f"Highest window: {np.nanmax(scores.score):.2f}"
    qtbot.mouseClick(panel.highest_button, Qt.MouseButton.LeftButton)
    assert shown(window) == (scores.index[np.nanargmax(scores.score)], scores.face[0])
    window.people.choose(1)
    window.actions_["highest"].trigger()
    own = scores.of_face(1)
    assert shown(window) == (own.index[np.nanargmax(own.score)], 1)
    assert panel.highest_button.text() == f"Highest window: {np.nanmax(own.score):.2f}"


# The queue -------------------------------------------------------------------------------------------------------


def heights(window: MainWindow) -> tuple[int, int]:
    return window.workspace.video.height(), window.workspace.tracks.height()


def settled(window: MainWindow, qtbot: QtBot) -> tuple[int, int]:
    """The heights once they stay: a window that was just shown is laid out in several turns."""
    found = [heights(window)]

    def stays() -> bool:
        found.append(heights(window))
        return len(found) > 10 and len(set(found[-10:])) == 1

    qtbot.waitUntil(stays)
    return found[-1]


def test_the_queue_takes_its_room_from_the_tracks(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(size=SMALL), clip, qtbot)
    before = settled(window, qtbot)
    window.queue.toggle.trigger()
    qtbot.waitUntil(lambda: heights(window)[1] < before[1])
    assert settled(window, qtbot)[0] == pytest.approx(before[0], abs=1)
    assert window.queue.dock.isVisible()
    window.queue.dock.close()
    qtbot.waitUntil(lambda: heights(window)[1] > before[1] - 2)
    assert settled(window, qtbot) == pytest.approx(before, abs=1)
    assert not window.queue.toggle.isChecked()
    for _ in range(2):  # the panel knows its height by now and has it before it is seen
        window.queue.show()
        qtbot.waitUntil(lambda: heights(window)[1] < before[1])
        assert settled(window, qtbot)[0] == pytest.approx(before[0], abs=1)
        window.queue.dock.hide()
        qtbot.waitUntil(lambda: heights(window)[1] > before[1] - 2)


@pytest.mark.parametrize("kept_open", [False, True])
def test_squeezed_tracks_grow_back_with_the_window(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, kept_open: bool
) -> None:
    never_small = opened(make_window(size=LARGE), clip, qtbot)
    qtbot.waitUntil(lambda: never_small.workspace.height() > 800)
    picture, tracks = heights(never_small)
    score = never_small.workspace.scores.height()
    never_small.close_now()
    window = opened(make_window(size=SMALL), clip, qtbot)
    before = settled(window, qtbot)
    window.queue.show()
    window.queue.panel.pin_button.setChecked(kept_open)
    qtbot.waitUntil(lambda: heights(window)[1] < before[1])
    window.close_now()
    again = opened(make_window(size=SMALL), clip, qtbot)
    again.resize(*LARGE)
    again.queue.dock.close()
    qtbot.waitUntil(lambda: heights(again) == (pytest.approx(picture, abs=12), pytest.approx(tracks, abs=12)))
    assert again.workspace.scores.height() == pytest.approx(score, abs=12)


def test_a_picture_that_was_made_larger_keeps_its_share(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(size=LARGE), clip, qtbot)
    qtbot.waitUntil(lambda: window.workspace.height() > 800)
    window.workspace._parts.moveSplitter(500, 1)
    (picture, tracks) = heights(window)
    assert picture == pytest.approx(500, abs=2)
    window.resize(*SMALL)
    qtbot.waitUntil(lambda: heights(window)[1] < tracks)
    window.close_now()
    again = opened(make_window(size=SMALL), clip, qtbot)
    again.resize(*LARGE)
    qtbot.waitUntil(lambda: heights(again) == (pytest.approx(picture, abs=12), pytest.approx(tracks, abs=12)))


@pytest.mark.parametrize("kept_open", [False, True])
def test_an_opened_queue_comes_back_only_if_it_is_kept_open(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, kept_open: bool
) -> None:
    window = opened(make_window(size=SMALL), clip, qtbot)
    window.queue.show()
    window.queue.panel.pin_button.setChecked(kept_open)
    window.close_now()
    again = opened(make_window(size=SMALL), clip, qtbot)
    assert again.queue.dock.isVisible() is kept_open
    assert again.queue.panel.pin_button.isChecked() is kept_open


def test_a_queue_with_files_stays_when_the_first_file_is_opened(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    opened(make_window(size=SMALL), clip, qtbot).close_now()  # leaves a layout without a queue
    window = make_window(size=SMALL)
    window.queue.add([clip])
    qtbot.waitUntil(lambda: len(window.queue.runner.items) == 1)
    opened(window, clip, qtbot)
    assert window.queue.dock.isVisible()


def test_the_state_of_a_file_is_no_wider_than_its_words(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window = make_window(size=SMALL)
    name = tmp_path / f"{'a rather long name of a file ' * 7}.mp4"
    name.write_bytes(b"no film")
    window.queue.add([name])
    qtbot.waitUntil(lambda: len(window.queue.runner.items) == 1)
    table = window.queue.panel.table
    qtbot.waitUntil(table.isVisible)
    needed = max(table.sizeHintForColumn(STATE), table.horizontalHeader().sectionSizeHint(STATE))
    assert table.columnWidth(STATE) == needed
    assert table.columnWidth(FILE) > 3 * table.columnWidth(STATE)
    assert sum(table.columnWidth(column) for column in range(table.model().columnCount())) <= table.viewport().width()


# Folders ---------------------------------------------------------------------------------------------------------


def asked_folders(monkeypatch: pytest.MonkeyPatch, answer: Path | None = None) -> list[Path]:
    """The folders in which dialogs for saving opened."""
    asked: list[Path] = []

    def ask(_parent: object, _title: str, proposed: str, *_: object, **__: object) -> tuple[str, str]:
        asked.append(Path(proposed).parent)
        return ("" if answer is None else str(answer)), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    return asked


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "home").mkdir()
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.setattr("lipfd_desktop.gui.output_folders.QStandardPaths.writableLocation", lambda _where: "")
    return tmp_path / "home"


def test_nothing_is_saved_beside_the_evidence_by_default(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    window = analysed(make_window(size=SMALL), clip, qtbot)
    asked = asked_folders(monkeypatch)
    for name in ("snapshot", "snapshot-plain", "export-pdf", "export-csv", "case-save"):
        window.actions_[name].trigger()
    assert asked == [home] * 5


def test_a_chosen_folder_is_proposed_the_next_time(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path
) -> None:
    window = analysed(make_window(size=SMALL), clip, qtbot)
    (tmp_path / "pictures").mkdir()
    asked_folders(monkeypatch, tmp_path / "pictures" / "moment.png")
    window.actions_["snapshot"].trigger()
    qtbot.waitUntil((tmp_path / "pictures" / "moment.png").exists)
    asked = asked_folders(monkeypatch)
    window.actions_["snapshot"].trigger()
    window.actions_["export-pdf"].trigger()
    assert asked == [tmp_path / "pictures"] * 2


def test_each_kind_of_output_has_its_folder(settings: Settings, tmp_path: Path, home: Path) -> None:
    case_folder, evidence = tmp_path / "case", tmp_path / "evidence"
    for name in ("case", "evidence", "reports", "pictures"):
        (tmp_path / name).mkdir()
    case: list[Path] = []
    folders = OutputFolders(settings, lambda: case[0] if case else None, lambda: [evidence / "film.mp4"])
    assert folders.propose("export") == home
    case.append(case_folder / "a.lipfdcase")
    assert folders.propose("export") == case_folder
    case[0] = evidence / "a.lipfdcase"
    assert folders.propose("export") == home
    folders.remember("export", tmp_path / "reports")
    folders.remember("snapshot", tmp_path / "pictures")
    assert folders.propose("export") == tmp_path / "reports"
    assert folders.propose("snapshot") == tmp_path / "pictures"
    assert folders.propose("table") == tmp_path / "pictures"
    (tmp_path / "pictures").rmdir()
    assert folders.propose("snapshot") == home
    folders.remember("report", evidence)
    assert folders.propose("report") == evidence, "chosen for this kind"
    assert folders.propose("log") == home, "not chosen for that one"


# Settings of the analysis ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("spoken", language.LANGUAGES)
def test_every_setting_has_its_name_in_a_small_window(spoken: str, qtbot: QtBot) -> None:
    language.use(spoken)
    try:
        bar = AnalysisBar()
    finally:
        language.use("en")
    qtbot.addWidget(bar)
    bar.resize(WIDTH_OF_BAR, bar.sizeHint().height())
    bar.show()
    qtbot.waitExposed(bar)
    captions = [label for label in bar.findChildren(QLabel) if label.buddy() is not None]
    assert len(captions) == 6
    assert bar.width() == WIDTH_OF_BAR
    for label in captions:
        assert label.isVisible()
        assert label.text()
        assert label.width() >= label.sizeHint().width()
        box = label.buddy()
        assert abs(box.x() - label.x()) <= 1
        assert label.geometry().bottom() < box.y()


def test_the_reason_keeps_room_beside_a_long_headline(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(size=(1600, 900)), clip, qtbot)
    strip = window.workspace.verdict
    assert strip.device.isVisible()
    assert strip.sentence.width() >= 280
    strip.headline.setText("Wahrscheinlich manipuliert: erzeugtes Bild und fremder Ton")
    window.resize(1280, 720)
    qtbot.waitUntil(lambda: not strip.device.isVisible())
    assert not strip.stride.isVisible()
    assert strip.coverage.isVisible()


# Panels ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1280, 720), (1600, 1000)])
def test_no_panel_scrolls_sideways(make_window: MakeWindow, clip: Path, qtbot: QtBot, size: tuple[int, int]) -> None:
    window = analysed(make_window(size=size), clip, qtbot)
    window.actions_["mark"].trigger()
    window.actions_["mark-window"].trigger()
    for name in ("marks", "case", "windows", "file"):
        dock = window.findChild(QDockWidget, name)
        dock.show()
        dock.raise_()
        view = dock.findChild(QAbstractItemView)
        qtbot.waitUntil(view.isVisible)
        qtbot.waitUntil(lambda view=view: view.horizontalScrollBar().maximum() == 0)
        if isinstance(view, QTableView):
            header = view.horizontalHeader()
            for column in (c for c in range(header.count()) if not header.isSectionHidden(c)):
                assert view.columnWidth(column) >= 36, (name, column)


@pytest.mark.parametrize("spoken", language.LANGUAGES)
def test_the_state_of_a_window_is_never_cut(spoken: str, qtbot: QtBot) -> None:
    language.use(spoken)
    try:
        table = WindowTable()
        state, title = language.tr("analysed"), language.tr("state")
    finally:
        language.use("en")
    qtbot.addWidget(table)
    table.resize(220, 300)
    table.show()
    qtbot.waitExposed(table)
    last = len(HEADERS) - 1
    assert table.columnWidth(last) >= table.horizontalHeader().fontMetrics().horizontalAdvance(title) + 6
    assert table.columnWidth(last) >= table.fontMetrics().horizontalAdvance(state) + 6
    table.resize(600, 300)
    qtbot.waitUntil(lambda: table.horizontalHeader().length() == table.viewport().width())
    table.setColumnWidth(1, table.columnWidth(1) + 30)
    assert table.horizontalHeader().length() == table.viewport().width()
    table.columns.toggle("generated").trigger()
    assert table.horizontalHeader().length() == table.viewport().width()


def test_columns_are_shown_on_demand_and_remembered(make_window: MakeWindow, settings: Settings) -> None:
    window = make_window(size=SMALL)
    table, columns = window.window_table, window.window_table.columns
    place = HEADERS.index("weight of lip")
    assert table.isColumnHidden(place)
    columns.toggle("weight of lip").trigger()
    columns.toggle("#").trigger()
    assert not table.isColumnHidden(place)
    assert table.isColumnHidden(0)
    again = make_window(size=SMALL).window_table
    assert not again.isColumnHidden(place)
    assert again.isColumnHidden(0)
    assert again.columns.menu.menuAction() in again.actions()


def test_the_last_column_stays(make_window: MakeWindow) -> None:
    columns = make_window(size=SMALL).marks.panel.columns
    for name in ("Start", "End", "Tags", "Note"):
        columns.toggle(name).setChecked(False)
    assert columns.hidden == ["Start", "End", "Tags"]
    assert columns.toggle("Note").isChecked()


def test_hidden_columns_are_copied_all_the_same(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(size=SMALL), clip, qtbot)
    assert "weight of lip" in window.window_table.as_text(",")


def test_times_are_those_of_the_clock_on_the_wall(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        assert text.local_time("2026-03-01T20:15:30+00:00") == "2026-03-02 01:45:30 UTC+05:30"
        window = opened(make_window(size=SMALL), clip, qtbot)
        row = window.file_panel.tree.findItems("Modified", Qt.MatchFlag.MatchRecursive | Qt.MatchFlag.MatchExactly)[0]
        assert row.text(1).endswith("UTC+05:30")
        assert window.session.media.info.modified in row.toolTip(1)
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert "T" not in text.local_time("2026-03-01T20:15:30.123456+00:00").replace("UTC", "")


# The mouth -------------------------------------------------------------------------------------------------------


def test_the_lips_fill_half_of_the_shorter_side() -> None:
    size, view, lips = QSizeF(1280, 720), QSizeF(640, 360), QRectF(600, 400, 60, 30)
    camera = Camera().on(Part.MOUTH, lips, size, view, keep_scale=False)
    assert camera.scale == pytest.approx(0.5 * 360 / 60)
    assert camera.centre.x() * size.width() == pytest.approx(630)
    assert camera.centre.y() * size.height() == pytest.approx(415)


def test_the_mouth_of_the_current_face_is_followed(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(size=SMALL), clip, qtbot)
    video = window.workspace.video
    window.player.seek(window.session.media.frame_times[10])
    qtbot.waitUntil(lambda: bool(video.marks))
    window.actions_["picture-mouth"].trigger()
    assert video.followed is Part.MOUTH
    x, y, width, height = video.marks[0].face.lips
    middle = video.pixel_at(QRectF(video.rect()).center())
    assert middle[:2] == (pytest.approx(x + width / 2, abs=1), pytest.approx(y + height / 2, abs=1))
    assert width * video.magnification == pytest.approx(min(video.width(), video.height()) / 2, rel=0.01)
    window.actions_["picture-face"].trigger()
    assert video.followed is Part.FACE
    assert not window.actions_["picture-mouth"].isChecked()
    window.actions_["picture-face"].trigger()
    assert video.followed is None


def face(number: int, x: float, size: float) -> Mark:
    box = (x, 20.0, size, size)
    return Mark(FaceBox(number, box, (x + size / 4, 20 + size / 2, size / 2, size / 4), FacePath.DETECTED), None)


def test_the_face_of_the_numbers_is_preferred_to_a_larger_one(qtbot: QtBot) -> None:
    view = empty_view(qtbot)
    view.set_marks([face(1, 10, 60), face(2, 100, 30)])
    view.preferred_face = 2
    view.follow(Part.MOUTH)
    near = view.magnification
    view.follow(None)
    view.preferred_face = None
    view.follow(Part.MOUTH)
    assert near == pytest.approx(2 * view.magnification)


def test_a_face_out_of_sight_has_no_name_in_the_picture(qtbot: QtBot) -> None:
    near, far = face(1, 10, 30), face(2, 120, 30)

    def painted(*marks: Mark) -> QImage:
        image = QImage(320, 240, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.black)
        painter = QPainter(image)
        bounds = QRectF(0, 0, 320, 240)
        paint_overlay(painter, Overlay(marks), QRectF(0, 0, 1280, 960), QSizeF(160, 120), bounds)
        painter.end()
        return image

    assert painted(near, far) == painted(near)
    assert painted(near) != painted()


def test_a_frame_without_a_face_is_told_and_waited_out(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(size=SMALL), clip, qtbot)
    video = window.workspace.video
    window.actions_["picture-mouth"].trigger()
    assert "No face is known in this frame" in window.statusBar().currentMessage()
    assert not video.is_zoomed
    window.analyze()
    qtbot.waitUntil(lambda: window.session.result is not None)
    qtbot.waitUntil(lambda: video.is_zoomed)
