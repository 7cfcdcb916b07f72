"""From a store to a model file, by the LipFD task and by the commands."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from dataset_support import made_up, made_up_store

from lipfd_desktop.cli.main import main
from lipfd_desktop.dataset.store import Store, StoredClip, pack
from lipfd_desktop.errors import CheckpointError, SettingsError, TrainingError
from lipfd_desktop.evaluation.table import PLAIN, read_table
from lipfd_desktop.network.build import build_network
from lipfd_desktop.network.card import read_safetensors_card
from lipfd_desktop.network.checkpoint import load_model
from lipfd_desktop.network.config import load_config
from lipfd_desktop.training import lipfd_task, run
from lipfd_desktop.training.initial import load_initial
from lipfd_desktop.training.lipfd_task import LipfdTask, make_task, region_loss
from lipfd_desktop.training.rule import store_rule
from lipfd_desktop.training.sampling import Place, pictures_of, twins
from lipfd_desktop.training.settings import TrainSettings, load_settings
from lipfd_desktop.training.splits import by_fold, everything

QUICK = ["steps=2", "batch=4", "validate_every=1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two reals and two fakes in two folds, each of a speaker and source of its own."""
    made = []
    for number in range(4):
        record, arrays = made_up(f"clip{number}", 12, seed=number, label=number % 2, fold=1 + number // 2)
        made.append((replace(record, source=f"source{number}"), arrays))
    return made_up_store(tmp_path_factory.mktemp("store"), made)


@pytest.fixture(scope="module")
def clips(folder: Path) -> tuple[StoredClip, ...]:
    return Store.open(folder).clips


@pytest.fixture(scope="module")
def settings() -> TrainSettings:
    return load_settings("tiny", QUICK)


def task_of(clips: tuple[StoredClip, ...], settings: TrainSettings) -> LipfdTask:
    return make_task(by_fold(clips, 2), build_network(settings.network), settings)


def test_batches_depend_on_the_numbers_alone(clips: tuple[StoredClip, ...], settings: TrainSettings) -> None:
    task = task_of(clips, settings)
    one, same, other = (task.batch(np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert one["crops"].shape == (4, 5, 3, 64, 64, 3)
    assert one["strips"].shape == (4, 80, 20)
    assert {name: part.dtype for name, part in one.items()} == {
        "crops": torch.uint8,
        "strips": torch.uint8,
        "label": torch.float32,
    }
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["crops"], other["crops"])


@pytest.mark.parametrize(("mix", "labels"), [("fake", {0.0, 1.0}), ("pseudo", {0.0, 1.0}), ("foreign", {0.0, 1.0})])
def test_every_part_of_the_mix_gives_both_labels(clips: tuple[StoredClip, ...], mix: str, labels: set[float]) -> None:
    shares = {"real": 0.5, "fake": 0.0, "pseudo": 0.0, "foreign": 0.0, "level": 0.0} | {mix: 0.5}
    task = task_of(clips, load_settings("tiny", ["batch=12", f"mix={json.dumps(shares)}"]))
    assert set(task.batch(np.random.default_rng(0))["label"].tolist()) == labels


def test_foreign_sound_changes_the_sound_and_keeps_the_face(tmp_path: Path) -> None:
    levels = [made_up(f"v{number}", 12, seed=5, level=40 + 80 * number) for number in range(2)]
    clips = Store.open(made_up_store(tmp_path, levels)).clips
    shares = {"real": 0.01, "fake": 0.0, "pseudo": 0.0, "foreign": 1.0, "level": 0.0}
    task = make_task(
        everything(clips),
        build_network(load_settings("tiny").network),
        load_settings("tiny", ["batch=8", f"mix={json.dumps(shares)}"]),
    )
    batch = task.batch(np.random.default_rng(0))
    assert batch["label"].sum() >= 6
    assert len(batch["strips"].flatten(1).unique(dim=0)) > 1


def test_twins_differ_in_the_mouth_and_share_their_past(clips: tuple[StoredClip, ...]) -> None:
    place = Place(clips[0], 2, 5)
    real, fake = twins(place, None, np.random.default_rng(0), level=0.0)
    assert np.array_equal(real.faces, pictures_of(place).faces)
    changed = (real.faces != fake.faces).any(axis=(0, 3))
    assert changed.any()
    assert not changed[:20].any()  # the forehead is as it was
    assert not np.array_equal(real.heads, fake.heads)
    levelled, forged = twins(place, None, np.random.default_rng(3), level=1.0)
    assert not np.array_equal(levelled.faces, real.faces)
    difference = np.abs(levelled.faces.astype(int) - forged.faces)
    assert difference[:, :20].mean() < difference[:, 100:180].mean()


def test_region_loss_is_bounded_and_rewards_face_and_lips() -> None:
    head = torch.tensor([0.6, 0.2, 0.2]).view(1, 3, 1).expand(2, 3, 5)
    lips = torch.tensor([0.2, 0.2, 0.6]).view(1, 3, 1).expand(2, 3, 5)
    assert region_loss(head).item() == pytest.approx(1.0)
    assert region_loss(lips).item() == pytest.approx(np.exp(-0.4))


def test_networks_of_other_contracts_are_refused(clips: tuple[StoredClip, ...], settings: TrainSettings) -> None:
    for name in ("lipfd-tiny-official", "lipfd-compact-tiny"):
        with pytest.raises(SettingsError, match="guided contract"):
            make_task(everything(clips), build_network(load_config(name)), settings)
    with pytest.raises(SettingsError, match="64 mel bands"):
        make_task(everything(clips), build_network(load_config("lipfd-tiny")), settings)


def test_a_run_leaves_a_model_that_loads(
    tmp_path: Path, clips: tuple[StoredClip, ...], settings: TrainSettings
) -> None:
    result = run.run_training(by_fold(clips, 2), settings, tmp_path / "run")
    card = read_safetensors_card(result.model)
    assert card.trained
    assert card.config == settings.network
    assert "1 real clips and 1 fakes of 2 speakers" in card.source
    assert not load_model(result.model).training
    assert [name for name, _ in result.stages] == ["1-lipfd"]
    record = json.loads((tmp_path / "run" / "settings.json").read_text())
    assert TrainSettings.from_json(record["settings"]) == settings
    with (tmp_path / "run" / "log.csv").open(newline="") as stream:
        assert "held-out score" in {row["figure"] for row in csv.DictReader(stream)}


def test_a_broken_run_goes_on_to_the_same_model(
    tmp_path: Path, clips: tuple[StoredClip, ...], settings: TrainSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = replace(settings, stages=(settings.stages[0], replace(settings.stages[0], steps=3)))
    whole = run.run_training(by_fold(clips, 2), two, tmp_path / "whole")
    batch = LipfdTask.batch
    calls: list[int] = []

    def broken(task: LipfdTask, rng: np.random.Generator) -> dict[str, torch.Tensor]:
        calls.append(0)
        if len(calls) == 5:  # the last step of the second stage
            raise KeyboardInterrupt
        return batch(task, rng)

    monkeypatch.setattr(lipfd_task.LipfdTask, "batch", broken)
    with pytest.raises(KeyboardInterrupt):
        run.run_training(by_fold(clips, 2), two, tmp_path / "broken")
    monkeypatch.undo()
    with pytest.raises(TrainingError, match="--resume"):
        run.run_training(by_fold(clips, 2), two, tmp_path / "broken")
    with pytest.raises(TrainingError, match="other settings"):
        run.run_training(by_fold(clips, 2), replace(two, seed=4), tmp_path / "broken", resume=True)
    with pytest.raises(TrainingError, match="other clips"):
        run.run_training(by_fold(clips, 1), two, tmp_path / "broken", resume=True)
    resumed = run.run_training(by_fold(clips, 2), two, tmp_path / "broken", resume=True)
    assert resumed.model.read_bytes() == whole.model.read_bytes()
    logs = [(tmp_path / name / "log.csv").read_text() for name in ("whole", "broken")]
    assert logs[0] == logs[1]


def test_nothing_to_resume_is_said(tmp_path: Path, clips: tuple[StoredClip, ...], settings: TrainSettings) -> None:
    with pytest.raises(TrainingError, match="no training to resume"):
        run.run_training(everything(clips), settings, tmp_path / "new", resume=True)


def test_frozen_parts_stay_as_they_began(tmp_path: Path, clips: tuple[StoredClip, ...]) -> None:
    settings = load_settings("tiny", [*QUICK, 'freeze=["encoder"]'])
    torch.manual_seed(settings.seed)
    before = build_network(settings.network).state_dict()
    after = load_model(run.run_training(everything(clips), settings, tmp_path / "run").model).state_dict()
    moved = {name.partition(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert "encoder" not in moved
    assert "backbone" in moved
    with pytest.raises(SettingsError, match="begin with 'nothing'"):
        run.run_training(everything(clips), load_settings("tiny", [*QUICK, 'freeze=["nothing"]']), tmp_path / "other")


def test_a_packed_store_gives_the_same_model(
    tmp_path: Path, folder: Path, clips: tuple[StoredClip, ...], settings: TrainSettings
) -> None:
    pack(Store.open(folder), tmp_path / "packed")
    packed = Store.open(tmp_path / "packed").clips
    models = [
        run.run_training(by_fold(one, 2), settings, tmp_path / name).model
        for name, one in (("loose", clips), ("shards", packed))
    ]
    assert models[0].read_bytes() == models[1].read_bytes()


def test_pretrained_weights_are_found_by_name(tmp_path: Path, settings: TrainSettings) -> None:
    torch.manual_seed(1)
    source, target = build_network(settings.network), build_network(settings.network)
    clip = {name.removeprefix("encoder."): part for name, part in source.state_dict().items() if "visual" in name}
    torch.save(clip, tmp_path / "clip.pth")
    resnet = {name.removeprefix("backbone."): part for name, part in source.backbone.state_dict().items()}
    torch.save({"state_dict": resnet}, tmp_path / "resnet.pth")
    load_initial(target, tmp_path / "clip.pth")
    load_initial(target, tmp_path / "resnet.pth")
    own, theirs = target.state_dict(), source.state_dict()
    assert torch.equal(own["encoder.visual.proj"], theirs["encoder.visual.proj"])
    assert torch.equal(own["backbone.layer1.0.conv1.weight"], theirs["backbone.layer1.0.conv1.weight"])
    assert not torch.equal(own["backbone.fc.weight"], theirs["backbone.fc.weight"])
    torch.save({"other": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(CheckpointError, match="none of its tensors"):
        load_initial(target, tmp_path / "other.pth")


def test_commands_from_training_to_a_rule(tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "cv"
    common = ["train", "--data", str(folder), "--config", "tiny", "--quiet", "--device", "cpu"]
    changed = [part for change in QUICK for part in ("--set", change)]
    assert main([*common, *changed, "--out", str(out), "--cross-validate"]) == 0
    table = read_table(out / "scores.csv")
    assert set(table.clip.tolist()) == {f"clip{number}" for number in range(4)}
    assert set(table.variant.tolist()) == {PLAIN}
    scored = (out / "scores.csv").read_bytes()
    assert main([*common, *changed, "--out", str(out), "--cross-validate", "--resume"]) == 0
    assert (out / "scores.csv").read_bytes() == scored
    assert main([*common, *changed, "--out", str(tmp_path / "all"), "--all"]) == 0
    model = tmp_path / "all" / "model.safetensors"
    before = load_model(model).state_dict()
    corpus = ["--corpus", "four clips that no camera saw"]
    assert main(["calibrate", str(model), "--scores", str(out / "scores.csv"), *corpus]) == 0
    rule = read_safetensors_card(model).rule
    assert rule is not None
    assert (rule.clips, rule.corpus) == (4, corpus[1])
    assert all(torch.equal(before[name], part) for name, part in load_model(model).state_dict().items())
    assert "Likely authentic below" in capsys.readouterr().out


def test_commands_say_what_does_not_go_together(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["train", "--data", str(folder), "--config", "tiny", "--out", str(tmp_path / "x")]
    assert main([*common, "--all", "--fold", "1"]) == 2
    assert "exclude each other" in capsys.readouterr().err
    assert main([*common, "--listen"]) == 2
    assert "belongs to --cross-validate" in capsys.readouterr().err
    assert main([*common, "--leave-generator", "nobody"]) == 2
    assert "there are maker" in capsys.readouterr().err


def test_a_foreign_file_cannot_be_calibrated(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save({"model": {}}, path)
    with pytest.raises(CheckpointError, match="only models that this program wrote"):
        store_rule(path, None)
