"""The files that were opened lately: as a menu, and on the first page."""

from __future__ import annotations

from functools import partial
from typing import Final, cast

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QWidget

from lipfd_desktop.gui import text
from lipfd_desktop.gui.session import Session
from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.gui.welcome import Welcome
from lipfd_desktop.language import tr
from lipfd_desktop.report.text import printable


class RecentFiles(QObject):
    """Signals: ``asked`` with the path to open."""

    asked = Signal(object)

    def __init__(self, session: Session, welcome: Welcome, settings: Settings, window: QWidget) -> None:
        super().__init__(window)
        self._session: Final = session
        self._welcome: Final = welcome
        self._settings: Final = settings
        self.menu: Final = QMenu(tr("Open &recent"), window)
        self.menu.aboutToShow.connect(self._fill)
        welcome.recent_asked.connect(self.asked)

    def _fill(self) -> None:
        self.menu.clear()
        for path in self._settings.recent:
            self.menu.addAction(text.menu_entry(printable(path)), partial(self.asked.emit, path))
        if self.menu.isEmpty():
            self.menu.addAction(tr("No recent files")).setEnabled(False)
        else:
            self.menu.addSeparator()
            self.menu.addAction(tr("Clear this list"), self._settings.clear_recent)

    def offer(self) -> None:
        """On the first page, with those that are gone marked; a network drive may take its time to say so."""
        recent = self._settings.recent

        def take(there: object) -> None:
            self._welcome.set_recent(list(zip(recent, cast("list[bool]", there), strict=True)))

        self._session.beside(lambda _job: [path.exists() for path in recent], take)
