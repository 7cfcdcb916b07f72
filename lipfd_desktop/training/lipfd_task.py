"""LipFD as the paper means it, on windows of the guided contract cut from a store.

Loss: binary cross-entropy on the logit, and the paper's region loss, which pulls one tier's weight up.  For a frame
it is ``10 / exp(largest weight - head weight)``: ten where the head, the widest tier, weighs most, and lower the more
face or lips outweigh it.  The authors *sum* it over the frames of a window; their five frames make it lie between 34
and 50, so that it drowns a cross-entropy of 0.7.  Here it is the mean over frames and windows without the factor, in
[0.69, 1], and weighs little.

One question is answered, whether lips and sound belong together in one real recording: fakes, pseudo-fakes and real
pictures with foreign sound are all positive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from lipfd_desktop.dataset.manifest import FAKE
from lipfd_desktop.dataset.store import StoredClip
from lipfd_desktop.errors import DatasetError, SettingsError
from lipfd_desktop.evaluation.metrics import auc
from lipfd_desktop.evaluation.scoring import GUIDED_COLUMNS, guided_crops
from lipfd_desktop.forgery.sound import ForeignSound, foreign
from lipfd_desktop.network.inputs import guided_inputs
from lipfd_desktop.network.model import LipFD, NetworkOutput
from lipfd_desktop.result import InputContract, MelTrack
from lipfd_desktop.training.sampling import ClipSampler, Pictures, Place, levelled, pictures_of, twins
from lipfd_desktop.training.settings import Mix, TrainSettings
from lipfd_desktop.training.splits import Split
from lipfd_desktop.training.task import Batch
from lipfd_desktop.windows.context import FaceImages
from lipfd_desktop.windows.mel import GUIDED_MEL, cut_strip

REGION_WEIGHT: Final = 0.1
"""Usual weight of the region loss; option ``region_weight``."""
VALIDATION_WINDOWS: Final = 4
"""Usual number of windows of each held-out clip that are validated; option ``validation_windows``."""
FOREIGN_KINDS: Final = (ForeignSound.SWAPPED, ForeignSound.SHIFTED)


@dataclass(frozen=True, slots=True, eq=False)
class _Example:
    place: Place
    pictures: Pictures
    mel: MelTrack
    label: int


class LipfdTask:
    """Implements :class:`~lipfd_desktop.training.task.Task` for networks of the guided contract."""

    network: nn.Module

    def __init__(self, split: Split, network: LipFD, settings: TrainSettings) -> None:
        self.network = network
        network.backbone.to(memory_format=torch.channels_last)
        self._config = network.config
        stage = settings.stages[0]
        self._size, self._mix = stage.batch, stage.mix
        self._region_weight = stage.option("region_weight", REGION_WEIGHT)
        length = network.config.window_frames
        self._reals = ClipSampler([clip for clip in split.train if clip.label != FAKE], length)
        self._fakes = ClipSampler([clip for clip in split.train if clip.label == FAKE], length)
        if not len(self._reals):
            raise DatasetError("No real clip has a window to learn from: faces are too small or seen too briefly.")
        windows = round(stage.option("validation_windows", VALIDATION_WINDOWS))
        self._validated = _evenly(split.held_out, length, windows)

    def batch(self, rng: np.random.Generator) -> Batch:
        """``crops`` (n, frames, 3, side, side, 3), ``strips`` (n, bands, columns) uint8, ``label`` (n,) float32."""
        return self._tensors(self._examples(rng))

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        output: NetworkOutput = self.network(*guided_inputs(batch["crops"], batch["strips"], self._config))
        return {
            "entropy": binary_cross_entropy_with_logits(output.logit.float(), batch["label"]),
            "region": self._region_weight * region_loss(output.region_weights.float()),
        }

    def validate(self) -> dict[str, float]:
        """AUC over held-out clips, a clip's logit being the mean over its windows."""
        clips = list(dict.fromkeys(place.clip for place in self._validated))
        labels = np.array([int(clip.label == FAKE) for clip in clips])
        if len(np.unique(labels)) < 2:
            return {}
        sums = dict.fromkeys((clip.id for clip in clips), 0.0)
        entropy = 0.0
        for first in range(0, len(self._validated), self._size):
            places = self._validated[first : first + self._size]
            examples = [_Example(one, pictures_of(one), one.clip.mel, one.clip.label) for one in places]
            batch = {name: part.to(self._device) for name, part in self._tensors(examples).items()}
            logits = self.network(*guided_inputs(batch["crops"], batch["strips"], self._config)).logit.float()
            entropy += float(binary_cross_entropy_with_logits(logits, batch["label"], reduction="sum"))
            for place, logit in zip(places, logits.tolist(), strict=True):
                sums[place.clip.id] += logit
        counts = dict.fromkeys(sums, 0)
        for place in self._validated:
            counts[place.clip.id] += 1
        means = np.array([sums[clip.id] / counts[clip.id] for clip in clips])
        return {"score": float(auc(labels, means)), "entropy": entropy / len(self._validated)}

    @property
    def _device(self) -> torch.device:
        return next(self.network.parameters()).device

    def _examples(self, rng: np.random.Generator) -> list[_Example]:
        """The windows of a batch; each pseudo-fake has its real twin in the batch as far as there are reals."""
        count = dict(
            zip(_KINDS, rng.multinomial(self._size, _shares(self._mix, has_fakes=len(self._fakes) > 0)), strict=True)
        )
        examples: list[_Example] = []
        for number in range(count["pseudo"]):
            place = self._reals.draw(rng)
            real, fake = twins(place, self._reals.another_moment(place, rng), rng, level=self._mix.level)
            examples.append(_Example(place, fake, place.clip.mel, FAKE))
            if number < count["real"]:
                examples.append(_Example(place, real, place.clip.mel, place.clip.label))
        alone = range(count["real"] - count["pseudo"])
        examples += [self._own(self._reals.draw(rng), rng) for _ in alone]
        examples += [self._own(self._fakes.draw(rng), rng) for _ in range(count["fake"])]
        examples += [self._foreign(self._reals.draw(rng), rng) for _ in range(count["foreign"])]
        return examples

    def _own(self, place: Place, rng: np.random.Generator) -> _Example:
        pictures = levelled(pictures_of(place), rng, level=self._mix.level)
        return _Example(place, pictures, place.clip.mel, place.clip.label)

    def _foreign(self, place: Place, rng: np.random.Generator) -> _Example:
        kind = FOREIGN_KINDS[int(rng.integers(len(FOREIGN_KINDS)))]
        other = self._reals.other_speaker(place.clip, rng) if kind is ForeignSound.SWAPPED else None
        kind = kind if other is not None else ForeignSound.SHIFTED
        mel = foreign(place.clip.mel, kind, rng, None if other is None else other.mel)
        return replace(self._own(place, rng), mel=mel, label=FAKE)

    def _tensors(self, examples: Sequence[_Example]) -> Batch:
        crops = [_crops(one, self._config.region.crop_size) for one in examples]
        strips = [_strip(one) for one in examples]
        return {
            "crops": torch.from_numpy(np.stack(crops)),
            "strips": torch.from_numpy(np.stack(strips)),
            "label": torch.tensor([float(one.label) for one in examples]),
        }


