"""Reads and writes the weights of a network; nothing in a file is ever run as code.

Two layouts are read: own safetensors files (:mod:`lipfd_desktop.network.card`), and that of the LipFD authors'
``ckpt.pth``, a dict that ``torch.save`` wrote, with the state dict under ``model``, in which the image tower of
CLIP comes with the text tower that LipFD does not use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from lipfd_desktop.cancellation import IsCancelled, never
from lipfd_desktop.errors import CheckpointError, ModelError
from lipfd_desktop.language import Phrase, mark
from lipfd_desktop.media.digest import sha256_of
from lipfd_desktop.network.build import Network, build_network
from lipfd_desktop.network.card import (
    METADATA_KEY,
    CheckpointKind,
    ModelCard,
    checkpoint_kind,
    damaged,
    read_safetensors_card,
)
from lipfd_desktop.network.catalogue import AUTHORS_MODEL
from lipfd_desktop.network.config import CompactConfig, load_config
from lipfd_desktop.result import ModelInfo

_NAMED: Final = 3
"""Tensors that an error message names before it only counts."""

_IF_AUTHORS: Final = "The file does not say where it comes from; what follows is known of the authors' weights."
_UNTRAINED: Final = "The file records no training step: its weights were never trained and the numbers mean nothing."

_TEXT_WIDTH, _TEXT_LAYERS, _TEXT_CONTEXT, _TEXT_VOCABULARY = 768, 12, 77, 49408
"""The text tower of OpenAI's CLIP ViT-L/14 (``ViT-L-14.json`` in open_clip)."""


def read_card(path: Path) -> ModelCard:
    """What a checkpoint of either layout says about itself.

    Raises
    ------
    CheckpointError
        The file cannot be read, is no checkpoint, is damaged, or contains code.
    """
    if checkpoint_kind(path) is CheckpointKind.SAFETENSORS:
        return read_safetensors_card(path)
    # Files of this layout say nothing about themselves, but the authors' trainer counts its steps in them: zero steps
    # mean weights that nothing was learnt in.
    trained = _read_torch(path).get("total_steps") != 0
    return ModelCard(
        name=path.stem,
        config=load_config(AUTHORS_MODEL.config),
        trained=trained,
        licence=f"{AUTHORS_MODEL.licence}, if this is their file",
        source=f"not named in the file, which has the layout of {AUTHORS_MODEL.file_name} of {AUTHORS_MODEL.source}",
        limits=(_IF_AUTHORS, *AUTHORS_MODEL.limits) if trained else (_UNTRAINED,),
    )


def read_model_info(path: Path, is_cancelled: IsCancelled = never) -> ModelInfo:
    """Identity of a checkpoint file, its SHA-256 included; the weights are not checked.

    Raises
    ------
    CheckpointError
        As :func:`read_card`.
    Cancelled
        ``is_cancelled`` said so while the file was being hashed.
    """
    card = read_card(path)
    return card.info(path, sha256_of(path, is_cancelled))


def load_model(path: Path) -> Network:
    """Build the network of a checkpoint, fp32 on the CPU and in evaluation mode, and check every tensor.

    Raises
    ------
    CheckpointError
        As :func:`read_card`; or a tensor is missing, unexpected, of another shape, or holds NaN or infinity.
    """
    card = read_card(path)
    with torch.device("meta"):
        model = build_network(card.config)
    expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    # Of compact networks there are own files only.
    if isinstance(card.config, CompactConfig) or checkpoint_kind(path) is CheckpointKind.SAFETENSORS:
        found = _read_safetensors(path)
        unused: frozenset[str] = frozenset()
    else:
        found = _torch_tensors(path)
        text = _text_tower(card.config.encoder.output_dim)
        unused = frozenset(text) if found.keys() & text.keys() else frozenset()
        expected |= {name: text[name] for name in unused}
    _check_shapes(path, card.config.name, expected, found)
    state = {name: _checked_copy(path, name, tensor) for name, tensor in found.items() if name not in unused}
    model.load_state_dict(state, strict=True, assign=True)
    return model.requires_grad_(requires_grad=False).eval()


