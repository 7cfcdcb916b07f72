"""Cases that were never saved: kept in the user's data folder until they are."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import platformdirs
from PySide6.QtCore import QLockFile

from lipfd_desktop.case.file import CASE_SUFFIX

CASES_VARIABLE: Final = "LIPFD_CASES"
"""Environment variable with the folder of unsaved cases."""
OFF: Final = "off"
"""Its value for keeping nothing."""
_LOCK: Final = ".lock"


def default_folder() -> Path | None:
    """``LIPFD_CASES``, or ``unsaved`` in the user's data folder; None where nothing shall be kept."""
    chosen = os.environ.get(CASES_VARIABLE, "")
    if chosen.strip().lower() == OFF:
        return None
    return (
        Path(chosen).absolute() if chosen else platformdirs.user_data_path("lipfd-desktop", appauthor=False) / "unsaved"
    )


@dataclass(frozen=True, slots=True)
class Unsaved:
    """A case that was never saved; ``crashed`` when the program that had it open did not close it."""

    path: Path
    changed: datetime
    crashed: bool


class Slot:
    """A place for one unsaved case, taken by this program as long as it lives."""

    def __init__(self, path: Path, lock: QLockFile) -> None:
        self.path: Final = path
        self._lock: Final = lock

    def release(self) -> None:
        """Leave what is there to whoever wants it."""
        self._lock.unlock()

    def delete(self) -> None:
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        self._lock.unlock()


class RecoveryStore:
    """The folder of unsaved cases, which several programs may use at once.

    Parameters
    ----------
    folder
        Made, for the user's eyes only, when something is first kept; None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder: Final = folder

    def new_slot(self) -> Slot | None:
        """A free place; None where nothing can be kept."""
        if self.folder is None:
            return None
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            name = f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}{CASE_SUFFIX}"
            return self.take(self.folder / name)
        return None

    def holds(self, path: Path) -> bool:
        """Whether ``path`` lies in the folder, however it is spelled."""
        with suppress(OSError):
            return self.folder is not None and path.parent.samefile(self.folder)
        return False

    def take(self, path: Path) -> Slot | None:
        """The place at ``path``; None while another program has it."""
        lock = _lock_of(path)
        return Slot(path, lock) if lock.tryLock(0) else None

    def unsaved(self) -> list[Unsaved]:
        """What nobody has open, the newest first."""
        found = []
        with suppress(OSError):
            for path in sorted(self.folder.glob(f"*{CASE_SUFFIX}"), reverse=True) if self.folder else []:
                crashed = path.with_name(path.name + _LOCK).exists()
                lock = _lock_of(path)
                if not lock.tryLock(0):
                    continue
                lock.unlock()
                found.append(Unsaved(path, datetime.fromtimestamp(path.stat().st_mtime).astimezone(), crashed))
        return found

    def delete_all(self) -> None:
        """Delete what nobody has open."""
        for entry in self.unsaved():
            if (slot := self.take(entry.path)) is not None:
                slot.delete()


def _lock_of(path: Path) -> QLockFile:
    lock = QLockFile(str(path.with_name(path.name + _LOCK)))
    lock.setStaleLockTime(0)  # never by age: a program may be open for weeks; that it ended is found out all the same
    return lock
