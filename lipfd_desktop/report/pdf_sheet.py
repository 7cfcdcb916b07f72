"""Rows of pictures on common columns, as reportlab draws them."""

from __future__ import annotations

import io
from typing import Final

from reportlab.lib.enums import TA_CENTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Spacer, Table

from lipfd_desktop.report.blocks import Picture, Sheet
from lipfd_desktop.report.pdf_layout import LABEL, SMALL, SUBHEADING, TEXT_WIDTH, Flowable, picture, table_style, text

TITLE_WIDTH: Final = 30 * mm
"""Leaves crops of 26 mm: two windows with what explains them fill a page."""
TALLEST: Final = 62 * mm
"""Of one picture: portrait video would fill the page."""
ALL_TALLEST: Final = 78 * mm
"""Of the pictures of all rows: two sheets of four rows with what explains them fill a page, too."""
_GAP: Final = 3 * mm
_ABOVE_WORDS: Final = 0.6 * mm
_UNDER: Final = ParagraphStyle("under-picture", SMALL, alignment=TA_CENTER, spaceAfter=0)
_BESIDE: Final = ParagraphStyle("beside-pictures", LABEL, fontSize=7.4, leading=9.6)


def sheet(block: Sheet) -> list[Flowable]:
    """Title, table and caption, to be kept together."""
    titles = TITLE_WIDTH if block.has_titles else 0
    width = (TEXT_WIDTH - titles) / block.columns
    # Short words stand under the middle of small pictures; sentences begin where their picture does.
    under = _UNDER if block.has_titles else SMALL
    cells = [[text(name, under) for name in block.header]] if block.header else []
    side = width - _GAP
    tallest = min(side, TALLEST, ALL_TALLEST / len(block.rows))
    cells += [[_cell(one, words, side, tallest, under) for one, words in row.cells] for row in block.rows]
    filled = [line + [""] * (block.columns - len(line)) for line in cells]
    if titles:
        beside = ["", *(row.title for row in block.rows)] if block.header else [row.title for row in block.rows]
        filled = [[text(title, _BESIDE) if title else "", *line] for title, line in zip(beside, filled, strict=True)]
    table = Table(
        filled,
        colWidths=[*([titles] if titles else []), *[width] * block.columns],
        style=table_style(
            [
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE" if titles else "TOP"),
                *([("ALIGN", (1, 0), (-1, -1), "CENTER")] if titles else []),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), _GAP),
                ("TOPPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ]
        ),
        hAlign="LEFT",
    )
    title = [text(block.title, SUBHEADING)] if block.title else []
    return [*title, table, *([text(block.caption, SMALL)] if block.caption else [Spacer(0, 2 * mm)])]


def _cell(one: Picture, words: str, width: float, height: float, under: ParagraphStyle) -> list[Flowable]:
    drawn = picture(io.BytesIO(one.content), one.size, width=width, height=height)
    return [drawn, Spacer(0, _ABOVE_WORDS), text(words, under)] if words else [drawn]
