"""From a list of clips to a store: in parallel, resumable, with a table of what could not be used."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lipfd_desktop.dataset.extract import ExtractionSettings, extract_clip, source_bytes
from lipfd_desktop.dataset.manifest import LABELS, Clip
from lipfd_desktop.dataset.runner import Ending, Outcome, run_clips
from lipfd_desktop.dataset.store import CLIPS_FOLDER, StoredClip, clip_path, open_clips, write_clip
from lipfd_desktop.errors import DatasetError, ExportError
from lipfd_desktop.report.atomic import open_atomic

SKIPPED_NAME: Final = "skipped.csv"


@dataclass(frozen=True, slots=True)
class ExtractAndWrite:
    """The work of one process: a clip into its file of the store."""

    folder: Path
    settings: ExtractionSettings

    def __call__(self, clip: Clip) -> Ending:
        write_clip(clip_path(self.folder, clip.id), *extract_clip(clip, self.settings))
        return Ending.DONE


def extract_store(clips: Sequence[Clip], folder: Path, settings: ExtractionSettings, *, jobs: int) -> Iterator[Outcome]:
    """Extract clips into a store; those that are there already, and valid, are kept.

    A kept clip of which the manifest says something else now gets its new label, fold and so on without being
    decoded again.  After the last outcome the table of skipped clips is written.

    Raises
    ------
    ExportError
        The store cannot be written.
    """
    make_folder(folder / CLIPS_FOLDER)
    missing, outcomes = [], []
    for clip in clips:
        if (stored := _stored(folder, clip, settings)) is None:
            missing.append(clip)
            continue
        record = stored.record.relabelled(clip)
        if record != stored.record:
            write_clip(clip_path(folder, clip.id), record, stored.arrays())
        yield Outcome(clip, Ending.KEPT)
    for outcome in run_clips(missing, ExtractAndWrite(folder, settings), jobs=jobs):
        outcomes.append(outcome)
        yield outcome
    write_skipped(folder / SKIPPED_NAME, outcomes)


def write_skipped(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Write the clips that could not be used, and why, as CSV.

    Raises
    ------
    ExportError
    """
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("file", "label", "generator", "speaker", "source", "reason"))
    for outcome in sorted(outcomes, key=lambda one: one.clip.file):
        if outcome.ending in {Ending.SKIPPED, Ending.FAILED}:
            clip = outcome.clip
            table.writerow((clip.file, LABELS[clip.label], clip.generator, clip.speaker, clip.source, outcome.reason))
    with open_atomic(path) as stream:
        stream.write(text.getvalue().encode("utf-8", "backslashreplace"))


def make_folder(folder: Path) -> None:
    """Make a folder and those above it.

    Raises
    ------
    ExportError
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"{folder}: the folder cannot be made: {error.strerror}; choose another place.") from error


def _stored(folder: Path, clip: Clip, settings: ExtractionSettings) -> StoredClip | None:
    """The clip as it lies in the store, None when it must be extracted."""
    path = clip_path(folder, clip.id)
    if not path.is_file():
        return None
    try:
        (stored,) = open_clips(path)
    except (DatasetError, ValueError):
        return None
    record = stored.record
    same_settings = (record.jpeg_quality, record.longest) == (settings.jpeg_quality, settings.longest)
    return stored if same_settings and record.id == clip.id and record.source_bytes == source_bytes(clip) else None
