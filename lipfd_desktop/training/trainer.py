"""The trainer that all tasks share.

AdamW, a linear warm-up and a cosine, averaged weights, accumulated and clipped gradients, mixed precision, early
stopping, several processes.  A training that was interrupted goes on as if it never had been: on a CPU the weights come
out the same bit for bit.  For that nothing depends on a hidden state: batches and torch's random numbers are seeded
anew for every step (:mod:`lipfd_desktop.training.feed`).
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from lipfd_desktop.errors import TrainingError
from lipfd_desktop.training.averaged import Averaged, changing, put
from lipfd_desktop.training.chosen import Chosen
from lipfd_desktop.training.feed import batches
from lipfd_desktop.training.interruption import Interruption
from lipfd_desktop.training.log import Log
from lipfd_desktop.training.optimisation import adamw, schedule, torch_seed, training_mode
from lipfd_desktop.training.processes import ALONE, Processes
from lipfd_desktop.training.settings import StageSettings
from lipfd_desktop.training.state import read_state, write_state
from lipfd_desktop.training.task import Batch, Task

LOG_EVERY: Final = 20
"""Steps whose mean losses make a row of the log."""
SAVE_EVERY: Final = 500
"""Steps from one saved state to the next, beside those that validations save."""
_AUTOCAST: Final = {"bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True, slots=True)
class StepReport:
    """Progress: the step that was just done, of how many, its loss, and the figures if it was validated."""

    stage: str
    step: int
    steps: int
    loss: float
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trained:
    """How a training ended; ``score`` and ``step`` are those of the weights that were kept."""

    step: int
    score: float | None
    stopped_early: bool


OnStep = Callable[[StepReport], None]


def train(
    task: Task,
    stage: StageSettings,
    *,
    seed: int,
    device: str | torch.device = "cpu",
    name: str = "",
    state: Path | None = None,
    log: Log | None = None,
    resume: bool = False,
    processes: Processes = ALONE,
    on_step: OnStep | None = None,
    steps_now: int | None = None,
) -> Trained | None:
    """Train a task; its network ends with the weights to keep, on the device and in evaluation mode.

    Parameters
    ----------
    name
        Of the stage, in the log and in the seeds; the task's name when empty.
    state
        Where the state is saved from time to time, and after Ctrl+C, which ends the step first.
    log
        Gets the mean losses and the figures.
    resume
        Go on from the saved state, if there is one.
    steps_now
        Steps after which to stop as after Ctrl+C, the state saved; None is returned then.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl+C, the state saved.
    TrainingError
        The loss is no longer a number, or the state does not belong to this training.
    """
    run = _Run(task, stage, seed, torch.device(device), name or stage.task, processes)
    run.state, run.log, run.on_step = state, log if processes.first else None, on_step
    if resume and state is not None and state.is_file():
        run.load(state)
    if run.log is not None:
        run.log.cut(run.name, run.step)
    with Interruption() as interruption:
        return run.go(interruption, steps_now)


class _Losses(nn.Module):
    """The task's losses as a module, because DDP follows what happens inside one ``forward``."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.network = task.network
        self._losses = task.losses

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        return self._losses(batch)


