"""Stores, manifests and data folders for tests, with and without real clips."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from clips_support import RATE, face_clip
from faces_support import landmarks_at
from media_support import Sound, tone, write_sound

from lipfd_desktop.dataset.manifest import Clip
from lipfd_desktop.dataset.record import Arrays, ClipRecord
from lipfd_desktop.dataset.runner import Ending
from lipfd_desktop.dataset.store import clip_path, write_clip
from lipfd_desktop.errors import NoFaceError
from lipfd_desktop.result import FacePath
from lipfd_desktop.tracks.pose import FacePose


def clip_of(path: Path, **details: Any) -> Clip:
    values = {"id": path.stem, "file": path.name, "label": 0, "generator": "", "speaker": "s", "source": "q", "fold": 1}
    return Clip(path=path, **values | details)


def made_up(
    clip_id: str = "made-up",
    frames: int = 40,
    *,
    seed: int = 0,
    label: int = 0,
    speaker: str = "",
    fold: int = 1,
    level: int = 150,
) -> tuple[ClipRecord, Arrays]:
    """A clip that no camera saw: noise for pictures, a face that drifts to the right, sound of one level."""
    rng = np.random.default_rng(seed)
    points = [landmarks_at(200 + row, 150, 120) for row in range(frames)]
    images = {
        name: [jpeg(rng.integers(0, 256, (side // 8, side // 8, 3)).repeat(8, 0).repeat(8, 1)) for _ in range(frames)]
        for name, side in (("face", 224), ("head", 128))
    }
    columns = frames * 4
    record = ClipRecord(
        id=clip_id,
        file=f"{clip_id}.mp4",
        label=label,
        generator="maker" if label else "",
        speaker=speaker or clip_id,
        source="somewhere",
        split="train",
        fold=fold,
        frames=frames,
        width=640,
        height=480,
        faces=1,
        mel_start=0.0,
        column_seconds=0.01,
        sound_start=0.0,
        sound_end=frames / 25,
        trimmed_start=0.0,
        trimmed_end=0.0,
        left_out=0.0,
        longest=60.0,
        jpeg_quality=95,
        source_bytes=1,
        file_facts={"duration": frames / 25, "fps": 25.0},
    )
    return record, {
        "pts": np.arange(frames) / 25,
        "frames": np.arange(frames, dtype=np.int64),
        "poses": np.stack([FacePose.from_landmarks(one).vector() for one in points]).astype(np.float32),
        "landmarks": np.stack(points),
        "boxes": np.tile(np.array([100, 100, 90, 120], np.float32), (frames, 1)),
        "paths": np.full(frames, FacePath.DETECTED, np.uint8),
        "cuts": np.zeros(frames, np.uint8),
        **{f"{name}_ends": np.cumsum([len(one) for one in made], dtype=np.int64) for name, made in images.items()},
        **{f"{name}_jpeg": np.concatenate(made) for name, made in images.items()},
        "mel": np.full((80, columns), level, np.uint8),
    }


def jpeg(image: np.ndarray) -> np.ndarray:
    return cv2.imencode(".jpg", image.astype(np.uint8))[1].reshape(-1)


def made_up_store(folder: Path, clips: Sequence[tuple[ClipRecord, Arrays]]) -> Path:
    (folder / "clips").mkdir(parents=True, exist_ok=True)
    for record, arrays in clips:
        write_clip(clip_path(folder, record.id), record, arrays)
    return folder


def write_manifest(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def speech_like(
    seconds: float, *, before: float = 0.0, after: float = 0.0, peak: float = 0.5, start: float = 0.0
) -> Sound:
    """A tone between two silences."""
    quiet = [np.zeros((1, round(length * RATE)), np.float32) for length in (before, after)]
    samples = np.concatenate([quiet[0], tone(seconds, sample_rate=RATE, peak=peak), quiet[1]], axis=1)
    return Sound(samples=samples, sample_rate=RATE, codec="flac", sample_format="s16", start=start)


def avlips_folder(folder: Path, *, real: int = 1, fake: int = 1, wav: bool = True, frames: int = 25) -> Path:
    for name, count in (("0_real", real), ("1_fake", fake)):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            face_clip(folder / name / f"{number}.mp4", frames)
            if wav:
                (folder / "wav" / name).mkdir(parents=True, exist_ok=True)
                sound = Sound(samples=tone(frames / 25, sample_rate=RATE), sample_rate=RATE, codec="pcm_s16le")
                write_sound(folder / "wav" / name / f"{number}.wav", sound)
    return folder


def touch(clip: Clip) -> Ending:
    """Work for other processes: leaves a file; the name says what goes wrong."""
    if clip.id.startswith("crash"):
        os._exit(3)
    if clip.id.startswith("refused"):
        raise NoFaceError(clip.path, "no face.")
    if clip.id.startswith("defect"):
        raise ZeroDivisionError("by nought")
    clip.path.write_text("done")
    return Ending.DONE
