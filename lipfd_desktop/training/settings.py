"""Training as data: what is trained, in which stages, on which mix, and how; in JSON, with bounds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal, Self

from lipfd_desktop.errors import SettingsError
from lipfd_desktop.network.config import ModelConfig, config_from_json, load_config
from lipfd_desktop.training.reading import Reader
from lipfd_desktop.training.task import TASKS

Option = bool | int | float | str
Precision = Literal["fp32", "bf16", "fp16"]

MOST_STAGES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Relative frequency of the windows of a batch.

    Attributes
    ----------
    real
        Real windows with their own sound.
    fake
        Windows of fake clips.
    pseudo
        Real windows with a mouth of our own making (:mod:`lipfd_desktop.forgery`).
    foreign
        Real windows with another sound.
    level
        Share of the windows that get a random past of codecs, sizes and sharpness.
    """

    real: float = 0.5
    fake: float = 0.25
    pseudo: float = 0.15
    foreign: float = 0.1
    level: float = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSettings:
    """One task, trained from beginning to end.

    Attributes
    ----------
    task
        One of :data:`~lipfd_desktop.training.task.TASKS`.
    steps
        Optimiser steps.
    batch
        Windows a batch; a step takes ``accumulate`` batches on every device.
    learning_rate
        The highest, of AdamW.
    weight_decay
        Of matrices and kernels; vectors such as biases and norms are not decayed.
    warm_up
        Share of the steps in which the rate grows in a line; after them it falls by a cosine.
    ema
        Decay a step of the running average of weights that is validated and kept; 0 for none.
    clip
        Norm that gradients are cut down to; 0 for none.
    precision
        Arithmetic of the forward pass; weights stay fp32.
    freeze
        Beginnings of the names of parameters of the final network that are not trained, such as ``encoder``.
    validate_every
        Steps from one validation to the next; the last step is always validated.
    patience
        Validations without a better score after which the training stops; 0 for never.
    keep_best
        Keep the weights of the best validation rather than the last.
    workers
        Processes that make batches beside the training; 0 for none.
    mix, options
        The data, and numbers that only the task knows.
    """

    task: str
    steps: int
    batch: int
    accumulate: int = 1
    learning_rate: float = 3e-4
    weight_decay: float = 0.05
    warm_up: float = 0.05
    ema: float = 0.999
    clip: float = 1.0
    precision: Precision = "fp32"
    freeze: tuple[str, ...] = ()
    validate_every: int = 500
    patience: int = 0
    keep_best: bool = True
    workers: int = 0
    mix: Mix = Mix()
    options: Mapping[str, Option] = field(default_factory=dict)

    def option(self, name: str, default: float) -> float:
        """A number that only the task knows.

        Raises
        ------
        SettingsError
            It is no number.
        """
        value = self.options.get(name, default)
        if isinstance(value, str):
            raise SettingsError(f"In the training settings, the option {name} must be a number, not {value!r}.")
        return float(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings:
    """A whole training.

    Attributes
    ----------
    name
        Of the settings, and of the model until it is renamed.
    network
        What is built; a name in the JSON stands for a configuration that is part of the program.
    seed
        Of the first weights and of every draw.
    initial
        Files with weights to begin with (:func:`~lipfd_desktop.training.initial.load_initial`).
    stages
        One after the other, over the same network.
    half
        Store the finished weights in 16 bits.
    """

    name: str
    network: ModelConfig
    seed: int = 0
    initial: tuple[str, ...] = ()
    stages: tuple[StageSettings, ...]
    half: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain data that :meth:`from_json` reads back."""
        data = asdict(self) | {"network": self.network.to_json()}
        plain: dict[str, Any] = json.loads(json.dumps(data))
        return plain

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Build settings from decoded JSON; what is not told has its usual value.

        Raises
        ------
        SettingsError
            Something is missing, unknown or out of its bounds.
        """
        reader = Reader("the training settings", data, cls)
        stages = reader.get("stages")
        if not isinstance(stages, Sequence) or isinstance(stages, str) or not 0 < len(stages) <= MOST_STAGES:
            raise reader.refusal("stages", f"a list of 1 to {MOST_STAGES} stages")
        network = reader.get("network")
        return cls(
            name=reader.text("name"),
            network=load_config(network) if isinstance(network, str) else config_from_json(network),
            seed=reader.whole("seed", 0, 2**31 - 1),
            initial=reader.texts("initial"),
            stages=tuple(_stage(number, stage) for number, stage in enumerate(stages, start=1)),
            half=reader.flag("half"),
        )


def _stage(number: int, data: object) -> StageSettings:
    reader = Reader(f"stage {number}", data, StageSettings)
    precision = reader.choice("precision", ("fp32", "bf16", "fp16"))
    stage = StageSettings(
        task=reader.choice("task", tuple(TASKS)),
        steps=reader.whole("steps", 1, 10_000_000),
        batch=reader.whole("batch", 1, 65_536),
        accumulate=reader.whole("accumulate", 1, 1024),
        learning_rate=reader.number("learning_rate", 1e-9, 1.0),
        weight_decay=reader.number("weight_decay", 0.0, 10.0),
        warm_up=reader.number("warm_up", 0.0, 1.0),
        ema=reader.number("ema", 0.0, 0.999999),
        clip=reader.number("clip", 0.0, 1e6),
        precision="bf16" if precision == "bf16" else "fp16" if precision == "fp16" else "fp32",
        freeze=reader.texts("freeze"),
        validate_every=reader.whole("validate_every", 1, 10_000_000),
        patience=reader.whole("patience", 0, 10_000),
        keep_best=reader.flag("keep_best"),
        workers=reader.whole("workers", 0, 256),
        mix=_mix(number, reader.get("mix")),
        options=reader.options("options"),
    )
    if stage.patience and not stage.keep_best:
        raise SettingsError(f"In stage {number}, patience stops at the best weights, so keep_best must be true.")
    return stage


def _mix(number: int, data: object) -> Mix:
    if isinstance(data, Mix):
        return data
    reader = Reader(f"mix of stage {number}", data, Mix)
    shares = {name: reader.number(name, 0.0, 1.0) for name in ("real", "fake", "pseudo", "foreign")}
    if not shares["real"] or sum(shares.values()) == shares["real"]:
        raise SettingsError(f"In the mix of stage {number}, real and one of the others must be above 0.")
    return Mix(**shares, level=reader.number("level", 0.0, 1.0))


def load_settings(name: str, changes: Sequence[str] = ()) -> TrainSettings:
    """Settings that are part of the program, by name, or those of a JSON file; then changes ``key=value``.

    A key is a path with dots (``stages.0.steps``, ``network.window_frames``); a key of a stage without a path is
    changed in every stage (``steps``, ``mix.fake``).  Values are JSON, or else text.

    Raises
    ------
    SettingsError
        There are none of that name, the file cannot be read, or a value is out of its bounds.
    """
    data = _read(name)
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals or not key.strip():
            raise SettingsError(f"The change {change!r} is not of the form key=value, such as steps=100.")
        _change(data, key.strip(), _value(text.strip()))
    return TrainSettings.from_json(data)


def settings_names() -> tuple[str, ...]:
    """Names of the settings that are part of the program, in alphabetical order."""
    return tuple(sorted(entry.name.removesuffix(".json") for entry in _configs().iterdir()))


def _configs() -> resources.abc.Traversable:
    return resources.files("lipfd_desktop.training") / "configs"


def _read(name: str) -> dict[str, Any]:
    try:
        if name in settings_names():
            text = (_configs() / f"{name}.json").read_text(encoding="utf-8")
        elif Path(name).suffix == ".json":
            text = Path(name).read_text(encoding="utf-8")
        else:
            names = ", ".join(settings_names())
            raise SettingsError(f"There are no training settings “{name}”; there are {names}, or name a JSON file.")
        data = json.loads(text)
    except OSError as error:
        raise SettingsError(f"{name}: the training settings cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise SettingsError(f"{name}: the training settings are not proper JSON ({error}).") from error
    if not isinstance(data, dict):
        raise SettingsError(f"{name}: the training settings must be a JSON object.")
    if isinstance(data.get("network"), str):  # so that parts of it can be changed
        data["network"] = load_config(data["network"]).to_json()
    return data


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _change(data: dict[str, Any], key: str, value: object) -> None:
    first, *rest = key.split(".")
    stages = data.get("stages")
    if first in StageSettings.__dataclass_fields__ and isinstance(stages, list):
        for stage in stages:
            _set(stage, [first, *rest], key, value)
    else:
        _set(data, [first, *rest], key, value)


def _set(place: Any, path: Sequence[str], key: str, value: object) -> None:
    first, *rest = path
    step: Any = first
    if isinstance(place, list) and first.isdigit() and int(first) < len(place):
        step = int(first)
    elif not isinstance(place, dict):
        raise SettingsError(f"The training settings have no {key}.")
    if rest:
        _set(place.setdefault(step, {}) if isinstance(place, dict) else place[step], rest, key, value)
    else:
        place[step] = value
