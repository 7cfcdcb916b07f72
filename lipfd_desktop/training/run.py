"""A training from store to model file: stages in order, resumable, every input recorded beside the result."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from lipfd_desktop import __version__
from lipfd_desktop.dataset.manifest import FAKE
from lipfd_desktop.dataset.store import StoredClip
from lipfd_desktop.errors import ExportError, SettingsError, TrainingError
from lipfd_desktop.network.build import Network, build_network
from lipfd_desktop.network.card import ModelCard
from lipfd_desktop.network.checkpoint import save_safetensors
from lipfd_desktop.report.atomic import open_atomic
from lipfd_desktop.training.initial import load_initial
from lipfd_desktop.training.log import Log
from lipfd_desktop.training.processes import ALONE, Processes
from lipfd_desktop.training.settings import StageSettings, TrainSettings
from lipfd_desktop.training.splits import Split
from lipfd_desktop.training.state import read_state, write_state
from lipfd_desktop.training.task import task_maker
from lipfd_desktop.training.trainer import OnStep, Trained, train

MODEL_NAME: Final = "model.safetensors"
SETTINGS_NAME: Final = "settings.json"
LOG_NAME: Final = "log.csv"
LARGE: Final = 50_000_000
"""Parameters from which a network is hardly worth training from nothing."""
TRAINED_LIMIT: Final = "Trained by its user; it was not measured by the makers of this program."


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a training left, and how each stage ended (those of an earlier run are not repeated)."""

    model: Path
    stages: tuple[tuple[str, Trained], ...]


def run_training(
    split: Split,
    settings: TrainSettings,
    out: Path,
    *,
    device: str = "cpu",
    resume: bool = False,
    processes: Processes = ALONE,
    on_step: OnStep | None = None,
    on_notice: Callable[[str], None] = lambda _sentence: None,
) -> RunResult:
    """Train the stages of a run and write the model, ``log.csv`` and ``settings.json``.

    Parameters
    ----------
    out
        The folder of the run; made if it is not there.
    resume
        Go on with the run in that folder, from its last saved state.
    on_notice
        Told of things that do not stop the training.

    Raises
    ------
    TrainingError
        The folder holds another run, or none is to be resumed; or the training came to nothing.
    KeyboardInterrupt
        After Ctrl+C; the run can be resumed.
    """
    if processes.first:
        _prepare(split, settings, out, resume=resume)
    processes.wait()
    for sentence in _notices(split, settings):
        on_notice(sentence)
    network = _network(settings)
    ended: list[tuple[str, Trained]] = []
    for number, stage in enumerate(settings.stages, start=1):
        name = f"{number}-{stage.task}"
        done = out / f"{name}.pt"
        if resume and done.is_file():
            network.load_state_dict(read_state(done))
            continue
        _freeze(network, stage)
        torch.manual_seed(settings.seed + number)  # heads that only the task has
        task = task_maker(stage.task)(split, network, replace(settings, stages=(stage,)))
        state = out / f"{name}.state.pt"
        trained = train(
            task,
            stage,
            seed=settings.seed,
            device=device,
            name=name,
            state=state,
            log=Log(out / LOG_NAME),
            resume=resume,
            processes=processes,
            on_step=on_step,
        )
        if trained is None:  # cannot be: no number of steps was given after which to stop
            raise AssertionError("a stage that did not end")
        network.to("cpu")
        ended.append((name, trained))
        if processes.first:
            write_state(done, dict(network.state_dict()))
            state.unlink(missing_ok=True)
        processes.wait()
    if processes.first:
        save_safetensors(out / MODEL_NAME, network.eval(), _card(split, settings), half=settings.half)
    processes.wait()
    return RunResult(model=out / MODEL_NAME, stages=tuple(ended))


