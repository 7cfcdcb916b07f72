"""The chain of the handling log: what was appended fits, and what was changed afterwards is found where it was."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lipfd_desktop.handling import (
    Deed,
    Entry,
    Log,
    about,
    appended,
    digest_of,
    draft,
    first_misfit,
    of_analysis,
)
from lipfd_desktop.result import Exactness
from tests.report_support import SHA256, make_result

_words = st.text(max_size=20)
_hashes = st.just("") | st.binary(min_size=32, max_size=32).map(bytes.hex)
_drafts = st.builds(
    Entry,
    when=st.datetimes().map(lambda when: f"{when:%Y-%m-%dT%H:%M:%SZ}".rjust(20, "0")),
    who=_words,
    deed=st.sampled_from(Deed),
    name=_words,
    sha256=_hashes,
    details=st.dictionaries(_words, _words, max_size=3).map(lambda found: tuple(sorted(found.items()))),
)
_logs = st.lists(_drafts, min_size=1, max_size=6).map(lambda drafts: appended((), *drafts))
_changes = (
    st.builds(dict, when=st.just("2001-02-03T04:05:06Z"))
    | st.builds(dict, who=_words)
    | st.builds(dict, deed=st.sampled_from(Deed))
    | st.builds(dict, name=_words)
    | st.builds(dict, sha256=_hashes)
    | st.builds(dict, details=st.just((("added", "later"),)))
    | st.builds(dict, before=_hashes)
    | st.builds(dict, digest=_hashes)
)


def place_in(data: st.DataObject, log: Log, label: str) -> int:
    return data.draw(st.integers(0, len(log) - 1), label)


@given(log=_logs, more=st.lists(_drafts, max_size=3))
def test_whatever_is_appended_fits(log: Log, more: list[Entry]) -> None:
    longer = appended(log, *more)
    assert first_misfit(longer) is None
    assert longer[: len(log)] == log
    assert appended(log[:1], *log[1:], *more) == longer  # whatever chain a draft brings along


@given(log=_logs, change=_changes, data=st.data())
def test_a_change_of_any_field_is_found_at_its_entry(log: Log, change: dict[str, object], data: st.DataObject) -> None:
    place = place_in(data, log, "place")
    changed = replace(log[place], **change)
    assume(changed != log[place])
    assert first_misfit((*log[:place], changed, *log[place + 1 :])) == place + 1


@given(log=_logs, data=st.data())
def test_a_changed_entry_with_a_new_digest_is_found_at_the_next(log: Log, data: st.DataObject) -> None:
    place = place_in(data, log, "place")
    changed = replace(log[place], who=f"{log[place].who}, or not")
    changed = replace(changed, digest=digest_of(changed))
    found = first_misfit((*log[:place], changed, *log[place + 1 :]))
    assert found == (place + 2 if place + 1 < len(log) else None)  # of the last only paper with its digest tells
    assert changed.digest != log[place].digest


@given(log=_logs, data=st.data())
def test_removal_swap_and_insertion_are_found_where_they_were(log: Log, data: st.DataObject) -> None:
    place = place_in(data, log, "place")
    removed = first_misfit((*log[:place], *log[place + 1 :]))
    assert removed == (place + 1 if place + 1 < len(log) else None)  # an end that is cut off leaves a chain
    other = place_in(data, log, "other")
    assume(other > place)
    swapped = list(log)
    swapped[place], swapped[other] = log[other], log[place]
    assert first_misfit(tuple(swapped)) == place + 1
    assert first_misfit((*log[:place], log[other], *log[place:])) == place + 1
    forged = appended(log[:place], replace(log[place], name="put in"))[-1]
    assert first_misfit((*log[:place], forged, *log[place:])) == place + 2


def test_a_digest_is_that_of_the_json_that_the_documents_describe() -> None:
    """Worked out by hand once: whoever checks a case with other tools must get the same."""
    (entry,) = appended((), Entry(when="2026-03-04T05:06:07Z", who="Ä", deed=Deed.ADDED, details=(("a", "1"),)))
    plain = (
        b'{"before":"","deed":"added","details":[["a","1"]],"name":"","sha256":"","when":"2026-03-04T05:06:07Z",'
        b'"who":"\\u00c4"}'
    )
    assert entry.digest == hashlib.sha256(plain).hexdigest()


def test_a_draft_refuses_no_deed_and_names_nobody_by_itself() -> None:
    one = draft(Deed.ADDED, name="n" * 5000, sha256="f" * 99, details={"b": "x" * 5000, "a": ""})
    assert (len(one.name), len(one.sha256), [name for name, _ in one.details]) == (1000, 64, ["a", "b"])
    assert (one.who, one.before, one.digest) == ("", "", "")


def test_entries_about_a_file_are_those_of_its_bytes() -> None:
    log = appended(
        (),
        draft(Deed.CREATED),
        draft(Deed.ADDED, name="a.mp4"),
        draft(Deed.ANALYSED, name="old-name.mp4", sha256="aa"),
        draft(Deed.ANALYSED, name="a.mp4", sha256="bb"),
    )
    assert [number for number, _entry in about(log, "aa", "a.mp4")] == [2, 3]


def test_an_analysis_is_told_with_all_that_decided_its_numbers() -> None:
    result = make_result()
    details = of_analysis(result)
    assert details["model_sha256"] == result.model.sha256
    assert (details["range"], details["arithmetic"], details["verdict"]) == (
        f"{result.plan.start:.6f}/{result.plan.end:.6f}", Exactness.REFERENCE.value, result.verdict.label,
    )  # fmt: skip
    assert float(details["score"]) == pytest.approx(result.verdict.score, abs=1e-6)
    assert not {"state", "face", "computed"} & set(details)
    partial = replace(
        result, cancelled=True, from_cache=True, request=replace(result.request, face=2), sha256=SHA256
    )  # fmt: skip
    assert {"state": "cancelled", "face": "2", "computed": result.started_at}.items() <= of_analysis(partial).items()
