from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipfd_desktop.engine.ahead import ahead
from lipfd_desktop.errors import Cancelled


def running(items: Generator[int], depth: int = 2, unwanted: Event | None = None, **more: object) -> Generator[int]:
    return ahead(items, depth, unwanted=unwanted or Event(), **{"is_cancelled": lambda: False} | more)  # type: ignore[arg-type]


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
