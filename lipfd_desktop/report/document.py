"""What a report is made of: a result, its spans, stills of the most telling moments, and a second look at the hash."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.cancellation import IsCancelled, never
from lipfd_desktop.errors import CorruptMediaError, LipfdError
from lipfd_desktop.language import mark, speaking, tr
from lipfd_desktop.media.digest import sha256_of
from lipfd_desktop.media.frames import read_frame_at
from lipfd_desktop.media.timeline import FrameTimes, scan_frame_times
from lipfd_desktop.report.details import NO_DETAILS, ReportDetails, Section
from lipfd_desktop.report.moments import face_in, moment, strongest
from lipfd_desktop.report.page_evidence import (
    NO_PAGE_EVIDENCE,
    PageEvidence,
    read_page_evidence,
    refused,
)
from lipfd_desktop.report.pictures import CROP_EDGE, PTS_TOLERANCE, STILL_EDGE, Box, Rgb, StillReader, crop, reduced
from lipfd_desktop.report.seen import Look
from lipfd_desktop.report.text import clock
from lipfd_desktop.report.unread import why_no_pictures, why_unread
from lipfd_desktop.result import AnalysisResult, MelTrack, Span, WindowScore
from lipfd_desktop.verdict import suspicious_spans

FACE_MARGIN: Final = 0.15
LIPS_MARGIN: Final = 0.45
"""Share of a box that is added on each side of its crop, so that the surroundings of an edge can be judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """The middle frame of a window that is shown as evidence.

    Attributes
    ----------
    window, span
        The window, and the span whose peak it is; None for a window that is shown although it is below the threshold.
    pts : float
        Seconds.
    face
        Track id of the boxes: that of the window, or the largest face where the score belongs to the whole picture;
        None where no face was seen in this frame.
    image : (height, width, 3) uint8
        RGB frame as displayed, at most :data:`STILL_EDGE` wide or high, without anything drawn on it.
    face_box, lips_box
        x, y, width, height in pixels of ``image``.
    face_crop, lips_crop
        Cut from the full frame.
    """

    window: WindowScore
    span: Span | None
    pts: float
    face: int | None
    image: Rgb
    face_box: Box | None
    lips_box: Box | None
    face_crop: Rgb | None
    lips_crop: Rgb | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Stills, strongest first; ``problem`` says why there are none or fewer than wanted."""

    stills: tuple[Still, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that PNG, PDF and HTML show.

    ``sha256_at_export`` is None when the file could not be read any more.
    """

    result: AnalysisResult
    spans: tuple[Span, ...]
    evidence: Evidence
    sha256_at_export: str | None
    created_at: str
    """ISO 8601."""
    mel: MelTrack | None = None
    details: ReportDetails = NO_DETAILS
    pages: PageEvidence = NO_PAGE_EVIDENCE

    def shows(self, section: Section) -> bool:
        return section in self.details.sections

    @property
    def unchanged(self) -> bool:
        """The file had the same bytes at export as at analysis."""
        return self.sha256_at_export == self.result.sha256

    def moment(self, span: Span) -> float:
        """The time by which ``span`` is named: :func:`~lipfd_desktop.report.moments.moment` of its highest window."""
        return moment(self.result, span.peak)


