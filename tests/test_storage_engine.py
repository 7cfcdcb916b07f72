"""An analysis that was done is not done again: the engine and the command line with a cache."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from clips_support import face_clip, faceless_clip, portraits
from network_support import tiny_checkpoint
from scores_support import RULE

from lipfd_desktop.cli.main import main
from lipfd_desktop.engine import opening
from lipfd_desktop.engine.facade import Engine
from lipfd_desktop.engine.keeping import tell
from lipfd_desktop.errors import DeviceError, NoAudioError, NoFaceError, SettingsError
from lipfd_desktop.report.json_report import to_document
from lipfd_desktop.result import (
    AnalysisRequest,
    AnalysisResult,
    DeviceInfo,
    FacesFollowed,
    Notice,
    Noticed,
    ProgressEvent,
    Started,
    WindowScores,
    WindowsScored,
)
from lipfd_desktop.storage.cache import ResultCache
from tests.storage_support import differences


@pytest.fixture
def cache(tmp_path: Path) -> ResultCache:
    return ResultCache(tmp_path / "kept")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return face_clip(tmp_path_factory.mktemp("clip") / "speaker.mp4")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that says trained, so that its scores decide."""
    return tiny_checkpoint(tmp_path_factory.mktemp("trained") / "trained.safetensors", "guided", trained=True)


def run(
    engine: Engine, path: Path, model: Path, events: list[ProgressEvent] | None = None, **asked: object
) -> AnalysisResult:
    request = AnalysisRequest(path=path, **({"device": "cpu"} | asked))  # type: ignore[arg-type]
    on_progress = (events if events is not None else []).append
    return engine.analyze(request, model=engine.resolve_model(str(model)), on_progress=on_progress)


