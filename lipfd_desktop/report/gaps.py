"""Time of the planned range that no analysed window covers."""

from __future__ import annotations

import numpy as np

from lipfd_desktop.report.text import clock, plural
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
        listed = "; ".join(f"{clock(start)} – {clock(end)}" for start, end in others[:limit])
        more = f" and {len(others) - limit:,} more" if len(others) > limit else ""
        sentences.append(f"Not analysed: {listed}{more}.")
    if between:
        longest = max(end - start for start, end in between)
        plan = result.plan
        sentences.append(
            f"Not analysed between windows: {plural(len(between), 'gap')} of at most {longest:.3f} s each, together "
            f"{sum(end - start for start, end in between):.2f} s (stride {plan.stride} frames, windows of "
            f"{plan.window_frames} frames)."
        )
    return sentences


def _ends_before_the_next_window(result: AnalysisResult) -> dict[float, float]:
    """End of each analysed window position to the start of the next position, where that one was analysed too."""
    scores = result.scores.take(result.scores.analysed)
    follows = np.flatnonzero(np.diff(scores.index) == 1)
    return dict(zip(scores.end[follows].tolist(), scores.start[follows + 1].tolist(), strict=True))
