"""From pixels and sound to network input, on the device that computes.

A checkpoint was made for one of three contracts, and its weights are worthless under the others.

Geometry of the **official** contract (the authors' published code, with its quirks; ``T`` frames a window):

- A window is one composite picture, 1000 rows by ``500 T`` columns: the spectrogram picture above, the ``T`` frames
  of 500x500 side by side below.  Channels in the order BGR, values 0 to 255, never normalised.
- The global image is the whole composite, squeezed to a square.
- Crop ``t`` is the *first* frame seen through a window of 500x500 that is shifted right by ``t`` pixels: not frame
  ``t``.  The head tier is all of it, resized to ``c = crop_size``; the face tier is rows and columns 28 to 196 of
  that at ``c = 224``, the lip tier 61 to 163, each enlarged to ``c`` again.  Other crop sizes scale these numbers.
- Every resize is bilinear *without* antialias, as torchvision 0.16 (the authors' version) treats tensors.

Geometry of the **guided** contract:

- The crops arrive cut from real consecutive frames around the landmarks, RGB, ``c`` by ``c``; they are normalised by
  the mean and deviation of ImageNet.
- The global image is a square of side ``S = global_size``.  Rows ``0 .. S // 2``: the mel strip as grey, time to the
  right, lowest band at the bottom.  The other rows: the ``T`` head crops side by side in time, each ``S / T`` wide.
  Both are stretched to fit (bilinear with antialias), then normalised by the mean and deviation of CLIP.

Under the **context** contract the network itself resizes and normalises (:mod:`lipfd_desktop.network.compact`).
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from lipfd_desktop.network.config import NetworkConfig

FRAME_SIDE: Final = 500
"""Side in pixels of a frame in the official composite."""

FACE_SLICE: Final = (28, 196)
LIP_SLICE: Final = (61, 163)
"""Rows and columns of the inner tiers of the official contract, in a head crop of 224."""

SLICE_BASE: Final = 224
"""Side of the head crop that :data:`FACE_SLICE` and :data:`LIP_SLICE` count in."""

IMAGENET_MEAN: Final = (0.485, 0.456, 0.406)
IMAGENET_STD: Final = (0.229, 0.224, 0.225)
"""Channel mean and deviation of ImageNet, RGB in [0, 1], as torchvision's pretrained networks use them."""

CLIP_MEAN: Final = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD: Final = (0.26862954, 0.26130258, 0.27577711)
"""Channel mean and deviation that OpenAI trained CLIP with (``open_clip.OPENAI_DATASET_MEAN`` and ``_STD``)."""


def official_inputs(composites: Tensor, config: NetworkConfig) -> tuple[Tensor, Tensor]:
    """Network input of the official contract.

    Parameters
    ----------
    composites : (n, 1000, 500 * frames, 3) uint8
        Composite pictures, BGR.
    config
        Gives the size of the global image and of the crops.

    Returns
    -------
    global_image : (n, 3, global_size, global_size) float32
    crops : (n, frames, 3, 3, crop_size, crop_size) float32
        By frame and tier (head, face, lip).
    """
    pictures = composites.permute(0, 3, 1, 2).float()
    frames = pictures.shape[3] // FRAME_SIDE
    size = config.region.crop_size
    # One after the other: gathering the shifted frames first takes ten times as long as resizing them.
    shifted = (pictures[:, :, FRAME_SIDE:, shift : shift + FRAME_SIDE] for shift in range(frames))
    heads = torch.stack([_resize(head, size, size) for head in shifted], dim=1).flatten(0, 1)
    tiers = [heads]
    for begin, end in (FACE_SLICE, LIP_SLICE):
        inside = slice(round(begin * size / SLICE_BASE), round(end * size / SLICE_BASE))
        tiers.append(_resize(heads[:, :, inside, inside], size, size))
    crops = torch.stack(tiers, dim=1).reshape(len(pictures), frames, len(tiers), 3, size, size)
    return _resize(pictures, config.global_size, config.global_size), crops


def guided_inputs(crops: Tensor, strips: Tensor, config: NetworkConfig) -> tuple[Tensor, Tensor]:
    """Network input of the guided contract.

    Parameters
    ----------
    crops : (n, frames, 3, crop_size, crop_size, 3) uint8
        Crops by frame and tier (head, face, lip), RGB.
    strips : (n, mel_bands, columns) uint8
        Mel-spectrogram of each window, lowest band first.
    config
        Gives the size of the global image.

    Returns
    -------
    global_image : (n, 3, global_size, global_size) float32
    crops : (n, frames, 3, 3, crop_size, crop_size) float32
    """
    windows, frames = crops.shape[:2]
    places = torch.arange(windows * frames, device=crops.device).view(windows, frames)
    return guided_pictures(crops[:, :, 0].flatten(0, 1), places, strips, config), guided_crops(crops)


def guided_crops(crops: Tensor) -> Tensor:
    """Network input (..., 3, crop_size, crop_size) float32 of crops (..., crop_size, crop_size, 3) uint8, RGB."""
    return _normalise(_channels_first(crops), IMAGENET_MEAN, IMAGENET_STD)


def guided_pictures(heads: Tensor, places: Tensor, strips: Tensor, config: NetworkConfig) -> Tensor:
    """Global images (n, 3, global_size, global_size) float32 of windows that share their frames.

    Parameters
    ----------
    heads : (images, crop_size, crop_size, 3) uint8
        Head crops, RGB.
    places : (n, frames) int64
        The images of each window, by number.
    strips : (n, mel_bands, columns) uint8
        Mel-spectrogram of each window, lowest band first.
    config
        Gives the size of the global image.
    """
    side = config.global_size
    sound = (strips.flip(1).float() / 255).unsqueeze(1)
    upper = _resize(sound, side // 2, side, antialias=True).expand(-1, 3, -1, -1)
    joined = torch.cat(_channels_first(heads)[places].unbind(1), dim=-1)
    lower = _resize(joined, side - side // 2, side, antialias=True)
    return _normalise(torch.cat((upper, lower), dim=2), CLIP_MEAN, CLIP_STD)


def _channels_first(pixels: Tensor) -> Tensor:
    return pixels.movedim(-1, -3).float() / 255


def context_inputs(
    faces: Tensor, moments: Tensor, places: Tensor, motion: Tensor, strips: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Network input of the context contract: floats, channels before rows and columns, values from 0 to 1.

    Parameters
    ----------
    faces : (images, 224, 224, 3) uint8
    moments : (m, 2) int64
        Numbers of the images of a frame and of the next.
    places : (n, frames - 1) int64
    motion : (n, 50, 478, 2) float32
    strips : (n, mel_bands, 200) uint8
    """
    images = faces.permute(0, 3, 1, 2).float() / 255
    return images[moments[:, 0]], images[moments[:, 1]], places, motion, strips.float() / 255


def _resize(images: Tensor, height: int, width: int, *, antialias: bool = False) -> Tensor:
    size = (height, width)
    return functional.interpolate(images, size, mode="bilinear", align_corners=False, antialias=antialias)


def _normalise(images: Tensor, mean: tuple[float, ...], deviation: tuple[float, ...]) -> Tensor:
    shape = (3, 1, 1)
    return (images - images.new_tensor(mean).view(shape)) / images.new_tensor(deviation).view(shape)
