"""Small generators of our own, which re-generate the face in FACE images and so leave a neural generator's trace.

Each is trained on real crops in a minute or two on one CPU core.  Real and fake then share speaker, source, sharpness
and compression, and differ in the trace alone.  Several kinds and several ways of enlarging features keep a detector
from learning one network by heart.

The working picture is the middle ``WORKING_SIDE`` pixels of the FACE image, 2.4 interocular units: brow to chin, ear to
ear, with the mouth below its middle row.  What comes back is not blended in; that is the caller's work.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, NamedTuple, Self

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from lipfd_desktop.errors import CheckpointError, ExportError
from lipfd_desktop.forgery.generator_losses import hinge_loss, mouth_weights, picture_loss
from lipfd_desktop.forgery.generator_networks import (
    MEL_BANDS,
    MEL_COLUMNS,
    Drive,
    GeneratorConfig,
    GeneratorKind,
    GeneratorNetwork,
    Painted,
    PatchDiscriminator,
)
from lipfd_desktop.windows.geometry import FACE_IMAGE, FACE_SIDE

WORKING_SIDE: Final = round(2.4 * FACE_SIDE / FACE_IMAGE.side)
"""Pixels of the FACE image that are 2.4 units: 168."""
MEL_COLUMN_SECONDS: Final = 0.01
CHUNK: Final = 16
"""Frames painted at once: bounds the memory, and the caches like it."""
METADATA_KEY: Final = "lipfd_generator"
ADVERSARIAL_START: Final = 0.35
"""Share of the steps after which the discriminator joins: before, anything is told from a real picture."""
ADVERSARIAL_WEIGHT: Final = 0.08
DISCRIMINATOR_RATE: Final = 5e-4
WARM_UP: Final = 0.05

Frames = NDArray[np.uint8]


class GeneratorBatch(NamedTuple):
    """Real pictures to learn from.

    Parameters
    ----------
    frames
        (n, 224, 224, 3) FACE images, RGB.
    reference
        The same faces about a second before or after (the head still posed alike), for the inpainter.
    mels
        (n, 80, 16) mel levels around the frames (:func:`mel_strips`), for the inpainter.
    """

    frames: Frames
    reference: Frames | None = None
    mels: NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True)
class GeneratorStep:
    """One step of the training: its number from 0, the loss, and the mean L1 between the pictures in levels of 255."""

    step: int
    loss: float
    l1: float


class Generator:
    """A trained generator."""

    def __init__(self, config: GeneratorConfig, network: GeneratorNetwork) -> None:
        self.config = config
        self._network = network.requires_grad_(requires_grad=False).eval().to(memory_format=torch.channels_last)

    @property
    def needs_drive(self) -> bool:
        """Whether :meth:`regenerate` must be given a reference and sound."""
        return self.config.kind is GeneratorKind.INPAINT

    def regenerate(
        self,
        frames: Frames,
        *,
        reference: Frames | None = None,
        mels: NDArray[np.uint8] | None = None,
        enlarge: int = cv2.INTER_LINEAR,
    ) -> Frames:
        """Copy of (n, 224, 224, 3) FACE images with the working square painted anew.

        Parameters
        ----------
        reference
            (n or 1, 224, 224, 3) the same face about a second before or after; only used, and then needed, by the
            inpainter.
        mels
            (n, 80, 16) mel levels that shall be spoken; only used, and then needed, by the inpainter.
        enlarge
            OpenCV's interpolation from the generator's size to that of the square; Wav2Lip's is linear.

        Raises
        ------
        ValueError
            The inpainter is not given what it needs, or the shapes do not fit.
        """
        if frames.shape[1:] != (FACE_SIDE, FACE_SIDE, 3):
            raise ValueError(f"FACE images of {FACE_SIDE} px are needed, not an array of {frames.shape}")
        seen = None if reference is None else np.broadcast_to(reference, frames.shape)
        made = frames.copy()
        square = made[:, _square(made), _square(made)]
        for start in range(0, len(frames), CHUNK):
            part = slice(start, start + CHUNK)
            batch = GeneratorBatch(
                frames[part], None if seen is None else seen[part], None if mels is None else mels[part]
            )
            with torch.inference_mode():
                painted = _paint(self._network, *_tensors(self.config, batch)).pictures
                levels = painted.add_(1).mul_(127.5).round_().clamp_(0, 255).to(torch.uint8)
                pictures = levels.permute(0, 2, 3, 1).contiguous().numpy()
            for index, picture in enumerate(pictures):
                square[start + index] = cv2.resize(picture, (WORKING_SIDE, WORKING_SIDE), interpolation=enlarge)
        return made

    def save(self, path: Path) -> None:
        """Write a safetensors file that :meth:`load` reads; an existing file is replaced only by a whole one.

        Raises
        ------
        ExportError
            The file cannot be written.
        """
        tensors = {name: tensor.contiguous() for name, tensor in self._network.state_dict().items()}
        part: Path | None = None
        try:
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
            os.close(handle)
            part = Path(name)
            save_file(tensors, part, metadata={METADATA_KEY: json.dumps(asdict(self.config), sort_keys=True)})
            part.replace(path)
        except (OSError, SafetensorError) as error:
            raise ExportError(f"{path.name}: the generator could not be written to {path.parent} ({error}).") from error
        finally:
            if part is not None:
                part.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote.

        Raises
        ------
        CheckpointError
            The file is missing, damaged, or does not hold a generator.
        """
        try:
            with safe_open(path, framework="pt") as file:
                fields = json.loads((file.metadata() or {})[METADATA_KEY])
                state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- not a dict
            config = GeneratorConfig(**fields)
            network = GeneratorNetwork(config)
            network.load_state_dict(state)
        except Exception as error:  # a damaged or foreign file makes json, safetensors and torch raise almost anything
            raise CheckpointError(f"{path.name}: this is not a generator of this program; train it again.") from error
        return cls(config, network)


