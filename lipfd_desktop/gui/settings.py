"""What the program remembers between runs: the user's preferences and where things were, nothing about results."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QSettings

from lipfd_desktop.language import LANGUAGES
from lipfd_desktop.result import Exactness

ORGANISATION: Final = "lipfd-desktop"
SYSTEM_LANGUAGE: Final = "system"
AUTOSAVE_SECONDS: Final = 5
AUTOSAVE_LIMITS: Final = (1, 600)
"""Seconds between two savings of a changed case: often enough to lose little, seldom enough not to disturb."""
_RECENT: Final = 8
_PREFERENCES: Final = ("preferences", "keys")
"""Groups that :meth:`Settings.reset` clears; recent files, folders and the layout are no preferences."""


class Appearance(StrEnum):
    """Which colours the program wears."""

    SYSTEM = "system"
    DARK = "dark"
    LIGHT = "light"


class Settings:
    """Preferences, keys, recent files, folders and the arrangement of the window.

    Whatever stands in the store, a value that makes no sense reads as the default.
    """

    def __init__(self, store: QSettings | None = None) -> None:
        self._store = store or QSettings(ORGANISATION, ORGANISATION)

    # Preferences ---------------------------------------------------------------------------------------------

    def _text(self, name: str, default: str = "") -> str:
        stored = self._store.value(f"preferences/{name}")
        return default if stored is None else str(stored)

    def _number(self, name: str) -> int | None:
        with suppress(ValueError):
            return int(self._text(name))
        return None

    def _keep(self, name: str, value: object) -> None:
        self._store.setValue(f"preferences/{name}", str(value))

    @property
    def appearance(self) -> Appearance:
        with suppress(ValueError):
            return Appearance(self._text("appearance", Appearance.SYSTEM))
        return Appearance.SYSTEM

    @appearance.setter
    def appearance(self, appearance: Appearance) -> None:
        self._keep("appearance", appearance)

    @property
    def language(self) -> str:
        """A key of :data:`~lipfd_desktop.language.LANGUAGES`, or ``system``."""
        stored = self._text("language", SYSTEM_LANGUAGE)
        return stored if stored in LANGUAGES else SYSTEM_LANGUAGE

    @language.setter
    def language(self, language: str) -> None:
        self._keep("language", language)

    @property
    def device(self) -> str:
        """The device that is chosen at the start, as a request spells it."""
        return self._text("device") or "auto"

    @device.setter
    def device(self, device: str) -> None:
        self._keep("device", device)

    @property
    def exactness(self) -> Exactness:
        with suppress(ValueError):
            return Exactness(self._text("exactness", Exactness.REFERENCE))
        return Exactness.REFERENCE

    @exactness.setter
    def exactness(self, exactness: Exactness) -> None:
        self._keep("exactness", exactness)

    @property
    def stride(self) -> int | None:
        """Frames from one window to the next; None leaves it to the plan."""
        stride = self._number("stride")
        return stride if stride is not None and stride > 0 else None

    @stride.setter
    def stride(self, stride: int | None) -> None:
        self._keep("stride", "" if stride is None else stride)

    @property
    def keeps_results(self) -> bool:
        """Whether results are kept on this disk, so that a file opens at once the next time."""
        return self._text("keeps_results", "yes") != "no"

    @keeps_results.setter
    def keeps_results(self, keeps: bool) -> None:
        self._keep("keeps_results", "yes" if keeps else "no")

    @property
    def results_folder(self) -> Path | None:
        """Where results are kept; None means the user's cache folder."""
        stored = self._text("results_folder")
        return Path(stored) if stored else None

    @results_folder.setter
    def results_folder(self, folder: Path | None) -> None:
        self._keep("results_folder", folder or "")

    @property
    def autosave_seconds(self) -> int:
        """Seconds between two savings of a case that was changed."""
        low, high = AUTOSAVE_LIMITS
        return min(max(self._number("autosave_seconds") or AUTOSAVE_SECONDS, low), high)

    @autosave_seconds.setter
    def autosave_seconds(self, seconds: int) -> None:
        self._keep("autosave_seconds", seconds)

    @property
    def examiner(self) -> str:
        """The name that reports are signed with."""
        return self._text("examiner")

    @examiner.setter
    def examiner(self, name: str) -> None:
        self._keep("examiner", name)

    @property
    def organisation(self) -> str:
        """The examiner's organisation, as reports name it."""
        return self._text("organisation")

    @organisation.setter
    def organisation(self, name: str) -> None:
        self._keep("organisation", name)

    @property
    def writes_log(self) -> bool:
        """Whether the log is written to a file as well."""
        return self._text("writes_log", "yes") != "no"

    @writes_log.setter
    def writes_log(self, writes: bool) -> None:
        self._keep("writes_log", "yes" if writes else "no")

    def reset(self) -> None:
        """Give every preference and every key its default again; recent files and the layout stay."""
        for group in _PREFERENCES:
            self._store.remove(group)

    # Keys ----------------------------------------------------------------------------------------------------

    def keys(self, action: str) -> tuple[str, ...] | None:
        """The keys that the user gave an action, in Qt's portable spelling; None where they never changed them."""
        stored = self._store.value(f"keys/{action}")
        return None if stored is None else tuple(key for key in str(stored).split("\n") if key)

    def set_keys(self, action: str, keys: tuple[str, ...] | None) -> None:
        if keys is None:
            self._store.remove(f"keys/{action}")
        else:
            self._store.setValue(f"keys/{action}", "\n".join(keys))

    # Where things were ---------------------------------------------------------------------------------------

    @property
    def recent(self) -> list[Path]:
        """Files opened lately, newest first, whether or not they are still there."""
        return self._paths("recent")

    def add_recent(self, path: Path) -> None:
        self._add_path("recent", path)

    def clear_recent(self) -> None:
        self._store.remove("recent")

    @property
    def recent_cases(self) -> list[Path]:
        """Case files opened or saved lately, newest first."""
        return self._paths("recent-cases")

    def add_recent_case(self, path: Path) -> None:
        self._add_path("recent-cases", path)

    def _paths(self, name: str) -> list[Path]:
        stored = self._store.value(name, [])
        names = [stored] if isinstance(stored, str) else stored if isinstance(stored, list) else []
        return [Path(str(path)) for path in names if path]

    def _add_path(self, name: str, path: Path) -> None:
        others = [known for known in self._paths(name) if known != path]
        self._store.setValue(name, [str(known) for known in [path, *others][:_RECENT]])

    def folder(self, purpose: str) -> str:
        """Where the user last opened or exported something."""
        return str(self._store.value(f"folder/{purpose}", ""))

    def set_folder(self, purpose: str, path: Path) -> None:
        self._store.setValue(f"folder/{purpose}", str(path))

    @property
    def has_seen_tour(self) -> bool:
        return str(self._store.value("window/tour", "")) == "seen"

    def note_tour(self) -> None:
        """Remember that the tour was shown, so that it does not come by itself again."""
        self._store.setValue("window/tour", "seen")

    @property
    def keeps_queue_open(self) -> bool:
        """Whether the queue is shown at every start, also without files in it."""
        return str(self._store.value("window/queue", "")) == "open"

    @keeps_queue_open.setter
    def keeps_queue_open(self, keeps: bool) -> None:
        self._store.setValue("window/queue", "open" if keeps else "")

    def hidden_columns(self, table: str) -> tuple[str, ...] | None:
        """Names of the columns of a table that are not shown; None where the user never chose."""
        stored = self._store.value(f"window/columns-{table}")
        return None if stored is None else tuple(name for name in str(stored).split("\n") if name)

    def set_hidden_columns(self, table: str, names: Sequence[str]) -> None:
        self._store.setValue(f"window/columns-{table}", "\n".join(names))

    def text(self, name: str) -> str:
        """A remembered text; empty where there is none."""
        return str(self._store.value(name, ""))

    def set_text(self, name: str, value: str) -> None:
        self._store.setValue(name, value)

    def load(self, name: str) -> QByteArray | None:
        value = self._store.value(f"window/{name}")
        return value if isinstance(value, QByteArray) and not value.isEmpty() else None

    def save(self, name: str, value: QByteArray) -> None:
        self._store.setValue(f"window/{name}", value)
