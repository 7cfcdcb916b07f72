"""Records as files, without loss.

A file is a zip of one JSON part, ``record.json``, and one ``.npy`` part an array, so that ``numpy.load`` reads the
arrays too.  Nothing in it is ever run: no pickle, and only the fields that the record declares are taken.
"""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar, get_args, get_origin
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
from cattrs import Converter
from numpy.typing import NDArray

from lipfd_desktop.errors import StorageError
from lipfd_desktop.report.atomic import open_atomic
from lipfd_desktop.result import AnalysisResult

FORMAT_VERSION: Final = 1
"""Raised whenever a record of an older program can no longer be read as it was meant."""

_DOCUMENT: Final = "record.json"
_LEVEL: Final = 1
"""Of compression: scores hardly shrink, and higher levels cost seconds for a two-hour file."""

_LARGEST_BYTES: Final = 2**31
"""Of all parts unpacked; a two-hour file with several faces comes to a tenth.  Refuses archives made to fill memory."""

_Record = TypeVar("_Record")


def write_result(result: AnalysisResult, path: Path) -> None:
    """Write a result to a file that appears whole or not at all.

    Raises
    ------
    ExportError
        The file cannot be written.
    """
    with open_atomic(path, source=result.media.path) as stream:
        write_record(result, stream)


def read_result(path: Path) -> AnalysisResult:
    """The result that :func:`write_result` wrote, bit for bit.

    Raises
    ------
    StorageError
        The file cannot be read, is damaged, is no stored result, or is one of another version.
    """
    return read_record(path, AnalysisResult)


def write_record(record: object, stream: BinaryIO) -> None:
    """Write a dataclass of numbers, texts, paths, enumerations, arrays, and dataclasses, tuples and mappings of them.

    Raises
    ------
    OSError
        The stream cannot be written.
    """
    arrays: dict[str, NDArray[Any]] = {}
    document = {
        "format_version": FORMAT_VERSION,
        "kind": type(record).__name__,
        "record": _without_arrays(Converter().unstructure(record), "record", arrays),
    }
    with ZipFile(stream, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        archive.writestr(_DOCUMENT, json.dumps(document))
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as part:
                np.save(part, array, allow_pickle=False)


def read_record(path: Path, kind: type[_Record]) -> _Record:
    """The record of type ``kind`` in a file.

    Raises
    ------
    StorageError
        As :func:`read_result`.
    """
    try:
        with ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > _LARGEST_BYTES:
                raise ValueError("larger than a record can be")
            document = json.loads(archive.read(_DOCUMENT))
            if document["format_version"] == FORMAT_VERSION and document["kind"] == kind.__name__:
                return _reader(archive).structure(document["record"], kind)
    except OSError as error:
        raise StorageError(
            f"{path.name}: cannot be read ({error.strerror or error}); check the disk and the permissions."
        ) from error
    except Exception as error:  # whatever zip, zlib, JSON, NumPy or cattrs find wrong with the bytes
        raise StorageError(
            f"{path.name}: is damaged or was not stored by LipFD Desktop; analyse the video again."
        ) from error
    raise StorageError(
        f"{path.name}: was stored in another format than this version of LipFD Desktop reads; analyse the video again."
    )


def _without_arrays(node: Any, place: str, arrays: dict[str, NDArray[Any]]) -> Any:
    """``node`` with the name of its part in the place of each array, which goes into ``arrays``."""
    match node:
        case np.ndarray():
            arrays[place] = node
            return place
        case dict():
            return {key: _without_arrays(value, f"{place}.{key}", arrays) for key, value in node.items()}
        case list() | tuple():
            return [_without_arrays(value, f"{place}.{number}", arrays) for number, value in enumerate(node)]
        case _:
            return node


def _reader(archive: ZipFile) -> Converter:
    """Builds records whose arrays are parts of ``archive``."""

    def array(name: str, kind: Any) -> NDArray[Any]:
        # Read whole, because only then zipfile compares the checksum.
        loaded: NDArray[Any] = np.load(BytesIO(archive.read(f"{name}.npy")), allow_pickle=False)
        (wanted,) = get_args(get_args(kind)[1])
        if loaded.dtype != np.dtype(wanted):
            raise ValueError(f"{name} is of {loaded.dtype}, not of {wanted}")
        return loaded

    converter = Converter(forbid_extra_keys=True, detailed_validation=False)
    converter.register_structure_hook_func(_is_array, array)
    return converter


def _is_array(kind: object) -> bool:
    origin: object = get_origin(kind)
    return origin is np.ndarray
