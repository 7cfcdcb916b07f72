"""The blocks of a report as reportlab draws them."""

from __future__ import annotations

import io
from typing import Final

from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether, Table

from lipfd_desktop.language import tr
from lipfd_desktop.report.blocks import (
    Block,
    Bullets,
    Columns,
    Document,
    Facts,
    Grid,
    Headline,
    Panel,
    Paragraph,
    Part,
    Pictures,
    Sheet,
    Signature,
    Subheading,
)
from lipfd_desktop.report.pdf_layout import (
    BOX_PADDING,
    CELL,
    HALF_WIDTH,
    HEADING,
    LABEL,
    RULE,
    SMALL,
    SUBHEADING,
    TEXT_WIDTH,
    TITLE,
    VERDICT,
    Flowable,
    banner,
    beside,
    box,
    bullets,
    facts,
    grid,
    picture,
    table_style,
    text,
)
from lipfd_desktop.report.pdf_sheet import sheet
from lipfd_desktop.report.text import elided

PHOTO_HEIGHT: Final = 46 * mm
CHART_HEIGHT: Final = 165 * mm
SIGNED_LETTERS: Final = 64
"""Of a name on the line to sign on."""
_GAP: Final = 3 * mm


def story(document: Document) -> list[Flowable]:
    """Everything between header and footer."""
    flowables = [text(document.title, TITLE), text(document.lead, SMALL)]
    flowables += [banner(alert) for alert in document.alerts]
    flowables += _drawn(document.summary, TEXT_WIDTH)
    for part in document.parts[:-2]:
        flowables += _part(part)
    # A signature alone on a page would stand under nothing.
    return [*flowables, KeepTogether([one for part in document.parts[-2:] for one in _whole(part)])]


def _part(part: Part) -> list[Flowable]:
    """A part; its heading stays with what follows it, and a whole part on one page."""
    if part.whole:
        return [KeepTogether(_whole(part))]
    heading = text(part.title, HEADING)
    # Pictures do not obey keepWithNext, so what leads to the first of them is bound to it.
    leads = next((i for i, block in enumerate(part.blocks) if isinstance(block, Pictures | Sheet)), -1) + 1
    if not leads:
        return [heading, *_drawn(part.blocks, TEXT_WIDTH)]
    first = [one for block in part.blocks[:leads] for one in _pieces(block, TEXT_WIDTH)]
    return [KeepTogether([heading, *first]), *_drawn(part.blocks[leads:], TEXT_WIDTH)]


def _whole(part: Part) -> list[Flowable]:
    """All of a part, to be kept together.

    Not nested: reportlab starts a new page for what is kept together inside what is kept together.
    """
    return [text(part.title, HEADING), *(one for block in part.blocks for one in _pieces(block, TEXT_WIDTH))]


def _drawn(blocks: tuple[Block, ...], width: float) -> list[Flowable]:
    return [_draw(block, width) for block in blocks]


def _pieces(block: Block, width: float) -> list[Flowable]:
    match block:
        case Pictures():
            return _pictures(block)
        case Sheet():
            return sheet(block)
    return [_draw(block, width)]


def _draw(block: Block, width: float) -> Flowable:
    match block:
        case Paragraph():
            return text(block.text, SMALL) if block.small else text(block.text)
        case Headline():
            return text(block.text, VERDICT)
        case Subheading():
            return text(block.text, SUBHEADING)
        case Bullets():
            return bullets(block.lines, width)
        case Facts():
            return facts(block.rows, width=width, labels=block.labels)
        case Grid():
            return grid(block.header, block.rows, block.widths)
        case Panel():
            return box(_drawn(block.blocks, width - 2 * BOX_PADDING))
        case Columns():
            return beside(_drawn(block.left, HALF_WIDTH), _drawn(block.right, HALF_WIDTH))
        case Pictures():
            return KeepTogether(_pictures(block))
        case Sheet():
            return KeepTogether(sheet(block))
        case Signature():
            return _signature(block)


def _pictures(block: Pictures) -> list[Flowable]:
    height = CHART_HEIGHT if len(block.pictures) == 1 and block.pictures[0].width == 1.0 else PHOTO_HEIGHT
    drawn = [
        picture(io.BytesIO(one.content), one.size, width=TEXT_WIDTH * one.width, height=height)
        for one in block.pictures
    ]
    row = Table(
        [drawn],
        colWidths=[one.drawWidth + _GAP for one in drawn],
        style=table_style([("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]),
        hAlign="LEFT",
    )
    return [row, text(block.caption, SMALL)]


def _signature(block: Signature) -> Flowable:
    # Whole they stand among the facts; the line to sign on has room for a name.
    name, organisation = (elided(words, SIGNED_LETTERS) for words in (block.name, block.organisation))
    who = [text(name or tr("Examiner"), CELL), text(organisation, LABEL)]
    date = [text(block.date, CELL), text(tr("Place and date"), LABEL)]
    sign = [text("", CELL), text(tr("Signature"), LABEL)]
    lines = [("LINEBELOW", (column, 0), (column, 0), 0.7, RULE) for column in (2, 4)]
    style = [("VALIGN", (0, 0), (-1, -1), "BOTTOM"), ("LEFTPADDING", (0, 0), (-1, -1), 0), *lines]
    return Table(
        [[who[0], "", date[0], "", sign[0]], [who[1], "", date[1], "", sign[1]]],
        colWidths=[share * TEXT_WIDTH for share in (0.3, 0.03, 0.28, 0.03, 0.36)],
        rowHeights=[16 * mm, None],
        style=table_style([*style, ("VALIGN", (0, 1), (-1, 1), "TOP")]),
        hAlign="LEFT",
    )
