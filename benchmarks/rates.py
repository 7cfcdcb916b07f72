"""Windows a second: the authors' method, our reference mode and our fast mode, taking turns on the same windows."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle
from math import exp
from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import Any, Final

import torch
from authors_method import AuthorsMethod, draw_spectrogram, read_frames_with_opencv
from machine import Turns, convolution_product, gflops_of_product, machine_facts, matrix_product
from material import Line, Material, Preparation
from networks import full_config, write_network
from stages import break_down, gflop_of_crop, gflop_of_encoder

from lipfd_desktop.network.checkpoint import load_model
from lipfd_desktop.network.config import NetworkConfig
from lipfd_desktop.network.cost import gflop_per_window
from lipfd_desktop.network.model import LipFD
from lipfd_desktop.network.scorer import load_scorer
from lipfd_desktop.result import Exactness, InputContract

AUTHORS: Final = "authors' method"
AUTHORS_STEPS: Final = "authors' decoding and spectrogram"
STEPS: Final = ("decode", "landmarks", "mel", "official_mel")
"""Methods of :class:`material.Preparation`."""
OFFICIAL_STRIDE: Final = 4
"""Windows of the official contract share next to nothing, so those that are compared may lie apart and so differ more;
the others lie one frame apart, as in a dense analysis."""
MODES: Final = (Exactness.REFERENCE, Exactness.FAST)
FRAMES_A_MINUTE: Final = 1500
"""At 25 frames a second; at stride 1 there is a window for each."""
KINDS: Final = {"fp32": torch.float32, "bf16": torch.bfloat16}
PRODUCTS: Final = {"matrices": matrix_product, "convolution": convolution_product}


@dataclass(frozen=True, slots=True)
class Competitor:
    """One network in one mode."""

    network: str
    mode: Exactness
    line: Line

    @property
    def name(self) -> str:
        return f"{self.network}, {self.mode}"


def measure_full(
    folder: Path,
    material: Material,
    *,
    rounds: int,
    base: str,
    weights: Path | None,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Full networks of the official (with ``weights``, if given) and the guided contract, and the authors' method."""
    say("writing networks of random weights")
    made = {
        contract: write_network(folder / f"{contract}.safetensors", full_config(contract, base), material)
        for contract in (InputContract.OFFICIAL, InputContract.GUIDED)
        if not (weights and contract is InputContract.OFFICIAL)
    }
    official = weights or made[InputContract.OFFICIAL]
    rival = _authors(official, material, folder)
    competitors = list(_competitors({"official": official, "guided": made[InputContract.GUIDED]}, material))
    for path in made.values():
        path.unlink()
    return {"weights": "given" if weights else "random"} | _measure(
        competitors, material, rounds=rounds, rival=rival, say=say
    )


def measure_compact(model: Path, material: Material, *, rounds: int, say: Callable[[str], None]) -> dict[str, Any]:
    """The bundled model."""
    return _measure(list(_competitors({"compact": model}, material)), material, rounds=rounds, rival=None, say=say)


def _authors(model: Path, material: Material, folder: Path) -> Rival:
    network = load_model(model)
    assert isinstance(network, LipFD)
    frames, spectrogram = read_frames_with_opencv(material.path), draw_spectrogram(material.path, folder)
    return Rival(AuthorsMethod(network, frames, spectrogram, folder), material.path, folder, len(frames))


class Rival:
    """The authors' method on windows that ours score too, in turn.

    Attributes
    ----------
    logits, scores
        By first frame.
    """

    def __init__(self, method: AuthorsMethod, video: Path, folder: Path, frames: int) -> None:
        self.logits: dict[int, float] = {}
        self.scores: dict[int, float] = {}
        self._method = method
        self._video, self._folder, self._frames = video, folder, frames
        self._starts = cycle(range(0, frames - 4 * OFFICIAL_STRIDE, 4 * OFFICIAL_STRIDE))

    def prepare(self) -> float:
        """Decode the file and draw its spectrogram; seconds a frame."""
        began = perf_counter()
        read_frames_with_opencv(self._video)
        draw_spectrogram(self._video, self._folder)
        return (perf_counter() - began) / self._frames

    def turn(self) -> None:
        start = next(self._starts)
        self.logits[start] = logit = self._method.logit(start)
        self.scores[start] = 1 / (1 + exp(-logit))


def _competitors(models: dict[str, Path], material: Material) -> Iterator[Competitor]:
    for network, path in models.items():
        stride = OFFICIAL_STRIDE if network == "official" else 1
        for mode in MODES:
            gc.collect()
            yield Competitor(network, mode, Line(material, load_scorer(path, "cpu", exactness=mode), stride=stride))


