"""The LipFD authors' way from a video to the score of a window, step by step, as the rival that ours is measured with.

Written from a description of their published code (github.com/AaronComo/LipFD, commit 3ed140a), none of which is
copied: https://arxiv.org/abs/2410.06126, section 4, and docs/contracts.md say what is computed.  How it is computed,
once a file:

- the sound as a mono 16 kHz WAV file; ``librosa.load`` at its default rate; mel-spectrogram; dB relative to the least;
  drawn into a PNG with ``imsave``, read back, multiplied by 255;

and once a window:

- five frames squeezed to 500x500, the columns of the spectrogram stretched to 2500x500, both in one picture of
  1000x2500 that ``imsave`` writes as a PNG and OpenCV reads back;
- the whole picture resized for the global branch; fifteen crops resized one by one;
- the image encoder on a batch of one, in fp32;
- a Python loop over the fifteen crops: each alone through the backbone, joined with the global feature, and weighted.

The weights, and the modules that hold them, are those of our own network: PyTorch's, torchvision's and open_clip's
layers, called one after the other in the memory order that they come in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from lipfd_desktop.media.audio import read_audio
from lipfd_desktop.network.inputs import FACE_SLICE, LIP_SLICE
from lipfd_desktop.network.model import LipFD
from lipfd_desktop.windows.official import FRAME_SIDE, WAV_RATE

WINDOW_FRAMES: Final = 5

Picture = NDArray[np.uint8]


def read_frames_with_opencv(video: Path) -> list[Picture]:
    """All frames of a file, BGR."""
    capture = cv2.VideoCapture(str(video))
    frames: list[Picture] = []
    while True:
        there, frame = capture.read()
        if not there:
            capture.release()
            return frames
        frames.append(np.asarray(frame, np.uint8))


def draw_spectrogram(video: Path, folder: Path) -> Picture:
    """(128, columns, 3) RGB: the coloured mel-spectrogram of a file, through a WAV file and a PNG file."""
    import librosa
    import matplotlib.pyplot as plt
    import soundfile

    wav, png = folder / "sound.wav", folder / "mel.png"
    samples = np.concatenate([chunk.samples for chunk in read_audio(video, sample_rate=WAV_RATE)])
    # The authors let FFmpeg write the file, whose 16-bit samples are these.
    sixteen_bit = np.clip(np.rint(samples * 32768), -32768, 32767).astype(np.int16)
    soundfile.write(wav, sixteen_bit, WAV_RATE, subtype="PCM_16")
    loaded, rate = librosa.load(wav)
    mel = librosa.power_to_db(librosa.feature.melspectrogram(y=loaded, sr=rate), ref=np.min)
    plt.imsave(png, mel)
    return np.asarray((plt.imread(png)[:, :, :3] * 255).astype(np.uint8))


class AuthorsMethod:
    """Scores windows of one video, one at a time.

    Parameters
    ----------
    model
        The official network, as it comes from its file.
    frames
        Of the video, BGR, at their own size.
    spectrogram
        From :func:`draw_spectrogram`.
    folder
        Where the PNG file of a window is written.
    """

    def __init__(self, model: LipFD, frames: list[Picture], spectrogram: Picture, folder: Path) -> None:
        self._model = model.eval()
        self._frames = frames
        self._spectrogram = spectrogram
        self._png = folder / "window.png"

    def logit(self, first_frame: int) -> float:
        """Logit of the window of five frames that begins with this one."""
        self._write_composite(first_frame)
        with torch.inference_mode():
            global_image, crops = self._read_inputs()
            return self._run_network(global_image, crops)

    def _write_composite(self, first_frame: int) -> None:
        import matplotlib.pyplot as plt

        columns, total = self._spectrogram.shape[1], len(self._frames)
        left = round(first_frame * columns / total)
        right = round((first_frame + WINDOW_FRAMES) * columns / total)
        strip = cv2.resize(self._spectrogram[:, left:right], (FRAME_SIDE * WINDOW_FRAMES, FRAME_SIDE))
        shown = self._frames[first_frame : first_frame + WINDOW_FRAMES]
        squeezed = [cv2.cvtColor(cv2.resize(one, (FRAME_SIDE, FRAME_SIDE)), cv2.COLOR_BGR2RGB) for one in shown]
        plt.imsave(self._png, np.concatenate((strip, np.concatenate(squeezed, axis=1)), axis=0))

    def _read_inputs(self) -> tuple[Tensor, list[list[Tensor]]]:
        """The global image, and the crops by tier and frame: raw BGR values."""
        config = self._model.config
        picture = torch.from_numpy(cv2.imread(str(self._png))).permute(2, 0, 1).float()[None]
        size = config.region.crop_size
        heads = [
            _resized(picture[:, :, FRAME_SIDE:, shift : shift + FRAME_SIDE], size) for shift in range(WINDOW_FRAMES)
        ]
        inner = []
        for begin, end in (FACE_SLICE, LIP_SLICE):
            part = slice(round(begin * size / 224), round(end * size / 224))
            inner.append([_resized(head[:, :, part, part], size) for head in heads])
        return _resized(picture, config.global_size), [heads, *inner]

    def _run_network(self, global_image: Tensor, crops: list[list[Tensor]]) -> float:
        model: Any = self._model  # torch does not tell the types of a module's parts
        feature = model.encoder.visual(model.conv1(global_image))
        pooled = []
        for frame in range(WINDOW_FRAMES):
            joined, weights = [], []
            for tier in crops:
                both = torch.cat((_backbone_features(model.backbone, tier[frame]), feature), dim=1)
                joined.append(both)
                weights.append(model.backbone.get_weight(both))
            shares = torch.stack(weights).softmax(dim=0)
            pooled.append((torch.stack(joined) * shares).sum(dim=0))
        return float(model.backbone.fc(torch.stack(pooled).mean(dim=0)))


def _backbone_features(backbone: Any, crop: Tensor) -> Tensor:
    """The residual network up to its average pooling, layer after layer."""
    hidden = crop
    for name, layer in backbone.named_children():
        hidden = layer(hidden)
        if name == "avgpool":
            break
    return hidden.flatten(1)


def _resized(picture: Tensor, side: int) -> Tensor:
    """A square, bilinear without antialias, as torchvision 0.16 resizes tensors."""
    return functional.interpolate(picture, (side, side), mode="bilinear", align_corners=False)
