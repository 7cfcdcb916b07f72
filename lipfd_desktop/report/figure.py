"""PNG: one figure with verdict, curves and the most suspicious frames."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from lipfd_desktop import __version__
from lipfd_desktop.language import speaking, tr
from lipfd_desktop.notices import say
from lipfd_desktop.report import palette
from lipfd_desktop.report.atomic import open_atomic
from lipfd_desktop.report.details import Section
from lipfd_desktop.report.document import Report, Still
from lipfd_desktop.report.figure_style import styled
from lipfd_desktop.report.fonts import figure_text
from lipfd_desktop.report.method import calibration
from lipfd_desktop.report.pictures import Rgb, framed
from lipfd_desktop.report.plots import draw_plots, plot_heights
from lipfd_desktop.report.terms import contract_words, subject_words
from lipfd_desktop.report.text import clock, elided, lines_of, listed, number, printable, share, together
from lipfd_desktop.report.wording import (
    AID_NOT_PROOF,
    findings,
    hash_check,
    left_out,
    scales,
    stills_title,
    verdict_title,
    warnings,
)

WIDTH: Final = 13.0
"""Inches."""
DPI: Final = 150
STILLS_A_ROW: Final = 4
_LINE: Final = 0.2
"""Inches from one line of the header to the next."""
_LINE_LETTERS: Final = 185
_FOOT_LETTERS: Final = 200


def build_figure(report: Report) -> Figure:
    """Draw the figure, in the language of its details; call it inside :func:`styled`."""
    with speaking(report.details.language):
        return _build_figure(report)


def _build_figure(report: Report) -> Figure:
    alerts = warnings(report)
    stills = report.evidence.stills
    still_rows = [stills[at : at + STILLS_A_ROW] for at in range(0, len(stills), STILLS_A_ROW)]
    lines = _header_lines(report)
    curves = plot_heights(report) if report.shows(Section.PLOTS) else []
    foot = _footer_lines(report)
    heights = [0.75 + _LINE * len(lines) + 0.42 * len(alerts), *([sum(curves) + 1.0] if curves else [])]
    if report.shows(Section.STILLS):
        heights += [0.35 if still_rows else 0.45, *(_row_height(row) for row in still_rows)]
    heights.append(0.45 + _LINE * len(foot))
    figure = Figure(
        figsize=(WIDTH, sum(heights)), dpi=DPI, facecolor="white", layout=ConstrainedLayoutEngine(w_pad=0.13)
    )
    parts = iter(figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0])
    _draw_header(next(parts), report, alerts, lines, heights[0])
    if curves:
        draw_plots(list(next(parts).subplots(len(curves), 1, sharex=True, height_ratios=curves)), report)
    if report.shows(Section.STILLS):
        _draw_stills_title(next(parts), report)
        for place, row in enumerate(still_rows):
            _draw_still_row(next(parts), row, first=1 + place * STILLS_A_ROW)
    _draw_footer(next(parts), foot, heights[-1])
    return figure


def write_png(report: Report, path: Path) -> None:
    """Write the figure.

    Raises
    ------
    ExportError
        The file cannot be written.
    """
    with styled(), open_atomic(path, source=report.result.media.path) as stream:
        figure = build_figure(report)
        FigureCanvasAgg(figure).print_png(
            stream,
            metadata={
                "Title": _title(report),
                "Software": f"LipFD Desktop {__version__}",
                "Creation Time": report.created_at,
            },
        )


def _title(report: Report) -> str:
    with speaking(report.details.language):
        return tr("LipFD analysis of {name}", name=printable(report.result.media.path.name))


def _row_height(row: tuple[Still, ...]) -> float:
    """Inches for a row of stills: portrait video needs more than landscape, within reason."""
    width = WIDTH / STILLS_A_ROW * 0.95
    tallest = max(still.image.shape[0] / still.image.shape[1] for still in row)
    return min(width * tallest, 4.0) + 1.25 + 0.55


def _header_lines(report: Report) -> list[tuple[str, str]]:
    """Text and colour of each line below the verdict."""
    result, model = report.result, report.result.model
    computed = tr(
        "Model: {model} ({contract} input contract) on {device}",
        model=elided(model.name, 60),
        contract=contract_words(model.input_contract),
        device=result.device.description,
    )
    paragraphs = [(line, palette.INK) for line in findings(report)]
    paragraphs += [(line, palette.FAINT_INK) for line in (*calibration(result), *scales(report), computed)]
    return [(figure_text(line), colour) for text, colour in paragraphs for line in lines_of(text, _LINE_LETTERS)]


def _draw_header(
    part: SubFigure, report: Report, alerts: list[str], lines: list[tuple[str, str]], height: float
) -> None:
    def at(inches: float) -> float:
        return 1 - inches / height

    y = 0.22
    for alert in alerts:
        part.text(
            0.5,
            at(y),
            figure_text(alert),
            ha="center",
            va="center",
            fontsize=13,
            fontweight="bold",
            color="white",
            bbox={"facecolor": palette.WARNING, "edgecolor": "none", "boxstyle": "square,pad=0.35"},
        )
        y += 0.42
    result = report.result
    name = elided(figure_text(result.media.path.name), 64)
    part.text(0.012, at(y + 0.02), name, fontsize=12, va="center")
    part.text(
        0.988,
        at(y + 0.02),
        elided(figure_text(_case(report)), 90),
        fontsize=9,
        va="center",
        ha="right",
        color=palette.FAINT_INK,
    )
    part.text(0.012, at(y + 0.36), figure_text(verdict_title(report)), fontsize=17, fontweight="bold", va="center")
    for place, (line, colour) in enumerate(lines):
        part.text(0.012, at(y + 0.66 + _LINE * place), line, fontsize=9.5, va="center", color=colour)


def _draw_stills_title(part: SubFigure, report: Report) -> None:
    title = figure_text(stills_title(report))
    part.text(0.012, 0.5, title, fontsize=10.5, fontweight="bold", va="center")


def _draw_still_row(part: SubFigure, row: tuple[Still, ...], *, first: int) -> None:
    columns = part.subfigures(1, STILLS_A_ROW, squeeze=False)[0]
    for rank, (column, still) in enumerate(zip(columns, row, strict=False), start=first):
        grid = column.add_gridspec(2, 2, height_ratios=[_row_height(row) - 1.75, 1.2])
        whole = column.add_subplot(grid[0, :])
        _show(whole, framed(still.image, still.face_box, still.lips_box))
        window = still.window
        score = tr("score {score}", score=number(window.score))
        title = f"{rank}    {clock(still.pts)}   {subject_words(window.face)}   {score}"
        whole.set_title(figure_text(title), fontsize=9)
        for place, (picture, label) in enumerate(((still.face_crop, tr("face")), (still.lips_crop, tr("lips")))):
            axis = column.add_subplot(grid[1, place])
            if picture is None:
                axis.set_axis_off()
            else:
                _show(axis, picture)
                axis.set_xlabel(figure_text(label), fontsize=7.5, labelpad=1.5)


def _show(axis: Axes, picture: Rgb) -> None:
    axis.imshow(picture)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.spines[:].set_color(palette.RULE)


def _case(report: Report) -> str:
    """Case and exhibit, where the examiner stated them, and what made the figure."""
    details = report.details
    case = tr("Case {number}", number=details.case_number) if details.case_number else ""
    return "   ".join(filter(None, (case, details.exhibit, f"LipFD Desktop {__version__}")))


def _footer_lines(report: Report) -> list[str]:
    result = report.result
    paragraphs = [
        tr("File SHA-256 {hash} (at export: {check})", hash=result.sha256, check=hash_check(report)),
        tr("Model SHA-256 {hash}", hash=result.model.sha256),
        together(_coverage(report), _made(report)),
    ]
    if result.notices:
        paragraphs.append(tr("Notices: {notices}", notices=together(*map(say, result.notices))))
    left = left_out(report)
    return [
        figure_text(line) for text in (*paragraphs, *([left] if left else [])) for line in lines_of(text, _FOOT_LETTERS)
    ]


def _coverage(report: Report) -> str:
    plan, coverage = report.result.plan, report.result.coverage
    return tr(
        "Coverage {share} of the time, {windows:,} of {total:,} windows of {frames} frames, stride {stride}.",
        share=share(coverage.seconds_analysed, coverage.seconds_total),
        windows=coverage.windows_analysed,
        total=coverage.windows_total,
        frames=plan.window_frames,
        stride=plan.stride,
    )


def _made(report: Report) -> str:
    """When the figure was made, and by whom where that was stated."""
    who = listed(filter(None, (report.details.examiner, report.details.organisation)))
    if not who:
        return tr("Made {time}.", time=report.created_at)
    return tr("Made {time} by {who}.", time=report.created_at, who=who)


def _draw_footer(part: SubFigure, lines: list[str], height: float) -> None:
    def at(inches: float) -> float:
        return 1 - inches / height

    for place, line in enumerate(lines):
        part.text(0.012, at(0.12 + _LINE * place), line, fontsize=8, va="center", color=palette.FAINT_INK)
    part.text(
        0.012,
        at(0.2 + _LINE * len(lines)),
        figure_text(together(tr(AID_NOT_PROOF), tr("No score is the probability that the video is forged."))),
        fontsize=9.5,
        fontweight="bold",
        va="center",
    )
