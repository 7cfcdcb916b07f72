"""Time of the planned range that no analysed window covers."""

from __future__ import annotations

import numpy as np

from lipfd_desktop.language import tr, trn
from lipfd_desktop.report.text import stretch
from lipfd_desktop.result import AnalysisResult
from lipfd_desktop.verdict import TOUCHING, analysed_time

Stretch = tuple[float, float]
"""Start and end in seconds of PTS."""


def gaps(result: AnalysisResult) -> list[Stretch]:
    """Stretches of the planned range of which no window was analysed, in order."""
    seen = np.clip(analysed_time(result.scores), result.plan.start, result.plan.end).ravel().tolist()
    edges = [result.plan.start, *seen, result.plan.end]
    return [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if end - start > TOUCHING]


def describe_gaps(result: AnalysisResult, *, limit: int) -> list[str]:
    """Sentences that list the gaps; those that only the stride leaves between two analysed windows are counted."""
    missing, strided = gaps(result), _ends_before_the_next_window(result)
    between = [gap for gap in missing if gap[0] in strided and strided[gap[0]] == gap[1]]
    others = [gap for gap in missing if gap not in set(between)]
    sentences = []
    if others:
        named, more = tr("; ").join(stretch(start, end) for start, end in others[:limit]), len(others) - limit
        sentences.append(
            tr("Not analysed: {stretches}.", stretches=named)
            if more <= 0
            else trn(
                "Not analysed: {stretches} and {count:,} more.",
                "Not analysed: {stretches} and {count:,} more.",
                more, stretches=named,
            )
        )  # fmt: skip
    if between:
        longest = max(end - start for start, end in between)
        plan = result.plan
        sentences.append(
            trn(
                "Not analysed between windows: {count:,} gap of at most {longest:.3f} s each, together {seconds:.2f} s "
                "(stride {stride} frames, windows of {frames} frames).",
                "Not analysed between windows: {count:,} gaps of at most {longest:.3f} s each, together {seconds:.2f} "
                "s (stride {stride} frames, windows of {frames} frames).",
                len(between),
                longest=longest,
                seconds=sum(end - start for start, end in between),
                stride=plan.stride,
                frames=plan.window_frames,
            )
        )
    return sentences


def _ends_before_the_next_window(result: AnalysisResult) -> dict[float, float]:
    """End of each analysed window position to the start of the next position, where that one was analysed too."""
    scores = result.scores.take(result.scores.analysed)
    follows = np.flatnonzero(np.diff(scores.index) == 1)
    return dict(zip(scores.end[follows].tolist(), scores.start[follows + 1].tolist(), strict=True))
