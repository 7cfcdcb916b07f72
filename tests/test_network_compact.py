from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from network_support import tiny_card, tiny_checkpoint, tiny_config, tiny_model
from safetensors.torch import load_file, save_file
from torch.utils.flop_counter import FlopCounterMode

from lipfd_desktop.errors import CheckpointError, ModelError, SettingsError
from lipfd_desktop.network.card import METADATA_KEY, ModelCard
from lipfd_desktop.network.checkpoint import load_model, read_model_info, save_safetensors
from lipfd_desktop.network.compact import CompactNetwork
from lipfd_desktop.network.compact_quality import QUALITIES, Expectation, face_height, picture_quality
from lipfd_desktop.network.config import CompactConfig, config_from_json, load_config
from lipfd_desktop.network.cost import gflop_per_window
from lipfd_desktop.network.registry import ModelStore
from lipfd_desktop.network.scorer import Scorer, load_scorer
from lipfd_desktop.result import InputContract, Notice
from lipfd_desktop.windows.context import ContextBatch


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("model") / "compact.safetensors", "context")


def windows(count: int, frames: int = 5) -> ContextBatch:
    """Windows at stride 1: each shares all images but one with the next."""
    numbers = np.random.default_rng(2)
    images = count + frames - 1 if count else 0
    colours = numbers.integers(0, 256, (images, 1, 1, 3), dtype=np.uint8)
    grain = numbers.integers(0, 30, (images, 224, 224, 1), dtype=np.uint8)
    return ContextBatch(
        np.minimum(colours, 225) + grain,
        np.arange(count)[:, None] + np.arange(frames),
        (numbers.normal(200, 30, (count, 1, 478, 2)) + numbers.normal(0, 3, (count, 50, 478, 2))).astype(np.float32),
        numbers.integers(0, 256, (count, 80, 200), dtype=np.uint8),
    )


# Configurations ----------------------------------------------------------------------------------------------------


def data(**changes: Any) -> dict[str, Any]:
    return json.loads(json.dumps(tiny_config("context").to_json())) | changes


