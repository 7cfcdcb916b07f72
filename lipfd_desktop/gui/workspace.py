"""How the panes stand together once a file is open."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.analysis_bar import AnalysisBar
from lipfd_desktop.gui.controls import muted_label
from lipfd_desktop.gui.mel_plot import MelPlot
from lipfd_desktop.gui.score_plot import ScorePlot
from lipfd_desktop.gui.time_plot import AXIS_WIDTH
from lipfd_desktop.gui.timeline import Timeline
from lipfd_desktop.gui.transport import Transport
from lipfd_desktop.gui.verdict_strip import VerdictStrip
from lipfd_desktop.gui.video_view import VideoView
from lipfd_desktop.gui.weights_plot import WeightsPlot
from lipfd_desktop.report.palette import QUESTIONS
from lipfd_desktop.report.text import subject
from lipfd_desktop.result import TIERS

_SPACE: Final = 6


def _legend(entries: list[tuple[str, str]]) -> str:
    """Coloured dots with names, as rich text."""
    return "&nbsp;&nbsp;&nbsp;".join(f'<span style="color:{colour}">●</span>&nbsp;{name}' for name, colour in entries)


def _titled(title: str, legend: QLabel, pane: QWidget) -> QWidget:
    holder = QWidget()
    caption = QLabel(title)
    caption.setFont(theme.small_font(caption, bold=True))
    legend.setFont(theme.small_font(legend))
    header = QHBoxLayout()
    header.setContentsMargins(AXIS_WIDTH, 0, 6, 0)
    header.addWidget(caption)
    header.addStretch(1)
    header.addWidget(legend)
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(0, 2, 0, 0)
    layout.setSpacing(1)
    layout.addLayout(header)
    layout.addWidget(pane, 1)
    return holder


class Workspace(QWidget):
    """The verdict, the settings, the picture beside its sound, and the plots below them on one time axis."""

    def __init__(self) -> None:
        super().__init__()
        self.verdict = VerdictStrip()
        self.bar = AnalysisBar()
        self.video = VideoView()
        self.mel = MelPlot()
        self.transport = Transport()
        self.scores = ScorePlot()
        self.weights = WeightsPlot()
        self.timeline = Timeline((self.scores, self.weights, self.mel), self)
        self.face_legend = muted_label(is_rich=True)
        tiers = [(tier, colour) for tier, colour in zip(TIERS, theme.TIER_COLOURS, strict=True)]
        self._tier_legend = muted_label(_legend(tiers), is_rich=True)
        self._arrange()

    def _arrange(self) -> None:
        picture = QSplitter(Qt.Orientation.Horizontal)
        picture.addWidget(self.video)
        picture.addWidget(_titled("Sound (mel-spectrogram)", muted_label(), self.mel))
        picture.setStretchFactor(0, 3)
        picture.setStretchFactor(1, 2)
        picture.setSizes([600, 400])
        picture.setChildrenCollapsible(False)
        above = QWidget()
        upper = QVBoxLayout(above)
        upper.setContentsMargins(0, 0, 0, 0)
        upper.setSpacing(_SPACE)
        upper.addWidget(picture, 1)
        upper.addWidget(self.transport)
        below = QWidget()
        lower = QVBoxLayout(below)
        lower.setContentsMargins(0, 0, 0, 0)
        lower.setSpacing(0)
        lower.addWidget(_titled("Fake score of every window", self.face_legend, self.scores), 3)
        lower.addWidget(_titled("Region weights", self._tier_legend, self.weights), 2)
        self.weights.setMinimumHeight(84)
        self.scores.setMinimumHeight(90)
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.addWidget(above)
        parts.addWidget(below)
        parts.setStretchFactor(0, 3)
        parts.setStretchFactor(1, 2)
        parts.setSizes([520, 380])
        parts.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 4, 2)
        layout.setSpacing(_SPACE)
        for widget in (self.verdict, self.bar):
            layout.addWidget(widget)
        layout.addWidget(parts, 1)

    def set_legend(self, faces: list[int], *, questions: list[str], has_gaps: bool) -> None:
        """Name the curves; ``questions`` are those of the two that are drawn."""
        entries = [(subject(face), theme.face_colour(face).name()) for face in faces]
        words = _legend(entries)
        for (name, colour), dashes in zip(QUESTIONS, ("━&nbsp;━", "●●●"), strict=True):
            if name in questions:
                words += f'&nbsp;&nbsp;&nbsp;<span style="color:{colour}; font-size:small">{dashes}</span>&nbsp;{name}'
        if has_gaps:
            words += "&nbsp;&nbsp;&nbsp;▨&nbsp;not analysed"
        self.face_legend.setText(words)
