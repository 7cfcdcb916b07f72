"""How the panes stand together once a file is open."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from PySide6.QtCore import QByteArray, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSplitter, QToolButton, QVBoxLayout, QWidget

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.analysis_bar import AnalysisBar
from lipfd_desktop.gui.controls import IconButton, muted_label, plain_label
from lipfd_desktop.gui.frame_panel import FramePanel
from lipfd_desktop.gui.mel_plot import MelPlot
from lipfd_desktop.gui.people_bar import PeopleBar
from lipfd_desktop.gui.score_plot import ScorePlot
from lipfd_desktop.gui.time_plot import TimePlot
from lipfd_desktop.gui.timeline import Timeline
from lipfd_desktop.gui.track_stack import TrackHeight, TrackStack
from lipfd_desktop.gui.transport import Transport
from lipfd_desktop.gui.verdict_strip import VerdictStrip
from lipfd_desktop.gui.video_view import VideoView
from lipfd_desktop.gui.wave_plot import WavePlot
from lipfd_desktop.gui.weights_plot import WeightsPlot
from lipfd_desktop.language import tr
from lipfd_desktop.report.palette import QUESTIONS, VERMILLION
from lipfd_desktop.report.terms import answer_words, subject_words, tier_words
from lipfd_desktop.result import TIERS

_SPACE: Final = 6
_SHARES: Final = {"spectrogram": 4, "waveform": 3, "score": 5, "weights": 4}
"""Of the height of the tracks, at first."""
_ADDED_SHARE: Final = 2
_PICTURE_SHARE: Final = 62
_UPPER_SHARE: Final = 46
"""Percent of the width that the picture has beside the evidence, and of the height that both have above the tracks."""
_LEAST_UPPER: Final = 160
"""Pixels that the picture keeps in a low window, whatever the tracks ask for."""


def _legend(entries: list[tuple[str, str]]) -> str:
    """Coloured dots with names, as rich text."""
    return "&nbsp;&nbsp;&nbsp;".join(f'<span style="color:{colour}">●</span>&nbsp;{name}' for name, colour in entries)


class _Parts(QSplitter):
    """Signals: ``resized`` after its parts have their new sizes."""

    resized = Signal()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.resized.emit()


class Workspace(QWidget):
    """The verdict, the settings, the picture beside what is known of it, and the tracks below on one time axis."""

    def __init__(self, frame_panel: FramePanel) -> None:
        super().__init__()
        self.verdict = VerdictStrip()
        self.bar = AnalysisBar()
        self.people = PeopleBar()
        self.video = VideoView()
        self.frame_panel = frame_panel
        self.transport = Transport()
        self.mel = MelPlot()
        self.wave = WavePlot()
        self.scores = ScorePlot()
        self.weights = WeightsPlot()
        self.timeline = Timeline(self)
        self.tracks = TrackStack()
        self.face_legend = muted_label(is_rich=True)
        tiers = [(tier_words(tier), colour) for tier, colour in zip(TIERS, theme.TIER_COLOURS, strict=True)]
        self._tiers = _legend(tiers)
        self.tier_legend = muted_label(self._tiers, is_rich=True)
        self.mel_button = IconButton("settings", tr("Spectrogram settings"), tr("Colours, levels and bands"))
        self.mel_button.setIconSize(QSize(13, 13))
        self.mel_button.setObjectName("small")
        self.mel_button.setFixedHeight(15)
        self.mel_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.threshold_label = plain_label()
        self.threshold_label.setFont(theme.small_font(self.threshold_label))
        self.threshold_label.setStyleSheet(f"color: {VERMILLION}")
        self._add("spectrogram", tr("Mel-spectrogram, kHz"), self.mel, tools=[self.mel_button])
        self._add("waveform", tr("Waveform"), self.wave)
        self._add("score", tr("Fake score"), self.scores, self.face_legend, tools=[self.threshold_label])
        self._add("weights", tr("Region weights"), self.weights, self.tier_legend)
        self._picture = QSplitter(Qt.Orientation.Horizontal)
        self._parts = _Parts(Qt.Orientation.Vertical)
        self._upper_share: float | None = None
        """Of the height that the picture has where the user gave it one."""
        self._lent: Callable[[], int] = lambda: 0
        self._parts.splitterMoved.connect(self._on_moved)
        self._parts.resized.connect(self.share_room)
        self._arrange()

    def add_track(self, title: str, plot: TimePlot, legend: QLabel | None = None, *, name: str | None = None) -> None:
        """Put another track at the bottom of the stack and on the time axis.

        Parameters
        ----------
        title
            Its heading and its entry in the menu of tracks.
        name
            By which its height is remembered, the same in every language; None takes ``title``.
        """
        self._add(name or title, title, plot, legend)

    def _add(
        self, name: str, title: str, plot: TimePlot, legend: QLabel | None = None, tools: Sequence[QWidget] = ()
    ) -> None:
        self.tracks.add(name, title, plot, share=_SHARES.get(name, _ADDED_SHARE), legend=legend, tools=tools)
        self.timeline.add(plot)

    def _arrange(self) -> None:
        self._picture.addWidget(self.video)
        self._picture.addWidget(self.frame_panel)
        below = QWidget()
        lower = QVBoxLayout(below)
        lower.setContentsMargins(0, 0, 0, 0)
        lower.setSpacing(2)
        lower.addWidget(self.transport)
        lower.addWidget(self.tracks, 1)
        self._parts.addWidget(self._picture)
        self._parts.addWidget(below)
        for splitter, share in ((self._picture, _PICTURE_SHARE), (self._parts, _UPPER_SHARE)):
            splitter.setChildrenCollapsible(False)
            for place, part in enumerate((share, 100 - share)):
                splitter.setStretchFactor(place, part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 4, 2)
        layout.setSpacing(_SPACE)
        for widget in (self.verdict, self.bar, self.people):
            layout.addWidget(widget)
        layout.addWidget(self._parts, 1)

    # How it stands -------------------------------------------------------------------------------------------

    def reset_layout(self) -> None:
        """Give every part its share of the room and show every track."""
        self._upper_share = None
        width = self._picture.width()
        self._picture.setSizes([width * _PICTURE_SHARE // 100, width * (100 - _PICTURE_SHARE) // 100])
        self.share_room()
        self.tracks.reset()

    def lend_room(self, lent: Callable[[], int]) -> None:
        """Let the tracks, which scroll, make room for a panel below: the picture gives it none.

        Parameters
        ----------
        lent
            The pixels of the height that the panel has now; asked whenever the room changes.
        """
        self._lent = lent

    @property
    def spare_height(self) -> int:
        """Pixels that the tracks can do without."""
        return self.tracks.height() - self.tracks.minimumHeight()

    def share_room(self) -> None:
        """Give picture and tracks their shares of the height: what a low window or a panel took comes back with it."""
        height = sum(self._parts.sizes())
        if not height:
            return
        whole = height + self._lent()
        if self._upper_share is None:
            wanted = self.transport.sizeHint().height() + self.tracks.least_height + _SPACE
            upper = whole - min(max(whole * (100 - _UPPER_SHARE) // 100, wanted), whole - _LEAST_UPPER)
        else:
            upper = round(whole * self._upper_share)
        least = self.transport.sizeHint().height() + self.tracks.minimumHeight() + _SPACE
        upper = min(upper, height - least)
        self._parts.setSizes([upper, height - upper])

    def _on_moved(self) -> None:
        """The user put the parts elsewhere."""
        upper, below = self._parts.sizes()
        self._upper_share = upper / max(upper + below + self._lent(), 1)

    def layout_state(self) -> QByteArray:
        """How the parts stand, for :meth:`restore_layout`."""
        heights = {name: [track.shown, track.height] for name, track in self.tracks.heights.items()}
        state = {"picture": self._picture.sizes(), "upper": self._upper_share, "tracks": heights}
        return QByteArray(json.dumps(state).encode())

    def restore_layout(self, state: QByteArray) -> None:
        """Let the parts stand as :meth:`layout_state` said; what is not understood leaves them as they are."""
        try:
            known: dict[str, Any] = json.loads(bytes(state.data()))
            picture = [int(size) for size in known["picture"]]
            upper = known.get("upper")
            share = None if upper is None else min(max(float(upper), 0.0), 1.0)
            tracks = {
                str(name): TrackHeight(bool(shown), int(height)) for name, (shown, height) in known["tracks"].items()
            }
        except (ValueError, TypeError, KeyError, AttributeError):
            return
        self._picture.setSizes(picture)
        self._upper_share = share
        self.share_room()
        self.tracks.restore(tracks)

    def show_threshold(self, threshold: float | None) -> None:
        """The line in the plot and its value above it; None while it is not known which model will judge."""
        self.scores.set_threshold(threshold)
        words = "" if threshold is None else tr("┄ threshold {threshold:.2f}", threshold=threshold)
        self.threshold_label.setText(words)

    def set_legend(self, faces: list[int], *, detailed: int, questions: list[str], has_gaps: bool) -> None:
        """Name the curves; ``questions`` are those of the two that are drawn, of ``detailed`` like the weights."""
        entries = [(subject_words(face), theme.face_colour(face).name()) for face in faces]
        words = _legend(entries)
        whose = f"{subject_words(detailed)}:&nbsp;&nbsp;" if len(faces) > 1 else ""
        self.tier_legend.setText(whose + self._tiers)
        if whose and questions:
            words += f"&nbsp;&nbsp;&nbsp;|&nbsp;&nbsp;&nbsp;{whose}"
        for (name, colour), dashes in zip(QUESTIONS, ("▬", "▬&nbsp;▬"), strict=True):
            if name in questions:
                line = f'<span style="color:{colour}; font-size:small">{dashes}</span>'
                words += f"&nbsp;&nbsp;&nbsp;{line}&nbsp;{answer_words(name)}"
        if has_gaps:
            words += "&nbsp;&nbsp;&nbsp;▨&nbsp;" + tr("not analysed")
        self.face_legend.setText(words)
