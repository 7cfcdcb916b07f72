"""One stage of a line working ahead of the next, in a thread of its own, with a bounded queue between the two."""

from __future__ import annotations

from collections.abc import Generator
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any, Final, TypeVar

from lipfd_desktop.cancellation import IsCancelled
from lipfd_desktop.errors import Cancelled

Item = TypeVar("Item")

_LOOK_EVERY: Final = 0.05
"""Seconds after which a waiting stage looks whether the other one is still there."""


def ahead(
    items: Generator[Item, Any, Any], depth: int, *, unwanted: Event, is_cancelled: IsCancelled
) -> Generator[Item]:
    """Pass items on in order, while a thread makes up to ``depth`` of them ahead.

    The thread runs ``items`` from its first step to its closing, and has ended when this generator has.

    Parameters
    ----------
    unwanted
        Set as soon as nothing more is wanted, so that ``items`` may look at it where a step takes long.
    is_cancelled
        Asked while waiting for an item, in the thread that waits.

    Raises
    ------
    Cancelled
        ``is_cancelled`` said so.
    BaseException
        What ``items`` raised, after what came before it.
    """
    queue: Queue[Item | _Ended] = Queue(depth)
    worker = Thread(target=_work, args=(items, queue, unwanted), name="lipfd-ahead", daemon=True)
    worker.start()
    try:
        while True:
            item = _take(queue, is_cancelled)
            if isinstance(item, _Ended):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        unwanted.set()
        worker.join()


class _Ended:
    """The last thing in a queue."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def _work(items: Generator[Item, Any, Any], queue: Queue[Item | _Ended], unwanted: Event) -> None:
    error: BaseException | None = None
    try:
        for item in items:
            if not _put(queue, item, unwanted):
                break
    except BaseException as raised:
        error = raised
    finally:
        try:
            items.close()
        except BaseException as raised:
            error = error or raised
        _put(queue, _Ended(error), unwanted)


def _put(queue: Queue[Item | _Ended], item: Item | _Ended, unwanted: Event) -> bool:
    """Whether there was anybody to take the item."""
    while not unwanted.is_set():
        try:
            queue.put(item, timeout=_LOOK_EVERY)
        except Full:
            continue
        return True
    return False


def _take(queue: Queue[Item | _Ended], is_cancelled: IsCancelled) -> Item | _Ended:
    while not is_cancelled():
        try:
            return queue.get(timeout=_LOOK_EVERY)
        except Empty:
            continue
    raise Cancelled
