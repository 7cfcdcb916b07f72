from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from network_support import tiny_checkpoint
from scores_support import RULE

from lipfd_desktop.errors import Cancelled, CheckpointError, ModelError, NoModelError, SettingsError
from lipfd_desktop.network import registry
from lipfd_desktop.network.config import load_config
from lipfd_desktop.network.registry import CATALOGUE, ModelStore, resources_dir


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    bundled = tmp_path / "bundled"
    bundled.mkdir()
    return ModelStore(tmp_path / "models", bundled=bundled)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tiny_checkpoint(tmp_path / "download.safetensors", trained=True)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


# Import ------------------------------------------------------------------------------------------------------------


def test_an_imported_model_is_listed_verified_and_found(store: ModelStore, file: Path) -> None:
    before = file.read_bytes()
    progress: list[tuple[int, int]] = []
    info = store.import_file(file, "My model", on_progress=lambda done, total: progress.append((done, total)))
    assert progress[-1] == (len(before), len(before))
    assert file.read_bytes() == before
    assert info.path == store.root / "My model.safetensors"
    assert info.path.read_bytes() == before
    assert files(store.root) == ["My model.json", "My model.safetensors"]

    assert store.installed() == [info]
    assert store.resolve("my MODEL") == info
    assert store.resolve() == store.default() == info
    store.verify(info)
    record = store.records()[0]
    assert (record.original_name, record.bundled) == ("download.safetensors", False)
    assert record.imported_at is not None
    assert record.imported_at.endswith("+00:00")


def test_the_rule_of_a_model_is_imported_with_it(store: ModelStore, tmp_path: Path) -> None:
    file = tiny_checkpoint(tmp_path / "ruled.safetensors", name="ruled", trained=True, rule=RULE)
    store.import_file(file)
    assert store.resolve("ruled").rule == RULE


def test_a_record_from_before_there_were_rules_is_read(store: ModelStore, file: Path) -> None:
    info = store.import_file(file, name="old")
    record = store.root / "old.json"
    data = json.loads(record.read_text(encoding="utf-8"))
    del data["rule"]
    record.write_text(json.dumps(data), encoding="utf-8")
    assert store.resolve("old") == info


def test_the_name_comes_from_the_file_when_none_is_given(store: ModelStore, tmp_path: Path) -> None:
    assert store.import_file(tiny_checkpoint(tmp_path / "a.safetensors", name="a/b: “c”")).name == "a-b- -c-"


def test_a_second_import_of_the_same_weights_changes_nothing(store: ModelStore, file: Path) -> None:
    first = store.import_file(file, "one")
    assert store.import_file(file, "ONE") == first
    assert store.import_file(file, "two").sha256 == first.sha256
    assert len(store.installed()) == 2


def test_a_name_with_other_weights_is_refused(store: ModelStore, file: Path, tmp_path: Path) -> None:
    first = store.import_file(file, "one")
    other = tiny_checkpoint(tmp_path / "other.safetensors", seed=5)
    with pytest.raises(SettingsError, match="under another name"):
        store.import_file(other, "One")
    assert store.installed() == [first]
    store.verify(first)


@pytest.mark.parametrize("name", ["", "../up", "a/b", "a\\b", ".hidden", "nul\0", "x" * 81, "dot.", "a:b"])
def test_names_that_are_no_file_names_are_refused(store: ModelStore, file: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="cannot be the name of a model"):
        store.import_file(file, name)
    assert files(store.root) == []


def test_a_bad_file_leaves_nothing_behind(store: ModelStore, file: Path) -> None:
    model = {"backbone.fc.bias": torch.tensor([torch.nan])}
    torch.save({"model": model}, file.with_suffix(".pth"))
    with pytest.raises(CheckpointError, match="missing"):
        store.import_file(file.with_suffix(".pth"))
    assert files(store.root) == []
    assert store.installed() == []


def test_a_cancelled_import_leaves_nothing_behind(store: ModelStore, file: Path) -> None:
    copied: list[int] = []
    with pytest.raises(Cancelled):
        store.import_file(file, on_progress=lambda done, _: copied.append(done), is_cancelled=lambda: copied != [])
    assert copied
    with pytest.raises(Cancelled):
        store.import_file(file, is_cancelled=lambda: True)
    assert files(store.root) == []


def test_a_file_that_changes_while_it_is_copied_is_refused(store: ModelStore, file: Path, tmp_path: Path) -> None:
    other = tiny_checkpoint(tmp_path / "other.safetensors", seed=9).read_bytes()

    def meddle() -> bool:
        if store.root.is_dir():  # it is made when copying starts
            file.write_bytes(other)
        return False

    with pytest.raises(CheckpointError, match="changed while it was being copied"):
        store.import_file(file, is_cancelled=meddle)
    assert files(store.root) == []


