"""From windows to clips and speakers, by the verdict's own rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.evaluation.bootstrap import Sample
from lipfd_desktop.evaluation.metrics import Floats
from lipfd_desktop.evaluation.scales import Scales
from lipfd_desktop.evaluation.table import PLAIN, ScoreTable, speaker_keys
from lipfd_desktop.result import Outcome, VerdictRule
from lipfd_desktop.verdict import clip_statistic, frame_means
from lipfd_desktop.verdict.rule import UNCALIBRATED_MARGIN
from lipfd_desktop.verdict.statistic import ENOUGH_SECONDS, SPAN_SECONDS

WINDOW_FRAMES: Final = 5
_ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class ClipScores:
    """One row a clip and variant.

    Attributes
    ----------
    clip, label, generator, speaker, source, fold, variant
        As in :class:`~lipfd_desktop.evaluation.table.ScoreTable`.
    windows : (n,) int64
    seconds : (n,) float64
        From the start of the first window to the end of the last.
    mean_score : (n,) float64
        Plain mean over windows: the clip score of a model without a rule.
    statistic : (n,) float64
        Clip statistic (a logit) of the window scores.
    generated, foreign_sound : (n,) float64
        Clip statistic of each question; NaN where the model does not answer it or cannot tell.
    """

    clip: NDArray[np.str_]
    label: NDArray[np.int8]
    generator: NDArray[np.str_]
    speaker: NDArray[np.str_]
    source: NDArray[np.str_]
    fold: NDArray[np.int64]
    variant: NDArray[np.str_]
    windows: NDArray[np.int64]
    seconds: Floats
    mean_score: Floats
    statistic: Floats
    generated: Floats
    foreign_sound: Floats

    def __len__(self) -> int:
        return len(self.clip)

    def take(self, selection: NDArray[np.bool_] | NDArray[np.intp]) -> ClipScores:
        """The rows of a mask or of positions."""
        return ClipScores(**{name: getattr(self, name)[selection] for name in self.__slots__})

    def of_variant(self, variant: str) -> ClipScores:
        return self.take(self.variant == variant)

    @property
    def plain(self) -> ClipScores:
        return self.of_variant(PLAIN)

    @property
    def main(self) -> Floats:
        """(n,) statistic that the rule calibrates as ``generated``: that of the picture, or the only one there is."""
        return np.where(np.isfinite(self.generated), self.generated, self.statistic)

    def sample(self, scores: Floats) -> Sample:
        return Sample(self.label, scores, speaker_keys(self))


def clip_scores(
    table: ScoreTable, *, window_frames: int = WINDOW_FRAMES, span_seconds: float = SPAN_SECONDS
) -> ClipScores:
    """Group the windows of a table, in the order of clip and variant."""
    groups = list(_groups(table))
    first = np.array([rows[0] for rows in groups], np.intp)
    numbers = np.array([_numbers(table, rows, window_frames, span_seconds) for rows in groups]).reshape(-1, 5)
    return ClipScores(
        clip=table.clip[first],
        label=table.label[first],
        generator=table.generator[first],
        speaker=table.speaker[first],
        source=table.source[first],
        fold=table.fold[first],
        variant=table.variant[first],
        windows=np.array([len(rows) for rows in groups], np.int64),
        seconds=numbers[:, 0],
        mean_score=numbers[:, 1],
        statistic=numbers[:, 2],
        generated=numbers[:, 3],
        foreign_sound=numbers[:, 4],
    )


def _groups(table: ScoreTable) -> Iterator[NDArray[np.intp]]:
    """Positions of the windows of each clip and variant, in time order."""
    if not len(table):
        return
    _, clip = np.unique(table.clip, return_inverse=True)
    _, variant = np.unique(table.variant, return_inverse=True)
    order = np.lexsort((table.first_frame, variant, clip))
    changes = (np.diff(clip[order]) != 0) | (np.diff(variant[order]) != 0)
    yield from np.split(order, np.flatnonzero(changes) + 1)


def _numbers(table: ScoreTable, rows: NDArray[np.intp], window_frames: int, span: float) -> list[float]:
    first = table.first_frame[rows]
    frame_seconds = float(np.median(table.end[rows] - table.start[rows])) / window_frames
    columns = (table.score[rows], table.generated[rows], table.foreign_sound[rows])
    whole, generated, foreign_sound = (
        clip_statistic(
            column, first_frame=first, frame_seconds=frame_seconds, window_frames=window_frames, span_seconds=span
        )
        for column in columns
    )
    heard = len(frame_means(first, columns[2], window_frames)[0]) * frame_seconds
    if heard + _ROUNDING < ENOUGH_SECONDS:
        foreign_sound = float("nan")
    seconds = float(table.end[rows].max() - table.start[rows].min())
    return [seconds, float(columns[0].mean(dtype=np.float64)), whole, generated, foreign_sound]


def scores_by(clips: ClipScores, rule: VerdictRule | None) -> Floats:
    """(n,) the clip score that the program shows: calibrated by the rule, else the plain mean over windows."""
    if rule is None:
        return clips.mean_score
    return Scales(rule.generated, rule.foreign_sound).score(clips.main, clips.foreign_sound)


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the three outcomes on the clip score; ``measured`` says whether they come from a rule."""

    authentic_below: float
    manipulated_from: float
    measured: bool

    @classmethod
    def of(cls, rule: VerdictRule | None, threshold: float = 0.5) -> Limits:
        """Those of a rule, or those that the verdict uses without one."""
        if rule is None:
            below, above = min(UNCALIBRATED_MARGIN, threshold / 2), min(UNCALIBRATED_MARGIN, (1 - threshold) / 2)
            return cls(threshold - below, threshold + above, measured=False)
        return cls(rule.authentic_below, rule.manipulated_from, measured=True)

    def outcomes(self, scores: Floats) -> dict[Outcome, NDArray[np.bool_]]:
        """Which scores give which outcome, evidence being good enough."""
        manipulated = scores >= self.manipulated_from
        authentic = (scores < self.authentic_below) & ~manipulated
        return {
            Outcome.AUTHENTIC: authentic,
            Outcome.INCONCLUSIVE: ~authentic & ~manipulated,
            Outcome.MANIPULATED: manipulated,
        }


def speaker_sample(clips: ClipScores, scores: Floats) -> Sample:
    """One item a speaker and label: the mean of the scores of the clips."""
    keys = np.char.add(speaker_keys(clips), np.where(clips.label == 1, "\t1", "\t0"))
    _, first, member = np.unique(keys, return_index=True, return_inverse=True)
    means = np.bincount(member, scores) / np.bincount(member)
    return Sample(clips.label[first], means, speaker_keys(clips)[first])


def equal_speakers(clips: ClipScores) -> Floats:
    """(n,) weights under which every speaker counts the same within each class."""
    keys = np.char.add(speaker_keys(clips), np.where(clips.label == 1, "\t1", "\t0"))
    _, member, counts = np.unique(keys, return_inverse=True, return_counts=True)
    weights: Floats = 1.0 / counts[member]
    return weights
