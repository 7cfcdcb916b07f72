"""In which order a long file is analysed: a first look all over it, then section by section, most suspicious first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.media.decode import TOLERANCE
from lipfd_desktop.media.timeline import frame_end
from lipfd_desktop.result import Plan, WindowScores

SECTION_SECONDS: Final = 40.0
"""Long against the four seconds around it that are decoded as well, short against the patience of who waits for the
most suspicious one."""

_FACES: Final = 1 << 20
"""More faces than can be met before the next window begins."""


@dataclass(frozen=True, slots=True)
class Section:
    """Consecutive window positions of a plan.

    Attributes
    ----------
    first : int
        Position of its first window in the whole plan.
    plan : Plan
        That of the section alone: its windows are counted from 0, and it ends with its last window.
    own_frames : range
        Ordinals of the frames that belong to it and to no other section: windows reach into the next one.
    """

    first: int
    plan: Plan
    own_frames: range

    @property
    def first_face(self) -> int:
        """From which on the faces of this section are numbered: no other section has the same ids."""
        return self.first * _FACES


def whole(plan: Plan, frame_times: NDArray[np.float64]) -> Section:
    """Everything in one."""
    return section_of(plan, frame_times, 0, plan.windows_total)


def sections(plan: Plan, frame_times: NDArray[np.float64]) -> list[Section]:
    """About :data:`SECTION_SECONDS` each, in time order; a single one where there would be less than two whole ones."""
    count = max(int((plan.end - plan.start) / SECTION_SECONDS), 1)
    edges = np.linspace(0, plan.windows_total, min(count, plan.windows_total) + 1).astype(int).tolist()
    return [section_of(plan, frame_times, first, last) for first, last in pairwise(edges)]


def section_of(plan: Plan, frame_times: NDArray[np.float64], first: int, last: int) -> Section:
    """The window positions ``first`` to ``last - 1`` of a plan."""
    begin = int(np.searchsorted(frame_times, plan.start - TOLERANCE))
    is_last = last == plan.windows_total
    start = begin + first * plan.stride
    end = begin + plan.frames_total if is_last else begin + (last - 1) * plan.stride + plan.window_frames
    own = range(start, begin + plan.frames_total if is_last else begin + last * plan.stride)
    part = replace(
        plan,
        start=float(frame_times[start]),
        end=plan.end if is_last else frame_end(frame_times, end - 1),
        frames_total=end - start,
        windows_total=last - first,
    )
    return Section(first, part, own)


def spread(count: int) -> Iterator[int]:
    """Every number below ``count`` once, so that at any moment those given lie evenly (van der Corput's sequence)."""
    bits = max(count - 1, 0).bit_length()
    for number in range(1 << bits):
        place = int(f"{number:0{bits}b}"[::-1], 2) if bits else 0
        if place < count:
            yield place


def most_suspicious_first(parts: list[Section], looked: WindowScores) -> list[Section]:
    """Sections by the highest score that a first look found in them; among equals, and without one, the earlier."""

    def suspicion(part: Section) -> float:
        inside = (looked.index >= part.first) & (looked.index < part.first + part.plan.windows_total)
        found = looked.score[inside & looked.analysed]
        return float(found.max()) if len(found) else -1.0

    return sorted(parts, key=lambda part: (-suspicion(part), part.first))
