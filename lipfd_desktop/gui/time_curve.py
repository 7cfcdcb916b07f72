"""A line over PTS seconds that stays quick with hundreds of thousands of points, gaps included.

Only what is visible is drawn, and where points share a pixel column no more than two of them: the lowest and the
highest, so that a single high window is seen at every zoom.  pyqtgraph's own thinning loses the windows beside a
gap, because the highest of a group with a NaN in it is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

_A_COLUMN: Final = 2
"""Points drawn a pixel column at most."""
_DOT_SPACE: Final = 4.0
"""Pixels a point; with more room than that each point of a dotted line gets its dot."""
_DOT: Final = 4.0
_STYLED_SPACE: Final = 1.0
"""Dashes are drawn where points have so many pixels: those of denser lines cannot be seen and are slow to paint."""
_WIDE_AND_DENSE: Final = 1
"""Pixels of a line, then opaque, where windows are denser than pixels: anything wider or translucent is a hundred times
as slow to paint (200 ms for 200,000 windows)."""
_TALL: Final = 1e6
"""Half the height of the bounding box: the whole pane, whatever its range."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Points in ascending order of ``x`` (seconds), all finite; a line joins neighbours of the same ``run``."""

    x: NDArray[np.float64]
    y: NDArray[np.float32]
    run: NDArray[np.intp]

    @classmethod
    def of(cls, x: NDArray[np.float64], y: NDArray[np.float32], run: NDArray[np.intp]) -> Line:
        """The line through ``x`` and ``y`` that is broken wherever ``y`` is NaN, and between runs."""
        known = np.isfinite(y)
        if known.all():
            return cls(x, y, run)
        return cls(x[known], y[known], (run + np.cumsum(~known))[known])

    @classmethod
    def empty(cls) -> Line:
        return cls(np.empty(0), np.empty(0, np.float32), np.empty(0, np.intp))

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What of a line is drawn: points, whether each is joined to the next, and how many pixels each has."""

    x: NDArray[np.float64]
    y: NDArray[np.float32]
    joined: NDArray[np.bool_]
    space: float

    @property
    def alone(self) -> NDArray[np.bool_]:
        """Points that no line reaches."""
        before = np.concatenate([[False], self.joined[:-1]])
        return ~(before | self.joined)


def thin(line: Line, scale: float, offset: float, left: float, right: float) -> Drawn:
    """What must be drawn of ``line`` between the pixels ``left`` and ``right``.

    Parameters
    ----------
    scale, offset
        Pixels a second, and the pixel of second zero.
    """
    start, end = (left - offset) / scale, (right - offset) / scale
    # One point beyond each edge, so that the line goes on to it.
    first = max(int(np.searchsorted(line.x, start)) - 1, 0)
    last = min(int(np.searchsorted(line.x, end, "right")) + 1, len(line))
    x, y, run = line.x[first:last], line.y[first:last], line.run[first:last]
    space = (right - left) / max(len(x), 1)
    if space * _A_COLUMN >= 1:
        return Drawn(x, y, _joined(run, run), space)
    edges = np.searchsorted(x, (np.arange(np.floor(left), np.ceil(right) + 1) - offset) / scale)
    begins = np.unique(np.concatenate([[0], edges[edges < len(x)]]))
    ends = np.append(begins[1:], len(x)) - 1
    heights = np.column_stack([np.minimum.reduceat(y, begins), np.maximum.reduceat(y, begins)])
    heights[1::2] = heights[1::2, ::-1]  # up in one column and down in the next: what joins them stays short
    joined = np.ones((len(begins), _A_COLUMN), np.bool_)
    joined[:, -1] = _joined(run[begins], run[ends])
    lonely = np.flatnonzero((begins == ends) & ~joined[:, -1] & ~np.concatenate([[False], joined[:-1, -1]]))
    joined[lonely] = False
    return Drawn(np.repeat(x[begins], _A_COLUMN), heights.ravel(), joined.ravel(), space)


def _joined(begins: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether the end of each stretch is in the run of the beginning of the next; the last is not."""
    return np.append(ends[:-1] == begins[1:], False) if len(ends) else np.empty(0, np.bool_)


class TimeCurve(QGraphicsItem):
    """Draws a :class:`Line` in one colour, ``dotted`` with a dot a point where there is room.

    What was worked out for a view is kept for the next painting of that view.
    """

    def __init__(
        self, colour: QColor, style: Qt.PenStyle = Qt.PenStyle.SolidLine, *, dotted: bool = False, width: int = 1
    ) -> None:
        super().__init__()
        self._width = width
        self._colour, self._style, self._dotted = colour, style, dotted
        self._line = Line.empty()
        self._view: tuple[float, ...] = ()
        self._path = QPainterPath()
        self._dots: list[QPointF] = []
        self._space = 0.0
        self._widest = width

    def set_line(self, line: Line) -> None:
        if line is not self._line:
            self.prepareGeometryChange()
            self._line, self._view = line, ()
            self.update()

    @property
    def line(self) -> Line:
        return self._line

    @property
    def pen(self) -> QPen:
        """Of the view that was painted last."""
        is_dense = self._space < _STYLED_SPACE
        is_styled = self._style is not Qt.PenStyle.SolidLine and not is_dense
        style = self._style if is_styled else Qt.PenStyle.SolidLine
        width = max(self._width, 2) if is_styled else min(self._width, self._widest)
        colour = QColor(self._colour.rgb()) if is_dense else self._colour
        return QPen(colour, width, style, Qt.PenCapStyle.FlatCap)

    def boundingRect(self) -> QRectF:  # noqa: N802
        x = self._line.x
        return QRectF(x[0], -_TALL, x[-1] - x[0], 2 * _TALL) if len(x) else QRectF()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        box = self.parentItem().parentItem()
        bounds, to_screen = box.mapRectToScene(box.boundingRect()), painter.worldTransform()
        view = (to_screen.m11(), to_screen.dx(), to_screen.m22(), to_screen.dy(), bounds.left(), bounds.right())
        if view != self._view:
            self._work_out(*view)
            self._view = view
        painter.save()
        painter.resetTransform()
        painter.setPen(self.pen)
        painter.drawPath(self._path)
        if self._dots:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._colour, _DOT, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawPoints(self._dots)
        painter.restore()

    def _work_out(self, scale: float, offset: float, up: float, base: float, left: float, right: float) -> None:
        drawn = thin(self._line, scale, offset, left, right)
        x: NDArray[np.float64] = drawn.x * scale + offset
        y: NDArray[Any] = drawn.y * up + base
        self._path = pg.arrayToQPath(x, y, connect=drawn.joined, finiteCheck=False)
        self._space = drawn.space
        self._widest = self._width if drawn.space >= _STYLED_SPACE else _WIDE_AND_DENSE
        is_roomy = self._dotted and drawn.space >= _DOT_SPACE
        dotted = np.arange(len(x)) if is_roomy else np.flatnonzero(drawn.alone)
        self._dots = [QPointF(*point) for point in zip(x[dotted].tolist(), y[dotted].tolist(), strict=True)]
