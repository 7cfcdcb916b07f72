from __future__ import annotations

import json
import os
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch
from network_support import tiny_card, tiny_checkpoint, tiny_model
from open_clip.model import CLIP
from safetensors.torch import save_file
from scores_support import RULE
from torch import Tensor
from torchvision.models import resnet50

from lipfd_desktop.errors import CheckpointError, ModelError, SettingsError
from lipfd_desktop.network.card import METADATA_KEY, ModelCard
from lipfd_desktop.network.checkpoint import load_model, read_model_info, save_safetensors, verify_unchanged
from lipfd_desktop.result import InputContract


def save_tensors(path: Path, tensors: dict[str, Tensor], card: str | None = None) -> Path:
    """A safetensors file with the tiny card, or with any text in its place."""
    save_file(tensors, path, metadata={METADATA_KEY: card if card is not None else tiny_card().to_text()})
    return path


def tiny_tensors() -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in tiny_model().state_dict().items()}


# Own files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("contract", ["guided", "official"])
def test_what_is_written_is_read(tmp_path: Path, contract: str) -> None:
    model, card = tiny_model(contract), tiny_card(contract, "Ünïcode “name”", trained=True, rule=RULE)
    path = tmp_path / "model.safetensors"
    save_safetensors(path, model, card)
    read = load_model(path)
    assert read.config == model.config
    assert not read.training
    assert read.state_dict().keys() == model.state_dict().keys()
    for name, tensor in model.state_dict().items():
        assert torch.equal(read.state_dict()[name], tensor), name
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]

    info = read_model_info(path)
    assert (info.name, info.trained, info.input_contract) == (card.name, True, InputContract(contract))
    assert (info.threshold, info.window_frames, info.limits) == (card.threshold, 5, card.limits)
    assert info.rule == RULE
    assert len(info.sha256) == 64


def test_equal_models_give_equal_files(tmp_path: Path) -> None:
    first, second = (tiny_checkpoint(tmp_path / name).read_bytes() for name in ("a.safetensors", "b.safetensors"))
    assert first == second
    assert tiny_checkpoint(tmp_path / "c.safetensors", seed=1).read_bytes() != first


def test_the_loaded_network_does_not_depend_on_the_file(tmp_path: Path) -> None:
    path = tiny_checkpoint(tmp_path / "model.safetensors")
    model = load_model(path)
    before = model.backbone.fc.weight.clone()
    path.write_bytes(b"\0" * path.stat().st_size)
    assert torch.equal(model.backbone.fc.weight, before)


def test_half_precision_weights_are_computed_with_in_fp32(tmp_path: Path) -> None:
    tensors = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in tiny_tensors().items()}
    model = load_model(save_tensors(tmp_path / "half.safetensors", tensors))
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


def test_a_failed_write_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tiny_checkpoint(tmp_path / "model.safetensors")
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lipfd_desktop.network.checkpoint.save_file", full)
    with pytest.raises(ModelError, match="No space left on device"):
        save_safetensors(path, tiny_model(seed=1), tiny_card())
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_changed_or_missing_file_is_refused(tmp_path: Path) -> None:
    path = tiny_checkpoint(tmp_path / "model.safetensors")
    info = read_model_info(path)
    verify_unchanged(info)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="has changed since its SHA-256 was recorded"):
        verify_unchanged(info)
    path.unlink()
    with pytest.raises(CheckpointError, match="there is no such file"):
        verify_unchanged(info)


# Tensors that do not fit -------------------------------------------------------------------------------------------


def drop(tensors: dict[str, Tensor]) -> None:
    for name in [name for name in tensors if name.startswith("backbone.bn1.")]:
        del tensors[name]


def add(tensors: dict[str, Tensor]) -> None:
    tensors["backbone.extra\n"] = torch.zeros(1)


def reshape(tensors: dict[str, Tensor]) -> None:
    tensors["backbone.fc.weight"] = torch.zeros(2, 3)


def poison(tensors: dict[str, Tensor]) -> None:
    tensors["encoder.visual.proj"][0, 0] = torch.nan


