"""Two files side by side on one time axis: a suspect and a reference of the same person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final, cast

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMessageBox, QSplitter, QVBoxLayout, QWidget

from lipfd_desktop.gui import messages, theme
from lipfd_desktop.gui.actions import Actions
from lipfd_desktop.gui.compare_bar import CompareBar
from lipfd_desktop.gui.compare_findings import CompareFindings, wants_analysis
from lipfd_desktop.gui.compare_menu import COMPARISON
from lipfd_desktop.gui.compare_panel import SidePanel
from lipfd_desktop.gui.compare_review import CompareReview
from lipfd_desktop.gui.compare_side import Side
from lipfd_desktop.gui.compare_snapshot import Moment, Scene, Snapshots
from lipfd_desktop.gui.compare_tracks import CompareTracks
from lipfd_desktop.gui.controls import room_for
from lipfd_desktop.gui.engine_port import EnginePort
from lipfd_desktop.gui.jobs import Failure
from lipfd_desktop.gui.keymap import Keymap
from lipfd_desktop.gui.output_folders import OutputFolders
from lipfd_desktop.gui.session import Session, State
from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.gui.shortcuts_dialog import ShortcutsDialog
from lipfd_desktop.gui.shortcuts_sheet import ShortcutsSheet
from lipfd_desktop.gui.video_files import video_filter
from lipfd_desktop.language import tr
from lipfd_desktop.report.text import printable
from lipfd_desktop.result import AnalysisResult

_STATUS_MS: Final = 20_000
_PICTURE_SHARE: Final = 38
"""Per cent of the height that the pictures have at first."""


class CompareWindow(QMainWindow):
    """Shows A, the file of another session, beside B, the file of its own.

    Parameters
    ----------
    engine
        Opens and analyses B, beside whatever the main window does.
    suspect
        The session whose open file is A.  When that opens another file, A stays what it was.
    settings
        Where the layout and the folders of films are remembered.
    folders
        Where pictures go to.
    keymap
        The keys of all windows.

    Signals
    -------
    closed
        The user closed the window; its threads end soon after.
    """

    closed = Signal()

    def __init__(
        self, engine: EnginePort, suspect: Session, settings: Settings, folders: OutputFolders, keymap: Keymap
    ) -> None:
        super().__init__()
        self.setWindowTitle(tr("Compare – LipFD Desktop"))
        self.setMinimumSize(1000, 640)
        self.resize(QSize(1440, 940).boundedTo(room_for(self)))
        self.session = Session(engine, self)
        self.findings = CompareFindings(self.session)
        self.panels = (SidePanel(0), SidePanel(1))
        self.bar = CompareBar()
        self.tracks = CompareTracks()
        self.sides: list[Side | None] = [Side.of_session(suspect), None]
        self.review = CompareReview(engine, self.session, self.panels, self.bar, self.tracks, self)
        self.players = self.review.players
        self.snapshots = Snapshots(engine, self.session, folders, self.scene, self)
        self.message: QMessageBox | None = None
        self._engine = engine
        self._suspect = suspect
        self._settings = settings
        self._given: AnalysisResult | None = None
        self._is_given = False
        self._arrange()
        handlers = {**self.review.handlers, "choose": self.choose_reference, "analyze": self.analyze_reference,
                    "cancel": self.session.cancel, "snapshot": self.snapshots.ask, "close": self.close,
                    "shortcuts": self._show_shortcuts, "edit-shortcuts": self._edit_shortcuts}  # fmt: skip
        self.actions_ = Actions(self, COMPARISON, handlers, {"tracks": self.tracks.stack.menu}, keymap)
        self._connect()
        self._show_suspect()
        self._refresh()

    # Composition ---------------------------------------------------------------------------------------------

    def _arrange(self) -> None:
        above = QSplitter(Qt.Orientation.Horizontal)
        for part, share in ((self.panels[0], 5), (self.panels[1], 5), (self.findings.figures, 3)):
            above.addWidget(part)
            above.setStretchFactor(above.count() - 1, share)
        above.setSizes([550, 550, 300])
        below = QWidget()
        lower = QVBoxLayout(below)
        lower.setContentsMargins(0, 0, 0, 0)
        lower.setSpacing(3)
        lower.addWidget(self.bar)
        lower.addWidget(self.tracks, 1)
        self._parts = QSplitter(Qt.Orientation.Vertical)
        self._parts.addWidget(above)
        self._parts.addWidget(below)
        for splitter in (above, self._parts):
            splitter.setChildrenCollapsible(False)
        for place, share in enumerate((_PICTURE_SHARE, 100 - _PICTURE_SHARE)):
            self._parts.setStretchFactor(place, share)
        self._parts.setSizes([_PICTURE_SHARE, 100 - _PICTURE_SHARE])
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(8, 4, 8, 2)
        layout.setSpacing(5)
        layout.addWidget(self.findings.notice)
        layout.addWidget(self._parts, 1)
        self.setCentralWidget(body)
        if geometry := self._settings.load("compare"):
            self.restoreGeometry(geometry)

    def _connect(self) -> None:
        self.bar.explain(self.actions_)
        self.bar.loop_button.toggled.connect(self.actions_["loop"].setChecked)
        reference = self.panels[1]
        reference.chosen.connect(self.choose_reference)
        reference.analyze_asked.connect(self.analyze_reference)
        reference.cancel_asked.connect(self.session.cancel)
        self.review.told.connect(self._say)
        self.snapshots.told.connect(self._say)
        self.session.media_opened.connect(self._on_reference)
        self.session.state_changed.connect(self._on_reference_said)
        self.session.evidence_changed.connect(self._on_reference_said)
        self.session.judged.connect(self._on_reference_said)
        self.session.result_ready.connect(self._on_reference_said)
        self.session.failed.connect(self._on_failure)
        for signal in (
            self._suspect.evidence_changed, self._suspect.judged, self._suspect.threshold_changed,
            self._suspect.result_ready,
        ):  # fmt: skip
            signal.connect(self._on_suspect_said)

    # A -------------------------------------------------------------------------------------------------------

    @property
    def follows_suspect(self) -> bool:
        """Whether the main window still shows A."""
        side = self.sides[0]
        return side is not None and self._suspect.media is side.media

    def _show_suspect(self) -> None:
        side = self.sides[0]
        if side is not None:
            self.panels[0].set_media(side)
            self.tracks.set_media(0, side)
            self.review.load(0, side)

    def _on_suspect_said(self) -> None:
        if not self.follows_suspect:
            return
        had_result = self.sides[0] is not None and self.sides[0].result is not None
        self._set_side(0, Side.of_session(self._suspect))
        side = self.sides[0]
        if side is not None and side.result is not None:
            if self.session.media is not None and not self._is_given:
                self.session.set_threshold(side.result.request.threshold)
            if not had_result and self.session.state is State.READY and self.session.result is None:
                self.analyze_reference()
        self._refresh()

    # B -------------------------------------------------------------------------------------------------------

    def choose_reference(self) -> None:
        """Ask for the file of B."""
        path, _ = QFileDialog.getOpenFileName(
            self, tr("Choose the reference"), self._settings.folder("open"), video_filter()
        )
        if path:
            self._settings.set_folder("open", Path(path).parent)
            self.open_reference(Path(path))

    def open_reference(self, path: Path, result: AnalysisResult | None = None) -> None:
        """Let B be the file at ``path``, and analyse it like A.

        Parameters
        ----------
        result
            What an earlier analysis of it found; taken instead of a new one if the file is still the same.
        """
        self._given = result
        self.players.pause()
        self.session.open(path.absolute())

    def _on_reference(self) -> None:
        media = self.session.media
        if media is None:
            return
        given, self._given = self._given, None
        self._is_given = given is not None and media.sha256 == given.sha256
        if given is not None and self._is_given:
            self.sides[1] = Side.of_result(media, given)
        else:
            self.sides[1] = Side.of_session(self.session)
            if given is not None:
                self._say(tr("{name} has changed since it was analysed.", name=printable(media.info.path.name)))
        side = cast("Side", self.sides[1])
        self.panels[1].set_media(side)
        self.tracks.set_media(1, side)
        self.review.load(1, side)
        self.setWindowTitle(
            tr(
                "{first} and {second} – Compare – LipFD Desktop",
                first=cast("Side", self.sides[0]).name,
                second=side.name,
            )
        )
        self._refresh()
        self.review.align_by_sound(only_if_untouched=True)
        if not self._is_given:
            self.analyze_reference()

    def analyze_reference(self) -> None:
        """Analyse B with the model and the settings of A; an automatic stride stays one where it is the same."""
        suspect = self.sides[0]
        if suspect is None or suspect.result is None:
            return
        self._analyze(None if suspect.result.plan.stride_is_automatic else suspect.result.plan.stride)

    def _analyze(self, stride: int | None) -> None:
        suspect, media = self.sides[0], self.session.media
        if suspect is None or suspect.result is None or media is None or self.session.state is State.OPENING:
            return
        self._is_given = False
        request = replace(suspect.result.request, path=media.info.path, time_range=None, face=None, stride=stride)
        self.session.set_threshold(request.threshold)
        self.session.analyze(request, suspect.result.model)

    def _has_other_stride(self) -> bool:
        """Whether the automatic stride of B turned out to be another than that of A."""
        suspect, started = self.sides[0], self.session.evidence.started
        if suspect is None or suspect.result is None or started is None or self.session.state is State.CANCELLING:
            return False
        return started.plan.stride_is_automatic and started.plan.stride != suspect.result.plan.stride

    def _on_reference_said(self) -> None:
        if self.session.media is not None and not self._is_given and self.session.state is not State.OPENING:
            if self._has_other_stride():
                self._analyze(cast("AnalysisResult", cast("Side", self.sides[0]).result).plan.stride)
                return
            self._set_side(1, Side.of_session(self.session))
        self._refresh()

    # Both ----------------------------------------------------------------------------------------------------

    def _set_side(self, place: int, side: Side | None) -> None:
        known = self.sides[place]
        if side is None or known is None or side.media is not known.media:
            return
        self.sides[place] = side
        self.panels[place].show_side(side)
        self.tracks.show_side(place, side)

    def _refresh(self) -> None:
        """Say what runs, what differs and how the scores lie."""
        suspect, reference = self.sides
        state = self.session.state
        self.panels[0].show_state(self._suspect if self.follows_suspect else None)
        self.panels[1].show_state(self.session, can_analyze=wants_analysis(suspect, reference))
        self.actions_["analyze"].setEnabled(state is State.READY and bool(suspect and suspect.result))
        self.actions_["cancel"].setEnabled(state in (State.OPENING, State.ANALYSING))
        self.actions_["snapshot"].setEnabled(reference is not None)
        self.review.enable(with_reference=reference is not None)
        self.findings.show_sides(suspect, reference)

    def scene(self) -> Scene | None:
        """What a snapshot of this moment shows; None without a reference."""
        suspect, reference = self.sides
        if suspect is None or reference is None:
            return None
        players = self.players
        moments = [
            Moment(side, player.time, player.frame, inside=not players.is_linked or not players.covers(place))
            for place, (side, player) in enumerate(zip((suspect, reference), players.players, strict=True))
        ]
        offset = players.offset if players.is_linked else moments[0].pts - moments[1].pts
        note, plots = self.findings.notice.text(), self.tracks.grab().toImage()
        return Scene((moments[0], moments[1]), offset, note, plots, theme.scheme_of(self))

    # Keys ----------------------------------------------------------------------------------------------------

    def _show_shortcuts(self) -> None:
        sheet = ShortcutsSheet(self, self.actions_.keymap, COMPARISON)
        sheet.change_asked.connect(self._edit_shortcuts)
        sheet.open()

    def _edit_shortcuts(self) -> None:
        ShortcutsDialog(self, self.actions_.keymap).open()

    # What is said --------------------------------------------------------------------------------------------

    def _on_failure(self, failure: Failure) -> None:
        self.statusBar().clearMessage()  # it may say of what has failed that it is being done
        self.message = messages.show_failure(self, failure)

    def _say(self, words: str) -> None:
        self.statusBar().showMessage(words, _STATUS_MS)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowActivate and self.focusWidget() is None:
            self.panels[0].video.setFocus()  # else Qt takes the first button, which would keep the key for playing
        return super().event(event)

    # The end -------------------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        self._settings.save("compare", self.saveGeometry())
        self.hide()
        self.players.close()
        self.session.stop()
        event.accept()
        self.closed.emit()
