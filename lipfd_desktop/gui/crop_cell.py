"""One crop of a window as a button: the picture, and its region weight as a bar and a number."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from lipfd_desktop.gui import theme

BAR: Final = 5
"""Pixels of the bar below the picture."""
_GAP: Final = 2
_LEAST_FOR_NUMBER: Final = 36
"""Pixels a cell must be wide to have room for three decimals."""


class CropCell(QAbstractButton):
    """Takes the focus from its grid; :attr:`weight` is None where the picture has none of its own."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._image = QImage()
        self._colour = QColor(theme.GREY)
        self._is_current = False
        self.weight: float | None = None

    def show_crop(self, image: QImage | None, weight: float | None, colour: QColor, words: str) -> None:
        """``image`` None is one that has not come yet; ``words`` name the cell to screen readers and on hover."""
        self._image = QImage() if image is None else image
        self.weight, self._colour = weight, colour
        if words != self.accessibleName():
            self.setAccessibleName(words)
            self.setToolTip(words)
        self.update()

    def set_current(self, is_current: bool) -> None:
        """Whether it was cut from the frame under the cursor."""
        if is_current != self._is_current:
            self._is_current = is_current
            self.update()

    @property
    def is_current(self) -> bool:
        return self._is_current

    @property
    def has_picture(self) -> bool:
        return not self._image.isNull()

    @property
    def image(self) -> QImage:
        return self._image

    def height_for(self, width: int) -> int:
        below = 0 if self.weight is None else BAR + 2 * _GAP + self._number_height(width)
        return width + below

    def _number_height(self, width: int) -> int:
        return self.fontMetrics().height() if width >= _LEAST_FOR_NUMBER else 0

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(64, self.height_for(64))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        scheme = theme.scheme_of(self)
        side = self.width()
        square = QRectF(0, 0, side, side)
        painter.fillRect(square, QColor(scheme.plot))
        if self._image.isNull():
            painter.setPen(QPen(QColor(scheme.border), 1, Qt.PenStyle.DotLine))
            painter.drawRect(square.adjusted(0.5, 0.5, -0.5, -0.5))
        else:
            self._paint_picture(painter, square)
        if self._is_current:
            painter.setPen(QPen(QColor(scheme.accent), 3))
            painter.drawRect(square.adjusted(1.5, 1.5, -1.5, -1.5))
        if self.weight is not None:
            self._paint_weight(painter, side, self.weight, scheme)
        if self.hasFocus():
            painter.setPen(QPen(QColor(scheme.text), 1, Qt.PenStyle.DashLine))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_picture(self, painter: QPainter, square: QRectF) -> None:
        size = self._image.size().scaled(square.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRectF(0, 0, size.width(), size.height())
        target.moveCenter(square.center())
        # Shrunk first: drawing a much smaller picture at once drops pixels.
        ratio = self.devicePixelRatioF()
        shrunk = self._image.scaled(
            size * ratio, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        painter.drawImage(target, shrunk)

    def _paint_weight(self, painter: QPainter, side: int, weight: float, scheme: theme.Scheme) -> None:
        track = QRectF(0, side + _GAP, side, BAR)
        painter.fillRect(track, QColor(scheme.border))
        painter.fillRect(QRectF(track.left(), track.top(), track.width() * min(max(weight, 0), 1), BAR), self._colour)
        if height := self._number_height(side):
            painter.setPen(QColor(scheme.text if self._is_current else scheme.muted))
            area = QRectF(0, track.bottom() + _GAP / 2, side, height)
            painter.drawText(area, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, f"{weight:.3f}")
