"""Suspicious spans and verdict of the scores so far, without making the window wait for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypedDict, cast

from PySide6.QtCore import QObject, Signal

from lipfd_desktop.gui.jobs import Failure, Job, JobRunner
from lipfd_desktop.result import FaceTrack, ModelInfo, Verdict, WindowScores
from lipfd_desktop.verdict import Spans, decide, decide_each, find_spans

MANY: Final = 20_000
"""Windows judged at once; more, which take tens of milliseconds, on a thread."""


class _Circumstances(TypedDict):
    model: ModelInfo
    threshold: float
    window_frames: int
    tracks: Sequence[FaceTrack]
    cancelled: bool


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Case:
    """What there is to judge: the arguments of :func:`~lipfd_desktop.verdict.decide`."""

    scores: WindowScores
    model: ModelInfo
    threshold: float
    window_frames: int
    tracks: Sequence[FaceTrack] = ()
    cancelled: bool = False

    def spans(self) -> Spans:
        return find_spans(self.scores, self.threshold)

    def verdict(self) -> Verdict | None:
        """None before the first window."""
        return decide(self.scores, **self._circumstances()) if len(self.scores) else None

    def faces(self) -> Mapping[int, Verdict]:
        """By track id; of faces with an analysed window."""
        return decide_each(self.scores, **self._circumstances())

    def _circumstances(self) -> _Circumstances:
        return {
            "model": self.model,
            "threshold": self.threshold,
            "window_frames": self.window_frames,
            "tracks": self.tracks,
            "cancelled": self.cancelled,
        }


class Judge(QObject):
    """Judges the newest case; with very many windows on a thread, spans first, and skips cases that are outdated.

    Signals
    -------
    judged
        :attr:`spans`, :attr:`verdict` or :attr:`faces` are new.
    failed
        A :class:`~lipfd_desktop.gui.jobs.Failure`.
    """

    judged = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner: Final = JobRunner("lipfd-judge", self)
        self._case: Case | None = None
        self._spans_of: Case | None = None
        self._verdict_of: Case | None = None
        self._faces_of: Case | None = None
        self._job: Job | None = None
        self.spans = Spans.empty()
        self.verdict: Verdict | None = None
        self.faces: Mapping[int, Verdict] = {}

    @property
    def is_settled(self) -> bool:
        """Whether spans and verdict of the file are those of the newest case."""
        return self._spans_of is self._case and self._verdict_of is self._case

    def forget(self) -> None:
        self._drop_job()
        self._case = self._spans_of = self._verdict_of = self._faces_of = None
        self.spans, self.verdict, self.faces = Spans.empty(), None, {}

    def judge(self, case: Case, verdict: Verdict | None = None) -> None:
        """Judge ``case``, of which ``verdict`` may be known."""
        if self._is_decided(case):
            verdict = verdict or self.verdict
            self._faces_of = case if self._faces_of is self._verdict_of else None
        self._case = case
        if verdict is not None:
            self.verdict, self._verdict_of = verdict, case
        if len(case.scores) <= MANY:
            self.settle()
            self.judged.emit()
        else:
            self._go_on()

    def _is_decided(self, case: Case) -> bool:
        """Whether the verdict stays: only the threshold moved, and the limits are those of the model's rule."""
        before = self._verdict_of
        if before is None or self.verdict is None or not self.verdict.calibrated:
            return False
        return (before.scores, before.model, before.tracks, before.cancelled) == (
            case.scores, case.model, case.tracks, case.cancelled
        )  # fmt: skip

    def settle(self) -> None:
        """Finish judging now."""
        self._drop_job()
        case = self._case
        if case is None:
            return
        if self._spans_of is not case:
            self.spans, self._spans_of = case.spans(), case
        if self._verdict_of is not case:
            self.verdict, self._verdict_of = case.verdict(), case
        if self._faces_of is not case:
            self.faces, self._faces_of = case.faces(), case

    def _drop_job(self) -> None:
        if self._job is not None:
            self._runner.discard(self._job)
            self._job = None

    def _go_on(self) -> None:
        case = self._case
        if self._job is not None or case is None:
            return
        if self._spans_of is not case:
            self._submit(case.spans, lambda spans: self._take_spans(case, cast("Spans", spans)))
        elif self._verdict_of is not case:
            self._submit(case.verdict, lambda verdict: self._take_verdict(case, cast("Verdict | None", verdict)))
        elif self._faces_of is not case:
            self._submit(case.faces, lambda faces: self._take_faces(case, cast("Mapping[int, Verdict]", faces)))

    def _submit(self, work: Callable[[], object], take: Callable[[object], None]) -> None:
        def done(answer: object) -> None:
            self._job = None
            take(answer)
            self.judged.emit()
            self._go_on()

        self._job = self._runner.submit(lambda _job: work(), done, self._on_failed)

    def _take_spans(self, case: Case, spans: Spans) -> None:
        self.spans, self._spans_of = spans, case

    def _take_verdict(self, case: Case, verdict: Verdict | None) -> None:
        if self._verdict_of is not self._case:  # else the newest was known without asking
            self.verdict, self._verdict_of = verdict, case

    def _take_faces(self, case: Case, faces: Mapping[int, Verdict]) -> None:
        if self._faces_of is not self._case:
            self.faces, self._faces_of = faces, case

    def _on_failed(self, failure: Failure | None) -> None:
        self._job = None
        if failure is not None:
            self.failed.emit(failure)
        self._go_on()

    @property
    def is_running(self) -> bool:
        """Whether the thread still lives."""
        return self._runner.is_running

    def stop(self) -> None:
        """Ask the thread to end."""
        self._drop_job()
        self._runner.stop()

    def wait(self) -> None:
        """Until the thread has ended after :meth:`stop`."""
        self._runner.wait()
