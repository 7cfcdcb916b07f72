"""Analyses many files, one after the other, beside the open one and without any widget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Final, cast

from PySide6.QtCore import QObject, QTimer, Signal

from lipfd_desktop.gui.engine_port import EnginePort
from lipfd_desktop.gui.jobs import Failure, Job, JobRunner
from lipfd_desktop.gui.queue_items import Finding, Item, ItemState
from lipfd_desktop.language import tr
from lipfd_desktop.result import AnalysisRequest, AnalysisResult, ModelInfo, WindowsScored

_REFRESH_MS: Final = 250
_KEPT_WINDOWS: Final = 200_000
"""Windows of results that are held for opening them: some 50 MB.  Older ones are found among the kept results."""

Settings = Callable[[Path], tuple[AnalysisRequest, ModelInfo] | None]
"""How a file is to be analysed, or None while there is no model."""


class QueueRunner(QObject):
    """A list of files and the thread that works through it.

    Parameters
    ----------
    make_engine
        Gives the engine that it uses; called once, on its thread.
    settings
        Asked when the turn of a file comes.
    is_free
        Whether the next file may begin: not while the user analyses by hand.

    Signals
    -------
    items_changed
        :attr:`items` has other files in it.
    item_changed
        The place of an item that has another state, progress or finding.
    state_changed
        It started, paused or stopped.
    result_ready
        The :class:`~lipfd_desktop.result.AnalysisResult` of a file that is done, and what :attr:`stamp` gave when its
        turn began.
    failed
        A :class:`~lipfd_desktop.gui.jobs.Failure` that is a defect of the program; what is wrong with a file is told in
        its row.
    """

    items_changed = Signal()
    item_changed = Signal(int)
    state_changed = Signal()
    result_ready = Signal(object, object)
    failed = Signal(object)

    def __init__(
        self,
        make_engine: Callable[[], EnginePort],
        settings: Settings,
        is_free: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._make_engine: Final = make_engine
        self._settings: Final = settings
        self._is_free: Final = is_free
        self._runner: Final = JobRunner("lipfd-queue", self)
        self._engine: EnginePort | None = None
        self._items: list[Item] = []
        self._requests: dict[Path, tuple[AnalysisRequest, ModelInfo]] = {}
        self._results: dict[Path, AnalysisResult] = {}
        self._job: Job | None = None
        self._current: Path | None = None
        self._began = 0.0
        self.stamp: Callable[[], object] = lambda: None
        """Names whatever the next file is analysed for."""
        self._stamped: object = None
        self._timer = QTimer(self, interval=_REFRESH_MS)
        self._timer.timeout.connect(self._take_progress)
        self.is_started = False
        """The user wants it to go on; it may be waiting for its turn."""

    @property
    def items(self) -> Sequence[Item]:
        return self._items

    @property
    def is_running(self) -> bool:
        """Whether a file is being analysed now."""
        return self._job is not None

    @property
    def is_waiting(self) -> bool:
        """Whether it would go on, were the user not analysing by hand."""
        return self.is_started and self._job is None and self._next() is not None

    # The list ------------------------------------------------------------------------------------------------

    def add(self, paths: Iterable[Path]) -> int:
        """Put files at the end; those in the list already stay where they are.  How many were added."""
        known = {item.path for item in self._items}
        fresh = [path for path in dict.fromkeys(paths) if path not in known]
        self._items += [Item(path) for path in fresh]
        if fresh:
            self.items_changed.emit()
            self.go_on()
        return len(fresh)

    def remove(self, places: Iterable[int]) -> None:
        """Take files out of the list; the one that is being analysed is cancelled."""
        gone = {self._items[place].path for place in places}
        if self._current in gone:
            self._drop_job()
        self._items = [item for item in self._items if item.path not in gone]
        for path in gone:
            self._requests.pop(path, None)
            self._results.pop(path, None)
        self.items_changed.emit()
        self._settle()

    def retry(self, places: Iterable[int]) -> None:
        """Let files that have had their turn wait for another one."""
        for place in places:
            if self._items[place].state not in (ItemState.WAITING, ItemState.ANALYSING):
                self._set(place, Item(self._items[place].path))
        self.go_on()
        self.state_changed.emit()

    def result_of(self, path: Path) -> AnalysisResult | None:
        """The result, while it is held: of the newest files."""
        return self._results.get(path)

    def sha256_of(self, path: Path) -> str:
        """The hash of the bytes that were analysed at ``path``; empty before they were."""
        place = self._place(path)
        finding = None if place is None else self._items[place].finding
        return finding.sha256 if finding else ""

    def request_of(self, path: Path) -> tuple[AnalysisRequest, ModelInfo] | None:
        """How ``path`` was analysed, to find its result among the kept ones."""
        return self._requests.get(path)

    # Working -------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self.is_started = True
        self.go_on()
        self.state_changed.emit()

    def pause(self) -> None:
        """Stop after the file that is being analysed."""
        self.is_started = False
        self._settle()

    def cancel(self) -> None:
        """Stop now; what was found in the running file is thrown away, the other files go on waiting."""
        self.is_started = False
        if self._job is not None and self._current is not None:
            place = self._place(self._current)
            self._drop_job()
            if place is not None:
                self._set(place, replace(self._items[place], state=ItemState.CANCELLED, done=0, total=0))
        self._settle()

    def go_on(self) -> None:
        """Begin with the next file, if it is time."""
        place = self._next()
        if not self.is_started or self._job is not None or place is None or not self._is_free():
            return
        path = self._items[place].path
        chosen = self._settings(path)
        if chosen is None:
            self.is_started = False
            self.state_changed.emit()
            self.failed.emit(
                Failure(tr("No detection model is installed: Analysis › Models says where to get one."), None)
            )
            return
        request, model = self._requests[path] = chosen

        def work(job: Job) -> AnalysisResult:
            if self._engine is None:
                self._engine = self._make_engine()
            return self._engine.analyze(request, model=model, on_progress=job.report, is_cancelled=job.is_cancelled)

        self._current, self._began, self._stamped = path, perf_counter(), self.stamp()
        self._set(place, Item(path, ItemState.ANALYSING))
        self._job = self._runner.submit(work, self._on_done, self._on_failed, gives_way=True)
        self._timer.start()
        self.state_changed.emit()

    def _next(self) -> int | None:
        return next((place for place, item in enumerate(self._items) if item.state is ItemState.WAITING), None)

    def _place(self, path: Path) -> int | None:
        return next((place for place, item in enumerate(self._items) if item.path == path), None)

    def _set(self, place: int, item: Item) -> None:
        self._items[place] = item
        self.item_changed.emit(place)

    def _drop_job(self) -> None:
        if self._job is not None:
            self._runner.discard(self._job)
        self._job = self._current = None
        self._timer.stop()

    def _take_progress(self) -> None:
        place = self._place(self._current) if self._current is not None else None
        if self._job is None or place is None:
            return
        told = [event for event in self._job.drain() if isinstance(event, WindowsScored)]
        if told:
            self._set(place, replace(self._items[place], done=told[-1].done, total=told[-1].total))

    def _on_done(self, answer: object) -> None:
        result = cast("AnalysisResult", answer)
        path = self._end_turn()
        self._hold(path, result)
        finding = Finding.of(result, perf_counter() - self._began)
        place = self._place(path)
        if place is not None:
            self._set(place, Item(path, ItemState.DONE, finding=finding))
        self.result_ready.emit(result, self._stamped)
        self._settle()

    def _on_failed(self, failure: Failure | None) -> None:
        path = self._end_turn()
        place = self._place(path)
        if place is not None:
            problem = (failure.error or failure.message) if failure else ""
            state = ItemState.FAILED if failure else ItemState.CANCELLED
            self._set(place, Item(path, state, problem=problem))
        if failure is not None and failure.details is not None:
            self.is_started = False
            self.failed.emit(failure)
        self._settle()

    def _end_turn(self) -> Path:
        path = cast("Path", self._current)
        self._job = self._current = None
        self._timer.stop()
        return path

    def _hold(self, path: Path, result: AnalysisResult) -> None:
        self._results.pop(path, None)
        self._results[path] = result
        while sum(len(held.scores) for held in self._results.values()) > _KEPT_WINDOWS and len(self._results) > 1:
            self._results.pop(next(iter(self._results)))

    def _settle(self) -> None:
        """Go on, or say that there is nothing more to do."""
        if self._next() is None and self._job is None:
            self.is_started = False
        self.go_on()
        self.state_changed.emit()

    # The end -------------------------------------------------------------------------------------------------

    @property
    def is_alive(self) -> bool:
        """Whether the thread still lives."""
        return self._runner.is_running

    def shutdown(self) -> None:
        """Cancel what runs, and wait for the thread."""
        self.is_started = False
        self._drop_job()
        self._runner.stop()
        self._runner.wait()
