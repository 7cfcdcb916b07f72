"""Tables of facts of a whole store, at three stages: the original files, the stored clips, the network's windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from lipfd_desktop.dataset.facts import Facts, image_facts, loudness, sound_facts
from lipfd_desktop.dataset.separation import FactRow, FactTable
from lipfd_desktop.dataset.silence import column_levels, sounding_range
from lipfd_desktop.dataset.store import WINDOW_FRAMES, StoredClip
from lipfd_desktop.media.picture import Picture
from lipfd_desktop.windows.context import context_strip, middle_of
from lipfd_desktop.windows.geometry import HEAD_IMAGE, HEAD_SIDE

WINDOWS: Final = 3
"""Windows measured a clip, evenly spread."""
HEAD_UNIT: Final = HEAD_SIDE / HEAD_IMAGE.side
"""Pixels of an interocular unit in the HEAD image."""

OnClip = Callable[[], None]


def file_table(clips: Sequence[StoredClip]) -> FactTable:
    """Facts of the original files, noted when they were extracted."""
    return FactTable.of([_row(clip.record.file_facts, clip) for clip in clips])


def stored_table(clips: Sequence[StoredClip]) -> FactTable:
    """Facts of the stored clips: what a loader that takes whole clips could still learn from."""
    return FactTable.of([_row(stored_facts(clip), clip) for clip in clips])


def window_table(
    clips: Sequence[StoredClip], *, levelled: bool, seed: int = 0, on_clip: OnClip = lambda: None
) -> FactTable:
    """Facts of windows, as the network sees them.

    Parameters
    ----------
    levelled
        Give every window the random past of the training's levelling augmentation first.
    on_clip
        Called after every clip.
    """
    rows = []
    for place, clip in enumerate(clips):
        starts = clip.starts()
        chosen = starts[np.linspace(0, len(starts) - 1, min(WINDOWS, len(starts))).astype(int)]
        for number, start in enumerate(np.unique(chosen)):
            rng = np.random.default_rng((seed, place, number)) if levelled else None
            rows.append(_row(window_facts(clip, int(start), rng), clip))
        on_clip()
    return FactTable.of(rows)


def stored_facts(clip: StoredClip) -> dict[str, float]:
    """Length, rates, loudness, what silence is left, bytes of the images, size of the face in the original."""
    mel, pts = clip.mel, clip.pts
    sounding = sounding_range(mel)
    count = len(clip)
    return {
        "kept_seconds": clip.record.sound_end - clip.record.sound_start,
        "frames": float(count),
        "fps": 1 / float(np.median(np.diff(pts))),
        "loudness": loudness(mel),
        "leading_silence": sounding[0] - mel.start if sounding else 0.0,
        "silent_columns": float(np.mean(~np.isfinite(column_levels(mel)))),
        "unit_pixels": float(np.median(clip.poses[:, 4])),
        "face_bytes": len(clip.image_bytes("face")) / count,
        "head_bytes": len(clip.image_bytes("head")) / count,
        "share_of_frames": count / max(float(clip.frames[-1] - clip.frames[0] + 1), 1.0),
    }


def window_facts(clip: StoredClip, start: int, rng: np.random.Generator | None) -> dict[str, float]:
    """Image, sound and gaps of one window; with a random past of its images when ``rng`` is given."""
    face, head = _middle_images(clip, start, rng)
    strip = context_strip(clip.mel, middle_of(clip.window_time(start)))
    heard = strip.max(axis=0) > 0
    tracked = np.isfinite(clip.motion(start)[:, 0, 0])
    return {
        **image_facts(face, "face"),
        **image_facts(head, "head"),
        **sound_facts(strip, clip.mel.floor_db),
        "tracked_share": float(tracked.mean()),
        "heard_share": float(heard.mean()),
        "silence_before": float(np.argmax(heard) if heard.any() else len(heard)) / len(heard),
    }


def _middle_images(clip: StoredClip, start: int, rng: np.random.Generator | None) -> tuple[Picture, Picture]:
    """FACE and HEAD image of a window's middle frame; a past goes through all frames, as codecs do."""
    middle = WINDOW_FRAMES // 2
    if rng is None:
        return clip.face(start + middle), clip.head(start + middle)
    from lipfd_desktop.forgery.levelling import random_past

    past, rows = random_past(rng), range(start, start + WINDOW_FRAMES)
    faces = past.apply(np.stack([clip.face(row) for row in rows]))
    heads = past.apply(np.stack([clip.head(row) for row in rows]), HEAD_UNIT)
    return faces[middle], heads[middle]


def _row(facts: Facts, clip: StoredClip) -> FactRow:
    return facts, clip.label, clip.record.fold, clip.record.speaker, clip.id
