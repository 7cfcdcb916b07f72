"""The line from file to result under the context contract, with a tiny compact network of random weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from clips_support import RATE, face_clip, portraits
from media_support import Sound
from network_support import tiny_checkpoint

from lipfd_desktop.cli.main import main
from lipfd_desktop.engine.facade import Engine
from lipfd_desktop.errors import SettingsError
from lipfd_desktop.result import AnalysisRequest, AnalysisResult, InputContract, ProgressEvent, Reason, WindowsScored


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("context") / "compact.safetensors", "context", name="tiny compact")


@pytest.fixture(scope="module")
def whole(engine: Engine, sample: Path, model: Path) -> AnalysisResult:
    return run(engine, sample, model)


def run(engine: Engine, path: Path, model: Path, **asked: object) -> AnalysisResult:
    request = AnalysisRequest(path=path, device="cpu", **asked)  # type: ignore[arg-type]
    return engine.analyze(request, model=engine.resolve_model(str(model)), on_progress=lambda event: None)


def test_every_window_of_the_sample_gets_two_answers(whole: AnalysisResult) -> None:
    scores = whole.scores
    assert whole.model.input_contract is InputContract.CONTEXT
    assert (whole.plan.stride, len(scores)) == (1, 196)
    assert whole.coverage.windows_analysed == 196
    assert scores.index.tolist() == list(range(196))
    assert np.isfinite(scores.generated).all()
    known = np.isfinite(scores.foreign_sound)
    assert known[25:-25].all()
    louder = np.fmax(scores.generated, scores.foreign_sound)
    np.testing.assert_allclose(scores.score, louder, atol=1e-5)
    np.testing.assert_allclose(scores.region_weights.sum(axis=1), 1, atol=1e-5)
    assert [notice.code for notice in whole.notices] == ["untrained-model"]


def test_a_range_gives_nearly_the_numbers_of_the_whole(
    engine: Engine, sample: Path, model: Path, whole: AnalysisResult
) -> None:
    part = run(engine, sample, model, time_range=(3.0, 4.0)).scores
    same = whole.scores.take(np.isin(whole.scores.first_frame, part.first_frame))
    assert len(same) == len(part) == 21
    np.testing.assert_array_equal(np.isnan(part.foreign_sound), np.isnan(same.foreign_sound))
    for name in ("generated", "foreign_sound"):
        of_all, of_whole, of_part = (logits(getattr(scores, name)) for scores in (whole.scores, same, part))
        # With 0.3 s of context around the range instead of 1.2 s the second answer is off by twice the spread.
        assert np.abs(of_whole - of_part).max() < 0.2 * of_all[25:-25].std(), name


def logits(scores: np.ndarray) -> np.ndarray:
    return np.log(scores.astype(float)) - np.log1p(-scores.astype(float))


def test_a_coarser_stride_keeps_the_numbers(engine: Engine, tmp_path: Path, model: Path) -> None:
    clip = face_clip(tmp_path / "a.mp4", 60)
    dense, coarse = (run(engine, clip, model, stride=stride).scores for stride in (1, 20))
    np.testing.assert_allclose(coarse.logit, dense.logit[::20], atol=1e-5)
    np.testing.assert_array_equal(coarse.start, dense.start[::20])


def test_sound_a_second_away_reaches_one_answer_only(engine: Engine, tmp_path: Path, model: Path) -> None:
    noise = np.random.default_rng(5).uniform(-0.5, 0.5, (1, 3 * RATE)).astype(np.float32)
    other = noise.copy()
    other[:, 2 * RATE :] = other[:, 2 * RATE :][:, ::-1]
    clips = [
        face_clip(tmp_path / f"{number}.mkv", 75, frames=portraits(75), audio=Sound(samples=samples, sample_rate=RATE))
        for number, samples in enumerate((noise, other))
    ]
    one, two = (run(engine, clip, model).scores for clip in clips)
    np.testing.assert_allclose(one.generated, two.generated, atol=1e-5)
    changed = np.abs(one.foreign_sound - two.foreign_sound) > 1e-4
    middles = (one.start + one.end) / 2
    assert not changed[middles < 0.9].any()
    assert changed[(middles > 1.2) & (middles < 2.0)].any()


def test_lost_frames_in_the_middle_are_not_bridged(engine: Engine, tmp_path: Path, model: Path) -> None:
    pts = [number / 25 for number in range(50) if not 20 <= number < 40]
    scores = run(engine, face_clip(tmp_path / "a.mkv", 30, pts=pts, sound=2.0), model).scores
    spanning = (scores.start < 0.8) & (scores.end > 1.6)
    assert (scores.reason[spanning] == Reason.FRAMES_MISSING).all()
    assert spanning.sum() == 4
    assert scores.analysed.sum() == 22
    assert scores.index.tolist() == sorted(scores.index.tolist())


def test_cancelling_keeps_what_was_done(engine: Engine, sample: Path, model: Path, whole: AnalysisResult) -> None:
    events: list[ProgressEvent] = []
    result = engine.analyze(
        AnalysisRequest(path=sample, device="cpu"),
        model=engine.resolve_model(str(model)),
        on_progress=events.append,
        is_cancelled=lambda: any(isinstance(event, WindowsScored) for event in events),
    )
    assert result.cancelled
    assert 0 < len(result.scores) < 196
    np.testing.assert_array_equal(result.scores.logit, whole.scores.logit[: len(result.scores)])


def test_compact_weights_take_no_other_window_length(engine: Engine, tmp_path: Path, model: Path) -> None:
    with pytest.raises(SettingsError, match="made for windows of 5 frames"):
        run(engine, face_clip(tmp_path / "a.mp4"), model, window_frames=4)


def test_the_command_line_imports_lists_and_uses_a_compact_model(
    sample: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIPFD_MODELS", str(tmp_path / "models"))
    assert main(["models", "--import", str(model)]) == 0
    assert main(["models"]) == 0
    assert "context contract" in capsys.readouterr().out
    options = ["--device", "cpu", "--quiet", "--model", "tiny compact", "--range", "2:5"]
    report, data = tmp_path / "report.pdf", tmp_path / "report.json"
    assert main(["analyze", str(sample), *options, "--pdf", str(report), "--json", str(data)]) == 0
    document = json.loads(data.read_text())
    assert (document["model"]["input_contract"], document["model"]["trained"]) == ("context", False)
    assert len(document["windows"]) == 71
    for window in document["windows"]:
        assert 0 <= window["generated"] <= window["score"] <= 1
        assert 0 <= window["foreign_sound"] <= 1
    assert report.read_bytes().startswith(b"%PDF")
