"""The marks of the open file on the time axis; their edges can be dragged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from lipfd_desktop.case.records import Mark
from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.time_plot import TimePlot
from lipfd_desktop.language import tr
from lipfd_desktop.report.text import printable

HIGHLIGHTER: Final = "#F0E442"
"""The yellow of Okabe and Ito (2008), which nothing else in the window has."""
_LANES: Final = 2
"""Marks that overlap stand below one another; further ones share the last lane."""
_LEAST_HEIGHT: Final = 56
"""Pixels: two lanes of small letters, and the times below them."""
_FLAG: Final = 7.0
"""Pixels: half the width of the flag of a moment."""
_NEAR: Final = 6.0
"""Pixels around an edge that count as the edge."""


def label_of(mark: Mark) -> str:
    """A mark in a few words: its note, else its tags."""
    lines = mark.note.strip().splitlines()
    return printable(lines[0]) if lines else ", ".join(map(printable, mark.tags))


def lanes_of(marks: Sequence[Mark]) -> list[int]:
    """The lane of each of ``marks``, which are in time order."""
    free_from = [float("-inf")] * _LANES
    lanes = []
    for mark in marks:
        lane = next((lane for lane in range(_LANES) if free_from[lane] <= mark.start), _LANES - 1)
        free_from[lane] = max(free_from[lane], mark.end)
        lanes.append(lane)
    return lanes


class _Flags(QGraphicsItem):
    """Paints the marks in pixels, so that names keep their size at every zoom."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: Sequence[Mark] = ()
        self.chosen: int | None = None
        self.scheme = theme.DARK
        self.font = QFont()
        self._lanes: list[int] = []

    def set_marks(self, marks: Sequence[Mark]) -> None:
        self.prepareGeometryChange()
        self.marks, self._lanes = marks, lanes_of(marks)
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802
        if not self.marks:
            return QRectF()
        start, end = self.marks[0].start, max(mark.end for mark in self.marks)
        width, _ = self._pixel()
        return QRectF(start - _FLAG * width, 0, end - start + 2 * _FLAG * width, 1)

    def viewTransformChanged(self) -> None:  # noqa: N802  (told by pyqtgraph)
        self.prepareGeometryChange()

    def _pixel(self) -> tuple[float, float]:
        parent = self.parentItem()
        view = parent.parentItem() if parent is not None else None
        return view.viewPixelSize() if isinstance(view, pg.ViewBox) else (0.0, 0.0)

    def place(self, number: int) -> tuple[float, float]:
        """Bottom and top of a mark in the units of the axis, 0 to 1."""
        count = max(self._lanes) + 1
        top = 1 - self._lanes[number] / count
        return top - 1 / count, top

    def at(self, seconds: float, height: float, pixel: float) -> Mark | None:
        """The mark there, the shortest of several."""
        found = []
        for number, mark in enumerate(self.marks):
            spare = (_FLAG if mark.is_moment else _NEAR / 2) * pixel
            bottom, top = self.place(number)
            if mark.start - spare <= seconds <= mark.end + spare and bottom <= height <= top:
                found.append(mark)
        return min(found, key=lambda mark: mark.end - mark.start) if found else None

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        box = self.parentItem().parentItem()
        bounds, transform = box.mapRectToScene(box.boundingRect()), painter.worldTransform()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.resetTransform()
        painter.setFont(self.font)
        for number, mark in enumerate(self.marks):
            bottom, top = self.place(number)
            area = QRectF(transform.map(QPointF(mark.start, top)), transform.map(QPointF(mark.end, bottom)))
            if area.right() + _FLAG >= bounds.left() and area.left() - _FLAG <= bounds.right():
                self._paint_mark(painter, mark, area.adjusted(0, 1, 0, -1), bounds)
        painter.restore()

    def _paint_mark(self, painter: QPainter, mark: Mark, area: QRectF, bounds: QRectF) -> None:
        is_chosen, is_dark = mark.id == self.chosen, self.scheme is theme.DARK
        fill = QColor(HIGHLIGHTER)
        fill.setAlpha((150 if is_chosen else 80) if is_dark else (255 if is_chosen else 130))
        edge = QColor(HIGHLIGHTER) if is_dark else QColor(HIGHLIGHTER).darker(190)
        painter.setPen(QPen(edge, 2 if is_chosen else 1))
        if mark.is_moment or area.width() < 2:
            painter.drawLine(area.topLeft(), area.bottomLeft())
            painter.setBrush(edge)
            x, y = area.left(), area.top()
            painter.drawPolygon(QPolygonF([QPointF(x, y), QPointF(x + _FLAG, y + 4), QPointF(x, y + 8)]))
            words = QRectF(x + _FLAG + 4, area.top(), 120, area.height())
        else:
            painter.setBrush(fill)
            painter.drawRoundedRect(area, 3, 3)
            words = area.intersected(bounds).adjusted(6, 0, -4, 0)
        if words.width() > 14:
            painter.setPen(QColor(self.scheme.text))
            shown = painter.fontMetrics().elidedText(
                label_of(mark), Qt.TextElideMode.ElideRight, int(words.width())
            )  # fmt: skip
            painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


