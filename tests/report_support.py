"""A complete, deterministic result for report tests, and a small video that fits it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from lipfd_desktop.media.info import AudioStream, MediaInfo, VideoStream
from lipfd_desktop.result import (
    TIERS,
    WHOLE_PICTURE,
    AnalysisRequest,
    AnalysisResult,
    Coverage,
    DeviceInfo,
    FacePath,
    FaceTrack,
    InputContract,
    MelTrack,
    ModelInfo,
    Notice,
    Plan,
    Reason,
    SeenSound,
    SeenTier,
    SeenWindow,
    WaveTrack,
    WindowScore,
    WindowScores,
)
from lipfd_desktop.verdict import decide, summarise_faces
from tests.media_support import write_video
from tests.scores_support import RULE

FPS = 25.0
START = 5.0
FRAMES = 120
WINDOW = 5
SIZE = (320, 240)
THRESHOLD = 0.5
CREATED = "2026-03-04T05:06:07+01:00"
SHA256 = "ab" * 32
LEFT, RIGHT = 1, 2
"""Ids of the two faces."""


def talking_frames() -> Iterator[NDArray[np.uint8]]:
    """Two drawn faces whose mouths open and close."""
    for number in range(FRAMES):
        picture = Image.new("RGB", SIZE, (96, 120, 140))
        draw = ImageDraw.Draw(picture)
        for x in (30, 190):
            draw.ellipse((x, 50, x + 100, 190), fill=(224, 180, 150))
            for eye in (25, 65):
                draw.ellipse((x + eye, 95, x + eye + 12, 103), fill=(40, 40, 60))
            opening = 4 + 6 * (number % 5)
            draw.ellipse((x + 30, 150 - opening // 2, x + 70, 150 + opening // 2), fill=(150, 40, 50))
        yield np.asarray(picture)


def write_talking_video(path: Path) -> list[float]:
    """The video that :func:`make_result` describes; returns the PTS of its frames."""
    return write_video(path, talking_frames(), fps=FPS, start=START)


def frame_times() -> NDArray[np.float64]:
    return START + np.arange(FRAMES) / FPS


def make_scores() -> WindowScores:
    """Every window of two faces: face 1 has two suspicious spans and a gap without a face, face 2 is low."""
    times = np.append(frame_times(), START + FRAMES / FPS)
    index = np.arange(FRAMES - WINDOW + 1)
    parts = []
    for face, high in ((LEFT, True), (RIGHT, False)):
        logit = np.sin(index / 9.0) * (3.0 if high else 0.4) - (0.2 if high else 1.5)
        reason = np.full(len(index), Reason.ANALYSED, np.uint8)
        reason[56:70] = Reason.NO_FACE
        if not high:
            reason[100:] = Reason.FACE_TOO_SMALL
        weights = 0.33 + 0.02 * np.stack([np.cos(index / 20), np.sin(index / 15), np.sin(index / 7)], axis=1)
        missing = reason != Reason.ANALYSED
        score = np.where(missing, np.nan, 1 / (1 + np.exp(-logit))).astype(np.float32)
        parts.append(
            WindowScores(
                index=index,
                start=times[index],
                end=times[index + WINDOW],
                first_frame=index,
                face=np.full(len(index), face),
                reason=reason,
                logit=np.where(missing, np.nan, logit).astype(np.float32),
                score=score,
                generated=np.full_like(score, np.nan),
                foreign_sound=np.full_like(score, np.nan),
                region_weights=np.where(
                    missing[:, None, None], np.nan, np.repeat(weights[:, :, None], WINDOW, axis=2)
                ).astype(np.float32),
            )
        )
    return WindowScores.concatenate(parts)


def whole_picture(scores: WindowScores) -> WindowScores:
    """The windows of the left face as those of the whole picture, as under the official contract."""
    own = scores.of_face(LEFT)
    return dataclasses.replace(own, face=np.full_like(own.face, WHOLE_PICTURE))


def official_result(path: Path = Path("interview.mp4"), **changes: object) -> AnalysisResult:
    """A finished analysis under the official contract: one score a window, none a face."""
    scores = whole_picture(make_scores())
    tracks = (make_track(LEFT, 30), make_track(RIGHT, 190, size=(120, 150)))
    model = dataclasses.replace(make_result().model, input_contract=InputContract.OFFICIAL)
    fields: dict[str, Any] = {
        "model": model,
        "scores": scores,
        "tracks": tracks,
        "faces": summarise_faces(tracks, scores),
        "coverage": make_coverage(scores),
    }
    return make_result(path, **(fields | changes))


def every(stride: int, scores: WindowScores) -> WindowScores:
    """The windows that an analysis with a larger stride would have had."""
    kept = scores.take(scores.index % stride == 0)
    return dataclasses.replace(kept, index=kept.index // stride)


def make_track(face: int, x: float, *, size: tuple[float, float] = (100, 140)) -> FaceTrack:
    frames = np.concatenate([np.arange(60), np.arange(70, FRAMES)])
    paths = np.full(len(frames), FacePath.DETECTED, np.uint8)
    paths[20:24] = FacePath.FALLBACK
    paths[40:43] = FacePath.INTERPOLATED
    return FaceTrack(
        id=face,
        frames=frames,
        pts=frame_times()[frames],
        boxes=np.tile(np.array([x, 50, *size], np.float32), (len(frames), 1)),
        lips=np.tile(np.array([x + 28, 132, 44, 36], np.float32), (len(frames), 1)),
        paths=paths,
    )


def make_media(path: Path, **changes: object) -> MediaInfo:
    video = VideoStream(
        index=0,
        codec="h264",
        profile="High",
        width=SIZE[0],
        height=SIZE[1],
        rotation=0,
        pixel_format="yuv420p",
        sample_aspect_ratio="1:1",
        average_fps=FPS,
        time_base="1/90000",
        start=START,
        duration=FRAMES / FPS,
        declared_frames=FRAMES,
        bit_rate=912_345,
    )
    audio = AudioStream(
        index=1,
        codec="aac",
        profile="LC",
        sample_rate=48_000,
        channels=2,
        layout="stereo",
        start=START,
        duration=FRAMES / FPS,
        bit_rate=128_000,
    )
    fields: dict[str, Any] = {
        "path": path,
        "size_bytes": 1_234_567,
        "modified": "2026-03-01T10:20:30+00:00",
        "format_name": "mov,mp4,m4a,3gp,3g2,mj2",
        "start_time": START,
        "duration": FRAMES / FPS,
        "bit_rate": 1_040_345,
        "video": video,
        "audio": audio,
        "streams": 2,
        "tags": {"encoder": "Lavf62.3.100", "title": "Interview <raw> & cut"},
    }
    return MediaInfo(**(fields | changes))


def make_result(path: Path = Path("interview.mp4"), **changes: object) -> AnalysisResult:
    """A finished analysis of :func:`write_talking_video`; ``changes`` replace fields."""
    scores = make_scores()
    tracks = (make_track(LEFT, 30), make_track(RIGHT, 190))
    fields: dict[str, Any] = {
        "request": AnalysisRequest(path=path),
        "media": make_media(path),
        "sha256": SHA256,
        "model": ModelInfo(
            name="lipfd-demo",
            sha256="cd" * 32,
            input_contract=InputContract.GUIDED,
            path=Path("/models/lipfd-demo.safetensors"),
            licence="MIT",
            source="trained for the tests",
            limits=("On the validation set: AUC 0.91, 8 % of genuine videos called fake.",),
            rule=dataclasses.replace(RULE, authentic_below=0.6, foreign_sound=None),
        ),
        "device": DeviceInfo("auto", "cpu", "CPU (2 threads)"),
        "plan": Plan(
            start=START,
            end=START + FRAMES / FPS,
            frames_total=FRAMES,
            window_frames=WINDOW,
            stride=1,
            stride_is_automatic=True,
            windows_total=FRAMES - WINDOW + 1,
        ),
        "threshold": THRESHOLD,
        "versions": {"lipfd-desktop": "0.1.0", "python": "3.11.9", "torch": "2.15.0"},
        "started_at": "2026-03-04T05:00:00+01:00",
        "processing_time": 12.3456,
        "tracks": tracks,
        "faces": summarise_faces(tracks, scores),
        "scores": scores,
        "coverage": make_coverage(scores),
        "notices": (Notice("batch-halved", "The device ran short of memory; the batch was halved to 8."),),
    }
    fields |= changes
    if "verdict" not in fields:
        fields["verdict"] = decide(
            fields["scores"],
            model=fields["model"],
            threshold=fields["threshold"],
            window_frames=WINDOW,
            tracks=fields["tracks"],
            cancelled=fields.get("cancelled", False),
        )
    return AnalysisResult(**fields)


def two_questions(scores: WindowScores) -> WindowScores:
    """The same windows from a network that answers both questions; the sound is silent in the last second."""
    generated = scores.score * 0.9
    foreign_sound = np.where(scores.start < START + 3.8, scores.score * 0.4, np.nan).astype(np.float32)
    return dataclasses.replace(scores, generated=generated, foreign_sound=foreign_sound)


def two_question_model(**changes: object) -> ModelInfo:
    """A calibrated model of the context contract."""
    fields: dict[str, Any] = {"input_contract": InputContract.CONTEXT, "rule": RULE}
    return dataclasses.replace(make_result().model, **(fields | changes))


def make_coverage(scores: WindowScores, *, complete: bool = True) -> Coverage:
    return Coverage(
        frames_total=FRAMES,
        frames_by_path={"none": 10, "detected": 103, "fall-back": 4, "interpolated": 3},
        windows_total=len(np.unique(scores.index)),
        windows_analysed=len(np.unique(scores.index[scores.analysed])),
        windows_by_reason={reason.label: int((scores.reason == reason).sum()) for reason in Reason},
        seconds_total=FRAMES / FPS,
        seconds_analysed=FRAMES / FPS - 0.56,
        complete=complete,
    )


def low_scores(scores: WindowScores) -> WindowScores:
    """The same windows, none of them near the threshold."""
    return dataclasses.replace(scores, score=(scores.score * 0.3).astype(np.float32))


def nothing_analysed() -> WindowScores:
    scores = make_scores()
    blank = np.full_like(scores.score, np.nan)
    return dataclasses.replace(
        scores,
        reason=np.full_like(scores.reason, Reason.NO_FACE),
        face=np.full_like(scores.face, -1),
        logit=blank,
        score=blank,
        region_weights=np.full_like(scores.region_weights, np.nan),
    )


def make_mel() -> MelTrack:
    columns, bands = 400, 64
    levels = (127 + 120 * np.outer(np.cos(np.arange(bands) / 9), np.sin(np.arange(columns) / 11))).astype(np.uint8)
    return MelTrack(
        start=START,
        column_seconds=FRAMES / FPS / columns,
        frequencies=np.geomspace(60, 8000, bands),
        levels=levels,
    )


def make_seen(window: WindowScore, contract: InputContract = InputContract.GUIDED, *, exact: bool = True) -> SeenWindow:
    """What a network of ``contract`` may have been given: one grey a tier, a little lighter from frame to frame."""
    frames = np.arange(window.first_frame, window.first_frame + WINDOW)
    official = contract is InputContract.OFFICIAL
    tiers = tuple(
        SeenTier(
            name=name,
            crops=np.repeat((60 * (1 + place) + 5 * np.arange(WINDOW, dtype=np.uint8))[:, None, None, None], 32, axis=1)
            * np.ones((1, 1, 32, 3), np.uint8),
            sources=np.full_like(frames, frames[0]) if official else frames,
            outlines=np.zeros((WINDOW, 4, 2)),
        )
        for place, name in enumerate(TIERS)
    )
    return SeenWindow(
        contract=contract,
        frames=frames,
        pts=frame_times()[frames],
        tiers=tiers,
        sound=SeenSound(np.zeros((8, 8), np.uint8), window.start, window.end),
        wholes=np.full((WINDOW, 40, 40, 3), 20, np.uint8) if official else None,
        looked_at=24 if contract is InputContract.CONTEXT else None,
        is_exact=exact,
    )


def make_wave() -> WaveTrack:
    swell = (100 * np.sin(np.arange(1200) / 60) ** 2).astype(np.int8)
    return WaveTrack(start=START, bin_seconds=0.004, low=(-swell).astype(np.int8), high=swell)


def schema_problems(value: object, schema: Mapping[str, Any], root: Mapping[str, Any], at: str = "$") -> list[str]:
    """Where ``value`` breaks ``schema``: the part of JSON Schema 2020-12 that ``schema.json`` uses."""
    unknown = set(schema) - _KEYWORDS
    problems = [f"{at}: keyword {word} is not checked here" for word in sorted(unknown)]
    if "$ref" in schema:
        problems += schema_problems(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, at)
    if "oneOf" in schema:
        fits = [not schema_problems(value, option, root, at) for option in schema["oneOf"]]
        problems += [] if sum(fits) == 1 else [f"{at}: fits {sum(fits)} of {len(fits)} alternatives"]
    if "type" in schema:
        allowed = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        problems += [] if any(_is_type(value, name) for name in allowed) else [f"{at}: {value!r} is not {allowed}"]
    if "enum" in schema and value not in schema["enum"]:
        problems.append(f"{at}: {value!r} is not one of {schema['enum']}")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        problems += [f"{at}: {value} is too small"] if value < schema.get("minimum", value) else []
        problems += [f"{at}: {value} is too large"] if value > schema.get("maximum", value) else []
    if isinstance(value, list) and "items" in schema:
        for place, item in enumerate(value):
            problems += schema_problems(item, schema["items"], root, f"{at}[{place}]")
    if isinstance(value, dict):
        problems += [f"{at}: {name} is missing" for name in schema.get("required", ()) if name not in value]
        properties, extra = schema.get("properties", {}), schema.get("additionalProperties")
        for name, item in value.items():
            inner = properties.get(name, extra)
            if isinstance(inner, dict):
                problems += schema_problems(item, inner, root, f"{at}.{name}")
    return problems


_KEYWORDS = {
    "$schema", "$id", "$defs", "$ref", "title", "description", "type", "enum", "oneOf", "minimum", "maximum",
    "items", "required", "properties", "additionalProperties",
}  # fmt: skip


def _is_type(value: object, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return {
        "null": value is None,
        "string": isinstance(value, str),
        "integer": isinstance(value, int),
        "number": isinstance(value, (int, float)),
        "array": isinstance(value, list),
        "object": isinstance(value, dict),
    }.get(name, False)
