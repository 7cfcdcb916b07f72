"""The report before it is written: what the examiner adds on the left, the real pages on the right."""

from __future__ import annotations

from functools import partial
from typing import Final, cast

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QSplitter, QVBoxLayout, QWidget

from lipfd_desktop.gui import text
from lipfd_desktop.gui.controls import chooser, muted_label, plain_label, resize_to_fit, scrolling
from lipfd_desktop.gui.jobs import Failure, Job, JobRunner
from lipfd_desktop.gui.report_form import DetailsForm
from lipfd_desktop.gui.report_preview import Made, Preview, make
from lipfd_desktop.gui.session import Session, State
from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.language import tr
from lipfd_desktop.report.details import ReportDetails, ReportMark
from lipfd_desktop.report.terms import KINDS
from lipfd_desktop.result import AnalysisResult

_SOON_MS: Final = 450
"""A pause in typing after which the preview is made anew."""


def cautions(result: AnalysisResult) -> list[str]:
    """What must be known of ``result`` before a report of it goes out."""
    words = []
    if not result.model.trained:
        words.append(tr("Test weights: the scores are meaningless."))
    if result.cancelled:
        words.append(tr("The analysis was cancelled: this is a partial result."))
    elif not result.coverage.complete:
        words.append(tr("Not the whole file could be examined."))
    if result.from_cache:
        when = text.local_time(result.started_at)
        words.append(tr("The scores were computed by an earlier analysis, of {when}.", when=when))
    return words


