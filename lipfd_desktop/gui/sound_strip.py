"""The strip of the mel-spectrogram that the network was given, below the frames it belongs to."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.pictures import picture
from lipfd_desktop.language import tr
from lipfd_desktop.result import SeenSound

_HEIGHT: Final = 44


class SoundStrip(QWidget):
    """Draws levels in the colours of the spectrogram above the curves; a picture as it was given."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Sound of the window"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFont(theme.small_font(self))
        self._sound: SeenSound | None = None
        self._image = QImage()
        self._window = (0.0, 0.0)
        self._frame: tuple[float, float] | None = None
        self._width = 0

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(200, _HEIGHT + self.fontMetrics().height() + 4)

    def show_sound(self, sound: SeenSound | None, window: tuple[float, float]) -> None:
        """``window``: seconds from the first frame to the end of the last."""
        if sound is not self._sound:
            self._image = QImage() if sound is None else picture(_coloured(sound.pixels), None)
        self._sound, self._window = sound, window
        self.setAccessibleDescription(self.words)
        self.setToolTip(self.words)
        self.update()

    def set_frame(self, span: tuple[float, float] | None) -> None:
        """Seconds that the frame under the cursor is shown; None when it is not in the window."""
        self._frame = span
        self.update()

    def set_width(self, width: int) -> None:
        """Pixels of the columns above."""
        self._width = width
        self.update()

    @property
    def words(self) -> str:
        if self._sound is None:
            return ""
        return tr(
            "Mel-spectrogram from {start} to {end}, {rows} rows by {columns} columns",
            start=text.clock(self._sound.start), end=text.clock(self._sound.end),
            rows=self._sound.pixels.shape[0], columns=self._sound.pixels.shape[1],
        )  # fmt: skip

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        scheme = theme.scheme_of(self)
        area = QRectF(0, 0, min(self._width or self.width(), self.width()), _HEIGHT)
        painter.fillRect(area, QColor(scheme.plot))
        if self._sound is None:
            return
        painter.drawImage(area, self._image)
        first, last = self._x(area, self._window[0]), self._x(area, self._window[1])
        if self._sound.end - self._sound.start > 1.5 * (self._window[1] - self._window[0]):
            shade = QColor(0, 0, 0, 110)
            painter.fillRect(QRectF(area.left(), 0, first - area.left(), _HEIGHT), shade)
            painter.fillRect(QRectF(last, 0, area.right() - last, _HEIGHT), shade)
            painter.setPen(QPen(QColor("#ffffff"), 1))
            painter.drawRect(QRectF(first, 0.5, last - first, _HEIGHT - 1))
        if self._frame is not None:
            left, right = (min(max(self._x(area, time), area.left()), area.right()) for time in self._frame)
            painter.fillRect(QRectF(left, _HEIGHT - 4, max(right - left, 2), 4), QColor(scheme.accent))
        self._paint_times(painter, area, QColor(scheme.muted))

    def _paint_times(self, painter: QPainter, area: QRectF, colour: QColor) -> None:
        if self._sound is None:
            return
        painter.setPen(colour)
        below = QRectF(area.left(), area.bottom() + 2, area.width(), self.fontMetrics().height() + 2)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, text.clock(self._sound.start))
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, text.clock(self._sound.end))
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, tr("sound"))

    def _x(self, area: QRectF, time: float) -> float:
        if self._sound is None:
            return area.left()
        share = (time - self._sound.start) / max(self._sound.end - self._sound.start, 1e-9)
        return area.left() + share * area.width()


def _coloured(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGB of a strip, the lowest band of levels at the bottom."""
    if pixels.ndim == 3:
        return pixels
    colours: NDArray[np.uint8] = pg.colormap.get("magma").getLookupTable(0.0, 1.0, 256, mode="byte")[:, :3]
    return np.asarray(colours[pixels[::-1]], np.uint8)
