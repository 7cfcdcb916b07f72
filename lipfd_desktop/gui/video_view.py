"""The picture with the faces that were found in it: letterboxed, or enlarged down to its single pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFont,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtMultimedia import QVideoFrame
from PySide6.QtWidgets import QSizePolicy, QWidget

from lipfd_desktop.gui.camera import STEP, Camera, Part
from lipfd_desktop.gui.overlay import SHADE, Mark, Overlay, Score, paint_label, paint_overlay
from lipfd_desktop.gui.pictures import shown
from lipfd_desktop.language import tr
from lipfd_desktop.media.info import VideoStream

_BACKDROP: Final = QColor("#0c0e10")
_PIXELS_FROM: Final = 4.0
"""Screen pixels a pixel of the picture from which it is drawn as a square and no longer blended."""
_GRID_FROM: Final = 8.0
"""... and from which lines part the squares."""
_WHEEL_NOTCH: Final = 120.0


def displayed_size(video: VideoStream) -> QSizeF:
    """Width and height of the picture on square pixels."""
    num, _, den = (video.sample_aspect_ratio or "1:1").partition(":")
    try:
        ratio = float(num) / float(den or 1)
    except (ValueError, ZeroDivisionError):
        ratio = 1.0
    if ratio <= 0:
        ratio = 1.0
    if video.rotation % 180:
        ratio = 1 / ratio
    return QSizeF(video.width * ratio, video.height)


class VideoView(QWidget):
    """Paints the latest frame; a frame that is replaced before it was painted is never converted.

    Signals
    -------
    following_changed
        The :class:`~lipfd_desktop.gui.camera.Part` of a face that the view follows, or None.
    """

    following_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Video picture"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 135)
        self.setMouseTracking(True)
        self._frame: QVideoFrame | None = None
        self._image = QImage()
        self._aspect = QSizeF(16, 9)
        self._pixels = QSizeF(16, 9)
        self._overlay = Overlay()
        self._boxes_shown = True
        self._camera = Camera()
        self._followed: Part | None = None
        self._is_placed = False
        self.preferred_face: int | None = None
        """The face to follow where it is in the frame, else the largest."""
        self._dragged_from: QPointF | None = None
        self._mouse: QPointF | None = None

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(640, 360)

    def reset(self, video: VideoStream) -> None:
        """Expect frames of another file."""
        self._aspect = displayed_size(video)
        self._pixels = QSizeF(video.width, video.height)
        self._frame, self._image, self._overlay = None, QImage(), Overlay()
        self.follow(None)
        self._look(Camera())

    def show_frame(self, frame: QVideoFrame) -> None:
        self._frame = frame
        self.update()

    def show_image(self, image: QImage) -> None:
        self._frame, self._image = None, image
        self.update()

    def set_marks(self, marks: Sequence[Mark], *, picture_score: Score | None = None, message: str = "") -> None:
        """The faces of the frame on screen; ``message`` says why there are none.

        ``picture_score`` is said once, for the whole picture.
        """
        self._overlay = Overlay(marks, picture_score, message)
        self._go_to_followed()
        self.update()

    def set_boxes_shown(self, shown: bool) -> None:
        self._boxes_shown = shown
        self.update()

    @property
    def has_picture(self) -> bool:
        return self._frame is not None or not self._image.isNull()

    @property
    def marks(self) -> Sequence[Mark]:
        return self._overlay.marks

    @property
    def picture_words(self) -> str:
        """What is said about the whole picture."""
        return self._overlay.picture_words

    # Zoom ----------------------------------------------------------------------------------------------------

    @property
    def magnification(self) -> float:
        """Screen pixels a pixel of the picture; 1 is 100 %."""
        return self._camera.scale_in(self._aspect, QSizeF(self.size())) * self.devicePixelRatioF()

    @property
    def is_zoomed(self) -> bool:
        """Whether the picture is enlarged beyond what fits."""
        return self._camera.scale is not None

    def zoom(self, direction: int) -> None:
        """In (1) or out (-1) around the middle, or back to the whole picture (0)."""
        if direction == 0:
            self.follow(None)
            self._look(Camera())
        else:
            self._zoom(STEP**direction, QRectF(self.rect()).center())

    def zoom_to_pixels(self) -> None:
        """One pixel of the picture on one of the screen; a picture smaller than the view is shown whole."""
        view = QSizeF(self.size())
        scale = 1 / self.devicePixelRatioF()
        self._look(self._camera.at_scale(scale, QRectF(self.rect()).center(), self._aspect, view))

    @property
    def followed(self) -> Part | None:
        """What the view stays with."""
        return self._followed

    def follow(self, part: Part | None) -> None:
        """Zoom on a part of the current face, as soon as one is seen, and stay with it from frame to frame."""
        if part is self._followed:
            return
        self._followed, self._is_placed = part, False
        self._go_to_followed()
        self.following_changed.emit(part)

    def _go_to_followed(self) -> None:
        if self._followed is None or not self.marks:
            return
        faces = (mark.face for mark in self.marks)
        face = max(faces, key=lambda face: (face.face == self.preferred_face, face.box[2] * face.box[3]))
        x, y, width, height = face.lips if self._followed is Part.MOUTH else face.box
        stretch = self._aspect.width() / self._pixels.width()
        box = QRectF(x * stretch, y, width * stretch, height)
        view = QSizeF(self.size())
        self._look(self._camera.on(self._followed, box, self._aspect, view, keep_scale=self._is_placed))
        self._is_placed = True

    def _zoom(self, factor: float, at: QPointF) -> None:
        self._look(self._camera.zoomed(factor, at, self._aspect, QSizeF(self.size())))

    def _look(self, camera: Camera) -> None:
        self._camera = camera
        self.setCursor(Qt.CursorShape.OpenHandCursor if self.is_zoomed else Qt.CursorShape.ArrowCursor)
        self.setAccessibleDescription(self.zoom_words)
        self.update()

    @property
    def zoom_words(self) -> str:
        """How much the picture is enlarged; nothing while all of it is shown."""
        return tr("{percent:,.0f} %", percent=100 * self.magnification) if self.is_zoomed else ""

    # The pixel under the mouse -------------------------------------------------------------------------------

    def pixel_at(self, place: QPointF) -> tuple[int, int, int, int, int] | None:
        """Column and row of the picture at a point of the view, and its red, green and blue as they are shown."""
        if self._image.isNull():
            return None
        target = self._target()
        x = math.floor((place.x() - target.left()) / target.width() * self._image.width())
        y = math.floor((place.y() - target.top()) / target.height() * self._image.height())
        if not (0 <= x < self._image.width() and 0 <= y < self._image.height()):
            return None
        colour = self._image.pixelColor(x, y)
        return x, y, colour.red(), colour.green(), colour.blue()

    @property
    def pixel_words(self) -> str:
        """What is under the mouse."""
        pixel = None if self._mouse is None else self.pixel_at(self._mouse)
        if pixel is None:
            return ""
        x, y, red, green, blue = pixel
        return tr("x {x}  y {y}    R {red}  G {green}  B {blue}", x=x, y=y, red=red, green=green, blue=blue)

    # Painting ------------------------------------------------------------------------------------------------

    def _target(self) -> QRectF:
        return self._camera.target(self._aspect, QSizeF(self.size()))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), _BACKDROP)
        if self._frame is not None:
            self._image = shown(self._frame)
            self._frame = None
        if self._image.isNull():
            return
        target, bounds = self._target(), QRectF(self.rect())
        self._paint_picture(painter, target, bounds)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setBold(True)
        painter.setFont(font)
        if self._boxes_shown:
            paint_overlay(painter, self._overlay, target, self._pixels, bounds)
        if words := "    ".join(filter(None, (self.zoom_words, self.pixel_words))):
            height = 1.35 * painter.fontMetrics().height()
            paint_label(painter, QPointF(bounds.right(), bounds.bottom() - height - 8), words, SHADE, bounds)

    def _paint_picture(self, painter: QPainter, target: QRectF, bounds: QRectF) -> None:
        """Only the pixels that are in view."""
        across, down = target.width() / self._image.width(), target.height() / self._image.height()
        visible = target.intersected(bounds)
        left, top = (
            math.floor((visible.left() - target.left()) / across),
            math.floor((visible.top() - target.top()) / down),
        )
        right = min(math.ceil((visible.right() - target.left()) / across), self._image.width())
        bottom = min(math.ceil((visible.bottom() - target.top()) / down), self._image.height())
        part = QRectF(left, top, right - left, bottom - top)
        place = QRectF(
            target.left() + left * across, target.top() + top * down, part.width() * across, part.height() * down
        )
        magnified = self.magnification
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, magnified < _PIXELS_FROM)
        painter.drawImage(place, self._image, part)
        if magnified >= _GRID_FROM:
            painter.setPen(QPen(QColor(128, 128, 128, 110), 0))
            for column in range(left, right + 1):
                x = target.left() + column * across
                painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom()))
            for row in range(top, bottom + 1):
                y = target.top() + row * down
                painter.drawLine(QPointF(place.left(), y), QPointF(place.right(), y))

    # Mouse ---------------------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        self._zoom(STEP ** (event.angleDelta().y() / _WHEEL_NOTCH), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton and self.is_zoomed:
            self._dragged_from = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._mouse = event.position()
        if self._dragged_from is not None:
            self.follow(None)
            self._camera = self._camera.moved(event.position() - self._dragged_from, self._aspect)
            self._dragged_from = event.position()
        self.update()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        self._dragged_from = None
        self._look(self._camera)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        self.zoom(0)

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802
        self._mouse = event.position()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self._mouse = None
        self.update()
        super().leaveEvent(event)
