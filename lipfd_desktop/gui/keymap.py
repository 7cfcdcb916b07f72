"""Which key does what in every window: the tables' own keys, and those that the user chose instead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence

from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.language import tr

_MNEMONIC: Final = re.compile(r"\(&.\)")
"""How languages without Latin letters add the letter to press."""


@dataclass(frozen=True, slots=True)
class WindowActions:
    """The actions of one window; keys are looked up and compared within it.

    Attributes
    ----------
    title
        What the window is called where the keys of all windows are listed.
    prefix
        Makes the names of its actions differ from those of other windows.
    menus
        Names of actions and submenus, without ``prefix``, by the title of their menu.
    rows
        Words, default keys and one sentence about what it does, of each action.  Without a sentence the words tell.
    checkable
        Names of actions that are on or off.
    """

    title: str
    prefix: str
    menus: Mapping[str, tuple[str, ...]]
    rows: Mapping[str, tuple[str, tuple[str, ...], str]]
    checkable: frozenset[str]

    def words(self, name: str) -> str:
        """What an action is called where no key is underlined."""
        return without_mnemonic(tr(self.rows[name][0]))

    def tip(self, name: str) -> str:
        """What an action does."""
        tip = self.rows[name][2]
        return tr(tip) if tip else self.words(name)


def without_mnemonic(words: str) -> str:
    """Translated words of an action or a menu without the mark of the letter to press."""
    return _MNEMONIC.sub("", words).replace("&", "").rstrip("…")


def key_words(keys: Sequence[str]) -> str:
    """Keys as they are printed on this machine's keyboards."""
    native = QKeySequence.SequenceFormat.NativeText
    return tr(" or ").join(QKeySequence(key).toString(native) for key in keys)


class Keymap(QObject):
    """The keys of all windows.  Actions are known here by the prefix of their window and their name.

    Parameters
    ----------
    settings
        Where the user's own keys are kept.

    Signals
    -------
    changed
        Some action has other keys.
    """

    changed = Signal()

    def __init__(self, settings: Settings, windows: Sequence[WindowActions], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.windows: Final = tuple(windows)
        self._places = {window.prefix + name: (window, name) for window in windows for name in window.rows}
        self._chosen = self._read()

    def words(self, action: str) -> str:
        """What an action is called."""
        window, name = self._places[action]
        return window.words(name)

    def tip(self, action: str) -> str:
        """What an action does."""
        window, name = self._places[action]
        return window.tip(name)

    def rivals(self, action: str) -> list[str]:
        """The other actions of the same window: the only ones that may not have the same key."""
        window, own = self._places[action]
        return [window.prefix + name for name in window.rows if name != own]

    def defaults(self, action: str) -> tuple[str, ...]:
        """The keys that an action has at first, in Qt's portable spelling."""
        window, name = self._places[action]
        return window.rows[name][1]

    def keys(self, action: str) -> tuple[str, ...]:
        """The keys of an action: the user's, else those of the table that the user gave no other action."""
        own = self._chosen[action]
        if own is not None:
            return own
        taken = {key for rival in self.rivals(action) for key in self._chosen[rival] or ()}
        return tuple(key for key in self.defaults(action) if key not in taken)

    def set_keys(self, action: str, keys: Sequence[str]) -> None:
        """Let ``keys`` do ``action`` from now on."""
        self._settings.set_keys(action, None if tuple(keys) == self.defaults(action) else tuple(keys))
        self.read_again()

    def reset(self) -> None:
        """Give every action of every window its first keys."""
        for action in self._places:
            self._settings.set_keys(action, None)
        self.read_again()

    def read_again(self) -> None:
        """The settings were changed."""
        self._chosen = self._read()
        self.changed.emit()

    def _read(self) -> dict[str, tuple[str, ...] | None]:
        """The keys that the user gave each action, None for those left alone."""
        return {action: self._settings.keys(action) for action in self._places}
