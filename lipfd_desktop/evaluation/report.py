"""Writes an evaluation: JSON, CSV files and the page."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from lipfd_desktop import __version__
from lipfd_desktop.errors import ExportError
from lipfd_desktop.evaluation import metrics
from lipfd_desktop.evaluation.authors import NOTE
from lipfd_desktop.evaluation.listening import Listening
from lipfd_desktop.evaluation.measure import Evaluation, Group
from lipfd_desktop.evaluation.page import html_page
from lipfd_desktop.evaluation.scales import probability
from lipfd_desktop.evaluation.table import FAKE, REAL
from lipfd_desktop.evaluation.wording import extent
from lipfd_desktop.report.atomic import open_atomic

FORMAT_VERSION: Final = 1
JSON_NAME: Final = "evaluation.json"
PAGE_NAME: Final = "evaluation.html"


def write_evaluation(evaluation: Evaluation, folder: Path, *, made: str) -> list[Path]:
    """Write every file into ``folder``, which is made where it is missing; each appears whole or not at all.

    ``evaluation.json`` comes last, so that where it is, the others are.

    Parameters
    ----------
    made
        When, as text for the page and the JSON.

    Returns
    -------
    list of Path
        ``evaluation.json``, ``evaluation.html``, ``figures.csv``, ``clips.csv``, ``curves.csv``.

    Raises
    ------
    ExportError
        The folder or a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"{folder}: the folder cannot be made ({error.strerror}); choose another place.") from error
    _write_csv(folder / "clips.csv", _clip_rows(evaluation))
    _write_csv(folder / "curves.csv", _curve_rows(evaluation))
    _write_csv(folder / "figures.csv", _figure_rows(evaluation))
    _write(folder / PAGE_NAME, html_page(evaluation, made=made))
    document = json.dumps(to_json(evaluation, made=made), indent=2, ensure_ascii=False, allow_nan=False)
    _write(folder / JSON_NAME, document + "\n")
    names = (JSON_NAME, PAGE_NAME, "figures.csv", "clips.csv", "curves.csv")
    return [folder / name for name in names]


def to_json(evaluation: Evaluation, *, made: str) -> dict[str, Any]:
    """The evaluation as plain data; figures are objects with value, low and high, null where unknown."""
    model, (clips, _) = evaluation.model, evaluation.plain
    return {
        "format_version": FORMAT_VERSION,
        "made": made,
        "program": f"LipFD Desktop {__version__}",
        "model": None
        if model is None
        else {"name": model.name, "sha256": model.sha256, "input_contract": model.input_contract.value},
        "data": {
            "description": evaluation.data,
            "extent": extent(evaluation),
            "real_clips": int((clips.label == REAL).sum()),
            "fake_clips": int((clips.label == FAKE).sum()),
            "windows": len(evaluation.windows),
        },
        "calibrated": evaluation.rule is not None,
        "limits": {
            "authentic_below": evaluation.limits.authentic_below,
            "manipulated_from": evaluation.limits.manipulated_from,
            "window_threshold": evaluation.threshold,
        },
        "bootstrap": {"over": "speakers", "resamples": evaluation.resamples, "seed": evaluation.seed, "level": 0.95},
        "levels": {level: _figures(figures) for level, figures in evaluation.levels.items()},
        "outcomes": {
            name: {outcome.value: share.to_json() for outcome, share in shares.items()}
            for name, shares in evaluation.outcomes.items()
        },
        "folds": _groups(evaluation.folds),
        "worst_fold": None if evaluation.worst_fold is None else evaluation.worst_fold.name,
        "generators": _groups(evaluation.generators),
        "leave_one_generator_out": _groups(evaluation.held_out),
        "perturbations": _groups(evaluation.perturbations),
        "listening": None if evaluation.listening is None else _listening(evaluation.listening),
        "baselines": [
            group | {"note": evaluation.baseline_notes[group["name"]]} for group in _groups(evaluation.baselines)
        ],
        "authors_validate": {
            "note": NOTE,
            **{name: _known(getattr(evaluation.authors, name)) for name in ("acc", "ap", "fpr", "fnr")},
        },
    }


def _figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {name: figure.to_json() for name, figure in figures.items()}


