"""What the examiner adds to a report, as a form."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QDate, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateEdit,
    QFormLayout,
    QGroupBox,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from lipfd_desktop import language
from lipfd_desktop.gui.controls import chooser, muted_label
from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.handling import Log
from lipfd_desktop.language import LANGUAGES, mark, tr
from lipfd_desktop.report.details import ReportDetails, ReportMark, Section

_LINES: Final = {
    "case_number": mark("Case number"),
    "exhibit": mark("Exhibit"),
    "examiner": mark("Examiner"),
    "organisation": mark("Organisation"),
}


class DetailsForm(QWidget):
    """What is told about the case in a report, and what the report shows.

    Signals
    -------
    changed
        :attr:`details` are others, by the user or by :meth:`set_details`.
    typed
        Name of a field of :attr:`details` that the user typed in, and its words.
    """

    changed = Signal()
    typed = Signal(str, str)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._marks: tuple[ReportMark, ...] = ()
        self._handling: Log = ()
        self._date_chosen = False
        self._preferred = {"examiner": "", "organisation": ""}
        """Who works here, as the preferences have it: the same tomorrow, while the case is not."""
        self.lines: dict[str, QLineEdit] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, words in _LINES.items():
            line = QLineEdit()
            line.setAccessibleName(tr(words))
            line.setMaxLength(500)
            line.textEdited.connect(partial(self._on_line, name))
            self.lines[name] = line
            form.addRow(tr(words), line)
        self.take_preferences()
        self.date_edit = QDateEdit(QDate.currentDate())
        self.date_edit.setDisplayFormat("yyyy-MM-dd")
        self.date_edit.setCalendarPopup(True)
        self.date_edit.setAccessibleName(tr("Date of the report"))
        self.date_edit.userDateChanged.connect(self._on_date)
        form.addRow(tr("Date"), self.date_edit)
        self.language_box = self._language_chooser()
        form.addRow(tr("Language"), self.language_box)
        layout.addLayout(form)
        layout.addWidget(muted_label(tr("Notes")))
        self.notes_edit = QPlainTextEdit()
        self.notes_edit.setAccessibleName(tr("Notes"))
        self.notes_edit.setTabChangesFocus(True)
        self.notes_edit.setMinimumHeight(70)
        self.notes_edit.textChanged.connect(self._on_notes)
        layout.addWidget(self.notes_edit, 1)
        layout.addWidget(self._sections_box())

    def _language_chooser(self) -> QComboBox:
        """The language of the window until the user chooses another for reports."""
        box = chooser(tr("Language of the report"), tr("Language of PDF, HTML and PNG; JSON and CSV are English"))
        for key, words in LANGUAGES.items():
            box.addItem(words, key)
        chosen = box.findData(self._settings.text("report/language"))
        box.setCurrentIndex(box.findData(language.current()) if chosen < 0 else chosen)
        box.currentIndexChanged.connect(self._on_language)
        return box

    def _sections_box(self) -> QGroupBox:
        box = QGroupBox(tr("Parts of the report"))
        inner = QVBoxLayout(box)
        inner.setSpacing(3)
        without = self._settings.text("report/without").split(",")
        self.sections: dict[Section, QCheckBox] = {}
        for section in Section:
            words = section.words
            check = QCheckBox(words[:1].upper() + words[1:])
            check.setChecked(section.value not in without)
            check.toggled.connect(self._on_edited)
            self.sections[section] = check
            inner.addWidget(check)
        always = tr("Verdict, error rates, hashes, coverage, notices and limits are always there.")
        inner.addWidget(muted_label(always, wraps=True))
        return box

    @property
    def details(self) -> ReportDetails:
        day = self.date_edit.date() if self._date_chosen else QDate.currentDate()
        return ReportDetails(
            **{name: line.text().strip() for name, line in self.lines.items()},
            notes=self.notes_edit.toPlainText(),
            date=day.toString(Qt.DateFormat.ISODate),
            sections=frozenset(section for section, check in self.sections.items() if check.isChecked()),
            marks=self._marks,
            handling=self._handling,
            language=str(self.language_box.currentData()),
        )

    def set_details(self, details: ReportDetails) -> None:
        """Show ``details``; without a date it is that of the day on which the report is written."""
        blockers = [
            QSignalBlocker(widget)
            for widget in (
                *self.lines.values(),
                self.date_edit,
                self.language_box,
                self.notes_edit,
                *self.sections.values(),
            )
        ]
        for name, line in self.lines.items():
            line.setText(str(getattr(details, name)))
        self._date_chosen = details.date is not None
        date = QDate.fromString((details.date or "")[:10], Qt.DateFormat.ISODate)
        self.date_edit.setDate(date if date.isValid() else QDate.currentDate())
        self.language_box.setCurrentIndex(self.language_box.findData(details.language))
        self.notes_edit.setPlainText(details.notes)
        for section, check in self.sections.items():
            check.setChecked(section in details.sections)
        self._marks, self._handling = details.marks, details.handling
        for blocker in blockers:
            blocker.unblock()
        self.changed.emit()

    def take_preferences(self) -> None:
        """Take the names of the preferences over, but where a case or the user has put another."""
        for name, before in self._preferred.items():
            self._preferred[name] = str(getattr(self._settings, name))
            if self.lines[name].text().strip() == before:
                self.lines[name].setText(self._preferred[name])
        self.changed.emit()

    def set_kind(self, kind: str) -> None:
        """Offer the parts that a file of this kind has a choice of: data are whole but for marks and notes."""
        self.language_box.setEnabled(kind not in {"json", "csv"})
        for section, check in self.sections.items():
            check.setEnabled(kind not in {"json", "csv"} or section is Section.MARKS)

    def set_marks(self, marks: tuple[ReportMark, ...]) -> None:
        """The examiner's marks, which are made elsewhere."""
        if marks != self._marks:
            self._marks = marks
            self.changed.emit()

    def set_handling(self, log: Log) -> None:
        """The handling log of the case, which only grows."""
        if log != self._handling:
            self._handling = log
            self.changed.emit()

    def _on_date(self) -> None:
        self._date_chosen = True
        self.changed.emit()

    def _on_language(self) -> None:
        chosen = str(self.language_box.currentData())
        self._settings.set_text("report/language", "" if chosen == language.current() else chosen)
        self.changed.emit()

    def _on_line(self, name: str, words: str) -> None:
        if name in self._preferred:
            self._preferred[name] = words.strip()
            setattr(self._settings, name, self._preferred[name])
        self.typed.emit(name, words)
        self._on_edited()

    def _on_notes(self) -> None:
        self.typed.emit("notes", self.notes_edit.toPlainText())
        self._on_edited()

    def _on_edited(self) -> None:
        without = (section.value for section, check in self.sections.items() if not check.isChecked())
        self._settings.set_text("report/without", ",".join(without))
        self.changed.emit()
