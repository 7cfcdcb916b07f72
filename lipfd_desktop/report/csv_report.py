"""CSV: one row a window (RFC 4180, UTF-8, comma, CRLF)."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from lipfd_desktop.report.atomic import open_atomic
from lipfd_desktop.report.details import NO_DETAILS, ReportDetails, ReportMark
from lipfd_desktop.report.rows import window_rows
from lipfd_desktop.result import TIERS, AnalysisResult
from lipfd_desktop.verdict import reaches

HEADER: Final = (
    "window",
    "start",
    "end",
    "first_frame",
    "face",
    "analysed",
    "reason",
    "score",
    "logit",
    "weight_head",
    "weight_face",
    "weight_lip",
    "suspicious",
    "generated",
    "foreign_sound",
    "marks",
)
"""Stable: later versions only add columns at the end.  Times are seconds of PTS; empty cells are unknown."""


def _cells(row: Mapping[str, Any], threshold: float, marks: Sequence[ReportMark]) -> list[object]:
    weights = row["weights"] or dict.fromkeys(TIERS)
    score = row["score"]
    return [
        row["index"],
        f"{row['start']:.6f}",
        f"{row['end']:.6f}",
        row["first_frame"],
        row["face"],
        int(row["analysed"]),
        row["reason"],
        score,
        row["logit"],
        *(weights[tier] for tier in TIERS),
        None if score is None else int(reaches(score, threshold)),
        row["generated"],
        row["foreign_sound"],
        " ".join(str(place) for place, one in enumerate(marks, start=1) if _touches(one, row)),
    ]


def _touches(one: ReportMark, row: Mapping[str, Any]) -> bool:
    """Whether a mark has time in common with a window, whose end belongs to the next."""
    begins: float = row["start"]
    ends: float = row["end"]
    return one.start < ends and (begins < one.end or begins <= one.start)


def write_csv(result: AnalysisResult, path: Path, details: ReportDetails = NO_DETAILS) -> None:
    """Write the windows of ``result``; the examiner's marks are there by their numbers, without their notes.

    Raises
    ------
    ExportError
        The file cannot be written.
    """
    marks = details.shown_marks
    with open_atomic(path, source=result.media.path) as binary:
        text = io.TextIOWrapper(binary, encoding="utf-8", newline="")
        writer = csv.writer(text)
        writer.writerow(HEADER)
        writer.writerows(_cells(row, result.threshold, marks) for row in window_rows(result))
        text.flush()
        text.detach()
