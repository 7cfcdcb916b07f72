"""The results of throughput.py as Markdown, put between two marks in docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

BEGIN: Final = "<!-- written by benchmarks/throughput.py from benchmarks/throughput.json: begin -->"
END: Final = "<!-- written by benchmarks/throughput.py: end -->"
STEPS: Final = (
    ("decode", "decode"),
    ("landmarks", "landmarks"),
    ("mel", "mel"),
    ("windows", "crops, composites"),
    ("inputs", "inputs"),
    ("encoder", "encoder"),
    ("regions", "regions"),
    ("aggregate", "aggregate"),
    ("pictures", "pictures"),
    ("motion", "motion"),
    ("agreement", "agreement"),
)


def update(page: Path, results: dict[str, Any]) -> None:
    """Replace what stands between the marks; raises ``ValueError`` where there are none."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page}: the marks of the generated part are missing")
    page.write_text(f"{before}{BEGIN}\n\n{render(results)}\n{END}{after}", encoding="utf-8")


def render(results: dict[str, Any]) -> str:
    """The generated part: a table for each thing that was measured."""
    parts: list[str] = []
    for key, title in (("full", "Full network"), ("compact", "Bundled compact model")):
        if key in results:
            parts += [f"### {title}", *_rates(results[key])]
    parts += _auc(results.get("auc"))
    if "end_to_end" in results:
        parts += ["### Bundled model, whole program", *_end_to_end(results["end_to_end"])]
    return "\n\n".join(parts) + "\n"


def _rates(section: dict[str, Any]) -> list[str]:
    methods = section["methods"]
    ours = [method for method in methods if "stages" in method]
    peaks = ", ".join(f"{kind} {peak:g}" for kind, peak in section["peak_gflops"].items())
    parts = [
        _machine(section),
        _table(
            ("method", "s a window", "windows a second", "s a video-minute", "times the authors'"),
            [
                (
                    method["name"],
                    _number(method["seconds_a_window"]),
                    _number(method["windows_a_second"]),
                    _number(method["seconds_a_video_minute"]),
                    f"**{_number(method['times_the_authors'])}**" if method["times_the_authors"] else "–",
                )
                for method in methods
            ],
        ),
        "How far scores and logits lie apart:",
        _table(
            ("compared", "windows", "score, max", "score, mean", "logit, max", "logit, mean", "logits"),
            [
                (
                    one["name"],
                    one["windows"],
                    *(_number(one[name]) for name in ("score_max", "score_mean", "logit_max", "logit_mean")),
                    f"{one['logits_from']:g} to {one['logits_to']:g}",
                )
                for one in section["deviations"]
            ],
        ),
        "Milliseconds a window by stage:",
        _stages(ours),
    ]
    if any("share_of_peak" in method for method in ours):
        parts += [f"Share of the matrix peak of this run (GFLOP/s: {peaks}):", _shares(ours)]
    return parts


def _stages(methods: Sequence[dict[str, Any]]) -> str:
    there = [(step, title) for step, title in STEPS if any(step in method["stages"] for method in methods)]
    rows = [
        (
            method["name"],
            *(_number(1000 * value) if (value := method["stages"].get(step)) else "–" for step, _ in there),
        )
        for method in methods
    ]
    return _table(("method", *(title for _, title in there)), rows)


def _shares(methods: Sequence[dict[str, Any]]) -> str:
    rows = [
        (method["name"], part, _number(share["gflop"]), _number(share["gflops"]), f"{share['share']:.0%}")
        for method in methods
        for part, share in method.get("share_of_peak", {}).items()
    ]
    return _table(("method", "part", "GFLOP a window", "GFLOP/s", "share"), rows)


def _auc(auc: Any) -> list[str]:
    """Measured elsewhere and put into the JSON by hand or by another script; said only when it is there."""
    if not auc:
        return []
    rows = [(one["name"], f"{one['reference']:.4f}", f"{one['fast']:.4f}") for one in auc]
    return ["AUC on the development clips:", _table(("scores", "reference", "fast"), rows)]


def _end_to_end(section: dict[str, Any]) -> list[str]:
    rows = []
    for case in section["cases"]:
        times = case["seconds"]
        rows.append(
            (
                case["name"],
                f"{case['video_seconds']:.0f} s",
                *(_number(times[step]) for step in ("model", "opening", "first_scores", "first_curve")),
                _number(case["processing_time"]),
                "–" if case["cancelled"] else _number(times["until_done"]),
                "–" if case["times_real_time"] is None else f"**{case['times_real_time']:g}**",
            )
        )
    head = ("case", "video", "model", "opening", "first scores", "first curve", "processing", "done", "times real time")
    return [_machine(section), _table(head, rows)]


def _machine(section: dict[str, Any]) -> str:
    facts = section["machine"]
    return (
        f"{facts['date'][:10]}, {facts['processor']}, torch {facts['versions']['torch']}; medians of "
        f"{section['rounds']} rounds; load before: {facts['load_before']}."
        f"{' Official weights: ' + section['weights'] + '.' if 'weights' in section else ''}"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _number(value: float | None) -> str:
    """Three digits; thousands are whole numbers."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
