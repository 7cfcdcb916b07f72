"""Faces of parts that were followed apart from each other become persons of the whole file."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.result import FacePath
from lipfd_desktop.tracks.detector import _QuietStderr
from lipfd_desktop.tracks.follow import SeenFrame, TrackedFace
from lipfd_desktop.tracks.pose import FacePose
from lipfd_desktop.tracks.reunion import Reunion

LEFT, RIGHT = (100.0, 100.0, 80.0, 100.0), (400.0, 100.0, 80.0, 100.0)
POSE = FacePose.from_vector(np.ones(7))
FIRST, SECOND, THIRD = range(100), range(100, 200), range(200, 300)


def look(seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random(256, np.float32)


def frames(numbers: Sequence[int], **boxes: tuple[float, ...]) -> list[SeenFrame]:
    """Frames that show faces by name: f7 is the one with id 7."""
    faces = tuple(
        TrackedFace(
            int(name[1:]), np.float32(box), np.float32(box), POSE, FacePath.DETECTED, np.zeros((478, 2), np.float32)
        )
        for name, box in boxes.items()
    )
    return [SeenFrame(number, number / 25, faces) for number in numbers]


def looks(**seeds: int) -> dict[int, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    return {int(name[1:]): (look(seed), look(seed)) for name, seed in seeds.items()}


def test_a_face_at_the_same_place_in_the_same_frames_is_the_same_whatever_it_looks_like() -> None:
    reunion = Reunion()
    reunion.meet(FIRST, frames(range(110), f0=LEFT, f1=RIGHT), looks(f0=1, f1=2))
    reunion.meet(SECOND, frames(range(80, 200), f50=RIGHT, f51=LEFT), looks(f50=3, f51=4))
    assert reunion.persons() == {0: 0, 1: 1, 50: 1, 51: 0}


def test_a_face_that_comes_back_is_known_by_its_look() -> None:
    reunion = Reunion()
    reunion.meet(FIRST, frames(range(110), f0=LEFT), looks(f0=1))
    reunion.meet(SECOND, frames(range(80, 120)), {})
    reunion.meet(SECOND, frames(range(150, 200), f50=RIGHT, f51=LEFT), looks(f50=1, f51=2))
    assert reunion.persons() == {0: 0, 50: 0, 51: 1}


def test_a_face_of_another_size_is_somebody_else() -> None:
    reunion = Reunion()
    reunion.meet(FIRST, frames(range(50), f0=LEFT), looks(f0=1))
    reunion.meet(SECOND, frames(range(150, 200), f50=(100.0, 100.0, 300.0, 400.0)), looks(f50=1))
    assert reunion.persons() == {0: 0, 50: 1}


def test_two_faces_that_a_part_told_apart_stay_apart() -> None:
    reunion = Reunion()
    reunion.meet(FIRST, frames(range(50), f0=LEFT), looks(f0=1))
    reunion.meet(SECOND, frames(range(150, 200), f50=LEFT, f51=RIGHT), looks(f50=1, f51=1))
    assert reunion.persons() == {0: 0, 50: 0, 51: 1}


def test_the_order_of_telling_does_not_matter() -> None:
    told = [
        (FIRST, frames(range(110), f0=LEFT), looks(f0=1)),
        (SECOND, frames(range(80, 210), f50=LEFT, f51=RIGHT), looks(f50=1, f51=2)),
        (THIRD, frames(range(250, 300), f90=LEFT, f91=RIGHT), looks(f90=2, f91=3)),
    ]
    answers = []
    for order in permutations(told):
        reunion = Reunion()
        for own, seen, looked in order:
            reunion.meet(own, seen, looked)
            reunion.labels()
        answers.append(reunion.persons())
    assert all(answer == {0: 0, 50: 0, 51: 1, 90: 1, 91: 2} for answer in answers)


def test_labels_stay_as_they_were_told() -> None:
    reunion = Reunion()
    reunion.meet(THIRD, frames(range(250, 300), f90=LEFT), looks(f90=2))
    assert reunion.labels() == {90: 0}
    reunion.meet(FIRST, frames(range(100), f0=LEFT), looks(f0=1))
    assert reunion.labels() == {90: 0, 0: 1}
    reunion.meet(SECOND, frames(range(150, 160), f50=RIGHT), looks(f50=2))
    assert reunion.labels() == {90: 0, 0: 1, 50: 0}
    assert reunion.persons() == {0: 0, 50: 1, 90: 1}


@contextmanager
def redirected() -> Iterator[int]:
    """A file descriptor 2 that may be hidden and restored; gives the other end of it."""
    saved, (reading, writing) = os.dup(2), os.pipe()
    os.dup2(writing, 2)
    os.close(writing)
    try:
        yield reading
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(reading)


def test_stderr_comes_back_when_several_threads_hid_it_at_once() -> None:
    quiet, meeting = _QuietStderr(), threading.Barrier(4)

    def hide() -> None:
        with quiet:
            meeting.wait(10)
            os.write(2, b"hidden")

    with redirected() as written:
        threads = [threading.Thread(target=hide) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        os.write(2, b"seen")
        assert os.read(written, 100) == b"seen"
