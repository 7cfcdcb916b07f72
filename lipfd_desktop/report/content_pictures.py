"""Evidence as pictures, each with words that give its numbers to somebody who cannot see it."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

from lipfd_desktop.language import tr, trn
from lipfd_desktop.report import wording
from lipfd_desktop.report.blocks import Paragraph, Part, Picture, Pictures
from lipfd_desktop.report.document import Report, Still
from lipfd_desktop.report.figure_style import styled
from lipfd_desktop.report.pictures import framed, photo
from lipfd_desktop.report.plots import answers_both, plot_figure
from lipfd_desktop.report.terms import subject_words, tier_words
from lipfd_desktop.report.text import clock, listed, number, together
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
        return Part(tr("Evidence stills"), (Paragraph(title),))
    note = tr(
        "Left the frame as displayed with the outlines of face and lips, then face and lips cut from it. Pictures are "
        "reduced and JPEG-compressed for this report; for pixels go to the file at the time stated."
    )
    problem = (Paragraph(report.evidence.problem),) if report.evidence.problem else ()
    entries = tuple(_entry(rank, still) for rank, still in enumerate(report.evidence.stills, start=1))
    return Part(
        tr("Evidence stills"),
        (*problem, Paragraph(tr("{sentence}.", sentence=title)), Paragraph(note, small=True), *entries),
    )


def _entry(rank: int, still: Still) -> Pictures:
    window = still.window
    frame = tr(
        "No. {rank}: the frame at {time}, {subject}, score {score}",
        rank=rank, time=clock(still.pts), subject=subject_words(window.face), score=number(window.score),
    )  # fmt: skip
    images = (
        (framed(still.image, still.face_box, still.lips_box), frame),
        (still.face_crop, tr("No. {rank}: face, cut from the frame", rank=rank)),
        (still.lips_crop, tr("No. {rank}: lips, cut from the frame", rank=rank)),
    )
    photos = tuple(
        photo(image, alt, width) for (image, alt), width in zip(images, PHOTO_WIDTHS, strict=True) if image is not None
    )
    return Pictures(photos, _caption(rank, still))


def _caption(rank: int, still: Still) -> str:
    window = still.window
    said = [
        tr(
            "No. {rank}: frame at {time}, {subject}, score {score}, logit {logit}; window {window} ({start} – {end})",
            rank=rank, time=clock(still.pts), subject=subject_words(window.face), score=number(window.score),
            logit=number(window.logit), window=window.index, start=clock(window.start), end=clock(window.end),
        )
    ]  # fmt: skip
    if window.generated is not None:
        said.append(
            tr(
                "generated {generated}, foreign sound {foreign}",
                generated=number(window.generated), foreign=number(window.foreign_sound),
            )
        )  # fmt: skip
    if window.weights is not None:
        weights = listed(f"{tier_words(tier)} {number(window.weights[tier])}" for tier in TIERS)
        said.append(tr("weights {weights}", weights=weights))
    if window.face is None and still.face is not None:
        said.append(tr("boxes of face {face}, the largest in this frame", face=still.face))
    return tr("{sentence}.", sentence=tr("; ").join(said))


def curves(report: Report) -> Part:
    """Scores and weights over time."""
    caption = together(
        tr(
            "Fake score of every window at the middle of its time, with the threshold; suspicious stretches are "
            "shaded, moments with a still numbered; grey stretches were not analysed."
        ),
        tr("Bars above the time axis are the examiner's marks.") if report.details.shown_marks else "",
        tr(
            "Below, the answers to the two questions for the deciding face: was the picture generated, and is the "
            "sound foreign to these lips; the second curve is interrupted where that cannot be told."
        )
        if answers_both(report.result)
        else "",
        tr(
            "Below, how much each crop counted for the deciding face or the whole picture: the axis is fitted to the "
            "real range, which is narrow by construction."
        ),
    )
    return Part(tr("Scores over time"), (Pictures((_plot(report),), caption),), whole=True)


def _plot(report: Report) -> Picture:
    with styled():
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
        return tr("Curves over time: no window was analysed.")
    curves = trn(
        "Curves over time from {start} to {end}: fake scores of {count:,} window from {low} to {high}, median "
        "{median}.",
        "Curves over time from {start} to {end}: fake scores of {count:,} windows from {low} to {high}, median "
        "{median}.",
        len(scores),
        start=clock(result.plan.start),
        end=clock(result.plan.end),
        low=number(float(np.min(scores))),
        high=number(float(np.max(scores))),
        median=number(float(np.median(scores))),
    )
    return together(curves, wording.moments(report))
