"""One analysis in a process of its own, timed from inside; prints what it took as one line of JSON.

Usage: uv run python benchmarks/analyze_once.py VIDEO [--stride N] [--cores N] [--exactness fast] [--first-curve]

The libraries are imported first, as the window does it while nothing is asked of it.  Results are kept in, and taken
from, the folder that the environment variable ``LIPFD_CACHE`` names.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from time import perf_counter
from typing import Any, Final

MODEL: Final = "lipfd-compact.safetensors"
PARTS: Final = 4
"""A curve can be read once every quarter of the file has a score."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--cores", type=int, help="keep to this many; default all")
    parser.add_argument("--exactness", default="reference", choices=("reference", "fast"))
    parser.add_argument("--first-curve", action="store_true", help="cancel once every quarter of the file has a score")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds after which --first-curve gives up")
    arguments = parser.parse_args()
    if arguments.cores:
        _keep_to(arguments.cores)
    limit = arguments.limit if arguments.first_curve else None
    told = analyze(arguments.video, stride=arguments.stride, exactness=arguments.exactness, limit=limit)
    print(json.dumps(told))


def _keep_to(cores: int) -> None:
    """Before torch is imported, which counts the cores that it may use."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    import torch

    torch.set_num_threads(cores)


def analyze(video: Path, *, stride: int, exactness: str, limit: float | None) -> dict[str, Any]:
    """Analyse with the bundled model on the CPU; with ``limit`` only until the first curve, or that many seconds."""
    from lipfd_desktop.engine.facade import Engine
    from lipfd_desktop.network.registry import resources_dir
    from lipfd_desktop.result import AnalysisRequest, Exactness, Previewed, ProgressEvent, WindowsScored
    from lipfd_desktop.storage.cache import ResultCache

    began = perf_counter()
    engine = Engine(cache=ResultCache())
    engine.warm_up()
    took = {"libraries": perf_counter() - began}
    model = engine.resolve_model(str(resources_dir() / MODEL))
    began = perf_counter()
    _load(model.path, exactness)
    took["model"], began = perf_counter() - began, perf_counter()
    times = engine.open(video).frame_times
    took["opening"] = perf_counter() - began
    duration = float(times[-1] - times[0])
    seen: set[int] = set()
    stop = False

    def watch(event: ProgressEvent) -> None:
        nonlocal stop
        if not isinstance(event, WindowsScored | Previewed) or not event.scores.analysed.any():
            return
        now = perf_counter() - began
        took.setdefault("first_scores", now)
        starts = event.scores.start[event.scores.analysed] - times[0]
        seen.update((starts * PARTS / duration).astype(int).tolist())
        if seen.issuperset(range(PARTS)):
            took.setdefault("first_curve", now)
        stop = limit is not None and ("first_curve" in took or now > limit)

    request = AnalysisRequest(path=video, device="cpu", stride=stride, exactness=Exactness(exactness))
    result = engine.analyze(request, model=model, on_progress=watch, is_cancelled=lambda: stop)
    took["until_done"] = perf_counter() - began
    return {
        "duration": duration,
        "windows": result.coverage.windows_analysed,
        "faces": len(result.faces),
        "cancelled": result.cancelled,
        "processing_time": None if result.from_cache else result.processing_time,
        "seconds": took,
    }


def _load(model: Path, exactness: str) -> None:
    from lipfd_desktop.network.scorer import load_scorer
    from lipfd_desktop.result import Exactness

    load_scorer(model, "cpu", exactness=Exactness(exactness))


if __name__ == "__main__":
    main()
