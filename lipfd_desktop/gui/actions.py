"""Menus and shortcuts: one table, from which the menus and the list of shortcuts are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

SEPARATOR: Final = ""
MENUS: Final[dict[str, tuple[str, ...]]] = {
    "&File": (
        "open", "recent", "sample", SEPARATOR, "export-pdf", "export-png", "export-json", "export-csv",
        SEPARATOR, "quit",
    ),
    "&Analysis": (
        "analyze", "analyze-anew", "cancel", SEPARATOR, "model-threshold", "models", SEPARATOR, "forget-results",
    ),
    "&View": (
        "boxes", SEPARATOR, "panels", "tracks", SEPARATOR, "zoom-in", "zoom-out", "zoom-all", SEPARATOR, "reset-layout",
    ),
    "&Playback": (
        "toggle", "frame-back", "frame-forward", "second-back", "second-forward", "first", "last", SEPARATOR,
        "previous", "next", SEPARATOR, "loop", "loop-start", "loop-end", "loop-clear", SEPARATOR, "mute",
    ),
    "&Help": ("shortcuts", "about"),
}  # fmt: skip
ACTIONS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "open": ("&Open video…", ("Ctrl+O",)),
    "sample": ("Open the bundled &sample (a synthetic forgery)", ()),
    "export-pdf": ("Export P&DF report…", ("Ctrl+E",)),
    "export-png": ("Export P&NG figure…", ()),
    "export-json": ("Export &JSON…", ()),
    "export-csv": ("Export &CSV…", ()),
    "quit": ("&Quit", ("Ctrl+Q",)),
    "analyze": ("&Analyze", ("Ctrl+Return",)),
    "analyze-anew": ("Analyze a&new, whatever is kept", ("Ctrl+Shift+Return",)),
    "forget-results": ("&Delete kept results", ()),
    "cancel": ("&Cancel", ("Escape",)),
    "model-threshold": ("Use the model's &threshold", ()),
    "models": ("&Models…", ("Ctrl+M",)),
    "boxes": ("&Face and lip boxes", ("B",)),
    "zoom-in": ("Zoom &in", ("+", "=")),
    "zoom-out": ("Zoom &out", ("-",)),
    "zoom-all": ("Show the &whole file", ("0",)),
    "reset-layout": ("&Reset layout", ()),
    "toggle": ("&Play / pause", ("Space", "K")),
    "frame-back": ("One frame &back", (",", "Left")),
    "frame-forward": ("One frame &on", (".", "Right")),
    "second-back": ("One second back", ("J", "Shift+Left")),
    "second-forward": ("One second on", ("L", "Shift+Right")),
    "first": ("&First frame", ("Home",)),
    "last": ("&Last frame", ("End",)),
    "previous": ("P&revious suspicious moment", ("Up",)),
    "next": ("&Next suspicious moment", ("Down",)),
    "loop": ("L&oop the selection", ("R",)),
    "loop-start": ("Selection s&tarts here", ("I",)),
    "loop-end": ("Selection &ends here", ("O",)),
    "loop-clear": ("&Clear the selection", ("X",)),
    "mute": ("&Mute", ("M",)),
    "shortcuts": ("&Shortcuts", ("?",)),
    "about": ("&About LipFD Desktop", ()),
}
_CHECKABLE: Final = frozenset({"boxes", "loop", "mute"})


class Actions:
    """The actions of a window by name.

    Parameters
    ----------
    window
        Gets the menu bar.
    handlers
        What each action does; checkable actions pass their new state.
    submenus
        Menus that somebody else fills, by their name in :data:`MENUS`.
    """

    def __init__(
        self, window: QMainWindow, handlers: dict[str, Callable[..., object]], submenus: dict[str, QMenu]
    ) -> None:
        self._actions: dict[str, QAction] = {}
        for name, (words, keys) in ACTIONS.items():
            action = QAction(words, window)
            action.setShortcuts([QKeySequence(key) for key in keys])
            if name in _CHECKABLE:
                action.setCheckable(True)
                action.toggled.connect(handlers[name])
            else:
                action.triggered.connect(lambda _checked=False, handler=handlers[name]: handler())
            self._actions[name] = action
        for title, names in MENUS.items():
            menu = window.menuBar().addMenu(title)
            for name in names:
                if name == SEPARATOR:
                    menu.addSeparator()
                elif name in submenus:
                    menu.addMenu(submenus[name])
                else:
                    menu.addAction(self._actions[name])

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def enable(self, names: tuple[str, ...], enabled: bool) -> None:
        for name in names:
            self._actions[name].setEnabled(enabled)

    @staticmethod
    def shortcut_rows() -> list[tuple[str, str]]:
        """Keys and words of every action that has a shortcut."""
        rows = []
        for words, keys in ACTIONS.values():
            if keys:
                shown = "  or  ".join(
                    QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys
                )
                rows.append((shown, words.replace("&", "").rstrip("…")))
        return rows
