from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from network_support import tiny_config, tiny_model
from torch import nn

from lipfd_desktop.network import fused
from lipfd_desktop.network.build import Network, build_network
from lipfd_desktop.network.config import NetworkConfig, RegionConfig
from lipfd_desktop.network.fused import FusedConvolution, FusedLinear
from lipfd_desktop.network.model import ImageEncoder, LipFD, RegionBackbone
from lipfd_desktop.network.scoring_form import ScoringEncoder, bring_into_scoring_form
from lipfd_desktop.result import Exactness

HAS_16_BIT = fused.computes_16_bit("cpu")


def inputs(model: Network, count: int = 6) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(1)
    if isinstance(model, LipFD):
        size, side = model.config.global_size, model.config.region.crop_size
        return (
            torch.rand(count, 3, size, size, generator=generator),
            torch.rand(count, 5, 3, 3, side, side, generator=generator),
        )
    coarse = torch.rand(count * 4, 3, 14, 14, generator=generator)
    frames = nn.functional.interpolate(coarse, (224, 224), mode="bicubic").clamp(0, 1)
    following = (frames + 0.05 * torch.randn(frames.shape, generator=generator)).clamp(0, 1)
    motion = 200 + 40 * torch.randn(count, 1, 478, 2, generator=generator)
    motion = motion + 3 * torch.randn(count, 50, 478, 2, generator=generator)
    places = torch.arange(count * 4).view(count, 4)
    return frames, following, places, motion, torch.rand(count, 80, 200, generator=generator)


def scoring(model: Network, exactness: Exactness) -> Network:
    changed = copy.deepcopy(model)
    bring_into_scoring_form(changed, exactness, "cpu")
    return changed


@pytest.mark.parametrize("contract", ["official", "guided", "context"])
@pytest.mark.parametrize(("exactness", "bound"), [(Exactness.REFERENCE, 2e-4), (Exactness.FAST, 0.08)])
def test_the_scoring_form_gives_the_numbers_of_the_network(contract: str, exactness: Exactness, bound: float) -> None:
    model = tiny_model(contract)
    given = inputs(model)
    with torch.inference_mode():
        plain, changed = model(*given), scoring(model, exactness)(*given)
    for before, after in zip(plain, changed, strict=True):
        assert after.dtype == torch.float32
        np.testing.assert_allclose(after.numpy(), before.numpy(), rtol=0, atol=bound)
    logit = plain[0]
    assert logit.std() > 10 * bound, "the bound must tell windows apart"


@pytest.mark.skipif(not HAS_16_BIT, reason="no hardware for 16-bit products")
def test_fast_differs_from_reference_and_both_are_repeatable() -> None:
    model = tiny_model("guided")
    given = inputs(model)
    with torch.inference_mode():
        first, again = (scoring(model, Exactness.REFERENCE)(*given)[0] for _ in range(2))
        fast, fast_again = (scoring(model, Exactness.FAST)(*given)[0] for _ in range(2))
    assert torch.equal(first, again)
    assert torch.equal(fast, fast_again)
    assert not torch.equal(first, fast)


@pytest.mark.skipif(not HAS_16_BIT, reason="no hardware for 16-bit products")
def test_fast_computes_the_first_blocks_of_the_backbone_as_the_reference_does() -> None:
    config = tiny_config("guided")
    assert isinstance(config, NetworkConfig)
    model = LipFD(replace(config, region=replace(config.region, depths=(2, 2)))).eval()
    crops = torch.rand(3, 3, 32, 32)
    early, late = [], []
    with torch.inference_mode():
        for exactness in (Exactness.REFERENCE, Exactness.FAST):
            changed = scoring(model, exactness)
            assert isinstance(changed, LipFD)
            hidden = changed.backbone.layer1(changed.backbone.maxpool(changed.backbone.conv1(crops)))
            early.append(changed.backbone.layer2[:2](hidden))
            late.append(changed.backbone.layer2(hidden))
    assert torch.equal(*early)
    assert [one.dtype for one in late] == [torch.float32, torch.bfloat16]


def test_without_hardware_for_16_bits_fast_is_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lipfd_desktop.network.scoring_form.computes_16_bit", lambda device: False)
    model = tiny_model("guided")
    given = inputs(model)
    with torch.inference_mode():
        assert torch.equal(scoring(model, Exactness.FAST)(*given)[0], scoring(model, Exactness.REFERENCE)(*given)[0])


def test_no_batch_norm_is_left() -> None:
    for contract in ("official", "guided"):
        kinds = {type(part) for part in scoring(tiny_model(contract), Exactness.REFERENCE).modules()}
        assert not kinds & {nn.BatchNorm1d, nn.BatchNorm2d}


