"""The scores of a window: the fake score with the threshold, and the answers to the two questions, if there are two."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.controls import muted_label
from lipfd_desktop.gui.score_gauge import ScoreGauge, threshold_words
from lipfd_desktop.language import tr
from lipfd_desktop.result import WindowScore


class ScoreView(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.score = ScoreGauge(tr("Fake score"), is_main=True)
        self.generated, self.foreign_sound = ScoreGauge(tr("Generated")), ScoreGauge(tr("Foreign sound"))
        self.side = muted_label(wraps=True)
        self.side.setFont(theme.small_font(self))
        self.side.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for part in (self.score, self.side, self.generated, self.foreign_sound):
            layout.addWidget(part)

    def show_window(self, window: WindowScore, threshold: float) -> None:
        """Show an analysed window."""
        self.score.show_value(window.score, threshold)
        side = threshold_words(window.score or 0.0, threshold)
        self.side.setText(tr("{side}\nlogit {logit:+.3f}", side=side, logit=window.logit or 0.0))
        for gauge, value in ((self.generated, window.generated), (self.foreign_sound, window.foreign_sound)):
            gauge.setVisible(window.generated is not None)
            gauge.show_value(value, threshold, unknown=tr("cannot tell"))
