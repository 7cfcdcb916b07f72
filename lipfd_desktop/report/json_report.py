"""JSON: the stable machine-readable result, described in ``docs/json-schema.md`` and ``schema.json``.

Scores keep the shortest decimals that give the same float32 again; times are rounded to microseconds.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, replace
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np

from lipfd_desktop import __version__
from lipfd_desktop.language import speaking
from lipfd_desktop.report.atomic import open_atomic
from lipfd_desktop.report.details import ALL_SECTIONS, NO_DETAILS, ReportDetails
from lipfd_desktop.report.moments import moment
from lipfd_desktop.report.rows import decimal, decimals, window_rows
from lipfd_desktop.report.text import printable, readable
from lipfd_desktop.result import WHOLE_PICTURE, AnalysisResult, FaceSummary, Span, Verdict
from lipfd_desktop.verdict import frame_scores, reaches, suspicious_spans

SCHEMA_VERSION: Final = "1.2"
"""Minor versions add fields; only a new major version removes, renames or redefines one."""

JsonObject = dict[str, Any]


def to_document(result: AnalysisResult, details: ReportDetails = NO_DETAILS) -> JsonObject:
    """The result as plain lists and dictionaries, ready for :func:`dumps`."""
    fields = _fields(result, details)
    return {key: list(value) if isinstance(value, Iterator) else value for key, value in fields.items()}


def json_pieces(result: AnalysisResult, details: ReportDetails = NO_DETAILS, *, pretty: bool) -> Iterator[str]:
    """The text of :func:`dumps` on :func:`to_document`, piece by piece: 180,000 windows are never all objects."""
    return _spell(_fields(result, details), pretty=pretty)


def _fields(result: AnalysisResult, details: ReportDetails) -> JsonObject:
    """The document, with iterators for the lists that grow with the file."""
    verdict = result.verdict
    frames, means = frame_scores(result.scores, verdict.face, result.plan.window_frames)
    own = result.scores.of_face(WHOLE_PICTURE if verdict.face is None else verdict.face)
    deciding = own.score[own.analysed]
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "LipFD Desktop", "version": __version__},
        "report": _report(details),
        "prediction": verdict.label,
        "confidence": _finite(verdict.confidence),
        "verdict": _verdict(verdict),
        "reason": verdict.reason,
        "deciding_face": verdict.face,
        "cancelled": result.cancelled,
        "started_at": result.started_at,
        "processing_time": round(result.processing_time, 3),
        "from_cache": result.from_cache,
        "frames_analyzed": len(frames),
        "metrics": {
            "final_average_score": _finite(float(deciding.mean(dtype=np.float64))) if len(deciding) else None,
            "window_scores": decimals(deciding),
        },
        "media": _media(result),
        "model": _model(result),
        "settings": _settings(result),
        "device": {
            "requested": result.device.requested,
            "name": result.device.name,
            "description": result.device.description,
        },
        "versions": dict(result.versions),
        "coverage": _coverage(result),
        "notices": [{"code": notice.code, "message": printable(notice.message)} for notice in result.notices],
        "faces": [_face(face) for face in result.faces],
        "spans": [_span(result, span) for span in suspicious_spans(result.scores, result.threshold)],
        "windows": window_rows(result),
        "frame_predictions": (
            {"index": index, "score": score, "prediction": "FAKE" if above else "REAL", "suspicious": above}
            for index, score, above in zip(
                frames.tolist(), decimals(means), reaches(means, result.threshold).tolist(), strict=True
            )
        ),
    }


def error_document(path: Path, error: Exception) -> JsonObject:
    """What stands in the place of a result for a file that could not be analysed."""
    with speaking("en"):
        message = printable(str(error))
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "LipFD Desktop", "version": __version__},
        "media": {"path": printable(path)},
        "error": {"type": type(error).__name__, "message": message},
    }


def dumps(document: JsonObject, *, pretty: bool = False) -> str:
    """Strict JSON: one line (for JSON Lines), or one line a field and one line a row of a list of records."""
    return "".join(_spell(document, pretty=pretty))


def write_json(result: AnalysisResult, path: Path, details: ReportDetails = NO_DETAILS) -> None:
    """Write the document of ``result``, a field or a record a line.

    Raises
    ------
    ExportError
        The file cannot be written.
    """
    with open_atomic(path, source=result.media.path) as stream:
        stream.writelines(piece.encode("utf-8") for piece in json_pieces(result, details, pretty=True))
        stream.write(b"\n")


def schema() -> JsonObject:
    """The JSON Schema (draft 2020-12) of both kinds of document."""
    text = resources.files("lipfd_desktop.report").joinpath("schema.json").read_text(encoding="utf-8")
    loaded: JsonObject = json.loads(text)
    return loaded


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _spell(document: JsonObject, *, pretty: bool) -> Iterator[str]:
    start, between, end = ("{\n  ", ",\n  ", "\n}") if pretty else ("{", ",", "}")
    colon = ": " if pretty else ":"
    for number, (key, value) in enumerate(document.items()):
        yield f"{between if number else start}{json.dumps(key)}{colon}"
        yield from _spell_value(value, pretty=pretty)
    yield end


def _spell_value(value: object, *, pretty: bool) -> Iterator[str]:
    """One field; objects, and lists of records, a line for each member when ``pretty``."""
    if isinstance(value, Iterator) or (isinstance(value, list) and value and isinstance(value[0], dict)):
        yield from _members((_compact(item) for item in value), "[]", pretty=pretty)
    elif pretty and isinstance(value, dict) and value:
        yield from _members((f"{json.dumps(key)}: {_compact(item)}" for key, item in value.items()), "{}", pretty=True)
    else:
        yield _compact(value)


def _members(texts: Iterator[str], brackets: str, *, pretty: bool) -> Iterator[str]:
    before, after = ("\n    ", "\n  ") if pretty else ("", "")
    empty = True
    yield brackets[0]
    for text in texts:
        yield f"{'' if empty else ','}{before}{text}"
        empty = False
    yield brackets[1] if empty else f"{after}{brackets[1]}"


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def _seconds(value: float | None) -> float | None:
    finite = _finite(value)
    return None if finite is None else round(finite, 6)


def _report(details: ReportDetails) -> JsonObject | None:
    """What the examiner added; None where that is nothing."""
    if replace(details, sections=ALL_SECTIONS, handling=(), language=NO_DETAILS.language) == NO_DETAILS:
        return None
    return {
        "examiner": printable(details.examiner),
        "organisation": printable(details.organisation),
        "case_number": printable(details.case_number),
        "exhibit": printable(details.exhibit),
        "notes": readable(details.shown_notes),
        "date": details.date,
        "marks": [
            {
                "start": round(one.start, 6),
                "end": round(one.end, 6),
                "note": readable(one.note),
                "tags": [printable(tag) for tag in one.tags],
            }
            for one in details.shown_marks
        ],
    }


def _verdict(verdict: Verdict) -> JsonObject:
    return {
        "outcome": str(verdict.outcome),
        "score": _finite(verdict.score),
        "reason": verdict.reason,
        "generated": _finite(verdict.generated),
        "foreign_sound": _finite(verdict.foreign_sound),
        "question": None if verdict.question is None else str(verdict.question),
        "calibrated": verdict.calibrated,
    }


def _media(result: AnalysisResult) -> JsonObject:
    media, video, audio = result.media, result.media.video, result.media.audio
    return {
        "path": printable(media.path),
        "sha256": result.sha256,
        "size_bytes": media.size_bytes,
        "modified": media.modified,
        "container": media.format_name,
        "start_time": _seconds(media.start_time),
        "duration": _seconds(media.duration),
        "bit_rate": media.bit_rate,
        "streams": media.streams,
        "tags": {printable(key): printable(value) for key, value in media.tags.items()},
        "fps": _finite(video.average_fps),
        "width": video.width,
        "height": video.height,
        "rotation": video.rotation,
        "video_stream": video.index,
        "video_codec": video.codec,
        "video_profile": video.profile,
        "video_start": _seconds(video.start),
        "video_duration": _seconds(video.duration),
        "video_bit_rate": video.bit_rate,
        "video_frames_declared": video.declared_frames,
        "video_time_base": video.time_base,
        "pixel_format": video.pixel_format,
        "sample_aspect_ratio": video.sample_aspect_ratio,
        "audio_stream": audio.index if audio else None,
        "audio_codec": audio.codec if audio else None,
        "audio_profile": audio.profile if audio else None,
        "audio_start": _seconds(audio.start) if audio else None,
        "audio_duration": _seconds(audio.duration) if audio else None,
        "audio_bit_rate": audio.bit_rate if audio else None,
        "audio_sample_rate": audio.sample_rate if audio else None,
        "audio_channels": audio.channels if audio else None,
        "audio_layout": audio.layout if audio else None,
    }


def _model(result: AnalysisResult) -> JsonObject:
    model = result.model
    return {
        "name": model.name,
        "sha256": model.sha256,
        "input_contract": str(model.input_contract),
        "trained": model.trained,
        "path": printable(model.path),
        "window_frames": model.window_frames,
        "threshold": model.threshold,
        "licence": model.licence,
        "source": model.source,
        "limits": list(model.limits),
        "rule": None if model.rule is None else asdict(model.rule),
    }


def _settings(result: AnalysisResult) -> JsonObject:
    request, plan = result.request, result.plan
    return {
        "range": None if request.time_range is None else [_seconds(edge) for edge in request.time_range],
        "start": _seconds(plan.start),
        "end": _seconds(plan.end),
        "stride": plan.stride,
        "stride_is_automatic": plan.stride_is_automatic,
        "window_frames": plan.window_frames,
        "face": request.face,
        "threshold": _finite(result.threshold),
        "threshold_is_default": request.threshold is None,
        "exactness": request.exactness.value,
    }


def _coverage(result: AnalysisResult) -> JsonObject:
    coverage = result.coverage
    return {
        "complete": coverage.complete,
        "seconds_total": _seconds(coverage.seconds_total),
        "seconds_analysed": _seconds(coverage.seconds_analysed),
        "frames_total": coverage.frames_total,
        "frames_by_path": dict(coverage.frames_by_path),
        "windows_total": coverage.windows_total,
        "windows_analysed": coverage.windows_analysed,
        "windows_by_reason": dict(coverage.windows_by_reason),
    }


def _face(face: FaceSummary) -> JsonObject:
    return {
        "id": face.id,
        "start": _seconds(face.start),
        "end": _seconds(face.end),
        "frames": face.frames,
        "frames_by_path": dict(face.frames_by_path),
        "median_height": _finite(face.median_height),
        "windows_analysed": face.windows_analysed,
        "mean_score": _finite(face.mean_score),
        "max_score": decimal(face.max_score),
    }


def _span(result: AnalysisResult, span: Span) -> JsonObject:
    return {
        "face": span.face,
        "start": _seconds(span.start),
        "end": _seconds(span.end),
        "moment": _seconds(moment(result, span.peak)),
        "windows": span.windows,
        "mean_score": _finite(span.mean_score),
        "peak_score": decimal(span.peak.score),
        "peak_window": span.peak.index,
    }
