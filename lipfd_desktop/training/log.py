"""The CSV log of a training: one row a figure, so that every task can name its own."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from lipfd_desktop.errors import ExportError
from lipfd_desktop.report.atomic import open_atomic

HEADER: Final = ("stage", "step", "figure", "value")


class Log:
    """Appends rows to a file, which is readable at any time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def cut(self, stage: str, step: int) -> None:
        """Drop the rows of a stage that come after a step: they will be written again.

        Raises
        ------
        ExportError
        """
        kept = [row for row in self._rows() if row[0] != stage or int(row[1]) <= step]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([HEADER, *kept])
        with open_atomic(self.path) as stream:
            stream.write(text.getvalue().encode())

    def write(self, stage: str, step: int, figures: Mapping[str, float]) -> None:
        """Append the figures of one step.

        Raises
        ------
        ExportError
        """
        try:
            with self.path.open("a", newline="", encoding="utf-8") as stream:
                csv.writer(stream, lineterminator="\n").writerows(
                    (stage, step, name, f"{value:.8g}") for name, value in figures.items()
                )
        except OSError as error:
            raise ExportError(f"{self.path.name}: the log could not be written ({error.strerror}).") from error

    def _rows(self) -> list[list[str]]:
        if not self.path.exists():
            return []
        with self.path.open(newline="", encoding="utf-8") as stream:
            return [row for row in csv.reader(stream) if len(row) == len(HEADER) and row[1].isdigit()]
