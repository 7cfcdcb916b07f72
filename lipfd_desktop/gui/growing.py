"""Tables that grow while an analysis runs."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_LEAST: Final = 1024


class Growing:
    """Columns of equal length; adding rows costs what is added, however many there are already.

    What :meth:`columns` gave stays as it was: rows are only ever written behind it.
    """

    def __init__(self) -> None:
        self._room: dict[str, NDArray[Any]] = {}
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def add(self, **columns: NDArray[Any]) -> None:
        """Add rows; the first call decides the columns and their types."""
        length = self._length + len(next(iter(columns.values())))
        for name, values in columns.items():
            room = self._room.get(name)
            if room is None or len(room) < length:
                grown = np.empty((max(_LEAST, 2 * length), *values.shape[1:]), values.dtype)
                if room is not None:
                    grown[: self._length] = room[: self._length]
                self._room[name] = room = grown
            room[self._length : length] = values
        self._length = length

    def columns(self) -> dict[str, NDArray[Any]]:
        """All rows, without copying them."""
        return {name: room[: self._length] for name, room in self._room.items()}

    def reorder(self, order: NDArray[np.intp]) -> None:
        """Keep the rows at these positions, in this order; the room for more stays."""
        for name, room in self._room.items():
            sorted_room = np.empty_like(room)
            sorted_room[: len(order)] = room[order]
            self._room[name] = sorted_room
        self._length = len(order)