def overflow(tensors: dict[str, Tensor]) -> None:
    tensors["backbone.conv1.weight"][0, 0, 0, 0] = -torch.inf


def integers(tensors: dict[str, Tensor]) -> None:
    tensors["backbone.fc.bias"] = torch.zeros(1, dtype=torch.int32)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (drop, ["5 missing (backbone.bn1.weight, backbone.bn1.bias, backbone.bn1.running_mean, …)"]),
        (add, ["1 unexpected (backbone.extra?)"]),
        (reshape, ["1 of another shape (backbone.fc.weight is 2x3 instead of 1x16)"]),
        (poison, ["encoder.visual.proj holds NaN or infinity"]),
        (overflow, ["backbone.conv1.weight holds NaN or infinity"]),
        (integers, ["backbone.fc.bias is torch.int32"]),
    ],
)
def test_wrong_tensors_are_named(tmp_path: Path, change: Callable[[dict[str, Tensor]], None], words: list[str]) -> None:
    tensors = tiny_tensors()
    change(tensors)
    path = save_tensors(tmp_path / "odd.safetensors", tensors)
    with pytest.raises(CheckpointError, match=r"^odd\.safetensors: ") as caught:
        load_model(path)
    for word in words:
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)


# Descriptions that do not fit --------------------------------------------------------------------------------------


def card_with(**changes: Any) -> str:
    return json.dumps(json.loads(tiny_card().to_text()) | changes)


def card_with_rule(**changes: Any) -> str:
    return card_with(rule=asdict(RULE) | changes)


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("not JSON", "cannot be used"),
        ("[]", "format version 1"),
        ("[" * 100_000, "cannot be used"),
        (card_with(format_version=2), "format version 1"),
        (card_with(name=None), "“name”"),
        (card_with(trained="yes"), "“trained”"),
        (card_with(threshold=1.5), "“threshold”"),
        (card_with(threshold="0.5"), "“threshold”"),
        (card_with(limits=[1]), "“limits”"),
        (card_with(config={"name": "x"}), "lacks encoder"),
        (card_with(rule=[]), "“rule”"),
        (card_with(rule={}), "“authentic_below”"),
        (card_with_rule(authentic_below=0.8), "must not lie above"),
        (card_with_rule(manipulated_from=1.2), "“manipulated_from”"),
        (card_with_rule(authentic_below=float("nan")), "“authentic_below”"),
        (card_with_rule(generated=None), "“generated”"),
        (card_with_rule(generated={"slope": -1, "offset": 0}), "“slope”"),
        (card_with_rule(foreign_sound={"slope": 1, "offset": 10**400}), "“offset”"),
        (card_with_rule(span_seconds=0), "“span_seconds”"),
        (card_with_rule(corpus=None), "“corpus”"),
        (card_with_rule(clips=True), "“clips”"),
        (card_with_rule(speakers=0), "“speakers”"),
        (card_with_rule(false_positive_rate={"value": 0.1, "low": 0.2, "high": 0.3}), "“false_positive_rate”"),
        (card_with_rule(false_negative_rate={"value": 0.1}), "“low”"),
    ],
)
def test_bad_descriptions_are_refused(tmp_path: Path, card: str, words: str) -> None:
    path = save_tensors(tmp_path / "odd.safetensors", tiny_tensors(), card)
    with pytest.raises(CheckpointError, match=r"^odd\.safetensors: ") as caught:
        read_model_info(path)
    assert words in str(caught.value)


def test_descriptions_of_later_versions_may_say_more() -> None:
    assert ModelCard.from_text(card_with(measured="tomorrow")) == tiny_card()


def test_a_description_from_before_there_were_rules_has_none() -> None:
    old = json.loads(tiny_card().to_text())
    del old["rule"]
    assert ModelCard.from_text(json.dumps(old)) == tiny_card()


def test_a_rule_may_leave_the_sound_out() -> None:
    deaf = replace(RULE, foreign_sound=None)
    assert ModelCard.from_text(tiny_card(rule=deaf).to_text()).rule == deaf


