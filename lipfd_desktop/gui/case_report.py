"""Gives the report what the case knows: who examines, under which number, what was noted and marked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject

from lipfd_desktop.gui.case_document import CaseDocument
from lipfd_desktop.gui.report_dialog import ReportDialog
from lipfd_desktop.gui.session import Session
from lipfd_desktop.report.details import ReportMark


class CaseReport(QObject):
    """Fills the form of the report from the case; what the case leaves empty stays as it was typed there.

    Notes on the whole case are for the examiner alone and never go into a report of one file.
    """

    def __init__(self, document: CaseDocument, dialog: ReportDialog, session: Session) -> None:
        super().__init__(dialog)
        self._document = document
        self._dialog = dialog
        session.media_opened.connect(self._fill)  # after the dialog has forgotten the file before
        for signal in (document.details_changed, document.exhibits_changed, document.marks_changed):
            signal.connect(self._fill)

    def _fill(self) -> None:
        document, exhibit, details = self._document, self._document.current, self._dialog.details
        marks = tuple(ReportMark(mark.start, mark.end, mark.note, mark.tags) for mark in document.marks)
        known: dict[str, Any] = {
            "examiner": document.examiner,
            "case_number": document.number,
            "notes": "" if exhibit is None else exhibit.notes,
        }
        filled = replace(details, marks=marks, **{name: words for name, words in known.items() if words})
        if filled != details:
            self._dialog.details = filled
