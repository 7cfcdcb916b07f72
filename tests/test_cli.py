from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from clips_support import face_clip, faceless_clip
from media_support import write_image

from lipfd_desktop.cli.main import main, parse_range
from lipfd_desktop.errors import SettingsError


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return face_clip(tmp_path_factory.mktemp("clip") / "speaker.mp4")


def analyze(*arguments: object) -> int:
    return main(["analyze", "--device", "cpu", "--quiet", *map(str, arguments)])


def test_the_json_goes_to_stdout_when_no_output_is_named(
    clip: Path, guided_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert analyze(clip, "--model", guided_model) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["prediction"] in {"FAKE", "REAL"}
    assert document["frames_analyzed"] == 30
    assert len(document["windows"]) == len(document["metrics"]["window_scores"]) == 26
    assert document["media"]["duration"] == pytest.approx(1.2, abs=0.1)
    assert document["model"]["input_contract"] == "guided"


def test_named_outputs_are_written_and_stdout_stays_empty(
    clip: Path, guided_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    targets = {kind: tmp_path / f"report.{kind}" for kind in ("json", "csv", "png", "pdf")}
    options = [part for kind, target in targets.items() for part in (f"--{kind}", target)]
    assert analyze(clip, "--model", guided_model, *options) == 0
    assert capsys.readouterr().out == ""
    assert len(json.loads(targets["json"].read_text())["windows"]) == 26
    with targets["csv"].open() as file:
        assert len(list(csv.DictReader(file))) == 26
    assert targets["png"].read_bytes().startswith(b"\x89PNG")
    assert targets["pdf"].read_bytes().startswith(b"%PDF")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in targets.values())


def test_several_videos_give_one_line_each_and_a_failure_does_not_stop_the_others(
    clip: Path, guided_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blank = faceless_clip(tmp_path / "blank.mp4")
    assert analyze(blank, clip, tmp_path / "missing.mp4", "--model", guided_model) == 2
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert ["error" in line for line in lines] == [True, False, True]
    assert lines[0]["error"]["type"] == "NoFaceError"
    assert lines[1]["prediction"] in {"FAKE", "REAL"}


def test_several_videos_need_a_folder_for_reports(
    clip: Path, guided_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = face_clip(tmp_path / "other.mp4")
    assert analyze(clip, other, "--model", guided_model, "--csv", tmp_path / "all.csv") == 2
    assert "must be an existing folder" in capsys.readouterr().err
    (tmp_path / "out").mkdir()
    assert analyze(clip, other, "--model", guided_model, "--csv", tmp_path / "out") == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["other.csv", "speaker.csv"]


def bad_files(folder: Path) -> dict[str, tuple[Path, str]]:
    """A file that cannot be analysed for each kind, and a word that its sentence must have."""
    text = folder / "text.mp4"
    text.write_text("this is not a video\n" * 50)
    empty = folder / "empty.mp4"
    empty.touch()
    image = folder / "image.png"
    write_image(image)
    whole = face_clip(folder / "whole.mp4")
    truncated = folder / "truncated.mp4"
    truncated.write_bytes(whole.read_bytes()[:2000])
    return {
        "text": (text, "text.mp4"),
        "empty": (empty, "empty"),
        "image": (image, "image"),
        "truncated": (truncated, "truncated.mp4"),
        "directory": (folder, "folder"),
        "missing": (folder / "missing.mp4", "missing.mp4"),
        "no audio": (face_clip(folder / "mute.mp4", audio=None), "no audio track"),
        "silence": (face_clip(folder / "silent.mp4", peak=0.0), "silent"),
        "no face": (faceless_clip(folder / "blank.mp4"), "no face"),
        "few frames": (face_clip(folder / "few.mp4", 3), "3 frames"),
    }


def test_every_bad_file_gets_one_line_and_exit_code_2(
    guided_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for kind, (path, word) in bad_files(tmp_path).items():
        report = tmp_path / "report.json"
        assert analyze(path, "--model", guided_model, "--json", report) == 2, kind
        output = capsys.readouterr()
        lines = output.err.strip().splitlines()
        assert output.out == ""
        assert len(lines) == 1, (kind, lines)
        assert lines[0].startswith("lipfd: "), kind
        assert word in lines[0], (kind, lines)
        assert not report.exists()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--stride", "0"], "stride"),
        (["--range", "5"], "START:END"),
        (["--range", "a:b"], "START:END"),
        (["--range", "90:95"], "outside"),
        (["--device", "abacus"], "abacus"),
        (["--threshold", "2"], "between 0 and 1"),
        (["--face", "9"], "no face 9"),
        (["--model", "nonesuch"], "nonesuch"),
        (["--json", "no/such/folder/a.json"], "no/such/folder"),
    ],
)
def test_bad_options_get_one_line_and_exit_code_2(
    clip: Path, guided_model: Path, capsys: pytest.CaptureFixture[str], options: list[str], word: str
) -> None:
    model = [] if "--model" in options else ["--model", guided_model]
    assert analyze(clip, *model, *options) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert word in lines[0]


def test_without_a_model_it_says_so_and_shows_no_numbers(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert analyze(clip) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "detection model is installed" in output.err


def test_models_are_imported_and_listed(official_model: Path, clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    listing = capsys.readouterr().out
    assert "No detection model is installed" in listing
    assert "No checksum was published" in listing
    assert main(["models", "--import", str(official_model), "--name", "mine"]) == 0
    assert "SHA-256" in capsys.readouterr().out
    assert main(["models"]) == 0
    assert "mine  official contract" in capsys.readouterr().out
    assert analyze(clip, "--model", "mine") == 0


def test_devices_lists_at_least_the_processor(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices"]) == 0
    assert "cpu\t" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1:2.5", (1.0, 2.5)),
        ("1:", (1.0, float("inf"))),
        (":2", (-float("inf"), 2.0)),
        ("1:05-1:20.5", (65.0, 80.5)),
        ("0:01:05-0:02:00", (65.0, 120.0)),
    ],
)
def test_ranges(text: str, expected: tuple[float, float]) -> None:
    assert parse_range(text) == expected


def test_a_range_of_words_is_refused() -> None:
    with pytest.raises(SettingsError):
        parse_range("here:there")


def test_the_real_command_keeps_stderr_to_one_line(clip: Path, guided_model: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lipfd_desktop.cli.main", "analyze", "--model", str(guided_model)]
    good = subprocess.run([*command, str(clip)], capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stderr
    assert len(json.loads(good.stdout)["windows"]) == 26
    assert good.stderr.count("\n") == 1, good.stderr  # that the weights are untrained
    bad = subprocess.run(
        [*command, str(faceless_clip(tmp_path / "b.mp4"))], capture_output=True, text=True, check=False
    )
    assert bad.returncode == 2
    assert "Traceback" not in bad.stderr
