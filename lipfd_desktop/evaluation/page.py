"""One self-contained HTML page that shows an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Final

import numpy as np

from lipfd_desktop import __version__
from lipfd_desktop.evaluation import plots
from lipfd_desktop.evaluation.authors import NOTE
from lipfd_desktop.evaluation.bootstrap import Interval
from lipfd_desktop.evaluation.listening import Listening
from lipfd_desktop.evaluation.measure import Evaluation, Group
from lipfd_desktop.evaluation.page_style import STYLE
from lipfd_desktop.evaluation.wording import (
    FIGURES,
    LEVELS,
    LIMIT_SUFFIXES,
    cautions,
    extent,
    is_share,
    number,
    title,
)
from lipfd_desktop.result import MeasuredRate, Outcome

GROUP_COLUMNS: Final = ("auc", "average_precision", "equal_error_rate")
BASELINE_COLUMNS: Final = ("auc", "auc_within_folds", "average_precision", "equal_error_rate")
_MANIPULATED, _AUTHENTIC = LIMIT_SUFFIXES


def html_page(evaluation: Evaluation, *, made: str) -> str:
    """The page as text; ``made`` says when."""
    sections = [
        _header(evaluation, made),
        _cards(evaluation),
        _levels(evaluation),
        _curves(evaluation),
        _outcomes(evaluation),
        _folds(evaluation),
        _generators(evaluation),
        _held_out(evaluation),
        _perturbations(evaluation),
        _listening(evaluation.listening),
        _baselines(evaluation),
        _authors(evaluation),
        _method(evaluation),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title(evaluation))}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(section for section in sections if section)
        + "\n</main>\n</body>\n</html>\n"
    )


def _header(evaluation: Evaluation, made: str) -> str:
    model = evaluation.model
    identity = f"{model.input_contract} contract, SHA-256 {model.sha256}. " if model else ""
    warned = "".join(f'<p class="warning">{escape(sentence)}</p>' for sentence in cautions(evaluation))
    data = f"<p>{escape(evaluation.data)}</p>" if evaluation.data else ""
    return (
        f"<header><h1>{escape(title(evaluation))}</h1><p>{escape(extent(evaluation))}</p>{data}"
        f'<p class="faint">{escape(identity)}LipFD Desktop {__version__}, {escape(made)}.</p></header>{warned}'
    )


def _cards(evaluation: Evaluation) -> str:
    clip, worst = evaluation.levels["clip"], evaluation.worst_fold
    cards = [
        ("AUC of clips", clip["auc"], False),
        *([(f"AUC of the worst fold ({worst.name})", worst.figures["auc"], False)] if worst else []),
        ("Equal error rate", clip["equal_error_rate"], True),
        ("Reals called likely manipulated", clip[f"false_positive_rate{_MANIPULATED}"], True),
        ("Fakes called likely authentic", clip[f"false_negative_rate{_AUTHENTIC}"], True),
        *([("Audio sensitivity", evaluation.listening.sensitivity, True)] if evaluation.listening else []),
    ]
    parts = [
        f"<div><span>{escape(name)}</span><b>{number(figure.value, percent=percent)}</b>"
        f"<small>{_reach(figure, percent=percent) or 'no interval'}</small></div>"
        for name, figure, percent in cards
    ]
    return f'<div class="cards">{"".join(parts)}</div>'


def _levels(evaluation: Evaluation) -> str:
    rows = []
    for key, name in FIGURES.items():
        found = [_figure(evaluation, level, key) for level in LEVELS]
        if any(figure is not None for figure in found):
            rows.append([_text(name), *("" if one is None else _cell(one, percent=is_share(key)) for one in found)])
    limits = evaluation.limits
    return _section(
        "By window, clip and speaker",
        f"Brackets hold 95 % intervals. Rates of windows are at {evaluation.threshold:g}; accuracy and false positive "
        f"rate of clips and speakers are at the limit of “likely manipulated” ({limits.manipulated_from:.3f}), "
        f"their false negative rate at that of “likely authentic” ({limits.authentic_below:.3f}).",
        _table(["", *(_text(name).replace(", every", ",<br>every") for name in LEVELS.values())], rows),
    )


def _figure(evaluation: Evaluation, level: str, key: str) -> Interval | None:
    """A figure at the limit that belongs to it."""
    figures = evaluation.levels[level]
    suffix = _AUTHENTIC if key == "false_negative_rate" else _MANIPULATED
    return figures.get(key, figures.get(f"{key}{suffix}"))


def _curves(evaluation: Evaluation) -> str:
    clips, _ = evaluation.plain
    if len(np.unique(clips.label)) < 2:
        return ""
    figures = [
        _plot(plots.roc_plot(evaluation), "ROC curve of clips. The marks are the two limits of the verdict."),
        _plot(plots.det_plot(evaluation), "DET curve of clips: both error rates on normal-deviate axes."),
        _plot(plots.reliability_plot(evaluation), "Reliability of clip scores; the figures are clips in the bin."),
        _plot(plots.histogram_plot(evaluation), "Clip scores of reals (up) and fakes (down); dashed: the limits."),
    ]
    return f'<h2>Curves</h2><div class="plots">{"".join(figures)}</div>'


def _outcomes(evaluation: Evaluation) -> str:
    rows = [
        [_text(f"{name} clips"), *(_cell(shares[outcome], percent=True) for outcome in Outcome)]
        for name, shares in evaluation.outcomes.items()
    ]
    rule = evaluation.rule
    origin = (
        "These limits are not measured ones."
        if rule is None
        else f"Limits and calibration are stored with the model; they come from: {rule.corpus} There they called "
        f"{_stated(rule.false_positive_rate)} of the reals likely manipulated and "
        f"{_stated(rule.false_negative_rate)} of the fakes likely authentic."
    )
    return _section(
        "Three outcomes",
        f"Likely manipulated from {evaluation.limits.manipulated_from:.3f} on, likely authentic below "
        f"{evaluation.limits.authentic_below:.3f}, inconclusive between. {origin} Evidence that is too poor (small "
        "face, too little time) makes further clips inconclusive in the program.",
        _table(["", *(_text(outcome.value) for outcome in Outcome)], rows),
    )


def _stated(rate: MeasuredRate) -> str:
    return f"{rate.value:.1%} [{rate.low:.1%}, {rate.high:.1%}]"


def _folds(evaluation: Evaluation) -> str:
    if not evaluation.folds:
        return ""
    worst = evaluation.worst_fold
    known = [fold.figures["auc"].value for fold in evaluation.folds]
    values = [value for value in known if value is not None]
    mean = f" Mean AUC over folds: {np.mean(values):.3f}." if values else ""
    return _section(
        "By fold",
        "Each fold was scored without having been learnt from, if the scores are out-of-fold; the worst is "
        f"marked.{mean}",
        _group_table(evaluation.folds, "fold", marked=worst.name if worst else None),
    )


def _generators(evaluation: Evaluation) -> str:
    if not evaluation.generators:
        return ""
    plot = _plot(
        plots.group_plot(evaluation.generators),
        "AUC by generator (number of fakes), with 95 % intervals.",
        (7.4, 0.75 + 0.3 * len(evaluation.generators)),
    )
    return _section(
        "By generator",
        "The fakes of each generator against all reals.",
        plot + _group_table(evaluation.generators, "generator"),
    )


def _held_out(evaluation: Evaluation) -> str:
    if not evaluation.held_out:
        return ""
    return _section(
        "Leave one generator out",
        "Each generator's fakes against the reals, scored by models that never saw this generator.",
        _group_table(evaluation.held_out, "generator left out"),
    )


def _perturbations(evaluation: Evaluation) -> str:
    if not evaluation.perturbations:
        return ""
    severities = sorted({group.severity or 0 for group in evaluation.perturbations})
    rows = []
    for kind in dict.fromkeys(group.name for group in evaluation.perturbations):
        own = {group.severity: group.figures["auc"] for group in evaluation.perturbations if group.name == kind}
        rows.append([_text(kind), *(_cell(own[severity]) if severity in own else "–" for severity in severities)])
    plain = evaluation.levels["clip"]["auc"]
    return _section(
        "Perturbed pictures",
        f"AUC of clips by severity of the perturbation; unchanged it is {number(plain.value)}.",
        _plot(plots.perturbation_plot(evaluation), "AUC of clips against severity.", (7.4, 3.6))
        + _table(["perturbation", *(f"severity {severity}" for severity in severities)], rows),
    )


def _listening(listening: Listening | None) -> str:
    if listening is None:
        return ""
    rows = [
        [
            _text(effect.title),
            f"{effect.clips}",
            f"{effect.untold}",
            _cell(effect.raised, percent=True),
            _cell(effect.auc),
            _cell(effect.called, percent=True),
            _cell(effect.called_own, percent=True),
        ]
        for effect in listening.effects
    ]
    header = [
        "sound",
        "clips",
        "no answer",
        "more evidence<br>than own sound",
        "AUC, own<br>against this",
        "called likely manipulated",
        "with own sound",
    ]
    return _section(
        "Does it listen?",
        f"{listening.sentence} Real clips of 4 s or more, scored with their own sound and with a foreign one; a "
        "model that ignores the sound comes to 50 %.",
        _plot(plots.listening_plot(listening), "Whiskers: 95 % intervals.", (7.4, 0.8 + 0.32 * len(rows)))
        + _table(header, rows),
    )


def _baselines(evaluation: Evaluation) -> str:
    if not evaluation.baselines:
        return ""
    model = evaluation.levels["clip"]
    rows = [[_text("this model"), *(_cell(model[key], percent=is_share(key)) for key in BASELINE_COLUMNS), ""]]
    rows += [
        [
            _text(group.name),
            *(_cell(group.figures[key], percent=is_share(key)) for key in BASELINE_COLUMNS),
            f"{group.real_clips} + {group.fake_clips}",
        ]
        for group in evaluation.baselines
    ]
    notes = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(note)}</dd>" for name, note in evaluation.baseline_notes.items()
    )
    return _section(
        "Simple baselines",
        "The same clips, judged by something simple.",
        _table(["", *(_text(FIGURES[key]) for key in BASELINE_COLUMNS), "real + fake"], rows) + f"<dl>{notes}</dl>",
    )


def _authors(evaluation: Evaluation) -> str:
    found = evaluation.authors
    rows = [[f"{value:.4f}" for value in (found.acc, found.ap, found.fpr, found.fnr)]]
    return _section("For comparison with the authors' figures", NOTE, _table(["acc", "ap", "fpr", "fnr"], rows))


def _method(evaluation: Evaluation) -> str:
    terms: Mapping[str, str] = {
        "Clip score": "Logits of frames are means over the windows that contain them; the clip statistic is half their "
        "mean and half the highest mean over a sustained span; the model's calibration makes a probability of it. "
        "Without a calibration it is the plain mean of the window scores.",
        "Intervals": f"Percentiles of {evaluation.resamples} resamples of speakers, with all their clips, apart for "
        f"speakers with real clips, with fakes and with both (seed {evaluation.seed}). None with fewer than three "
        "speakers of a class. Rates of 0 and 1 have the exact binomial limit with one observation a speaker.",
        "AUC within folds": "Over pairs of a real and a fake of the same fold: models trained on different folds need "
        "not share one scale.",
        "False positive rate": "Share of the real clips at or above the limit.",
        "False negative rate": "Share of the fake clips below the limit.",
        "Calibration error": "Mean distance between clip score and share of fakes over ten bins of equal width.",
        "Classes equal": "Reals and fakes weighed alike, which is what the calibration assumes.",
    }
    parts = "".join(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in terms.items())
    return f"<h2>How it was measured</h2><dl>{parts}</dl>"


def _group_table(groups: Sequence[Group], what: str, *, marked: str | None = None) -> str:
    header = [
        what,
        "real<br>clips",
        "fake<br>clips",
        "fake<br>speakers",
        *(_text(FIGURES[key]) for key in GROUP_COLUMNS),
        "reals called<br>manipulated",
        "fakes called<br>authentic",
    ]
    rows = [
        [
            _text(group.name),
            f"{group.real_clips}",
            f"{group.fake_clips}",
            f"{group.fake_speakers}",
            *(_cell(group.figures[key], percent=is_share(key)) for key in GROUP_COLUMNS),
            _cell(group.figures[f"false_positive_rate{_MANIPULATED}"], percent=True),
            _cell(group.figures[f"false_negative_rate{_AUTHENTIC}"], percent=True),
        ]
        for group in groups
    ]
    return _table(header, rows, marked={place for place, group in enumerate(groups) if group.name == marked})


def _section(name: str, lead: str, body: str) -> str:
    return f"<h2>{escape(name)}</h2><p>{escape(lead)}</p>{body}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], *, marked: Iterable[int] = ()) -> str:
    """A table of cells that are HTML already."""
    chosen = set(marked)
    head = "".join(f"<th>{cell}</th>" for cell in header)
    body = "".join(
        ('<tr class="marked">' if place in chosen else "<tr>") + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>"
        for place, row in enumerate(rows)
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(figure: Interval, *, percent: bool = False) -> str:
    reach = _reach(figure, percent=percent)
    return number(figure.value, percent=percent) + (f"<small>{reach}</small>" if reach else "")


def _reach(figure: Interval, *, percent: bool = False) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f"[{number(figure.low, percent=percent)}, {number(figure.high, percent=percent)}]"


def _text(text: str) -> str:
    return escape(text)


def _plot(paint: Callable[..., None], caption: str, size: tuple[float, float] = plots.SQUARE) -> str:
    return f"<figure>{plots.draw(paint, size)}<figcaption>{escape(caption)}</figcaption></figure>"
