"""The fingerprint of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from lipfd_desktop.errors import Cancelled, UnreadableMediaError
from lipfd_desktop.media.digest import sha256_of


def test_known_digest(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert sha256_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_file_of_many_blocks(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a" * 1_000_000 + b"b" * 2_000_000)
    first = sha256_of(path)
    path.write_bytes(b"a" * 1_000_000 + b"b" * 1_999_999 + b"c")
    assert first != sha256_of(path)


def test_cancelling(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    with pytest.raises(Cancelled):
        sha256_of(path, lambda: True)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMediaError, match="cannot be read"):
        sha256_of(tmp_path / "none")
