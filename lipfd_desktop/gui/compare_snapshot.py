"""Both exact frames and the curves below them as one picture with a caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QBuffer, QIODevice, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from lipfd_desktop import __version__
from lipfd_desktop.gui import text
from lipfd_desktop.gui.compare_side import COLOURS, LETTERS, Side
from lipfd_desktop.gui.theme import Scheme
from lipfd_desktop.language import tr
from lipfd_desktop.report.atomic import open_atomic

_GAP: Final = 12
_LEAST_WIDTH: Final = 1200


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A frame of one file: its PTS in seconds and its ordinal; ``inside`` tells whether the common time is in it."""

    side: Side
    pts: float
    frame: int
    inside: bool


def caption(moments: tuple[Moment, Moment], offset: float, notes: Sequence[str]) -> list[str]:
    """The lines below the picture: names, hashes, times, offset, models, and what else is to be known."""
    lines = []
    for letter, moment in zip(LETTERS, moments, strict=True):
        side = moment.side
        where = tr("{time}, frame {frame:,}", time=text.clock(moment.pts), frame=moment.frame)
        if not moment.inside:
            where = tr("{where} (the nearest: the common time lies outside of this file)", where=where)
        if (score := side.evidence.score_at(moment.pts + side.frame_length / 2, side.face)) is not None:
            where = tr("{where}, fake score of its window {score:.3f}", where=where, score=score)
        lines.append(f"{letter}   {side.name}   {where}")
        lines.append(tr("     SHA-256 {hash}", hash=side.media.sha256))
        if side.result is not None:
            model = side.result.model
            lines.append(
                tr("     {outcome}; model {name}, SHA-256 {hash}; threshold {threshold:.3f}",
                   outcome=side.result.verdict.outcome.value, name=model.name, hash=model.sha256,
                   threshold=side.threshold)
            )  # fmt: skip
    lines.append(tr("Offset: {offset:+.3f} s added to the times of B give those of A", offset=offset))
    lines += notes
    lines.append(tr("LipFD Desktop {version}. An investigative aid, not proof.", version=__version__))
    return lines


def compose(frames: tuple[QImage, QImage], plots: QImage, lines: Sequence[str], scheme: Scheme) -> QImage:
    """Both frames in their own pixels side by side, the plots over the whole width, and the caption."""
    across = frames[0].width() + frames[1].width() + 3 * _GAP
    width = max(across, _LEAST_WIDTH)
    font = QFont()
    font.setPixelSize(max(14, width // 100))
    line_height = round(font.pixelSize() * 1.45)
    tall = max(frame.height() for frame in frames)
    plot_width = width - 2 * _GAP
    plot_height = round(plots.height() * plot_width / max(plots.width(), 1))
    badge = line_height + 6
    height = _GAP + badge + tall + _GAP + plot_height + _GAP + line_height * len(lines) + _GAP
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(scheme.window))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setFont(font)
    left = (width - across) // 2 + _GAP
    for letter, colour, frame in zip(LETTERS, COLOURS, frames, strict=True):
        painter.fillRect(left, _GAP, frame.width(), badge - 4, QColor(colour))
        painter.setPen(QColor("#101418"))
        painter.drawText(left + 8, _GAP, frame.width() - 8, badge - 4, Qt.AlignmentFlag.AlignVCenter, letter)
        painter.drawImage(left, _GAP + badge, frame)
        left += frame.width() + _GAP
    top = _GAP + badge + tall + _GAP
    painter.drawImage(QRectF(_GAP, top, plot_width, plot_height), plots)
    painter.setPen(QColor(scheme.text))
    top += plot_height + _GAP
    for row, line in enumerate(lines):
        painter.drawText(
            _GAP, top + row * line_height, plot_width, line_height,
            Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip, line,
        )  # fmt: skip
    painter.end()
    return image


def write_png(image: QImage, path: Path, *, source: Path) -> None:
    """Write the picture whole or not at all.

    Raises
    ------
    ExportError
        ``path`` is the examined video ``source``, or cannot be written.
    """
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    with open_atomic(path, source=source) as stream:
        stream.write(bytes(buffer.data().data()))
