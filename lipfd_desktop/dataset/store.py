"""A store of extracted clips: safetensors files of at most 64 MiB, memory-mapped, one clip each or many.

Nothing is read before it is asked for, and what is asked for is a view of the file, so that a store may be larger
than memory and several processes share its pages.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from lipfd_desktop.dataset.record import FILE_LIMIT, HEADER_RESERVE, Arrays, ClipRecord, check_arrays
from lipfd_desktop.errors import DatasetError
from lipfd_desktop.media.picture import Picture
from lipfd_desktop.report.atomic import open_atomic
from lipfd_desktop.result import MelTrack
from lipfd_desktop.tracks.pose import FacePose, Landmarks
from lipfd_desktop.windows.assemble import LONG_INTERVALS, LONG_SECONDS, MIN_FACE_HEIGHT
from lipfd_desktop.windows.context import LOOK_AROUND, context_motion, context_strip, middle_of
from lipfd_desktop.windows.contracts import Motion, WindowInput, WindowTime
from lipfd_desktop.windows.geometry import FACE_IMAGE, FACE_SIDE, tier_transform
from lipfd_desktop.windows.mel import FLOOR_DB, GUIDED_MEL

CLIPS_FOLDER: Final = "clips"
"""Folder of a store in which extraction puts one file a clip; shards lie beside it."""
SUFFIX: Final = ".safetensors"

WINDOW_FRAMES: Final = 5
"""Consecutive frames of a window (paper section 4.1)."""

_TYPES: Final = {"F64": np.float64, "F32": np.float32, "I64": np.int64, "U8": np.uint8}


class MappedFile:
    """A checked safetensors file, its arrays read-only views of it.  Pickles as its path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # The library refuses truncated files and headers that contradict themselves.
            with safe_open(path, framework="numpy") as file:
                self.metadata: dict[str, str] = dict(file.metadata() or {})
            with path.open("rb") as stream:
                self._bytes = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        except (SafetensorError, ValueError) as error:
            raise DatasetError(f"{path.name}: is damaged; delete it and extract or pack again.") from error
        except OSError as error:
            raise DatasetError(f"{path.name}: cannot be read: {error.strerror or error}.") from error
        length = int.from_bytes(self._bytes[:8], "little")
        self._header: dict[str, Any] = json.loads(self._bytes[8 : 8 + length])
        self._data = 8 + length

    def __reduce__(self) -> tuple[type[MappedFile], tuple[Path]]:
        return MappedFile, (self.path,)

    def names(self) -> list[str]:
        return [name for name in self._header if name != "__metadata__"]

    def array(self, name: str) -> NDArray[Any]:
        entry = self._header[name]
        kind = _TYPES.get(entry["dtype"])
        if kind is None:
            raise DatasetError(f"{self.path.name}: holds an array of type {entry['dtype']}, which no store has.")
        offset = self._data + int(entry["data_offsets"][0])
        return np.ndarray(tuple(entry["shape"]), kind, buffer=self._bytes, offset=offset)


