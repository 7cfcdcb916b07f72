from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from clips_support import face_clip, faceless_clip
from media_support import write_image
from network_support import tiny_checkpoint
from scores_support import RULE

from lipfd_desktop.cli.commands import _progress, _summary
from lipfd_desktop.cli.main import main, parse_range
from lipfd_desktop.engine.facade import Engine
from lipfd_desktop.errors import ExportError, SettingsError
from lipfd_desktop.result import VerdictRule
from tests import report_support as support


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
    assert document["prediction"] == "INCONCLUSIVE"
    assert "never trained" in document["verdict"]["reason"]
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
    assert lines[1]["prediction"] == "INCONCLUSIVE"


def test_several_videos_need_a_folder_for_reports(
    clip: Path, guided_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = face_clip(tmp_path / "other.mp4")
    assert analyze(clip, other, "--model", guided_model, "--csv", tmp_path / "all.csv") == 2
    assert "must be an existing folder" in capsys.readouterr().err
    (tmp_path / "out").mkdir()
    assert analyze(clip, other, "--model", guided_model, "--csv", tmp_path / "out") == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["other.csv", "speaker.csv"]


def pretend(monkeypatch: pytest.MonkeyPatch, outcomes: dict[str, Exception] | None = None) -> list[Path]:
    """Replace the analysis: a finished result, or the exception of that file name; returns what was analysed."""
    analysed: list[Path] = []

    def analyze(_engine: Engine, request: Any, **_others: Any) -> Any:
        analysed.append(request.path)
        if outcomes and request.path.name in outcomes:
            raise outcomes[request.path.name]
        return support.make_result(request.path)

    monkeypatch.setattr(Engine, "analyze", analyze)
    monkeypatch.setattr(Engine, "resolve_model", lambda _engine, _name: support.make_result().model)
    return analysed


def test_reports_come_in_another_language_and_data_in_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(monkeypatch)
    page, data = tmp_path / "report.html", tmp_path / "report.json"
    outputs = ("--html", page, "--json", data, "--date", "2026-03-04")
    assert analyze(tmp_path / "a.mp4", *outputs) == 0
    english, record = page.read_text(encoding="utf-8"), data.read_bytes()
    assert '<html lang="en">' in english
    assert analyze(tmp_path / "a.mp4", *outputs, "--language", "es") == 0
    spanish = page.read_text(encoding="utf-8")
    assert '<html lang="es">' in spanish
    assert "Examination for lip-sync forgery" in english
    assert "Examination for lip-sync forgery" not in spanish
    assert data.read_bytes() == record
    assert "likely authentic: the clip score" in capsys.readouterr().err
    with pytest.raises(SystemExit) as refused:
        analyze(tmp_path / "a.mp4", "--language", "fr")
    assert refused.value.code == 2


def test_the_option_says_the_kind_not_the_suffix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(monkeypatch)
    report, data = tmp_path / "report.bin", tmp_path / "out"
    assert analyze(tmp_path / "a.mp4", "--pdf", report, "--json", data) == 0
    assert report.read_bytes().startswith(b"%PDF")
    assert json.loads(data.read_text(encoding="utf-8"))["prediction"] == "REAL"
    assert capsys.readouterr().out == ""


def test_a_report_that_fails_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(monkeypatch)
    export, table = Engine.export, tmp_path / "table.csv"

    def full_disk(engine: Engine, result: Any, path: Path, *, kind: str, **details: Any) -> None:
        if kind == "json":
            raise ExportError(f"{path.name}: could not be written: the disk is full.")
        export(engine, result, path, kind=kind, **details)

    monkeypatch.setattr(Engine, "export", full_disk)
    assert analyze(tmp_path / "a.mp4", "--json", tmp_path / "data.json", "--csv", table) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first == "lipfd: data.json: could not be written: the disk is full."
    assert "a.mp4: likely authentic" in second
    assert table.stat().st_size > 0


def test_what_the_examiner_adds_goes_into_the_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)
    details = ("--examiner", "Ana", "--case-number", "7", "--date", "2026-03-04", "--without", "stills", "--notes", "n")
    assert analyze(tmp_path / "a.mp4", "--json", tmp_path / "data.json", "--html", tmp_path / "r.html", *details) == 0
    report = json.loads((tmp_path / "data.json").read_text(encoding="utf-8"))["report"]
    assert (report["examiner"], report["case_number"], report["date"], report["notes"]) == (
        "Ana",
        "7",
        "2026-03-04",
        "n",
    )
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Left out of this report by choice: evidence stills." in page


