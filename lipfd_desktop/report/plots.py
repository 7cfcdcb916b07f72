"""The curves of a report, drawn on Matplotlib axes that share one time axis in seconds of PTS."""

from __future__ import annotations

import itertools
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator
from numpy.typing import NDArray

from lipfd_desktop.language import tr, trn
from lipfd_desktop.report import palette
from lipfd_desktop.report.document import Report, union
from lipfd_desktop.report.gaps import gaps
from lipfd_desktop.report.plot_marks import draw_marks
from lipfd_desktop.report.terms import answer_words, subject_words, tier_words
from lipfd_desktop.report.text import clock, number
from lipfd_desktop.result import TIERS, WHOLE_PICTURE, AnalysisResult, MelTrack, WindowScores

Floats = NDArray[np.float64]

MAX_POINTS: Final = 6000
"""More points of a curve than this are replaced by the minimum and maximum of each pixel-sized stretch."""
MAX_MEL_COLUMNS: Final = 3000
NARROW: Final = 0.004
"""Share of the time axis, a few pixels, below which a stretch is drawn without hatching."""
_CLOCK_STEPS: Final = (15, 30, 60, 120, 300, 600, 900, 1800, 3600)
"""Seconds between ticks that people read off a clock."""


def plot_heights(report: Report) -> list[float]:
    """Heights in inches of the axes that :func:`draw_plots` fills, top first."""
    questions = [1.45] if answers_both(report.result) else []
    return [2.5, *questions, 1.45] + ([1.2] if report.mel is not None else [])


def answers_both(result: AnalysisResult) -> bool:
    """Whether the model told the two questions apart in any window."""
    return bool(np.isfinite(result.scores.generated).any())


def draw_plots(axes: list[Axes], report: Report) -> None:
    """Scores, where there are two questions the answers to them, weights and, where given, the mel-spectrogram."""
    draw_scores(axes[0], report)
    below = iter(axes[1:])
    if answers_both(report.result):
        draw_questions(next(below), report.result)
    draw_weights(next(below), report.result)
    if report.mel is not None:
        draw_mel(next(below), report.mel)
    start, end = report.result.plan.start, report.result.plan.end
    for axis in axes:
        axis.set_xlim(start, max(end, start + 1e-3))
        axis.tick_params(labelbottom=axis is axes[-1])
    _label_time(axes[-1], end - start)
    _style(axes)


def plot_figure(report: Report, *, width: float) -> Figure:
    """The curves alone on a figure of ``width`` inches."""
    heights = plot_heights(report)
    figure = Figure(figsize=(width, sum(heights) + 0.9), layout="constrained")
    axes = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    draw_plots(list(axes), report)
    return figure


def draw_scores(axis: Axes, report: Report) -> None:
    """Fake score of every window at its middle, threshold, suspicious spans and stretches without a score."""
    result = report.result
    _shade_gaps(axis, result)
    stretches = union(report.spans)
    _shade(
        axis,
        stretches,
        _suspicious_label(len(report.spans), len(stretches)),
        facecolor=palette.SUSPICIOUS,
        alpha=0.22,
        edgecolor=palette.SUSPICIOUS,
        lw=0.4,
    )
    _number_stills(axis, report)
    draw_marks(axis, report)
    shown = [face.id for face in result.faces if face.windows_analysed]
    if result.scores.of_face(WHOLE_PICTURE).analysed.any():
        shown.append(WHOLE_PICTURE)
    others = tr("other faces")
    for place, face in reversed(list(enumerate(shown))):
        own = place < len(palette.FACES)
        colour = palette.FACES[place] if own else palette.OTHER_FACES
        first_other = place == len(palette.FACES)
        label = subject_words(face) if own else (others if first_other else None)
        scores = result.scores.of_face(face)
        _curve(axis, scores, scores.score, positions=np.unique(result.scores.index), colour=colour, label=label)
    threshold = tr("threshold {threshold}", threshold=number(result.threshold))
    axis.axhline(result.threshold, color=palette.BLACK, lw=1, ls=(0, (5, 3)), label=threshold)
    axis.set_ylim(-0.03, 1.1)
    axis.set_ylabel(tr("fake score"))
    handles, labels = axis.get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda place: (labels[place] == others, labels[place]))
    axis.legend(
        [handles[place] for place in order],
        [labels[place] for place in order],
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=9,
        fontsize=7.5,
        frameon=False,
        borderaxespad=0.2,
    )