def test_a_safetensors_file_of_another_program(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    with pytest.raises(CheckpointError, match="holds no LipFD network"):
        read_model_info(path)


# Files that are no checkpoints -------------------------------------------------------------------------------------


def truncated(path: Path) -> None:
    tiny_checkpoint(path)
    path.write_bytes(path.read_bytes()[:-100])


def truncated_torch(path: Path) -> None:
    torch.save({"model": {"weight": torch.zeros(10_000)}}, path)
    path.write_bytes(path.read_bytes()[:5_000])


def other_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("holiday.txt", "sunny")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (Path.touch, "is empty"),
        (Path.mkdir, "is a folder"),
        (lambda path: None, "there is no such file"),
        (lambda path: path.write_text("some text " * 50), "text or a web page"),
        (
            lambda path: path.write_text("<!DOCTYPE html><title>Google Drive – Virenprüfung</title>"),
            "download the file again",
        ),
        (
            lambda path: path.write_bytes(b"\xff\xd8\xff\xe0\0\x10JFIF\0" * 9),
            "not a checkpoint of torch or safetensors",
        ),
        (truncated, "damaged or incomplete"),
        (truncated_torch, "damaged or incomplete"),
        (other_zip, "damaged or incomplete"),
        (lambda path: torch.save([1, 2], path), "holds no network under “model”"),
        (lambda path: torch.save({"state": 1}, path), "holds no network under “model”"),
        (lambda path: torch.save({"model": torch.zeros(2)}, path), "holds no network under “model”"),
    ],
)
def test_other_files_get_a_sentence(tmp_path: Path, make: Callable[[Path], object], words: str) -> None:
    path = tmp_path / "ckpt.pth"
    make(path)
    with pytest.raises(CheckpointError, match=r"^ckpt\.pth: ") as caught:
        read_model_info(path)
    assert words in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_a_forbidden_file(tmp_path: Path) -> None:
    path = tiny_checkpoint(tmp_path / "model.safetensors")
    path.chmod(0)
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_model_info(path)


# Files with code in them -------------------------------------------------------------------------------------------


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


def in_torch_file(bomb: Bomb, path: Path) -> None:
    torch.save({"model": {"conv1.weight": bomb}}, path)


def in_optimizer(bomb: Bomb, path: Path) -> None:
    torch.save({"model": {}, "optimizer": [bomb]}, path)


def in_bare_pickle(bomb: Bomb, path: Path) -> None:
    path.write_bytes(pickle.dumps({"model": bomb}))


def in_old_pickle(bomb: Bomb, path: Path) -> None:
    path.write_bytes(pickle.dumps({"model": bomb}, protocol=0))


def in_legacy_torch_file(bomb: Bomb, path: Path) -> None:
    torch.save({"model": {"conv1.weight": bomb}}, path, _use_new_zipfile_serialization=False)


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (in_torch_file, f"({os.mkdir.__module__}.mkdir)"),
        (in_optimizer, f"({os.mkdir.__module__}.mkdir)"),
        (in_bare_pickle, "nothing of it was run"),
        (in_old_pickle, "not a checkpoint"),
        (in_legacy_torch_file, "nothing of it was run"),
    ],
)
@pytest.mark.parametrize("read", [read_model_info, load_model])
def test_code_in_a_file_is_refused_and_never_run(
    tmp_path: Path, plant: Callable[[Bomb, Path], None], words: str, read: Callable[[Path], object]
) -> None:
    path, folder = tmp_path / "ckpt.pth", tmp_path / "exploded"
    plant(Bomb(folder), path)
    with pytest.raises(CheckpointError) as caught:
        read(path)
    assert words in str(caught.value)
    assert not folder.exists()


def test_the_bomb_of_these_tests_is_live(tmp_path: Path) -> None:
    in_torch_file(Bomb(tmp_path / "exploded"), tmp_path / "ckpt.pth")
    torch.load(tmp_path / "ckpt.pth", weights_only=False)
    assert (tmp_path / "exploded").is_dir()


def test_torchscript_is_code(tmp_path: Path) -> None:
    path = tmp_path / "script.pth"
    torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2)).save(path)
    with pytest.raises(CheckpointError, match="nothing of it was run"):
        read_model_info(path)


# The layout of the authors' file -----------------------------------------------------------------------------------


