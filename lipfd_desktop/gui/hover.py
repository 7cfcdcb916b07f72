"""What the tracks show under the mouse, in words beside it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QLabel, QWidget

from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.player import Player
from lipfd_desktop.gui.timeline import Pane, Timeline
from lipfd_desktop.language import tr

_AWAY: Final = 14
"""Pixels between the mouse and the words."""


class Hover(QLabel):
    """Time, frame and values of the track under the mouse; keyboard users read those at the cursor in the evidence."""

    def __init__(self, player: Player, timeline: Timeline, room: QWidget) -> None:
        super().__init__(room)
        self._player = player
        self._room: Final = room
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setObjectName("hover")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAutoFillBackground(True)
        self.setFont(theme.small_font(self))
        self.setMargin(5)
        self.hide()
        timeline.hovered.connect(self._show)
        timeline.left.connect(self.hide)

    def _show(self, pane: Pane, pts: float, height: float) -> None:
        moment = tr("{time}   frame {frame:,}", time=text.clock(pts), frame=self._player.frame_at(pts))
        self.setText("\n".join([moment, *pane.values_at(pts, height)]))
        self.adjustSize()
        self._stand_beside(self._room.mapFromGlobal(QCursor.pos()))
        self.raise_()
        self.show()

    def _stand_beside(self, mouse: QPoint) -> None:
        """Right of the mouse and above it, or on the other side where there is no room."""
        room = self._room
        x, y = mouse.x() + _AWAY, mouse.y() - _AWAY - self.height()
        if x + self.width() > room.width():
            x = mouse.x() - _AWAY - self.width()
        if y < 0:
            y = mouse.y() + _AWAY
        self.move(max(x, 0), y)
