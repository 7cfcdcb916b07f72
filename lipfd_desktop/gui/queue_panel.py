"""The queue as a table, with what can be done to it."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from pathlib import Path
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDragMoveEvent, QDropEvent, QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.controls import IconButton, KeepKeys, muted_label
from lipfd_desktop.gui.queue_items import Item, ItemState
from lipfd_desktop.gui.tables import DISPLAY, Index, TableModel
from lipfd_desktop.gui.verdict_strip import OUTCOME_COLOURS
from lipfd_desktop.gui.verdict_words import reason_of
from lipfd_desktop.language import mark, tr, trn
from lipfd_desktop.report.terms import outcome_words
from lipfd_desktop.report.text import number, printable

COLUMNS: Final = (
    mark("File"), mark("State"), mark("Verdict"), mark("Score"), mark("Windows analysed"), mark("Time taken"),
    mark("Computed"),
)  # fmt: skip
FILE, STATE, VERDICT, SCORE, COVERAGE, SECONDS, KEPT = range(len(COLUMNS))
_MOST_STATE: Final = 300
"""Pixels; a longer sentence about what failed is elided, and whole in its tip."""
_STATES: Final = {
    ItemState.WAITING: mark("waiting"),
    ItemState.ANALYSING: mark("analysing"),
    ItemState.DONE: mark("done"),
    ItemState.FAILED: mark("failed"),
    ItemState.CANCELLED: mark("cancelled"),
}
_DOT: Final = 14
"""Pixels that the dot of a verdict takes."""
_SHARE: Final = Qt.ItemDataRole.UserRole
_COLOUR: Final = _SHARE + 1


def cell(item: Item, column: int) -> str:
    """What the table says in one place."""
    finding = item.finding
    if column == FILE:
        return printable(item.path.name)
    if column == STATE:
        return _state(item)
    if finding is None:
        return ""
    return {
        VERDICT: tr("no verdict") if finding.outcome is None else outcome_words(finding.outcome),
        SCORE: number(finding.score, 2),
        COVERAGE: tr("{done:,} of {total:,}", done=finding.windows_analysed, total=finding.windows_total),
        SECONDS: tr("{seconds:.1f} s", seconds=finding.seconds),
        KEPT: tr("earlier") if finding.from_cache else tr("now"),
    }[column]


def _state(item: Item) -> str:
    if item.state is ItemState.ANALYSING:
        if not item.total:
            return tr("analysing…")
        return tr("analysing {percent} %", percent=100 * min(item.done, item.total) // item.total)
    if item.problem:
        return tr("failed: {problem}", problem=item.problem)
    return tr(_STATES[item.state])


def _alignment(column: int) -> Qt.AlignmentFlag:
    """Numbers end at the right, where they can be compared."""
    if column == KEPT:
        return Qt.AlignmentFlag.AlignCenter
    side = Qt.AlignmentFlag.AlignRight if column in (SCORE, COVERAGE, SECONDS) else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class QueueModel(TableModel):
    def __init__(self) -> None:
        super().__init__(COLUMNS)
        self.items: Sequence[Item] = ()

    def show_items(self, items: Sequence[Item]) -> None:
        self.beginResetModel()
        self.items = items
        self.endResetModel()

    def refresh(self, place: int) -> None:
        self.tell_changed(place, place)

    @property
    def rows(self) -> Sized:
        return self.items

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = DISPLAY) -> object:  # noqa: N802
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return super().headerData(section, orientation, role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        item, column = self.items[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return cell(item, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return text.tip(self._tip(item, column))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == _SHARE and column == STATE and item.state is ItemState.ANALYSING and item.total:
            return min(item.done / item.total, 1.0)
        if role == _COLOUR and column == VERDICT and item.finding is not None and item.finding.outcome is not None:
            return OUTCOME_COLOURS[item.finding.outcome]
        return None

    @staticmethod
    def _tip(item: Item, column: int) -> str:
        if column == FILE:
            return printable(item.path)
        if column == VERDICT and item.finding is not None:
            return reason_of(item.finding.verdict)
        return cell(item, column)


class _Delegate(QStyledItemDelegate):
    """Adds how far a file is as a bar, and the colour of its verdict as a dot."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        hint = super().sizeHint(option, index)
        if index.column() == STATE:
            hint.setWidth(min(hint.width(), _MOST_STATE))
        elif index.column() == VERDICT:
            hint.setWidth(hint.width() + _DOT)
        return hint

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: N802
        super().initStyleOption(option, index)
        if index.column() == STATE:  # a sentence, which begins with what matters; names of files end with it
            option.textElideMode = Qt.TextElideMode.ElideRight

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        share, colour = index.data(_SHARE), index.data(_COLOUR)
        area = QRectF(option.rect)
        if colour is not None:
            option.rect.setLeft(option.rect.left() + _DOT)
        super().paint(painter, option, index)
        scheme = theme.scheme_of(option.widget)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if colour is not None:
            painter.setBrush(QColor(colour))
            painter.drawEllipse(QRectF(area.left() + 5, area.center().y() - 4, 8, 8))
        if share is not None:
            bar = QRectF(area.left() + 4, area.bottom() - 4, area.width() - 8, 3)
            painter.setBrush(QColor(scheme.border))
            painter.drawRect(bar)
            painter.setBrush(QColor(scheme.accent))
            painter.drawRect(QRectF(bar.left(), bar.top(), bar.width() * share, bar.height()))
        painter.restore()