def save_safetensors(path: Path, model: Network, card: ModelCard, *, half: bool = False) -> None:
    """Write a checkpoint that :func:`load_model` reads; an existing file is replaced only by a whole one.

    Parameters
    ----------
    half
        Store numbers of floating point in 16 bits, in half the space; they are computed with in fp32 all the same.

    Raises
    ------
    ModelError
        The file cannot be written, or a number is too large for 16 bits.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    if half:
        tensors = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
        if too_large := [name for name, tensor in tensors.items() if not bool(tensor.isfinite().all())]:
            raise ModelError(
                mark("{name}: {tensors} cannot be stored in 16 bits; store the weights in 32."),
                name=path.name,
                tensors=_few(too_large),
            )
    part = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        part.touch()
        usual = part.stat().st_mode
        # One entry: safetensors writes several in random order, and equal weights shall give equal files.
        save_file(tensors, part, metadata={METADATA_KEY: card.to_text()})
        part.chmod(usual)  # safetensors makes files that no one but their maker may read
        part.replace(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            mark("{name}: the checkpoint could not be written to {folder} ({reason})."),
            name=path.name,
            folder=path.parent,
            reason=str(error),
        ) from error
    finally:
        part.unlink(missing_ok=True)


def verify_unchanged(info: ModelInfo, is_cancelled: IsCancelled = never) -> None:
    """Refuse a model whose file is not the one that its SHA-256 was taken of.

    Raises
    ------
    CheckpointError
        The file is gone or has other contents.
    Cancelled
        ``is_cancelled`` said so.
    """
    checkpoint_kind(info.path)
    if sha256_of(info.path, is_cancelled) != info.sha256:
        raise CheckpointError(
            mark(
                "{name}: the file of the model “{model}” has changed since its SHA-256 was recorded; import it again "
                "from a source that you trust."
            ),
            name=info.path.name,
            model=info.name,
        )


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise damaged(path) from error


def _read_torch(path: Path) -> dict[str, Any]:
    """The dict in a file of ``torch.save``, its tensors mapped into memory and not yet read."""
    if path.suffix.lower() == ".safetensors":  # torch.load goes by this suffix
        raise CheckpointError(
            mark("{name}: this is a file of torch, not of safetensors; rename it to end in .pth."), name=path.name
        )
    try:
        foreign = torch.serialization.get_unsafe_globals_in_checkpoint(str(path))
    except ValueError as error:
        raise _contains_code(path, "TorchScript") from error
    except Exception as error:  # a damaged or hostile file makes torch's readers raise almost anything
        raise damaged(path) from error
    if foreign:
        raise _contains_code(path, _few([_printable(name) for name in sorted(foreign)]))
    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:
        raise damaged(path) from error
    if not isinstance(content, dict) or not isinstance(content.get("model"), dict):
        raise CheckpointError(
            mark(
                "{name}: this torch file holds no network under “model”, as the LipFD authors' {file} does; choose "
                "another file."
            ),
            name=path.name,
            file=AUTHORS_MODEL.file_name,
        )
    return content


def _torch_tensors(path: Path) -> dict[str, Tensor]:
    """The state dict in a file of the authors' layout."""
    model = _read_torch(path)["model"]
    for name, value in model.items():
        plain = isinstance(value, Tensor) and value.layout == torch.strided and value.device.type == "cpu"
        if not isinstance(name, str) or not plain:
            raise CheckpointError(
                mark("{name}: “{tensor}” is not a plain tensor; choose another file."),
                name=path.name,
                tensor=_printable(name),
            )
    return dict(model)


def _contains_code(path: Path, what: str | tuple[object, ...]) -> CheckpointError:
    return CheckpointError(
        mark(
            "{name}: the file contains code or objects besides tensors ({what}); it was refused and nothing of it was "
            "run."
        ),
        name=path.name,
        what=what,
    )


