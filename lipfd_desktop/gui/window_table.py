"""Every window as a row: the plots' numbers for reading, copying and screen readers."""

from __future__ import annotations

import csv
from collections.abc import Sized
from functools import partial
from io import StringIO
from typing import Final

import numpy as np
from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTableView

from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.columns import Columns
from lipfd_desktop.gui.controls import KeepKeys
from lipfd_desktop.gui.tables import Index, TableModel
from lipfd_desktop.language import mark, tr
from lipfd_desktop.report.terms import reason_words, subject_words
from lipfd_desktop.report.text import number
from lipfd_desktop.result import TIERS, WindowScores

_WEIGHTS_FROM: Final = 6
HEADERS: Final = (
    "#", mark("start"), mark("face no."), mark("score"), mark("generated"), mark("foreign sound"),
    mark("weight of head"), mark("weight of face"), mark("weight of lip"), mark("state"),
)  # fmt: skip
"""As the columns stand; the weights are those of :data:`~lipfd_desktop.result.TIERS`."""
_WIDEST: Final = ("0000", "00:00.000", "00", *(len(HEADERS) - 5) * ["0.0000"])
"""What a column has room for at first; the last one has the rest."""
_LAST: Final = len(HEADERS) - 1
_ANALYSED: Final = mark("analysed")
_SIDES: Final = 12
_LEAST: Final = 40
"""Pixels."""
_HIDDEN: Final = HEADERS[4:-1]
"""Columns that are not shown at first: the panel beside the picture tells these numbers of each window."""


class _WindowModel(TableModel):
    def __init__(self) -> None:
        super().__init__(HEADERS)
        self.scores = WindowScores.empty()

    def show_scores(self, scores: WindowScores) -> None:
        """Take more rows; those that were there stay, so neither selection nor scrolling jumps."""
        before = len(self.scores)
        if len(scores) > before and np.array_equal(scores.index[:before], self.scores.index):
            self.beginInsertRows(QModelIndex(), before, len(scores) - 1)
            self.scores = scores
            self.endInsertRows()
        elif scores is not self.scores:
            self.beginResetModel()
            self.scores = scores
            self.endResetModel()

    @property
    def rows(self) -> Sized:
        return self.scores

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return (
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                if index.column() < len(HEADERS) - 1
                else None
            )
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return tr("{column} {value}", column=tr(HEADERS[index.column()]), value=self.data(index))
        if role == Qt.ItemDataRole.ToolTipRole:
            return text.tip(str(self.data(index)))
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        row = self.scores.row(index.row())
        column = index.column()
        if _WEIGHTS_FROM <= column < _WEIGHTS_FROM + len(TIERS):
            return f"{row.weights[TIERS[column - _WEIGHTS_FROM]]:.3f}" if row.weights else "–"
        match HEADERS[column]:
            case "#":
                return str(row.index)
            case "start":
                return text.clock(row.start)
            case "face no.":
                if row.face is None:
                    return subject_words(None) if row.analysed else "–"
                return str(row.face)
            case "score":
                return number(row.score)
            case "generated":
                return number(row.generated)
            case "foreign sound":
                return number(row.foreign_sound)
            case _:
                return reason_words(row.reason) if row.reason else tr(_ANALYSED)


class WindowTable(QTableView):
    """Signals: ``sought`` with the start of a window (PTS seconds) that was opened."""

    sought = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("All windows"))
        self._model = _WindowModel()
        self.setModel(self._model)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(_LAST, QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(_LEAST)
        self.setFont(theme.small_font(self))
        for column, widest in enumerate(_WIDEST):
            name = header.fontMetrics().horizontalAdvance(tr(HEADERS[column]))
            self.setColumnWidth(column, max(name, self.fontMetrics().horizontalAdvance(widest)) + _SIDES)
        name = header.fontMetrics().horizontalAdvance(tr(HEADERS[_LAST]))
        self._last_width = max(name, self.fontMetrics().horizontalAdvance(tr(_ANALYSED))) + _SIDES
        self.columns = Columns(self, HEADERS, _HIDDEN)
        header.sectionResized.connect(self._on_resized)
        self.setTabKeyNavigation(False)  # Tab leaves the table; the arrow keys move in it
        for words, comma, key in ((tr("Copy"), "\t", QKeySequence.StandardKey.Copy), (tr("Copy as CSV"), ",", None)):
            copy = QAction(words, self)
            if key is not None:
                copy.setShortcut(key)
                copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            copy.triggered.connect(partial(self._copy, comma))
            self.addAction(copy)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        keys = [Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End,
                Qt.Key.Key_Return]  # fmt: skip
        KeepKeys(self, keys, shift=True)
        self.activated.connect(self._seek)
        self.clicked.connect(self._seek)

    def show_scores(self, scores: WindowScores) -> None:
        self._model.show_scores(scores)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._give_rest()

    def _on_resized(self, column: int) -> None:
        if column != _LAST:
            self._give_rest()

    def _give_rest(self) -> None:
        """The last column has what the others leave, and never less than its words."""
        others = sum(self.columnWidth(column) for column in range(_LAST) if not self.isColumnHidden(column))
        self.setColumnWidth(_LAST, max(self._last_width, self.viewport().width() - others))

    def as_text(self, comma: str) -> str:
        """The chosen rows, or all where none is chosen, under their headers, separated by ``comma``."""
        chosen = sorted({index.row() for index in self.selectionModel().selectedRows()})
        file = StringIO()
        writer = csv.writer(file, delimiter=comma, lineterminator="\n")
        writer.writerow([tr(header) for header in HEADERS])
        for row in chosen or range(self._model.rowCount()):
            writer.writerow([self._model.data(self._model.index(row, column)) for column in range(len(HEADERS))])
        return file.getvalue()

    def _copy(self, comma: str) -> None:
        QGuiApplication.clipboard().setText(self.as_text(comma))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if not self._model.rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().placeholderText().color())
            words = tr("Every window becomes a row here when it is scored.")
            area = self.viewport().rect().adjusted(16, 16, -16, -16)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)

    def _seek(self, index: QModelIndex) -> None:
        self.sought.emit(float(self._model.scores.start[index.row()]))
