"""Plots of an evaluation, as SVG for its page."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from lipfd_desktop.evaluation import metrics
from lipfd_desktop.evaluation.bootstrap import resampled
from lipfd_desktop.evaluation.listening import Listening
from lipfd_desktop.evaluation.measure import Evaluation, Group
from lipfd_desktop.evaluation.metrics import Floats
from lipfd_desktop.evaluation.table import FAKE, REAL, speaker_keys
from lipfd_desktop.report import palette
from lipfd_desktop.report.figure_style import styled

REAL_COLOUR: Final = palette.BLUE
FAKE_COLOUR: Final = palette.VERMILLION
BAND_COLOUR: Final = "#D5E3EE"
BAND_RESAMPLES: Final = 300
DET_TICKS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)
SQUARE: Final = (4.6, 4.2)
"""Inches."""
_GRID: Final = np.linspace(0, 1, 201)


def draw(paint: Callable[[Axes], None], size: tuple[float, float] = SQUARE) -> str:
    """An ``<svg>`` element with one pair of axes; the same drawing gives the same text."""
    settings = {"svg.fonttype": "none", "svg.hashsalt": "lipfd", "font.family": "sans-serif"}
    with styled(settings):
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(palette.RULE)
        axes.tick_params(colors=palette.FAINT_INK, labelsize=8.5)
        paint(axes)
        stream = io.StringIO()
        FigureCanvasSVG(figure).print_svg(stream, metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    return text[text.index("<svg") :]


def roc_plot(evaluation: Evaluation) -> Callable[[Axes], None]:
    """ROC curve over clips with its pointwise 95 % band."""
    clips, scores = evaluation.plain

    def paint(axes: Axes) -> None:
        curve = metrics.roc(clips.label, scores)
        low, high = _roc_band(evaluation)
        axes.fill_between(_GRID, low, high, color=BAND_COLOUR, linewidth=0, label="95 % band")
        axes.plot([0, 1], [0, 1], color=palette.NOT_ANALYSED, linestyle=":", linewidth=1, label="chance")
        axes.plot(curve.false_positive_rate, 1 - curve.false_negative_rate, color=palette.BLUE, label="clips")
        for name, limit, marker in (
            ("likely manipulated", evaluation.limits.manipulated_from, "o"),
            ("not likely authentic", evaluation.limits.authentic_below, "s"),
        ):
            point = _point(evaluation, limit)
            axes.plot(*point, marker, color=palette.INK, markersize=5, label=name, linestyle="none")
        _unit(axes, "false positive rate (reals)", "true positive rate (fakes)")
        axes.legend(frameon=False, loc="lower right", fontsize=8.5)

    return paint


def det_plot(evaluation: Evaluation) -> Callable[[Axes], None]:
    """DET curve: both error rates on normal-deviate axes."""
    clips, scores = evaluation.plain

    def paint(axes: Axes) -> None:
        curve = metrics.roc(clips.label, scores)
        edge = 1 / max(2 * min(int((clips.label == REAL).sum()), int((clips.label == FAKE).sum())), 2)
        x, y = (
            _deviate(np.clip(rates, edge, 1 - edge)) for rates in (curve.false_positive_rate, curve.false_negative_rate)
        )
        low, high = _deviate([0.008, 0.85])
        axes.plot([low, high], [low, high], color=palette.NOT_ANALYSED, linestyle=":", linewidth=1)
        axes.annotate("equal errors", tuple(_deviate([0.012, 0.016])), fontsize=8, color=palette.FAINT_INK, rotation=45)
        axes.plot(x, y, color=palette.BLUE)
        axes.set(xlim=(low, high), ylim=(low, high))
        axes.set_xticks(_deviate(DET_TICKS), [f"{tick:.0%}" for tick in DET_TICKS])
        axes.set_yticks(_deviate(DET_TICKS), [f"{tick:.0%}" for tick in DET_TICKS])
        axes.grid(color=palette.PAPER_TINT)
        axes.set_axisbelow(True)
        axes.set(xlabel="false positive rate (reals)", ylabel="false negative rate (fakes)")

    return paint


def reliability_plot(evaluation: Evaluation) -> Callable[[Axes], None]:
    """Mean clip score against share of fakes, both classes weighed equally."""
    clips, scores = evaluation.plain

    def paint(axes: Axes) -> None:
        bins = metrics.reliability(clips.label, scores, metrics.balanced_weights(clips.label))
        axes.plot([0, 1], [0, 1], color=palette.NOT_ANALYSED, linestyle=":", linewidth=1, label="perfectly calibrated")
        axes.plot(bins.probability, bins.fakes, color=palette.BLUE, linewidth=1)
        sizes = 18 + 160 * bins.items / bins.items.max()
        axes.scatter(bins.probability, bins.fakes, s=sizes, color=palette.BLUE, alpha=0.75, linewidth=0)
        for x, y, items in zip(bins.probability, bins.fakes, bins.items, strict=True):
            axes.annotate(
                f"{items}", (x, y), (0, 9), textcoords="offset points", ha="center", fontsize=7.5, color=palette.INK
            )
        _unit(axes, "mean clip score in the bin", "share of fakes (classes weighed equally)")
        axes.legend(frameon=False, loc="upper left", fontsize=8.5)

    return paint


def histogram_plot(evaluation: Evaluation) -> Callable[[Axes], None]:
    """Clip scores of reals above the line and of fakes below it, with the limits."""
    clips, scores = evaluation.plain

    def paint(axes: Axes) -> None:
        edges = np.linspace(0, 1, 26)
        top = 0.0
        for name, label, colour, sign in (("real", REAL, REAL_COLOUR, 1), ("fake", FAKE, FAKE_COLOUR, -1)):
            own = scores[clips.label == label]
            heights = np.histogram(own, edges)[0] / max(len(own), 1)
            top = max(top, float(heights.max()))
            axes.bar(
                edges[:-1],
                sign * heights,
                np.diff(edges),
                align="edge",
                color=colour,
                alpha=0.85,
                linewidth=0,
                label=f"{name} ({len(own)} clips)",
            )
        for limit in (evaluation.limits.authentic_below, evaluation.limits.manipulated_from):
            axes.axvline(limit, color=palette.INK, linewidth=1, linestyle="--")
        axes.axhline(0, color=palette.FAINT_INK, linewidth=0.8)
        axes.set(xlim=(0, 1), ylim=(-1.25 * top, 1.25 * top), xlabel="clip score", ylabel="share of the class")
        axes.yaxis.set_major_formatter(lambda value, _: f"{abs(value):.0%}")
        axes.legend(frameon=False, loc="lower left", fontsize=8.5)

    return paint


def group_plot(groups: Sequence[Group], *, label: str = "AUC") -> Callable[[Axes], None]:
    """AUC of each group with its interval, one line each; best drawn on top."""

    def paint(axes: Axes) -> None:
        known = [group for group in groups if group.figures["auc"].value is not None]
        ranked = sorted(known, key=lambda group: group.figures["auc"].value or 0)
        for place, group in enumerate(ranked):
            auc = group.figures["auc"]
            axes.barh(place, auc.value or 0, height=0.62, color=palette.SKY_BLUE, linewidth=0)
            if auc.low is not None and auc.high is not None:
                axes.plot([auc.low, auc.high], [place, place], color=palette.INK, linewidth=1.4)
            axes.text(1.03, place, f"{auc.value:.3f}", va="center", fontsize=8.5, color=palette.INK)
        axes.axvline(0.5, color=palette.FAINT_INK, linewidth=0.9, linestyle=":")
        axes.set_yticks(range(len(ranked)), [f"{group.name} ({group.fake_clips})" for group in ranked])
        axes.set(xlim=(0, 1.14), xlabel=label)
        axes.set_xticks(np.linspace(0, 1, 6))

    return paint


def perturbation_plot(evaluation: Evaluation) -> Callable[[Axes], None]:
    """AUC by severity, one line a kind of perturbation; severity 0 is the unchanged clip."""

    def paint(axes: Axes) -> None:
        plain = evaluation.levels["clip"]["auc"].value or float("nan")
        colours = (*palette.FACES, palette.VERMILLION, palette.BLACK)
        for place, kind in enumerate(dict.fromkeys(group.name for group in evaluation.perturbations)):
            own = [group for group in evaluation.perturbations if group.name == kind]
            steps = [0, *(group.severity or 0 for group in own)]
            values = [plain, *(group.figures["auc"].value or float("nan") for group in own)]
            colour = colours[place % len(colours)]
            axes.plot(steps, values, marker="o", markersize=3.5, linewidth=1.3, color=colour, label=kind)
        axes.axhline(0.5, color=palette.FAINT_INK, linewidth=0.9, linestyle=":")
        axes.set(xlabel="severity (0: unchanged)", ylabel="AUC of clips", ylim=(0.3, 1.01))
        axes.legend(frameon=False, fontsize=8.5, ncol=2, loc="lower left")

    return paint


def listening_plot(listening: Listening) -> Callable[[Axes], None]:
    """Share of real clips whose evidence rises with each foreign sound."""

    def paint(axes: Axes) -> None:
        effects = listening.effects[::-1]
        for place, effect in enumerate(effects):
            raised = effect.raised
            if raised.value is None:
                axes.text(0.51, place, "the model says nothing", va="center", fontsize=8.5, color=palette.FAINT_INK)
                continue
            axes.barh(place, raised.value, height=0.62, color=palette.SKY_BLUE, linewidth=0)
            if raised.low is not None and raised.high is not None:
                axes.plot([raised.low, raised.high], [place, place], color=palette.INK, linewidth=1.4)
            axes.text(1.03, place, f"{raised.value:.0%}", va="center", fontsize=8.5, color=palette.INK)
        axes.axvline(0.5, color=palette.FAINT_INK, linewidth=0.9, linestyle=":")
        axes.set_yticks(range(len(effects)), [effect.title for effect in effects])
        axes.set(xlim=(0, 1.12), xlabel="share of real clips with more evidence than with their own sound")
        axes.set_xticks(np.linspace(0, 1, 6), [f"{tick:.0%}" for tick in np.linspace(0, 1, 6)])

    return paint


def _deviate(rates: Sequence[float] | Floats) -> Floats:
    """The normal deviate of each rate."""
    inverse = NormalDist().inv_cdf
    return np.array([inverse(float(rate)) for rate in rates])


def _unit(axes: Axes, x: str, y: str) -> None:
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.03), xlabel=x, ylabel=y)
    axes.grid(color=palette.PAPER_TINT)
    axes.set_axisbelow(True)


def _point(evaluation: Evaluation, limit: float) -> tuple[float, float]:
    clips, scores = evaluation.plain
    wrong = metrics.false_positive_rate(clips.label, scores, threshold=limit)
    missed = metrics.false_negative_rate(clips.label, scores, threshold=limit)
    return float(wrong), 1 - float(missed)


def _roc_band(evaluation: Evaluation) -> tuple[Floats, Floats]:
    """Pointwise limits of the true positive rate over resampled speakers, on an even grid of false positive rates."""
    clips, scores = evaluation.plain
    order = np.argsort(-scores, kind="stable")
    fake = (clips.label == FAKE)[order]
    curves = []
    for counts in resampled(clips.label, speaker_keys(clips), resamples=BAND_RESAMPLES, seed=evaluation.seed):
        for weights in counts[:, order]:
            hits = np.concatenate([[0.0], np.cumsum(weights * fake)])
            wrong = np.concatenate([[0.0], np.cumsum(weights * ~fake)])
            curves.append(np.interp(_GRID, wrong / wrong[-1], hits / hits[-1]))
    low, high = np.quantile(np.array(curves), [0.025, 0.975], axis=0)
    return low, high
