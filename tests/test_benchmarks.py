"""The authors' method, as the benchmark re-creates it, gives our scores: what is timed is the same computation."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from network_support import tiny_checkpoint

from lipfd_desktop.media.audio import read_audio
from lipfd_desktop.media.frames import read_frames
from lipfd_desktop.network.checkpoint import load_model
from lipfd_desktop.network.scorer import load_scorer
from lipfd_desktop.windows.official import WAV_RATE, build_official_spectrogram, compose, squeeze_frame

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
FIRST_FRAME = 40


@pytest.fixture
def benchmark_modules(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import authors_method
    import page

    return {"authors_method": authors_method, "page": page}


def test_the_authors_method_gives_our_scores(
    sample: Path, tmp_path: Path, benchmark_modules: dict[str, ModuleType]
) -> None:
    model = tiny_checkpoint(tmp_path / "tiny.safetensors", "official")
    authors = benchmark_modules["authors_method"]
    frames = authors.read_frames_with_opencv(sample)
    method = authors.AuthorsMethod(load_model(model), frames, authors.draw_spectrogram(sample, tmp_path), tmp_path)

    spectrogram = build_official_spectrogram(lambda: read_audio(sample, sample_rate=WAV_RATE))
    with read_frames(sample) as reader:
        shown = [
            squeeze_frame(frame.bgr_like_opencv()) for _, frame in zip(range(FIRST_FRAME + 5), reader, strict=False)
        ]
    composite = compose(spectrogram.strip(FIRST_FRAME, 5, len(frames)), shown[FIRST_FRAME:])
    ours = load_scorer(model, "cpu").score_official(composite[None])

    logit = method.logit(FIRST_FRAME)
    assert 1 / (1 + np.exp(-logit)) == pytest.approx(float(ours.score[0]), abs=1e-4)
    # Another window gets another score, or the agreement would say nothing.
    assert abs(method.logit(0) - logit) > 0.1


def test_the_page_is_written_from_the_results(tmp_path: Path, benchmark_modules: dict[str, ModuleType]) -> None:
    """Only what stands between the marks changes, and writing twice changes nothing more."""
    page = benchmark_modules["page"]
    target = tmp_path / "benchmarks.md"
    target.write_text(f"before\n{page.BEGIN}\nold\n{page.END}\nafter\n", encoding="utf-8")
    results = {"auc": [{"name": "clip score", "reference": 0.75, "fast": 0.7499}]}
    page.update(target, results)
    written = target.read_text(encoding="utf-8")
    assert written.startswith("before\n")
    assert written.endswith("after\n")
    assert "old" not in written
    assert "| clip score | 0.7500 | 0.7499 |" in written
    page.update(target, results)
    assert target.read_text(encoding="utf-8") == written


def test_the_page_has_its_marks(benchmark_modules: dict[str, ModuleType]) -> None:
    page = benchmark_modules["page"]
    text = (BENCHMARKS.parent / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert text.count(page.BEGIN) == text.count(page.END) == 1
