"""Joins the queue to the window: its panel, its settings, and opening what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QFileDialog, QMainWindow, QMessageBox, QStyle

from lipfd_desktop.gui.analysis_bar import AnalysisBar
from lipfd_desktop.gui.engine_port import EnginePort
from lipfd_desktop.gui.output_folders import OutputFolders
from lipfd_desktop.gui.outputs import Output
from lipfd_desktop.gui.queue_files import find_videos, write_table
from lipfd_desktop.gui.queue_items import ItemState
from lipfd_desktop.gui.queue_panel import QueuePanel
from lipfd_desktop.gui.queue_runner import QueueRunner
from lipfd_desktop.gui.saving import ask_target
from lipfd_desktop.gui.session import Session, State
from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.gui.video_files import video_filter
from lipfd_desktop.language import tr, trn
from lipfd_desktop.report.text import printable
from lipfd_desktop.result import AnalysisRequest, ModelInfo

_ROWS: Final = 2, 3
"""Of the table that are seen at first, in a low window and in a high one; what is above needs its room."""


class Queue(QObject):
    """The queue of a window, in a panel along its lower edge that shows when it is asked for.

    Parameters
    ----------
    bar
        Its settings hold for every file; range and face, which belong to one file, do not.
    open_path
        Opens a file in the window, after asking where that would lose something.
    say
        Shows a sentence in the status bar.
    examined
        Tells which files a table must never replace.

    Signals
    -------
    height_changed
        What is above the panel was laid out before the panel was; :attr:`height` is right from now on.
    """

    height_changed = Signal()

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        bar: AnalysisBar,
        settings: Settings,
        folders: OutputFolders,
        make_engine: Callable[[], EnginePort],
        open_path: Callable[[Path], None],
        say: Callable[[str], None],
        examined: Callable[[], Iterable[Path]],
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._bar, self._settings = window, session, bar, settings
        self._open_path, self._say, self._examined = open_path, say, examined
        self._folders = folders
        self.message: QMessageBox | None = None
        self.room: Callable[[], int] = lambda: 0
        """Pixels of the height that what is above can spare."""
        self._opening: Path | None = None
        self.panel = QueuePanel()
        self.runner = QueueRunner(make_engine, self._request, lambda: not self._is_busy, self)
        self.dock = QDockWidget(tr("Queue"), window)
        self.dock.setObjectName("queue")
        self.dock.setWidget(self.panel)
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.dock)
        self.dock.hide()
        self.toggle = QAction(self.dock.windowTitle(), self)
        self.toggle.setCheckable(True)
        self._connect()

    def _connect(self) -> None:
        panel, runner, session = self.panel, self.runner, self._session
        panel.add_files_asked.connect(self.ask_files)
        panel.add_folder_asked.connect(self.ask_folder)
        panel.dropped.connect(self.add)
        panel.start_asked.connect(runner.start)
        panel.pause_asked.connect(runner.pause)
        panel.cancel_asked.connect(runner.cancel)
        panel.removed.connect(runner.remove)
        panel.retried.connect(runner.retry)
        panel.opened.connect(self._open)
        panel.export_asked.connect(self._ask_export)
        panel.pin_button.setChecked(self._settings.keeps_queue_open)
        panel.pin_button.toggled.connect(self._keep_open)
        self.dock.installEventFilter(self)
        self.dock.visibilityChanged.connect(lambda: self.toggle.setChecked(self.dock.isVisible()))
        self.toggle.triggered.connect(lambda shown: self.show() if shown else self.dock.hide())
        runner.items_changed.connect(self._show_items)
        runner.item_changed.connect(lambda place: panel.show_item(place, runner.items[place]))
        runner.state_changed.connect(self._show_state)
        runner.failed.connect(session.failed)
        session.state_changed.connect(self._on_session)
        session.media_opened.connect(self._on_media)
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self.shutdown)

    @property
    def _is_busy(self) -> bool:
        return self._session.state in (State.OPENING, State.ANALYSING, State.CANCELLING)

    def _request(self, path: Path) -> tuple[AnalysisRequest, ModelInfo] | None:
        model = self._bar.model
        if model is None:
            return None
        return replace(self._bar.request(path, None), face=None, time_range=None), model

    # What the user does --------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() in (QEvent.Type.Show, QEvent.Type.Resize):
            self.height_changed.emit()
        return super().eventFilter(watched, event)

    @property
    def height(self) -> int:
        """Pixels that the panel takes from what is above it."""
        below = self._window.dockWidgetArea(self.dock) == Qt.DockWidgetArea.BottomDockWidgetArea
        if not below or self.dock.isFloating() or not self.dock.isVisible():
            return 0
        return self.dock.height() + self._separator

    @property
    def _separator(self) -> int:
        extent = QStyle.PixelMetric.PM_DockWidgetSeparatorExtent
        return self._window.style().pixelMetric(extent, None, self._window)

    def show(self) -> None:
        if not self.dock.isVisible():
            room = self.room() - self._separator
            self.dock.show()
            title = self.dock.minimumSizeHint().height() - self.panel.minimumSizeHint().height()
            least, most = (title + self.panel.height_of(rows) for rows in _ROWS)
            self._window.resizeDocks([self.dock], [most if most <= room else least], Qt.Orientation.Vertical)
        self.dock.raise_()

    def appear(self) -> None:
        """Show the panel at the start if it is kept open or holds files, however the window was left."""
        if self._settings.keeps_queue_open or self.runner.items:
            self.show()
        else:
            self.dock.hide()

    def _keep_open(self, keeps: bool) -> None:
        self._settings.keeps_queue_open = keeps

    def ask_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(
            self._window, tr("Add files to the queue"), self._settings.folder("open"),
            video_filter(),
        )  # fmt: skip
        if names:
            self._settings.set_folder("open", Path(names[0]).parent)
            self.add([Path(name) for name in names])

    def ask_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(
            self._window, tr("Add a folder to the queue"), self._settings.folder("open")
        )
        if name:
            self._settings.set_folder("open", Path(name))
            self.add([Path(name)])

    def add(self, paths: Iterable[Path]) -> None:
        """Add files, and the videos in folders, and show the panel."""
        wanted = [path.absolute() for path in paths]
        self.show()

        def take(found: object) -> None:
            files = cast("Sequence[Path]", found)
            added = self.runner.add(files)
            words = trn("{count:,} file added to the queue", "{count:,} files added to the queue", added)
            if not files:
                words = tr("No video was found there.")
            elif added < len(files):
                known = trn("{count:,} was in it already", "{count:,} were in it already", len(files) - added)
                words = tr("{added}; {known}", added=words, known=known)
            self._say(words)

        self._session.beside(lambda job: find_videos(wanted, job.is_cancelled), take)

    def _open(self, place: int) -> None:
        """Open a file, with its result where there is one."""
        item = self.runner.items[place]
        self._opening = item.path if item.state is ItemState.DONE else None
        self._open_path(item.path)

    def _on_media(self) -> None:
        media, path = self._session.media, self._opening
        self._opening = None
        if media is None or path is None or media.info.path != path or self._session.is_restoring:
            return  # what the case keeps of it is newer: its threshold may have been moved since
        result, asked, sha256 = self.runner.result_of(path), self.runner.request_of(path), self.runner.sha256_of(path)
        if not media.may_be(sha256):
            words = tr(
                "{name} has changed since the queue analysed it; that result is not shown.", name=printable(path.name)
            )
            QTimer.singleShot(0, self, lambda: self._say(words))  # after what the window says of the file
        elif result is not None:
            self._session.restore(result)
        elif asked is not None:
            self._session.analyze(*asked)  # found among the kept results

    def _ask_export(self) -> None:
        self.message = ask_target(
            self._window, tr("Export table"), self._folders.propose("table") / "lipfd-queue.csv",
            tr("CSV table (*.csv)"), self.export,
            examined=self._examined(),
        )  # fmt: skip

    def export(self, path: Path) -> None:
        """Write the table to ``path``."""
        self._folders.remember("table", path.parent)
        items, examined = list(self.runner.items), list(self._examined())
        self._session.outputs.write(
            Output(kind="table", path=path),
            lambda _job: write_table(items, path, examined=examined),
            lambda _done: self._say(tr("Written: {path}", path=printable(path))),
        )

    # What is shown -------------------------------------------------------------------------------------------

    def _show_items(self) -> None:
        self.panel.show_items(self.runner.items)
        self._show_state()

    def _show_state(self) -> None:
        runner = self.runner
        self.panel.show_state(started=runner.is_started, running=runner.is_running, waiting=runner.is_waiting)

    def _on_session(self) -> None:
        self.runner.go_on()
        self._show_state()

    # The end -------------------------------------------------------------------------------------------------

    @property
    def loss(self) -> str:
        """What would be lost if the program ended now; empty if nothing."""
        if self.runner.is_running or self.runner.is_waiting:
            return tr("The queue is at work; the file it analyses would have to be analysed again.")
        return ""

    def shutdown(self) -> None:
        self.runner.shutdown()
