"""Training settings: presets, changes, bounds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lipfd_desktop.errors import SettingsError
from lipfd_desktop.network.config import NetworkConfig
from lipfd_desktop.training.settings import TrainSettings, load_settings, settings_names
from lipfd_desktop.training.task import task_maker


@pytest.mark.parametrize("name", ["12gb", "8gb", "compact", "full", "full-frozen", "tiny"])
def test_presets_are_read_and_written_back(name: str) -> None:
    assert name in settings_names()
    settings = load_settings(name)
    assert TrainSettings.from_json(settings.to_json()) == settings


def test_full_preset_is_the_paper_network_on_guided_windows() -> None:
    network = load_settings("full").network
    assert isinstance(network, NetworkConfig)
    assert (network.encoder.width, network.encoder.layers, network.encoder.patch_size) == (1024, 24, 14)
    assert (network.region.depths, network.region.block) == ((3, 4, 6, 3), "bottleneck")
    assert network.input_contract == "guided"
    assert not load_settings("full").stages[0].freeze
    assert load_settings("full-frozen").stages[0].freeze == ("encoder",)


def test_changes_reach_every_stage_or_one_place() -> None:
    changes = ["steps=7", "mix.fake=0.5", "seed=9", "network.name=other", "stages.0.batch=3"]
    settings = load_settings("compact", [*changes[:3], changes[4]])
    assert {stage.steps for stage in settings.stages} == {7}
    assert {stage.mix.fake for stage in settings.stages} == {0.5}
    assert (settings.seed, settings.stages[0].batch) == (9, 3)
    assert settings.stages[1].batch != 3
    assert load_settings("tiny", changes[3:4]).network.name == "other"


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    stage = {"task": "lipfd", "steps": 3, "batch": 2}
    path.write_text(json.dumps({"name": "own", "network": "lipfd-tiny", "stages": [stage]}))
    settings = load_settings(str(path))
    assert settings.network.name == "lipfd-tiny"
    assert settings.stages[0].learning_rate > 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("steps=0", "steps of stage 1 must be a whole number"),
        ("steps=many", "steps of stage 1"),
        ("learning_rate=2", "learning_rate"),
        ("precision=fp8", "fp32 or bf16 or fp16"),
        ("task=nothing", "task"),
        ("mix.real=0", "real and one of the others"),
        ("colour=red", "unknown keys: colour"),
        ("mix.colour=1", "unknown keys: colour"),
        ("network.window_frames=0", "window_frames"),
        ("stages.7.steps=3", "have no stages.7.steps"),
        ("steps", "not of the form key=value"),
        ("ema=NaN", "ema"),
        ("keep_best=false", "patience"),
    ],
)
def test_what_does_not_fit_is_refused(change: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load_settings("tiny", ["patience=2", change])


@pytest.mark.parametrize(
    ("data", "words"),
    [([], "JSON object"), ({"name": "x"}, "lacks"), ({"name": "x", "network": "lipfd-tiny", "stages": []}, "stages")],
)
def test_damaged_files_are_refused(tmp_path: Path, data: Any, words: str) -> None:
    path = tmp_path / "own.json"
    path.write_text(json.dumps(data))
    with pytest.raises(SettingsError, match=words):
        load_settings(str(path))


def test_unknown_names_are_said() -> None:
    with pytest.raises(SettingsError, match="12gb, 8gb"):
        load_settings("nothing")
    with pytest.raises(SettingsError, match="No such file"):
        load_settings("/nowhere/x.json")
    with pytest.raises(SettingsError, match="no training task"):
        task_maker("nothing")


def test_options_are_numbers_where_numbers_are_asked_for() -> None:
    stage = load_settings("tiny", ["options.region_weight=0.5", "options.word=often"]).stages[0]
    assert stage.option("region_weight", 0.1) == 0.5
    assert stage.option("other", 0.1) == 0.1
    with pytest.raises(SettingsError, match="must be a number"):
        stage.option("word", 1.0)
