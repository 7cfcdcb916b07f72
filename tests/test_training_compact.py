from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from dataset_support import made_up, made_up_store

from lipfd_desktop.dataset.record import Arrays, ClipRecord
from lipfd_desktop.dataset.store import Store
from lipfd_desktop.errors import SettingsError, TrainingError
from lipfd_desktop.network.build import build_network
from lipfd_desktop.network.config import CompactConfig, load_config
from lipfd_desktop.training.compact_agreement import LEAST_SHIFT, AgreementTask
from lipfd_desktop.training.compact_motion import MotionTask
from lipfd_desktop.training.compact_picture import PictureTask
from lipfd_desktop.training.compact_twins import UNKNOWN, TwinPool, write_twins
from lipfd_desktop.training.settings import TrainSettings, load_settings
from lipfd_desktop.training.splits import Split
from lipfd_desktop.training.task import Task, task_maker

BRANCHES = ["agreement", "motion", "picture"]
TASKS = [*BRANCHES, "expectation"]


def lively(number: int, label: int, generator: str) -> tuple[ClipRecord, Arrays]:
    """A made-up clip whose face moves and whose sound changes."""
    record, arrays = made_up(f"clip{number}", 100, seed=number, label=label, speaker=f"s{number}")
    rng = np.random.default_rng(number)
    landmarks = arrays["landmarks"] + rng.normal(0, 1, arrays["landmarks"].shape).astype(np.float32)
    mel = rng.integers(80, 256, arrays["mel"].shape, dtype=np.uint8)
    return replace(record, generator=generator), {**arrays, "landmarks": landmarks, "mel": mel}


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Split:
    """Seven seconds of four speakers, one of them generated whole, one with a generated mouth."""
    kinds = [(0, ""), (0, ""), (1, "VASA-1"), (1, "Wav2Lip"), (0, "")]
    clips = [lively(number, label, generator) for number, (label, generator) in enumerate(kinds)]
    stored = Store.open(made_up_store(tmp_path_factory.mktemp("store"), clips)).clips
    return Split(stored[:4], stored[3:])


@pytest.fixture
def settings() -> TrainSettings:
    small = CompactConfig(
        name="small",
        window_frames=5,
        width=4,
        face_side=64,
        motion_width=16,
        pictures=("relative", "absolute"),
        fusion=(1.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.5),
        members=2,
    )
    whole = load_settings("compact")
    few = {"expectation": {"windows": 30.0}}
    stages = (replace(stage, batch=6, options=few.get(stage.task, stage.options)) for stage in whole.stages)
    return replace(whole, network=small, stages=tuple(stages))


def task_of(name: str, split: Split, settings: TrainSettings, seed: int = 0) -> Task:
    torch.manual_seed(seed)
    return task_maker(name)(split, build_network(settings.network), settings)


@pytest.mark.parametrize("name", BRANCHES)
def test_a_batch_depends_on_the_generator_alone(name: str, split: Split, settings: TrainSettings) -> None:
    task, other = (task_of(name, split, settings, seed) for seed in (0, 1))
    first, same, another = (one.batch(np.random.default_rng(seed)) for one, seed in ((task, 3), (other, 3), (task, 4)))
    assert all(torch.equal(first[key], same[key]) for key in first)
    assert any(not torch.equal(first[key], another[key]) for key in first)


@pytest.mark.parametrize("name", TASKS)
def test_a_few_steps_on_one_batch_bring_the_loss_down(name: str, split: Split, settings: TrainSettings) -> None:
    task = task_of(name, split, settings)
    batch = task.batch(np.random.default_rng(0))
    optimiser = torch.optim.Adam(task.network.parameters(), 3e-3)
    task.network.train()
    losses = []
    for _ in range(25):
        torch.manual_seed(0)
        loss = torch.stack(list(task.losses(batch).values())).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize("name", TASKS)
