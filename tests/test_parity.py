"""Agreement with the authors' own code on reference numbers that were made with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from network_support import parity_checkpoint

from lipfd_desktop.engine.facade import Engine
from lipfd_desktop.media.audio import read_audio
from lipfd_desktop.media.frames import read_frames
from lipfd_desktop.network.inputs import official_inputs
from lipfd_desktop.network.scorer import Scorer, load_scorer
from lipfd_desktop.result import AnalysisRequest
from lipfd_desktop.windows.official import WAV_RATE, build_official_spectrogram, compose, squeeze_frame


@pytest.fixture(scope="module")
def scorer(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scorer]:
    with parity_checkpoint(shared, tmp_path_factory.mktemp("parity")) as path:
        yield load_scorer(path, "cpu")


def reference(shared: Path) -> list[tuple[dict[str, Any], np.ndarray]]:
    """What the authors' code gave for a composite, and the composite (BGR)."""
    folder = shared / "parity" / "grid_bbaf2n"
    expected = json.loads((folder / "expected.json").read_text())
    present = [one for one in expected if (folder / one["png"]).is_file()]
    return [(one, cv2.imread(str(folder / one["png"]))) for one in present]


def test_numbers_of_the_authors_code(shared: Path, scorer: Scorer) -> None:
    windows = reference(shared)
    composites = np.stack([picture for _, picture in windows])
    scores = scorer.score_official(composites)
    with torch.inference_mode():
        global_image, _ = official_inputs(torch.from_numpy(composites), scorer.config)
        features = scorer.model.encode_global(global_image).numpy()

    assert len(windows) >= 3
    for row, (expected, _) in enumerate(windows):
        close = {"rtol": 0, "atol": 1e-4}
        np.testing.assert_allclose(scores.logit[row], expected["logit"], **close)
        np.testing.assert_allclose(scores.score[row], expected["score"], **close)
        np.testing.assert_allclose(scores.region_weights[row].T, expected["region_weights"], **close)
        np.testing.assert_allclose(scores.region_weights[row, 0], expected["weights_head"], **close)
        np.testing.assert_allclose(scores.region_weights[row].max(axis=0), expected["weights_max"], **close)
        np.testing.assert_allclose(features[row, :8], expected["global_feature_first8"], **close)
        np.testing.assert_allclose(np.linalg.norm(features[row]), expected["global_feature_norm"], **close)


def test_weights_that_were_never_trained_say_so(scorer: Scorer) -> None:
    assert not scorer.info.trained
    assert scorer.info.input_contract == "official"
    assert len(scorer.info.sha256) == 64


def test_composites_of_the_video_are_those_of_the_authors(shared: Path) -> None:
    video = shared / "parity" / "grid_bbaf2n" / "video.mp4"
    spectrogram = build_official_spectrogram(lambda: read_audio(video, sample_rate=WAV_RATE))
    with read_frames(video) as reader:
        frames = [squeeze_frame(frame.bgr_like_opencv()) for frame in reader]
    starts = np.linspace(0, len(frames) - 6, 10).astype(int)
    for expected, picture in reference(shared):
        start = int(starts[int(str(expected["png"]).removeprefix("0_").removesuffix(".png"))])
        composite = compose(spectrogram.strip(start, 5, len(frames)), frames[start : start + 5])
        assert np.abs(composite.astype(int) - picture.astype(int)).mean() < 2


def test_scores_of_the_video_are_those_of_the_authors(shared: Path, scorer: Scorer) -> None:
    """The whole line, at the authors' ten start frames: every window is asked for by its time."""
    folder = shared / "parity" / "grid_bbaf2n"
    expected = json.loads((folder / "expected.json").read_text())
    engine = Engine()
    engine._scorer = scorer
    starts = np.linspace(0, 69, 10).astype(int)
    assert len(expected) == len(starts)
    for start, reference_window in zip(starts.tolist(), expected, strict=True):
        request = AnalysisRequest(
            path=folder / "video.mp4", device="cpu", time_range=(start / 25, (start + 5) / 25), stride=1
        )
        result = engine.analyze(request, model=scorer.info, on_progress=lambda event: None)
        assert result.scores.first_frame.tolist() == [start]
        assert result.scores.score[0] == pytest.approx(reference_window["score"], abs=0.01)
