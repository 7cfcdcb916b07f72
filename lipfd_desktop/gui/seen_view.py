"""What the network was given for a window: crops with their weights, the sound below them, and what they do not say."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.controls import muted_label
from lipfd_desktop.gui.crop_grid import CropGrid
from lipfd_desktop.gui.sound_strip import SoundStrip
from lipfd_desktop.language import tr
from lipfd_desktop.report.terms import WEIGHTS_CAVEAT
from lipfd_desktop.result import SeenWindow, Started, WindowScore


class SeenView(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grid, self.strip = CropGrid(), SoundStrip()
        self.note, self._caveat = muted_label(wraps=True), muted_label(tr(WEIGHTS_CAVEAT), wraps=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for part in (self.note, self._caveat):
            part.setFont(theme.small_font(self))
        for widget in (self.note, self.grid, self.strip, self._caveat):
            layout.addWidget(widget)
        layout.addStretch(1)
        self.note.hide()

    def show_window(
        self, window: WindowScore, started: Started, seen: SeenWindow | None, near: SeenWindow | None
    ) -> None:
        """Show an analysed window.

        Parameters
        ----------
        seen
            Its pictures, once they are there.
        near
            Those of the window of the same face that was shown last, which may share frames with it.
        """
        if window.region_weights is None:
            return
        frames = np.arange(window.first_frame, window.first_frame + window.region_weights.shape[1])
        self.grid.show_window(frames, window.region_weights, seen or near, started.model.input_contract)
        self.strip.show_sound(seen.sound if seen else None, (window.start, window.end))
        self._align()

    def set_frame(self, frame: int, span: tuple[float, float]) -> None:
        """Mark the frame under the cursor, by its ordinal and the seconds it is shown."""
        self.grid.set_frame(frame)
        self.strip.set_frame(span)

    def say(self, words: str) -> None:
        """Why there are no pictures; nothing when there are."""
        self.note.setText(words)
        self.note.setVisible(bool(words))

    def _align(self) -> None:
        self.strip.set_width(self.grid.cells_width)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._align()
