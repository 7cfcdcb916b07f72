"""What a checkpoint file says about itself, read without torch and without touching the weights.

Own checkpoints are safetensors files whose metadata has one entry, ``lipfd``: a JSON object with the fields of
:class:`ModelCard` and ``format_version``.  Keys that this version does not know are ignored.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any, Final

from safetensors import SafetensorError, safe_open

from lipfd_desktop.errors import CheckpointError, SettingsError
from lipfd_desktop.language import Phrase, mark
from lipfd_desktop.network.config import ModelConfig, config_from_json
from lipfd_desktop.result import MeasuredRate, ModelInfo, Platt, VerdictRule

METADATA_KEY: Final = "lipfd"
FORMAT_VERSION: Final = 1

_ZIP_MAGIC: Final = b"PK\x03\x04"
_PICKLE_MAGIC: Final = b"\x80"
_LARGEST: Final = sys.float_info.max


class CheckpointKind(Enum):
    SAFETENSORS = auto()
    TORCH = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """Description of a set of weights.

    ``threshold`` is the fake score from which a window counts as suspicious, ``limits`` are sentences for reports.
    ``rule`` says how the scores become a verdict; None for weights whose scores nobody calibrated, as in files that
    were written before there were rules.
    """

    name: str
    config: ModelConfig
    trained: bool
    threshold: float = 0.5
    licence: str = "unknown"
    source: str = "unknown"
    limits: tuple[str, ...] = ()
    rule: VerdictRule | None = None

    def to_text(self) -> str:
        """The metadata entry of a safetensors file; equal cards give equal text."""
        data = asdict(self) | {"config": self.config.to_json(), "format_version": FORMAT_VERSION}
        return json.dumps(data, sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> ModelCard:
        """Read what :meth:`to_text` wrote; raises ``ValueError`` or ``SettingsError`` where it does not fit."""
        data = json.loads(text)
        if not isinstance(data, dict) or data.get("format_version") != FORMAT_VERSION:
            raise ValueError(Phrase(mark("its description is not of format version {version}"), version=FORMAT_VERSION))
        limits = _typed(data, "limits", list)
        if not all(isinstance(limit, str) for limit in limits):
            raise ValueError(Phrase(mark("“limits” of its description must be a list of texts")))
        if not isinstance(data.get("threshold"), (int, float)) or not 0 < data["threshold"] < 1:
            raise ValueError(Phrase(mark("“threshold” of its description must be a number between 0 and 1")))
        return cls(
            name=_typed(data, "name", str),
            config=config_from_json(data.get("config")),
            trained=_typed(data, "trained", bool),
            threshold=float(data["threshold"]),
            licence=_typed(data, "licence", str),
            source=_typed(data, "source", str),
            limits=tuple(limits),
            rule=rule_from_json(data.get("rule")),
        )

    def info(self, path: Path, sha256: str) -> ModelInfo:
        """The identity that results carry."""
        return ModelInfo(
            name=self.name,
            sha256=sha256,
            input_contract=self.config.input_contract,
            path=path,
            window_frames=self.config.window_frames,
            threshold=self.threshold,
            trained=self.trained,
            licence=self.licence,
            source=self.source,
            limits=self.limits,
            rule=self.rule,
        )


def rule_from_json(data: object) -> VerdictRule | None:
    """The rule that ``dataclasses.asdict`` turned into ``data``; None stays None.

    Raises
    ------
    ValueError
        A part is missing, of another kind, or cannot be a rule.
    """
    if data is None:
        return None
    fields = _object(data, "rule")
    authentic, manipulated = _share(fields, "authentic_below"), _share(fields, "manipulated_from")
    if authentic > manipulated:
        raise ValueError(Phrase(mark("“authentic_below” of its rule must not lie above “manipulated_from”")))
    foreign = fields.get("foreign_sound")
    return VerdictRule(
        authentic_below=authentic,
        manipulated_from=manipulated,
        generated=_platt(fields.get("generated"), "generated"),
        foreign_sound=None if foreign is None else _platt(foreign, "foreign_sound"),
        span_seconds=_number(fields, "span_seconds", above=0.0),
        corpus=_typed(fields, "corpus", str),
        clips=_count(fields, "clips"),
        speakers=_count(fields, "speakers"),
        false_positive_rate=_rate(fields, "false_positive_rate"),
        false_negative_rate=_rate(fields, "false_negative_rate"),
        called_out=_stated_rate(fields, "called_out"),
        manipulated_left_open=_stated_rate(fields, "manipulated_left_open"),
        authentic_left_open=_stated_rate(fields, "authentic_left_open"),
    )


def _platt(data: object, key: str) -> Platt:
    fields = _object(data, key)
    return Platt(slope=_number(fields, "slope", above=0.0), offset=_number(fields, "offset"))


def _rate(data: dict[str, Any], key: str) -> MeasuredRate:
    fields = _object(data.get(key), key)
    rate = MeasuredRate(_share(fields, "value"), _share(fields, "low"), _share(fields, "high"))
    if not rate.low <= rate.value <= rate.high:
        raise ValueError(Phrase(mark("“{key}” of its rule must lie inside its interval"), key=key))
    return rate


def _stated_rate(data: dict[str, Any], key: str) -> MeasuredRate | None:
    """A rate that records from before it was asked for do not have."""
    return None if data.get(key) is None else _rate(data, key)


def _object(data: object, key: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ValueError(Phrase(mark("“{key}” of its description is missing or not an object"), key=key))
    return data


def _number(data: dict[str, Any], key: str, *, above: float = -_LARGEST) -> float:
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not above < value < _LARGEST:
        if above > -_LARGEST:
            raise ValueError(Phrase(mark("“{key}” of its rule must be a number above {above:g}"), key=key, above=above))
        raise ValueError(Phrase(mark("“{key}” of its rule must be a number"), key=key))
    return float(value)


def _share(data: dict[str, Any], key: str) -> float:
    value = _number(data, key)
    if not 0 <= value <= 1:
        raise ValueError(Phrase(mark("“{key}” of its rule must lie between 0 and 1"), key=key))
    return value


def _count(data: dict[str, Any], key: str) -> int:
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(Phrase(mark("“{key}” of its rule must be a whole number from 1 on"), key=key))
    return value


def _typed(data: dict[str, Any], key: str, kind: type) -> Any:
    value = data.get(key)
    if not isinstance(value, kind):
        raise ValueError(
            Phrase(mark("“{key}” of its description is missing or not a {kind}"), key=key, kind=kind.__name__)
        )
    return value


def checkpoint_kind(path: Path) -> CheckpointKind:
    """Tell by the first bytes what a file is.

    Raises
    ------
    CheckpointError
        It cannot be read, or is neither a safetensors file nor a zip file as torch writes it.
    """
    if path.is_dir():
        raise CheckpointError(
            mark("{name}: this is a folder, not a checkpoint; give the file inside it."), name=path.name
        )
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except FileNotFoundError:
        raise CheckpointError(
            mark("{name}: there is no such file; check the path {path}."), name=path.name, path=path
        ) from None
    except OSError as error:
        raise CheckpointError(
            mark("{name}: the file cannot be read ({reason})."), name=path.name, reason=error.strerror
        ) from error
    if not head:
        raise CheckpointError(mark("{name}: the file is empty; download it again."), name=path.name)
    if head.startswith(_ZIP_MAGIC):
        return CheckpointKind.TORCH
    if head[8:9] == b"{":
        return CheckpointKind.SAFETENSORS
    if head.startswith(_PICKLE_MAGIC):
        raise CheckpointError(
            mark(
                "{name}: this is a bare pickle, which can contain code; nothing of it was run, and only files that "
                "current torch or safetensors wrote are read."
            ),
            name=path.name,
        )
    if _is_text(head):
        raise CheckpointError(
            mark(
                "{name}: this is text or a web page, not a checkpoint; a download page may have been saved in its "
                "place, so download the file again."
            ),
            name=path.name,
        )
    raise CheckpointError(mark("{name}: this is not a checkpoint of torch or safetensors."), name=path.name)


def read_safetensors_card(path: Path) -> ModelCard:
    """Read the description in a safetensors file; only its header is read.

    Raises
    ------
    CheckpointError
        The file is damaged or truncated, or says nothing of LipFD.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            text = (file.metadata() or {}).get(METADATA_KEY)
    except (SafetensorError, OSError) as error:
        raise damaged(path) from error
    if text is None:
        raise CheckpointError(
            mark("{name}: this safetensors file holds no LipFD network; choose another file."), name=path.name
        )
    try:
        return ModelCard.from_text(text)
    except SettingsError as error:  # a whole sentence
        raise CheckpointError(
            mark("{name}: the checkpoint cannot be used: {reason}"), name=path.name, reason=error
        ) from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(
            mark("{name}: the checkpoint cannot be used: {reason}."), name=path.name, reason=error
        ) from error


def damaged(path: Path) -> CheckpointError:
    """The error for a file that breaks off or whose structure is broken."""
    return CheckpointError(
        mark("{name}: the checkpoint is damaged or incomplete; download or copy it again."), name=path.name
    )


def _is_text(head: bytes) -> bool:
    """Whether the bytes read as UTF-8 text; a character that the end cuts in two is no matter."""
    return b"\0" not in head and "\ufffd" not in head.decode("utf-8", errors="replace").rstrip("\ufffd")
