from __future__ import annotations

import re
from pathlib import Path

import pytest
from dataset_support import clip_of, write_manifest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lipfd_desktop.dataset.manifest import FAKE, REAL, assign_folds, read_clips, read_manifest
from lipfd_desktop.errors import DatasetError

NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cf")), min_size=1, max_size=20).filter(
    lambda text: text.strip() == text
)
CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12).map(str.strip)


def row(**cells: object) -> dict[str, object]:
    given = {"file": "a.mp4", "label": "real", "generator": "", "speaker": "p", "source": "q", "split": "train"}
    return given | {"fold": 1} | cells


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), files=st.lists(NAMES, min_size=1, max_size=12, unique=True))
def test_what_is_written_is_read(tmp_path: Path, data: st.DataObject, files: list[str]) -> None:
    rows = [
        row(
            file=f"{file}.mp4",
            label=data.draw(st.sampled_from(["real", "fake", "REAL", "Fake", "0", "1"])),
            generator=data.draw(CELLS),
            speaker=data.draw(CELLS),
            source=data.draw(CELLS),
            fold=data.draw(st.integers(1, 9)),
            extra="ignored",
        )
        for file in files
    ]
    clips = read_manifest(write_manifest(tmp_path / "m.csv", rows))
    assert [clip.file for clip in clips] == [one["file"] for one in rows]
    assert [clip.path for clip in clips] == [tmp_path / str(one["file"]) for one in rows]
    assert [clip.fold for clip in clips] == [one["fold"] for one in rows]
    for clip, one in zip(clips, rows, strict=True):
        fake = str(one["label"]).lower() in {"fake", "1"}
        assert clip.label == (FAKE if fake else REAL)
        assert clip.generator == ((one["generator"] or "unknown") if fake else "")
        assert clip.speaker == (one["speaker"] or clip.id)
        assert clip.source == (one["source"] or clip.speaker)
    ids = [clip.id.casefold() for clip in clips]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", clip.id) for clip in clips)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_other_file_gives_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.csv").write_bytes(content)
    with pytest.raises(DatasetError, match=r"m\.csv"):
        read_manifest(tmp_path / "m.csv")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "file and label are not among"),
        ("file,speaker\na.mp4,p\n", "label is not among"),
        ("file,label,file\na.mp4,real,b\n", "names a column twice"),
        ("file,label\n", "lists no clips"),
        ("file,label\na.mp4,real\nb.mp4,maybe\n", r"row 3: the label is 'maybe'"),
        ("file,label\na.mp4,real\n,fake\n", "row 3: there is no file name"),
        ("file,label\na.mp4,real\n\na.mp4,fake\n", "row 4: a.mp4 is listed in row 2"),
        ("file,label\na.mp4\n", "row 2: the first line names 2 columns and this row has fewer"),
        ("file,label\na.mp4,real,x\n", "row 2: the first line names 2 columns and this row has more"),
        ("file,label,fold\na.mp4,real,1\nb.mp4,fake,\n", "row 3: the fold is ''"),
        ("file,label,fold\na.mp4,real,0\n", "row 2: the fold is '0'"),
        ("file,label,fold\na.mp4,real,1.5\n", "row 2: the fold is '1.5'"),
        ('file,label\n"a.mp4"x,real\n', "not proper CSV"),
    ],
)
def test_errors_name_the_row(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(DatasetError, match=said):
        read_manifest(tmp_path / "m.csv")


def test_a_byte_order_mark_and_spaces_are_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("\ufefffile, label ,fold\n a.mp4 , real ,2\n", encoding="utf-8")
    (clip,) = read_manifest(tmp_path / "m.csv")
    assert (clip.file, clip.label, clip.fold) == ("a.mp4", REAL, 2)


def test_ids_do_not_depend_on_the_order_or_the_other_rows_that_do_not_collide(tmp_path: Path) -> None:
    files = ["x/a.mp4", "x-a.mp4", "b.mp4", "B.mov", "ü.mp4"]
    ids = [
        {clip.file: clip.id for clip in read_manifest(write_manifest(tmp_path / "m.csv", [row(file=f) for f in order]))}
        for order in (files, files[::-1])
    ]
    assert ids[0] == ids[1]
    assert len(set(ids[0].values())) == len(files)


def test_avlips_with_and_without_sound_files(tmp_path: Path) -> None:
    for name in (
        "0_real/1.mp4",
        "0_real/2.MP4",
        "1_fake/1.mp4",
        "1_fake/notes.txt",
        "wav/0_real/1.wav",
        "wav/1_fake/9.wav",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    clips = {clip.file: clip for clip in read_clips(tmp_path)}
    assert set(clips) == {"0_real/1.mp4", "0_real/2.MP4", "1_fake/1.mp4"}
    assert [clip.label for clip in clips.values()] == [REAL, REAL, FAKE]
    assert clips["0_real/1.mp4"].sound == tmp_path / "wav/0_real/1.wav"
    assert clips["0_real/2.MP4"].sound is None
    assert clips["1_fake/1.mp4"].sound is None
    assert clips["1_fake/1.mp4"].generator == "unknown"
    assert len({clip.speaker for clip in clips.values()}) == len({clip.id for clip in clips.values()}) == 3


def test_a_folder_is_read_by_its_manifest_and_other_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds neither"):
        read_clips(tmp_path)
    with pytest.raises(DatasetError, match="does not exist"):
        read_clips(tmp_path / "missing")
    (tmp_path / "0_real").mkdir()
    with pytest.raises(DatasetError, match="there is no video"):
        read_clips(tmp_path)
    write_manifest(tmp_path / "manifest.csv", [row()])
    assert [clip.file for clip in read_clips(tmp_path)] == ["a.mp4"]


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9), st.integers(0, 7)), min_size=1, max_size=60),
    st.integers(2, 6),
)
def test_folds_keep_sources_and_speakers_whole(people: list[tuple[int, int, int]], folds: int) -> None:
    clips = tuple(
        clip_of(Path(f"{place}.mp4"), label=label, speaker=f"p{speaker}", source=f"q{source}")
        for place, (label, speaker, source) in enumerate(people)
    )
    assigned = assign_folds(clips, folds)
    assert assigned == assign_folds(clips, folds)
    assert {clip.fold for clip in assigned} <= set(range(1, folds + 1))
    by_source = len({clip.source for clip in clips}) >= folds
    for name in ("speaker", *(["source"] if by_source else [])):
        for value in {getattr(clip, name) for clip in clips}:
            assert len({clip.fold for clip in assigned if getattr(clip, name) == value}) == 1


def test_folds_are_balanced_where_clips_are_strangers() -> None:
    clips = tuple(
        clip_of(Path(f"{place}.mp4"), label=place % 2, speaker=f"p{place}", source=f"q{place}") for place in range(50)
    )
    for label in (REAL, FAKE):
        counts = [sum(c.fold == fold and c.label == label for c in assign_folds(clips)) for fold in range(1, 6)]
        assert counts == [5] * 5
