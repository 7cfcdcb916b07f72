"""Scores batches of windows with one loaded model on one device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lipfd_desktop.cancellation import IsCancelled, never
from lipfd_desktop.errors import CheckpointError, DeviceError
from lipfd_desktop.language import Phrase, mark
from lipfd_desktop.network.build import Network
from lipfd_desktop.network.checkpoint import load_model, read_model_info, verify_unchanged
from lipfd_desktop.network.compact import CompactOutput
from lipfd_desktop.network.config import ModelConfig
from lipfd_desktop.network.device import resolve_device
from lipfd_desktop.network.inputs import FRAME_SIDE, context_inputs, guided_crops, guided_pictures, official_inputs
from lipfd_desktop.network.model import LipFD, NetworkOutput
from lipfd_desktop.network.scores import logistic, louder_logit
from lipfd_desktop.network.scoring_form import bring_into_scoring_form
from lipfd_desktop.network.speed import gflops
from lipfd_desktop.notices import make_notice
from lipfd_desktop.result import TIERS, DeviceInfo, Exactness, InputContract, ModelInfo, Notice
from lipfd_desktop.windows.context import MOTION_STEPS, POINTS, STRIP_COLUMNS, is_comparable, moments_of
from lipfd_desktop.windows.geometry import FACE_SIDE
from lipfd_desktop.windows.mel import GUIDED_MEL

_LARGE_NETWORK: Final = 50_000_000
"""Parameters from which a network counts as large when the batch size is chosen."""

_BATCH_SIZES: Final = {"cpu": (6, 32), "mps": (8, 64), "cuda": (32, 128)}
"""Windows a batch by kind of device, for a large and for a small network.  A GPU needs a large one to be busy."""

_OUT_OF_MEMORY: Final = ("out of memory", "can't allocate memory", "alloc_failed")


@dataclass(frozen=True, slots=True)
class RawScores:
    """Scores of n windows.

    Attributes
    ----------
    logit, score : (n,) float32
        ``score`` is the sigmoid of ``logit``: the fake score.
    region_weights : (n, 3, frames) float32
        Head, face and lip weight of each frame.
    generated, foreign_sound : (n,) float32
        Scores of the two questions, NaN where the network cannot tell; None from a network that answers one question.
    """

    logit: NDArray[np.float32]
    score: NDArray[np.float32]
    region_weights: NDArray[np.float32]
    generated: NDArray[np.float32] | None = None
    foreign_sound: NDArray[np.float32] | None = None


class Remembered(dict[int, tuple[NDArray[np.uint8], Tensor]]):
    """Crops and their features by the identity of the crop's array, which is kept so that no other one takes it."""


