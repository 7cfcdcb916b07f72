"""What a window is shown as having been given to the network is what the network was given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from network_support import tiny_checkpoint, tiny_config

from lipfd_desktop.cancellation import IsCancelled
from lipfd_desktop.engine import inspection, line, sections
from lipfd_desktop.engine.batches import score_batch
from lipfd_desktop.engine.facade import Engine
from lipfd_desktop.errors import Cancelled, CheckpointError, MediaError
from lipfd_desktop.media.digest import sha256_of
from lipfd_desktop.media.frames import FrameReader
from lipfd_desktop.network.inputs import official_inputs
from lipfd_desktop.network.registry import ModelStore
from lipfd_desktop.network.scorer import RawScores, Remembered, Scorer
from lipfd_desktop.report import document
from lipfd_desktop.report.details import ReportDetails, Section
from lipfd_desktop.result import TIERS, AnalysisRequest, AnalysisResult, InputContract, SeenWindow
from lipfd_desktop.storage.cache import ResultCache
from lipfd_desktop.windows.assemble import Window
from lipfd_desktop.windows.contracts import WindowInput
from lipfd_desktop.windows.geometry import FACE_SIDE

CONTRACTS = ("official", "guided", "context")


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[int, WindowInput]]:
    """What the scorer is given last, after any first look, by first frame; the sample shows one face."""
    windows: dict[int, WindowInput] = {}

    def keep(scorer: Scorer, batch: list[Window], remembered: Remembered | None = None) -> RawScores | None:
        windows.update({one.time.first_frame: one.input for one in batch if one.input is not None})
        return score_batch(scorer, batch, remembered)

    monkeypatch.setattr(line, "score_batch", keep)
    return windows


def analysed(engine: Engine, clip: Path, folder: Path, contract: str, **asked: object) -> AnalysisResult:
    model = engine.resolve_model(str(tiny_checkpoint(folder / f"{contract}.safetensors", contract)))
    request = AnalysisRequest(path=clip, device="cpu", **asked)  # type: ignore[arg-type]
    return engine.analyze(request, model=model, on_progress=lambda event: None)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_crops_and_sound_are_those_that_the_scorer_was_given(
    contract: str, sample: Path, tmp_path: Path, given: dict[int, WindowInput]
) -> None:
    engine = Engine()
    result = analysed(engine, sample, tmp_path, contract, time_range=(2.0, 3.2))
    assert len(given) > 20
    for position in (0, 7, 8, len(result.scores) - 1):
        window = result.scores.row(position)
        seen = engine.look(result, window)
        one = given[window.first_frame]
        assert seen.frames.tolist() == list(range(window.first_frame, window.first_frame + 5))
        assert seen.pts[0] == window.start
        assert [tier.name for tier in seen.tiers] == list(TIERS)
        assert seen.is_exact
        {"official": same_as_composite, "guided": same_as_crops, "context": same_as_images}[contract](seen, one)


def same_as_composite(seen: SeenWindow, one: WindowInput) -> None:
    _, crops = official_inputs(torch.from_numpy(np.asarray(one.pixels)[None]), tiny_config("official"))
    for place, tier in enumerate(seen.tiers):
        expected = crops[0, :, place].permute(0, 2, 3, 1).numpy()[..., ::-1]
        assert np.abs(tier.crops - expected).max() <= 0.5
        assert (tier.sources == seen.frames[0]).all()
    composite = np.asarray(one.pixels)[..., ::-1]
    np.testing.assert_array_equal(seen.sound.pixels, composite[:500])
    assert seen.wholes is not None
    np.testing.assert_array_equal(np.hstack(list(seen.wholes)), composite[500:])


def same_as_crops(seen: SeenWindow, one: WindowInput) -> None:
    for place, tier in enumerate(seen.tiers):
        np.testing.assert_array_equal(tier.crops, np.stack([crops[place] for crops in one.pixels]))
    np.testing.assert_array_equal(seen.sound.pixels, one.strip)
    assert (seen.sound.start, seen.looked_at) == (seen.pts[0], None)


def same_as_images(seen: SeenWindow, one: WindowInput) -> None:
    head, face, lip = (tier.crops for tier in seen.tiers)
    images = np.stack(list(one.pixels))
    np.testing.assert_array_equal(head, images)
    np.testing.assert_array_equal(face, images[:, 19:205, 37:187])
    np.testing.assert_array_equal(lip, images[:, 112:205, 56:168])
    np.testing.assert_array_equal(seen.sound.pixels, one.strip)
    assert seen.sound.end - seen.sound.start == pytest.approx(2.0)
    assert seen.looked_at == tiny_config("context").face_side


@pytest.mark.parametrize("contract", ["guided", "context"])
def test_outlines_say_where_in_the_frame_a_crop_lies(contract: str, sample: Path, tmp_path: Path) -> None:
    engine = Engine()
    result = analysed(engine, sample, tmp_path, contract, time_range=(2.0, 2.6))
    window = result.scores.row(3)
    seen = engine.look(result, window)
    picture = engine.still(sample, float(seen.pts[2]))
    for tier in seen.tiers:
        height, width = tier.crops.shape[1:3]
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]]) - 0.5
        onto = cv2.getPerspectiveTransform(tier.outlines[2].astype(np.float32) - 0.5, corners.astype(np.float32))
        expected = cv2.warpPerspective(picture, onto, (width, height), borderMode=cv2.BORDER_REPLICATE)
        smooth = [cv2.GaussianBlur(image, (0, 0), width / 24).astype(int) for image in (expected, tier.crops[2])]
        assert np.abs(smooth[0] - smooth[1]).mean() < 3
    sides = [np.linalg.norm(tier.outlines[2][1] - tier.outlines[2][0]) for tier in seen.tiers]
    assert sides[0] > sides[1] > sides[2]
    lips = next(track for track in result.tracks if track.id == window.face).lips
    x, y, width, height = lips[np.searchsorted(result.tracks[0].frames, seen.frames[2])]
    low, high = seen.tiers[2].outlines[2].min(axis=0), seen.tiers[2].outlines[2].max(axis=0)
    assert low[0] < x < x + width < high[0]
    assert low[1] < y < y + height < high[1]


def test_official_outlines_are_the_first_frame_shifted(sample: Path, tmp_path: Path) -> None:
    engine = Engine()
    result = analysed(engine, sample, tmp_path, "official", time_range=(2.0, 2.6))
    seen = engine.look(result, result.scores.row(0))
    video = result.media.video
    head = seen.tiers[0].outlines
    np.testing.assert_allclose(head[0, [0, 2]], [[0, 0], [video.width, video.height]])
    np.testing.assert_allclose(head[4, 0, 0], 4 / 500 * video.width)
    assert seen.contract is InputContract.OFFICIAL


def test_a_neighbour_needs_no_decoding_and_a_known_window_nothing(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine()
    result = analysed(engine, sample, tmp_path, "guided", time_range=(2.0, 4.0))
    first = engine.look(result, result.scores.row(10))

    class Counting(FrameReader):
        opened = 0

        def __init__(self, *paths: Path, **options: object) -> None:
            Counting.opened += 1
            super().__init__(*paths, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(inspection, "FrameReader", Counting)
    for position in (9, 11, 20):
        engine.look(result, result.scores.row(position))
    assert Counting.opened == 0
    engine.look(result, result.scores.row(30))
    assert Counting.opened == 1
    assert engine.look(replace(result, threshold=0.9), result.scores.row(10)) is first
    assert Counting.opened == 1


def test_a_result_of_another_analysis_is_not_mixed_up(sample: Path, tmp_path: Path) -> None:
    engine = Engine()
    guided = analysed(engine, sample, tmp_path, "guided", time_range=(2.0, 2.6))
    context = analysed(engine, sample, tmp_path, "context", time_range=(2.0, 2.6))
    shapes = [engine.look(one, one.scores.row(2)).tiers[0].crops.shape for one in (guided, context, guided)]
    assert shapes[0] == shapes[2] != shapes[1] == (5, FACE_SIDE, FACE_SIDE, 3)


def test_a_kept_result_shows_the_same(sample: Path, tmp_path: Path) -> None:
    cache = ResultCache(tmp_path / "cache")
    results = [analysed(Engine(cache=cache), sample, tmp_path, "guided", time_range=(2.0, 2.6)) for _ in range(2)]
    assert results[1].from_cache
    seen = []
    for result in results:
        engine = Engine(cache=cache)
        engine.open(sample)
        seen.append(engine.look(result, result.scores.row(4)))
    for one, two in zip(seen[0].tiers, seen[1].tiers, strict=True):
        np.testing.assert_array_equal(one.crops, two.crops)


def test_crops_are_those_of_the_weights_of_the_result(sample: Path, tmp_path: Path) -> None:
    """After an upgrade another network can lie where that of an older result lay."""
    result = analysed(Engine(), sample, tmp_path, "guided", time_range=(2.0, 2.6))
    window, path = result.scores.row(2), result.model.path
    weights = path.read_bytes()
    engine = Engine()
    engine.open(sample)
    tiny_checkpoint(path, "context")
    with pytest.raises(CheckpointError, match="other weights than those of the analysis"):
        engine.look(result, window)
    path.unlink()
    with pytest.raises(CheckpointError, match="is gone or has other weights"):
        engine.look(result, window)
    path.write_bytes(weights)
    assert engine.look(result, window).contract is InputContract.GUIDED
    with pytest.raises(CheckpointError, match="official input contract"):
        engine.look(replace(result, model=replace(result.model, input_contract=InputContract.OFFICIAL)), window)


def test_the_weights_of_the_result_are_found_where_they_are_installed(sample: Path, tmp_path: Path) -> None:
    result = analysed(Engine(), sample, tmp_path, "guided", time_range=(2.0, 2.6))
    store = ModelStore(tmp_path / "store")
    store.import_file(result.model.path, name="moved")
    tiny_checkpoint(result.model.path, "context")
    engine = Engine(store)
    engine.open(sample)
    assert engine.look(result, result.scores.row(2)).contract is InputContract.GUIDED


def test_a_report_keeps_its_crops_while_the_next_file_is_opened(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine()
    result = analysed(engine, sample, tmp_path, "guided", time_range=(2.0, 2.6))
    following = tmp_path / "following.mp4"
    following.write_bytes(sample.read_bytes() + b"\0")

    def busy(path: Path, is_cancelled: IsCancelled) -> str:
        engine.open(following)
        return sha256_of(path, is_cancelled)

    alone, meanwhile = tmp_path / "alone.html", tmp_path / "meanwhile.html"
    details = ReportDetails(date="2026-03-04", sections=frozenset({Section.SEEN, Section.STILLS}))
    engine.export(result, alone, details=details)
    monkeypatch.setattr(document, "sha256_of", busy)
    engine.export(result, meanwhile, details=details)
    assert "Lips of frame" in alone.read_text(encoding="utf-8")
    assert meanwhile.read_bytes() == alone.read_bytes()
    with pytest.raises(MediaError, match="not open any more"):
        engine.look(result, result.scores.row(0))


def test_what_cannot_be_shown_is_refused_with_a_sentence(sample: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(sample.read_bytes())
    engine = Engine()
    result = analysed(engine, clip, tmp_path, "guided", time_range=(2.0, 2.6))
    window = result.scores.row(2)
    older = tuple(replace(track, poses=np.empty((0, 6))) for track in result.tracks)
    with pytest.raises(MediaError, match="earlier version"):
        engine.look(replace(result, tracks=older), window)
    with pytest.raises(Cancelled):
        engine.look(replace(result, tracks=tuple(result.tracks[:1])), window, is_cancelled=lambda: True)
    clip.write_bytes(sample.read_bytes() + b"\0")
    with pytest.raises(MediaError, match="changed on disk"):
        engine.look(result, window)


def test_a_window_across_two_sections_is_not_called_exact(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[int, WindowInput]
) -> None:
    monkeypatch.setattr(sections, "SECTION_SECONDS", 0.6)
    engine = Engine()
    result = analysed(engine, sample, tmp_path, "guided", time_range=(2.0, 3.2))
    (_, second) = sections.sections(result.plan, engine.open(sample).frame_times)
    shown = {}
    for position in range(len(result.scores)):
        window = result.scores.row(position)
        shown[window.first_frame] = engine.look(result, window)
    begin = second.own_frames.start
    across = range(begin - 4, begin)
    assert [first for first, seen in shown.items() if not seen.is_exact] == list(across)
    for first, one in given.items():
        crops = np.stack([tier.crops for tier in shown[first].tiers], axis=1).astype(int)
        apart = np.abs(crops - np.stack(list(one.pixels))).max()
        assert apart == 0 or first in across
