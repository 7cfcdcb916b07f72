"""How names, numbers and times are spelt in every report."""

from __future__ import annotations

import math
import unicodedata
from pathlib import Path
from typing import Final

from lipfd_desktop.result import WHOLE_PICTURE, Question

_DANGEROUS: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that cannot be seen or that change how their neighbours look (U+202E reverses a name)."""

SPOKE: Final = {
    Question.GENERATED: "generated picture",
    Question.FOREIGN_SOUND: "foreign sound",
    Question.BOTH: "generated picture and foreign sound",
}
"""What speaks for manipulation, in words."""


def escaped(character: str) -> str:
    r"""A character as ASCII, such as ``\u202e``."""
    return character.encode("unicode_escape").decode("ascii")


def printable(text: str | Path) -> str:
    """``text`` with everything escaped that is invisible, reverses its neighbours or is not Unicode text."""
    return "".join(escaped(char) if unicodedata.category(char) in _DANGEROUS else char for char in str(text))


def readable(text: str) -> str:
    """:func:`printable` for text of several lines: their breaks stay, as line feeds."""
    return "\n".join(printable(line.replace("\t", "    ")) for line in text.splitlines())


def elided(text: str, limit: int) -> str:
    """``text`` shortened in the middle to ``limit`` characters, so that a file keeps its ending."""
    if len(text) <= limit:
        return text
    tail = (limit - 1) // 2
    return f"{text[: limit - 1 - tail]}…{text[len(text) - tail :]}"


def number(value: float | None, digits: int = 3) -> str:
    """``value`` with ``digits`` decimals, a dash where there is none."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def clock(seconds: float) -> str:
    """PTS as ``h:mm:ss.mmm``; the hour only where there is one."""
    sign = "-" if seconds < 0 else ""
    milliseconds = round(abs(seconds) * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    tail = f"{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
    return f"{sign}{hours}:{tail}" if hours else f"{sign}{tail}"


def subject(face: int | None) -> str:
    """Whose score it is; None, or the id of no face in a column, means the whole picture."""
    return "whole picture" if face is None or face == WHOLE_PICTURE else f"face {face}"


def capitalised(words: str) -> str:
    """``words`` with a capital first letter; the others stay as they are."""
    return words[:1].upper() + words[1:]


def share(part: float, whole: float) -> str:
    """``part`` of ``whole`` in per cent."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


def binary_size(count: int) -> str:
    """Bytes in a readable unit; empty below one KiB."""
    size, unit = float(count), ""
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{size:.1f} {unit}" if unit else ""


def file_size(count: int) -> str:
    """Bytes, and a readable unit beside them."""
    exact, size = f"{count:,} bytes", binary_size(count)
    return f"{size} ({exact})" if size else exact


def plural(count: int, noun: str, many: str = "") -> str:
    """``1 window``, ``2,000 windows``; ``many`` is for nouns that take more than an s."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {many or f'{noun}s'}"
