"""A walk through the window: a few callouts that point at its parts, for mouse and keyboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.controls import heading, muted_label
from lipfd_desktop.language import tr

_WIDTH: Final = 340
_GAP: Final = 12
_DIM: Final = 150
"""Of 255: the parts that are not meant can still be recognised."""


@dataclass(frozen=True, slots=True)
class Step:
    """One callout; ``widget`` is what it points at."""

    widget: QWidget
    title: str
    words: str


def place(callout: QSize, target: QRect, window: QRect) -> QPoint:
    """Where a callout of this size does not hide ``target``: below it, above, beside, or else in the middle of it."""
    x = max(
        window.left() + _GAP, min(target.center().x() - callout.width() // 2, window.right() - callout.width() - _GAP)
    )
    y = max(window.top() + _GAP, min(target.top(), window.bottom() - callout.height() - _GAP))
    for point in (
        QPoint(x, target.bottom() + _GAP),
        QPoint(x, target.top() - callout.height() - _GAP),
        QPoint(target.left() - callout.width() - _GAP, y),
        QPoint(target.right() + _GAP, y),
    ):
        if window.contains(QRect(point, callout)):
            return point
    return target.center() - QPoint(callout.width() // 2, callout.height() // 2)


class Tour(QWidget):
    """Covers ``window`` until the last callout was read or the user skips the rest; parts that are hidden are left out.

    Signals: ``ended``.
    """

    ended = Signal()

    def __init__(self, window: QWidget, steps: Sequence[Step]) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(tr("Tour"))
        self._window = window
        self._steps = [step for step in steps if step.widget.isVisible()]
        self._at = 0
        self._title, self._words = heading(""), muted_label(wraps=True)
        self.count = muted_label()
        self.skip_button = QPushButton(tr("Skip"))
        self.back_button = QPushButton(tr("Back"))
        self.next_button = QPushButton(tr("Next"))
        self.next_button.setProperty("primary", True)
        self.callout = QFrame(self)
        self._arrange()
        self.skip_button.clicked.connect(self.end)
        self.back_button.clicked.connect(lambda: self.go(-1))
        self.next_button.clicked.connect(lambda: self.go(1))
        window.installEventFilter(self)

    def _arrange(self) -> None:
        self.callout.setObjectName("bar")
        self.callout.setFixedWidth(_WIDTH)
        buttons = QHBoxLayout()
        buttons.addWidget(self.count, 1)
        for button in (self.skip_button, self.back_button, self.next_button):
            button.setAutoDefault(True)
            button.installEventFilter(self)
            buttons.addWidget(button)
        layout = QVBoxLayout(self.callout)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.setSpacing(8)
        layout.addWidget(self._title)
        layout.addWidget(self._words)
        layout.addLayout(buttons)

    @property
    def step(self) -> Step:
        return self._steps[self._at]

    def begin(self) -> None:
        if not self._steps:
            self.end()
            return
        self.show()
        self.raise_()
        self.next_button.setFocus()
        self._show_step()

    def go(self, direction: int) -> None:
        """To the next (1) or previous (-1) callout; past the last one the tour ends."""
        self._at = max(0, self._at + direction)
        if self._at >= len(self._steps):
            self.end()
        else:
            self._show_step()

    def end(self) -> None:
        self._window.removeEventFilter(self)
        self._window.setFocus()  # else whatever comes next in the window would take the arrow keys
        self.close()
        self.ended.emit()

    def _show_step(self) -> None:
        step, last = self.step, self._at == len(self._steps) - 1
        self._title.setText(step.title)
        self._words.setText(step.words)
        self.count.setText(tr("{number} of {all}", number=self._at + 1, all=len(self._steps)))
        self.back_button.setEnabled(self._at > 0)
        self.skip_button.setVisible(not last)
        self.next_button.setText(tr("Done") if last else tr("Next"))
        self.next_button.setAccessibleDescription(f"{step.title}. {step.words}")
        self._settle()

    def _target(self) -> QRect:
        widget = self.step.widget
        return QRect(widget.mapTo(self._window, QPoint()), widget.size())

    def _settle(self) -> None:
        self.setGeometry(self._window.rect())
        size = QSize(_WIDTH, self.callout.heightForWidth(_WIDTH))
        self.callout.resize(size)
        self.callout.move(place(size, self._target(), self.rect()))
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is not self._window:
            # Buttons would take the arrow keys for going from one to the next.
            return isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self._obey(event.key())
        if event.type() == QEvent.Type.Resize and self._steps:
            self._settle()
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # while the tour is on, no key does anything behind it
            return True
        return super().event(event)

    def _obey(self, key: int) -> bool:
        deeds: dict[int, Callable[[], None]] = {
            Qt.Key.Key_Escape: self.end,
            Qt.Key.Key_Right: lambda: self.go(1),
            Qt.Key.Key_Left: lambda: self.go(-1),
        }
        deed = deeds.get(key)
        if deed is not None:
            deed()
        return deed is not None

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        """Tab goes round in the callout: what lies behind is covered."""
        ring = [button for button in (self.skip_button, self.back_button, self.next_button)
                if button.isVisible() and button.isEnabled()]  # fmt: skip
        if not ring:  # it is being closed
            return super().focusNextPrevChild(forward)
        focused = self.window().focusWidget()
        at = ring.index(focused) if focused in ring else 0
        ring[(at + (1 if forward else -1)) % len(ring)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        around, hole = QPainterPath(), QPainterPath()
        around.addRect(QRectF(self.rect()))
        hole.addRoundedRect(QRectF(self._target()).adjusted(-3, -3, 3, 3), 7, 7)
        painter.fillPath(around.subtracted(hole), QColor(0, 0, 0, _DIM))
        painter.setPen(QPen(QColor(theme.scheme_of(self).accent), 2))
        painter.drawPath(hole)