def authors_tensors() -> dict[str, Tensor]:
    """All tensors of their network, by the names that open_clip's CLIP and torchvision's ResNet give them.

    Each is one zero, stretched, so that the file is small.
    """
    settings = open_clip.get_model_config("ViT-L-14")
    with torch.device("meta"):
        clip = CLIP(settings["embed_dim"], settings["vision_cfg"], settings["text_cfg"], quick_gelu=True)
        resnet = resnet50(weights=None)
    shapes = {f"encoder.{name}": tensor.shape for name, tensor in clip.state_dict().items()}
    shapes |= {f"backbone.{name}": tensor.shape for name, tensor in resnet.state_dict().items() if name[:3] != "fc."}
    shapes |= {"conv1.weight": (3, 3, 5, 5), "conv1.bias": (3,)}
    for layer in ("get_weight.0", "fc"):
        shapes |= {f"backbone.{layer}.weight": (1, 2816), f"backbone.{layer}.bias": (1,)}
    zero = {True: torch.zeros(()), False: torch.zeros((), dtype=torch.int64)}
    return {name: zero[not name.endswith("num_batches_tracked")].expand(shape) for name, shape in shapes.items()}


def test_the_authors_layout_is_read_without_its_text_tower(tmp_path: Path) -> None:
    path = tmp_path / "ckpt.pth"
    tensors = authors_tensors()
    assert len(tensors) == 770
    torch.save({"model": tensors, "total_steps": 12, "optimizer": {"state": {}}}, path)
    model = load_model(path)
    assert not [name for name in model.state_dict() if "token_embedding" in name]
    info = read_model_info(path)
    assert (info.name, info.input_contract, info.trained) == ("ckpt", InputContract.OFFICIAL, True)
    assert info.licence == "none stated by the authors, if this is their file"
    assert "AaronComo/LipFD" in info.source
    assert any("no checksum" in limit for limit in info.limits)


def test_a_torch_file_under_a_wrong_name(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    torch.save({"model": {}}, path)
    with pytest.raises(CheckpointError, match=r"rename it to end in \.pth"):
        read_model_info(path)


def test_weights_with_no_training_step_count_as_untrained(tmp_path: Path) -> None:
    path = tmp_path / "ckpt.pth"
    torch.save({"model": {}, "total_steps": 0}, path)
    info = read_model_info(path)
    assert not info.trained
    assert "never trained" in info.limits[0]


@pytest.mark.filterwarnings("ignore:Validating sparse tensor")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda model: model.pop("encoder.ln_final.bias"), "1 missing (encoder.ln_final.bias)"),
        (lambda model: model.update({"encoder.logit_scale": torch.zeros(2)}), "encoder.logit_scale is 2 instead of a"),
        (lambda model: model.update({"encoder.bert.weight": torch.zeros(2)}), "1 unexpected (encoder.bert.weight)"),
        (lambda model: model.update({"conv1.bias": 3}), "“conv1.bias” is not a plain tensor"),
        (lambda model: model.update({"conv1.bias": torch.zeros(3).to_sparse()}), "“conv1.bias” is not a plain tensor"),
        (lambda model: model.clear(), "missing (conv1.weight, conv1.bias, "),
    ],
)
def test_other_networks_in_the_authors_layout(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    path, model = tmp_path / "ckpt.pth", authors_tensors()
    change(model)
    torch.save({"model": model}, path)
    with pytest.raises(CheckpointError) as caught:
        load_model(path)
    assert words in str(caught.value)


def test_settings_errors_of_a_file_are_checkpoint_errors(tmp_path: Path) -> None:
    path = save_tensors(tmp_path / "odd.safetensors", tiny_tensors(), card_with(config=[]))
    with pytest.raises(CheckpointError) as caught:
        load_model(path)
    assert not isinstance(caught.value, SettingsError)


def test_others_may_read_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "shared.safetensors"
    before = os.umask(0o022)
    try:
        save_safetensors(path, tiny_model(), tiny_card())
    finally:
        os.umask(before)
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o644
    assert [entry.name for entry in tmp_path.iterdir()] == ["shared.safetensors"]
