"""The whole window without a mouse or a screen: names, keys, and the plots' numbers as words."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import window_support
from gui_support import ScriptedEngine, write_video
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QMenu,
    QMessageBox,
    QScrollBar,
    QWidget,
)
from pytestqt.qtbot import QtBot
from window_support import MakeWindow

from lipfd_desktop.gui import main_window
from lipfd_desktop.gui.actions import ACTIONS, MENUS, SEPARATOR
from lipfd_desktop.gui.main_window import MainWindow


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("access") / "clip.mkv", seconds=2)


@pytest.fixture
def window(make_window: MakeWindow, clip: Path) -> MainWindow:
    return make_window(ScriptedEngine(faces=2), sample=clip, size=(1280, 720))


@pytest.fixture
def analysed(window: MainWindow, clip: Path, qtbot: QtBot) -> MainWindow:
    return window_support.analysed(window, clip, qtbot)


def nameless(root: QWidget) -> list[str]:
    """Widgets that can take the focus and that a screen reader could only call by their kind."""
    found = []
    for widget in root.findChildren(QWidget):
        if widget.focusPolicy() == Qt.FocusPolicy.NoFocus or not widget.isVisibleTo(root):
            continue
        if isinstance(widget, QMenu | QScrollBar) or widget.objectName().startswith("qt_"):
            continue
        if widget.focusProxy() is not None or isinstance(widget.parent(), QMenu):
            continue
        interface = QAccessible.queryAccessibleInterface(widget)
        if not interface.text(QAccessible.Text.Name).strip() and not _is_inner(widget):
            found.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
    return found


def _is_inner(widget: QWidget) -> bool:
    """The editable or scrolled part of a widget that has a name itself."""
    parent = widget.parentWidget()
    if parent is None or not parent.accessibleName():
        return False
    return QAccessible.queryAccessibleInterface(parent).role() in _COMPOSED


_COMPOSED = {QAccessible.Role.SpinBox, QAccessible.Role.ComboBox, QAccessible.Role.EditableText}


def test_every_widget_of_the_window_has_a_name(analysed: MainWindow, qtbot: QtBot) -> None:
    analysed.actions_["log"].trigger()
    assert nameless(analysed) == []
    assert nameless(analysed.workspace) == []


def test_the_first_page_has_names(window: MainWindow) -> None:
    assert nameless(window.welcome) == []


@pytest.mark.parametrize("name", ["preferences", "shortcuts", "edit-shortcuts", "about"])
def test_every_widget_of_a_page_has_a_name(window: MainWindow, name: str) -> None:
    window.actions_[name].trigger()
    page = window.guide.page
    assert isinstance(page, QDialog)
    assert page.isVisible()
    assert page.windowTitle()
    assert nameless(page) == []
    page.close()


def test_every_widget_of_the_models_dialog_has_a_name(window: MainWindow) -> None:
    window.actions_["models"].trigger()
    assert nameless(window.models_dialog) == []
    window.models_dialog.close()


def test_every_widget_of_the_handling_log_has_a_name(analysed: MainWindow) -> None:
    analysed.actions_["case-log"].trigger()
    dialog = analysed.desk.handling.dialog
    assert (dialog.isVisible(), bool(dialog.windowTitle()), nameless(dialog)) == (True, True, [])
    dialog.close()


def test_every_action_is_in_one_menu_with_words_and_a_status_tip(window: MainWindow) -> None:
    placed = Counter(name for names in MENUS.values() for name in names if name != SEPARATOR)
    assert {name for name in ACTIONS if placed[name] != 1} == set()
    for name in ACTIONS:
        assert window.actions_[name].text(), name
        assert window.actions_[name].statusTip(), name


def letters(actions: list[QAction]) -> list[str]:
    words = [action.text().replace("&&", "") for action in actions if not action.isSeparator()]
    return [text[text.index("&") + 1].casefold() for text in words if "&" in text]


def test_every_action_can_be_reached_with_a_letter_or_a_key(window: MainWindow) -> None:
    for menu_action in window.menuBar().actions():
        menu = menu_action.menu()
        assert isinstance(menu, QMenu)
        for action in menu.actions():
            assert action.isSeparator() or "&" in action.text() or action.shortcuts(), action.text()


def test_letters_differ_within_a_menu(window: MainWindow) -> None:
    bars = [window.menuBar().actions()]
    bars += [action.menu().actions() for action in window.menuBar().actions()]
    for actions in bars:
        twice = {letter for letter, count in Counter(letters(actions)).items() if count > 1}
        assert twice == set(), [action.text() for action in actions]


def test_no_key_does_two_things(window: MainWindow) -> None:
    keys = Counter(key.toString() for name in ACTIONS for key in window.actions_[name].shortcuts())
    assert {key for key, count in keys.items() if count > 1} == set()
    assert all(not QKeySequence(key).isEmpty() for _, given, _ in ACTIONS.values() for key in given)


def test_tab_goes_through_the_window_and_comes_back(analysed: MainWindow, qtbot: QtBot) -> None:
    """No widget keeps the focus for ever."""
    first = analysed.workspace.bar.model_box
    first.setFocus(Qt.FocusReason.TabFocusReason)
    seen: list[QWidget] = []
    for _ in range(80):
        QApplication.processEvents()
        widget = analysed.focusWidget()
        assert widget is not None
        if seen and widget is first:
            break
        seen.append(widget)
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    assert widget is first
    assert analysed.workspace.bar.button in seen


def test_tab_ends_where_everything_lies_behind_something_else(
    analysed: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even from a widget that no Tab comes back to."""
    outside = analysed.workspace.verdict
    assert not outside.focusPolicy() & Qt.FocusPolicy.TabFocus
    outside.setFocus()
    asked: list[QWidget] = []

    def is_covered(widget: QWidget) -> bool:
        asked.append(widget)
        assert asked.count(widget) == 1
        return True

    monkeypatch.setattr(main_window, "is_covered", is_covered)
    analysed.focusNextPrevChild(True)
    assert len(asked) > 5