def _suspicious_label(moments: int, stretches: int) -> str:
    """What the shading is; with the number of moments where some overlap and so share a band."""
    if moments == stretches:
        return tr("suspicious")
    return tr(
        "suspicious ({moments}, {stretches})",
        moments=trn("{count:,} moment", "{count:,} moments", moments),
        stretches=trn("{count:,} stretch", "{count:,} stretches", stretches),
    )


def _number_stills(axis: Axes, report: Report) -> None:
    """Numbers above the curves, each tied to the point of its window."""
    for rank, still in enumerate(report.evidence.stills, start=1):
        axis.annotate(
            str(rank),
            xy=(still.window.middle, still.window.score or 0.0),
            xytext=(still.window.middle, 1.05),
            ha="center",
            va="center",
            fontsize=7.5,
            fontweight="bold",
            annotation_clip=True,
            arrowprops={"arrowstyle": "-", "color": palette.FAINT_INK, "lw": 0.6, "shrinkA": 4, "shrinkB": 1},
        )


def draw_questions(axis: Axes, result: AnalysisResult) -> None:
    """The answers to the two questions for the deciding face; the curve of the sound ends where it cannot tell."""
    face = result.verdict.face
    scores = result.scores.of_face(WHOLE_PICTURE if face is None else face)
    positions = np.unique(result.scores.index)
    for values, (name, colour), dashes in (
        (scores.generated, palette.QUESTIONS[0], "-"),
        (scores.foreign_sound, palette.QUESTIONS[1], (0, (4, 1.5))),
    ):
        label = answer_words(name)
        if np.isfinite(values).any():
            _curve(axis, scores, values, positions=positions, colour=colour, label=label, dashes=dashes)
        else:
            axis.plot([], [], color=colour, ls=dashes, lw=1.1, label=tr("{answer}: cannot tell", answer=label))
    axis.set_ylim(-0.05, 1.05)
    axis.set_ylabel(tr("two questions\n({subject})", subject=subject_words(face)))
    axis.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, fontsize=7.5, frameon=False, borderaxespad=0.2)


def draw_weights(axis: Axes, result: AnalysisResult) -> None:
    """Mean weight a tier of the deciding face or of the whole picture; the axis is fitted to the real range."""
    face = result.verdict.face
    scores = result.scores.of_face(WHOLE_PICTURE if face is None else face)
    weights = scores.tier_weights
    positions = np.unique(result.scores.index)
    for column, tier in enumerate(TIERS):
        colour, label = palette.TIER_COLOURS[tier], tier_words(tier)
        _curve(axis, scores, weights[:, column], positions=positions, colour=colour, label=label)
    finite = weights[np.isfinite(weights)]
    if len(finite):
        low, high = float(finite.min()), float(finite.max())
        margin = max(0.08 * (high - low), 0.002)
        axis.set_ylim(low - margin, high + margin)
    else:
        axis.set_ylim(0, 1)
    whose = tr("region weight\n({subject})", subject=subject_words(face))
    axis.set_ylabel(whose if len(finite) else tr("region weight"))
    axis.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, fontsize=7.5, frameon=False, borderaxespad=0.2)


