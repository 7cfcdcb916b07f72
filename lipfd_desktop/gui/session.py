"""What is open, what runs and what was found: the state behind the window, without any widget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum, auto
from pathlib import Path
from time import perf_counter
from typing import Final, cast

from PySide6.QtCore import QObject, QTimer, Signal

from lipfd_desktop.gui.engine_port import EnginePort
from lipfd_desktop.gui.evidence import Evidence
from lipfd_desktop.gui.fetching import Fetching
from lipfd_desktop.gui.jobs import Failure, Job, JobRunner
from lipfd_desktop.gui.judge import MANY, Case, Judge
from lipfd_desktop.gui.library import Library
from lipfd_desktop.gui.looking import Looking
from lipfd_desktop.gui.outputs import Output, Outputs
from lipfd_desktop.handling import of_verdict
from lipfd_desktop.report.details import NO_DETAILS, ReportDetails
from lipfd_desktop.result import (
    AnalysisRequest,
    AnalysisResult,
    ModelInfo,
    OpenedMedia,
    Verdict,
)
from lipfd_desktop.verdict import Spans

REFRESH_MS: Final = 125
"""Results are shown at most this often while they arrive."""
_DUTY: Final = 8
"""With very many windows a refresh costs more; this many times its cost lies between two, so the window stays free."""

_JUDGED_S: Final = 2.0
"""With very many windows, spans and verdict are made anew this often while more arrive."""


class State(Enum):
    EMPTY = auto()
    OPENING = auto()
    READY = auto()
    ANALYSING = auto()
    CANCELLING = auto()


class Session(QObject):
    """Runs the engine on worker threads and holds what it said.

    Signals
    -------
    state_changed
        :attr:`state` is another.
    media_opened
        :attr:`media` is another file, nothing of it analysed yet.
    analysis_started
        What an earlier analysis found is gone, its face numbers as well.
    faces_renumbered
        A long file was analysed in parts: its faces are now numbered as they appear, not as they were met.
    evidence_changed
        :attr:`evidence` has more in it, or is another.
    threshold_changed
        :attr:`threshold` is another; :data:`judged` follows.
    judged
        :attr:`spans`, :attr:`verdict` or :attr:`face_verdicts` are new.
    result_ready
        :attr:`result` is complete, or as complete as it was when cancelled.
    analysed
        The result of an analysis that ended now, as the engine gave it; none that was kept with a case.
    exported
        The path of a finished report.
    failed
        A :class:`~lipfd_desktop.gui.jobs.Failure` that the user must see.
    """

    state_changed = Signal()
    media_opened = Signal()
    analysis_started = Signal()
    faces_renumbered = Signal()
    evidence_changed = Signal()
    threshold_changed = Signal()
    judged = Signal()
    result_ready = Signal()
    analysed = Signal(object)
    exported = Signal(object)
    failed = Signal(object)

    def __init__(self, engine: EnginePort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine: Final = engine
        self._main: Final = JobRunner("lipfd-main", self)
        self._side: Final = JobRunner("lipfd-side", self)
        self.looking: Final = Looking(engine, self)
        self.outputs: Final = Outputs(self.beside, self._on_side_failed, self)
        self.library: Final = Library(engine, self.beside, self)
        self.fetching: Final = Fetching(
            engine, self.beside, lambda: self.media, lambda: self._opening is not None, self.failed.emit, self
        )
        self._opening: Job | None = None
        self._analysis: Job | None = None
        self._restoring: Job | None = None
        self._cancelling = False
        self._own_threshold: float | None = None
        self._last_model: str | None = None
        self._chosen_model: ModelInfo | None = None
        self._judge: Final = Judge(self)
        self._judge.judged.connect(self._on_judged)
        self._judge.failed.connect(self.failed)
        self._parts: Final = (self._judge, self.looking, self._main, self._side, self.fetching)
        self._judge_next = 0.0
        self._is_unjudged = False
        self._started_at = 0.0
        self._timer = QTimer(self, interval=REFRESH_MS, singleShot=True)
        self._timer.timeout.connect(self._refresh)
        self.path: Path | None = None
        self.media: OpenedMedia | None = None
        self.evidence = Evidence()
        self.result: AnalysisResult | None = None
        self.is_exported = False

    @property
    def engine(self) -> EnginePort:
        """For what runs on a thread of its own."""
        return self._engine

    @property
    def state(self) -> State:
        if self._opening is not None:
            return State.OPENING
        if self._analysis is not None:
            return State.CANCELLING if self._cancelling else State.ANALYSING
        return State.EMPTY if self.media is None else State.READY

    @property
    def threshold(self) -> float:
        """Fake score from which a window counts as suspicious: the user's, else the model's, else one half."""
        if self._own_threshold is not None:
            return self._own_threshold
        model = self._judging_model
        return model.threshold if model else 0.5

    @property
    def knows_threshold(self) -> bool:
        """Whether :attr:`threshold` is anybody's: the user's, or that of the model that judged or is about to."""
        return self._own_threshold is not None or self._judging_model is not None

    @property
    def _judging_model(self) -> ModelInfo | None:
        started = self.evidence.started
        return started.model if started else self._chosen_model

    def choose_model(self, model: ModelInfo | None) -> None:
        """The next analysis will use ``model``; its threshold is shown before that."""
        self._chosen_model = model
        if self.evidence.started is None:
            self.threshold_changed.emit()

    @property
    def has_own_threshold(self) -> bool:
        """Whether the user moved the threshold away from the model's."""
        return self._own_threshold is not None

    @property
    def spans(self) -> Spans:
        """Highest peak first; the same object until there are others."""
        return self._judge.spans

    @property
    def verdict(self) -> Verdict | None:
        return self._judge.verdict

    @property
    def face_verdicts(self) -> Mapping[int, Verdict]:
        """Of each face by itself, by track id; faces without an analysed window have none."""
        return self._judge.faces

    @property
    def is_exporting(self) -> bool:
        """Whether a file is being written for others to see."""
        return self.outputs.is_writing

    @property
    def is_restoring(self) -> bool:
        """Whether a result that was kept elsewhere is about to be shown."""
        return self._restoring is not None

    @property
    def elapsed(self) -> float:
        """Seconds since the running analysis was asked for."""
        return perf_counter() - self._started_at

    # Files ---------------------------------------------------------------------------------------------------

    def open(self, path: Path) -> None:
        """Open ``path``; a running analysis is dropped, an open file stays until the new one is known to be good."""
        self._drop_jobs()
        self._opening = self._main.submit(
            lambda job: self._engine.open(path, is_cancelled=job.is_cancelled), self._on_opened, self._on_open_failed
        )
        self.path = path
        self.state_changed.emit()

    def _drop_jobs(self) -> None:
        for job in (self._opening, self._analysis, self._restoring):
            if job is not None:
                self._main.discard(job)
        self._opening = self._analysis = self._restoring = None
        self._cancelling = False
        self._timer.stop()

    def _on_opened(self, opened: object) -> None:
        self._opening = None
        self.media = cast("OpenedMedia", opened)
        self._own_threshold = self._last_model = None
        self._forget_evidence()
        self.media_opened.emit()
        self.evidence_changed.emit()
        self.state_changed.emit()

    def _on_open_failed(self, failure: Failure | None) -> None:
        self._opening = None
        self.path = self.media.info.path if self.media else None
        self.state_changed.emit()
        if failure is not None:
            self.failed.emit(failure)

    def close(self) -> None:
        """Have no file open; what runs is dropped."""
        self._drop_jobs()
        self.path = self.media = None
        self._own_threshold = self._last_model = None
        self._forget_evidence()
        self.evidence_changed.emit()
        self.state_changed.emit()

    def _forget_evidence(self) -> None:
        self.evidence = Evidence()
        self.result = None
        self._judge.forget()
        self.is_exported = self._is_unjudged = False

    # Analysis ------------------------------------------------------------------------------------------------

    def knows_face(self, request: AnalysisRequest) -> bool:
        """Whether the face of ``request`` is numbered as in the result that is shown: another range numbers anew."""
        return self.result is not None and self.result.request.time_range == request.time_range

    def analyze(self, request: AnalysisRequest, model: ModelInfo, *, anew: bool = False) -> None:
        """Start; what an earlier analysis of this file found is replaced.

        A threshold that the user set is for the model it was set with.
        """
        self._drop_jobs()
        self._forget_evidence()
        if self._last_model not in (None, model.sha256):
            self._own_threshold = None
        self._last_model = model.sha256
        request = replace(request, threshold=self._own_threshold)
        self._started_at = perf_counter()

        def work(job: Job) -> tuple[AnalysisResult, Evidence]:
            result = self._engine.analyze(
                request, model=model, on_progress=job.report, is_cancelled=job.is_cancelled, anew=anew
            )
            return result, Evidence.of_result(result)

        self._analysis = self._main.submit(work, self._on_analysed, self._on_analysis_failed, gives_way=True)
        self._timer.start(REFRESH_MS)
        self.analysis_started.emit()
        self.evidence_changed.emit()
        self.state_changed.emit()

    def restore(self, result: AnalysisResult) -> bool:
        """Show a result of the open file that was kept elsewhere, as if it had just been found.

        Its threshold becomes that of the window.  A result of other bytes than those of the open file is not shown;
        the answer tells whether it will be.
        """
        media = self.media
        if media is None or not media.may_be(result.sha256):
            return False
        if result.media.path != media.info.path:  # the file was moved: a report must name it where it is
            result = replace(
                result, media=media.info, request=replace(result.request, path=media.info.path)
            )  # fmt: skip
        if self._restoring is not None:
            self._main.discard(self._restoring)

        def read(_job: Job) -> object:
            return Evidence.of_kept(result)

        def take(answer: object) -> None:
            self._restoring = None
            self._take_restored(result, cast("Evidence", answer))

        def give_up(failure: Failure | None) -> None:
            self._restoring = None
            if failure is not None:
                self.failed.emit(failure)

        self._restoring = self._main.submit(read, take, give_up)
        return True

    def _take_restored(self, result: AnalysisResult, evidence: Evidence) -> None:
        self._forget_evidence()
        self._own_threshold, self._last_model = result.request.threshold, result.model.sha256
        self.evidence, self.result = evidence, result
        self.analysis_started.emit()
        self.threshold_changed.emit()
        self._ask_judge(result.verdict)
        self.evidence_changed.emit()
        self.state_changed.emit()
        self.result_ready.emit()

    def cancel(self) -> None:
        """Stop what runs; an analysis ends soon, with the windows that are done."""
        if self._opening is not None:
            self._opening.cancel()
        elif self._analysis is not None:
            self._analysis.cancel()
            self._cancelling = True
            self.state_changed.emit()

    def set_threshold(self, threshold: float | None) -> None:
        """Use ``threshold``, or the model's own for None; a report that was exported before says something else."""
        if threshold == self._own_threshold:
            return
        self._own_threshold = threshold
        self.is_exported = False
        self._apply_threshold()
        self.threshold_changed.emit()
        self._ask_judge()

    def _apply_threshold(self) -> None:
        """The report must say what the window shows."""
        if self.result is not None:
            request = replace(self.result.request, threshold=self._own_threshold)
            self.result = replace(self.result, request=request, threshold=self.threshold)

    def _refresh(self) -> None:
        if self._analysis is None:
            return
        began = perf_counter()
        self._is_unjudged |= self._take_events(self._analysis)
        is_due = len(self.evidence.scores) <= MANY or began >= self._judge_next
        if self._is_unjudged and is_due:
            self._ask_judge()
        self.evidence_changed.emit()
        cost_ms = (perf_counter() - began) * 1000
        self._timer.start(max(REFRESH_MS, round(_DUTY * cost_ms)))

    def _ask_judge(self, verdict: Verdict | None = None) -> None:
        """Judge the scores so far; sizes of faces and a cancellation are judged when the result is there."""
        started, result = self.evidence.started, self.result
        self._is_unjudged = False
        self._judge_next = perf_counter() + _JUDGED_S
        if started is None:
            return
        case = Case(
            scores=self.evidence.scores,
            model=started.model,
            threshold=self.threshold,
            window_frames=started.plan.window_frames,
            tracks=() if result is None else result.tracks,
            cancelled=result is not None and result.cancelled,
        )
        self._judge.judge(case, verdict)

    def _on_judged(self) -> None:
        is_new = self.result is not None and self.verdict is not self.result.verdict
        if self.result is not None and is_new and self._judge.is_settled and self.verdict is not None:
            self.result = replace(self.result, verdict=self.verdict)
        self.judged.emit()

    def _on_analysed(self, answer: object) -> None:
        job, self._analysis = self._analysis, None
        self._timer.stop()
        self._cancelling = False
        self._take_events(job)
        live = self.evidence
        result, self.evidence = cast("tuple[AnalysisResult, Evidence]", answer)
        self.evidence.follow(live)
        self.result = result
        if len(live.preview) and len(result.tracks) > 1 and result.request.face is None:
            self.faces_renumbered.emit()
        self._apply_threshold()
        self._ask_judge(result.verdict if result.threshold == self.threshold else None)
        self.evidence_changed.emit()
        self.state_changed.emit()
        self.result_ready.emit()
        self.analysed.emit(result)

    def _take_events(self, job: Job | None) -> bool:
        events = job.drain() if job is not None else []
        for event in events:
            self.evidence.add(event)
        return bool(events)

    def _on_analysis_failed(self, failure: Failure | None) -> None:
        job, self._analysis = self._analysis, None
        self._timer.stop()
        self._cancelling = False
        if self._take_events(job) or self._is_unjudged:
            self._ask_judge()
        self.state_changed.emit()
        self.evidence_changed.emit()
        if failure is not None:
            self.failed.emit(failure)

    # Beside an analysis --------------------------------------------------------------------------------------

    def export(self, path: Path, details: ReportDetails = NO_DETAILS) -> None:
        """Write the report of the result that is shown, with what the examiner adds."""
        if not self._judge.is_settled:
            self._judge.settle()
            self._on_judged()
        result = self.result
        if result is None:
            return

        def take(_nothing: object) -> None:
            if self.result is result:  # neither analysed anew nor judged by another threshold since
                self.is_exported = True
            self.exported.emit(path)

        def write(job: Job) -> None:
            self._engine.export(result, path, details=details, is_cancelled=job.is_cancelled)

        output = Output(
            kind=path.suffix.lower().removeprefix("."), path=path,
            about=result.media.path, about_sha256=result.sha256, details=of_verdict(result),
        )  # fmt: skip
        self.outputs.write(output, write, take)

    def beside(
        self,
        work: Callable[[Job], object],
        on_done: Callable[[object], None],
        on_failed: Callable[[Failure | None], None] | None = None,
    ) -> Job:
        """Run ``work`` on the side thread; failures go to :attr:`failed` unless ``on_failed`` takes them."""
        return self._side.submit(work, on_done, on_failed or self._on_side_failed)

    def _on_side_failed(self, failure: Failure | None) -> None:
        if failure is not None:
            self.failed.emit(failure)

    @property
    def is_running(self) -> bool:
        """Whether the worker threads still live."""
        return any(part.is_running for part in self._parts)

    def stop(self) -> None:
        """Ask everything to stop, without waiting; :attr:`is_running` tells when it has."""
        self._drop_jobs()
        for part in self._parts:
            part.stop()

    def shutdown(self) -> None:
        """Stop everything, then wait for it."""
        self.stop()
        for part in self._parts:
            part.wait()