def _prepare(split: Split, settings: TrainSettings, out: Path, *, resume: bool) -> None:
    """Make the folder, or see that it holds this very run."""
    record = {"program": __version__, "settings": settings.to_json(), "data": _described(split)}
    path = out / SETTINGS_NAME
    if path.is_file():
        if not resume:
            raise TrainingError(f"{out}: holds a training already; go on with --resume, or name another folder.")
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise TrainingError(f"{path}: cannot be read; start the training anew in another folder.") from error
        for part, what in (("settings", "other settings"), ("data", "other clips")):
            if not isinstance(before, dict) or before.get(part) != record[part]:
                raise TrainingError(f"{out}: the training there has {what}; resume it with the same, or start anew.")
        return
    if resume:
        raise TrainingError(f"{out}: holds no training to resume; leave --resume out.")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"{out}: the folder cannot be made ({error.strerror}).") from error
    with open_atomic(path) as stream:
        stream.write((json.dumps(record, indent=2, ensure_ascii=False) + "\n").encode())


def _described(split: Split) -> dict[str, Any]:
    """Enough of the clips to tell them from others and to report them."""
    return {"train": _clips(split.train), "held_out": _clips(split.held_out)}


def _clips(clips: Sequence[StoredClip]) -> dict[str, Any]:
    listed = "\n".join(f"{clip.id}\t{clip.label}\t{clip.record.frames}" for clip in clips)
    fakes = Counter(clip.record.generator for clip in clips if clip.label == FAKE)
    return {
        "clips": len(clips),
        "real": sum(clip.label != FAKE for clip in clips),
        "fake": dict(sorted(fakes.items())),
        "speakers": len({clip.record.speaker for clip in clips}),
        "sources": len({clip.record.source for clip in clips}),
        "sha256": hashlib.sha256(listed.encode()).hexdigest(),
    }


def _notices(split: Split, settings: TrainSettings) -> list[str]:
    sentences = []
    if split.shared_sources:
        sentences.append("There are fewer than five sources, so some are on both sides and held-out figures flatter.")
    if not any(clip.label == FAKE for clip in split.train):
        sentences.append("There is no fake to learn from; pseudo-fakes and foreign sound take their place.")
    if split.held_out and len({clip.label for clip in split.held_out}) < 2:
        sentences.append("The held-out clips are all real or all fake, so that no AUC can be measured on them.")
    if not settings.initial and _size(settings) > LARGE:
        sentences.append(
            "So large a network learns little from nothing; give pre-trained weights (--init), such as CLIP's encoder "
            "and an ImageNet ResNet-50."
        )
    return sentences


def _size(settings: TrainSettings) -> int:
    """Parameters of the network, counted without making them."""
    with torch.device("meta"):
        return sum(part.numel() for part in build_network(settings.network).parameters())


def _network(settings: TrainSettings) -> Network:
    torch.manual_seed(settings.seed)
    network = build_network(settings.network)
    for file in settings.initial:
        load_initial(network, Path(file))
    return network


def _freeze(network: nn.Module, stage: StageSettings) -> None:
    names = [name for name, _ in network.named_parameters()]
    for beginning in stage.freeze:
        if not any(name.startswith(beginning) for name in names):
            raise SettingsError(f"The network has no parameters whose names begin with {beginning!r}, to be frozen.")
    for name, parameter in network.named_parameters():
        parameter.requires_grad = not name.startswith(stage.freeze)


def _card(split: Split, settings: TrainSettings) -> ModelCard:
    data = _clips(split.train)
    fakes = ", ".join(f"{name} ({count})" for name, count in data["fake"].items()) or "none but pseudo-fakes"
    source = (
        f"trained by lipfd {__version__} with the settings “{settings.name}” (seed {settings.seed}) on {data['real']} "
        f"real clips and {data['clips'] - data['real']} fakes of {data['speakers']} speakers and {data['sources']} "
        f"sources; fakes: {fakes}"
    )
    return ModelCard(
        name=settings.name,
        config=settings.network,
        trained=True,
        licence="as its training data allow",
        source=source,
        limits=(TRAINED_LIMIT, "Nothing is known of fakes of other generators than those named."),
    )
