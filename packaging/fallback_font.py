"""Make ``resources/fonts/LipFDFallback.ttf``, the Chinese, Japanese and Korean letters of reports.

The outlines are those of Droid Sans Fallback as Debian's package ``fonts-droid-fallback`` 1:6.0.1r16-1.1 has them
(Apache License 2.0).  It ships two files: one has all of Hangul, the other the rarer ideographs of names.  Both are cut
down to East Asian letters without hints and joined::

    apt-get install fonts-droid-fallback=1:6.0.1r16-1.1
    uv run python packaging/fallback_font.py

The same sources and the same fontTools give the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import sys
from pathlib import Path
from typing import Final

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

TARGET: Final = Path(__file__).parent.parent / "resources" / "fonts" / "LipFDFallback.ttf"
FAMILY: Final = "LipFD Fallback"
"""Not the name of the source: a changed font must not pass for it, nor be mistaken for one that is installed."""

HANGUL: Final = (
    Path("usr/share/fonts-droid-fallback/truetype/DroidSansFallback.ttf"),
    "56d3edfb377a8bc3c4b77f4476405c770173c0e31221ad7c77d0a8e1f3039a3e",
)
IDEOGRAPHS: Final = (
    Path("usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"),
    "acb6440a713d880a13a21b468ba7cd43f5a2b2934972e51be791c880730777b8",
)
MOST: Final = (
    (0x2E80, 0x2FDF),  # radicals
    (0x3000, 0x33FF),  # punctuation, kana, bopomofo, jamo, enclosed letters and units
    (0x4E00, 0x9FFF),  # unified ideographs
    (0xAC00, 0xD7A3),  # Hangul syllables
    (0xF900, 0xFAFF),  # compatibility ideographs
    (0xFE30, 0xFE4F),  # vertical forms
    (0xFF00, 0xFFEF),  # half and full width
)
RARE: Final = ((0x3400, 0x4DBF),)
"""Extension A of the unified ideographs."""

MADE: Final = 3_538_080_000
"""Seconds since 1904 of 2016-02-12, the day of the sources: the time of making would change the bytes."""

CHANGES: Final = (
    "Changed for LipFD Desktop: East Asian letters of DroidSansFallback.ttf and DroidSansFallbackFull.ttf, joined, "
    "without hints and layout tables."
)


def main() -> None:
    """Write the font; the folder that holds ``usr/`` may be given, such as an unpacked package."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else "/")
    parts = [_part(root, HANGUL, MOST), _part(root, IDEOGRAPHS, RARE)]
    font = Merger().merge(parts)
    font.recalcTimestamp = False
    font["head"].created = font["head"].modified = MADE
    _name(font)
    TARGET.parent.mkdir(exist_ok=True)
    font.save(TARGET, reorderTables=True)
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes, {len(font.getBestCmap()):,} characters")


def _part(root: Path, source: tuple[Path, str], ranges: tuple[tuple[int, int], ...]) -> io.BytesIO:
    path, sha256 = root / source[0], source[1]
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise SystemExit(f"{path} is not the file of fonts-droid-fallback 1:6.0.1r16-1.1")
    font = TTFont(io.BytesIO(content), recalcTimestamp=False)
    options = Options(hinting=False, layout_features=[], drop_tables=["GDEF", "GPOS", "GSUB", "vhea", "vmtx", "gasp"])
    options.name_IDs = [0, 13, 14]
    options.glyph_names = False
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[code for low, high in ranges for code in range(low, high + 1)])
    subsetter.subset(font)
    stream = io.BytesIO()
    font.save(stream)
    stream.seek(0)
    return stream


def _name(font: TTFont) -> None:
    names = {1: FAMILY, 2: "Regular", 3: f"{FAMILY} Regular", 4: FAMILY, 6: FAMILY.replace(" ", ""), 10: CHANGES}
    for number, words in names.items():
        for platform, encoding, language in ((3, 1, 0x409), (1, 0, 0)):
            font["name"].setName(words, number, platform, encoding, language)


if __name__ == "__main__":
    main()
