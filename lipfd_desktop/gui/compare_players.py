"""Two players in step: A leads, B follows at its offset."""

from __future__ import annotations

from time import perf_counter
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from lipfd_desktop.gui.player import Player
from lipfd_desktop.media.timeline import frame_end
from lipfd_desktop.result import OpenedMedia

_CHECK_MS: Final = 100
_PATIENCE_S: Final = 0.6
"""A drift is to be gone after so long: B plays faster or slower by its share of this."""
_MOST_CHANGE: Final = 0.2
"""Of the speed; more is seen."""
_LOST_S: Final = 0.5
"""A drift that the speed would take too long for: B is sent to its place."""
_SETTLED_FRAMES: Final = 0.5
"""A drift of less than this share of a frame is left alone."""
_STALE_S: Final = 0.3
"""Without a new frame for so long a player stands still; its clock is not run on."""
_RESEND_S: Final = 1.0
"""After B was sent to a place it is given so long to arrive."""
_SAME_TIME_S: Final = 0.0005


class Clock:
    """What time a player is at, between its frames."""

    def __init__(self) -> None:
        self._pts, self._at = 0.0, float("-inf")

    def show(self, pts: float) -> None:
        """A frame came."""
        self._pts, self._at = pts, perf_counter()

    def stop(self) -> None:
        """What comes next is elsewhere."""
        self._at = float("-inf")

    def time(self, rate: float) -> float | None:
        """Seconds now, or None while it stands still."""
        since = perf_counter() - self._at
        return self._pts + since * rate if since < _STALE_S / min(rate, 1.0) else None


def change_of_speed(drift: float, frame_length: float) -> float:
    """By what B's speed is multiplied when it is ``drift`` seconds ahead of where it should be."""
    if abs(drift) < _SETTLED_FRAMES * frame_length:
        return 1.0
    return 1.0 - min(max(drift / _PATIENCE_S, -_MOST_CHANGE), _MOST_CHANGE)


