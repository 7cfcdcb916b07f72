"""What is shown before a file is open."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.controls import muted_label, plain_label
from lipfd_desktop.report.text import printable


class Welcome(QWidget):
    """Signals: ``open_asked``, ``sample_asked``, ``cancel_asked``."""

    open_asked = Signal()
    sample_asked = Signal()
    cancel_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        title = QLabel("Drop a talking-head video here")
        title.setProperty("title", True)
        lead = muted_label(
            "LipFD compares the lips with the sound, window by window, and shows where they do not belong together.\n"
            "The file is only read, and nothing leaves this machine."
        )
        lead.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.open_button = QPushButton("Open video…")
        self.open_button.setProperty("primary", True)
        self.sample_button = QPushButton("Try the bundled sample")
        self.sample_note = muted_label("The sample is a synthetic forgery, made for this program and labelled so.")
        self._has_sample = False
        self._idle = QWidget()
        buttons = QHBoxLayout(self._idle)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(10)
        for button in (self.open_button, self.sample_button):
            button.setMinimumSize(170, 34)
            buttons.addWidget(button)
        self._busy = QWidget()
        self.busy_label = plain_label()
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        bar.setFixedWidth(320)
        self.cancel_button = QPushButton("Cancel")
        busy = QVBoxLayout(self._busy)
        busy.setContentsMargins(0, 0, 0, 0)
        busy.setSpacing(10)
        for part in (self.busy_label, bar, self.cancel_button):
            busy.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        layout = QVBoxLayout(self)
        layout.setSpacing(14)
        layout.addStretch(1)
        for words in (title, lead):
            layout.addWidget(words, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(8)
        for row in (self._idle, self._busy, self.sample_note):
            layout.addWidget(row, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)
        self.set_opening(None)
        self.open_button.clicked.connect(self.open_asked)
        self.sample_button.clicked.connect(self.sample_asked)
        self.cancel_button.clicked.connect(self.cancel_asked)

    def set_sample(self, sample: Path | None) -> None:
        self._has_sample = sample is not None
        self.sample_button.setVisible(self._has_sample)
        self.sample_note.setVisible(self._has_sample)

    def set_opening(self, path: Path | None) -> None:
        """Show that ``path`` is being read, or wait for one."""
        self._idle.setVisible(path is None)
        self._busy.setVisible(path is not None)
        self.sample_note.setVisible(path is None and self._has_sample)
        if path is not None:
            self.busy_label.setText(f"Reading {printable(path.name)}…")

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.scheme_of(self).border), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(24, 24, -24, -24), 14, 14)
