"""Playing: buttons, seek bar, time, speed and volume."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSlider, QWidget

from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.controls import IconButton, chooser
from lipfd_desktop.gui.time_plot import on_pixels
from lipfd_desktop.language import tr
from lipfd_desktop.report.palette import SUSPICIOUS

SPEEDS: Final = (0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
_ROOM_FOR_VOLUME: Final = 800
"""Pixels; a narrower bar keeps the time readable and leaves loudness to the system (the mute button stays)."""


class SeekBar(QWidget):
    """Where the cursor is in the whole file, with the suspicious spans marked; click or drag to go elsewhere."""

    sought = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Position in the file"))
        self.setMinimumWidth(120)
        self.setFixedHeight(26)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._limits = (0.0, 1.0)
        self._time = 0.0
        self._spans = np.empty((0, 2))
        self.is_loud = False
        """Whether the marks have the colour of what is suspicious."""

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(400, 26)

    def set_limits(self, start: float, end: float) -> None:
        self._limits, self._time, self._spans = (start, max(end, start + 1e-6)), start, np.empty((0, 2))
        self.update()

    def set_time(self, pts: float) -> None:
        self._time = pts
        self.setAccessibleDescription(text.clock(pts))
        self.update()

    def set_spans(self, spans: NDArray[np.float64], *, loud: bool) -> None:
        """(n, 2) seconds to mark; ``loud`` in the colour of what is suspicious, else in the grey of words."""
        self._spans, self.is_loud = spans, loud
        self.update()

    def _groove(self) -> QRectF:
        return QRectF(8, self.height() / 2 - 3, self.width() - 16, 6)

    def _place(self, pts: float) -> float:
        groove = self._groove()
        return groove.left() + groove.width() * (pts - self._limits[0]) / (self._limits[1] - self._limits[0])

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        scheme, groove = theme.scheme_of(self), self._groove()
        enabled = self.isEnabled()
        painter.setBrush(QColor(scheme.border))
        painter.drawRoundedRect(groove, 3, 3)
        now = self._place(self._time)
        if enabled:
            painter.setBrush(QColor(scheme.accent))
            painter.drawRoundedRect(QRectF(groove.left(), groove.top(), now - groove.left(), groove.height()), 3, 3)
        painter.setBrush(QColor(SUSPICIOUS if self.is_loud else scheme.muted))
        scale = groove.width() / (self._limits[1] - self._limits[0])
        zero = groove.left() - self._limits[0] * scale
        for left, right in on_pixels(self._spans, scale, zero, groove.left(), groove.right()):
            painter.drawRect(QRectF(left, groove.top(), right - left, groove.height()))
        painter.setBrush(QColor(scheme.text if enabled else scheme.disabled))
        painter.drawEllipse(QPointF(now, groove.center().y()), 6.5, 6.5)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.buttons() & Qt.MouseButton.LeftButton:
            groove = self._groove()
            share = (event.position().x() - groove.left()) / groove.width()
            start, end = self._limits
            self.sought.emit(start + min(max(share, 0.0), 1.0) * (end - start))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.mousePressEvent(event)


class Transport(QFrame):
    """The bar under the picture; says what was asked for, does nothing itself."""

    sought = Signal(float)
    toggled = Signal()
    stepped = Signal(int)
    jumped = Signal(int)
    """To the next (1) or previous (-1) suspicious moment."""
    rate_changed = Signal(float)
    volume_changed = Signal(float)
    mute_changed = Signal(bool)
    boxes_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bar")
        # Their tips name the keys, which the user may change: Actions.explain gives them.
        self.play_button = IconButton("play", tr("Play"))
        self.back_button = IconButton("frame-back", tr("Frame back"))
        self.forward_button = IconButton("frame-forward", tr("Frame forward"))
        self.previous_button = IconButton("suspicious-back", tr("Previous suspicious"))
        self.next_button = IconButton("suspicious-forward", tr("Next suspicious"))
        self.loop_button = IconButton("loop", tr("Loop selection"), checkable=True)
        self.boxes_button = IconButton("boxes", tr("Face boxes"), checkable=True)
        self.boxes_button.setChecked(True)
        self.mute_button = IconButton("sound", tr("Mute"), checkable=True)
        self.seek_bar = SeekBar()
        self.time_label = QLabel()
        self.time_label.setAccessibleName(tr("Time and frame"))
        self.time_label.setTextFormat(Qt.TextFormat.PlainText)
        self.time_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.speed_box = chooser(tr("Speed"), tr("Playing speed"), characters=4)
        for speed in SPEEDS:
            self.speed_box.addItem(f"{speed:g}×", speed)
        self.speed_box.setCurrentIndex(SPEEDS.index(1.0))
        self.volume_slider = QSlider(Qt.Orientation.Horizontal)
        self.volume_slider.setAccessibleName(tr("Volume"))
        self.volume_slider.setToolTip(tr("Volume"))
        self.volume_slider.setRange(0, 100)
        self.volume_slider.setValue(80)
        self.volume_slider.setFixedWidth(80)
        self.volume_slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._arrange()
        self._connect()
        self.set_time(0.0, 0, 0)

    def _arrange(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(2)
        for button in (
            self.previous_button, self.back_button, self.play_button, self.forward_button, self.next_button
        ):  # fmt: skip
            layout.addWidget(button)
        layout.addSpacing(6)
        layout.addWidget(self.seek_bar, 1)
        layout.addSpacing(6)
        layout.addWidget(self.time_label)
        layout.addSpacing(8)
        for widget in (self.speed_box, self.loop_button, self.boxes_button, self.mute_button, self.volume_slider):
            layout.addWidget(widget)

    def _connect(self) -> None:
        self.play_button.clicked.connect(self.toggled)
        self.back_button.clicked.connect(lambda: self.stepped.emit(-1))
        self.forward_button.clicked.connect(lambda: self.stepped.emit(1))
        self.previous_button.clicked.connect(lambda: self.jumped.emit(-1))
        self.next_button.clicked.connect(lambda: self.jumped.emit(1))
        self.boxes_button.toggled.connect(self.boxes_changed)
        self.mute_button.toggled.connect(self._on_mute)
        self.seek_bar.sought.connect(self.sought)
        self.speed_box.currentIndexChanged.connect(lambda: self.rate_changed.emit(self.speed_box.currentData()))
        self.volume_slider.valueChanged.connect(lambda value: self.volume_changed.emit(value / 100))

    def _on_mute(self, muted: bool) -> None:
        self.mute_button.set_picture("muted" if muted else "sound")
        self.mute_changed.emit(muted)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.volume_slider.setVisible(self.width() >= _ROOM_FOR_VOLUME)

    def set_keeps_pitch(self, kept: bool) -> None:
        """Say what voices sound like at another speed."""
        heard = tr("Voices keep their pitch.") if kept else tr("This player cannot keep the pitch of voices.")
        self.speed_box.setToolTip("\n".join([tr("Speed of playback"), heard]))

    def set_playing(self, playing: bool) -> None:
        self.play_button.set_picture("pause" if playing else "play")
        self.play_button.setAccessibleName(tr("Pause") if playing else tr("Play"))

    def set_time(self, pts: float, frame: int, frames: int) -> None:
        self.seek_bar.set_time(pts)
        words = _time_words(pts, frame, frames) if frames else "–"
        self.time_label.setText(words)

    def reserve(self, end: float, frames: int) -> None:
        """Keep the read-out from changing its width while it counts."""
        font = QFont(self.time_label.font())
        font.setFeature(QFont.Tag("tnum"), 1)
        self.time_label.setFont(font)
        widest = _time_words(end, frames, frames)
        self.time_label.setMinimumWidth(self.time_label.fontMetrics().horizontalAdvance(widest) + 4)


def _time_words(pts: float, frame: int, frames: int) -> str:
    """Time and frame ordinal, which counts from 0 as it does in the reports."""
    return tr("{time}   frame {frame:,} of 0–{last:,}", time=text.clock(pts), frame=frame, last=frames - 1)
