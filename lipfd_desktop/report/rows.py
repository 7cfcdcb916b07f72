"""Windows as plain records, the common ground of JSON and CSV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.result import TIERS, AnalysisResult, Reason


def window_rows(result: AnalysisResult) -> Iterator[dict[str, Any]]:
    """One record a window, ordered by window and face; None where something was not measured."""
    scores = result.scores
    columns = zip(
        scores.index.tolist(),
        np.round(scores.start, 6).tolist(),
        np.round(scores.end, 6).tolist(),
        scores.first_frame.tolist(),
        scores.face.tolist(),
        scores.reason.tolist(),
        decimals(scores.score),
        decimals(scores.logit),
        decimals(scores.generated),
        decimals(scores.foreign_sound),
        zip(*(decimals(tier) for tier in scores.tier_weights.T), strict=True),
        strict=True,
    )
    for index, start, end, frame, face, reason, score, logit, generated, foreign_sound, weights in columns:
        analysed = reason == Reason.ANALYSED
        yield {
            "index": index,
            "start": start,
            "end": end,
            "first_frame": frame,
            "face": face if face >= 0 else None,
            "analysed": analysed,
            "reason": None if analysed else Reason(reason).label,
            "score": score,
            "logit": logit,
            "generated": generated,
            "foreign_sound": foreign_sound,
            "weights": None if weights[0] is None else dict(zip(TIERS, weights, strict=True)),
        }


def decimals(values: NDArray[np.float32]) -> list[float | None]:
    """Shortest decimals that round to the same float32; None where not finite."""
    spelt = np.asarray(values, np.float32).astype("U32")
    return [float(text) if good else None for text, good in zip(spelt, np.isfinite(values), strict=True)]


def decimal(value: float | None) -> float | None:
    """The same for one number that was a float32."""
    return None if value is None else decimals(np.array([value], np.float32))[0]