def test_validation_gives_the_same_figures_twice_and_a_score_between_0_and_1(
    name: str, split: Split, settings: TrainSettings
) -> None:
    task = task_of(name, split, settings)
    task.network.eval()
    figures = task.validate()
    assert figures == task.validate()
    assert 0.0 <= figures["score"] <= 1.0


@pytest.mark.parametrize("name", BRANCHES)
def test_only_the_member_that_is_asked_for_learns(name: str, split: Split, settings: TrainSettings) -> None:
    second = replace(settings, stages=tuple(replace(stage, options={"member": 1}) for stage in settings.stages))
    network = build_network(settings.network)
    task = task_maker(name)(split, network, second)
    inside = {id(parameter) for parameter in network.members[1].parameters()}
    assert {id(parameter) for parameter in task.network.parameters()} <= inside
    with pytest.raises(SettingsError, match="no member 2"):
        task_maker(name)(
            split,
            network,
            replace(settings, stages=tuple(replace(stage, options={"member": 2}) for stage in settings.stages)),
        )


@pytest.mark.parametrize("name", TASKS)
def test_another_network_is_refused(name: str, split: Split, settings: TrainSettings) -> None:
    with pytest.raises(SettingsError, match="compact"):
        task_maker(name)(split, build_network(load_config("lipfd-tiny")), settings)


def test_twins_differ_in_the_forgery_alone(split: Split, settings: TrainSettings) -> None:
    plain = replace(
        settings,
        stages=tuple(
            replace(stage, batch=48, mix=replace(stage.mix, level=0.0), options={"reanimated": 0.0})
            for stage in settings.stages
        ),
    )
    task = task_of("picture", split, plain)
    assert isinstance(task, PictureTask)
    batch = task.batch(np.random.default_rng(1))
    real, forged = batch["pictures"][0::2, :3].float(), batch["pictures"][1::2, :3].float()
    changed = torch.nn.functional.adaptive_avg_pool2d((real - forged).abs().amax(dim=1), batch["mask"].shape[1:])
    mask = batch["mask"][1::2]
    assert bool((batch["mask"][0::2] == 0).all())
    around = torch.nn.functional.max_pool2d(mask, 3, stride=1, padding=1)
    assert bool((changed[around == 0] == 0).all())
    assert bool((changed[mask > 0.5] > 0).any(dim=0).all())
    assert set(batch["mouth"][0::2].tolist()) == {0.0}
    assert set(batch["mouth"][1::2].tolist()) == {0.0, 1.0}, "some forgeries are not at the mouth"


def test_a_portrait_made_anew_asks_nothing_about_the_mouth(split: Split, settings: TrainSettings) -> None:
    only = {"blend": 0.0, "transplant": 0.0, "generated": 0.0, "reanimated": 1.0}
    task = task_of(
        "picture", split, replace(settings, stages=tuple(replace(stage, options=only) for stage in settings.stages))
    )
    batch = task.batch(np.random.default_rng(0))
    assert set(batch["mouth"][1::2].tolist()) == {UNKNOWN}
    assert set(batch["portrait"][1::2].tolist()) == {1.0}
    assert set(batch["portrait"][0::2].tolist()) == {0.0}


def test_the_forged_twin_need_only_look_more_forged_than_the_filmed_one(split: Split, settings: TrainSettings) -> None:
    task = task_of("picture", split, settings)
    batch = task.batch(np.random.default_rng(0))
    swapped = {name: values.unflatten(0, (-1, 2)).flip(1).flatten(0, 1) for name, values in batch.items()}
    swapped |= {name: batch[name] for name in ("mask", "mouth", "portrait")}
    with torch.inference_mode():
        right, wrong = (float(task.losses(one)["pairs"]) for one in (batch, swapped))
    assert right > 0
    assert wrong != pytest.approx(right)


