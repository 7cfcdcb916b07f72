"""The case: its details, and the files in it."""

from __future__ import annotations

from collections.abc import Callable, Sized
from typing import Final

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QAction, QBrush, QColor, QFont, QKeySequence
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from lipfd_desktop.case.records import Exhibit, Role
from lipfd_desktop.case.relocation import MediaCheck, MediaState
from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.case_document import CaseDocument
from lipfd_desktop.gui.case_words import ROLES, marks_words, media_sentence, state_word, verdict_word
from lipfd_desktop.gui.columns import Columns
from lipfd_desktop.gui.controls import KeepKeys, LeaveUndo, muted_label
from lipfd_desktop.gui.tables import DISPLAY, Index, TableModel
from lipfd_desktop.language import mark as _
from lipfd_desktop.language import tr
from lipfd_desktop.report.palette import ORANGE
from lipfd_desktop.report.text import printable

COLUMNS: Final = (_("File"), _("Verdict"), _("State"), _("Role"))
_NOTES_HEIGHT: Final = 56
_DETAILS: Final = {"title": _("Title"), "number": _("Number"), "examiner": _("Examiner")}


class _ExhibitModel(TableModel):
    def __init__(self, document: CaseDocument) -> None:
        super().__init__(COLUMNS)
        self._document = document
        self.exhibits: tuple[Exhibit, ...] = ()
        self.checks: dict[int, MediaCheck] = {}

    def refresh(self) -> None:
        before, now = self.exhibits, self._document.exhibits
        if [one.id for one in before] == [one.id for one in now]:
            self.exhibits = now
            self.tell_changed(0, len(now) - 1)
            return
        self.beginResetModel()
        self.exhibits = now
        self.endResetModel()

    @property
    def rows(self) -> Sized:
        return self.exhibits

    def data(self, index: Index, role: int = DISPLAY) -> object:
        exhibit = self.exhibits[index.row()]
        check, is_open = self.checks.get(exhibit.id), exhibit.id == self._document.case.current
        if role == DISPLAY:
            name = printable(exhibit.path.name)
            return (name, verdict_word(exhibit), state_word(check), tr(ROLES[exhibit.role]))[index.column()]
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            lines = [
                printable(exhibit.path),
                tr("{verdict}, {role}", verdict=verdict_word(exhibit), role=tr(ROLES[exhibit.role])),
                "SHA-256 " + (exhibit.sha256 or tr("not computed yet")),
                marks_words(exhibit),
            ]
            if check is not None and check.state is not MediaState.PRESENT:
                lines.append(media_sentence(exhibit, check))
            return text.tip("\n".join(lines))
        if role == Qt.ItemDataRole.FontRole and is_open and not index.column():
            font = QFont()
            font.setBold(True)
            return font
        is_wrong = check is not None and check.state in (MediaState.CHANGED, MediaState.MISSING)
        if role == Qt.ItemDataRole.ForegroundRole and is_wrong and COLUMNS[index.column()] == "State":
            return QBrush(QColor(ORANGE))
        return None


