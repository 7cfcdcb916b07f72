from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from network_support import tiny_config, tiny_model
from torch import Tensor
from torchvision.models import resnet50

from lipfd_desktop.network.config import OFFICIAL_NETWORK, load_config
from lipfd_desktop.network.inputs import (
    CLIP_MEAN,
    CLIP_STD,
    IMAGENET_MEAN,
    IMAGENET_STD,
    guided_inputs,
    official_inputs,
)
from lipfd_desktop.network.model import RegionBackbone

SIZE = tiny_config().region.crop_size
SIDE = tiny_config().global_size
BANDS = tiny_config().mel_bands or 0


def test_shapes() -> None:
    model = tiny_model()
    output = model(torch.randn(2, 3, SIDE, SIDE), torch.randn(2, 5, 3, 3, SIZE, SIZE))
    assert output.logit.shape == (2,)
    assert output.region_weights.shape == (2, 3, 5)
    assert output.global_feature.shape == (2, model.config.encoder.output_dim)


def test_the_region_branch_of_the_authors_network_is_resnet_50() -> None:
    theirs = resnet50(weights=None).eval()
    ours = RegionBackbone(load_config(OFFICIAL_NETWORK).region, global_dim=768).eval()
    state = {name: tensor for name, tensor in theirs.state_dict().items() if not name.startswith("fc.")}
    missing = ours.load_state_dict(state, strict=False)
    assert sorted(missing.missing_keys) == ["fc.bias", "fc.weight", "get_weight.0.bias", "get_weight.0.weight"]
    assert not missing.unexpected_keys

    theirs.fc = torch.nn.Identity()
    crop = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(ours.features(crop), theirs(crop))


@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([0.0, 1e-3, 1.0, 1e3, 1e6]))
@settings(max_examples=40, deadline=None)
def test_region_weights_lie_within_their_bounds(seed: int, scale: float) -> None:
    model = tiny_model()
    generator = torch.Generator().manual_seed(seed)
    regions = torch.randn(2, 5, 3, model.config.region.widths[-1], generator=generator) * scale
    beside = torch.randn(2, model.config.encoder.output_dim, generator=generator) * scale
    with torch.inference_mode():
        logit, weights = model.aggregate(beside, regions)
    assert torch.isfinite(logit).all()
    assert weights.min() >= 1 / (1 + 2 * math.e) - 1e-6
    assert weights.max() <= math.e / (math.e + 2) + 1e-6
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(2, 5))


def test_the_logit_follows_the_tier_with_the_weight() -> None:
    model = tiny_model()
    regions = torch.zeros(1, 5, 3, model.config.region.widths[-1])
    regions[:, :, 2] = 1
    beside = torch.zeros(1, model.config.encoder.output_dim)
    with torch.inference_mode():
        logit, weights = model.aggregate(beside, regions)
        expected = (
            weights[0, 2].mean() * model.backbone.fc.weight[0, : regions.shape[-1]].sum() + model.backbone.fc.bias
        )
    torch.testing.assert_close(logit, expected)


def test_windows_of_other_lengths_are_taken() -> None:
    output = tiny_model()(torch.randn(1, 3, SIDE, SIDE), torch.randn(1, 9, 3, 3, SIZE, SIZE))
    assert output.region_weights.shape == (1, 3, 9)


# Input of the official contract -----------------------------------------------------------------------------------


def composites(frames: int = 5) -> Tensor:
    """Two pictures whose pixels tell their row (channel 0), column (1) and picture (2)."""
    pictures = torch.zeros(2, 1000, 500 * frames, 3)
    pictures[..., 0] = torch.arange(1000)[:, None] / 1000 * 255
    pictures[..., 1] = torch.arange(500 * frames) / (500 * frames) * 255
    pictures[1, ..., 2] = 255
    return pictures.to(torch.uint8)


def test_official_input_is_raw_and_keeps_the_order_of_channels() -> None:
    global_image, crops = official_inputs(composites(), tiny_config("official"))
    assert global_image.shape == (2, 3, 200, 200)
    assert crops.shape == (2, 5, 3, 3, SIZE, SIZE)
    assert global_image.dtype == crops.dtype == torch.float32
    for tensor in (global_image, crops):
        assert tensor[0].select(-3, 2).eq(0).all()
        assert tensor[1].select(-3, 2).eq(255).all()
    assert global_image[0, 0, -1].min() > 250
    assert global_image[0, 1, :, -1].min() > 250