def _text_tower(output_dim: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the text tower that the authors' checkpoint carries along."""
    width = _TEXT_WIDTH
    shapes: dict[str, tuple[int, ...]] = {
        "positional_embedding": (_TEXT_CONTEXT, width),
        "text_projection": (width, output_dim),
        "logit_scale": (),
        "token_embedding.weight": (_TEXT_VOCABULARY, width),
        "ln_final.weight": (width,),
        "ln_final.bias": (width,),
    }
    block: dict[str, tuple[int, ...]] = {
        "attn.in_proj_weight": (3 * width, width),
        "attn.in_proj_bias": (3 * width,),
        "attn.out_proj.weight": (width, width),
        "attn.out_proj.bias": (width,),
        "ln_1.weight": (width,),
        "ln_1.bias": (width,),
        "mlp.c_fc.weight": (4 * width, width),
        "mlp.c_fc.bias": (4 * width,),
        "mlp.c_proj.weight": (width, 4 * width),
        "mlp.c_proj.bias": (width,),
        "ln_2.weight": (width,),
        "ln_2.bias": (width,),
    }
    for layer in range(_TEXT_LAYERS):
        shapes |= {f"transformer.resblocks.{layer}.{name}": shape for name, shape in block.items()}
    return {f"encoder.{name}": shape for name, shape in shapes.items()}


def _check_shapes(
    path: Path, network: str, expected: Mapping[str, tuple[int, ...]], found: Mapping[str, Tensor]
) -> None:
    missing = [name for name in expected if name not in found]
    unexpected = [_printable(name) for name in found if name not in expected]
    wrong = [
        Phrase(
            mark("{name} is {found} instead of {expected}"),
            name=name,
            found=_dimensions(found[name].shape),
            expected=_dimensions(shape),
        )
        for name, shape in expected.items()
        if name in found and tuple(found[name].shape) != shape
    ]
    problems = []
    if missing:
        problems.append(Phrase(mark("{count} missing ({names})"), count=len(missing), names=_few(missing)))
    if unexpected:
        problems.append(Phrase(mark("{count} unexpected ({names})"), count=len(unexpected), names=_few(unexpected)))
    if wrong:
        problems.append(Phrase(mark("{count} of another shape ({names})"), count=len(wrong), names=_few(wrong)))
    if problems:
        raise CheckpointError(
            mark(
                "{name}: the tensors are not those of the network “{network}”: {problems}; choose a checkpoint of "
                "LipFD."
            ),
            name=path.name,
            network=network,
            problems=tuple(problems),
        )


def _checked_copy(path: Path, name: str, tensor: Tensor) -> Tensor:
    """A copy in memory, so that the file may change or go, in the precision of scoring."""
    if name.endswith("num_batches_tracked"):
        return tensor.to(torch.int64, copy=True)
    if not tensor.is_floating_point():
        raise CheckpointError(
            mark("{name}: the tensor {tensor} is {type} and not of floating point."),
            name=path.name,
            tensor=name,
            type=str(tensor.dtype),
        )
    copy = tensor.to(torch.float32, copy=True)
    if not bool(torch.isfinite(copy).all()):
        raise CheckpointError(
            mark("{name}: the tensor {tensor} holds NaN or infinity; the weights cannot be used."),
            name=path.name,
            tensor=name,
        )
    return copy


def _few(names: Sequence[object]) -> tuple[object, ...]:
    """The first of the names, to be listed in a sentence."""
    return (*names[:_NAMED], "…") if len(names) > _NAMED else tuple(names)


def _printable(name: object) -> str:
    """A name from a file, fit for one line of a message."""
    return "".join(character if character.isprintable() else "?" for character in str(name))[:80]


def _dimensions(shape: Sequence[int]) -> str | Phrase:
    return "x".join(str(length) for length in shape) or Phrase(mark("a single number"))