def train_generator(
    config: GeneratorConfig,
    pictures: Callable[[np.random.Generator], GeneratorBatch],
    on_step: Callable[[GeneratorStep], None] | None = None,
) -> Generator:
    """Train a generator; the same configuration and pictures give the same weights on the same number of threads.

    Parameters
    ----------
    pictures
        Gives a new batch of ``config.batch`` real pictures at every call, chosen by the random generator alone.
    on_step
        Told of every step; whatever it raises ends the training.

    Raises
    ------
    ValueError
        The inpainter is not given references and sound.
    """
    chosen = np.random.default_rng(config.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        trainer = _Trainer(config)
        for step in range(config.steps):
            told = trainer.step(step, pictures(chosen))
            if on_step is not None:
                on_step(told)
    return Generator(config, trainer.network)


class _Trainer:
    def __init__(self, config: GeneratorConfig) -> None:
        self.config = config
        self.network = GeneratorNetwork(config).to(memory_format=torch.channels_last).train()
        self._weights = mouth_weights(config.side)
        self._optimiser = torch.optim.AdamW(
            self.network.parameters(), config.rate, betas=(0.9, 0.99), weight_decay=1e-4
        )
        self._judge: PatchDiscriminator | None = None
        if config.kind is GeneratorKind.ADVERSARIAL:
            self._judge = PatchDiscriminator(24).to(memory_format=torch.channels_last)
            self._judge_optimiser = torch.optim.AdamW(self._judge.parameters(), DISCRIMINATOR_RATE, betas=(0.5, 0.99))

    def step(self, step: int, batch: GeneratorBatch) -> GeneratorStep:
        for group in self._optimiser.param_groups:
            group["lr"] = self.config.rate * _schedule(step / self.config.steps)
        real, drive = _tensors(self.config, batch)
        painted = _paint(self.network, real, drive)
        loss = picture_loss(painted.pictures, real, self._weights) + painted.penalty
        if self._judge is not None and step >= ADVERSARIAL_START * self.config.steps:
            self._teach_judge(self._judge, real, painted.pictures.detach())
            loss = loss - ADVERSARIAL_WEIGHT * self._judge(painted.pictures).mean()
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimiser.step()
        l1 = (painted.pictures.detach() - real).abs().mean().item() * 127.5
        return GeneratorStep(step, loss.item(), l1)

    def _teach_judge(self, judge: PatchDiscriminator, real: Tensor, painted: Tensor) -> None:
        self._judge_optimiser.zero_grad(set_to_none=True)
        hinge_loss(judge(real), judge(painted)).backward()  # type: ignore[no-untyped-call]
        self._judge_optimiser.step()


def mel_strips(levels: NDArray[np.uint8], start: float, pts: NDArray[np.float64]) -> NDArray[np.uint8]:
    """(n, 80, 16) around each of ``pts`` of (80, columns) mel levels that start at ``start`` s; silence beyond them."""
    first = np.round((pts - start) / MEL_COLUMN_SECONDS).astype(np.int64) - MEL_COLUMNS // 2
    columns = first[:, None] + np.arange(MEL_COLUMNS)
    outside = (columns < 0) | (columns >= levels.shape[1])
    if outside.all():
        return np.zeros((len(pts), MEL_BANDS, MEL_COLUMNS), np.uint8)
    strips = levels[:, np.where(outside, 0, columns)].transpose(1, 0, 2).copy()
    strips[np.broadcast_to(outside[:, None], strips.shape)] = 0
    return strips


def _schedule(done: float) -> float:
    """Share of the highest learning rate: up in a line, down by a cosine."""
    return float(min(1.0, (done + 1e-3) / WARM_UP) * (0.5 + 0.5 * np.cos(np.pi * done)))


def _paint(network: GeneratorNetwork, real: Tensor, drive: Drive | None) -> Painted:
    painted: Painted = network(real, drive)
    return painted


def _square(frames: Frames) -> slice:
    margin = (frames.shape[1] - WORKING_SIDE) // 2
    return slice(margin, margin + WORKING_SIDE)


def _tensors(config: GeneratorConfig, batch: GeneratorBatch) -> tuple[Tensor, Drive | None]:
    real = _working_pictures(batch.frames, config.side)
    if config.kind is not GeneratorKind.INPAINT:
        return real, None
    if batch.reference is None or batch.mels is None:
        raise ValueError("the inpainter needs reference frames and mel strips")
    heard = torch.from_numpy(batch.mels[:, None].astype(np.float32) / 255)
    return real, Drive(_working_pictures(batch.reference, config.side), heard)


def _working_pictures(frames: Frames, side: int) -> Tensor:
    """(n, 3, side, side) in -1..1, channels last in memory."""
    square = frames[:, _square(frames), _square(frames)]
    small = np.stack([cv2.resize(frame, (side, side), interpolation=cv2.INTER_AREA) for frame in square])
    return torch.from_numpy(small.astype(np.float32) / 127.5 - 1).permute(0, 3, 1, 2)
