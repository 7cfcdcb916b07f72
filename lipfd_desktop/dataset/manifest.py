"""Which clips there are and what is known about them: our manifest, or the folders of AVLips.

Layout of AVLips: ``0_real/N.mp4``, ``1_fake/N.mp4`` and, where present, ``wav/0_real/N.wav``, ``wav/1_fake/N.wav``
(README of github.com/AaronComo/LipFD).
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from lipfd_desktop.errors import DatasetError

REAL: Final = 0
FAKE: Final = 1
LABELS: Final = ("real", "fake")
AVLIPS_FOLDERS: Final = ("0_real", "1_fake")
"""Named by label; the authors' composites lie in folders of the same names."""
MANIFEST_NAME: Final = "manifest.csv"
FOLDS: Final = 5
"""Folds made where the data names none."""
VIDEO_SUFFIXES: Final = frozenset({".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".wmv"})

_REQUIRED: Final = ("file", "label")
_SPELLINGS: Final = {"real": REAL, "0": REAL, "fake": FAKE, "1": FAKE}
_LONGEST_ID: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One clip of a data set.

    Attributes
    ----------
    id
        Letters, digits, ``.``, ``_`` and ``-`` only; unique in the data set, and the same in every run.
    path, sound
        The video, and the sound file that replaces its own sound, None without one.
    file
        As the manifest names it, or relative to the folder.
    label
        :data:`REAL` or :data:`FAKE`.
    generator
        What made it; empty for real clips, ``unknown`` where a fake's is not told.
    speaker, source
        Who is seen, and where the clip comes from; where unknown, the clip and the speaker stand for them.
    split
        As in the manifest; empty where it says nothing.
    fold
        1 and up; clips of one source, and of one speaker, share it.
    """

    id: str
    path: Path
    sound: Path | None = None
    file: str
    label: int
    generator: str
    speaker: str
    source: str
    split: str = ""
    fold: int


def read_clips(place: Path) -> tuple[Clip, ...]:
    """The clips of a manifest, or of a folder that holds ``manifest.csv`` or the layout of AVLips.

    Raises
    ------
    DatasetError
        With the row, where a manifest cannot be understood.
    """
    if place.is_file():
        return read_manifest(place)
    if (place / MANIFEST_NAME).is_file():
        return read_manifest(place / MANIFEST_NAME)
    if any((place / folder).is_dir() for folder in AVLIPS_FOLDERS):
        return read_avlips(place)
    if not place.exists():
        raise DatasetError(f"{place}: does not exist; name a manifest (CSV) or a folder of clips.")
    raise DatasetError(
        f"{place}: holds neither {MANIFEST_NAME} nor the folders {' and '.join(AVLIPS_FOLDERS)} of AVLips; "
        "name a folder that does, or a manifest (CSV)."
    )


def read_manifest(path: Path) -> tuple[Clip, ...]:
    """The clips of a CSV file with the columns file and label, and generator, speaker, source, split and fold if known.

    ``file`` is relative to the manifest; ``label`` is real or fake (or 0 or 1).  Other columns are ignored.  Whether
    the videos exist is not looked at here.

    Raises
    ------
    DatasetError
    """
    rows = list(_rows(path))
    if not rows:
        raise DatasetError(f"{path.name}: lists no clips; add a row for each.")
    seen: dict[str, int] = {}
    for number, row in rows:
        _check_row(path, number, row, seen)
    ids = _ids(row["file"] for _, row in rows)
    folds = _given_folds(path, rows)
    clips = tuple(
        _clip(
            ids[row["file"]],
            path.parent / row["file"],
            file=row["file"],
            label=_SPELLINGS[row["label"].lower()],
            generator=row.get("generator", ""),
            speaker=row.get("speaker", ""),
            source=row.get("source", ""),
            split=row.get("split", ""),
            fold=folds[place] if folds else 0,
        )
        for place, (_, row) in enumerate(rows)
    )
    return clips if folds else assign_folds(clips)


def read_avlips(folder: Path) -> tuple[Clip, ...]:
    """The videos of ``0_real`` and ``1_fake``, each with the sound of ``wav`` where there is one of its name.

    Raises
    ------
    DatasetError
        There is no video in them.
    """
    found = [
        (label, video)
        for label, name in enumerate(AVLIPS_FOLDERS)
        for video in sorted((folder / name).glob("*"))
        if video.suffix.lower() in VIDEO_SUFFIXES
    ]
    if not found:
        raise DatasetError(f"{folder}: there is no video in {' or '.join(AVLIPS_FOLDERS)}; put the clips there.")
    ids = _ids(video.relative_to(folder).as_posix() for _, video in found)
    clips = []
    for label, video in found:
        file = video.relative_to(folder).as_posix()
        wav = folder / "wav" / AVLIPS_FOLDERS[label] / f"{video.stem}.wav"
        clips.append(_clip(ids[file], video, sound=wav if wav.is_file() else None, file=file, label=label))
    return assign_folds(tuple(clips))


def assign_folds(clips: tuple[Clip, ...], folds: int = FOLDS) -> tuple[Clip, ...]:
    """Spread whole sources over folds, whole speakers where there are fewer sources than folds.

    Clips that share either never part.  Depends on the names alone, so every run gives the same folds.
    """
    sources = {clip.source for clip in clips}
    groups = _connected(clips, by_source=len(sources) >= folds)
    totals = [[0, 0] for _ in range(folds)]
    fold_of: dict[str, int] = {}
    for group in sorted(groups, key=lambda members: (-len(members), members[0].id)):
        labels = Counter(clip.label for clip in group)
        fold = min(range(folds), key=lambda one: (sum(totals[one][label] * labels[label] for label in labels), one))
        for clip in group:
            totals[fold][clip.label] += 1
            fold_of[clip.id] = fold + 1
    return tuple(replace(clip, fold=fold_of[clip.id]) for clip in clips)


def _connected(clips: tuple[Clip, ...], *, by_source: bool) -> list[list[Clip]]:
    """Groups of clips that share a speaker, or a source when ``by_source``, directly or through others."""
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(key: tuple[str, str]) -> tuple[str, str]:
        while parent.setdefault(key, key) != key:
            key = parent[key]
        return key

    for clip in clips:
        if by_source:
            parent[root(("speaker", clip.speaker))] = root(("source", clip.source))
    groups: dict[tuple[str, str], list[Clip]] = defaultdict(list)
    for clip in clips:
        groups[root(("speaker", clip.speaker))].append(clip)
    return list(groups.values())


def _clip(
    clip_id: str,
    path: Path,
    *,
    file: str,
    label: int,
    sound: Path | None = None,
    generator: str = "",
    speaker: str = "",
    source: str = "",
    split: str = "",
    fold: int = 0,
) -> Clip:
    speaker = speaker or clip_id
    return Clip(
        id=clip_id,
        path=path,
        sound=sound,
        file=file,
        label=label,
        generator=(generator or "unknown") if label == FAKE else "",
        speaker=speaker,
        source=source or speaker,
        split=split,
        fold=fold,
    )


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and stripped cells of each row; blank lines are passed over."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            columns = [name.strip() for name in reader.fieldnames or ()]
            missing = [name for name in _REQUIRED if name not in columns]
            if missing:
                raise DatasetError(
                    f"{path.name}: its first line must name the columns, and {' and '.join(missing)} "
                    f"{'is' if len(missing) == 1 else 'are'} not among them."
                )
            if len(set(columns)) < len(columns):
                raise DatasetError(f"{path.name}: its first line names a column twice.")
            reader.fieldnames = columns
            for row in reader:
                if None in row or None in row.values():
                    raise DatasetError(
                        f"{path.name}, row {reader.line_num}: the first line names {len(columns)} columns and this "
                        f"row has {'more' if None in row else 'fewer'}."
                    )
                yield reader.line_num, {name: value.strip() for name, value in row.items()}
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path.name}: is not UTF-8 text; save it as CSV in UTF-8.") from error
    except csv.Error as error:
        raise DatasetError(f"{path.name}: is not proper CSV ({error}).") from error
    except OSError as error:
        raise DatasetError(f"{path.name}: cannot be read: {error.strerror}.") from error


def _check_row(path: Path, number: int, row: dict[str, str], seen: dict[str, int]) -> None:
    where = f"{path.name}, row {number}"
    if not row["file"] or "\0" in row["file"]:
        raise DatasetError(f"{where}: there is no file name.")
    if row["label"].lower() not in _SPELLINGS:
        raise DatasetError(f"{where}: the label is {row['label']!r} and must be real or fake.")
    if row["file"] in seen:
        raise DatasetError(f"{where}: {row['file']} is listed in row {seen[row['file']]} already.")
    seen[row["file"]] = number


def _given_folds(path: Path, rows: list[tuple[int, dict[str, str]]]) -> list[int]:
    """The folds of the manifest, empty where it gives none."""
    cells = [(number, row.get("fold", "")) for number, row in rows]
    if not any(cell for _, cell in cells):
        return []
    for number, cell in cells:
        if not (cell.isascii() and cell.isdigit() and int(cell) >= 1):
            raise DatasetError(
                f"{path.name}, row {number}: the fold is {cell!r} and must be 1 or higher, in every row or in none."
            )
    return [int(cell) for _, cell in cells]


def _ids(files: Iterable[str]) -> dict[str, str]:
    """File to id; names that would fall together get a hash of the file's name behind them."""
    short = {file: _short_id(file) for file in files}
    counts = Counter(name.casefold() for name in short.values())
    return {file: f"{name}-{_hash(file)}" if counts[name.casefold()] > 1 else name for file, name in short.items()}


def _short_id(file: str) -> str:
    name = Path(file).with_suffix("").as_posix() if Path(file).name else file
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name.replace("/", "-")).lstrip(".-")
    if plain == name.replace("/", "-") and len(plain) <= _LONGEST_ID:
        return plain
    return f"{plain[:_LONGEST_ID]}-{_hash(file)}"


def _hash(file: str) -> str:
    return hashlib.sha256(file.encode("utf-8", "surrogateescape")).hexdigest()[:10]
