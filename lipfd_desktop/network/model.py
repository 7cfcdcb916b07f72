"""The LipFD network in torch.

Y. Liu et al., "Lips Are Lying: Spotting the Temporal Inconsistency between Audio and Visual in Lip-Syncing
DeepFakes", NeurIPS 2024, section 4; details that the paper leaves open follow the authors' published network.
Modules are named so that the visual part of the authors' checkpoint loads by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from lipfd_desktop.network.config import EncoderConfig, NetworkConfig, RegionConfig
from lipfd_desktop.result import TIERS

if TYPE_CHECKING:
    from torchvision.models.resnet import BasicBlock, Bottleneck


class NetworkOutput(NamedTuple):
    """What the network says about a batch of windows.

    Attributes
    ----------
    logit : (n,) float
        Fake above zero; the sigmoid of it is the fake score.
    region_weights : (n, 3, frames) float
        Weight of the head, face and lip crop of each frame; the three sum to one.
    global_feature : (n, output_dim) float
        The encoder's view of the whole window.
    """

    logit: Tensor
    region_weights: Tensor
    global_feature: Tensor


class LipFD(nn.Module):
    """Global branch, region branch and their weighted sum.

    The three steps of :meth:`forward` are methods of their own, because the regions of a frame are the same in
    every window that the frame is part of.

    Attributes
    ----------
    crops_at_once
        Crops that go through the backbone together when scoring; None for all, as it must be in training.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.crops_at_once: int | None = None
        self.conv1: nn.Module = nn.Identity()
        if config.stem is not None:
            self.conv1 = nn.Conv2d(3, 3, kernel_size=config.stem, stride=config.stem)
        self.encoder: nn.Module = ImageEncoder(config.encoder)
        self.backbone = RegionBackbone(config.region, global_dim=config.encoder.output_dim)

    def forward(self, global_image: Tensor, crops: Tensor) -> NetworkOutput:
        """Score a batch of windows.

        Parameters
        ----------
        global_image : (n, 3, global_size, global_size) float
            Sound and frames of each window in one picture.
        crops : (n, frames, 3, 3, crop_size, crop_size) float
            Crops by frame and tier (head, face, lip), channels before rows and columns.
        """
        global_feature = self.encode_global(global_image)
        logit, weights = self.aggregate(global_feature, self.encode_regions(crops))
        return NetworkOutput(logit, weights, global_feature)

    def encode_global(self, global_image: Tensor) -> Tensor:
        """Global feature (n, output_dim) of the windows' pictures."""
        feature: Tensor = self.encoder(self.conv1(global_image))
        return feature

    def encode_regions(self, crops: Tensor) -> Tensor:
        """Region features (..., region_dim) of crops (..., 3, crop_size, crop_size).

        All go through the backbone as one batch, whose statistics the normalisation learns from, unless
        :attr:`crops_at_once` says otherwise.
        """
        flat = crops.flatten(0, -4).contiguous(memory_format=torch.channels_last)
        if self.crops_at_once is None or len(flat) <= self.crops_at_once:
            features = self.backbone.features(flat)
        else:
            features = torch.cat([self.backbone.features(part) for part in torch.split(flat, self.crops_at_once)])
        return features.reshape(*crops.shape[:-3], -1)

    def aggregate(self, global_feature: Tensor, regions: Tensor) -> tuple[Tensor, Tensor]:
        """Logit (n,) and region weights (n, 3, frames) from both branches.

        The weight of a crop is a softmax over the tiers of a sigmoid, so it lies between ``1 / (1 + 2e)`` and
        ``e / (e + 2)``: within [0.155, 0.576].
        """
        frames = regions.shape[1]
        beside = global_feature[:, None, None, :].expand(-1, frames, len(TIERS), -1)
        joined = torch.cat((regions, beside), dim=-1)
        weights = self.backbone.get_weight(joined).softmax(dim=2)
        pooled = (joined * weights).sum(dim=2).mean(dim=1)
        return self.backbone.fc(pooled).squeeze(-1), weights.squeeze(-1).transpose(1, 2)


class ImageEncoder(nn.Module):
    """The vision tower of CLIP, under the name that it has inside the whole CLIP."""

    def __init__(self, config: EncoderConfig) -> None:
        # Importing open_clip takes four seconds, for which a compact network should not wait.
        from open_clip.transformer import QuickGELU, VisionTransformer

        super().__init__()
        self.visual = VisionTransformer(
            image_size=config.image_size,
            patch_size=config.patch_size,
            width=config.width,
            layers=config.layers,
            heads=config.heads,
            mlp_ratio=config.mlp_ratio,
            output_dim=config.output_dim,
            act_layer=QuickGELU if config.quick_gelu else nn.GELU,
        )

    def forward(self, image: Tensor) -> Tensor:
        feature: Tensor = self.visual(image)
        return feature


class RegionBackbone(nn.Module):
    """ResNet over the crops, and the two linear layers over region and global features together.

    Built of torchvision's blocks rather than its ``ResNet``, whose stage widths are fixed.
    """

    def __init__(self, config: RegionConfig, *, global_dim: int) -> None:
        from torchvision.models.resnet import BasicBlock, Bottleneck

        super().__init__()
        block = BasicBlock if config.block == "basic" else Bottleneck
        channels = config.widths[0]
        self.conv1: nn.Module = nn.Conv2d(3, channels, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu: nn.Module = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.stages: list[str] = []
        for number, (depth, width) in enumerate(zip(config.depths, config.widths, strict=True), start=1):
            self.stages.append(f"layer{number}")
            self.add_module(self.stages[-1], _stage(block, channels, width, depth, stride=1 if number == 1 else 2))
            channels = width * block.expansion
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.get_weight = nn.Sequential(nn.Linear(channels + global_dim, 1), nn.Sigmoid())
        self.fc = nn.Linear(channels + global_dim, 1)

    def features(self, crops: Tensor) -> Tensor:
        """Features (n, region_dim) of crops (n, 3, size, size); fp32, whatever the stages compute in."""
        hidden: Tensor = self.maxpool(self.relu(self.bn1(self.conv1(crops))))
        for stage in self.stages:
            hidden = self.get_submodule(stage)(hidden)
        pooled: Tensor = self.avgpool(hidden)
        return pooled.flatten(1).float()


def _stage(
    block: type[BasicBlock | Bottleneck], channels: int, width: int, depth: int, *, stride: int
) -> nn.Sequential:
    """One stage of a ResNet: the first block changes resolution and channels, the others keep them."""
    out_channels = width * block.expansion
    shortcut = None
    if stride != 1 or channels != out_channels:
        convolution = nn.Conv2d(channels, out_channels, kernel_size=1, stride=stride, bias=False)
        shortcut = nn.Sequential(convolution, nn.BatchNorm2d(out_channels))
    first = block(channels, width, stride, shortcut)
    return nn.Sequential(first, *(block(out_channels, width) for _ in range(depth - 1)))
