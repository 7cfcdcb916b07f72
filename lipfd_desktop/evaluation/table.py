"""Window scores of many clips with what is known of each: the table that everything in this package reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.errors import SettingsError
from lipfd_desktop.report.atomic import open_atomic

REAL: Final = 0
FAKE: Final = 1

PLAIN: Final = ""
"""Variant of rows scored as the clip is: own sound, untouched picture, the model under test."""
SOUND: Final = "sound"
"""Prefix of variants with another sound: ``sound:swap``, ``sound:silence``, ``sound:shift:0.5`` (seconds)."""
PERTURBATION: Final = "perturbation"
"""Prefix of variants with a perturbed picture: ``perturbation:KIND:SEVERITY``."""
HELD_OUT: Final = "held-out"
"""Prefix of variants scored by models that never saw a generator: ``held-out:GENERATOR``."""

_TEXTS: Final = ("clip", "generator", "speaker", "source")
_INTEGERS: Final = ("label", "fold", "first_frame")
_FLOATS: Final = ("start", "end", "logit", "score", "generated", "foreign_sound")
_MAY_BE_EMPTY: Final = frozenset({"generated", "foreign_sound"})
COLUMNS: Final = (
    "clip",
    "label",
    "generator",
    "speaker",
    "source",
    "fold",
    "start",
    "end",
    "first_frame",
    "logit",
    "score",
    "generated",
    "foreign_sound",
    "variant",
)
"""Header of the CSV; ``variant`` may be missing in a file, which means :data:`PLAIN`."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoreTable:
    """One row an analysed window.

    Attributes
    ----------
    clip : (n,) str
        Id of the clip, unique over the table.
    label : (n,) int8
        :data:`REAL` or :data:`FAKE`, of the clip's lips; a foreign sound does not change it.
    generator, speaker, source : (n,) str
        Empty where unknown; a clip without a speaker counts as a speaker of its own.
    fold : (n,) int64
        Cross-validation fold in which the clip was held out; 0 where there are none.
    start, end : (n,) float64
        Seconds of PTS.
    first_frame : (n,) int64
        Ordinal of the window's first frame in its clip.
    logit, score : (n,) float32
        What the network says of the window, over both questions.
    generated, foreign_sound : (n,) float32
        Probability for each question; NaN where the network cannot tell or does not ask.
    variant : (n,) str
        How the row came about: :data:`PLAIN`, or a name that starts with :data:`SOUND`, :data:`PERTURBATION` or
        :data:`HELD_OUT`.
    """

    clip: NDArray[np.str_]
    label: NDArray[np.int8]
    generator: NDArray[np.str_]
    speaker: NDArray[np.str_]
    source: NDArray[np.str_]
    fold: NDArray[np.int64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    first_frame: NDArray[np.int64]
    logit: NDArray[np.float32]
    score: NDArray[np.float32]
    generated: NDArray[np.float32]
    foreign_sound: NDArray[np.float32]
    variant: NDArray[np.str_] = field(default_factory=lambda: np.empty(0, np.str_))

    def __post_init__(self) -> None:
        if len(self.variant) != len(self.clip):
            object.__setattr__(self, "variant", np.full(len(self.clip), PLAIN))
        lengths = {name: len(getattr(self, name)) for name in COLUMNS}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of different lengths: {lengths}")

    def __len__(self) -> int:
        return len(self.clip)

    @classmethod
    def empty(cls) -> ScoreTable:
        return cls(**{name: np.empty(0, kind) for name, (kind, _) in _KINDS.items()})

    @classmethod
    def concatenate(cls, parts: Sequence[ScoreTable]) -> ScoreTable:
        if not parts:
            return cls.empty()
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS})

    def take(self, selection: NDArray[np.bool_] | NDArray[np.intp]) -> ScoreTable:
        """The rows of a mask or of positions."""
        return ScoreTable(**{name: getattr(self, name)[selection] for name in COLUMNS})

    @property
    def variants(self) -> list[str]:
        return [str(name) for name in np.unique(self.variant)]

    def of_variant(self, variant: str) -> ScoreTable:
        return self.take(self.variant == variant)

    def as_variant(self, variant: str) -> ScoreTable:
        """The same rows under another variant's name."""
        columns = {name: getattr(self, name) for name in COLUMNS}
        return ScoreTable(**columns | {"variant": np.full(len(self), variant)})


def speaker_keys(table: Any) -> NDArray[np.str_]:
    """(n,) speaker of each row; one without a name is a speaker of its own, named by its clip."""
    return np.where(table.speaker == "", np.char.add("clip ", table.clip), table.speaker)


