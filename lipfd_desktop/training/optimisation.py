"""AdamW, its learning rate over time, and what else happens before a step."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import torch
from torch import nn

from lipfd_desktop.errors import TrainingError

BETAS: Final = (0.9, 0.98)
"""Of AdamW; the second is that of CLIP's training, which forgets large gradients sooner than the usual 0.999."""


def adamw(network: nn.Module, learning_rate: float, weight_decay: float) -> torch.optim.AdamW:
    """The optimiser of all that is not frozen; vectors such as biases and norms do not decay.

    Raises
    ------
    TrainingError
        Everything is frozen.
    """
    trained = [part for part in network.parameters() if part.requires_grad]
    if not trained:
        raise TrainingError("All parameters are frozen, so that there is nothing to train; freeze fewer.")
    groups = [
        {"params": [part for part in trained if part.ndim > 1], "weight_decay": weight_decay},
        {"params": [part for part in trained if part.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, learning_rate, BETAS)


def schedule(step: int, steps: int, warm_up: float) -> float:
    """Share of the highest learning rate: up in a line over the first steps, then down to zero by a cosine."""
    rising = round(warm_up * steps)
    if step < rising:
        return (step + 1) / rising
    return 0.5 + 0.5 * math.cos(math.pi * (step - rising) / max(steps - rising, 1))


def training_mode(network: nn.Module) -> None:
    """Training mode for all but frozen modules, whose running statistics stay as they are."""
    network.train()
    for module in network.modules():
        own = list(module.parameters())
        if own and not any(part.requires_grad for part in own):
            module.eval()


def torch_seed(*key: int) -> int:
    """A seed of torch that depends on all numbers of the key."""
    return int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> np.uint64(1))
