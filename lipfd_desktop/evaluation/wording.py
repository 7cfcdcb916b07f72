"""Names and sentences of an evaluation, for its page and for the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lipfd_desktop.evaluation.authors import NOTE
from lipfd_desktop.evaluation.bootstrap import Interval
from lipfd_desktop.evaluation.measure import Evaluation
from lipfd_desktop.evaluation.table import FAKE, REAL

LEVELS: Final[Mapping[str, str]] = {
    "window": "windows",
    "clip": "clips",
    "clip_equal_speakers": "clips, every speaker counted once",
    "speaker": "speakers",
}
FIGURES: Final[Mapping[str, str]] = {
    "auc": "AUC",
    "auc_within_folds": "AUC within folds",
    "average_precision": "average precision",
    "equal_error_rate": "equal error rate",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "false_positive_rate": "false positive rate",
    "false_negative_rate": "false negative rate",
    "brier": "Brier score",
    "calibration_error": "calibration error",
    "brier_classes_equal": "Brier score, classes equal",
    "calibration_error_classes_equal": "calibration error, classes equal",
    "auc_of_statistic": "AUC of the uncalibrated statistic",
}
LIMIT_SUFFIXES: Final = ("_at_manipulated_from", "_at_authentic_below")
RATES: Final = ("rate", "accuracy")
"""Parts of the names of figures that are shares of clips and shown in per cent."""


def number(value: float | None, *, percent: bool = False) -> str:
    """Three decimals or per cent; a dash for what does not exist."""
    if value is None:
        return "–"
    return f"{value:.1%}" if percent else f"{value:.3f}"


def with_interval(figure: Interval, *, percent: bool = False) -> str:
    if figure.low is None or figure.high is None:
        return number(figure.value, percent=percent)
    low, high = number(figure.low, percent=percent), number(figure.high, percent=percent)
    return f"{number(figure.value, percent=percent)} [{low}, {high}]"


def is_share(figure: str) -> bool:
    return any(part in figure for part in RATES)


def title(evaluation: Evaluation) -> str:
    return f"Evaluation of {evaluation.model.name}" if evaluation.model else "Evaluation of a table of scores"


def extent(evaluation: Evaluation) -> str:
    """How much was measured, as a sentence."""
    clips, _ = evaluation.plain
    real, fake = int((clips.label == REAL).sum()), int((clips.label == FAKE).sum())
    speakers = len(set(clips.speaker.tolist()))
    return (
        f"{real:,} real and {fake:,} fake clips of {speakers:,} speakers, {len(evaluation.windows):,} windows in "
        f"{clips.seconds.sum() / 60:,.1f} minutes."
    )


def cautions(evaluation: Evaluation) -> list[str]:
    """What a reader must know before the figures."""
    found = []
    if evaluation.model is not None and not evaluation.model.trained:
        found.append("These are test weights that were never trained: the figures mean nothing.")
    if evaluation.rule is None:
        found.append(
            "The scores are not calibrated: clip scores are plain means, and the limits of the outcomes are not "
            "measured ones."
        )
    if evaluation.listening is not None and evaluation.listening.hearing != "listens":
        found.append(evaluation.listening.sentence)
    clips, _ = evaluation.plain
    if len(set(clips.label.tolist())) < 2:
        found.append("All clips are of one class, so nothing can be said of telling real from fake.")
    return found


def summary_lines(evaluation: Evaluation) -> list[str]:
    """The main figures as text for a terminal."""
    clip, authors = evaluation.levels["clip"], evaluation.authors
    lines = [title(evaluation), extent(evaluation), *cautions(evaluation), ""]
    figures = [
        ("AUC of windows", evaluation.levels["window"]["auc"], False),
        ("AUC of clips", clip["auc"], False),
        ("AUC of clips within folds", clip["auc_within_folds"], False),
        ("AUC of clips, speakers equal", evaluation.levels["clip_equal_speakers"]["auc"], False),
        ("AUC of speakers", evaluation.levels["speaker"]["auc"], False),
        ("average precision of clips", clip["average_precision"], False),
        ("equal error rate of clips", clip["equal_error_rate"], True),
        ("reals called likely manipulated", clip["false_positive_rate_at_manipulated_from"], True),
        ("fakes called likely authentic", clip["false_negative_rate_at_authentic_below"], True),
        ("Brier score of clips", clip["brier"], False),
        ("calibration error of clips", clip["calibration_error"], False),
    ]
    figures += [(f"AUC of fold {group.name}", group.figures["auc"], False) for group in evaluation.folds]
    figures += [(f"AUC on {group.name}", group.figures["auc"], False) for group in evaluation.generators]
    figures += [(f"AUC on {group.name}, left out", group.figures["auc"], False) for group in evaluation.held_out]
    figures += [(f"baseline: {group.name}, AUC", group.figures["auc"], False) for group in evaluation.baselines]
    lines += [f"{name:<46}{with_interval(figure, percent=percent)}" for name, figure, percent in figures]
    if evaluation.listening is not None:
        lines += ["", evaluation.listening.sentence]
    return [
        *lines,
        "",
        f"acc: {authors.acc:.4f} ap: {authors.ap:.4f} fpr: {authors.fpr:.4f} fnr: {authors.fnr:.4f}",
        NOTE,
    ]