def test_official_crops_are_the_first_frame_shifted_by_single_pixels() -> None:
    picture = torch.zeros(1, 1000, 2500, 3, dtype=torch.uint8)
    picture[:, 500:, 500:] = 255
    _, crops = official_inputs(picture, load_config(OFFICIAL_NETWORK))
    # Only the shifted crops reach into the second frame, by at most four of 500 columns.
    light = crops[0, :, 0].mean(dim=(1, 2, 3))
    assert light[0] == 0
    assert (light[1:].diff() > 0).all()
    assert light[4] < 255 * 0.02


def test_official_tiers_are_fixed_slices_without_antialias() -> None:
    noise = torch.randint(0, 256, (1, 1000, 2500, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(3))
    _, crops = official_inputs(noise, load_config(OFFICIAL_NETWORK))
    head, face, lip = crops[0, 2]
    frame = noise[0, 500:, 2:502].permute(2, 0, 1).float()
    # Without antialias a sample at scale 500 / 224 mixes only its four neighbours.
    row = 100
    centre = (row + 0.5) * 500 / 224 - 0.5
    low, part = int(centre), centre - int(centre)
    rows = frame[:, low] * (1 - part) + frame[:, low + 1] * part
    mixed = rows[:, low] * (1 - part) + rows[:, low + 1] * part
    torch.testing.assert_close(head[:, row, row], mixed, rtol=0, atol=0.05)
    # The corners of an enlarged slice are the corners of the slice.
    torch.testing.assert_close(face[:, 0, 0], head[:, 28, 28])
    torch.testing.assert_close(face[:, -1, -1], head[:, 195, 195])
    torch.testing.assert_close(lip[:, 0, 0], head[:, 61, 61])
    torch.testing.assert_close(lip[:, -1, -1], head[:, 162, 162])


# Input of the guided contract -------------------------------------------------------------------------------------


def restored(global_image: Tensor) -> Tensor:
    """Pixels in [0, 1] again."""
    return global_image * torch.tensor(CLIP_STD).view(3, 1, 1) + torch.tensor(CLIP_MEAN).view(3, 1, 1)


def test_guided_crops_are_normalised_like_imagenet() -> None:
    crops = torch.randint(0, 256, (2, 5, 3, SIZE, SIZE, 3), dtype=torch.uint8)
    _, prepared = guided_inputs(crops, torch.zeros(2, BANDS, 20, dtype=torch.uint8), tiny_config())
    channel = prepared[1, 4, 2, 0] * IMAGENET_STD[0] + IMAGENET_MEAN[0]
    torch.testing.assert_close(channel * 255, crops[1, 4, 2, :, :, 0].float(), rtol=0, atol=1e-3)


def test_guided_picture_has_sound_above_and_heads_below_in_time() -> None:
    crops = torch.zeros(1, 5, 3, SIZE, SIZE, 3, dtype=torch.uint8)
    for frame in range(5):
        crops[:, frame, 0, ..., 0] = 50 * frame  # the head tier reddens with time
        crops[:, frame, 1:] = 255  # the other tiers have no part in the picture
    strips = torch.zeros(1, BANDS, 20, dtype=torch.uint8)
    strips[:, 0, 10:] = 255  # the lowest band sounds in the second half
    global_image, _ = guided_inputs(crops, strips, tiny_config())
    picture = restored(global_image)[0]

    sound, heads = picture[:, : SIDE // 2], picture[:, SIDE // 2 :]
    assert torch.allclose(sound[0], sound[1], atol=1e-5)
    assert torch.allclose(sound[0], sound[2], atol=1e-5)
    assert sound[0, -1, SIDE // 2 + 1 :].min() > 0.2
    assert sound[0, -1, : SIDE // 2 - 1].max() < 1e-5
    assert sound[0, : SIDE // 4].max() < 1e-5
    middles = [round((frame + 0.5) * SIDE / 5) for frame in range(5)]
    assert heads[0, SIDE // 4, middles].tolist() == pytest.approx([50 * frame / 255 for frame in range(5)], abs=1e-5)
    assert heads[1:].abs().max() < 1e-5
