"""Where dialogs for saving open: where somebody keeps what the program writes, not where the evidence lies."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from PySide6.QtCore import QStandardPaths

from lipfd_desktop.gui.settings import Settings

_ANY: Final = "output"


class OutputFolders:
    """Proposes a folder for each kind of output.

    Parameters
    ----------
    settings
        Where the folders are remembered.
    case_file
        Tells the file of the open case; None while it has none.
    examined
        Tells which files are examined: their folders are proposed only after the user chose them.
    """

    def __init__(
        self, settings: Settings, case_file: Callable[[], Path | None], examined: Callable[[], Iterable[Path]]
    ) -> None:
        self._settings, self._case_file, self._examined = settings, case_file, examined

    def propose(self, kind: str) -> Path:
        """Where output of a kind went last, else any output, else the folder of the case, else the user's documents.

        Only a folder that was chosen for this kind may be one with evidence in it, unless there is no other.
        """
        own = self._settings.folder(kind)
        if own and _is_folder(Path(own)):
            return Path(own)
        case, home, any_kind = self._case_file(), Path.home(), self._settings.folder(_ANY)
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        evidence = {path.absolute().parent for path in self._examined()}
        folders = [
            Path(any_kind) if any_kind else None,
            None if case is None else case.absolute().parent,
            Path(documents) if documents else None,
            home,
            Path(tempfile.gettempdir()),
        ]
        for folder in folders:
            if folder is not None and folder not in evidence and _is_folder(folder):
                return folder
        return home

    def remember(self, kind: str, folder: Path) -> None:
        """The user chose ``folder`` for output of a kind."""
        self._settings.set_folder(kind, folder)
        self._settings.set_folder(_ANY, folder)


def _is_folder(path: Path) -> bool:
    with suppress(OSError):
        return path.is_dir()
    return False
