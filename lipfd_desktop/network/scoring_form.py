"""A network in the form in which it scores: the same numbers with less work, or nearly the same with 16-bit factors.

A trained network is brought into this form once, after loading; it cannot be trained or saved any more.

- Batch normalisation of a network that no longer learns is a line, which the convolution before it takes over.
- Convolutions add shortcuts and cut off below zero in the same pass (:mod:`lipfd_desktop.network.fused`).
- Of the last block of the encoder only the class token is used, so only it is computed.
- With 16-bit factors the products of convolutions and linear layers are computed; sums from layer to layer of the
  encoder, normalisation, the two heads and, with bfloat16, the first blocks of the ResNet stay in fp32.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from lipfd_desktop.network.build import Network
from lipfd_desktop.network.compact import CompactNetwork
from lipfd_desktop.network.compact_picture import PictureBranch
from lipfd_desktop.network.fused import FusedConvolution, FusedLinear, computes_16_bit
from lipfd_desktop.network.model import ImageEncoder, RegionBackbone
from lipfd_desktop.result import Exactness

if TYPE_CHECKING:
    from open_clip.transformer import ResidualAttentionBlock, VisionTransformer

FAST_FACTORS: Final = {"cpu": torch.bfloat16, "cuda": torch.float16, "mps": torch.float16}
"""16-bit type by kind of device: CPUs multiply bfloat16 in hardware, GPUs float16, which has three more bits."""

CROPS_AT_ONCE: Final = 15
"""Crops that a CPU takes through the backbone together, those of a window of the paper: a larger batch falls out of the
cache (a ResNet-50 crop costs 1.7 times as much in a batch of 60 as in one of 12)."""

COARSE: Final = torch.bfloat16
"""Factors of 8 bits.  With them the blocks of the ResNet that read features of a quarter of the picture's side (stage 1
and the block that halves them) stay in fp32: what is rounded off there grows on its way through the others, and made
four fifths of the deviation of a severe random network (``docs/benchmarks.md``).  float16 has 11 bits."""

_QUICK: Final = 1.702
"""Factor of CLIP's QuickGELU, ``x * sigmoid(1.702 x)``."""


def bring_into_scoring_form(model: Network, exactness: Exactness, device: str) -> torch.dtype:
    """Change a network, in evaluation mode and on its device, in place; the type of the factors of its products.

    Parameters
    ----------
    exactness
        Without hardware for 16-bit products ``FAST`` computes in fp32 as well, which is faster there.
    device
        Kind of device: ``cpu``, ``cuda`` or ``mps``.
    """
    fast = exactness is Exactness.FAST and computes_16_bit(device)
    factors = FAST_FACTORS[device] if fast else torch.float32
    _fold_batch_norms(model)
    if isinstance(model, CompactNetwork):
        for part in model.modules():
            if isinstance(part, PictureBranch):
                _prepare_convolutions(part.body, factors)
    elif isinstance(model.encoder, ImageEncoder):
        model.encoder = ScoringEncoder(model.encoder, factors)
        _fuse_backbone(model.backbone, factors)
        model.crops_at_once = CROPS_AT_ONCE if device == "cpu" else None
    return factors


class ScoringEncoder(nn.Module):
    """The class token's feature of CLIP's vision tower; ``factors`` is the type in which products are computed."""

    def __init__(self, encoder: ImageEncoder, factors: torch.dtype) -> None:
        super().__init__()
        visual: VisionTransformer = encoder.visual
        self._embed = visual._embeds
        *inner, last = visual.transformer.resblocks
        self.blocks = nn.Sequential(*(_Block(block, factors) for block in inner), _Block(last, factors, is_last=True))
        visual.transformer = nn.Identity()  # let go of the original weights
        self.norm = visual.ln_post
        self.projection = visual.proj

    def forward(self, image: Tensor) -> Tensor:
        """(n, output_dim) of images (n, 3, size, size)."""
        feature: Tensor = self.norm(self.blocks(self._embed(image))[:, 0]) @ self.projection
        return feature


