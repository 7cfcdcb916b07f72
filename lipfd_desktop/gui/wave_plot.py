"""The waveform of the sound: lowest and highest level of every pixel, never a thinned line that loses a click."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.time_plot import TimePlot
from lipfd_desktop.language import tr
from lipfd_desktop.result import WaveTrack

_FULL_SCALE: Final = 127
_HEADROOM: Final = 1.08
_NICE: Final = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01)
"""Levels that an axis is labelled at: the highest that the sound reaches."""


def envelope(
    wave: WaveTrack, scale: float, offset: float, left: float, right: float
) -> tuple[NDArray[np.float64], NDArray[np.int8], NDArray[np.int8]]:
    """Places in pixels with the lowest and highest level at each, between the pixels ``left`` and ``right``.

    One a pixel where there are more bins than pixels, else one a bin.

    Parameters
    ----------
    scale, offset
        Pixels a second, and the pixel of second zero.
    """
    bins, begin = wave.bin_seconds * scale, wave.start * scale + offset
    first = int(np.clip(np.floor((left - begin) / bins), 0, len(wave.low)))
    last = int(np.clip(np.ceil((right - begin) / bins), first, len(wave.low)))
    if last == first:
        return np.empty(0), np.empty(0, np.int8), np.empty(0, np.int8)
    if bins >= 1:
        places = begin + (np.arange(first, last) + 0.5) * bins
        return places, wave.low[first:last], wave.high[first:last]
    columns = np.floor((np.arange(first, last) + 0.5) * bins + begin).astype(np.int64)
    starts = np.flatnonzero(np.diff(columns, prepend=columns[0] - 1))
    low = np.minimum.reduceat(wave.low[first:last], starts)
    high = np.maximum.reduceat(wave.high[first:last], starts)
    return columns[starts] + 0.5, low, high


class _Envelope(QGraphicsItem):
    """Draws a :class:`WaveTrack`; what was worked out for a view is kept for the next painting of that view."""

    def __init__(self) -> None:
        super().__init__()
        self.wave: WaveTrack | None = None
        self.colour = QColor()
        self._view: tuple[float, ...] = ()
        self._shape = QPolygonF()

    def set_wave(self, wave: WaveTrack | None) -> None:
        self.prepareGeometryChange()
        self.wave, self._view = wave, ()
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802
        wave = self.wave
        return QRectF() if wave is None else QRectF(wave.start, -1, wave.end - wave.start, 2)

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        if self.wave is None:
            return
        box = self.parentItem().parentItem()
        bounds, to_screen = box.mapRectToScene(box.boundingRect()), painter.worldTransform()
        view = (to_screen.m11(), to_screen.dx(), to_screen.m22(), to_screen.dy(), bounds.left(), bounds.right())
        if view != self._view:
            self._shape = self._outline(self.wave, *view)
            self._view = view
        painter.save()
        painter.resetTransform()
        painter.setPen(QPen(self.colour, 1))  # silence is a line, not nothing
        painter.setBrush(QBrush(self.colour))
        painter.drawPolygon(self._shape)
        painter.restore()

    @staticmethod
    def _outline(
        wave: WaveTrack, scale: float, offset: float, up: float, base: float, left: float, right: float
    ) -> QPolygonF:
        x, low, high = envelope(wave, scale, offset, left, right)
        there = zip(x.tolist(), (high / _FULL_SCALE * up + base).tolist(), strict=True)
        back = zip(x[::-1].tolist(), (low[::-1] / _FULL_SCALE * up + base).tolist(), strict=True)
        return QPolygonF([QPointF(*point) for path in (there, back) for point in path])


class WavePlot(TimePlot):
    def __init__(self, parent: QWidget | None = None) -> None:
        self._envelope = _Envelope()
        super().__init__(tr("Waveform of the sound"), parent)
        self._envelope.setZValue(-10)
        self.plot.addItem(self._envelope, ignoreBounds=True)
        self.set_wave(None)

    def set_wave(self, wave: WaveTrack | None) -> None:
        """Show the sound of another file, the axis as high as its loudest moment."""
        self._envelope.set_wave(wave)
        peak = 1.0
        if wave is not None:
            peak = max(abs(int(wave.low.min())), int(wave.high.max())) / _FULL_SCALE
        label = next((level for level in _NICE if level <= peak), _NICE[-1])
        self.view.setYRange(-max(peak, label) * _HEADROOM, max(peak, label) * _HEADROOM, padding=0)
        self.plot.getAxis("left").setTicks([[(y, f"{y:g}") for y in (-label, 0.0, label)] if wave else []])

    def values_at(self, pts: float, _height: float) -> list[str]:
        wave = self._envelope.wave
        place = -1 if wave is None else math.floor((pts - wave.start) / wave.bin_seconds)
        if wave is None or not 0 <= place < len(wave.low):
            return [tr("no sound here")]
        level = max(abs(int(wave.low[place])), int(wave.high[place])) / _FULL_SCALE
        if not level:
            return [tr("digital silence")]
        return [tr("level {level:.2f} ({decibels:.0f} dBFS)", level=level, decibels=20 * math.log10(level))]

    def _restyle(self) -> None:
        super()._restyle()
        self._envelope.colour = QColor(theme.scheme_of(self).muted)
        self._envelope.update()