_KINDS: Final = ("real", "fake", "pseudo", "foreign")


def make_task(split: Split, network: object, settings: TrainSettings) -> LipfdTask:
    """See :data:`~lipfd_desktop.training.task.MakeTask`.

    Raises
    ------
    SettingsError
        The network is no LipFD network of the guided contract with the mel bands of a store.
    """
    if not isinstance(network, LipFD) or network.config.input_contract is not InputContract.GUIDED:
        raise SettingsError(
            "The task “lipfd” trains LipFD networks of the guided contract, because a store keeps faces and no whole "
            "frames; choose another network or task."
        )
    if network.config.mel_bands != GUIDED_MEL.bands:
        raise SettingsError(
            f"The network “{network.config.name}” takes {network.config.mel_bands} mel bands and a store keeps "
            f"{GUIDED_MEL.bands}; set network.mel_bands={GUIDED_MEL.bands}."
        )
    return LipfdTask(split, network, settings)


def region_loss(weights: Tensor) -> Tensor:
    """Mean over windows and frames of ``exp(head weight - largest weight)``; weights are (n, 3, frames), head first."""
    loss: Tensor = (weights[:, 0] - weights.amax(dim=1)).exp().mean()
    return loss


def _shares(mix: Mix, *, has_fakes: bool) -> NDArray[np.float64]:
    """Chances of :data:`_KINDS`; without fakes, pseudo-fakes take their place."""
    fake, pseudo = (mix.fake, mix.pseudo) if has_fakes else (0.0, mix.pseudo + mix.fake)
    weights = np.array([mix.real, fake, pseudo, mix.foreign])
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


def _evenly(clips: Sequence[StoredClip], length: int, windows: int) -> list[Place]:
    """Evenly spread windows of every clip."""
    places = []
    for clip in clips:
        starts = clip.starts(length)
        chosen = np.unique(np.linspace(0, len(starts) - 1, windows).round().astype(int)) if len(starts) else []
        places += [Place(clip, int(starts[number]), length) for number in chosen]
    return places


def _crops(example: _Example, side: int) -> NDArray[np.uint8]:
    clip, pictures = example.place.clip, example.pictures
    return np.stack(
        [
            guided_crops(FaceImages(face, head), clip.pose(row), side)
            for row, face, head in zip(example.place.rows, pictures.faces, pictures.heads, strict=True)
        ]
    )


def _strip(example: _Example) -> NDArray[np.uint8]:
    place = example.place
    time = place.clip.window_time(place.row, place.length)
    return cut_strip(example.mel, time.start, time.end, GUIDED_COLUMNS * place.length)