def build_report(
    result: AnalysisResult,
    *,
    max_stills: int = 8,
    details: ReportDetails = NO_DETAILS,
    mel: MelTrack | None = None,
    read_still: StillReader | None = None,
    frame_times: FrameTimes | None = None,
    look: Look | None = None,
    pages: bool = True,
    is_cancelled: IsCancelled = never,
) -> Report:
    """Hash the file again and read the stills.

    A file that is gone or has changed since the analysis gives a report without stills that says so: pictures of
    other bytes would be no evidence for these scores.

    Parameters
    ----------
    details
        What the examiner adds, and the date.
    mel
        Mel-spectrogram to show beside the scores.
    read_still
        Gives the frame at a PTS in seconds; None reads the file.
    frame_times : (n,) float64
        PTS of every frame in seconds; None looks for them in the file.
    look
        Gives what the network was given for a window; with None the report says that it cannot show that.
    pages
        The report has room for more than stills and curves: :class:`PageEvidence` is gathered too.
    is_cancelled
        Asked while the file is read.

    Raises
    ------
    Cancelled
        ``is_cancelled`` said so.
    """
    spans = suspicious_spans(result.scores, result.threshold)
    try:
        digest = sha256_of(result.media.path, is_cancelled)
    except (LipfdError, OSError):
        digest = None
    times = cache(lambda: scan_frame_times(result.media.path, is_cancelled) if frame_times is None else frame_times)
    reader = read_still or _file_reader(times, is_cancelled)
    with speaking(details.language):
        reason = why_no_pictures(result, digest)
        if Section.STILLS not in details.sections:
            evidence = Evidence(stills=())
        elif reason:
            evidence = Evidence(stills=(), problem=reason)
        else:
            evidence = _read_evidence(result, spans, max_stills, reader)
        if not pages:
            further = NO_PAGE_EVIDENCE
        elif reason:
            further = refused(details, reason)
        else:
            further = read_page_evidence(result, spans, details, frame_times=times, read_still=reader, look=look)
    return Report(
        result=result,
        spans=spans,
        evidence=evidence,
        sha256_at_export=digest,
        created_at=details.date or datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        mel=mel,
        details=details,
        pages=further,
    )


def union(spans: Iterable[Span]) -> list[tuple[float, float]]:
    """Stretches ``(start, end)`` in seconds that are inside any of the spans, ascending and disjoint."""
    stretches: list[tuple[float, float]] = []
    for span in sorted(spans, key=lambda item: item.start):
        if stretches and span.start <= stretches[-1][1]:
            start, end = stretches.pop()
            stretches.append((start, max(end, span.end)))
        else:
            stretches.append((span.start, span.end))
    return stretches


def _file_reader(frame_times: Callable[[], FrameTimes], is_cancelled: IsCancelled) -> StillReader:
    """A reader that looks for the frames of the file once, not for every still."""
    return lambda path, pts: read_frame_at(path, pts, frame_times=frame_times(), is_cancelled=is_cancelled)


def _read_evidence(result: AnalysisResult, spans: tuple[Span, ...], limit: int, read_still: StillReader) -> Evidence:
    chosen = strongest(result, spans, limit)
    stills: list[Still] = []
    problem = None if chosen else tr("No stills: no window was analysed.")
    for window, span in chosen:
        try:
            stills.append(_read_still(result, window, span, read_still))
        except (LipfdError, OSError) as error:
            problem = tr("Not every still could be read: {error}", error=why_unread(error))
    return Evidence(stills=tuple(stills), problem=problem)


def _read_still(result: AnalysisResult, window: WindowScore, span: Span | None, read_still: StillReader) -> Still:
    pts, face, face_box, lips_box = window.middle, None, None, None
    seen = face_in(result.tracks, window.middle_frame, window.face)
    if seen is not None:
        track, place = seen
        pts, face = float(track.pts[place]), track.id
        face_box, lips_box = _box(track.boxes[place]), _box(track.lips[place])
    picture = read_still(result.media.path, pts)
    if not window.start - PTS_TOLERANCE <= picture.pts <= window.end + PTS_TOLERANCE:
        raise CorruptMediaError(result.media.path, mark("the frame at {time} cannot be decoded."), time=clock(pts))
    full = picture.rgb()
    image = reduced(full, STILL_EDGE)
    scale = image.shape[1] / full.shape[1]
    return Still(
        window=window,
        span=span,
        pts=picture.pts,
        face=face,
        image=image,
        face_box=_scaled(face_box, scale),
        lips_box=_scaled(lips_box, scale),
        face_crop=_cut(full, face_box, FACE_MARGIN),
        lips_crop=_cut(full, lips_box, LIPS_MARGIN),
    )


def _cut(image: Rgb, box: Box | None, margin: float) -> Rgb | None:
    part = None if box is None else crop(image, box, margin)
    return None if part is None else reduced(part, CROP_EDGE)


def _scaled(box: Box | None, scale: float) -> Box | None:
    return None if box is None else (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)


def _box(values: NDArray[np.float32]) -> Box | None:
    if not np.isfinite(values).all():
        return None
    x, y, width, height = (float(value) for value in values)
    return (x, y, width, height) if width > 0 and height > 0 else None
