"""Long files: a first look, then section by section, with the numbers of one pass from start to end."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from clips_support import face_clip, portraits
from hypothesis import given
from hypothesis import strategies as st
from network_support import tiny_checkpoint
from scores_support import make_scores

from lipfd_desktop.engine import analysis as analysis_module
from lipfd_desktop.engine import cores as cores_module
from lipfd_desktop.engine import line as line_module
from lipfd_desktop.engine import sections as sections_module
from lipfd_desktop.engine.facade import Engine
from lipfd_desktop.engine.numbering import in_order_of_appearance
from lipfd_desktop.engine.sections import most_suspicious_first, sections, spread
from lipfd_desktop.media.decode import is_cheap_to_enter
from lipfd_desktop.media.probe import probe
from lipfd_desktop.result import (
    WHOLE_PICTURE,
    AnalysisRequest,
    AnalysisResult,
    FacesFollowed,
    FaceTrack,
    Previewed,
    WindowScores,
    WindowsScored,
)
from lipfd_desktop.windows.plan import make_plan


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("models")
    return {name: tiny_checkpoint(folder / f"{name}.safetensors", name) for name in ("guided", "context", "official")}


def run(video: Path, model: Path, events: list[object] | None = None, **asked: object) -> AnalysisResult:
    engine = Engine()
    request = AnalysisRequest(path=video, device="cpu", **asked)  # type: ignore[arg-type]
    told = [] if events is None else events
    return engine.analyze(request, model=engine.resolve_model(str(model)), on_progress=told.append)


@pytest.fixture
def short_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample of eight seconds, which has a key frame every few seconds, as a long file."""
    monkeypatch.setattr(sections_module, "SECTION_SECONDS", 2.0)


@given(st.integers(5, 30_000), st.integers(1, 40), st.floats(10, 60))
def test_sections_hold_every_window_and_every_frame_once(frames: int, stride: int, rate: float) -> None:
    times = 3.0 + np.arange(frames) / rate
    plan = make_plan(AnalysisRequest(path=Path("a"), stride=stride), times, window_frames=5, seconds_per_window=0)
    parts = sections(plan, times)
    assert parts[0].first == 0
    assert sum(part.plan.windows_total for part in parts) == plan.windows_total
    for part, following in pairwise(parts):
        assert following.first == part.first + part.plan.windows_total
        assert following.own_frames.start == part.own_frames.stop
    assert parts[0].own_frames.start == 0
    assert parts[-1].own_frames.stop == frames
    for part in parts:
        begin = part.own_frames.start
        assert begin == part.first * stride
        assert part.plan.start == times[begin]
        last_window_ends = begin + (part.plan.windows_total - 1) * stride + 5
        assert begin + part.plan.frames_total >= last_window_ends
        assert part.plan.end > times[last_window_ends - 1]
    if (times[-1] - times[0]) < 2 * sections_module.SECTION_SECONDS - 1:
        assert parts[0].plan == plan


@given(st.integers(0, 3000))
def test_a_spread_has_every_number_once(count: int) -> None:
    assert sorted(spread(count)) == list(range(count))


def test_a_spread_is_even_at_every_moment() -> None:
    places = list(spread(1000))
    for count in (4, 8, 16, 32):
        gaps = np.diff([0, *sorted(places[:count]), 1000])
        assert gaps.max() <= 2.1 * 1000 / count


