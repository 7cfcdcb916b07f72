"""The small generators: what they learn, that they do it the same way every time, and what they leave alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from lipfd_desktop.errors import CheckpointError, ExportError, SettingsError
from lipfd_desktop.forgery.generator_bottlenecks import CodebookBottleneck, GaussianBottleneck
from lipfd_desktop.forgery.generator_losses import hinge_loss, mouth_weights, picture_loss
from lipfd_desktop.forgery.generator_networks import GeneratorConfig, GeneratorKind, Upsampling
from lipfd_desktop.forgery.generators import (
    WORKING_SIDE,
    Generator,
    GeneratorBatch,
    GeneratorStep,
    mel_strips,
    train_generator,
)

MARGIN = (224 - WORKING_SIDE) // 2
SQUARE = slice(MARGIN, MARGIN + WORKING_SIDE)
KINDS = [
    (GeneratorKind.AUTOENCODER, Upsampling.NEAREST),
    (GeneratorKind.AUTOENCODER, Upsampling.TRANSPOSED),
    (GeneratorKind.AUTOENCODER, Upsampling.SHUFFLE),
    (GeneratorKind.VAE, Upsampling.NEAREST),
    (GeneratorKind.VQ, Upsampling.SHUFFLE),
    (GeneratorKind.ADVERSARIAL, Upsampling.TRANSPOSED),
    (GeneratorKind.INPAINT, Upsampling.NEAREST),
]
EACH_KIND = pytest.mark.parametrize(("kind", "upsampling"), KINDS, ids=[f"{k}-{u}" for k, u in KINDS])


def tiny(kind: GeneratorKind, upsampling: Upsampling = Upsampling.NEAREST, steps: int = 4) -> GeneratorConfig:
    return GeneratorConfig(
        kind=kind, upsampling=upsampling, side=32, width=16, reduction=4, latent=12, codes=64, steps=steps, rate=3e-3
    )


def _pool(count: int) -> NDArray[np.uint8]:
    """Smooth pictures: colour gradients with a dark mouth somewhere below the middle."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:224, 0:224].astype(np.float32) / 223
    slopes = rng.uniform(-250, 250, (count, 3, 2)).astype(np.float32)
    pictures = 128 + slopes[..., 0, None, None] * (x - 0.5) + slopes[..., 1, None, None] * (y - 0.5)
    for picture in pictures:
        row, column = rng.integers(125, 150), rng.integers(70, 110)
        picture[:, row : row + 14, column : column + 40] = 20
    return np.ascontiguousarray(np.clip(pictures, 0, 255).astype(np.uint8).transpose(0, 2, 3, 1))


POOL = _pool(24)


def faces(rng: np.random.Generator, count: int) -> NDArray[np.uint8]:
    return POOL[rng.integers(len(POOL), size=count)]


def batch(rng: np.random.Generator, count: int = 4) -> GeneratorBatch:
    """Faces, the same with the mouth elsewhere as a reference, and noise for sound."""
    frames = faces(rng, count)
    return GeneratorBatch(frames, frames[:, :, ::-1], rng.integers(0, 256, (count, 80, 16)).astype(np.uint8))


def regenerated(generator: Generator, real: GeneratorBatch) -> NDArray[np.uint8]:
    return generator.regenerate(real.frames, reference=real.reference, mels=real.mels)


def trained(config: GeneratorConfig, on_step: Callable[[GeneratorStep], None] | None = None) -> Generator:
    return train_generator(config, lambda rng: batch(rng, config.batch), on_step)


@pytest.fixture(scope="module")
def inpainter() -> Generator:
    return trained(tiny(GeneratorKind.INPAINT, steps=40))


@EACH_KIND
def test_training_brings_the_picture_closer(kind: GeneratorKind, upsampling: Upsampling) -> None:
    told: list[GeneratorStep] = []
    trained(tiny(kind, upsampling, steps=70), told.append)
    assert [step.step for step in told] == list(range(70))
    first, last = np.mean([step.l1 for step in told[:5]]), np.mean([step.l1 for step in told[-5:]])
    assert last < 0.7 * first


@EACH_KIND
def test_the_seed_decides_everything(kind: GeneratorKind, upsampling: Upsampling) -> None:
    config, real = tiny(kind, upsampling), batch(np.random.default_rng(9))
    torch.manual_seed(1)
    one = regenerated(trained(config), real)
    torch.manual_seed(2)
    assert np.array_equal(regenerated(trained(config), real), one)
    assert not np.array_equal(regenerated(trained(replace(config, seed=1)), real), one)


