"""Which columns of a table are shown: few at first, the others for whoever wants them."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QTableView

from lipfd_desktop.gui import text
from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.language import tr


class Columns(QObject):
    """A menu at the header of a table, and in the menu of the table itself for the keyboard.

    Parameters
    ----------
    names
        Of the columns, the same in every language: by these the choice is remembered.
    hidden
        Those that are not shown at first.
    """

    def __init__(self, table: QTableView, names: Collection[str], hidden: Collection[str]) -> None:
        super().__init__(table)
        self._table = table
        self._names = tuple(names)
        self._first_hidden = frozenset(hidden)
        self._settings: Settings | None = None
        self._key = ""
        self.menu: Final = QMenu(tr("Columns"), table)
        self._toggles: dict[str, QAction] = {}
        model = table.model()
        for place, name in enumerate(self._names):
            words = str(model.headerData(place, Qt.Orientation.Horizontal))
            toggle = self.menu.addAction(text.menu_entry(words))
            toggle.setCheckable(True)
            toggle.toggled.connect(partial(self._show, place))
            self._toggles[name] = toggle
            toggle.setChecked(name not in self._first_hidden)
            table.setColumnHidden(place, name in self._first_hidden)
        header = table.horizontalHeader()
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._ask)
        table.addAction(self.menu.menuAction())

    def keep_in(self, settings: Settings, key: str) -> None:
        """Show the columns that were shown the last time, and remember what is chosen from now on."""
        stored = settings.hidden_columns(key)
        if stored is not None:
            for name, toggle in self._toggles.items():
                toggle.setChecked(name not in stored)
        self._settings, self._key = settings, key

    @property
    def hidden(self) -> list[str]:
        """Names of the columns that are not shown."""
        return [name for name, toggle in self._toggles.items() if not toggle.isChecked()]

    def toggle(self, name: str) -> QAction:
        """The entry of a column in the menu."""
        return self._toggles[name]

    def _show(self, place: int, shown: bool) -> None:
        if not shown and len(self.hidden) == len(self._names):
            self._toggles[self._names[place]].setChecked(True)  # a table without columns has no header to ask
            return
        self._table.setColumnHidden(place, not shown)
        if self._settings is not None:
            self._settings.set_hidden_columns(self._key, self.hidden)

    def _ask(self, where: QPoint) -> None:
        self.menu.popup(self._table.horizontalHeader().mapToGlobal(where))
