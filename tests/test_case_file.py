"""Case files: nothing is lost, nothing hostile gets in, and the same case gives the same bytes."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lipfd_desktop.case import relocation
from lipfd_desktop.case.file import CaseFile, relative_to_case
from lipfd_desktop.case.records import Case, Exhibit, ExhibitView, Mark, Role, as_tags, in_time_order
from lipfd_desktop.case.relocation import MediaCheck, MediaState, check_media
from lipfd_desktop.errors import CaseChangedError, CaseError, ExportError, UnreadableMediaError
from lipfd_desktop.handling import Deed, Entry, appended, draft, first_misfit
from lipfd_desktop.media.digest import sha256_of
from tests.report_support import make_result
from tests.storage_support import differences, read_case, write_case

RESULT = make_result()
_times = st.floats(-1e6, 1e6, allow_nan=False)
_words = st.text(max_size=40)
_spans = st.tuples(_times, _times).map(lambda pair: (min(pair), max(pair)))
_marks = st.lists(
    st.builds(
        lambda identity, span, note, tags: Mark(id=identity, start=span[0], end=span[1], note=note, tags=tags),
        st.integers(1, 10**6), _spans, _words, _words.map(as_tags),
    ),
    max_size=6, unique_by=lambda mark: mark.id,
)  # fmt: skip
_views = st.builds(
    ExhibitView, cursor=_times, visible=_spans, selection=st.none() | _spans, face=st.none() | st.integers(0, 9)
)
_exhibits = st.lists(
    st.builds(
        Exhibit,
        id=st.integers(1, 10**6),
        path=st.text("abcäß中 .-_", min_size=1, max_size=12).map(lambda name: Path("/media") / f"x{name}"),
        sha256=st.just("") | st.binary(min_size=32, max_size=32).map(bytes.hex),
        size=st.integers(0, 2**50),
        notes=_words,
        role=st.sampled_from(Role),
        marks=_marks.map(tuple),
        view=st.none() | _views,
        result=st.none(),
    ).flatmap(lambda one: st.sampled_from([one, replace(one, sha256=RESULT.sha256, result=RESULT)])),
    max_size=3,
    unique_by=lambda exhibit: exhibit.id,
)
_cases = st.builds(
    Case, title=_words, number=_words, examiner=_words, notes=_words, exhibits=_exhibits.map(tuple),
    current=st.none() | st.integers(1, 5), layout=st.sampled_from(["", "QUJD.e30="]),
    handling=st.lists(
        st.builds(
            Entry, when=st.just("2026-03-04T05:06:07Z"), who=_words, deed=st.sampled_from(Deed), name=_words,
            details=st.dictionaries(_words, _words, max_size=3).map(lambda found: tuple(sorted(found.items()))),
        ),
        max_size=3,
    ).map(lambda drafts: appended((), *drafts)),
)  # fmt: skip


def example(folder: Path, **changes: Any) -> Case:
    marks = (Mark(id=3, start=1.5, end=2.25, note="lips", tags=("a", "b")), Mark(id=4, start=2.0, end=2.0))
    view = ExhibitView(cursor=1.0, visible=(0.0, 4.0), selection=(1.0, 2.0), face=1)
    exhibit = Exhibit(
        id=1, path=folder / "clip.mp4", sha256=RESULT.sha256, size=9, marks=marks, view=view, result=RESULT
    )
    return Case(title="T", exhibits=(exhibit,), current=1, **changes)


def with_relative(case: Case, path: Path) -> Case:
    exhibits = (replace(one, relative=relative_to_case(one.path, path)) for one in case.exhibits)
    return replace(case, exhibits=tuple(exhibits))


# Nothing is lost -------------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=_cases)
def test_what_is_written_is_read(tmp_path: Path, case: Case) -> None:
    path = tmp_path / "a.lipfdcase"
    write_case(case, path)
    assert differences(read_case(path), with_relative(case, path)) == []


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=_cases)
def test_the_same_case_gives_the_same_bytes(tmp_path: Path, case: Case) -> None:
    path = tmp_path / "a.lipfdcase"
    write_case(case, path)
    first = path.read_bytes()
    write_case(read_case(path), path)
    assert path.read_bytes() == first


def test_the_bytes_depend_on_neither_time_nor_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.lipfdcase"
    one = CaseFile(path).encode(example(tmp_path))
    monkeypatch.setattr("time.localtime", lambda *_: (2031, 2, 3, 4, 5, 6, 0, 1, 0))
    again = replace(example(tmp_path).exhibits[0], result=make_result())
    assert CaseFile(path).encode(replace(example(tmp_path), exhibits=(again,))) == one


def test_a_case_names_its_media_absolutely_and_from_its_own_folder(tmp_path: Path) -> None:
    path = tmp_path / "cases" / "a.lipfdcase"
    path.parent.mkdir()
    write_case(example(tmp_path / "media"), path)
    (exhibit,) = read_case(path).exhibits
    assert (exhibit.path, exhibit.relative) == (tmp_path / "media" / "clip.mp4", "../media/clip.mp4")


def test_marks_know_their_limits() -> None:
    for start, end in ((1.0, 0.5), (float("nan"), 1.0), (0.0, float("inf"))):
        with pytest.raises(ValueError, match="a mark cannot last"):
            Mark(id=1, start=start, end=end)
    one, other = Mark(id=1, start=2, end=2), Mark(id=2, start=1, end=9)
    assert in_time_order([one, other]) == (other, one)
    assert as_tags(" lips,  two  words ,, lips") == ("lips", "two words")


# The handling log -------------------------------------------------------------------------------------------------


LOG = appended((), draft(Deed.CREATED), draft(Deed.ADDED, who="Dr. A", name="clip.mp4"), draft(Deed.ANALYSED))


@pytest.mark.parametrize("version", [1, 2])
def test_a_case_of_an_older_version_has_no_log_and_its_file_stays(path: Path, version: int) -> None:
    def age(document: dict[str, Any]) -> None:
        document["format_version"] = version
        del document["case"]["handling"]

    before = edited(path, age).read_bytes()
    file = CaseFile(path)
    case = file.read()
    assert (case.handling, case.title) == ((), "T")
    file.write(case)
    assert path.read_bytes() == before
    file.write(replace(case, handling=LOG))
    assert json.loads(parts_of(path)["case.json"])["format_version"] == 3
    assert read_case(path).handling == LOG


def test_a_log_whose_chain_is_broken_is_kept_as_it_is_and_goes_on(path: Path) -> None:
    write_case(replace(read_case(path), handling=LOG), path)
    edited(path, lambda document: document["case"]["handling"][1].update(who="somebody else"))
    case = read_case(path)
    assert (first_misfit(case.handling), case.handling[1].who, case.handling[2:]) == (2, "somebody else", LOG[2:])
    longer = appended(case.handling, draft(Deed.REMOVED))
    write_case(replace(case, handling=longer), path)
    assert read_case(path).handling == longer
    assert (first_misfit(longer), longer[3].before) == (2, LOG[2].digest)


@pytest.mark.parametrize(
    "change",
    [
        {"deed": "forged"}, {"when": "yesterday"}, {"when": "2026-02-31T00:00:00Z"}, {"when": 5.0}, {"who": "x" * 1001},
        {"digest": "a" * 65}, {"details": [["b", "1"], ["a", "1"]]}, {"details": [["a", "1"], ["a", "2"]]},
        {"details": [[str(i).zfill(2), ""] for i in range(33)]}, {"details": {"a": "x" * 1001}}, {"surprise": ""},
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_is_refused(path: Path, change: dict[str, object]) -> None:
    write_case(replace(read_case(path), handling=LOG), path)
    assert refuses(edited(path, lambda document: document["case"]["handling"][1].update(change)))


# Nobody's work is overwritten ------------------------------------------------------------------------------------


def test_a_file_that_somebody_else_wrote_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.lipfdcase"
    write_case(Case(title="first"), path)
    one, other = CaseFile(path), CaseFile(path)
    one.read()
    other.read()
    other.write(Case(title="of the other"))
    with pytest.raises(CaseChangedError, match=r"^a\.lipfdcase: was changed by another program"):
        one.write(Case(title="of the one"))
    assert read_case(path).title == "of the other"
    one.replace_next()
    one.write(Case(title="of the one"))
    assert read_case(path).title == "of the one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_only_looks_newer_is_ours(tmp_path: Path) -> None:
    file = CaseFile(tmp_path / "a.lipfdcase")
    file.write(Case(title="one"))
    os.utime(file.path, (1, 1))
    file.write(Case(title="two"))
    assert read_case(file.path).title == "two"


def test_a_file_that_appeared_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    file = CaseFile(tmp_path / "a.lipfdcase")
    file.path.write_text("somebody's")
    with pytest.raises(CaseChangedError):
        file.write(Case())
    assert file.path.read_text() == "somebody's"


def test_what_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="folder does not exist"):
        write_case(Case(), tmp_path / "gone" / "a.lipfdcase")
    file = CaseFile(tmp_path / "a.lipfdcase")
    file.write(Case(title="good"))
    with pytest.raises(ValueError, match="JSON"):
        file.write(Case(title=float("nan")))  # type: ignore[arg-type]
    assert read_case(file.path).title == "good"
    assert [path.name for path in tmp_path.iterdir()] == ["a.lipfdcase"]


# Nothing hostile gets in -----------------------------------------------------------------------------------------


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, parts: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def edited(path: Path, change: Any) -> Path:
    """The file with another document."""
    parts = parts_of(path)
    document = json.loads(parts["case.json"])
    change(document)
    return pack(path, parts | {"case.json": json.dumps(document).encode()})


def refuses(path: Path, words: str = "is damaged or was not saved by LipFD Desktop") -> bool:
    with pytest.raises(CaseError) as caught:
        read_case(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path.name}: ")
    assert "\n" not in sentence
    assert words in sentence
    return True


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "a.lipfdcase"
    write_case(example(tmp_path), target)
    return target


def test_a_newer_a_foreign_and_a_missing_file_get_a_sentence(path: Path, tmp_path: Path) -> None:
    assert refuses(edited(path, lambda document: document.update(format_version=4)), "newer version")
    assert refuses(edited(path, lambda document: document.update(format="other")), "is not a case")
    assert refuses(pack(tmp_path / "b.lipfdcase", {"x": b""}))
    assert refuses(tmp_path / "none.lipfdcase", "does not exist; check the name")
    (tmp_path / "folder.lipfdcase").mkdir()
    assert refuses(tmp_path / "folder.lipfdcase", "is not a case file")


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_anywhere_is_noticed_or_harmless(path: Path, data: st.DataObject) -> None:
    whole = (path.read_bytes(), read_case(path))
    content = bytearray(whole[0])
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] ^= data.draw(st.integers(1, 255))
    damaged = path.with_name("damaged.lipfdcase")
    damaged.write_bytes(content)
    try:
        found = read_case(damaged)
    except CaseError:
        assert refuses(damaged, "")
    else:
        assert differences(found, whole[1]) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda case: case.update(title=["list"] * 3, surprise=1),
        lambda case: case["exhibits"].append(case["exhibits"][0]),
        lambda case: case["exhibits"][0].update(result="../../etc/passwd"),
        lambda case: case["exhibits"][0].update(result="case.json"),
        lambda case: case["exhibits"][0].update(result="results/2.lipfd-result"),
        lambda case: case["exhibits"][0].update(role="judge"),
        lambda case: case["exhibits"][0]["marks"][0].update(start="nan"),
        lambda case: case["exhibits"][0]["marks"][0].update(start=9.0),
        lambda case: case["exhibits"][0]["marks"][1].update(id=3),
        lambda case: case["exhibits"][0]["view"].update(visible=[0.0]),
        lambda case: case["exhibits"][0].pop("path"),
        lambda case: case.clear(),
    ],
)
def test_a_document_that_says_what_cannot_be_is_refused(path: Path, change: Any) -> None:
    assert refuses(edited(path, lambda document: change(document["case"])))


def test_no_number_and_no_end_of_nesting_are_refused(path: Path) -> None:
    parts = parts_of(path)
    for text in (parts["case.json"].replace(b"2.25", b"NaN"), b"[" * 100_000, b"1", b"\xff\xfe"):
        assert refuses(pack(path, parts | {"case.json": text}))


def test_nothing_is_unpickled(path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (path.with_name("sprung"),))

    stream = io.BytesIO()
    np.save(stream, np.array([Trap()], dtype=object), allow_pickle=True)
    for content in (stream.getvalue(), pickle.dumps(Trap())):
        parts = parts_of(path)
        with zipfile.ZipFile(io.BytesIO(parts["results/1.lipfd-result"])) as inner:
            inside = {name: inner.read(name) for name in inner.namelist()}
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as inner:
            for name, part in inside.items():
                inner.writestr(name, content if name == "record.scores.score.npy" else part)
        assert refuses(pack(path.with_name("trap.lipfdcase"), parts | {"results/1.lipfd-result": buffer.getvalue()}))
    assert not path.with_name("sprung").exists()


def test_an_archive_made_to_fill_memory_is_refused(path: Path) -> None:
    parts = parts_of(path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as inner, inner.open("record.json", "w") as part:
        for _ in range(300):
            part.write(bytes(2**20))
    assert len(buffer.getvalue()) < 2**20
    assert refuses(pack(path, parts | {"results/1.lipfd-result": buffer.getvalue()}))
    assert refuses(pack(path, parts, zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize(
    "change",
    [
        {"start": RESULT.scores.start[:-1]},
        {"start": np.full_like(RESULT.scores.start, np.nan)},
        {"reason": np.full_like(RESULT.scores.reason, 99)},
        {"face": np.full_like(RESULT.scores.face, -9)},
        {"region_weights": RESULT.scores.region_weights[:, :2]},
        {"region_weights": RESULT.scores.region_weights.ravel()},
    ],
)
def test_a_result_whose_columns_do_not_fit_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    bad = replace(RESULT, scores=replace(RESULT.scores, **change))
    target = tmp_path / "a.lipfdcase"
    write_case(Case(exhibits=(Exhibit(id=1, path=tmp_path / "a.mp4", result=bad),)), target)
    assert refuses(target)


def test_a_face_whose_frames_do_not_fit_is_refused(tmp_path: Path) -> None:
    bad = replace(RESULT, tracks=(replace(RESULT.tracks[0], pts=RESULT.tracks[0].pts[::-1]),))
    target = tmp_path / "a.lipfdcase"
    write_case(Case(exhibits=(Exhibit(id=1, path=tmp_path / "a.mp4", result=bad),)), target)
    assert refuses(target)


# Where the media are ---------------------------------------------------------------------------------------------


@pytest.fixture
def exhibit(tmp_path: Path) -> Exhibit:
    media = tmp_path / "media" / "clip.mp4"
    media.parent.mkdir()
    media.write_bytes(b"the evidence")
    return Exhibit(
        id=1, path=media, relative="media/clip.mp4", sha256=sha256_of(media), size=media.stat().st_size
    )  # fmt: skip


def test_media_are_where_they_were(exhibit: Exhibit, tmp_path: Path) -> None:
    assert check_media(exhibit, tmp_path / "a.lipfdcase") == MediaCheck(MediaState.PRESENT, exhibit.path)
    unhashed = replace(exhibit, sha256="")
    assert check_media(unhashed, None) == MediaCheck(MediaState.PRESENT, exhibit.path)


@pytest.mark.parametrize("place", ["media/clip.mp4", "clip.mp4"])
def test_media_that_moved_with_the_case_or_beside_it_are_found(exhibit: Exhibit, tmp_path: Path, place: str) -> None:
    target = tmp_path / "new" / place
    target.parent.mkdir(parents=True)
    shutil.move(exhibit.path, target)
    assert check_media(exhibit, tmp_path / "new" / "a.lipfdcase") == MediaCheck(MediaState.MOVED, target)
    target.write_bytes(b"THE EVIDENCE")
    assert check_media(exhibit, tmp_path / "new" / "a.lipfdcase") == MediaCheck(MediaState.CHANGED, target)
    assert check_media(replace(exhibit, sha256=""), tmp_path / "new" / "a.lipfdcase").state is MediaState.CHANGED


def test_changed_media_give_way_to_the_same_bytes_elsewhere(exhibit: Exhibit, tmp_path: Path) -> None:
    shutil.copy(exhibit.path, tmp_path / "clip.mp4")
    exhibit.path.write_bytes(b"another text")
    assert check_media(exhibit, tmp_path / "a.lipfdcase") == MediaCheck(MediaState.MOVED, tmp_path / "clip.mp4")
    assert check_media(exhibit, None) == MediaCheck(MediaState.CHANGED, exhibit.path)


def test_only_other_bytes_at_the_old_place_prove_a_change(
    exhibit: Exhibit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not check_media(exhibit, None).is_proven
    exhibit.path.write_bytes(b"THE EVIDENCE")
    assert check_media(exhibit, None).is_proven
    exhibit.path.write_bytes(b"longer evidence")
    assert check_media(exhibit, None).is_proven
    elsewhere = replace(exhibit, path=tmp_path / "gone" / exhibit.path.name, relative="")
    shutil.copy(exhibit.path, tmp_path)
    beside = check_media(elsewhere, tmp_path / "a.lipfdcase")
    assert (beside.state, beside.is_proven) == (MediaState.CHANGED, False)
    exhibit.path.write_bytes(b"THE EVIDENCE")

    def unreadable(path: Path, _is_cancelled: object) -> str:
        raise UnreadableMediaError(path, "cannot be read")

    monkeypatch.setattr(relocation, "sha256_of", unreadable)
    refused = check_media(exhibit, None)
    assert (refused.state, refused.is_proven) == (MediaState.CHANGED, False)


def test_media_that_are_gone_or_no_file_are_missing(exhibit: Exhibit, tmp_path: Path) -> None:
    exhibit.path.unlink()
    assert check_media(exhibit, tmp_path / "a.lipfdcase") == MediaCheck(MediaState.MISSING, None)
    odd = [tmp_path, Path("/dev/zero"), Path("a\0b"), Path()]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        odd.append(tmp_path / "pipe")
    for path in odd:
        assert check_media(replace(exhibit, path=path, relative="/etc/passwd"), tmp_path / "a.lipfdcase") == MediaCheck(
            MediaState.MISSING, None
        )
    hostile = replace(exhibit, relative="a\0b/../../..")
    assert check_media(hostile, tmp_path / "a.lipfdcase").state is MediaState.MISSING


def overlapping(path: Path, count: int, core: bytes) -> Path:
    """A case of ``count`` stored results, each of which lies within the one before."""

    def head(name: bytes, body: bytes) -> bytes:
        size = len(body)
        return (
            struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 0, 0, 0, zlib.crc32(body), size, size, len(name), 0) + name
        )

    def entry(name: bytes, body: bytes, offset: int) -> bytes:
        sizes = (zlib.crc32(body), len(body), len(body), len(name), 0, 0, 0, 0, 0, offset)
        return struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 0, 0, 0, *sizes) + name

    names = [f"results/{number}.lipfd-result".encode() for number in range(1, count + 1)]
    exhibits = [{"result": name.decode()} for name in names]
    case = {"format": "lipfd-case", "format_version": 1, "case": {"exhibits": exhibits}}
    document = json.dumps(case).encode()
    body, bodies = core, []
    for name in reversed(names):
        bodies.append((name, body))
        body = head(name, body) + body
    whole = head(b"case.json", document) + document + body
    directory = entry(b"case.json", document, 0)
    directory += b"".join(entry(name, own, len(whole) - len(own) - len(head(name, own))) for name, own in bodies)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count + 1, count + 1, len(directory), len(whole), 0)
    path.write_bytes(whole + directory + end)
    return path


def test_parts_that_lie_in_one_another_are_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = overlapping(tmp_path / "bomb.lipfdcase", 50, bytes(20_000))
    with zipfile.ZipFile(bomb) as archive:
        assert len(archive.namelist()) == 51
    read: list[str] = []
    monkeypatch.setattr("lipfd_desktop.case.file.read_part", lambda _archive, name: read.append(name))
    assert refuses(bomb)
    assert read == []


def test_a_result_of_other_bytes_than_its_exhibit_is_refused(path: Path) -> None:
    assert refuses(edited(path, lambda document: document["case"]["exhibits"][0].update(sha256="ef" * 32)))


def test_an_array_is_no_two_fields(path: Path) -> None:
    parts = parts_of(path)
    with zipfile.ZipFile(io.BytesIO(parts["results/1.lipfd-result"])) as inner:
        inside = {name: inner.read(name) for name in inner.namelist()}
    record = json.loads(inside["record.json"])
    record["record"]["scores"]["end"] = record["record"]["scores"]["start"]
    buffer = io.BytesIO()
    pack_into = inside | {"record.json": json.dumps(record).encode()}
    with zipfile.ZipFile(buffer, "w") as inner:
        for name, content in pack_into.items():
            inner.writestr(name, content)
    assert refuses(pack(path.with_name("twice.lipfdcase"), parts | {"results/1.lipfd-result": buffer.getvalue()}))
