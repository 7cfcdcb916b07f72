"""How the case on the disk stands to the open one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Keeping(Enum):
    """How the case on the disk stands to the open one."""

    NOTHING = auto()
    """There is nothing in the case that would have to be kept."""
    PENDING = auto()
    SAVED = auto()
    UNSAVED = auto()
    """Kept, in no file of the user's choice."""
    FAILING = auto()


@dataclass(frozen=True, slots=True)
class Unwritten:
    """Why the case is not where it belongs; ``is_kept`` when it is among the unsaved ones instead."""

    why: str
    is_kept: bool
