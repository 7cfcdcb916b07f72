"""The bundled model through the whole program: 720p video at 25 frames a second, every analysis in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from machine import Turns, machine_facts
from videos import enlarged, side_by_side

from lipfd_desktop.storage.cache import CACHE_VARIABLE

SECONDS: Final = 40
QUICK_SECONDS: Final = 8
LONG_SECONDS: Final = 600
LIMIT: Final = 60.0
"""Seconds after which the wait for a first curve is given up."""
FEW_CORES: Final = (1, 2)
PLAIN, REOPENED, LONG = "stride 1", "stride 1, opened again", "ten minutes, until the first curve"
TIMES: Final = ("libraries", "model", "opening", "first_scores", "first_curve", "until_done")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One analysis; ``again`` analyses a file that was analysed before, with the cache of that time."""

    video: Path
    options: tuple[str, ...] = ()
    again: bool = False


def measure_end_to_end(folder: Path, *, rounds: int, quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    facts = machine_facts()
    say("making videos")
    cases = _cases(folder, QUICK_SECONDS if quick else SECONDS)
    told: dict[str, list[dict[str, Any]]] = {name: [] for name in cases}

    def action(name: str, case: Case) -> Callable[[], None]:
        def run() -> None:
            say(name)
            told[name].append(_run(case))

        return run

    turns = Turns({name: action(name, case) for name, case in cases.items()})
    turns.run(rounds, warm_up=0)
    return {
        "machine": facts,
        "rounds": rounds,
        "cases": [_summary(name, told[name]) for name in cases],
    }


def _cases(folder: Path, length: float) -> dict[str, Case]:
    video = enlarged(folder / "one.mkv", length)
    long_video = enlarged(folder / "long.mkv", LONG_SECONDS)
    faces = {count: side_by_side(folder / f"faces{count}.mkv", length, faces=count) for count in (1, 2)}
    cases = {
        PLAIN: Case(video=video),
        REOPENED: Case(video=video, again=True),
        "stride 1, fast": Case(video=video, options=("--exactness", "fast")),
        "stride 5": Case(video=video, options=("--stride", "5")),
    }
    if hasattr(os, "sched_setaffinity"):
        there = len(os.sched_getaffinity(0))
        for cores in (count for count in FEW_CORES if count <= there):
            cases[f"cores: {cores}"] = Case(video=video, options=("--cores", str(cores)))
    cases |= {f"faces: {count}": Case(video=path) for count, path in faces.items()}
    cases[LONG] = Case(video=long_video, options=("--first-curve", "--limit", str(LIMIT)))
    return cases


def _run(case: Case) -> dict[str, Any]:
    """Analyse with an empty cache; ``again`` a second time with what the first left in it."""
    with tempfile.TemporaryDirectory() as cache:
        if case.again:
            _process(case, cache)
        return _process(case, cache)


def _process(case: Case, cache: str) -> dict[str, Any]:
    script = Path(__file__).with_name("analyze_once.py")
    done = subprocess.run(
        [sys.executable, str(script), str(case.video), *case.options],
        env=os.environ | {CACHE_VARIABLE: cache},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _summary(name: str, told: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians; a time is None where it was not reached in any turn."""
    times = {step: [one["seconds"][step] for one in told if step in one["seconds"]] for step in TIMES}
    middle = {step: round(median(values), 3) if values else None for step, values in times.items()}
    # Opening a file and analysing it; the program and the network are loaded by then.
    whole = median(one["seconds"]["until_done"] for one in told)
    return {
        "name": name,
        "video_seconds": round(told[0]["duration"], 2),
        "windows": told[0]["windows"],
        "faces": told[0]["faces"],
        "cancelled": told[0]["cancelled"],
        "processing_time": None
        if told[0]["processing_time"] is None
        else round(median(one["processing_time"] for one in told), 3),
        "times_real_time": None if told[0]["cancelled"] else round(told[0]["duration"] / whole, 2),
        "seconds": middle,
    }
