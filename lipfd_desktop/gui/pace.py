"""How fast an analysis is now, as opposed to since it began."""

from __future__ import annotations

from collections import deque
from typing import Final

_RECENT_S: Final = 12.0
"""Long enough to level batches out, short enough to forget how slow the first seconds were."""


class Pace:
    """Windows a second over the last seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, elapsed: float, done: int) -> None:
        """Note that ``done`` windows were scored after ``elapsed`` seconds; fewer than before is another analysis."""
        if self._seen and (elapsed < self._seen[-1][0] or done < self._seen[-1][1]):
            self._seen.clear()
        if not self._seen or elapsed > self._seen[-1][0]:
            self._seen.append((elapsed, done))
        while len(self._seen) > 2 and elapsed - self._seen[1][0] >= _RECENT_S:
            self._seen.popleft()

    @property
    def rate(self) -> float:
        """Windows a second; 0 while nothing can be said."""
        if not self._seen:
            return 0.0
        (start, first), (end, last) = self._seen[0], self._seen[-1]
        if last > first:
            return (last - first) / (end - start)
        return last / end if end > 0 else 0.0
