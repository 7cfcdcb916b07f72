"""The handling log in a report: the entries about its file, and the digest by which another log would show."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from pypdf import PdfReader

from lipfd_desktop.handling import Deed, Entry, Log, appended, of_analysis
from lipfd_desktop.language import LANGUAGES, speaking, tr
from lipfd_desktop.report.blocks import Facts, Grid, Part
from lipfd_desktop.report.content import document
from lipfd_desktop.report.content_handling import MAX_ENTRIES
from lipfd_desktop.report.details import ALL_SECTIONS, ReportDetails, Section
from lipfd_desktop.report.document import Report, build_report
from lipfd_desktop.report.handling_words import detail_words
from lipfd_desktop.report.html import render_html
from lipfd_desktop.report.json_report import to_document
from lipfd_desktop.report.pdf import render_pdf
from tests.report_support import CREATED, make_result

RESULT = make_result()


def entry(second: int, deed: Deed, **fields: object) -> Entry:
    return Entry(when=f"2026-03-04T05:06:{second:02d}Z", deed=deed, **fields)


ABOUT = {"name": "interview.mp4", "sha256": RESULT.sha256}
LOG = appended(
    (),
    entry(1, Deed.CREATED, who="Dr. A"),
    entry(2, Deed.ADDED, who="Dr. A", **ABOUT),
    entry(3, Deed.ADDED, who="Dr. A", name="other.mp4", sha256="ee" * 32),
    entry(4, Deed.ANALYSED, who="Dr. \u202eB", details=tuple(sorted(of_analysis(RESULT).items())), **ABOUT),
    entry(5, Deed.EXPORTED, details=(("kind", "pdf"), ("output", "r.pdf"), ("output_sha256", "dd" * 32)), **ABOUT),
    entry(6, Deed.REMOVED, name="other.mp4", sha256="ee" * 32),
)


def report_of(log: Log, **changes: object) -> Report:
    return build_report(RESULT, details=ReportDetails(handling=log, date=CREATED, **changes), max_stills=0)


def part_of(log: Log, **changes: object) -> Part | None:
    parts = document(report_of(log, **changes)).parts
    return next((part for part in parts if part.title == "Handling log"), None)


def grid_of(part: Part) -> Grid:
    return next(block for block in part.blocks if isinstance(block, Grid))


def words_of(part: Part) -> str:
    return repr(part.blocks)


def test_the_part_has_the_entries_about_the_file_and_the_last_digest_of_the_case() -> None:
    part = part_of(LOG)
    rows = grid_of(part).rows
    assert [row[0] for row in rows] == ["2", "4", "5"]
    assert [row[1] for row in rows] == [f"2026-03-04 05:06:0{second} UTC" for second in (2, 4, 5)]
    assert [row[2] for row in rows] == ["Dr. A", "Dr. \\u202eB", "–"]
    assert [row[3] for row in rows] == ["file added", "file analysed", "output written"]
    assert rows[1][4].startswith(f"Verdict: {RESULT.verdict.outcome}; Score: ")
    assert f"Model SHA-256: {RESULT.model.sha256}" in rows[1][4]
    assert rows[2][4] == f"Output: PDF report; Written to: r.pdf; SHA-256 of the output: {'dd' * 32}"
    facts = next(block for block in part.blocks if isinstance(block, Facts))
    assert facts.rows == (("Last entry", "number 6"), ("Digest of the last entry", LOG[-1].digest))
    assert "The chain of 6 entries is whole: each fits the one before." in words_of(part)


def test_writing_a_report_again_gives_the_same_bytes() -> None:
    """Though the first one is in the log by then."""
    written = entry(7, Deed.EXPORTED, details=(("kind", "pdf"), ("output_sha256", "ff" * 32)), **ABOUT)
    again = appended(LOG, written, replace(written, when="2026-03-04T05:06:08Z"))
    assert part_of(again) == part_of(LOG)
    assert render_pdf(report_of(again)) == render_pdf(report_of(LOG))
    assert part_of(appended((), written)) is None


def test_a_file_that_was_added_has_its_hash() -> None:
    assert grid_of(part_of(LOG)).rows[0][4] == f"SHA-256: {RESULT.sha256}"


def test_pdf_and_html_say_it_too() -> None:
    report = report_of(LOG)
    pages = PdfReader(io.BytesIO(render_pdf(report))).pages
    text = "".join("".join(page.extract_text() for page in pages).split())
    html = render_html(report)
    for words in (LOG[-1].digest, "dd" * 32, "The program entered these actions in the case"):
        assert "".join(words.split()) in text
        assert words in html


def test_there_is_no_part_without_a_log_or_where_it_is_left_out() -> None:
    assert part_of(()) is None
    assert part_of(LOG, sections=ALL_SECTIONS - {Section.HANDLING}) is None


def test_a_broken_chain_is_told() -> None:
    broken = (*LOG[:3], replace(LOG[3], who="Dr. C"), *LOG[4:])
    assert "The chain breaks at entry 4 of 6" in words_of(part_of(broken))


def test_a_break_after_the_last_shown_entry_is_told_too_and_stands_on_the_first_page() -> None:
    written = entry(7, Deed.EXPORTED, details=(("kind", "pdf"),), **ABOUT)
    log = appended(LOG, written, replace(written, when="2026-03-04T05:06:08Z"))
    broken = (*log[:6], replace(log[6], who="Dr. C"), log[7])
    assert "The chain breaks at entry 7 of 8" in words_of(part_of(broken))
    for sections in (ALL_SECTIONS, ALL_SECTIONS - {Section.HANDLING}):
        alerts = document(report_of(broken, sections=sections)).alerts
        assert [alert for alert in alerts if "The chain breaks at entry 7 of 8" in alert]
    assert not [alert for alert in document(report_of(log)).alerts if "chain" in alert]


def test_a_log_without_the_file_still_has_its_digest() -> None:
    part = part_of(LOG[:1])
    assert "No entry of the case is about this file." in words_of(part)
    assert LOG[0].digest in words_of(part)


def test_of_very_many_entries_the_newest_are_shown() -> None:
    log = appended((), *(entry(i % 60, Deed.ADDED, **ABOUT) for i in range(MAX_ENTRIES + 5)))
    part = part_of(log)
    rows = grid_of(part).rows
    assert [rows[0][0], rows[-1][0]] == ["6", str(MAX_ENTRIES + 5)]
    assert "5 earlier entries are in the case." in words_of(part)


def test_the_json_says_nothing_of_it() -> None:
    assert to_document(RESULT, ReportDetails(handling=LOG)) == to_document(RESULT, ReportDetails())


@pytest.mark.parametrize(
    "details",
    [
        (("arithmetic", "magic"), ("kind", "song"), ("range", "x/y/z"), ("state", "?"), ("verdict", "GUILTY")),
        (("range", "nan"), ("unheard", "of\x00")),
        (("range", "1e999/nan"),),
    ],
)
def test_details_that_this_program_never_wrote_are_shown_as_they_are(details: tuple[tuple[str, str], ...]) -> None:
    words = detail_words(entry(1, Deed.ANALYSED, details=details))
    assert all(value.replace("\x00", "\\x00") in words for _name, value in details)


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "en"])
def test_the_words_are_in_the_language_of_the_report(language: str) -> None:
    parts = document(report_of(LOG, language=language)).parts
    with speaking(language):
        part = next(part for part in parts if part.title == tr("Handling log"))
        assert part.title != "Handling log"
        assert [row[3] for row in grid_of(part).rows] == [
            tr(words) for words in ("file added", "file analysed", "output written")
        ]
    assert "Model" not in re.sub("Modell|Modelo", "", grid_of(part).rows[1][4])
