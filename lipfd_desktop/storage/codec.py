"""Records as files, without loss.

A file is a zip of one JSON part, ``record.json``, and one ``.npy`` part an array, so that ``numpy.load`` reads the
arrays too.  Nothing in it is ever run: no pickle, and only the fields that the record declares are taken.
"""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar, get_args, get_origin
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
from cattrs import Converter
from cattrs.strategies import configure_union_passthrough
from numpy.typing import NDArray

from lipfd_desktop.errors import StorageError
from lipfd_desktop.language import mark
from lipfd_desktop.report.atomic import open_atomic
from lipfd_desktop.result import AnalysisResult

FORMAT_VERSION: Final = 1
"""Raised whenever a record of an older program can no longer be read as it was meant."""

_DOCUMENT: Final = "record.json"
_LEVEL: Final = 1
"""Of compression: scores hardly shrink, and higher levels cost seconds for a two-hour file."""

_LARGEST_BYTES: Final = 2**31
"""Of all parts unpacked; a two-hour file with several faces comes to a tenth.  Refuses archives made to fill memory."""
_UNIX: Final = 3
"""Of the systems that a zip can name as its maker."""

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
        archive.writestr(part_info(_DOCUMENT), json.dumps(document), compresslevel=_LEVEL)
        for name, array in arrays.items():
            with archive.open(part_info(f"{name}.npy"), "w", force_zip64=True) as part:
                np.save(part, array, allow_pickle=False)


def part_info(name: str, compress_type: int = ZIP_DEFLATED) -> ZipInfo:
    """The head of a part, the same at every time and on every system, so that equal records give equal bytes."""
    info = ZipInfo(name)
    info.compress_type, info.create_system = compress_type, _UNIX
    return info


def read_part(archive: ZipFile, name: str) -> bytes:
    """A part of ``archive``, whole, because only then zipfile compares the checksum; never more than it announces."""
    info = archive.getinfo(name)
    with archive.open(info) as part:
        return part.read(info.file_size)


def read_record(path: Path, kind: type[_Record]) -> _Record:
    """The record of type ``kind`` in a file.

    Raises
    ------
    StorageError
        As :func:`read_result`.
    """
    try:
        with path.open("rb") as stream:
            return read_record_from(stream, kind, path.name)
    except OSError as error:
        raise StorageError(
            mark("{name}: cannot be read ({reason}); check the disk and the permissions."),
            name=path.name,
            reason=error.strerror or str(error),
        ) from error


def read_record_from(stream: BinaryIO, kind: type[_Record], name: str) -> _Record:
    """The record of type ``kind`` in a stream that can be searched; ``name`` opens the sentence of an error.

    Raises
    ------
    StorageError
        The content is damaged, is no such record, or is one of another version.
    OSError
        The stream cannot be read.
    """
    try:
        with ZipFile(stream) as archive:
            if sum(part.file_size for part in archive.infolist()) > _LARGEST_BYTES:
                raise ValueError("larger than a record can be")
            document = json.loads(read_part(archive, _DOCUMENT))
            if document["format_version"] == FORMAT_VERSION and document["kind"] == kind.__name__:
                return _reader(archive).structure(document["record"], kind)
    except OSError:
        raise
    except Exception as error:  # whatever zip, zlib, JSON, NumPy or cattrs find wrong with the bytes
        raise StorageError(
            mark("{name}: is damaged or was not stored by LipFD Desktop; analyse the video again."), name=name
        ) from error
    raise StorageError(
        mark("{name}: was stored in another format than this version of LipFD Desktop reads; analyse the video again."),
        name=name,
    )


def unpacked_bytes(stream: BinaryIO) -> int:
    """What the record in ``stream`` says that it takes in memory, before anything of it is unpacked."""
    with ZipFile(stream) as archive:
        return sum(part.file_size for part in archive.infolist())


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
    """Builds records whose arrays are parts of ``archive``, each of them one array's alone."""
    left = set(archive.namelist())

    def array(name: str, kind: Any) -> NDArray[Any]:
        left.remove(f"{name}.npy")  # a part that a thousand fields named would be a thousand times in memory
        loaded: NDArray[Any] = np.load(BytesIO(read_part(archive, f"{name}.npy")), allow_pickle=False)
        (wanted,) = get_args(get_args(kind)[1])
        if loaded.dtype != np.dtype(wanted):
            raise ValueError(f"{name} is of {loaded.dtype}, not of {wanted}")
        return loaded

    converter = Converter(forbid_extra_keys=True, detailed_validation=False)
    converter.register_structure_hook_func(_is_array, array)
    configure_union_passthrough(str | int | float, converter)
    return converter


def _is_array(kind: object) -> bool:
    origin: object = get_origin(kind)
    return origin is np.ndarray
