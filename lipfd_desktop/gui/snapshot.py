"""The exact frame under the cursor as a PNG file: full resolution, a caption below, the facts in its text chunks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from lipfd_desktop.gui.overlay import Overlay, paint_overlay
from lipfd_desktop.gui.pictures import picture
from lipfd_desktop.gui.saving import refuse_changed, write_png

_PAPER: Final = QColor("#ffffff")
_INK: Final = QColor("#1c2127")
_LEAST_FONT: Final = 11
_LEAST_WIDTH: Final = 560
"""Pixels that a caption needs for a SHA-256 in one line; a smaller picture stands at the left of them."""
_LINES_A_PICTURE: Final = 44
"""Height of the picture in lines of the caption."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is saved with a frame.

    Attributes
    ----------
    source
        The video, and the SHA-256 that it had when it was opened.
    caption
        Lines below the picture.
    facts
        Text chunks of the file, by keyword; English, for programs.
    overlay
        What is drawn over the picture; None leaves its pixels as they are.
    examined
        Further files that must not be replaced.
    """

    source: Path
    sha256: str
    caption: tuple[str, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    overlay: Overlay | None = None
    examined: tuple[Path, ...] = ()


def write_snapshot(
    read: Callable[[], NDArray[np.uint8]], snapshot: Snapshot, target: Path, is_cancelled: Callable[[], bool]
) -> None:
    """Write a frame to a file that appears whole or not at all; safe on any thread.

    Parameters
    ----------
    read
        Gives the frame, (height, width, 3) RGB.

    Raises
    ------
    MediaError
        The video is not the one any more that was opened, or cannot be read.
    ExportError
        The target cannot be written.
    """
    image = compose(picture(read(), None), snapshot)
    refuse_changed(snapshot.source, snapshot.sha256, is_cancelled)
    write_png(image, target, examined=[snapshot.source, *snapshot.examined])


def compose(frame: QImage, snapshot: Snapshot) -> QImage:
    """The frame with its overlay, the caption below it, and the facts as texts of the image."""
    font = QFont("DejaVu Sans")
    font.setPixelSize(max(_LEAST_FONT, round(frame.height() / _LINES_A_PICTURE)))
    metrics = QFontMetricsF(font)
    margin = metrics.height() / 2
    width = max(frame.width(), _LEAST_WIDTH)
    words = "\n".join(snapshot.caption)
    flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft
    needed = metrics.boundingRect(QRectF(0, 0, width - 2 * margin, 1e6), int(flags), words).height()
    whole = QImage(width, frame.height() + int(needed + 2 * margin) + 1, QImage.Format.Format_RGB888)
    whole.fill(_PAPER)
    painter = QPainter(whole)
    painter.drawImage(QPointF(0, 0), frame)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if snapshot.overlay is not None:
        bold = QFont(font)
        bold.setBold(True)
        painter.setFont(bold)
        area = QRectF(0, 0, frame.width(), frame.height())
        painter.setClipRect(QRect(0, 0, frame.width(), frame.height()))
        paint_overlay(painter, snapshot.overlay, area, QSizeF(frame.size()), area)
        painter.setClipping(False)
    painter.setFont(font)
    painter.setPen(_INK)
    painter.drawText(QRectF(margin, frame.height() + margin, width - 2 * margin, needed + 1), int(flags), words)
    painter.end()
    for keyword, value in snapshot.facts.items():
        whole.setText(keyword, value)
    return whole
