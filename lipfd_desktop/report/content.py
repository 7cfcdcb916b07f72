"""The parts of a report in the order in which they are read: findings first, then evidence, then how it was done."""

from __future__ import annotations

from typing import Final

from lipfd_desktop import __version__
from lipfd_desktop.language import speaking, tr, trn
from lipfd_desktop.notices import say
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
from lipfd_desktop.report.content_handling import handling
from lipfd_desktop.report.content_marks import mark_stills
from lipfd_desktop.report.content_pictures import curves, stills
from lipfd_desktop.report.content_seen import seen
from lipfd_desktop.report.details import Section
from lipfd_desktop.report.document import Report
from lipfd_desktop.report.gaps import describe_gaps
from lipfd_desktop.report.terms import contract_words, path_label_words, reason_words
from lipfd_desktop.report.text import clock, listed, number, printable, readable, share, stretch, together
from lipfd_desktop.report.timing import describe_times
from lipfd_desktop.result import AnalysisResult, InputContract

MAX_ROWS: Final = 60
"""Rows of a table on paper; the CSV and the JSON have all of them."""
FEW_ROWS: Final = 20
"""Up to so many a table of moments is not parted from what is said about it."""


def document(report: Report) -> Document:
    """All of ``report`` but what its examiner left out, in the language of its details."""
    with speaking(report.details.language):
        return _document(report)


def _document(report: Report) -> Document:
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
        (Section.HANDLING, handling),
        (None, signature),
    ]
    aid = tr(wording.AID_NOT_PROOF)
    made = [make(report) for section, make in optional if section is None or report.shows(section)]
    return Document(
        title=tr("Examination for lip-sync forgery"),
        lead=together(aid, tr("All times are presentation times (PTS) of the file.")),
        alerts=tuple(wording.warnings(report)),
        summary=summary(report),
        parts=tuple(part for part in made if part is not None),
        case=printable(details.case_number),
        exhibit=printable(details.exhibit) or printable(result.media.path.name),
        sha256=result.sha256,
        always="" if result.model.trained else tr(wording.TEST_WEIGHTS),
        program=f"LipFD Desktop {__version__}",
        aid=aid,
    )


def summary(report: Report) -> tuple[Block, ...]:
    """Who asks, the verdict with its error rates, what it means, and the facts that identify file and model."""
    left_out = wording.left_out(report)
    return (
        *_case(report),
        Panel(
            (
                Headline(wording.verdict_title(report)),
                Subheading(tr("Findings")),
                Bullets((*wording.findings(report), *wording.scales(report))),
                Subheading(tr("Error rates of the verdict")),
                Bullets(tuple(method_words.calibration(report.result))),
            )
        ),
        Panel(
            (
                Subheading(tr("Interpretation: what this means")),
                Paragraph(wording.meaning(report)),
                Subheading(tr("What this does not mean")),
                Paragraph(wording.no_meaning(report)),
            )
        ),
        Facts(tr("What was examined, with what"), _identity(report)),
        *_notices(report.result),
        *([Paragraph(left_out)] if left_out else []),
    )


