"""The parts of a report in the order in which they are read: findings first, then evidence, then how it was done."""

from __future__ import annotations

from typing import Final

from lipfd_desktop import __version__
from lipfd_desktop.report import method as method_words
from lipfd_desktop.report import wording
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
    Signature,
    Subheading,
)
from lipfd_desktop.report.content_facts import file_and_streams, method, reproducibility
from lipfd_desktop.report.content_marks import mark_stills
from lipfd_desktop.report.content_pictures import curves, stills
from lipfd_desktop.report.content_seen import seen
from lipfd_desktop.report.details import Section
from lipfd_desktop.report.document import Report
from lipfd_desktop.report.gaps import describe_gaps
from lipfd_desktop.report.text import clock, number, plural, printable, readable, share
from lipfd_desktop.report.timing import describe_times
from lipfd_desktop.result import AnalysisResult, InputContract

MAX_ROWS: Final = 60
"""Rows of a table on paper; the CSV and the JSON have all of them."""


def document(report: Report) -> Document:
    """All of ``report`` but what its examiner left out."""
    details, result = report.details, report.result
    optional = [
        (Section.MARKS, marks),
        (Section.MARK_STILLS, mark_stills),
        (Section.MOMENTS, moments),
        (Section.STILLS, stills),
        (Section.SEEN, seen),
        (Section.PLOTS, curves),
        (Section.FACES, faces),
        (None, coverage),
        (Section.FILE, file_and_streams),
        (Section.METHOD, method),
        (None, limitations),
        (Section.REPRODUCIBILITY, reproducibility),
        (None, signature),
    ]
    made = [make(report) for section, make in optional if section is None or report.shows(section)]
    return Document(
        title="Examination for lip-sync forgery",
        lead=f"{wording.AID_NOT_PROOF} All times are presentation times (PTS) of the file.",
        alerts=tuple(wording.warnings(report)),
        summary=summary(report),
        parts=tuple(part for part in made if part is not None),
        case=printable(details.case_number),
        exhibit=printable(details.exhibit) or printable(result.media.path.name),
        sha256=result.sha256,
        always="" if result.model.trained else wording.TEST_WEIGHTS,
        program=f"LipFD Desktop {__version__}",
        aid=wording.AID_NOT_PROOF,
    )


def summary(report: Report) -> tuple[Block, ...]:
    """Who asks, the verdict with its error rates, what it means, and the facts that identify file and model."""
    left_out = wording.left_out(report)
    return (
        *_case(report),
        Panel(
            (
                Headline(wording.verdict_title(report)),
                Subheading("Findings"),
                Bullets((*wording.findings(report), *wording.scales(report))),
                Subheading("Error rates of the verdict"),
                Bullets(tuple(method_words.calibration(report.result))),
            )
        ),
        Panel(
            (
                Subheading("Interpretation: what this means"),
                Paragraph(wording.meaning(report)),
                Subheading("What this does not mean"),
                Paragraph(wording.no_meaning(report)),
            )
        ),
        Facts("What was examined, with what", _identity(report)),
        *_notices(report.result),
        *([Paragraph(left_out)] if left_out else []),
    )


