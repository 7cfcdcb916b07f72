"""Stored results come back bit for bit, and anything else is refused with a sentence."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lipfd_desktop.errors import ExportError, StorageError
from lipfd_desktop.media.audio import AudioExtent
from lipfd_desktop.result import AnalysisRequest, AnalysisResult, Exactness, WindowScores
from lipfd_desktop.storage.cache import FileFindings
from lipfd_desktop.storage.codec import read_record, read_result, write_record, write_result
from tests.report_support import (
    frame_times,
    make_media,
    make_mel,
    make_result,
    make_wave,
    nothing_analysed,
    official_result,
    two_question_model,
    two_questions,
)
from tests.storage_support import differences

SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def there_and_back(result: AnalysisResult, folder: Path) -> AnalysisResult:
    write_result(result, folder / "a.lipfd-result")
    return read_result(folder / "a.lipfd-result")


def listening() -> AnalysisResult:
    base = make_result()
    return make_result(scores=two_questions(base.scores), model=two_question_model())


@pytest.mark.parametrize(
    "result",
    [
        make_result(),
        official_result(),
        listening(),
        make_result(scores=WindowScores.empty(), tracks=(), faces=(), notices=(), cancelled=True, from_cache=True),
        make_result(scores=nothing_analysed()),
        make_result(model=dataclasses.replace(make_result().model, rule=None, limits=())),
        make_result(media=make_media(Path("b.mp4"), audio=None, bit_rate=None, tags={})),
        make_result(
            request=AnalysisRequest(
                path=Path("/tmp/ü \udcff.mp4"),
                time_range=(-math.inf, 0.1 + 0.2),
                stride=3,
                window_frames=7,
                face=2,
                device="cuda:1",
                threshold=1 / 3,
                exactness=Exactness.FAST,
            )
        ),
    ],
    ids=["guided", "official", "two questions", "empty", "nothing", "no rule", "no audio", "request"],
)  # fmt: skip
def test_a_result_comes_back_whole(result: AnalysisResult, tmp_path: Path) -> None:
    assert differences(there_and_back(result, tmp_path), result) == []


@SLOW
@given(
    score=st.integers(0, 12).flatmap(lambda n: arrays(np.float32, n, elements=st.floats(width=32))),
    tags=st.dictionaries(st.text(), st.text(), max_size=4),
    number=st.floats(allow_nan=False),
)
def test_any_numbers_and_texts_come_back(
    score: np.ndarray, tags: dict[str, str], number: float, tmp_path: Path
) -> None:
    count, base = len(score), make_result()
    weights = np.resize(score, (count, 3, 5)).astype(np.float32)
    result = dataclasses.replace(
        base,
        scores=dataclasses.replace(base.scores.take(np.arange(count)), score=score, region_weights=weights),
        media=make_media(Path("a.mp4"), tags=tags, duration=number),
        processing_time=number,
    )
    assert differences(there_and_back(result, tmp_path), result) == []


def test_what_was_found_in_a_file_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "a.lipfd-opened"
    for heard in ((make_mel(), AudioExtent(-0.02, 4.8, -math.inf), make_wave()), (None, None, None)):
        findings = FileFindings(make_media(Path("a.mp4")), frame_times(), *heard)
        with path.open("wb") as stream:
            write_record(findings, stream)
        assert differences(read_record(path, FileFindings), findings) == []


def test_numpy_reads_the_arrays(tmp_path: Path) -> None:
    result = make_result()
    write_result(result, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as stored:
        np.testing.assert_array_equal(stored["record.scores.logit"], result.scores.logit)
        np.testing.assert_array_equal(stored["record.tracks.1.boxes"], result.tracks[1].boxes)


@pytest.fixture(scope="module")
def stored() -> bytes:
    stream = io.BytesIO()
    write_record(make_result(), stream)
    return stream.getvalue()


def refused(data: bytes, folder: Path) -> str:
    path = folder / "a.lipfd-result"
    path.write_bytes(data)
    with pytest.raises(StorageError, match=r"^a\.lipfd-result: ") as caught:
        read_result(path)
    return str(caught.value)


@SLOW
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_truncated_file_is_refused(share: float, stored: bytes, tmp_path: Path) -> None:
    assert "is damaged" in refused(stored[: int(share * len(stored))], tmp_path)


@settings(SLOW, max_examples=60)
@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_a_changed_byte_is_refused_or_of_no_account(place: float, flip: int, stored: bytes, tmp_path: Path) -> None:
    changed = bytearray(stored)
    changed[int(place * len(stored))] ^= flip
    path = tmp_path / "a.lipfd-result"
    path.write_bytes(changed)
    try:
        found = read_result(path)
    except StorageError:
        return
    assert differences(found, make_result()) == []  # dates and such in the zip's own headers


def repacked(stored: bytes, **changes: bytes) -> bytes:
    """The file with other parts, as somebody could make one whose checksums agree."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(stored)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name.replace(".", "_"), old.read(name)))
    return stream.getvalue()


