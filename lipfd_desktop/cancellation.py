"""How long work is told to stop: it asks a function, often, and raises :class:`~lipfd_desktop.errors.Cancelled`."""

from __future__ import annotations

from collections.abc import Callable

IsCancelled = Callable[[], bool]


def never() -> bool:
    """The ``is_cancelled`` of callers that cannot be cancelled."""
    return False
