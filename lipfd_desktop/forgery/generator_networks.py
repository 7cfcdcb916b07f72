"""Networks of the small generators: what they are made of, as data, and the torch modules.

The aim is not a good picture but a *typical* one: each network ends in one of the three ways in which published
generators enlarge their features (nearest neighbour, transposed convolution, pixel shuffle), and squeezes the face
through one of the usual bottlenecks, because these leave the traces that forensic networks go by.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from lipfd_desktop.errors import SettingsError
from lipfd_desktop.forgery.generator_bottlenecks import CodebookBottleneck, GaussianBottleneck, PlainBottleneck

MEL_BANDS: Final = 80
MEL_COLUMNS: Final = 16
"""Sound that drives the inpainter: 80 bands, 16 columns of 10 ms around the frame; the shape Wav2Lip listens to."""


class GeneratorKind(StrEnum):
    """How a generator squeezes the picture, or what it paints it from.

    ``INPAINT`` takes the upper half, a reference and sound, as Wav2Lip does.  Trained for a minute, it follows the
    reference's mouth and hardly the sound: it leaves such a generator's trace, and does not synchronise lips.
    """

    AUTOENCODER = "autoencoder"
    VAE = "vae"
    VQ = "vq"
    ADVERSARIAL = "adversarial"
    INPAINT = "inpaint"


class Upsampling(StrEnum):
    """How a decoder doubles the size of its features."""

    NEAREST = "nearest"
    TRANSPOSED = "transposed"
    SHUFFLE = "shuffle"


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorConfig:
    """Everything that decides what :func:`~lipfd_desktop.forgery.generators.train_generator` returns, but the pictures.

    Parameters
    ----------
    side
        Working picture in pixels: 96 as Wav2Lip's, or 128; a multiple of ``2 * reduction``.
    width
        Channels at half size; the lower levels have twice as many and more, the last layer half.  Under 16, too few of
        the last survive the first steps.
    reduction
        Pixels an edge of one cell of the latent grid: 4, 8 or 16 (24, 12 or 6 cells an edge of a 96 px picture).
    latent
        Channels of a cell.
    codes
        Entries of the codebook (VQ only).
    rate
        Highest learning rate of AdamW; it falls to nothing by a cosine.
    """

    kind: GeneratorKind
    upsampling: Upsampling = Upsampling.NEAREST
    side: int = 96
    width: int = 32
    reduction: int = 8
    latent: int = 32
    codes: int = 256
    steps: int = 700
    batch: int = 4
    rate: float = 1.5e-3
    seed: int = 0

    def __post_init__(self) -> None:
        # Configurations come from files, too, where both are plain strings.
        object.__setattr__(self, "kind", GeneratorKind(self.kind))
        object.__setattr__(self, "upsampling", Upsampling(self.upsampling))
        if self.reduction not in {4, 8, 16}:
            raise SettingsError(f"A generator's reduction is 4, 8 or 16, not {self.reduction}.")
        if self.side < 2 * self.reduction or self.side % (2 * self.reduction):
            raise SettingsError(f"A generator's side must be a multiple of {2 * self.reduction}, not {self.side}.")
        if self.width < 16 or self.width % 8:
            raise SettingsError(f"A generator's width must be a multiple of 8 from 16 on, not {self.width}.")
        if min(self.latent, self.steps, self.batch) < 1 or self.codes < 2:
            raise SettingsError(
                "A generator needs at least one latent channel, step and picture a batch, and two codes."
            )


class Drive(NamedTuple):
    """What drives the inpainter beside the upper half: (n, 3, side, side) in -1..1 and (n, 1, 80, 16) in 0..1."""

    reference: Tensor
    mels: Tensor


class Painted(NamedTuple):
    """(n, 3, side, side) pictures in about -1..1 and the scalar loss of the bottleneck (0 where it has none)."""

    pictures: Tensor
    penalty: Tensor


class GeneratorNetwork(nn.Module):
    """Encoder, bottleneck and decoder of one :class:`GeneratorConfig`."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        planes = 6 if config.kind is GeneratorKind.INPAINT else 3
        # The deepest level is half as wide again instead of doubling: it has few pixels, but most of the weights.
        widths = [config.width, 2 * config.width, 3 * config.width, 3 * config.width]
        widths = widths[: config.reduction.bit_length() - 1]
        self.encoder = _Encoder(planes, widths)
        self.bottleneck = _bottleneck(config, widths[-1])
        self.sound = _SoundEncoder(config.latent) if config.kind is GeneratorKind.INPAINT else None
        cells = config.latent * (2 if self.sound is not None else 1)
        self.decoder = _Decoder(cells, widths, config.upsampling)
        self.apply(_start)

    def forward(self, pictures: Tensor, drive: Drive | None = None) -> Painted:
        """Regenerate (n, 3, side, side) pictures; the inpainter sees their upper half alone, and needs ``drive``."""
        if self.sound is None:
            cells, penalty = self.bottleneck(self.encoder(pictures))
            return Painted(self.decoder(cells), penalty)
        if drive is None:
            raise ValueError("the inpainter needs a reference picture and sound")
        # Wav2Lip greys the hidden half.  The reference in its place tells no more, and is a far better first guess.
        seen = torch.cat([with_lower_half(pictures, drive.reference), drive.reference], dim=1)
        cells, penalty = self.bottleneck(self.encoder(seen))
        heard = self.sound(drive.mels)[:, :, None, None].expand_as(cells)
        return Painted(self.decoder(torch.cat([cells, heard], dim=1)), penalty)


