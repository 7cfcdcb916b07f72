"""A picture of what the examiner marked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lipfd_desktop.language import mark, tr, trn
from lipfd_desktop.report.blocks import Paragraph, Part, Picture, Sheet, SheetRow
from lipfd_desktop.report.document import Report
from lipfd_desktop.report.mark_stills import MarkStill
from lipfd_desktop.report.pictures import photo
from lipfd_desktop.report.text import clock, listed, printable, together

A_ROW: Final = 2
NOTE_LETTERS: Final = 240
"""Of a note and of its tags; the table of marks has all of them."""
_READING: Final = mark(
    "The frame at each mark; for a mark that covers a stretch, the frame in its middle. Frames are counted from 0. "
    "Pictures are reduced and JPEG-compressed for this report; for pixels go to the file at the time stated."
)


def mark_stills(report: Report) -> Part | None:
    """The frames of the marks with their notes; nothing without marks."""
    found = report.pages.mark_stills
    if not found.stills and not found.problems:
        return None
    blocks = [Paragraph(tr(_READING), small=True)] if found.stills else []
    blocks += map(Paragraph, found.problems)
    rows = [
        Sheet("", (), (SheetRow("", tuple((_picture(one), _caption(one)) for one in row)),), "", columns=A_ROW)
        for row in _by(A_ROW, found.stills)
    ]
    left_out = (
        trn(
            "{count:,} further mark has no still here; the table above lists it.",
            "{count:,} further marks have no still here; the table above lists them.",
            found.left_out,
        )
        if found.left_out
        else ""
    )
    return Part(tr("Stills of the marks"), (*blocks, *rows, *([Paragraph(left_out)] if left_out else [])))


def _by(count: int, stills: tuple[MarkStill, ...]) -> Iterator[tuple[MarkStill, ...]]:
    return (stills[at : at + count] for at in range(0, len(stills), count))


def _caption(still: MarkStill) -> str:
    one = still.mark
    place = {"number": still.number, "frame": still.frame, "time": clock(still.pts)}
    if one.start == one.end:
        words = tr("M{number}: frame {frame:,} at {time}.", **place)
    else:
        words = tr(
            "M{number}: frame {frame:,} at {time}, the middle of {start} – {end}.",
            **place, start=clock(one.start), end=clock(one.end),
        )  # fmt: skip
    tags = f"[{_short(listed(map(printable, one.tags)))}]" if one.tags else ""
    return together(words, tags, _short(printable(" ".join(one.note.split()))))


def _short(written: str) -> str:
    return written if len(written) <= NOTE_LETTERS else f"{written[:NOTE_LETTERS]}…"


def _picture(still: MarkStill) -> Picture:
    alt = tr("M{number}: frame {frame:,} at {time}.", number=still.number, frame=still.frame, time=clock(still.pts))
    return photo(still.image, alt)
