"""Weights to begin with: a checkpoint of LipFD, CLIP's image encoder, or a ResNet, matched by name and shape.

What was pre-trained on hundreds of millions of pictures is most of what the full network knows; trained from nothing on
some thousand clips it learns little that holds elsewhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from lipfd_desktop.errors import CheckpointError
from lipfd_desktop.network.card import CheckpointKind, checkpoint_kind

PREFIXES: Final = ("", "encoder.", "backbone.")
"""Under which the tensors of a file are looked for in a LipFD network: those of LipFD itself, of CLIP (``visual.*``),
and of a ResNet (``layer1.*``)."""
HEADS: Final = ("fc.",)
"""Beginnings of names that are not taken from a foreign file: the classes of ImageNet are not ours."""


def load_initial(network: nn.Module, path: Path) -> int:
    """Put the tensors of a file into a network where name and shape fit; the others stay.

    Read are safetensors files, and files of ``torch.save`` with a state dict, alone or under ``model`` or
    ``state_dict``; nothing in them is run.

    Returns
    -------
    int
        How many numbers of the network come from the file.

    Raises
    ------
    CheckpointError
        The file cannot be read, holds no tensors, or none that fits.
    """
    own = network.state_dict()
    fitting: dict[str, Tensor] = {}
    for name, tensor in _tensors(path).items():
        for prefix in PREFIXES:
            target = f"{prefix}{name}"
            if target in own and own[target].shape == tensor.shape and not (prefix and name.startswith(HEADS)):
                fitting[target] = tensor
                break
    if not fitting:
        raise CheckpointError(
            f"{path.name}: none of its tensors has the name and shape of one of the network's; choose a checkpoint of "
            "the same encoder or backbone."
        )
    if broken := [name for name, tensor in fitting.items() if not bool(torch.isfinite(tensor.float()).all())]:
        raise CheckpointError(f"{path.name}: the tensor {broken[0]} holds NaN or infinity; the weights cannot be used.")
    network.load_state_dict(fitting, strict=False)
    return sum(tensor.numel() for tensor in fitting.values())


def _tensors(path: Path) -> dict[str, Tensor]:
    if checkpoint_kind(path) is CheckpointKind.SAFETENSORS:
        try:
            return load_file(path)
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f"{path.name}: the file is damaged; download it again.") from error
    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # a damaged or foreign file makes torch's readers raise almost anything
        raise CheckpointError(
            f"{path.name}: the file is damaged or holds more than tensors; it was refused and nothing of it was run."
        ) from error
    for key in ("model", "state_dict"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict):
        raise CheckpointError(f"{path.name}: the file holds no state dict.")
    return {str(name): tensor for name, tensor in content.items() if isinstance(tensor, Tensor)}
