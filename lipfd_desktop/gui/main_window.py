"""The window: puts the parts together and turns what the user does into requests to the session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMenu, QMessageBox, QStackedWidget, QWidget

from lipfd_desktop.case.file import CASE_SUFFIX
from lipfd_desktop.gui import commands, messages, text
from lipfd_desktop.gui.actions import MAIN, Actions
from lipfd_desktop.gui.camera import Part
from lipfd_desktop.gui.case_desk import CaseDesk
from lipfd_desktop.gui.case_report import CaseReport
from lipfd_desktop.gui.compare import Comparing
from lipfd_desktop.gui.compare_exhibits import ExhibitsMenu
from lipfd_desktop.gui.compare_menu import COMPARISON
from lipfd_desktop.gui.controls import room_for
from lipfd_desktop.gui.docks import Docks
from lipfd_desktop.gui.engine_port import EnginePort
from lipfd_desktop.gui.file_panel import FilePanel
from lipfd_desktop.gui.focus import FocusKeeper, is_covered
from lipfd_desktop.gui.frame_panel import FramePanel
from lipfd_desktop.gui.go_to import GoTo
from lipfd_desktop.gui.guide import Guide
from lipfd_desktop.gui.indicator import Indicator
from lipfd_desktop.gui.jobs import Failure
from lipfd_desktop.gui.keymap import Keymap, key_words
from lipfd_desktop.gui.log_panel import LogPanel
from lipfd_desktop.gui.marks import Marks
from lipfd_desktop.gui.mel_settings import MelSettings
from lipfd_desktop.gui.models_dialog import ModelsDialog
from lipfd_desktop.gui.output_folders import OutputFolders
from lipfd_desktop.gui.people import People
from lipfd_desktop.gui.picture_tools import PictureTools
from lipfd_desktop.gui.player import Player
from lipfd_desktop.gui.queue import Queue
from lipfd_desktop.gui.recent_files import RecentFiles
from lipfd_desktop.gui.report_dialog import ReportDialog
from lipfd_desktop.gui.review import Review
from lipfd_desktop.gui.saving import ask_target
from lipfd_desktop.gui.session import Session, State
from lipfd_desktop.gui.session_log import SessionLog
from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.gui.video_files import video_filter
from lipfd_desktop.gui.welcome import Welcome
from lipfd_desktop.gui.why import Why
from lipfd_desktop.gui.window_table import WindowTable
from lipfd_desktop.gui.workspace import Workspace
from lipfd_desktop.language import tr, trn
from lipfd_desktop.report.text import printable
from lipfd_desktop.result import ModelInfo

_STATUS_MS: Final = 12_000


class MainWindow(QMainWindow):
    """One open file.

    Parameters
    ----------
    engine
        Does all computing, on worker threads.
    sample
        The bundled sample video, if there is one.
    settings
        Where recent files and the layout are remembered.
    make_engine
        Gives a second engine with the same models and kept results, for what runs beside the open file; None lets
        ``engine`` do that too.
    """

    def __init__(
        self,
        engine: EnginePort,
        *,
        sample: Path | None,
        settings: Settings,
        make_engine: Callable[[], EnginePort] | None = None,
    ) -> None:
        super().__init__()
        self.setWindowTitle("LipFD Desktop")
        self.setMinimumSize(1000, 640)
        self.resize(QSize(1440, 900).boundedTo(room_for(self)))
        self.setAcceptDrops(True)
        self.session = Session(engine, self)
        self.player = Player(self)
        self.welcome = Welcome()
        self.frame_panel = FramePanel()
        self.workspace = Workspace(self.frame_panel)
        self.file_panel = FilePanel()
        self.window_table = WindowTable()
        self.review = Review(self.session, self.player, self.workspace, self.frame_panel)
        self.people = People(self.session, self.player, self.workspace, self.analyze)
        self.folders = OutputFolders(settings, lambda: self.desk.keeper.path, self._examined)
        self.desk = CaseDesk(self, self.session, self.player, self.workspace, settings, self.folders)
        self.marks = Marks(
            self.desk.document, self.session, self.player, self.workspace, lambda: self.frame_panel.shown
        )
        self.why = Why(self.session, self.player, self.frame_panel)
        self.picture = PictureTools(
            self, self.session, self.player, self.review, self.frame_panel, self.folders,
            self.workspace.video,
            self._examined,
        )  # fmt: skip
        self.picture.said.connect(self._say)
        self.mel_settings = MelSettings(self.session, self.workspace, settings)
        self.go_to = GoTo(self, self.player.seek_frame)
        self.keymap = Keymap(settings, (MAIN, COMPARISON), self)
        self.comparing = Comparing(
            self.session, settings, self.folders, self.keymap, make_engine or (lambda: engine), self
        )
        self.models_dialog = ModelsDialog(self)
        self.log_panel = LogPanel(self.folders)
        self.session_log = SessionLog(self.session)
        self.guide = Guide(self, self.session, self.workspace.bar, settings)
        self.indicator = Indicator(self.session, self.workspace.bar, self.statusBar())
        self.report_dialog = ReportDialog(self.session, settings, self)
        self.case_report = CaseReport(self.desk.document, self.report_dialog, self.session, settings)
        self.message: QMessageBox | None = None
        self._sample = sample
        self._settings = settings
        self._closing = False
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(self.workspace)
        self.setCentralWidget(self._pages)
        self.docks = Docks(
            self,
            [
                ("suspicious", tr("Suspicious moments"), self.review.suspicious),
                ("marks", tr("Marks"), self.marks.panel),
                ("case", tr("Case"), self.desk.panel),
                ("windows", tr("Windows"), self.window_table),
                ("file", tr("File"), self.file_panel),
            ],
            ("log", tr("Log"), self.log_panel),
        )
        self.queue = Queue(
            self, self.session, self.workspace.bar, settings, self.folders, make_engine or (lambda: engine),
            self.open_path, self._say, self._examined,
        )  # fmt: skip
        self.recent = RecentFiles(self.session, self.welcome, settings, self)
        panels = QMenu(tr("&Panels"), self)
        panels.addActions([*self.docks.toggles, self.queue.toggle])
        self._focus = FocusKeeper(self, self.workspace.video)
        self.actions_ = Actions(
            self,
            MAIN,
            commands.handlers(self),
            {
                "recent": self.recent.menu,
                "case-recent": self.desk.shelf.recent_menu,
                "panels": panels,
                "tracks": self.workspace.tracks.menu,
                "spectrogram": self.mel_settings.menu,
                "compare-case": ExhibitsMenu(self.desk.document, self.session, self.comparing.open_reference, self),
            },
            self.keymap,
        )
        self.guide.actions = self.actions_
        self.guide.tour_parts = {
            "verdict": self.workspace.verdict,
            "analysis": self.workspace.bar,
            "tracks": self.workspace.tracks,
            "evidence": self.frame_panel,
            "moments": self.review.suspicious,
            "report": self.menuBar(),
        }
        self.welcome.set_sample(sample)
        self._connect()
        if geometry := settings.load("geometry"):
            self.restoreGeometry(geometry)
        for key, columns in (
            ("windows", self.window_table.columns), ("case", self.desk.panel.columns),
            ("marks", self.marks.panel.columns),
        ):  # fmt: skip
            columns.keep_in(settings, key)
        self._on_state()
        self.session.library.read()
        self.recent.offer()

    # Composition ---------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        session, bar = self.session, self.workspace.bar
        commands.show_on_buttons(self)
        commands.follow_undo(self.actions_, self.desk.document.undo_stack)
        self.indicator.models_asked.connect(self.show_models)
        self.indicator.preferences_asked.connect(self.guide.show_preferences)
        self.log_panel.failed.connect(lambda error: self._on_failure(Failure.of(error)))
        self.workspace.video.following_changed.connect(self._show_followed)
        self.workspace.lend_room(lambda: self.queue.height)
        self.queue.room = lambda: self.workspace.spare_height
        self.queue.height_changed.connect(self.workspace.share_room)
        self.queue.dock.visibilityChanged.connect(lambda: self.workspace.tracks.reveal("score"))
        self.recent.asked.connect(self.open_path)
        self.queue.runner.stamp = lambda: self.desk.document.generation
        self.queue.runner.result_ready.connect(self.desk.keep_found)
        self.comparing.analysed.connect(self.desk.keep_compared)
        self.desk.named.connect(self._name_window)
        self.desk.said.connect(self._say)
        self.desk.open_asked.connect(self.open_path)
        self.desk.keeper.about_to_save.connect(self.marks.panel.commit)
        self.desk.layout_asked.connect(self._reveal_layout)
        self.marks.panel.explain(*(key_words(self.actions_.keys(name)) for name in ("mark", "mark-window")))
        self.welcome.open_asked.connect(self.ask_open)
        self.welcome.sample_asked.connect(self.open_sample)
        self.guide.sample_asked.connect(self.open_sample)
        self.guide.names_changed.connect(self.report_dialog.form.take_preferences)
        self.welcome.cancel_asked.connect(session.cancel)
        bar.analyze_asked.connect(self.analyze)
        bar.cancel_asked.connect(session.cancel)
        bar.model_box.currentIndexChanged.connect(lambda: session.choose_model(bar.model))
        self.workspace.scores.threshold_moved.connect(session.set_threshold)
        self.workspace.scores.threshold_reset.connect(lambda: session.set_threshold(None))
        self.window_table.sought.connect(self.player.seek)
        self.models_dialog.import_asked.connect(session.library.import_model)
        self.report_dialog.export_asked.connect(self.ask_export)
        self.player.failed.connect(
            lambda why: self._say(tr("The player cannot play this file ({why}); stills are shown.", why=why))
        )
        session.state_changed.connect(self._on_state)
        session.media_opened.connect(self._on_media)
        session.evidence_changed.connect(self._on_evidence)
        session.threshold_changed.connect(self._on_threshold)
        session.library.changed.connect(self._on_models)
        session.library.imported.connect(self._on_imported)
        session.library.results_forgotten.connect(self._on_forgotten)
        session.faces_renumbered.connect(self.workspace.bar.choose_every_face)
        session.exported.connect(lambda path: self._say(tr("Written: {path}", path=printable(path))))
        session.failed.connect(self._on_failure)

    def _show_followed(self, followed: Part | None) -> None:
        for name, part in (("picture-face", Part.FACE), ("picture-mouth", Part.MOUTH)):
            self.actions_[name].setChecked(followed is part)

    # What the session says -----------------------------------------------------------------------------------

    def _on_state(self) -> None:
        state = self.session.state
        has_file, opening = self.session.media is not None, state is State.OPENING
        self._pages.setCurrentWidget(self.workspace if has_file and not opening else self.welcome)
        self.welcome.set_opening(self.session.path if opening else None)
        self.workspace.bar.set_state(state)
        self.workspace.verdict.show_session(self.session)
        busy = state in (State.ANALYSING, State.CANCELLING)
        self.actions_.explain(self.workspace.bar.button, "cancel" if busy else "analyze")
        commands.enable(self.actions_, self.session, has_sample=self._sample is not None)

    def _on_media(self) -> None:
        media = self.session.media
        if media is None:
            return
        name = printable(media.info.path.name)
        self._name_window()
        self._settings.add_recent(media.info.path)
        self._reveal_layout()
        self._say(
            trn(
                "{name}: {count:,} frame, {time}", "{name}: {count:,} frames, {time}", len(media.frame_times),
                name=name, time=text.clock(media.info.duration),
            )
        )  # fmt: skip

    def _name_window(self) -> None:
        media = self.session.media
        names = ["" if media is None else printable(media.info.path.name), self.desk.name, "LipFD Desktop"]
        self.setWindowTitle(" – ".join(name for name in names if name))

    def _reveal_layout(self) -> None:
        """Show the panels for the first time."""
        if self.docks.reveal(self._settings.load("layout")):
            self.queue.appear()
            self._arrange_workspace()

    def _arrange_workspace(self) -> None:
        """As it was left last time, else every part at its share."""
        if state := self._settings.load("workspace"):
            self.workspace.restore_layout(state)
        else:
            self.workspace.reset_layout()

    def reset_layout(self) -> None:
        """Every panel and track at its place and share again."""
        self.docks.reset()
        self.workspace.reset_layout()

    def _on_evidence(self) -> None:
        session = self.session
        self._on_threshold()
        if session.state in (State.ANALYSING, State.CANCELLING):
            self.workspace.bar.show_progress(session.evidence, session.elapsed)
        self.window_table.show_scores(session.evidence.scores)
        if session.media is not None:
            notices = [*session.media.notices, *session.evidence.notices]
            sha256 = session.media.sha256 or None
            self.file_panel.show_file(session.media.info, len(session.media.frame_times), sha256, notices)

    def _on_threshold(self) -> None:
        self.actions_.enable(("threshold-up", "threshold-down"), self.session.evidence.started is not None)
        self.actions_.enable(("model-threshold",), self.session.has_own_threshold)

    def _on_models(self) -> None:
        library = self.session.library
        self.workspace.bar.set_models(library.models, library.default_model)
        self.welcome.set_model(library.default_model)
        self.workspace.bar.set_devices(library.devices)
        self.models_dialog.show_library(library)
        self.workspace.verdict.show_session(self.session)

    def _on_imported(self, model: ModelInfo) -> None:
        self.models_dialog.set_busy("")
        self._say(tr("Imported {model}, SHA-256 {sha256}", model=model.name, sha256=model.sha256))

    def _on_forgotten(self, results: int) -> None:
        self._say(trn("{count:,} kept result deleted.", "{count:,} kept results deleted.", results))

    def _on_failure(self, failure: Failure) -> None:
        self.models_dialog.set_busy("")
        self.statusBar().clearMessage()  # it may say of what has failed that it is being done
        dialogs = (self.models_dialog, self.report_dialog)
        parent = next((dialog for dialog in dialogs if dialog.isVisible()), self)
        self.message = messages.show_failure(parent, failure)

    def _say(self, words: str) -> None:
        self.statusBar().showMessage(words, _STATUS_MS)

    # What the user does --------------------------------------------------------------------------------------

    def open_path(self, path: Path) -> None:
        """Open a video or a case, after asking when that would lose something."""
        if path.suffix.lower() == CASE_SUFFIX:
            self.desk.shelf.open(path.absolute())
        elif self.session.state in (State.ANALYSING, State.CANCELLING):
            loss = tr("An analysis is running; what it has found so far would be lost.")
            self.message = messages.ask(
                self, tr("Open another file?"), loss, tr("Open"), lambda: self.session.open(path.absolute())
            )
        else:
            self.session.open(path.absolute())

    def ask_open(self) -> None:
        """Ask for a video, and open it."""
        path, _ = QFileDialog.getOpenFileName(
            self, tr("Open video"), self._settings.folder("open"),
            video_filter(),
        )  # fmt: skip
        if path:
            self._settings.set_folder("open", Path(path).parent)
            self.open_path(Path(path))

    def open_sample(self) -> None:
        """Open the bundled sample, where there is one."""
        if self._sample is not None:
            self.open_path(self._sample)

    def analyze(self, *, anew: bool = False) -> None:
        """Start an analysis with the chosen settings, or say what is missing; ``anew`` takes nothing that is kept."""
        media, bar, selection = self.session.media, self.workspace.bar, self.workspace.timeline.selection
        if media is None or self.session.state is not State.READY:
            return
        if bar.model is None:
            self.show_models()
        elif bar.wants_selection and selection is None:
            self.message = messages.show_words(
                self, tr("No selection"),
                tr("Nothing is selected: press {start} where the stretch starts and {end} where it ends.",
                   start=self.actions_.key_of("loop-start"), end=self.actions_.key_of("loop-end")),
            )  # fmt: skip
        elif bar.wants_selection and selection is not None and not self._holds_a_window(selection, bar.model):
            self.message = messages.show_words(
                self, tr("Selection too short"),
                trn("A window of this model has {count} frame, and the selection has fewer: select more.",
                    "A window of this model has {count} frames, and the selection has fewer: select more.",
                    bar.model.window_frames),
            )  # fmt: skip
        else:
            request = bar.request(media.info.path, selection)
            if request.face is not None and not self.session.knows_face(request):
                request = replace(request, face=None)
                self._say(tr("Faces are numbered anew in another range: every face is analysed."))
            self.session.analyze(request, bar.model, anew=anew)

    def _holds_a_window(self, selection: tuple[float, float], model: ModelInfo) -> bool:
        """Whether the selected stretch has enough frames, told before anything is loaded."""
        times = () if self.session.media is None else self.session.media.frame_times
        first, last = np.searchsorted(times, selection)
        return int(last - first) >= model.window_frames

    def show_models(self) -> None:
        self.models_dialog.show()
        self.models_dialog.raise_()

    def show_report(self) -> None:
        self.report_dialog.show()
        self.report_dialog.raise_()

    def ask_export(self, kind: str) -> None:
        """Ask where to, and write a report there; ``kind`` is one of :data:`~lipfd_desktop.gui.commands.EXPORTS`."""
        if self.session.result is None:
            return
        source = self.session.result.media.path
        parent = self.report_dialog if self.report_dialog.isVisible() else self
        proposed = self.folders.propose("export") / f"{source.stem}-lipfd.{kind}"
        self.message = ask_target(
            parent, tr("Export"), proposed, tr(commands.EXPORTS[kind]), self._export, examined=self._examined()
        )

    def _export(self, path: Path) -> None:
        self.folders.remember("export", path.parent)
        self._say(tr("Writing {name}…", name=printable(path.name)))
        self.session.export(path, self.report_dialog.details)

    def _examined(self) -> list[Path]:
        """All files that are examined here, which nothing may be written over."""
        media, exhibits, items = self.session.media, self.desk.document.exhibits, self.queue.runner.items
        return [*([media.info.path] if media else []), *(one.path for one in exhibits), *(item.path for item in items)]

    # Events --------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            if len(paths) > 1 or paths[0].is_dir():
                self.queue.add(paths)
            else:
                self.open_path(paths[0])

    def close_now(self) -> None:
        """Close without asking; a running analysis is cancelled and waited for."""
        self._closing = True
        self.close()

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002, N802  (Qt's names)
        """The keyboard passes by panels that lie behind others."""
        passed: set[QWidget | None] = {self.focusWidget()}
        while super().focusNextPrevChild(next):
            focused = self.focusWidget()
            if focused in passed or focused is None or not is_covered(focused):
                return True
            passed.add(focused)
        return False

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        loss = self.desk.shelf.loss()
        if not loss and self.session.is_exporting:
            loss = tr("A file is being written; it would not be finished.")
        loss = " ".join(words for words in (loss, self.queue.loss) if words)
        if loss and not self._closing:
            event.ignore()
            self.message = messages.ask(self, tr("Quit LipFD Desktop?"), loss, tr("Quit"), self.close_now)
            return
        self._settings.save("geometry", self.saveGeometry())
        if self.session.media is not None:
            self._settings.save("layout", self.saveState())
            self._settings.save("workspace", self.workspace.layout_state())
        self.hide()
        self.comparing.shutdown()
        self.player.close()
        self.queue.shutdown()
        self.report_dialog.shutdown()
        self.session.shutdown()
        self.desk.shutdown()
        event.accept()