def _groups(groups: Iterable[Group]) -> list[dict[str, Any]]:
    return [
        {
            "name": group.name,
            **({} if group.severity is None else {"severity": group.severity}),
            "real_clips": group.real_clips,
            "fake_clips": group.fake_clips,
            "real_speakers": group.real_speakers,
            "fake_speakers": group.fake_speakers,
            **_figures(group.figures),
        }
        for group in groups
    ]


def _listening(listening: Listening) -> dict[str, Any]:
    return {
        "verdict": listening.hearing.value,
        "sentence": listening.sentence,
        "audio_sensitivity": listening.sensitivity.to_json(),
        "sounds": [
            {
                "variant": effect.variant,
                "clips": effect.clips,
                "speakers": effect.speakers,
                "without_answer": effect.untold,
                "more_evidence": effect.raised.to_json(),
                "auc_own_against_this": effect.auc.to_json(),
                "called_likely_manipulated": effect.called.to_json(),
                "called_likely_manipulated_with_own_sound": effect.called_own.to_json(),
                "mean_statistic": _known(effect.evidence),
                "mean_statistic_with_own_sound": _known(effect.own_evidence),
            }
            for effect in listening.effects
        ],
    }


def _figure_rows(evaluation: Evaluation) -> Iterable[Sequence[object]]:
    """Every figure in one long table."""
    yield ("table", "name", "severity", "figure", "value", "low", "high")
    parts: list[tuple[str, str, int | None, Mapping[str, Any]]] = [
        ("level", level, None, figures) for level, figures in evaluation.levels.items()
    ]
    for table in ("folds", "generators", "held_out", "perturbations", "baselines"):
        parts += [(table, group.name, group.severity, group.figures) for group in getattr(evaluation, table)]
    parts += [
        ("outcomes", name, None, {outcome.value: share for outcome, share in shares.items()})
        for name, shares in evaluation.outcomes.items()
    ]
    if evaluation.listening is not None:
        parts += [
            ("listening", effect.variant, None, {"more_evidence": effect.raised, "auc_own_against_this": effect.auc})
            for effect in evaluation.listening.effects
        ]
    for table, name, severity, figures in parts:
        for figure, interval in figures.items():
            yield (table, name, severity, figure, interval.value, interval.low, interval.high)


def _clip_rows(evaluation: Evaluation) -> Iterable[Sequence[object]]:
    """One row a clip and variant."""
    clips, rule = evaluation.clips, evaluation.rule
    yield (
        *("clip", "variant", "label", "generator", "speaker", "source", "fold", "windows", "seconds"),
        *("score", "outcome", "generated", "foreign_sound", "mean_score", "statistic"),
    )
    unknown = np.full(len(clips), np.nan)
    generated = unknown if rule is None else probability(rule.generated, clips.generated)
    foreign_sound = unknown if rule is None else probability(rule.foreign_sound, clips.foreign_sound)
    outcomes = evaluation.limits.outcomes(evaluation.scores)
    for row in range(len(clips)):
        outcome = next(outcome for outcome, is_so in outcomes.items() if is_so[row])
        yield (
            *(clips.clip[row], clips.variant[row], clips.label[row], clips.generator[row], clips.speaker[row]),
            *(clips.source[row], clips.fold[row], clips.windows[row], f"{clips.seconds[row]:.3f}"),
            *(_short(evaluation.scores[row]), outcome.value, _short(generated[row]), _short(foreign_sound[row])),
            *(_short(clips.mean_score[row]), _short(clips.statistic[row])),
        )


def _curve_rows(evaluation: Evaluation) -> Iterable[Sequence[object]]:
    """Error rates of clips at every threshold: ROC and DET curve."""
    yield ("threshold", "false_positive_rate", "false_negative_rate")
    clips, scores = evaluation.plain
    if len(np.unique(clips.label)) == 2:
        curve = metrics.roc(clips.label, scores)
        for row in zip(curve.threshold, curve.false_positive_rate, curve.false_negative_rate, strict=True):
            yield tuple(_known(value) for value in row)


def _write_csv(path: Path, rows: Iterable[Sequence[object]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    _write(path, text.getvalue())


def _write(path: Path, text: str) -> None:
    with open_atomic(path) as stream:
        stream.write(text.encode("utf-8"))


def _short(value: float) -> str | None:
    return f"{value:.6g}" if math.isfinite(value) else None


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
