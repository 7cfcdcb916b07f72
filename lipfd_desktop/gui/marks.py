"""Marking: the keys, the track and the table of the marks of the open file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QDockWidget, QWidget

from lipfd_desktop.case.records import Mark
from lipfd_desktop.gui.case_document import CaseDocument
from lipfd_desktop.gui.marks_panel import MarksPanel
from lipfd_desktop.gui.marks_plot import MarksPlot
from lipfd_desktop.gui.player import Player
from lipfd_desktop.gui.session import Session
from lipfd_desktop.gui.workspace import Workspace
from lipfd_desktop.language import tr
from lipfd_desktop.result import WindowScore


class Marks(QObject):
    """Makes marks where the user is, shows them, and jumps between them.

    Parameters
    ----------
    shown
        The window that is shown with its numbers now.
    """

    def __init__(
        self,
        document: CaseDocument,
        session: Session,
        player: Player,
        workspace: Workspace,
        shown: Callable[[], WindowScore | None],
    ) -> None:
        super().__init__(workspace)
        self._document = document
        self._session = session
        self._player = player
        self._timeline = workspace.timeline
        self._shown = shown
        self.panel = MarksPanel(lambda: document.case.tags)
        self.plot = MarksPlot()
        workspace.add_track(tr("Marks"), self.plot, name="marks")
        document.marks_changed.connect(self._show)
        self.panel.chosen.connect(self.go_to)
        self.panel.changed.connect(document.change_mark)
        self.panel.deleted.connect(document.delete_marks)
        self.panel.table.selectionModel().currentRowChanged.connect(self._on_selected)
        self.plot.chosen.connect(self._on_clicked)
        # Only once the drag is over: what was dragged is put where it snaps to.
        self.plot.moved.connect(
            lambda identity, start, end: QTimer.singleShot(0, self, lambda: self._move(identity, start, end))
        )

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the actions of the window do."""
        return {
            "mark": self.mark,
            "mark-window": self.mark_window,
            "mark-previous": lambda: self.jump(-1),
            "mark-next": lambda: self.jump(1),
        }

    def _show(self) -> None:
        self.plot.show_marks(self._document.marks)
        self.panel.show_marks(self._document.marks)

    # Making --------------------------------------------------------------------------------------------------

    def mark(self) -> None:
        """Mark the selection, or the frame under the cursor as a moment."""
        selection = self._timeline.selection
        self._add(*(selection or (self._player.time, self._player.time)))

    def mark_window(self) -> None:
        """Mark the window that the evidence panel shows, if it was analysed; else as :meth:`mark` does."""
        window = self._shown()
        if window is None or not window.analysed or not window.start <= self._player.time < window.end:
            self.mark()
        else:
            self._add(window.start, window.end)

    def _add(self, start: float, end: float) -> None:
        self.panel.commit()  # a new row closes the editor of another
        mark = self._document.add_mark(start, end)
        if mark is None:
            return
        _reveal(self.panel)
        self.panel.select(mark.id)
        if not self._player.is_playing:  # who marks while it plays wants to mark on, not to type
            self.panel.edit_note(mark.id)

    def _move(self, identity: int, start: float, end: float) -> None:
        mark = next((mark for mark in self._document.marks if mark.id == identity), None)
        if mark is None:
            return
        start, end = (
            before if edge == before else self._snapped(edge)
            for edge, before in ((start, mark.start), (end, mark.end))
        )  # fmt: skip
        self._document.change_mark(replace(mark, start=min(start, end), end=max(start, end)))
        self._show()  # where the mark stays as it was, its edges go back to it

    def _snapped(self, seconds: float) -> float:
        """The nearest start of a frame, or the end of the file."""
        media = self._session.media
        if media is None:
            return seconds
        edges = np.append(media.frame_times, self._timeline.limits[1])
        return float(edges[int(np.argmin(np.abs(edges - seconds)))])

    # Going there ---------------------------------------------------------------------------------------------

    def _on_selected(self) -> None:
        mark = self.panel.current
        self.plot.choose(None if mark is None else mark.id)

    def _on_clicked(self, identity: int) -> None:
        self.panel.select(identity)
        self.go_to(next(mark for mark in self._document.marks if mark.id == identity))

    def go_to(self, mark: Mark) -> None:
        self._player.pause()
        self._player.seek(mark.start)

    def jump(self, direction: int) -> None:
        """To the next (1) or previous (-1) mark from the cursor."""
        now = self._player.frame
        marks = [mark for mark in self._document.marks if (self._player.frame_at(mark.start) - now) * direction > 0]
        if marks:
            mark = marks[0] if direction > 0 else marks[-1]
            self.panel.select(mark.id)
            self.go_to(mark)


def _reveal(panel: QWidget) -> None:
    """Bring the dock that holds ``panel`` to the front."""
    parent = panel.parentWidget()
    if isinstance(parent, QDockWidget):
        parent.show()
        parent.raise_()
