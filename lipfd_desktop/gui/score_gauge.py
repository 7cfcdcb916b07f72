"""A score as a bar from 0 to 1 with its number and the threshold; said in words too."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from lipfd_desktop.gui import theme
from lipfd_desktop.language import tr
from lipfd_desktop.report.palette import SUSPICIOUS
from lipfd_desktop.verdict import reaches

_BAR: Final = 8


class ScoreGauge(QWidget):
    """One score; the main one is written larger."""

    def __init__(self, title: str, parent: QWidget | None = None, *, is_main: bool = False) -> None:
        super().__init__(parent)
        if is_main:
            font = self.font()
            font.setPointSizeF(font.pointSizeF() * 1.25)
            font.setBold(True)
            self.setFont(font)
        self.setAccessibleName(title)
        self.setToolTip(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._title = title
        self._value: float | None = None
        self._threshold = 0.5
        self._unknown = ""

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(200, self.fontMetrics().height() + _BAR + 8)

    def show_value(self, value: float | None, threshold: float, *, unknown: str = "–") -> None:
        """``unknown`` stands where there is no value."""
        self._value, self._threshold, self._unknown = value, threshold, unknown
        self.setAccessibleDescription(self.words)
        self.update()

    @property
    def words(self) -> str:
        """The number, and on which side of the threshold it lies."""
        if self._value is None:
            return self._unknown
        side = threshold_words(self._value, self._threshold)
        return tr("{value:.3f}, {side}", value=self._value, side=side)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scheme = theme.scheme_of(self)
        line = QRectF(0, 0, self.width(), self.fontMetrics().height() + 2)
        number = self._unknown if self._value is None else f"{self._value:.3f}"
        room = self.width() - self.fontMetrics().horizontalAdvance(f"{number}  ")
        title = self.fontMetrics().elidedText(self._title, Qt.TextElideMode.ElideRight, room)
        painter.setPen(QColor(scheme.muted))
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
        painter.setPen(QColor(scheme.text))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number)
        track = QRectF(0, line.bottom() + 2, self.width(), _BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(scheme.border))
        painter.drawRoundedRect(track, 3, 3)
        if self._value is None:
            return
        painter.setBrush(QColor(SUSPICIOUS if reaches(self._value, self._threshold) else scheme.muted))
        painter.drawRoundedRect(QRectF(track.left(), track.top(), track.width() * self._value, _BAR), 3, 3)
        painter.setPen(QPen(QColor(scheme.text), 2))
        x = track.left() + track.width() * self._threshold
        painter.drawLine(round(x), round(track.top()) - 2, round(x), round(track.bottom()) + 2)


def threshold_words(value: float, threshold: float) -> str:
    """On which side of the threshold a score lies."""
    if reaches(value, threshold):
        return tr("at or above the threshold of {threshold:.3f}", threshold=threshold)
    return tr("below the threshold of {threshold:.3f}", threshold=threshold)
