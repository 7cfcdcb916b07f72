"""How every figure looks, whatever the user's own settings of Matplotlib are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import RLock
from types import MappingProxyType
from typing import Final

import matplotlib as mpl

from lipfd_desktop.report import palette
from lipfd_desktop.report.fonts import figure_families

_RESET: Final = frozenset(
    {"axes", "figure", "font", "grid", "image", "legend", "lines", "path", "savefig", "text", "xtick", "ytick"}
)
_DRAWING: Final = RLock()
"""Matplotlib has one set of settings a process: a thread that leaves restores them for all others too."""
_NOTHING_MORE: Final[Mapping[str, object]] = MappingProxyType({})


@contextmanager
def styled(more: Mapping[str, object] = _NOTHING_MORE) -> Iterator[None]:
    """Inside it figures look as those of every report; one thread at a time, the others wait.

    Parameters
    ----------
    more
        Settings of Matplotlib that are added or differ.
    """
    with _DRAWING, mpl.rc_context({**_style(), **more}):
        yield


def _style() -> dict[str, object]:
    return {
        **{key: value for key, value in mpl.rcParamsDefault.items() if key.partition(".")[0] in _RESET},
        "font.family": list(figure_families()),
        "font.size": 9,
        "text.color": palette.INK,
        "axes.labelcolor": palette.INK,
        "axes.edgecolor": palette.FAINT_INK,
        "axes.unicode_minus": True,
        "hatch.linewidth": 0.6,
    }
