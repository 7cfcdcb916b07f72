"""The marks of the open file as a table whose notes and tags are edited in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from dataclasses import replace
from typing import Final

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QSortFilterProxyModel,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QCompleter,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from lipfd_desktop.case.records import Mark, as_tags
from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.columns import Columns
from lipfd_desktop.gui.controls import KeepKeys, muted_label
from lipfd_desktop.gui.marks_plot import describe
from lipfd_desktop.gui.tables import DISPLAY, Index, TableModel
from lipfd_desktop.language import mark as _
from lipfd_desktop.language import tr, trn

COLUMNS: Final = (_("Start"), _("End"), _("Tags"), _("Note"))
START, END, TAGS, NOTE = range(4)
_TAGS_WIDTH: Final = 54
_PAUSE_MS: Final = 1000
"""A pause in typing after which what was typed is in the mark, and saved with it."""
_SORT: Final = Qt.ItemDataRole.UserRole


class _MarkModel(TableModel):
    """Signals: ``changed`` with the mark as the user wants it."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__(COLUMNS)
        self.marks: tuple[Mark, ...] = ()

    def show_marks(self, marks: Sequence[Mark]) -> None:
        same = [mark.id for mark in marks] == [mark.id for mark in self.marks]
        if same:  # the selection and an open editor stay
            self.marks = tuple(marks)
            self.tell_changed(0, len(marks) - 1)
            return
        self.beginResetModel()
        self.marks = tuple(marks)
        self.endResetModel()

    @property
    def rows(self) -> Sized:
        return self.marks

    def flags(self, index: Index) -> Qt.ItemFlag:
        editable = Qt.ItemFlag.ItemIsEditable if index.column() in (TAGS, NOTE) else Qt.ItemFlag.NoItemFlags
        return super().flags(index) | editable

    def data(self, index: Index, role: int = DISPLAY) -> object:
        mark = self.marks[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return text.tip(describe(mark))
        if role == _SORT:
            return (mark.start, mark.end, ", ".join(mark.tags).lower(), mark.note.lower())[index.column()]
        if role in (DISPLAY, Qt.ItemDataRole.EditRole):
            end = "–" if mark.is_moment else text.clock(mark.end)
            return (text.clock(mark.start), end, ", ".join(mark.tags), mark.note)[index.column()]
        return None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802
        if role != Qt.ItemDataRole.EditRole:
            return False
        mark, words = self.marks[index.row()], str(value)
        self.changed.emit(
            replace(mark, tags=as_tags(words)) if index.column() == TAGS else replace(mark, note=words.strip())
        )
        return True


class _TagCompleter(QCompleter):
    """Completes the tag after the last comma."""

    def pathFromIndex(self, index: Index) -> str:  # noqa: N802
        line = self.widget()
        words = line.text() if isinstance(line, QLineEdit) else ""
        return ", ".join([*as_tags(words.rpartition(",")[0]), str(index.data())])

    def splitPath(self, path: str) -> list[str]:  # noqa: N802
        return [path.rpartition(",")[2].strip()]


class _Editor(QStyledItemDelegate):
    """Signals: ``typed`` with every letter in an open editor."""

    typed = Signal()

    def __init__(self, tags: Callable[[], Sequence[str]], parent: QWidget) -> None:
        super().__init__(parent)
        self._tags = tags

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: Index) -> QWidget:  # noqa: N802
        line = QLineEdit(parent)
        line.setFrame(False)
        line.setAccessibleName(tr(COLUMNS[index.column()]))
        line.textEdited.connect(self.typed)
        if index.column() == TAGS:
            line.setPlaceholderText(tr("tags, separated by commas"))
            completer = _TagCompleter(list(self._tags()), line)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            line.setCompleter(completer)
        return line

    def setEditorData(self, editor: QWidget, index: Index) -> None:  # noqa: N802
        if isinstance(editor, QLineEdit) and not editor.isModified():  # what is being typed is newer than the mark
            editor.setText(str(index.data(Qt.ItemDataRole.EditRole)))

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:  # noqa: N802
        if isinstance(editor, QLineEdit):
            model.setData(index, editor.text(), Qt.ItemDataRole.EditRole)


