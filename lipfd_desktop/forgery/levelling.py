"""The levelling augmentation: a random past of codecs, sizes and sharpening for every window, real or forged.

What a window went through before it reached the network (platform, codec, size, editing) must say nothing about its
label, so real and forged windows draw their past from the same distribution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.forgery import effects
from lipfd_desktop.forgery.codec import PRESETS, recompress_h264
from lipfd_desktop.windows.geometry import FACE_IMAGE, FACE_SIDE

Frames = NDArray[np.uint8]

FACE_PIXELS: Final = FACE_SIDE / FACE_IMAGE.side
"""Pixels of an interocular unit in the FACE image, in which a past is described."""
DOWN_KERNELS: Final = (cv2.INTER_LINEAR, cv2.INTER_AREA, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)
UP_KERNELS: Final = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)
"""How players, platforms and editors scale; none takes the nearest pixel (OpenCV's area does, when it grows)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One generation of the past; a step that did not happen is None.

    Attributes
    ----------
    size : float
        Side to which the FACE image would have been shrunk, as a share of its own; 1 is no shrinking.
    down, up : int
        OpenCV interpolations of the shrinking and of the growing back.
    softness : float
        Blur sigma in pixels of the FACE image where positive, amount of unsharp masking where negative.
    grain : float
        Sigma of noise in grey levels.
    jpeg : int, optional
        Quality.
    crf, preset : int, str, optional
        H.264.
    """

    size: float = 1.0
    down: int = cv2.INTER_AREA
    up: int = cv2.INTER_LINEAR
    softness: float = 0.0
    grain: float = 0.0
    jpeg: int | None = None
    crf: int | None = None
    preset: str = "veryfast"


@dataclass(frozen=True, slots=True)
class Past:
    """What all frames of one window went through.

    Attributes
    ----------
    gain, gamma, saturation : float
        Change of contrast about middle grey, exponent of the levels, factor of the chroma.
    steps
        Earliest first.
    seed : int
        Of the noise.
    """

    gain: float
    gamma: float
    saturation: float
    steps: tuple[Step, ...]
    seed: int

    def apply(self, frames: Frames, unit_pixels: float = FACE_PIXELS) -> Frames:
        """(n, h, w, 3) uint8 frames after this past.

        ``unit_pixels`` is the number of pixels of an interocular unit.  An image of the same window at a smaller scale
        (the HEAD image) shows less of the same past.
        """
        scale = min(unit_pixels / FACE_PIXELS, 1.0)
        rng = np.random.default_rng(self.seed)
        frames = _toned(frames, self.gain, self.gamma, self.saturation)
        for step in self.steps:
            frames = _gone_through(frames, step, scale, rng)
        return frames


def level(frames: Frames, rng: np.random.Generator) -> Frames:
    """FACE images of one window after a random past, the same for all of them.

    For the HEAD images of the same window draw one :func:`random_past` and apply it to both.
    """
    return random_past(rng).apply(frames)


def random_past(rng: np.random.Generator) -> Past:
    """None to two generations of re-encoding and rescaling, and a small change of tone."""
    toned = rng.random() < 0.5
    spread = np.array([0.08, 0.1, 0.12]) * toned
    gain, gamma, saturation = np.exp(rng.normal(0, spread))
    generations = int(rng.choice([0, 1, 2], p=[0.1, 0.6, 0.3]))
    steps = tuple(_random_step(rng, smallest) for smallest in (0.4, 0.65)[:generations])
    return Past(float(gain), float(gamma), float(saturation), steps, int(rng.integers(2**32)))


def _random_step(rng: np.random.Generator, smallest: float) -> Step:
    size = float(rng.uniform(smallest, 1.0)) if rng.random() < 0.5 else 1.0
    down, up = int(rng.choice(DOWN_KERNELS)), int(rng.choice(UP_KERNELS))
    blur, unsharp = effects.drawn(rng, 0.3, 1.6), effects.drawn(rng, 0.2, 1.5)
    softness = float(rng.choice([0.0, blur, -unsharp], p=[0.5, 0.2, 0.3]))
    grain = effects.drawn(rng, 0.5, 5.0) if rng.random() < 0.25 else 0.0
    codec = rng.choice(["none", "jpeg", "h264"], p=[0.2, 0.25, 0.55])
    quality, preset = int(rng.integers(40, 96)), str(rng.choice(PRESETS))
    # A small picture spends its bits on fewer pixels: it is never encoded as coarsely as a large one.
    crf = int(rng.integers(18, 29 + round(8 * size)))
    return Step(
        size=size,
        down=down,
        up=up,
        softness=softness,
        grain=grain,
        jpeg=quality if codec == "jpeg" else None,
        crf=crf if codec == "h264" else None,
        preset=preset,
    )


def _gone_through(frames: Frames, step: Step, scale: float, rng: np.random.Generator) -> Frames:
    height, width = frames.shape[1:3]
    share = step.size / scale
    if share < 1:
        small = (max(round(width * share), 2), max(round(height * share), 2))
        frames = effects.each(frames, lambda frame: cv2.resize(frame, small, interpolation=step.down))
    sigma = (step.softness if step.softness > 0 else 1.0) * scale * min(share, 1.0)
    if step.softness > 0:
        frames = effects.each(frames, lambda frame: cv2.GaussianBlur(frame, (0, 0), sigma))
    elif step.softness < 0:
        amount = -step.softness
        frames = effects.each(
            frames, lambda frame: cv2.addWeighted(frame, 1 + amount, cv2.GaussianBlur(frame, (0, 0), sigma), -amount, 0)
        )
    if step.grain:
        grain = rng.standard_normal(frames.shape, dtype=np.float32) * np.float32(step.grain * scale)
        frames = np.clip(np.rint(frames + grain), 0, 255).astype(np.uint8)
    frames = _encoded(frames, step, scale)
    if share < 1:
        frames = effects.each(frames, lambda frame: cv2.resize(frame, (width, height), interpolation=step.up))
    return frames


def _encoded(frames: Frames, step: Step, scale: float) -> Frames:
    """A picture shrunk after its encoding shows finer and fainter traces of it: a better quality stands for that."""
    if step.jpeg is not None:
        quality = round(100 - (100 - step.jpeg) * scale)
        return effects.each(frames, lambda frame: effects.jpeg_round(frame, quality))
    if step.crf is not None:
        return recompress_h264(frames, round(step.crf + 6 * np.log2(scale)), step.preset)
    return frames


def _toned(frames: Frames, gain: float, gamma: float, saturation: float) -> Frames:
    codes = np.arange(256)
    light = 255 * (0.5 + ((codes / 255) ** gamma - 0.5) * gain)
    chroma = 128 + (codes - 128) * saturation
    table = np.rint(np.clip(np.stack([light, chroma, chroma], axis=-1), 0, 255)).astype(np.uint8)[None]
    if (table == codes[None, :, None]).all():
        return frames

    def change(frame: Frames) -> NDArray[np.generic]:
        turned = cv2.LUT(cv2.cvtColor(frame, cv2.COLOR_RGB2YCrCb), table)
        return np.asarray(cv2.cvtColor(turned, cv2.COLOR_YCrCb2RGB))

    return effects.each(frames, change)
