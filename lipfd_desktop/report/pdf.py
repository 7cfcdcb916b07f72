"""PDF: the examination report on A4, the same bytes for the same :class:`Report`."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

from reportlab.lib.units import mm
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

from lipfd_desktop import __version__
from lipfd_desktop.report import pdf_sections as sections
from lipfd_desktop.report.atomic import open_atomic
from lipfd_desktop.report.document import Report
from lipfd_desktop.report.fonts import REGULAR, pdf_plain, register_pdf_fonts
from lipfd_desktop.report.pdf_layout import MARGIN, PAGE_HEIGHT, PAGE_WIDTH, TEXT_WIDTH, Flowable, page_painter
from lipfd_desktop.report.text import elided, printable
from lipfd_desktop.report.wording import AID_NOT_PROOF, TEST_WEIGHTS


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
    plot = sections.render_plot(report)
    _, pages = _lay_out(report, plot, pages=0)
    content, _ = _lay_out(report, plot, pages=pages)
    return content


def _lay_out(report: Report, plot: sections.Plot, *, pages: int) -> tuple[bytes, int]:
    register_pdf_fonts()
    result = report.result
    stream = io.BytesIO()
    document = BaseDocTemplate(
        stream,
        pagesize=(PAGE_WIDTH, PAGE_HEIGHT),
        invariant=1,
        initialFontName=REGULAR,
        title=f"Examination for lip-sync forgery: {printable(result.media.path.name)}",
        subject=f"LipFD analysis of the file with SHA-256 {result.sha256}",
        creator=f"LipFD Desktop {__version__}",
        keywords=["LipFD", "lip-sync forgery", printable(result.model.name)],
        lang="en",
    )
    painter = page_painter(
        left=elided(pdf_plain(result.media.path.name), 70),
        right=f"LipFD Desktop {__version__}",
        foot=f"{AID_NOT_PROOF} SHA-256 {result.sha256[:16]}…",
        alert=None if result.model.trained else TEST_WEIGHTS,
        pages=pages,
        date=_pdf_date(report.created_at),
    )
    frame = Frame(MARGIN, 18 * mm, TEXT_WIDTH, PAGE_HEIGHT - 36 * mm, leftPadding=0, rightPadding=0, id="text")
    document.addPageTemplates([PageTemplate(id="page", frames=[frame], onPage=painter)])
    document.build(_story(report, plot))
    return stream.getvalue(), document.page


def _story(report: Report, plot: sections.Plot) -> list[Flowable]:
    return [
        *sections.summary(report),
        *sections.faces(report),
        *sections.coverage(report),
        *sections.curves(report, plot),
        *sections.spans(report),
        *sections.file_and_streams(report),
        *sections.method(report),
        *sections.limitations(report),
        *sections.reproducibility(report),
    ]


def _pdf_date(iso: str) -> str:
    """``D:20260304050607+01'00'`` (ISO 32000-1, 7.9.4)."""
    moment = datetime.fromisoformat(iso)
    offset = moment.strftime("%z")
    return f"D:{moment:%Y%m%d%H%M%S}" + (f"{offset[:3]}'{offset[3:5]}'" if offset else "")
