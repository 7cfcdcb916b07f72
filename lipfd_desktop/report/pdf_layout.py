"""Paper, type and tables of the PDF."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Final

from reportlab.lib.colors import HexColor, white
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Image, Paragraph, Table, TableStyle, paragraph

from lipfd_desktop.language import tr
from lipfd_desktop.report import palette
from lipfd_desktop.report.blocks import Document
from lipfd_desktop.report.fonts import BOLD, MONO, REGULAR, is_unspaced, pdf_markup
from lipfd_desktop.report.text import elided, is_hash, together

paragraph.ALL_CANNOT_START += "，；：”"
"""Of a line: reportlab's own list has the marks of Japanese and lacks these of Chinese."""

Flowable = Any
"""reportlab has no type annotations."""

MARGIN: Final = 18 * mm
PAGE_WIDTH, PAGE_HEIGHT = A4
TEXT_WIDTH: Final = PAGE_WIDTH - 2 * MARGIN

INK: Final = HexColor(palette.INK)
FAINT: Final = HexColor(palette.FAINT_INK)
RULE: Final = HexColor(palette.RULE)
TINT: Final = HexColor(palette.PAPER_TINT)
WARNING: Final = HexColor(palette.WARNING)

BODY: Final = ParagraphStyle(
    "body", fontName=REGULAR, fontSize=8.6, leading=12, textColor=INK, spaceAfter=4, splitLongWords=1
)
SMALL: Final = ParagraphStyle("small", BODY, fontSize=7.4, leading=9.6, textColor=FAINT, spaceAfter=2)
CELL: Final = ParagraphStyle("cell", BODY, fontSize=8, leading=10.4, spaceAfter=0)
LABEL: Final = ParagraphStyle("label", CELL, textColor=FAINT)
HEAD_CELL: Final = ParagraphStyle("head-cell", CELL, fontName=BOLD, fontSize=7.6)
HASH: Final = ParagraphStyle("hash", CELL, fontName=MONO, fontSize=7.6)
TITLE: Final = ParagraphStyle("title", BODY, fontName=BOLD, fontSize=17, leading=21, spaceAfter=2)
VERDICT: Final = ParagraphStyle("verdict", BODY, fontName=BOLD, fontSize=12.5, leading=16, spaceAfter=5)
HEADING: Final = ParagraphStyle(
    "heading", BODY, fontName=BOLD, fontSize=12, leading=15, spaceBefore=12, spaceAfter=5, keepWithNext=1
)
SUBHEADING: Final = ParagraphStyle(
    "subheading", BODY, fontName=BOLD, fontSize=9, leading=12, spaceBefore=6, spaceAfter=3, keepWithNext=1
)
BANNER: Final = ParagraphStyle(
    "banner", BODY, fontName=BOLD, fontSize=11, leading=14, textColor=white, alignment=TA_CENTER, spaceAfter=0
)
RUNNING: Final = ParagraphStyle("running", BODY, fontSize=7, leading=8.4, textColor=FAINT, spaceAfter=0)
RUNNING_HEAD: Final = ParagraphStyle("running-head", RUNNING, fontName=BOLD, textColor=INK)
RUNNING_RIGHT: Final = ParagraphStyle("running-right", RUNNING, alignment=TA_RIGHT)
RUNNING_WARNING: Final = ParagraphStyle(
    "running-warning", RUNNING, fontName=BOLD, fontSize=7.4, textColor=WARNING, alignment=TA_CENTER
)
BULLET: Final = ParagraphStyle(
    "bullet", BODY, bulletFontName=REGULAR, bulletFontSize=8.6, leftIndent=11, bulletIndent=0, spaceAfter=3
)


class _Table(Table):  # type: ignore[misc]  # reportlab has no type annotations
    """A table in which a row is divided between pages where it is too high to be moved to the next one."""

    def split(self, width: float, height: float) -> list[Flowable]:
        self.wrap(width, height)
        self.splitInRow = int(max(self._rowHeights) > TALL)
        found: list[Flowable] = super().split(width, height)
        return found


TALL: Final = PAGE_HEIGHT / 2
"""Points; a lower row goes to the next page as a whole, which no table or frame around it makes too low for it."""


def text(content: str, style: ParagraphStyle = BODY) -> Flowable:
    """A paragraph of plain text, whatever characters it holds; a line feed starts another line."""
    return Paragraph("<br/>".join(map(pdf_markup, content.split("\n"))), _broken_for(content, style))


def table_style(commands: Iterable[tuple[Any, ...]]) -> TableStyle:
    """A style without reportlab's own font, which is not embedded and would be named in the file all the same."""
    return TableStyle([("FONTNAME", (0, 0), (-1, -1), REGULAR), *commands])


