"""Do facts that have nothing to do with lips tell real from fake?  A classifier tries; it should fail.

Each clip is judged by a classifier that never saw its fold, so neither its source nor its speaker.  Scores are
compared within folds only, because five classifiers have five scales.  Every speaker counts once, however many
clips show them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.errors import DatasetError

Numbers = NDArray[np.float64]

FactRow = tuple[Mapping[str, float], int, int, str, str]
"""Facts, label, fold, speaker, clip."""

RESAMPLES: Final = 1000
CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class FactTable:
    """Facts as columns; a clip may have several rows.

    ``values`` is (n, facts); ``labels``, ``folds``, ``speakers`` and ``clips`` are (n,).
    """

    names: tuple[str, ...]
    values: Numbers
    labels: NDArray[np.int64]
    folds: NDArray[np.int64]
    speakers: NDArray[np.str_]
    clips: NDArray[np.str_]

    @classmethod
    def of(cls, rows: Sequence[FactRow]) -> FactTable:
        """From at least one row."""
        names = tuple(rows[0][0])
        return cls(
            names,
            np.array([[facts[name] for name in names] for facts, *_ in rows], np.float64),
            np.array([label for _, label, *_ in rows], np.int64),
            np.array([fold for _, _, fold, *_ in rows], np.int64),
            np.array([speaker for *_, speaker, _ in rows], np.str_),
            np.array([clip for *_, clip in rows], np.str_),
        )


@dataclass(frozen=True, slots=True)
class Separation:
    """How well something separates the classes: AUC with a 95 % interval over speakers; 0.5 is not at all."""

    name: str
    auc: float
    low: float
    high: float


def measure(table: FactTable, *, seed: int = 0) -> tuple[Separation, ...]:
    """Two classifiers on all facts, then each fact alone, the strongest first.

    A single fact is taken in whichever direction separates better over all, so its AUC is 0.5 or a little more by
    chance.

    Raises
    ------
    DatasetError
        Too few clips, or a class that is missing in all folds but one.
    """
    _refuse_too_little(table)
    combined = [
        _separation(name, _out_of_fold(table, make), table, seed)
        for name, make in (("logistic regression", _logistic), ("random forest", _forest))
    ]
    alone = []
    for place, name in enumerate(table.names):
        one = _separation(name, table.values[:, place], table, seed)
        alone.append(one if one.auc >= 0.5 else Separation(name, 1 - one.auc, 1 - one.high, 1 - one.low))
    return (*combined, *sorted(alone, key=lambda one: -one.auc))


def auc_within_folds(scores: Numbers, labels: NDArray[np.int64], folds: NDArray[np.int64], weights: Numbers) -> float:
    """Share of weighted pairs (fake, real) of one fold in which the fake scores higher; NaN without any pair."""
    won = pairs = 0.0
    for fold in np.unique(folds):
        inside = folds == fold
        levels, place = np.unique(scores[inside], return_inverse=True)
        fake, real = (np.bincount(place, weights[inside] * (labels[inside] == label), len(levels)) for label in (1, 0))
        won += float(fake @ (np.cumsum(real) - real / 2))
        pairs += float(fake.sum() * real.sum())
    return won / pairs if pairs > 0 else float("nan")


def speaker_weights(table: FactTable) -> Numbers:
    """(n,) so that the rows of each speaker add up to one."""
    _, place, counts = np.unique(table.speakers, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / counts[place], np.float64)


def _refuse_too_little(table: FactTable) -> None:
    of_label = {label: set(table.folds[table.labels == label].tolist()) for label in (0, 1)}
    if len(of_label[0] | of_label[1]) < 2 or min(len(folds) for folds in of_label.values()) < 2:
        raise DatasetError(
            "Real and fake clips are needed in two folds at least, so that each can be judged by a classifier that "
            "never saw its source; extract more clips."
        )
    if not of_label[0] & of_label[1]:
        raise DatasetError("No fold holds both real and fake clips, so nothing can be compared within a fold.")


def _out_of_fold(table: FactTable, make: Callable[[], Any]) -> Numbers:
    scores = np.zeros(len(table.labels))
    weights = speaker_weights(table)
    for fold in np.unique(table.folds):
        inside = table.folds == fold
        if len(np.unique(table.labels[~inside])) < 2:
            continue
        model = make()
        model.fit(table.values[~inside], table.labels[~inside], classifier__sample_weight=weights[~inside])
        scores[inside] = model.predict_proba(table.values[inside])[:, 1]
    return scores


def _separation(name: str, scores: Numbers, table: FactTable, seed: int) -> Separation:
    """AUC over clips, their rows averaged, with a bootstrap over speakers."""
    _, first, place = np.unique(table.clips, return_index=True, return_inverse=True)
    means = np.bincount(place, scores) / np.bincount(place)
    labels, folds, speakers = table.labels[first], table.folds[first], table.speakers[first]
    _, speaker, counts = np.unique(speakers, return_inverse=True, return_counts=True)
    weights = 1.0 / counts[speaker]
    auc = auc_within_folds(means, labels, folds, weights)
    random = np.random.default_rng(seed)
    drawn = random.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), size=RESAMPLES)
    resampled = [auc_within_folds(means, labels, folds, weights * times[speaker]) for times in drawn]
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.nanpercentile(resampled, (tail, 100 - tail))
    return Separation(name, auc, float(low), float(high))


def _logistic() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    model = LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000)
    return Pipeline([("scale", StandardScaler()), ("classifier", model)])


def _forest() -> Any:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import Pipeline

    model = RandomForestClassifier(200, min_samples_leaf=5, class_weight="balanced", random_state=0, n_jobs=1)
    return Pipeline([("classifier", model)])
