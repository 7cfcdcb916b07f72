"""Simple measures of the same clips, so that a model can be held against them.

None of them knows what forgery looks like: if one does nearly as well as a model, the model has learnt little, or the
data gives the classes away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.dataset.separation import FactTable, speaker_weights
from lipfd_desktop.dataset.silence import LOWEST_THRESHOLD_DBFS, column_levels
from lipfd_desktop.dataset.store import StoredClip
from lipfd_desktop.dataset.tables import file_table, stored_table
from lipfd_desktop.evaluation.measure import Baseline
from lipfd_desktop.evaluation.metrics import Floats

INNER_LIPS: Final = (13, 14)
"""MediaPipe's landmarks of the middle of the inner upper and lower lip."""
LAGS: Final = tuple(float(lag) for lag in np.round(np.arange(-0.2, 0.21, 0.04), 2))
"""Seconds by which the sound may be late against the lips: recordings and generators are rarely exact."""
MIN_FRAMES: Final = 20
"""Fewer frames give no correlation worth the name."""
IMAGES: Final = 12
"""Images measured a clip, evenly spread."""
LIP_BOX: Final = (slice(112, 164), slice(74, 150))
UPPER_BOX: Final = (slice(38, 90), slice(62, 162))
"""Rows and columns of the FACE image: mouth, and eyes with brows, whose midpoints lie at (112, 136) and (112, 66)."""


def baselines(clips: Sequence[StoredClip], on_clip: Callable[[], None] = lambda: None) -> list[Baseline]:
    """Every baseline over these clips; classifiers on facts only where folds allow to train them."""
    ids = np.array([clip.id for clip in clips])
    opening, sharpness = np.full(len(clips), np.nan), np.full(len(clips), np.nan)
    for place, clip in enumerate(clips):
        opening[place], sharpness[place] = -lip_loudness_correlation(clip), -lip_sharpness(clip)
        on_clip()
    found = [
        Baseline(
            "lip opening against loudness",
            "Highest correlation of the opening of the inner lips with the loudness of the sound over lags of up to "
            "0.2 s; a low one counts as fake.",
            ids,
            opening,
        ),
        Baseline(
            "lip sharpness",
            "Detail of the mouth against detail of eyes and brows in the aligned face; blurred lips count as fake.",
            ids,
            sharpness,
        ),
    ]
    for name, note, table in (
        ("facts of the original files", "duration, size, bit rate, frame rate, loudness, leading silence", file_table),
        ("facts of the stored clips", "length, loudness, frame rate and size of the face", stored_table),
    ):
        scores = facts_out_of_fold(table(clips))
        if scores is not None:
            how = f"A random forest on {note}; each fold judged by a forest that never saw it."
            found.append(Baseline(name, how, ids, scores))
    return found


def lip_loudness_correlation(clip: StoredClip) -> float:
    """Highest correlation over :data:`LAGS` between lip opening and loudness in dB; NaN where there is too little."""
    pts = clip.pts
    upper, lower = (clip.landmarks[:, point].astype(np.float64) for point in INNER_LIPS)
    opening = np.hypot(*(upper - lower).T) / clip.poses[:, 4]
    mel = clip.mel
    levels = np.maximum(column_levels(mel), LOWEST_THRESHOLD_DBFS)
    times = mel.start + np.arange(len(levels)) * mel.column_seconds
    if len(pts) < MIN_FRAMES or not len(levels):
        return float("nan")
    return max(_correlation(opening, np.interp(pts + lag, times, levels)) for lag in LAGS)


def _correlation(one: Floats, other: Floats) -> float:
    """Pearson's, or -1 where either does not move."""
    if min(float(one.std()), float(other.std())) < 1e-6:
        return -1.0
    return float(np.corrcoef(one, other)[0, 1])


def lip_sharpness(clip: StoredClip) -> float:
    """Median over images of the logarithm of lip detail over upper-face detail."""
    chosen = np.unique(np.linspace(0, len(clip) - 1, IMAGES).astype(int))
    ratios = []
    for row in chosen.tolist():
        detail = cv2.Laplacian(cv2.cvtColor(clip.face(row), cv2.COLOR_RGB2GRAY), cv2.CV_32F)
        ratios.append(np.log((detail[LIP_BOX].var() + 1.0) / (detail[UPPER_BOX].var() + 1.0)))
    return float(np.median(ratios))


def facts_out_of_fold(table: FactTable) -> NDArray[np.float64] | None:
    """(n,) probability of fake from a forest that never saw the row's fold; NaN where none could be trained, and None
    where none could at all.
    """
    from sklearn.ensemble import RandomForestClassifier

    scores, weights = np.full(len(table.labels), np.nan), speaker_weights(table)
    for fold in np.unique(table.folds):
        held = table.folds == fold
        if len(np.unique(table.labels[~held])) < 2:
            continue
        forest = RandomForestClassifier(200, min_samples_leaf=5, class_weight="balanced", random_state=0, n_jobs=1)
        forest.fit(table.values[~held], table.labels[~held], sample_weight=weights[~held])
        scores[held] = forest.predict_proba(table.values[held])[:, 1]
    return scores if np.isfinite(scores).any() else None
