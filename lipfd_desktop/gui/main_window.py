"""The window: puts the parts together and turns what the user does into requests to the session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, cast

import numpy as np
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMenu, QMessageBox, QStackedWidget

from lipfd_desktop.case.file import CASE_SUFFIX
from lipfd_desktop.gui import messages, text
from lipfd_desktop.gui.actions import Actions, key_words
from lipfd_desktop.gui.case_desk import CaseDesk
from lipfd_desktop.gui.case_report import CaseReport
from lipfd_desktop.gui.compare import Comparing
from lipfd_desktop.gui.compare_exhibits import ExhibitsMenu
from lipfd_desktop.gui.docks import Docks
from lipfd_desktop.gui.engine_port import EnginePort
from lipfd_desktop.gui.file_panel import FilePanel
from lipfd_desktop.gui.frame_panel import FramePanel
from lipfd_desktop.gui.go_to import GoTo
from lipfd_desktop.gui.guide import Guide
from lipfd_desktop.gui.indicator import Indicator
from lipfd_desktop.gui.jobs import Failure
from lipfd_desktop.gui.log_panel import LogPanel
from lipfd_desktop.gui.marks import Marks
from lipfd_desktop.gui.mel_settings import MelSettings
from lipfd_desktop.gui.models_dialog import ModelsDialog
from lipfd_desktop.gui.people import People
from lipfd_desktop.gui.picture_tools import PictureTools
from lipfd_desktop.gui.player import Player
from lipfd_desktop.gui.queue import Queue
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
from lipfd_desktop.language import mark, tr, trn
from lipfd_desktop.report.text import printable
from lipfd_desktop.result import ModelInfo

EXPORTS: Final = {
    "pdf": mark("PDF report (*.pdf)"),
    "html": mark("HTML report (*.html)"),
    "png": mark("PNG figure (*.png)"),
    "json": mark("JSON (*.json)"),
    "csv": mark("CSV table (*.csv)"),
}
_STATUS_MS: Final = 12_000
_THRESHOLD_STEP: Final = 0.01
_NEEDS_FILE: Final = (
    "analyze", "toggle", "frame-back", "frame-forward", "second-back", "second-forward", "first", "last", "go-to",
    "previous", "next", "window-before", "window-after", "copy-evidence", "table", "compare",
    "picture-in", "picture-out", "picture-fit", "picture-pixels", "picture-face", "snapshot", "snapshot-plain",
    "loop", "loop-start", "loop-end", "loop-clear", "zoom-in", "zoom-out", "zoom-all", "reset-layout",
    "mark", "mark-window", "mark-previous", "mark-next",
)  # fmt: skip


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
        self.resize(1440, 900)
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
        self.desk = CaseDesk(self, self.session, self.player, self.workspace, settings)
        self.marks = Marks(self.desk.document, self.session, self.player, self.workspace, self.review)
        self.why = Why(self.session, self.player, self.frame_panel)
        self.picture = PictureTools(
            self, self.session, self.player, self.review, self.frame_panel, settings, self.workspace.video,
            self._examined,
        )  # fmt: skip
        self.picture.said.connect(self._say)
        self.mel_settings = MelSettings(self.session, self.workspace, settings)
        self.go_to = GoTo(self, self.player.seek_frame)
        self.comparing = Comparing(self.session, settings, make_engine or (lambda: engine), self)
        self.models_dialog = ModelsDialog(self)
        self.log_panel = LogPanel()
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
        self._docks = Docks(
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
            self, self.session, self.workspace.bar, settings, make_engine or (lambda: engine), self.open_path,
            self._say, self._examined,
        )  # fmt: skip
        self._recent_menu = QMenu(tr("Open &recent"), self)
        panels = QMenu(tr("&Panels"), self)
        panels.addActions([*self._docks.toggles, self.queue.dock.toggleViewAction()])
        self.actions_ = Actions(
            self,
            self._handlers(),
            {
                "recent": self._recent_menu,
                "case-recent": self.desk.shelf.recent_menu,
                "panels": panels,
                "tracks": self.workspace.tracks.menu,
                "spectrogram": self.mel_settings.menu,
                "compare-case": ExhibitsMenu(self.desk.document, self.session, self.comparing.open_reference, self),
            },
            settings,
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
        self._on_state()
        self.session.library.read()
        self._offer_recent()

    # Composition ---------------------------------------------------------------------------------------------

    def _handlers(self) -> dict[str, Callable[..., object]]:
        review, player, transport = self.review, self.player, self.workspace.transport
        return {
            "open": self._ask_open,
            "sample": self._open_sample,
            "queue": self.queue.show,
            "queue-files": self.queue.ask_files,
            "queue-folder": self.queue.ask_folder,
            "quit": self.close,
            "analyze": self.analyze,
            "analyze-anew": partial(self.analyze, anew=True),
            "forget-results": self.session.library.forget_results,
            "cancel": self.session.cancel,
            "threshold-up": lambda: self._move_threshold(_THRESHOLD_STEP),
            "threshold-down": lambda: self._move_threshold(-_THRESHOLD_STEP),
            "compare": self.comparing.compare,
            "model-threshold": lambda: self.session.set_threshold(None),
            "models": self._show_models,
            "boxes": transport.boxes_button.setChecked,
            "zoom-in": lambda: review.zoom(1),
            "zoom-out": lambda: review.zoom(-1),
            "zoom-all": lambda: review.zoom(0),
            "reset-layout": self._reset_layout,
            "toggle": player.toggle,
            "frame-back": lambda: player.step(-1),
            "frame-forward": lambda: player.step(1),
            "second-back": lambda: review.move(-1.0),
            "second-forward": lambda: review.move(1.0),
            "first": lambda: review.go_to_end(last=False),
            "last": lambda: review.go_to_end(last=True),
            "go-to": self._ask_where,
            "previous": lambda: review.jump(-1),
            "next": lambda: review.jump(1),
            "window-before": partial(self.frame_panel.step_window, -1),
            "window-after": partial(self.frame_panel.step_window, 1),
            "copy-evidence": self.frame_panel.copy,
            "loop": transport.loop_button.setChecked,
            "loop-start": lambda: review.mark_selection(end=False),
            "loop-end": lambda: review.mark_selection(end=True),
            "loop-clear": review.clear_selection,
            "face-next": self.people.choose_next,
            "face-all": lambda: self.people.choose(None),
            "mute": transport.mute_button.setChecked,
            "table": lambda: self._docks.focus("windows"),
            "log": lambda: self._docks.focus("log"),
            **self.guide.handlers(),
            "report": self._show_report,
            **self.desk.handlers(),
            **self.marks.handlers(),
            **self.picture.handlers(),
            **{f"export-{kind}": partial(self._ask_export, kind) for kind in EXPORTS},
        }

    def _connect(self) -> None:
        session, transport, bar = self.session, self.workspace.transport, self.workspace.bar
        for name, button in (
            ("boxes", transport.boxes_button), ("loop", transport.loop_button), ("mute", transport.mute_button)
        ):  # fmt: skip
            self.actions_[name].setChecked(button.isChecked())
            button.toggled.connect(self.actions_[name].setChecked)
        self.actions_.explain(transport.play_button, "toggle")
        self.actions_.explain(transport.back_button, "frame-back")
        self.actions_.explain(transport.forward_button, "frame-forward")
        self.actions_.explain(transport.previous_button, "previous")
        self.actions_.explain(transport.next_button, "next")
        self.actions_.explain(transport.loop_button, "loop", "loop-start", "loop-end", "loop-clear")
        self.actions_.explain(transport.boxes_button, "boxes")
        self.actions_.explain(transport.mute_button, "mute")
        self.indicator.models_asked.connect(self._show_models)
        self.indicator.preferences_asked.connect(self.guide.show_preferences)
        self.log_panel.failed.connect(lambda error: self._on_failure(Failure(str(error), None)))
        self.actions_.explain(self.frame_panel.stepper.back_button, "window-before")
        self.actions_.explain(self.frame_panel.stepper.on_button, "window-after")
        self.workspace.video.following_changed.connect(self.actions_["picture-face"].setChecked)
        self._recent_menu.aboutToShow.connect(self._fill_recent)
        self.queue.runner.stamp = lambda: self.desk.document.generation
        self.queue.runner.result_ready.connect(self.desk.keep_found)
        self.desk.named.connect(self._name_window)
        self.desk.said.connect(self._say)
        self.desk.open_asked.connect(self.open_path)
        self.desk.keeper.about_to_save.connect(self.marks.panel.commit)
        self.desk.layout_asked.connect(self._reveal_layout)
        self._connect_undo()
        self.marks.panel.explain(*(key_words(self.actions_.keys(name)) for name in ("mark", "mark-window")))
        self.welcome.open_asked.connect(self._ask_open)
        self.welcome.sample_asked.connect(self._open_sample)
        self.welcome.recent_asked.connect(self.open_path)
        self.guide.sample_asked.connect(self._open_sample)
        self.guide.names_changed.connect(self.report_dialog.form.take_preferences)
        self.welcome.cancel_asked.connect(session.cancel)
        bar.analyze_asked.connect(self.analyze)
        bar.cancel_asked.connect(session.cancel)
        bar.model_box.currentIndexChanged.connect(lambda: session.choose_model(bar.model))
        self.workspace.scores.threshold_moved.connect(session.set_threshold)
        self.workspace.scores.threshold_reset.connect(lambda: session.set_threshold(None))
        self.window_table.sought.connect(self.player.seek)
        self.models_dialog.import_asked.connect(session.library.import_model)
        self.report_dialog.export_asked.connect(self._ask_export)
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

    def _connect_undo(self) -> None:
        stack, undo, redo = self.desk.document.undo_stack, self.actions_["undo"], self.actions_["redo"]
        undo.setEnabled(False)
        redo.setEnabled(False)
        stack.canUndoChanged.connect(undo.setEnabled)
        stack.canRedoChanged.connect(redo.setEnabled)
        stack.undoTextChanged.connect(lambda what: undo.setText(tr("&Undo {what}", what=what)))
        stack.redoTextChanged.connect(lambda what: redo.setText(tr("&Redo {what}", what=what)))

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
        self.actions_.enable(_NEEDS_FILE, has_file and not opening)
        self.actions_.enable(("analyze", "analyze-anew"), state is State.READY)
        self.actions_.enable(("cancel",), state in (State.ANALYSING, State.OPENING))
        self.actions_.enable(("sample",), self._sample is not None)
        self.actions_.enable(("tour",), not opening and (has_file or self._sample is not None))
        exports = tuple(f"export-{kind}" for kind in EXPORTS)
        self.actions_.enable(("report", *exports), self.session.result is not None)

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
        if self._docks.reveal(self._settings.load("layout")):
            self._arrange_workspace()

    def _arrange_workspace(self) -> None:
        """As it was left last time, else every part at its share."""
        if state := self._settings.load("workspace"):
            self.workspace.restore_layout(state)
        else:
            self.workspace.reset_layout()

    def _reset_layout(self) -> None:
        self._docks.reset()
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

    def _ask_open(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, tr("Open video"), self._settings.folder("open"),
            video_filter(),
        )  # fmt: skip
        if path:
            self._settings.set_folder("open", Path(path).parent)
            self.open_path(Path(path))

    def _open_sample(self) -> None:
        if self._sample is not None:
            self.open_path(self._sample)

    def _fill_recent(self) -> None:
        self._recent_menu.clear()
        for path in self._settings.recent:
            self._recent_menu.addAction(text.menu_entry(printable(path)), partial(self.open_path, path))
        if self._recent_menu.isEmpty():
            self._recent_menu.addAction(tr("No recent files")).setEnabled(False)
        else:
            self._recent_menu.addSeparator()
            self._recent_menu.addAction(tr("Clear this list"), self._settings.clear_recent)

    def _offer_recent(self) -> None:
        """On the first page, with those that are gone marked; a network drive may take its time to say so."""
        recent = self._settings.recent

        def take(there: object) -> None:
            self.welcome.set_recent(list(zip(recent, cast("list[bool]", there), strict=True)))

        self.session.beside(lambda _job: [path.exists() for path in recent], take)

    def analyze(self, *, anew: bool = False) -> None:
        """Start an analysis with the chosen settings, or say what is missing; ``anew`` takes nothing that is kept."""
        media, bar, selection = self.session.media, self.workspace.bar, self.workspace.timeline.selection
        if media is None or self.session.state is not State.READY:
            return
        if bar.model is None:
            self._show_models()
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

    def _move_threshold(self, step: float) -> None:
        self.session.set_threshold(min(max(round(self.session.threshold + step, 2), 0.0), 1.0))

    def _ask_where(self) -> None:
        if self.session.media is not None:
            self.go_to.ask(self.session.media.frame_times, self.player.time)

    def _show_models(self) -> None:
        self.models_dialog.show()
        self.models_dialog.raise_()

    def _show_report(self) -> None:
        self.report_dialog.show()
        self.report_dialog.raise_()

    def _ask_export(self, kind: str) -> None:
        if self.session.result is None:
            return
        source = self.session.result.media.path
        folder = Path(self._settings.folder("export") or source.parent)
        parent = self.report_dialog if self.report_dialog.isVisible() else self
        proposed = folder / f"{source.stem}-lipfd.{kind}"
        self.message = ask_target(
            parent, tr("Export"), proposed, tr(EXPORTS[kind]), self._export, examined=self._examined()
        )

    def _export(self, path: Path) -> None:
        self._settings.set_folder("export", path.parent)
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

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        loss = self.desk.shelf.loss()
        if not loss and self.session.is_exporting:
            loss = tr("A report is being written; it would not be finished.")
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
