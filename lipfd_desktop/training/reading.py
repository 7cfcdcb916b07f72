"""Reading one JSON object of settings: every value is asked for by name and refused with a sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Final

from lipfd_desktop.errors import SettingsError

_MOST_ITEMS: Final = 64
_LONGEST_TEXT: Final = 1000


class Reader:
    """One object; keys that it lacks have the usual value of the record, where there is one."""

    def __init__(self, name: str, data: object, record: type) -> None:
        self._name = name
        if not isinstance(data, Mapping):
            raise SettingsError(f"In the training settings, {name} must be an object.")
        usual: dict[str, Any] = {}
        for field in fields(record):
            if field.default is not MISSING:
                usual[field.name] = field.default
            elif field.default_factory is not MISSING:
                usual[field.name] = field.default_factory()
            elif field.name not in data:
                raise SettingsError(f"In the training settings, {name} lacks {field.name}.")
        known = {field.name for field in fields(record)}
        if unknown := sorted(str(key) for key in data.keys() - known):
            raise SettingsError(f"In the training settings, {name} has unknown keys: {', '.join(unknown)}.")
        self._data = usual | dict(data)

    def get(self, key: str) -> Any:
        return self._data[key]

    def refusal(self, key: str, expected: str) -> SettingsError:
        value = json.dumps(self._data[key], default=str)[:60]
        return SettingsError(f"In the training settings, {key} of {self._name} must be {expected}, not {value}.")

    def text(self, key: str) -> str:
        value = self.get(key)
        if not isinstance(value, str) or not 0 < len(value) <= 100:
            raise self.refusal(key, "a text of 1 to 100 characters")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.get(key)
        fits = isinstance(values, (list, tuple)) and len(values) <= _MOST_ITEMS
        if not fits or not all(isinstance(value, str) and 0 < len(value) <= _LONGEST_TEXT for value in values):
            raise self.refusal(key, "a list of texts")
        return tuple(values)

    def flag(self, key: str) -> bool:
        value = self.get(key)
        if not isinstance(value, bool):
            raise self.refusal(key, "true or false")
        return value

    def whole(self, key: str, lowest: int, highest: int) -> int:
        value = self.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise self.refusal(key, f"a whole number from {lowest} to {highest}")
        return value

    def number(self, key: str, lowest: float, highest: float) -> float:
        value = self.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not lowest <= value <= highest:
            raise self.refusal(key, f"a number from {lowest:g} to {highest:g}")
        return float(value)

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        value = self.get(key)
        if not isinstance(value, str) or value not in choices:
            raise self.refusal(key, " or ".join(choices))
        return value

    def options(self, key: str) -> dict[str, bool | int | float | str]:
        values = self.get(key)
        fits = isinstance(values, Mapping) and len(values) <= _MOST_ITEMS
        if not fits or not all(
            isinstance(name, str) and isinstance(value, (bool, int, float, str)) for name, value in values.items()
        ):
            raise self.refusal(key, "an object of numbers, texts, true and false")
        return dict(values)
