"""All figures of one evaluation: by window, clip and speaker; by fold, generator and perturbation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.errors import DatasetError
from lipfd_desktop.evaluation import metrics
from lipfd_desktop.evaluation.authors import AuthorsNumbers, authors_numbers
from lipfd_desktop.evaluation.bootstrap import RESAMPLES, Figure, Interval, Sample, estimate, exact_where_certain, rate
from lipfd_desktop.evaluation.clips import (
    WINDOW_FRAMES,
    ClipScores,
    Limits,
    clip_scores,
    equal_speakers,
    scores_by,
    speaker_sample,
)
from lipfd_desktop.evaluation.listening import Listening, measure_listening
from lipfd_desktop.evaluation.metrics import Floats
from lipfd_desktop.evaluation.table import FAKE, HELD_OUT, PERTURBATION, PLAIN, REAL, ScoreTable, speaker_keys
from lipfd_desktop.result import ModelInfo, Outcome, VerdictRule
from lipfd_desktop.verdict.statistic import SPAN_SECONDS

RANKING: Final[Mapping[str, Figure]] = {
    "auc": metrics.auc,
    "average_precision": metrics.average_precision,
    "equal_error_rate": metrics.equal_error_rate,
}
"""Figures that ask only for the order of the scores."""
CALIBRATION: Final[Mapping[str, Figure]] = {
    "brier": metrics.brier,
    "calibration_error": metrics.calibration_error,
    "brier_classes_equal": lambda label, score, weights: metrics.brier(
        label, score, metrics.balanced_weights(label, weights)
    ),
    "calibration_error_classes_equal": lambda label, score, weights: metrics.calibration_error(
        label, score, metrics.balanced_weights(label, weights)
    ),
}
Figures = Mapping[str, Interval]


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """Clip scores of something simple; ``clip`` (n,) ids and ``score`` (n,), NaN where it says nothing."""

    name: str
    note: str
    clip: NDArray[np.str_]
    score: Floats


@dataclass(frozen=True, slots=True)
class Group:
    """Figures of some clips: a fold, or all reals with the fakes of one generator or under one perturbation."""

    name: str
    real_clips: int
    fake_clips: int
    real_speakers: int
    fake_speakers: int
    figures: Figures
    severity: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What was measured.

    Attributes
    ----------
    model
        None when only a table of scores was given.
    clips
        All clips of all variants; ``scores`` (n,) are their clip scores.
    levels
        Figures by level: window, clip, clip_equal_speakers, speaker.
    folds, generators, held_out, perturbations, baselines
        Groups in a fixed order; empty where the table has none.
    outcomes
        Share of each class ("real", "fake") that gets each outcome.
    """

    model: ModelInfo | None
    rule: VerdictRule | None
    limits: Limits
    threshold: float
    data: str
    seed: int
    resamples: int
    windows: ScoreTable
    clips: ClipScores
    scores: Floats
    levels: Mapping[str, Figures]
    folds: tuple[Group, ...]
    generators: tuple[Group, ...]
    held_out: tuple[Group, ...]
    perturbations: tuple[Group, ...]
    baselines: tuple[Group, ...]
    baseline_notes: Mapping[str, str]
    outcomes: Mapping[str, Mapping[Outcome, Interval]]
    listening: Listening | None
    authors: AuthorsNumbers

    @property
    def plain(self) -> tuple[ClipScores, Floats]:
        """The clips as they are, with their scores."""
        chosen = self.clips.variant == PLAIN
        return self.clips.take(chosen), self.scores[chosen]

    @property
    def worst_fold(self) -> Group | None:
        known = [fold for fold in self.folds if fold.figures["auc"].value is not None]
        return min(known, key=lambda fold: fold.figures["auc"].value or 0.0, default=None)


