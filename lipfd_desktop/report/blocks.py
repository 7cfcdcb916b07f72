"""What a report is made of, whatever it is written as: PDF and HTML draw the same parts, so they say the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Plain text; a line feed starts another line.  ``small`` is for notes and captions."""

    text: str
    small: bool = False


@dataclass(frozen=True, slots=True)
class Subheading:
    text: str


@dataclass(frozen=True, slots=True)
class Headline:
    """The verdict in one line."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values; ``labels`` is the share of the width that the names take."""

    caption: str
    rows: tuple[tuple[str, str], ...]
    labels: float = 0.25


@dataclass(frozen=True, slots=True)
class Grid:
    """A table under a header; ``widths`` are relative."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """An image file, its width and height in pixels, and what somebody must know who cannot see it.

    ``width`` is the share of the text's width that it may fill, ``kind`` the subtype of its media type.
    """

    content: bytes
    size: tuple[int, int]
    alt: str
    kind: str
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Pictures:
    """Side by side over one caption."""

    pictures: tuple[Picture, ...]
    caption: str


@dataclass(frozen=True, slots=True)
class SheetRow:
    """Pictures of equal width, each with the words below it."""

    title: str
    cells: tuple[tuple[Picture, str], ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows of pictures on common columns, kept on one page; ``header`` and the titles of rows may be empty.

    Without titles of rows ``columns`` pictures take the whole width.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    caption: str
    columns: int

    @property
    def has_titles(self) -> bool:
        return any(row.title for row in self.rows)


@dataclass(frozen=True, slots=True)
class Panel:
    """Blocks on a tinted ground."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """Blocks of half the width, side by side where there is room."""

    left: tuple[Block, ...]
    right: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """Room for a signature; each empty where the examiner did not state it."""

    name: str
    organisation: str
    date: str


Block = Paragraph | Subheading | Headline | Bullets | Facts | Grid | Pictures | Sheet | Panel | Columns | Signature


@dataclass(frozen=True, slots=True)
class Part:
    """Blocks under a heading.  ``whole`` asks for a page that holds all of it."""

    title: str
    blocks: tuple[Block, ...]
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole report.

    Attributes
    ----------
    title, lead
        Above everything.
    alerts
        What must be read before anything else.
    summary
        The first part, which has no heading.
    case, exhibit
        The first may be empty; both stand at the head of every page.
    sha256
        Of the examined file, at the foot of every page.
    always
        Repeated at the head of every page, such as for test weights; empty where there is nothing to repeat.
    program, aid
        At the foot of every page: what made it, and what it is not.
    """

    title: str
    lead: str
    alerts: tuple[str, ...]
    summary: tuple[Block, ...]
    parts: tuple[Part, ...]
    case: str
    exhibit: str
    sha256: str
    always: str
    program: str
    aid: str