class MarksPlot(TimePlot):
    """Signals: ``chosen`` with the id of a mark that was clicked, ``moved`` with an id and new edges in seconds."""

    chosen = Signal(int)
    moved = Signal(int, float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        self._flags = _Flags()
        self._handles = pg.LinearRegionItem(movable=False)
        super().__init__(tr("Marks"), parent)
        self._held: Mark | None = None
        self._is_told = False
        self.plot.addItem(self._flags, ignoreBounds=True)
        self._handles.setZValue(60)
        self._handles.hide()
        for line in self._handles.lines:
            line.setMovable(True)
            line.setCursor(Qt.CursorShape.SizeHorCursor)
        self.plot.addItem(self._handles, ignoreBounds=True)
        self.view.setYRange(0, 1, padding=0)
        self.plot.getAxis("left").setTicks([[]])
        self.setMinimumHeight(_LEAST_HEIGHT)
        self.canvas.scene().sigMouseMoved.connect(self._on_mouse)
        self._handles.sigRegionChangeFinished.connect(self._on_dragged)
        self._restyle()

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """Draw ``marks``, which are in time order."""
        self._flags.set_marks(marks)
        held = self._held
        self._hold(next((mark for mark in marks if held is not None and mark.id == held.id), None))

    def choose(self, identity: int | None) -> None:
        """Stress one mark."""
        self._flags.chosen = identity
        self._flags.update()

    @property
    def marks_drawn(self) -> int:
        return len(self._flags.marks)

    def _hold(self, mark: Mark | None) -> None:
        """Offer the edges of ``mark`` for dragging."""
        self._held = mark
        self._handles.setVisible(mark is not None)
        if mark is not None:
            self._is_told = True
            self._handles.setRegion((mark.start, mark.end))
            number = list(self._flags.marks).index(mark)
            self._handles.setSpan(*self._flags.place(number))
            self._is_told = False

    def _find(self, scene_position: QPointF) -> Mark | None:
        if not self.view.sceneBoundingRect().contains(scene_position):
            return None
        place = self.view.mapSceneToView(scene_position)
        return self._flags.at(place.x(), place.y(), self.view.viewPixelSize()[0])

    def _on_mouse(self, scene_position: QPointF) -> None:
        if self.canvas.scene().clickEvents:  # a button is down: this may become, or is, the drag of an edge
            return
        mark = self._find(scene_position)
        self._hold(mark)
        self.canvas.setToolTip("" if mark is None else text.tip(describe(mark)))

    def _on_dragged(self) -> None:
        if self._held is not None and not self._is_told:
            start, end = self._handles.getRegion()
            self.moved.emit(self._held.id, float(start), float(end))

    def _on_click(self, event: object) -> None:
        mark = self._find(event.scenePos())  # type: ignore[attr-defined]
        if mark is not None:
            self.chosen.emit(mark.id)
        else:
            super()._on_click(event)

    def _restyle(self) -> None:
        super()._restyle()
        scheme = theme.scheme_of(self)
        self._flags.scheme, self._flags.font = scheme, theme.small_font(self)
        self._flags.update()
        self._handles.setBrush(QColor(0, 0, 0, 0))
        for line in self._handles.lines:
            line.setPen(QPen(QColor(0, 0, 0, 0), 0))
            line.setHoverPen(pg.mkPen(QColor(scheme.text), width=2))


def describe(mark: Mark) -> str:
    """A mark in full, for tool tips and screen readers."""
    times = text.clock(mark.start)
    if not mark.is_moment:
        times = tr("{start} to {end}", start=times, end=text.clock(mark.end))
    return "\n".join(part for part in (times, ", ".join(map(printable, mark.tags)), mark.note) if part)
