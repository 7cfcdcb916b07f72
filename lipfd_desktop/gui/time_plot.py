"""A plot over PTS seconds that shares its range, cursor and selection with its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QBrush, QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QVBoxLayout, QWidget

from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.time_curve import TimeCurve

AXIS_WIDTH: Final = 54
_TICK_LEVELS: Final = {"left": 0, "bottom": 1}
"""Levels of ticks below the first: unlabelled lines across a pane are many, and slow to paint."""
_LEAST_HEIGHT: Final = 30
"""Pixels of a pane that stands among many."""
_LEAST_SECONDS: Final = 0.2
"""The closest zoom: five frames at 25 frames a second."""


class _Axis(pg.AxisItem):  # type: ignore[misc]
    """Paints its ticks directly.

    pyqtgraph records them in a QPicture, and playing that looks up the font anew for every label: a millisecond an
    axis, at every move of a cursor.
    """

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.enableAutoSIPrefix(False)
        self.setStyle(maxTickLevel=_TICK_LEVELS[orientation])
        self.picture: object = None
        self._specs: tuple[Any, ...] | None = None

    def generateDrawSpecs(self, painter: QPainter) -> tuple[Any, ...] | None:  # noqa: N802
        specs: tuple[Any, ...] | None = super().generateDrawSpecs(painter)
        if specs is None or self.orientation != "left":
            return specs
        line, ticks, labels = specs
        return line, ticks, apart(labels, self.size().height())

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        painter.save()
        if self.style["tickFont"] is not None:
            painter.setFont(self.style["tickFont"])
        if self.picture is None:  # pyqtgraph's mark that something changed
            self._specs = self.generateDrawSpecs(painter)
            self.picture = self
        if self._specs is not None:
            self.drawPicture(painter, *self._specs)
        painter.restore()


Label = tuple[QRectF, Qt.AlignmentFlag, str]
"""Where a number stands beside an axis, how, and what it says."""


def apart(labels: Sequence[Label], height: float) -> list[Label]:
    """Those of ``labels``, the important ones first, that can be read in a pane of ``height`` pixels."""
    kept: list[Label] = []
    for label in labels:
        area = label[0]
        inside = area.top() >= 0 and area.bottom() <= height
        if inside and all(area.bottom() <= other.top() or area.top() >= other.bottom() for other, _, _ in kept):
            kept.append(label)
    return kept


class _TimeAxis(_Axis):
    """Ticks as ``m:ss``, with fractions only when zoomed in so far that they are needed."""

    def tickStrings(self, values: Sequence[float], _scale: float, spacing: float) -> list[str]:  # noqa: N802
        decimals = 0 if spacing >= 1 else 1 if spacing >= 0.1 else 2 if spacing >= 0.01 else 3
        return [text.clock(value, decimals) for value in values]


def on_pixels(
    spans: NDArray[np.float64], scale: float, offset: float, left: float, right: float
) -> list[tuple[int, int]]:
    """Spans of time as stretches of whole pixels from ``left`` up to ``right``, merged where they touch.

    Parameters
    ----------
    spans : (n, 2) float64
        Seconds, ordered by their starts.
    scale, offset
        Pixels a second, and the pixel of second zero.
    """
    edges = spans[: np.searchsorted(spans[:, 0], (right - offset) / scale, "right")] * scale + offset
    edges = edges[edges[:, 1] >= left]
    if not len(edges):
        return []
    low, high = int(np.floor(left)), int(np.ceil(right))
    starts = np.floor(edges[:, 0]).astype(np.int64).clip(low, high - 1)
    ends = np.maximum.accumulate(np.maximum(np.ceil(edges[:, 1]).astype(np.int64).clip(low, high), starts + 1))
    first = np.concatenate([[True], starts[1:] > ends[:-1]])
    last = np.concatenate([first[1:], [True]])
    return list(zip(starts[first].tolist(), ends[last].tolist(), strict=True))


class Stripes(QGraphicsItem):
    """Stretches of time, full height, in a brush whose pattern keeps its size at every zoom.

    Only what is visible is drawn, merged below a pixel, and kept for the next painting of the same view.
    """

    def __init__(self, brush: QBrush) -> None:
        super().__init__()
        self._brush = brush
        self._spans = np.empty((0, 2))
        self._view: tuple[float, ...] = ()
        self._drawn: list[QRect] = []

    def set_spans(self, spans: NDArray[np.float64]) -> None:
        """(n, 2) seconds, ordered by their starts."""
        if not np.array_equal(spans, self._spans):
            self.prepareGeometryChange()
            self._spans, self._view = spans, ()
            self.update()

    @property
    def spans(self) -> NDArray[np.float64]:
        return self._spans

    def boundingRect(self) -> QRectF:  # noqa: N802
        if not len(self._spans):
            return QRectF()
        start = self._spans[0, 0]
        return QRectF(start, -1e6, float(self._spans[:, 1].max() - start), 2e6)

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        box = self.parentItem().parentItem()
        bounds, transform = box.mapRectToScene(box.boundingRect()), painter.worldTransform()
        view = (transform.m11(), transform.dx(), bounds.x(), bounds.y(), bounds.width(), bounds.height())
        if view != self._view:
            pixels = on_pixels(self._spans, transform.m11(), transform.dx(), bounds.left(), bounds.right())
            area = bounds.toAlignedRect()
            self._drawn = [QRect(left, area.top(), right - left, area.height()) for left, right in pixels]
            self._view = view
        painter.save()
        painter.resetTransform()
        for stripe in self._drawn:
            painter.fillRect(stripe, self._brush)
        painter.restore()


class TimePlot(QWidget):
    """One pane of the timeline.

    Signals
    -------
    sought
        The user pointed at this time (PTS seconds).
    range_changed, selection_changed
        Start and end in seconds; only when the user changed it here.
    hovered
        The mouse is at this time (PTS seconds) and height (in the units of the pane).
    left
        The mouse is no longer over the pane.
    """

    sought = Signal(float)
    range_changed = Signal(float, float)
    selection_changed = Signal(float, float)
    hovered = Signal(float, float)
    left = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.canvas = pg.PlotWidget(axisItems={"bottom": _TimeAxis("bottom"), "left": _Axis("left")})
        self.canvas.setMinimumHeight(_LEAST_HEIGHT)
        self.canvas.setAccessibleName(name)
        self.canvas.setMenuEnabled(False)
        self.canvas.hideButtons()
        self.canvas.setMouseEnabled(x=True, y=False)
        self.plot = self.canvas.getPlotItem()
        self.plot.getAxis("left").setWidth(AXIS_WIDTH)
        self.view = self.plot.getViewBox()
        self.view.disableAutoRange()
        self.view.setDefaultPadding(0)
        self.cursor_line = pg.InfiniteLine(movable=True)
        self.cursor_line.setZValue(50)
        self.selection = pg.LinearRegionItem(swapMode="sort")
        self.selection.setZValue(5)
        self.selection.hide()
        self.hover_line = pg.InfiniteLine()
        self.hover_line.setZValue(49)
        self.hover_line.hide()
        for item in (self.cursor_line, self.hover_line, self.selection):
            self.plot.addItem(item, ignoreBounds=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.canvas)
        self._told = False
        self._restyle()
        self.canvas.scene().sigMouseClicked.connect(self._on_click)
        self.canvas.scene().sigMouseMoved.connect(self._on_hover)
        self.canvas.installEventFilter(self)
        self.cursor_line.sigDragged.connect(lambda line: self.sought.emit(float(line.value())))
        self.view.sigXRangeChanged.connect(self._on_range)
        self.selection.sigRegionChanged.connect(self._on_selection)

    def add_curve(
        self, colour: QColor, style: Qt.PenStyle = Qt.PenStyle.SolidLine, *, dotted: bool = False, width: int = 1
    ) -> TimeCurve:
        """Another line; without data until it is given some."""
        curve = TimeCurve(colour, style, dotted=dotted, width=width)
        self.plot.addItem(curve, ignoreBounds=True)
        return curve

    def show_time(self, shown: bool) -> None:
        """Whether times are written below the pane; the lines across it stay."""
        axis = self.plot.getAxis("bottom")
        axis.setStyle(showValues=shown)
        axis.setHeight(None if shown else 2)

    def set_limits(self, start: float, end: float) -> None:
        """The media: nothing outside it can be panned to."""
        self._told = True
        span = max(end - start, _LEAST_SECONDS)
        self.view.setLimits(xMin=start, xMax=start + span, minXRange=min(_LEAST_SECONDS, span), maxXRange=span)
        self.view.setXRange(start, start + span, padding=0)
        self.cursor_line.setBounds((start, start + span))
        self.selection.setBounds((start, start + span))
        self._told = False

    def set_range(self, start: float, end: float) -> None:
        self._told = True
        self.view.setXRange(start, end, padding=0)
        self._told = False

    @property
    def range(self) -> tuple[float, float]:
        start, end = self.view.viewRange()[0]
        return float(start), float(end)

    def set_cursor(self, pts: float) -> None:
        self.cursor_line.setValue(pts)

    def set_hover(self, pts: float | None) -> None:
        """Mark where the mouse is, in this pane or another."""
        self.hover_line.setVisible(pts is not None)
        if pts is not None:
            self.hover_line.setValue(pts)

    def values_at(self, _pts: float, _height: float) -> list[str]:
        """What the pane shows at ``_pts`` seconds, and at ``_height`` in its units, a line of text each."""
        return []

    def set_selection(self, span: tuple[float, float] | None) -> None:
        self._told = True
        self.selection.setVisible(span is not None)
        if span is not None:
            self.selection.setRegion(span)
        self._told = False

    def _on_click(self, event: object) -> None:
        scene_position = event.scenePos()  # type: ignore[attr-defined]
        if event.button() == Qt.MouseButton.LeftButton and self.view.sceneBoundingRect().contains(scene_position):  # type: ignore[attr-defined]
            self.sought.emit(float(self.view.mapSceneToView(scene_position).x()))

    def _on_hover(self, scene_position: QPointF) -> None:
        if self.view.sceneBoundingRect().contains(scene_position):
            place = self.view.mapSceneToView(scene_position)
            self.hovered.emit(float(place.x()), float(place.y()))
        else:
            self.left.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self.canvas and event.type() == QEvent.Type.Leave:
            self.left.emit()
        return super().eventFilter(watched, event)

    def _on_range(self, _view: object, span: tuple[float, float]) -> None:
        # pyqtgraph would do so while painting, find that everything moved, and paint all of it again.
        self.view.updateMatrix()
        if not self._told:
            self.range_changed.emit(*span)

    def _on_selection(self) -> None:
        if not self._told:
            start, end = self.selection.getRegion()
            self.selection_changed.emit(float(start), float(end))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            QTimer.singleShot(0, self, self._restyle)

    def _restyle(self) -> None:
        scheme = theme.scheme_of(self)
        self.canvas.setBackground(scheme.plot)
        theme.style_axes(self.plot, self)
        self.cursor_line.setPen(QPen(QColor(scheme.text), 0))
        self.cursor_line.setHoverPen(QPen(QColor(scheme.accent), 0))
        self.hover_line.setPen(QPen(QColor(scheme.muted), 0, Qt.PenStyle.DotLine))
        wash = QColor(scheme.accent)
        wash.setAlpha(38)
        self.selection.setBrush(wash)
        self.selection.setHoverBrush(wash)
        for line in self.selection.lines:
            line.setPen(QPen(QColor(scheme.accent), 0))
            line.setHoverPen(QPen(QColor(scheme.text), 0))
