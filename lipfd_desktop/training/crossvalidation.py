"""Scores of clips by models that never saw their source: one training a fold, and one a generator left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from lipfd_desktop.dataset.store import StoredClip
from lipfd_desktop.errors import DatasetError
from lipfd_desktop.evaluation.scoring import STRIDE, score_clips
from lipfd_desktop.evaluation.table import HELD_OUT, ScoreTable, read_table, write_table
from lipfd_desktop.network.scorer import load_scorer
from lipfd_desktop.training.processes import ALONE, Processes
from lipfd_desktop.training.run import MODEL_NAME, SETTINGS_NAME, run_training
from lipfd_desktop.training.settings import TrainSettings
from lipfd_desktop.training.splits import Split, by_fold, by_generator, folds_of, generators_of
from lipfd_desktop.training.trainer import OnStep

SCORES_NAME: Final = "scores.csv"


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One training of a cross-validation.

    Attributes
    ----------
    name
        Of its folder.
    generator
        The generator that it never learns from; None where only a fold is held out.
    scored
        Clips that its model scores.
    """

    name: str
    split: Split
    generator: str | None
    scored: tuple[StoredClip, ...]


def parts(clips: Sequence[StoredClip], *, leave_generators: bool = False) -> Iterator[Part]:
    """The trainings that are needed: one a fold, and one for each generator and each fold that has fakes of it.

    Raises
    ------
    DatasetError
        There is one fold only, or a split is refused.
    """
    folds = folds_of(clips)
    if len(folds) < 2:
        raise DatasetError("All clips are in one fold, so that nothing can be validated across folds.")
    for fold in folds:
        split = by_fold(clips, fold)
        yield Part(f"fold-{fold}", split, None, split.held_out)
    for number, generator in enumerate(generators_of(clips) if leave_generators else (), start=1):
        for fold in folds:
            mine = [clip for clip in clips if clip.record.generator == generator and clip.record.fold == fold]
            if not mine:
                continue
            split = by_generator(clips, generator, fold)
            yield Part(f"generator-{number}-fold-{fold}", split, generator, split.held_out)


def cross_validate(
    clips: Sequence[StoredClip],
    settings: TrainSettings,
    out: Path,
    *,
    leave_generators: bool = False,
    variants: Sequence[str] = (),
    stride: int = STRIDE,
    device: str = "cpu",
    resume: bool = False,
    processes: Processes = ALONE,
    on_part: Callable[[str], None] = lambda _name: None,
    on_step: OnStep | None = None,
    on_notice: Callable[[str], None] = lambda _sentence: None,
) -> ScoreTable:
    """Train every part in a folder of its own below ``out`` and write the scores of all held-out clips.

    A validation that stops the training early, or chooses among its weights, looks at the clips that are scored
    afterwards, which flatters; settings for this purpose train a fixed number of steps and keep the last weights.
    Here that is enforced: ``patience`` is 0 and ``keep_best`` is false, whatever the settings say.

    Parameters
    ----------
    variants
        Also score these, as :func:`~lipfd_desktop.evaluation.scoring.score_clips` (for models without a fold's
        generator they are left out).

    Returns
    -------
    ScoreTable
        Rows of left-out generators are of the variant ``held-out:GENERATOR``.
    """
    fixed = _fixed(settings)
    tables: list[ScoreTable] = []
    for part in parts(clips, leave_generators=leave_generators):
        on_part(part.name)
        folder = out / part.name
        run_training(
            part.split,
            fixed,
            folder,
            device=device,
            resume=resume and (folder / SETTINGS_NAME).is_file(),
            processes=processes,
            on_step=on_step,
            on_notice=on_notice,
        )
        if processes.first:
            tables.append(_scored(part, folder, device, variants, stride, settings.seed))
        processes.wait()
    if not processes.first:
        return ScoreTable.empty()
    table = ScoreTable.concatenate(tables)
    write_table(table, out / SCORES_NAME)
    return table


def _scored(part: Part, folder: Path, device: str, variants: Sequence[str], stride: int, seed: int) -> ScoreTable:
    """The table of a part; one that an earlier run wrote is read."""
    path = folder / SCORES_NAME
    if path.is_file():
        return read_table(path)
    scorer = load_scorer(folder / MODEL_NAME, device)
    wanted = variants if part.generator is None else ()
    table = score_clips(part.scored, scorer, stride=stride, variants=wanted, seed=seed)
    if part.generator is not None:
        table = table.as_variant(f"{HELD_OUT}:{part.generator}")
    write_table(table, path)
    return table


def _fixed(settings: TrainSettings) -> TrainSettings:
    stages = tuple(replace(stage, patience=0, keep_best=False) for stage in settings.stages)
    return replace(settings, stages=stages)
