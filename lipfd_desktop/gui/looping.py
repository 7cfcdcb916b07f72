"""A stretch of time that is selected and played again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QAbstractButton

from lipfd_desktop.gui.timeline import Timeline

_NEW_SELECTION_S: Final = 2.0


class Looped(Protocol):
    """What can play a stretch again and again."""

    @property
    def time(self) -> float: ...

    def set_loop(self, span: tuple[float, float] | None) -> None: ...


class Looping(QObject):
    """Lets a player play the selection of a timeline while a button is down.

    Parameters
    ----------
    frame_length
        Seconds that the frame under the cursor is shown.
    """

    def __init__(
        self, player: Looped, timeline: Timeline, button: QAbstractButton, frame_length: Callable[[], float]
    ) -> None:
        super().__init__(button)
        self._player, self._timeline, self._button, self._frame_length = player, timeline, button, frame_length
        button.toggled.connect(self._on_toggled)
        timeline.selection_changed.connect(self._apply)

    def _on_toggled(self, looped: bool) -> None:
        timeline = self._timeline
        if looped and timeline.selection is None:
            start = min(self._player.time, max(timeline.limits[0], timeline.limits[1] - _NEW_SELECTION_S))
            timeline.set_selection((start, min(start + _NEW_SELECTION_S, timeline.limits[1])))
        self._apply()

    def _apply(self, *_span: float) -> None:
        self._player.set_loop(self._timeline.selection if self._button.isChecked() else None)

    def mark(self, *, end: bool) -> None:
        """Let the selection start, or end, at the frame under the cursor (an end holds that frame)."""
        timeline, now = self._timeline, self._player.time
        start, stop = timeline.selection or timeline.limits
        if end:
            stop = min(now + self._frame_length(), timeline.limits[1])
            start = start if start < stop else timeline.limits[0]
        else:
            start = now
            stop = stop if stop > start else timeline.limits[1]
        timeline.set_selection((start, stop))
        self._apply()

    def clear(self) -> None:
        """Select nothing, and loop no more."""
        self._timeline.set_selection(None)
        self._button.setChecked(False)
        self._apply()
