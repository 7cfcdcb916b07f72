"""What the examiner adds to a report: who asks, who signs, what was marked, and which parts are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from lipfd_desktop.handling import Log
from lipfd_desktop.language import LANGUAGES, mark, tr


class Section(StrEnum):
    """Parts that may be left out.

    What keeps a report honest is no part and always there: verdict, error rates, both hashes, notices, coverage,
    limitations, and which parts were left out.
    """

    STILLS = "stills"
    SEEN = "seen"
    PLOTS = "plots"
    FACES = "faces"
    MOMENTS = "moments"
    MARKS = "marks"
    MARK_STILLS = "mark-stills"
    FILE = "file"
    METHOD = "method"
    REPRODUCIBILITY = "reproducibility"
    HANDLING = "handling"

    @property
    def words(self) -> str:
        """Words for a check box or a sentence."""
        return tr(_TITLES[self])


_TITLES: Final = {
    Section.STILLS: mark("evidence stills"),
    Section.SEEN: mark("what the network saw"),
    Section.PLOTS: mark("scores over time"),
    Section.FACES: mark("faces"),
    Section.MOMENTS: mark("table of suspicious moments"),
    Section.MARKS: mark("marks and notes of the examiner"),
    Section.MARK_STILLS: mark("stills of the marks"),
    Section.FILE: mark("file and streams"),
    Section.METHOD: mark("method"),
    Section.REPRODUCIBILITY: mark("reproducibility"),
    Section.HANDLING: mark("handling log"),
}

ALL_SECTIONS: Final = frozenset(Section)


@dataclass(frozen=True, slots=True)
class ReportMark:
    """A stretch that the examiner marked; ``start`` and ``end`` in seconds of PTS, the same for a single instant."""

    start: float
    end: float
    note: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDetails:
    """What a report says beyond the result; with the same result it decides every byte.

    Parameters
    ----------
    examiner, organisation, case_number, exhibit, notes
        As the examiner wrote them; empty where nothing was written.
    date
        Date of the report, ISO 8601: a day, or a time with offset.  None takes the time of writing, and then no two
        reports are alike.
    sections
        Parts that are wanted.
    marks
        In any order; reports number them by time.
    handling
        Of the whole case.
    language
        Of PDF, HTML and PNG, a key of :data:`~lipfd_desktop.language.LANGUAGES`; JSON and CSV are English.
    """

    examiner: str = ""
    organisation: str = ""
    case_number: str = ""
    exhibit: str = ""
    notes: str = ""
    date: str | None = None
    sections: frozenset[Section] = ALL_SECTIONS
    marks: tuple[ReportMark, ...] = ()
    handling: Log = ()
    language: str = "en"

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise ValueError(f"{self.language!r} is none of {', '.join(LANGUAGES)}")
        if self.date is not None:
            datetime.fromisoformat(self.date)  # raises ValueError for what is no date

    @property
    def shown_marks(self) -> tuple[ReportMark, ...]:
        """In order of time, as reports number them from 1; none where their section is left out."""
        if Section.MARKS not in self.sections:
            return ()
        return tuple(sorted(self.marks, key=lambda one: (one.start, one.end)))

    @property
    def stilled_marks(self) -> tuple[ReportMark, ...]:
        """Marks that want a still; none where either part is left out."""
        return self.shown_marks if Section.MARK_STILLS in self.sections else ()

    @property
    def shown_notes(self) -> str:
        """Empty where the section of marks and notes is left out."""
        return self.notes.strip() if Section.MARKS in self.sections else ""

    @property
    def left_out(self) -> tuple[Section, ...]:
        """In the order of :class:`Section`."""
        return tuple(section for section in Section if section not in self.sections)


NO_DETAILS: Final = ReportDetails()
