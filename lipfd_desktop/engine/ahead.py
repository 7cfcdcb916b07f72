"""Stages of a line working ahead of the next one, each in a thread of its own, with a bounded queue in between."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from itertools import islice
from threading import Condition, Event, Thread
from typing import Any, Final, Generic, TypeVar

from lipfd_desktop.cancellation import IsCancelled
from lipfd_desktop.errors import Cancelled

Item = TypeVar("Item")

_LOOK_EVERY: Final = 0.05
"""Seconds after which who waits for an item looks whether it is still wanted."""


def side_by_side(
    sources: Iterable[Generator[Item, Any, Any]],
    *,
    workers: int,
    depth: int,
    unwanted: Event,
    is_cancelled: IsCancelled,
) -> Generator[tuple[int, Item]]:
    """Items of several sources, each with the number of its source, while threads make more of them ahead.

    Items of one source come in order.  Of those that are ready, the one of the earliest source comes first, so how
    items of different sources mix depends on the moment.  A source runs in one thread, from its first step to its
    closing; all threads have ended when this generator has.

    Parameters
    ----------
    workers
        Sources that run at a time, the earliest first.
    depth
        Items that are made ahead of each source.
    unwanted
        Set as soon as nothing more is wanted, so that sources may look at it where a step takes long.
    is_cancelled
        Asked while waiting for an item, in the thread that waits.

    Raises
    ------
    Cancelled
        ``is_cancelled`` said so.
    BaseException
        What a source raised, after what came before it.
    """
    changed = Condition()
    waiting = enumerate(sources)
    running: dict[int, _Stage[Item]] = {}
    try:
        while True:
            for number, source in islice(waiting, workers - len(running)):
                running[number] = _Stage(source, depth, changed, unwanted)
            if not running:
                return
            number = _next(running, changed, is_cancelled)
            stage = running[number]
            if stage.ready:
                with changed:
                    item = stage.ready.popleft()
                    changed.notify_all()
                yield number, item
                continue
            running.pop(number).thread.join()
            if stage.error is not None:
                raise stage.error
    finally:
        with changed:
            unwanted.set()
            changed.notify_all()
        for stage in running.values():
            stage.thread.join()


class _Stage(Generic[Item]):
    """A source and its thread; ``ready`` and ``ended`` change under the condition alone."""

    def __init__(self, source: Generator[Item, Any, Any], depth: int, changed: Condition, unwanted: Event) -> None:
        self.ready: deque[Item] = deque()
        self.ended = False
        self.error: BaseException | None = None
        self._source = source
        self._depth = depth
        self._changed = changed
        self._unwanted = unwanted
        self.thread = Thread(target=self._work, name="lipfd-ahead", daemon=True)
        self.thread.start()

    def _work(self) -> None:
        error: BaseException | None = None
        try:
            for item in self._source:
                if not self._put(item):
                    break
        except BaseException as raised:
            error = raised
        finally:
            try:
                self._source.close()
            except BaseException as raised:
                error = error or raised
            with self._changed:
                self.error, self.ended = error, True
                self._changed.notify_all()

    def _put(self, item: Item) -> bool:
        """Whether there was anybody to take the item."""
        with self._changed:
            self._changed.wait_for(lambda: self._unwanted.is_set() or len(self.ready) < self._depth)
            if self._unwanted.is_set():
                return False
            self.ready.append(item)
            self._changed.notify_all()
            return True


def _next(running: dict[int, _Stage[Item]], changed: Condition, is_cancelled: IsCancelled) -> int:
    """The earliest source that has an item, or has ended."""
    while not is_cancelled():
        with changed:
            for number, stage in running.items():
                if stage.ready or stage.ended:
                    return number
            changed.wait(_LOOK_EVERY)
    raise Cancelled
