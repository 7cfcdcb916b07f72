"""The trainer: exact resume, averaged weights, early stopping, several processes."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from training_support import ToyTask, toy_stage

from lipfd_desktop.errors import TrainingError
from lipfd_desktop.training.averaged import Averaged
from lipfd_desktop.training.feed import batches
from lipfd_desktop.training.log import Log
from lipfd_desktop.training.optimisation import schedule
from lipfd_desktop.training.trainer import train

STEPS = 12


def weights_of(task: ToyTask) -> dict[str, torch.Tensor]:
    return {name: part.clone() for name, part in task.network.state_dict().items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


def test_learns_something() -> None:
    task = ToyTask()
    before = task.score()
    trained = train(task, toy_stage(steps=150, validate_every=50), seed=0)
    assert trained is not None
    assert trained.score is not None
    assert trained.score > before + 0.2
    assert not task.network.training


@pytest.mark.parametrize("broken_at", [1, 5, 8])
def test_resumed_training_is_the_same_bit_for_bit(tmp_path: Path, broken_at: int) -> None:
    stage = toy_stage(steps=STEPS, validate_every=4, accumulate=2)
    whole, parts = ToyTask(), ToyTask()
    train(whole, stage, seed=3, log=Log(tmp_path / "whole.csv"))
    state, log = tmp_path / "state.pt", Log(tmp_path / "parts.csv")
    assert train(parts, stage, seed=3, state=state, log=log, steps_now=broken_at) is None
    fresh = ToyTask(seed=99)  # what was trained so far comes from the state alone
    train(fresh, stage, seed=3, state=state, log=log, resume=True)
    assert same(weights_of(whole), weights_of(fresh))
    assert (tmp_path / "whole.csv").read_text() == (tmp_path / "parts.csv").read_text()


def test_resume_drops_log_rows_that_come_again(tmp_path: Path) -> None:
    stage, log, state = toy_stage(steps=8, validate_every=2), Log(tmp_path / "log.csv"), tmp_path / "state.pt"
    train(ToyTask(), stage, seed=0, log=log)
    expected = log.path.read_text()
    train(ToyTask(), stage, seed=0, state=state, steps_now=3)
    train(ToyTask(), stage, seed=0, state=state, log=log, resume=True)
    assert log.path.read_text() == expected


def test_another_seed_gives_other_weights_and_refuses_the_state(tmp_path: Path) -> None:
    one, other, state = ToyTask(), ToyTask(), tmp_path / "state.pt"
    train(one, toy_stage(), seed=0, state=state)
    train(other, toy_stage(), seed=1)
    assert not same(weights_of(one), weights_of(other))
    with pytest.raises(TrainingError, match="another seed"):
        train(other, toy_stage(), seed=1, state=state, resume=True)


def test_damaged_state_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state.pt").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(TrainingError, match="damaged"):
        train(ToyTask(), toy_stage(), seed=0, state=tmp_path / "state.pt", resume=True)


def test_processes_make_the_same_batches() -> None:
    task = ToyTask()
    made = [list(batches(task, (7,), range(3, 9), workers=workers)) for workers in (0, 2)]
    assert len(made[0]) == 6
    for one, other in zip(*made, strict=True):
        assert torch.equal(one["x"], other["x"])
    assert not torch.equal(made[0][0]["x"], made[0][1]["x"])


def test_accumulated_batches_equal_one_large_batch() -> None:
    class Listed(ToyTask):
        """Its batches are told beforehand."""

        def __init__(self, coming: list[dict[str, torch.Tensor]]) -> None:
            super().__init__(batch_norm=False, scores=[])
            self._coming = coming

        def batch(self, rng: np.random.Generator) -> dict[str, torch.Tensor]:
            return self._coming.pop(0)

    made = [ToyTask().batch(np.random.default_rng(number)) for number in range(8)]
    large = [
        {name: torch.cat([one[name], other[name]]) for name in one}
        for one, other in zip(made[::2], made[1::2], strict=True)
    ]
    whole, parts = Listed(large), Listed(made)
    train(whole, toy_stage(steps=4), seed=0)
    train(parts, toy_stage(steps=4, accumulate=2), seed=0)
    for name, expected in weights_of(whole).items():
        torch.testing.assert_close(weights_of(parts)[name], expected)


def test_stops_when_the_score_no_longer_rises_and_keeps_the_best() -> None:
    task = ToyTask(scores=[0.1, 0.5, 0.4, 0.3, 0.9])
    seen: list[dict[str, torch.Tensor]] = []
    task.on_validate = lambda: seen.append(weights_of(task))
    trained = train(task, toy_stage(steps=50, validate_every=5, patience=2), seed=0)
    assert trained is not None
    assert (trained.step, trained.score, trained.stopped_early) == (10, 0.5, True)
    assert len(seen) == 4
    assert same(seen[1], weights_of(task))


def test_without_validation_the_last_average_is_kept() -> None:
    task = ToyTask(scores=[])
    trained = train(task, toy_stage(steps=6, validate_every=2, patience=1), seed=0)
    assert trained is not None
    assert (trained.step, trained.score, trained.stopped_early) == (6, None, False)


def test_frozen_parameters_stay() -> None:
    task = ToyTask()
    task.network[0].requires_grad_(requires_grad=False)
    before = weights_of(task)
    train(task, toy_stage(steps=5), seed=0)
    after = weights_of(task)
    assert torch.equal(before["0.weight"], after["0.weight"])
    assert not torch.equal(before["3.weight"], after["3.weight"])


def test_nothing_to_train_is_said() -> None:
    task = ToyTask()
    task.network.requires_grad_(requires_grad=False)
    with pytest.raises(TrainingError, match="frozen"):
        train(task, toy_stage(), seed=0)


def test_a_loss_that_is_no_number_stops_the_training() -> None:
    task = ToyTask()
    with torch.no_grad():
        task.network[0].weight.fill_(float("nan"))
    with pytest.raises(TrainingError, match="no longer a number"):
        train(task, toy_stage(steps=3), seed=0)


def test_average_follows_the_weights() -> None:
    network = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(network.weight, 0.0)
    averaged = Averaged(network, 0.9)
    torch.nn.init.constant_(network.weight, 1.0)
    averaged.update()
    assert averaged.weights["weight"].item() == pytest.approx(0.9)  # decay 1 / 10 in the first step
    for _ in range(200):
        averaged.update()
    assert averaged.weights["weight"].item() == pytest.approx(1.0)
    torch.nn.init.constant_(network.weight, 5.0)
    with averaged.swapped_in():
        assert network.weight.item() == pytest.approx(1.0)
    assert network.weight.item() == 5.0


def test_schedule_rises_and_falls() -> None:
    rates = [schedule(step, 100, 0.1) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[9] == pytest.approx(1.0)
    assert rates[-1] < 0.01
    assert schedule(0, 1, 0.0) == 1.0


def test_bf16_trains() -> None:
    trained = train(ToyTask(), toy_stage(steps=60, validate_every=60, precision="bf16"), seed=0)
    assert trained is not None
    assert trained.score is not None
    assert trained.score > 0.6


def test_ctrl_c_ends_the_step_and_leaves_a_state(tmp_path: Path) -> None:
    stage, state = toy_stage(steps=STEPS), tmp_path / "state.pt"
    whole, broken = ToyTask(), ToyTask()
    train(whole, stage, seed=0)
    broken.on_losses = lambda calls: os.kill(os.getpid(), signal.SIGINT) if calls == 5 else None
    with pytest.raises(KeyboardInterrupt):
        train(broken, stage, seed=0, state=state)
    assert torch.load(state, weights_only=True)["step"] == 5
    resumed = ToyTask(seed=5)
    train(resumed, stage, seed=0, state=state, resume=True)
    assert same(weights_of(whole), weights_of(resumed))


def test_log_names_every_figure(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.csv")
    train(ToyTask(), toy_stage(steps=40, validate_every=20), seed=0, log=log, name="first")
    with log.path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["stage"] for row in rows} == {"first"}
    assert [row["step"] for row in rows if row["figure"] == "held-out score"] == ["20", "40"]
    assert {"learning_rate", "loss", "entropy"} <= {row["figure"] for row in rows}


def test_two_processes_equal_one_that_accumulates(tmp_path: Path) -> None:
    stage = toy_stage(steps=4, accumulate=2, batch=4)
    alone = ToyTask(batch_norm=False)
    train(alone, stage, seed=0)
    worker = Path(__file__).parent / "training_support.py"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(worker)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [*command, str(tmp_path)], env=environment, capture_output=True, text=True, timeout=220, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    results = [torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1)]
    for name, expected in weights_of(alone).items():
        assert torch.equal(results[0][name], results[1][name])
        torch.testing.assert_close(results[0][name], expected)