@pytest.mark.usefixtures("short_sections")
@pytest.mark.parametrize("contract", ["guided", "context", "official"])
def test_sections_give_nearly_the_numbers_of_one_pass(
    sample: Path, models: dict[str, Path], contract: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[object] = []
    parted = run(sample, models[contract], events, stride=4)
    monkeypatch.setattr(sections_module, "SECTION_SECONDS", 100.0)
    whole = run(sample, models[contract], stride=4)
    assert len([event for event in events if isinstance(event, Previewed)]) >= 1
    for name in ("index", "start", "end", "first_frame", "face", "reason"):
        np.testing.assert_array_equal(getattr(parted.scores, name), getattr(whole.scores, name), err_msg=name)
    deviation = np.abs(parted.scores.logit - whole.scores.logit)
    assert np.median(deviation) <= 0.05 * whole.scores.logit.std()
    assert deviation.max() <= 0.5 * whole.scores.logit.std()
    (track,), (expected,) = parted.tracks, whole.tracks
    np.testing.assert_array_equal(track.frames, expected.frames)
    np.testing.assert_array_equal(track.pts, expected.pts)
    np.testing.assert_allclose(track.boxes, expected.boxes, atol=6)
    assert parted.coverage.frames_by_path == whole.coverage.frames_by_path
    assert parted.coverage.windows_by_reason == whole.coverage.windows_by_reason


@pytest.mark.usefixtures("short_sections")
def test_the_most_suspicious_section_comes_first(
    sample: Path, models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[object] = []
    monkeypatch.setattr(analysis_module, "PREVIEWS", 12)
    monkeypatch.setattr(line_module, "followers", lambda _video: 1)
    result = run(sample, models["guided"], events, stride=4)
    looked = [event for event in events if isinstance(event, Previewed)][-1].scores
    assert len(looked) == 12
    first = next(event for event in events if isinstance(event, WindowsScored)).scores
    best = int(looked.index[np.nanargmax(looked.score)])
    parts = sections(result.plan, np.arange(200) / 25)
    inside = next(part for part in parts if part.first <= best < part.first + part.plan.windows_total)
    assert int(first.index[0]) == inside.first
    told = [event for event in events if isinstance(event, WindowsScored)]
    assert [event.done for event in told] == sorted(event.done for event in told)
    assert told[-1].done == told[-1].total == result.plan.windows_total
    np.testing.assert_array_equal(
        np.unique(np.concatenate([event.scores.index for event in told])), np.arange(result.plan.windows_total)
    )


@pytest.mark.usefixtures("short_sections")
def test_cancelled_between_sections_the_rest_is_named_as_not_reached(sample: Path, models: dict[str, Path]) -> None:
    engine, told = Engine(), []

    def on_progress(event: object) -> None:
        if isinstance(event, WindowsScored):
            told.append(event)

    result = engine.analyze(
        AnalysisRequest(path=sample, device="cpu", stride=4),
        model=engine.resolve_model(str(models["guided"])),
        on_progress=on_progress,
        is_cancelled=lambda: len(told) >= 2,
    )
    assert result.cancelled
    assert not result.coverage.complete
    assert 0 < result.coverage.windows_analysed < result.plan.windows_total
    reasons = result.coverage.windows_by_reason
    assert reasons["not reached before cancelling"] == result.plan.windows_total - result.coverage.windows_analysed
    assert result.verdict.outcome.value == "inconclusive"


@pytest.fixture(scope="module")
def couple(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two speakers of different colours side by side."""
    frames = [np.hstack([frame, frame[:, ::-1, ::-1]]) for frame in portraits(60)]
    return face_clip(tmp_path_factory.mktemp("couple") / "couple.mp4", len(frames), frames=frames)


@pytest.mark.usefixtures("short_sections")
def test_faces_do_not_depend_on_the_order_of_sections(
    couple: Path, models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sections_module, "SECTION_SECONDS", 0.8)
    results = []
    for order in (sorted, lambda parts, key: sorted(parts, key=key, reverse=True)):
        monkeypatch.setattr(
            analysis_module, "most_suspicious_first", lambda parts, _, order=order: order(parts, key=lambda p: p.first)
        )
        results.append(run(couple, models["guided"], stride=2))
    forward, backward = results
    assert [track.id for track in forward.tracks] == [0, 1]
    for name in ("index", "face", "reason"):
        np.testing.assert_array_equal(getattr(forward.scores, name), getattr(backward.scores, name), err_msg=name)
    for one, other in zip(forward.tracks, backward.tracks, strict=True):
        np.testing.assert_array_equal(one.frames, other.frames)
        assert abs(float(one.boxes[0, 0] - other.boxes[0, 0])) < 20


@pytest.mark.usefixtures("short_sections")
def test_one_chosen_face_has_the_number_that_it_has_among_all(
    couple: Path, models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sections_module, "SECTION_SECONDS", 0.8)
    everybody = run(couple, models["guided"], stride=2)
    for face in (0, 1):
        alone = run(couple, models["guided"], stride=2, face=face)
        expected, found = (one.scores.take(one.scores.face == face) for one in (everybody, alone))
        np.testing.assert_array_equal(found.index, expected.index)
        np.testing.assert_allclose(found.score, expected.score, atol=1e-6)
        assert set(alone.scores.face.tolist()) <= {face, WHOLE_PICTURE}
        np.testing.assert_array_equal(np.unique(alone.scores.index), np.arange(alone.plan.windows_total))


def test_sections_without_a_look_keep_their_order() -> None:
    times = np.arange(6000) / 25
    plan = make_plan(AnalysisRequest(path=Path("a")), times, window_frames=5, seconds_per_window=0)
    parts = sections(plan, times)
    assert len(parts) == 6
    assert most_suspicious_first(parts, WindowScores.empty()) == parts


def test_a_file_with_key_frames_far_apart_is_not_entered_in_the_middle(sample: Path) -> None:
    assert is_cheap_to_enter(sample, 6.0, within=12.0)
    assert not is_cheap_to_enter(sample, 6.0, within=0.0)


def test_faces_are_numbered_as_they_appear() -> None:
    def track(face: int, first: int) -> FaceTrack:
        frames, boxes = np.arange(first, first + 3), np.zeros((3, 4), np.float32)
        return FaceTrack(face, frames, frames / 25, boxes, boxes, np.ones(3, np.uint8))

    _, tracks = in_order_of_appearance(WindowScores.empty(), (track(0, 50), track(1, 7)))
    assert [(one.id, int(one.frames[0])) for one in tracks] == [(0, 7), (1, 50)]
    # Face 2 was seen in nobody's own frames: it keeps apart from the one that gets its number.
    scores = make_scores([(5, 2, None), (5, 3, 0.5), (6, -1, None)])
    renumbered, tracks = in_order_of_appearance(scores, (track(0, 1), track(1, 2), track(3, 3)))
    assert [one.id for one in tracks] == [0, 1, 2]
    assert renumbered.face.tolist() == [2, 3, -1]
    assert np.isfinite(renumbered.score).tolist() == [True, False, False]


@pytest.mark.usefixtures("short_sections")
@pytest.mark.parametrize("contract", ["guided", "context"])
def test_the_numbers_do_not_depend_on_how_many_sections_are_followed_at_a_time(
    couple: Path, models: dict[str, Path], contract: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sections_module, "SECTION_SECONDS", 0.6)
    results = []
    for workers in (1, 3):
        monkeypatch.setattr(line_module, "followers", lambda _video, workers=workers: workers)
        events: list[object] = []
        results.append(run(couple, models[contract], events, stride=1))
        told = [event for event in events if isinstance(event, FacesFollowed)]
        assert all(np.ptp(event.pts) < 0.5 for event in told)  # frames of one place of the file at a time
        assert {face for event in told for face in event.face.tolist()} == {0, 1}
    alone, together = results
    for name in WindowScores.__slots__:
        np.testing.assert_array_equal(getattr(together.scores, name), getattr(alone.scores, name), err_msg=name)
    assert len(together.tracks) == len(alone.tracks) == 2
    for one, other in zip(together.tracks, alone.tracks, strict=True):
        np.testing.assert_array_equal(one.frames, other.frames)
        np.testing.assert_array_equal(one.boxes, other.boxes)
    assert together.coverage == alone.coverage


@pytest.mark.usefixtures("short_sections")
@pytest.mark.parametrize("ending", ["cancel", "error"])
def test_no_thread_is_left_when_sections_are_followed_together(
    sample: Path, models: dict[str, Path], ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "followers", lambda _video: 3)
    engine, told = Engine(), []

    def on_progress(event: object) -> None:
        if isinstance(event, WindowsScored):
            assert any(thread.name == "lipfd-ahead" for thread in threading.enumerate())
            told.append(event)
            if ending == "error":
                raise ZeroDivisionError

    def analyze() -> AnalysisResult:
        return engine.analyze(
            AnalysisRequest(path=sample, device="cpu", stride=4),
            model=engine.resolve_model(str(models["guided"])),
            on_progress=on_progress,
            is_cancelled=lambda: bool(told),
        )

    if ending == "error":
        with pytest.raises(ZeroDivisionError):
            analyze()
    else:
        assert analyze().cancelled
    assert not [thread.name for thread in threading.enumerate() if thread.name == "lipfd-ahead"]


def test_half_the_cores_follow_sections_and_large_pictures_are_few(
    sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = probe(sample).video
    large = replace(video, width=7680, height=4320)
    for cores, expected in ((1, 1), (2, 1), (3, 1), (4, 2), (64, cores_module.MOST)):
        monkeypatch.setattr(cores_module.joblib, "cpu_count", lambda cores=cores: cores)
        assert cores_module.followers(video) == expected
        assert cores_module.followers(large) == 1
