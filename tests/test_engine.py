"""The whole line on real files, with a tiny network of random weights: only what does not depend on the weights."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from clips_support import RATE, face_clip, faceless_clip, pasted, portraits
from media_support import Sound, tone
from network_support import tiny_checkpoint
from scores_support import RULE

from lipfd_desktop.engine.facade import Engine
from lipfd_desktop.errors import (
    FaceTooSmallError,
    LipfdError,
    NoAudioError,
    NoFaceError,
    SettingsError,
    SilentAudioError,
    TooFewFramesError,
)
from lipfd_desktop.media.frames import read_frames
from lipfd_desktop.network.model import LipFD
from lipfd_desktop.result import (
    WHOLE_PICTURE,
    AnalysisRequest,
    AnalysisResult,
    FacesFollowed,
    Noticed,
    Outcome,
    ProgressEvent,
    Reason,
    Started,
    WindowScores,
    WindowsScored,
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def run(
    engine: Engine, path: Path, model: Path, events: list[ProgressEvent] | None = None, **asked: object
) -> AnalysisResult:
    request = AnalysisRequest(path=path, device="cpu", **asked)  # type: ignore[arg-type]
    on_progress = (events if events is not None else []).append
    return engine.analyze(request, model=engine.resolve_model(str(model)), on_progress=on_progress)


def test_every_window_of_the_sample_is_analysed(engine: Engine, sample: Path, guided_model: Path) -> None:
    events: list[ProgressEvent] = []
    result = run(engine, sample, guided_model, events)
    assert (result.plan.stride, result.plan.windows_total) == (1, 196)
    assert len(result.scores) == result.coverage.windows_analysed == 196
    assert result.coverage.frames_by_path["detected"] >= 198
    assert result.coverage.seconds_analysed == pytest.approx(8.0, abs=0.01)
    assert result.coverage.complete
    assert [face.id for face in result.faces] == [0]
    assert (result.device.name, result.model.trained) == ("cpu", False)
    weights = result.scores.region_weights
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)
    assert weights.min() >= 0.155
    assert weights.max() <= 0.577
    np.testing.assert_allclose(result.scores.score, 1 / (1 + np.exp(-result.scores.logit)), atol=1e-5)
    assert result.verdict.score == pytest.approx(result.scores.score.mean(), abs=1e-6)
    _events_tell_the_result(events, result)


def test_a_calibrated_model_answers_by_its_rule_at_any_stride(engine: Engine, sample: Path, tmp_path: Path) -> None:
    model = tiny_checkpoint(tmp_path / "ruled.safetensors", "context", trained=True, rule=RULE)
    dense, sparse = (run(engine, sample, model, time_range=(0.0, 4.0), stride=stride) for stride in (1, 5))
    for result in (dense, sparse):
        verdict = result.verdict
        assert result.model.rule == RULE
        assert verdict.calibrated
        assert verdict.outcome is not Outcome.INCONCLUSIVE or "between 0.300 and 0.700" in verdict.reason
        assert verdict.generated is not None
        assert verdict.foreign_sound is not None
        assert verdict.score == max(verdict.generated, verdict.foreign_sound)
    assert dense.verdict.generated == pytest.approx(sparse.verdict.generated, abs=0.05)
    assert dense.verdict.foreign_sound == pytest.approx(sparse.verdict.foreign_sound, abs=0.05)


def test_weights_that_were_never_trained_decide_nothing(engine: Engine, sample: Path, guided_model: Path) -> None:
    result = run(engine, sample, guided_model, time_range=(0.0, 2.0))
    assert result.verdict.outcome is Outcome.INCONCLUSIVE
    assert "never trained" in result.verdict.reason


def _events_tell_the_result(events: list[ProgressEvent], result: AnalysisResult) -> None:
    assert [type(event) for event in events].count(Started) == 1
    told = [event for event in events if isinstance(event, WindowsScored)]
    joined = WindowScores.concatenate([event.scores for event in told])
    np.testing.assert_array_equal(joined.score, result.scores.score)
    assert [event.done for event in told] == sorted(event.done for event in told)
    assert told[-1].done == told[-1].total
    boxes = np.concatenate([event.boxes for event in events if isinstance(event, FacesFollowed)])
    np.testing.assert_array_equal(boxes, result.tracks[0].boxes)


def test_the_same_file_gives_the_same_numbers(engine: Engine, tmp_path: Path, guided_model: Path) -> None:
    clip = face_clip(tmp_path / "a.mp4")
    first, second = (run(Engine(), clip, guided_model) for _ in range(2))
    np.testing.assert_array_equal(first.scores.logit, second.scores.logit)
    assert first.sha256 == second.sha256


def test_opening_first_changes_nothing(tmp_path: Path, guided_model: Path) -> None:
    clip, engine = face_clip(tmp_path / "a.mp4"), Engine()
    cold = run(engine, clip, guided_model)
    opened = engine.open(clip)
    assert opened.mel is not None
    assert len(opened.frame_times) == 30
    np.testing.assert_array_equal(run(engine, clip, guided_model).scores.logit, cold.scores.logit)


def test_the_sound_reaches_the_score_under_both_contracts(
    engine: Engine, tmp_path: Path, guided_model: Path, official_model: Path
) -> None:
    one = face_clip(tmp_path / "one.mp4")
    noise = np.random.default_rng(5).uniform(-0.5, 0.5, (1, round(1.2 * RATE))).astype(np.float32)
    other = face_clip(tmp_path / "other.mp4", audio=Sound(samples=noise, sample_rate=RATE))
    for model in (guided_model, official_model):
        quiet, loud = (run(engine, clip, model).scores.logit for clip in (one, other))
        assert np.abs(quiet - loud).max() > 1e-3


def test_a_denser_stride_keeps_the_windows_of_a_coarser_one(engine: Engine, tmp_path: Path, guided_model: Path) -> None:
    clip = face_clip(tmp_path / "a.mp4")
    dense, coarse = (run(engine, clip, guided_model, stride=stride) for stride in (1, 3))
    np.testing.assert_allclose(coarse.scores.logit, dense.scores.logit[::3], atol=1e-5)
    np.testing.assert_array_equal(coarse.scores.start, dense.scores.start[::3])


def test_time_is_that_of_the_file(engine: Engine, tmp_path: Path, guided_model: Path) -> None:
    late = face_clip(
        tmp_path / "late.mkv", start=5.0, audio=Sound(samples=tone(1.2, sample_rate=RATE), sample_rate=RATE, start=5.0)
    )
    result = run(engine, late, guided_model)
    assert result.coverage.complete
    assert result.scores.start[0] == pytest.approx(5.0)
    assert result.scores.end[-1] == pytest.approx(6.2, abs=0.002)


def test_windows_of_a_variable_rate_end_where_the_next_frame_begins(
    engine: Engine, tmp_path: Path, guided_model: Path
) -> None:
    steps = np.tile([0.02, 0.08, 0.04], 10)
    pts = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    clip = face_clip(tmp_path / "vfr.mp4", pts=pts.tolist())
    scores = run(engine, clip, guided_model).scores
    np.testing.assert_allclose(scores.start, pts[:26], atol=1e-4)
    np.testing.assert_allclose(scores.end[:-1], pts[5:30], atol=1e-4)


def test_a_turned_file_is_analysed_upright(engine: Engine, tmp_path: Path, guided_model: Path) -> None:
    upright, turned = face_clip(tmp_path / "a.mp4"), face_clip(tmp_path / "b.mp4", rotation=90)
    one, other = run(engine, upright, guided_model), run(engine, turned, guided_model)
    assert other.coverage.windows_analysed == 26
    np.testing.assert_allclose(one.tracks[0].boxes, other.tracks[0].boxes, atol=8)


def test_a_range_gives_the_windows_inside_it(engine: Engine, tmp_path: Path, guided_model: Path) -> None:
    clip = face_clip(tmp_path / "a.mp4")
    part = run(engine, clip, guided_model, time_range=(0.4, 0.8))
    assert part.plan.frames_total == 10
    assert part.scores.start[0] == pytest.approx(0.4)
    assert part.scores.end[-1] == pytest.approx(0.8)
    assert part.scores.first_frame.tolist() == list(range(10, 16))


def test_a_range_gives_nearly_the_numbers_of_the_whole(engine: Engine, sample: Path, guided_model: Path) -> None:
    """Tracking has its own history in each pass; what is left of it must be small against what scores differ by."""
    whole = run(engine, sample, guided_model, time_range=(1.0, 4.0)).scores
    part = run(engine, sample, guided_model, time_range=(3.0, 4.0)).scores
    same = whole.logit[np.isin(whole.first_frame, part.first_frame)]
    assert len(same) == len(part.logit) == 21
    assert np.abs(same - part.logit).max() < 0.2 * whole.logit.std()


def test_lost_frames_in_the_middle_are_told_and_not_bridged(engine: Engine, tmp_path: Path, guided_model: Path) -> None:
    pts = [number / 25 for number in range(50) if not 20 <= number < 40]
    clip = face_clip(tmp_path / "a.mkv", 30, pts=pts, sound=2.0)
    scores = run(engine, clip, guided_model).scores
    spanning = (scores.start < 0.8) & (scores.end > 1.6)
    assert (scores.reason[spanning] == Reason.FRAMES_MISSING).all()
    assert spanning.sum() == 4
    assert scores.analysed.sum() == 22


def test_official_scores_belong_to_the_whole_picture(engine: Engine, tmp_path: Path, official_model: Path) -> None:
    result = run(engine, face_clip(tmp_path / "a.mp4"), official_model)
    assert set(result.scores.face.tolist()) == {WHOLE_PICTURE}
    assert result.verdict.face is None
    assert result.verdict.score == pytest.approx(float(result.scores.score.mean()), abs=1e-6)


@pytest.mark.parametrize("frames", [1, 3, 9])
def test_the_window_length_is_a_setting_of_guided_models(
    engine: Engine, tmp_path: Path, guided_model: Path, frames: int
) -> None:
    result = run(engine, face_clip(tmp_path / "a.mp4"), guided_model, window_frames=frames)
    assert result.scores.region_weights.shape == (31 - frames, 3, frames)


def test_official_weights_take_no_other_window_length(engine: Engine, tmp_path: Path, official_model: Path) -> None:
    with pytest.raises(SettingsError, match="made for windows of 5 frames"):
        run(engine, face_clip(tmp_path / "a.mp4"), official_model, window_frames=4)


def test_cancelling_keeps_what_was_done(engine: Engine, sample: Path, guided_model: Path) -> None:
    events: list[ProgressEvent] = []
    result = engine.analyze(
        AnalysisRequest(path=sample, device="cpu"),
        model=engine.resolve_model(str(guided_model)),
        on_progress=events.append,
        is_cancelled=lambda: any(isinstance(event, WindowsScored) for event in events),
    )
    told = WindowScores.concatenate([event.scores for event in events if isinstance(event, WindowsScored)])
    assert result.cancelled
    assert not result.coverage.complete
    assert 0 < len(result.scores) < 196
    np.testing.assert_array_equal(told.score, result.scores.score)
    assert result.coverage.windows_by_reason["not reached before cancelling"] == 196 - len(result.scores)
    assert result.verdict.score == pytest.approx(float(result.scores.score.mean()), abs=1e-6)


def test_frames_without_a_face_are_reported_not_guessed(engine: Engine, tmp_path: Path, guided_model: Path) -> None:
    blank = [np.full((240, 320, 3), 100, np.uint8)] * 20
    clip = face_clip(tmp_path / "a.mp4", 50, frames=[*portraits(30), *blank])
    result = run(engine, clip, guided_model)
    assert result.coverage.frames_by_path["none"] >= 14
    assert result.coverage.windows_by_reason["no face"] > 0
    unseen = result.scores.take(~result.scores.analysed)
    assert np.isnan(unseen.score).all()
    assert len(unseen) >= 16


def test_choosing_a_face(engine: Engine, tmp_path: Path, guided_model: Path) -> None:
    clip = face_clip(tmp_path / "a.mp4")
    assert set(run(engine, clip, guided_model, face=0).scores.face.tolist()) == {0}
    with pytest.raises(SettingsError, match=r"no face 7 in a\.mp4; the faces in it are 0"):
        run(engine, clip, guided_model, face=7)


def refused(engine: Engine, clip: Path, model: Path, error: type[LipfdError], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        run(engine, clip, model)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.startswith(clip.name)
    assert sentence.endswith(".")


def test_a_video_without_sound_is_refused(engine: Engine, tmp_path: Path, guided_model: Path) -> None:
    refused(engine, face_clip(tmp_path / "a.mp4", audio=None), guided_model, NoAudioError, "no audio track")


def test_a_silent_video_is_refused(engine: Engine, tmp_path: Path, guided_model: Path) -> None:
    refused(engine, face_clip(tmp_path / "a.mp4", peak=0.0), guided_model, SilentAudioError, "silent")


def test_a_video_without_a_face_is_refused(engine: Engine, tmp_path: Path, guided_model: Path) -> None:
    refused(engine, faceless_clip(tmp_path / "a.mp4"), guided_model, NoFaceError, "no face was found")


def test_small_faces_are_refused(engine: Engine, tmp_path: Path, guided_model: Path) -> None:
    clip = face_clip(tmp_path / "a.mp4", 20, frames=pasted(110))
    refused(engine, clip, guided_model, FaceTooSmallError, "smaller than 64 pixels")


def test_fewer_frames_than_a_window_are_refused(engine: Engine, tmp_path: Path, guided_model: Path) -> None:
    refused(engine, face_clip(tmp_path / "a.mp4", 4), guided_model, TooFewFramesError, "4 frames")


@pytest.mark.parametrize(("seconds", "code", "analysed"), [(0.6, "audio-ends-early", 13), (3.0, "audio-longer", 26)])
def test_sound_of_another_length_is_told_and_analysed_where_it_is(
    engine: Engine, tmp_path: Path, guided_model: Path, seconds: float, code: str, analysed: int
) -> None:
    events: list[ProgressEvent] = []
    result = run(engine, face_clip(tmp_path / "a.mp4", sound=seconds), guided_model, events)
    assert [notice.code for notice in result.notices] == [code, "untrained-model"]
    assert [event.notice for event in events if isinstance(event, Noticed)] == list(result.notices)
    assert result.coverage.windows_analysed == pytest.approx(analysed, abs=2)


def test_a_file_that_breaks_off_is_analysed_to_there_and_says_so(
    engine: Engine, tmp_path: Path, guided_model: Path
) -> None:
    whole = face_clip(tmp_path / "whole.mkv", 100, frames=portraits(50) * 2)
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    result = run(engine, broken, guided_model)
    (damage,) = [notice.message for notice in result.notices if notice.code == "damaged"]
    assert re.search(r"break off at 2\.\d\d s of a declared 4\.\d\d s", damage)
    assert not result.coverage.complete
    assert 10 < result.coverage.windows_analysed < 96


def test_too_little_device_memory_halves_the_batch_and_goes_on(
    engine: Engine, tmp_path: Path, guided_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = face_clip(tmp_path / "a.mp4")
    calm = run(Engine(), clip, guided_model)
    encode = LipFD.encode_global

    def crowded(self: LipFD, pictures: torch.Tensor) -> torch.Tensor:
        if len(pictures) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return encode(self, pictures)

    monkeypatch.setattr(LipFD, "encode_global", crowded)
    result = run(Engine(), clip, guided_model)
    assert [notice.code for notice in result.notices] == ["device-memory"] * 3 + ["untrained-model"]
    np.testing.assert_allclose(result.scores.logit, calm.scores.logit, atol=1e-5)


def test_stills_are_the_frames_of_their_time(engine: Engine, sample: Path) -> None:
    with read_frames(sample, start=3.0, end=3.04) as frames:
        expected = next(frames).rgb()
    np.testing.assert_array_equal(engine.still(sample, 3.0), expected)
