"""Letters: DejaVu Sans, which ships with Matplotlib, and what to do with the characters that it lacks."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

import matplotlib
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

from lipfd_desktop.report.text import escaped, printable

REGULAR: Final = "DejaVuSans"
BOLD: Final = "DejaVuSans-Bold"
MONO: Final = "DejaVuSansMono"
_CHINESE: Final = "STSong-Light"
_KOREAN: Final = "HYSMyeongJo-Medium"
"""Not embedded: every PDF viewer brings a font for them."""

_SYSTEM_FAMILIES: Final = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Yu Gothic",
    "PingFang SC",
    "Hiragino Sans",
    "Apple SD Gothic Neo",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Nirmala UI",
    "Leelawadee UI",
    "Arial Unicode MS",
)
_EAST_ASIAN: Final = ((0x3000, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0xFF00, 0xFFEF))
_HANGUL: Final = (0xAC00, 0xD7A3)


def font_folder() -> Path:
    """Where Matplotlib keeps DejaVu."""
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@cache
def register_pdf_fonts() -> None:
    """Make the fonts known to reportlab, once a process."""
    for name in (REGULAR, BOLD, MONO):
        pdfmetrics.registerFont(TTFont(name, str(font_folder() / f"{name}.ttf")))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)
    for name in (_CHINESE, _KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(name))


def pdf_markup(text: str) -> str:
    """``text`` as reportlab markup in which every character has a font.

    Characters that no font has, and right-to-left ones, which reportlab neither joins nor turns round, are escaped.
    """
    runs = ((font, "".join(part)) for font, part in _runs(unicodedata.normalize("NFC", printable(text))))
    return "".join(
        escape(run) if font == REGULAR else f'<font name="{font}">{escape(run)}</font>' for font, run in runs
    )


@cache
def figure_families() -> tuple[str, ...]:
    """DejaVu Sans and the families installed here that help it out."""
    installed = set(font_manager.get_font_names())
    return ("DejaVu Sans", *(name for name in _SYSTEM_FAMILIES if name in installed))


def figure_text(text: str) -> str:
    """``text`` with the characters escaped that no font of :func:`figure_families` has, and no mathtext."""
    known = _figure_characters()
    normal = unicodedata.normalize("NFC", printable(text))
    return "".join(char if ord(char) in known else escaped(char) for char in normal).replace("$", r"\$")


def _runs(text: str) -> Iterator[tuple[str, Iterator[str]]]:
    pairs = itertools.chain.from_iterable(_with_font(char) for char in text)
    for font, group in itertools.groupby(pairs, key=lambda pair: pair[0]):
        yield font, (char for _, char in group)


def _with_font(character: str) -> list[tuple[str, str]]:
    font = _pdf_font(character)
    return [(REGULAR, part) for part in escaped(character)] if font is None else [(font, character)]


def _pdf_font(character: str) -> str | None:
    register_pdf_fonts()
    code = ord(character)
    if unicodedata.bidirectional(character) in {"R", "AL"}:
        return None
    if code in pdfmetrics.getFont(REGULAR).face.charToGlyph:
        return REGULAR
    if any(low <= code <= high for low, high in _EAST_ASIAN):
        return _CHINESE
    return _KOREAN if _HANGUL[0] <= code <= _HANGUL[1] else None


@cache
def _figure_characters() -> frozenset[int]:
    paths = {font_manager.findfont(name) for name in figure_families()}
    return frozenset().union(*(FT2Font(path).get_charmap() for path in paths))
