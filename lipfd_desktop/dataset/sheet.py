"""The contact sheet of a survey of faces, as PNG."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import matplotlib
import numpy as np
from matplotlib.ft2font import FT2Font
from PIL import Image, ImageDraw, ImageFont

from lipfd_desktop.dataset.faces import CROP_SIDE, ORDER, ShownFrame, Survey, percent
from lipfd_desktop.report.atomic import open_atomic
from lipfd_desktop.report.palette import (
    FAINT_INK,
    GREEN,
    INK,
    ORANGE,
    PAPER_TINT,
    PURPLE,
    RULE,
    VERMILLION,
    WARNING,
)
from lipfd_desktop.report.text import elided, escaped, printable
from lipfd_desktop.result import TIERS, FacePath
from lipfd_desktop.windows.assemble import MIN_FACE_HEIGHT

COLOURS: Final = {
    FacePath.DETECTED: GREEN,
    FacePath.FALLBACK: ORANGE,
    FacePath.INTERPOLATED: PURPLE,
    FacePath.NONE: VERMILLION,
}
COLUMNS: Final = 4
MARGIN: Final = 24
GAP: Final = 12
BORDER: Final = 4
LABEL: Final = 22
HEADER: Final = 176
CELL: Final = (3 * CROP_SIDE + 2 * BORDER, CROP_SIDE + LABEL + 2 * BORDER)
"""Width and height of a frame's place on the sheet."""


def write_sheet(survey: Survey, target: Path) -> None:
    """Draw and write a sheet, whole or not at all.

    Raises
    ------
    ExportError
    """
    sheet = draw_sheet(survey)
    with open_atomic(target, source=survey.path) as stream:
        sheet.save(stream, "PNG", optimize=True)


def draw_sheet(survey: Survey) -> Image.Image:
    rows = -(-len(survey.shown) // COLUMNS)
    width = 2 * MARGIN + COLUMNS * CELL[0] + (COLUMNS - 1) * GAP
    sheet = Image.new("RGB", (width, HEADER + rows * (CELL[1] + GAP) + MARGIN - GAP), "white")
    draw = ImageDraw.Draw(sheet)
    _draw_header(draw, survey, width)
    for place, frame in enumerate(survey.shown):
        row, column = divmod(place, COLUMNS)
        corner = MARGIN + column * (CELL[0] + GAP), HEADER + row * (CELL[1] + GAP)
        _draw_frame(sheet, draw, frame, corner)
    return sheet


def _draw_header(draw: ImageDraw.ImageDraw, survey: Survey, width: int) -> None:
    title = elided(_drawable(survey.path.name), 70)
    draw.text((MARGIN, 20), title, INK, _font(24, bold=True))
    draw.text((MARGIN, 56), _facts(survey), FAINT_INK, _font(14))
    if survey.face is not None and survey.median_height < MIN_FACE_HEIGHT:
        warning = f"The face is smaller than the {MIN_FACE_HEIGHT} px that the analysis needs."
        draw.text((width - MARGIN, 56), warning, WARNING, _font(14, bold=True), anchor="ra")
    left, length = MARGIN, width - 2 * MARGIN
    for path, share in zip(ORDER, _lengths(survey, length), strict=True):
        if share:
            draw.rectangle((left, 88, left + share - 1, 103), COLOURS[path])
        left += share
    left = MARGIN
    for path in ORDER:
        count = survey.counts[path]
        draw.rectangle((left, 118, left + 13, 131), COLOURS[path])
        text = f"{path.label}: {count} ({percent(count, survey.frames)})"
        draw.text((left + 20, 125), text, INK, _font(14), anchor="lm")
        left += 20 + round(draw.textlength(text, _font(14))) + 28
    draw.text((MARGIN, 148), _caption(survey), FAINT_INK, _font(12))


def _facts(survey: Survey) -> str:
    parts = [f"{survey.frames} frames", f"{survey.width} × {survey.height} px"]
    if survey.face is None:
        parts.append("no face was found")
    else:
        parts.append(f"face {survey.face}, the most seen of {survey.faces}" if survey.faces > 1 else "one face")
        parts.append(f"median height {survey.median_height:.0f} px")
    return "   ·   ".join(parts)


def _caption(survey: Survey) -> str:
    shown = "every frame" if len(survey.shown) == survey.frames else "frames chosen evenly, and doubtful ones"
    hidden = survey.doubtful_left_out
    more = f"; {hidden} more doubtful frames are not shown" if hidden else ""
    return f"Below: {shown}{more}. Crops: {', '.join(TIERS)}; where no face was found, the whole frame."


def _lengths(survey: Survey, length: int) -> list[int]:
    """Pixels of each share of the bar; what occurs at all can be seen."""
    counts = [survey.counts[path] for path in ORDER]
    lengths = [max(round(length * count / survey.frames), 3) if count else 0 for count in counts]
    lengths[int(np.argmax(lengths))] += length - sum(lengths)
    return lengths


def _draw_frame(sheet: Image.Image, draw: ImageDraw.ImageDraw, frame: ShownFrame, corner: tuple[int, int]) -> None:
    left, top = corner
    colour = COLOURS[frame.path]
    right, bottom = left + CELL[0] - 1, top + CELL[1] - 1
    draw.rectangle((left, top, right, bottom), PAPER_TINT, RULE)
    draw.rectangle((left, top + LABEL, right, bottom), PAPER_TINT, colour, BORDER)
    middle = top + LABEL // 2
    draw.text((left + 6, middle), f"{frame.pts:.3f} s   frame {frame.index}", INK, _font(12), anchor="lm")
    draw.rectangle((right - 15, middle - 5, right - 6, middle + 4), colour)
    draw.text((right - 22, middle), frame.path.label, INK, _font(12, bold=True), anchor="rm")
    inside = left + BORDER, top + LABEL + BORDER
    if frame.crops is not None:
        sheet.paste(Image.fromarray(np.hstack(list(frame.crops))), inside)
    elif frame.whole is not None:
        offset = (3 * CROP_SIDE - frame.whole.shape[1]) // 2, (CROP_SIDE - frame.whole.shape[0]) // 2
        sheet.paste(Image.fromarray(frame.whole), (inside[0] + offset[0], inside[1] + offset[1]))


@cache
def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_font_path(bold=bold), size)


def _font_path(*, bold: bool = False) -> str:
    return str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"DejaVuSans{'-Bold' if bold else ''}.ttf")


@cache
def _characters() -> frozenset[int]:
    return frozenset(FT2Font(_font_path(bold=True)).get_charmap())


def _drawable(text: str) -> str:
    """``text`` with the characters escaped that the font has no picture of."""
    return "".join(char if ord(char) in _characters() else escaped(char) for char in printable(text))
