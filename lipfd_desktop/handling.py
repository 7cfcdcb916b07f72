"""The handling log of a case: who did what, when, to which file, as entries that hang together by their digests.

Every entry holds the digest of the one before, so an entry that was changed, taken out, put in or moved later no
longer fits.  What that proves has limits: entries cut off the end leave a chain that fits, and whoever can write the
case file can make the whole chain anew.  Therefore reports print the digest of the last entry: a log that was rewritten
after a report was given away does not hold the digest on its paper any more.  No chain proves that the first writer
wrote the truth, or that the clock was right.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from lipfd_desktop.result import AnalysisResult

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_LONGEST: Final = 1000
"""Letters of a text; the longest file names have 255."""
_LONGEST_HASH: Final = 64
_MOST_DETAILS: Final = 32


class Deed(StrEnum):
    """What was done."""

    CREATED = "created"
    ADDED = "added"
    REMOVED = "removed"
    RESTORED = "restored"
    """The removal was taken back."""
    RELOCATED = "relocated"
    """The same bytes were found at another place."""
    CHANGED = "changed"
    """Other bytes were found in the place of the file."""
    ANALYSED = "analysed"
    EXPORTED = "exported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One deed.

    Parameters
    ----------
    when
        UTC, ISO 8601 to the second, such as ``2026-03-04T05:06:07Z``.
    who
        The examiner as the case named them then; empty where it named nobody.
    name, sha256
        Of the file that it was done to, without its folder; empty where there is none or no hash was known.
    details
        Names and values, by their names, each name once.
    before, digest
        Hexadecimal: :attr:`digest` of the entry before, empty for the first; and SHA-256 of all else, see
        :func:`digest_of`.  Both are empty until the entry is in a log.
    """

    when: str
    who: str = ""
    deed: Deed
    name: str = ""
    sha256: str = ""
    details: tuple[tuple[str, str], ...] = ()
    before: str = ""
    digest: str = ""

    def __post_init__(self) -> None:
        if not _TIME.fullmatch(self.when):
            raise ValueError(f"{self.when!r} is no time")
        datetime.fromisoformat(self.when)  # raises ValueError for a 31st of February
        names = [name for name, _value in self.details]
        texts = (self.who, self.name, *names, *(value for _name, value in self.details))
        if max(map(len, texts)) > _LONGEST or max(map(len, (self.sha256, self.before, self.digest))) > _LONGEST_HASH:
            raise ValueError("an entry with a text that is too long")
        if len(names) > _MOST_DETAILS or names != sorted(set(names)):
            raise ValueError("details that are too many or not in order")


Log = tuple[Entry, ...]
"""Oldest first; people count them from 1."""


def draft(
    deed: Deed, *, who: str = "", name: str = "", sha256: str = "", details: Mapping[str, str] | None = None
) -> Entry:
    """What is done now, for :func:`appended`; a text that is too long is cut off, as a log must not refuse a deed."""
    return Entry(
        when=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        who=who[:_LONGEST],
        deed=deed,
        name=name[:_LONGEST],
        sha256=sha256[:_LONGEST_HASH],
        details=tuple(sorted((key, value[:_LONGEST]) for key, value in (details or {}).items())),
    )


def appended(log: Log, *drafts: Entry) -> Log:
    """``log`` with further entries, each chained to the one before, be the chain whole there or not."""
    entries = list(log)
    for one in drafts:
        linked = replace(one, before=entries[-1].digest if entries else "")
        entries.append(replace(linked, digest=digest_of(linked)))
    return tuple(entries)


def digest_of(entry: Entry) -> str:
    """SHA-256 of the fields but ``digest``, as JSON with sorted keys, without spaces, in ASCII."""
    fields = asdict(entry)
    del fields["digest"]
    return hashlib.sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def first_misfit(log: Log) -> int | None:
    """Number, from 1, of the first entry that does not fit the chain; None where all do."""
    befores = ["", *(entry.digest for entry in log)]
    for number, (entry, before) in enumerate(zip(log, befores, strict=False), start=1):
        if entry.before != before or entry.digest != digest_of(entry):
            return number
    return None


def about(log: Log, sha256: str, name: str) -> list[tuple[int, Entry]]:
    """The entries about a file, with their numbers; by its name alone where no hash was known yet."""
    return [
        (number, entry)
        for number, entry in enumerate(log, start=1)
        if (entry.sha256 == sha256 if entry.sha256 else entry.name == name)
    ]


def of_verdict(result: AnalysisResult) -> dict[str, str]:
    """Details of what a result says, which another threshold may change later."""
    details = {"threshold": f"{result.threshold:.6g}", "verdict": result.verdict.label}
    if result.verdict.score is not None:
        details["score"] = f"{result.verdict.score:.6f}"
    return details


def of_analysis(result: AnalysisResult) -> dict[str, str]:
    """Details of an analysis: all that decided its numbers, and what it said."""
    plan, request = result.plan, result.request
    details = of_verdict(result) | {
        "model": result.model.name,
        "model_sha256": result.model.sha256,
        "stride": str(plan.stride),
        "arithmetic": request.exactness.value,
        "range": f"{plan.start:.6f}/{plan.end:.6f}",
        "windows": f"{result.coverage.windows_analysed}/{result.coverage.windows_total}",
    }
    if request.face is not None:
        details["face"] = str(request.face)
    if result.cancelled:
        details["state"] = "cancelled"
    if result.from_cache:
        details["computed"] = result.started_at
    return details