def test_the_kind_in_the_json_tells_which_network_it_is() -> None:
    compact = config_from_json(data())
    assert isinstance(compact, CompactConfig)
    assert compact == tiny_config("context")
    assert config_from_json(json.loads(json.dumps(tiny_config().to_json()))) == tiny_config()
    assert "kind" not in tiny_config().to_json()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "huge"}, "kind of the network configuration must be compact"),
        ({"kind": None}, "kind of the network configuration must be compact"),
        ({"input_contract": "guided"}, "input_contract of the network configuration must be context"),
        ({"width": 10**9}, "width"),
        ({"width": 0}, "width"),
        ({"face_side": 2**20}, "face_side"),
        ({"motion_width": "8"}, "motion_width"),
        ({"members": 10**6}, "members"),
        ({"members": True}, "members"),
        ({"pictures": []}, "pictures"),
        ({"pictures": ["sideways"]}, "list of 1 to 8 of relative, absolute"),
        ({"fusion": [1.0]}, "list of 7 numbers"),
        ({"fusion": [1.0, 0.0, True, 1e9]}, "fusion"),
        ({"window_frames": 1}, "window_frames"),
        ({"name": ""}, "name"),
        ({"colour": 1}, "unknown keys: colour"),
    ],
)
def test_bad_values_get_a_sentence(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        config_from_json(data(**changes))


def test_a_lipfd_network_cannot_claim_the_context_contract() -> None:
    with pytest.raises(SettingsError, match="official or guided"):
        config_from_json(json.loads(json.dumps(tiny_config().to_json())) | {"input_contract": "context"})


# The network -------------------------------------------------------------------------------------------------------


def tensors(count: int) -> tuple[torch.Tensor, ...]:
    torch.manual_seed(0)
    return (
        torch.rand(4 * count, 3, 224, 224),
        torch.rand(4 * count, 3, 224, 224),
        torch.arange(4 * count).view(count, 4),
        torch.randn(count, 50, 478, 2) * 30 + 200,
        torch.rand(count, 80, 200),
    )


def test_two_logits_and_region_weights_that_sum_to_one() -> None:
    with torch.inference_mode():
        output = tiny_model("context")(*tensors(3))
    assert output.generated.shape == output.foreign_sound.shape == (3,)
    assert output.region_weights.shape == (3, 3, 5)
    torch.testing.assert_close(output.region_weights.sum(dim=1), torch.ones(3, 5))


@pytest.mark.parametrize("unknown", [slice(0, 20), slice(None)])
def test_unknown_motion_is_no_obstacle(unknown: slice) -> None:
    *pictures, motion, sound = tensors(2)
    motion[:, unknown] = torch.nan
    with torch.inference_mode():
        assert all(part.isfinite().all() for part in tiny_model("context")(*pictures, motion, sound))


@pytest.mark.parametrize("part", [0, 1, 3, 4])
def test_face_motion_and_sound_have_a_part_in_the_answer(part: int) -> None:
    model, inputs = tiny_model("context"), tensors(1)
    others = list(inputs)
    others[part] = inputs[part].flip(1) if part > 2 else 1 - inputs[part] ** 2
    with torch.inference_mode():
        before, after = model(*inputs), model(*others)
    assert max(abs(float(one - other)) for one, other in zip(before[:2], after[:2], strict=True)) > 1e-4


def test_members_are_averaged() -> None:
    config = CompactConfig(**{**data(), "members": 2, "input_contract": InputContract.CONTEXT})
    model = CompactNetwork(config).eval()
    single = CompactNetwork(tiny_config("context")).eval()
    inputs, alone = tensors(2), []
    with torch.inference_mode():
        for member in model.members:
            single.members[0].load_state_dict(member.state_dict())
            alone.append(single(*inputs))
        for one, two, mean in zip(*alone, model(*inputs), strict=True):
            torch.testing.assert_close((one + two) / 2, mean)


def test_evidence_counts_by_how_far_it_lies_from_filmed_faces_of_that_quality() -> None:
    torch.manual_seed(0)
    expectation = Expectation(2)
    quality = torch.randn(4000, QUALITIES) * 2 + 1
    true = torch.stack((3 + quality[:, 0], -quality[:, 4]), dim=1)
    evidence = true + torch.randn(4000, 2) * torch.tensor([0.5, 2.0])
    optimiser = torch.optim.Adam(expectation.parameters(), 0.05)
    for _ in range(400):
        optimiser.zero_grad()
        expectation.surprise(evidence, quality).backward()
        optimiser.step()
    expectation.eval()
    with torch.no_grad():
        deviations = expectation(evidence, quality)
        far = expectation(evidence[:1] * 0, torch.full((1, QUALITIES), 1e6))
        unknown = expectation(evidence[:1], torch.full((1, QUALITIES), torch.nan))
    torch.testing.assert_close(deviations.mean(dim=0), torch.zeros(2), atol=0.1, rtol=0)
    torch.testing.assert_close(deviations.std(dim=0), torch.ones(2), atol=0.15, rtol=0)
    assert abs(float(torch.corrcoef(torch.stack((deviations[:, 0], quality[:, 0])))[0, 1])) < 0.15
    assert far.isfinite().all()
    assert far.abs().max() < 40, "a quality that was never met is no reason for an extreme answer"
    assert unknown.isfinite().all()


def test_quality_tells_soft_from_sharp_calm_from_lively_and_small_from_large() -> None:
    torch.manual_seed(0)
    sharp, other = torch.rand(1, 3, 224, 224), torch.rand(1, 3, 224, 224)
    soft = torch.nn.functional.avg_pool2d(sharp, 5, stride=1, padding=2)
    assert bool((picture_quality(soft, other)[0, :2] < picture_quality(sharp, other)[0, :2]).all())
    assert picture_quality(sharp, sharp)[0, 4] < picture_quality(sharp, other)[0, 4]
    small, large = torch.rand(1, 50, 478, 2) * 100, torch.rand(1, 50, 478, 2) * 300
    assert face_height(small) < face_height(large)
    assert face_height(small * torch.nan).isnan().all()


def test_arithmetic_is_counted_without_weights() -> None:
    small = gflop_per_window(tiny_config("context"), 5)
    large = gflop_per_window(
        CompactConfig(**{**tiny_config("context").to_json(), "width": 8}),
        5,
    )
    assert 0 < small < large < 1


def test_arithmetic_is_counted_as_torch_counts_it() -> None:
    config = tiny_config("context")
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        frames, following, _, motion, sound = tensors(1)
        CompactNetwork(config).eval()(frames[:1], following[:1], torch.zeros(1, 4, dtype=torch.int64), motion, sound)
    assert gflop_per_window(config, 5) == pytest.approx(counter.get_total_flops() / 1e9, rel=0.05)


# Files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("half", [False, True])
def test_what_is_written_is_read(tmp_path: Path, half: bool) -> None:
    model, path = tiny_model("context"), tmp_path / "compact.safetensors"
    save_safetensors(path, model, tiny_card("context", "Compact", trained=True), half=half)
    stored = {tensor.dtype for tensor in load_file(path).values() if tensor.is_floating_point()}
    assert stored == {torch.float16 if half else torch.float32}
    read = load_model(path)
    assert isinstance(read, CompactNetwork)
    assert read.config == model.config
    assert not read.training
    for name, tensor in model.state_dict().items():
        wanted = tensor.half().to(tensor.dtype) if half and tensor.is_floating_point() else tensor
        assert torch.equal(read.state_dict()[name], wanted), name
    info = read_model_info(path)
    assert (info.name, info.trained, info.input_contract) == ("Compact", True, InputContract.CONTEXT)


def test_numbers_beyond_16_bits_are_not_stored_as_infinity(tmp_path: Path) -> None:
    model = tiny_model("context")
    with torch.no_grad():
        model.generated.bias.fill_(1e6)
    with pytest.raises(ModelError, match=r"generated\.bias cannot be stored in 16 bits"):
        save_safetensors(tmp_path / "compact.safetensors", model, tiny_card("context"), half=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda tensors: tensors.pop("generated.bias"), "1 missing"),
        (lambda tensors: tensors.update({"members.1.patch.bias": torch.zeros(1)}), "1 unexpected"),
        (lambda tensors: tensors.update({"generated.bias": torch.zeros(7)}), "1 of another shape"),
        (lambda tensors: tensors["members.0.pictures.0.patch.weight"].fill_(torch.nan), "NaN or infinity"),
        (lambda tensors: tensors.update({"generated.bias": torch.zeros(1).int()}), "not of floating point"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(tmp_path: Path, change: Any, words: str) -> None:
    found = {name: tensor.clone() for name, tensor in tiny_model("context").state_dict().items()}
    change(found)
    path = tmp_path / "compact.safetensors"
    save_file(found, path, metadata={METADATA_KEY: tiny_card("context").to_text()})
    with pytest.raises(CheckpointError, match=words):
        load_model(path)


def test_a_card_that_asks_for_too_much_is_refused(tmp_path: Path) -> None:
    card = json.loads(tiny_card("context").to_text())
    card["config"]["width"] = 10**7
    path = tmp_path / "compact.safetensors"
    save_file({"a": torch.zeros(1)}, path, metadata={METADATA_KEY: json.dumps(card)})
    with pytest.raises(CheckpointError, match="width of the network configuration must be a whole number"):
        load_model(path)


def test_a_compact_model_is_imported_and_listed(checkpoint: Path, tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "store", bundled=tmp_path)
    info = store.import_file(checkpoint, name="Small one")
    assert info.input_contract is InputContract.CONTEXT
    assert store.installed() == [info]
    assert store.resolve("small one") == info
    assert isinstance(load_model(info.path), CompactNetwork)


def test_a_bundled_compact_model_is_listed(tmp_path: Path) -> None:
    tiny_checkpoint(tmp_path / "bundled.safetensors", "context", name="Bundled", trained=True)
    default = ModelStore(tmp_path / "store", bundled=tmp_path).default()
    assert default is not None
    assert (default.name, default.input_contract) == ("Bundled", InputContract.CONTEXT)


def test_the_card_of_either_kind_survives_its_text() -> None:
    for contract in ("context", "guided"):
        card = tiny_card(contract)
        assert ModelCard.from_text(card.to_text()) == card
    assert load_config("lipfd-compact-tiny") == tiny_config("context")


# Scores ------------------------------------------------------------------------------------------------------------


def test_scores_do_not_depend_on_the_batch(checkpoint: Path) -> None:
    batch = windows(7)
    together = load_scorer(checkpoint, "cpu", batch_size=7).score_context(*batch)
    assert together.logit.std() > 0.1
    for batch_size in (1, 3):
        apart = load_scorer(checkpoint, "cpu", batch_size=batch_size).score_context(*batch)
        for name in ("logit", "score", "region_weights", "generated", "foreign_sound"):
            np.testing.assert_allclose(
                getattr(apart, name), getattr(together, name), rtol=1e-4, atol=1e-4, err_msg=name
            )


def test_the_score_is_the_louder_of_both_answers(checkpoint: Path) -> None:
    scores = load_scorer(checkpoint, "cpu").score_context(*windows(6))
    assert scores.generated is not None
    assert scores.foreign_sound is not None
    generated, foreign = scores.generated.astype(float), scores.foreign_sound.astype(float)
    np.testing.assert_allclose(scores.score, np.fmax(generated, foreign), atol=1e-6)
    np.testing.assert_allclose(scores.score, 1 / (1 + np.exp(-scores.logit.astype(float))), atol=1e-6)
    assert {part.dtype for part in (scores.logit, scores.score, scores.generated, scores.foreign_sound)} == {
        np.dtype(np.float32)
    }
    assert ((scores.score >= scores.generated - 1e-6) & (scores.score >= scores.foreign_sound - 1e-6)).all()


def test_too_little_to_compare_leaves_the_picture_alone(checkpoint: Path) -> None:
    batch = windows(4)
    batch.motion[0, :26] = np.nan
    batch.strips[1, :, 99:] = 0
    scores = load_scorer(checkpoint, "cpu").score_context(*batch)
    assert scores.generated is not None
    assert scores.foreign_sound is not None
    assert np.isnan(scores.foreign_sound).tolist() == [True, True, False, False]
    np.testing.assert_array_equal(scores.score[:2], scores.generated[:2])
    assert np.isfinite(scores.logit).all()


def test_lipfd_networks_answer_one_question(tmp_path: Path) -> None:
    scorer = load_scorer(tiny_checkpoint(tmp_path / "tiny.safetensors"), "cpu")
    size = scorer.config.region.crop_size  # type: ignore[union-attr]
    bands = scorer.config.mel_bands  # type: ignore[union-attr]
    scores = scorer.score_guided(
        [np.zeros((3, size, size, 3), np.uint8)], np.zeros((1, 5), np.int64), np.zeros((1, bands, 20), np.uint8)
    )
    assert scores.generated is None
    assert scores.foreign_sound is None
    with pytest.raises(ValueError, match="guided contract"):
        scorer.score_context(*windows(1))


def test_shapes_are_checked(checkpoint: Path) -> None:
    scorer, batch = load_scorer(checkpoint, "cpu"), windows(2)
    with pytest.raises(ValueError, match="context contract"):
        scorer.score_guided(list(batch.faces[:, None]), batch.places, batch.strips)
    for wrong in (
        batch._replace(faces=batch.faces[:, 1:]),
        batch._replace(places=batch.places[..., None]),
        batch._replace(motion=batch.motion.astype(np.float64)),
        batch._replace(strips=batch.strips[..., 1:]),
    ):
        with pytest.raises(ValueError, match="expected"):
            scorer.score_context(*wrong)
    with pytest.raises(ValueError, match="parts of 1 and 2 windows"):
        scorer.score_context(*batch._replace(strips=batch.strips[:1]))


def test_no_windows_no_scores(checkpoint: Path) -> None:
    assert len(load_scorer(checkpoint, "cpu").score_context(*windows(0)).logit) == 0


def test_out_of_memory_halves_the_batch(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = windows(5)
    expected = load_scorer(checkpoint, "cpu").score_context(*batch)
    notices: list[Notice] = []
    scorer = load_scorer(checkpoint, "cpu", batch_size=4, on_notice=notices.append)
    forward = scorer.model.forward

    def limited(*inputs: torch.Tensor) -> Any:
        if len(inputs[-1]) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(*inputs)

    monkeypatch.setattr(scorer.model, "forward", limited)
    np.testing.assert_allclose(scorer.score_context(*batch).logit, expected.logit, rtol=1e-4, atol=1e-4)
    assert scorer.batch_size == 1
    assert len(notices) == 2


def test_weights_that_overflow_give_no_score(checkpoint: Path) -> None:
    model = tiny_model("context")
    with torch.no_grad():
        model.generated.weight.fill_(torch.inf)
    loaded = load_scorer(checkpoint, "cpu")
    scorer = Scorer(info=loaded.info, model=model, device=loaded.device)
    with pytest.raises(CheckpointError, match="NaN instead of a score"):
        scorer.score_context(*windows(1))
