"""Letters: DejaVu Sans, which ships with Matplotlib, a bundled font of East Asian letters, and codes for the rest."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

import matplotlib
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from lipfd_desktop.network.registry import resources_dir
from lipfd_desktop.report.text import escaped, printable

REGULAR: Final = "DejaVuSans"
BOLD: Final = "DejaVuSans-Bold"
MONO: Final = "DejaVuSansMono"
EAST_ASIAN: Final = "LipFDFallback"
"""Chinese, Japanese and Korean (resources/fonts)."""
_EAST_ASIAN_FAMILY: Final = "LipFD Fallback"

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


def font_folder() -> Path:
    """Where Matplotlib keeps DejaVu."""
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@cache
def register_pdf_fonts() -> None:
    """Make the fonts known to reportlab, once a process."""
    for name in (REGULAR, BOLD, MONO):
        pdfmetrics.registerFont(TTFont(name, str(font_folder() / f"{name}.ttf")))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)
    pdfmetrics.registerFont(TTFont(EAST_ASIAN, str(east_asian_font())))


def east_asian_font() -> Path:
    """The bundled font of Chinese, Japanese and Korean letters."""
    return resources_dir() / "fonts" / f"{EAST_ASIAN}.ttf"


def is_unspaced(text: str) -> bool:
    """Whether ``text`` is Chinese or Japanese, as far as its letters tell: without spaces to break its lines at."""
    letters = [character for character in text if character.isalpha()]
    unspaced = sum(_pdf_font(letter) == EAST_ASIAN and not _is_hangul(letter) for letter in letters)
    return 4 * unspaced > len(letters)


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
    """DejaVu Sans, the bundled East Asian letters, and the families installed here that know still others."""
    manager = font_manager.fontManager
    manager.addfont(east_asian_font())
    # Its one weight stands for bold too; Matplotlib would warn that there is none.
    manager.ttflist.append(replace(manager.ttflist[-1], weight=700))
    installed = set(font_manager.get_font_names())
    return ("DejaVu Sans", _EAST_ASIAN_FAMILY, *(name for name in _SYSTEM_FAMILIES if name in installed))


def figure_text(text: str) -> str:
    """``text`` with the characters escaped that no font of :func:`figure_families` has, and no mathtext."""
    known = _figure_characters()
    normal = unicodedata.normalize("NFC", printable(text))
    return "".join(char if ord(char) in known else escaped(char) for char in normal).replace("$", r"\$")


def _is_hangul(character: str) -> bool:
    return "\uac00" <= character <= "\ud7a3"


def _runs(text: str) -> Iterator[tuple[str, Iterator[str]]]:
    pairs = itertools.chain.from_iterable(_with_font(char) for char in text)
    for font, group in itertools.groupby(pairs, key=lambda pair: pair[0]):
        yield font, (char for _, char in group)


def _with_font(character: str) -> list[tuple[str, str]]:
    font = _pdf_font(character)
    return [(REGULAR, part) for part in escaped(character)] if font is None else [(font, character)]


def _pdf_font(character: str) -> str | None:
    register_pdf_fonts()
    if unicodedata.bidirectional(character) in {"R", "AL"}:
        return None
    fonts = (REGULAR, EAST_ASIAN)
    return next((name for name in fonts if ord(character) in pdfmetrics.getFont(name).face.charToGlyph), None)


@cache
def _figure_characters() -> frozenset[int]:
    paths = {font_manager.findfont(name) for name in figure_families()}
    return frozenset().union(*(FT2Font(path).get_charmap() for path in paths))
