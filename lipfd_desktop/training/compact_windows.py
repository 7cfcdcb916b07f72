"""What the tasks of the compact network draw from the store, and what they have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lipfd_desktop.dataset.store import StoredClip
from lipfd_desktop.errors import SettingsError, TrainingError
from lipfd_desktop.evaluation.metrics import auc
from lipfd_desktop.network.compact import CompactMember, CompactNetwork
from lipfd_desktop.network.compact_motion import Moving, normalise
from lipfd_desktop.training.sampling import GENERATOR_POWER, SPEAKER_POWER
from lipfd_desktop.training.settings import StageSettings, TrainSettings

MOUTH_GENERATORS: Final = frozenset({"Wav2Lip", "Diff2Lip", "IP_LAP", "DiffDub", "VideoReTalking", "TalkLip", "DINet"})
"""Generators that paint the mouth into a real video; the head around it moves as filmed."""


def stage_of(settings: TrainSettings, task: str) -> StageSettings:
    """The stage that trains a task; raises SettingsError when there is none."""
    for stage in settings.stages:
        if stage.task == task:
            return stage
    raise SettingsError(f"The training settings have no stage “{task}”.")


def compact_network(network: object, stage: StageSettings) -> CompactNetwork:
    """The network, if it is compact; raises SettingsError when it is not."""
    if not isinstance(network, CompactNetwork):
        raise SettingsError(f"The task “{stage.task}” trains compact networks only; choose a compact network.")
    return network


def member_of(network: object, stage: StageSettings) -> CompactMember:
    """The member that a stage trains: option ``member``, 0 when it is not told.

    Raises
    ------
    SettingsError
        The network is not compact, or has fewer members.
    """
    network = compact_network(network, stage)
    number = round(stage.option("member", 0))
    if not 0 <= number < len(network.members):
        raise SettingsError(f"The network has no member {number}; it has {len(network.members)}.")
    member = network.members[number]
    assert isinstance(member, CompactMember)
    return member


class Clips:
    """Clips of one kind, drawn so that no speaker or generator drowns the others."""

    def __init__(self, clips: Sequence[StoredClip]) -> None:
        self.clips = [clip for clip in clips if len(clip.starts())]
        self._starts = [clip.starts() for clip in self.clips]
        speakers = Counter(clip.record.speaker for clip in self.clips)
        generators = Counter(clip.record.generator for clip in self.clips)
        weights = np.array(
            [
                speakers[clip.record.speaker] ** -SPEAKER_POWER
                * (generators[clip.record.generator] ** -GENERATOR_POWER if clip.label else 1.0)
                for clip in self.clips
            ]
        )
        self._shares = weights / weights.sum() if len(weights) else weights

    def __len__(self) -> int:
        return len(self.clips)

    def draw(self, rng: np.random.Generator) -> tuple[StoredClip, int]:
        """A clip and the row at which a window of it begins."""
        number = int(rng.choice(len(self.clips), p=self._shares))
        return self.clips[number], int(rng.choice(self._starts[number]))


def reals(clips: Sequence[StoredClip]) -> Clips:
    """The real ones; raises TrainingError when there are none."""
    found = Clips([clip for clip in clips if not clip.label])
    if not len(found):
        raise TrainingError("There is no real clip with a face of 64 pixels or more to learn from; extract more clips.")
    return found


def held_out_reals(clips: Sequence[StoredClip]) -> Clips | None:
    """The real ones to validate on, if there are any."""
    found = Clips([clip for clip in clips if not clip.label])
    return found if len(found) else None


def moving_rows(clips: Sequence[tuple[StoredClip, int]]) -> Moving:
    """Normalised motion of windows."""
    return normalise(torch.from_numpy(np.stack([clip.motion(row) for clip, row in clips])))


def area_under_curve(labels: Sequence[int] | NDArray[np.integer[Any]], scores: Tensor) -> float:
    """Share of pairs in order; 0.5 when one class is missing."""
    return (
        float(auc(np.asarray(labels), scores.double().numpy())) if len(set(np.asarray(labels).tolist())) == 2 else 0.5
    )
