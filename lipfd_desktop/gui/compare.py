"""Opens the window that compares two files, and ends what it leaves running."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from lipfd_desktop.gui.compare_window import CompareWindow
from lipfd_desktop.gui.engine_port import EnginePort
from lipfd_desktop.gui.keymap import Keymap
from lipfd_desktop.gui.output_folders import OutputFolders
from lipfd_desktop.gui.session import Session
from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.result import AnalysisResult

_POLL_MS: Final = 50


class Comparing(QObject):
    """At most one comparison beside a session.

    Parameters
    ----------
    session
        Its open file is the suspect.
    make_engine
        Gives the engine that opens and analyses the reference.

    Signals
    -------
    analysed
        A result of the reference, and what the outputs of ``session`` were stamped with when the comparison began.
    """

    analysed = Signal(object, object)

    def __init__(
        self,
        session: Session,
        settings: Settings,
        folders: OutputFolders,
        keymap: Keymap,
        make_engine: Callable[[], EnginePort],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.window: CompareWindow | None = None
        self._session = session
        self._settings, self._folders, self._keymap = settings, folders, keymap
        self._make_engine = make_engine
        self._ending: list[CompareWindow] = []
        self._timer = QTimer(self, interval=_POLL_MS)
        self._timer.timeout.connect(self._forget_ended)

    def compare(self) -> None:
        """Compare the open file with one that the user chooses."""
        if (window := self._show()) is not None and window.session.media is None:
            window.choose_reference()

    def open_reference(self, path: Path, result: AnalysisResult | None = None) -> None:
        """Compare the open file with ``path``, of which ``result`` may be known."""
        if (window := self._show()) is not None:
            window.open_reference(path, result)

    def _show(self) -> CompareWindow | None:
        if self._session.media is None:
            return None
        if self.window is not None and not self.window.follows_suspect:
            self.window.close()
        if self.window is None:
            self.window = CompareWindow(self._make_engine(), self._session, self._settings, self._folders, self._keymap)
            self.window.closed.connect(self._on_closed)
            stamp = self._session.outputs.stamp()  # of the case that is open now, not of one that is by then
            self.window.session.outputs.stamp = lambda: stamp
            self.window.session.outputs.written.connect(self._session.outputs.written)
            self.window.session.analysed.connect(lambda result: self.analysed.emit(result, stamp))
        self.window.show()
        self.window.raise_()
        self.window.activateWindow()
        return self.window

    def _on_closed(self) -> None:
        if self.window is not None:
            self._ending.append(self.window)
            self.window = None
            self._timer.start()

    def _forget_ended(self) -> None:
        for window in [window for window in self._ending if not window.session.is_running]:
            self._ending.remove(window)
            window.session.shutdown()
            window.deleteLater()
        if not self._ending:
            self._timer.stop()

    @property
    def is_running(self) -> bool:
        """Whether a thread of a comparison still lives, that of a closed one included."""
        return any(window.session.is_running for window in [*self._ending, *([self.window] if self.window else [])])

    def shutdown(self) -> None:
        """Close the window and wait for its threads."""
        if self.window is not None:
            self.window.close()
        for window in self._ending:
            window.session.shutdown()
        self._forget_ended()
