"""A report as it will be written: the pages of the PDF, the picture, or the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPointF, Qt
from PySide6.QtGui import QFontDatabase, QImage, QPixmap, QResizeEvent
from PySide6.QtPdf import QPdfDocument
from PySide6.QtPdfWidgets import QPdfView
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from lipfd_desktop.gui.controls import muted_label
from lipfd_desktop.gui.engine_port import EnginePort
from lipfd_desktop.gui.jobs import Job
from lipfd_desktop.language import tr
from lipfd_desktop.report.details import ReportDetails
from lipfd_desktop.result import AnalysisResult

_SHOWN_LETTERS: Final = 60_000
"""Of a text; a JSON of two hours has a hundred million, of which nobody reads more than the beginning."""
_EMBEDDED: Final = re.compile(r"(?<=;base64,)[A-Za-z0-9+/=]+|(?<=<style>)[^<]+")
"""Pictures and style sheet of an HTML file, which say nothing as text."""
_ZOOM_STEP: Final = 1.25
_ZOOM: Final = (0.25, 5.0)


@dataclass(frozen=True, slots=True)
class Made:
    """A report that was written for looking at; one of the three is there."""

    pdf: bytes = b""
    picture: QImage | None = None
    text: str = ""


def make(engine: EnginePort, result: AnalysisResult, details: ReportDetails, kind: str, job: Job) -> Made:
    """Write the report to a private folder that is gone afterwards, and read it; for a worker thread."""
    with TemporaryDirectory(prefix="lipfd-preview-") as folder:
        path = Path(folder) / f"preview.{kind}"
        engine.export(result, path, details=details, is_cancelled=job.is_cancelled)
        if kind == "pdf":
            return Made(pdf=path.read_bytes())
        if kind == "png":
            return Made(picture=QImage(str(path)))
        with path.open(encoding="utf-8", newline=None) as stream:
            words = stream.read() if kind == "html" else stream.read(_SHOWN_LETTERS + 1)
    words = _EMBEDDED.sub("…", words) if kind == "html" else words
    more = len(words) > _SHOWN_LETTERS
    return Made(text=words[:_SHOWN_LETTERS] + ("\n…" if more else ""))


class Preview(QWidget):
    """Pages, picture or text, with page navigation and zoom."""

    def __init__(self) -> None:
        super().__init__()
        self.document = QPdfDocument(self)
        self._buffer = QBuffer(self)
        self._bytes = QByteArray()
        self.pages = QPdfView(self)
        self.pages.setAccessibleName(tr("Pages of the report"))
        self.pages.setDocument(self.document)
        self.pages.setPageMode(QPdfView.PageMode.MultiPage)
        self.pages.setZoomMode(QPdfView.ZoomMode.FitToWidth)
        self.picture = QLabel()
        self.picture.setAccessibleName(tr("Picture of the report"))
        self.picture.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._image = QImage()
        self._zoom = 1.0
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # or it comes and takes width
        self._scroll.setWidget(self.picture)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName(tr("Text of the report"))
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.message = muted_label(wraps=True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        for shown in (self.message, self.pages, self._scroll, self.text):
            self._stack.addWidget(shown)
        self.status = muted_label()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._bar())
        layout.addWidget(self._stack, 1)
        self.pages.pageNavigator().currentPageChanged.connect(self._tell)
        self.say(tr("The preview appears here."))

    def _bar(self) -> QHBoxLayout:
        def button(words: str, name: str) -> QPushButton:
            made = QPushButton(words)
            made.setAccessibleName(name)
            made.setToolTip(name)
            made.setAutoDefault(False)
            return made

        self.back_button = button("‹", tr("Previous page"))
        self.on_button = button("›", tr("Next page"))
        self.smaller_button = button("−", tr("Smaller"))
        self.larger_button = button("+", tr("Larger"))
        self.fit_button = button(tr("Fit width"), tr("As wide as there is room"))
        self.page_label = muted_label()
        self.back_button.clicked.connect(lambda: self.turn(-1))
        self.on_button.clicked.connect(lambda: self.turn(1))
        self.smaller_button.clicked.connect(lambda: self.zoom(1 / _ZOOM_STEP))
        self.larger_button.clicked.connect(lambda: self.zoom(_ZOOM_STEP))
        self.fit_button.clicked.connect(self.fit)
        row = QHBoxLayout()
        for part in (self.back_button, self.page_label, self.on_button):
            row.addWidget(part)
        row.addWidget(self.status, 1)
        for part in (self.smaller_button, self.fit_button, self.larger_button):
            row.addWidget(part)
        return row

    def say(self, words: str) -> None:
        """Nothing to look at, and why."""
        self.message.setText(words)
        self._stack.setCurrentWidget(self.message)
        self._tell()

    def show_made(self, made: Made) -> None:
        """Show a report; pages stay where they were being read."""
        if made.pdf:
            self._show_pages(made.pdf)
        elif made.picture is not None:
            self._image = made.picture
            self._stack.setCurrentWidget(self._scroll)
            self._draw_picture()
        else:
            self.text.setPlainText(made.text)
            self._stack.setCurrentWidget(self.text)
        self._tell()

    def _show_pages(self, content: bytes) -> None:
        place, zoom = self.pages.verticalScrollBar().value(), self.pages.zoomFactor()
        self.document.close()
        self._buffer.close()
        self._bytes = QByteArray(content)
        self._buffer.setBuffer(self._bytes)
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        self.document.load(self._buffer)
        self.pages.setZoomFactor(zoom)
        self._stack.setCurrentWidget(self.pages)
        self.pages.verticalScrollBar().setValue(place)

    @property
    def page(self) -> int:
        """From 0."""
        return self.pages.pageNavigator().currentPage()

    def turn(self, pages: int) -> None:
        """To another page of the PDF."""
        wanted = min(max(self.page + pages, 0), self.document.pageCount() - 1)
        if wanted != self.page:
            self.pages.pageNavigator().jump(wanted, QPointF(), self.pages.pageNavigator().currentZoom())
        self._tell()

    def zoom(self, factor: float) -> None:
        if self._stack.currentWidget() is self.pages:
            shown = self.pages.zoomFactor()
            if self.pages.zoomMode() is not QPdfView.ZoomMode.Custom and self.document.pageCount():
                # As wide as the view is, the factor is not told; points are 1/72 inch.
                width = self.document.pagePointSize(0).width() * self.pages.logicalDpiX() / 72
                shown = self.pages.viewport().width() / width
            bar = self.pages.verticalScrollBar()
            place = bar.value() / max(bar.maximum() + bar.pageStep(), 1)
            self.pages.setZoomMode(QPdfView.ZoomMode.Custom)
            self.pages.setZoomFactor(min(max(shown * factor, _ZOOM[0]), _ZOOM[1]))
            bar.setValue(round(place * (bar.maximum() + bar.pageStep())))
        elif self._stack.currentWidget() is self._scroll:
            self._zoom = min(max(self._zoom * factor, _ZOOM[0]), _ZOOM[1])
            self._draw_picture()
        elif self._stack.currentWidget() is self.text:
            self.text.zoomIn(1 if factor > 1 else -1)

    def fit(self) -> None:
        """As wide as there is room."""
        self.pages.setZoomMode(QPdfView.ZoomMode.FitToWidth)
        self._zoom = 1.0
        self._draw_picture()

    def _draw_picture(self) -> None:
        if self._image.isNull():
            return
        width = round((self._scroll.viewport().width() - 4) * self._zoom)
        smooth = Qt.TransformationMode.SmoothTransformation
        self.picture.setPixmap(QPixmap.fromImage(self._image.scaledToWidth(max(width, 50), smooth)))

    def _tell(self) -> None:
        pages = self.document.pageCount() if self._stack.currentWidget() is self.pages else 0
        for part in (self.back_button, self.on_button, self.page_label):
            part.setVisible(pages > 0)
        can_zoom = self._stack.currentWidget() is not self.message
        for one in (self.smaller_button, self.larger_button, self.fit_button):
            one.setEnabled(can_zoom)
        self.page_label.setText(tr("page {page} of {pages}", page=self.page + 1, pages=pages))
        self.back_button.setEnabled(self.page > 0)
        self.on_button.setEnabled(self.page + 1 < pages)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if self._stack.currentWidget() is self._scroll:
            self._draw_picture()
