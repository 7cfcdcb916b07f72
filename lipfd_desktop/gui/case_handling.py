"""Enters in the handling log what the window did with the files of the case, and shows the log."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox, QWidget

from lipfd_desktop.gui import messages
from lipfd_desktop.gui.case_document import CaseDocument
from lipfd_desktop.gui.case_media import CaseMedia
from lipfd_desktop.gui.handling_dialog import HandlingDialog
from lipfd_desktop.gui.jobs import Failure
from lipfd_desktop.gui.outputs import Output
from lipfd_desktop.gui.session import Session
from lipfd_desktop.handling import Deed, of_analysis
from lipfd_desktop.report.handling_words import broken_words
from lipfd_desktop.result import AnalysisResult


class CaseHandling(QObject):
    """Files that come and go the document enters itself; this enters analyses, outputs and media that changed."""

    def __init__(self, window: QWidget, document: CaseDocument, session: Session, media: CaseMedia) -> None:
        super().__init__(window)
        self._window = window
        self._document = document
        self._media = media
        self.dialog: HandlingDialog | None = None
        self.message: QMessageBox | None = None
        session.analysed.connect(self.enter_analysis)
        session.outputs.stamp = lambda: document.generation
        session.outputs.written.connect(self._on_written)
        media.checked.connect(self._on_checked)
        document.logged.connect(self._refresh)
        document.case_changed.connect(self._on_case)

    def enter_analysis(self, result: AnalysisResult) -> None:
        """An analysis ended, be it of the open file or of another one."""
        self._document.log(Deed.ANALYSED, result.media.path.name, result.sha256, of_analysis(result))

    def _on_written(self, written: object) -> None:
        output = cast("Output", written)
        if output.stamp != self._document.generation:  # begun for a case that is closed by now
            return
        about = "" if output.about is None else output.about.name
        details = {"kind": output.kind, "output": output.path.name, **output.details}
        if output.sha256:
            details["output_sha256"] = output.sha256
        self._document.log(Deed.EXPORTED, about, output.about_sha256, details)

    def _on_checked(self, identity: int) -> None:
        exhibit, check = self._document.case.exhibit(identity), self._media.checks[identity]
        if exhibit is not None and check.is_proven:
            self._document.log_found(Deed.CHANGED, exhibit)

    def show(self) -> None:
        """Show the log in a window of its own, which follows it."""
        if self.dialog is None:
            self.dialog = HandlingDialog(self._window)
        self.dialog.show()
        self._refresh()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def _on_case(self) -> None:
        self._refresh()
        if words := broken_words(self._document.case.handling):
            self.message = messages.show_failure(self._window, Failure(words, None))

    def _refresh(self) -> None:
        if self.dialog is not None and self.dialog.isVisible():
            self.dialog.show_log(self._document.case.handling)
