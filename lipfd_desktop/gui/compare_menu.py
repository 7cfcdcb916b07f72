"""Menus and keys of the window that compares two files: one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from lipfd_desktop.language import mark, tr

MENUS: Final[dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]]] = {
    mark("&File"): (
        ("choose", mark("Choose the &reference…"), ("Ctrl+O",)),
        ("analyze", mark("&Analyze the reference like the suspect"), ("Ctrl+Return",)),
        ("cancel", mark("&Cancel"), ("Escape",)),
        ("snapshot", mark("&Save this moment as a picture…"), ("C", "Ctrl+S")),
        ("close", mark("C&lose"), ("Ctrl+W",)),
    ),
    mark("&Playback"): (
        ("toggle", mark("&Play / pause"), ("Space", "K")),
        ("back", mark("One frame of A &back"), (",", "Left")),
        ("on", mark("One frame of A &on"), (".", "Right")),
        ("second-back", mark("One frame of B b&ack"), ("Shift+,", "<", "Shift+Left")),
        ("second-on", mark("One frame of B o&n"), ("Shift+.", ">", "Shift+Right")),
        ("earlier", mark("One second bac&k"), ("J",)),
        ("later", mark("One s&econd on"), ("L",)),
        ("first", mark("&First frame of A"), ("Home",)),
        ("last", mark("&Last frame of A"), ("End",)),
        ("sound-a", mark("Hear &A"), ("1",)),
        ("sound-b", mark("Hear &B"), ("2",)),
        ("silence", mark("Hear nothin&g"), ("3", "M")),
    ),
    mark("&Offset"): (
        ("alone", mark("&Move B alone"), ("U",)),
        ("here", mark("What both show is the same moment: &align here"), ("H",)),
        ("sound", mark("Align by the &sound"), ("S",)),
        ("together", mark("Let both &begin together"), ("T",)),
        ("frame-earlier", mark("B one frame &earlier"), ("Alt+Left",)),
        ("frame-later", mark("B one frame &later"), ("Alt+Right",)),
        ("ms-earlier", mark("B one millisecond ea&rlier"), ("Alt+Shift+Left",)),
        ("ms-later", mark("B one millisecond la&ter"), ("Alt+Shift+Right",)),
    ),
    mark("&View"): (
        ("zoom-in", mark("Zoom &in"), ("+", "=")),
        ("zoom-out", mark("Zoom &out"), ("-",)),
        ("zoom-all", mark("Show the &whole of both"), ("0",)),
    ),
}
"""Name, words and keys of every action, by menu."""


def fill_menus(window: QMainWindow, handlers: Mapping[str, Callable[[], object]], tracks: QMenu) -> dict[str, QAction]:
    """Make the menu bar of ``window``; the actions by name."""
    actions = {}
    for title, rows in MENUS.items():
        menu = window.menuBar().addMenu(tr(title))
        for name, words, keys in rows:
            action = QAction(tr(words), window)
            action.setShortcuts([QKeySequence(key) for key in keys])
            action.triggered.connect(lambda _checked=False, handler=handlers[name]: handler())
            menu.addAction(action)
            actions[name] = action
    menu.addSeparator()
    menu.addMenu(tracks)
    return actions
