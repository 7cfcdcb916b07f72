"""Work that runs beside the window: one thread a runner, one job at a time, late answers dropped."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Protocol

from PySide6.QtCore import QObject, QThread, Signal, Slot

from lipfd_desktop.errors import Cancelled, LipfdError
from lipfd_desktop.language import speaking
from lipfd_desktop.result import ProgressEvent

_SWITCH_S: Final = 0.001
"""How long a worker may hold the interpreter when the window wants it.  Python's own 5 ms are paid several times for
one picture of a video; see docs/benchmarks-window.md."""


_NICENESS: Final = 15
"""Of 19: of a core that both want the window gets nearly all; what it leaves, which is most, is the analysis's."""


def trace_of(error: BaseException) -> str:
    """The traceback of a defect, in English for those who mend it."""
    with speaking("en"):
        return "".join(traceback.format_exception(error))


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job gave no result.

    ``details`` is None for what the user can act on, and the traceback for what is a defect of the program.
    ``error`` is what the user can act on, for whoever can act on it without being asked.
    """

    message: str
    details: str | None
    error: LipfdError | None = field(default=None, compare=False)

    @classmethod
    def of(cls, error: LipfdError) -> Failure:
        """Told in the language that is spoken now."""
        return cls(str(error), None, error)


class Job:
    """One piece of work and the two ways to talk to it while it runs: cancel it, drain what it reported.

    Parameters
    ----------
    gives_way
        It computes for long: where cores are scarce everything else of the program comes first.
    """

    def __init__(self, work: Callable[[Job], object], *, gives_way: bool = False) -> None:
        self._work: Final = work
        self.gives_way: Final = gives_way
        self._cancelled: Final = threading.Event()
        self._events: Final[deque[ProgressEvent]] = deque()

    def cancel(self) -> None:
        self._cancelled.set()

    def is_cancelled(self) -> bool:
        return self._cancelled.is_set()

    def report(self, event: ProgressEvent) -> None:
        """Called on the worker's thread; the window drains at its own pace, so a fast engine cannot flood it."""
        self._events.append(event)

    def drain(self) -> list[ProgressEvent]:
        return [self._events.popleft() for _ in range(len(self._events))]

    def run(self) -> object:
        if self.is_cancelled():
            raise Cancelled
        return self._work(self)


def _give_way() -> None:
    """Let this thread, and those that it starts from now on, wait for others of the program where cores are scarce.

    Under Linux alone: Qt's priorities do nothing there, and a niceness is one of a thread, which its children inherit.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


class _Worker(QObject):
    finished = Signal(object, object)
    failed = Signal(object, object)

    def __init__(self, computing: Executor) -> None:
        super().__init__()
        self._computing = computing

    @Slot(object)
    def run(self, job: Job) -> None:
        try:
            result = self._computing.submit(job.run).result() if job.gives_way else job.run()
        except Cancelled:
            self.failed.emit(job, None)
        except LipfdError as error:
            self.failed.emit(job, Failure.of(error))
        except Exception as error:  # a defect must reach the user, not end the thread
            self.failed.emit(job, Failure(f"{type(error).__name__}: {error}", trace_of(error)))
        else:
            self.finished.emit(job, result)


class Beside(Protocol):
    """Runs work on a thread that has little to do; failures that ``on_failed`` does not take are told to the user."""

    def __call__(
        self,
        work: Callable[[Job], object],
        on_done: Callable[[object], None],
        on_failed: Callable[[Failure | None], None] | None = None,
    ) -> Job: ...


class JobRunner(QObject):
    """Runs jobs in order on a thread of its own.

    A job that was discarded, because something newer replaced it, is cancelled and never heard of again.
    """

    _submitted = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        sys.setswitchinterval(min(_SWITCH_S, sys.getswitchinterval()))
        self._answers: dict[Job, tuple[Callable[[object], None], Callable[[Failure | None], None]]] = {}
        self._thread = QThread()
        self._thread.setObjectName(name)
        # A niceness is taken on for good, so those that give way have a thread to themselves: others are waited for.
        self._computing = ThreadPoolExecutor(1, f"{name}-computing", initializer=_give_way)
        self._worker = _Worker(self._computing)
        self._worker.moveToThread(self._thread)
        self._submitted.connect(self._worker.run)
        self._worker.finished.connect(self._on_finished)
        self._worker.failed.connect(self._on_failed)
        self._thread.start(QThread.Priority.LowPriority)

    def submit(
        self,
        work: Callable[[Job], object],
        on_done: Callable[[object], None],
        on_failed: Callable[[Failure | None], None],
        *,
        gives_way: bool = False,
    ) -> Job:
        """Queue ``work``; exactly one of the two answers is called, on the caller's thread, unless discarded.

        ``on_failed`` gets None when the job gave up because it was cancelled.  For ``gives_way`` see :class:`Job`.
        """
        job = Job(work, gives_way=gives_way)
        self._answers[job] = (on_done, on_failed)
        self._submitted.emit(job)
        return job

    def discard(self, job: Job) -> None:
        job.cancel()
        self._answers.pop(job, None)

    @property
    def is_running(self) -> bool:
        return self._thread.isRunning()

    def stop(self) -> None:
        """Ask the running job to stop; those that wait for their turn give up when it comes."""
        for job in list(self._answers):
            self.discard(job)
        self._thread.quit()

    def wait(self) -> None:
        """Until the thread has ended after :meth:`stop`."""
        self._thread.wait()
        self._computing.shutdown()

    @Slot(object, object)
    def _on_finished(self, job: Job, result: object) -> None:
        if answers := self._answers.pop(job, None):
            answers[0](result)

    @Slot(object, object)
    def _on_failed(self, job: Job, failure: Failure | None) -> None:
        if answers := self._answers.pop(job, None):
            answers[1](failure)
