"""How names, numbers and times are spelt in every report."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from textwrap import wrap
from typing import Final

from lipfd_desktop.language import tr, trn

_DANGEROUS: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that cannot be seen or that change how their neighbours look (U+202E reverses a name)."""


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
    exact, size = trn("{count:,} byte", "{count:,} bytes", count), binary_size(count)
    return tr("{size} ({exact})", size=size, exact=exact) if size else exact


def is_hash(text: str) -> bool:
    """Whether ``text`` looks like a SHA-256, which is set so that its digits can be compared."""
    return len(text) == 64 and not set(text) - set("0123456789abcdef")


def together(*sentences: str) -> str:
    """Whole sentences one after the other, as the language sets them; empty ones are left out."""
    said = [one for one in sentences if one]
    whole = said[0] if said else ""
    for one in said[1:]:
        whole = tr("{before} {after}", before=whole, after=one)
    return whole


def listed(words: Iterable[str]) -> str:
    """Words or numbers as a list within a sentence."""
    return tr(", ").join(words)


def stretch(start: float, end: float) -> str:
    """From one PTS to another."""
    return f"{clock(start)} – {clock(end)}"


def lines_of(text: str, columns: int) -> list[str]:
    """``text`` in lines of at most so many columns, of which a Chinese character takes two and needs no space."""
    if not any(map(_is_wide, text)):
        return wrap(text, columns)
    lines, line, used = [], "", 0
    for piece in _PIECES.findall(text):
        width = sum(2 if _is_wide(char) else 1 for char in piece)
        if line and used + width > columns and piece not in _NEVER_FIRST:
            lines.append(line.rstrip())
            line, used = "", 0
        if line or not piece.isspace():
            line, used = line + piece, used + width
    return [*lines, line.rstrip()] if line else lines


_PIECES: Final = re.compile(r"[^\W\u2e80-\uffff]+|\s+|.", re.DOTALL)
"""A word of letters that stand in words, or a single character."""
_NEVER_FIRST: Final = frozenset("，。；：、！？）”」』》%,.;:!?)")
"""Of a line."""


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in {"W", "F"}
