"""Two files on one time axis: that of A, with B shifted against it."""

from __future__ import annotations

from typing import Final

import pyqtgraph as pg
from PySide6.QtCore import QObject, Qt, Signal, SignalInstance
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QWidget

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.compare_side import COLOURS, LETTERS, Side
from lipfd_desktop.gui.score_plot import ScorePlot
from lipfd_desktop.gui.time_curve import Line
from lipfd_desktop.gui.time_plot import TimePlot
from lipfd_desktop.language import tr

STYLES: Final = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine)
"""Of the curves of A and B."""
_BANDS: Final = ((0.54, 0.96), (0.04, 0.46))
"""Shares of the height that the bars of A and B fill, from the bottom."""


class ShiftedPane(QObject):
    """Stands for a pane whose file has another clock than the axis.

    The pane keeps the clock of its own file, so that nothing of it is drawn anew when the shift changes.

    Parameters
    ----------
    pane
        In seconds of its own file.
    """

    sought = Signal(float)
    range_changed = Signal(float, float)
    selection_changed = Signal(float, float)
    hovered = Signal(float, float)

    def __init__(self, pane: TimePlot) -> None:
        super().__init__(pane)
        self._pane: Final = pane
        self.shift = 0.0
        """Seconds to add to a time of the file to get that of the axis."""
        pane.sought.connect(lambda pts: self.sought.emit(pts + self.shift))
        pane.range_changed.connect(lambda *span: self._tell(self.range_changed, *span))
        pane.selection_changed.connect(lambda *span: self._tell(self.selection_changed, *span))
        pane.hovered.connect(lambda pts, height: self.hovered.emit(pts + self.shift, height))
        self.left: Final = pane.left

    def _tell(self, signal: SignalInstance, start: float, end: float) -> None:
        signal.emit(start + self.shift, end + self.shift)

    @property
    def range(self) -> tuple[float, float]:
        start, end = self._pane.range
        return start + self.shift, end + self.shift

    def set_limits(self, start: float, end: float) -> None:
        self._pane.set_limits(start - self.shift, end - self.shift)

    def set_range(self, start: float, end: float) -> None:
        self._pane.set_range(start - self.shift, end - self.shift)

    def set_cursor(self, pts: float) -> None:
        self._pane.set_cursor(pts - self.shift)

    def values_at(self, pts: float, height: float, /) -> list[str]:
        return self._pane.values_at(pts - self.shift, height)

    def set_selection(self, span: tuple[float, float] | None) -> None:
        self._pane.set_selection(None if span is None else (span[0] - self.shift, span[1] - self.shift))

    def set_hover(self, pts: float | None) -> None:
        self._pane.set_hover(None if pts is None else pts - self.shift)


