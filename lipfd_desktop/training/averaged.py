"""The running average of weights (EMA), which is validated and kept in place of the last weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Averaged:
    """Average of what training changes in a network: parameters that require a gradient, and buffers.

    The decay is smaller in the first steps, ``(1 + n) / (10 + n)`` at most, so that the first weights are soon
    forgotten.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self._network = network
        self._decay = decay
        self.steps = 0
        self.weights = {name: tensor.detach().clone() for name, tensor in changing(network)}

    @torch.no_grad()
    def update(self) -> None:
        """Take in the network's weights as they are now."""
        decay = min(self._decay, (1 + self.steps) / (10 + self.steps)) if self._decay else 0.0
        self.steps += 1
        for name, tensor in changing(self._network):
            if tensor.is_floating_point():
                self.weights[name].lerp_(tensor, 1 - decay)
            else:  # a count of batches
                self.weights[name].copy_(tensor)

    @torch.no_grad()
    def load(self, weights: dict[str, Tensor], steps: int) -> None:
        """Take over an average; raises ``KeyError`` or ``RuntimeError`` where it is another network's."""
        for name, tensor in self.weights.items():
            tensor.copy_(weights[name])
        self.steps = steps

    @contextmanager
    def swapped_in(self) -> Iterator[None]:
        """The network with the average as its weights."""
        own = {name: tensor.detach().clone() for name, tensor in changing(self._network)}
        put(self._network, self.weights)
        try:
            yield
        finally:
            put(self._network, own)


def changing(network: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """What training changes, by name, in the order of the network."""
    yield from ((name, tensor) for name, tensor in network.named_parameters() if tensor.requires_grad)
    yield from network.named_buffers()


@torch.no_grad()
def put(network: nn.Module, weights: dict[str, Tensor]) -> None:
    """Copy weights into those tensors of the network that training changes."""
    for name, tensor in changing(network):
        tensor.copy_(weights[name])
