"""The threshold and the verdict of a result, whether its scores were computed just now or kept from earlier."""

from __future__ import annotations

from collections.abc import Sequence

from lipfd_desktop.result import AnalysisRequest, FaceTrack, ModelInfo, Plan, Verdict, WindowScores
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