class ReportDialog(QDialog):
    """Preview and export of the result that is shown.

    :attr:`details` may be read and set from elsewhere, such as a case that keeps them.

    Signals
    -------
    export_asked
        The kind of file that the user wants, such as ``pdf``.
    """

    export_asked = Signal(str)

    def __init__(self, session: Session, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Report"))
        self.setMinimumSize(900, 560)
        resize_to_fit(self, 1180, 820)
        self._session = session
        self._runner: JobRunner | None = None
        self._job: Job | None = None
        self._soon = QTimer(self, interval=_SOON_MS, singleShot=True)
        self._soon.timeout.connect(self._make)
        self.form = DetailsForm(settings)
        self.preview = Preview()
        self.kind_box = chooser(tr("Format"), tr("Format of the file"), characters=12)
        for kind, words in KINDS.items():
            self.kind_box.addItem(tr(words), kind)
        self.caution_label = plain_label()
        self.caution_label.setWordWrap(True)
        self.caution_label.setProperty("banner", True)
        self.caution_label.setAccessibleName(tr("What must be known of this result"))
        self.export_button = QPushButton(tr("Export…"))
        self.export_button.setProperty("primary", True)
        self.export_button.setDefault(True)
        self.close_button = QPushButton(tr("Close"))
        self.close_button.setAutoDefault(False)
        self._lay_out()
        self.form.changed.connect(self._refresh_soon)
        self.kind_box.currentIndexChanged.connect(self._on_kind)
        self.export_button.clicked.connect(lambda: self.export_asked.emit(self.kind))
        self.close_button.clicked.connect(self.reject)
        for signal in (session.result_ready, session.judged, session.analysis_started):
            signal.connect(self._on_result)
        session.media_opened.connect(self._on_media)
        session.exported.connect(self._on_exported)
        self._on_result()

    def _lay_out(self) -> None:
        self._body = body = QWidget()
        inner = QVBoxLayout(body)
        inner.setContentsMargins(0, 0, 8, 0)
        inner.addWidget(self.form)
        self._scroll = scroll = scrolling(body)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        choice = QHBoxLayout()
        choice.addWidget(QLabel(tr("Format")))
        choice.addWidget(self.kind_box, 1)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 6, 0)
        column.addWidget(scroll, 1)
        column.addLayout(choice)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(left)
        splitter.addWidget(self.preview)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([340, 840])
        splitter.setChildrenCollapsible(False)
        self.done_label = muted_label()
        buttons = QHBoxLayout()
        buttons.addWidget(self.done_label, 1)
        buttons.addWidget(self.close_button)
        buttons.addWidget(self.export_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 14, 14, 12)
        layout.addWidget(self.caution_label)
        layout.addWidget(splitter, 1)
        layout.addLayout(buttons)

    @property
    def kind(self) -> str:
        """Suffix of the chosen format, without the dot."""
        return str(self.kind_box.currentData())

    @property
    def details(self) -> ReportDetails:
        """What the examiner adds, as the form has it."""
        return self.form.details

    @details.setter
    def details(self, details: ReportDetails) -> None:
        self.form.set_details(details)

    def set_marks(self, marks: tuple[ReportMark, ...]) -> None:
        """The examiner's marks, which are made elsewhere."""
        self.form.set_marks(marks)

    # What happened -------------------------------------------------------------------------------------------

    def _on_kind(self) -> None:
        self.form.set_kind(self.kind)
        self._refresh_now()

    def _on_media(self) -> None:
        """Another file is another exhibit, with other marks."""
        details = self.details
        if details.exhibit or details.notes or details.marks:
            self.form.set_details(
                ReportDetails(
                    examiner=details.examiner,
                    organisation=details.organisation,
                    case_number=details.case_number,
                    sections=details.sections,
                    handling=details.handling,
                    language=details.language,
                )
            )

    def _on_result(self) -> None:
        result = self._session.result
        words = cautions(result) if result is not None else []
        self.caution_label.setText(" ".join(words))
        self.caution_label.setToolTip(result.started_at if result is not None and result.from_cache else "")
        self.caution_label.setVisible(bool(words))
        is_grave = result is not None and (not result.model.trained or not result.coverage.complete or result.cancelled)
        self.caution_label.setProperty("banner", is_grave)
        self.caution_label.setProperty("muted", not is_grave)
        self.caution_label.style().unpolish(self.caution_label)
        self.caution_label.style().polish(self.caution_label)
        self.export_button.setEnabled(result is not None)
        self._refresh_soon()

    def _on_exported(self, path: object) -> None:
        self.done_label.setText(tr("Written: {path}", path=path))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        # It scrolls downwards only, and the words of some languages are long.
        bar = self._scroll.verticalScrollBar().sizeHint().width()
        self._scroll.setMinimumWidth(self._body.minimumSizeHint().width() + bar)
        self.done_label.clear()
        self._refresh_now()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self._soon.stop()
        self._drop_job()

    # The preview ---------------------------------------------------------------------------------------------

    def _refresh_soon(self) -> None:
        if self.isVisible():
            self._drop_job()
            self.preview.status.setText(tr("Updating…"))
            self._soon.start()

    def _refresh_now(self) -> None:
        if self.isVisible():
            self._soon.start(0)

    def _drop_job(self) -> None:
        if self._job is not None and self._runner is not None:
            self._runner.discard(self._job)
        self._job = None

    def _make(self) -> None:
        self._drop_job()
        result = self._session.result
        if result is None:
            busy = self._session.state in (State.ANALYSING, State.CANCELLING)
            self.preview.status.clear()
            self.preview.say(
                tr("The analysis is running; its report comes when it is done.")
                if busy
                else tr("There is no result yet: analyse the video first.")
            )
            return
        if self._runner is None:
            self._runner = JobRunner("lipfd-preview", self)
        self.preview.status.setText(tr("Updating…"))
        work = partial(make, self._session.engine, result, self.details, self.kind)
        self._job = self._runner.submit(work, self._on_made, self._on_not_made)

    def _on_made(self, made: object) -> None:
        self._job = None
        self.preview.status.clear()
        self.preview.show_made(cast("Made", made))

    def _on_not_made(self, failure: Failure | None) -> None:
        self._job = None
        self.preview.status.clear()
        if failure is not None:
            self.preview.say(failure.message)

    @property
    def is_running(self) -> bool:
        """Whether the worker thread still lives."""
        return self._runner is not None and self._runner.is_running

    def shutdown(self) -> None:
        """Stop the worker and wait for it."""
        self._soon.stop()
        if self._runner is not None:
            self._runner.stop()
            self._runner.wait()
