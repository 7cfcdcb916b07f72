"""Keeps the keyboard where the user sees it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QWidget


class FocusKeeper(QObject):
    """Takes the keyboard out of panels that lie behind others.

    Qt leaves it there, and even moves it there when the widget that had it goes away: letters that were meant as
    shortcuts would be typed into a field that nobody sees.

    Parameters
    ----------
    window
        Its dock widgets are watched; they must be there already.
    home
        What has the keyboard instead.
    """

    def __init__(self, window: QMainWindow, home: QWidget) -> None:
        super().__init__(window)
        self._window: Final = window
        self._home: Final = home
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._look_soon)
        for dock in window.findChildren(QDockWidget):
            dock.visibilityChanged.connect(self._look_soon)

    def _look_soon(self) -> None:
        """Once the panels stand where they belong: a panel that is brought to the front gets the keyboard first."""
        QTimer.singleShot(0, self, self._look)

    def _look(self) -> None:
        focused = QApplication.focusWidget()
        if focused is not None and focused.window() is self._window and is_covered(focused):
            self._home.setFocus(Qt.FocusReason.OtherFocusReason)


def is_covered(widget: QWidget) -> bool:
    """Whether a widget is in a dock widget of which nothing can be seen."""
    panel: QWidget | None = widget
    while panel is not None and not isinstance(panel, QDockWidget):
        panel = panel.parentWidget()
    return panel is not None and panel.visibleRegion().isEmpty()
