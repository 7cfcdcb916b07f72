"""What a store knows of one clip: a record of scalars, and the arrays beside it.

A record travels as JSON in the header of the clip's safetensors file; an array is called ``<clip>/<name>`` there, so
that many clips can share one file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.dataset.manifest import Clip
from lipfd_desktop.errors import DatasetError
from lipfd_desktop.windows.mel import GUIDED_MEL

FORMAT: Final = 1
"""Version of the layout; a store of another version is refused and made anew."""
FILE_LIMIT: Final = 64 * 2**20
"""Bytes of the largest file of a store."""
HEADER_RESERVE: Final = 16 * 2**10
"""Bytes kept free for one clip's share of the header."""

Arrays = Mapping[str, NDArray[Any]]

ARRAYS: Final[Mapping[str, tuple[type[np.generic], tuple[int, ...]]]] = {
    "pts": (np.float64, ()),
    "frames": (np.int64, ()),
    "poses": (np.float32, (7,)),
    "landmarks": (np.float32, (478, 2)),
    "boxes": (np.float32, (4,)),
    "paths": (np.uint8, ()),
    "cuts": (np.uint8, ()),
    "face_ends": (np.int64, ()),
    "head_ends": (np.int64, ()),
}
"""Type and shape of a row of the arrays with one row a frame; the others are ``face_jpeg`` and ``head_jpeg``, (bytes,)
uint8, and ``mel``, (bands, columns) uint8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipRecord:
    """Scalars of one stored clip; those of :class:`~lipfd_desktop.dataset.manifest.Clip` mean the same here.

    Attributes
    ----------
    frames
        Rows: frames in which the most seen face was found.
    width, height
        Of the displayed frame in pixels, in which poses, landmarks and boxes are told.
    faces
        Different faces seen in the kept time.
    mel_start, column_seconds
        PTS of the middle of the first mel column, and seconds from one to the next.
    sound_start, sound_end
        PTS between which time was kept: nothing before or after it is in the arrays.
    trimmed_start, trimmed_end
        Seconds of silence cut away at either end.
    left_out
        Seconds at the end that were not read, because the clip is longer than a clip may be.
    longest, jpeg_quality
        The settings of the extraction: seconds that a clip may be long, and quality of the stored images.
    source_bytes
        Size of the clip's files.
    file_facts
        Properties of the original file; see :func:`lipfd_desktop.dataset.facts.file_facts`.
    notes
        Sentences about what was wrong with the file, although it could be used.
    """

    id: str
    file: str
    label: int
    generator: str
    speaker: str
    source: str
    split: str
    fold: int
    frames: int
    width: int
    height: int
    faces: int
    mel_start: float
    column_seconds: float
    sound_start: float
    sound_end: float
    trimmed_start: float
    trimmed_end: float
    left_out: float
    longest: float
    jpeg_quality: int
    source_bytes: int
    file_facts: Mapping[str, float]
    notes: tuple[str, ...] = ()
    format: int = FORMAT

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> ClipRecord:
        """The record of a header.

        Raises
        ------
        DatasetError
            It is none, or of another version.
        """
        try:
            data = json.loads(text)
            if data["format"] != FORMAT:
                raise DatasetError(f"the clip was extracted in format {data['format']} and this program reads {FORMAT}")
            return cls(**data | {"notes": tuple(data["notes"])})
        except (ValueError, TypeError, KeyError) as error:
            raise DatasetError("the description of a clip in it is damaged") from error

    def relabelled(self, clip: Clip) -> ClipRecord:
        """The record with what the manifest says of the clip now."""
        return replace(self, **{name: getattr(clip, name) for name in TOLD_BY_MANIFEST})


TOLD_BY_MANIFEST: Final = ("file", "label", "generator", "speaker", "source", "split", "fold")


def check_arrays(record: ClipRecord, arrays: Arrays) -> None:
    """Refuse arrays that do not belong together.

    Raises
    ------
    DatasetError
    """
    if set(arrays) != {*ARRAYS, "face_jpeg", "head_jpeg", "mel"}:
        raise DatasetError(f"the arrays of {record.id} are incomplete")
    shapes = {name: (kind, (record.frames, *row)) for name, (kind, row) in ARRAYS.items()}
    wrong = [
        name
        for name, (kind, shape) in shapes.items()
        if (arrays[name].dtype, arrays[name].shape) != (np.dtype(kind), shape)
    ]
    for image in ("face", "head"):
        ends, jpeg = arrays[f"{image}_ends"], arrays[f"{image}_jpeg"]
        if jpeg.dtype != np.uint8 or jpeg.ndim != 1 or not len(ends) or ends[0] <= 0 or np.any(np.diff(ends) <= 0):
            wrong.append(f"{image}_jpeg")
        elif ends[-1] != len(jpeg):
            wrong.append(f"{image}_ends")
    if arrays["mel"].dtype != np.uint8 or arrays["mel"].ndim != 2 or arrays["mel"].shape[0] != GUIDED_MEL.bands:
        wrong.append("mel")
    if wrong:
        raise DatasetError(f"the arrays {', '.join(sorted(set(wrong)))} of {record.id} do not fit together")
