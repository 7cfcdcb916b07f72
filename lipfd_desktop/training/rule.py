"""Puts a calibrated rule into a model file; the weights stay as they are, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save

from lipfd_desktop.errors import CheckpointError
from lipfd_desktop.network.card import METADATA_KEY, CheckpointKind, checkpoint_kind, damaged, read_safetensors_card
from lipfd_desktop.report.atomic import open_atomic
from lipfd_desktop.result import VerdictRule


def store_rule(model: Path, rule: VerdictRule, target: Path | None = None) -> None:
    """Write a model with a rule in its card, to ``target`` or in place.

    Raises
    ------
    CheckpointError
        The file is not one of this program, or damaged.
    ExportError
        The file cannot be written.
    """
    if checkpoint_kind(model) is not CheckpointKind.SAFETENSORS:
        raise CheckpointError(f"{model.name}: only models that this program wrote can carry a rule.")
    card = read_safetensors_card(model)
    try:
        tensors = load_file(model)
    except (SafetensorError, OSError) as error:
        raise damaged(model) from error
    content = save(tensors, metadata={METADATA_KEY: replace(card, rule=rule).to_text()})
    with open_atomic(target or model) as stream:
        stream.write(content)
