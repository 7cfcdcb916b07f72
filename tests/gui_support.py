"""A scripted engine for the window: real frames, made-up analysis, the same numbers every time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.errors import Cancelled, ExportError, MediaError
from lipfd_desktop.media.digest import sha256_of
from lipfd_desktop.media.info import AudioStream, MediaInfo, VideoStream
from lipfd_desktop.report.details import NO_DETAILS, ReportDetails
from lipfd_desktop.result import (
    TIERS,
    WHOLE_PICTURE,
    AnalysisRequest,
    AnalysisResult,
    Coverage,
    DeviceInfo,
    FacePath,
    FacesFollowed,
    FaceTrack,
    InputContract,
    MelTrack,
    ModelInfo,
    Notice,
    Noticed,
    OpenedMedia,
    Plan,
    Previewed,
    ProgressEvent,
    Reason,
    SeenSound,
    SeenTier,
    SeenWindow,
    Started,
    WaveTrack,
    WindowScore,
    WindowScores,
    WindowsScored,
)
from lipfd_desktop.verdict import decide, summarise_faces
from tests.scores_support import RULE, make_scores

FRAMES = 5
MODEL = ModelInfo(
    name="scripted",
    sha256="5c" * 32,
    input_contract=InputContract.GUIDED,
    path=Path("scripted.safetensors"),
    licence="MIT",
    source="a test",
)
OFFICIAL = replace(MODEL, name="official", sha256="0f" * 32, input_contract=InputContract.OFFICIAL, threshold=0.4)
LISTENING = replace(MODEL, name="listening", sha256="11" * 32, input_contract=InputContract.CONTEXT, rule=RULE)
"""A calibrated model that answers both questions."""
UNTRAINED = ModelInfo(
    name="random", sha256="00" * 32, input_contract=InputContract.GUIDED, path=Path("random.pth"), trained=False
)


@dataclass(frozen=True)
class Published:
    name: str = "LipFD (authors)"
    source: str = "https://github.com/AaronComo/LipFD"
    size: str = "1.7 GB"
    checksum_note: str = "no checksum was published"
    licence: str = "not stated"
    notes: tuple[str, ...] = ("Official input contract; trained on AVLips.",)


def write_video(path: Path, *, seconds: float = 3.0, fps: int = 25, start: float = 0.0, size: int = 160) -> Path:
    """A small H.264 file whose picture tells its frame: a bar that moves four pixels a frame."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "20", "g": "25"})
        stream.width, stream.height, stream.pix_fmt = size, size * 3 // 4, "yuv420p"
        sound = container.add_stream("aac", rate=16000, layout="mono")
        for i in range(round(seconds * fps)):
            pixels = np.full((stream.height, size, 3), 40, np.uint8)
            pixels[:, (4 * i) % size : (4 * i) % size + 8] = (220, 60 + i % 160, 30)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = i + round(start * fps)
            container.mux(stream.encode(frame))
        tone = (0.2 * np.sin(np.arange(round(seconds * 16000)) * 0.2)).astype(np.float32)
        for first in range(0, len(tone) - 1023, 1024):
            block = av.AudioFrame.from_ndarray(tone[None, first : first + 1024], format="fltp", layout="mono")
            block.sample_rate, block.pts = 16000, first + round(start * 16000)
            container.mux(sound.encode(block))
        container.mux(stream.encode(None))
        container.mux(sound.encode(None))
    return path


def score_at(pts: float) -> float:
    """Two humps a few seconds apart on a low floor."""
    return float(0.12 + 0.05 * np.sin(9 * pts) + 0.8 * np.exp(-(((pts % 2.5) - 1.2) ** 2) / 0.08))


@dataclass(frozen=True)
class Kept:
    results: int
    folder: Path = Path("/nowhere/results")

    @property
    def bytes(self) -> int:
        return self.results * 1_500_000


