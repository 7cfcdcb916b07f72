"""The pictures that the network was given at the strongest moments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lipfd_desktop.errors import LipfdError
from lipfd_desktop.language import tr
from lipfd_desktop.report.moments import strongest
from lipfd_desktop.report.unread import why_unread
from lipfd_desktop.result import AnalysisResult, SeenWindow, Span, WindowScore

MAX_SEEN: Final = 3
"""Fifteen crops each: more would be leafed through and not looked at."""

Look = Callable[[WindowScore], SeenWindow]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenMoment:
    """One window as the network was given it; ``span`` is None where it is below the threshold."""

    window: WindowScore
    span: Span | None
    seen: SeenWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenMoments:
    """Strongest first, as the stills are; ``problem`` says why there are none or fewer than wanted."""

    moments: tuple[SeenMoment, ...] = ()
    problem: str | None = None


NOTHING_SEEN: Final = SeenMoments()


def look_at(result: AnalysisResult, spans: tuple[Span, ...], look: Look | None) -> SeenMoments:
    """Look at the highest windows of the strongest spans; without spans at the highest window of all.

    Raises
    ------
    Cancelled
        ``look`` was told so.
    """
    chosen = strongest(result, spans, MAX_SEEN if spans else 1)
    if not chosen:
        return SeenMoments(problem=tr("Nothing to show: no window was analysed."))
    if look is None:
        return SeenMoments(problem=tr("The crops of the network could not be cut again when this report was made."))
    moments: list[SeenMoment] = []
    problem = None
    for window, span in chosen:
        try:
            moments.append(SeenMoment(window=window, span=span, seen=look(window)))
        except (LipfdError, OSError) as error:
            problem = tr("Not every window could be cut again: {error}", error=why_unread(error))
    return SeenMoments(moments=tuple(moments), problem=problem)