class _Block(nn.Module):
    """A residual attention block; the last one computes its first token alone."""

    def __init__(self, block: ResidualAttentionBlock, factors: torch.dtype, *, is_last: bool = False) -> None:
        super().__init__()
        attention, mlp = block.attn, block.mlp
        self._factors = factors
        self._heads, self._is_last = attention.num_heads, is_last
        self.norm_1, self.norm_2 = block.ln_1, block.ln_2
        width = attention.embed_dim
        parts = (0, width, 3 * width) if is_last else (0, 3 * width)
        self.project = nn.ModuleList(
            FusedLinear(attention.in_proj_weight[part], attention.in_proj_bias[part], factors)
            for part in map(slice, parts, parts[1:])
        )
        self.out = FusedLinear(attention.out_proj.weight, attention.out_proj.bias, factors)
        # silu(s x) / s is QuickGELU, in one pass over the largest tensor of the block instead of two.
        exact = isinstance(mlp.gelu, nn.GELU)
        gain = 1.0 if exact else _QUICK
        self.widen = FusedLinear(mlp.c_fc.weight * gain, mlp.c_fc.bias * gain, factors, "gelu" if exact else "silu")
        self.narrow = FusedLinear(mlp.c_proj.weight / gain, mlp.c_proj.bias, factors)

    def forward(self, hidden: Tensor) -> Tensor:
        given = self.norm_1(hidden).to(self._factors)
        if self._is_last:
            hidden = hidden[:, :1]
            projected = torch.cat((self.project[0](given[:, :1]).expand_as(given), self.project[1](given)), dim=-1)
        else:
            projected = self.project[0](given)
        hidden = hidden + self.out(self._attend(projected, asked=hidden.shape[1]))
        answer: Tensor = hidden + self.narrow(self.widen(self.norm_2(hidden).to(self._factors)))
        return answer

    def _attend(self, projected: Tensor, asked: int) -> Tensor:
        """(n, asked, width) from queries, keys and values (n, tokens, 3 width)."""
        heads = projected.view(*projected.shape[:2], 3, self._heads, -1)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        query = query[:, :, :asked]
        attended: Tensor
        if projected.device.type == "cpu" and projected.dtype != torch.float32:
            attended = _attend_in_steps(query, key, value)
        else:
            attended = torch.nn.functional.scaled_dot_product_attention(query, key, value)
        return attended.transpose(1, 2).flatten(2)


def _attend_in_steps(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention as two products: on CPUs faster than torch's fused one, which is slow for 16-bit factors there."""
    queries, keys, values = (part.flatten(0, 1) for part in (query * query.shape[-1] ** -0.5, key, value))
    return torch.bmm(torch.bmm(queries, keys.transpose(1, 2)).softmax(dim=-1), values).view(query.shape)


class _ResidualBlock(nn.Module):
    """A block of ResNet: convolutions, the last of which adds the shortcut."""

    def __init__(self, block: nn.Module, factors: torch.dtype) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(FusedConvolution(part, factors, relu=True) for part in _convolutions(block))
        ways = [part for part in block.children() if isinstance(part, nn.Sequential)]
        self.shortcut = FusedConvolution(_convolutions(ways[0])[0], factors, relu=False) if ways else None

    def forward(self, features: Tensor) -> Tensor:
        *inner, last = self.convolutions
        hidden = features
        for convolution in inner:
            hidden = convolution(hidden)
        # The input of a block is used by nothing after it, so that the sum may take its place.
        added: Tensor = last(hidden, features if self.shortcut is None else self.shortcut(features))
        return added


def _fuse_backbone(backbone: RegionBackbone, factors: torch.dtype) -> None:
    # The first convolution sees raw pixels, whose differences 16 bits would round off; fp32 costs next to nothing here.
    backbone.conv1 = FusedConvolution(_convolutions(backbone)[0], torch.float32, relu=True)
    backbone.relu = nn.Identity()
    early = torch.float32 if factors is COARSE else factors
    for place, name in enumerate(backbone.stages):
        first, *others = backbone.get_submodule(name).children()
        kinds = early if place < 2 else factors, early if place < 1 else factors
        blocks = [_Cast(kinds[0]), _ResidualBlock(first, kinds[0]), _Cast(kinds[1])]
        blocks += [_ResidualBlock(block, kinds[1]) for block in others]
        backbone.add_module(name, nn.Sequential(*blocks))


class _Cast(nn.Module):
    def __init__(self, kind: torch.dtype) -> None:
        super().__init__()
        self._kind = kind

    def forward(self, features: Tensor) -> Tensor:
        return features.to(self._kind)


def _convolutions(module: nn.Module) -> list[nn.Conv2d]:
    return [part for part in module.children() if isinstance(part, nn.Conv2d)]


def _fold_batch_norms(module: nn.Module) -> None:
    """Let every convolution take over the batch normalisation that follows it among its parent's children."""
    children = list(module.named_children())
    for (name, convolution), (next_name, norm) in pairwise(children):
        if isinstance(convolution, nn.Conv1d | nn.Conv2d) and isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d):
            setattr(module, name, fuse_conv_bn_eval(convolution, norm))
            setattr(module, next_name, nn.Identity())
    for _, child in children:
        _fold_batch_norms(child)


def _prepare_convolutions(module: nn.Module, factors: torch.dtype) -> None:
    """Set the type of convolutions over pictures, and the memory order that is fastest for them."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            part.to(factors).to(memory_format=torch.channels_last)
