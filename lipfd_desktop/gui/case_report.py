"""Gives the report what the case knows: who examines, under which number, what was noted and marked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from PySide6.QtCore import QObject

from lipfd_desktop.gui.case_document import CaseDocument
from lipfd_desktop.gui.report_dialog import ReportDialog
from lipfd_desktop.gui.session import Session
from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.report.details import ReportMark


class CaseReport(QObject):
    """Writes into the form of the report what changed in the case, and nothing else: the rest is as it was typed there.

    What the user types there about the case goes into the case, so that it is kept.  Another case takes everything of
    the one before out of the form.  Notes on the whole case are for the examiner alone and never go into a report of
    one file.
    """

    def __init__(self, document: CaseDocument, dialog: ReportDialog, session: Session, settings: Settings) -> None:
        super().__init__(dialog)
        self._document = document
        self._dialog = dialog
        self._settings = settings
        self._given = {"examiner": "", "case_number": "", "notes": ""}
        """What the case last said, under the names of the form."""
        dialog.form.typed.connect(self._take)
        document.case_changed.connect(self._begin)
        session.media_opened.connect(self._on_media)  # after the dialog has forgotten the file before
        for signal in (document.details_changed, document.exhibits_changed, document.marks_changed):
            signal.connect(self._fill)
        document.logged.connect(self._pass_log)

    def _known(self) -> dict[str, str]:
        document, exhibit = self._document, self._document.current
        notes = "" if exhibit is None else exhibit.notes
        return {"examiner": document.examiner, "case_number": document.number, "notes": notes}

    def _begin(self) -> None:
        self._given = self._known()
        self._write(**self._given, exhibit="", marks=())
        self._pass_log()

    def _pass_log(self) -> None:
        self._dialog.form.set_handling(self._document.case.handling)

    def _on_media(self) -> None:
        self._given["notes"] = ""
        self._fill()

    def _take(self, name: str, words: str) -> None:
        if name not in self._given:
            return
        self._given[name] = words  # the form has it already
        if name != "notes":
            self._document.set_detail({"case_number": "number"}.get(name, name), words)
        elif self._document.current is not None:
            self._document.set_exhibit_notes(self._document.current.id, words)

    def _fill(self) -> None:
        known = self._known()
        changes = {name: words for name, words in known.items() if words != self._given[name]}
        self._given = known
        if changes:
            self._write(**changes)
        self._dialog.set_marks(
            tuple(ReportMark(mark.start, mark.end, mark.note, mark.tags) for mark in self._document.marks)
        )

    def _write(self, **changes: Any) -> None:
        details = self._dialog.details
        if changes.get("examiner") == "":
            changes["examiner"] = self._settings.examiner
        filled = replace(details, **changes)
        if filled != details:
            # A date that is written back counts as chosen, and would be yesterday's tomorrow.
            is_today = details.date == date.today().isoformat()
            self._dialog.details = replace(filled, date=None if is_today else details.date)
