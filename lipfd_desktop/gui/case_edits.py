"""Steps that the user can undo."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from time import monotonic
from typing import Final

from PySide6.QtGui import QUndoCommand

_PAUSE_S: Final = 3.0
"""Typing that goes on within this time is one step."""
_MERGING: Final = 1


class Edit(QUndoCommand):
    """One step: how to do it and how to take it back.

    Parameters
    ----------
    words
        What was done, as it follows "Undo" in the menu.
    place
        Steps at the same place that follow one another quickly become one, as letters that are typed do; None for a
        step of its own.
    """

    def __init__(self, words: str, do: Callable[[], None], undo: Callable[[], None], *, place: Hashable = None) -> None:
        super().__init__(words)
        self._do = do
        self._undo = undo
        self._place: Final = place
        self._at = monotonic()

    def redo(self) -> None:
        self._do()

    def undo(self) -> None:
        self._undo()

    def id(self) -> int:
        return -1 if self._place is None else _MERGING

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802
        if not isinstance(other, Edit) or other._place != self._place or other._at - self._at > _PAUSE_S:
            return False
        self._do, self._at = other._do, other._at
        return True
