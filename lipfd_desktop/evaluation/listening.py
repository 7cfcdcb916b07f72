"""Does it listen?  Scores of the same clips with their own sound, with another's, with silence, and shifted.

**Audio sensitivity** is the share of real clips of :data:`MIN_SECONDS` or more whose evidence is higher with the sound
of another speaker's clip than with their own.  Evidence is the clip statistic of the question "is this the sound of
these lips?", or that of the only score for a model that answers one question.  A model that ignores the sound gives
both the same and counts half: 50 %.

The decision goes by the share and its 95 % interval over speakers.  Where the lower end exceeds 50 %, the model
**listens** from a share of :data:`GOOD_SHARE` on and **hardly listens** below it.  Where it does not, the model **does
not use the sound** if the upper end stays below :data:`GOOD_SHARE`; else there are too few clips to tell, and it **has
not been shown to listen**.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.evaluation import metrics
from lipfd_desktop.evaluation.bootstrap import RESAMPLES, Interval, Sample, estimate, rate
from lipfd_desktop.evaluation.clips import ClipScores, Limits, scores_by
from lipfd_desktop.evaluation.metrics import Floats
from lipfd_desktop.evaluation.table import REAL, SOUND, speaker_keys
from lipfd_desktop.result import VerdictRule

SWAPPED: Final = f"{SOUND}:swap"
SILENT: Final = f"{SOUND}:silence"
SHIFTED: Final = f"{SOUND}:shift"
SHIFTS: Final = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds by which the sound is delayed."""

MIN_SECONDS: Final = 4.0
SLACK: Final = 0.25
"""Seconds by which the windows may fall short of the clip: the last stride and frames in which no face was found."""
GOOD_SHARE: Final = 0.75
"""From here on a model is said to listen: halfway from a coin to certainty."""


class Hearing(StrEnum):
    """How much of the sound reaches the score."""

    LISTENS = "listens"
    HARDLY = "hardly listens"
    DEAF = "does not use the sound"
    UNSHOWN = "has not been shown to listen"


@dataclass(frozen=True, slots=True)
class SoundEffect:
    """What one kind of foreign sound does to the real clips.

    Attributes
    ----------
    variant
        ``sound:swap``, ``sound:silence`` or ``sound:shift:SECONDS``.
    clips, speakers
        Real clips long enough and scored with both sounds.
    raised
        Share whose evidence is higher than with their own sound, ties counting half.
    auc
        Of telling the foreign sound from the own one by the evidence, over all these clips.
    called
        Share called likely manipulated with this sound; with their own sound it is ``called_own``.
    evidence, own_evidence
        Mean statistic.
    untold
        Clips with this sound about which the model says nothing, such as most silent ones.
    """

    variant: str
    clips: int
    speakers: int
    raised: Interval
    auc: Interval
    called: Interval
    called_own: Interval
    evidence: float
    own_evidence: float
    untold: int

    @property
    def title(self) -> str:
        _, _, name = self.variant.partition(":")
        kind, _, seconds = name.partition(":")
        named = {"swap": "another speaker's sound", "silence": "silence", "shift": f"delayed by {seconds} s"}
        return named.get(kind, name)


@dataclass(frozen=True, slots=True)
class Listening:
    """Answer to "does it listen?" with what it rests on."""

    hearing: Hearing
    sensitivity: Interval
    effects: tuple[SoundEffect, ...]

    @property
    def sentence(self) -> str:
        """For the report and the model card."""
        value, low, high = self.sensitivity.value, self.sensitivity.low, self.sensitivity.high
        figure = "unknown" if value is None else f"{value:.1%}"
        reach = "" if low is None or high is None else f" (95 % interval {low:.1%} to {high:.1%})"
        ending = {
            Hearing.LISTENS: "",
            Hearing.HARDLY: " Do not rely on it to find a dubbed or shifted sound track.",
            Hearing.DEAF: " It judges by the picture alone and cannot find a dubbed or shifted sound track.",
            Hearing.UNSHOWN: " There are too few clips and speakers to tell.",
        }[self.hearing]
        return f"This model {self.hearing}: audio sensitivity {figure}{reach}.{ending}"


