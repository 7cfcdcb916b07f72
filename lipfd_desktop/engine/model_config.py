"""The configuration of the network that made a result, and of no other."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from lipfd_desktop.cancellation import IsCancelled, never
from lipfd_desktop.errors import CheckpointError, UnreadableMediaError
from lipfd_desktop.language import mark
from lipfd_desktop.network.checkpoint import read_card
from lipfd_desktop.network.config import ModelConfig
from lipfd_desktop.network.registry import ModelStore
from lipfd_desktop.report.terms import CONTRACT_NAMES
from lipfd_desktop.result import ModelInfo


def config_of(model: ModelInfo, store: ModelStore, is_cancelled: IsCancelled = never) -> ModelConfig:
    """Read from a file with the SHA-256 of ``model``, an installed one or that of the analysis.

    After an upgrade other weights can lie under the same path, and the same weights elsewhere.

    Raises
    ------
    CheckpointError
        There is no such file any more.
    Cancelled
        ``is_cancelled`` said so.
    """
    installed = [info.path for info in store.installed() if info.sha256 == model.sha256]
    for path in dict.fromkeys([*installed, model.path]):
        with suppress(CheckpointError, UnreadableMediaError):
            store.verify(replace(model, path=path), is_cancelled)
            return read_card(path).config
    raise CheckpointError(
        mark(
            "{name}: the model “{model}” is gone or has other weights than those of the analysis; import the model of "
            "the analysis again, or analyse the file anew."
        ),
        name=model.path.name,
        model=model.name,
    )


def require_contract(config: ModelConfig, model: ModelInfo) -> None:
    """Refuse a result that was made under another input contract than its weights have (CheckpointError)."""
    if config.input_contract is not model.input_contract:
        raise CheckpointError(
            mark(
                "{name}: the result is of the {first} input contract and the weights are of the {second} one; analyse "
                "the file anew."
            ),
            name=model.path.name,
            first=CONTRACT_NAMES[model.input_contract],
            second=CONTRACT_NAMES[config.input_contract],
        )