def test_a_date_that_is_none_is_refused_before_any_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert analyze(tmp_path / "a.mp4", "--date", "soon") == 2
    assert "--date soon: this is no date" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["{}/a.mp4", "--json", "{}/a.mp4"], "video to examine"),
        (["{}/b.mp4", "{}/a.json", "--json", "{}"], "video to examine"),
        (["{}/a.mp4", "{}/A.mkv", "--csv", "{}"], "same name"),
        (["{}/a.mp4", "--json", "{}/x", "--csv", "{}/x"], "same file name"),
        (["{}/a.mp4", "--pdf", "{}"], "this is a folder"),
        (["{}/a.mp4", "--pdf", "{}/none/a.pdf"], "does not exist"),
        (["{}/a.mp4", "--pdf", "{}/" + "long" * 100], "too long"),
    ],
)
def test_outputs_are_refused_before_the_analysis(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    word: str,
) -> None:
    analysed = pretend(monkeypatch)
    for name in ("a.mp4", "b.mp4", "a.json"):
        (tmp_path / name).write_bytes(b"evidence")
    assert analyze(*(option.format(tmp_path) for option in options)) == 2
    assert word in capsys.readouterr().err
    assert analysed == []
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"evidence"}


@pytest.mark.parametrize("debug", [False, True])
def test_a_defect_on_one_file_is_told_in_a_line_and_the_batch_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], debug: bool
) -> None:
    pretend(monkeypatch, {"a.mp4": ZeroDivisionError("division\nby zero")})
    monkeypatch.setenv("LIPFD_DEBUG", "1" if debug else "0")
    assert analyze(tmp_path / "a.mp4", tmp_path / "b.mp4") == 1
    output = capsys.readouterr()
    failure, result = (json.loads(line) for line in output.out.splitlines())
    assert failure["error"]["type"] == "ZeroDivisionError"
    assert result["prediction"] == "REAL"
    lines = output.err.splitlines()
    assert lines[0] == (
        "lipfd: a.mp4: ZeroDivisionError: division by zero. This is a defect of the program; please report it."
    )
    assert ("Traceback (most recent call last):" in lines) == debug
    assert (len(lines) == 1) != debug