def _case(report: Report) -> list[Block]:
    details = report.details
    rows = (
        (tr("Case number"), details.case_number),
        (tr("Exhibit"), details.exhibit),
        (tr("Examiner"), details.examiner),
        (tr("Organisation"), details.organisation),
    )
    stated = tuple((name, printable(value)) for name, value in rows if value)
    if not stated:
        return []
    left, right = (stated[: (len(stated) + 1) // 2], stated[(len(stated) + 1) // 2 :])
    if not right:
        return [Facts(tr("Case"), left)]
    return [Columns((Facts(tr("Case"), left, 0.32),), (Facts(tr("Examiner"), right, 0.32),))]


def _identity(report: Report) -> tuple[tuple[str, str], ...]:
    result = report.result
    return (
        (tr("File"), printable(result.media.path.name)),
        (tr("SHA-256 at analysis"), result.sha256),
        (tr("SHA-256 at export"), wording.hash_check(report)),
        (tr("Label in the JSON output"), wording.label(result)),
        *_questions(result),
        (
            tr("Model"),
            tr(
                "{model}, {contract} input contract",
                model=printable(result.model.name),
                contract=contract_words(result.model.input_contract),
            ),
        ),
        (tr("Model SHA-256"), result.model.sha256),
        (tr("Computed on"), result.device.description),
        (
            tr("Analysis started"),
            tr("{started}, took {seconds:.1f} s", started=result.started_at, seconds=result.processing_time),
        ),
        (
            tr("Report made"),
            tr("{time} with {program}", time=report.created_at, program=f"LipFD Desktop {__version__}"),
        ),
    )


def _questions(result: AnalysisResult) -> list[tuple[str, str]]:
    """The two answers for the whole clip, where the model gives them."""
    verdict = result.verdict
    if verdict.generated is None:
        return []
    answers = tr(
        "{generated}, {foreign} (of the whole clip)",
        generated=number(verdict.generated),
        foreign=tr("cannot tell") if verdict.foreign_sound is None else number(verdict.foreign_sound),
    )
    return [(tr("Generated, foreign sound"), answers)]


def _notices(result: AnalysisResult) -> list[Block]:
    if not result.notices:
        return []
    return [
        Subheading(tr("Notices of the analysis")),
        Bullets(tuple(printable(say(notice)) for notice in result.notices)),
    ]


def marks(report: Report) -> Part | None:
    """What the examiner wrote and marked; nothing where that is nothing."""
    details = report.details
    blocks: list[Block] = [Paragraph(readable(details.shown_notes))] if details.shown_notes else []
    if details.shown_marks:
        rows = tuple(
            (
                f"M{place}",
                clock(one.start) if one.start == one.end else stretch(one.start, one.end),
                listed(printable(tag) for tag in one.tags) or "–",
                readable(one.note) or "–",
            )
            for place, one in enumerate(details.shown_marks, start=1)
        )
        header = (tr("No."), tr("Time"), tr("Tags"), tr("Note"))
        blocks.append(Grid(tr("Marks, in order of time"), header, rows, (5, 24, 20, 51)))
    if not blocks:
        return None
    origin = Paragraph(tr("Written by the examiner; no result of the analysis depends on it."), small=True)
    return Part(tr("Marks and notes of the examiner"), (origin, *blocks), whole=True)


def moments(report: Report) -> Part:
    """Table of the suspicious moments."""
    if not report.spans:
        return Part(tr("Suspicious moments"), (Paragraph(wording.moments(report)),))
    rows = tuple(
        (
            str(rank),
            clock(report.moment(span)),
            number(span.peak.score),
            tr("picture") if span.face is None else str(span.face),
            stretch(span.start, span.end),
            f"{span.end - span.start:.2f}",
            f"{span.windows:,}",
            number(span.mean_score),
        )
        for rank, span in enumerate(report.spans[:MAX_ROWS], start=1)
    )
    header = (
        tr("No."), tr("Moment"), tr("Score"), tr("Face"), tr("From – to"), tr("Seconds"), tr("Windows"), tr("Mean"),
    )  # fmt: skip
    grid = Grid(tr("Suspicious moments, strongest first"), header, rows, (6, 15, 9, 8, 29, 11, 12, 10))
    more = len(report.spans) - MAX_ROWS
    told = trn("{count:,} more moment in the JSON output.", "{count:,} more moments in the JSON output.", more)
    rest = (Paragraph(told, small=True),) if more > 0 else ()
    notes = (Paragraph(wording.moments(report)), Paragraph(tr(wording.MOMENTS_NOTE), small=True))
    return Part(tr("Suspicious moments"), (*notes, grid, *rest), whole=len(rows) <= FEW_ROWS)


def faces(report: Report) -> Part:
    """One row a face, with its scores where faces have scores of their own."""
    header = [tr("Face"), tr("Seen"), tr("Frames"), tr("Boxes"), tr("Height")]
    widths = [6.0, 25.0, 8.0, 23.0, 9.0]
    rows = [
        [
            str(face.id),
            stretch(face.start, face.end),
            f"{face.frames:,}",
            listed(f"{path_label_words(name)} {count:,}" for name, count in face.frames_by_path.items() if count),
            f"{face.median_height:.0f} px",
        ]
        for face in report.result.faces[:MAX_ROWS]
    ]
    if not rows:
        return Part(tr("Faces"), (Paragraph(tr("No face was found.")),))
    own = report.result.model.input_contract is not InputContract.OFFICIAL
    if own:
        header += [tr("Windows"), tr("Mean score"), tr("Highest")]
        widths += [10, 9, 10]
        for row, face in zip(rows, report.result.faces, strict=False):
            row += [f"{face.windows_analysed:,}", number(face.mean_score), number(face.max_score)]
    grid = Grid(tr("Faces followed"), tuple(header), tuple(tuple(row) for row in rows), tuple(widths))
    return Part(tr("Faces"), (grid,) if own else (grid, Paragraph(tr(method_words.NO_SCORES_A_FACE))))


def coverage(report: Report) -> Part:
    """What was looked at and what was not, with reasons."""
    result, covered = report.result, report.result.coverage
    frames = tuple(
        (path_label_words(name), f"{count:,} ({share(count, covered.frames_total)})")
        for name, count in covered.frames_by_path.items()
    )
    total = sum(covered.windows_by_reason.values())
    windows = tuple(
        (reason_words(name), f"{count:,} ({share(count, total)})") for name, count in covered.windows_by_reason.items()
    )
    frames_caption = trn(
        "{count:,} frame planned, by face box", "{count:,} frames planned, by face box", covered.frames_total
    )
    windows_caption = trn(
        "{count:,} window position by the best outcome of any face",
        "{count:,} window positions by the best outcome of any face",
        total,
    )
    analysed = trn(
        "Analysed {done:.2f} s of {whole:.2f} s ({share}); {windows:,} of {count:,} window position.",
        "Analysed {done:.2f} s of {whole:.2f} s ({share}); {windows:,} of {count:,} window positions.",
        covered.windows_total,
        done=covered.seconds_analysed,
        whole=covered.seconds_total,
        share=share(covered.seconds_analysed, covered.seconds_total),
        windows=covered.windows_analysed,
    )
    complete = tr("The examination is complete.") if covered.complete else tr("The examination is NOT complete.")
    return Part(
        tr("Coverage"),
        (
            Paragraph(together(analysed, complete)),
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
        tr("Limitations"),
        (
            Bullets(method_words.limitations(report.result)),
            Subheading(tr("What the record of this model states")),
            Bullets(tuple(method_words.model_record(report.result))),
        ),
    )


def signature(report: Report) -> Part:
    """A place to sign."""
    details = report.details
    block = Signature(printable(details.examiner), printable(details.organisation), details.date or "")
    return Part(tr("Signature"), (block,), whole=True)