class PairedPlayers(QObject):
    """Plays both files on the clock of A.

    Signals
    -------
    moved
        The common time in PTS seconds of A; also when only B was moved.
    playing_changed
        Whether both play.
    """

    moved = Signal(float)
    playing_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.players: Final = (Player(self), Player(self))
        self._clocks: Final = (Clock(), Clock())
        self._times: list[NDArray[np.float64]] = [np.empty(0), np.empty(0)]
        self._offset = 0.0
        self._time = 0.0
        self._rate = 1.0
        self._change = 1.0
        self._sent_at = float("-inf")
        self._loop: tuple[float, float] | None = None
        self.is_linked = True
        self._timer = QTimer(self, interval=_CHECK_MS)
        self._timer.timeout.connect(self._keep_in_step)
        leader, follower = self.players
        leader.moved.connect(self._on_leader)
        leader.playing_changed.connect(self._on_playing)
        leader.failed.connect(self._on_failed)
        follower.moved.connect(lambda _pts: None if self.is_linked else self.moved.emit(self._time))
        for player, clock in zip(self.players, self._clocks, strict=True):
            player.frame_shown.connect(lambda _frame, pts, clock=clock: clock.show(pts))
        self.set_sound(0)

    def load(self, place: int, media: OpenedMedia) -> None:
        """Let A (0) or B (1) be another file, at its first frame."""
        self.pause()
        self._times[place] = media.frame_times
        self.players[place].load(media.info.path, start_time=media.info.start_time, frame_times=media.frame_times)
        if place == 0:
            self._time = float(media.frame_times[0])

    def close(self) -> None:
        self._timer.stop()
        for player in self.players:
            player.close()

    # Where they are ------------------------------------------------------------------------------------------

    @property
    def offset(self) -> float:
        """Seconds to add to a time of B to get that of A."""
        return self._offset

    @property
    def time(self) -> float:
        """The common time, PTS seconds of A."""
        return self._time

    @property
    def is_playing(self) -> bool:
        return self.players[0].is_playing

    def place_of(self, place: int) -> float:
        """The time of A (0) or B (1) on its own clock, which may lie before its first or after its last frame."""
        if place == 0:
            return self._time
        return self._time - self._offset if self.is_linked else self.players[1].time

    def covers(self, place: int) -> int:
        """-1 before the first frame of A (0) or B (1), 1 after its last, 0 in between."""
        times, time = self._times[place], self.place_of(place)
        if not len(times) or time < times[0] - _SAME_TIME_S:
            return -1
        return int(time >= frame_end(times, -1))

    @property
    def drift(self) -> float | None:
        """Seconds that B is ahead of its place while both play, or None."""
        leader, follower = (
            clock.time(self._rate * change) for clock, change in zip(self._clocks, (1.0, self._change), strict=True)
        )
        playing = self.players[0].is_playing and self.players[1].is_playing
        return None if not playing or leader is None or follower is None else follower - (leader - self._offset)

    # What the user does --------------------------------------------------------------------------------------

    def set_offset(self, offset: float) -> None:
        self._offset = offset
        self.is_linked = True
        self._send_follower()
        self.moved.emit(self._time)

    def unlink(self) -> None:
        """From now on B is moved alone, until there is another offset or :meth:`link`."""
        self.pause()
        self.is_linked = False
        self.moved.emit(self._time)

    def link(self) -> None:
        """Let B go back to where its offset says."""
        self.set_offset(self._offset)

    def align_here(self) -> None:
        """Let what both show now be the same moment."""
        self.set_offset(self._time - self.players[1].time)

    def seek(self, pts: float) -> None:
        """Go to the common time ``pts``; B stays where it is while it is moved alone."""
        if not len(self._times[0]):
            return
        leader = self.players[0]
        self._time = pts
        if self.covers(0) == 0:
            self._time = float(self._times[0][leader.frame_at(pts)])
        leader.seek(self._time)
        self._send_follower()
        self.moved.emit(self._time)

    def seek_second(self, pts: float) -> None:
        """Show the frame of B at ``pts`` seconds of B; A comes along unless B is moved alone."""
        if not len(self._times[1]):
            return
        if self.is_linked:
            self._time = pts + self._offset
            self.players[0].seek(self._time)
        self.players[1].seek(pts)
        self.moved.emit(self._time)

    def step(self, frames: int, *, place: int = 0) -> None:
        """Pause, and go so many frames of A (0) or B (1) on or back."""
        self.pause()
        times = self._times[place]
        if not len(times):
            return
        outside = self.covers(place)
        here = self.players[place].frame_at(self.place_of(place)) + (-1 if outside < 0 else 0)
        target = float(times[min(max(here + frames, 0), len(times) - 1)])
        if place == 0:
            self.seek(target)
        else:
            self.seek_second(target)

    def toggle(self) -> None:
        if self.is_playing:
            self.pause()
        else:
            self.play()

    def play(self) -> None:
        """Play both, A from its beginning, or that of the loop, when it is not in its file."""
        if not len(self._times[0]):
            return
        if not self.is_linked:
            self.link()
        if self.covers(0) or self.players[0].frame >= len(self._times[0]) - 1:
            self.seek(self._loop[0] if self._loop else float(self._times[0][0]))
        for clock in self._clocks:
            clock.stop()
        self._change = 1.0
        self._apply_rates()
        if self.covers(1) == 0:
            self.players[1].play()
        self.players[0].play()
        self._timer.start()

    def pause(self) -> None:
        """Stop; B then shows the frame at the time of A."""
        was_playing = self.is_playing or self.players[1].is_playing
        self._timer.stop()
        for player in self.players:
            player.pause()
        if was_playing:
            self.seek(self.players[0].time)

    def set_rate(self, rate: float) -> None:
        self._rate = rate
        self._apply_rates()

    def set_loop(self, span: tuple[float, float] | None) -> None:
        """Play only ``span`` of the common time again and again, as far as A lies in it."""
        times = self._times[0]
        if span is not None and len(times):
            span = max(span[0], float(times[0])), min(span[1], frame_end(times, -1))
        self._loop = span if span is not None and span[0] < span[1] else None
        self.players[0].set_loop(self._loop)

    def set_sound(self, place: int | None) -> None:
        """Hear A (0), B (1) or nothing."""
        for own, player in enumerate(self.players):
            player.set_muted(own != place)

    # In step -------------------------------------------------------------------------------------------------

    def _apply_rates(self) -> None:
        self.players[0].set_rate(self._rate)
        self.players[1].set_rate(self._rate * self._change)

    def _send_follower(self) -> None:
        if self.is_linked and len(self._times[1]):
            self._clocks[1].stop()
            self._sent_at = perf_counter()
            self.players[1].seek(self.place_of(1))

    def _on_leader(self, pts: float) -> None:
        if self.is_playing:
            begins_again, self._time = pts < self._time - _SAME_TIME_S, pts
            if begins_again:  # only the loop goes back, and B has to come along
                self._send_follower()
            self.moved.emit(pts)

    def _on_playing(self, playing: bool) -> None:
        has_ended = not playing and self._timer.isActive()
        if has_ended and self._loop is not None and self.players[0].is_at_end:
            QTimer.singleShot(0, self, self._begin_loop)  # A came to its end within the loop
            return
        self.playing_changed.emit(playing)
        if has_ended:  # A came to its end, and goes to its last frame after telling, or can go no further
            self.pause()
            QTimer.singleShot(0, self, lambda: self.seek(self.players[0].time))

    def _on_failed(self) -> None:
        if self._timer.isActive():
            self.pause()

    def _begin_loop(self) -> None:
        if self._timer.isActive() and self._loop is not None and not self.is_playing:
            self.seek(self._loop[0])
            self.players[0].play()

    def _keep_in_step(self) -> None:
        follower, inside = self.players[1], self.covers(1) == 0
        if not inside:
            follower.pause()
        elif not follower.is_playing:
            self._send_follower()
            follower.play()
        elif (drift := self.drift) is not None:
            if abs(drift) > _LOST_S * max(self._rate, 1.0):
                if perf_counter() - self._sent_at > _RESEND_S:
                    self._send_follower()
            else:
                self._set_change(change_of_speed(drift, self._frame_length()))

    def _set_change(self, change: float) -> None:
        if change != self._change:
            self._change = change
            self._apply_rates()

    def _frame_length(self) -> float:
        times = self._times[1]
        return float(times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else 0.04