class QueuePanel(QWidget):
    """Signals: what was asked for; ``dropped`` with paths, ``opened``, ``removed`` and ``retried`` with places."""

    add_files_asked = Signal()
    add_folder_asked = Signal()
    start_asked = Signal()
    pause_asked = Signal()
    cancel_asked = Signal()
    export_asked = Signal()
    dropped = Signal(object)
    opened = Signal(int)
    removed = Signal(object)
    retried = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Queue"))
        self.setAcceptDrops(True)
        self.model = QueueModel()
        self.table = self._make_table()
        self.summary = muted_label()
        self._is_started = False
        self.files_button = self._button(tr("Add files…"), tr("Add video files to the queue"))
        self.folder_button = self._button(tr("Add folder…"), tr("Add all videos of a folder and the folders in it"))
        self.start_button = self._button(tr("Start"), "")
        self.start_button.setProperty("primary", True)
        self.cancel_button = self._button(tr("Cancel"), tr("Stop now; the running file is not finished"))
        self.retry_button = self._button(tr("Retry"), tr("Let the selected files have another turn"))
        self.remove_button = self._button(
            tr("Remove"), tr("Take the selected files out of the list; no file is deleted")
        )
        self.export_button = self._button(tr("Export table…"), tr("Write this table as a CSV file"))
        self.pin_button = IconButton(
            "pin", tr("Keep the queue open"), tr("Show the queue at every start, also without files in it"),
            checkable=True,
        )  # fmt: skip
        self._empty = muted_label(
            tr("Add video files or a folder, or drop them here. They are analysed one after the other on this machine, "
               "with the settings of the window; a double-click opens a file with its result."),
            wraps=True,
        )  # fmt: skip
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.table)
        self._arrange()
        self._connect()
        self.show_state(started=False, running=False, waiting=False)

    @staticmethod
    def _button(words: str, tip: str) -> QPushButton:
        button = QPushButton(words)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        KeepKeys(button, [Qt.Key.Key_Space])
        return button

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setAccessibleName(tr("Files of the queue"))
        table.setModel(self.model)
        table.setItemDelegate(_Delegate(table))
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        table.setWordWrap(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(26)
        header = table.horizontalHeader()
        # Names of files get the room that words do not need; only rows in sight are measured.
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setResizeContentsPrecision(0)
        header.setSectionResizeMode(FILE, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(36)
        header.setHighlightSections(False)
        keys = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_Space)
        KeepKeys(table, keys)
        return table

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(6)
        for button in (self.files_button, self.folder_button, self.start_button, self.cancel_button):
            row.addWidget(button)
        row.addWidget(self.summary, 1)
        for button in (self.retry_button, self.remove_button, self.export_button):
            row.addWidget(button)
        row.addWidget(self.pin_button)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(8, 4, 8, 6)
        self._column.addLayout(row)
        self._column.addWidget(self._pages, 1)

    def _connect(self) -> None:
        self.files_button.clicked.connect(self.add_files_asked)
        self.folder_button.clicked.connect(self.add_folder_asked)
        self.start_button.clicked.connect(self._on_start)
        self.cancel_button.clicked.connect(self.cancel_asked)
        self.export_button.clicked.connect(self.export_asked)
        self.remove_button.clicked.connect(lambda: self.removed.emit(self.selected))
        self.retry_button.clicked.connect(lambda: self.retried.emit(self.selected))
        self.table.activated.connect(lambda index: self.opened.emit(index.row()))
        self.table.selectionModel().selectionChanged.connect(lambda *_change: self._enable())

    def _on_start(self) -> None:
        (self.pause_asked if self._is_started else self.start_asked).emit()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(900, 140)

    def height_of(self, rows: int) -> int:
        """Pixels of the panel when so many rows of its table are seen."""
        margins = self._column.contentsMargins()
        buttons = self.start_button.sizeHint().height() + self._column.spacing() + margins.top() + margins.bottom()
        table = self.table.horizontalHeader().sizeHint().height() + 2 * self.table.frameWidth()
        return buttons + table + rows * self.table.verticalHeader().defaultSectionSize()

    @property
    def selected(self) -> list[int]:
        """Places of the selected files."""
        return sorted({index.row() for index in self.table.selectionModel().selectedRows()})

    # What is shown -------------------------------------------------------------------------------------------

    def show_items(self, items: Sequence[Item]) -> None:
        kept = {self.model.items[place].path for place in self.selected if place < len(self.model.items)}
        self.model.show_items(list(items))
        self._pages.setCurrentWidget(self.table if items else self._empty)
        selection = self.table.selectionModel()
        flags = selection.SelectionFlag.Select | selection.SelectionFlag.Rows
        for place, item in enumerate(items):
            if item.path in kept:
                selection.select(self.model.index(place, 0), flags)
        self._enable()

    def show_item(self, place: int, item: Item) -> None:
        self.model.items = [*self.model.items[:place], item, *self.model.items[place + 1 :]]
        self.model.refresh(place)
        self._enable()

    def show_state(self, *, started: bool, running: bool, waiting: bool) -> None:
        """Whether the queue shall go on, a file is being analysed, and it waits for the user's own analysis."""
        self._is_started = started
        self.start_button.setText(tr("Pause") if started else tr("Start"))
        self.start_button.setToolTip(
            tr("Stop after the file that is being analysed") if started else tr("Analyse the waiting files one by one")
        )
        self.cancel_button.setEnabled(running)
        self._enable()
        self.summary.setText(self._summary(started=started, running=running, waiting=waiting))

    def _summary(self, *, started: bool, running: bool, waiting: bool) -> str:
        items = self.model.items
        if not items:
            return ""
        counts = {state: sum(item.state is state for item in items) for state in ItemState}
        words = [trn("{count:,} file", "{count:,} files", len(items))]
        words += [f"{count:,} {tr(_STATES[state])}" for state, count in counts.items() if count]
        if waiting:
            words.append(tr("goes on when your own analysis is done"))
        elif running and not started:
            words.append(tr("stops after this file"))
        return " · ".join(words)

    def _enable(self) -> None:
        items = self.model.items
        chosen = [items[place] for place in self.selected if place < len(items)]
        had_turn = (ItemState.DONE, ItemState.FAILED, ItemState.CANCELLED)
        self.remove_button.setEnabled(bool(chosen))
        self.retry_button.setEnabled(any(item.state in had_turn for item in chosen))
        self.export_button.setEnabled(bool(items))
        self.start_button.setEnabled(self._is_started or any(item.state is ItemState.WAITING for item in items))

    # Dropping ------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        event.acceptProposedAction()
        self.dropped.emit([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])