@dataclass
class ScriptedEngine:
    """Numbers follow from time alone; under the official contract they belong to the whole picture.

    More than one of ``faces`` have the same boxes and scores.  ``gate`` and ``export_gate``, when given, are waited for
    before every batch and every report, so that a test can stop the engine where it likes.
    """

    models: tuple[ModelInfo, ...] = (MODEL,)
    faces: int = 1
    batch: int = 8
    pause: float = 0.0
    gate: threading.Semaphore | None = None
    export_gate: threading.Semaphore | None = None
    blind: tuple[float, float] = (1.9, 2.3)
    """Seconds from the first frame in which no face is seen."""
    failure: Exception | None = None
    exported: list[Path] = field(default_factory=list)
    results: list[AnalysisResult] = field(default_factory=list)
    details: list[ReportDetails] = field(default_factory=list)
    requests: list[AnalysisRequest] = field(default_factory=list)
    anew: list[bool] = field(default_factory=list)
    kept: int = 2
    previews: bool = False
    """Whether a first look is told before the windows."""
    from_cache: bool = False
    """Whether results are taken from what is kept, unless they are asked for anew."""
    looked: list[int] = field(default_factory=list)
    """First frames of the windows whose pictures were asked for."""
    unseen: str = ""
    """Why no window can be shown, if so."""
    threads: set[int] = field(default_factory=set)

    def open(self, path: Path, *, is_cancelled: Callable[[], bool] = lambda: False) -> OpenedMedia:
        self.threads.add(threading.get_ident())
        try:
            with av.open(str(path)) as container:
                stream = container.streams.video[0]
                times = np.array([float(frame.time) for frame in container.decode(stream)])
                info = _info(path, container)
        except (av.FFmpegError, OSError, IndexError):
            raise MediaError(path, "this is not a video that can be read; choose another file.") from None
        mel, wave = (_mel(info), _wave(info)) if info.audio else (None, None)
        return OpenedMedia(info, times, mel, sha256=sha256_of(path), wave=wave)

    def kept_results(self) -> Kept:
        return Kept(self.kept)

    def forget_results(self) -> int:
        deleted, self.kept = self.kept, 0
        return deleted

    def installed_models(self) -> list[ModelInfo]:
        return list(self.models)

    def default_model(self) -> ModelInfo | None:
        return self.models[0] if self.models else None

    def catalogue(self) -> tuple[Published, ...]:
        return (Published(),)

    def import_model(self, path: Path, *, is_cancelled: Callable[[], bool] = lambda: False) -> ModelInfo:
        self.models = (*self.models, MODEL)
        return MODEL

    def devices(self) -> list[DeviceInfo]:
        return [DeviceInfo("auto", "cpu", "picks the best"), DeviceInfo("cpu", "cpu", "2 cores, AVX-512")]

    def still(self, path: Path, pts: float) -> NDArray[np.uint8]:
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                if frame.time is not None and frame.time >= pts - 1e-3:
                    return frame.to_ndarray(format="rgb24")
        raise MediaError(path, "has no frame there.")

    def look(
        self, result: AnalysisResult, window: WindowScore, *, is_cancelled: Callable[[], bool] = lambda: False
    ) -> SeenWindow:
        """Crops whose grey tells frame and tier: 40 times the tier more than the frame's ordinal."""
        self.threads.add(threading.get_ident())
        self.looked.append(window.first_frame)
        if self.unseen:
            raise MediaError(result.media.path, self.unseen)
        frames = np.arange(window.first_frame, window.first_frame + FRAMES)
        contract = result.model.input_contract
        official = contract is InputContract.OFFICIAL
        sources = np.full(FRAMES, frames[0]) if official else frames
        grey = (sources % 100).astype(np.uint8)[:, None, None, None]
        corners = np.array([[0, 0], [40, 0], [40, 40], [0, 40]], float)
        return SeenWindow(
            contract=contract,
            frames=frames,
            pts=window.start + 0.04 * np.arange(FRAMES),
            tiers=tuple(
                SeenTier(name, np.tile(grey + 40 * place, (1, 16, 16, 3)).astype(np.uint8), sources,
                         np.tile(corners, (FRAMES, 1, 1)))
                for place, name in enumerate(TIERS)
            ),
            sound=SeenSound(np.full((80, 20), 128, np.uint8), window.start, window.end),
            wholes=np.zeros((FRAMES, 20, 20, 3), np.uint8) if official else None,
            looked_at=12 if contract is InputContract.CONTEXT else None,
            is_exact=True,
        )  # fmt: skip

    def spectrogram(
        self, path: Path, *, bands: int, is_cancelled: Callable[[], bool] = lambda: False
    ) -> MelTrack | None:
        self.threads.add(threading.get_ident())
        info = self.open(path).info
        return _mel(info, bands) if info.audio else None

    def export(
        self,
        result: AnalysisResult,
        path: Path,
        *,
        details: ReportDetails = NO_DETAILS,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        if path.suffix not in (".png", ".pdf", ".html", ".json", ".csv"):
            raise ExportError(f"{path.name}: choose a name that ends in .png, .pdf, .html, .json or .csv.")
        while self.export_gate is not None and not self.export_gate.acquire(timeout=0.01):
            if is_cancelled():
                raise Cancelled
        self.exported.append(path)
        self.results.append(result)
        self.details.append(details)
        path.write_text(result.verdict.label)

    def analyze(
        self,
        request: AnalysisRequest,
        *,
        model: ModelInfo,
        on_progress: Callable[[ProgressEvent], None],
        is_cancelled: Callable[[], bool],
        anew: bool = False,
    ) -> AnalysisResult:
        self.requests.append(request)
        self.anew.append(anew)
        self.threads.add(threading.get_ident())
        began = time.perf_counter()
        media = self.open(request.path)
        start, end = request.time_range or (float(media.frame_times[0]), float(media.frame_times[-1]) + 0.04)
        ordinals = np.flatnonzero((media.frame_times >= start - 1e-6) & (media.frame_times < end - 1e-6))
        stride = request.stride or 1
        firsts = ordinals[: len(ordinals) - FRAMES + 1 : stride]
        plan = Plan(start, end, len(ordinals), FRAMES, stride, request.stride is None, len(firsts))
        device = DeviceInfo(request.device, "cpu", "CPU, 2 cores")
        on_progress(Started(plan, model, device))
        on_progress(Noticed(Notice("scripted", "These numbers are scripted.")))
        if self.previews:
            on_progress(Previewed(make_scores([(0, 1, 0.4)])))
        track = _track(media, ordinals, self.blind)
        tracks = [replace(track, id=face) for face in range(1, 1 + self.faces) if request.face in (None, face)]
        whole = model.input_contract is InputContract.OFFICIAL
        owners = [WHOLE_PICTURE] if whole else [own.id for own in tracks]
        parts: list[WindowScores] = []
        cancelled = False
        for begin in range(0, len(firsts), self.batch):
            if self.failure is not None and begin:
                raise self.failure
            while self.gate is not None and not is_cancelled():
                if self.gate.acquire(timeout=0.01):
                    break
            if is_cancelled():
                cancelled = True
                break
            one = _windows(media, track, firsts, begin, min(begin + self.batch, len(firsts)))
            part = WindowScores.concatenate([_owned(one, owner) for owner in owners])
            if model.input_contract is InputContract.CONTEXT:
                part = _with_questions(part, silent_from=end - 1.0)
            parts.append(part)
            seen = (track.frames >= part.first_frame[0]) & (track.frames < part.first_frame[-1] + FRAMES)
            for own in tracks:
                face = np.full(int(seen.sum()), own.id)
                on_progress(FacesFollowed(own.pts[seen], face, own.boxes[seen], own.lips[seen], own.paths[seen]))
            time.sleep(self.pause)
            on_progress(WindowsScored(part, begin + len(one), len(firsts), time.perf_counter() - began))
        scores = WindowScores.concatenate(parts)
        threshold = model.threshold if request.threshold is None else request.threshold
        return AnalysisResult(
            request=request,
            media=media.info,
            sha256=media.sha256,
            model=model,
            device=device,
            plan=plan,
            threshold=threshold,
            from_cache=self.from_cache and not anew,
            versions={"scripted": "1"},
            started_at=datetime.now(UTC).isoformat(),
            processing_time=time.perf_counter() - began,
            tracks=tuple(tracks),
            faces=summarise_faces(tracks, scores),
            scores=scores,
            coverage=Coverage(
                frames_total=len(ordinals),
                frames_by_path={path.label: int((track.paths == path).sum()) for path in FacePath},
                windows_total=len(firsts),
                windows_analysed=len(np.unique(scores.index[scores.analysed])),
                windows_by_reason={},
                seconds_total=end - start,
                seconds_analysed=0.0,
                complete=not cancelled,
            ),
            verdict=decide(
                scores, model=model, threshold=threshold, window_frames=FRAMES, tracks=tracks, cancelled=cancelled
            ),
            notices=(Notice("scripted", "These numbers are scripted."),),
            cancelled=cancelled,
        )


def _info(path: Path, container: av.container.InputContainer) -> MediaInfo:
    video = container.streams.video[0]
    sounds = container.streams.audio
    audio = None
    if sounds:
        audio = AudioStream(
            index=sounds[0].index,
            codec=sounds[0].codec_context.name,
            profile=None,
            sample_rate=sounds[0].codec_context.sample_rate,
            channels=sounds[0].codec_context.channels,
            layout=sounds[0].codec_context.layout.name,
            start=float((sounds[0].start_time or 0) * sounds[0].time_base),
            duration=None,
            bit_rate=sounds[0].codec_context.bit_rate,
        )
    return MediaInfo(
        path=path,
        size_bytes=path.stat().st_size,
        modified="2026-01-01T00:00:00+00:00",
        format_name=container.format.name,
        start_time=(container.start_time or 0) / 1e6,
        duration=(container.duration or 0) / 1e6,
        bit_rate=container.bit_rate,
        video=VideoStream(
            index=video.index,
            codec=video.codec_context.name,
            profile=video.profile,
            width=video.width,
            height=video.height,
            rotation=0,
            pixel_format=video.codec_context.pix_fmt,
            sample_aspect_ratio="1:1",
            average_fps=float(video.average_rate or 25),
            time_base=str(video.time_base),
            start=float((video.start_time or 0) * video.time_base),
            duration=None,
            declared_frames=video.frames or None,
            bit_rate=video.codec_context.bit_rate,
        ),
        audio=audio,
        streams=len(container.streams),
        tags=dict(container.metadata),
    )


def _wave(info: MediaInfo) -> WaveTrack:
    """Half of full scale, with one bin of full scale a second in."""
    high = np.full(round(info.duration / 0.004), 64, np.int8)
    high[250:251] = 127
    return WaveTrack(info.start_time, 0.004, -high, high)


def _mel(info: MediaInfo, bands: int = 80) -> MelTrack:
    columns = max(1, round(info.duration / 0.01))
    frequencies = np.geomspace(80, 8000, bands)
    across, up = np.meshgrid(np.arange(columns), np.arange(bands))
    levels = 90 + 60 * np.sin(across / 17) * np.cos(up / 9 + across / 40) + 70 * np.exp(-up / 25)
    return MelTrack(info.start_time, 0.01, frequencies, levels.clip(0, 255).astype(np.uint8))


def _track(media: OpenedMedia, ordinals: NDArray[np.intp], blind: tuple[float, float]) -> FaceTrack:
    pts = media.frame_times[ordinals]
    seen = ~((pts - media.frame_times[0] >= blind[0]) & (pts - media.frame_times[0] < blind[1]))
    frames, pts = ordinals[seen], pts[seen]
    width, height = media.info.video.width, media.info.video.height
    sway = np.sin(pts * 2) * width * 0.02
    boxes = np.column_stack(
        [width * 0.32 + sway, np.full_like(pts, height * 0.2), np.full_like(pts, width * 0.36),
         np.full_like(pts, height * 0.7)]
    ).astype(np.float32)  # fmt: skip
    lips = np.column_stack(
        [width * 0.43 + sway, np.full_like(pts, height * 0.54), np.full_like(pts, width * 0.14),
         np.full_like(pts, height * 0.07)]
    ).astype(np.float32)  # fmt: skip
    paths = np.full(len(pts), FacePath.DETECTED, np.uint8)
    paths[10:14] = FacePath.INTERPOLATED
    paths[20:26] = FacePath.FALLBACK
    return FaceTrack(1, frames.astype(np.int64), pts, boxes, lips, paths)


def _owned(scores: WindowScores, owner: int) -> WindowScores:
    return replace(scores, face=np.where(scores.face == WHOLE_PICTURE, WHOLE_PICTURE, owner))


def _with_questions(scores: WindowScores, *, silent_from: float) -> WindowScores:
    """As from a model that hears foreign sound in a flawless picture, and cannot tell once it is silent."""
    heard = np.where(scores.start < silent_from, scores.score**0.2, np.nan).astype(np.float32)
    return replace(scores, generated=(0.1 * scores.score).astype(np.float32), foreign_sound=heard)


def _windows(media: OpenedMedia, track: FaceTrack, firsts: NDArray[np.intp], begin: int, stop: int) -> WindowScores:
    first = firsts[begin:stop]
    times = np.append(media.frame_times, media.frame_times[-1] + 0.04)
    ends = times[first + FRAMES]
    held = np.array([np.isin(np.arange(i, i + FRAMES), track.frames).sum() for i in first])
    analysed = held == FRAMES
    middles = (times[first] + ends) / 2 - times[0]
    score = np.where(analysed, [score_at(t) for t in middles], np.nan).astype(np.float32)
    lip = 0.34 + 0.05 * np.sin(3 * middles)[:, None] + 0.004 * np.arange(FRAMES)
    weights = np.stack([0.62 - lip, np.full_like(lip, 0.38), lip], axis=1).astype(np.float32)
    weights[~analysed] = np.nan
    reasons = np.where(analysed, Reason.ANALYSED, np.where(held == 0, Reason.NO_FACE, Reason.FACE_LOST))
    return WindowScores(
        index=np.arange(begin, stop, dtype=np.int64),
        start=times[first],
        end=ends,
        first_frame=first.astype(np.int64),
        face=np.where(held == 0, -1, 1).astype(np.int64),
        reason=reasons.astype(np.uint8),
        logit=np.log(score / (1 - score)).astype(np.float32),
        score=score,
        generated=np.full_like(score, np.nan),
        foreign_sound=np.full_like(score, np.nan),
        region_weights=weights,
    )
