"""Saved states of a training: files of torch that hold tensors and numbers, and never code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from lipfd_desktop.errors import TrainingError
from lipfd_desktop.report.atomic import open_atomic


def write_state(path: Path, content: dict[str, Any]) -> None:
    """Write a state, whole or not at all.

    Raises
    ------
    ExportError
    """
    with open_atomic(path) as stream:
        torch.save(content, stream)


def read_state(path: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    """Read a state.

    Raises
    ------
    TrainingError
        It is damaged, or was not written by :func:`write_state`.
    """
    try:
        content = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # a damaged or foreign file makes torch's readers raise almost anything
        raise TrainingError(f"{path.name}: the saved state is damaged; delete it to train this stage anew.") from error
    if not isinstance(content, dict):
        raise TrainingError(f"{path.name}: this is no saved state of a training; delete it.")
    return content