def evaluate(
    table: ScoreTable,
    *,
    model: ModelInfo | None = None,
    rule: VerdictRule | None = None,
    data: str = "",
    baselines: Sequence[Baseline] = (),
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Evaluation:
    """Measure a table of scores.

    Parameters
    ----------
    table
        Scores of one model, or out-of-fold scores of one recipe.
    model
        The model; its rule is used when ``rule`` is None.
    rule
        How window scores become clip scores and outcomes; without any, as the verdict does without one.
    data
        What the clips are, for the reader.
    baselines
        Scores of the same clips by something simple.

    Raises
    ------
    DatasetError
        There are no scores of unchanged clips.
    """
    windows = table.of_variant(PLAIN)
    if not len(windows):
        raise DatasetError("The table has no scores of unchanged clips (an empty cell in the column “variant”).")
    rule = rule if rule is not None or model is None else model.rule
    threshold = 0.5 if model is None else model.threshold
    limits = Limits.of(rule, threshold)
    frames = WINDOW_FRAMES if model is None else model.window_frames
    clips = clip_scores(table, window_frames=frames, span_seconds=SPAN_SECONDS if rule is None else rule.span_seconds)
    scores = scores_by(clips, rule)
    measure = partial(_measure, resamples=resamples, seed=seed)
    plain = clips.variant == PLAIN
    own, own_scores = clips.take(plain), scores[plain]

    def group(name: str, rows: NDArray[np.bool_], severity: int | None = None) -> Group:
        chosen = clips.take(rows)
        figures = measure(chosen.sample(scores[rows]), {**RANKING, **_at_limits(limits)})
        return _group(name, chosen, figures, severity)

    folds = np.unique(own.fold)
    held_out = {name.partition(":")[2]: clips.variant == name for name in _named(clips, HELD_OUT)}
    return Evaluation(
        model=model,
        rule=rule,
        limits=limits,
        threshold=threshold,
        data=data,
        seed=seed,
        resamples=resamples,
        windows=windows,
        clips=clips,
        scores=scores,
        levels=_levels(windows, own, own_scores, limits, threshold, resamples, seed),
        folds=tuple(group(str(fold), plain & (clips.fold == fold)) for fold in folds if len(folds) > 1),
        generators=tuple(
            group(str(name) or "unknown", plain & _generator_or_real(clips, str(name)))
            for name in np.unique(own.generator[own.label == FAKE])
        ),
        held_out=tuple(group(name, rows & _generator_or_real(clips, name)) for name, rows in held_out.items()),
        perturbations=tuple(
            group(kind, clips.variant == name, severity)
            for name in _named(clips, PERTURBATION)
            for kind, severity in [_kind_and_severity(name)]
        ),
        baselines=tuple(_measure_baseline(one, own, resamples, seed) for one in baselines),
        baseline_notes={one.name: one.note for one in baselines},
        outcomes=_outcomes(own, own_scores, limits, resamples, seed),
        listening=measure_listening(clips, rule, limits, resamples=resamples, seed=seed),
        authors=authors_numbers(windows.label, windows.score.astype(np.float64)),
    )


def _levels(
    windows: ScoreTable,
    clips: ClipScores,
    scores: Floats,
    limits: Limits,
    threshold: float,
    resamples: int,
    seed: int,
) -> dict[str, Figures]:
    ranked = {**RANKING, **CALIBRATION}
    by_window = {**ranked, **_at(threshold, "")}
    by_clip = {**ranked, **_at_limits(limits)}
    statistic = clips.sample(clips.main)
    equal = Sample(clips.label, scores, speaker_keys(clips), equal_speakers(clips))
    measure = partial(_measure, resamples=resamples, seed=seed)
    return {
        "window": measure(Sample(windows.label, windows.score.astype(np.float64), speaker_keys(windows)), by_window),
        "clip": {
            **measure(clips.sample(scores), by_clip),
            **measure(clips.sample(scores), {"auc_within_folds": metrics.auc_within(clips.fold)}),
            **measure(statistic, {"auc_of_statistic": metrics.auc}),
        },
        "clip_equal_speakers": measure(equal, by_clip),
        "speaker": measure(speaker_sample(clips, scores), by_clip),
    }


def _measure(sample: Sample, figures: Mapping[str, Figure], *, resamples: int, seed: int) -> dict[str, Interval]:
    found = estimate(sample, figures, resamples=resamples, seed=seed)
    for prefix, label in (("false_positive_rate", REAL), ("false_negative_rate", FAKE)):
        speakers = len(np.unique(sample.speaker[sample.label == label]))
        for name in found:
            if name.startswith(prefix):
                found[name] = exact_where_certain(found[name], speakers)
    return found


def _at(threshold: float, suffix: str) -> dict[str, Figure]:
    return {
        f"accuracy{suffix}": partial(metrics.accuracy, threshold=threshold),
        f"balanced_accuracy{suffix}": partial(metrics.balanced_accuracy, threshold=threshold),
        f"false_positive_rate{suffix}": partial(metrics.false_positive_rate, threshold=threshold),
        f"false_negative_rate{suffix}": partial(metrics.false_negative_rate, threshold=threshold),
    }


def _at_limits(limits: Limits) -> dict[str, Figure]:
    return {
        **_at(limits.manipulated_from, "_at_manipulated_from"),
        **_at(limits.authentic_below, "_at_authentic_below"),
    }


def _group(name: str, chosen: ClipScores, figures: Figures, severity: int | None = None) -> Group:
    real, speakers = chosen.label == REAL, speaker_keys(chosen)
    return Group(
        name=name,
        real_clips=int(real.sum()),
        fake_clips=int((~real).sum()),
        real_speakers=len(np.unique(speakers[real])),
        fake_speakers=len(np.unique(speakers[~real])),
        figures=figures,
        severity=severity,
    )


def _generator_or_real(clips: ClipScores, generator: str) -> NDArray[np.bool_]:
    return np.asarray((clips.label == REAL) | (clips.generator == generator), np.bool_)


def _named(clips: ClipScores, prefix: str) -> list[str]:
    return [str(name) for name in np.unique(clips.variant) if name.startswith(f"{prefix}:")]


def _kind_and_severity(variant: str) -> tuple[str, int]:
    _, kind, severity = variant.split(":")
    return kind, int(severity)


def _measure_baseline(baseline: Baseline, clips: ClipScores, resamples: int, seed: int) -> Group:
    """Ranking figures over the clips about which the baseline says something."""
    known = {
        clip: value
        for clip, value in zip(baseline.clip.tolist(), baseline.score.tolist(), strict=True)
        if np.isfinite(value)
    }
    chosen = clips.take(np.isin(clips.clip, list(known)))
    numbers = np.array([known[clip] for clip in chosen.clip.tolist()], np.float64)
    ranking = {**RANKING, "auc_within_folds": metrics.auc_within(chosen.fold)}
    figures = estimate(chosen.sample(numbers), ranking, resamples=resamples, seed=seed)
    return _group(baseline.name, chosen, figures)


def _outcomes(
    clips: ClipScores, scores: Floats, limits: Limits, resamples: int, seed: int
) -> dict[str, dict[Outcome, Interval]]:
    speakers = speaker_keys(clips)
    shares: dict[str, dict[Outcome, Interval]] = {}
    for name, label in (("real", REAL), ("fake", FAKE)):
        own = clips.label == label
        if own.any():
            shares[name] = {
                outcome: rate(is_so[own], speakers[own], resamples=resamples, seed=seed)
                for outcome, is_so in limits.outcomes(scores).items()
            }
    return shares
