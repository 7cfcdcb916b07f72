"""A case and what it holds: plain immutable records.

Times are PTS in seconds, on the clock of the file that they belong to.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from lipfd_desktop.handling import Deed, Log
from lipfd_desktop.result import AnalysisResult


class Role(StrEnum):
    """What a file is to the case: the one in question, or one known to be genuine."""

    SUSPECT = "suspect"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A stretch of time, or a moment where ``start`` is ``end``, that somebody marked.

    Parameters
    ----------
    id
        Unique among the marks of the exhibit, and never used again there while the case is open.
    start, end
        Seconds.
    tags
        Without commas, each once, in the order given.
    """

    id: int
    start: float
    end: float
    note: str = ""
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and math.isfinite(self.end) and self.start <= self.end):
            raise ValueError(f"a mark cannot last from {self.start} to {self.end}")

    @property
    def is_moment(self) -> bool:
        return self.start == self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class ExhibitView:
    """How an exhibit was looked at last.

    Parameters
    ----------
    cursor
        Seconds.
    visible, selection
        Start and end in seconds of what the time axis shows, and of what is selected.
    face
        Track id of the face that is shown alone; None for all.
    """

    cursor: float
    visible: tuple[float, float]
    selection: tuple[float, float] | None = None
    face: int | None = None

    def __post_init__(self) -> None:
        spans = [self.visible, *([self.selection] if self.selection else [])]
        times = [self.cursor, *(time for span in spans for time in span)]
        if not all(map(math.isfinite, times)) or any(start > end for start, end in spans):
            raise ValueError("a view needs times that are numbers, and spans that do not end before they begin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One media file of a case, which is referred to and never copied.

    Parameters
    ----------
    id
        Unique in the case, and never used again there while the case is open.
    path
        Where the media lies, absolute.
    relative
        The same from the folder of the case file, with ``/``; empty where there is no such way.
    sha256
        Of its bytes when it was added; empty where nobody has computed it yet.
    size
        Bytes.
    result
        The last analysis; its threshold is that of the window.
    """

    id: int
    path: Path
    relative: str = ""
    sha256: str = ""
    size: int = 0
    notes: str = ""
    role: Role = Role.SUSPECT
    marks: tuple[Mark, ...] = ()
    view: ExhibitView | None = None
    result: AnalysisResult | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if len({mark.id for mark in self.marks}) != len(self.marks):
            raise ValueError("two marks of an exhibit have one id")

    def is_of(self, path: Path, sha256: str) -> bool:
        """Whether these are the bytes of this exhibit; without a hash on either side the path decides."""
        if self.sha256 and sha256:
            return self.sha256 == sha256
        return self.path == path


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An examination.

    Parameters
    ----------
    current
        Id of the exhibit that is open, or None.
    layout
        State of the window's panels, as base64 of what Qt says; empty for the layout of the user.
    handling
        Who did what; only ever added to.
    """

    title: str = ""
    number: str = ""
    examiner: str = ""
    notes: str = ""
    exhibits: tuple[Exhibit, ...] = ()
    current: int | None = None
    layout: str = ""
    handling: Log = ()

    def __post_init__(self) -> None:
        if len({exhibit.id for exhibit in self.exhibits}) != len(self.exhibits):
            raise ValueError("two exhibits of a case have one id")

    def exhibit(self, identity: int | None) -> Exhibit | None:
        """The exhibit of this id."""
        return next((exhibit for exhibit in self.exhibits if exhibit.id == identity), None)

    def with_exhibit(self, changed: Exhibit) -> Case:
        """The case with ``changed`` in the place of the exhibit of its id."""
        exhibits = tuple(changed if exhibit.id == changed.id else exhibit for exhibit in self.exhibits)
        return replace(self, exhibits=exhibits)

    @property
    def tags(self) -> list[str]:
        """Every tag of every mark, in alphabetical order."""
        return sorted({tag for exhibit in self.exhibits for mark in exhibit.marks for tag in mark.tags}, key=str.lower)

    def has_same_work(self, other: Case | None) -> bool:
        """Whether the two differ only in how they were looked at and where their media were found."""
        return other is not None and self._work() == other._work()

    def _work(self) -> Case:
        exhibits = (replace(exhibit, path=Path(), relative="", view=None) for exhibit in self.exhibits)
        handling = tuple(entry for entry in self.handling if entry.deed is not Deed.RELOCATED)
        return replace(self, exhibits=tuple(exhibits), current=None, layout="", handling=handling)

    @property
    def has_work(self) -> bool:
        """Whether there is anything in it that opening its files again would not give."""
        own = (self.title, self.number, self.examiner, self.notes)
        if any(own) or any(entry.deed in (Deed.ANALYSED, Deed.EXPORTED) for entry in self.handling):
            return True
        return any(exhibit.marks or exhibit.notes or exhibit.result for exhibit in self.exhibits)


def in_time_order(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """``marks`` by their starts, the longer first where these are equal."""
    return tuple(sorted(marks, key=lambda mark: (mark.start, -mark.end, mark.id)))


def as_tags(words: str) -> tuple[str, ...]:
    """What somebody typed, separated by commas, as tags: trimmed, without empty ones, each once."""
    return tuple(dict.fromkeys(tag for tag in (" ".join(part.split()) for part in words.split(",")) if tag))
