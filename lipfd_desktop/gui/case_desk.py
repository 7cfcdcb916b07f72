"""The case in the window: what is open belongs to it, what is found goes into it, and it can be left and reopened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMessageBox

from lipfd_desktop.case.records import Case
from lipfd_desktop.case.relocation import MediaCheck, MediaState
from lipfd_desktop.gui import messages
from lipfd_desktop.gui.case_document import CaseDocument
from lipfd_desktop.gui.case_handling import CaseHandling
from lipfd_desktop.gui.case_keeper import CaseKeeper
from lipfd_desktop.gui.case_media import CaseMedia
from lipfd_desktop.gui.case_panel import CasePanel
from lipfd_desktop.gui.case_recovery import RecoveryStore, default_folder
from lipfd_desktop.gui.case_shelf import CaseShelf
from lipfd_desktop.gui.case_view import CaseView
from lipfd_desktop.gui.case_words import keeping_words, media_sentence
from lipfd_desktop.gui.output_folders import OutputFolders
from lipfd_desktop.gui.player import Player
from lipfd_desktop.gui.session import Session, State
from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.gui.workspace import Workspace
from lipfd_desktop.language import tr
from lipfd_desktop.report.text import printable
from lipfd_desktop.result import AnalysisResult


class CaseDesk(QObject):
    """Connects the case with the session, and asks the user where it shall be kept.

    Signals
    -------
    named
        :attr:`name` may be another.
    said
        A sentence for the status bar.
    open_asked
        The path of a file to open, after asking where that would lose something.
    layout_asked
        The panels shall be shown, so that they can be put where they were.
    """

    named = Signal()
    said = Signal(str)
    open_asked = Signal(object)
    layout_asked = Signal()

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        player: Player,
        workspace: Workspace,
        settings: Settings,
        folders: OutputFolders,
    ) -> None:
        super().__init__(window)
        self._window: Final = window
        self._session: Final = session
        self._player: Final = player
        self.document: Final = CaseDocument(self)
        self.keeper: Final = CaseKeeper(self.document, RecoveryStore(default_folder()), self)
        self.keeper.interval = lambda: settings.autosave_seconds
        self.media: Final = CaseMedia(self)
        self.handling: Final = CaseHandling(window, self.document, session, self.media)
        self.panel: Final = CasePanel(self.document)
        self.shelf: Final = CaseShelf(window, session, self.keeper, self.document, settings, folders)
        self.message: QMessageBox | None = None
        self._view: Final = CaseView(window, player, workspace)
        self._left_at: int | None = None
        self._layout = ""
        self._connect()
        self._on_keeping()

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the actions of the window do."""
        return {
            **self.shelf.handlers(),
            "case-log": self.handling.show,
            "undo": self.document.undo_stack.undo,
            "redo": self.document.undo_stack.redo,
        }

    def _connect(self) -> None:
        session, document, keeper, media, panel = (
            self._session, self.document, self.keeper, self.media, self.panel
        )  # fmt: skip
        session.media_opened.connect(self._on_media)
        session.analysis_started.connect(self._on_analysis)
        session.result_ready.connect(self._on_result)
        session.judged.connect(self._on_judged)
        session.state_changed.connect(self._on_state)
        keeper.about_to_save.connect(self._note_view)
        keeper.opened.connect(self._on_opened)
        keeper.state_changed.connect(self._on_keeping)
        keeper.failed.connect(self._show_failure)
        self.shelf.asked.connect(self._on_asked)
        self.shelf.said.connect(self.said)
        media.checked.connect(self._on_checked)
        media.all_checked.connect(self._tell_trouble)
        media.failed.connect(self._show_failure)
        panel.open_asked.connect(self.open_exhibit)
        panel.locate_asked.connect(self._ask_locate)
        panel.remove_asked.connect(document.remove)
        panel.log_button.clicked.connect(self.handling.show)
        self.keeper.about_to_save.connect(document.enter_relocations)
        document.details_changed.connect(self.named)

    @property
    def name(self) -> str:
        """What to call the case; empty for one without title or file."""
        path = self.keeper.path
        return printable(self.document.title or ("" if path is None else path.stem))

    # The open file -------------------------------------------------------------------------------------------

    def _on_media(self) -> None:
        media, document = self._session.media, self.document
        if media is None:
            return
        path = media.info.path
        outdated = [one for one in document.exhibits if one.path == path and not one.is_of(path, media.sha256)]
        for other in outdated:
            self._know_changed(other.id, path)
        exhibit = document.add_file(path, media.sha256, media.info.size_bytes)
        document.enter(exhibit)
        self.media.know(exhibit.id, MediaCheck(MediaState.PRESENT, path))
        if self._layout:
            self._view.show_layout(self._layout)
            self._layout = ""
        self._view.show_exhibit(exhibit.view)
        if exhibit.result is not None:
            self._session.restore(exhibit.result)

    def _know_changed(self, identity: int, path: Path) -> None:
        exhibit, check = self.document.case.exhibit(identity), MediaCheck(MediaState.CHANGED, path, True)
        self.media.know(identity, check)
        if exhibit is not None:
            self.said.emit(media_sentence(exhibit, check))

    def _on_analysis(self) -> None:
        """What the user asked for last counts: another case that is still being read would end the analysis."""
        if self._session.state is State.ANALYSING and self.keeper.stop_reading():
            self.said.emit(tr("The other case was not opened, because an analysis was begun."))

    def _on_result(self) -> None:
        self._on_judged()
        self._view.show_face()

    def _on_judged(self) -> None:
        """Keep the result as it is shown now: with this threshold and verdict."""
        if self._session.result is not None:
            self.keep(self._session.result)

    def keep(self, result: AnalysisResult) -> None:
        """Put a result into the case, be it of the open file or of another one."""
        exhibit = self.document.add_result(result)
        if exhibit.id not in self.media.checks:
            self.media.know(exhibit.id, MediaCheck(MediaState.PRESENT, exhibit.path))

    def keep_compared(self, result: AnalysisResult, generation: object) -> None:
        """Enter that a file of the case was analysed beside the open one."""
        if generation == self.document.generation and self.document.find(result.media.path, result.sha256):
            self.handling.enter_analysis(result)

    def keep_found(self, result: AnalysisResult, generation: object) -> None:
        """Put a result into the case for which it was begun; when another one is open by now, only say so."""
        if generation == self.document.generation:
            self.keep(result)
            self.handling.enter_analysis(result)
        else:
            name = printable(result.media.path.name)
            self.said.emit(tr("{name} was analysed for another case; its result stays in the queue.", name=name))

    def _on_state(self) -> None:
        if self._session.state is State.OPENING:
            self._left_at = None  # the user wants this file now, not the one that was open when the case was left
            self._note_view()

    def _note_view(self) -> None:
        current = self.document.current
        if current is not None and self._session.media is not None:
            self.document.set_view(current.id, self._view.exhibit_view())
            self.document.set_layout(self._view.layout())

    # Exhibits ------------------------------------------------------------------------------------------------

    def open_exhibit(self, identity: int) -> None:
        """Open the media of an exhibit, or say why it cannot be."""
        exhibit, check = self.document.case.exhibit(identity), self.media.checks.get(identity)
        if exhibit is None:
            return
        if check is not None and check.state is MediaState.MISSING:
            self._tell(media_sentence(exhibit, check))
        else:
            self.open_asked.emit(exhibit.path if check is None or check.path is None else check.path)

    def _ask_locate(self, identity: int) -> None:
        exhibit = self.document.case.exhibit(identity)
        if exhibit is None:
            return
        title = tr("Where is {name}?", name=printable(exhibit.path.name))
        name, _filter = QFileDialog.getOpenFileName(self._window, title, str(exhibit.path.parent))
        if name:
            path = Path(name)
            self.media.is_same(exhibit, path, lambda same: self._take_located(identity, path, same))

    def _take_located(self, identity: int, path: Path, is_same: bool) -> None:
        exhibit = self.document.case.exhibit(identity)
        if exhibit is None:
            return
        if is_same:
            self.document.add_file(path, exhibit.sha256, exhibit.size)
            self.media.know(identity, MediaCheck(MediaState.PRESENT, path))
            self.open_exhibit(identity)
        else:
            self._tell(
                tr(
                    "{found} is not {name}: its bytes are not those that were examined.",
                    found=printable(path.name),
                    name=printable(exhibit.path.name),
                )
            )

    def _on_checked(self, identity: int) -> None:
        self.panel.show_checks(self.media.checks)
        check = self.media.checks[identity]
        if identity == self._left_at:
            self._left_at = None
            if check.path is not None and check.state in (MediaState.PRESENT, MediaState.MOVED):
                self.open_asked.emit(check.path)

    def _tell_trouble(self) -> None:
        """Say, once for a case, which of its media are not where or what they were."""
        found = ((exhibit, self.media.checks.get(exhibit.id)) for exhibit in self.document.exhibits)
        sentences = [
            media_sentence(exhibit, check) for exhibit, check in found
            if check is not None and check.state is not MediaState.PRESENT
        ]  # fmt: skip
        if sentences:
            self._tell("\n\n".join(sentences))

    # Another case -------------------------------------------------------------------------------------------

    def _on_opened(self) -> None:
        self.media.forget()
        self._player.close()
        self._session.close()
        case, path = self.keeper.read_as, self.keeper.path
        self._left_at, self._layout = case.current, case.layout
        if case != Case():
            self.layout_asked.emit()
            self._view.show_layout(case.layout)
        self.panel.show_checks({})
        self.named.emit()
        ordered = sorted(self.document.exhibits, key=lambda exhibit: exhibit.id != case.current)
        self.media.check(ordered, path)

    def _on_keeping(self) -> None:
        self.panel.show_keeping(keeping_words(self.keeper))
        self.named.emit()

    # Messages and the end ------------------------------------------------------------------------------------

    def _on_asked(self, box: QMessageBox) -> None:
        self.message = box

    def _tell(self, sentence: str) -> None:
        self.message = messages.show_words(self._window, tr("Case"), sentence)

    def _show_failure(self, failure: object) -> None:
        self.message = messages.show_failure(self._window, failure)  # type: ignore[arg-type]

    @property
    def is_running(self) -> bool:
        """Whether worker threads still live."""
        return self.keeper.is_running or self.media.is_running

    def shutdown(self) -> None:
        """Stop the threads; the caller has made sure that nothing is lost."""
        self.keeper.shutdown()
        self.media.shutdown()
