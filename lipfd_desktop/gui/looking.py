"""Asks the engine for the pictures of a window, on a thread of its own; only the newest request matters."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from lipfd_desktop.gui.engine_port import EnginePort
from lipfd_desktop.gui.jobs import Failure, Job, JobRunner
from lipfd_desktop.result import AnalysisResult, WindowScore


class Looking(QObject):
    """Windows as the network was given them.

    A request that is replaced by a newer one is cancelled, and its answer never heard of.

    Signals
    -------
    seen
        The :class:`~lipfd_desktop.result.WindowScore` that was asked for and its
        :class:`~lipfd_desktop.result.SeenWindow`.
    unseen
        The window, and the sentence why there are no pictures of it.
    failed
        A :class:`~lipfd_desktop.gui.jobs.Failure` that is a defect of the program.
    """

    seen = Signal(object, object)
    unseen = Signal(object, str)
    failed = Signal(object)

    def __init__(self, engine: EnginePort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._runner = JobRunner("lipfd-look", self)
        self._job: Job | None = None

    def look(self, result: AnalysisResult, window: WindowScore) -> None:
        """Ask for an analysed window of the file that is open."""
        self.forget()
        self._job = self._runner.submit(
            lambda job: self._engine.look(result, window, is_cancelled=job.is_cancelled),
            partial(self._on_seen, window),
            partial(self._on_failed, window),
        )

    def forget(self) -> None:
        """What was asked for is not wanted any more."""
        if self._job is not None:
            self._runner.discard(self._job)
            self._job = None

    @property
    def is_busy(self) -> bool:
        return self._job is not None

    @property
    def is_running(self) -> bool:
        """Whether the thread still lives."""
        return self._runner.is_running

    def stop(self) -> None:
        """Ask the thread to end."""
        self._runner.stop()

    def wait(self) -> None:
        """Until the thread has ended after :meth:`stop`."""
        self._runner.wait()

    def _on_seen(self, window: WindowScore, answer: object) -> None:
        self._job = None
        self.seen.emit(window, answer)

    def _on_failed(self, window: WindowScore, failure: Failure | None) -> None:
        self._job = None
        if failure is None:
            return
        self.unseen.emit(window, failure.message)
        if failure.details is not None:
            self.failed.emit(failure)
