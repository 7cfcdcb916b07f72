"""One time axis for several panes: range, cursor and selection move in all of them at once."""

from __future__ import annotations

from functools import partial
from typing import Final, Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance

_PAGE: Final = 0.1
"""When playback leaves the visible range, the next page begins this share of a page before the cursor."""
_ZOOM: Final = 1.6


class Pane(Protocol):
    """What a timeline links: a :class:`~lipfd_desktop.gui.time_plot.TimePlot`, or what stands for one."""

    @property
    def sought(self) -> SignalInstance: ...
    @property
    def range_changed(self) -> SignalInstance: ...
    @property
    def selection_changed(self) -> SignalInstance: ...
    @property
    def hovered(self) -> SignalInstance: ...
    @property
    def left(self) -> SignalInstance: ...
    @property
    def range(self) -> tuple[float, float]: ...

    def set_limits(self, start: float, end: float) -> None: ...

    def set_range(self, start: float, end: float) -> None: ...

    def set_cursor(self, pts: float) -> None: ...

    def set_selection(self, span: tuple[float, float] | None) -> None: ...

    def set_hover(self, pts: float | None) -> None: ...

    def values_at(self, pts: float, height: float, /) -> list[str]: ...


class Timeline(QObject):
    """Links panes.

    Signals
    -------
    sought
        The user pointed at this time (PTS seconds) in some pane.
    selection_changed
        Start and end of the selection in seconds.
    hovered
        The pane that the mouse is over, the time there, and the height in the units of the pane.
    left
        The mouse is over no pane.
    """

    sought = Signal(float)
    selection_changed = Signal(float, float)
    hovered = Signal(object, float, float)
    left = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panes: Final[list[Pane]] = []
        self._limits = (0.0, 1.0)
        self._cursor = 0.0
        self._selection: tuple[float, float] | None = None

    def add(self, pane: Pane) -> None:
        """Link another pane, which then shows the same time as the others."""
        shown = self.range
        self._panes.append(pane)
        pane.set_limits(*self._limits)
        pane.set_range(*shown)
        pane.set_cursor(self._cursor)
        pane.set_selection(self._selection)
        pane.sought.connect(self.sought)
        pane.range_changed.connect(self.set_range)
        pane.selection_changed.connect(self._select)
        pane.hovered.connect(partial(self._hover, pane))
        pane.left.connect(self._leave)

    @property
    def limits(self) -> tuple[float, float]:
        return self._limits

    @property
    def range(self) -> tuple[float, float]:
        return self._panes[0].range if self._panes else self._limits

    @property
    def selection(self) -> tuple[float, float] | None:
        return self._selection

    def set_limits(self, start: float, end: float) -> None:
        """Show the whole of another file."""
        self._limits, self._cursor = (start, end), start
        self.set_selection(None)
        for pane in self._panes:
            pane.set_limits(start, end)
            pane.set_cursor(start)

    def set_range(self, start: float, end: float) -> None:
        for pane in self._panes:
            if pane.range != (start, end):
                pane.set_range(start, end)

    def set_cursor(self, pts: float) -> None:
        """Move the cursor, and turn the page when it leaves what is visible."""
        self._cursor = pts
        start, end = self.range
        if not start <= pts <= end:
            width = end - start
            first = min(max(pts - _PAGE * width, self._limits[0]), self._limits[1] - width)
            self.set_range(first, first + width)
        for pane in self._panes:
            pane.set_cursor(pts)

    def set_selection(self, span: tuple[float, float] | None) -> None:
        self._selection = span
        for pane in self._panes:
            pane.set_selection(span)

    def zoom(self, direction: int, centre: float) -> None:
        """One step in (positive) or out around ``centre`` seconds; zero shows everything."""
        start, end = self.range
        factor = _ZOOM**-direction
        if direction == 0:
            start, end = self._limits
        else:
            start, end = centre - (centre - start) * factor, centre + (end - centre) * factor
        self.set_range(max(start, self._limits[0]), min(end, self._limits[1]))

    def _hover(self, pane: Pane, pts: float, height: float) -> None:
        for other in self._panes:
            other.set_hover(pts)
        self.hovered.emit(pane, pts, height)

    def _leave(self) -> None:
        for pane in self._panes:
            pane.set_hover(None)
        self.left.emit()

    def _select(self, start: float, end: float) -> None:
        self.set_selection((start, end))
        self.selection_changed.emit(start, end)
