"""Cases as files; ``docs/case-file.md`` describes the format.

A file is a zip of ``case.json`` and one part for each result, in the form of :mod:`lipfd_desktop.storage.codec`.
Nothing in it is ever run or unpacked to the disk, and the same case gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path, PurePath
from threading import Lock
from typing import Any, Final, NoReturn
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from cattrs import Converter

from lipfd_desktop.case.checking import check_result
from lipfd_desktop.case.records import Case, Exhibit
from lipfd_desktop.errors import CaseChangedError, CaseError
from lipfd_desktop.language import mark
from lipfd_desktop.report.atomic import open_atomic
from lipfd_desktop.result import AnalysisResult
from lipfd_desktop.storage.codec import part_info, read_part, read_record_from, unpacked_bytes, write_record
from lipfd_desktop.verdict import with_grounds

CASE_SUFFIX: Final = ".lipfdcase"
FORMAT: Final = "lipfd-case"
FORMAT_VERSION: Final = 3
"""Raised whenever an older program would misread a case, or not know a field of it."""
_READABLE: Final = (1, 2, FORMAT_VERSION)
"""Version 1 has no grounds of verdicts, neither 1 nor 2 a handling log."""

_DOCUMENT: Final = "case.json"
_RESULT_NAME: Final = re.compile(r"results/[0-9]{1,9}\.lipfd-result", re.ASCII)
_LARGEST_DOCUMENT: Final = 2**26
"""Bytes of ``case.json``: some hundred thousand marks with long notes."""
_LARGEST_FILE: Final = 2**32
_MOST_PARTS: Final = 10_000
_UNSUSPICIOUS_BYTES: Final = 2**28
_MOST_SHRUNK: Final = 100
"""Times; scores hardly shrink.  What is larger unpacked, and shrank more, was made to fill memory."""

_Stamp = tuple[int, int, int]


class CaseFile:
    """One file that a case is read from and written to again and again, by this program alone.

    It may be used by two threads.

    Parameters
    ----------
    path
        Where the file is or will be.
    replaces
        Whether what lies there now, unread, may be overwritten the first time: the user said so.
    private
        Whether it is written for the eyes of the user alone.
    """

    def __init__(self, path: Path, *, replaces: bool = False, private: bool = False) -> None:
        self.path: Final = path.absolute()
        self._lock: Final = Lock()
        self._replaces = replaces
        self._private: Final = private
        self._stamp: _Stamp | None = None
        self._digest = ""
        self._encoded: dict[AnalysisResult, bytes] = {}
        self._written: Case | None = None

    @property
    def written(self) -> Case | None:
        """The case as the file holds it, so far as this program knows."""
        return self._written

    def read(self) -> Case:
        """The case in the file.

        Raises
        ------
        CaseError
            The file cannot be read, is damaged, is no case, or is of a newer version of the program.
        """
        with self._lock:
            try:
                stamp = _stamp_of(self.path)
                if (stamp is None and self.path.exists()) or (stamp is not None and stamp[0] > _LARGEST_FILE):
                    raise CaseError(mark("{name}: is not a case file; choose another file."), name=self.path.name)
                content = self.path.read_bytes()
            except FileNotFoundError as error:
                raise CaseError(
                    mark("{name}: does not exist; check the name and the folder."), name=self.path.name
                ) from error
            except OSError as error:
                raise CaseError(
                    mark("{name}: cannot be read ({reason}); check the disk and the permissions."),
                    name=self.path.name,
                    reason=error.strerror or str(error),
                ) from error
            case = self._decode(content)
            self._stamp, self._digest, self._written = stamp, hashlib.sha256(content).hexdigest(), case
            return case

    def write(self, case: Case) -> None:
        """Make the file hold ``case``; until that is done it holds what it held.

        Raises
        ------
        CaseChangedError
            Somebody else wrote to the file since it was last read or written here; it stays as it is.
        ExportError
            The file cannot be written.
        """
        with self._lock:
            if case == self._written and self._is_ours():
                return
            content = self.encode(case)
            with open_atomic(self.path, private=self._private) as stream:
                stream.write(content)
                if not self._is_ours():  # as late as possible: the file takes its place right after this
                    raise CaseChangedError(
                        mark(
                            "{name}: was changed by another program since it was opened here and was not overwritten; "
                            "save the case under another name, or replace the file."
                        ),
                        name=self.path.name,
                    )
            self._replaces = False
            self._stamp, self._digest, self._written = (
                _stamp_of(self.path), hashlib.sha256(content).hexdigest(), case
            )  # fmt: skip

    def replace_next(self) -> None:
        """Let the next :meth:`write` overwrite whatever lies there: the user said so."""
        self._replaces = True

    def encode(self, case: Case) -> bytes:
        """The bytes of ``case``; a result that was encoded before costs nothing."""
        known, self._encoded = self._encoded, {}
        for exhibit in case.exhibits:
            if exhibit.result is not None:
                self._encoded[exhibit.result] = known.get(exhibit.result) or _encode_result(exhibit.result)
        document = {"format": FORMAT, "format_version": FORMAT_VERSION, "case": _as_document(case, self.path)}
        stream = BytesIO()
        with ZipFile(stream, "w") as archive:
            written = json.dumps(document, indent=1, sort_keys=True, allow_nan=False)
            archive.writestr(part_info(_DOCUMENT, ZIP_DEFLATED), written, compresslevel=6)
            for exhibit in case.exhibits:
                if exhibit.result is not None:
                    archive.writestr(part_info(_result_name(exhibit), ZIP_STORED), self._encoded[exhibit.result])
        return stream.getvalue()

    def _is_ours(self) -> bool:
        """Whether nobody else wrote to the file; one that was deleted may be written again."""
        if self._replaces:
            return True
        stamp = _stamp_of(self.path)
        if stamp is None or stamp == self._stamp:
            return True
        with suppress(OSError):  # copied back by a backup, say: other times, same content
            return hashlib.sha256(self.path.read_bytes()).hexdigest() == self._digest
        return False

    def _decode(self, content: bytes) -> Case:
        try:
            with ZipFile(BytesIO(content)) as archive:
                _refuse_overlaps(archive, len(content))
                document = _read_document(archive)
                if document["format"] == FORMAT and document["format_version"] in _READABLE:
                    return self._structure(document["case"], archive)
                version = document["format_version"] if document["format"] == FORMAT else None
        except Exception as error:  # whatever zip, zlib, JSON, NumPy or cattrs find wrong with the bytes
            raise CaseError(
                mark("{name}: is damaged or was not saved by LipFD Desktop; restore it from a backup."),
                name=self.path.name,
            ) from error
        if isinstance(version, int) and version > FORMAT_VERSION:
            raise CaseError(
                mark("{name}: was saved by a newer version of LipFD Desktop; install that version to open it."),
                name=self.path.name,
            )
        raise CaseError(mark("{name}: is not a case of LipFD Desktop; choose another file."), name=self.path.name)

    def _structure(self, document: dict[str, Any], archive: ZipFile) -> Case:
        results = [exhibit.pop("result") for exhibit in document["exhibits"]]
        _refuse_bomb(archive, [name for name in results if name is not None])
        case = Converter(forbid_extra_keys=True, detailed_validation=False).structure(document, Case)
        exhibits = tuple(
            exhibit if name is None else replace(exhibit, result=self._result(exhibit, name, archive))
            for exhibit, name in zip(case.exhibits, results, strict=True)
        )
        return replace(case, exhibits=exhibits)

    def _result(self, exhibit: Exhibit, name: str, archive: ZipFile) -> AnalysisResult:
        encoded = read_part(archive, name)
        result = read_record_from(BytesIO(encoded), AnalysisResult, self.path.name)
        if result.sha256 != exhibit.sha256:
            raise ValueError(f"{name} is of other bytes than its exhibit")
        check_result(result)
        known = with_grounds(result)  # here, so that opening a case does not change it
        self._encoded[known] = encoded
        return known


def _refuse_overlaps(archive: ZipFile, size: int) -> None:
    """Parts that lie in one another let a small file announce any number of large ones."""
    if sum(part.compress_size for part in archive.infolist()) > size:
        raise ValueError("parts that overlap")


def _refuse_bomb(archive: ZipFile, results: list[str]) -> None:
    if len(set(results)) != len(results) or not all(map(_RESULT_NAME.fullmatch, results)):
        raise ValueError("results that are none, or twice the same")
    parts = [archive.getinfo(name) for name in results]
    if any(part.compress_type != ZIP_STORED or part.file_size != part.compress_size for part in parts):
        raise ValueError("a result that is packed twice")
    budget = max(_UNSUSPICIOUS_BYTES, _MOST_SHRUNK * sum(part.file_size for part in parts))
    for name in results:  # one at a time in memory
        budget -= unpacked_bytes(BytesIO(read_part(archive, name)))
        if budget < 0:
            raise ValueError("larger than the results of a case can be")


def relative_to_case(path: Path, case_path: Path) -> str:
    """The way from the folder of the case to ``path``, with ``/``; empty where there is none (another drive)."""
    with suppress(ValueError, OSError):
        return PurePath(os.path.relpath(path, case_path.parent)).as_posix()
    return ""


def _as_document(case: Case, case_path: Path) -> dict[str, Any]:
    converter = Converter()
    document: dict[str, Any] = converter.unstructure(
        replace(case, exhibits=tuple(replace(exhibit, result=None) for exhibit in case.exhibits))
    )
    for exhibit, entry in zip(case.exhibits, document["exhibits"], strict=True):
        entry["relative"] = relative_to_case(exhibit.path, case_path)
        entry["result"] = None if exhibit.result is None else _result_name(exhibit)
    return document


def _result_name(exhibit: Exhibit) -> str:
    return f"results/{exhibit.id}.lipfd-result"


def _encode_result(result: AnalysisResult) -> bytes:
    stream = BytesIO()
    write_record(result, stream)
    return stream.getvalue()


def _read_document(archive: ZipFile) -> dict[str, Any]:
    if len(archive.infolist()) > _MOST_PARTS or archive.getinfo(_DOCUMENT).file_size > _LARGEST_DOCUMENT:
        raise ValueError("larger than a case can be")

    def refuse(word: str) -> NoReturn:
        raise ValueError(f"{word} is no number")

    document: dict[str, Any] = json.loads(read_part(archive, _DOCUMENT), parse_constant=refuse)
    return document


def _stamp_of(path: Path) -> _Stamp | None:
    """What changes when a file is written; None for what is no file."""
    with suppress(OSError):
        status = path.stat()
        return (status.st_size, status.st_mtime_ns, status.st_ino) if path.is_file() else None
    return None
