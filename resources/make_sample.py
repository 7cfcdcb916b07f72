"""Make ``sample.mp4``: an honest lip-sync forgery of eight seconds, labelled as one.

A public-domain NASA portrait (scikit-image ships it) is animated to the speech of espeak-ng: MediaPipe finds the
landmarks, the lips and the jaw follow the loudness and the formant bands of the sound, the lids blink, the head sways.
Run with ``uv run --group sample python resources/make_sample.py``; ``espeak-ng`` has to be on the PATH.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import matplotlib as mpl
import mediapipe as mp
import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import Delaunay
from skimage.data import astronaut

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]

OUTPUT: Final = Path(__file__).with_name("sample.mp4")
SECONDS: Final = 8.0
FPS: Final = 25
SIZE: Final = (640, 480)
CROP: Final = (80, 14, 288, 216)
"""x, y, width, height of the head and collar in the 512 x 512 portrait; the face becomes about 235 px high."""

SAMPLE_RATE: Final = 48_000
SPEECH_START: Final = 0.5
VOICE: Final = ("-z", "-v", "en-us+f3", "-s", "160", "-p", "45")
TEXT: Final = (
    "This is a synthetic sample. A program moves these lips, and a computer makes this voice. Nobody said these words."
)
TITLE: Final = "Synthetic sample (lip-sync forgery)"
CAPTION: Final = "Synthetic sample: portrait NASA (public domain), speech espeak-ng"
COMMENT: Final = (
    "Synthetic: a lip-sync forgery made by resources/make_sample.py of LipFD Desktop. Portrait: NASA photograph of "
    "Eileen Collins (public domain). Speech: espeak-ng. The person shown never said these words."
)

# Landmark numbers of MediaPipe FaceMesh, from the left corner of the image to the right one.
INNER_UPPER: Final = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
INNER_LOWER: Final = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
EYES: Final = (
    ((33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133)),
    ((362, 398, 384, 385, 386, 387, 388, 466, 263), (362, 382, 381, 380, 374, 373, 390, 249, 263)),
)
"""Upper and lower lid of each eye."""
MOUTH_CORNERS: Final = (61, 291)
CHIN: Final = 152
FOREHEAD: Final = 10
NOSE_BASE: Final = 2
CHEEKS: Final = (234, 454)

BLINKS: Final = (0.9, 2.7, 5.4, 7.4)
"""Seconds of the deepest point of each blink."""


@dataclass(frozen=True, slots=True)
class Performance:
    """What the face does, one value a frame, each (n,)."""

    jaw: Floats
    """0 as in the portrait to 1 wide open."""
    press: Floats
    """1 where the lips meet."""
    purse: Floats
    """Above 0 rounded, below 0 spread."""
    blink: Floats
    """1 where the lids meet."""
    roll: Floats
    """Radians."""
    turn: Floats
    """Sideways shift of the middle of the face against its outline, in pixels."""
    nod: Floats
    """The same downwards."""


def speak() -> Floats:
    """The text in the synthesiser's voice on a faint bed of noise, (SECONDS * SAMPLE_RATE,) within -1..1."""
    with tempfile.TemporaryDirectory() as folder:
        wave = Path(folder) / "speech.wav"
        subprocess.run(["espeak-ng", *VOICE, "-w", str(wave), TEXT], check=True)
        speech, rate = soundfile.read(wave)
    speech = soxr.resample(speech, rate, SAMPLE_RATE)
    start = round(SPEECH_START * SAMPLE_RATE)
    sound = np.random.default_rng(1).normal(0.0, 10 ** (-66 / 20), round(SECONDS * SAMPLE_RATE))
    if start + len(speech) > len(sound):
        raise ValueError(f"the speech lasts {len(speech) / SAMPLE_RATE:.1f} s: too long for {SECONDS:.0f} s of video")
    sound[start : start + len(speech)] += 0.7 * speech / np.abs(speech).max()
    return sound


def smoothstep(values: Floats, low: float, high: float) -> Floats:
    """0 up to ``low``, 1 from ``high`` on, smooth between."""
    ramp = np.clip((values - low) / (high - low), 0.0, 1.0)
    return ramp * ramp * (3.0 - 2.0 * ramp)


