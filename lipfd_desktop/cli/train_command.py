"""``lipfd train`` and ``lipfd calibrate``: a model of one's own, from a store to a file that can be imported."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tqdm import tqdm

from lipfd_desktop.cli.main import EXIT_DONE, one_line
from lipfd_desktop.errors import SettingsError
from lipfd_desktop.report.text import printable

if TYPE_CHECKING:
    from lipfd_desktop.dataset.store import StoredClip
    from lipfd_desktop.training.processes import Processes
    from lipfd_desktop.training.run import RunResult
    from lipfd_desktop.training.settings import TrainSettings
    from lipfd_desktop.training.splits import Split
    from lipfd_desktop.training.trainer import StepReport

MODULE: Final = "train_command"


def add_parsers(commands: _SubParsersAction[Any]) -> None:
    """Add the commands of this module to the parser of ``lipfd``."""
    _add_train(
        commands.add_parser(
            "train",
            help="train a model on a store of clips",
            description="Train a network on the clips of a store. Held-out clips share no speaker and no source with "
            "those that are learnt from. Several GPUs: torchrun --nproc-per-node=N --no-python lipfd train ...",
        )
    )
    calibrate = commands.add_parser(
        "calibrate",
        help="fit a verdict rule to out-of-fold scores and store it in a model",
        description="Fit thresholds and calibration to scores of clips that the models which scored them never saw "
        "(`lipfd train --cross-validate` writes such a table), and store them in the card of a model file.",
    )
    calibrate.set_defaults(module=MODULE)
    calibrate.add_argument("model", type=Path, metavar="MODEL", help="the model file, which is changed in place")
    calibrate.add_argument("--scores", type=Path, required=True, metavar="CSV", help="table of out-of-fold scores")
    calibrate.add_argument("--corpus", required=True, metavar="SENTENCE", help="what the clips are, for the reports")
    calibrate.add_argument("--out", type=Path, metavar="FILE", help="write here and leave the model file as it is")
    calibrate.add_argument("--seed", type=int, default=0, metavar="N", help="of the intervals (default: 0)")


def _add_train(parser: ArgumentParser) -> None:
    parser.set_defaults(module=MODULE)
    parser.add_argument("--data", type=Path, required=True, metavar="STORE", help="store of extracted clips")
    parser.add_argument(
        "--config", required=True, metavar="NAME|FILE", help="settings of the training: a name, or a JSON file"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for model, log and states")
    held = parser.add_argument_group("held-out clips (default: --hold-out-speakers)")
    held.add_argument("--hold-out-speakers", action="store_true", help="about a fifth: whole sources and speakers")
    held.add_argument("--fold", type=int, metavar="K", help="this fold of the manifest")
    held.add_argument(
        "--leave-generator", metavar="G", help="this generator's fakes, and what shares speaker or source with them"
    )
    held.add_argument("--all", action="store_true", help="none: learn from everything, for a fixed number of steps")
    held.add_argument(
        "--cross-validate", action="store_true", help="a training for every fold; writes scores.csv, out of fold"
    )
    parser.add_argument(
        "--leave-generators", action="store_true", help="with --cross-validate: also one for every generator and fold"
    )
    parser.add_argument(
        "--listen", action="store_true", help="with --cross-validate: also score swapped, shifted and silent sound"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the training in the folder")
    parser.add_argument("--init", action="append", default=[], metavar="FILE", help="pre-trained weights; repeatable")
    parser.add_argument("--seed", type=int, metavar="N", help="of everything (default: as the settings say)")
    parser.add_argument(
        "--set", action="append", default=[], dest="changes", metavar="KEY=VALUE", help="change a setting; repeatable"
    )
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda, cuda:N or mps (default: auto)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def train(arguments: Namespace) -> int:
    """Train, or cross-validate."""
    _refuse_contradictions(arguments)
    from lipfd_desktop.dataset.store import Store
    from lipfd_desktop.network.device import resolve_device
    from lipfd_desktop.training.processes import launched

    settings = _settings(arguments)
    clips = Store.open(arguments.data).clips
    with launched(arguments.device) as (processes, wanted):
        device = resolve_device(wanted).name
        with _Bars(quiet=arguments.quiet or not processes.first) as bars:
            if arguments.cross_validate:
                summary = _cross_validate(arguments, clips, settings, device, processes, bars)
            else:
                summary = _train(arguments, clips, settings, device, processes, bars)
        if processes.first:
            for line in summary:
                print(printable(line))
    return EXIT_DONE


def calibrate(arguments: Namespace) -> int:
    """Fit a rule and store it."""
    from lipfd_desktop.evaluation.calibrate import calibrate as fit
    from lipfd_desktop.evaluation.table import read_table
    from lipfd_desktop.network.card import read_safetensors_card
    from lipfd_desktop.training.rule import store_rule

    card = read_safetensors_card(arguments.model)
    found = fit(
        read_table(arguments.scores),
        corpus=arguments.corpus,
        window_frames=card.config.window_frames,
        seed=arguments.seed,
    )
    if not found.across_folds:
        _say("There are no folds to measure across, so the error rates stored in the rule are flattered.")
    store_rule(arguments.model, found.rule, arguments.out)
    rule = found.rule
    print(
        f"Likely authentic below {rule.authentic_below:.3f}, likely manipulated from {rule.manipulated_from:.3f}; "
        f"{rule.clips} clips of {rule.speakers} speakers. Stored in {arguments.out or arguments.model}."
    )
    return EXIT_DONE


def _refuse_contradictions(arguments: Namespace) -> None:
    fold_alone = arguments.fold is not None and arguments.leave_generator is None
    ways = {
        "--hold-out-speakers": arguments.hold_out_speakers,
        "--fold": fold_alone,
        "--leave-generator": arguments.leave_generator is not None,
        "--all": arguments.all,
        "--cross-validate": arguments.cross_validate,
    }
    chosen = [name for name, given in ways.items() if given]
    if len(chosen) > 1:
        raise SettingsError(f"{' and '.join(chosen)} exclude each other; choose one way to hold clips out.")
    for name in ("leave_generators", "listen"):
        if getattr(arguments, name) and not arguments.cross_validate:
            raise SettingsError(f"--{name.replace('_', '-')} belongs to --cross-validate.")


def _settings(arguments: Namespace) -> TrainSettings:
    from lipfd_desktop.training.settings import load_settings

    settings = load_settings(arguments.config, arguments.changes)
    if arguments.init:
        settings = replace(settings, initial=(*settings.initial, *arguments.init))
    if arguments.seed is not None:
        if not 0 <= arguments.seed < 2**31:
            raise SettingsError(f"The seed {arguments.seed} must lie between 0 and 2147483647.")
        settings = replace(settings, seed=arguments.seed)
    return settings


def _split(arguments: Namespace, clips: Sequence[StoredClip], seed: int) -> Split:
    from lipfd_desktop.training import splits

    if arguments.all:
        return splits.everything(clips)
    if arguments.leave_generator is not None:
        return splits.by_generator(clips, arguments.leave_generator, arguments.fold)
    if arguments.fold is not None:
        return splits.by_fold(clips, arguments.fold)
    return splits.by_speakers(clips, seed)


def _train(
    arguments: Namespace,
    clips: Sequence[StoredClip],
    settings: TrainSettings,
    device: str,
    processes: Processes,
    bars: _Bars,
) -> list[str]:
    from lipfd_desktop.training.run import run_training

    split = _split(arguments, clips, settings.seed)
    _say_first(processes, f"{len(split.train)} clips to learn from, {len(split.held_out)} held out, on {device}.")
    result = run_training(
        split,
        settings,
        arguments.out,
        device=device,
        resume=arguments.resume,
        processes=processes,
        on_step=bars.step,
        on_notice=lambda sentence: _say_first(processes, sentence),
    )
    return [*_endings(result), f"Written to {result.model}."]


def _cross_validate(
    arguments: Namespace,
    clips: Sequence[StoredClip],
    settings: TrainSettings,
    device: str,
    processes: Processes,
    bars: _Bars,
) -> list[str]:
    from lipfd_desktop.evaluation.scoring import LISTENING
    from lipfd_desktop.training.crossvalidation import SCORES_NAME, cross_validate

    table = cross_validate(
        clips,
        settings,
        arguments.out,
        leave_generators=arguments.leave_generators,
        variants=LISTENING if arguments.listen else (),
        device=device,
        resume=arguments.resume,
        processes=processes,
        on_part=bars.part,
        on_step=bars.step,
        on_notice=lambda sentence: _say_first(processes, sentence),
    )
    path = arguments.out / SCORES_NAME
    return [f"{len(table)} windows scored out of fold; measure them with `lipfd evaluate --scores {path}`."]


def _endings(result: RunResult) -> list[str]:
    lines = []
    for name, trained in result.stages:
        score = "" if trained.score is None else f", held-out score {trained.score:.3f}"
        early = ", stopped early" if trained.stopped_early else ""
        lines.append(f"{name}: weights of step {trained.step}{score}{early}.")
    return lines


class _Bars:
    """A progress bar for each stage."""

    def __init__(self, *, quiet: bool) -> None:
        self._hidden = True if quiet else None
        self._bar: tqdm[Any] | None = None
        self._stage = ("", "")
        self._part = ""

    def __enter__(self) -> _Bars:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def part(self, name: str) -> None:
        self._part = name

    def step(self, report: StepReport) -> None:
        if self._bar is None or self._stage != (self._part, report.stage):
            self._close()
            self._stage = (self._part, report.stage)
            name = " ".join(part for part in self._stage if part)
            self._bar = tqdm(
                total=report.steps,
                initial=report.step - 1,
                desc=printable(name),
                unit="step",
                file=sys.stderr,
                disable=self._hidden,
            )
        self._bar.update()
        shown = {"loss": f"{report.loss:.4f}"}
        if "score" in report.figures:
            shown["score"] = f"{report.figures['score']:.4f}"
        self._bar.set_postfix(shown, refresh=bool(report.figures))

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar = None


def _say_first(processes: Processes, sentence: str) -> None:
    if processes.first:
        _say(sentence)


def _say(sentence: str) -> None:
    tqdm.write(f"lipfd: {one_line(sentence)}", file=sys.stderr)