def test_a_softer_and_calmer_picture_looks_the_same_to_the_branch(settings: TrainSettings) -> None:
    network = build_network(settings.network)
    relative, absolute = network.members[0].pictures
    torch.manual_seed(0)
    pictures, following = torch.rand(2, 3, 64, 64), torch.rand(2, 1, 64, 64)
    calm = [0.4 + 0.6 * (images - 0.4) for images in (pictures, following)]
    torch.testing.assert_close(relative.planes(pictures, following), relative.planes(*calm), rtol=0.05, atol=0.02)
    assert absolute.planes(pictures, following).std() > 1.3 * absolute.planes(*calm).std()


@pytest.fixture(scope="module")
def twins(split: Split, tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Path]:
    store = Store.open(split.train[0].file.path.parents[1])
    folder = tmp_path_factory.mktemp("twins")
    write_twins(store, folder, count=24, seed=3)
    return store, folder


def test_twins_drawn_before_teach_as_fresh_ones_do(
    split: Split, settings: TrainSettings, twins: tuple[Store, Path]
) -> None:
    _, folder = twins
    drawn = replace(settings, stages=tuple(replace(stage, options={"twins": str(folder)}) for stage in settings.stages))
    batch = task_of("picture", split, drawn).batch(np.random.default_rng(0))
    assert batch["pictures"].shape == (6, 4, 64, 64)
    assert batch["mask"].shape == (6, 4, 4)
    assert set(batch["mouth"][0::2].tolist()) == {0.0}


def test_a_pool_gives_twins_of_the_clips_it_is_asked_for_alone(split: Split, twins: tuple[Store, Path]) -> None:
    _, folder = twins
    real = [clip.id for clip in split.train if not clip.label]
    whole, half = TwinPool(folder, real), TwinPool(folder, real[:1])
    assert 0 < len(half) < len(whole) <= 24
    with pytest.raises(TrainingError, match="no twin of the clips"):
        TwinPool(folder, ["another"])
    rng = np.random.default_rng(0)
    blends = TwinPool(folder, real, kinds=["blend"])
    assert {blends.draw(rng).kind for _ in range(20)} == {"blend"}


def test_twins_are_drawn_alike_by_one_worker_and_by_two_and_are_kept(twins: tuple[Store, Path], tmp_path: Path) -> None:
    store, folder = twins
    write_twins(store, tmp_path, count=24, seed=3, workers=2)
    for path in folder.glob("*.npy"):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()
        before = path.stat().st_mtime_ns
        write_twins(store, folder, count=24, seed=3)
        assert path.stat().st_mtime_ns == before
    with pytest.raises(TrainingError, match="drawn otherwise"):
        write_twins(store, folder, count=24, seed=4)


def test_a_folder_without_twins_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="lipfd dataset twins"):
        TwinPool(tmp_path, ["any"])


def test_a_generated_mouth_counts_as_a_filmed_head(split: Split, settings: TrainSettings) -> None:
    task = task_of("motion", split, settings)
    assert isinstance(task, MotionTask)
    sizes = {target: len(clips) for clips, _, target in task._kinds if target == 1.0}
    assert sizes == {1.0: 1}, "of the two fakes only the animated portrait is one for this branch"


def test_own_and_foreign_sound_come_from_inside_the_clips(split: Split, settings: TrainSettings) -> None:
    task = task_of("agreement", split, settings)
    assert isinstance(task, AgreementTask)
    rng = np.random.default_rng(0)
    for _ in range(20):
        drawn = task._talking.draw(rng)
        middle = drawn.clip.window_time(drawn.row).start
        assert drawn.clip.pts[0] + 0.8 < middle < drawn.clip.pts[-1] - 0.8
        assert drawn.own.shape == drawn.foreign.shape == (80, 200)
        assert not np.array_equal(drawn.own, drawn.foreign)
    assert LEAST_SHIFT < 0.2


def test_clips_too_short_to_listen_to_are_told(tmp_path: Path, settings: TrainSettings) -> None:
    clips = [made_up(f"short{number}", 30, seed=number) for number in range(3)]
    stored = Store.open(made_up_store(tmp_path, clips)).clips
    with pytest.raises(TrainingError, match="longer clips"):
        task_of("agreement", Split(stored, ()), settings)
