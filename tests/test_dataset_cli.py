"""``lipfd dataset`` and ``lipfd faces``, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from clips_support import face_clip, faceless_clip
from dataset_support import avlips_folder, made_up, made_up_store

from lipfd_desktop.cli.main import main


def lipfd(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_from_a_folder_to_shards(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = avlips_folder(tmp_path / "data", frames=12)
    faceless_clip(data / "1_fake" / "blank.mp4", 12)
    (data / "0_real" / "torn.mp4").write_bytes(b"\0" * 20)
    assert lipfd("dataset", "extract", data, tmp_path / "store", "--jobs", 1, "--quiet") == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[:2] for line in out[:2]] == [
        ["skipped", "0_real/torn.mp4"],
        ["skipped", "1_fake/blank.mp4"],
    ]
    assert out[2].startswith("4 clips: 2 done, 0 there already, 2 skipped, 0 failed; the table is ")
    assert lipfd("dataset", "pack", tmp_path / "store", tmp_path / "packed") == 0
    assert "2 clips in 1 shards" in capsys.readouterr().out
    assert lipfd("dataset", "info", tmp_path / "packed") == 0
    told = capsys.readouterr().out
    assert told.startswith("2 clips in 1 files")
    assert "real: 1 clips, 1 speakers, 1 sources" in told
    assert "unknown: 1" in told


def test_nothing_but_bad_clips_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data" / "0_real").mkdir(parents=True)
    (tmp_path / "data" / "0_real" / "torn.mp4").write_bytes(b"\0" * 20)
    assert lipfd("dataset", "extract", tmp_path / "data", tmp_path / "store", "--jobs", 1, "--quiet") == 2
    assert "0 done" in capsys.readouterr().out


def test_composites_are_written_beside_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = avlips_folder(tmp_path / "data", frames=12)
    assert lipfd("dataset", "composites", data, tmp_path / "out", "--windows", 2, "--jobs", 1, "--quiet") == 0
    assert len(list((tmp_path / "out" / "0_real").glob("*_[01].png"))) == 2
    assert (tmp_path / "out" / "skipped.csv").read_text().count("\n") == 1
    assert "2 clips: 2 done" in capsys.readouterr().out


def test_facts_are_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = [
        made_up(f"c{n}", 20, seed=n, label=n % 2, speaker=f"p{n}", fold=n // 4 + 1, level=100 + 60 * (n % 2))
        for n in range(12)
    ]
    store = made_up_store(tmp_path / "store", made)
    assert lipfd("dataset", "facts", store, "--levelled", "--quiet", "--json", tmp_path / "facts.json") == 0
    out = capsys.readouterr().out
    assert "levelled windows" in out
    found = json.loads((tmp_path / "facts.json").read_text())
    assert set(found) == {"original files", "stored clips", "levelled windows"}
    loudness = next(one for one in found["levelled windows"] if one["name"] == "loudness")
    assert loudness["auc"] == 1.0
    assert "loudness" in out
    assert "tells them apart" in out


def test_a_sheet_is_written_and_summed_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = face_clip(tmp_path / "a.mp4", 12)
    assert lipfd("faces", clip, "--png", tmp_path / "sheet.png", "--quiet") == 0
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "12 frames: detected 12 (100 %)" in captured.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("dataset", "extract", "missing", "store"), "does not exist"),
        (("dataset", "extract", ".", "store"), "holds neither"),
        (("dataset", "extract", ".", "store", "--quality", "101"), "between 1 and 100"),
        (("dataset", "extract", ".", "store", "--longest", "nan"), "1 second or more"),
        (("dataset", "info", "."), "holds no extracted clips"),
        (("dataset", "facts", "."), "holds no extracted clips"),
        (("dataset", "pack", ".", "out"), "holds no extracted clips"),
        (("faces", "missing.mp4", "--png", "sheet.png"), "does not exist"),
        (("faces", "missing.mp4", "--png", "."), "name the file to write"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert lipfd(*arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("lipfd: ")
    assert error.count("\n") == 1
    assert said in error


@pytest.mark.parametrize(
    "arguments",
    [("dataset",), ("dataset", "extract", "a"), ("faces", "a"), ("dataset", "extract", "a", "b", "--jobs", "0")],
)
def test_bad_usage_is_said_in_one_line(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        lipfd(*arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
