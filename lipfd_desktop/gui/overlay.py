"""Faces and labels over a picture, in the view and in snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.evidence import FaceBox
from lipfd_desktop.language import tr
from lipfd_desktop.report.palette import SUSPICIOUS
from lipfd_desktop.report.terms import path_words
from lipfd_desktop.result import FacePath

SHADE: Final = QColor(0, 0, 0, 165)


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


@dataclass(frozen=True, slots=True)
class Overlay:
    """What is drawn over one picture; ``picture_score`` is said once, for the whole of it."""

    marks: Sequence[Mark] = ()
    picture_score: Score | None = None
    message: str = ""

    @property
    def picture_words(self) -> str:
        """What is said about the whole picture."""
        if self.picture_score is None:
            return ""
        return tr("Picture  ·  fake score {score:.2f}", score=self.picture_score.value)


def paint_overlay(painter: QPainter, overlay: Overlay, target: QRectF, pixels: QSizeF, bounds: QRectF) -> None:
    """Draw in the font of the painter.

    Parameters
    ----------
    target
        Where the picture lies.
    pixels
        Its width and height in the pixels that boxes are given in.
    bounds
        Labels stay inside.
    """
    for mark in overlay.marks:
        _paint_mark(painter, mark, target, pixels, bounds)
    unit = painter.fontMetrics().height()
    visible = target.intersected(bounds)
    if overlay.picture_score is not None:
        corner = QPointF(visible.left() + 0.6 * unit, visible.bottom() - 3.4 * unit)
        paint_label(painter, corner, overlay.picture_words, _shade(overlay.picture_score), bounds)
    if overlay.message:
        corner = QPointF(visible.left() + 0.6 * unit, visible.bottom() - 1.9 * unit)
        paint_label(painter, corner, overlay.message, SHADE, bounds)


def _paint_mark(painter: QPainter, mark: Mark, target: QRectF, pixels: QSizeF, bounds: QRectF) -> None:
    across, down = target.width() / pixels.width(), target.height() / pixels.height()

    def on_screen(box: tuple[float, float, float, float]) -> QRectF:
        x, y, width, height = box
        return QRectF(target.left() + x * across, target.top() + y * down, width * across, height * down)

    if not on_screen(mark.face.box).intersects(bounds):
        return  # or its name would lie on another face's
    unit = painter.fontMetrics().height()
    suspicious = mark.score is not None and mark.score.is_suspicious
    colour = QColor(SUSPICIOUS if suspicious else theme.PATH_COLOURS.get(mark.face.path, theme.GREY))
    is_seen = mark.face.path is FacePath.DETECTED
    style = Qt.PenStyle.SolidLine if is_seen else Qt.PenStyle.DashLine
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for rectangle, width in ((on_screen(mark.face.box), unit / 8), (on_screen(mark.face.lips), unit / 12)):
        painter.setPen(QPen(SHADE, width + 2))
        painter.drawRoundedRect(rectangle, 3, 3)
        painter.setPen(QPen(colour, width, style))
        painter.drawRoundedRect(rectangle, 3, 3)
    words = [tr("Face {face}", face=mark.face.face)]
    if not is_seen:
        words.append(path_words(mark.face.path))
    if mark.score is not None:
        words.append(tr("fake score {score:.2f}", score=mark.score.value))
    corner = on_screen(mark.face.box).topLeft() - QPointF(1, 1.6 * unit)
    corner.setY(max(corner.y(), max(target.top(), bounds.top()) + 4))
    paint_label(painter, corner, "  ·  ".join(words), _shade(mark.score), bounds)


def _shade(score: Score | None) -> QColor:
    return QColor(SUSPICIOUS) if score is not None and score.is_suspicious else SHADE


def paint_label(painter: QPainter, corner: QPointF, label: str, shade: QColor, bounds: QRectF) -> None:
    """White words on a shade, moved sideways to lie inside ``bounds``."""
    unit = painter.fontMetrics().height()
    width = painter.fontMetrics().horizontalAdvance(label) + 0.9 * unit
    left = min(max(corner.x(), bounds.left() + 4.0), max(bounds.left() + 4.0, bounds.right() - width - 4.0))
    rectangle = QRectF(left, corner.y(), width, 1.35 * unit)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(shade)
    painter.drawRoundedRect(rectangle, 4, 4)
    painter.setPen(QColor("#ffffff"))
    painter.drawText(rectangle, Qt.AlignmentFlag.AlignCenter, label)
