"""Windows in batches of the network's size."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

import numpy as np

from lipfd_desktop.network.scorer import RawScores, Remembered, Scorer
from lipfd_desktop.result import InputContract
from lipfd_desktop.windows.assemble import Window
from lipfd_desktop.windows.context import stack_context
from lipfd_desktop.windows.contracts import shared_images


def batches(windows: Generator[Window], size: int) -> Generator[list[Window]]:
    """Groups with up to ``size`` windows for the network, others in between in order; ``windows`` is closed with it."""
    batch: list[Window] = []
    filled = 0
    with closing(windows):
        for window in windows:
            batch.append(window)
            filled += window.input is not None
            if filled == size or len(batch) >= 16 * size:
                yield batch
                batch, filled = [], 0
        if batch:
            yield batch


def score_batch(scorer: Scorer, batch: list[Window], remembered: Remembered | None = None) -> RawScores | None:
    """Scores of those windows of a batch that have an input, in order; None when none has.

    ``remembered`` is what the network knows of the pictures of the batch before, and is told of this one.
    """
    inputs = [window.input for window in batch if window.input is not None]
    if not inputs:
        return None
    contract = scorer.config.input_contract
    if contract is InputContract.CONTEXT:
        return scorer.score_context(*stack_context(inputs))
    if contract is InputContract.GUIDED:
        crops, places = shared_images(inputs)
        strips = np.stack([one.strip for one in inputs if one.strip is not None])
        return scorer.score_guided(crops, places, strips, remembered)
    return scorer.score_official(np.stack([np.asarray(one.pixels) for one in inputs]))
