"""The crops of the network at the strongest moments, with the weights that they had."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.language import mark, tr
from lipfd_desktop.report.blocks import Block, Paragraph, Part, Sheet, SheetRow
from lipfd_desktop.report.document import Report
from lipfd_desktop.report.pictures import photo, reduced
from lipfd_desktop.report.seen import SeenMoment
from lipfd_desktop.report.terms import GIVEN_SQUARES, WEIGHTS_CAVEAT, subject_words, tier_title
from lipfd_desktop.report.text import clock, number, together
from lipfd_desktop.result import InputContract, SeenTier, SeenWindow

EDGE: Final = 256
"""Pixels: no crop is larger but the whole frames of the official contract, which are shown small."""
_GIVEN: Final = {
    InputContract.OFFICIAL: mark(
        "The network was given the whole frames under the sound, as one picture. The tiers are fixed crops of the "
        "first frame, shifted by 0 to 4 pixels and not placed around the face, as the published weights need it."
    ),
    InputContract.GUIDED: GIVEN_SQUARES,
    InputContract.CONTEXT: mark(
        "The network was given one image of the face a frame. Head means the whole of that image; face and lips are "
        "parts of it, and the weights say how much each part spoke. It compares each frame with the next, so the last "
        "frame has the weights of the one before. It was also given two seconds of sound and the motion of 478 "
        "landmarks in them, which are not drawn here."
    ),
}
_READING: Final = mark(
    "Times are PTS, frames are counted from 0. The number under a crop is its region weight; the three of a frame sum "
    "to one. Crops are cut again from the file and JPEG-compressed for this report."
)


def seen(report: Report) -> Part:
    """The frames of the strongest windows in their three tiers, the lips first."""
    found = report.pages.seen
    blocks: list[Block] = [Paragraph(found.problem)] if found.problem else []
    if found.moments:
        blocks.append(Paragraph(_given(report.result.model.input_contract, found.moments[0].seen)))
        blocks.append(Paragraph(together(tr(_READING), tr(WEIGHTS_CAVEAT)), small=True))
    blocks += [_sheet(rank, moment) for rank, moment in enumerate(found.moments, start=1)]
    return Part(tr("What the network saw"), tuple(blocks))


def _given(contract: InputContract, window: SeenWindow) -> str:
    height, width = window.tiers[0].crops.shape[1:3]
    size = (
        tr("Every crop has {width} × {height} pixels.", width=width, height=height)
        if window.looked_at is None
        else tr(
            "It looks at that image at {side} × {side} pixels; here it is at {size}.",
            side=window.looked_at, size=height,
        )
    )  # fmt: skip
    return together(tr(_GIVEN[contract]), size)


def _sheet(rank: int, moment: SeenMoment) -> Sheet:
    window, pictures = moment.window, moment.seen
    title = tr(
        "No. {rank}: window {index:,} ({start} – {end}), {subject}, score {score}, logit {logit}",
        rank=rank, index=window.index, start=clock(window.start), end=clock(window.end),
        subject=subject_words(window.face), score=number(window.score), logit=number(window.logit),
    )  # fmt: skip
    header = tuple(
        tr("frame {frame:,}\n{time}", frame=frame, time=clock(pts))
        for frame, pts in zip(pictures.frames.tolist(), pictures.pts.tolist(), strict=True)
    )
    rows = [] if pictures.wholes is None else [_whole_row(pictures.wholes, pictures.frames)]
    weights = window.region_weights
    if weights is not None:
        # The lips are what everybody looks for first.
        rows += [_tier_row(pictures, tier, row) for tier, row in reversed([*zip(pictures.tiers, weights, strict=True)])]
    return Sheet(title, header, tuple(rows), _caption(moment), columns=len(header))


def _whole_row(wholes: NDArray[np.uint8], frames: NDArray[np.int64]) -> SheetRow:
    cells = tuple(
        (photo(reduced(image, EDGE), tr("Frame {frame:,}, squeezed to a square", frame=frame)), "")
        for image, frame in zip(wholes, frames.tolist(), strict=True)
    )
    return SheetRow(tr("Frames, squeezed to squares"), cells)


def _tier_row(pictures: SeenWindow, tier: SeenTier, weights: NDArray[np.float32]) -> SheetRow:
    name = tier_title(tier.name, pictures.contract)
    official = pictures.contract is InputContract.OFFICIAL
    cells = []
    for place, (image, source, value) in enumerate(zip(tier.crops, tier.sources.tolist(), weights, strict=True)):
        weight = number(float(value), 4)
        alt = tr("{tier} of frame {frame:,}, weight {weight}", tier=name, frame=source, weight=weight)
        words = tr("shift {pixels} px: {weight}", pixels=place, weight=weight) if official else weight
        cells.append((photo(reduced(image, EDGE), alt), words))
    return SheetRow(tr("{tier}\nmean {weight}", tier=name, weight=number(float(weights.mean()), 4)), tuple(cells))


def _caption(moment: SeenMoment) -> str:
    window, lines = moment.window, []
    if moment.span is None:
        lines.append(tr("The highest window; it is below the threshold."))
    if window.generated is not None:
        heard = tr("cannot tell") if window.foreign_sound is None else number(window.foreign_sound)
        lines.append(
            tr("Generated {generated}, foreign sound {heard}.", generated=number(window.generated), heard=heard)
        )
    if not moment.seen.is_exact:
        lines.append(
            tr(
                "This window reaches into the next part of a long file; its crops are cut by the placement found there "
                "and can differ by a fraction of a pixel."
            )
        )
    return together(*lines)
