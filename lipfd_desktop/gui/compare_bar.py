"""The bar between the pictures and the tracks: playing both files, and by how much B is shifted against A."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDoubleSpinBox, QFrame, QHBoxLayout, QPushButton

from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.actions import Actions
from lipfd_desktop.gui.compare_side import LETTERS
from lipfd_desktop.gui.controls import IconButton, KeepKeys, chooser, muted_label, plain_label
from lipfd_desktop.gui.transport import SPEEDS
from lipfd_desktop.language import tr, trn

_FURTHEST_S: Final = 86_400.0
"""A day: no clock of a file is further away."""
_BOX_WIDTH: Final = 106
_GAP: Final = 5
_BUTTON_SIDES: Final = 16
"""Pixels beside the words of a button, which are never cut."""


class CompareBar(QFrame):
    """Says what was asked for, does nothing itself.

    Signals
    -------
    stepped
        Frames on or back, and whether those of B.
    offset_asked
        Seconds to add to a time of B to get that of A.
    frames_asked
        The same in frames of A.
    sound_asked
        0 to hear A, 1 to hear B, None for silence.
    """

    toggled = Signal()
    stepped = Signal(int)
    rate_asked = Signal(float)
    sound_asked = Signal(object)
    offset_asked = Signal(float)
    frames_asked = Signal(int)
    alone_asked = Signal(bool)
    cursors_asked = Signal()
    sound_alignment_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.back_button = IconButton("frame-back", tr("Frame back"))
        self.play_button = IconButton("play", tr("Play"))
        self.forward_button = IconButton("frame-forward", tr("Frame forward"))
        self.loop_button = IconButton("loop", tr("Loop selection"), checkable=True)
        self.times = tuple(plain_label() for _ in LETTERS)
        for letter, label in zip(LETTERS, self.times, strict=True):
            label.setAccessibleName(tr("Time and frame of {letter}", letter=letter))
            font = theme.small_font(label)
            font.setFeature(QFont.Tag("tnum"), 1)
            label.setFont(font)
        self.sound_box = chooser(tr("Sound"), "", characters=7)
        for words, place in ((tr("Sound of A"), 0), (tr("Sound of B"), 1), (tr("Silent"), None)):
            self.sound_box.addItem(words, place)
        self.speed_box = chooser(tr("Speed"), tr("Playing speed of both"), characters=3)
        for speed in SPEEDS:
            self.speed_box.addItem(f"{speed:g}×", speed)
        self.speed_box.setCurrentIndex(SPEEDS.index(1.0))
        self.offset_box = QDoubleSpinBox()
        self.offset_box.setDecimals(3)
        self.offset_box.setSingleStep(0.001)
        self.offset_box.setRange(-_FURTHEST_S, _FURTHEST_S)
        self.offset_box.setSuffix(tr(" s"))
        self.frames_box = QDoubleSpinBox()
        self.frames_box.setDecimals(0)
        self.frames_box.setRange(-_FURTHEST_S * 100, _FURTHEST_S * 100)
        self._name_offset()
        self.alone_button = QPushButton(tr("Move B alone"))
        self.alone_button.setCheckable(True)
        self.cursors_button = QPushButton(tr("Align here"))
        self.align_button = QPushButton(tr("Align by sound"))
        for widget in (self.alone_button, self.cursors_button, self.align_button):
            widget.setProperty("narrow", True)
            widget.setMinimumWidth(widget.fontMetrics().horizontalAdvance(widget.text()) + _BUTTON_SIDES)
            widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            KeepKeys(widget, [Qt.Key.Key_Space])
        self._arrange()
        self._connect()

    def _name_offset(self) -> None:
        for box, name in (
            (self.offset_box, tr("Offset of B in seconds")),
            (self.frames_box, tr("Offset of B in frames of A")),
        ):
            box.setAccessibleName(name)
            box.setKeyboardTracking(False)
            box.setFixedWidth(_BOX_WIDTH)
            box.editingFinished.connect(box.clearFocus)  # so that the keys of the window work again
            box.setFocusPolicy(Qt.FocusPolicy.ClickFocus | Qt.FocusPolicy.TabFocus)

    def _arrange(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 3, 8, 3)
        layout.setSpacing(4)
        offset_label = muted_label(tr("Offset of B"))
        offset_label.setBuddy(self.offset_box)
        for button in (self.back_button, self.play_button, self.forward_button, self.loop_button):
            layout.addWidget(button)
        layout.addSpacing(_GAP)
        for letter, label in zip(LETTERS, self.times, strict=True):
            layout.addWidget(muted_label(letter))
            layout.addWidget(label)
            layout.addSpacing(_GAP)
        layout.addStretch(1)
        layout.addWidget(offset_label)
        layout.addWidget(self.offset_box)
        layout.addWidget(self.frames_box)
        for widget in (self.alone_button, self.cursors_button, self.align_button):
            layout.addWidget(widget)
        layout.addStretch(1)
        for box in (self.sound_box, self.speed_box):
            layout.addWidget(box)

    def _connect(self) -> None:
        self.play_button.clicked.connect(self.toggled)
        self.back_button.clicked.connect(lambda: self.stepped.emit(-1))
        self.forward_button.clicked.connect(lambda: self.stepped.emit(1))
        self.sound_box.currentIndexChanged.connect(lambda: self.sound_asked.emit(self.sound_box.currentData()))
        self.speed_box.currentIndexChanged.connect(lambda: self.rate_asked.emit(self.speed_box.currentData()))
        self.offset_box.valueChanged.connect(self.offset_asked)
        self.frames_box.valueChanged.connect(lambda frames: self.frames_asked.emit(round(frames)))
        self.alone_button.toggled.connect(self.alone_asked)
        self.cursors_button.clicked.connect(self.cursors_asked)
        self.align_button.clicked.connect(self.sound_alignment_asked)

    def explain(self, actions: Actions) -> None:
        """Give every part its tip, with the keys that do the same."""
        actions.explain(self.back_button, "back", "second-back")
        actions.explain(self.play_button, "toggle")
        actions.explain(self.forward_button, "on", "second-on")
        actions.explain(self.loop_button, "loop", "loop-start", "loop-end", "loop-clear")
        actions.explain(self.alone_button, "alone")
        actions.explain(self.cursors_button, "here")
        actions.explain(self.align_button, "sound")
        actions.explain(self.sound_box, "sound-a", "sound-b", "silence", words=tr("Whose sound is heard"))
        offset = tr("Seconds that are added to the times of B to get those of A")
        actions.explain(self.offset_box, "ms-earlier", "ms-later", words=offset)
        actions.explain(self.frames_box, "frame-earlier", "frame-later", words=tr("The same in frames of A"))

    def set_playing(self, playing: bool) -> None:
        self.play_button.set_picture("pause" if playing else "play")
        self.play_button.setAccessibleName(tr("Pause") if playing else tr("Play"))

    def set_offset(self, seconds: float, frames: int, *, alone: bool) -> None:
        """Show the offset without asking for it; ``alone`` while B is moved without A."""
        with QSignalBlocker(self.offset_box), QSignalBlocker(self.frames_box), QSignalBlocker(self.alone_button):
            self.offset_box.setValue(seconds)
            self.frames_box.setValue(frames)
            self.alone_button.setChecked(alone)
        self.frames_box.setSuffix(" " + trn("frame", "frames", abs(frames)))
        self.cursors_button.setEnabled(alone)

    def set_time(self, place: int, pts: float, frame: int | None) -> None:
        """Where A (0) or B (1) is; ``frame`` is None outside of the file."""
        where = tr("outside") if frame is None else tr("frame {frame:,}", frame=frame)
        self.times[place].setText(f"{text.clock(pts)}\n{where}")

    def reserve(self, place: int, end: float, frames: int) -> None:
        """Keep a read-out from changing its width while it counts."""
        label = self.times[place]
        lines = (text.clock(end), tr("frame {frame:,}", frame=frames))
        label.setMinimumWidth(max(map(label.fontMetrics().horizontalAdvance, lines)) + 4)
