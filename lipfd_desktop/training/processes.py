"""Several GPUs: one process each, started by ``torchrun``, which tells them apart by environment variables."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import torch
from torch import distributed

from lipfd_desktop.errors import SettingsError

_PATIENCE: Final = timedelta(hours=6)
"""How long processes wait for the one that validates."""


@dataclass(frozen=True, slots=True)
class Processes:
    """The processes that train together, seen from one of them.

    Attributes
    ----------
    rank, count
        Number of this one, and how many there are.
    """

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the one that validates and writes."""
        return self.rank == 0

    def shared(self, value: Any) -> Any:
        """The value that the first process has."""
        if self.count == 1:
            return value
        box = [value]
        distributed.broadcast_object_list(box, src=0)
        return box[0]

    def any(self, value: bool, device: torch.device) -> bool:
        """Whether it is true in any process."""
        if self.count == 1:
            return value
        flag = torch.tensor(int(value), device=device if device.type == "cuda" else "cpu")
        distributed.all_reduce(flag, op=distributed.ReduceOp.MAX)
        return bool(flag)

    def wait(self) -> None:
        if self.count > 1:
            distributed.barrier()


ALONE: Final = Processes()


@contextmanager
def launched(device: str) -> Iterator[tuple[Processes, str]]:
    """The processes that ``torchrun`` launched, and the device of this one; alone without it.

    Raises
    ------
    SettingsError
        There are more processes than GPUs.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ and "LOCAL_RANK" not in os.environ:
        yield ALONE, device
        return
    local = int(os.environ["LOCAL_RANK"])
    wanted = device.partition(":")[0]
    cuda = wanted == "cuda" or (wanted == "auto" and torch.cuda.is_available())
    if cuda and local >= torch.cuda.device_count():
        raise SettingsError(f"torchrun started {local + 1} processes here and there are fewer GPUs; start one a GPU.")
    if cuda:
        torch.cuda.set_device(local)
    distributed.init_process_group("nccl" if cuda else "gloo", timeout=_PATIENCE)
    try:
        processes = Processes(distributed.get_rank(), distributed.get_world_size())
        yield processes, f"cuda:{local}" if cuda else "cpu"
    finally:
        distributed.destroy_process_group()
