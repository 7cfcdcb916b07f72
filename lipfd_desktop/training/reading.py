"""What reading the training settings needs beyond any other settings: usual values, lists of texts, free options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lipfd_desktop.network.table import Table

_MOST_ITEMS: Final = 64
_LONGEST_TEXT: Final = 1000


class Reader(Table):
    """One object of the training settings; a key that it lacks has the usual value of the record, if there is one."""

    def __init__(self, name: str, data: object, record: type) -> None:
        super().__init__("the training settings", name, data, record, with_usual=True)

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.get(key)
        fits = isinstance(values, (list, tuple)) and len(values) <= _MOST_ITEMS
        if not fits or not all(isinstance(value, str) and 0 < len(value) <= _LONGEST_TEXT for value in values):
            raise self.refusal(key, "a list of texts")
        return tuple(values)

    def options(self, key: str) -> dict[str, bool | int | float | str]:
        values = self.get(key)
        fits = isinstance(values, Mapping) and len(values) <= _MOST_ITEMS
        if not fits or not all(
            isinstance(name, str) and isinstance(value, (bool, int, float, str)) for name, value in values.items()
        ):
            raise self.refusal(key, "an object of numbers, texts, true and false")
        return dict(values)
