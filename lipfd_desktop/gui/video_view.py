"""The picture, letterboxed, with the faces that were found in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtMultimedia import QVideoFrame
from PySide6.QtWidgets import QSizePolicy, QWidget

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.evidence import FaceBox
from lipfd_desktop.gui.pictures import shown
from lipfd_desktop.media.info import VideoStream
from lipfd_desktop.report.palette import SUSPICIOUS
from lipfd_desktop.result import FacePath

_SHADE: Final = QColor(0, 0, 0, 165)
_BACKDROP: Final = QColor("#0c0e10")


@dataclass(frozen=True, slots=True)
class Score:
    """A fake score, and whether it reaches the threshold."""

    value: float
    is_suspicious: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A face to draw, and the fake score of its window if there is one and it belongs to the face."""

    face: FaceBox
    score: Score | None


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
    """Paints the latest frame; a frame that is replaced before it was painted is never converted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Video picture")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 135)
        self._frame: QVideoFrame | None = None
        self._image = QImage()
        self._aspect = QSizeF(16, 9)
        self._pixels = QSizeF(16, 9)
        self._marks: Sequence[Mark] = ()
        self._picture_score: Score | None = None
        self._message = ""
        self._boxes_shown = True

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(640, 360)

    def reset(self, video: VideoStream) -> None:
        """Expect frames of another file."""
        self._aspect = displayed_size(video)
        self._pixels = QSizeF(video.width, video.height)
        self._frame, self._image, self._marks, self._message = None, QImage(), (), ""
        self._picture_score = None
        self.update()

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
        self._marks, self._picture_score, self._message = marks, picture_score, message
        self.update()

    def set_boxes_shown(self, shown: bool) -> None:
        self._boxes_shown = shown
        self.update()

    @property
    def has_picture(self) -> bool:
        return self._frame is not None or not self._image.isNull()

    @property
    def marks(self) -> Sequence[Mark]:
        return self._marks

    @property
    def picture_words(self) -> str:
        """What is said about the whole picture."""
        return "" if self._picture_score is None else f"Picture  ·  fake score {self._picture_score.value:.2f}"

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), _BACKDROP)
        if self._frame is not None:
            self._image = shown(self._frame)
            self._frame = None
        if self._image.isNull():
            return
        target = self._target()
        painter.drawImage(target, self._image)
        if self._boxes_shown:
            for mark in self._marks:
                self._paint_mark(painter, target, mark)
            if self._picture_score is not None:
                shade = self._shade(self._picture_score)
                corner = QPointF(target.left() + 10, target.bottom() - 58)
                self._paint_label(painter, corner, self.picture_words, shade)
            if self._message:
                self._paint_label(painter, QPointF(target.left() + 10, target.bottom() - 32), self._message, _SHADE)

    def _target(self) -> QRectF:
        size = self._aspect.scaled(QSizeF(self.size()), Qt.AspectRatioMode.KeepAspectRatio)
        return QRectF(QPointF((self.width() - size.width()) / 2, (self.height() - size.height()) / 2), size)

    def _paint_mark(self, painter: QPainter, target: QRectF, mark: Mark) -> None:
        across, down = target.width() / self._pixels.width(), target.height() / self._pixels.height()

        def on_screen(box: tuple[float, float, float, float]) -> QRectF:
            x, y, width, height = box
            return QRectF(target.left() + x * across, target.top() + y * down, width * across, height * down)

        suspicious = mark.score is not None and mark.score.is_suspicious
        colour = QColor(SUSPICIOUS if suspicious else theme.PATH_COLOURS.get(mark.face.path, theme.GREY))
        is_seen = mark.face.path is FacePath.DETECTED
        style = Qt.PenStyle.SolidLine if is_seen else Qt.PenStyle.DashLine
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for rectangle, width in ((on_screen(mark.face.box), 2.0), (on_screen(mark.face.lips), 1.4)):
            painter.setPen(QPen(_SHADE, width + 2))
            painter.drawRoundedRect(rectangle, 3, 3)
            painter.setPen(QPen(colour, width, style))
            painter.drawRoundedRect(rectangle, 3, 3)
        words = [f"Face {mark.face.face}"]
        if not is_seen:
            words.append(mark.face.path.label)
        if mark.score is not None:
            words.append(f"fake score {mark.score.value:.2f}")
        corner = on_screen(mark.face.box).topLeft() - QPointF(1, 26)
        corner.setY(max(corner.y(), target.top() + 4))
        self._paint_label(painter, corner, "  ·  ".join(words), self._shade(mark.score))

    @staticmethod
    def _shade(score: Score | None) -> QColor:
        return QColor(SUSPICIOUS) if score is not None and score.is_suspicious else _SHADE

    def _paint_label(self, painter: QPainter, corner: QPointF, label: str, shade: QColor) -> None:
        font = QFont(self.font())
        font.setBold(True)
        painter.setFont(font)
        width = painter.fontMetrics().horizontalAdvance(label) + 14
        left = min(max(corner.x(), 4.0), max(4.0, self.width() - width - 4.0))
        rectangle = QRectF(left, corner.y(), width, 22)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawRoundedRect(rectangle, 4, 4)
        painter.setPen(QColor("#ffffff"))
        painter.drawText(rectangle, Qt.AlignmentFlag.AlignCenter, label)