def test_a_defect_anywhere_else_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_engine: Engine) -> None:
        raise KeyError("cuda")

    monkeypatch.setattr(Engine, "devices", broken)
    assert main(["devices"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("lipfd: KeyError: 'cuda'. This is a defect of the program")


def test_names_cannot_command_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "a\x1b[2Jb.mp4"
    assert analyze(tmp_path / name, "--model", "no\x1bmodel") == 2
    pretend(monkeypatch, {"c\x1b.mp4": ValueError("\x1b[31m")})
    assert analyze(tmp_path / name, "--json", tmp_path / "out") == 0
    assert analyze(tmp_path / "c\x1b.mp4") == 1
    output = capsys.readouterr()
    assert "\x1b" not in output.err
    assert "a\\x1b[2Jb.mp4" in output.err


def test_the_progress_bar_shows_names_harmlessly(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    screen.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", screen)
    with _progress("evil\x1b]0;title\x07.mp4", quiet=False):
        pass
    assert "evil\\x1b]0;title\\x07.mp4" in screen.getvalue()


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_reader_at_a_terminal_gets_the_verdict_after_the_document(
    is_terminal: bool,
    clip: Path,
    guided_model: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    assert main(["analyze", str(clip), "--model", str(guided_model), "--quiet"]) == 0
    output = capsys.readouterr()
    assert json.loads(output.out)["model"]["trained"] is False
    assert ("no verdict: test weights" in output.err) == is_terminal


@pytest.mark.parametrize("trained", [True, False])
def test_the_summary_gives_no_verdict_for_test_weights(trained: bool) -> None:
    model = dataclasses.replace(support.make_result().model, trained=trained)
    summary = _summary(support.make_result(model=model))
    assert ("likely authentic: the clip score of face 1" in summary) == trained
    assert ("no verdict: test weights" in summary) != trained
    assert ("0.464" in summary) == trained


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


@pytest.fixture
def nothing_bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lipfd_desktop.network.registry.resources_dir", lambda: tmp_path)


@pytest.mark.usefixtures("nothing_bundled")
def test_without_a_model_it_says_so_and_shows_no_numbers(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert analyze(clip) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "detection model is installed" in output.err


@pytest.mark.usefixtures("nothing_bundled")
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


@pytest.mark.parametrize(("rule", "words"), [(None, "Not calibrated"), (RULE, "4.3 % (95 % interval 2.1 to 6.8 %)")])
def test_models_are_listed_with_their_error_rates(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    rule: VerdictRule | None,
    words: str,
) -> None:
    monkeypatch.setenv("LIPFD_MODELS", str(tmp_path / "models"))
    file = tiny_checkpoint(tmp_path / "m.safetensors", trained=True, rule=rule)
    assert main(["models", "--import", str(file), "--name", "mine"]) == 0
    capsys.readouterr()
    assert main(["models"]) == 0
    assert words in capsys.readouterr().out.partition("Published")[0]


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
        ("-1.5:3", (-1.5, 3.0)),
        ("-3:-.5", (-3.0, -0.5)),
        (":-1", (-float("inf"), -1.0)),
        ("1:05-", (65.0, float("inf"))),
        ("12-20.5", (12.0, 20.5)),
    ],
)
def test_ranges(text: str, expected: tuple[float, float]) -> None:
    assert parse_range(text) == expected


@pytest.mark.parametrize(
    "text",
    ["here:there", "5", "", "-", "0:10:0:20", "1:05:20", "1:05:1:20", "nan:5", "0:inf", "1e2:5", "1-2-3", "-1:05-1:20"],
)
def test_a_range_that_could_mean_two_things_or_nothing_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="START:END"):
        parse_range(text)


def test_the_help_explains_ranges(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["analyze", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "START:END in seconds of PTS" in text
    assert "1:05-1:20" in text


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


PRETEND = """
import sys
from lipfd_desktop.cli.main import main
from lipfd_desktop.engine.facade import Engine
from tests.report_support import make_result
Engine.resolve_model = lambda self, name: make_result().model
Engine.analyze = lambda self, request, **others: make_result(request.path)
sys.exit(main(sys.argv[1:]))
"""
"""The command with a finished result in the place of the analysis."""


@pytest.mark.parametrize("options", [[], ["--json", "/dev/stdout"]])
def test_stdout_is_utf_8_and_may_be_named_as_a_report(options: list[str]) -> None:
    if options and not Path(options[-1]).exists():
        pytest.skip("needs /dev/stdout")
    done = subprocess.run(
        [sys.executable, "-c", PRETEND, "analyze", "--quiet", "Gespräch 东.mp4", *options],
        capture_output=True,
        check=True,
        cwd=Path(__file__).parents[1],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert json.loads(done.stdout.decode("utf-8"))["media"]["path"] == "Gespräch 东.mp4"


@pytest.mark.parametrize("arguments", [["analyze"], ["analyze", "a.mp4", "--stride", "abc"], ["nonsense"], []])
def test_bad_usage_gets_one_line_and_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_gets_a_sentence() -> None:
    command = [sys.executable, "-m", "lipfd_desktop.cli.main", "models"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "could not be written" in done.stderr
    assert "Traceback" not in done.stderr
