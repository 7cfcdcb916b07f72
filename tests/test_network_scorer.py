from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from network_support import tiny_checkpoint, tiny_config, tiny_model
from numpy.typing import NDArray

from lipfd_desktop.errors import CheckpointError, DeviceError, SettingsError
from lipfd_desktop.network import device as device_module
from lipfd_desktop.network import scorer as scorer_module
from lipfd_desktop.network.checkpoint import read_model_info
from lipfd_desktop.network.device import available_devices, resolve_device
from lipfd_desktop.network.model import LipFD
from lipfd_desktop.network.scorer import Remembered, Scorer, default_batch_size, load_scorer
from lipfd_desktop.result import Notice

SIZE = tiny_config().region.crop_size


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("model") / "tiny.safetensors")


def windows(count: int, frames: int = 5) -> tuple[list[NDArray[np.uint8]], NDArray[np.int64], NDArray[np.uint8]]:
    """Consecutive windows, each of which shares all frames but one with the next."""
    numbers = np.random.default_rng(1)
    colours = numbers.integers(0, 256, (count + frames - 1, 3, 1, 1, 3), dtype=np.uint8)
    crops = list(np.broadcast_to(colours, (count + frames - 1, 3, SIZE, SIZE, 3)).copy())
    places = np.arange(count)[:, None] + np.arange(frames)
    return crops, places, numbers.integers(0, 256, (count, tiny_config().mel_bands or 0, 20), dtype=np.uint8)


def test_scores_do_not_depend_on_the_batch(checkpoint: Path) -> None:
    crops, places, strips = windows(13)
    together = load_scorer(checkpoint, "cpu", batch_size=13).score_guided(crops, places, strips)
    assert together.logit.std() > 0.1
    for batch_size in (1, 4):
        apart = load_scorer(checkpoint, "cpu", batch_size=batch_size).score_guided(crops, places, strips)
        np.testing.assert_allclose(apart.logit, together.logit, rtol=0, atol=2e-5)
        np.testing.assert_allclose(apart.score, together.score, rtol=0, atol=5e-6)
        np.testing.assert_allclose(apart.region_weights, together.region_weights, rtol=0, atol=5e-6)


def test_scores_are_repeatable_and_well_formed(checkpoint: Path) -> None:
    crops, places, strips = windows(6)
    scorer = load_scorer(checkpoint, "cpu")
    first, second = scorer.score_guided(crops, places, strips), scorer.score_guided(crops, places, strips)
    np.testing.assert_array_equal(first.logit, second.logit)
    np.testing.assert_allclose(first.score, 1 / (1 + np.exp(-first.logit.astype(float))), atol=1e-6)
    np.testing.assert_allclose(first.region_weights.sum(axis=1), 1, atol=1e-6)
    assert first.logit.dtype == first.score.dtype == first.region_weights.dtype == np.float32
    assert first.region_weights.shape == (6, 3, 5)


def test_official_windows(tmp_path: Path) -> None:
    scorer = load_scorer(tiny_checkpoint(tmp_path / "tiny.safetensors", "official"), "cpu", batch_size=1)
    composites = np.random.default_rng(0).integers(0, 256, (2, 1000, 1500, 3), dtype=np.uint8)
    composites.flags.writeable = False
    scores = scorer.score_official(composites)
    assert scores.region_weights.shape == (2, 3, 3)
    assert scores.logit[0] != scores.logit[1]


def test_no_windows_no_scores(checkpoint: Path) -> None:
    crops, places, strips = windows(0)
    assert len(load_scorer(checkpoint, "cpu").score_guided(crops, places, strips).logit) == 0


