"""What only reports of several pages show of the file itself: crops of the network, stills of marks, timestamps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lipfd_desktop.errors import LipfdError
from lipfd_desktop.language import tr
from lipfd_desktop.media.timeline import FrameTimes
from lipfd_desktop.report.details import ReportDetails, Section
from lipfd_desktop.report.mark_stills import NO_MARK_STILLS, MarkStills, read_mark_stills
from lipfd_desktop.report.pictures import StillReader
from lipfd_desktop.report.seen import NOTHING_SEEN, Look, SeenMoments, look_at
from lipfd_desktop.report.timing import FrameTiming, timing_of
from lipfd_desktop.report.unread import why_unread
from lipfd_desktop.result import AnalysisResult, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEvidence:
    """``timing`` is None where the timestamps could not be read."""

    timing: FrameTiming | None = None
    seen: SeenMoments = NOTHING_SEEN
    mark_stills: MarkStills = NO_MARK_STILLS


NO_PAGE_EVIDENCE: Final = PageEvidence()


def refused(details: ReportDetails, reason: str) -> PageEvidence:
    """Nothing but why there are no pictures: :func:`~lipfd_desktop.report.unread.why_no_pictures`."""
    return PageEvidence(
        seen=SeenMoments(problem=reason) if Section.SEEN in details.sections else NOTHING_SEEN,
        mark_stills=MarkStills(problems=(reason,)) if details.stilled_marks else NO_MARK_STILLS,
    )


def read_page_evidence(
    result: AnalysisResult,
    spans: tuple[Span, ...],
    details: ReportDetails,
    *,
    frame_times: Callable[[], FrameTimes],
    read_still: StillReader,
    look: Look | None,
) -> PageEvidence:
    """Gather it from the file, which has the bytes that were analysed; parts that are left out cost nothing.

    Raises
    ------
    Cancelled
        One of the readers was told so.
    """
    seen = look_at(result, spans, look) if Section.SEEN in details.sections else NOTHING_SEEN
    try:
        times = frame_times()
    except (LipfdError, OSError) as error:
        problems = (tr("No stills of the marks: {error}", error=why_unread(error)),) if details.stilled_marks else ()
        return PageEvidence(seen=seen, mark_stills=MarkStills(problems=problems))
    marks = details.stilled_marks
    return PageEvidence(
        timing=timing_of(times),
        seen=seen,
        mark_stills=read_mark_stills(result.media.path, marks, times, read_still) if marks else NO_MARK_STILLS,
    )