@dataclass(frozen=True, slots=True, eq=False)
class StoredClip:
    """One clip of a store; rows are the frames in which its face was found, in order.

    Arrays are read-only views of the file.
    """

    record: ClipRecord
    file: MappedFile

    def __len__(self) -> int:
        return self.record.frames

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def label(self) -> int:
        return self.record.label

    @property
    def pts(self) -> NDArray[np.float64]:
        """(T,) seconds."""
        return self._array("pts")

    @property
    def frames(self) -> NDArray[np.int64]:
        """(T,) ordinals in the file."""
        return self._array("frames")

    @property
    def poses(self) -> NDArray[np.float32]:
        """(T, 7) smoothed, as :meth:`FacePose.vector`."""
        return self._array("poses")

    @property
    def landmarks(self) -> NDArray[np.float32]:
        """(T, 478, 2) in pixels of the frame, not smoothed."""
        return self._array("landmarks")

    @property
    def boxes(self) -> NDArray[np.float32]:
        """(T, 4) x, y, width, height of the face in pixels of the frame."""
        return self._array("boxes")

    @property
    def paths(self) -> NDArray[np.uint8]:
        """(T,) :class:`~lipfd_desktop.result.FacePath`."""
        return self._array("paths")

    @property
    def cuts(self) -> NDArray[np.bool_]:
        """(T,) whether a shot began at this frame, or since the row before."""
        return self._array("cuts").view(np.bool_)

    @property
    def mel(self) -> MelTrack:
        """The sound of the kept time."""
        return MelTrack(
            start=self.record.mel_start,
            column_seconds=self.record.column_seconds,
            frequencies=_frequencies(),
            levels=self._array("mel"),
            floor_db=FLOOR_DB,
        )

    def pose(self, row: int) -> FacePose:
        return FacePose.from_vector(self.poses[row].astype(np.float64))

    def face(self, row: int) -> Picture:
        """(224, 224, 3) RGB aligned FACE image."""
        return self._image("face", row)

    def head(self, row: int) -> Picture:
        """(128, 128, 3) RGB aligned HEAD image."""
        return self._image("head", row)

    def face_landmarks(self, row: int) -> Landmarks:
        """(478, 2) x, y in pixels of the FACE image."""
        to_frame = tier_transform(self.pose(row), FACE_IMAGE, FACE_SIDE)
        points = cv2.transform(self.landmarks[row][None], cv2.invertAffineTransform(to_frame))
        return np.asarray(points[0], np.float32)

    def starts(self, length: int = WINDOW_FRAMES) -> NDArray[np.intp]:
        """(n,) rows at which a window of ``length`` frames can begin, by the rules of the analysis.

        Consecutive frames of one shot without a gap in time, and a face of at least ``MIN_FACE_HEIGHT`` pixels.
        """
        count = len(self) - length + 1
        if count < 1:
            return np.empty(0, np.intp)
        pts = self.pts
        joined = (np.diff(self.frames) == 1) & ~self.cuts[1:] & (np.diff(pts) <= longest_interval(pts))
        tall = self.boxes[:, 3] >= MIN_FACE_HEIGHT
        windows = np.lib.stride_tricks.sliding_window_view
        usable = windows(tall, length).all(axis=1)
        if length > 1:
            usable &= windows(joined, length - 1).all(axis=1)
        return np.flatnonzero(usable)

    def window_time(self, row: int, length: int = WINDOW_FRAMES) -> WindowTime:
        """Place of the window that begins at a row."""
        after = row + length
        follows = after < len(self) and self.frames[after] == self.frames[after - 1] + 1
        end = float(self.pts[after]) if follows else float(self.pts[after - 1] + np.median(np.diff(self.pts)))
        return WindowTime(float(self.pts[row]), end, int(self.frames[row]))

    def window(self, row: int, length: int = WINDOW_FRAMES) -> WindowInput:
        """The window of the context contract that begins at a row; see :meth:`starts`."""
        rows = range(row, row + length)
        middle = middle_of(self.window_time(row, length))
        return WindowInput(
            tuple(self.face(one) for one in rows),
            context_strip(self.mel, middle),
            tuple(self.head(one) for one in rows),
            self.motion(row, length),
        )

    def motion(self, row: int, length: int = WINDOW_FRAMES) -> Motion:
        """(50, 478, 2) landmarks of the two seconds around the window that begins at a row."""
        time, pts = self.window_time(row, length), self.pts
        cuts = pts[self.cuts]
        begin = max(cuts[cuts <= time.start], default=-np.inf)
        end = min(cuts[cuts > time.start], default=np.inf)
        near = slice(*np.searchsorted(pts, (time.start - LOOK_AROUND, time.end + LOOK_AROUND)))
        return context_motion(pts[near], self.landmarks[near], middle_of(time), shot=(begin, end))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Every array by its name."""
        prefix = f"{self.id}/"
        return {
            name.removeprefix(prefix): self.file.array(name) for name in self.file.names() if name.startswith(prefix)
        }

    def jpeg(self, image: str, row: int) -> NDArray[np.uint8]:
        """(bytes,) the JPEG of the ``face`` or ``head`` image as it is stored."""
        ends = self._array(f"{image}_ends")
        return self.image_bytes(image)[0 if row == 0 else ends[row - 1] : ends[row]]

    def image_bytes(self, image: str) -> NDArray[np.uint8]:
        """(bytes,) the JPEGs of all ``face`` or ``head`` images, one after the other."""
        return self._array(f"{image}_jpeg")

    def _image(self, image: str, row: int) -> Picture:
        row = range(len(self))[row]
        decoded = cv2.imdecode(self.jpeg(image, row), cv2.IMREAD_COLOR_RGB)
        if decoded is None:
            raise DatasetError(f"{self.file.path.name}: an image of {self.id} is damaged; extract it again.")
        return np.asarray(decoded, np.uint8)

    def _array(self, name: str) -> NDArray[Any]:
        return self.file.array(f"{self.id}/{name}")


@dataclass(frozen=True, eq=False)
class Store:
    """All clips of a folder, in the order of their ids."""

    folder: Path
    clips: tuple[StoredClip, ...]

    @classmethod
    def open(cls, folder: Path) -> Store:
        """Open the clips and shards of a folder; only their headers are read.

        Raises
        ------
        DatasetError
            There are none, one is damaged, or two hold the same clip.
        """
        clips: dict[str, StoredClip] = {}
        for path in store_files(folder):
            for clip in open_clips(path):
                if clip.id in clips:
                    raise DatasetError(
                        f"{folder}: clip {clip.id} is in {clips[clip.id].file.path.name} and in {path.name}; "
                        "remove one of them, or pack into a folder of its own."
                    )
                clips[clip.id] = clip
        if not clips:
            raise DatasetError(f"{folder}: holds no extracted clips; make some with `lipfd dataset extract`.")
        return cls(folder, tuple(clips[name] for name in sorted(clips)))

    @cached_property
    def by_id(self) -> Mapping[str, StoredClip]:
        return {clip.id: clip for clip in self.clips}


def store_files(folder: Path) -> list[Path]:
    return [*sorted((folder / CLIPS_FOLDER).glob(f"*{SUFFIX}")), *sorted(folder.glob(f"*{SUFFIX}"))]


def clip_path(folder: Path, clip_id: str) -> Path:
    """Where extraction puts a clip."""
    return folder / CLIPS_FOLDER / f"{clip_id}{SUFFIX}"


def open_clips(path: Path) -> list[StoredClip]:
    """The clips of one file, their arrays checked.

    Raises
    ------
    DatasetError
    """
    file = MappedFile(path)
    try:
        clips = [StoredClip(ClipRecord.from_json(text), file) for text in file.metadata.values()]
        for clip in clips:
            check_arrays(clip.record, clip.arrays())
    except DatasetError as error:
        raise DatasetError(f"{path.name}: {str(error).rstrip('.')}; delete it and extract or pack again.") from error
    if not clips:
        raise DatasetError(f"{path.name}: holds no clip; it is not a file of a store.")
    return clips


def write_clip(path: Path, record: ClipRecord, arrays: Arrays) -> None:
    """Write one clip to a file of its own, whole or not at all.

    Raises
    ------
    ExportError
    """
    check_arrays(record, arrays)
    _write(path, [(record, arrays)])


def pack(store: Store, target: Path, *, limit: int = FILE_LIMIT) -> list[Path]:
    """Copy a store's clips into as few files as the limit of bytes allows, in a folder of their own.

    Raises
    ------
    DatasetError
        The folder holds a store already.
    ExportError
        It cannot be written.
    """
    if store_files(target):
        raise DatasetError(f"{target}: holds a store already; pack into a new folder.")
    target.mkdir(parents=True, exist_ok=True)
    shards = list(_shards(store.clips, limit))
    paths = [target / f"shard-{number:05d}{SUFFIX}" for number in range(len(shards))]
    for path, shard in zip(paths, shards, strict=True):
        _write(path, [(clip.record, clip.arrays()) for clip in shard])
    return paths


def _shards(clips: Iterable[StoredClip], limit: int) -> Iterable[list[StoredClip]]:
    shard: list[StoredClip] = []
    size = 0
    for clip in clips:
        needed = sum(array.nbytes for array in clip.arrays().values()) + HEADER_RESERVE
        if shard and size + needed > limit:
            yield shard
            shard, size = [], 0
        shard.append(clip)
        size += needed
    if shard:
        yield shard


def longest_interval(pts: NDArray[np.float64]) -> float:
    """Seconds from one frame to the next beyond which they count as apart, as in the analysis."""
    return max(LONG_INTERVALS * float(np.median(np.diff(pts))), LONG_SECONDS)


@cache
def _frequencies() -> NDArray[np.float64]:
    from librosa import mel_frequencies

    return np.asarray(mel_frequencies(n_mels=GUIDED_MEL.bands + 2, fmax=GUIDED_MEL.sample_rate / 2)[1:-1])


def _write(path: Path, clips: Iterable[tuple[ClipRecord, Arrays]]) -> None:
    arrays: dict[str, NDArray[Any]] = {}
    metadata: dict[str, str] = {}
    for record, parts in clips:
        metadata[record.id] = record.to_json()
        arrays |= {f"{record.id}/{name}": np.ascontiguousarray(array) for name, array in parts.items()}
    with open_atomic(path) as stream:
        stream.write(save(arrays, metadata))
