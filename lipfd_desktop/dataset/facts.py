"""Facts that must not tell real from fake: about files, about stored clips, and about what the network sees.

None of them looks at lips.  :mod:`lipfd_desktop.dataset.separation` asks how well they tell the classes apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.dataset.silence import column_levels, power_levels, sounding_range
from lipfd_desktop.engine.opening import Sound
from lipfd_desktop.media.info import MediaInfo
from lipfd_desktop.media.picture import Picture
from lipfd_desktop.media.timeline import FrameTimes, frame_end
from lipfd_desktop.result import MelTrack

Facts = Mapping[str, float]

FACT_QUALITY: Final = 90
"""JPEG quality at which an image's size is taken as a measure of its detail."""
_SILENT_DBFS: Final = -90.0
"""Told of a sound without any level, because a table has no place for minus infinity."""


def file_facts(info: MediaInfo, times: FrameTimes, sound: Sound) -> dict[str, float]:
    """What a file manager or a media player tells of the original file.

    Seconds, bits a second, bytes, pixels, Hz, and dBFS for loudness and peak.
    """
    start, end = float(times[0]), frame_end(times, -1)
    seconds = max(end - start, 1e-3)
    sounding = sounding_range(sound.mel)
    lead, trail = (sounding[0] - sound.extent.start, sound.extent.end - sounding[1]) if sounding else (0.0, 0.0)
    audio = info.audio
    return {
        "duration": info.duration,
        "bytes": float(info.size_bytes),
        "bit_rate": 8 * info.size_bytes / seconds,
        "fps": len(times) / seconds,
        "frames": float(len(times)),
        "width": float(info.video.width),
        "height": float(info.video.height),
        "aspect": info.video.width / info.video.height,
        "loudness": loudness(sound.mel),
        "peak": max(sound.extent.peak_dbfs, _SILENT_DBFS),
        "leading_silence": lead,
        "trailing_silence": trail,
        "sound_starts_after_picture": sound.extent.start - start,
        "sound_ends_after_picture": sound.extent.end - end,
        "sample_rate": float(audio.sample_rate) if audio else 0.0,
        "channels": float(audio.channels) if audio else 0.0,
        "audio_bit_rate": float(audio.bit_rate or 0) if audio else 0.0,
    }


def loudness(mel: MelTrack) -> float:
    """Level of the mean power of a sound in dBFS."""
    return mean_level(column_levels(mel))


def mean_level(levels: NDArray[np.float64]) -> float:
    """Level of the mean power in dBFS, from the levels of columns."""
    mean = float(np.mean(10 ** (levels / 10))) if len(levels) else 0.0
    return max(10 * float(np.log10(mean)), _SILENT_DBFS) if mean > 0 else _SILENT_DBFS


def sound_facts(levels: NDArray[np.uint8], floor_db: float) -> dict[str, float]:
    """Loudness, its range, and up to which band there is any sound: resampling and codecs cut the top off.

    ``levels`` is (bands, columns), as in a :class:`~lipfd_desktop.result.MelTrack`.
    """
    columns = np.maximum(power_levels(levels, floor_db), _SILENT_DBFS)
    top = np.percentile(levels, 95, axis=1)
    return {
        "loudness": mean_level(columns),
        "loud_moments": float(np.percentile(columns, 95)),
        "quiet_moments": float(np.percentile(columns, 5)),
        "top_band": float(np.flatnonzero(top > 0).max(initial=0)),
    }


def image_facts(image: Picture, name: str) -> dict[str, float]:
    """Detail and exposure of an image: traces of resolution, sharpness, noise, compression and camera.

    ``bytes`` is its size as JPEG, ``fine`` the share of its energy finer than two pixels, ``blocks`` how much larger
    steps are between the 8-pixel blocks of the stored JPEG than beside them, ``noise`` the median of its finest
    detail.
    """
    luma = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine = luma - cv2.GaussianBlur(luma, (0, 0), 1.0)
    medium = luma - cv2.GaussianBlur(luma, (0, 0), 4.0)
    return {
        f"{name}_bytes": float(
            len(cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, FACT_QUALITY])[1])
        ),
        f"{name}_fine": float(fine.std() / max(float(medium.std()), 1e-3)),
        f"{name}_noise": float(np.median(np.abs(fine[::2, ::2]))),
        f"{name}_blocks": _blockiness(luma),
        f"{name}_brightness": float(luma.mean()),
        f"{name}_contrast": float(luma.std()),
    }


def _blockiness(luma: NDArray[np.float32]) -> float:
    steps = np.abs(np.diff(luma, axis=1)).mean(axis=0)
    borders = np.zeros(len(steps), bool)
    borders[7::8] = True
    return float(steps[borders].mean() / max(float(steps[~borders].mean()), 1e-3))
