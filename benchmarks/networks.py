"""Full networks with random weights, written as checkpoints: what speed needs, for nobody may pass trained ones on.

The weights are drawn from a seed and then put into the range of trained ones: batch norms learn their statistics, the
two linear layers are scaled on windows of many kinds and shifted so that the logits of the material lie around zero,
where a score moves most.  Otherwise all windows would get one score, and a deviation would say nothing.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import torch
from material import Material
from torch import Tensor, nn
from torch.nn import functional

from lipfd_desktop.engine.batches import score_batch
from lipfd_desktop.network.card import ModelCard
from lipfd_desktop.network.checkpoint import save_safetensors
from lipfd_desktop.network.config import OFFICIAL_NETWORK, NetworkConfig, load_config
from lipfd_desktop.network.device import resolve_device
from lipfd_desktop.network.inputs import official_inputs
from lipfd_desktop.network.model import LipFD
from lipfd_desktop.network.scorer import Scorer
from lipfd_desktop.result import InputContract
from lipfd_desktop.windows.assemble import Window
from lipfd_desktop.windows.mel import GUIDED_MEL

SEED: Final = 20_240
SETTLING_WINDOWS: Final = 8
"""Real windows, spread over the material, on which the weights are put into range."""
WEIGHT_SPREAD: Final = 2.0
"""Deviation over crops of what goes into the sigmoid of the region weights."""
LOGIT_SPREAD: Final = 2.0
"""Deviation of the logits of windows that differ as those of different videos do; windows of one video differ less, and
a network that tells them apart as well would blow up rounding that no trained network sees."""


def full_config(contract: InputContract, base: str = OFFICIAL_NETWORK) -> NetworkConfig:
    """The authors' network; under the guided contract its encoder takes the picture without a convolution before it."""
    config = load_config(base)
    if not isinstance(config, NetworkConfig):
        raise TypeError(f"{base} is not a LipFD network")
    if contract is InputContract.OFFICIAL:
        return config
    name = config.name.replace("lipfd-", "lipfd-guided-")
    return replace(config, name=name, input_contract=InputContract.GUIDED, stem=None, mel_bands=GUIDED_MEL.bands)


def write_network(path: Path, config: NetworkConfig, material: Material) -> Path:
    """Write a checkpoint of random weights; equal arguments give equal bytes on one machine."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(SEED)
        model = LipFD(config)
        windows = _windows(config, material)
        _settle(model, *map(_varied, _inputs(config, windows)))
    card = ModelCard(
        name=config.name,
        config=config,
        trained=False,
        licence="MIT",
        source=f"random numbers, seed {SEED}",
        limits=("Random weights: the numbers mean nothing.",),
    )
    scorer = Scorer(info=card.info(path, ""), model=deepcopy(model), device=resolve_device("cpu"))
    raw = score_batch(scorer, windows)
    if raw is None:
        raise SystemExit("no window of the sample could be scored")
    with torch.no_grad():
        model.backbone.fc.bias.sub_(float(raw.logit.mean()))
    save_safetensors(path, model, card)
    return path


def _windows(config: NetworkConfig, material: Material) -> list[Window]:
    stride = max(1, len(material.tracked) // SETTLING_WINDOWS)
    return list(islice(material.windows(config, stride), SETTLING_WINDOWS))


def _inputs(config: NetworkConfig, windows: list[Window]) -> tuple[Tensor, Tensor]:
    """Global images and crops of real windows, in about the range of values of the contract."""
    made = [window.input for window in windows if window.input is not None]
    pixels = torch.from_numpy(np.stack([np.stack(list(one.pixels)) for one in made]))
    if config.input_contract is InputContract.OFFICIAL:
        return official_inputs(pixels, config)
    crops = (pixels.permute(0, 1, 2, 5, 3, 4).float() / 255 - 0.45) / 0.25
    side = (config.global_size, config.global_size)
    return functional.interpolate(crops[:, 0, 0], side, mode="bilinear"), crops


def _settle(model: LipFD, global_image: Tensor, crops: Tensor) -> None:
    """Bring batch norms and the two linear layers into the range of these windows."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the mean of all that it is shown
    model.train().encode_regions(crops)
    regions = model.eval().encode_regions(crops)
    global_feature = model.encode_global(global_image)
    beside = global_feature[:, None, None, :].expand(*regions.shape[:3], -1)
    weighing, summing = model.backbone.get_weight[0], model.backbone.fc
    assert isinstance(weighing, nn.Linear)
    for linear in (weighing, summing):
        nn.init.normal_(linear.weight)
    numbers = weighing(torch.cat((regions, beside), dim=-1))
    weighing.weight.mul_(WEIGHT_SPREAD / numbers.std())
    weighing.bias.sub_(numbers.mean() * WEIGHT_SPREAD / numbers.std())
    logits, _ = model.aggregate(global_feature, regions)
    summing.weight.mul_(LOGIT_SPREAD / logits.std())


def _varied(pictures: Tensor) -> Tensor:
    """Every window changed in a way of its own (recoloured, mirrored, inverted, dimmed), as if of another video."""
    low, high = pictures.min(), pictures.max()
    changed = []
    for number, window in enumerate(pictures):
        one = window.roll(number % 3, dims=-3)
        one = one.flip(-1) if number & 1 else one
        one = low + high - one if number & 2 else one
        changed.append(low + (one - low) * (1 - number / (2 * len(pictures))))
    return torch.stack(changed)
