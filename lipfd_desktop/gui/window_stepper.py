"""Which of the windows that hold a frame is shown, and buttons to the others."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.controls import IconButton, muted_label, plain_label
from lipfd_desktop.gui.evidence_words import place_words
from lipfd_desktop.language import tr
from lipfd_desktop.result import WindowScore


class WindowStepper(QWidget):
    """Names a window, and goes to its neighbours.

    Signals
    -------
    stepped
        -1 or 1: the window before or after is wanted.
    """

    stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title: QLabel = plain_label()
        self.title.setWordWrap(True)
        self.place: QLabel = muted_label(wraps=True)
        self.back_button = IconButton("left", tr("Window before"), tr("Another window that holds this frame"))
        self.on_button = IconButton("right", tr("Window after"), tr("Another window that holds this frame"))
        self.back_button.clicked.connect(lambda: self.stepped.emit(-1))
        self.on_button.clicked.connect(lambda: self.stepped.emit(1))
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.title, 1)
        line.addWidget(self.back_button)
        line.addWidget(self.on_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(line)
        layout.addWidget(self.place)

    def show_window(self, windows: list[WindowScore], place: int, frames: int) -> None:
        """Show the ``place``-th of the windows that hold the frame; a window has so many frames."""
        window = windows[place]
        self.title.setFont(theme.small_font(self, bold=True))
        if len(windows) > 1:
            words = tr(
                "Window {index:,}  ({number} of {total})", index=window.index, number=place + 1, total=len(windows)
            )
        else:
            words = tr("Window {index:,}", index=window.index)
        self.title.setText(words)
        self.place.setText(place_words(window, frames))
        for button, possible in ((self.back_button, place > 0), (self.on_button, place < len(windows) - 1)):
            button.setEnabled(possible)
            button.setVisible(len(windows) > 1)
