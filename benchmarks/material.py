"""The bundled sample in memory, ready to be cut into windows, and the line from its frames to scores.

Windows are cut and batched by the parts that an analysis uses, so that what is timed is what runs.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final, Self

from memory_by_length import SAMPLE

from lipfd_desktop.cancellation import never
from lipfd_desktop.engine.batches import batches, score_batch
from lipfd_desktop.engine.opening import OpenFile, listen
from lipfd_desktop.media.audio import read_audio
from lipfd_desktop.media.frames import read_frames
from lipfd_desktop.network.config import CompactConfig, ModelConfig
from lipfd_desktop.network.scorer import Remembered, Scorer
from lipfd_desktop.result import AnalysisRequest, InputContract
from lipfd_desktop.tracks.detector import FaceDetector
from lipfd_desktop.tracks.follow import TrackedFrame, follow_faces
from lipfd_desktop.windows.assemble import Window, assemble_windows
from lipfd_desktop.windows.context import ContextContract, MotionHistory, with_context
from lipfd_desktop.windows.contracts import Contract, GuidedContract, OfficialContract
from lipfd_desktop.windows.mel import GUIDED_MEL
from lipfd_desktop.windows.official import WAV_RATE, OfficialSpectrogram, build_official_spectrogram
from lipfd_desktop.windows.plan import make_plan

FRAMES_A_TURN: Final = 25


@dataclass(frozen=True, slots=True)
class Material:
    """A decoded, followed and heard video."""

    path: Path
    opened: OpenFile
    tracked: list[TrackedFrame]
    spectrogram: OfficialSpectrogram

    @classmethod
    def load(cls, path: Path = SAMPLE) -> Self:
        opened = OpenFile.open(path, is_cancelled=never)
        with read_frames(path, frame_times=opened.frame_times) as reader, FaceDetector() as detector:
            tracked = list(follow_faces(reader, detector))
        return cls(path, opened, tracked, _draw(path))

    def contract(self, config: ModelConfig) -> Contract[Any]:
        """As an analysis chooses it."""
        mel = self.opened.require_sound().mel
        if isinstance(config, CompactConfig):
            return ContextContract(mel)
        if config.input_contract is InputContract.GUIDED:
            return GuidedContract(mel, side=config.region.crop_size, columns=4 * config.window_frames)
        return OfficialContract(self.spectrogram, frames_total=len(self.tracked))

    def windows(self, config: ModelConfig, stride: int) -> Generator[Window]:
        """Windows in time order; frames become pixels when a window asks for them."""
        opened, contract = self.opened, self.contract(config)
        request = AnalysisRequest(path=self.path, stride=stride)
        plan = make_plan(request, opened.frame_times, window_frames=config.window_frames, seconds_per_window=0.0)
        extent = opened.require_sound().extent
        history = MotionHistory(config.window_frames) if contract.look_around else None
        frames = iter(self.tracked) if history is None else history.watch(self.tracked)
        cut = assemble_windows(frames, contract, plan, opened.frame_times, sound=(extent.start, extent.end))
        yield from cut if history is None else with_context(cut, history)


class Preparation:
    """What happens once a frame or once a file, some of it a turn; every method says the seconds a frame."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._decoded = self._decode()
        self._followed = self._follow()

    def close(self) -> None:
        self._decoded.close()
        self._followed.close()

    def decode(self) -> float:
        return self._some(self._decoded)

    def landmarks(self) -> float:
        return self._some(self._followed)

    def mel(self) -> float:
        """The sound once from end to end, for the spectrogram of the window and of two contracts."""
        began = perf_counter()
        listen(self._material.opened.info, bands=GUIDED_MEL.bands, is_cancelled=never)
        return (perf_counter() - began) / len(self._material.tracked)

    def official_mel(self) -> float:
        """What the official contract needs besides."""
        began = perf_counter()
        _draw(self._material.path)
        return (perf_counter() - began) / len(self._material.tracked)

    def _some(self, frames: Generator[object]) -> float:
        began = perf_counter()
        for _ in range(FRAMES_A_TURN):
            next(frames)
        return (perf_counter() - began) / FRAMES_A_TURN

    def _decode(self) -> Generator[object]:
        while True:
            with read_frames(self._material.path, frame_times=self._material.opened.frame_times) as reader:
                yield from reader

    def _follow(self) -> Generator[object]:
        frames = [tracked.frame for tracked in self._material.tracked]
        with FaceDetector() as detector:
            while True:
                yield from follow_faces(frames, detector)


def _draw(video: Path) -> OfficialSpectrogram:
    return build_official_spectrogram(lambda: read_audio(video, sample_rate=WAV_RATE))


class Line:
    """Batch after batch of windows of one material through one scorer; begins anew at the end.

    Attributes
    ----------
    logits, scores
        Of every window scored so far, by its first frame.
    """

    def __init__(self, material: Material, scorer: Scorer, *, stride: int) -> None:
        self.scorer = scorer
        self.logits: dict[int, float] = {}
        self.scores: dict[int, float] = {}
        self._material = material
        self._stride = stride
        self._remembered = Remembered()
        self._batches = self._begin()

    def seconds_per_window(self) -> float:
        """Make and score the next batch, and say how long a window of it took, from decoded frames to scores."""
        batch, made = self.make()
        return (made + self.score(batch)) / len(batch)

    def make(self) -> tuple[list[Window], float]:
        """The next full batch of windows, and the seconds that it took to make."""
        began = perf_counter()
        batch = next(self._batches, [])
        if len(batch) < self.scorer.batch_size:
            self._batches = self._begin()
            first = next(self._batches)  # waits for frames that all later ones share: it would tell nothing
            began = perf_counter()
            batch = next(self._batches, first)
        return batch, perf_counter() - began

    def score(self, batch: list[Window]) -> float:
        """Score a batch, and say how many seconds it took."""
        began = perf_counter()
        raw = score_batch(self.scorer, batch, self._remembered)
        took = perf_counter() - began
        if raw is None or len(raw.logit) != len(batch):
            raise SystemExit("the sample shows a face in every frame, and yet a window was not scored")
        for window, logit, score in zip(batch, raw.logit, raw.score, strict=True):
            self.logits[window.time.first_frame] = float(logit)
            self.scores[window.time.first_frame] = float(score)
        return took

    def _begin(self) -> Generator[list[Window]]:
        windows = self._material.windows(self.scorer.config, self._stride)
        yield from batches(windows, self.scorer.batch_size)