class _Run:
    """One training and all of its state."""

    state: Path | None = None
    log: Log | None = None
    on_step: OnStep | None = None

    def __init__(
        self, task: Task, stage: StageSettings, seed: int, device: torch.device, name: str, processes: Processes
    ) -> None:
        self.task, self.stage, self.device, self.name, self.processes = task, stage, device, name, processes
        self._key = (seed, zlib.crc32(name.encode()))
        self._network = task.network.to(device)
        self._averaged = Averaged(self._network, stage.ema)
        self._optimiser = adamw(self._network, stage.learning_rate, stage.weight_decay)
        self._scaler = torch.amp.GradScaler(device.type, enabled=stage.precision == "fp16" and device.type == "cuda")
        losses: nn.Module = _Losses(task)
        if processes.count > 1:
            devices = [device] if device.type == "cuda" else None
            losses = DistributedDataParallel(losses, device_ids=devices, find_unused_parameters=True)
        self._losses = losses
        self.step = 0
        self._sums: dict[str, Tensor] = {}
        self._summed = 0
        self._chosen = Chosen(keep_best=stage.keep_best)

    def go(self, interruption: Interruption, steps_now: int | None) -> Trained | None:
        feed = self._feed()
        training_mode(self._network)
        last = self.stage.steps if steps_now is None else min(self.step + steps_now, self.stage.steps)
        stopped = self._has_stopped()
        while self.step < last and not stopped:
            loss = self._one_step(feed)
            stopped = self._after_step(loss)
            if self.processes.any(interruption.came, self.device):
                self.save()
                raise KeyboardInterrupt
        if self.step < self.stage.steps and not stopped:
            self.save()
            return None
        if self._chosen.weights is None:
            put(self._network, self._averaged.weights)
        else:
            put(self._network, self._chosen.weights)
        self._network.eval()
        kept = self.step if self._chosen.weights is None else self._chosen.step
        return Trained(kept, self._chosen.score, stopped)

    def _feed(self) -> Iterator[Batch]:
        """The batches of this process from the present step on; those of one step are numbered through."""
        a_step = self.stage.accumulate * self.processes.count
        numbers = range(self.step * a_step + self.processes.rank, self.stage.steps * a_step, self.processes.count)
        on_gpu = self.device.type == "cuda"
        return batches(self.task, self._key, numbers, workers=self.stage.workers, pinned=on_gpu)

    def _one_step(self, feed: Iterator[Batch]) -> Tensor:
        torch.manual_seed(torch_seed(*self._key, self.step, self.processes.rank))
        rate = self.stage.learning_rate * schedule(self.step, self.stage.steps, self.stage.warm_up)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self._optimiser.zero_grad(set_to_none=True)
        total = torch.zeros((), device=self.device)
        for number in range(self.stage.accumulate):
            batch = {name: part.to(self.device, non_blocking=True) for name, part in next(feed).items()}
            with self._syncing(last=number == self.stage.accumulate - 1):
                with self._precision():
                    losses: dict[str, Tensor] = self._losses(batch)
                loss = torch.stack([part.float() for part in losses.values()]).sum() / self.stage.accumulate
                self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
            self._note(losses)
        if self.stage.clip:
            self._scaler.unscale_(self._optimiser)
            nn.utils.clip_grad_norm_(
                [part for part in self._network.parameters() if part.requires_grad], self.stage.clip
            )
        self._scaler.step(self._optimiser)
        self._scaler.update()
        self._averaged.update()
        self.step += 1
        return total

    def _syncing(self, *, last: bool) -> AbstractContextManager[None]:
        """Gradients are exchanged once a step."""
        if isinstance(self._losses, DistributedDataParallel) and not last:
            return self._losses.no_sync()
        return nullcontext()

    def _precision(self) -> AbstractContextManager[None]:
        kind = _AUTOCAST.get(self.stage.precision)
        return nullcontext() if kind is None else torch.autocast(self.device.type, kind)

    def _note(self, losses: dict[str, Tensor]) -> None:
        for name, loss in losses.items():
            value = loss.detach().double() if self.device.type != "mps" else loss.detach()
            self._sums[name] = self._sums[name] + value if name in self._sums else value
        self._summed += 1

    def _after_step(self, loss: Tensor) -> bool:
        """Log, validate, save and report as it is due; whether the training is to stop early."""
        if self.step % LOG_EVERY == 0 or self.step == self.stage.steps:
            self._log_losses()
        figures: dict[str, float] = {}
        if self.step % self.stage.validate_every == 0 or self.step == self.stage.steps:
            figures = self._validate()
        if figures or self.step % SAVE_EVERY == 0:
            self.save()
        if self.on_step is not None:
            self.on_step(StepReport(self.name, self.step, self.stage.steps, loss.item(), figures))
        return self._has_stopped()

    def _log_losses(self) -> None:
        means = {name: float(value) / self._summed for name, value in self._sums.items()}
        self._sums, self._summed = {}, 0
        if broken := [name for name, value in means.items() if not math.isfinite(value)]:
            raise TrainingError(
                f"The loss {broken[0]} of {self.name} is no longer a number at step {self.step}; try a lower "
                "learning_rate, or fp32 or bf16 in place of fp16."
            )
        if self.log is not None:
            rate = float(self._optimiser.param_groups[0]["lr"])
            self.log.write(self.name, self.step, {"learning_rate": rate, "loss": sum(means.values())} | means)

    def _validate(self) -> dict[str, float]:
        figures: dict[str, float] = {}
        if self.processes.first:
            self._network.eval()
            with self._averaged.swapped_in(), torch.no_grad():
                figures = self.task.validate()
            training_mode(self._network)
        figures = self.processes.shared(figures)
        if "score" in figures:
            self._chosen.judge(figures["score"], self.step, self._averaged.weights)
        if self.log is not None and figures:
            self.log.write(self.name, self.step, {f"held-out {name}": value for name, value in figures.items()})
        return figures

    def _has_stopped(self) -> bool:
        return bool(self.stage.patience) and self._chosen.worse >= self.stage.patience

    def save(self) -> None:
        """Write the state, whole or not at all."""
        if self.state is not None and self.processes.first:
            write_state(self.state, self._content())
        self.processes.wait()

    def _content(self) -> dict[str, Any]:
        return {
            "key": list(self._key),
            "step": self.step,
            "weights": {name: part.detach() for name, part in changing(self._network)},
            "averaged": self._averaged.weights,
            "averaged_steps": self._averaged.steps,
            "optimiser": self._optimiser.state_dict(),
            "scaler": self._scaler.state_dict(),
            "sums": self._sums,
            "summed": self._summed,
            "chosen": self._chosen.state(),
        }

    def load(self, path: Path) -> None:
        """Take over a saved state.

        Raises
        ------
        TrainingError
            It cannot be read or belongs to another network, stage or seed.
        """
        content = read_state(path, self.device)
        if content.get("key") != list(self._key):
            raise TrainingError(f"{path.name}: belongs to a training with another seed or stage; start anew elsewhere.")
        try:
            put(self._network, content["weights"])
            self._averaged.load(content["averaged"], content["averaged_steps"])
            self._optimiser.load_state_dict(content["optimiser"])
        except (KeyError, ValueError, RuntimeError) as error:
            raise TrainingError(f"{path.name}: belongs to another network; start anew in another folder.") from error
        self._scaler.load_state_dict(content["scaler"])
        self._chosen.load(content["chosen"])
        self._sums, self._summed, self.step = content["sums"], content["summed"], content["step"]
