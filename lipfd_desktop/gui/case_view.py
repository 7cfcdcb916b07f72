"""How the window stood when a case was left, and how it stands that way again."""

from __future__ import annotations

import base64
import binascii

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow

from lipfd_desktop.case.records import ExhibitView
from lipfd_desktop.gui.player import Player
from lipfd_desktop.gui.workspace import Workspace


class CaseView:
    """Reads and sets cursor, zoom, selection, face and panels."""

    def __init__(self, window: QMainWindow, player: Player, workspace: Workspace) -> None:
        self._window = window
        self._player = player
        self._workspace = workspace
        self._face: int | None = None

    def exhibit_view(self) -> ExhibitView:
        """How the open file is looked at."""
        timeline, face = self._workspace.timeline, self._workspace.bar.face
        return ExhibitView(
            cursor=self._player.time,
            visible=timeline.range,
            selection=timeline.selection,
            face=self._face if face is None else face,
        )

    def show_exhibit(self, view: ExhibitView | None) -> None:
        """Look at the file that was just opened as ``view`` says; its face follows with :meth:`show_face`."""
        self._face = None if view is None else view.face
        if view is None:
            return
        timeline = self._workspace.timeline
        (low, high), (start, end) = timeline.limits, view.visible
        if low <= start < end <= high:
            timeline.set_range(start, end)
        if view.selection is not None and low <= view.selection[0] < view.selection[1] <= high:
            timeline.set_selection(view.selection)
            self._workspace.bar.choose_range(selection=True)
        self._player.seek(view.cursor)

    def show_face(self) -> None:
        """Choose the face, now that the result says which there are."""
        face, self._face = self._face, None
        if face is not None:
            self._workspace.bar.choose_face(face)

    def layout(self) -> str:
        """Where the panels and tracks are."""
        parts = (self._window.saveState(), self._workspace.layout_state())
        return ".".join(base64.b64encode(part.data()).decode("ascii") for part in parts)

    def show_layout(self, layout: str) -> None:
        """Put panels and tracks where they were; what is not understood leaves them as they are."""
        try:
            panels, tracks = (base64.b64decode(part, validate=True) for part in layout.split("."))
        except (ValueError, binascii.Error):
            return
        self._window.restoreState(QByteArray(panels))
        self._workspace.restore_layout(QByteArray(tracks))
