"""Five frames in three tiers as the network was given them, each with its weight; arrow keys go from one to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.controls import KeepKeys
from lipfd_desktop.gui.crop_cell import BAR, CropCell
from lipfd_desktop.gui.pictures import picture
from lipfd_desktop.language import tr
from lipfd_desktop.report.terms import tier_title
from lipfd_desktop.result import TIERS, InputContract, SeenWindow

GAP: Final = 4
_BEFORE_ROW: Final = 5
_MEAN_WIDTH: Final = 0.28
_LEAST_MEAN_WIDTH: Final = 0.1
"""Shares of the width for the bar of a tier's mean weight; the least where the title is long."""
_STEPS: Final = {
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the grid as it is now: ``weights`` and ``colour`` are None for pictures that have no weights."""

    title: str
    colour: QColor | None
    weights: NDArray[np.float32] | None
    images: Sequence[QImage | None]
    sources: NDArray[np.int64]
    columns: Sequence[str]


class CropGrid(QWidget):
    """Rows of crops on one set of columns, which :attr:`column_edges` gives to what stands below.

    Signals
    -------
    chosen
        Ordinal of the frame that a crop was cut from.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Crops of the window"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFont(theme.small_font(self))
        self._rows: list[_Row] = []
        self._cells: list[list[CropCell]] = []
        self._tops: list[int] = []
        self._frame = -1

    @property
    def cells(self) -> list[list[CropCell]]:
        return self._cells

    def show_window(
        self, frames: NDArray[np.int64], weights: NDArray[np.float32], seen: SeenWindow | None, contract: InputContract
    ) -> None:
        """Show the window of some frames.

        Parameters
        ----------
        weights : (3, frames)
            Region weights.
        seen
            Its pictures, or those of a neighbour with which it shares frames, or None.
        """
        official = contract is InputContract.OFFICIAL
        if seen is not None and not np.array_equal(seen.frames, frames) and official:
            seen = None  # its crops are made for each window
        rows = []
        if official:
            wholes = _blank(frames) if seen is None or seen.wholes is None else [*map(_image, seen.wholes)]
            numbers = [f"{frame:,}" for frame in frames]
            rows.append(_Row(tr("The frames, squeezed to squares"), None, None, wholes, frames, numbers))
        for place, tier in reversed([*enumerate(TIERS)]):  # the lips are what everybody looks for first
            colour = QColor(theme.TIER_COLOURS[place])
            if official:
                sources = np.full(len(frames), frames[0])
                images = _blank(frames) if seen is None else [*map(_image, seen.tiers[place].crops)]
                shifts = range(len(frames))
                columns = [tr("shift {pixels} px", pixels=shift) for shift in shifts] if place == len(TIERS) - 1 else []
            else:
                sources, images = frames, _shared(frames, seen, place)
                columns = [f"{frame:,}" for frame in frames] if place == len(TIERS) - 1 else []
            rows.append(_Row(tier_title(tier, contract), colour, weights[place], images, sources, columns))
        self._set_rows(rows)

    def _set_rows(self, rows: list[_Row]) -> None:
        shape = [len(row.images) for row in rows]
        if shape != [len(cells) for cells in self._cells]:
            self._make_cells(shape)
        self._rows = rows
        for row, cells in zip(rows, self._cells, strict=True):
            colour = row.colour or QColor(theme.GREY)
            for place, (cell, image) in enumerate(zip(cells, row.images, strict=True)):
                weight = None if row.weights is None else float(row.weights[place])
                cell.show_crop(image, weight, colour, _words(row, place))
        self.set_frame(self._frame)
        self._arrange()

    def _make_cells(self, shape: list[int]) -> None:
        for cells in self._cells:
            for cell in cells:
                cell.hide()
                cell.deleteLater()
        self._cells = [[CropCell(self) for _ in range(count)] for count in shape]
        for row, cells in enumerate(self._cells):
            for column, cell in enumerate(cells):
                cell.setFont(self.font())
                cell.clicked.connect(lambda _checked=False, at=(row, column): self._on_clicked(*at))
                cell.installEventFilter(self)
                KeepKeys(cell, [*_STEPS, Qt.Key.Key_Space])
                cell.show()
        if self._cells and self._cells[0]:
            self._cells[0][0].setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_frame(self, frame: int) -> None:
        """Frame the crops that were cut from the frame under the cursor."""
        self._frame = frame
        for row, cells in zip(self._rows, self._cells, strict=False):
            for source, cell in zip(row.sources.tolist(), cells, strict=True):
                cell.set_current(source == frame)

    def _on_clicked(self, row: int, column: int) -> None:
        self.chosen.emit(int(self._rows[row].sources[column]))

    # Places --------------------------------------------------------------------------------------------------

    @property
    def _cell_side(self) -> int:
        count = max((len(cells) for cells in self._cells), default=5)
        return max((self.width() - GAP * (count - 1)) // count, 8)

    def _title_height(self) -> int:
        return self.fontMetrics().height() + 4

    def _arrange(self) -> None:
        side, top = self._cell_side, 0
        self._tops = []
        for row, cells in zip(self._rows, self._cells, strict=True):
            top += self._title_height() * (2 if row.columns else 1)
            self._tops.append(top)
            height = max((cell.height_for(side) for cell in cells), default=side)
            for place, cell in enumerate(cells):
                cell.setGeometry(place * (side + GAP), top, side, height)
            top += height + _BEFORE_ROW
        self.setFixedHeight(max(top, 1))
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._arrange()

    @property
    def cells_width(self) -> int:
        """Pixels from the left edge to the right edge of the last column."""
        count = max((len(cells) for cells in self._cells), default=5)
        return count * self._cell_side + GAP * (count - 1)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        scheme = theme.scheme_of(self)
        side, height = self._cell_side, self._title_height()
        for row, top in zip(self._rows, self._tops, strict=True):
            line = QRectF(0, top - height * (2 if row.columns else 1), self.cells_width, height)
            bold = theme.small_font(self, bold=True)
            wanted = QFontMetricsF(bold).horizontalAdvance(row.title)
            taken = 0.0 if row.weights is None else self._paint_mean(painter, line, row, row.weights, wanted, scheme)
            painter.setPen(QColor(scheme.text))
            painter.setFont(bold)
            title = painter.fontMetrics().elidedText(row.title, Qt.TextElideMode.ElideRight, int(line.width() - taken))
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
            painter.setFont(self.font())
            painter.setPen(QColor(scheme.muted))
            for place, words in enumerate(row.columns):
                area = QRectF(place * (side + GAP), top - height, side, height)
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_mean(
        self,
        painter: QPainter,
        line: QRectF,
        row: _Row,
        weights: NDArray[np.float32],
        title_width: float,
        scheme: theme.Scheme,
    ) -> float:
        """Bar and number at the right end of a line; how many pixels they take."""
        mean = float(weights.mean())
        words = tr("mean {weight:.4f}", weight=mean)
        words_width = 16 + QFontMetricsF(self.font()).horizontalAdvance(words)
        least, most = line.width() * _LEAST_MEAN_WIDTH, line.width() * _MEAN_WIDTH
        width = min(max(line.width() - title_width - words_width, least), most)
        track = QRectF(line.right() - width, line.center().y() - BAR / 2, width, BAR)
        painter.fillRect(track, QColor(scheme.border))
        painter.fillRect(
            QRectF(track.left(), track.top(), width * min(max(mean, 0), 1), BAR), row.colour or QColor(theme.GREY)
        )
        painter.setFont(self.font())
        painter.setPen(QColor(scheme.text))
        area = QRectF(line.left(), line.top(), line.width() - width - 8, line.height())
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        return width + words_width

    # Keys ----------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if step := _STEPS.get(Qt.Key(event.key())):
                self._move_focus(watched, *step)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(watched, CropCell):
                watched.click()
                return True
        return super().eventFilter(watched, event)

    def _move_focus(self, cell: QObject, down: int, on: int) -> None:
        """One cell of the grid is a tab stop: the one that had the focus last."""
        for row, cells in enumerate(self._cells):
            if cell in cells:
                column = cells.index(cell)
                target = self._cells[min(max(row + down, 0), len(self._cells) - 1)]
                chosen = target[min(max(column + on, 0), len(target) - 1)]
                cells[column].setFocusPolicy(Qt.FocusPolicy.NoFocus)
                chosen.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                chosen.setFocus(Qt.FocusReason.TabFocusReason)
                return


def _image(pixels: NDArray[np.uint8]) -> QImage:
    return picture(pixels, None)


def _blank(frames: NDArray[np.int64]) -> list[QImage | None]:
    return [None] * len(frames)


def _shared(frames: NDArray[np.int64], seen: SeenWindow | None, tier: int) -> list[QImage | None]:
    """The crops of those frames that ``seen`` has: under these contracts a crop belongs to its frame."""
    if seen is None:
        return _blank(frames)
    places = {frame: place for place, frame in enumerate(seen.frames.tolist())}
    crops = seen.tiers[tier].crops
    return [_image(crops[places[frame]]) if frame in places else None for frame in frames.tolist()]


def _words(row: _Row, place: int) -> str:
    source = int(row.sources[place])
    if row.weights is None:
        return tr("Whole frame {frame:,}", frame=source)
    return tr(
        "{tier}, crop {number} of {total}, from frame {frame:,}, weight {weight:.4f}",
        tier=row.title, number=place + 1, total=len(row.images), frame=source, weight=float(row.weights[place]),
    )  # fmt: skip