class PatchDiscriminator(nn.Module):
    """Real or painted, judged for every patch of 31 px: (n, 3, side, side) to (n, 1, side / 8, side / 8) logits."""

    def __init__(self, width: int) -> None:
        super().__init__()
        norm = nn.utils.parametrizations.spectral_norm
        self.layers = nn.Sequential(
            norm(nn.Conv2d(3, width, 4, 2, 1)),
            nn.LeakyReLU(0.2),
            norm(nn.Conv2d(width, 2 * width, 4, 2, 1)),
            nn.LeakyReLU(0.2),
            norm(nn.Conv2d(2 * width, 4 * width, 4, 2, 1)),
            nn.LeakyReLU(0.2),
            norm(nn.Conv2d(4 * width, 1, 3, 1, 1)),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        logits: Tensor = self.layers(pictures)
        return logits


def with_lower_half(pictures: Tensor, reference: Tensor) -> Tensor:
    """(n, 3, side, side): ``pictures`` above the middle row, ``reference`` below it."""
    middle = pictures.shape[2] // 2
    return torch.cat([pictures[:, :, :middle], reference[:, :, middle:]], dim=2)


def _start(module: nn.Module) -> None:
    """First weights: every layer keeps the variance, and every residual branch starts from nothing.

    There is no normalisation, which is slow on a CPU; a network that starts as a linear one that keeps its input learns
    the colours and shapes within a few dozen steps (as Fixup, Zhang et al. 2019).
    """
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        taps = float(module.kernel_size[0] * module.kernel_size[1])
        if isinstance(module, nn.ConvTranspose2d):  # each of its outputs sees a share of the kernel
            taps /= module.stride[0] * module.stride[1]
        nn.init.normal_(module.weight, std=(module.in_channels * taps) ** -0.5)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    if isinstance(module, _Residual):
        nn.init.zeros_(module.last.weight)


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, 1, 1)
        self.last = nn.Conv2d(width, width, 3, 1, 1)

    def forward(self, features: Tensor) -> Tensor:
        inner: Tensor = self.last(functional.relu(self.first(functional.relu(features))))
        return features + inner


class _Encoder(nn.Sequential):
    def __init__(self, planes: int, widths: list[int]) -> None:
        layers: list[nn.Module] = [nn.PixelUnshuffle(2), nn.Conv2d(4 * planes, widths[0], 3, 1, 1)]
        for before, after in pairwise(widths):
            layers += [nn.Conv2d(before, after, 4, 2, 1), _Residual(after)]
        super().__init__(*layers)


class _Decoder(nn.Sequential):
    def __init__(self, cells: int, widths: list[int], upsampling: Upsampling) -> None:
        layers: list[nn.Module] = [nn.Conv2d(cells, widths[-1], 3, 1, 1), _Residual(widths[-1])]
        outwards = [*widths[::-1], widths[0] // 2]
        for before, after in pairwise(outwards):
            layers.append(_doubling(before, after, upsampling))
            if after != outwards[-1]:
                layers.append(_Residual(after))
        # Leaky: so narrow a layer can die as a whole, and then paints one colour for ever.
        super().__init__(*layers, nn.LeakyReLU(0.2), nn.Conv2d(outwards[-1], 3, 3, 1, 1))


def _doubling(before: int, after: int, upsampling: Upsampling) -> nn.Module:
    if upsampling is Upsampling.NEAREST:
        return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(before, after, 3, 1, 1))
    if upsampling is Upsampling.SHUFFLE:
        return nn.Sequential(nn.Conv2d(before, 4 * after, 3, 1, 1), nn.PixelShuffle(2))
    # 3x3 kernels at stride 2 overlap unevenly, which gives the well-known checkerboard; Wav2Lip's are of this kind.
    return nn.ConvTranspose2d(before, after, 3, 2, 1, output_padding=1)


class _SoundEncoder(nn.Sequential):
    def __init__(self, latent: int) -> None:
        super().__init__(
            nn.Conv2d(1, 16, 3, 2, 1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, 2, 1),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, (2, 1), 1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * (MEL_BANDS // 8) * (MEL_COLUMNS // 4), 64),
            nn.ReLU(),
            nn.Linear(64, latent),
        )


def _bottleneck(config: GeneratorConfig, width: int) -> nn.Module:
    if config.kind is GeneratorKind.VAE:
        return GaussianBottleneck(width, config.latent)
    if config.kind is GeneratorKind.VQ:
        return CodebookBottleneck(width, config.latent, config.codes)
    return PlainBottleneck(width, config.latent)
