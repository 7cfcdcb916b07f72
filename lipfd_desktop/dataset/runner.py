"""Many clips, several processes: a clip that fails, or takes its process with it, never stops the others."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Final

from lipfd_desktop.dataset.manifest import Clip
from lipfd_desktop.errors import ExportError, LipfdError

CRASHED: Final = "the process that worked on it crashed or ran out of memory."


class Ending(StrEnum):
    """What became of a clip: worked on now, found done already, unusable, or the victim of a defect."""

    DONE = "done"
    KEPT = "kept"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    clip: Clip
    ending: Ending
    reason: str = ""


Work = Callable[[Clip], Ending]
"""What is done with one clip; it must pickle.  A LipfdError means that the clip is skipped."""


def usual_jobs() -> int:
    """One process a core that this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_clips(clips: Sequence[Clip], work: Work, *, jobs: int) -> Iterator[Outcome]:
    """Do ``work`` on every clip; outcomes come as they are ready.

    When a process dies, which clip it was cannot be told, so those without an outcome are tried one at a time.
    """
    waiting = list(clips)
    at_once = len(waiting)
    while waiting:
        done: set[str] = set()
        for outcome in _run_group(waiting[:at_once], work, jobs=min(jobs, at_once)):
            done.add(outcome.clip.id)
            yield outcome
        if not done and at_once == 1:
            yield Outcome(waiting[0], Ending.FAILED, CRASHED)
            done.add(waiting[0].id)
        at_once = len(waiting) if len(done) >= at_once else 1
        waiting = [clip for clip in waiting if clip.id not in done]


def _run_group(clips: Sequence[Clip], work: Work, *, jobs: int) -> Iterator[Outcome]:
    """Outcomes of all clips, or of some when a process dies."""
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_settle_down)
    futures: list[Future[Outcome]] = []
    try:
        with suppress(BrokenProcessPool):
            futures.extend(pool.submit(_attempt, work, clip) for clip in clips)
        for future in as_completed(futures):
            with suppress(BrokenProcessPool):
                yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _attempt(work: Work, clip: Clip) -> Outcome:
    """Runs in the other process; errors come back as sentences, because not all of them pickle."""
    try:
        return Outcome(clip, work(clip))
    except ExportError:
        raise
    except LipfdError as error:
        return Outcome(clip, Ending.SKIPPED, str(error))
    except Exception as error:  # a defect on one clip must not take the others with it
        return Outcome(clip, Ending.FAILED, f"{type(error).__name__}: {error}")


def _settle_down() -> None:
    """Prepare a process: Ctrl+C is the parent's business, and one core is one process's share."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    import cv2

    cv2.setNumThreads(1)


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