def test_contracts_and_shapes_are_not_mixed(checkpoint: Path) -> None:
    scorer = load_scorer(checkpoint, "cpu")
    crops, places, strips = windows(2)
    with pytest.raises(ValueError, match="guided contract"):
        scorer.score_official(np.zeros((1, 1000, 2500, 3), np.uint8))
    with pytest.raises(ValueError, match="expected uint8"):
        scorer.score_guided([crop.astype(np.float32) for crop in crops], places, strips)  # type: ignore[misc]
    with pytest.raises(ValueError, match="expected uint8"):
        scorer.score_guided([crop[..., :2] for crop in crops], places, strips)
    with pytest.raises(ValueError, match="expected int64"):
        scorer.score_guided(crops, places.astype(np.int32), strips)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected uint8"):
        scorer.score_guided(crops, places, strips[:, 1:])
    with pytest.raises(ValueError, match="2 windows of crops and 1 of sound"):
        scorer.score_guided(crops, places, strips[:1])


def test_regions_of_a_frame_are_looked_at_once(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crops, places, strips = windows(12)
    expected = load_scorer(checkpoint, "cpu").score_guided(crops, places, strips)
    scorer = load_scorer(checkpoint, "cpu", batch_size=3)
    assert isinstance(scorer.model, LipFD)
    encode, looked_at = scorer.model.encode_regions, []

    def counting(crops: torch.Tensor) -> torch.Tensor:
        looked_at.append(len(crops))
        return encode(crops)

    monkeypatch.setattr(scorer.model, "encode_regions", counting)
    # Two calls, as of two batches one after the other; the second one begins where the first one ended.
    parts, remembered = [], Remembered()
    for part in (slice(0, 6), slice(6, 12)):
        used = np.unique(places[part])
        shown = [crops[place] for place in used]
        parts.append(scorer.score_guided(shown, places[part] - used[0], strips[part], remembered))
    assert sum(looked_at) == len(crops)
    np.testing.assert_allclose(np.concatenate([one.logit for one in parts]), expected.logit, rtol=0, atol=2e-5)


def test_another_picture_is_never_taken_for_a_remembered_one(checkpoint: Path) -> None:
    scorer, remembered = load_scorer(checkpoint, "cpu"), Remembered()
    for seed in range(4):  # arrays that may lie where the last ones lay
        crops, places, strips = windows(2)
        changed = [np.bitwise_xor(crop, np.uint8(40 * seed)) for crop in crops]
        fresh = load_scorer(checkpoint, "cpu").score_guided(changed, places, strips)
        np.testing.assert_array_equal(scorer.score_guided(changed, places, strips, remembered).logit, fresh.logit)
        del crops, changed


# Too little memory -------------------------------------------------------------------------------------------------


def limit_memory(scorer: Scorer, monkeypatch: pytest.MonkeyPatch, most: int, error: Exception) -> None:
    """Let the network of a scorer fail on more than ``most`` windows at a time."""
    assert isinstance(scorer.model, LipFD)
    encode = scorer.model.encode_global

    def limited(global_image: torch.Tensor) -> Any:
        if len(global_image) > most:
            raise error
        return encode(global_image)

    monkeypatch.setattr(scorer.model, "encode_global", limited)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("MPS backend out of memory (MPS allocated: 17 GB)"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
    ],
)
def test_out_of_memory_halves_the_batch_says_so_and_goes_on(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    crops, places, strips = windows(11)
    expected = load_scorer(checkpoint, "cpu").score_guided(crops, places, strips)
    notices: list[Notice] = []
    scorer = load_scorer(checkpoint, "cpu", batch_size=8, on_notice=notices.append)
    limit_memory(scorer, monkeypatch, 3, error)
    scores = scorer.score_guided(crops, places, strips)
    np.testing.assert_allclose(scores.logit, expected.logit, rtol=0, atol=2e-5)
    assert scorer.batch_size == 2
    assert len(notices) == 2
    assert "halved to 4 windows" in notices[0].message
    assert "halved to 2 windows" in notices[1].message


def test_too_little_memory_for_one_window(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = load_scorer(checkpoint, "cpu", batch_size=2)
    limit_memory(scorer, monkeypatch, 0, torch.OutOfMemoryError("CUDA out of memory."))
    with pytest.raises(DeviceError, match="too little free memory to score a single window"):
        scorer.score_guided(*windows(2))


def test_too_little_memory_for_the_network(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr("lipfd_desktop.network.model.LipFD.to", full)
    with pytest.raises(DeviceError, match="too little free memory to hold the network"):
        load_scorer(checkpoint, "cpu")


def test_other_failures_are_not_taken_for_lack_of_memory(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = load_scorer(checkpoint, "cpu")
    limit_memory(scorer, monkeypatch, 0, RuntimeError("CUDA error: device-side assert triggered"))
    with pytest.raises(RuntimeError, match="device-side assert"):
        scorer.score_guided(*windows(1))


def test_weights_that_overflow_give_no_score(tmp_path: Path) -> None:
    model = tiny_model()
    with torch.no_grad():
        model.backbone.fc.weight.fill_(3e38)
        model.backbone.conv1.weight.fill_(3e38)
    info = read_model_info(tiny_checkpoint(tmp_path / "tiny.safetensors"))
    scorer = Scorer(info=info, model=model, device=resolve_device("cpu"))
    with pytest.raises(CheckpointError, match="NaN instead of a score"):
        scorer.score_guided(*windows(1))


# Devices and loading -----------------------------------------------------------------------------------------------


def test_loading_refuses_a_file_that_changed(tmp_path: Path) -> None:
    path = tiny_checkpoint(tmp_path / "tiny.safetensors")
    info = read_model_info(path)
    assert load_scorer(info, "cpu").info == info
    tiny_checkpoint(path, seed=1)
    with pytest.raises(CheckpointError, match="has changed since"):
        load_scorer(info, "cpu")


def test_the_cpu_is_always_there_and_described() -> None:
    cpu = available_devices()[-1]
    assert cpu.name == "cpu"
    assert "thread" in cpu.description
    assert resolve_device(" CPU ").name == "cpu"


def test_auto_is_the_best_and_keeps_what_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = resolve_device("auto")
    assert chosen.requested == "auto"
    assert chosen.name == available_devices()[0].name
    monkeypatch.setattr(device_module, "_try_out", lambda device: None)
    pretend_gpus(monkeypatch, 2)
    assert resolve_device("auto").name == "cuda:0"
    assert resolve_device("cuda").name == "cuda:0"
    assert resolve_device("cuda:1").description == "Test GPU, 8 GiB"


def pretend_gpus(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    class Properties:
        name = "Test GPU"
        total_memory = 8 * 2**30

    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda name: Properties)


@pytest.mark.parametrize("requested", ["cuda", "cuda:0", "cuda:7"])
def test_an_absent_device_is_an_error_that_names_the_others(monkeypatch: pytest.MonkeyPatch, requested: str) -> None:
    pretend_gpus(monkeypatch, 0)
    with pytest.raises(DeviceError, match=f"no device “{requested}”") as caught:
        resolve_device(requested)
    assert "cpu (" in str(caught.value)


@pytest.mark.parametrize("requested", ["", "gpu", "cuda:", "cuda:-1", "cpu:0;rm"])
def test_nonsense_is_no_device(requested: str) -> None:
    with pytest.raises(SettingsError, match="auto, cpu, cuda"):
        resolve_device(requested)


def test_a_gpu_that_does_not_work_is_not_replaced_silently(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> torch.Tensor:
        raise RuntimeError("CUDA error: no kernel image is available\nCompile with TORCH_USE_CUDA_DSA")

    pretend_gpus(monkeypatch, 1)
    monkeypatch.setattr(torch, "ones", broken)
    with pytest.raises(DeviceError, match=r"does not work: CUDA error: no kernel image is available\. Choose cpu"):
        resolve_device("auto")


def test_batches_grow_with_the_device_and_shrink_with_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = resolve_device("cpu")
    small = default_batch_size(tiny_model(), cpu)
    monkeypatch.setattr(scorer_module, "_LARGE_NETWORK", 1000)
    assert default_batch_size(tiny_model(), cpu) < small
