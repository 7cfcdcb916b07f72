"""Keeps the open case on the disk: in its own file, or among the unsaved ones until it has one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, cast

from PySide6.QtCore import QObject, QTimer, Signal

from lipfd_desktop.case.file import CaseFile
from lipfd_desktop.case.records import Case
from lipfd_desktop.errors import CaseChangedError, CaseError, LipfdError
from lipfd_desktop.gui.case_document import CaseDocument
from lipfd_desktop.gui.case_keeping import Keeping, Unwritten
from lipfd_desktop.gui.case_recovery import RecoveryStore, Slot
from lipfd_desktop.gui.jobs import Failure, Job, JobRunner
from lipfd_desktop.language import mark, tr

AUTOSAVE_S: Final = 3.0
_RETRY_MS: Final = 30_000


class CaseKeeper(QObject):
    """Saves by itself, a few seconds after a change.

    Signals
    -------
    about_to_save
        Whoever knows something that belongs into the case, such as where the cursor is, puts it there now.
    state_changed
        :attr:`state` or :attr:`path` is another.
    opened
        The document holds another case, as it was read.
    saved
        The path, after the user asked to save.
    failed
        A :class:`~lipfd_desktop.gui.jobs.Failure`; once until saving works again.
    conflicted
        The sentence: the file was changed by somebody else.  Nothing is written there until the user decides.
    """

    about_to_save = Signal()
    state_changed = Signal()
    opened = Signal()
    saved = Signal(object)
    failed = Signal(object)
    conflicted = Signal(str)

    def __init__(self, document: CaseDocument, store: RecoveryStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.interval: Callable[[], float] = lambda: AUTOSAVE_S
        """Seconds from a change until it is saved."""
        self.store: Final = store
        self.read_as = Case()
        """The case as it was when it was opened, and which exhibit was open in it."""
        self._document: Final = document
        self._runner: Final = JobRunner("lipfd-case", self)
        self._file: CaseFile | None = None
        self._spare: CaseFile | None = None
        self._slot: Slot | None = None
        self._writing: Job | None = None
        self._reading: Job | None = None
        self._reserved: Slot | None = None
        self._asked: CaseFile | None = None
        self._is_failing = False
        self._conflict = ""
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._autosave)
        document.edited.connect(self._on_edited)

    @property
    def path(self) -> Path | None:
        """The user's file of the case; None when it was never saved."""
        return None if self._file is None else self._file.path

    @property
    def state(self) -> Keeping:
        if self._is_failing or self._conflict:
            return Keeping.FAILING
        if self._file is None and not self._document.case.has_work:
            return Keeping.NOTHING
        target = self._file or self._spare
        if target is None or target.written != self._document.case:
            return Keeping.PENDING
        return Keeping.SAVED if self._file is not None else Keeping.UNSAVED

    # By itself -----------------------------------------------------------------------------------------------

    def _on_edited(self) -> None:
        if not self._timer.isActive():
            self._timer.start(_RETRY_MS if self._is_failing else round(1000 * self.interval()))
        self.state_changed.emit()

    def _autosave(self) -> None:
        if self._writing is None:
            self.about_to_save.emit()
            self._timer.stop()  # what was put into the case just now is saved with it
            self._write_soon(self._target())

    def _target(self) -> CaseFile | None:
        """Where the case goes by itself: to its own file, else among the unsaved ones."""
        if self._file is not None and not self._conflict:
            return self._file
        return self._spare_file() if self._document.case.has_work else None

    def _spare_file(self) -> CaseFile | None:
        if self._spare is None:
            self._slot = self.store.new_slot()
            self._spare = CaseFile(self._slot.path, replaces=True, private=True) if self._slot is not None else None
        return self._spare

    def _write_soon(self, target: CaseFile | None, on_written: Callable[[], None] = lambda: None) -> None:
        case = self._document.case
        if target is None:
            return

        def done(_nothing: object) -> None:
            self._writing = None
            if target is not self._spare or self._file is None:
                self._is_failing = False
            on_written()
            if target is self._file:
                self._drop_spare()
            if self._document.case != case:
                self._on_edited()
            self.state_changed.emit()

        def failed(failure: Failure | None) -> None:
            self._writing = self._asked = None
            if failure is not None:
                self._take_failure(failure, target)
            self.state_changed.emit()

        self._writing = self._runner.submit(lambda _job: target.write(case), done, failed)

    def _take_failure(self, failure: Failure, target: CaseFile) -> None:
        if isinstance(failure.error, CaseChangedError):
            self._conflict = failure.message
            self.conflicted.emit(failure.message)
        else:
            if not self._is_failing:
                self.failed.emit(failure)
            self._is_failing = True
            self._timer.start(_RETRY_MS)
        if target is not self._spare and self._writing is None:
            self._write_soon(self._spare_file())

    def _drop_spare(self) -> None:
        if self._slot is not None:
            self._slot.delete()
        self._slot = self._spare = None

    # On demand -----------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Write to the case's own file now."""
        if self._file is not None:
            self._save_to(self._file)

    def save_as(self, path: Path) -> None:
        """Make ``path`` the case's own file; what lies there is replaced."""
        self._save_to(CaseFile(path, replaces=True))

    def replace_changed(self) -> None:
        """Overwrite what somebody else wrote to the case's own file."""
        if self._file is not None:
            self._file.replace_next()
            self._conflict = ""
            self.save()

    def _save_to(self, file: CaseFile) -> None:
        self._finish_writing()
        self.about_to_save.emit()
        self._timer.stop()

        self._asked, self._is_failing = file, False  # the user asked, so the user is told again
        self._write_soon(file, lambda: self._adopt(file))

    def _adopt(self, file: CaseFile) -> None:
        """``file`` holds the case now, and is its own from now on."""
        was_asked, self._asked = self._asked is file, None
        self._file, self._conflict = file, ""
        self._drop_spare()
        if was_asked:
            self.saved.emit(file.path)

    def flush(self) -> Unwritten | None:
        """Write what is not yet written, now; None when the case is where it belongs."""
        self._finish_writing()
        self.about_to_save.emit()
        self._timer.stop()
        case, problem, own = self._document.case, self._conflict, self._asked or self._file
        if not case.has_work and own is None:
            return None
        if own is not None:
            problem = problem if problem and own is self._file else _problem_of(own, case)
            if not problem:
                self._adopt(own)
                return None
            if case.has_same_work(own.written):
                return None  # looked at on a disc that cannot be written, say
        spare = self._spare_file()
        if spare is None:
            return Unwritten(problem or tr("This case was never saved."), is_kept=False)
        if why := _problem_of(spare, case):
            return Unwritten(why, is_kept=False)
        return Unwritten(problem, is_kept=True) if problem else None

    def _finish_writing(self) -> None:
        """What is being written is written again: its file waits for it, its answer is dropped."""
        if self._writing is not None:
            self._runner.discard(self._writing)
            self._writing = None

    def new(self) -> None:
        """An empty case; the caller has flushed the old one."""
        self._drop_reading()
        self._use(Case(), None, None)

    def open(self, path: Path) -> None:
        """Read the case at ``path``, which then is the case's own file or, of the unsaved ones, its spare."""
        self._drop_reading()
        slot = None
        if self.store.holds(path) and (slot := self.store.take(path)) is None:
            error = CaseError(
                mark("{name}: is open in a window of LipFD Desktop already; go on there, or close it first."),
                name=path.name,
            )
            self.failed.emit(Failure.of(error))
            return
        file, before = CaseFile(path, private=slot is not None), self._document.case

        def done(case: object) -> None:
            self._reading = None
            unwritten = self.flush()  # what was done while it was read; the rest the caller has flushed
            is_other = not self._document.case.has_same_work(before)
            if unwritten is not None and not unwritten.is_kept and is_other:
                give_up(Failure(unwritten.why, None))
            elif is_other and self.path == path:
                self.open(path)
            else:
                self._use(cast("Case", case), file, slot)

        def give_up(failure: Failure | None) -> None:
            self._reading = None
            if slot is not None:
                slot.release()
            if failure is not None:
                self.failed.emit(failure)

        self._reading, self._reserved = self._runner.submit(lambda _job: file.read(), done, give_up), slot

    def stop_reading(self) -> bool:
        """Stay with this case; the answer tells whether another one was being read."""
        was_reading = self._reading is not None
        self._drop_reading()
        return was_reading

    def _drop_reading(self) -> None:
        if self._reading is not None:
            self._runner.discard(self._reading)
            if self._reserved is not None:
                self._reserved.release()
        self._reading = None

    def _use(self, case: Case, file: CaseFile | None, slot: Slot | None) -> None:
        self._finish_writing()
        self._release_slot()
        self._asked = None
        self._timer.stop()
        self._is_failing, self._conflict = False, ""
        self._slot, self._spare, self._file = slot, (file if slot else None), (None if slot else file)
        self.read_as = case
        self._document.replace_case(case)
        self._timer.stop()
        self.opened.emit()
        self.state_changed.emit()

    def _release_slot(self) -> None:
        if self._slot is not None:
            self._slot.release()
        self._slot = self._spare = None

    @property
    def is_running(self) -> bool:
        """Whether the thread still lives."""
        return self._runner.is_running

    def shutdown(self) -> None:
        """Stop; what is not flushed is not written."""
        self._drop_reading()
        self._timer.stop()
        self._release_slot()
        self._runner.stop()
        self._runner.wait()


def _problem_of(file: CaseFile, case: Case) -> str:
    """Write now; empty, or the sentence why that did not work."""
    try:
        file.write(case)
    except LipfdError as error:
        return str(error)
    return ""
