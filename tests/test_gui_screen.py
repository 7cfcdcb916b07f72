"""Dialogs and windows on small screens: nothing of them lies off the screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from gui_support import ScriptedEngine, write_video
from PySide6.QtCore import QSize
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot
from window_support import MakeWindow, opened

from lipfd_desktop import language
from lipfd_desktop.gui.about import About
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.preferences import Preferences
from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.gui.shortcuts_dialog import ShortcutsDialog
from lipfd_desktop.gui.shortcuts_sheet import ShortcutsSheet

SCREEN = QSize(1280, 720)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("screen") / "clip.mkv", seconds=2)


@pytest.fixture
def small_screen(monkeypatch: pytest.MonkeyPatch) -> QSize:
    monkeypatch.setattr(QScreen, "availableSize", lambda _screen: QSize(SCREEN))
    return SCREEN


def dialog_of(window: MainWindow, name: str) -> QDialog:
    match name:
        case "report-preview":
            return window.report_dialog
        case "models":
            return window.models_dialog
    window.actions_[name].trigger()
    if name == "case-log":
        return window.desk.handling.dialog
    page = window.guide.page
    kinds = {"shortcuts": ShortcutsSheet, "edit-shortcuts": ShortcutsDialog, "preferences": Preferences, "about": About}
    assert isinstance(page, kinds[name])
    return page


def lies_inside(part: QWidget, whole: QWidget) -> bool:
    return whole.rect().contains(part.rect().translated(part.mapTo(whole, part.rect().topLeft())))


@pytest.mark.parametrize("spoken", language.LANGUAGES)
def test_every_dialog_fits_a_small_screen(
    make_window: MakeWindow, small_screen: QSize, qtbot: QtBot, spoken: str
) -> None:
    language.use(spoken)
    try:
        window = make_window()
        for name in ("report-preview", "models", "shortcuts", "edit-shortcuts", "preferences", "about", "case-log"):
            dialog = dialog_of(window, name)
            dialog.show()
            qtbot.waitExposed(dialog)
            QApplication.processEvents()
            assert dialog.width() <= small_screen.width(), name
            assert dialog.height() <= small_screen.height() - 40, name
            scrolled = {b for area in dialog.findChildren(QScrollArea) for b in area.widget().findChildren(QPushButton)}
            for button in set(dialog.findChildren(QPushButton)) - scrolled:
                assert not button.isVisible() or lies_inside(button, dialog), (name, button.text())
            dialog.close()
    finally:
        language.use("en")


def test_a_dialog_made_for_a_large_screen_fits_the_small_one_it_is_shown_on(
    make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(QScreen, "availableSize", lambda _screen: QSize(2560, 1440))
    window = make_window()
    assert window.report_dialog.height() == 820
    monkeypatch.setattr(QScreen, "availableSize", lambda _screen: QSize(SCREEN))
    window.show_report()
    qtbot.waitUntil(lambda: window.report_dialog.height() <= 680)


def test_the_sheet_leaves_out_no_key_where_it_has_fewer_columns(
    make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows(screen: QSize) -> list[int]:
        monkeypatch.setattr(QScreen, "availableSize", lambda _screen: screen)
        sheet = ShortcutsSheet(window, window.keymap, window.keymap.windows[0])
        labels = [sheet.pages.widget(place).findChildren(QLabel) for place in range(sheet.pages.count())]
        columns.append(len(labels[0]))
        return [sum(label.text().count("<tr><td style") for label in page) for page in labels]

    window = make_window()
    columns: list[int] = []
    assert rows(QSize(2560, 1440)) == rows(QSize(800, 600))
    assert columns[0] > columns[1]


def test_windows_open_no_larger_than_the_screen(
    make_window: MakeWindow, settings: Settings, small_screen: QSize, clip: Path, qtbot: QtBot
) -> None:
    window = make_window()
    fresh = MainWindow(ScriptedEngine(), sample=None, settings=settings)
    assert (fresh.width(), fresh.height()) == (1240, 640)
    fresh.close_now()
    opened(window, clip, qtbot)
    window.comparing.open_reference(clip)
    compare = window.comparing.window
    assert compare is not None
    assert (compare.width(), compare.height()) == (1240, 640)
