"""Speed of the whole program in one run: the authors' method against ours, stage by stage, and file to curve.

Usage: uv run python benchmarks/throughput.py [--quick] [--only full|compact|endtoend] [--json F]

Writes docs/benchmarks/throughput.json and the tables in docs/benchmarks.md; ``--quick`` does fewer rounds on shorter
videos and only prints, unless ``--json`` names a file.  A full run takes about half an hour on two cores, 8 GB of
memory and 3 GB of temporary space.  Let nothing else run meanwhile: methods take turns so that noise meets all alike,
but it still blurs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from analyze_once import MODEL
from material import Material
from memory_by_length import ROOT
from page import render, update

from lipfd_desktop.network.config import OFFICIAL_NETWORK

RESULTS: Final = ROOT / "docs" / "benchmarks" / "throughput.json"
PAGE: Final = ROOT / "docs" / "benchmarks.md"
ROUNDS: Final = {"full": 12, "compact": 24, "endtoend": 2}
QUICK_ROUNDS: Final = {"full": 3, "compact": 6, "endtoend": 1}
"""Rounds; at least twelve full ones, because the authors' method scores one window in each."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=tuple(ROUNDS))
    parser.add_argument("--json", type=Path, help=f"default {RESULTS.relative_to(ROOT)}")
    parser.add_argument(
        "--network", default=OFFICIAL_NETWORK, help="a smaller configuration in place of the full one, to try this out"
    )
    parser.add_argument("--weights", type=Path, help="a checkpoint of the authors' network, in place of random weights")
    arguments = parser.parse_args()
    chosen = (arguments.only,) if arguments.only else tuple(ROUNDS)
    with tempfile.TemporaryDirectory() as name:
        measured = measure(Path(name), chosen, arguments)
    results = measured
    if arguments.json or not (arguments.quick or arguments.network != OFFICIAL_NETWORK):
        target = arguments.json or RESULTS
        results = _kept(target) | measured
        target.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        if target == RESULTS:
            update(PAGE, results)
    print(render(results))


def measure(folder: Path, chosen: tuple[str, ...], arguments: argparse.Namespace) -> dict[str, Any]:
    """What was chosen, by the key that it has in the results."""
    from end_to_end import measure_end_to_end
    from rates import measure_compact, measure_full

    from lipfd_desktop.network.registry import resources_dir

    rounds = QUICK_ROUNDS if arguments.quick else ROUNDS
    results: dict[str, Any] = {}
    if "full" in chosen or "compact" in chosen:
        _say("decoding the sample and following its face")
        material = Material.load()
    if "full" in chosen:
        results["full"] = measure_full(
            folder,
            material,
            rounds=rounds["full"],
            base=arguments.network,
            weights=arguments.weights,
            say=_say,
        )
    if "compact" in chosen:
        results["compact"] = measure_compact(resources_dir() / MODEL, material, rounds=rounds["compact"], say=_say)
    if "endtoend" in chosen:
        results["end_to_end"] = measure_end_to_end(folder, rounds=rounds["endtoend"], quick=arguments.quick, say=_say)
    return results


def _kept(target: Path) -> dict[str, Any]:
    """Earlier results, of which those that were not measured this time stay."""
    kept: dict[str, Any] = json.loads(target.read_text(encoding="utf-8")) if target.is_file() else {"auc": None}
    return kept


_BEGAN: Final = perf_counter()


def _say(text: str) -> None:
    print(f"{perf_counter() - _BEGAN:7.1f} s  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
