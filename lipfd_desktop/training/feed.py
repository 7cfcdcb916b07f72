"""The batches of a task in order, made in this process or beside it.

Batch ``k`` is made with random numbers seeded by the run's seed, the stage and ``k``, so that it is the same wherever
and whenever it is made.
"""

from __future__ import annotations

import signal
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Final

import cv2
import numpy as np
from torch.utils.data import DataLoader, Dataset

from lipfd_desktop.training.task import Batch, Task

_AHEAD: Final = 2
"""Batches made in advance by each worker."""


class _Numbered(Dataset[Batch]):
    def __init__(self, task: Task, key: tuple[int, ...]) -> None:
        self._task = task
        self._key = key

    def __getitem__(self, number: int) -> Batch:
        return self._task.batch(np.random.default_rng((*self._key, number)))


def batches(
    task: Task, key: tuple[int, ...], numbers: Iterable[int], *, workers: int = 0, pinned: bool = False
) -> Iterator[Batch]:
    """The batches with these numbers, in this order.

    Parameters
    ----------
    key
        Seeds the random numbers together with a batch's number.
    workers
        Processes that make them; where processes cannot be forked, one thread.
    pinned
        Put them into memory that a GPU copies from quickly.
    """
    dataset = _Numbered(task, key)
    if not workers:
        return (dataset[number] for number in numbers)
    if sys.platform != "linux":  # a network on a GPU cannot be sent to a process that is not forked
        return _threaded(dataset, iter(numbers))
    loader = DataLoader(
        dataset,
        batch_size=None,
        sampler=numbers,
        num_workers=workers,
        prefetch_factor=_AHEAD,
        pin_memory=pinned,
        multiprocessing_context="fork",
        worker_init_fn=_quiet,
    )
    return iter(loader)


def _quiet(_worker: int) -> None:
    """Ctrl+C is the trainer's; OpenCV's threads do not survive a fork."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(0)


def _threaded(dataset: _Numbered, numbers: Iterator[int]) -> Iterator[Batch]:
    with ThreadPoolExecutor(1, thread_name_prefix="batches") as pool:
        coming = deque(pool.submit(dataset.__getitem__, number) for number in islice(numbers, _AHEAD))
        try:
            while coming:
                batch = coming.popleft().result()
                coming.extend(pool.submit(dataset.__getitem__, number) for number in islice(numbers, 1))
                yield batch
        finally:
            for future in coming:
                future.cancel()
