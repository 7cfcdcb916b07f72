"""How much the network looked at head, face and lips."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.evidence import Evidence
from lipfd_desktop.gui.time_curve import Line
from lipfd_desktop.gui.time_plot import TimePlot
from lipfd_desktop.language import tr
from lipfd_desktop.report.terms import subject_words, tier_words
from lipfd_desktop.result import TIERS, WHOLE_PICTURE

_LEAST_SPAN: Final = 1e-4
"""Weights of one size are drawn in the middle, not as enlarged rounding noise."""


class WeightsPlot(TimePlot):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Weight of head, face and lip crops"), parent)
        self.plot.showGrid(y=True, alpha=0.18)
        self._curves = [self.add_curve(QColor(colour)) for colour in theme.TIER_COLOURS]
        self._evidence, self._face = Evidence(), WHOLE_PICTURE
        self.view.setYRange(0, 1, padding=0)

    def show_scores(self, evidence: Evidence, face: int) -> None:
        """Draw the weights a tier of one face, or of the whole picture, on an axis that fits them."""
        self._evidence, self._face = evidence, face
        trace = evidence.trace(face)
        values = evidence.tier_weights[trace.rows]
        for tier in range(len(TIERS)):
            self._curves[tier].set_line(Line.of(trace.x, np.ascontiguousarray(values[:, tier]), trace.run))
        lines = [curve.line.y for curve in self._curves if len(curve.line)]
        if lines:
            low, high = min(float(y.min()) for y in lines), max(float(y.max()) for y in lines)
            spare = max((high - low) * 0.08, _LEAST_SPAN)
            self.view.setYRange(low - spare, high + spare, padding=0)

    def values_at(self, pts: float, _height: float) -> list[str]:
        window = self._evidence.window_at(pts, self._face)
        if window is None or window.weights is None:
            return [tr("no weights here")]
        weights = [
            tr("{tier} {weight:.4f}", tier=tier_words(tier), weight=weight) for tier, weight in window.weights.items()
        ]
        return [subject_words(self._face), *weights]
