"""What the window remembers between runs: nothing about results, only where things were."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QSettings

ORGANISATION: Final = "lipfd-desktop"
_RECENT: Final = 8


class Settings:
    """Recent files, folders and the arrangement of the window."""

    def __init__(self, store: QSettings | None = None) -> None:
        self._store = store or QSettings(ORGANISATION, ORGANISATION)

    @property
    def recent(self) -> list[Path]:
        """Files opened lately, newest first; those that are gone are left out by the menu, not here."""
        stored = self._store.value("recent", [])
        names = [stored] if isinstance(stored, str) else stored if isinstance(stored, list) else []
        return [Path(str(name)) for name in names if name]

    def add_recent(self, path: Path) -> None:
        others = [known for known in self.recent if known != path]
        self._store.setValue("recent", [str(known) for known in [path, *others][:_RECENT]])

    def clear_recent(self) -> None:
        self._store.remove("recent")

    def folder(self, purpose: str) -> str:
        """Where the user last opened or exported something."""
        return str(self._store.value(f"folder/{purpose}", ""))

    def set_folder(self, purpose: str, path: Path) -> None:
        self._store.setValue(f"folder/{purpose}", str(path))

    def keys(self, action: str) -> tuple[str, ...] | None:
        """The keys that the user gave an action, in Qt's portable spelling; None where they never changed them."""
        stored = self._store.value(f"keys/{action}")
        return None if stored is None else tuple(key for key in str(stored).split("\n") if key)

    def set_keys(self, action: str, keys: tuple[str, ...] | None) -> None:
        if keys is None:
            self._store.remove(f"keys/{action}")
        else:
            self._store.setValue(f"keys/{action}", "\n".join(keys))

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
