"""What a queue knows of each file: rows, never the arrays of a result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lipfd_desktop.errors import LipfdError
from lipfd_desktop.result import AnalysisResult, Outcome, Verdict


class ItemState(StrEnum):
    WAITING = "waiting"
    ANALYSING = "analysing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Finding:
    """What the table shows of a result.

    ``outcome`` is None for weights that were never trained: they give no verdict.  ``seconds`` is the time from the
    start of the file's turn to its result.
    """

    outcome: Outcome | None
    score: float | None
    verdict: Verdict
    windows_analysed: int
    windows_total: int
    seconds: float
    from_cache: bool
    model: str
    model_sha256: str
    sha256: str

    @classmethod
    def of(cls, result: AnalysisResult, seconds: float) -> Finding:
        verdict, coverage = result.verdict, result.coverage
        return cls(
            outcome=verdict.outcome if result.model.trained else None,
            score=verdict.score,
            verdict=verdict,
            windows_analysed=coverage.windows_analysed,
            windows_total=coverage.windows_total,
            seconds=seconds,
            from_cache=result.from_cache,
            model=result.model.name,
            model_sha256=result.model.sha256,
            sha256=result.sha256,
        )


@dataclass(frozen=True, slots=True)
class Item:
    """One file; ``done`` of ``total`` window positions are settled, ``problem`` is why it failed."""

    path: Path
    state: ItemState = ItemState.WAITING
    done: int = 0
    total: int = 0
    problem: LipfdError | str = ""
    finding: Finding | None = None
