"""The shape of a network as data: a few numbers in JSON, from which the network is built.

There are two kinds: LipFD as published (:class:`NetworkConfig`), and the compact network (:class:`CompactConfig`),
whose JSON says ``"kind": "compact"``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any, Final, Literal, Self

from lipfd_desktop.errors import SettingsError
from lipfd_desktop.language import Phrase, mark
from lipfd_desktop.network.table import Table
from lipfd_desktop.result import InputContract

OFFICIAL_NETWORK: Final = "lipfd-vit-l-14-resnet50"
"""Name of the configuration of the authors' network."""

Planes = Literal["relative", "absolute"]
PLANES: Final[tuple[Planes, ...]] = ("relative", "absolute")
"""How a picture branch may look at a face."""
_OF_A_PICTURE: Final = ("mouth", "portrait", "contrast")

_MAX_STAGES: Final = 8
_WHERE: Final = Phrase(mark("the network configuration"))


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderConfig:
    """The image encoder of the global branch: a CLIP vision transformer over a square image.

    ``image_size`` and ``patch_size`` are in pixels; ``output_dim`` is the length of the global feature.
    """

    image_size: int
    patch_size: int
    width: int
    layers: int
    heads: int
    mlp_ratio: float
    output_dim: int
    quick_gelu: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionConfig:
    """The residual network of the region branch.

    Attributes
    ----------
    block
        ``basic`` (two 3x3 convolutions) or ``bottleneck`` (1x1, 3x3, 1x1; four times the width comes out).
    depths, widths
        Blocks and channels of each stage; ``[3, 4, 6, 3]`` and ``[64, 128, 256, 512]`` of ``bottleneck`` are
        ResNet-50.
    crop_size
        Side in pixels of the square crops.
    """

    block: Literal["basic", "bottleneck"]
    depths: tuple[int, ...]
    widths: tuple[int, ...]
    crop_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """A whole LipFD network, of the official or the guided contract.

    Attributes
    ----------
    name
        For people and error messages.
    input_contract
        How windows become input; the weights are worthless under the other contract.
    window_frames
        Consecutive frames a window that the weights were made for.
    stem
        Kernel and stride in pixels of the convolution that shrinks the global image to what the encoder takes
        (5 in the authors' network), or None for no such convolution.
    mel_bands
        Bands of the mel-spectrogram strip under the guided contract; None under the official one, whose strip is a
        picture.
    """

    name: str
    input_contract: InputContract
    window_frames: int
    stem: int | None
    encoder: EncoderConfig
    region: RegionConfig
    mel_bands: int | None

    @property
    def global_size(self) -> int:
        """Side in pixels of the square image that the global branch takes."""
        return self.encoder.image_size * (self.stem or 1)

    def to_json(self) -> dict[str, Any]:
        """Plain data that :meth:`from_json` reads back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Build a configuration from decoded JSON.

        Raises
        ------
        SettingsError
            A key is missing or unknown, or a value is out of its bounds.  The bounds are wide; they stop a damaged
            or hostile file from asking for a network that fits no machine.
        """
        table = Table(_WHERE, _WHERE, data, cls)
        contract = table.choice("input_contract", (InputContract.OFFICIAL, InputContract.GUIDED))
        guided = contract == InputContract.GUIDED
        config = cls(
            name=table.text("name"),
            input_contract=InputContract(contract),
            window_frames=table.whole("window_frames", 1, 100),
            stem=None if table.get("stem") is None else table.whole("stem", 2, 32),
            encoder=_encoder(Table(_WHERE, "encoder", table.get("encoder"), EncoderConfig)),
            region=_region(Table(_WHERE, "region", table.get("region"), RegionConfig)),
            mel_bands=table.whole("mel_bands", 1, 1024) if guided else None,
        )
        if not guided and table.get("mel_bands") is not None:
            raise table.refusal("mel_bands", Phrase(mark("null under the official contract")))
        return config


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactConfig:
    """A compact network, which answers two questions about windows of the context contract.

    Attributes
    ----------
    kind
        Tells this configuration from that of LipFD, in JSON too.
    name, input_contract, window_frames
        As in :class:`NetworkConfig`.
    width
        Channels of the first stage of the picture branch.
    face_side
        Side in pixels that the images of face, head and lips are resized to.
    motion_width
        Channels of the branches for motion and sound.
    pictures
        A picture branch for each: ``relative`` measures a face against itself, ``absolute`` takes it as it is
        (:mod:`lipfd_desktop.network.compact_picture`).
    fusion
        Votes with which the kinds of evidence begin: three of each picture branch, one of the motion
        (:func:`kinds_of_evidence`).
    members
        Networks whose answers are averaged.
    """

    kind: Literal["compact"] = "compact"
    name: str
    input_contract: InputContract = InputContract.CONTEXT
    window_frames: int
    width: int
    face_side: int
    motion_width: int
    pictures: tuple[Planes, ...]
    fusion: tuple[float, ...]
    members: int

    def to_json(self) -> dict[str, Any]:
        """Plain data that :meth:`from_json` reads back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Build a configuration from decoded JSON; raises as :meth:`NetworkConfig.from_json`."""
        table = Table(_WHERE, _WHERE, data, cls)
        table.choice("kind", ("compact",))
        table.choice("input_contract", (InputContract.CONTEXT,))
        pictures = table.choices("pictures", PLANES, most=8)
        return cls(
            name=table.text("name"),
            window_frames=table.whole("window_frames", 2, 100),
            width=table.whole("width", 1, 512),
            face_side=table.whole("face_side", 16, 224),
            motion_width=table.whole("motion_width", 1, 1024),
            pictures=pictures,
            fusion=table.numbers("fusion", -100.0, 100.0, length=len(kinds_of_evidence(pictures))),
            members=table.whole("members", 1, 16),
        )


