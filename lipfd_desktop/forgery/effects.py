"""What a generator does to a patch: small changes of geometry, sharpness, colour, grain and time.

Each effect takes (n, h, w, 3) uint8 RGB frames and returns the same shape; its parameters are drawn once for the
window.  Strengths are drawn so that most are subtle and a few plain.  Effects that sharpen or add grain are as frequent
as those that blur, so that quality alone does not tell a forgery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.forgery.fields import affine_places, identity, sample, smooth_moves

Frames = NDArray[np.uint8]
Effect = Callable[[Frames, np.random.Generator], Frames]

KERNELS: Final = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_AREA, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)
DOWN_SHARES: Final = (0.08, 0.3, 0.3, 0.2, 0.12)
UP_SHARES: Final = (0.05, 0.4, 0.0, 0.3, 0.25)


def each(frames: Frames, change: Callable[[Frames], NDArray[np.generic]]) -> Frames:
    """The same change to every frame."""
    return np.stack([np.asarray(change(frame), np.uint8) for frame in frames])


def drawn(rng: np.random.Generator, low: float, high: float) -> float:
    """Between ``low`` and ``high``, nearer to ``low`` more often."""
    return float(low + (high - low) * rng.random() ** 1.5)


def warp(frames: Frames, rng: np.random.Generator) -> Frames:
    """A small affine and elastic change that drifts over the window."""
    height, width = frames.shape[1:3]
    affine = _small_affine(height, width, rng, drawn(rng, 0.2, 1.0))
    pixels = drawn(rng, 0.0, 2.5)
    ends = [smooth_moves(height, width, rng, cells=4, pixels=pixels) for _ in range(2)]
    drift = rng.uniform(0, 0.5)
    places = affine_places(identity(height, width), affine)
    kernel = int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC]))
    shares = np.linspace(0, drift, len(frames), dtype=np.float32)
    return np.stack(
        [
            sample(frame, places + ends[0] * (1 - share) + ends[1] * share, kernel)
            for frame, share in zip(frames, shares, strict=True)
        ]
    )


def _small_affine(height: int, width: int, rng: np.random.Generator, strength: float) -> NDArray[np.float64]:
    matrix = np.eye(2) + rng.normal(0, 0.03 * strength, size=(2, 2))
    centre = np.array([width, height]) / 2
    return np.column_stack([matrix, centre - matrix @ centre + rng.normal(0, 2.0 * strength, size=2)])


def jitter(frames: Frames, rng: np.random.Generator) -> Frames:
    """The patch trembles by a fraction of a pixel to about one and a half."""
    height, width = frames.shape[1:3]
    moves = rng.normal(0, drawn(rng, 0.3, 1.5), size=(len(frames), 2))
    if rng.random() < 0.4 and len(frames) > 2:
        moves = np.apply_along_axis(np.convolve, 0, moves, np.array([0.25, 0.5, 0.25]), mode="same")
    places = identity(height, width)
    return np.stack(
        [
            sample(frame, places + move.astype(np.float32), cv2.INTER_LINEAR)
            for frame, move in zip(frames, moves, strict=True)
        ]
    )


def time_shift(frames: Frames, rng: np.random.Generator) -> Frames:
    """The picture of some frames earlier or later in the same window."""
    count = len(frames)
    shift = int(rng.integers(1, max(count, 2))) * int(rng.choice([-1, 1]))
    places = np.arange(count) + shift
    mirrored = np.abs(places)
    return np.asarray(frames[np.minimum(mirrored, 2 * (count - 1) - mirrored).clip(0)])


def smooth_time(frames: Frames, rng: np.random.Generator) -> Frames:
    """Each frame mixed with its neighbours, as generators with a temporal prior do."""
    share = drawn(rng, 0.2, 0.6)
    before, after = np.roll(frames, 1, axis=0), np.roll(frames, -1, axis=0)
    before[0], after[-1] = frames[0], frames[-1]
    return np.stack(
        [
            cv2.addWeighted(frame, 1 - share, cv2.addWeighted(left, 0.5, right, 0.5, 0), share, 0)
            for frame, left, right in zip(frames, before, after, strict=True)
        ]
    )


def resample(frames: Frames, rng: np.random.Generator) -> Frames:
    """Down and up again, as if the face had been generated with 64 to 160 px where it now has 224."""
    height, width = frames.shape[1:3]
    factor = rng.uniform(64, 160) / 224
    small = (max(round(width * factor), 4), max(round(height * factor), 4))
    down = int(rng.choice(KERNELS, p=DOWN_SHARES))
    up = int(rng.choice(KERNELS, p=UP_SHARES))
    return each(
        frames,
        lambda frame: cv2.resize(cv2.resize(frame, small, interpolation=down), (width, height), interpolation=up),
    )


def blur(frames: Frames, rng: np.random.Generator) -> Frames:
    sigma = drawn(rng, 0.4, 2.2)
    return each(frames, lambda frame: cv2.GaussianBlur(frame, (0, 0), sigma))


def sharpen(frames: Frames, rng: np.random.Generator) -> Frames:
    """Unsharp mask: from a hint to the halos of a face restorer."""
    sigma, amount = rng.uniform(0.6, 2.2), drawn(rng, 0.3, 2.0)
    return each(
        frames, lambda frame: cv2.addWeighted(frame, 1 + amount, cv2.GaussianBlur(frame, (0, 0), sigma), -amount, 0)
    )


def colour(frames: Frames, rng: np.random.Generator) -> Frames:
    """Gain, offset and gamma of each channel in RGB, HSV or YCrCb."""
    there, back = (
        (None, None),
        (cv2.COLOR_RGB2HSV, cv2.COLOR_HSV2RGB),
        (cv2.COLOR_RGB2YCrCb, cv2.COLOR_YCrCb2RGB),
    )[int(rng.integers(3))]
    strength = drawn(rng, 0.3, 1.0)
    tables = _curves(rng, strength, there)

    def change(frame: Frames) -> NDArray[np.generic]:
        if there is None or back is None:
            return np.asarray(cv2.LUT(frame, tables))
        return np.asarray(cv2.cvtColor(cv2.LUT(cv2.cvtColor(frame, there), tables), back))

    return each(frames, change)


def _curves(rng: np.random.Generator, strength: float, space: int | None) -> NDArray[np.uint8]:
    """(1, 256, 3) look-up table of the three channels."""
    codes, curves = np.arange(256), []
    whole = rng.normal(1, 0.07 * strength)
    for channel in range(3):
        gain, offset = whole * rng.normal(1, 0.03 * strength), rng.normal(0, 0.01 * strength)
        gamma = rng.normal(0, 0.06)
        if space == cv2.COLOR_RGB2HSV and channel == 0:
            curves.append(np.mod(codes + rng.normal(0, 2 * strength), 180))
        elif space == cv2.COLOR_RGB2YCrCb and channel > 0:  # grey is 128: a gain must leave it grey
            curves.append(128 + (codes - 128) * gain**2 + 255 * offset)
        else:
            curves.append(255 * (gain * (codes / 255) ** np.exp(gamma * strength) + offset))
    return np.asarray(np.rint(np.clip(np.stack(curves, axis=-1), 0, 255)), np.uint8)[None]


def jpeg(frames: Frames, rng: np.random.Generator) -> Frames:
    """The patch compressed by itself."""
    quality = int(rng.integers(25, 92))
    return each(frames, lambda frame: jpeg_round(frame, quality))


def jpeg_round(frame: Frames, quality: int) -> Frames:
    """One RGB picture through JPEG and back."""
    _, data = cv2.imencode(".jpg", frame[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1], np.uint8)


def denoise(frames: Frames, rng: np.random.Generator) -> Frames:
    """Skin without grain: bilateral or median filter."""
    if rng.random() < 0.3:
        return each(frames, lambda frame: cv2.medianBlur(frame, 3))
    sigma = drawn(rng, 8, 35)
    return each(frames, lambda frame: cv2.bilateralFilter(frame, 5, sigma, 2.0))


def noise(frames: Frames, rng: np.random.Generator) -> Frames:
    """Grain: fresh in every frame or stuck to the patch, fine or blotchy, grey or coloured."""
    count, height, width = frames.shape[:3]
    sigma, size = drawn(rng, 1.0, 6.0), float(rng.choice([1.0, rng.uniform(1.3, 2.5)]))
    channels = int(rng.choice([1, 3]))
    fresh = rng.random() < 0.7
    grains = count if fresh else 1
    cells = (grains, int(height / size), int(width / size), channels)
    grain = rng.standard_normal(cells, dtype=np.float32) * np.float32(sigma)

    def grown(index: int) -> NDArray[np.float32]:
        large = cv2.resize(grain[index % grains], (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(large, np.float32).reshape(height, width, channels)

    return np.stack(
        [np.clip(np.rint(frame + grown(index)), 0, 255).astype(np.uint8) for index, frame in enumerate(frames)]
    )


GEOMETRY: Final[dict[Effect, float]] = {warp: 1.0, jitter: 0.5}
TIME: Final[dict[Effect, float]] = {time_shift: 0.5, smooth_time: 0.25}
QUALITY: Final[dict[Effect, float]] = {
    resample: 1.0,
    blur: 0.5,
    sharpen: 1.0,
    jpeg: 0.6,
    denoise: 0.5,
    noise: 0.6,
    colour: 0.9,
}
"""Weights by which effects are drawn; an effect that softens has its counterpart that sharpens."""
WHOLE: Final[dict[Effect, float]] = {resample: 1.0, sharpen: 1.0, denoise: 0.7, colour: 0.4, noise: 0.3}
"""What a generator of whole portraits leaves behind."""


def random_effects(rng: np.random.Generator, choices: dict[Effect, float], count: int) -> list[Effect]:
    """``count`` different effects in random order."""
    weights = np.array(list(choices.values()))
    picked = rng.choice(len(choices), size=min(count, len(choices)), replace=False, p=weights / weights.sum())
    effects = list(choices)
    return [effects[index] for index in picked]


def apply(frames: Frames, effects: Iterable[Effect], rng: np.random.Generator) -> Frames:
    for effect in effects:
        frames = effect(frames, rng)
    return frames
