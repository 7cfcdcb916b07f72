"""Which part of a picture a view shows: all of it, or enlarged around a point; knows no widgets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt

MOST: Final = 64.0
"""Points of the view a pixel of the picture at most."""
STEP: Final = 1.25
"""From one zoom to the next."""
_FACE_SHARE: Final = 0.6
"""Of the sides of a view that a face fills at most when it is zoomed on."""
_MOUTH_SHARE: Final = 0.5
"""Of the shorter side of a view that the longer side of the box of the lips fills then."""


class Part(Enum):
    """What a view can be zoomed on."""

    FACE = auto()
    MOUTH = auto()

    def scale_in(self, box: QSizeF, view: QSizeF) -> float:
        """Points of a view a pixel, at which a box of this part is seen as large as it should be."""
        width, height = max(box.width(), 1.0), max(box.height(), 1.0)
        if self is Part.FACE:
            return min(view.width() / width, view.height() / height) * _FACE_SHARE
        return min(view.width(), view.height()) / max(width, height) * _MOUTH_SHARE


@dataclass(frozen=True, slots=True)
class Camera:
    """A view of a picture; sizes are those of the picture on square pixels.

    Attributes
    ----------
    scale
        Points of the view a pixel; None fits the whole picture in.
    centre
        What is in the middle of the view, 0 to 1 across and down the picture.
    """

    scale: float | None = None
    centre: QPointF = field(default_factory=lambda: QPointF(0.5, 0.5))

    def scale_in(self, size: QSizeF, view: QSizeF) -> float:
        """Points of a view a pixel of the picture."""
        return _fit(size, view) if self.scale is None else self.scale

    def target(self, size: QSizeF, view: QSizeF) -> QRectF:
        """Where the picture lies in the view, of which it may be larger."""
        scale = self.scale_in(size, view)
        shown = QSizeF(size.width() * scale, size.height() * scale)
        centre = QPointF(0.5, 0.5) if self.scale is None else self.centre
        corner = QPointF(view.width() / 2 - centre.x() * shown.width(), view.height() / 2 - centre.y() * shown.height())
        return QRectF(corner, shown)

    def zoomed(self, factor: float, at: QPointF, size: QSizeF, view: QSizeF) -> Camera:
        """Enlarged by a factor; what is at a point of the view stays there."""
        return self.at_scale(self.scale_in(size, view) * factor, at, size, view)

    def at_scale(self, scale: float, at: QPointF, size: QSizeF, view: QSizeF) -> Camera:
        """With so many points a pixel, what is at a point of the view staying there; the whole picture if that fits."""
        if scale <= _fit(size, view) * 1.001:
            return Camera()
        scale = min(scale, max(MOST, _fit(size, view)))
        target = self.target(size, view)
        held = QPointF((at.x() - target.left()) / target.width(), (at.y() - target.top()) / target.height())
        off = QPointF(
            (view.width() / 2 - at.x()) / (size.width() * scale), (view.height() / 2 - at.y()) / (size.height() * scale)
        )
        return Camera(scale, _inside(held + off))

    def moved(self, by: QPointF, size: QSizeF) -> Camera:
        """Dragged by so many points."""
        if self.scale is None:
            return self
        off = QPointF(by.x() / (size.width() * self.scale), by.y() / (size.height() * self.scale))
        return replace(self, centre=_inside(self.centre - off))

    def on(self, part: Part, box: QRectF, size: QSizeF, view: QSizeF, *, keep_scale: bool) -> Camera:
        """With the box of a part of a face in the middle, large unless the scale is to stay."""
        fills = part.scale_in(box.size(), view)
        scale = self.scale if keep_scale and self.scale is not None else min(max(fills, _fit(size, view)), MOST)
        centre = QPointF(box.center().x() / size.width(), box.center().y() / size.height())
        return Camera(scale, _inside(centre))


def _fit(size: QSizeF, view: QSizeF) -> float:
    fitted = size.scaled(view, Qt.AspectRatioMode.KeepAspectRatio)
    return max(fitted.width() / size.width(), 1e-6)


def _inside(centre: QPointF) -> QPointF:
    return QPointF(min(max(centre.x(), 0.0), 1.0), min(max(centre.y(), 0.0), 1.0))
