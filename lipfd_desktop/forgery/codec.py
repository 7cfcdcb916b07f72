"""A few frames through a real video encoder, in memory."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

PRESETS: Final = ("ultrafast", "veryfast", "medium")


def recompress_h264(frames: NDArray[np.uint8], crf: int, preset: str = "veryfast") -> NDArray[np.uint8]:
    """The frames after H.264 at a constant rate factor: one key frame, the rest predicted.

    Parameters
    ----------
    frames : (n, h, w, 3) uint8 RGB
    crf
        0 to 51; 18 is called visually lossless, 23 is x264's default.
    preset
        An x264 preset, see :data:`PRESETS`.

    Returns
    -------
    (n, h, w, 3) uint8
    """
    import av

    height, width = frames.shape[1:3]
    # Chroma is stored at half the size, so an odd picture gets one more row or column for the while.
    padded = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    encoder = av.CodecContext.create("libx264", "w")
    encoder.height, encoder.width = padded.shape[1:3]
    encoder.pix_fmt = "yuv420p"
    encoder.framerate = 25  # type: ignore[assignment]
    encoder.thread_count = 1  # the same bytes on every machine
    encoder.options = {"crf": str(crf), "preset": preset, "x264-params": "rc-lookahead=0:sync-lookahead=0:bframes=0"}
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    packets = []
    for number, frame in enumerate(padded):
        picture = av.VideoFrame.from_ndarray(cv2.cvtColor(frame, cv2.COLOR_RGB2YUV_I420), format="yuv420p")
        picture.pts = number
        packets += encoder.encode(picture)
    packets += encoder.encode(None)
    decoded = [picture for packet in packets for picture in decoder.decode(packet)]
    decoded += decoder.decode(None)
    pictures = [cv2.cvtColor(picture.to_ndarray(), cv2.COLOR_YUV2RGB_I420) for picture in decoded]
    return np.asarray(np.stack(pictures)[:, :height, :width], np.uint8)