def test_the_table_of_windows_is_reached_by_a_key_and_says_what_its_numbers_are(
    analysed: MainWindow, qtbot: QtBot
) -> None:
    analysed.actions_["table"].trigger()
    table = analysed.window_table
    qtbot.waitUntil(table.isVisible)
    assert analysed.focusWidget() is table
    cell = table.model().index(0, 3)
    assert cell.data(Qt.ItemDataRole.AccessibleTextRole) == f"score {cell.data()}"


def test_the_table_is_copied_with_its_headers(analysed: MainWindow, qtbot: QtBot) -> None:
    table = analysed.window_table
    rows = analysed.session.evidence.scores
    whole = table.as_text(",").splitlines()
    assert whole[0].startswith("#,start,face no.,score")
    assert len(whole) == len(rows) + 1
    analysed.actions_["table"].trigger()
    table.selectRow(2)
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    threshold = analysed.session.threshold
    qtbot.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert len(table.selectionModel().selectedRows()) == 2
    assert analysed.session.threshold == threshold
    header, row = QGuiApplication.clipboard().text().splitlines()
    assert header.split("\t")[:2] == ["#", "start"]
    assert header.split("\t")[6:9] == ["weight of head", "weight of face", "weight of lip"]
    assert [float(cell) for cell in row.split("\t")[6:9]] == pytest.approx(
        list(rows.row(2).weights.values()), abs=0.001
    )
    assert float(row.split("\t")[3]) == pytest.approx(float(rows.score[2]), abs=0.005)


def test_messages_have_letters_on_no_button_but_words_on_all(window: MainWindow) -> None:
    window.actions_["edit-shortcuts"].trigger()
    page = window.guide.page
    page.reset_all_button.click()
    message = page.message
    assert isinstance(message, QMessageBox)
    assert all(button.text() for button in message.buttons())
    message.close()
    page.close()