class ComparedScores(ScorePlot):
    """The score curves of both files: A in a solid line, B in a dashed one, shifted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._second_cursor = pg.InfiniteLine(movable=False)
        self._shown: list[Side | None] = [None, None]
        self._shift = 0.0
        super().__init__(parent)
        self._sides = [
            self.add_curve(QColor(colour), style, dotted=True) for colour, style in zip(COLOURS, STYLES, strict=True)
        ]
        self._second_cursor.setZValue(49)
        self._second_cursor.hide()
        self.plot.addItem(self._second_cursor, ignoreBounds=True)
        self._threshold.setMovable(False)
        self._threshold.setToolTip(tr("Threshold of A"))

    def show_side(self, place: int, side: Side) -> None:
        """Draw the windows of the deciding face of A (0) or B (1)."""
        self._shown[place] = side
        trace = side.evidence.trace(side.face)
        scores = side.evidence.scores.score[trace.rows]
        self._sides[place].set_line(Line.of(trace.x, scores, trace.run))

    def forget_side(self, place: int) -> None:
        self._sides[place].set_line(Line.empty())

    def set_shift(self, shift: float) -> None:
        """Seconds to add to a time of B to get that of the axis."""
        self._shift = shift
        self._sides[1].setPos(shift, 0)

    def set_second_cursor(self, pts: float | None) -> None:
        """Where B stands on the axis while it is moved alone."""
        self._second_cursor.setVisible(pts is not None)
        if pts is not None:
            self._second_cursor.setValue(pts)

    def values_at(self, pts: float, _height: float) -> list[str]:
        lines = []
        for letter, side, shift in zip(LETTERS, self._shown, (0.0, self._shift), strict=True):
            score = None if side is None else side.evidence.score_at(pts - shift, side.face)
            if score is not None:
                lines.append(tr("{subject}: fake score {score:.3f}", subject=letter, score=score))
        return lines or [tr("no score here")]

    def points_of(self, place: int) -> int:
        """How many windows of A (0) or B (1) are drawn."""
        return len(self._sides[place].line)

    def _restyle(self) -> None:
        super()._restyle()
        self._second_cursor.setPen(QPen(QColor(COLOURS[1]), 0, Qt.PenStyle.DashLine))


class ExtentPlot(TimePlot):
    """Where both files lie on the axis: two bars, of which that of B can be dragged.

    Signals
    -------
    dragged
        Seconds to add to a time of B to get that of A.
    dropped
        The bar was let go.
    """

    dragged = Signal(float)
    dropped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self._bars = [pg.LinearRegionItem((0, 0), movable=bool(place), span=span) for place, span in enumerate(_BANDS)]
        super().__init__(tr("Where A and B lie in time; drag B to shift it"), parent)
        self._starts = [0.0, 0.0]
        self._moved_here = False
        self.selection.setMovable(False)  # the bars below it can be taken hold of
        self.view.setYRange(0, 1, padding=0)
        middles = [(low + high) / 2 for low, high in _BANDS]
        self.plot.getAxis("left").setTicks([list(zip(middles, LETTERS, strict=True))])
        for bar in self._bars:
            bar.setZValue(1)
            bar.hide()
            for line in bar.lines:
                line.setMovable(False)
            self.plot.addItem(bar, ignoreBounds=True)
        self._bars[1].setToolTip(tr("Drag to shift B against A"))
        self._bars[1].setCursor(Qt.CursorShape.SizeHorCursor)
        self._bars[1].sigRegionChanged.connect(self._on_bar)
        self._bars[1].sigRegionChangeFinished.connect(self._on_finished)

    def show_side(self, place: int, side: Side, shift: float = 0.0) -> None:
        self._starts[place] = side.start
        self._bars[place].show()
        self._set(place, side.start + shift, side.end + shift)

    def set_shift(self, shift: float) -> None:
        if self.is_dragged:
            return
        start, end = self._bars[1].getRegion()
        first = self._starts[1] + shift
        self._set(1, first, first + end - start)

    def span_of(self, place: int) -> tuple[float, float]:
        """Seconds on the axis from where to where A (0) or B (1) lies."""
        start, end = self._bars[place].getRegion()
        return float(start), float(end)

    def _set(self, place: int, start: float, end: float) -> None:
        self._moved_here = True
        self._bars[place].setRegion((start, end))
        self._moved_here = False

    def _on_bar(self) -> None:
        if not self._moved_here:
            self.dragged.emit(self.span_of(1)[0] - self._starts[1])

    def _on_finished(self) -> None:
        if not self._moved_here:
            self.dropped.emit()

    @property
    def is_dragged(self) -> bool:
        """Whether the bar of B is held by the mouse."""
        return bool(self._bars[1].moving)

    def _restyle(self) -> None:
        super()._restyle()
        scheme = theme.scheme_of(self)
        for bar, colour in zip(self._bars, COLOURS, strict=True):
            wash = QColor(colour)
            wash.setAlpha(150)
            hover = QColor(colour)
            hover.setAlpha(215)
            bar.setBrush(wash)
            bar.setHoverBrush(hover if bar.movable else wash)
            for line in bar.lines:
                line.setPen(QPen(QColor(scheme.border), 0))
