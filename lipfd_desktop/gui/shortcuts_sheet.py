"""Every key of a window on one page, as the user has them."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.controls import resize_to_fit, room_for
from lipfd_desktop.gui.keymap import Keymap, WindowActions, key_words, without_mnemonic
from lipfd_desktop.language import tr

_HEIGHT: Final = 490
"""Pixels for the columns on a screen of 720."""
_COLUMNS: Final = 3
"""At least, where the screen is wide enough; more where the keys would else not fit."""
_MARGINS: Final = 20
_BAR: Final = 20
"""Pixels for a bar that scrolls the columns."""


Line = tuple[tuple[str, ...], str]
"""Keys and words."""


def columns_of(
    groups: Sequence[tuple[str, Sequence[Line]]], most_lines: int, at_least: int = _COLUMNS
) -> list[list[Line]]:
    """Lay keys out in columns of about the same height.

    Parameters
    ----------
    groups
        A title and its rows, each keys and words.
    most_lines
        How many lines a column may have.
    at_least
        How many columns there are however few the keys.

    Returns
    -------
    Columns of lines; a title is a line without keys, and never the last one of a column.
    """
    total = sum(len(rows) + 2 for _, rows in groups)
    count = max(at_least, -(-total // most_lines))
    height = min(-(-total // count) + 2, most_lines)
    columns: list[list[Line]] = [[]]
    for title, rows in groups:
        if len(columns[-1]) + min(len(rows) + 2, 4) > height:
            columns.append([])
        columns[-1] += [((), ""), ((), title)] if columns[-1] else [((), title)]
        for row in rows:
            if len(columns[-1]) >= height:
                columns.append([((), title)])
            columns[-1].append(row)
    return columns


class _Page(QScrollArea):
    """Wants to be as large as what it shows, and scrolls where it is smaller."""

    def __init__(self, page: QWidget, name: str) -> None:
        super().__init__()
        self._page = page
        self.setAccessibleName(name)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setWidget(page)

    def sizeHint(self) -> QSize:  # noqa: N802
        return self._page.sizeHint() + QSize(_BAR, 4)


class ShortcutsSheet(QDialog):
    """A page a window.

    Parameters
    ----------
    first
        The window whose page is on top.

    Signals: ``change_asked`` when the user wants other keys.
    """

    change_asked = Signal()

    def __init__(self, parent: QWidget, keymap: Keymap, first: WindowActions) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._keymap = keymap
        self.pages = QTabWidget()
        self.pages.setDocumentMode(True)
        for window in keymap.windows:
            self.pages.addTab(self._fitting_page(window), tr(window.title))
        self.pages.setCurrentIndex(keymap.windows.index(first))
        change = QPushButton(tr("&Change…"))
        change.clicked.connect(self._on_change)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        below = QHBoxLayout()
        below.addWidget(change)
        below.addWidget(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_MARGINS, 8, _MARGINS, 14)
        layout.setSpacing(8)
        layout.addWidget(self.pages)
        layout.addLayout(below)
        buttons.button(QDialogButtonBox.StandardButton.Close).setFocus()
        resize_to_fit(self, self.sizeHint().width(), self.sizeHint().height())

    def _fitting_page(self, window: WindowActions) -> QScrollArea:
        """No wider than the screen: where the words are long, in fewer columns, which then scroll."""
        room = room_for(self).width() - 2 * _MARGINS - _BAR
        groups = self._groups(window)
        lines = _HEIGHT // (self.fontMetrics().lineSpacing() + 4)
        columns = columns_of(groups, lines)
        page = self._page(columns)
        for fewer in range(len(columns) - 1, 0, -1):
            if page.sizeHint().width() <= room:
                break
            page = self._page(columns_of(groups, sum(len(rows) + 2 for _, rows in groups), fewer))
        return _Page(page, tr(window.title))

    def _groups(self, window: WindowActions) -> list[tuple[str, list[Line]]]:
        groups = []
        for title, names in window.menus.items():
            rows = [(self._keymap.keys(window.prefix + name), window.words(name)) for name in names
                    if name in window.rows and self._keymap.keys(window.prefix + name)]  # fmt: skip
            if rows:
                groups.append((without_mnemonic(tr(title)), rows))
        return groups

    def _page(self, in_columns: list[list[Line]]) -> QWidget:
        page = QWidget()
        columns = QHBoxLayout(page)
        columns.setContentsMargins(0, 10, 0, 0)
        columns.setSpacing(28)
        for lines in in_columns:
            column = QLabel(self._table(lines))
            column.setTextFormat(Qt.TextFormat.RichText)
            column.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            columns.addWidget(column, 0, Qt.AlignmentFlag.AlignTop)
        return page

    def _table(self, lines: list[Line]) -> str:
        scheme = theme.scheme_of(self)
        rows = ""
        for keys, words in lines:
            if keys:
                rows += f'<tr><td style="padding: 2px 14px 2px 0">{self._caps(keys)}</td>'
                rows += f'<td style="padding: 2px 0">{html.escape(words)}</td></tr>'
            else:
                style = f"color: {scheme.muted}; padding: 2px 0"
                rows += f'<tr><td colspan="2" style="{style}"><b>{html.escape(words) or "&nbsp;"}</b></td></tr>'
        return f"<table cellspacing='0'>{rows}</table>"

    def _caps(self, keys: Sequence[str]) -> str:
        colour = theme.scheme_of(self).border
        caps = (html.escape(key_words([key])) for key in keys)
        return "&nbsp; ".join(f'<span style="background: {colour}"><b>&nbsp;{cap}&nbsp;</b></span>' for cap in caps)

    def _on_change(self) -> None:
        self.accept()
        self.change_asked.emit()
