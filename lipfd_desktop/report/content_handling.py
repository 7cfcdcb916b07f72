"""What the handling log of the case says of the file, and the digest by which the log can be told from another."""

from __future__ import annotations

from typing import Final

from lipfd_desktop.handling import Deed, Entry, Log, about, first_misfit
from lipfd_desktop.language import mark, tr, trn
from lipfd_desktop.report.blocks import Block, Facts, Grid, Paragraph, Part
from lipfd_desktop.report.document import Report
from lipfd_desktop.report.handling_words import chain_words, deed_words, detail_words, time_words
from lipfd_desktop.report.text import printable, together

MAX_ENTRIES: Final = 60
"""The newest; the case has all of them."""
_READING: Final = mark(
    "The program entered these actions in the case as they were done; numbers count all entries of the case. What was "
    "written since the last one, this report among it, stands in the case alone."
)
_PROOF: Final = mark(
    "Each entry holds the digest of the one before. Whoever can write the case file could make the log anew; the "
    "entry of that number would then have another digest than the one printed here."
)


def handling(report: Report) -> Part | None:
    """The entries about the file; nothing where the case has none at all."""
    whole, result = report.details.handling, report.result
    log, misfit = without_last_outputs(whole), first_misfit(whole)
    if not log:
        return None
    found = about(log, result.sha256, result.media.path.name)
    shown = found[-MAX_ENTRIES:]
    rows = tuple(
        (f"{number:,}", time_words(entry), printable(entry.who) or "–", deed_words(entry), _details(entry))
        for number, entry in shown
    )
    header = (tr("No."), tr("Time"), tr("Examiner"), tr("Action"), tr("Details"))
    left_out = len(found) - len(shown)
    earlier = trn(
        "{count:,} earlier entry is in the case.", "{count:,} earlier entries are in the case.", left_out
    )  # fmt: skip
    table: list[Block] = [
        Paragraph(together(tr(_READING), earlier if left_out else ""), small=True),
        Grid(tr("Entries about this file, oldest first"), header, rows, (5, 15, 14, 15, 51)),
    ]
    if not rows:
        table = [Paragraph(tr("No entry of the case is about this file."))]
    last = (
        (tr("Last entry"), tr("number {number:,}", number=len(log))),
        (tr("Digest of the last entry"), printable(log[-1].digest)),
    )
    digest = Facts(tr("Handling log of the case"), last)
    chain = Paragraph(chain_words(log if misfit is None else whole, misfit))
    return Part(tr("Handling log"), (*table, chain, digest, Paragraph(tr(_PROOF), small=True)))


def without_last_outputs(log: Log) -> Log:
    """``log`` up to the last deed that is no output: to write a report twice gives the same report twice."""
    kept = len(log)
    while kept and log[kept - 1].deed is Deed.EXPORTED:
        kept -= 1
    return log[:kept]


def _details(entry: Entry) -> str:
    """In one line; of a deed that says nothing else, which bytes it was done to."""
    digest = tr("{name}: {value}", name="SHA-256", value=printable(entry.sha256)) if entry.sha256 else "–"
    return detail_words(entry) or digest
