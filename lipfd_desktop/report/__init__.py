"""What is exported: PNG, PDF, JSON and CSV, each file whole or not at all.

JSON and CSV need only the :class:`~lipfd_desktop.result.AnalysisResult`; the PNG and the PDF also show stills and
compare the hash of the file, so they take the :class:`Report` that :func:`build_report` makes of it.
"""

from __future__ import annotations

from lipfd_desktop.report.csv_report import write_csv
from lipfd_desktop.report.document import Report, build_report
from lipfd_desktop.report.figure import write_png
from lipfd_desktop.report.json_report import dumps, error_document, to_document, write_json
from lipfd_desktop.report.pdf import write_pdf

__all__ = [
    "Report",
    "build_report",
    "dumps",
    "error_document",
    "to_document",
    "write_csv",
    "write_json",
    "write_pdf",
    "write_png",
]