class Scorer:
    """A model on a device.

    With :attr:`~lipfd_desktop.result.Exactness.REFERENCE` numbers are those of fp32 arithmetic, the same at every run
    on one CPU; how windows fall into batches moves a logit by less than 1e-5.  The network is brought into its scoring
    form (:mod:`~lipfd_desktop.network.scoring_form`) and serves nothing else from then on.

    Attributes
    ----------
    info, device
        What computes, and where.
    model, config
        The network, on the device and in evaluation mode, and its configuration.
    batch_size
        Windows a batch; halved, for good, when the device has too little memory.
    on_notice
        Told once for each halving.
    """

    def __init__(
        self,
        *,
        info: ModelInfo,
        model: Network,
        device: DeviceInfo,
        batch_size: int | None = None,
        exactness: Exactness = Exactness.REFERENCE,
        on_notice: Callable[[Notice], None] | None = None,
    ) -> None:
        self.info = info
        self.exactness = exactness
        self.config: ModelConfig = model.config
        self.device = device
        self.batch_size = batch_size or default_batch_size(model, device)
        self.on_notice = on_notice
        self._device = torch.device(device.name)
        self.model = model.eval()
        try:
            self.model.to(self._device)
            self._factors = bring_into_scoring_form(self.model, exactness, self._device.type)
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
            raise self._too_little_memory(
                Phrase(mark("hold the network of the model “{model}”"), model=info.name)
            ) from error

    @property
    def gflops(self) -> float:
        """Billions of operations a second that the device multiplies with, in the type of this scorer's factors."""
        return gflops(self.device.name, self._factors)

    def score_official(self, composites: NDArray[np.uint8]) -> RawScores:
        """Score windows under the official contract.

        Parameters
        ----------
        composites : (n, 1000, 500 * frames, 3) uint8
            Composite pictures, BGR.

        Raises
        ------
        ValueError
            The model is of the other contract, or the array of another shape.
        DeviceError
            The device has too little memory for a single window.
        CheckpointError
            The weights give no numbers.
        """
        config = self._lipfd(InputContract.OFFICIAL).config
        _require(composites, np.uint8, (2 * FRAME_SIDE, -1, 3))
        if composites.shape[2] % FRAME_SIDE or not composites.shape[2]:
            raise ValueError(f"a composite must be a multiple of {FRAME_SIDE} wide, not {composites.shape[2]}")

        def compute(rows: slice) -> tuple[Tensor, ...]:
            return self._forward(official_inputs(self._upload(composites[rows]), config))

        return self._score(len(composites), composites.shape[2] // FRAME_SIDE, compute)

    def score_guided(
        self,
        crops: Sequence[NDArray[np.uint8]],
        places: NDArray[np.int64],
        strips: NDArray[np.uint8],
        remembered: Remembered | None = None,
    ) -> RawScores:
        """Score windows under the guided contract; what windows share is looked at once.

        Parameters
        ----------
        crops : images of (3, crop_size, crop_size, 3) uint8
            Crops of a face in a frame by tier (head, face, lip), RGB.
        places : (n, frames) int64
            The images of each window, by number.
        strips : (n, mel_bands, columns) uint8
            Mel-spectrogram of each window, lowest band first.
        remembered
            Features of the crops of the call before, which are not computed again, and then those of this call.

        Raises
        ------
        ValueError, DeviceError, CheckpointError
            As :meth:`score_official`.
        """
        network = self._lipfd(InputContract.GUIDED)
        config, size = network.config, network.config.region.crop_size
        for image in crops:
            _require(image[None], np.uint8, (len(TIERS), size, size, 3))
        _require(places, np.int64, (-1,))
        _require(strips, np.uint8, (config.mel_bands or -1, -1))
        if len(places) != len(strips):
            raise ValueError(f"{len(places)} windows of crops and {len(strips)} of sound")
        before = Remembered() if remembered is None else remembered
        features = {key: kept for image in crops if (kept := before.get(key := id(image))) is not None}

        def compute(rows: slice) -> tuple[Tensor, ...]:
            used, numbers = np.unique(places[rows], return_inverse=True)
            new = [crops[place] for place in used if id(crops[place]) not in features]
            if new:
                found = network.encode_regions(guided_crops(self._upload(np.stack(new))))
                features.update({id(image): (image, feature) for image, feature in zip(new, found, strict=True)})
            regions = torch.stack([features[id(crops[place])][1] for place in used])
            heads = self._upload(np.stack([crops[place][0] for place in used]))
            of_windows = torch.from_numpy(numbers.reshape(places[rows].shape)).to(self._device)
            pictures = guided_pictures(heads, of_windows, self._upload(strips[rows]), config)
            return network.aggregate(network.encode_global(pictures), regions[of_windows])

        scores = self._score(len(places), places.shape[1], compute)
        before.clear()
        before.update(features)
        return scores

    def score_context(
        self,
        faces: NDArray[np.uint8],
        places: NDArray[np.int64],
        motion: NDArray[np.float32],
        strips: NDArray[np.uint8],
    ) -> RawScores:
        """Score windows under the context contract; what windows share is looked at once a batch.

        Parameters
        ----------
        faces : (images, 224, 224, 3) uint8
            Face images, RGB.
        places : (n, frames) int64
            The images of each window, by number.
        motion : (n, 50, 478, 2) float32
            Landmarks over the two seconds of each window, NaN where the face was not tracked.
        strips : (n, 80, 200) uint8
            Mel-spectrogram of these two seconds, lowest band first.

        Returns
        -------
        RawScores
            ``foreign_sound`` is NaN, and has no part in ``score``, where
            :func:`~lipfd_desktop.windows.context.is_comparable` says that there is too little to compare.

        Raises
        ------
        ValueError, DeviceError, CheckpointError
            As :meth:`score_official`.
        """
        self._require_contract(InputContract.CONTEXT)
        _require(faces, np.uint8, (FACE_SIDE, FACE_SIDE, 3))
        _require(places, np.int64, (-1,))
        _require(motion, np.float32, (MOTION_STEPS, POINTS, 2))
        _require(strips, np.uint8, (GUIDED_MEL.bands, STRIP_COLUMNS))
        counts = {len(part) for part in (places, motion, strips)}
        if len(counts) > 1:
            raise ValueError(f"parts of {' and '.join(map(str, sorted(counts)))} windows")

        def compute(rows: slice) -> tuple[Tensor, ...]:
            used, renumbered = np.unique(places[rows], return_inverse=True)
            moments, of_windows = moments_of(renumbered.reshape(places[rows].shape))
            parts = (faces[used], moments, of_windows, motion[rows], strips[rows])
            output: CompactOutput = self.model(*context_inputs(*(self._upload(part) for part in parts)))
            return output

        windows, frames = places.shape
        generated, foreign = np.empty(windows, np.float32), np.empty(windows, np.float32)
        weights = np.empty((windows, len(TIERS), max(frames, 2)), np.float32)
        self._fill((generated, foreign, weights), compute)
        foreign[~is_comparable(motion, strips)] = np.nan
        logit = louder_logit(generated, foreign)
        return RawScores(logit, logistic(logit), weights, logistic(generated), logistic(foreign))

    def _require_contract(self, contract: InputContract) -> None:
        if self.config.input_contract != contract:
            raise ValueError(f"the model {self.info.name} takes input of the {self.config.input_contract} contract")

    def _lipfd(self, contract: InputContract) -> LipFD:
        """The network, if it is a LipFD network of this contract; raises ``ValueError`` for any other."""
        self._require_contract(contract)
        if not isinstance(self.model, LipFD):
            raise ValueError(f"the model {self.info.name} is not a LipFD network")
        return self.model

    def _upload(self, array: NDArray[Any]) -> Tensor:
        tensor = torch.from_numpy(np.require(array, requirements=("C", "W")))
        if self._device.type == "cuda":
            # From pinned memory the copy runs beside what the device still computes.
            return tensor.pin_memory().to(self._device, non_blocking=True)
        return tensor.to(self._device)

    def _forward(self, inputs: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        output: NetworkOutput = self.model(*inputs)
        return output.logit, output.region_weights

    def _score(self, windows: int, frames: int, compute: Callable[[slice], tuple[Tensor, ...]]) -> RawScores:
        """Scores of a network with one question."""
        logit = np.empty(windows, np.float32)
        weights = np.empty((windows, len(TIERS), frames), np.float32)
        self._fill((logit, weights), compute)
        return RawScores(logit, logistic(logit), weights)

    def _fill(self, columns: tuple[NDArray[np.float32], ...], compute: Callable[[slice], tuple[Tensor, ...]]) -> None:
        """Compute batch by batch what ``columns`` are to hold; they have one row a window."""
        first, windows = 0, len(columns[0])
        while first < windows:
            rows = slice(first, min(first + self.batch_size, windows))
            output = self._try(compute, rows)
            if output is None:
                self._halve()
                continue
            for column, numbers in zip(columns, output, strict=True):
                column[rows] = numbers
            first = rows.stop
        if not all(np.isfinite(column).all() for column in columns):
            raise CheckpointError(
                mark("{name}: the weights give NaN instead of a score; choose another checkpoint."),
                name=self.info.path.name,
            )

    def _try(
        self, compute: Callable[[slice], tuple[Tensor, ...]], rows: slice
    ) -> tuple[NDArray[np.float32], ...] | None:
        """What ``compute`` says of some windows, or None when the device ran out of memory."""
        exact = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
        try:
            with torch.inference_mode(), exact:
                return tuple(number.float().cpu().numpy() for number in compute(rows))
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
            # The traceback holds the tensors of the failed batch; leaving this block lets go of them.
            return None

    def _halve(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        elif self._device.type == "mps":
            torch.mps.empty_cache()
        if self.batch_size == 1:
            raise self._too_little_memory(
                Phrase(mark("score a single window of the model “{model}”"), model=self.info.name)
            )
        self.batch_size //= 2
        if self.on_notice is not None:
            self.on_notice(make_notice("device-memory", device=self.device.name, windows=self.batch_size))

    def _too_little_memory(self, purpose: Phrase) -> DeviceError:
        return DeviceError(
            mark(
                "The device {name} ({description}) has too little free memory to {purpose}; close other programs or "
                "choose another device."
            ),
            name=self.device.name,
            description=self.device.description,
            purpose=purpose,
        )


def load_scorer(
    model: ModelInfo | Path,
    device: str = "auto",
    *,
    batch_size: int | None = None,
    exactness: Exactness = Exactness.REFERENCE,
    on_notice: Callable[[Notice], None] | None = None,
    is_cancelled: IsCancelled = never,
) -> Scorer:
    """Load a model onto a device.

    Parameters
    ----------
    model
        A model whose file must still have the SHA-256 that it names, or a path.
    device
        As :func:`lipfd_desktop.network.device.resolve_device` takes it.
    batch_size
        Windows a batch; None chooses by device and size of the network.
    exactness
        Arithmetic; see :class:`~lipfd_desktop.result.Exactness`.
    on_notice
        Told when something happened that did not stop the scoring.
    is_cancelled
        Asked while the file is hashed.

    Raises
    ------
    CheckpointError
        The file cannot be trusted or does not hold the network.
    DeviceError
        There is no such device here, or it has too little memory.
    Cancelled
        ``is_cancelled`` said so.
    """
    chosen = resolve_device(device)
    if isinstance(model, ModelInfo):
        verify_unchanged(model, is_cancelled)
        info = model
    else:
        info = read_model_info(model, is_cancelled)
    return Scorer(
        info=info,
        model=load_model(info.path),
        device=chosen,
        batch_size=batch_size,
        exactness=exactness,
        on_notice=on_notice,
    )


def default_batch_size(model: Network, device: DeviceInfo) -> int:
    """Windows a batch that suit the size of a network and the kind of a device."""
    large, small = _BATCH_SIZES[torch.device(device.name).type]
    return large if sum(parameter.numel() for parameter in model.parameters()) >= _LARGE_NETWORK else small


def _require(array: NDArray[Any], kind: type[np.generic], shape: tuple[int, ...]) -> None:
    """Refuse an array that is not ``(n, *shape)`` of a kind of number, where -1 stands for any positive length."""
    fits = array.ndim == len(shape) + 1 and all(
        length == wanted or (wanted == -1 and length > 0) for length, wanted in zip(array.shape[1:], shape, strict=True)
    )
    if array.dtype != kind or not fits:
        raise ValueError(f"expected {kind.__name__} of shape (n, {shape}), got {array.dtype} of {array.shape}")


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or any(words in str(error).lower() for words in _OUT_OF_MEMORY)
