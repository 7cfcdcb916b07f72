"""A bounded folder of what was computed and found: results of analyses, and the index and sound of files.

It serves speed alone, so nothing that goes wrong with it is ever the user's problem: what cannot be read counts as
unknown, what cannot be written is not kept.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import platformdirs
from numpy.typing import NDArray

from lipfd_desktop import __version__
from lipfd_desktop.errors import StorageError
from lipfd_desktop.language import mark
from lipfd_desktop.media.audio import AudioExtent
from lipfd_desktop.media.info import MediaInfo
from lipfd_desktop.report.atomic import open_atomic
from lipfd_desktop.result import AnalysisRequest, AnalysisResult, Exactness, MelTrack, WaveTrack
from lipfd_desktop.storage.codec import FORMAT_VERSION, read_record, write_record

CACHE_VARIABLE: Final = "LIPFD_CACHE"
"""Environment variable with the folder of kept results."""
OFF: Final = "off"
"""Its value for keeping nothing."""

DEFAULT_LIMIT: Final = 2**30
"""Bytes: some hundred ten-minute files."""

AUTO: Final = "auto"
CACHE_VERSION: Final = 4
"""Raised whenever equal settings begin to give other numbers, or more is kept, within one version of the program."""

_RESULT: Final = ".lipfd-result"
_OPENED: Final = ".lipfd-opened"
_OURS: Final = (f"*{_RESULT}", f"*{_OPENED}", ".lipfd-*.part")
"""Only these are ever deleted: the folder may be one that the user chose, with other things in it."""

_LOG: Final = logging.getLogger(__name__)
_Record = TypeVar("_Record")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultKey:
    """Everything that decides the numbers of a result.

    The threshold is not among it, because it only says what the numbers mean.  ``device`` is :data:`AUTO` or a name
    as torch spells it.
    """

    file_sha256: str
    model_sha256: str
    time_range: tuple[float, float] | None
    stride: int | None
    window_frames: int | None
    face: int | None
    exactness: Exactness
    device: str

    @classmethod
    def of(cls, request: AnalysisRequest, *, file_sha256: str, model_sha256: str, device: str) -> ResultKey:
        edges = request.time_range
        return cls(
            file_sha256=file_sha256,
            model_sha256=model_sha256,
            time_range=None if edges is None else (float(edges[0]), float(edges[1])),
            stride=request.stride,
            window_frames=request.window_frames,
            face=request.face,
            exactness=request.exactness,
            device=device,
        )

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the key and of the versions that made what it leads to."""
        return _digest(asdict(self))


@dataclass(frozen=True, slots=True, eq=False)
class FileFindings:
    """What opening a file found: :class:`~lipfd_desktop.engine.opening.OpenFile` without what depends on the path.

    ``info`` is what the file said about itself then.
    """

    info: MediaInfo
    frame_times: NDArray[np.float64]
    mel: MelTrack | None
    extent: AudioExtent | None
    wave: WaveTrack | None


@dataclass(frozen=True, slots=True)
class CacheSize:
    """How many results and opened files are kept, the bytes of all, and where."""

    results: int
    opened: int
    bytes: int
    folder: Path


class ResultCache:
    """Results and opened files on disk; the least recently used go when there are too many.

    Parameters
    ----------
    folder
        None means the environment variable ``LIPFD_CACHE``, or else the user's cache folder.  It is made, for the
        user's eyes only, when something is first kept.
    limit_bytes
        What all entries may take together.
    """

    def __init__(self, folder: Path | None = None, limit_bytes: int = DEFAULT_LIMIT) -> None:
        self.folder = folder or default_folder()
        self.limit_bytes = limit_bytes

    def get(self, key: ResultKey) -> AnalysisResult | None:
        """The result as it was kept, or None."""
        return self._read(f"{key.digest}{_RESULT}", AnalysisResult)

    def put(self, key: ResultKey, result: AnalysisResult) -> None:
        self._write(f"{key.digest}{_RESULT}", result)

    def may_know(self, size_bytes: int) -> bool:
        """Whether any file of this size is among the opened ones, so that it pays to hash one before reading it."""
        with suppress(OSError):
            return any(self.folder.glob(f"{size_bytes}-*{_OPENED}"))
        return False

    def get_opened(self, sha256: str, size_bytes: int) -> FileFindings | None:
        return self._read(_opened_name(sha256, size_bytes), FileFindings)

    def put_opened(self, sha256: str, findings: FileFindings) -> None:
        self._write(_opened_name(sha256, findings.info.size_bytes), findings)

    def clear(self) -> None:
        """Delete everything that is kept.

        Raises
        ------
        StorageError
            Something cannot be deleted.
        """
        for path, _ in self._entries():
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise StorageError(
                    mark("{path}: cannot be deleted ({reason}); check the permissions of its folder."),
                    path=path,
                    reason=error.strerror or str(error),
                ) from error

    def size(self) -> CacheSize:
        entries = list(self._entries())
        kinds = [path.suffix for path, _ in entries]
        return CacheSize(
            kinds.count(_RESULT), kinds.count(_OPENED), sum(status.st_size for _, status in entries), self.folder
        )

    def _read(self, name: str, kind: type[_Record]) -> _Record | None:
        path = self.folder / name
        try:
            if not path.exists():
                return None
            record = read_record(path, kind)
        except (OSError, StorageError) as error:
            _LOG.info("The kept entry %s is of no use and is deleted: %s", path, error)
            with suppress(OSError):
                path.unlink(missing_ok=True)
            return None
        with suppress(OSError):
            os.utime(path)  # the time of the last use
        return record

    def _write(self, name: str, record: object) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open_atomic(self.folder / name) as stream:
                Path(stream.name).chmod(0o600)
                write_record(record, stream)
            self._make_room()
        except Exception as error:
            _LOG.info("Nothing is kept in %s: %s", self.folder, error)

    def _make_room(self) -> None:
        taken = 0
        for path, status in sorted(self._entries(), key=lambda entry: entry[1].st_mtime_ns, reverse=True):
            taken += status.st_size
            if taken > self.limit_bytes:
                path.unlink(missing_ok=True)

    def _entries(self) -> Iterator[tuple[Path, os.stat_result]]:
        for pattern in _OURS:
            with suppress(OSError):
                for path in self.folder.glob(pattern):
                    with suppress(OSError):  # another process may have deleted it
                        yield path, path.lstat()


def user_cache(folder: Path | None = None, *, keeps: bool = True) -> ResultCache | None:
    """Where the user wants results to be kept; None for nowhere.

    Parameters
    ----------
    folder, keeps
        The user's preferences, where they have any.  The environment variable ``LIPFD_CACHE`` outdoes both.
    """
    told = os.environ.get(CACHE_VARIABLE, "").strip()
    if told.lower() == OFF or (not keeps and not told):
        return None
    return ResultCache(None if told else folder)


def default_folder() -> Path:
    """The folder of kept results: ``LIPFD_CACHE``, or ``results`` in the user's cache folder."""
    if chosen := os.environ.get(CACHE_VARIABLE):
        return Path(chosen)
    return platformdirs.user_cache_path("lipfd-desktop", appauthor=False) / "results"


def _opened_name(sha256: str, size_bytes: int) -> str:
    return f"{size_bytes}-{_digest({'file_sha256': sha256})}{_OPENED}"


def _digest(key: dict[str, Any]) -> str:
    made_by = {"program": __version__, "cache": CACHE_VERSION, "format": FORMAT_VERSION}
    return hashlib.sha256(json.dumps(key | made_by, sort_keys=True).encode()).hexdigest()
