"""Going to a time or a frame that somebody types."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget

from lipfd_desktop.gui import text
from lipfd_desktop.gui.controls import muted_label, plain_label
from lipfd_desktop.language import tr
from lipfd_desktop.media.timeline import frame_end, frame_index_at

_FRAME: Final = re.compile(r"[f#]\s*([\d, ]*\d)", re.IGNORECASE)
_TIME: Final = re.compile(r"(-)?(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d*)?|[.,]\d+)\s*s?", re.IGNORECASE)
_ROUNDING_S: Final = 0.0005
"""A time that was read off to the millisecond is meant to be the frame that it was read off."""


class RefusedError(ValueError):
    """Words that are no place in the file; says why."""


def frame_of(words: str, times: NDArray[np.float64]) -> int:
    """The ordinal of the frame that ``words`` mean: ``12.5``, ``1:02.250``, ``0:01:02.5``, ``f120``, ``#120``.

    Parameters
    ----------
    times : (n,) float64
        PTS in seconds of every frame; a typed time is one on this clock.

    Raises
    ------
    RefusedError
        They mean no frame of the file.
    """
    words = words.strip()
    if frame := _FRAME.fullmatch(words):
        ordinal = int(re.sub(r"\D", "", frame[1]))
        if ordinal >= len(times):
            raise RefusedError(
                tr("There is no frame {frame:,}: the last one is {last:,}.", frame=ordinal, last=len(times) - 1)
            )
        return ordinal
    if clock := _TIME.fullmatch(words):
        return _frame_at(_seconds(clock), times)
    if not words:
        raise RefusedError(tr("Nothing is typed yet."))
    raise RefusedError(
        tr("This is neither a time nor a frame. Times look like 12.5 or 1:02.250, frames like f120 or #120.")
    )


def _seconds(clock: re.Match[str]) -> float:
    sign, hours, minutes, seconds = clock.groups()
    value = float(seconds.replace(",", "."))
    if minutes is not None and value >= 60:
        raise RefusedError(tr("After minutes, seconds go up to 59.999."))
    if hours is not None and int(minutes) >= 60:
        raise RefusedError(tr("After hours, minutes go up to 59."))
    value += 60 * int(minutes or 0) + 3600 * int(hours or 0)
    return -value if sign else value


def _frame_at(pts: float, times: NDArray[np.float64]) -> int:
    start, end = float(times[0]), frame_end(times, -1)
    if not start - _ROUNDING_S <= pts <= end + _ROUNDING_S:
        raise RefusedError(
            tr("The picture goes from {start} to {end} on the clock of this file.",
               start=text.clock(start), end=text.clock(end))
        )  # fmt: skip
    return frame_index_at(times, pts + _ROUNDING_S)


class GoTo(QDialog):
    """A small box for :func:`frame_of`.

    Parameters
    ----------
    on_frame
        Called with the frame to go to.
    """

    def __init__(self, parent: QWidget, on_frame: Callable[[int], None]) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Go to"))
        self._on_frame = on_frame
        self._times = np.empty(0)
        self.edit = QLineEdit()
        self.edit.setAccessibleName(tr("Time or frame"))
        self.edit.setPlaceholderText("1:02.250")
        self.refusal = plain_label()
        self.refusal.setWordWrap(True)
        self.refusal.setAccessibleName(tr("Why it cannot be gone to"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.button(QDialogButtonBox.StandardButton.Ok).setText(tr("Go"))
        buttons.accepted.connect(self._go)
        buttons.rejected.connect(self.reject)
        self.edit.textEdited.connect(self.refusal.clear)
        layout = QVBoxLayout(self)
        layout.addWidget(muted_label(tr("Time (12.5, 1:02.250, 0:01:02.5) or frame (f120, #120)")))
        layout.addWidget(self.edit)
        layout.addWidget(self.refusal)
        layout.addWidget(buttons)
        self.refusal.setMinimumHeight(2 * self.refusal.fontMetrics().lineSpacing())
        self.setMinimumWidth(400)
        self.setWindowModality(Qt.WindowModality.WindowModal)

    def ask(self, times: NDArray[np.float64], now: float) -> None:
        """Ask where to; ``now`` is the time under the cursor and is offered for changing."""
        self._times = times
        self.edit.setText(text.clock(now))
        self.edit.selectAll()
        self.refusal.clear()
        self.open()
        self.edit.setFocus()

    def _go(self) -> None:
        try:
            frame = frame_of(self.edit.text(), self._times)
        except RefusedError as why:
            self.refusal.setText(str(why))
            self.edit.selectAll()
            return
        self.accept()
        self._on_frame(frame)
