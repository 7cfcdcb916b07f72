"""How decoding, faces and crops spread over cores: one section after the other, two threads, two processes.

Usage: uv run python benchmarks/following.py [--seconds 6] [--rounds 5] [--json F]

Without the network.  The ways take turns, round after round, on the same two sections of a 720p video.  Processes have
started and imported everything before, and send nothing back: less than they would have to.  What a way gains is its
wall time; on a busy machine the processor time says what it costs.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
from collections.abc import Callable, Generator
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from threading import Event
from time import perf_counter, process_time
from typing import Any, Final

from machine import machine_facts
from memory_by_length import ROOT
from videos import enlarged

from lipfd_desktop.cancellation import never
from lipfd_desktop.engine.ahead import side_by_side
from lipfd_desktop.engine.opening import OpenFile
from lipfd_desktop.media.frames import read_frames
from lipfd_desktop.tracks.detector import FaceDetector
from lipfd_desktop.tracks.follow import follow_faces
from lipfd_desktop.windows.context import ContextContract

RESULTS: Final = ROOT / "docs" / "benchmarks" / "following.json"
SECTIONS: Final = 2

Way = Callable[[], float]
"""Follows both sections, and says the processor seconds that it took."""


def follow(opened: OpenFile, start: float, end: float) -> Generator[int]:
    """Decode a section, follow its faces and cut what the bundled model sees; the number of faces, frame by frame."""
    contract = ContextContract(opened.require_sound().mel)
    with (
        FaceDetector() as detector,
        read_frames(opened.info.path, start=start, end=end, frame_times=opened.frame_times) as reader,
    ):
        for tracked in follow_faces(reader, detector):
            for face in tracked.faces:
                contract.keep(tracked, face)
            yield len(tracked.faces)


def in_threads(opened: OpenFile, seconds: float, workers: int) -> float:
    began = process_time()
    sections = [follow(opened, number * seconds, (number + 1) * seconds) for number in range(SECTIONS)]
    for _ in side_by_side(sections, workers=workers, depth=64, unwanted=Event(), is_cancelled=never):
        pass
    return process_time() - began


def in_processes(pipes: list[Connection]) -> float:
    for pipe in pipes:
        pipe.send("go")
    return sum(float(pipe.recv()) for pipe in pipes)


def _serve(pipe: Connection, video: Path, start: float, end: float) -> None:
    """Follow a section each time when asked, until told to end."""
    opened = OpenFile.open(video, is_cancelled=never)
    for _ in follow(opened, start, end):
        pass
    pipe.send("ready")
    while pipe.recv() == "go":
        began = process_time()
        for _ in follow(opened, start, end):
            pass
        pipe.send(process_time() - began)


def measure(video: Path, seconds: float, rounds: int) -> dict[str, Any]:
    opened = OpenFile.open(video, is_cancelled=never)
    context = multiprocessing.get_context("spawn")
    ends = [context.Pipe() for _ in range(SECTIONS)]
    processes = [
        context.Process(target=_serve, args=(there, video, number * seconds, (number + 1) * seconds), daemon=True)
        for number, (_, there) in enumerate(ends)
    ]
    for process in processes:
        process.start()
    here = [pipe for pipe, _ in ends]
    for pipe in here:
        pipe.recv()
    ways: dict[str, Way] = {
        "one thread": partial(in_threads, opened, seconds, 1),
        "two threads": partial(in_threads, opened, seconds, 2),
        "two processes": partial(in_processes, here),
    }
    wall: dict[str, list[float]] = {name: [] for name in ways}
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began = perf_counter()
            spent[name].append(way())
            wall[name].append(perf_counter() - began)
    for pipe, process in zip(here, processes, strict=True):
        pipe.send("end")
        process.join()
    first = wall["one thread"]
    return {
        name: {
            "wall_s": round(median(wall[name]), 2),
            "processor_s": round(median(spent[name]), 2),
            "times_one_thread": round(median(one / other for one, other in zip(first, wall[name], strict=True)), 2),
        }
        for name in ways
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6, help="of each section")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    facts = machine_facts()
    with tempfile.TemporaryDirectory() as name:
        video = enlarged(Path(name) / "video.mkv", SECTIONS * arguments.seconds + 4)
        ways = measure(video, arguments.seconds, arguments.rounds)
    told = {"machine": facts, "section_seconds": arguments.seconds, "rounds": arguments.rounds, "ways": ways}
    arguments.json.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(ways, indent=2))


if __name__ == "__main__":
    main()