@pytest.mark.parametrize("fuses", [True, False])
@pytest.mark.parametrize("block", ["basic", "bottleneck"])
def test_both_kinds_of_residual_block(block: str, fuses: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not fuses:
        monkeypatch.setattr(fused, "_has", lambda operator: False)
    torch.manual_seed(3)
    config = tiny_config("guided")
    model = build_network(config)
    assert isinstance(model, LipFD)
    region = RegionConfig(block=block, depths=(2, 2), widths=(8, 16), crop_size=32)  # type: ignore[arg-type]
    model.backbone = RegionBackbone(region, global_dim=config.encoder.output_dim)
    for part in model.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 2)
    model.eval()
    crops = torch.rand(4, 3, 32, 32)
    with torch.inference_mode():
        kept = crops.clone()
        before = model.backbone.features(crops)
        after = scoring(model, Exactness.REFERENCE).backbone.features(crops)
    torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-4)
    assert torch.equal(crops, kept), "an input must not be overwritten"


@pytest.mark.parametrize("quick", [True, False])
def test_both_activations_of_the_encoder(quick: bool) -> None:
    from dataclasses import replace

    torch.manual_seed(5)
    encoder = ImageEncoder(replace(tiny_config("guided").encoder, quick_gelu=quick)).eval()
    images = torch.rand(3, 3, *([encoder.visual.image_size[0]] * 2))
    with torch.inference_mode():
        expected = encoder(images)
        scored = ScoringEncoder(encoder, torch.float32)(images)
    torch.testing.assert_close(scored, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(not HAS_16_BIT, reason="no hardware for 16-bit products")
@pytest.mark.parametrize("activation", ["none", "silu", "gelu"])
def test_packed_and_plain_linear_layers_agree(activation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(6)
    weight, bias, given = torch.randn(48, 32), torch.randn(48), torch.randn(5, 7, 32).bfloat16()
    packed = FusedLinear(weight, bias, torch.bfloat16, activation)  # type: ignore[arg-type]
    monkeypatch.setattr(fused, "_has", lambda operator: False)
    plain = FusedLinear(weight, bias, torch.bfloat16, activation)  # type: ignore[arg-type]
    with torch.inference_mode():
        torch.testing.assert_close(packed(given), plain(given), rtol=0.02, atol=0.1)


@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("with_shortcut", [True, False])
def test_fused_and_plain_convolutions_agree(relu: bool, with_shortcut: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(7)
    convolution = nn.Conv2d(8, 16, 3, stride=2, padding=1)
    given, shortcut = torch.randn(2, 8, 12, 12), torch.randn(2, 16, 6, 6) if with_shortcut else None
    fusing = FusedConvolution(convolution, torch.float32, relu=relu)
    monkeypatch.setattr(fused, "_has", lambda operator: False)
    plain = FusedConvolution(convolution, torch.float32, relu=relu)
    with torch.inference_mode():
        numbers = [one(given, None if shortcut is None else shortcut.clone()) for one in (fusing, plain)]
    torch.testing.assert_close(*numbers, rtol=1e-5, atol=1e-5)


def test_the_original_weights_are_let_go_of() -> None:
    import gc
    import weakref

    model = tiny_model("guided")
    assert isinstance(model, LipFD)
    assert isinstance(model.encoder, ImageEncoder)
    original = weakref.ref(model.encoder.visual.transformer.resblocks[0].mlp.c_fc.weight)
    bring_into_scoring_form(model, Exactness.FAST, "cpu")
    gc.collect()
    assert original() is None


def test_training_sees_all_crops_as_one_batch() -> None:
    """Else the normalisation would learn from fifteen crops at a time, and not what it learns on a GPU."""
    model = tiny_model("guided").train()
    assert isinstance(model, LipFD)
    _, crops = inputs(model, count=4)
    together = copy.deepcopy(model).backbone.features(crops.flatten(0, 2))
    found = model.encode_regions(crops)
    torch.testing.assert_close(found.flatten(0, 2), together, rtol=1e-4, atol=1e-5)
    found.square().sum().backward()
    assert all(part.grad is not None for part in model.backbone.conv1.parameters())


def test_a_cpu_takes_few_crops_at_once_when_scoring() -> None:
    model = scoring(tiny_model("guided"), Exactness.REFERENCE)
    assert isinstance(model, LipFD)
    _, crops = inputs(model, count=4)
    sizes: list[int] = []
    features = model.backbone.features
    model.backbone.features = lambda part: sizes.append(len(part)) or features(part)  # type: ignore[method-assign,func-returns-value]
    with torch.inference_mode():
        model.encode_regions(crops)
    assert sizes == [15, 15, 15, 15]
