"""Windows in batches of the network's size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lipfd_desktop.network.scorer import RawScores, Scorer
from lipfd_desktop.result import InputContract
from lipfd_desktop.windows.assemble import Window
from lipfd_desktop.windows.context import stack_context


def batches(windows: Iterator[Window], size: int) -> Iterator[list[Window]]:
    """Groups with up to ``size`` windows for the network, others in between in order; a pause flushes."""
    batch: list[Window] = []
    filled = 0
    for window in windows:
        batch.append(window)
        filled += window.input is not None
        if filled == size or len(batch) >= 16 * size:
            yield batch
            batch, filled = [], 0
    if batch:
        yield batch


def score_batch(scorer: Scorer, batch: list[Window]) -> RawScores | None:
    """Scores of those windows of a batch that have an input, in order; None when none has."""
    inputs = [window.input for window in batch if window.input is not None]
    if not inputs:
        return None
    contract = scorer.config.input_contract
    if contract is InputContract.CONTEXT:
        return scorer.score_context(*stack_context(inputs))
    pixels = np.stack([np.asarray(one.pixels) for one in inputs])
    if contract is InputContract.GUIDED:
        return scorer.score_guided(pixels, np.stack([one.strip for one in inputs if one.strip is not None]))
    return scorer.score_official(pixels)
