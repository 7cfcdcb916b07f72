"""What the program did and what went wrong, newest last: to read, search, copy and save."""

from __future__ import annotations

import logging
from collections.abc import Sized
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from PySide6.QtCore import QModelIndex, QObject, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from lipfd_desktop.errors import LipfdError
from lipfd_desktop.gui import log_file
from lipfd_desktop.gui.controls import KeepKeys, chooser, muted_label
from lipfd_desktop.gui.output_folders import OutputFolders
from lipfd_desktop.gui.tables import Index, TableModel
from lipfd_desktop.language import mark, tr
from lipfd_desktop.report.atomic import open_atomic

_KEPT: Final = 5000
"""Lines in memory; the oldest tenth goes when there are more."""
_HEADERS: Final = (mark("time"), mark("level"), mark("what happened"))
LEVELS: Final = (
    (logging.INFO, mark("everything")),
    (logging.WARNING, mark("warnings")),
    (logging.ERROR, mark("errors")),
)
_NAMES: Final = {logging.INFO: mark("info"), logging.WARNING: mark("warning"), logging.ERROR: mark("error")}


@dataclass(frozen=True, slots=True)
class Line:
    """One message: seconds since the epoch, its level as :mod:`logging` counts, and its words."""

    time: float
    level: int
    words: str

    def __str__(self) -> str:
        stamp = datetime.fromtimestamp(self.time).astimezone().isoformat(timespec="milliseconds")
        return f"{stamp} {logging.getLevelName(self.level)} {self.words}"


class _Relay(QObject):
    logged = Signal(object)


class _Handler(logging.Handler):
    """Takes messages from any thread to the window's."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.addFilter(log_file.in_english)
        self.relay = _Relay()

    def emit(self, record: logging.LogRecord) -> None:
        self.relay.logged.emit(Line(record.created, record.levelno, record.getMessage()))


class _LogModel(TableModel):
    def __init__(self) -> None:
        super().__init__(_HEADERS)
        self.lines: list[Line] = []

    def add(self, line: Line) -> None:
        if len(self.lines) >= _KEPT:
            self.beginRemoveRows(QModelIndex(), 0, _KEPT // 10 - 1)
            del self.lines[: _KEPT // 10]
            self.endRemoveRows()
        self.beginInsertRows(QModelIndex(), len(self.lines), len(self.lines))
        self.lines.append(line)
        self.endInsertRows()

    @property
    def rows(self) -> Sized:
        return self.lines

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        line = self.lines[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == len(_HEADERS) - 1:
            return line.words
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        match index.column():
            case 0:
                return datetime.fromtimestamp(line.time).strftime("%H:%M:%S")
            case 1:
                return tr(_NAMES.get(line.level, "")) or logging.getLevelName(line.level)
            case _:
                return line.words.splitlines()[0] if line.words else ""


class _Filter(QSortFilterProxyModel):
    def __init__(self, source: _LogModel) -> None:
        super().__init__()
        self._source = source
        self._level, self._wanted = logging.INFO, ""
        self.setSourceModel(source)

    def show_only(self, level: int, wanted: str) -> None:
        self.beginFilterChange()
        self._level, self._wanted = level, wanted.casefold().strip()
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def filterAcceptsRow(self, row: int, _parent: Index) -> bool:  # noqa: N802
        line = self._source.lines[row]
        return line.level >= self._level and self._wanted in line.words.casefold()


class LogPanel(QWidget):
    """Shows what the package logs from now on.

    Signals: ``failed`` with an :class:`~lipfd_desktop.errors.LipfdError` when the log cannot be saved.
    """

    failed = Signal(object)

    def __init__(self, folders: OutputFolders) -> None:
        super().__init__()
        self.setAccessibleName(tr("Log"))
        self._folders = folders
        self._model = _LogModel()
        self._filter = _Filter(self._model)
        self.level_box = chooser(tr("Level"), tr("Which messages are shown"), characters=9)
        for level, words in LEVELS:
            self.level_box.addItem(tr(words), level)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search"))
        self.search.setAccessibleName(tr("Search the log"))
        self.search.setClearButtonEnabled(True)
        self.copy_button = QPushButton(tr("Copy"))
        self.copy_button.setToolTip(tr("Copy the chosen lines, or all that are shown"))
        self.save_button = QPushButton(tr("Save…"))
        self.save_button.setToolTip(tr("Write the lines that are shown to a text file"))
        self.table = QTableView()
        self.table.setAccessibleName(tr("Messages"))
        self.table.setModel(self._filter)
        self._note = muted_label(tr("File paths in this log stay on this machine."))
        self._arrange()
        self._connect()
        handler = _Handler()
        handler.relay.logged.connect(self._add)
        logger = logging.getLogger(log_file.PACKAGE)
        logger.setLevel(logging.INFO)
        logger.addHandler(handler)
        self.destroyed.connect(lambda: logger.removeHandler(handler))

    def _arrange(self) -> None:
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(22)
        header = self.table.horizontalHeader()
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.table.setColumnWidth(0, 66)
        self.table.setColumnWidth(1, 62)
        keys = [Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Left, Qt.Key.Key_Right]
        KeepKeys(self.table, keys, shift=True)
        header_row = QHBoxLayout()
        header_row.addWidget(self.level_box)
        header_row.addWidget(self.search, 1)
        header_row.addWidget(self._note)
        header_row.addWidget(self.copy_button)
        header_row.addWidget(self.save_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 6)
        layout.addLayout(header_row)
        layout.addWidget(self.table, 1)

    def _connect(self) -> None:
        for signal in (self.level_box.currentIndexChanged, self.search.textChanged):
            signal.connect(lambda _: self._filter.show_only(self.level_box.currentData(), self.search.text()))
        self.copy_button.clicked.connect(self._copy)
        self.save_button.clicked.connect(self._ask_save)
        copy = QAction(tr("Copy"), self.table)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self._copy)
        self.table.addAction(copy)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _add(self, line: Line) -> None:
        bar = self.table.verticalScrollBar()
        at_end = bar.value() >= bar.maximum()
        self._model.add(line)
        if at_end:
            self.table.scrollToBottom()

    def lines(self, *, chosen: bool = False) -> list[str]:
        """The lines that are shown, or of these the chosen ones, whole and with their dates."""
        rows = range(self._filter.rowCount())
        if chosen:
            rows = sorted({index.row() for index in self.table.selectionModel().selectedRows()})  # type: ignore[assignment]
        return [str(self._model.lines[self._filter.mapToSource(self._filter.index(row, 0)).row()]) for row in rows]

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join(self.lines(chosen=True) or self.lines()))

    def _ask_save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, tr("Save the log"), str(self._folders.propose("log") / "lipfd-log.txt"), tr("Text (*.txt)")
        )
        if name:
            self._folders.remember("log", Path(name).parent)
            self._try_save(Path(name))

    def _try_save(self, path: Path) -> None:
        try:
            self.save(path)
        except LipfdError as error:
            self.failed.emit(error)

    def save(self, path: Path) -> None:
        """Write the lines that are shown.

        Raises
        ------
        ExportError
            The file cannot be written.
        """
        with open_atomic(path) as file:
            file.write("".join(f"{line}\n" for line in self.lines()).encode())
