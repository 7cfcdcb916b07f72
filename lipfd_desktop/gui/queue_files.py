"""Which files a queue takes, and its table as a CSV file."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from lipfd_desktop.errors import Cancelled
from lipfd_desktop.gui.queue_items import Item, ItemState
from lipfd_desktop.gui.saving import refuse_examined
from lipfd_desktop.gui.video_files import VIDEO_SUFFIXES
from lipfd_desktop.language import speaking
from lipfd_desktop.report.atomic import open_atomic

HEADER: Final = (
    "file", "state", "verdict", "score", "windows_analysed", "windows_total", "seconds", "kept_from_earlier",
    "model", "model_sha256", "file_sha256", "problem",
)  # fmt: skip
"""Stable: later versions only add columns at the end."""


def find_videos(paths: Iterable[Path], is_cancelled: Callable[[], bool]) -> list[Path]:
    """The files among ``paths``, and the videos in the folders among them with all folders inside, by name.

    Hidden files and folders are left out, and links to folders are not followed.

    Raises
    ------
    Cancelled
        ``is_cancelled`` said so.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        for folder, folders, names in os.walk(path):
            if is_cancelled():
                raise Cancelled
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            found += [
                Path(folder, name)
                for name in sorted(names)
                if not name.startswith(".") and Path(name).suffix.lower() in VIDEO_SUFFIXES
            ]
    return list(dict.fromkeys(found))


def write_table(items: Sequence[Item], path: Path, *, examined: Iterable[Path]) -> None:
    """Write one row a file (RFC 4180, UTF-8, comma, CRLF), in English; what is not known is empty.

    Raises
    ------
    ExportError
        The file cannot be written, or is one of the ``examined`` ones.
    """
    refuse_examined(path, examined)
    with open_atomic(path) as binary:
        text = io.TextIOWrapper(binary, encoding="utf-8", errors="backslashreplace", newline="")
        writer = csv.writer(text)
        writer.writerow(HEADER)
        writer.writerows(_cells(item) for item in items)
        text.flush()
        text.detach()


def _cells(item: Item) -> list[object]:
    finding = item.finding
    found: list[object] = [None] * 8
    if finding is not None:
        found = [
            str(finding.outcome) if finding.outcome else None,
            None if finding.score is None else f"{finding.score:.6f}",
            finding.windows_analysed,
            finding.windows_total,
            f"{finding.seconds:.2f}",
            int(finding.from_cache),
            finding.model,
            finding.model_sha256,
        ]
    sha256 = finding.sha256 if finding else None
    state = "failed" if item.state is ItemState.FAILED else item.state.value
    with speaking("en"):
        problem = str(item.problem) or None
    return [str(item.path), state, *found, sha256, problem]
