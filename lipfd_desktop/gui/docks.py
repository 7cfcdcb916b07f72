"""The panels at the side: docked together at first, wherever the user puts them later."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QWidget

_LEAST_WIDTH: Final = 300
"""Pixels at first: the tables in the panels show what matters most without scrolling sideways."""


class Docks:
    """One panel on top and the others as tabs below it, hidden until there is something to show.

    Parameters
    ----------
    panels
        Object name, title and content of each, the topmost first.
    below
        The same of one that lies under all else, and is hidden until the user asks for it.
    """

    def __init__(
        self, window: QMainWindow, panels: list[tuple[str, str, QWidget]], below: tuple[str, str, QWidget]
    ) -> None:
        self._window = window
        self._default: QByteArray | None = None
        self._docks = [self._dock(panel, Qt.DockWidgetArea.RightDockWidgetArea) for panel in panels]
        self._below = self._dock(below, Qt.DockWidgetArea.BottomDockWidgetArea)
        tabs = self._docks[1:]
        for before, after in pairwise(tabs):
            window.tabifyDockWidget(before, after)
        tabs[0].raise_()
        window.setTabPosition(Qt.DockWidgetArea.RightDockWidgetArea, QTabWidget.TabPosition.North)
        # What lies below leaves the panels at the side their height.
        window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        for dock in (*self._docks, self._below):
            dock.hide()

    def _dock(self, panel: tuple[str, str, QWidget], area: Qt.DockWidgetArea) -> QDockWidget:
        name, title, widget = panel
        dock = QDockWidget(title)
        dock.setObjectName(name)
        dock.setWidget(widget)
        self._window.addDockWidget(area, dock)
        return dock

    def reveal(self, layout: QByteArray | None) -> bool:
        """Show the panels for the first time, as they were left last time if ``layout`` says how.

        Whether it was the first time.
        """
        if self._default is not None:
            return False
        self._show_all()
        self._default = self._window.saveState()
        if layout is not None:
            self._window.restoreState(layout)
        return True

    def reset(self) -> None:
        self._show_all()
        if self._default is not None:
            self._window.restoreState(self._default)
        self._apportion()

    def focus(self, name: str) -> None:
        """Show the panel ``name`` on top, with the keyboard in it."""
        dock = next(dock for dock in (*self._docks, self._below) if dock.objectName() == name)
        dock.show()
        dock.raise_()
        dock.widget().setFocus(Qt.FocusReason.ShortcutFocusReason)

    @property
    def toggles(self) -> list[QAction]:
        return [dock.toggleViewAction() for dock in (*self._docks, self._below)]

    def _show_all(self) -> None:
        for dock in self._docks:
            dock.show()
        self._apportion()

    def _apportion(self) -> None:
        top, first_tab = self._docks[:2]
        width, height = self._window.width(), self._window.height()
        self._window.resizeDocks([top], [max(_LEAST_WIDTH, width // 5)], Qt.Orientation.Horizontal)
        self._window.resizeDocks([self._below], [height // 5], Qt.Orientation.Vertical)
        self._window.resizeDocks([top, first_tab], [5 * height // 9, 4 * height // 9], Qt.Orientation.Vertical)