def test_training_leaves_the_random_state_of_torch_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    trained(tiny(GeneratorKind.VAE))
    assert torch.equal(torch.rand(3), expected)


@EACH_KIND
def test_a_saved_generator_paints_the_same(kind: GeneratorKind, upsampling: Upsampling, tmp_path: Path) -> None:
    generator, real = trained(tiny(kind, upsampling)), batch(np.random.default_rng(3))
    generator.save(tmp_path / "generator.safetensors")
    again = Generator.load(tmp_path / "generator.safetensors")
    assert again.config == generator.config
    assert again.needs_drive == (kind is GeneratorKind.INPAINT)
    assert np.array_equal(regenerated(again, real), regenerated(generator, real))
    assert [path.name for path in tmp_path.iterdir()] == ["generator.safetensors"]


def test_equal_generators_give_equal_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        trained(tiny(GeneratorKind.VQ)).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_only_the_working_square_is_painted() -> None:
    frames = faces(np.random.default_rng(4), 2)
    before = frames.copy()
    made = trained(tiny(GeneratorKind.AUTOENCODER)).regenerate(frames)
    assert made.shape == frames.shape
    assert made.dtype == np.uint8
    assert np.array_equal(frames, before)
    assert (made[:, SQUARE, SQUARE] != frames[:, SQUARE, SQUARE]).any(axis=-1).mean() > 0.5
    made[:, SQUARE, SQUARE] = frames[:, SQUARE, SQUARE]
    assert np.array_equal(made, frames)


def test_a_frame_is_painted_the_same_alone_and_among_many() -> None:
    generator, frames = trained(tiny(GeneratorKind.VAE)), faces(np.random.default_rng(6), 37)
    together = generator.regenerate(frames).astype(int)
    alone = np.concatenate([generator.regenerate(frame[None]) for frame in frames]).astype(int)
    assert np.abs(together - alone).max() <= 1
    assert len(generator.regenerate(frames[:0])) == 0


def test_the_inpainter_never_sees_the_lower_half(inpainter: Generator) -> None:
    real = batch(np.random.default_rng(7))
    hidden = real.frames.copy()
    hidden[:, 112:] = 255 - hidden[:, 112:]
    made, other = regenerated(inpainter, real), regenerated(inpainter, real._replace(frames=hidden))
    assert np.array_equal(made[:, SQUARE, SQUARE], other[:, SQUARE, SQUARE])


def test_the_inpainter_looks_at_the_reference_and_listens(inpainter: Generator) -> None:
    real, other = batch(np.random.default_rng(7)), batch(np.random.default_rng(8))
    made = regenerated(inpainter, real)
    assert not np.array_equal(regenerated(inpainter, real._replace(reference=other.reference)), made)
    assert not np.array_equal(regenerated(inpainter, real._replace(mels=other.mels)), made)


def test_one_reference_serves_all_frames(inpainter: Generator) -> None:
    real = batch(np.random.default_rng(7))
    assert real.reference is not None
    one = real.reference[:1]
    many = regenerated(inpainter, real._replace(reference=np.repeat(one, 4, axis=0)))
    assert np.array_equal(regenerated(inpainter, real._replace(reference=one)), many)


@pytest.mark.parametrize("missing", ["reference", "mels"])
def test_the_inpainter_refuses_to_guess(inpainter: Generator, missing: str) -> None:
    real = batch(np.random.default_rng(7))._replace(**{missing: None})
    with pytest.raises(ValueError, match="reference frames and mel strips"):
        regenerated(inpainter, real)
    with pytest.raises(ValueError, match="reference frames and mel strips"):
        train_generator(tiny(GeneratorKind.INPAINT), lambda rng: real)


def test_frames_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="FACE images of 224 px"):
        trained(tiny(GeneratorKind.AUTOENCODER)).regenerate(np.zeros((1, 128, 128, 3), np.uint8))


def test_the_caller_can_stop_the_training() -> None:
    def stop(told: GeneratorStep) -> None:
        if told.step == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(tiny(GeneratorKind.AUTOENCODER, steps=1000), stop)


