"""Where cases come from and go to: new, open, save, recent and unsaved ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMenu, QMessageBox

from lipfd_desktop.case.file import CASE_SUFFIX
from lipfd_desktop.gui import messages, text
from lipfd_desktop.gui.case_document import CaseDocument
from lipfd_desktop.gui.case_keeper import CaseKeeper
from lipfd_desktop.gui.case_recovery import Unsaved
from lipfd_desktop.gui.output_folders import OutputFolders
from lipfd_desktop.gui.session import Session, State
from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.language import tr, trn
from lipfd_desktop.report.text import printable


class CaseShelf(QObject):
    """Asks the user which case, and where to.

    Signals
    -------
    asked
        The message that was put before the user.
    said
        A sentence for the status bar.
    """

    asked = Signal(object)
    said = Signal(str)

    def __init__(
        self,
        window: QMainWindow,
        session: Session,
        keeper: CaseKeeper,
        document: CaseDocument,
        settings: Settings,
        folders: OutputFolders,
    ) -> None:
        super().__init__(window)
        self._window: Final = window
        self._session: Final = session
        self._keeper: Final = keeper
        self._document: Final = document
        self._settings: Final = settings
        self._folders: Final = folders
        self.recent_menu: Final = QMenu(tr("Open &recent case"), window)
        self.recent_menu.aboutToShow.connect(self._fill_recent)
        keeper.saved.connect(self._on_saved)
        keeper.opened.connect(self._on_opened)
        keeper.conflicted.connect(self._ask_conflict)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the actions of the window do."""
        return {
            "case-new": self.new,
            "case-open": self._ask_open,
            "case-save": self.save,
            "case-save-as": self._ask_save,
        }

    def _on_opened(self) -> None:
        if self._keeper.path is not None:
            self._settings.add_recent_case(self._keeper.path)

    def _ask(self, question: str, explanation: str, consent: str, go_on: Callable[[], None]) -> QMessageBox:
        box = messages.ask(self._window, question, explanation, consent, go_on)
        self.asked.emit(box)
        return box

    # New, open, save -----------------------------------------------------------------------------------------

    def new(self) -> None:
        """Begin an empty case; the open one stays on the disk."""
        self._leave(tr("Begin a new case?"), tr("New case"), self._keeper.new)

    def open(self, path: Path) -> None:
        """Open the case at ``path``; the open one stays on the disk."""
        self._leave(tr("Open another case?"), tr("Open"), partial(self._keeper.open, path.absolute()))

    def _leave(self, question: str, consent: str, go_on: Callable[[], None]) -> None:
        if loss := self.loss():
            self._ask(question, loss, consent, go_on)
        else:
            go_on()

    def loss(self) -> str:
        """Put the case on the disk; empty, or the sentence about what closing it would lose or put elsewhere."""
        running = ""
        if self._session.state in (State.ANALYSING, State.CANCELLING):
            running = tr("An analysis is running; what it has found so far would be lost.")
        return " ".join(words for words in (running, self._unwritten()) if words)

    def _unwritten(self) -> str:
        unwritten = self._keeper.flush()
        if unwritten is None:
            return ""
        if unwritten.is_kept:
            return tr(
                "{why} The latest results, marks and notes are kept among the unsaved cases, not in the case file.",
                why=unwritten.why,
            )
        return tr("{why} Its latest results, marks and notes would be lost.", why=unwritten.why)

    def save(self) -> None:
        """Write the case to its file, or ask for one."""
        if self._keeper.path is None:
            self._ask_save()
        else:
            self._keeper.save()

    def _ask_save(self) -> None:
        case, folder = self._document.case, self._folders.propose("case")
        first = case.exhibits[0].path.stem if case.exhibits else tr("Case")
        name = "".join("_" if char in '/\\:*?"<>|' else char for char in case.number or case.title or first)
        chosen, _filter = QFileDialog.getSaveFileName(
            self._window, tr("Save the case"), str(folder / f"{name}{CASE_SUFFIX}"),
            tr("Case (*{suffix})", suffix=CASE_SUFFIX), options=QFileDialog.Option.DontConfirmOverwrite,
        )  # fmt: skip
        if not chosen:
            return
        path = Path(chosen if chosen.lower().endswith(CASE_SUFFIX) else f"{chosen}{CASE_SUFFIX}")
        self._folders.remember("case", path.parent)
        if path.exists() and path.absolute() != self._keeper.path:
            self._ask(
                tr("Replace {name}?", name=printable(path.name)),
                tr("There is a file of this name; its contents will be lost."),
                tr("Replace"),
                partial(self._keeper.save_as, path),
            )
        else:
            self._keeper.save_as(path)

    def _on_saved(self, path: Path) -> None:
        self._settings.add_recent_case(path)
        self.said.emit(tr("Case saved: {path}", path=printable(path)))

    def _ask_conflict(self, sentence: str) -> None:
        box = self._ask(tr("The case file was changed by another program"), sentence, tr("Replace the file"),
            self._keeper.replace_changed,
        )  # fmt: skip
        box.addButton(tr("Save under another name…"), QMessageBox.ButtonRole.ActionRole).clicked.connect(self._ask_save)

    def _ask_open(self) -> None:
        chosen, _filter = QFileDialog.getOpenFileName(
            self._window, tr("Open case"), self._settings.folder("case"), tr("Case (*{suffix})", suffix=CASE_SUFFIX)
        )
        if chosen:
            self._settings.set_folder("case", Path(chosen).parent)
            self.open(Path(chosen))

    # Recent and unsaved --------------------------------------------------------------------------------------

    def _fill_recent(self) -> None:
        menu, unsaved = self.recent_menu, self._keeper.store.unsaved()
        menu.clear()
        for path in self._settings.recent_cases:
            menu.addAction(text.menu_entry(printable(path)), partial(self.open, path))
        if not menu.isEmpty() and unsaved:
            menu.addSeparator()
        for entry in unsaved:
            menu.addAction(_unsaved_words(entry), partial(self.open, entry.path))
        if menu.isEmpty():
            menu.addAction(tr("No recent cases")).setEnabled(False)
        if unsaved:
            menu.addSeparator()
            menu.addAction(tr("Delete unsaved cases…"), self._ask_delete)

    def offer_unsaved(self) -> None:
        """After a crash, ask whether to go on where it happened; else only say that there are unsaved cases."""
        unsaved = self._keeper.store.unsaved()
        crashed = next((entry for entry in unsaved if entry.crashed), None)
        if crashed is not None:
            self._ask(
                tr("Open the case that was open when the program ended unexpectedly?"),
                tr(
                    "It was kept at {when}. It stays in the menu of recent cases.",
                    when=text.local_time(crashed.changed),
                ),
                tr("Open the case"),
                partial(self.open, crashed.path),
            )
        elif unsaved:
            self.said.emit(
                trn("{count:,} unsaved case is kept: see “Open recent case”.",
                    "{count:,} unsaved cases are kept: see “Open recent case”.", len(unsaved))
            )  # fmt: skip

    def _ask_delete(self) -> None:
        count = len(self._keeper.store.unsaved())
        self._ask(
            trn("Delete {count:,} unsaved case?", "Delete {count:,} unsaved cases?", count),
            tr("Their marks, notes and results will be lost; the videos stay as they are."),
            tr("Delete"),
            self._keeper.store.delete_all,
        )


def _unsaved_words(entry: Unsaved) -> str:
    return tr("Unsaved case of {when}", when=text.local_time(entry.changed))