def array_bytes(array: np.ndarray, *, allow_pickle: bool = False) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=allow_pickle)
    return stream.getvalue()


def document_of(stored: bytes) -> dict[str, object]:
    with zipfile.ZipFile(io.BytesIO(stored)) as archive:
        document: dict[str, object] = json.loads(archive.read("record.json"))
    return document


@pytest.mark.parametrize("changes", [{"format_version": 0}, {"format_version": 2}, {"kind": "FileFindings"}])
def test_another_version_or_kind_is_refused(changes: dict[str, object], stored: bytes, tmp_path: Path) -> None:
    data = repacked(stored, record_json=json.dumps(document_of(stored) | changes).encode())
    assert "another format" in refused(data, tmp_path)


def test_what_is_no_stored_result_is_refused(stored: bytes, tmp_path: Path) -> None:
    document = document_of(stored)
    for other in (
        {"format_version": 1},
        [],
        document | {"record": {}},
        document | {"record": document["record"] | {"extra": 1}},
    ):  # type: ignore[operator]
        assert "is damaged" in refused(repacked(stored, record_json=json.dumps(other).encode()), tmp_path)
    assert "is damaged" in refused(b"", tmp_path)
    assert "is damaged" in refused(b"not a zip", tmp_path)


def test_objects_and_other_types_are_never_loaded(stored: bytes, tmp_path: Path) -> None:
    objects = np.array([{"a": 1}], object)
    pickled = repacked(stored, record_scores_logit_npy=array_bytes(objects, allow_pickle=True))
    assert "is damaged" in refused(pickled, tmp_path)
    wider = repacked(stored, record_scores_logit_npy=array_bytes(np.zeros(232)))
    assert "is damaged" in refused(wider, tmp_path)
    giant = (
        b"\x93NUMPY\x01\x00v\x00"
        + b"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427,), }".ljust(117)
        + b"\n"
    )
    assert "is damaged" in refused(repacked(stored, record_scores_logit_npy=giant), tmp_path)


def test_an_archive_made_to_fill_the_memory_is_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("record.json", "{}")
    data = stream.getvalue()
    place = data.index(b"PK\x01\x02")
    claimed = data[: place + 24] + (2**32 - 2).to_bytes(4, "little") + data[place + 28 :]
    assert "is damaged" in refused(claimed, tmp_path)


def test_a_missing_file_says_why(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be read"):
        read_result(tmp_path / "missing.lipfd-result")


def test_a_place_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="folder does not exist"):
        write_result(make_result(), tmp_path / "missing" / "a.lipfd-result")


def test_the_examined_video_is_never_overwritten(tmp_path: Path) -> None:
    video = tmp_path / "a.mp4"
    video.write_bytes(b"video")
    with pytest.raises(ExportError, match="examined video"):
        write_result(make_result(video), video)
    assert video.read_bytes() == b"video"
