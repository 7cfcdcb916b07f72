"""The mel-spectrogram of the sound, scrolling with the shared time axis."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.time_plot import TimePlot
from lipfd_desktop.language import mark, tr
from lipfd_desktop.result import MelTrack

_COLUMNS: Final = 2000
"""Columns drawn at once: about one a pixel on a wide screen."""
_SAMPLES: Final = 4
"""Columns of the track averaged for one drawn, when there are many more than pixels."""
_OVERVIEW: Final = 16
"""One column in so many is kept aside: a view of hours reads those, which lie close together."""
_TICKS_HZ: Final = (125, 250, 500, 1000, 2000, 4000, 8000)

COLOUR_MAPS: Final = {
    "magma": mark("Magma"),
    "viridis": mark("Viridis"),
    "cividis": mark("Cividis, for every kind of colour vision"),
    "grey": mark("Grey"),
}
"""Perceptually uniform, so that equal steps of level look equal, and clear to colour-blind people."""
_TICK_SPACE: Final = 13
"""Ticks nearer than so many pixels are left out."""
_HEADROOM: Final = 1.03
"""Keeps the topmost tick inside the pane."""


def visible_part(mel: MelTrack, start: float, end: float) -> tuple[NDArray[np.uint8], float, float]:
    """What a view from ``start`` to ``end`` seconds needs: (bands, n) levels and the seconds they span."""
    columns = mel.levels.shape[1]
    left_edge = mel.start - mel.column_seconds / 2
    first = int(np.clip(np.floor((start - left_edge) / mel.column_seconds), 0, max(columns - 1, 0)))
    last = int(np.clip(np.ceil((end - left_edge) / mel.column_seconds), first + 1, columns))
    step = -(-(last - first) // _COLUMNS)
    if step == 1:
        levels = mel.levels[:, first:last]
    else:
        count = (last - first) // step
        last = first + count * step
        offsets = np.linspace(0, step - 1, min(step, _SAMPLES)).astype(np.intp)
        levels = np.zeros((len(mel.levels), count), np.uint16)
        for offset in offsets:
            levels += mel.levels[:, first + offset : last : step]
        levels = (levels // len(offsets)).astype(np.uint8)
    return levels, left_edge + first * mel.column_seconds, left_edge + last * mel.column_seconds


@dataclass(frozen=True, slots=True)
class MelLook:
    """``colours`` is a key of :data:`COLOUR_MAPS`; ``floor`` and ``ceiling`` are dBFS of its two ends."""

    colours: str = "magma"
    floor: int = -80
    ceiling: int = 0


class MelPlot(TimePlot):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Mel-spectrogram of the sound"), parent)
        self._mel: MelTrack | None = None
        self._overview: MelTrack | None = None
        self._image = pg.ImageItem(axisOrder="row-major")
        self._image.setZValue(-10)
        self.plot.addItem(self._image, ignoreBounds=True)
        self._silence = pg.LabelItem("", justify="center")
        self._silence.setParentItem(self.view)
        self._silence.anchor(itemPos=(0.5, 0.5), parentPos=(0.5, 0.5))
        self.view.sigXRangeChanged.connect(self._draw)
        self.view.sigResized.connect(self._label_axis)
        self._look = MelLook()
        self.set_look(self._look)

    def set_look(self, look: MelLook) -> None:
        self._look = look
        self._image.setColorMap(_colour_map(look.colours))
        self._draw()

    def set_mel(self, mel: MelTrack | None) -> None:
        self._mel, self._overview = mel, None
        self._image.setVisible(mel is not None)
        self._silence.setText("" if mel else tr("No sound in this file"), color=theme.scheme_of(self).muted)
        if mel is not None:
            self.view.setYRange(0, len(mel.frequencies) * _HEADROOM, padding=0)
        self._label_axis()
        self._draw()

    def _label_axis(self, *_resized: object) -> None:
        """As many frequencies as the height has room for, from the highest on: they lie furthest apart."""
        mel, labels = self._mel, list[tuple[float, str]]()
        if mel is not None:
            bands = len(mel.frequencies)
            space = bands * _TICK_SPACE / max(self.view.height(), 1)
            ticks = [hertz for hertz in _TICKS_HZ if mel.frequencies[0] <= hertz <= mel.frequencies[-1]]
            places = np.interp(ticks, mel.frequencies, np.arange(bands) + 0.5)
            for y, hertz in zip(places[::-1].tolist(), ticks[::-1], strict=True):
                if y >= space / 2 and (not labels or labels[-1][0] - y >= space):
                    labels.append((y, f"{hertz / 1000:g}"))
        self.plot.getAxis("left").setTicks([labels])

    def _draw(self, *_range: object) -> None:
        if self._mel is None or not self._mel.levels.shape[1]:
            return
        mel, (left, right) = self._mel, self.range
        if right - left > _COLUMNS * _SAMPLES * _OVERVIEW * mel.column_seconds:
            if self._overview is None:
                levels = np.ascontiguousarray(mel.levels[:, ::_OVERVIEW])
                self._overview = replace(mel, column_seconds=mel.column_seconds * _OVERVIEW, levels=levels)
            mel = self._overview
        levels, start, end = visible_part(mel, left, right)
        self._image.setImage(levels, autoLevels=False, levels=self._ends(mel))
        self._image.setRect(QRectF(start, 0, end - start, levels.shape[0]))

    def _ends(self, mel: MelTrack) -> tuple[float, float]:
        """Levels of the darkest and the brightest colour."""
        low, high = (255 * (1 - decibels / mel.floor_db) for decibels in (self._look.floor, self._look.ceiling))
        return low, high

    def values_at(self, pts: float, height: float) -> list[str]:
        mel = self._mel
        if mel is None:
            return [tr("no sound here")]
        column, band = round((pts - mel.start) / mel.column_seconds), int(np.floor(height))
        bands, columns = mel.levels.shape
        if not (0 <= column < columns and 0 <= band < bands):
            return [tr("no sound here")]
        level = int(mel.levels[band, column])
        decibels = mel.floor_db * (1 - level / 255)
        where = tr("{hertz:,.0f} Hz", hertz=float(mel.frequencies[band]))
        if not level:
            return [where, tr("{decibels:.0f} dB or less", decibels=decibels)]
        return [where, tr("{decibels:.0f} dB", decibels=decibels)]

    def _restyle(self) -> None:
        super()._restyle()
        # The colour maps are dark in both schemes; so is what is drawn on them.
        self.cursor_line.setPen(pg.mkPen(QColor("#ffffff"), width=1, style=Qt.PenStyle.SolidLine))


def _colour_map(name: str) -> pg.ColorMap:
    return pg.ColorMap([0.0, 1.0], ["#000000", "#ffffff"]) if name == "grey" else pg.colormap.get(name)
