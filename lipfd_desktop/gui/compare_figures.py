"""How the window scores of two files lie beside each other, as a picture and in numbers."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout

from lipfd_desktop.evaluation.comparison import ScoreComparison, ScoreSummary
from lipfd_desktop.gui import theme
from lipfd_desktop.gui.compare_axis import STYLES
from lipfd_desktop.gui.compare_side import COLOURS, LETTERS
from lipfd_desktop.gui.controls import muted_label, plain_label
from lipfd_desktop.language import tr

_BINS: Final = 20
_ROWS: Final = 4


class ComparedFigures(QFrame):
    """Two histograms, a table, and how often a window of A is higher than one of B."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setMinimumWidth(250)
        heading = plain_label(tr("Window scores of A and B"))
        heading.setFont(theme.small_font(heading, bold=True))
        axes = {side: pg.AxisItem(side) for side in ("left", "bottom")}
        for axis in axes.values():
            axis.enableAutoSIPrefix(False)  # before it has seen a range: the factor of a prefix would stay
        self.plot = pg.PlotWidget(axisItems=axes)
        self.plot.setAccessibleName(tr("Histogram of the window scores of A and B"))
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.setMinimumHeight(60)
        self.plot.setXRange(0, 1, padding=0.02)
        self._curves = []
        self._medians = []
        for colour, style in zip(COLOURS, STYLES, strict=True):
            wash = QColor(colour)
            wash.setAlpha(60)
            pen = pg.mkPen(QColor(colour), width=2, style=style)
            curve = pg.PlotCurveItem([0.0, 1.0], [0.0], stepMode="center", fillLevel=0, brush=wash, pen=pen)
            median = pg.InfiniteLine(pen=pg.mkPen(QColor(colour), width=2, style=style))
            median.hide()
            for item in (curve, median):
                self.plot.addItem(item)
            self._curves.append(curve)
            self._medians.append(median)
        self._cells = [[plain_label("–") for _ in LETTERS] for _ in range(_ROWS)]
        self.superiority = plain_label()
        self.superiority.setWordWrap(True)
        self.superiority.setAccessibleName(tr("How often a window of A scores higher than one of B"))
        caption = muted_label(
            tr("Describes these two files; it is no test of significance."),
            wraps=True,
        )
        caption.setFont(theme.small_font(caption))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 6)
        layout.setSpacing(4)
        layout.addWidget(heading)
        layout.addWidget(self.plot, 1)
        layout.addLayout(self._table())
        layout.addWidget(self.superiority)
        layout.addWidget(caption)
        self._restyle()

    def _table(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setVerticalSpacing(1)
        grid.setHorizontalSpacing(12)
        grid.setColumnStretch(2, 1)
        titles = (tr("Windows"), tr("Median"), tr("Middle half"), tr("Above threshold"))
        for place, (letter, colour) in enumerate(zip(LETTERS, COLOURS, strict=True)):
            heading = f'<span style="color:{colour}">●</span> {letter}'
            head = QLabel(heading)
            head.setFont(theme.small_font(head, bold=True))
            grid.addWidget(head, 0, place + 1)
        for row, title in enumerate(titles):
            label = muted_label(title)
            label.setFont(theme.small_font(label))
            grid.addWidget(label, row + 1, 0)
            for place, cell in enumerate(self._cells[row]):
                cell.setFont(theme.small_font(cell))
                cell.setAccessibleName(f"{title}, {LETTERS[place]}")
                grid.addWidget(cell, row + 1, place + 1)
        return grid

    def show_scores(self, scores: tuple[NDArray[np.float32], NDArray[np.float32]]) -> None:
        """Draw the histograms, in per cent of the windows of each file.

        Parameters
        ----------
        scores
            (n,) and (m,) fake scores of the analysed windows; either may be empty.
        """
        edges = np.linspace(0.0, 1.0, _BINS + 1)
        highest = 1.0
        for place, known in enumerate(scores):
            share = 100 * np.histogram(known, edges)[0] / max(len(known), 1)
            highest = max(highest, float(share.max()))
            self._curves[place].setData(edges, share)
            self._medians[place].setVisible(bool(len(known)))
            if len(known):
                self._medians[place].setValue(float(np.median(known)))
        self.plot.setYRange(0, highest * 1.05, padding=0)

    def show_comparison(self, comparison: ScoreComparison | None, *, are_comparable: bool = True) -> None:
        """Fill the table; None while there is nothing to compare.

        Parameters
        ----------
        are_comparable
            Whether a score of A means the same as one of B; else nothing is said of which are higher.
        """
        sides = (None, None) if comparison is None else (comparison.first, comparison.second)
        for place, summary in enumerate(sides):
            for row, words in enumerate(_cells(summary)):
                self._cells[row][place].setText(words)
        words = "" if comparison is None else superiority_words(comparison)
        if words and not are_comparable:
            words = tr("Which file scores higher is not said: the scores are not comparable.")
        self.superiority.setText(words)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            QTimer.singleShot(0, self, self._restyle)

    def _restyle(self) -> None:
        self.plot.setBackground(theme.scheme_of(self).plot)
        theme.style_axes(self.plot, self)
        self.plot.getAxis("left").setLabel(tr("% of windows"))


def _cells(summary: ScoreSummary | None) -> list[str]:
    if summary is None or not summary.windows:
        return ["–"] * _ROWS
    return [
        f"{summary.windows:,}",
        f"{summary.median:.2f}",
        f"{summary.low_quartile:.2f} – {summary.high_quartile:.2f}",
        tr("{share:.0f} %", share=100 * summary.share_above),
    ]


def superiority_words(comparison: ScoreComparison) -> str:
    """One sentence about how often a window of A is higher, or nothing where there are no two sides."""
    found = comparison.superiority
    if found.value is None:
        return ""
    if found.low is None or found.high is None:
        return tr(
            "A window of A scores higher than one of B in {value:.0f} of 100 pairs "
            "(no interval: a file has less than ten seconds of windows).",
            value=100 * found.value,
        )
    return tr(
        "A window of A scores higher than one of B in {value:.0f} of 100 pairs "
        "({low:.0f} to {high:.0f} when stretches of 2 s are drawn again).",
        value=100 * found.value, low=100 * found.low, high=100 * found.high,
    )  # fmt: skip