def test_a_store_that_cannot_be_written(file: Path, tmp_path: Path) -> None:
    (tmp_path / "occupied").write_text("a file where the folder should be")
    with pytest.raises(ModelError, match="could not be copied"):
        ModelStore(tmp_path / "occupied", bundled=tmp_path).import_file(file, "one")


def test_a_full_disk(store: ModelStore, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(registry.os, "fsync", full)
    with pytest.raises(ModelError, match="No space left on device"):
        store.import_file(file)
    assert files(store.root) == []


# Listing and resolving ---------------------------------------------------------------------------------------------


def test_the_default_is_the_newest_trained_import_then_a_bundled_model(store: ModelStore, tmp_path: Path) -> None:
    assert store.default() is None
    tiny_checkpoint(tmp_path / "bundled" / "shipped.safetensors", name="shipped", trained=True)
    assert store.resolve().name == "shipped"
    assert store.records()[0].bundled
    for seed, name in enumerate(("first", "second"), start=1):
        store.import_file(tiny_checkpoint(tmp_path / "x.safetensors", seed=seed, trained=True), name)
    store.import_file(tiny_checkpoint(tmp_path / "x.safetensors", seed=3), "untrained")
    assert [info.name for info in store.installed()] == ["untrained", "second", "first", "shipped"]
    assert store.resolve(None).name == "second"
    assert not store.resolve("untrained").trained


def test_without_a_trained_model_the_answer_says_where_to_get_one(store: ModelStore, tmp_path: Path) -> None:
    store.import_file(tiny_checkpoint(tmp_path / "x.safetensors"), "untrained")
    with pytest.raises(NoModelError, match="No trained detection model is installed") as caught:
        store.resolve()
    assert "https://github.com/AaronComo/LipFD" in str(caught.value)
    assert "no checksum" in str(caught.value)


def test_a_path_is_read(store: ModelStore, file: Path) -> None:
    assert store.resolve(file).path == file
    assert store.resolve(str(file)).trained


@pytest.mark.parametrize("name", ["nobody", "x" * 5000, "nul\0"])
def test_an_unknown_name_lists_the_known_ones(store: ModelStore, file: Path, name: str) -> None:
    store.import_file(file, "somebody")
    with pytest.raises(NoModelError, match="installed: “somebody”"):
        store.resolve(name)


def test_a_changed_model_is_refused(store: ModelStore, file: Path) -> None:
    info = store.import_file(file, "one")
    tiny_checkpoint(info.path, seed=2, trained=True)
    with pytest.raises(CheckpointError, match="has changed since"):
        store.verify(store.resolve("one"))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"record_version": 99}', "\0"])
def test_a_damaged_record_is_logged_and_left_out(
    store: ModelStore, file: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    info = store.import_file(file, "good")
    (store.root / "bad.json").write_text(text)
    with caplog.at_level(logging.WARNING):
        assert store.installed() == [info]
    assert "bad.json" in caplog.text


def test_a_record_cannot_point_outside_the_store(store: ModelStore, file: Path) -> None:
    info = store.import_file(file, "one")
    record = store.root / "one.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"path": "../../elsewhere.safetensors"}))
    assert store.installed()[0].path == store.root / "elsewhere.safetensors"
    assert info.path.is_file()


def test_a_damaged_bundled_model_is_left_out(store: ModelStore, tmp_path: Path) -> None:
    (tmp_path / "bundled" / "bad.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{")
    assert store.installed() == []


def test_the_folder_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIPFD_MODELS", str(tmp_path / "elsewhere"))
    assert ModelStore().root == tmp_path / "elsewhere"
    monkeypatch.delenv("LIPFD_MODELS")
    assert ModelStore().root.parts[-2:] == ("lipfd-desktop", "models")


def test_listing_models_does_not_import_torch(store: ModelStore, file: Path, tmp_path: Path) -> None:
    store.import_file(file, "one")
    code = (
        "import sys; from lipfd_desktop.network.registry import ModelStore; "
        "names = [info.name for info in ModelStore().installed()]; "
        "assert 'one' in names, names; assert 'torch' not in sys.modules"
    )
    environment = os.environ | {"LIPFD_MODELS": str(store.root)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=Path(__file__).parents[1])


def test_bundled_files_are_found() -> None:
    assert (resources_dir() / "sample.mp4").is_file()


def test_the_catalogue_is_honest_about_the_authors_weights() -> None:
    (authors,) = CATALOGUE
    assert authors.sha256 is None
    assert authors.input_contract == load_config(authors.config).input_contract == "official"
    assert any("AUC 0.513" in rate.result for rate in authors.error_rates)
