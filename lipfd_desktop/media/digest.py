"""The fingerprint of a file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from lipfd_desktop.cancellation import IsCancelled, never
from lipfd_desktop.errors import Cancelled, UnreadableMediaError
from lipfd_desktop.language import mark

_BLOCK_BYTES: Final = 1 << 20


def sha256_of(path: Path, is_cancelled: IsCancelled = never) -> str:
    """SHA-256 of the content, in hexadecimal; the file is read in blocks.

    Raises
    ------
    UnreadableMediaError
        The file cannot be read to its end.
    Cancelled
        ``is_cancelled`` said so.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                if is_cancelled():
                    raise Cancelled
                digest.update(block)
    except OSError as error:
        reason = error.strerror or "read error"
        raise UnreadableMediaError(
            path, mark("cannot be read ({reason}); check the disk and the permissions."), reason=reason
        ) from error
    return digest.hexdigest()