def write_table(table: ScoreTable, path: Path) -> None:
    """Write a table as CSV (RFC 4180, UTF-8); unknown numbers are empty cells.

    Raises
    ------
    ExportError
        The file cannot be written.
    """
    columns = [_cells(getattr(table, name)) for name in COLUMNS]
    with open_atomic(path) as binary:
        text = io.TextIOWrapper(binary, encoding="utf-8", newline="")
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        writer.writerows(zip(*columns, strict=True))
        text.flush()
        text.detach()


def _cells(column: NDArray[Any]) -> list[object]:
    if column.dtype.kind != "f":
        return list(column.tolist())
    # str(np.float32) gives the shortest text that reads back as the same number.
    return ["" if np.isnan(value) else str(value) for value in column]


def read_table(path: Path) -> ScoreTable:
    """Read what :func:`write_table` wrote, or any CSV with these columns in any order; further columns are ignored.

    Raises
    ------
    SettingsError
        The file cannot be read, lacks a column, or a cell or a clip makes no sense; the sentence names the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            missing = [name for name in COLUMNS if name not in header and name != "variant"]
            if missing:
                raise SettingsError(
                    f"{path.name}: not a table of scores, because the column “{missing[0]}” is missing; give the CSV "
                    "that `lipfd evaluate` or `lipfd train` wrote."
                )
            rows = [row for row in reader if row]
    except OSError as error:
        raise SettingsError(f"{path.name}: the scores cannot be read ({error.strerror}); check {path}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(f"{path.name}: not a table of scores but another kind of file; give a CSV.") from error
    for line, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise SettingsError(f"{path.name}: line {line} has {len(row)} cells and the header {len(header)}.")
    texts = dict(zip(header, zip(*rows, strict=True) if rows else [()] * len(header), strict=True))
    texts.setdefault("variant", (PLAIN,) * len(rows))
    table = ScoreTable(**{name: _column(path, name, texts[name]) for name in COLUMNS})
    _check(path, table)
    return table


def _number(text: str) -> float:
    return float(text) if text else float("nan")


_KINDS: Final[dict[str, tuple[type, Callable[[str], object]]]] = {
    **dict.fromkeys((*_TEXTS, "variant"), (np.str_, str)),
    **dict.fromkeys(_INTEGERS, (np.int64, int)),
    **dict.fromkeys(_FLOATS, (np.float32, _number)),
    "label": (np.int8, int),
    "start": (np.float64, _number),
    "end": (np.float64, _number),
}


def _column(path: Path, name: str, texts: Sequence[str]) -> NDArray[Any]:
    kind, convert = _KINDS[name]
    try:
        return np.array([convert(text) for text in texts], kind)
    except (ValueError, OverflowError):
        line, text = next((line, text) for line, text in enumerate(texts, start=2) if not _converts(convert, text))
        raise SettingsError(
            f"{path.name}: line {line}: {text!r} in the column “{name}” is not a number; correct it."
        ) from None


def _converts(convert: Callable[[str], object], text: str) -> bool:
    try:
        convert(text)
    except (ValueError, OverflowError):
        return False
    return True


def _check(path: Path, table: ScoreTable) -> None:
    """Refuse a table whose numbers cannot be scores, or whose clips contradict themselves."""
    if not len(table):
        raise SettingsError(f"{path.name}: the table of scores has no rows, so there is nothing to evaluate.")
    bad = {
        "label": ("0 (real) or 1 (fake)", ~np.isin(table.label, (REAL, FAKE))),
        "clip": ("the name of a clip", table.clip == ""),
        "start": ("a time in seconds", ~np.isfinite(table.start)),
        "end": ("a time after the start", ~(np.isfinite(table.end) & (table.end > table.start))),
        "logit": ("a finite number", ~np.isfinite(table.logit)),
        "score": ("a number from 0 to 1", ~((table.score >= 0) & (table.score <= 1))),
        **{
            name: ("empty or a number from 0 to 1", (getattr(table, name) < 0) | (getattr(table, name) > 1))
            for name in sorted(_MAY_BE_EMPTY)
        },
    }
    for name, (wanted, rows) in bad.items():
        if rows.any():
            raise SettingsError(
                f"{path.name}: line {int(np.argmax(rows)) + 2}: the column “{name}” must be {wanted}; correct it."
            )
    clips, first, member = np.unique(table.clip, return_index=True, return_inverse=True)
    for name in ("label", "generator", "speaker", "source", "fold"):
        column = getattr(table, name)
        differs = column != column[first][member]
        if differs.any():
            clip = clips[member[int(np.argmax(differs))]]
            raise SettingsError(f"{path.name}: the clip {clip} has more than one {name}; each clip has one.")
