"""PDF: the examination report on A4, the same bytes for the same :class:`Report`."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

from reportlab.lib.units import mm
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

from lipfd_desktop.language import speaking, tag, tr
from lipfd_desktop.report.atomic import open_atomic
from lipfd_desktop.report.blocks import Document
from lipfd_desktop.report.content import document as content_of
from lipfd_desktop.report.document import Report
from lipfd_desktop.report.fonts import REGULAR, register_pdf_fonts
from lipfd_desktop.report.pdf_blocks import story
from lipfd_desktop.report.pdf_layout import MARGIN, PAGE_HEIGHT, PAGE_WIDTH, TEXT_WIDTH, page_painter
from lipfd_desktop.report.text import printable


def write_pdf(report: Report, path: Path) -> None:
    """Write the report.

    Raises
    ------
    ExportError
        The file cannot be written.
    """
    with open_atomic(path, source=report.result.media.path) as stream:
        stream.write(render_pdf(report))


def render_pdf(report: Report) -> bytes:
    """The PDF file as bytes; laid out twice, because every page says how many there are."""
    with speaking(report.details.language):
        return _render(report)


def _render(report: Report) -> bytes:
    document = content_of(report)
    _, pages = _lay_out(report, document, pages=0)
    content, _ = _lay_out(report, document, pages=pages)
    return content


def _lay_out(report: Report, document: Document, *, pages: int) -> tuple[bytes, int]:
    register_pdf_fonts()
    result = report.result
    stream = io.BytesIO()
    template = BaseDocTemplate(
        stream,
        pagesize=(PAGE_WIDTH, PAGE_HEIGHT),
        invariant=1,
        initialFontName=REGULAR,
        title=tr("{title}: {name}", title=document.title, name=printable(result.media.path.name)),
        subject=tr("LipFD analysis of the file with SHA-256 {hash}", hash=result.sha256),
        author=", ".join(printable(who) for who in (report.details.examiner, report.details.organisation) if who),
        creator=document.program,
        keywords=["LipFD", tr("lip-sync forgery"), printable(result.model.name)],
        lang=tag(report.details.language),
    )
    frame = Frame(MARGIN, 18 * mm, TEXT_WIDTH, PAGE_HEIGHT - 36 * mm, leftPadding=0, rightPadding=0, id="text")
    painter = page_painter(document, pages=pages, date=_pdf_date(report.created_at))
    template.addPageTemplates([PageTemplate(id="page", frames=[frame], onPage=painter)])
    template.build(story(document))
    return stream.getvalue(), template.page


def _pdf_date(iso: str) -> str:
    """``D:20260304050607+01'00'`` (ISO 32000-1, 7.9.4)."""
    moment = datetime.fromisoformat(iso)
    offset = moment.strftime("%z")
    return f"D:{moment:%Y%m%d%H%M%S}" + (f"{offset[:3]}'{offset[3:5]}'" if offset else "")