def bullets(lines: Iterable[str], width: float) -> Flowable:
    rows = [[Paragraph(pdf_markup(line), _broken_for(line, BULLET), bulletText="•")] for line in lines]
    style = [(f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]
    return _Table(rows, colWidths=[width], style=table_style(style), hAlign="LEFT")


def _broken_for(content: str, style: ParagraphStyle) -> ParagraphStyle:
    """``style``, breaking lines between any two letters where the text has no spaces."""
    return _unspaced(style) if is_unspaced(content) else style


@cache
def _unspaced(style: ParagraphStyle) -> ParagraphStyle:
    return ParagraphStyle(f"{style.name}-unspaced", style, wordWrap="CJK")


def banner(content: str) -> Flowable:
    """White words on a red bar."""
    style = [("BACKGROUND", (0, 0), (-1, -1), WARNING), ("TOPPADDING", (0, 0), (-1, -1), 5)]
    style.append(("BOTTOMPADDING", (0, 0), (-1, -1), 6))
    return Table([[text(content, BANNER)]], colWidths=[TEXT_WIDTH], style=table_style(style), spaceAfter=4)


def box(content: Sequence[Flowable]) -> Flowable:
    """Flowables in one tinted frame."""
    style = [
        ("BACKGROUND", (0, 0), (-1, -1), TINT),
        ("BOX", (0, 0), (-1, -1), 0.8, RULE),
        *[(f"{side}PADDING", (0, 0), (-1, -1), BOX_PADDING) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")],
    ]
    return _Table([[list(content)]], colWidths=[TEXT_WIDTH], style=table_style(style), spaceBefore=4, spaceAfter=6)


def facts(rows: Iterable[tuple[str, str]], *, width: float = TEXT_WIDTH, labels: float = 0.25) -> Flowable:
    """Two columns, name and value; ``labels`` is the share of the first. SHA-256 are set in a fixed-width font."""
    cells = [[text(name, LABEL), text(value, HASH if is_hash(value) else CELL)] for name, value in rows]
    label_width = width * labels
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    return _Table(
        cells, colWidths=[label_width, width - label_width], style=table_style(style), hAlign="LEFT", spaceAfter=4
    )


def grid(header: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[float]) -> Flowable:
    """A table with a header that is repeated on every page; ``widths`` are shares of the text width."""
    cells = [[text(name, HEAD_CELL) for name in header], *([text(value, CELL) for value in row] for row in rows)]
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("BACKGROUND", (0, 0), (-1, 0), TINT),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    return _Table(cells, colWidths=_columns(header, widths), repeatRows=1, style=table_style(style), spaceAfter=4)


def _columns(header: Sequence[str], widths: Sequence[float]) -> list[float]:
    """Points a column: its share of the text width, and never less than the longest word of its head takes."""
    shared = [TEXT_WIDTH * share / sum(widths) for share in widths]
    least = [
        max(stringWidth(word, HEAD_CELL.fontName, HEAD_CELL.fontSize) for word in (name.split() or [""])) + 7
        for name in header
    ]
    spare = [max(have - need, 0.0) for have, need in zip(shared, least, strict=True)]
    wanted = sum(max(need - have, 0.0) for have, need in zip(shared, least, strict=True))
    if not 0 < wanted <= sum(spare):
        return shared
    return [max(have, need) - wanted * left / sum(spare) for have, need, left in zip(shared, least, spare, strict=True)]


def beside(left: Flowable, right: Flowable) -> Flowable:
    """Two flowables of half the text width (less :data:`GUTTER`) next to each other."""
    style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
    style += [("RIGHTPADDING", (0, 0), (-1, -1), 0)]
    return _Table([[left, "", right]], colWidths=[HALF_WIDTH, GUTTER, HALF_WIDTH], style=table_style(style))


BOX_PADDING: Final = 9
GUTTER: Final = 8 * mm
HALF_WIDTH: Final = (TEXT_WIDTH - GUTTER) / 2


def picture(stream: io.BytesIO, size: tuple[int, int], *, width: float, height: float) -> Flowable:
    """An image file of ``size`` pixels, as large as fits into ``width`` x ``height`` points."""
    scale = min(width / size[0], height / size[1])
    return Image(stream, width=size[0] * scale, height=size[1] * scale)


def page_painter(document: Document, *, pages: int, date: str) -> Callable[..., None]:
    """The callback that draws what stands on every page.

    ``pages`` is the number after "of", ``date`` the date in the metadata as PDF spells it.
    """
    left = tr("Case {number}", number=elided(document.case, 40)) if document.case else document.title
    label = pdf_markup(tr("Exhibit SHA-256"))
    exhibit = f'{label}  <font name="{MONO}">{document.sha256}</font>'

    def paint(canvas: Canvas, page: BaseDocTemplate) -> None:
        canvas.setDateFormatter(lambda *_: date)
        canvas.saveState()
        canvas.setStrokeColor(RULE)
        canvas.setLineWidth(0.5)
        top, bottom = PAGE_HEIGHT - 12 * mm, 12 * mm
        canvas.line(MARGIN, top - 2 * mm, PAGE_WIDTH - MARGIN, top - 2 * mm)
        canvas.line(MARGIN, bottom + 4 * mm, PAGE_WIDTH - MARGIN, bottom + 4 * mm)
        _write(canvas, text(left, RUNNING_HEAD), top)
        _write(canvas, text(elided(document.exhibit, 56), RUNNING_RIGHT), top)
        _write(canvas, text(together(document.aid, document.program), RUNNING), bottom - 3.4 * mm)
        _write(canvas, text(tr("page {page} of {pages}", page=page.page, pages=pages), RUNNING_RIGHT), bottom)
        _write(canvas, Paragraph(exhibit, RUNNING), bottom)
        if document.always:
            _write(canvas, text(document.always, RUNNING_WARNING), top + 3.6 * mm)
        canvas.restoreState()

    return paint


def _write(canvas: Canvas, line: Flowable, baseline: float) -> None:
    """One line at the margins of the page; a paragraph, because names need several fonts."""
    _, height = line.wrap(TEXT_WIDTH, PAGE_HEIGHT)
    line.drawOn(canvas, MARGIN, baseline - height + RUNNING.fontSize)