def draw_mel(axis: Axes, mel: MelTrack) -> None:
    """Mel-spectrogram; columns beyond :data:`MAX_MEL_COLUMNS` are merged by their maximum."""
    step = max(1, -(-mel.levels.shape[1] // MAX_MEL_COLUMNS))
    edges = np.arange(0, mel.levels.shape[1], step)
    levels = np.maximum.reduceat(mel.levels, edges, axis=1)
    half = mel.column_seconds / 2
    end = mel.start + mel.column_seconds * step * levels.shape[1]
    axis.imshow(
        levels,
        aspect="auto",
        origin="lower",
        cmap="magma",
        vmin=0,
        vmax=255,
        extent=(mel.start - half, end - half, 0, len(levels)),
        interpolation="nearest",
    )
    ticks = np.linspace(0, len(levels) - 1, 4).round().astype(int)
    axis.set_yticks(ticks + 0.5, [f"{mel.frequencies[tick] / 1000:.1f}" for tick in ticks])
    axis.set_ylabel(tr("mel band\n(kHz)"))


def thinned(times: Floats, values: Floats, limit: int) -> tuple[Floats, Floats]:
    """At most ``limit`` points with the same outline: the lowest and the highest of each stretch, in order."""
    if len(times) <= limit:
        return times, values
    edges = np.linspace(0, len(times), limit // 2 + 1).astype(int)
    keep: list[int] = []
    for low, high in itertools.pairwise(edges):
        part = values[low:high]
        if np.isnan(part).all():
            keep.append(int(low))
        else:
            keep.extend(sorted({int(low + np.nanargmin(part)), int(low + np.nanargmax(part))}))
    return times[keep], values[keep]


def _shade_gaps(axis: Axes, result: AnalysisResult) -> None:
    """Hatched where there is room for it; a white edge would hide a gap that is narrower than a pixel."""
    missing = gaps(result)
    narrow = (result.plan.end - result.plan.start) * NARROW
    colours: dict[str, Any] = {"facecolor": palette.NOT_ANALYSED, "alpha": 0.55}
    wide = [gap for gap in missing if gap[1] - gap[0] >= narrow]
    small = [gap for gap in missing if gap[1] - gap[0] < narrow]
    label = tr("not analysed")
    _shade(axis, wide, label, hatch="///", edgecolor="white", lw=0.4, **colours)
    _shade(axis, small, None if wide else label, lw=0, **colours)


def _shade(axis: Axes, stretches: list[tuple[float, float]], label: str | None, **style: Any) -> None:
    """Full-height bars in one collection: thousands of single patches would take minutes."""
    if stretches:
        bars = [(start, end - start) for start, end in stretches]
        axis.broken_barh(bars, (0, 1), transform=axis.get_xaxis_transform(), label=label, **style)


def _curve(
    axis: Axes,
    scores: WindowScores,
    values: NDArray[np.float32],
    *,
    positions: NDArray[np.int64],
    colour: str,
    label: str | None,
    dashes: str | tuple[int, tuple[float, float]] = "-",
) -> None:
    """A line that is interrupted where a window position of the face is missing or was not analysed."""
    place = np.searchsorted(positions, scores.index)
    times = (scores.start + scores.end) / 2
    holes = np.flatnonzero(np.diff(place) > 1) + 1
    times = np.insert(times, holes, np.nan)
    line = np.insert(values.astype(np.float64), holes, np.nan)
    times, line = thinned(times, line, MAX_POINTS)
    marker = "." if len(times) <= 400 else None
    axis.plot(times, line, color=colour, lw=1.1, ls=dashes, marker=marker, ms=3, label=label)
    if marker is None:
        missing = np.isnan(np.concatenate(([np.nan], line, [np.nan])))
        alone = ~missing[1:-1] & missing[:-2] & missing[2:]
        axis.plot(times[alone], line[alone], color=colour, ls="none", marker=".", ms=3)


def _label_time(axis: Axes, seconds: float) -> None:
    if seconds < 120:
        axis.set_xlabel(tr("time (PTS, s)"))
        return
    step = next((step for step in _CLOCK_STEPS if seconds / step <= 10), _CLOCK_STEPS[-1])
    axis.xaxis.set_major_locator(MultipleLocator(step, offset=0))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: clock(value).partition(".")[0]))
    axis.set_xlabel(tr("time (PTS, min:s)") if seconds < 3600 else tr("time (PTS, h:min:s)"))


def _style(axes: list[Axes]) -> None:
    for axis in axes:
        axis.tick_params(labelsize=8, colors=palette.INK)
        axis.yaxis.label.set_fontsize(8.5)
        axis.xaxis.label.set_fontsize(8.5)
        axis.spines[["top", "right"]].set_visible(False)
        if not axis.images:
            axis.grid(color=palette.RULE, lw=0.5, alpha=0.6)
            axis.set_axisbelow(True)
