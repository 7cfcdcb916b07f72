"""The tracks of two files below each other on one time axis."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollBar, QVBoxLayout, QWidget

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.compare_axis import ComparedScores, ExtentPlot, ShiftedPane
from lipfd_desktop.gui.compare_side import COLOURS, LETTERS, Side
from lipfd_desktop.gui.controls import muted_label
from lipfd_desktop.gui.mel_plot import MelPlot
from lipfd_desktop.gui.timeline import Timeline
from lipfd_desktop.gui.track_stack import TrackStack
from lipfd_desktop.gui.weights_plot import WeightsPlot
from lipfd_desktop.language import tr
from lipfd_desktop.report.terms import tier_words
from lipfd_desktop.result import TIERS

_EXTENT_HEIGHT: Final = 52
_SCORES_HEIGHT: Final = 96
"""Pixels; the curves are what is compared, and keep more room than the other tracks where there is little."""


class _Stack(TrackStack):
    """Times are written once, below the bars of both files, on the clock of A."""

    def set_least_height(self, name: str, pixels: int) -> None:
        """Of the track ``name``, its heading included."""
        self._tracks[name].setMinimumHeight(pixels)

    def _tell_time(self) -> None:
        for track in self._tracks.values():
            track.plot.show_time(False)


class _BesideScrollBar(QWidget):
    """As wide as a scroll bar while that is shown, so that what lies below a scrolled pane has the same width."""

    def __init__(self, bar: QScrollBar) -> None:
        super().__init__()
        self.setFixedWidth(0)
        bar.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if isinstance(watched, QScrollBar) and event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self.setFixedWidth(watched.sizeHint().width() if event.type() == QEvent.Type.Show else 0)
        return False


class CompareTracks(QWidget):
    """Scores, spectrograms and weights of both files, and where they lie in time.

    Signals
    -------
    sought
        The user pointed at this time of A.
    second_sought
        The user pointed into a track of B, at this time of B.
    dragged
        Seconds to add to a time of B to get that of A.
    """

    sought = Signal(float)
    second_sought = Signal(float)
    dragged = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scores = ComparedScores()
        self.mels = (MelPlot(), MelPlot())
        self.weights = (WeightsPlot(), WeightsPlot())
        self.extents = ExtentPlot()
        self.stack = _Stack()
        self.timeline = Timeline(self)
        self._shifted = [ShiftedPane(pane) for pane in (self.mels[1], self.weights[1])]
        self._sides: list[Side | None] = [None, None]
        self._offset = 0.0
        self._cursor = 0.0
        self._arrange()
        for pane in (self.scores, self.mels[0], self.weights[0], self.extents):
            self.timeline.add(pane)
            pane.sought.connect(self.sought)
        for shifted in self._shifted:
            self.timeline.add(shifted)
            shifted.sought.connect(lambda pts: self.second_sought.emit(pts - self._offset))
        self.extents.dragged.connect(self.dragged)
        self.extents.dropped.connect(self._fit_around)

    def _arrange(self) -> None:
        dots = (
            f'<span style="color:{colour}">{line}</span>&nbsp;{letter}'
            for colour, line, letter in zip(COLOURS, ("━━", "━&nbsp;━"), LETTERS, strict=True)
        )
        legend = muted_label("&nbsp;&nbsp;&nbsp;".join(dots), is_rich=True)
        tiers = "&nbsp;&nbsp;&nbsp;".join(
            f'<span style="color:{colour}">●</span>&nbsp;{tier_words(tier)}'
            for tier, colour in zip(TIERS, theme.TIER_COLOURS, strict=True)
        )
        self.stack.add("scores", tr("Fake score of A and B"), self.scores, share=6, legend=legend)
        self.stack.set_least_height("scores", _SCORES_HEIGHT)
        for place, letter in enumerate(LETTERS):
            title = tr("Sound of {letter} (mel-spectrogram, kHz)", letter=letter)
            self.mels[place].setAccessibleName(title)
            self.stack.add(f"sound-{letter}", title, self.mels[place], share=3)
        for place, letter in enumerate(LETTERS):
            title = tr("Region weights of {letter}", letter=letter)
            self.weights[place].setAccessibleName(title)
            tier_legend = muted_label(tiers, is_rich=True)
            self.stack.add(f"weights-{letter}", title, self.weights[place], share=2, legend=tier_legend)
        self.extents.setFixedHeight(_EXTENT_HEIGHT)
        below = QHBoxLayout()
        below.setSpacing(0)
        below.addWidget(self.extents, 1)
        below.addWidget(_BesideScrollBar(self.stack.verticalScrollBar()))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.stack, 1)
        layout.addLayout(below)

    def set_media(self, place: int, side: Side) -> None:
        """Let A (0) or B (1) be another file, and show the whole of both."""
        self._sides[place] = side
        self.mels[place].set_mel(side.media.mel)
        self.show_side(place, side)
        self.extents.show_side(place, side, self._offset if place else 0.0)
        self._fit()

    def show_side(self, place: int, side: Side) -> None:
        """Draw what the analysis of A (0) or B (1) found."""
        self._sides[place] = side
        self.scores.show_side(place, side)
        self.weights[place].show_scores(side.evidence, side.face)
        if place == 0:
            self.scores.set_threshold(side.threshold)

    def set_offset(self, offset: float) -> None:
        """Shift B; the stretch of A that is visible stays."""
        if offset == self._offset:
            return
        self._offset = offset
        for pane in self._shifted:
            pane.shift = offset
            pane.set_selection(self.timeline.selection)
        self.scores.set_shift(offset)
        self.extents.set_shift(offset)
        shown, limits = self.timeline.range, self.timeline.limits
        if self.extents.is_dragged:  # the axis stays under the mouse; it is fitted when the bar is let go
            for pane in self._shifted:
                pane.set_limits(*limits)
                pane.set_range(*shown)
            return
        self._fit_around()

    def _fit_around(self) -> None:
        """Let the axis hold both files; what is looked at stays, unless that is everything."""
        shown, limits = self.timeline.range, self.timeline.limits
        self._fit()
        if shown != limits:
            self.timeline.set_range(*shown)

    def _fit(self) -> None:
        spans = [
            (side.start + shift, side.end + shift)
            for side, shift in zip(self._sides, (0.0, self._offset), strict=True)
            if side is not None
        ]
        selection = self.timeline.selection
        self.timeline.set_limits(min(start for start, _ in spans), max(end for _, end in spans))
        self.timeline.set_selection(selection)
        self.timeline.set_cursor(self._cursor)

    def set_cursor(self, pts: float, second: float | None) -> None:
        """The common time on the clock of A, and that of B on its own while B is moved alone."""
        if pts != self._cursor:  # else the page that the user looks at would be turned to it
            self._cursor = pts
            self.timeline.set_cursor(pts)
        where = pts if second is None else second + self._offset
        self.scores.set_second_cursor(None if second is None else where)
        for pane in self._shifted:
            pane.set_cursor(where)
