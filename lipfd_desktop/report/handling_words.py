"""What the handling log of a case says, for the window and for reports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from lipfd_desktop.handling import Deed, Entry, Log, first_misfit
from lipfd_desktop.language import mark, tr, trn
from lipfd_desktop.report.terms import OUTPUTS, exactness_words, outcome_words
from lipfd_desktop.report.text import printable, stretch
from lipfd_desktop.result import Exactness, Outcome

DEEDS: Final = {
    Deed.CREATED: mark("case begun"),
    Deed.ADDED: mark("file added"),
    Deed.REMOVED: mark("file removed"),
    Deed.RESTORED: mark("removal undone"),
    Deed.RELOCATED: mark("file found in another place"),
    Deed.CHANGED: mark("file found changed"),
    Deed.ANALYSED: mark("file analysed"),
    Deed.EXPORTED: mark("output written"),
}
_DETAILS: Final = {
    "verdict": mark("Verdict"),
    "score": mark("Score"),
    "threshold": mark("Threshold"),
    "windows": mark("Windows analysed"),
    "state": mark("State"),
    "range": mark("Range"),
    "face": mark("Face"),
    "stride": mark("Stride in frames"),
    "arithmetic": mark("Arithmetic"),
    "computed": mark("Scores kept from"),
    "model": mark("Model"),
    "model_sha256": mark("Model SHA-256"),
    "kind": mark("Output"),
    "output": mark("Written to"),
    "output_sha256": mark("SHA-256 of the output"),
    "reference": mark("Compared with"),
    "reference_sha256": mark("SHA-256 of the reference"),
}
"""In the order in which they are read; names that a later program knows come after them as they are."""


def deed_words(entry: Entry) -> str:
    """What was done."""
    return tr(DEEDS[entry.deed])


def time_words(entry: Entry) -> str:
    """When, in UTC as the log has it."""
    return tr("{time} UTC", time=entry.when.replace("T", " ").rstrip("Z"))


def detail_rows(entry: Entry) -> list[tuple[str, str]]:
    """Names and values of the details."""
    known = list(_DETAILS)
    ordered = sorted(entry.details, key=lambda detail: known.index(detail[0]) if detail[0] in known else len(known))
    return [
        (tr(_DETAILS[name]) if name in _DETAILS else printable(name), _value_words(name, value))
        for name, value in ordered
    ]


def detail_words(entry: Entry) -> str:
    """The same in one line."""
    return tr("; ").join(tr("{name}: {value}", name=name, value=value) for name, value in detail_rows(entry))


def chain_words(log: Log, misfit: int | None) -> str:
    """Whether the entries still hang together; ``misfit`` is :func:`~lipfd_desktop.handling.first_misfit` of them."""
    if not log:
        return tr("The log has no entries yet.")
    if misfit is None:
        return trn(
            "The chain of {count:,} entry is whole.",
            "The chain of {count:,} entries is whole: each fits the one before.",
            len(log),
        )
    return tr(
        "The chain breaks at entry {number:,} of {count:,}: it was changed later, or others were taken out or put in "
        "before it.",
        count=len(log), number=misfit,
    )  # fmt: skip


def broken_words(log: Log) -> str:
    """That the chain breaks, for who looks elsewhere; empty where it is whole."""
    misfit = first_misfit(log)
    if misfit is None:
        return ""
    return tr("{name}: {value}", name=tr("Handling log of the case"), value=chain_words(log, misfit))


def _value_words(name: str, value: str) -> str:
    """A value in the language that is spoken; as it is where it is none that this program writes."""
    try:
        return _SPOKEN[name](value) if name in _SPOKEN else printable(value)
    except (KeyError, ValueError, OverflowError):
        return printable(value)


def _range_words(value: str) -> str:
    start, end = value.split("/")
    return stretch(float(start), float(end))


_SPOKEN: Final[dict[str, Callable[[str], str]]] = {
    "verdict": lambda value: outcome_words({outcome.label: outcome for outcome in Outcome}[value]),
    "arithmetic": lambda value: exactness_words(Exactness(value)),
    "range": _range_words,
    "state": lambda value: tr({"cancelled": mark("cancelled")}[value]),
    "kind": lambda value: tr(OUTPUTS[value]),
    "computed": lambda value: tr(
        "{time} UTC", time=f"{datetime.fromisoformat(value).astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    ),
}
