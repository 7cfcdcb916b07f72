"""The model that is there from the first start."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lipfd_desktop.engine.facade import Engine
from lipfd_desktop.network.registry import ModelStore, resources_dir
from lipfd_desktop.result import AnalysisRequest, InputContract, Outcome

LARGEST = 60_000_000


def test_it_is_the_default_trained_calibrated_and_small(tmp_path: Path) -> None:
    info = ModelStore(tmp_path).resolve()
    assert info.path.parent == resources_dir()
    assert info.path.stat().st_size < LARGEST
    assert info.trained
    assert info.input_contract is InputContract.CONTEXT
    assert info.limits
    rule = info.rule
    assert rule is not None
    assert rule.foreign_sound is not None
    assert 0 < rule.authentic_below < rule.manipulated_from < 1
    assert rule.false_positive_rate.value <= 0.05
    assert rule.false_negative_rate.value <= 0.10
    assert rule.clips >= rule.speakers > 100


def test_it_answers_both_questions_about_the_sample(sample: Path) -> None:
    engine = Engine()
    model = engine.default_model()
    assert model is not None
    request = AnalysisRequest(path=sample, time_range=(1.0, 6.0), stride=5, device="cpu")
    result = engine.analyze(request, model=model, on_progress=lambda _event: None)
    scores = result.scores
    assert scores.analysed.all()
    assert np.isfinite(scores.generated).all()
    assert np.isfinite(scores.foreign_sound).any()
    louder = np.fmax(scores.generated, scores.foreign_sound)
    np.testing.assert_allclose(scores.score, louder, atol=1e-4)
    verdict = result.verdict
    assert verdict.outcome in set(Outcome)
    assert verdict.generated is not None
    assert verdict.foreign_sound is not None


@pytest.mark.parametrize("shift", [1.0])
def test_the_sample_with_its_sound_moved_sounds_more_foreign(sample: Path, tmp_path: Path, shift: float) -> None:
    import av

    moved = tmp_path / "moved.mp4"
    with av.open(str(sample)) as source, av.open(str(moved), "w") as target:
        streams = {
            stream.index: target.add_stream_from_template(stream)
            for stream in (*source.streams.video, *source.streams.audio)
        }
        for packet in source.demux(list(source.streams.video) + list(source.streams.audio)):
            if packet.dts is None:
                continue
            if packet.stream.type == "audio":
                late = round(shift / packet.time_base)
                packet.pts, packet.dts = packet.pts + late, packet.dts + late
            packet.stream = streams[packet.stream.index]
            target.mux(packet)
    engine = Engine()
    model = engine.default_model()
    assert model is not None
    answers = []
    for path in (sample, moved):
        request = AnalysisRequest(path=path, time_range=(2.0, 7.0), stride=5, device="cpu")
        answers.append(engine.analyze(request, model=model, on_progress=lambda _event: None).verdict.foreign_sound)
    assert answers[0] is not None
    assert answers[1] is not None
    assert answers[1] > answers[0] + 0.1
