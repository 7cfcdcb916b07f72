"""Looks, beside the window, for the media of a case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, cast

from PySide6.QtCore import QObject, Signal

from lipfd_desktop.case.records import Exhibit
from lipfd_desktop.case.relocation import MediaCheck, MediaState, check_media
from lipfd_desktop.gui.jobs import Failure, Job, JobRunner


class CaseMedia(QObject):
    """What became of the media of every exhibit.

    Signals
    -------
    checked
        The id of an exhibit whose entry in :attr:`checks` is new.
    all_checked
        After :meth:`check`, when every exhibit is.
    failed
        A :class:`~lipfd_desktop.gui.jobs.Failure`.
    """

    checked = Signal(int)
    all_checked = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.checks: dict[int, MediaCheck] = {}
        self._runner: Final = JobRunner("lipfd-media", self)
        self._jobs: set[Job] = set()

    def forget(self) -> None:
        """Another case is open."""
        for job in self._jobs:
            self._runner.discard(job)
        self._jobs.clear()
        self.checks = {}

    def check(self, exhibits: list[Exhibit], case_path: Path | None) -> None:
        """Look for the media of these, in this order."""
        for exhibit in exhibits:
            self._submit(exhibit, case_path, partial(self._take, exhibit.id))
        if not exhibits:
            self.all_checked.emit()

    def _take(self, identity: int, check: MediaCheck) -> None:
        self.checks[identity] = check
        self.checked.emit(identity)
        if not self._jobs:
            self.all_checked.emit()

    def is_same(self, exhibit: Exhibit, path: Path, on_done: Callable[[bool], None]) -> None:
        """Find out whether the bytes of ``exhibit`` lie at ``path``."""
        self._submit(
            replace(exhibit, path=path), None, lambda check: on_done(check.state is MediaState.PRESENT)
        )  # fmt: skip

    def _submit(self, exhibit: Exhibit, case_path: Path | None, take: Callable[[MediaCheck], None]) -> None:
        def done(check: object) -> None:
            self._jobs.discard(job)
            take(cast("MediaCheck", check))

        def give_up(failure: Failure | None) -> None:
            self._jobs.discard(job)
            if failure is not None:
                self.failed.emit(failure)

        job = self._runner.submit(lambda job: check_media(exhibit, case_path, job.is_cancelled), done, give_up)
        self._jobs.add(job)

    def know(self, identity: int, check: MediaCheck) -> None:
        """Take what is known without looking, because the file was just opened."""
        self.checks[identity] = check
        self.checked.emit(identity)

    @property
    def is_running(self) -> bool:
        """Whether the thread still lives."""
        return self._runner.is_running

    def shutdown(self) -> None:
        self._runner.stop()
        self._runner.wait()
