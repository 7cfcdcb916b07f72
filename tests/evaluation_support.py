"""Made-up score tables and stores with known properties."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from dataset_support import made_up, made_up_store

from lipfd_desktop.dataset.store import Store
from lipfd_desktop.evaluation.table import FAKE, REAL, ScoreTable

FPS = 25.0
FRAMES = 5


def made_table(
    *,
    clips: int = 60,
    windows: int = 12,
    strength: float = 3.0,
    folds: int = 3,
    two_questions: bool = False,
    seed: int = 7,
) -> ScoreTable:
    """Half real, half fake, two clips a speaker; fakes' logits lie ``strength`` above the reals'."""
    random = np.random.default_rng(seed)
    label = np.repeat(np.arange(clips) % 2, windows)
    clip = np.repeat(np.arange(clips), windows)
    generators = np.array(["Alpha", "Beta", "Gamma"])
    taste = random.normal(size=clips)[clip]
    logit = strength * (label - 0.5) + taste + 0.5 * random.normal(size=len(label))
    first = np.tile(np.arange(windows) * FRAMES, clips)
    generated = 1 / (1 + np.exp(-logit))
    foreign = 1 / (1 + np.exp(2 + random.normal(size=len(label))))
    score = np.maximum(generated, foreign) if two_questions else generated
    unknown = np.full(len(label), np.nan)
    return ScoreTable(
        clip=np.char.add("clip", clip.astype(str)),
        label=label.astype(np.int8),
        generator=np.where(label == FAKE, generators[(clip // 2) % 3], ""),
        speaker=np.char.add("speaker", (clip // 4 * 2 + clip % 2).astype(str)),
        source=np.char.add("source", (clip // 4).astype(str)),
        fold=(clip // 4) % folds + 1,
        start=first / FPS,
        end=(first + FRAMES) / FPS,
        first_frame=first,
        logit=(np.log(score) - np.log1p(-score)).astype(np.float32),
        score=score.astype(np.float32),
        generated=(generated if two_questions else unknown).astype(np.float32),
        foreign_sound=(foreign if two_questions else unknown).astype(np.float32),
    )


def with_foreign_sound(table: ScoreTable, rise: float, variant: str = "sound:swap") -> ScoreTable:
    """The rows of real clips scored again, the logit of foreign sound raised."""
    real = table.take(table.label == REAL).as_variant(variant)
    odds = real.foreign_sound / (1 - real.foreign_sound) * np.exp(rise)
    foreign = (odds / (1 + odds)).astype(np.float32) if rise else real.foreign_sound
    score = np.maximum(real.generated, foreign)
    columns = {name: getattr(real, name) for name in ScoreTable.__slots__}
    return ScoreTable(**columns | {"foreign_sound": foreign, "score": score})


def made_store(folder: Path, *, clips: int = 6, frames: int = 50) -> Store:
    """Clips that no camera saw, two speakers of each class, whose lips open and close with the loudness."""
    made = []
    for place in range(clips):
        record, arrays = made_up(
            f"clip{place}",
            frames,
            seed=place,
            label=place % 2,
            speaker=f"speaker{place % 4}",
            fold=place // 2 % 2 + 1,
        )
        made.append((record, {**arrays, **_speaking(arrays["landmarks"], np.random.default_rng(place))}))
    return Store.open(made_up_store(folder, made))


def _speaking(landmarks: np.ndarray, random: np.random.Generator) -> dict[str, np.ndarray]:
    frames = len(landmarks)
    moved = landmarks.copy()
    opening = 8 + 6 * np.sin(2 * np.pi * 3 * np.arange(frames) / FPS)
    moved[:, 14] = moved[:, 13] + np.stack([np.zeros(frames), opening], axis=1)
    columns = np.arange(frames * 4) / 100
    loud = 150 + 60 * np.sin(2 * np.pi * 3 * columns) + random.normal(0, 5, (80, len(columns)))
    return {"landmarks": moved, "mel": np.clip(loud, 0, 255).astype(np.uint8)}
