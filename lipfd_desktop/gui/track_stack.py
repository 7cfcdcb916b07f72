"""Tracks one below the other on one time axis, which the user can make higher, lower, hide and bring back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QScrollArea, QSplitter, QVBoxLayout, QWidget

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.controls import plain_label
from lipfd_desktop.gui.time_plot import AXIS_WIDTH, TimePlot
from lipfd_desktop.language import tr

_LEAST_HEIGHT: Final = 44
"""Pixels of a track, its heading included: a curve is still a curve."""
_TIME_HEIGHT: Final = 18
"""Pixels more that the lowest one needs for its time labels."""


@dataclass(frozen=True, slots=True)
class TrackHeight:
    """How one track stood: ``height`` in pixels where the user made it so high, else 0."""

    shown: bool
    height: int


class Track(QWidget):
    """A plot under its heading.

    Parameters
    ----------
    tools
        Small widgets beside the title.
    legend
        At the right end of the heading.
    """

    def __init__(self, title: str, plot: TimePlot, *, legend: QLabel | None, tools: Sequence[QWidget] = ()) -> None:
        super().__init__()
        self.plot = plot
        caption = plain_label(title)
        caption.setFont(theme.small_font(caption, bold=True))
        header = QHBoxLayout()
        header.setContentsMargins(AXIS_WIDTH, 0, 6, 0)
        header.setSpacing(6)
        header.addWidget(caption)
        for tool in tools:
            header.addWidget(tool)
        header.addStretch(1)
        if legend is not None:
            legend.setFont(theme.small_font(legend))
            legend.setMinimumWidth(1)  # a long one is cut off rather than making the window wider
            header.addWidget(legend)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(header)
        layout.addWidget(plot, 1)
        self.setMinimumHeight(max(_LEAST_HEIGHT, layout.minimumSize().height()))


class TrackStack(QScrollArea):
    """The tracks; scrolls when there are more than fit at their least heights."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumHeight(2 * _LEAST_HEIGHT)
        self.menu = QMenu(tr("&Tracks"), self)
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(3)
        self._tracks: dict[str, Track] = {}
        self._toggles: dict[str, QAction] = {}
        self._shares: dict[str, int] = {}
        self._kept: dict[str, TrackHeight] = {}
        self._wanted: dict[str, int] = {}
        """Pixels, in relation to each other, of the tracks that the user made higher or lower."""
        self._splitter.splitterMoved.connect(self._on_moved)
        self.setWidget(self._splitter)

    def add(
        self,
        name: str,
        title: str,
        plot: TimePlot,
        *,
        share: int,
        legend: QLabel | None = None,
        tools: Sequence[QWidget] = (),
    ) -> None:
        """Put another track at the bottom.

        Parameters
        ----------
        name
            By which its height is remembered.
        share
            Of the height, relative to the others, as long as the user did not change it.
        """
        track = Track(title, plot, legend=legend, tools=tools)
        toggle = self.menu.addAction(title)
        toggle.setCheckable(True)
        toggle.setChecked(True)
        toggle.toggled.connect(lambda shown: self._show(name, shown))
        self._tracks[name], self._toggles[name], self._shares[name] = track, toggle, share
        self._splitter.addWidget(track)
        self._splitter.setStretchFactor(self._splitter.count() - 1, share)
        self._tell_time()
        if name in self._kept:
            self.restore(self._kept)
        else:
            self._apportion()

    def reveal(self, name: str) -> None:
        """Scroll to a track, as far as needed, once the stack has its height."""
        QTimer.singleShot(0, self, lambda: self.ensureWidgetVisible(self._tracks[name], 0, 0))

    @property
    def least_height(self) -> int:
        """Pixels that show every track without scrolling."""
        return self._splitter.minimumSizeHint().height()

    @property
    def heights(self) -> dict[str, TrackHeight]:
        """How the tracks stand now, by name."""
        return {
            name: TrackHeight(toggle.isChecked(), self._wanted.get(name, 0)) for name, toggle in self._toggles.items()
        }

    def restore(self, heights: Mapping[str, TrackHeight]) -> None:
        """Let the tracks stand as :attr:`heights` said; one that it does not know is shown."""
        self._kept = dict(heights)
        for name, toggle in self._toggles.items():
            toggle.setChecked(name not in heights or heights[name].shown)
        self._wanted = {name: heights[name].height for name in self._tracks if name in heights and heights[name].height}
        self._apportion()

    def reset(self) -> None:
        """Show every track, at its share of the height."""
        self._kept, self._wanted = {}, {}
        for toggle in self._toggles.values():
            toggle.setChecked(True)
        self._apportion()

    def _height(self, name: str) -> int:
        shown = [other for other, toggle in self._toggles.items() if toggle.isChecked()]
        room = self._splitter.height() - _TIME_HEIGHT
        share = room * self._shares[name] // max(sum(self._shares[other] for other in shown), 1)
        return max(_LEAST_HEIGHT, share) + (_TIME_HEIGHT if shown and name == shown[-1] else 0)

    def _apportion(self) -> None:
        self._splitter.setSizes([self._wanted.get(name) or self._height(name) for name in self._tracks])

    def _on_moved(self) -> None:
        for name, height in zip(self._tracks, self._splitter.sizes(), strict=True):
            if height:  # it is not hidden
                self._wanted[name] = height

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._apportion()  # by itself a splitter keeps the proportions that a lack of room has made

    def _show(self, name: str, shown: bool) -> None:
        self._tracks[name].setVisible(shown)
        self._tell_time()

    def _tell_time(self) -> None:
        """Only the lowest track has time labels: all share one axis, and height is scarce."""
        shown = [name for name, toggle in self._toggles.items() if toggle.isChecked()]
        for name, track in self._tracks.items():
            is_lowest = bool(shown) and name == shown[-1]
            track.plot.show_time(is_lowest)
            track.setMinimumHeight(_LEAST_HEIGHT + (_TIME_HEIGHT if is_lowest else 0))
