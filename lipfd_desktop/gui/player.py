"""Playing the file in PTS: what Qt's player calls zero is the earliest PTS of the container."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, QUrl, Signal, Slot
from PySide6.QtMultimedia import QAudioOutput, QMediaPlayer, QVideoFrame, QVideoSink

from lipfd_desktop.media.timeline import frame_index_at, nearest_frame_index

_SEEK_MS: Final = 30
"""Seeks are sent at most this often; scrubbing asks for far more."""
_ARRIVAL_MS: Final = 600
"""After this long a frame that a seek asked for is given up on, and any frame is believed."""
_INTO_FRAME_S: Final = 0.01
"""Asked for the very start of a frame the player shows the one before; this much later is safe, also in a last
frame that the container's duration cuts short."""
_SAME_TIME_S: Final = 0.0005
_PITCH: Final = QMediaPlayer.PitchCompensationAvailability


class Player(QObject):
    """Plays a file and says, exactly, which frame is shown.

    Signals
    -------
    frame_shown
        The frame and its PTS in seconds.
    moved
        The time under the cursor in PTS seconds; a seek moves it at once, before its frame has been decoded.
    not_shown
        PTS of a frame that the player cannot seek to (a transport stream with few key frames, frames after the
        declared end): somebody else must fetch its picture.
    """

    frame_shown = Signal(QVideoFrame, float)
    moved = Signal(float)
    not_shown = Signal(float)
    playing_changed = Signal(bool)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._media = QMediaPlayer(self)
        self._sink = QVideoSink(self)
        self._audio = QAudioOutput(self)
        for part in (self._media, self._sink, self._audio):
            _look_up_overrides(part)
        self.keeps_pitch = self._media.pitchCompensationAvailability() != _PITCH.Unavailable
        if self.keeps_pitch:
            self._media.setPitchCompensation(True)
        self._media.setVideoSink(self._sink)
        self._media.setAudioOutput(self._audio)
        self._start = self._declared_start = 0.0
        self._times: NDArray[np.float64] = np.empty(0)
        self._current = 0
        self._target: int | None = None
        self._unsent: int | None = None
        self._loop: tuple[float, float] | None = None
        self._loaded = self._ready = self._broken = False
        self._playing_on = False
        self._newest: QVideoFrame | None = None
        # While it plays, frames are shown by a timer: were each shown as it comes, then on a busy machine frames would
        # come faster than they can be shown, and the event loop would get to nothing else.
        self._frame_timer = QTimer(self, interval=0, singleShot=True)
        self._frame_timer.timeout.connect(self._show_newest)
        self._seek_timer = QTimer(self, interval=_SEEK_MS, singleShot=True)
        self._seek_timer.timeout.connect(self._send_seek)
        self._arrival_timer = QTimer(self, interval=_ARRIVAL_MS, singleShot=True)
        self._arrival_timer.timeout.connect(self._give_up_target)
        self._sink.videoFrameChanged.connect(self._on_frame)
        self._media.mediaStatusChanged.connect(self._on_status)
        self._media.playbackStateChanged.connect(lambda: self.playing_changed.emit(self.is_playing))
        self._media.errorOccurred.connect(lambda _error, message: self.failed.emit(message))

    def load(self, path: Path, *, start_time: float, frame_times: NDArray[np.float64]) -> None:
        """Show the first frame of ``path`` and wait.

        ``frame_times`` is the PTS of every frame, ascending; ``start_time`` what should be the player's zero.
        """
        self._loaded = self._ready = self._broken = self._playing_on = False
        self._start = self._declared_start = start_time
        self._times = frame_times
        self._current, self._target, self._unsent, self._loop = 0, 0, None, None
        self._newest = None
        self._media.setSource(QUrl.fromLocalFile(str(path)))

    def close(self) -> None:
        self._loaded = self._ready = False
        self._newest = None
        self._media.setSource(QUrl())

    @property
    def time(self) -> float:
        """PTS of the frame under the cursor, seconds."""
        return float(self._times[self._current]) if len(self._times) else 0.0

    @property
    def frame(self) -> int:
        """Ordinal of the frame under the cursor."""
        return self._current

    @property
    def is_playing(self) -> bool:
        return self._media.playbackState() == QMediaPlayer.PlaybackState.PlayingState

    @property
    def is_at_end(self) -> bool:
        """Whether it has come to the end of the file, also where its last frames were not seen."""
        duration = self._media.duration()
        if 0 < duration <= self._media.position() + 1:
            return True
        return len(self._times) > 0 and self._current >= len(self._times) - 1

    def frame_at(self, pts: float) -> int:
        """Ordinal of the frame that is on the screen at ``pts`` seconds."""
        return frame_index_at(self._times, pts)

    def play(self) -> None:
        if not len(self._times):
            return
        if self._current >= len(self._times) - 1:
            self.seek(self._loop[0] if self._loop else float(self._times[0]))
        self._playing_on = True
        self._media.play()

    def pause(self) -> None:
        self._playing_on = False
        self._media.pause()

    def toggle(self) -> None:
        if self.is_playing:
            self.pause()
        else:
            self.play()

    def seek(self, pts: float) -> None:
        """Show the frame at ``pts`` seconds."""
        if len(self._times):
            self._seek_frame(self.frame_at(pts))

    def seek_frame(self, frame: int) -> None:
        """Pause, and show the frame of that ordinal."""
        self.pause()
        if 0 <= frame < len(self._times):
            self._seek_frame(frame)

    def step(self, frames: int) -> None:
        """Pause, and go that many frames on or back."""
        self.pause()
        if len(self._times):
            self._seek_frame(min(max(self._current + frames, 0), len(self._times) - 1))

    def set_loop(self, span: tuple[float, float] | None) -> None:
        """Play only ``span`` (PTS seconds), again and again."""
        self._loop = span

    def set_rate(self, rate: float) -> None:
        self._media.setPlaybackRate(rate)

    def set_volume(self, volume: float) -> None:
        """Loudness as people hear it, 0 to 1."""
        self._audio.setVolume(volume**2)

    def set_muted(self, muted: bool) -> None:
        self._audio.setMuted(muted)

    def _seek_frame(self, frame: int) -> None:
        self._current = self._target = self._unsent = frame
        self._newest = None  # comes from before the seek
        self.moved.emit(self.time)
        if not self._seek_timer.isActive():
            self._send_seek()

    def _send_seek(self) -> None:
        if self._broken:
            self._unsent = None
            self._give_up_target()
        if self._unsent is None or not self._ready:
            return
        frame, self._unsent = self._unsent, None
        into = min(self._frame_length(frame) / 2, _INTO_FRAME_S)
        position = float(self._times[frame]) + into - self._start
        self._media.setPosition(max(0, round(position * 1000)))
        self._seek_timer.start()
        self._arrival_timer.start()

    def _frame_length(self, frame: int) -> float:
        if frame + 1 < len(self._times):
            return float(self._times[frame + 1] - self._times[frame])
        return float(self._times[-1] - self._times[-2]) if len(self._times) > 1 else 0.0

    @Slot(QVideoFrame)
    def _on_frame(self, frame: QVideoFrame) -> None:
        if not frame.isValid() or not self._loaded:
            return
        self._newest = frame
        if self._ready and self._target is None and self.is_playing:
            self._frame_timer.start()
        else:
            self._show_newest()

    def _show_newest(self) -> None:
        frame, self._newest = self._newest, None
        if frame is None:
            return
        if not self._ready:
            self._become_ready(frame.startTime() / 1e6)
        else:
            self._doubt_start(frame.startTime() / 1e6)
        pts = frame.startTime() / 1e6 + self._start
        if self._loop is not None and self._is_past(self._loop, pts):
            if self._target is None:  # the last frame of the span was passed over
                self.seek(self._loop[0])
            return
        self.frame_shown.emit(frame, pts)
        index = self.frame_at(pts + self._frame_length(self.frame_at(pts)) / 4)
        if self._target is not None:
            if index != self._target:
                return
            self._target = None
            self._arrival_timer.stop()
        if index != self._current:
            self._current = index
            self.moved.emit(self.time)
        if self._loop is not None and self.is_playing and pts >= self._loop[1] - self._frame_length(index):
            self.seek(self._loop[0])

    def _is_past(self, loop: tuple[float, float], pts: float) -> bool:
        """Whether a frame is after ``loop`` and nobody sought there: its end was passed over, or it began again."""
        end = loop[1] - _SAME_TIME_S
        return self.is_playing and pts >= end and (self._target is None or float(self._times[self._target]) < end)

    def _become_ready(self, first: float) -> None:
        """The first frame has come, ``first`` seconds after the player's zero; from now on seeks can be sent.

        Where that zero lies is not certain: Qt brings its own FFmpeg, and versions differ in whether the lead-in of a
        Matroska sound track counts.  A first frame that falls on no known frame tells the difference.
        """
        if not self._is_frame(first, self._start):
            self._start = float(self._times[0]) - first
        self._ready = True
        QTimer.singleShot(0, self, self._send_seek)

    def _doubt_start(self, at: float) -> None:
        """Go back to the declared zero when a frame, ``at`` seconds after the player's, is one only by that.

        On a machine that is short of time Qt can hand out a first frame that says it is at zero and is not.
        """
        if (
            self._start != self._declared_start
            and not self._is_frame(at, self._start)
            and self._is_frame(at, self._declared_start)
        ):
            self._start = self._declared_start
            if not self.is_playing:
                self._unsent = self._target = self._current
                QTimer.singleShot(0, self, self._send_seek)

    def _is_frame(self, at: float, start: float) -> bool:
        """Whether a frame of the file begins ``at`` seconds after ``start``."""
        nearest = float(self._times[nearest_frame_index(self._times, at + start)])
        return abs(nearest - at - start) <= _SAME_TIME_S

    def _give_up_target(self) -> None:
        if not self._ready and not self._broken:
            self._ready = True
            self._send_seek()
        if self._target is not None and self._unsent is None:
            self._target = None
            self.not_shown.emit(self.time)

    @Slot(QMediaPlayer.MediaStatus)
    def _on_status(self, status: QMediaPlayer.MediaStatus) -> None:
        if self._media.source().isEmpty():
            return  # The file is being closed: its last words must not set the player going again.
        if status in (QMediaPlayer.MediaStatus.LoadedMedia, QMediaPlayer.MediaStatus.BufferedMedia):
            if not self._loaded:
                self._loaded = True
                self._media.pause()
                self._arrival_timer.start()
        elif status == QMediaPlayer.MediaStatus.InvalidMedia:
            self._broken = True
            self._send_seek()
        elif status == QMediaPlayer.MediaStatus.EndOfMedia and self._playing_on:
            # The player stops and drops its picture here; stay on the last frame, or begin the loop again.
            if self._loop:
                self._seek_frame(self.frame_at(self._loop[0]))
                self._media.play()
            else:
                self.pause()
                self._seek_frame(len(self._times) - 1)


def _look_up_overrides(part: QObject) -> None:
    """Let PySide find out now that nothing in Python overrides the connection hooks of ``part``.

    It does so at the first connection and the first disconnection, for which it needs the interpreter's lock, and
    remembers the answer.  Qt's renderers disconnect in their own threads and hold a lock of ``part`` then; ``pause()``
    holds the interpreter's lock while it waits for the same lock of ``part``, and the two wait for ever.
    """
    connection = part.objectNameChanged.connect(part.deleteLater)
    part.objectNameChanged.disconnect(connection)
