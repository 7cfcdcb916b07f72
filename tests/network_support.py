"""Small checkpoints with random weights, for every test that needs a model."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn

from lipfd_desktop.network.build import Network
from lipfd_desktop.network.card import ModelCard
from lipfd_desktop.network.checkpoint import save_safetensors
from lipfd_desktop.network.compact import CompactNetwork
from lipfd_desktop.network.config import ModelConfig, NetworkConfig, load_config
from lipfd_desktop.network.model import LipFD
from lipfd_desktop.result import VerdictRule

CONFIG_NAMES = {"guided": "lipfd-tiny", "official": "lipfd-tiny-official", "context": "lipfd-compact-tiny"}


def tiny_config(contract: str = "guided") -> ModelConfig:
    """Configuration of a small network: LipFD of 8,000 parameters, or compact of 40,000."""
    return load_config(CONFIG_NAMES[contract])


def tiny_model(contract: str = "guided", seed: int = 0) -> Network:
    """A network with random weights; the same seed gives the same weights.

    The weights are scaled on random pictures, so that different windows get clearly different scores, around 0.5.
    """
    if contract == "context":
        return _tiny_compact(seed)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        model = LipFD(tiny_config(contract))
        global_image, crops = _pictures(model.config)
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = 1.0
        model.train()(global_image, crops)
        model.eval()
        regions = model.encode_regions(crops)
        beside = model.encode_global(global_image)[:, None, None, :].expand(-1, 5, 3, -1)
        features = torch.cat((regions, beside), dim=-1)
        for linear, spread in ((model.backbone.get_weight[0], 2.0), (model.backbone.fc, 4.0)):
            nn.init.normal_(linear.weight)
            numbers = linear(features)
            linear.weight *= spread / numbers.std()
            linear.bias -= linear(features).mean()
    return model


def _tiny_compact(seed: int) -> CompactNetwork:
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        model = CompactNetwork(tiny_config("context"))
        # Faces of many shapes that move a little, and sounds of many levels: real ones lie among them.
        motion = 200 + 40 * torch.randn(16, 1, 478, 2) + 3 * torch.randn(16, 50, 478, 2)
        sound = torch.rand(16, 1, 1) * torch.rand(16, 80, 1) * torch.rand(16, 80, 200)
        # Smooth as faces are, and a little changed in the next frame: on noise alone a pixel would decide.
        frames = nn.functional.interpolate(torch.rand(64, 3, 14, 14), (224, 224), mode="bicubic").clamp(0, 1)
        following = (frames + 0.05 * torch.randn(64, 3, 224, 224)).clamp(0, 1)
        inputs = frames, following, torch.arange(64).view(16, 4), motion, sound
        for module in model.modules():
            if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
                module.momentum = 1.0
        model.train()(*inputs)
        output = model.eval()(*inputs)
        for linear, logits in ((model.generated, output.generated), (model.foreign_sound, output.foreign_sound)):
            scale = 2.0 / logits.std()
            linear.bias -= logits.mean()
            linear.bias *= scale
            linear.weight *= scale
    return model


def _pictures(config: NetworkConfig, windows: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    """Network input made of smooth random colours, in the value range of the contract."""

    def blobs(count: int, size: int) -> torch.Tensor:
        colours = torch.rand(count, 3, 4, 4)
        pictures = nn.functional.interpolate(colours, (size, size), mode="bilinear")
        return pictures * 255 if config.input_contract == "official" else (pictures - 0.5) * 4

    size = config.region.crop_size
    return blobs(windows, config.global_size), blobs(windows * 15, size).view(windows, 5, 3, 3, size, size)


def tiny_card(
    contract: str = "guided", name: str = "tiny", *, trained: bool = False, rule: VerdictRule | None = None
) -> ModelCard:
    return ModelCard(
        name=name,
        config=tiny_config(contract),
        trained=trained,
        licence="MIT",
        source="random numbers",
        limits=("Random weights: the numbers mean nothing.",),
        rule=rule,
    )


def tiny_checkpoint(
    path: Path,
    contract: str = "guided",
    seed: int = 0,
    *,
    name: str = "tiny",
    trained: bool = False,
    rule: VerdictRule | None = None,
) -> Path:
    """Write a checkpoint of random weights; equal arguments give equal bytes.

    ``trained`` and ``rule`` only go into the file's record, for tests of what depends on them.
    """
    save_safetensors(path, tiny_model(contract, seed), tiny_card(contract, name, trained=trained, rule=rule))
    return path


@contextmanager
def parity_checkpoint(shared: Path, folder: Path) -> Iterator[Path]:
    """A full-size checkpoint in the authors' layout, by the fixed rule of the reference material (1.8 GB, 30 s).

    ``shared`` is the folder of reference material.  LIPFD_PARITY_CKPT names one that is kept, and is made there when it
    is missing; otherwise it is made in ``folder`` and deleted afterwards.
    """
    kept = os.environ.get("LIPFD_PARITY_CKPT")
    path = Path(kept) if kept else folder / "parity.pth"
    if not path.is_file():
        part = path.with_name(f"{path.name}.{os.getpid()}")
        subprocess.run([sys.executable, shared / "parity" / "make_checkpoint.py", part], check=True)
        part.replace(path)
    try:
        yield path
    finally:
        if not kept:
            path.unlink()
