"""The handling log of the case: who did what, when, to which file, and whether its chain is whole."""

from __future__ import annotations

from collections.abc import Sized
from typing import Final

from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.controls import muted_label, plain_label, resize_to_fit
from lipfd_desktop.gui.tables import DISPLAY, Index, TableModel
from lipfd_desktop.handling import Entry, Log, first_misfit
from lipfd_desktop.language import mark as _
from lipfd_desktop.language import tr
from lipfd_desktop.report.handling_words import chain_words, deed_words, detail_rows, detail_words, time_words
from lipfd_desktop.report.text import printable

COLUMNS: Final = (_("Time"), _("Examiner"), _("Action"), _("File"), _("Details"))
_ENTRY_LINES: Final = 12
_WIDEST: Final = 220
"""Pixels of a column but the last, whose words are cut off before that."""


def entry_lines(number: int, entry: Entry) -> str:
    """All that an entry says, a fact a line."""
    named = [
        (tr("No."), f"{number:,}"),
        (tr("Time"), time_words(entry)),
        (tr("Examiner"), printable(entry.who)),
        (tr("Action"), deed_words(entry)),
        (tr("File"), printable(entry.name)),
        ("SHA-256", printable(entry.sha256)),
        *detail_rows(entry),
        (tr("Digest"), printable(entry.digest)),
    ]
    return "\n".join(tr("{name}: {value}", name=name, value=value) for name, value in named if value)


class _EntryModel(TableModel):
    def __init__(self) -> None:
        super().__init__(COLUMNS)
        self.log: Log = ()

    def show_log(self, log: Log) -> None:
        self.beginResetModel()
        self.log = log
        self.endResetModel()

    @property
    def rows(self) -> Sized:
        return self.log

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = DISPLAY) -> object:  # noqa: N802
        """Rows have the numbers by which the chain and reports name them."""
        if orientation == Qt.Orientation.Vertical and role == DISPLAY:
            return f"{section + 1:,}"
        return super().headerData(section, orientation, role)

    def data(self, index: Index, role: int = DISPLAY) -> object:
        entry = self.log[index.row()]
        if role == DISPLAY:
            match index.column():
                case 0:
                    return time_words(entry)
                case 1:
                    return printable(entry.who)
                case 2:
                    return deed_words(entry)
                case 3:
                    return printable(entry.name)
                case _:
                    return detail_words(entry)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return text.tip(entry_lines(index.row() + 1, entry))
        return None


class HandlingDialog(QDialog):
    """Shows a log and follows it; the newest entry is chosen."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Handling log"))
        self._model: Final = _EntryModel()
        self.chain_label: Final = plain_label()
        self.chain_label.setWordWrap(True)
        self.chain_label.setAccessibleName(tr("Whether the chain is whole"))
        self.table: Final = self._make_table()
        self.entry_view: Final = QPlainTextEdit()
        self.entry_view.setReadOnly(True)
        self.entry_view.setTabChangesFocus(True)
        self.entry_view.setAccessibleName(tr("The chosen entry"))
        self.entry_view.setFixedHeight(self.entry_view.fontMetrics().lineSpacing() * _ENTRY_LINES + 12)
        self.digest_label: Final = plain_label()
        self.digest_label.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.digest_label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.digest_label.setAccessibleName(tr("Digest of the last entry"))
        self.copy_button: Final = QPushButton(tr("Copy"))
        self.copy_button.setToolTip(tr("Copy the whole log as text"))
        self.copy_button.setAutoDefault(False)
        self.close_button: Final = QPushButton(tr("Close"))
        self.close_button.setDefault(True)
        self._arrange()
        self.copy_button.clicked.connect(self._copy)
        self.close_button.clicked.connect(self.reject)
        self.table.selectionModel().currentRowChanged.connect(self._show_entry)
        resize_to_fit(self, 980, 600)

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setAccessibleName(tr("Entries of the handling log"))
        table.setModel(self._model)
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setAlternatingRowColors(True)
        table.setFont(theme.small_font(table))
        table.setCornerButtonEnabled(False)
        table.verticalHeader().setDefaultSectionSize(24)
        header = table.horizontalHeader()
        header.setMaximumSectionSize(_WIDEST)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return table

    def _arrange(self) -> None:
        digest = QHBoxLayout()
        digest.addWidget(muted_label(tr("Digest of the last entry")))
        digest.addWidget(self.digest_label, 1)
        note = muted_label(
            tr(
                "Nothing here can be undone. Reports print the digest of the last entry that is no output; a log that "
                "somebody made anew since has another one there."
            ),
            wraps=True,
        )
        buttons = QHBoxLayout()
        buttons.addWidget(self.copy_button)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 14)
        layout.addWidget(self.chain_label)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.entry_view)
        layout.addLayout(digest)
        layout.addWidget(note)
        layout.addLayout(buttons)

    def show_log(self, log: Log) -> None:
        """Show ``log``; where its last entry was chosen, or none, the last one of now is."""
        chosen, before = self.table.currentIndex().row(), len(self._model.log)
        misfit = first_misfit(log)
        self._model.show_log(log)
        self.chain_label.setText(chain_words(log, misfit))
        self.chain_label.setProperty("banner", misfit is not None)
        self.chain_label.style().unpolish(self.chain_label)
        self.chain_label.style().polish(self.chain_label)
        self.digest_label.setText(printable(log[-1].digest) if log else "–")
        self.copy_button.setEnabled(bool(log))
        if log:
            stays = 0 <= chosen < min(before - 1, len(log))
            last = self._model.index(chosen if stays else len(log) - 1, 0)
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self.table.selectionModel().setCurrentIndex(last, flags)
            self.table.scrollTo(last)
        self._show_entry()

    def _show_entry(self) -> None:
        row, log = self.table.currentIndex().row(), self._model.log
        self.entry_view.setPlainText(entry_lines(row + 1, log[row]) if 0 <= row < len(log) else "")

    @property
    def words(self) -> str:
        """The whole log as text."""
        log = self._model.log
        entries = (entry_lines(number, entry) for number, entry in enumerate(log, start=1))
        return "\n\n".join([tr("Handling log"), chain_words(log, first_misfit(log)), *entries]) + "\n"

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.words)
