"""How much the network looked at head, face and lips."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.evidence import Evidence, along, curve_of
from lipfd_desktop.gui.score_plot import add_curve
from lipfd_desktop.gui.time_plot import TimePlot
from lipfd_desktop.result import TIERS

_LEAST_SPAN: Final = 1e-4
"""Weights of one size are drawn in the middle, not as enlarged rounding noise."""
_DOWNSAMPLE_FROM: Final = 20_000


class WeightsPlot(TimePlot):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Weight of head, face and lip crops", parent=parent)
        self.plot.setLabel("left", "weight")
        self.plot.showGrid(y=True, alpha=0.18)
        self._curves: list[pg.PlotDataItem] = [add_curve(self, QColor(colour)) for colour in theme.TIER_COLOURS]
        self.view.setYRange(0, 1, padding=0)

    def show_scores(self, evidence: Evidence, face: int) -> None:
        """Draw the weights a tier of one face, or of the whole picture, on an axis that fits them."""
        x, positions = curve_of(evidence.scores, face)
        values = along(evidence.tier_weights, positions)
        for tier in range(len(TIERS)):
            self._curves[tier].setDownsampling(auto=len(x) > _DOWNSAMPLE_FROM, method="peak")
            self._curves[tier].setData(x, values[:, tier])
        finite = values[np.isfinite(values)]
        if len(finite):
            low, high = float(finite.min()), float(finite.max())
            spare = max((high - low) * 0.08, _LEAST_SPAN)
            self.view.setYRange(low - spare, high + spare, padding=0)
