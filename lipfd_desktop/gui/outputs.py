"""Files that are written for others to see, beside the window, and the hashes of what was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from PySide6.QtCore import QObject, Signal

from lipfd_desktop.errors import MediaError
from lipfd_desktop.gui.jobs import Beside, Failure, Job
from lipfd_desktop.media.digest import sha256_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A file that is written.

    Parameters
    ----------
    kind
        A key of :data:`~lipfd_desktop.report.terms.OUTPUTS`.
    path
        Where it goes.
    about, about_sha256
        The examined file that it is about, and the hash of that; None and empty where it is about several.
    details
        What else the handling log shall say of it, by the names of its details.
    sha256
        Of the written bytes; empty until they are, and where they cannot be read again, as those of a pipe.
    stamp
        What :attr:`Outputs.stamp` gave when it was asked for.
    """

    kind: str
    path: Path
    about: Path | None = None
    about_sha256: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    sha256: str = ""
    stamp: object = None


class Outputs(QObject):
    """Writes and hashes on the side thread of a session.

    Signals
    -------
    written
        The :class:`Output` that lies there now.
    """

    written = Signal(object)

    def __init__(self, beside: Beside, on_failed: Callable[[Failure | None], None], parent: QObject) -> None:
        super().__init__(parent)
        self._beside, self._on_failed = beside, on_failed
        self._writing: set[Job] = set()
        self.stamp: Callable[[], object] = lambda: None
        """Names whatever the next file is written for."""

    def write(
        self,
        output: Output,
        work: Callable[[Job], object],
        on_done: Callable[[object], None],
    ) -> None:
        """Let ``work`` write the file, then hash it and tell, after ``on_done``."""
        stamp = self.stamp()

        def write(job: Job) -> Output:
            work(job)
            return replace(output, sha256=_hash_of(output.path), stamp=stamp)

        def done(answer: object) -> None:
            self._writing.discard(job)
            on_done(None)
            self.written.emit(cast("Output", answer))

        def give_up(failure: Failure | None) -> None:
            self._writing.discard(job)
            self._on_failed(failure)

        job = self._beside(write, done, give_up)
        self._writing.add(job)

    @property
    def is_writing(self) -> bool:
        return bool(self._writing)


def _hash_of(path: Path) -> str:
    with suppress(MediaError, OSError):
        return sha256_of(path) if path.is_file() else ""
    return ""