class CasePanel(QWidget):
    """Signals: ``open_asked``, ``locate_asked`` and ``remove_asked`` with the id of an exhibit."""

    open_asked = Signal(int)
    locate_asked = Signal(int)
    remove_asked = Signal(int)

    def __init__(self, document: CaseDocument) -> None:
        super().__init__()
        self.setAccessibleName(tr("Case"))
        self._document = document
        self._model = _ExhibitModel(document)
        self.lines = {name: self._line(tr(words)) for name, words in _DETAILS.items()}
        self.notes = QPlainTextEdit()
        self.notes.setAccessibleName(tr("Notes on the case"))
        self.notes.setPlaceholderText(tr("Notes on the case"))
        self.notes.setTabChangesFocus(True)
        LeaveUndo(self.notes)
        self.notes.setFixedHeight(_NOTES_HEIGHT)
        self.table = QTableView()
        self.table.setAccessibleName(tr("Files of the case"))
        self.table.setModel(self._model)
        self.file_note = self._line(tr("Note on the selected file"))
        self.file_note.setPlaceholderText(tr("Note on the selected file"))
        self.state_label = muted_label(wraps=True)
        self.log_button = QPushButton(tr("Handling log…"))
        self.log_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._set_up_table()
        self._arrange()
        self._connect()
        self.refresh()

    @staticmethod
    def _line(name: str) -> QLineEdit:
        line = QLineEdit()
        line.setAccessibleName(name)
        LeaveUndo(line)
        return line

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(4)
        for name, words in _DETAILS.items():
            form.addRow(muted_label(tr(words)), self.lines[name])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addLayout(form)
        layout.addWidget(self.notes)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.file_note)
        below = QHBoxLayout()
        below.addWidget(self.state_label, 1)
        below.addWidget(self.log_button)
        layout.addLayout(below)

    def _set_up_table(self) -> None:
        table = self.table
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setFont(theme.small_font(table))
        table.setAlternatingRowColors(True)
        table.setTextElideMode(Qt.TextElideMode.ElideRight)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(24)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        for name in ("File", "Verdict"):
            header.setSectionResizeMode(COLUMNS.index(name), QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(36)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.columns = Columns(table, COLUMNS, {"Role"})
        keys = [Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_Enter]
        KeepKeys(table, keys)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._offer(tr("Open"), self.open_asked.emit)
        self._offer(tr("Locate…"), self.locate_asked.emit)
        self._offer(tr("This is the suspect"), lambda one: self._document.set_role(one, Role.SUSPECT))
        self._offer(tr("This is a reference"), lambda one: self._document.set_role(one, Role.REFERENCE))
        self._offer(tr("Remove from the case"), self.remove_asked.emit, "Delete")

    def _offer(self, words: str, do: Callable[[int], object], key: str = "") -> None:
        action = QAction(words, self.table)
        action.setShortcut(QKeySequence(key))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)

        def on_triggered() -> None:
            if (exhibit := self.selected) is not None:
                do(exhibit.id)

        action.triggered.connect(on_triggered)
        self.table.addAction(action)

    def _connect(self) -> None:
        document = self._document
        for name, line in self.lines.items():
            line.textEdited.connect(lambda words, name=name: document.set_detail(name, words))
        self.notes.textChanged.connect(lambda: document.set_detail("notes", self.notes.toPlainText()))
        self.file_note.textEdited.connect(self._on_file_note)
        self.table.doubleClicked.connect(lambda index: self.open_asked.emit(self._model.exhibits[index.row()].id))
        self.table.activated.connect(self._on_activated)
        self.table.selectionModel().currentRowChanged.connect(self._show_file_note)
        for signal in (document.details_changed, document.exhibits_changed, document.current_changed):
            signal.connect(self.refresh)

    def _on_activated(self, index: QModelIndex) -> None:
        exhibit = self._model.exhibits[index.row()]
        if exhibit.id != self._document.case.current:
            self.open_asked.emit(exhibit.id)

    @property
    def selected(self) -> Exhibit | None:
        row = self.table.currentIndex().row()
        return self._model.exhibits[row] if 0 <= row < len(self._model.exhibits) else self._document.current

    def _on_file_note(self, words: str) -> None:
        if (exhibit := self.selected) is not None:
            self._document.set_exhibit_notes(exhibit.id, words)

    def _show_file_note(self) -> None:
        words = "" if self.selected is None else self.selected.notes
        self.file_note.setEnabled(self.selected is not None)
        if words != self.file_note.text():
            self.file_note.setText(words)

    def refresh(self) -> None:
        """Show what the document holds."""
        for name, line in self.lines.items():
            words = getattr(self._document.case, name)
            if words != line.text():
                line.setText(words)
        if self._document.notes != self.notes.toPlainText():
            self.notes.setPlainText(self._document.notes)
        self._model.refresh()
        self._show_file_note()

    def show_checks(self, checks: dict[int, MediaCheck]) -> None:
        """Say what became of the media, by the id of the exhibit."""
        self._model.checks = checks
        self._model.refresh()

    def show_keeping(self, words: str) -> None:
        self.state_label.setText(words)

    def words_shown(self, row: int) -> list[str]:
        """The cells of a row."""
        return [str(self._model.index(row, column).data()) for column in range(len(COLUMNS))]
