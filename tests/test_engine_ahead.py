from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterable, Iterator
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipfd_desktop.engine.ahead import side_by_side
from lipfd_desktop.errors import Cancelled


def running(items: Generator[int], depth: int = 2, unwanted: Event | None = None, **more: object) -> Generator[int]:
    for number, item in several([items], 1, depth, unwanted, **more):
        assert number == 0
        yield item


def several(
    sources: Iterable[Generator[int]], workers: int, depth: int = 2, unwanted: Event | None = None, **more: object
) -> Generator[tuple[int, int]]:
    asked = {"is_cancelled": lambda: False} | more
    return side_by_side(sources, workers=workers, depth=depth, unwanted=unwanted or Event(), **asked)  # type: ignore[arg-type]


def numbers(count: int) -> Generator[int]:
    yield from range(count)


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    yield
    assert not [thread.name for thread in threading.enumerate() if thread.name == "lipfd-ahead"]


@given(st.integers(0, 30), st.integers(1, 5))
def test_everything_comes_in_order(count: int, depth: int) -> None:
    assert list(running(numbers(count), depth)) == list(range(count))


def test_no_more_is_made_ahead_than_asked_for() -> None:
    made: list[int] = []

    def watched() -> Generator[int]:
        for number in range(100):
            made.append(number)
            yield number

    line = running(watched(), 3)
    assert next(line) == 0
    time.sleep(0.3)
    assert len(made) <= 1 + 3 + 1  # taken, in the queue, in the hand of the thread
    line.close()


def test_work_goes_on_while_the_other_side_is_busy() -> None:
    second_is_made = Event()

    def watched() -> Generator[int]:
        yield 0
        second_is_made.set()
        yield 1

    line = running(watched())
    next(line)
    assert second_is_made.wait(5)
    assert list(line) == [1]


def test_an_error_comes_after_what_came_before_it() -> None:
    def failing() -> Generator[int]:
        yield 1
        raise ZeroDivisionError

    line = running(failing())
    assert next(line) == 1
    with pytest.raises(ZeroDivisionError):
        next(line)


def test_closing_closes_the_source_in_its_own_thread() -> None:
    where: list[str] = []

    def watched() -> Generator[int]:
        try:
            yield from range(1000)
        finally:
            where.append(threading.current_thread().name)

    line = running(watched())
    next(line)
    line.close()
    assert where == ["lipfd-ahead"]


def test_a_step_that_takes_long_learns_that_nothing_more_is_wanted() -> None:
    unwanted = Event()

    def slow() -> Generator[int]:
        yield 0
        unwanted.wait(30)

    line = running(slow(), unwanted=unwanted)
    next(line)
    began = time.monotonic()
    line.close()
    assert time.monotonic() - began < 10


def test_waiting_is_cancelled() -> None:
    unwanted, cancelled = Event(), Event()

    def stuck() -> Generator[int]:
        yield 0
        unwanted.wait(30)

    line = running(stuck(), unwanted=unwanted, is_cancelled=cancelled.is_set)
    next(line)
    cancelled.set()
    with pytest.raises(Cancelled):
        next(line)


# Several sources -----------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 12), max_size=7), st.integers(1, 4), st.integers(1, 3))
def test_each_source_comes_whole_and_in_order(counts: list[int], workers: int, depth: int) -> None:
    taken: list[list[int]] = [[] for _ in counts]
    for number, item in several([numbers(count) for count in counts], workers, depth):
        taken[number].append(item)
    assert taken == [list(range(count)) for count in counts]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_no_more_sources_run_than_asked_for(workers: int) -> None:
    lock, running, most = threading.Lock(), 0, 0

    def watched() -> Generator[int]:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        yield from range(3)
        with lock:
            running -= 1

    assert len(list(several([watched() for _ in range(6)], workers))) == 18
    assert most == workers


def test_sources_work_at_the_same_time() -> None:
    meeting = threading.Barrier(3, timeout=10)

    def watched() -> Generator[int]:
        meeting.wait()
        yield 1

    assert len(list(several([watched() for _ in range(3)], 3))) == 3


def test_of_what_is_ready_the_earliest_source_comes_first() -> None:
    made = [Event(), Event()]

    def watched(number: int) -> Generator[int]:
        yield from range(2)
        made[number].set()

    line = several([watched(0), watched(1)], 2)
    first = next(line)  # of whichever was quicker; by now both run
    assert all(event.wait(5) for event in made)
    rest = list(line)
    assert sorted([first, *rest]) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert rest == sorted(rest)


@pytest.mark.parametrize("ending", ["close", "cancel", "error"])
def test_all_sources_end_with_the_line(ending: str) -> None:
    """However it ends, every source that began is closed; threads are watched by the fixture."""
    unwanted, cancelled, failing = Event(), Event(), Event()
    began, closed = [], []

    def source(number: int) -> Generator[int]:
        began.append(number)
        try:
            yield 0
            if number == 1:
                failing.wait(10)
                raise ZeroDivisionError
            unwanted.wait(30)
        finally:
            closed.append(number)

    line = several([source(number) for number in range(5)], 3, unwanted=unwanted, is_cancelled=cancelled.is_set)
    assert {next(line)[0] for _ in range(3)} == {0, 1, 2}
    if ending == "close":
        line.close()
    elif ending == "cancel":
        cancelled.set()
        with pytest.raises(Cancelled):
            next(line)
    else:
        failing.set()
        with pytest.raises(ZeroDivisionError):
            next(line)
    assert sorted(closed) == sorted(began) == [0, 1, 2]
