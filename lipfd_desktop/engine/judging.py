"""The threshold and the verdict of a result, whether its scores were computed just now or kept from earlier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lipfd_desktop.result import AnalysisRequest, AnalysisResult, FaceTrack, ModelInfo, Plan, Verdict, WindowScores
from lipfd_desktop.verdict import decide


def judge(
    scores: WindowScores,
    *,
    request: AnalysisRequest,
    model: ModelInfo,
    plan: Plan,
    tracks: Sequence[FaceTrack],
    cancelled: bool,
) -> tuple[float, Verdict]:
    """The threshold, which is the model's own unless the request has one, and what it makes of the scores."""
    threshold = model.threshold if request.threshold is None else request.threshold
    verdict = decide(
        scores,
        model=model,
        threshold=threshold,
        window_frames=plan.window_frames,
        tracks=tracks,
        cancelled=cancelled,
    )
    return threshold, verdict


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
