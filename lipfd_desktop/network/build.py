"""From a configuration to the network that it describes."""

from __future__ import annotations

from lipfd_desktop.network.compact import CompactNetwork
from lipfd_desktop.network.config import CompactConfig, ModelConfig
from lipfd_desktop.network.model import LipFD

Network = LipFD | CompactNetwork


def build_network(config: ModelConfig) -> Network:
    """A network of either kind, its weights as torch initialises them."""
    return CompactNetwork(config) if isinstance(config, CompactConfig) else LipFD(config)