def _measure(
    competitors: list[Competitor],
    material: Material,
    *,
    rounds: int,
    rival: Rival | None,
    say: Callable[[str], None],
) -> dict[str, Any]:
    facts = machine_facts()
    actions: dict[str, Callable[[], float | None]] = {
        f"{name} {kind}": make(dtype) for name, make in PRODUCTS.items() for kind, dtype in KINDS.items()
    }
    preparation = Preparation(material)
    actions |= {step: getattr(preparation, step) for step in STEPS}
    if rival is not None:
        actions |= {AUTHORS: rival.turn, AUTHORS_STEPS: rival.prepare}
    actions |= {one.name: one.line.seconds_per_window for one in competitors}
    turns = Turns(actions)
    try:
        turns.run(rounds, on_round=lambda number: say(f"round {number} of {rounds}"))
    finally:
        preparation.close()
    products = {
        f"{name} {kind}": gflops_of_product(turns.least(f"{name} {kind}")) for kind in KINDS for name in PRODUCTS
    }
    peaks = {kind: max(products[f"{name} {kind}"] for name in PRODUCTS) for kind in KINDS}
    slowest = None if rival is None else turns.median(AUTHORS) + turns.median(AUTHORS_STEPS)
    methods = [] if slowest is None else [{"name": AUTHORS, "network": "official", **_rate(slowest, slowest)}]
    for one in competitors:
        say(f"stages of {one.name}")
        methods.append(_report(one, turns, slowest, peaks, batches=max(2, rounds // 4)))
    return {
        "machine": facts,
        "rounds": rounds,
        "sample_frames": len(material.tracked),
        "peak_gflops": {name: round(peak, 1) for name, peak in products.items()},
        "methods": methods,
        "deviations": list(_deviations(competitors, rival)),
    }


def _rate(took: float, slowest: float | None) -> dict[str, Any]:
    return {
        "seconds_a_window": _short(took),
        "windows_a_second": _short(1 / took),
        "seconds_a_video_minute": _short(took * FRAMES_A_MINUTE),
        "times_the_authors": None if slowest is None else round(slowest / took, 2),
    }


def _report(
    one: Competitor, turns: Turns, slowest: float | None, peaks: dict[str, float], *, batches: int
) -> dict[str, Any]:
    config = one.line.scorer.config
    once = {step: turns.median(step) for step in STEPS}
    drawing = once.pop("official_mel")
    if config.input_contract is InputContract.OFFICIAL:
        once["mel"] += drawing
    within = break_down(one.line, batches)
    report: dict[str, Any] = {"name": one.name, "network": one.network, "mode": str(one.mode)}
    report |= _rate(turns.median(one.name) + sum(once.values()), slowest)
    report["gflop_a_window"] = round(gflop_per_window(config, config.window_frames), 2)
    report["stages"] = {step: _short(value) for step, value in {**once, **within.seconds}.items()}
    if isinstance(config, NetworkConfig):
        report["crops_a_window"] = round(within.crops, 2)
        report["share_of_peak"] = {
            "encoder": _share(gflop_of_encoder(config), within.seconds["encoder"], one.mode, peaks),
            "regions": _share(within.crops * gflop_of_crop(config), within.seconds["regions"], one.mode, peaks),
        }
    return report


def _share(gflop: float, took: float, mode: Exactness, peaks: dict[str, float]) -> dict[str, float]:
    """What was reached, as a share of the peak of the arithmetic that the mode uses."""
    peak = peaks["fp32" if mode is Exactness.REFERENCE else "bf16"]
    return {"gflop": round(gflop, 2), "gflops": round(gflop / took, 1), "share": round(gflop / took / peak, 3)}


def _deviations(competitors: Iterable[Competitor], rival: Rival | None) -> Iterator[dict[str, Any]]:
    for one in competitors:
        same = {other.mode: other.line for other in competitors if other.network == one.network}
        if one.mode is Exactness.FAST:
            yield _deviation(f"{one.name}, against reference", one.line, same[Exactness.REFERENCE])
        elif rival is not None and one.network == "official":
            yield _deviation(f"{one.name}, against the {AUTHORS}", one.line, rival)


def _deviation(name: str, one: Line, other: Line | Rival) -> dict[str, Any]:
    """How far scores and logits of the windows that both know lie apart, and between what bounds they lie."""
    common = sorted(one.logits.keys() & other.logits.keys())
    if not common:
        raise SystemExit(f"{name}: no window was scored by both")
    score = [abs(one.scores[frame] - other.scores[frame]) for frame in common]
    logit = [abs(one.logits[frame] - other.logits[frame]) for frame in common]
    bounds = [one.logits[frame] for frame in common]
    return {
        "name": name,
        "windows": len(common),
        "score_max": _short(max(score)),
        "score_mean": _short(mean(score)),
        "logit_max": _short(max(logit)),
        "logit_mean": _short(mean(logit)),
        "logits_from": round(min(bounds), 3),
        "logits_to": round(max(bounds), 3),
    }


def _short(number: float) -> float:
    """Four digits."""
    return float(f"{number:.4g}")
