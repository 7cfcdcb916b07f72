"""The bar between the pictures and the tracks: playing both files, and by how much B is shifted against A."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDoubleSpinBox, QFrame, QHBoxLayout, QPushButton

from lipfd_desktop.gui import text
from lipfd_desktop.gui.compare_side import LETTERS
from lipfd_desktop.gui.controls import IconButton, KeepKeys, chooser, muted_label, plain_label
from lipfd_desktop.gui.transport import SPEEDS
from lipfd_desktop.language import tr, trn

_FURTHEST_S: Final = 86_400.0
"""A day: no clock of a file is further away."""
_BOX_WIDTH: Final = 96


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
        self.back_button = IconButton("frame-back", tr("Frame back"), tr("One frame of A back (,)  ·  of B (Shift+,)"))
        self.play_button = IconButton("play", tr("Play"), tr("Play or pause both (Space)"))
        self.forward_button = IconButton(
            "frame-forward", tr("Frame forward"), tr("One frame of A on (.)  ·  of B (Shift+.)")
        )
        self.times = tuple(plain_label() for _ in LETTERS)
        for letter, label in zip(LETTERS, self.times, strict=True):
            label.setAccessibleName(tr("Time and frame of {letter}", letter=letter))
            font = QFont(label.font())
            font.setFeature(QFont.Tag("tnum"), 1)
            label.setFont(font)
        self.sound_box = chooser(tr("Sound"), tr("Whose sound is heard (1, 2, 3)"), characters=8)
        for words, place in ((tr("Sound of A"), 0), (tr("Sound of B"), 1), (tr("Silent"), None)):
            self.sound_box.addItem(words, place)
        self.speed_box = chooser(tr("Speed"), tr("Playing speed of both"), characters=4)
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
        self.alone_button.setToolTip(tr("Move B without A, to find the same moment in both (U)"))
        self.cursors_button = QPushButton(tr("Align here"))
        self.cursors_button.setToolTip(tr("What A and B show now is the same moment (H)"))
        self.align_button = QPushButton(tr("Align by sound"))
        self.align_button.setToolTip(tr("Find the offset at which both sounds are the same speech (S)"))
        for widget in (self.alone_button, self.cursors_button, self.align_button):
            widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            KeepKeys(widget, [Qt.Key.Key_Space])
        self._arrange()
        self._connect()

    def _name_offset(self) -> None:
        tip = tr("Seconds that are added to the times of B to get those of A (Alt+Shift+arrows: by 1 ms)")
        for box, name, words in (
            (self.offset_box, tr("Offset of B in seconds"), tip),
            (self.frames_box, tr("Offset of B in frames of A"), tr("The same in frames of A (Alt+arrows: by one)")),
        ):
            box.setAccessibleName(name)
            box.setToolTip(words)
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
        for button in (self.back_button, self.play_button, self.forward_button):
            layout.addWidget(button)
        layout.addSpacing(8)
        for letter, label in zip(LETTERS, self.times, strict=True):
            layout.addWidget(muted_label(letter))
            layout.addWidget(label)
            layout.addSpacing(8)
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
        self.times[place].setText(f"{text.clock(pts)}  {where}")

    def reserve(self, place: int, end: float, frames: int) -> None:
        """Keep a read-out from changing its width while it counts."""
        label = self.times[place]
        widest = "  ".join([text.clock(end), tr("frame {frame:,}", frame=frames)])
        label.setMinimumWidth(label.fontMetrics().horizontalAdvance(widest) + 4)
