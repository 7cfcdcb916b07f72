"""Whether the media of a case are still what and where they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath

from lipfd_desktop.cancellation import IsCancelled, never
from lipfd_desktop.case.records import Exhibit
from lipfd_desktop.errors import UnreadableMediaError
from lipfd_desktop.media.digest import sha256_of


class MediaState(StrEnum):
    """What became of a file."""

    PRESENT = "present"
    MOVED = "moved"
    CHANGED = "changed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class MediaCheck:
    """What became of the media of an exhibit.

    Parameters
    ----------
    path
        Where the same bytes lie now, or other bytes of the same name; None when nothing was found.
    is_proven
        Other bytes were really seen at the old place: not a file that cannot be read, or one of that name elsewhere.
    """

    state: MediaState
    path: Path | None
    is_proven: bool = field(default=False, compare=False)


def check_media(exhibit: Exhibit, case_path: Path | None, is_cancelled: IsCancelled = never) -> MediaCheck:
    """Look for the bytes of ``exhibit``: where they were, on the way from the case file, beside the case file.

    Only a file of the same size and SHA-256 counts as the same.  Where no hash is known, a file at the old place
    counts when it has the old size, and nothing else does.

    Raises
    ------
    Cancelled
        ``is_cancelled`` said so.
    """
    other, is_proven = None, False
    for path in _places(exhibit, case_path):
        is_old_place = path == exhibit.path
        size = _size(path)
        if size is None:
            continue
        same = size == exhibit.size and _has_hash(path, exhibit.sha256, is_old_place, is_cancelled)
        if same:
            return MediaCheck(MediaState.PRESENT if is_old_place else MediaState.MOVED, path)
        is_proven = is_proven or (is_old_place and same is False)
        other = other or path
    return MediaCheck(MediaState.MISSING if other is None else MediaState.CHANGED, other, is_proven)


def _places(exhibit: Exhibit, case_path: Path | None) -> Iterator[Path]:
    yield exhibit.path
    if case_path is None:
        return
    folder = case_path.absolute().parent
    relative = PurePosixPath(exhibit.relative)
    if exhibit.relative and not relative.is_absolute():
        with suppress(OSError, ValueError, RuntimeError):  # a path that this system cannot have
            yield (folder / relative).resolve()
    if exhibit.path.name:
        yield folder / exhibit.path.name


def _size(path: Path) -> int | None:
    """Bytes of a regular file, None for anything else: a device or a pipe might never end."""
    with suppress(OSError, ValueError):
        return path.stat().st_size if path.is_file() else None
    return None


def _has_hash(path: Path, sha256: str, is_old_place: bool, is_cancelled: IsCancelled) -> bool | None:
    """Whether it has; None where it cannot be read."""
    if not sha256:
        return is_old_place
    with suppress(UnreadableMediaError):
        return sha256_of(path, is_cancelled) == sha256
    return None
