"""The numbers of the faces on their curves: colours repeat after five faces, and not everybody tells them apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.time_curve import Line

_MOST: Final = 12
"""Curves that get their number at most; more numbers would hide the curves."""
_APART: Final = 0.025
"""Of the width of the view: how much further in the number of each next curve stands, so that they are told apart."""


class FaceLabels(QObject):
    """A number on each curve of a plot while it shows more than one, at the left edge of what is in view."""

    def __init__(self, plot: pg.PlotItem) -> None:
        super().__init__()
        self._plot = plot
        self._lines: Mapping[int, Line] = {}
        self._items: dict[int, Any] = {}
        plot.getViewBox().sigXRangeChanged.connect(self._place)

    def show_lines(self, lines: Mapping[int, Line]) -> None:
        """``lines`` by track id."""
        self._lines = lines if 1 < len(lines) <= _MOST else {}
        for face in set(self._items).difference(self._lines):
            self._plot.removeItem(self._items.pop(face))
        for face in self._lines:
            if face not in self._items:
                self._items[face] = self._new_item(face)
        self._place()

    @property
    def places(self) -> dict[int, tuple[float, float]]:
        """Seconds and score at which each number stands; of faces that are in view."""
        return {face: (item.pos().x(), item.pos().y()) for face, item in self._items.items() if item.isVisible()}

    def _new_item(self, face: int) -> Any:
        colour = theme.face_colour(face)
        item = pg.TextItem(str(face), color=theme.ink_on(colour), fill=QColor(colour), anchor=(0.5, 0.5))
        item.setFont(theme.small_font(self._plot.getViewWidget(), bold=True))
        item.setZValue(35)
        item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self._plot.addItem(item, ignoreBounds=True)
        return item

    def _place(self, *_range: object) -> None:
        if not self._lines:
            return
        left, right = self._plot.getViewBox().viewRange()[0]
        for rank, (face, line) in enumerate(self._lines.items()):
            wanted = left + (right - left) * _APART * (rank + 1)
            place = int(np.searchsorted(line.x, wanted))
            in_view = place < len(line) and line.x[place] <= right
            self._items[face].setVisible(in_view)
            if in_view:
                self._items[face].setPos(float(line.x[place]), float(line.y[place]))
