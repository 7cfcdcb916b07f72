"""Menus and keys of the window that compares two files: tables like those of the main window."""

from __future__ import annotations

from typing import Final

from lipfd_desktop.gui.actions import SEPARATOR
from lipfd_desktop.gui.keymap import WindowActions
from lipfd_desktop.language import mark

MENUS: Final[dict[str, tuple[str, ...]]] = {
    mark("&File"): ("choose", "analyze", "cancel", "snapshot", SEPARATOR, "close"),
    mark("&Playback"): (
        "toggle", "back", "on", "second-back", "second-on", "earlier", "later", "first", "last", SEPARATOR,
        "loop", "loop-start", "loop-end", "loop-clear", SEPARATOR, "sound-a", "sound-b", "silence",
    ),
    mark("&Offset"): (
        "alone", "here", "sound", "together", SEPARATOR, "frame-earlier", "frame-later", "ms-earlier", "ms-later",
    ),
    mark("&View"): ("zoom-in", "zoom-out", "zoom-all", SEPARATOR, "tracks"),
    mark("&Help"): ("shortcuts", "edit-shortcuts"),
}  # fmt: skip
"""Names of actions and submenus by the title of their menu."""
ACTIONS: Final[dict[str, tuple[str, tuple[str, ...], str]]] = {
    "choose": (mark("Choose the &reference…"), ("Ctrl+O",), ""),
    "analyze": (mark("&Analyze the reference like the suspect"), ("Ctrl+Return",), ""),
    "cancel": (mark("&Cancel"), ("Escape",), mark("Stop what is running; what is done stays")),
    "snapshot": (mark("&Save this moment as a picture…"), ("C", "Ctrl+S"), ""),
    "close": (mark("C&lose"), ("Ctrl+W",), ""),
    "toggle": (mark("&Play / pause"), ("Space", "K"), mark("Play or pause both")),
    "back": (mark("One fra&me of A back"), (",", "Left"), ""),
    "on": (mark("One frame of A &on"), (".", "Right"), ""),
    "second-back": (mark("One f&rame of B back"), ("Shift+,", "<", "Shift+Left"), ""),
    "second-on": (mark("One frame of B o&n"), ("Shift+.", ">", "Shift+Right"), ""),
    "earlier": (mark("One second bac&k"), ("J",), ""),
    "later": (mark("One s&econd on"), ("L",), ""),
    "first": (mark("&First frame of A"), ("Home",), ""),
    "last": (mark("&Last frame of A"), ("End",), ""),
    "loop": (mark("Loop t&he selection"), ("R",), mark("Select a stretch of time and repeat it")),
    "loop-start": (mark("Selection s&tarts here"), ("I",), mark("Let the selection start at this frame")),
    "loop-end": (mark("Selection en&ds here"), ("O",), mark("Let the selection end with this frame")),
    "loop-clear": (mark("&Clear the selection"), ("X",), mark("Select nothing")),
    "sound-a": (mark("Hear &A"), ("1",), ""),
    "sound-b": (mark("Hear &B"), ("2",), ""),
    "silence": (mark("Hear nothin&g"), ("3", "M"), ""),
    "alone": (mark("&Move B alone"), ("U",), mark("Move B without A, to find the same moment in both")),
    "here": (
        mark("What both show is the same moment: &align here"), ("H",),
        mark("What A and B show now is the same moment"),
    ),
    "sound": (mark("Align by the &sound"), ("S",), mark("Find the offset at which both sounds are the same speech")),
    "together": (mark("Let both &begin together"), ("T",), ""),
    "frame-earlier": (mark("B one frame &earlier"), ("Alt+Left",), ""),
    "frame-later": (mark("B one frame &later"), ("Alt+Right",), ""),
    "ms-earlier": (mark("B one millisecond ea&rlier"), ("Alt+Shift+Left",), ""),
    "ms-later": (mark("B one millisecond la&ter"), ("Alt+Shift+Right",), ""),
    "zoom-in": (mark("Zoom &in"), ("+", "="), mark("See less time in more detail")),
    "zoom-out": (mark("Zoom &out"), ("-",), mark("See more time at once")),
    "zoom-all": (mark("Show the &whole of both"), ("0",), ""),
    "shortcuts": (mark("&Shortcuts"), ("?",), mark("Every key on one page")),
    "edit-shortcuts": (mark("&Change shortcuts…"), (), mark("Give actions the keys that your hands know")),
}  # fmt: skip
"""Words, default keys and, where the words do not tell it, one sentence about what it does."""

COMPARISON: Final = WindowActions(mark("Comparison"), "comparison-", MENUS, ACTIONS, frozenset({"loop"}))