def _case(report: Report) -> list[Block]:
    details = report.details
    rows = (
        ("Case number", details.case_number),
        ("Exhibit", details.exhibit),
        ("Examiner", details.examiner),
        ("Organisation", details.organisation),
    )
    stated = tuple((name, printable(value)) for name, value in rows if value)
    if not stated:
        return []
    left, right = (stated[: (len(stated) + 1) // 2], stated[(len(stated) + 1) // 2 :])
    if not right:
        return [Facts("Case", left)]
    return [Columns((Facts("Case", left, 0.32),), (Facts("Examiner", right, 0.32),))]


def _identity(report: Report) -> tuple[tuple[str, str], ...]:
    result = report.result
    return (
        ("File", printable(result.media.path.name)),
        ("SHA-256 at analysis", result.sha256),
        ("SHA-256 at export", wording.hash_check(report)),
        ("Label in the JSON output", wording.label(result)),
        *_questions(result),
        ("Model", f"{printable(result.model.name)}, {result.model.input_contract} input contract"),
        ("Model SHA-256", result.model.sha256),
        ("Computed on", result.device.description),
        ("Analysis started", f"{result.started_at}, took {result.processing_time:.1f} s"),
        ("Report made", f"{report.created_at} with LipFD Desktop {__version__}"),
    )


def _questions(result: AnalysisResult) -> list[tuple[str, str]]:
    """The two answers for the whole clip, where the model gives them."""
    verdict = result.verdict
    if verdict.generated is None:
        return []
    heard = "cannot tell" if verdict.foreign_sound is None else number(verdict.foreign_sound)
    return [("Generated, foreign sound", f"{number(verdict.generated)}, {heard} (of the whole clip)")]


def _notices(result: AnalysisResult) -> list[Block]:
    if not result.notices:
        return []
    return [
        Subheading("Notices of the analysis"),
        Bullets(tuple(printable(notice.message) for notice in result.notices)),
    ]


def marks(report: Report) -> Part | None:
    """What the examiner wrote and marked; nothing where that is nothing."""
    details = report.details
    blocks: list[Block] = [Paragraph(readable(details.shown_notes))] if details.shown_notes else []
    if details.shown_marks:
        rows = tuple(
            (
                f"M{place}",
                clock(one.start) if one.start == one.end else f"{clock(one.start)} – {clock(one.end)}",
                ", ".join(printable(tag) for tag in one.tags) or "–",
                readable(one.note) or "–",
            )
            for place, one in enumerate(details.shown_marks, start=1)
        )
        blocks.append(Grid("Marks, in order of time", ("No.", "Time", "Tags", "Note"), rows, (5, 24, 20, 51)))
    if not blocks:
        return None
    origin = Paragraph("Written by the examiner; no result of the analysis depends on it.", small=True)
    return Part("Marks and notes of the examiner", (origin, *blocks), whole=True)


def moments(report: Report) -> Part:
    """Table of the suspicious moments."""
    if not report.spans:
        return Part("Suspicious moments", (Paragraph(wording.moments(report)),))
    rows = tuple(
        (
            str(rank),
            clock(report.moment(span)),
            number(span.peak.score),
            "picture" if span.face is None else str(span.face),
            f"{clock(span.start)} – {clock(span.end)}",
            f"{span.end - span.start:.2f}",
            f"{span.windows:,}",
            number(span.mean_score),
        )
        for rank, span in enumerate(report.spans[:MAX_ROWS], start=1)
    )
    header = ("No.", "Moment", "Score", "Face", "From – to", "Seconds", "Windows", "Mean")
    grid = Grid("Suspicious moments, strongest first", header, rows, (6, 15, 9, 8, 29, 11, 12, 10))
    more = len(report.spans) - MAX_ROWS
    rest = (Paragraph(f"{plural(more, 'more moment')} in the JSON output.", small=True),) if more > 0 else ()
    notes = (Paragraph(wording.moments(report)), Paragraph(wording.MOMENTS_NOTE, small=True))
    return Part("Suspicious moments", (*notes, grid, *rest))


def faces(report: Report) -> Part:
    """One row a face, with its scores where faces have scores of their own."""
    header = ["Face", "Seen", "Frames", "Boxes", "Height"]
    widths = [6.0, 25.0, 8.0, 23.0, 9.0]
    rows = [
        [
            str(face.id),
            f"{clock(face.start)} – {clock(face.end)}",
            f"{face.frames:,}",
            ", ".join(f"{name} {count:,}" for name, count in face.frames_by_path.items() if count),
            f"{face.median_height:.0f} px",
        ]
        for face in report.result.faces[:MAX_ROWS]
    ]
    if not rows:
        return Part("Faces", (Paragraph("No face was found."),))
    own = report.result.model.input_contract is not InputContract.OFFICIAL
    if own:
        header += ["Windows", "Mean score", "Highest"]
        widths += [10, 9, 10]
        for row, face in zip(rows, report.result.faces, strict=False):
            row += [f"{face.windows_analysed:,}", number(face.mean_score), number(face.max_score)]
    grid = Grid("Faces followed", tuple(header), tuple(tuple(row) for row in rows), tuple(widths))
    return Part("Faces", (grid,) if own else (grid, Paragraph(method_words.NO_SCORES_A_FACE)))


def coverage(report: Report) -> Part:
    """What was looked at and what was not, with reasons."""
    result, covered = report.result, report.result.coverage
    frames = tuple(
        (name, f"{count:,} ({share(count, covered.frames_total)})") for name, count in covered.frames_by_path.items()
    )
    total = sum(covered.windows_by_reason.values())
    windows = tuple((name, f"{count:,} ({share(count, total)})") for name, count in covered.windows_by_reason.items())
    frames_caption = f"{plural(covered.frames_total, 'frame')} planned, by face box"
    windows_caption = f"{plural(total, 'window position')} by the best outcome of any face"
    return Part(
        "Coverage",
        (
            Paragraph(
                f"Analysed {covered.seconds_analysed:.2f} s of {covered.seconds_total:.2f} s "
                f"({share(covered.seconds_analysed, covered.seconds_total)}); {covered.windows_analysed:,} of "
                f"{plural(covered.windows_total, 'window position')}. "
                + ("The examination is complete." if covered.complete else "The examination is NOT complete.")
            ),
            Columns(
                (Subheading(frames_caption), Facts(frames_caption, frames, 0.42)),
                (Subheading(windows_caption), Facts(windows_caption, windows, 0.66)),
            ),
            *map(Paragraph, describe_gaps(result, limit=MAX_ROWS)),
            *map(Paragraph, describe_times(report.pages.timing, result)),
        ),
        whole=True,
    )


def limitations(report: Report) -> Part:
    """What a reader must bear in mind."""
    return Part(
        "Limitations",
        (
            Bullets(method_words.limitations(report.result)),
            Subheading("What the record of this model states"),
            Bullets(tuple(method_words.model_record(report.result))),
        ),
    )


def signature(report: Report) -> Part:
    """A place to sign."""
    details = report.details
    block = Signature(printable(details.examiner), printable(details.organisation), details.date or "")
    return Part("Signature", (block,), whole=True)
