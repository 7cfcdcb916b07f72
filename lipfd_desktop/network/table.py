"""Reading one JSON object of settings: every value is asked for by name, and refused with a sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from functools import reduce
from typing import Any, TypeVar

from lipfd_desktop.errors import SettingsError
from lipfd_desktop.language import Phrase, mark

Choice = TypeVar("Choice", bound=str)


class Table:
    """One object with the keys of a dataclass.

    Parameters
    ----------
    where
        What the object is part of, for the sentences: "the network configuration".
    name
        What the object itself is called.
    record
        The dataclass whose fields are the keys.
    with_usual
        Whether keys that are not there have the usual value of the record, where it has one; otherwise all must be.

    Raises
    ------
    SettingsError
        It is no object, lacks a key, or has one that is not known.
    """

    def __init__(
        self, where: Phrase | str, name: Phrase | str, data: object, record: type, *, with_usual: bool = False
    ) -> None:
        self._where, self._name = where, name
        if not isinstance(data, Mapping):
            raise SettingsError(mark("In {where}, {name} must be an object."), where=where, name=name)
        expected = {field.name for field in fields(record)}
        usual = _usual_values(fields(record)) if with_usual else {}
        if missing := sorted(expected - data.keys() - usual.keys()):
            raise SettingsError(mark("In {where}, {name} lacks {keys}."), where=where, name=name, keys=tuple(missing))
        if unknown := sorted(str(key) for key in data.keys() - expected):
            raise SettingsError(
                mark("In {where}, {name} has unknown keys: {keys}."), where=where, name=name, keys=tuple(unknown)
            )
        self._data = usual | dict(data)

    def get(self, key: str) -> Any:
        return self._data[key]

    def refusal(self, key: str, expected: Phrase | str) -> SettingsError:
        value = json.dumps(self._data[key], default=str)[:60]
        return SettingsError(
            mark("In {where}, {key} of {name} must be {expected}, not {value}."),
            where=self._where,
            key=key,
            name=self._name,
            expected=expected,
            value=value,
        )

    def text(self, key: str) -> str:
        value = self.get(key)
        if not isinstance(value, str) or not 0 < len(value) <= 100:
            raise self.refusal(key, Phrase(mark("a text of 1 to 100 characters")))
        return value

    def flag(self, key: str) -> bool:
        value = self.get(key)
        if not isinstance(value, bool):
            raise self.refusal(key, Phrase(mark("true or false")))
        return value

    def whole(self, key: str, lowest: int, highest: int) -> int:
        value = self.get(key)
        if not _is_whole(value, lowest, highest):
            expected = Phrase(mark("a whole number from {lowest} to {highest}"), lowest=lowest, highest=highest)
            raise self.refusal(key, expected)
        return int(value)

    def wholes(self, key: str, lowest: int, highest: int, *, most: int) -> tuple[int, ...]:
        values = self.get(key)
        fits = isinstance(values, (list, tuple)) and 0 < len(values) <= most
        if not fits or not all(_is_whole(value, lowest, highest) for value in values):
            expected = Phrase(
                mark("a list of 1 to {most} whole numbers from {lowest} to {highest}"),
                most=most,
                lowest=lowest,
                highest=highest,
            )
            raise self.refusal(key, expected)
        return tuple(values)

    def number(self, key: str, lowest: float, highest: float) -> float:
        value = self.get(key)
        if not _is_number(value, lowest, highest):
            expected = Phrase(mark("a number from {lowest:g} to {highest:g}"), lowest=lowest, highest=highest)
            raise self.refusal(key, expected)
        return float(value)

    def numbers(self, key: str, lowest: float, highest: float, *, length: int) -> tuple[float, ...]:
        values = self.get(key)
        fits = isinstance(values, (list, tuple)) and len(values) == length
        if not fits or not all(_is_number(value, lowest, highest) for value in values):
            expected = Phrase(
                mark("a list of {length} numbers from {lowest:g} to {highest:g}"),
                length=length,
                lowest=lowest,
                highest=highest,
            )
            raise self.refusal(key, expected)
        return tuple(float(value) for value in values)

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        value = self.get(key)
        if not isinstance(value, str) or value not in choices:
            alternatives: tuple[Phrase | str, ...] = choices
            raise self.refusal(key, reduce(_or, alternatives))
        return value

    def choices(self, key: str, choices: tuple[Choice, ...], *, most: int) -> tuple[Choice, ...]:
        values = self.get(key)
        fits = isinstance(values, (list, tuple)) and 0 < len(values) <= most
        if not fits or not all(isinstance(value, str) and value in choices for value in values):
            raise self.refusal(key, Phrase(mark("a list of 1 to {most} of {choices}"), most=most, choices=choices))
        return tuple(values)


def _or(one: Phrase | str, other: Phrase | str) -> Phrase | str:
    return Phrase(mark("{one} or {other}"), one=one, other=other)


def _usual_values(declared: tuple[Field[Any], ...]) -> dict[str, Any]:
    values = {field.name: field.default for field in declared if field.default is not MISSING}
    return values | {field.name: field.default_factory() for field in declared if field.default_factory is not MISSING}


def _is_number(value: object, lowest: float, highest: float) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and lowest <= value <= highest


def _is_whole(value: object, lowest: int, highest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest
