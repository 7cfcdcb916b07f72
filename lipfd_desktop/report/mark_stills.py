"""A still of each of the examiner's marks: the exact frame, with its number and time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lipfd_desktop.errors import CorruptMediaError, LipfdError
from lipfd_desktop.language import mark as _
from lipfd_desktop.language import tr
from lipfd_desktop.media.timeline import FrameTimes, frame_end, frame_index_at
from lipfd_desktop.report.details import ReportMark
from lipfd_desktop.report.pictures import PTS_TOLERANCE, Rgb, StillReader, reduced
from lipfd_desktop.report.text import clock
from lipfd_desktop.report.unread import why_unread

MAX_MARK_STILLS: Final = 12
EDGE: Final = 960
"""Longer edge in pixels; two stand side by side, where that is 280 dots an inch on paper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkStill:
    """The frame of a mark.

    Attributes
    ----------
    number
        Of the mark, from 1 in order of time.
    frame
        Ordinal from 0, as everywhere in the program.
    pts
        Seconds.
    image : (height, width, 3) uint8
        RGB as displayed, reduced.
    """

    number: int
    mark: ReportMark
    frame: int
    pts: float
    image: Rgb


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkStills:
    """In order of time; ``problems`` says of which marks there is none and why, ``left_out`` counts further marks."""

    stills: tuple[MarkStill, ...] = ()
    problems: tuple[str, ...] = ()
    left_out: int = 0


NO_MARK_STILLS: Final = MarkStills()


def read_mark_stills(
    path: Path, marks: tuple[ReportMark, ...], times: FrameTimes, read_still: StillReader
) -> MarkStills:
    """Read the frames of the first :data:`MAX_MARK_STILLS` marks.

    Parameters
    ----------
    marks
        In order of time.
    times : (n,) float64
        PTS of every frame in seconds.

    Raises
    ------
    Cancelled
        ``read_still`` was told so.
    """
    stills: list[MarkStill] = []
    problems: list[str] = []
    for number, mark in enumerate(marks[:MAX_MARK_STILLS], start=1):
        # The frame in the middle: a span is about it more than about its edges.
        middle = (mark.start + mark.end) / 2
        try:
            if times[0] - PTS_TOLERANCE <= middle <= frame_end(times, -1) + PTS_TOLERANCE:
                stills.append(_read(path, number, mark, frame_index_at(times, middle), times, read_still))
                continue
            reason = tr("the video has no frame at {time}.", time=clock(middle))
        except (LipfdError, OSError) as error:
            reason = why_unread(error)
        problems.append(tr("No still of mark M{number}: {error}", number=number, error=reason))
    return MarkStills(stills=tuple(stills), problems=tuple(problems), left_out=max(len(marks) - MAX_MARK_STILLS, 0))


def _read(
    path: Path, number: int, mark: ReportMark, frame: int, times: FrameTimes, read_still: StillReader
) -> MarkStill:
    pts = float(times[frame])
    picture = read_still(path, pts)
    if abs(picture.pts - pts) > PTS_TOLERANCE:
        raise CorruptMediaError(path, _("the frame at {time} cannot be decoded."), time=clock(pts))
    return MarkStill(number=number, mark=mark, frame=frame, pts=pts, image=reduced(picture.rgb(), EDGE))
