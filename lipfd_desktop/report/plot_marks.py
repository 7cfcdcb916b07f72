"""The examiner's marks in a plot of scores."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from lipfd_desktop.language import tr
from lipfd_desktop.report import palette
from lipfd_desktop.report.document import Report

LABEL: Final = 0.035
"""Share of the time axis that the number of a mark takes."""
ROWS: Final = 4


def draw_marks(axis: Axes, report: Report) -> None:
    """Bars on the time axis, an instant as wide as a line, under numbers that do not cover each other."""
    marks = report.details.shown_marks
    if not marks:
        return
    bars = [(one.start, one.end - one.start) for one in marks]
    style: dict[str, Any] = {"facecolor": palette.INK, "edgecolor": palette.INK, "lw": 1.2}
    axis.broken_barh(bars, (0, 0.025), transform=axis.get_xaxis_transform(), label=tr("marks"), zorder=3, **style)
    room = LABEL * (report.result.plan.end - report.result.plan.start)
    free = [-np.inf] * ROWS
    middles = sorted(((one.start + one.end) / 2, place) for place, one in enumerate(marks, start=1))
    for middle, place in middles:
        row = next((row for row, until in enumerate(free) if middle >= until), None)
        if row is None:
            continue  # the table of marks has its number
        free[row] = middle + room
        axis.annotate(
            f"M{place}",
            (middle, 0.035 + 0.055 * row),
            xycoords=axis.get_xaxis_transform(),
            ha="center",
            va="bottom",
            fontsize=6.5,
            annotation_clip=True,
            zorder=4,
            path_effects=[withStroke(linewidth=2, foreground="white")],
        )