@pytest.fixture
def nothing_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any attempt to load a network, to follow faces or to listen fails from now on."""
    from lipfd_desktop.engine import analysis

    def refuse(*_args: object, **_others: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(Engine, "_load", refuse)
    monkeypatch.setattr(analysis, "analyze", refuse)
    monkeypatch.setattr(opening, "listen", refuse)
    monkeypatch.setattr(opening, "scan_frame_times", refuse)


def document(result: AnalysisResult) -> dict[str, object]:
    return {name: value for name, value in to_document(result).items() if name != "from_cache"}


def test_the_second_analysis_computes_nothing_and_says_the_same(
    clip: Path, trained: Path, cache: ResultCache, request: pytest.FixtureRequest
) -> None:
    told: list[ProgressEvent] = []
    retold: list[ProgressEvent] = []
    first = run(Engine(cache=cache), clip, trained, told)
    request.getfixturevalue("nothing_computes")
    engine = Engine(cache=cache)
    opened = engine.open(clip)
    again = run(engine, clip, trained, retold)
    assert (first.from_cache, again.from_cache) == (False, True)
    assert differences(replace(again, from_cache=False), first) == []
    assert document(again) == document(first)
    assert len(opened.frame_times) == 30
    assert opened.mel is not None
    assert opened.wave is not None
    assert opened.wave.end == pytest.approx(opened.mel.end, abs=0.05)
    assert opened.wave.high.max() > 0
    assert_same_events(told, retold)


def assert_same_events(told: list[ProgressEvent], retold: list[ProgressEvent]) -> None:
    for kind in (Started, Noticed):
        assert of(kind, told) == of(kind, retold)
    for name in FacesFollowed.__slots__:
        one, other = (
            np.concatenate([getattr(event, name) for event in of(FacesFollowed, events)]) for events in (told, retold)
        )
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
    one, other = (
        WindowScores.concatenate([event.scores for event in of(WindowsScored, events)]) for events in (told, retold)
    )
    assert differences(one, other) == []
    last, again = of(WindowsScored, told)[-1], of(WindowsScored, retold)[-1]
    assert (last.done, last.total) == (again.done, again.total)


Event = TypeVar("Event")


def of(kind: type[Event], events: Iterable[object]) -> list[Event]:
    return [event for event in events if isinstance(event, kind)]


def test_a_changed_threshold_decides_anew_without_computing(
    clip: Path, trained: Path, cache: ResultCache, request: pytest.FixtureRequest
) -> None:
    first = run(Engine(cache=cache), clip, trained)
    fresh = {threshold: run(Engine(), clip, trained, threshold=threshold) for threshold in (0.05, 0.95)}
    request.getfixturevalue("nothing_computes")
    for threshold, computed in fresh.items():
        result = run(Engine(cache=cache), clip, trained, threshold=threshold)
        assert result.from_cache
        assert (result.threshold, result.verdict) == (threshold, computed.verdict)
        assert result.verdict != first.verdict
        assert document(result)["settings"] == document(computed)["settings"]
        assert document(result)["spans"] == document(computed)["spans"]
    assert run(Engine(cache=cache), clip, trained).verdict == first.verdict


def test_a_rule_decides_a_kept_result_too(
    clip: Path, tmp_path: Path, cache: ResultCache, request: pytest.FixtureRequest
) -> None:
    model = tiny_checkpoint(tmp_path / "ruled.safetensors", "context", trained=True, rule=RULE)
    first = run(Engine(cache=cache), clip, model)
    request.getfixturevalue("nothing_computes")
    again = run(Engine(cache=cache), clip, model)
    assert again.verdict == first.verdict
    assert document(again) == document(first)


def test_a_copy_under_another_name_is_known_and_named(
    clip: Path, trained: Path, cache: ResultCache, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    first = run(Engine(cache=cache), clip, trained)
    request.getfixturevalue("nothing_computes")
    copy = tmp_path / "evidence 7.mp4"
    shutil.copyfile(clip, copy)
    os.utime(copy, (1e9, 1e9))
    again = run(Engine(cache=cache), copy, trained)
    assert again.from_cache
    assert again.request.path == again.media.path == copy
    assert again.media.modified.startswith("2001-09-09")
    assert clip.name not in json.dumps(to_document(again))
    np.testing.assert_array_equal(again.scores.logit, first.scores.logit)


def kept_with(cache: ResultCache, clip: Path, model: Path, **changes: object) -> None:
    """Analyse, and change what is kept."""
    put = cache.put
    cache.put = lambda key, result: put(key, replace(result, **changes))  # type: ignore[method-assign, arg-type]
    run(Engine(cache=cache), clip, model)
    cache.put = put  # type: ignore[method-assign]


def test_notices_that_name_another_file_are_not_shown_for_this_one(
    clip: Path, trained: Path, cache: ResultCache, tmp_path: Path
) -> None:
    kept_with(cache, clip, trained, notices=(Notice("damaged", f"{clip.name} is damaged."),))
    assert run(Engine(cache=cache), clip, trained).from_cache
    copy = Path(shutil.copyfile(clip, tmp_path / "copy.mp4"))
    result = run(Engine(cache=cache), copy, trained)
    assert not result.from_cache
    assert result.notices == ()


def test_what_other_libraries_computed_is_computed_again(clip: Path, trained: Path, cache: ResultCache) -> None:
    older = run(Engine(), clip, trained).versions | {"torch": "1.0"}
    kept_with(cache, clip, trained, versions=older)
    assert not run(Engine(cache=cache), clip, trained).from_cache
    assert run(Engine(cache=cache), clip, trained).from_cache


def test_a_changed_file_is_analysed_anew(clip: Path, trained: Path, cache: ResultCache, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    shutil.copyfile(clip, path)
    engine = Engine(cache=cache)
    first = run(engine, path, trained)
    face_clip(path, 40)
    second = run(engine, path, trained)
    assert not second.from_cache
    assert second.sha256 != first.sha256
    assert second.plan.frames_total == 40


def test_other_settings_and_other_models_are_computed(
    clip: Path, trained: Path, guided_model: Path, cache: ResultCache
) -> None:
    engine = Engine(cache=cache)
    run(engine, clip, trained)
    asked = [{"stride": 2}, {"time_range": (0.0, 0.8)}, {"face": 0}, {"window_frames": 6}]
    assert not any(run(engine, clip, trained, **one).from_cache for one in asked)
    assert not run(engine, clip, guided_model).from_cache
    assert all(run(engine, clip, trained, **one).from_cache for one in asked)


def test_auto_and_the_device_that_it_means_share_a_result(
    clip: Path, trained: Path, cache: ResultCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lipfd_desktop.network import device

    monkeypatch.setattr(device, "available_devices", lambda: [DeviceInfo("cpu", "cpu", "a CPU")])
    run(Engine(cache=cache), clip, trained, device="auto")
    explicit = run(Engine(cache=cache), clip, trained, device="cpu")
    assert explicit.from_cache
    assert (explicit.device.requested, explicit.device.name) == ("cpu", "cpu")
    with pytest.raises(DeviceError):
        run(Engine(cache=cache), clip, trained, device="cuda")
    other = ResultCache(tmp_path / "other")
    run(Engine(cache=other), clip, trained, device="cpu")
    automatic = run(Engine(cache=other), clip, trained, device="auto")
    assert automatic.from_cache
    assert automatic.device.requested == "auto"


def test_a_device_that_means_nothing_is_refused_even_if_the_result_is_known(
    clip: Path, trained: Path, cache: ResultCache
) -> None:
    run(Engine(cache=cache), clip, trained)
    with pytest.raises(SettingsError, match="no device"):
        run(Engine(cache=cache), clip, trained, device="toaster")


def test_a_cancelled_analysis_is_not_kept(clip: Path, trained: Path, cache: ResultCache) -> None:
    engine, scored = Engine(cache=cache), False

    def on_progress(event: ProgressEvent) -> None:
        nonlocal scored
        scored |= isinstance(event, WindowsScored)

    request = AnalysisRequest(path=clip, device="cpu")
    model = engine.resolve_model(str(trained))
    result = engine.analyze(request, model=model, on_progress=on_progress, is_cancelled=lambda: scored)
    assert result.cancelled
    assert cache.size().results == 0
    assert not run(engine, clip, trained).from_cache


def test_a_file_that_changes_meanwhile_is_not_kept(
    clip: Path, trained: Path, cache: ResultCache, tmp_path: Path
) -> None:
    path = Path(shutil.copyfile(clip, tmp_path / "a.mp4"))
    engine = Engine(cache=cache)

    def on_progress(event: ProgressEvent) -> None:
        if isinstance(event, Started):
            os.utime(path, (1e9, 1e9))

    request = AnalysisRequest(path=path, device="cpu")
    model = engine.resolve_model(str(trained))
    result = engine.analyze(request, model=model, on_progress=on_progress)
    assert "file-changed" in {notice.code for notice in result.notices}
    assert cache.size().results == 0


def test_files_that_cannot_be_analysed_stay_so(trained: Path, cache: ResultCache, tmp_path: Path) -> None:
    silent, blank = tmp_path / "silent.mp4", faceless_clip(tmp_path / "blank.mp4")
    face_clip(silent, audio=None)
    for _ in range(2):
        with pytest.raises(NoAudioError):
            run(Engine(cache=cache), silent, trained)
        with pytest.raises(NoFaceError):
            run(Engine(cache=cache), blank, trained)
    assert (cache.size().results, cache.size().opened) == (0, 2)


def test_without_a_cache_everything_is_computed_and_nothing_kept(clip: Path, trained: Path) -> None:
    assert not any(run(Engine(), clip, trained).from_cache for _ in range(2))
    assert ResultCache().size().bytes == 0


def test_a_cache_that_cannot_be_used_does_not_disturb(clip: Path, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("in the way")
    cache = ResultCache(tmp_path / "kept")
    assert not any(run(Engine(cache=cache), clip, trained).from_cache for _ in range(2))


def test_damaged_entries_are_computed_again(clip: Path, trained: Path, cache: ResultCache) -> None:
    first = run(Engine(cache=cache), clip, trained)
    for entry in cache.folder.iterdir():
        entry.write_bytes(b"rubbish")
    again = run(Engine(cache=cache), clip, trained)
    assert not again.from_cache
    np.testing.assert_array_equal(again.scores.logit, first.scores.logit)
    assert run(Engine(cache=cache), clip, trained).from_cache


def test_a_known_result_needs_no_torch(sample: Path, tmp_path: Path) -> None:
    """Importing torch alone takes longer than reopening may take."""
    code = (
        "import sys\n"
        "from lipfd_desktop.cli.main import main\n"
        "code = main(['analyze', '--quiet', '--stride', '40', sys.argv[1]])\n"
        "print('torch' in sys.modules, file=sys.stderr)\n"
        "sys.exit(code)"
    )
    environment = os.environ | {"LIPFD_CACHE": str(tmp_path / "kept")}
    loaded, documents = [], []
    for _ in range(2):
        ran = subprocess.run(
            [sys.executable, "-c", code, sample], env=environment, capture_output=True, text=True, check=True
        )
        documents.append(json.loads(ran.stdout))
        loaded.append(ran.stderr.splitlines()[-1])
    assert loaded == ["True", "False"]
    assert [one.pop("from_cache") for one in documents] == [False, True]
    assert documents[0] == documents[1]


def test_a_long_result_is_told_in_pieces(clip: Path, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lipfd_desktop.engine import keeping

    events: list[ProgressEvent] = []
    told: list[ProgressEvent] = []
    engine = Engine()
    result = run(engine, clip, trained, told)
    monkeypatch.setattr(keeping, "_PIECE", 10)
    tell(result, engine.open(clip).frame_times, events.append)
    pieces = of(WindowsScored, events)
    assert [len(piece.scores) for piece in pieces] == [10, 10, 6]
    assert [piece.done for piece in pieces] == [10, 20, 26]
    assert pieces[-1].elapsed == pytest.approx(result.processing_time)
    assert_same_events(told, events)


def test_frames_without_a_face_are_told(trained: Path, tmp_path: Path, cache: ResultCache) -> None:
    blank = np.full((240, 320, 3), 100, np.uint8)
    clip = face_clip(tmp_path / "a.mp4", 40, frames=[blank] * 10 + portraits(20) + [blank] * 10)
    told: list[ProgressEvent] = []
    retold: list[ProgressEvent] = []
    asked = {"time_range": (0.2, 1.5)}
    run(Engine(cache=cache), clip, trained, told, **asked)
    assert run(Engine(cache=cache), clip, trained, retold, **asked).from_cache
    assert any((event.face == -1).any() for event in of(FacesFollowed, retold))
    assert_same_events(told, retold)


def analyze(*arguments: object) -> int:
    return main(["analyze", "--device", "cpu", "--quiet", *map(str, arguments)])


def test_the_command_line_keeps_results_unless_told_not_to(
    clip: Path, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def from_cache(*options: str) -> bool:
        assert analyze(clip, "--model", trained, *options) == 0
        known: bool = json.loads(capsys.readouterr().out)["from_cache"]
        return known

    assert not from_cache("--no-cache")
    assert ResultCache().size().bytes == 0
    assert not from_cache()
    assert from_cache()
    assert from_cache("--threshold", "0.9")
    assert not from_cache("--no-cache")


def test_the_command_line_says_that_a_result_is_of_earlier(
    clip: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "a.json"
    assert analyze(clip, "--model", trained, "--json", target) == 0
    assert "kept from" not in capsys.readouterr().err
    assert analyze(clip, "--model", trained, "--json", target) == 0
    assert f"kept from {json.loads(target.read_text())['started_at']}" in capsys.readouterr().err


def test_the_command_line_shows_and_clears_the_cache(
    clip: Path, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    analyze(clip, "--model", trained)
    capsys.readouterr()
    assert main(["cache"]) == 0
    shown = capsys.readouterr().out
    assert str(ResultCache().folder) in shown
    assert "1 result, 1 opened file;" in shown
    assert main(["cache", "--clear"]) == 0
    assert "0 results, 0 opened files; 0.0 of at most 1024 MiB" in capsys.readouterr().out
    assert ResultCache().size().bytes == 0


def test_anew_computes_although_a_result_is_kept(cache: ResultCache, clip: Path, trained: Path) -> None:
    engine, request = Engine(cache=cache), AnalysisRequest(path=clip, device="cpu")
    model = engine.resolve_model(str(trained))

    def computed(*, anew: bool = False) -> bool:
        result = engine.analyze(request, model=model, on_progress=lambda _event: None, anew=anew)
        return not result.from_cache

    assert [computed(), computed(), computed(anew=True), computed()] == [True, False, True, False]
    assert engine.forget_results() == 1
    assert computed()
