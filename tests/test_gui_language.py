"""The whole window in a language of its own, which marks every word that was looked up."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gui_support import LISTENING, ScriptedEngine, write_video
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QDialogButtonBox,
    QGroupBox,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot
from window_support import MakeWindow, analysed

from lipfd_desktop import language
from lipfd_desktop.gui.log_panel import LogPanel
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.queue_items import ItemState
from lipfd_desktop.media.probe import probe
from lipfd_desktop.result import AnalysisRequest, AnalysisResult, OpenedMedia
from tests.language_support import Marked, unmarked

_ROWS = 60
"""Looked at in each list."""
DATA = re.compile(
    r"\b(LipFD Desktop|clip\.mkv|listening|SHA-256|PTS|fps|px|Hz|kbit/s|s|cpu|cuda(:\d)?|"
    r"English|Deutsch|Español|lipfd|[0-9a-f]{8,}|CPU, \d+ cores|\d+ cores|AVX-?\d*|https://\S+)\b"
    r"|LipFD \(authors\)|Official input contract; trained on AVLips\.|no checksum was published"
)
"""What is the same in every language, or comes from the file and the model."""


@pytest.fixture
def window(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MainWindow]:
    monkeypatch.setattr(language, "_language", "de")
    monkeypatch.setattr(language, "_catalogue", Marked())
    window = make_window(ScriptedEngine(models=(LISTENING,)), size=(1440, 900))
    yield analysed(window, write_video(tmp_path / "clip.mkv", seconds=3), qtbot)
    language.use("en")


def spoken_past(words: str) -> str:
    """What of the text or HTML ``words`` was not looked up."""
    return unmarked(html.unescape(re.sub(r"<[^>]*>", " ", words)), DATA)


def words_of(widget: QWidget) -> Iterator[str]:
    """All that a widget says."""
    yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription(), widget.windowTitle())
    if isinstance(widget, QLabel | QAbstractButton):
        yield widget.text()
    if isinstance(widget, QLineEdit):
        yield widget.placeholderText()
    if isinstance(widget, QGroupBox | QMenu):
        yield widget.title()
    if isinstance(widget, QTabBar):
        yield from (widget.tabText(i) for i in range(widget.count()))
    if isinstance(widget, QComboBox):
        yield from (widget.itemText(i) for i in range(widget.count()))
    for action in widget.actions():
        yield from (action.text(), action.statusTip())
    if isinstance(widget, QAbstractItemView) and widget.model() is not None:
        model, columns = widget.model(), 1
        if not isinstance(widget, QListView):
            columns = model.columnCount()
            yield from (str(model.headerData(column, Qt.Orientation.Horizontal) or "") for column in range(columns))
        for row in range(min(model.rowCount(), _ROWS)):
            yield from (str(model.index(row, column).data() or "") for column in range(columns))


def is_of_program(widget: QWidget) -> bool:
    """Not a button that Qt names itself, and not in the log, whose lines are English as those of its file."""
    if type(widget) is QAbstractButton or isinstance(widget.parentWidget(), QDialogButtonBox | QTabBar):
        return False
    parent: QWidget | None = widget
    while parent is not None:
        if isinstance(parent, LogPanel):
            return False
        parent = parent.parentWidget()
    return True


def in_english(top: QWidget) -> list[str]:
    widgets = [widget for widget in (top, *top.findChildren(QWidget)) if is_of_program(widget)]
    found = {(type(widget).__name__, words) for widget in widgets for words in words_of(widget) if spoken_past(words)}
    return sorted(f"{kind}: {words}" for kind, words in found)


def test_every_word_of_the_window_was_looked_up(window: MainWindow) -> None:
    assert in_english(window) == []


@pytest.mark.parametrize("name", ["preferences", "shortcuts", "edit-shortcuts", "about"])
def test_every_word_of_a_page_was_looked_up(window: MainWindow, name: str) -> None:
    window.actions_[name].trigger()
    assert window.guide.page is not None
    shown = [words for words in in_english(window.guide.page) if not words.endswith("Press shortcut")]
    if name in ("shortcuts", "about"):  # names of keys, of libraries and of licences
        shown = [words for words in shown if "<table" not in words]
    assert shown == []


def test_every_word_of_the_handling_log_was_looked_up(window: MainWindow) -> None:
    window.actions_["case-log"].trigger()
    dialog = window.desk.handling.dialog
    assert dialog.table.model().rowCount()
    assert in_english(dialog) == []
    assert spoken_past(dialog.words) == ""


def test_words_that_were_not_looked_up_are_found(window: MainWindow) -> None:
    window.workspace.bar.button.setToolTip("Start it")
    assert in_english(window) == ["QPushButton: Start it"]


class RefusingEngine(ScriptedEngine):
    """Refuses what is no video with the sentence of the real engine."""

    def open(self, path: Path, *, is_cancelled: Callable[[], bool] = lambda: False) -> OpenedMedia:
        probe(path)
        return super().open(path, is_cancelled=is_cancelled)

    def analyze(self, request: AnalysisRequest, **options: Any) -> AnalysisResult:
        probe(request.path)
        return super().analyze(request, **options)


def test_errors_are_told_in_the_language_of_the_window(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """In its dialogs and its queue; the log, which may be sent to somebody who helps, is English."""
    request.addfinalizer(lambda: language.use("en"))
    language.use("de")
    text = tmp_path / "x.mp4"
    text.write_text("Only a text.")
    window = make_window(RefusingEngine())
    window.open_path(text)
    qtbot.waitUntil(lambda: window.message is not None)
    sentence = "x.mp4: ist keine Mediendatei; bitte eine Videodatei wie MP4, MOV, MKV, WebM oder AVI öffnen."
    assert window.message.text() == sentence
    window.message.close()
    english = "ERROR x.mp4: is not a media file; open a video file such as MP4, MOV, MKV, WebM or AVI."
    assert any(line.endswith(english) for line in window.log_panel.lines())
    window.queue.add([text])
    qtbot.waitUntil(lambda: bool(window.queue.runner.items))
    window.queue.runner.start()
    qtbot.waitUntil(lambda: window.queue.runner.items[0].state is ItemState.FAILED)
    model = window.queue.panel.model
    assert f"fehlgeschlagen: {sentence}" in [model.index(0, column).data() for column in range(model.columnCount())]
