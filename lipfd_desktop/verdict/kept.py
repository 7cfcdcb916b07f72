"""Verdicts of results that were kept by an older program."""

from __future__ import annotations

from dataclasses import replace

from lipfd_desktop.result import AnalysisResult
from lipfd_desktop.verdict.rule import decide


def with_grounds(result: AnalysisResult) -> AnalysisResult:
    """``result`` with a verdict whose reason can be said in every language, where its scores still give that verdict.

    A result that an older program kept has the English sentence alone.  Its scores are judged again, and the answer
    is taken only when it is the same to the letter: what was found then is never found anew in silence.
    """
    if result.verdict.grounds is not None:
        return result
    again = decide(
        result.scores,
        model=result.model,
        threshold=result.threshold,
        window_frames=result.plan.window_frames,
        tracks=result.tracks,
        cancelled=result.cancelled,
    )
    return replace(result, verdict=again) if again == result.verdict else result
