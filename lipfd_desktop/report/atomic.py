"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from lipfd_desktop.errors import ExportError
from lipfd_desktop.language import Phrase, mark

_PROBLEMS: Final = {
    errno.ENOSPC: Phrase(mark("the disk is full; free some space or choose another place")),
    errno.EDQUOT: Phrase(mark("your disk quota is used up; free some space or choose another place")),
    errno.EFBIG: Phrase(mark("the file system does not take files of this size; choose another place")),
    errno.EACCES: Phrase(mark("you may not write there, or the file is write-protected; choose another place")),
    errno.EPERM: Phrase(mark("you may not write there; choose another place")),
    errno.EROFS: Phrase(mark("that place is read-only; choose another place")),
    errno.ENOENT: Phrase(mark("its folder does not exist; create it or choose another place")),
    errno.ENOTDIR: Phrase(mark("its folder is not a folder; choose another place")),
    errno.EISDIR: Phrase(mark("there is a folder of that name; choose another name")),
    errno.ENAMETOOLONG: Phrase(mark("the name is too long; choose a shorter one")),
}

_OWN: Final = 0o600
_ANY: Final = 0o666
"""Less what the user's umask takes away."""


@contextmanager
def open_atomic(target: Path, *, source: Path | None = None, private: bool = False) -> Iterator[BinaryIO]:
    """Open a temporary file beside ``target`` that takes its place when the block ends well.

    On any error the temporary file is removed and what was at ``target`` before stays.  A pipe or a character
    device such as ``/dev/stdout`` cannot be replaced and is written to directly.

    Parameters
    ----------
    target
        Where the file shall be; a symbolic link is followed.
    source
        The examined video, which is never overwritten.
    private
        Whether nobody but the user may read it.  Else it has the permissions of the file that it replaces, and a new
        one those that the user's files have.

    Raises
    ------
    ExportError
        The target is the source or a folder, or the operating system refuses to write.
    """
    try:
        _refuse_source(target, source)
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if target.exists() and (_is_standard_stream(target) or not target.is_file()):
            with target.open("ab") as stream:  # appending, because a shell may have redirected /dev/stdout to a file
                yield stream
            return
        with _replacing(target.resolve(), private) as stream:
            yield stream
    except OSError as error:
        reason = error.strerror or str(error)
        problem = _PROBLEMS.get(error.errno or 0) or Phrase(mark("{reason}; choose another place"), reason=reason)
        raise ExportError(
            mark("{name}: could not be written: {problem}."), name=target.name or target, problem=problem
        ) from error


@contextmanager
def _replacing(target: Path, private: bool) -> Iterator[BinaryIO]:
    # Not tempfile: its files are private (0600), and a new report gets the user's normal permissions.
    mode = _OWN if private else stat.S_IMODE(target.stat().st_mode) & 0o777 if target.exists() else None
    temporary = target.with_name(f".lipfd-{secrets.token_hex(8)}.part")
    try:
        temporary.touch(_ANY if mode is None else _OWN, exist_ok=False)
        with temporary.open("wb") as stream:
            if mode not in (None, _OWN):
                with suppress(OSError):  # a file system without permissions, or more private than asked
                    temporary.chmod(mode)
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _is_standard_stream(target: Path) -> bool:
    """``/dev/stdout`` and its kin, which stand for a regular file when the shell redirected them to one."""
    return target.absolute().parent in {Path("/dev"), Path("/dev/fd")}


def _refuse_source(target: Path, source: Path | None) -> None:
    if source is not None and target.exists() and source.exists() and target.samefile(source):
        raise ExportError(
            mark(
                "{name}: could not be written: it is the examined video, which is never changed; choose another name."
            ),
            name=target.name,
        )