def test_what_is_no_generator_is_refused(tmp_path: Path) -> None:
    generator = trained(tiny(GeneratorKind.AUTOENCODER))
    whole = tmp_path / "whole.safetensors"
    generator.save(whole)
    (tmp_path / "cut.safetensors").write_bytes(whole.read_bytes()[:-8])
    (tmp_path / "text.safetensors").write_text("no generator")
    save_file({"weight": torch.zeros(2)}, tmp_path / "foreign.safetensors", metadata={"lipfd_generator": "{}"})
    for name in ("cut", "text", "foreign", "missing"):
        with pytest.raises(CheckpointError, match=f"{name}.safetensors: this is not a generator"):
            Generator.load(tmp_path / f"{name}.safetensors")


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="could not be written"):
        trained(tiny(GeneratorKind.AUTOENCODER)).save(tmp_path / "nowhere" / "generator.safetensors")


@pytest.mark.parametrize(
    "change",
    [
        {"reduction": 5},
        {"side": 20},
        {"side": 0},
        {"width": 20},
        {"width": 8},
        {"latent": 0},
        {"steps": 0},
        {"batch": 0},
        {"codes": 1},
    ],
)
def test_impossible_configurations_are_refused(change: dict[str, int]) -> None:
    with pytest.raises(SettingsError):
        replace(tiny(GeneratorKind.VQ), **change)


def test_mel_strips_are_centred_and_silent_beyond_the_sound() -> None:
    levels = np.tile(np.arange(1, 101, dtype=np.uint8), (80, 1))
    strips = mel_strips(levels, 2.0, np.array([2.5, 2.0, 3.0, 9.0]))
    assert strips.shape == (4, 80, 16)
    assert strips[0, 7].tolist() == list(range(43, 59))
    assert strips[1, 0].tolist() == [0] * 8 + list(range(1, 9))
    assert strips[2, 79].tolist() == list(range(93, 101)) + [0] * 8
    assert not strips[3].any()
    assert mel_strips(levels[:, :0], 0.0, np.array([0.0])).tolist() == np.zeros((1, 80, 16)).tolist()


def test_the_codebook_gives_codes_alone_and_uses_many() -> None:
    torch.manual_seed(0)
    codebook = CodebookBottleneck(4, 3, 16).train()
    for _ in range(120):
        codebook(torch.randn(2, 4, 8, 8))
    cells, _ = codebook.eval()(torch.randn(2, 4, 8, 8))
    flat = cells.movedim(1, -1).reshape(-1, 3)
    distances, nearest = torch.cdist(flat, codebook.codes).min(dim=1)
    assert distances.max() < 1e-3
    assert len(nearest.unique()) > 8


def test_the_gradient_passes_straight_through_the_codebook() -> None:
    torch.manual_seed(0)
    codebook = CodebookBottleneck(4, 3, 16).eval()
    features = torch.randn(1, 4, 4, 4, requires_grad=True)
    cells, _ = codebook(features)
    cells.sum().backward()
    assert features.grad is not None
    assert torch.allclose(features.grad, codebook.squeeze.weight.sum(dim=0)[None].expand_as(features))


def test_the_variational_bottleneck_is_noisy_only_while_it_learns() -> None:
    torch.manual_seed(0)
    bottleneck, features = GaussianBottleneck(4, 3), torch.randn(1, 4, 4, 4)
    one, penalty = bottleneck.train()(features)
    assert penalty > 0
    assert not torch.equal(one, bottleneck(features)[0])
    one, penalty = bottleneck.eval()(features)
    assert penalty == 0
    assert torch.equal(one, bottleneck(features)[0])


def test_the_loss_looks_at_the_mouth_and_at_detail() -> None:
    weights, real = mouth_weights(96), torch.zeros(1, 3, 96, 96)
    mouth, corner, flat, fine = (torch.zeros(1, 3, 96, 96) for _ in range(4))
    mouth[:, :, 58:66, 44:52] = 0.5
    corner[:, :, 0:8, 0:8] = 0.5
    flat += 0.1
    fine += 0.1 * (-1.0) ** torch.arange(96)
    assert picture_loss(real, real, weights) == 0
    assert picture_loss(mouth, real, weights) > 2 * picture_loss(corner, real, weights)
    assert picture_loss(fine, real, weights) > 1.5 * picture_loss(flat, real, weights)


def test_the_hinge_is_content_beyond_its_margin() -> None:
    assert hinge_loss(torch.full((2,), 1.5), torch.full((2,), -1.5)) == 0
    assert hinge_loss(torch.zeros(2), torch.zeros(2)) == 2