def perform(sound: Floats) -> Performance:
    """Read mouth shapes from the sound: loudness and first formant open it, hiss and pauses close it."""
    count = round(SECONDS * FPS)
    times = np.arange(count) / FPS
    span = 2048
    # Around the middle of the time that a frame is shown.
    starts = np.round((times + 0.5 / FPS) * SAMPLE_RATE).astype(int)
    padded = np.pad(sound, (span // 2, span))
    power = np.abs(np.fft.rfft(np.stack([padded[s : s + span] for s in starts]) * np.hanning(span))) ** 2
    frequency = np.fft.rfftfreq(span, 1 / SAMPLE_RATE)

    def band(low: float, high: float) -> Floats:
        return power[:, (frequency >= low) & (frequency < high)].sum(axis=1) + 1e-9

    def centre(low: float, high: float) -> Floats:
        inside = (frequency >= low) & (frequency < high)
        return (power[:, inside] @ frequency[inside]) / band(low, high)

    level = 10 * np.log10(band(150, 8000))
    loud = smoothstep(level, np.percentile(level, 98) - 26, np.percentile(level, 98) - 3)
    speaking = smoothstep(gaussian_filter1d(loud, 4.0), 0.05, 0.25)
    hiss = smoothstep(10 * np.log10(band(3500, 10_000) / band(150, 3500)), -4.0, 6.0)
    formant = smoothstep(centre(200, 1000), 320.0, 640.0)
    bright = smoothstep(centre(800, 2800), 1150.0, 1900.0)

    def settle(values: Floats) -> Floats:
        return gaussian_filter1d(values, 0.7)

    return Performance(
        jaw=settle(loud * (0.25 + 0.75 * formant) * (1.0 - 0.75 * hiss)),
        press=settle(speaking * (1.0 - loud) * (1.0 - hiss)),
        purse=settle(speaking * loud * (0.75 - 1.1 * bright) * (1.0 - hiss)),
        blink=np.exp(-(((times[:, None] - np.array(BLINKS)) / 0.07) ** 4)).sum(axis=1),
        roll=np.radians(1.5 * np.sin(2 * np.pi * times / 5.3) + 0.5 * np.sin(2 * np.pi * times / 2.1 + 1.0)),
        turn=4.5 * np.sin(2 * np.pi * times / 4.4 + 0.6),
        nod=2.0 * np.sin(2 * np.pi * times / 2.9) + 2.5 * gaussian_filter1d(loud, 5.0),
    )


def load_portrait() -> Pixels:
    """The head in the portrait, RGB, at the size of the video."""
    x, y, width, height = CROP
    return cv2.resize(astronaut()[y : y + height, x : x + width], SIZE, interpolation=cv2.INTER_LANCZOS4)


def find_landmarks(portrait: Pixels) -> Floats:
    """(468, 2) landmarks in pixels."""
    with mp.solutions.face_mesh.FaceMesh(static_image_mode=True) as mesh:
        faces = mesh.process(portrait).multi_face_landmarks
    if not faces:
        raise ValueError("MediaPipe finds no face in the portrait")
    return np.array([(point.x, point.y) for point in faces[0].landmark]) * SIZE


class Puppet:
    """The portrait on a mesh: landmarks of the face, and a grid around it that holds the rest still."""

    def __init__(self, portrait: Pixels) -> None:
        self._portrait = portrait
        self._marks = find_landmarks(portrait)
        self._points = np.vstack((self._marks, self._surroundings()))
        self._triangles = Delaunay(self._points).simplices
        self._rows, self._columns = np.mgrid[0 : SIZE[1], 0 : SIZE[0]].astype(np.float64)
        self._face_height = float(self._marks[CHIN, 1] - self._marks[FOREHEAD, 1])
        self._middle = (self._marks[CHIN] + self._marks[FOREHEAD]) / 2
        self._teeth = self._lip_mask(self._marks)

    def _surroundings(self) -> Floats:
        step = 24
        grid = np.stack(
            np.meshgrid(np.arange(-step, SIZE[0] + 2 * step, step), np.arange(-step, SIZE[1] + 2 * step, step))
        )
        nodes = grid.reshape(2, -1).T.astype(np.float64)
        hull = cv2.convexHull(self._marks.astype(np.float32))
        outside = [cv2.pointPolygonTest(hull, (float(x), float(y)), measureDist=True) < -step / 3 for x, y in nodes]
        return nodes[outside]

    def frame(self, act: Performance, index: int) -> Pixels:
        """One picture, RGB."""
        moved = self._points + self._mouth_shift(act.jaw[index], act.press[index], act.purse[index])
        moved[:, 1] += self._lid_shift(act.blink[index])
        face = self._warp(moved)
        face = self._fill_mouth(face, moved, act.jaw[index], act.purse[index])
        return self._move_head(face, act.roll[index], act.turn[index], act.nod[index])

    def _mouth_shift(self, jaw: float, press: float, purse: float) -> Floats:
        """(n, 2) shift of every mesh point; the upper lip hangs from the skull, all below the lip line from the jaw."""
        x, y = self._points.T
        left, right = self._marks[list(MOUTH_CORNERS)]
        half = (right[0] - left[0]) / 2
        across = (x - (left[0] + right[0]) / 2) / half
        upper, lower = self._marks[list(INNER_UPPER)], self._marks[list(INNER_LOWER)]
        upper_y, lower_y = np.interp(x, *upper.T), np.interp(x, *lower.T)
        line, gap = (upper_y + lower_y) / 2, lower_y - upper_y
        below = y > line
        down = (y - line) / (self._marks[CHIN, 1] - lower[len(lower) // 2, 1])
        up = (line - y) / (upper[len(upper) // 2, 1] - self._marks[NOSE_BASE, 1])

        face_width = self._marks[CHEEKS[1], 0] - self._marks[CHEEKS[0], 0]
        lip_bow = np.clip(1.0 - across**2, 0.0, None) ** 0.55
        jaw_bow = np.exp(-((across * half / (0.36 * face_width)) ** 2))
        blend = smoothstep(down, 0.1, 0.7)
        drop = 0.105 * self._face_height * jaw
        lowered = drop * ((1.0 - blend) * lip_bow + blend * jaw_bow) * (1.0 - smoothstep(down, 1.05, 1.9))
        raised = -0.08 * drop * lip_bow * (1.0 - smoothstep(up, 0.1, 1.0))
        met = (
            press
            * gap
            * np.where(below, -0.5 * (1 - smoothstep(down, 0.2, 0.9)), 0.42 * (1 - smoothstep(up, 0.2, 1.0)))
        )
        shift_y = np.where(below, lowered, raised) + met

        inwards = 0.20 * max(purse, 0.0) + 0.07 * min(purse, 0.0) + 0.10 * jaw + 0.05 * press
        reach = across * (1.0 - smoothstep(np.abs(across), 0.9, 2.2))
        near = np.exp(-(((y - line) / (0.22 * self._face_height)) ** 2))
        return np.stack((-inwards * half * reach * near, shift_y), axis=1)

    def _lid_shift(self, blink: float) -> Floats:
        """(n,) downward shift that lays each upper lid on the lower one; the skin up to the brow stretches after it."""
        x, y = self._points.T
        shift = np.zeros(len(x))
        for upper, lower in EYES:
            lid, floor = self._marks[list(upper)], self._marks[list(lower)]
            lid_y, floor_y = np.interp(x, *lid.T), np.interp(x, *floor.T)
            above = (lid_y - y) / (lid[-1, 0] - lid[0, 0])
            stretch = np.where(above > -0.01, np.clip(1.0 - above / 0.45, 0.0, 1.0), 0.0)
            shift += 0.95 * blink * (floor_y - lid_y) * stretch
        return shift

    def _warp(self, moved: Floats) -> Pixels:
        """Draw the portrait with its mesh points moved: one affine map a triangle, looked up by pixel."""
        owner = np.zeros(SIZE[::-1], np.int32)
        corners = moved[self._triangles]
        for number, corner in enumerate(np.round(corners * 16).astype(np.int32)):
            cv2.fillConvexPoly(owner, corner, number, shift=4)
        ones = np.ones((len(corners), 3, 1))
        to_source = np.linalg.pinv(np.concatenate((corners, ones), axis=2)) @ self._points[self._triangles]
        here = np.stack((self._columns, self._rows, np.ones_like(self._rows)), axis=-1)
        source = np.einsum("yxi,yxij->yxj", here, to_source[owner]).astype(np.float32)
        source = cv2.GaussianBlur(source, (0, 0), 1.2)  # rounds the creases between triangles
        return cv2.remap(self._portrait, source, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)

    def _lip_mask(self, points: Floats) -> Floats:
        """(height, width) 1 between the lips, with a soft edge."""
        outline = points[[*INNER_UPPER, *INNER_LOWER[-2:0:-1]]]
        mask = np.zeros(SIZE[::-1], np.float32)
        cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], 1.0, lineType=cv2.LINE_AA, shift=4)
        return cv2.GaussianBlur(mask, (0, 0), 1.1).astype(np.float64)

    def _fill_mouth(self, face: Pixels, moved: Floats, jaw: float, purse: float) -> Pixels:
        """Put the portrait's own upper teeth, which stay with the skull, before a dark cavity with a tongue."""
        floor = moved[INNER_LOWER[len(INNER_LOWER) // 2]]
        depth = np.exp(-(((self._columns - floor[0]) / 26) ** 2) - ((self._rows - floor[1] - 3) / 9) ** 2)
        cavity = np.array((38.0, 16.0, 17.0)) + depth[..., None] * np.array((92.0, 42.0, 44.0))
        shade = 1.0 - 0.05 * jaw - 0.12 * max(purse, 0.0)
        teeth = self._teeth[..., None]
        inside = teeth * shade * self._portrait + (1.0 - teeth) * cavity
        # Where nothing has moved, the portrait's own mouth is the best one.
        opened = self._lip_mask(moved)[..., None] * min(1.0, 4.0 * abs(jaw) + 2.0 * abs(purse))
        return np.clip(opened * inside + (1.0 - opened) * face, 0, 255).astype(np.uint8)

    def _move_head(self, face: Pixels, roll: float, turn: float, nod: float) -> Pixels:
        """Roll the head about the neck and turn it a little, fading out into the still background."""
        x, y = self._columns, self._rows
        height = self._face_height
        distance = np.hypot((x - self._middle[0]) / 1.0, (y - self._middle[1] + 0.12 * height) / 1.1) / height
        head = 1.0 - smoothstep(distance, 0.72, 1.15)
        pivot_x, pivot_y = self._middle[0], self._marks[CHIN, 1] + 0.35 * height
        away_x, away_y = x - pivot_x, y - pivot_y
        relief = np.exp(-((distance / 0.5) ** 2))
        source_x = x + head * (away_x * (np.cos(roll) - 1) + away_y * np.sin(roll)) - turn * (relief + 0.6 * head)
        source_y = y + head * (away_y * (np.cos(roll) - 1) - away_x * np.sin(roll)) - nod * (relief + 0.4 * head)
        maps = np.stack((source_x, source_y), axis=-1).astype(np.float32)
        return cv2.remap(face, maps, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def draw_caption() -> Floats:
    """(height, width, 4) RGBA within 0..1: white text on a dark strip at the bottom."""
    layer = Image.new("RGBA", SIZE)
    draw = ImageDraw.Draw(layer)
    font = ImageFont.truetype(str(Path(mpl.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"), 14)
    draw.rectangle((0, SIZE[1] - 26, SIZE[0], SIZE[1]), fill=(0, 0, 0, 170))
    draw.text((SIZE[0] / 2, SIZE[1] - 13), CAPTION, font=font, fill=(255, 255, 255, 255), anchor="mm")
    return np.asarray(layer, np.float64) / 255


def render(sound: Floats) -> Iterator[Pixels]:
    """The pictures, RGB, with a little grain so that the still background does not give the trick away."""
    act = perform(sound)
    puppet = Puppet(load_portrait())
    caption = draw_caption()
    noise = np.random.default_rng(2)
    for index in range(len(act.jaw)):
        picture = puppet.frame(act, index) + noise.normal(0.0, 1.2, (*SIZE[::-1], 1))
        picture += caption[..., 3:] * (255 * caption[..., :3] - picture)
        yield np.clip(picture, 0, 255).astype(np.uint8)


def write(sound: Floats, path: Path) -> None:
    """Encode H.264 and AAC on one thread, so that the same libraries give the same bytes."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        container.metadata.update({"title": TITLE, "comment": COMMENT})
        video = container.add_stream("libx264", rate=FPS, options={"crf": "22", "preset": "slow", "threads": "1"})
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        audio = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        audio.bit_rate = 96_000
        for index, picture in enumerate(render(sound)):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        samples = av.AudioFrame.from_ndarray(sound.astype(np.float32)[None], "fltp", "mono")
        samples.sample_rate, samples.pts, samples.time_base = SAMPLE_RATE, 0, Fraction(1, SAMPLE_RATE)
        container.mux(audio.encode(samples))
        container.mux(audio.encode(None))


if __name__ == "__main__":
    write(speak(), OUTPUT)
    print(f"{OUTPUT}: {OUTPUT.stat().st_size:,} bytes")
