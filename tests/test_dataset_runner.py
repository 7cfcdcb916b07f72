"""Many clips in several processes: resumed, relabelled, and never stopped by one of them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from clips_support import face_clip, faceless_clip
from dataset_support import clip_of, touch

from lipfd_desktop.dataset import extraction
from lipfd_desktop.dataset.extract import ExtractionSettings
from lipfd_desktop.dataset.extraction import SKIPPED_NAME, extract_store
from lipfd_desktop.dataset.manifest import Clip
from lipfd_desktop.dataset.runner import CRASHED, Ending, Outcome, run_clips
from lipfd_desktop.dataset.store import Store, clip_path
from lipfd_desktop.errors import ExportError

SETTINGS = ExtractionSettings()


def endings(outcomes: Sequence[Outcome]) -> dict[str, Ending]:
    return {outcome.clip.id: outcome.ending for outcome in outcomes}


def test_what_happens_to_one_clip_happens_to_no_other(tmp_path: Path) -> None:
    names = ["a", "crash-1", "b", "refused", "c", "defect", "crash-2", "d"]
    clips = [clip_of(tmp_path / f"{name}.mp4") for name in names]
    outcomes = list(run_clips(clips, touch, jobs=2))
    assert len(outcomes) == len(clips)
    assert endings(outcomes) == {
        **dict.fromkeys("abcd", Ending.DONE),
        "refused": Ending.SKIPPED,
        **dict.fromkeys(("crash-1", "crash-2", "defect"), Ending.FAILED),
    }
    reasons = {outcome.clip.id: outcome.reason for outcome in outcomes}
    assert reasons["refused"] == "refused.mp4: no face."
    assert reasons["defect"] == "ZeroDivisionError: by nought"
    assert reasons["crash-1"] == reasons["crash-2"] == CRASHED
    assert sorted(path.stem for path in tmp_path.iterdir()) == list("abcd")


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Clip], list[Outcome]]:
    """Two good clips, a faceless one and a broken one, extracted by two processes."""
    folder = tmp_path_factory.mktemp("runner")
    good = [face_clip(folder / f"{name}.mp4", 12) for name in "ab"]
    (folder / "broken.mp4").write_bytes(good[0].read_bytes()[:500])
    paths = [*good, folder / "broken.mp4", faceless_clip(folder / "blank.mp4")]
    clips = [clip_of(path, label=place % 2) for place, path in enumerate(paths)]
    return folder / "store", clips, list(extract_store(clips, folder / "store", SETTINGS, jobs=2))


def test_bad_clips_are_in_the_table_and_good_ones_in_the_store(
    extracted: tuple[Path, list[Clip], list[Outcome]],
) -> None:
    folder, _, outcomes = extracted
    assert endings(outcomes) == {
        "a": Ending.DONE,
        "b": Ending.DONE,
        "broken": Ending.SKIPPED,
        "blank": Ending.SKIPPED,
    }
    assert [clip.id for clip in Store.open(folder).clips] == ["a", "b"]
    with (folder / SKIPPED_NAME).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["file"], row["label"]) for row in rows] == [("blank.mp4", "fake"), ("broken.mp4", "real")]
    assert "no face was found" in rows[0]["reason"]
    assert "is damaged" in rows[1]["reason"]
    assert {path.suffix for path in (folder / "clips").iterdir()} == {".safetensors"}


@pytest.fixture
def forbid_work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the clips that would have been extracted, which nobody is."""
    asked: list[str] = []

    def run(clips: Sequence[Clip], _work: object, *, jobs: int) -> list[Outcome]:
        asked.extend(clip.id for clip in clips)
        return [Outcome(clip, Ending.DONE) for clip in clips]

    monkeypatch.setattr(extraction, "run_clips", run)
    return asked


def copied(extracted: tuple[Path, list[Clip], list[Outcome]], target: Path) -> tuple[Path, list[Clip]]:
    folder, clips, _ = extracted
    (target / "clips").mkdir(parents=True)
    for path in (folder / "clips").iterdir():
        (target / "clips" / path.name).write_bytes(path.read_bytes())
    return target, clips[:2]


def test_a_second_run_keeps_what_is_there(
    extracted: tuple[Path, list[Clip], list[Outcome]], tmp_path: Path, forbid_work: list[str]
) -> None:
    folder, clips = copied(extracted, tmp_path / "store")
    before = {path: path.stat().st_mtime_ns for path in (folder / "clips").iterdir()}
    assert set(endings(list(extract_store(clips, folder, SETTINGS, jobs=1))).values()) == {Ending.KEPT}
    assert forbid_work == []
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_new_labels_need_no_new_extraction(
    extracted: tuple[Path, list[Clip], list[Outcome]], tmp_path: Path, forbid_work: list[str]
) -> None:
    folder, clips = copied(extracted, tmp_path / "store")
    before = Store.open(folder).by_id["a"].face(3).copy()
    changed = [replace(clips[0], label=1, generator="new", fold=4), clips[1]]
    assert set(endings(list(extract_store(changed, folder, SETTINGS, jobs=1))).values()) == {Ending.KEPT}
    stored = Store.open(folder).by_id["a"]
    assert (stored.record.label, stored.record.generator, stored.record.fold) == (1, "new", 4)
    assert (stored.face(3) == before).all()
    assert forbid_work == []


@pytest.mark.parametrize("change", ["damaged", "other settings", "other file", "shorter"])
def test_what_is_not_as_it_should_be_is_extracted_again(
    extracted: tuple[Path, list[Clip], list[Outcome]], tmp_path: Path, forbid_work: list[str], change: str
) -> None:
    folder, clips = copied(extracted, tmp_path / "store")
    settings, stored = SETTINGS, clip_path(folder, "b")
    if change == "damaged":
        content = bytearray(stored.read_bytes())
        content[20] ^= 255
        stored.write_bytes(content)
    elif change == "shorter":
        stored.write_bytes(stored.read_bytes()[:-100])
    elif change == "other settings":
        settings = replace(SETTINGS, jpeg_quality=80)
    else:
        longer = tmp_path / "b.mp4"
        longer.write_bytes(clips[1].path.read_bytes() + b"\0")
        clips = [clips[0], replace(clips[1], path=longer)]
    list(extract_store(clips, folder, settings, jobs=1))
    assert forbid_work == (["a", "b"] if change == "other settings" else ["b"])


def test_a_store_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ExportError, match="cannot be made"):
        list(extract_store([clip_of(tmp_path / "a.mp4")], tmp_path / "file" / "store", SETTINGS, jobs=1))
