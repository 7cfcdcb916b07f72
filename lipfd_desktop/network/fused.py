"""Linear layers and convolutions that score: with their weights packed once, and what follows them in the same pass.

On a CPU oneDNN does both, through the operators that torch's own compiler calls; where a build of torch lacks them, and
on GPUs, the public functions give the same numbers a little later.  In fp32 they go through MKL, which takes twice as
long as oneDNN on processors of another maker.
"""

from __future__ import annotations

from typing import Final, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

_TOKENS: Final = 1028
"""Rows for which a weight is packed: four windows of 257 tokens.  Others are computed as well."""

Activation = Literal["none", "silu", "gelu"]
_ONEDNN_NAMES: Final = {"none": ("none", ""), "silu": ("swish", ""), "gelu": ("gelu", "none")}


def computes_16_bit(device: str) -> bool:
    """Whether 16-bit products are faster than fp32 ones on this kind of device (``cpu``, ``cuda``, ``mps``)."""
    return device != "cpu" or torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


class FusedLinear(nn.Module):
    """A linear layer and its activation.

    Parameters
    ----------
    weight, bias : (outputs, inputs), (outputs,)
        Copied in the type ``factors``, in which inputs must come.
    """

    def __init__(self, weight: Tensor, bias: Tensor, factors: torch.dtype, activation: Activation = "none") -> None:
        super().__init__()
        self._activation = activation
        self.bias = nn.Parameter(bias.detach().to(factors), requires_grad=False)
        plain = weight.detach().to(factors).contiguous()
        self._packed: Tensor | None = None
        if plain.device.type == "cpu" and _has("_linear_pointwise"):
            self._packed = torch.ops.mkldnn._reorder_linear_weight(plain, _TOKENS)
        else:
            self.weight = nn.Parameter(plain, requires_grad=False)

    def forward(self, given: Tensor) -> Tensor:
        if self._packed is not None:
            name, algorithm = _ONEDNN_NAMES[self._activation]
            product: Tensor = torch.ops.mkldnn._linear_pointwise(given, self._packed, self.bias, name, [], algorithm)
            return product
        product = functional.linear(given, self.weight, self.bias)
        match self._activation:
            case "silu":
                return functional.silu(product, inplace=True)
            case "gelu":
                return functional.gelu(product)
        return product


class FusedConvolution(nn.Module):
    """A convolution, the addition of a shortcut where there is one, and a ReLU where one is wanted.

    Parameters
    ----------
    convolution
        Over pictures; with a bias.
    """

    def __init__(self, convolution: nn.Conv2d, factors: torch.dtype, *, relu: bool) -> None:
        super().__init__()
        self._relu = relu
        self._geometry = tuple(
            [int(number) for number in numbers]
            for numbers in (convolution.padding, convolution.stride, convolution.dilation)
        )
        self._groups = convolution.groups
        weight = convolution.weight.detach().to(factors).contiguous(memory_format=torch.channels_last)
        self.weight = nn.Parameter(weight, requires_grad=False)
        bias = weight.new_zeros(len(weight)) if convolution.bias is None else convolution.bias.detach().to(factors)
        self.bias = nn.Parameter(bias, requires_grad=False)
        self._fuses = weight.device.type == "cpu" and _has("_convolution_pointwise")

    def forward(self, given: Tensor, shortcut: Tensor | None = None) -> Tensor:
        """Convolve (n, channels, h, w) in the type of the weights; ``shortcut`` is overwritten."""
        padding, stride, dilation = self._geometry
        after = "relu" if self._relu else "none"
        output: Tensor
        if not self._fuses:
            output = functional.conv2d(given, self.weight, self.bias, stride, padding, dilation, self._groups)
            if shortcut is not None:
                output += shortcut
            return functional.relu(output, inplace=True) if self._relu else output
        operands = given, self.weight, self.bias, padding, stride, dilation, self._groups
        if shortcut is None:
            output = torch.ops.mkldnn._convolution_pointwise(*operands, after, [], "")
        else:
            fused = torch.ops.mkldnn._convolution_pointwise_.binary
            output = fused(shortcut, *operands, "add", 1.0, after if self._relu else None, [], None)
        return output


def _has(operator: str) -> bool:
    return bool(torch._C._has_mkldnn) and hasattr(torch.ops.mkldnn, operator)
