"""What the models of the window's tables have in common."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from lipfd_desktop.language import tr

Index = QModelIndex | QPersistentModelIndex
DISPLAY: Final = Qt.ItemDataRole.DisplayRole


class TableModel(QAbstractTableModel):
    """Rows under titled columns; what they are and say is up to the subclass.

    Parameters
    ----------
    titles
        Of the columns, marked to be translated.
    """

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__()
        self._titles: Final = titles

    @property
    def rows(self) -> Sized:
        """What the subclass holds, one of it a row."""
        raise NotImplementedError

    def tell_changed(self, first: int, last: int) -> None:
        """The rows ``first`` to ``last`` are the same ones and say something else."""
        if first <= last:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self._titles) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self._titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = DISPLAY) -> object:  # noqa: N802
        if orientation == Qt.Orientation.Horizontal and role == DISPLAY:
            return tr(self._titles[section])
        return None
