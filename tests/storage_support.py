"""Comparing records that hold arrays, and cases in files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np

from lipfd_desktop.case.file import CaseFile
from lipfd_desktop.case.records import Case
from lipfd_desktop.result import AnalysisRequest
from lipfd_desktop.storage.cache import ResultKey


def differences(one: object, other: object, at: str = "record") -> list[str]:
    """Where two records differ, in type or in any bit."""
    if type(one) is not type(other):
        return [f"{at}: {type(one).__name__} and {type(other).__name__}"]
    if is_dataclass(one):
        names = [field.name for field in fields(one)]
        return [
            text for name in names for text in differences(getattr(one, name), getattr(other, name), f"{at}.{name}")
        ]
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        same = (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
        return [] if same else [f"{at}: {one!r} and {other!r}"]
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        return [
            text for i, pair in enumerate(zip(one, other, strict=True)) for text in differences(*pair, f"{at}[{i}]")
        ]
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        same = list(one.items()) == list(other.items())
        return [] if same else [f"{at}: {one!r} and {other!r}"]
    return [] if repr(one) == repr(other) else [f"{at}: {one!r} and {other!r}"]


def key(number: int = 0) -> ResultKey:
    """A key; another number gives another one."""
    request = AnalysisRequest(path=Path("a.mp4"), face=number)
    return ResultKey.of(request, file_sha256="ab" * 32, model_sha256="cd" * 32, device="cpu")


def read_case(path: Path) -> Case:
    """What a program that has just been started finds in a file."""
    return CaseFile(path).read()


def write_case(case: Case, path: Path) -> None:
    """Write a case in the place of whatever lies there."""
    CaseFile(path, replaces=True).write(case)
