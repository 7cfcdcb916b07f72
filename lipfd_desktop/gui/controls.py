"""Small parts that several widgets are made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QLabel, QLayout, QScrollArea, QToolButton, QVBoxLayout, QWidget

from lipfd_desktop.gui import icons, theme

_FRAME: Final = QSize(40, 80)
"""Pixels of a screen that a window leaves to its frame and to what is beside it."""


class KeepKeys(QObject):
    """Lets a focused widget keep keys that are shortcuts of the window elsewhere.

    With ``shift`` it keeps them with Shift as well, as a table does for choosing several rows.
    """

    def __init__(self, widget: QWidget, keys: Iterable[Qt.Key], *, shift: bool = False) -> None:
        super().__init__(widget)
        self._keys = frozenset(keys)
        self._modifiers = [Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier]
        if shift:
            self._modifiers.append(Qt.KeyboardModifier.ShiftModifier)
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in self._keys
            and event.modifiers() in self._modifiers
        ):
            event.accept()
            return True
        return False


class LeaveUndo(QObject):
    """Leaves Undo and Redo to the window, which takes steps back in the order in which they were made everywhere."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            standard = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
            if any(event.matches(key) for key in standard):
                event.ignore()
                return True
        return False


class IconButton(QToolButton):
    """A picture with a name for screen readers and a tip; takes the focus only from the keyboard."""

    def __init__(self, picture: str, name: str, tip: str = "", *, checkable: bool = False) -> None:
        super().__init__()
        self._picture = picture
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setCheckable(checkable)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        KeepKeys(self, [Qt.Key.Key_Space])
        self._draw()

    def set_picture(self, picture: str) -> None:
        if picture != self._picture:
            self._picture = picture
            self._draw()

    def _draw(self) -> None:
        self.setIcon(icons.icon(self._picture, theme.scheme_of(self)))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()


def plain_label(words: str = "") -> QLabel:
    """A label that shows what it is given: a file name or tag must never be read as HTML."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setText(words)
    return label


def muted_label(words: str = "", *, wraps: bool = False, is_rich: bool = False) -> QLabel:
    """A label in the quieter colour; ``is_rich`` is for words of the program alone."""
    label = plain_label(words)
    if is_rich:
        label.setTextFormat(Qt.TextFormat.RichText)
    label.setProperty("muted", True)
    label.setWordWrap(wraps)
    return label


def scrolling(body: QWidget, name: str = "") -> QScrollArea:
    """A frameless area of that name: ``body`` is as wide as there is room, and scrolls where it is higher."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setWidget(body)
    area.setAccessibleName(name)
    return area


def scrolling_page(content: QLayout, name: str, *, left: int = 0, right: int = 0) -> QScrollArea:
    """``content`` at the top of a page that scrolls, with that many pixels free beside it."""
    body = QWidget()
    page = QVBoxLayout(body)
    page.setContentsMargins(left, 0, right, 0)
    page.addLayout(content)
    page.addStretch(1)
    return scrolling(body, name)


def heading(words: str) -> QLabel:
    """A label in bold."""
    label = plain_label(words)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label


class _Chooser(QComboBox):
    """Draws its own arrow: a style sheet takes away the one of the style."""

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scheme = theme.scheme_of(self)
        painter.setPen(QPen(QColor(scheme.muted if self.isEnabled() else scheme.disabled), 1.6))
        x, y = self.width() - 15.0, self.height() / 2
        painter.drawPolyline([QPointF(x - 4, y - 2), QPointF(x, y + 2), QPointF(x + 4, y - 2)])


def chooser(name: str, tip: str, *, characters: int = 8) -> QComboBox:
    """A combo box as wide as ``characters``, that keeps its arrow keys from the window's shortcuts."""
    box = _Chooser()
    box.setMinimumContentsLength(characters)
    box.setAccessibleName(name)
    box.setToolTip(tip)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    KeepKeys(box, [Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Space, Qt.Key.Key_Home, Qt.Key.Key_End])
    return box


def plain_chooser(entries: Iterable[tuple[str, object]]) -> QComboBox:
    """A combo box for a dialog, with words and data of its entries; the dialog names it."""
    box = _Chooser()
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    for words, data in entries:
        box.addItem(words, data)
    return box


def room_for(widget: QWidget) -> QSize:
    """What the screen has room for, the frame of a window taken off."""
    return widget.screen().availableSize() - _FRAME


class _StayOnScreen(QObject):
    """Whenever its dialog is shown, it is no larger than the screen that it is shown on."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and not watched.isMaximized():
            watched.resize(watched.size().boundedTo(room_for(watched)))
        return False


def resize_to_fit(dialog: QWidget, width: int, height: int) -> None:
    """Give ``dialog`` its first size, or what the screen has room for, now and whenever it is shown."""
    dialog.resize(QSize(width, height).boundedTo(room_for(dialog)))
    dialog.installEventFilter(_StayOnScreen(dialog))


def choose(box: QComboBox, data: object) -> bool:
    """Choose the entry that holds ``data``; whether there is one."""
    places = [i for i in range(box.count()) if box.itemData(i) == data]
    if places:
        box.setCurrentIndex(places[0])
    return bool(places)