def kinds_of_evidence(pictures: tuple[Planes, ...]) -> tuple[str, ...]:
    """Names of what a compact network sums up, such as ``mouth, relative``, for these picture branches."""
    return (*(f"{kind}, {planes}" for planes in pictures for kind in _OF_A_PICTURE), "motion")


ModelConfig = NetworkConfig | CompactConfig


def config_from_json(data: object) -> ModelConfig:
    """Build a configuration of either kind from decoded JSON; raises as :meth:`NetworkConfig.from_json`."""
    if isinstance(data, Mapping) and "kind" in data:
        return CompactConfig.from_json(data)
    return NetworkConfig.from_json(data)


def load_config(name: str) -> ModelConfig:
    """Read a configuration that is part of the program, by its name.

    Raises
    ------
    SettingsError
        There is none of that name.
    """
    if name not in config_names():
        raise SettingsError(
            mark("There is no network configuration “{name}”; there are {names}."), name=name, names=config_names()
        )
    return config_from_json(json.loads((_configs() / f"{name}.json").read_text(encoding="utf-8")))


def config_names() -> tuple[str, ...]:
    """Names of the configurations that are part of the program, in alphabetical order."""
    return tuple(sorted(entry.name.removesuffix(".json") for entry in _configs().iterdir()))


def _configs() -> resources.abc.Traversable:
    return resources.files("lipfd_desktop.network") / "configs"


def _encoder(table: Table) -> EncoderConfig:
    config = EncoderConfig(
        image_size=table.whole("image_size", 8, 1024),
        patch_size=table.whole("patch_size", 2, 128),
        width=table.whole("width", 1, 4096),
        layers=table.whole("layers", 1, 96),
        heads=table.whole("heads", 1, 128),
        mlp_ratio=table.number("mlp_ratio", 0.5, 16.0),
        output_dim=table.whole("output_dim", 1, 4096),
        quick_gelu=table.flag("quick_gelu"),
    )
    if config.image_size % config.patch_size:
        raise table.refusal("patch_size", Phrase(mark("a divisor of image_size {size}"), size=config.image_size))
    if config.width % config.heads:
        raise table.refusal("heads", Phrase(mark("a divisor of width {width}"), width=config.width))
    return config


def _region(table: Table) -> RegionConfig:
    block = table.choice("block", ("basic", "bottleneck"))
    config = RegionConfig(
        block="basic" if block == "basic" else "bottleneck",
        depths=table.wholes("depths", 1, 64, most=_MAX_STAGES),
        widths=table.wholes("widths", 1, 2048, most=_MAX_STAGES),
        crop_size=table.whole("crop_size", 16, 1024),
    )
    if len(config.depths) != len(config.widths):
        raise table.refusal("widths", Phrase(mark("as long as depths ({count})"), count=len(config.depths)))
    return config