def measure_listening(
    clips: ClipScores, rule: VerdictRule | None, limits: Limits, *, resamples: int = RESAMPLES, seed: int = 0
) -> Listening | None:
    """Compare each sound variant of the real clips with their own sound; None where none was scored."""
    real = clips.take((clips.label == REAL) & (clips.seconds >= MIN_SECONDS - SLACK))
    names = sorted({str(name) for name in real.variant if name.startswith(f"{SOUND}:")}, key=_place)
    effects = tuple(
        effect for name in names if (effect := _effect(real, name, rule, limits, resamples, seed)) is not None
    )
    swapped = next((effect for effect in effects if effect.variant == SWAPPED), None)
    if swapped is None:
        return None
    return Listening(_hearing(swapped.raised), swapped.raised, effects)


def _place(variant: str) -> tuple[int, float]:
    kind, _, rest = variant.removeprefix(f"{SOUND}:").partition(":")
    return {"swap": 0, "silence": 1}.get(kind, 2), float(rest) if rest else 0.0


def _hearing(share: Interval) -> Hearing:
    if share.value is None or share.low is None or share.high is None:
        return Hearing.UNSHOWN
    if share.low <= 0.5:
        return Hearing.DEAF if share.high < GOOD_SHARE else Hearing.UNSHOWN
    return Hearing.LISTENS if share.value >= GOOD_SHARE else Hearing.HARDLY


def evidence_of(clips: ClipScores) -> Floats:
    """(n,) the statistic that should rise with a foreign sound; NaN where the model cannot tell."""
    return clips.foreign_sound if np.isfinite(clips.plain.foreign_sound).any() else clips.statistic


def _effect(
    real: ClipScores, variant: str, rule: VerdictRule | None, limits: Limits, resamples: int, seed: int
) -> SoundEffect | None:
    measured_rate = partial(rate, resamples=resamples, seed=seed)
    evidence, score = evidence_of(real), scores_by(real, rule)
    own, foreign = _paired(real, variant)
    told = np.isfinite(evidence[own]) & np.isfinite(evidence[foreign])
    untold = int(np.sum(~np.isfinite(evidence[foreign])))
    if not len(own):
        return None
    called = measured_rate(score[foreign] >= limits.manipulated_from, speaker_keys(real)[foreign])
    called_own = measured_rate(score[own] >= limits.manipulated_from, speaker_keys(real)[own])
    own, foreign = own[told], foreign[told]
    speakers = speaker_keys(real)[own]
    before, after = evidence[own], evidence[foreign]
    raised = (after > before) + 0.5 * (after == before)
    pooled = Sample(
        np.repeat(np.array([0, 1], np.int8), len(own)), np.concatenate([before, after]), np.tile(speakers, 2)
    )
    return SoundEffect(
        variant=variant,
        clips=len(own),
        speakers=len(np.unique(speakers)),
        raised=measured_rate(raised, speakers),
        auc=estimate(pooled, {"auc": metrics.auc}, resamples=resamples, seed=seed)["auc"],
        called=called,
        called_own=called_own,
        evidence=float(after.mean()) if len(own) else float("nan"),
        own_evidence=float(before.mean()) if len(own) else float("nan"),
        untold=untold,
    )


def _paired(clips: ClipScores, variant: str) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positions of the clips with their own sound and, in the same order, with the other."""
    own = {clip: place for place, clip in enumerate(clips.clip.tolist()) if clips.variant[place] == ""}
    other = {clip: place for place, clip in enumerate(clips.clip.tolist()) if clips.variant[place] == variant}
    common = sorted(own.keys() & other.keys())
    return np.array([own[clip] for clip in common], np.intp), np.array([other[clip] for clip in common], np.intp)
