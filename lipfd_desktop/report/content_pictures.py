"""Evidence as pictures, each with words that give its numbers to somebody who cannot see it."""

from __future__ import annotations

import io
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

from lipfd_desktop.report import wording
from lipfd_desktop.report.blocks import Paragraph, Part, Picture, Pictures
from lipfd_desktop.report.document import Report, Still
from lipfd_desktop.report.figure import style
from lipfd_desktop.report.pictures import Rgb, framed, jpeg
from lipfd_desktop.report.plots import answers_both, plot_figure
from lipfd_desktop.report.text import clock, number, plural, subject
from lipfd_desktop.result import TIERS

PLOT_DPI: Final = 200
PLOT_WIDTH: Final = 8.5
"""Inches; a little wider than on paper, so that the letters come out smaller than the text."""
PHOTO_WIDTHS: Final = (0.49, 0.23, 0.23)
"""Of frame, face crop and lips crop, as shares of the text's width."""


def stills(report: Report) -> Part:
    """The frames of the strongest moments."""
    title = wording.stills_title(report)
    if not report.evidence.stills:
        return Part("Evidence stills", (Paragraph(title),))
    note = (
        "Left the frame as displayed with the outlines of face and lips, then face and lips cut from it. Pictures are "
        "reduced and JPEG-compressed for this report; for pixels go to the file at the time stated."
    )
    problem = (Paragraph(report.evidence.problem),) if report.evidence.problem else ()
    entries = tuple(_entry(rank, still) for rank, still in enumerate(report.evidence.stills, start=1))
    return Part("Evidence stills", (*problem, Paragraph(f"{title}."), Paragraph(note, small=True), *entries))


def _entry(rank: int, still: Still) -> Pictures:
    window = still.window
    what = f"the frame at {clock(still.pts)}, {subject(window.face)}, score {number(window.score)}"
    images = (
        (framed(still.image, still.face_box, still.lips_box), f"No. {rank}: {what}"),
        (still.face_crop, f"No. {rank}: face, cut from the frame"),
        (still.lips_crop, f"No. {rank}: lips, cut from the frame"),
    )
    photos = tuple(
        _photo(image, alt, width) for (image, alt), width in zip(images, PHOTO_WIDTHS, strict=True) if image is not None
    )
    return Pictures(photos, _caption(rank, still))


def _caption(rank: int, still: Still) -> str:
    window = still.window
    caption = (
        f"No. {rank}: frame at {clock(still.pts)}, {subject(window.face)}, score {number(window.score)}, "
        f"logit {number(window.logit)}; window {window.index} ({clock(window.start)} – {clock(window.end)})"
    )
    if window.generated is not None:
        caption += f"; generated {number(window.generated)}, foreign sound {number(window.foreign_sound)}"
    if window.weights is not None:
        weights = window.weights
        caption += "; weights " + ", ".join(f"{tier} {number(weights[tier])}" for tier in TIERS)
    if window.face is None and still.face is not None:
        caption += f"; boxes of face {still.face}, the largest in this frame"
    return f"{caption}."


def _photo(image: Rgb, alt: str, width: float) -> Picture:
    return Picture(jpeg(image).getvalue(), (image.shape[1], image.shape[0]), alt, "jpeg", width)


def curves(report: Report) -> Part:
    """Scores and weights over time."""
    caption = (
        "Fake score of every window at the middle of its time, with the threshold; suspicious stretches are shaded, "
        "moments with a still numbered; grey stretches were not analysed. "
    )
    if report.details.shown_marks:
        caption += "Bars above the time axis are the examiner's marks. "
    if answers_both(report.result):
        caption += (
            "Below, the answers to the two questions for the deciding face: was the picture generated, and is the "
            "sound foreign to these lips; the second curve is interrupted where that cannot be told. "
        )
    caption += (
        "Below, how much each crop counted for the deciding face or the whole picture: the axis is fitted to the "
        "real range, which is narrow by construction."
    )
    return Part("Scores over time", (Pictures((_plot(report),), caption),), whole=True)


def _plot(report: Report) -> Picture:
    with mpl.rc_context(style()):
        figure = plot_figure(report, width=PLOT_WIDTH)
        figure.set_dpi(PLOT_DPI)
        canvas = FigureCanvasAgg(figure)
        stream = io.BytesIO()
        canvas.print_png(stream, metadata={"Software": None})
        return Picture(stream.getvalue(), canvas.get_width_height(), _told(report), "png")


def _told(report: Report) -> str:
    """The curves in words."""
    result = report.result
    scores = result.scores.score[result.scores.analysed]
    if not len(scores):
        return "Curves over time: no window was analysed."
    return (
        f"Curves over time from {clock(result.plan.start)} to {clock(result.plan.end)}: fake scores of "
        f"{plural(len(scores), 'window')} from {number(float(np.min(scores)))} to {number(float(np.max(scores)))}, "
        f"median {number(float(np.median(scores)))}. {wording.moments(report)}"
    )
