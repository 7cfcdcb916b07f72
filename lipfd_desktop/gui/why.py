"""Keeps the evidence panel supplied: with the pictures of the window it shows, the threshold and the result."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer

from lipfd_desktop.gui.frame_panel import FramePanel
from lipfd_desktop.gui.player import Player
from lipfd_desktop.gui.session import Session, State
from lipfd_desktop.result import WindowScore

_SETTLE_MS: Final = 30
"""A held arrow key asks for many windows; only where it rests is worth decoding."""
_PLAYING_MS: Final = 400
"""While the film plays the pictures follow at this pace: the player needs the processor more."""


class Why(QObject):
    """Asks for pictures when the panel shows another window, and goes to the frame of a crop that was clicked."""

    def __init__(self, session: Session, player: Player, panel: FramePanel) -> None:
        super().__init__(panel)
        self._session, self._player, self._panel = session, player, panel
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._ask)
        panel.window_shown.connect(self._on_window)
        panel.frame_chosen.connect(self._go_to)
        session.looking.seen.connect(panel.show_seen)
        session.looking.unseen.connect(panel.show_unseen)
        session.looking.failed.connect(session.failed)
        session.threshold_changed.connect(self._on_threshold)
        for signal in (session.media_opened, session.analysis_started, session.result_ready, session.state_changed):
            signal.connect(self._on_result)

    def _on_result(self) -> None:
        session = self._session
        if session.result is None:
            session.looking.forget()
        self._panel.set_result(session.result, analysing=session.state in (State.ANALYSING, State.CANCELLING))
        self._on_threshold()
        self._on_window(self._panel.shown)

    def _on_threshold(self) -> None:
        self._panel.set_threshold(self._session.threshold)

    def _on_window(self, window: WindowScore | None) -> None:
        if window is None or not window.analysed or self._session.result is None or self._panel.seen is not None:
            self._timer.stop()
        elif not self._player.is_playing:
            self._timer.start(_SETTLE_MS)
        elif not self._timer.isActive():
            self._timer.start(_PLAYING_MS)

    def _ask(self) -> None:
        window, result = self._panel.shown, self._session.result
        if window is not None and window.analysed and result is not None:
            self._session.looking.look(result, window)

    def _go_to(self, frame: int) -> None:
        media = self._session.media
        if media is not None and 0 <= frame < len(media.frame_times):
            self._player.pause()
            self._player.seek(float(media.frame_times[frame]))
