"""``lipfd evaluate``: how good a model is, in figures, CSV files and a page."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError, Namespace, _SubParsersAction
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tqdm import tqdm

from lipfd_desktop.cli.main import EXIT_DONE, one_line
from lipfd_desktop.errors import SettingsError
from lipfd_desktop.report.text import printable

if TYPE_CHECKING:
    from lipfd_desktop.dataset.store import Store
    from lipfd_desktop.evaluation.measure import Baseline, Evaluation
    from lipfd_desktop.evaluation.table import ScoreTable
    from lipfd_desktop.result import ModelInfo, VerdictRule

MODULE: Final = "evaluate_command"
SCORES_NAME: Final = "scores.csv"
RULE_NAME: Final = "rule.json"


def add_parsers(commands: _SubParsersAction[Any]) -> None:
    """Add ``evaluate`` to the parser of ``lipfd``."""
    parser = commands.add_parser(
        "evaluate",
        help="measure a model on clips whose truth is known",
        description="Score the clips of a store with a model, or take scores from a table, and measure how good they "
        "are: AUC, error rates, calibration and whether the model listens, each with its 95 % interval over speakers.",
    )
    parser.set_defaults(module=MODULE)
    parser.add_argument("--scores", type=Path, metavar="CSV", help="measure this table of scores; nothing is computed")
    parser.add_argument("--model", metavar="NAME|PATH", help="the model to score with, or whose rule to judge by")
    parser.add_argument(
        "--data", type=Path, metavar="STORE", help="store of extracted clips: to be scored, and for the baselines"
    )
    parser.add_argument("--stride", type=_whole, default=None, metavar="N", help="frames between windows (default: 5)")
    parser.add_argument("--listen", action="store_true", help="also score with swapped, shifted and silent sound")
    parser.add_argument("--perturb", action="store_true", help="also score perturbed pictures: 35 times the work")
    parser.add_argument(
        "--calibrate",
        metavar="CORPUS",
        help=f"fit a rule to these scores, which must be out-of-fold, and write {RULE_NAME}; CORPUS is a sentence that "
        "says what the clips are",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the page, the JSON and the CSV files")
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda, cuda:N or mps (default: auto)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of intervals and variants (default: 0)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) >= 1):
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def evaluate(arguments: Namespace) -> int:
    """Score where asked to, measure, print the main figures and write the rest."""
    from lipfd_desktop.dataset.store import Store
    from lipfd_desktop.evaluation import measure
    from lipfd_desktop.evaluation.report import write_evaluation
    from lipfd_desktop.evaluation.table import read_table

    _refuse_contradictions(arguments)
    store = Store.open(arguments.data) if arguments.data is not None else None
    model = _model(arguments)
    table = read_table(arguments.scores) if arguments.scores is not None else _score(arguments, store, model)
    rule = _calibrated(arguments, table, model) if arguments.calibrate is not None else None
    evaluation = measure.evaluate(
        table,
        model=model,
        rule=rule,
        data=_described(arguments),
        baselines=_baselines(arguments, store, table),
        seed=arguments.seed,
    )
    _print(evaluation)
    if arguments.out is not None:
        made = datetime.now().astimezone().isoformat(timespec="seconds")
        paths = write_evaluation(evaluation, arguments.out, made=made)
        if arguments.scores is None:
            paths.append(_write_scores(table, arguments.out))
        if rule is not None:
            paths.append(_write_rule(rule, arguments.out))
        print(f"Written to {arguments.out}: {', '.join(path.name for path in paths)}.")
    return EXIT_DONE


def _refuse_contradictions(arguments: Namespace) -> None:
    if arguments.scores is None and arguments.data is None:
        raise SettingsError("Nothing to evaluate: give a table (--scores CSV) or a model and clips (--data STORE).")
    if arguments.scores is not None:
        for name in ("listen", "perturb", "stride"):
            if getattr(arguments, name):
                raise SettingsError(
                    f"--{name} needs a model that computes, and --scores only reads what was computed; leave one out."
                )
    if arguments.out is not None and arguments.out.exists() and not arguments.out.is_dir():
        raise SettingsError(f"--out {arguments.out}: this is a file; name a folder.")


def _model(arguments: Namespace) -> ModelInfo | None:
    """The model to score with; with a table only the one that was named, for its rule."""
    if arguments.scores is not None and arguments.model is None:
        return None
    from lipfd_desktop.engine.facade import Engine

    return Engine().resolve_model(arguments.model)


def _score(arguments: Namespace, store: Store | None, model: ModelInfo | None) -> ScoreTable:
    from lipfd_desktop.evaluation.scoring import LISTENING, PERTURBATIONS, STRIDE, score_clips
    from lipfd_desktop.network.scorer import load_scorer

    if store is None or model is None:  # cannot be: without a table there are both
        raise AssertionError("nothing to score")
    scorer = load_scorer(model, arguments.device, on_notice=lambda notice: _say(notice.message))
    variants = (*(LISTENING if arguments.listen else ()), *(PERTURBATIONS if arguments.perturb else ()))
    with tqdm(
        total=len(store.clips), unit="clip", file=sys.stderr, disable=arguments.quiet or None, leave=False
    ) as bar:
        return score_clips(
            store.clips,
            scorer,
            stride=arguments.stride or STRIDE,
            variants=variants,
            seed=arguments.seed,
            on_clip=lambda _windows: bar.update() and None,
        )


def _calibrated(arguments: Namespace, table: ScoreTable, model: ModelInfo | None) -> VerdictRule:
    from lipfd_desktop.evaluation.calibrate import calibrate
    from lipfd_desktop.evaluation.clips import WINDOW_FRAMES

    found = calibrate(
        table,
        corpus=arguments.calibrate,
        window_frames=WINDOW_FRAMES if model is None else model.window_frames,
        seed=arguments.seed,
    )
    if not found.across_folds:
        _say("There are no folds to measure across, so the error rates stored in the rule are flattered.")
    return found.rule


def _baselines(arguments: Namespace, store: Store | None, table: ScoreTable) -> list[Baseline]:
    """Baselines over those clips of the store that have scores."""
    from lipfd_desktop.evaluation.baselines import baselines

    scored = set(table.clip.tolist())
    clips = [clip for clip in store.clips if clip.id in scored] if store is not None else []
    if not clips:
        return []
    hidden = arguments.quiet or None
    with tqdm(total=len(clips), desc="baselines", unit="clip", file=sys.stderr, disable=hidden, leave=False) as bar:
        return baselines(clips, on_clip=lambda: bar.update() and None)


def _described(arguments: Namespace) -> str:
    if arguments.scores is not None:
        return f"Scores read from {arguments.scores.name}."
    return f"Clips of the store {arguments.data.resolve().name}, scored at a stride of {arguments.stride or 5} frames."


def _print(evaluation: Evaluation) -> None:
    from lipfd_desktop.evaluation.wording import summary_lines

    for line in summary_lines(evaluation):
        print(printable(line))


def _write_scores(table: ScoreTable, folder: Path) -> Path:
    from lipfd_desktop.evaluation.table import write_table

    write_table(table, folder / SCORES_NAME)
    return folder / SCORES_NAME


def _write_rule(rule: VerdictRule, folder: Path) -> Path:
    import json

    from lipfd_desktop.report.atomic import open_atomic

    with open_atomic(folder / RULE_NAME) as stream:
        stream.write((json.dumps(asdict(rule), indent=2, ensure_ascii=False) + "\n").encode())
    return folder / RULE_NAME


def _say(sentence: str) -> None:
    tqdm.write(f"lipfd: {one_line(sentence)}", file=sys.stderr)