class MarksPanel(QWidget):
    """Lists marks.

    Signals
    -------
    chosen
        The :class:`~lipfd_desktop.case.records.Mark` to jump to.
    changed
        A mark with another note or other tags.
    deleted
        Ids of the marks to delete.
    """

    chosen = Signal(object)
    changed = Signal(object)
    deleted = Signal(object)

    def __init__(self, tags: Callable[[], Sequence[str]]) -> None:
        super().__init__()
        self.setAccessibleName(tr("Marks"))
        self._model = _MarkModel()
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._model)
        self._sorted.setSortRole(_SORT)
        self.table = QTableView()
        self.table.setAccessibleName(tr("Marks"))
        self.table.setModel(self._sorted)
        self._delegate = _Editor(tags, self.table)
        self.table.setItemDelegate(self._delegate)
        self._pause = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self.commit)
        self._delegate.typed.connect(self._pause.start)
        self.count_label = muted_label()
        self.empty_label = muted_label(wraps=True)
        self.empty_label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._set_up_table()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        for widget in (self.count_label, self.empty_label, self.table):
            layout.addWidget(widget, int(widget is not self.count_label))
        self._model.changed.connect(self.changed)
        self.table.clicked.connect(self._choose)
        self.show_marks(())

    def _set_up_table(self) -> None:
        table = self.table
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setFont(theme.small_font(table))
        table.setAlternatingRowColors(True)
        table.setSortingEnabled(True)
        table.sortByColumn(START, Qt.SortOrder.AscendingOrder)
        table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(24)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(NOTE, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(36)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in (START, END):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        table.setColumnWidth(TAGS, _TAGS_WIDTH)
        self.columns = Columns(table, COLUMNS, ())
        KeepKeys(table, [Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End])
        for words, keys, do in (
            (tr("Go there"), ("Return", "Enter"), lambda: self._choose(table.currentIndex())),
            (tr("Edit the note"), ("F2",), lambda: self._edit(NOTE)),
            (tr("Edit the tags"), ("Shift+F2",), lambda: self._edit(TAGS)),
            (tr("Delete"), ("Delete", "Backspace"), self.delete_selected),
        ):
            action = QAction(words, table)
            action.setShortcuts([QKeySequence(key) for key in keys])
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(lambda _checked=False, do=do: do())
            table.addAction(action)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def explain(self, mark_key: str, window_key: str) -> None:
        """Say, where there are no marks yet, how to make one."""
        self.empty_label.setText(
            tr(
                "Press {mark} to mark the selection, or the frame under the cursor; {window} marks the window there.",
                mark=mark_key,
                window=window_key,
            )
        )

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """List ``marks``; the selected one stays selected."""
        kept = self.current
        self._model.show_marks(marks)
        focused = QApplication.focusWidget()
        if not marks and focused is not None and (focused is self.table or self.table.isAncestorOf(focused)):
            self.setFocus()  # else Qt would look for a field to type in, anywhere
        self.table.setVisible(bool(marks))
        self.empty_label.setVisible(not marks)
        self.count_label.setVisible(bool(marks))
        self.count_label.setText(trn("{count:,} mark", "{count:,} marks", len(marks)))
        if kept is not None:
            self.select(kept.id)

    @property
    def current(self) -> Mark | None:
        return self._mark(self.table.currentIndex())

    def _mark(self, index: QModelIndex) -> Mark | None:
        row = self._sorted.mapToSource(index).row()
        return self._model.marks[row] if 0 <= row < len(self._model.marks) else None

    def select(self, identity: int) -> None:
        """Select a mark without jumping to it."""
        rows = [row for row, mark in enumerate(self._model.marks) if mark.id == identity]
        for row in rows:
            here = self._sorted.mapFromSource(self._model.index(row, START))
            if here.row() != self.table.currentIndex().row():
                self.table.setCurrentIndex(here)

    def edit_note(self, identity: int) -> None:
        """Open the editor of the note of a mark."""
        self.select(identity)
        self._edit(NOTE)

    def _edit(self, column: int) -> None:
        index = self.table.currentIndex()
        if index.isValid():
            here = index.siblingAtColumn(column)
            self.table.setCurrentIndex(here)
            self.table.edit(here)

    def commit(self) -> None:
        """Take what stands in an open editor, which stays open."""
        self._pause.stop()
        for line in self.table.viewport().findChildren(QLineEdit):
            self._delegate.commitData.emit(line)

    def _choose(self, index: QModelIndex) -> None:
        mark = self._mark(index)
        if mark is not None:
            self.chosen.emit(mark)

    def delete_selected(self) -> None:
        marks = [self._mark(index) for index in self.table.selectionModel().selectedRows()]
        self.deleted.emit([mark.id for mark in marks if mark is not None])
