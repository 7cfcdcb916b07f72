"""The log file of the window: bounded, on this machine only, for its user only."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final, cast

import platformdirs

from lipfd_desktop.language import speaking

PACKAGE: Final = "lipfd_desktop"
"""Logger above those of all modules."""
_FILE_BYTES: Final = 1_000_000
_OLDER: Final = 3
WHOLE_MB: Final = _FILE_BYTES * (1 + _OLDER) // 1_000_000
"""What the file and its older parts take at most."""
_OWN_FOLDER: Final = 0o700
_OWN_FILE: Final = 0o600
_LINE: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_folder() -> Path:
    """The user's folder for log files."""
    return platformdirs.user_log_path("lipfd-desktop", appauthor=False)


class _PrivateHandler(RotatingFileHandler):
    """Every file that it begins, the one after a rotation as well, is the user's alone: it names what was examined."""

    def _open(self) -> TextIOWrapper:
        def private(path: str, flags: int) -> int:
            return os.open(path, flags, _OWN_FILE)

        return cast("TextIOWrapper", open(self.baseFilename, self.mode, encoding=self.encoding, opener=private))


def in_english(record: logging.LogRecord) -> bool:
    """A filter that lets all pass: says errors in English, whatever the window speaks."""
    with speaking("en"), suppress(Exception):  # a message with wrong arguments is for logging to complain about
        record.msg, record.args = record.getMessage(), None
    return True


class LogFile:
    """Writes what the package logs to a file, while that is wanted.

    A folder that cannot be written to is the only thing that is logged then: a log must never keep the program from
    working.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or log_folder()
        self._handler: RotatingFileHandler | None = None

    @property
    def path(self) -> Path:
        return self._folder / "lipfd-desktop.log"

    def set_wanted(self, wanted: bool) -> None:
        """Begin or end writing."""
        if wanted and self._handler is None:
            self._begin()
        elif not wanted and self._handler is not None:
            logging.getLogger(PACKAGE).removeHandler(self._handler)
            self._handler.close()
            self._handler = None

    def _begin(self) -> None:
        logger = logging.getLogger(PACKAGE)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._folder.chmod(_OWN_FOLDER)
            for older in self._folder.glob(f"{self.path.name}*"):  # those of versions that let others read
                older.chmod(_OWN_FILE)
            handler = _PrivateHandler(self.path, maxBytes=_FILE_BYTES, backupCount=_OLDER, encoding="utf-8")
        except OSError as error:
            logger.warning("The log file %s cannot be written: %s", self.path, error.strerror or error)
            return
        handler.setFormatter(logging.Formatter(_LINE))
        handler.addFilter(in_english)
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        self._handler = handler
