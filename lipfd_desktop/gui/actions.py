"""Menus, shortcuts and what every action does: tables, from which menus, tips and the list of shortcuts are made.

A new action is a row of :data:`ACTIONS`, its name in a menu of :data:`MENUS`, and a handler in the window; the window
that compares two files has tables of the same kind in :mod:`lipfd_desktop.gui.compare_menu`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget
from shiboken6 import isValid

from lipfd_desktop.gui.keymap import Keymap, WindowActions, key_words
from lipfd_desktop.language import mark, tr

SEPARATOR: Final = ""
MENUS: Final[dict[str, tuple[str, ...]]] = {
    mark("&File"): (
        "open", "recent", "sample", SEPARATOR, "queue-files", "queue-folder", "queue", SEPARATOR,
        "report", "export-pdf", "export-html", "export-png", "export-json", "export-csv", SEPARATOR,
        "snapshot", "snapshot-plain", SEPARATOR,
        "preferences", SEPARATOR, "quit",
    ),
    mark("&Edit"): ("undo", "redo", SEPARATOR, "mark", "mark-window", SEPARATOR, "mark-previous", "mark-next"),
    mark("&Case"): (
        "case-new", "case-open", "case-recent", SEPARATOR, "case-save", "case-save-as", SEPARATOR, "case-log",
    ),
    mark("&Analysis"): (
        "analyze", "analyze-anew", "cancel", SEPARATOR, "compare", "compare-case", SEPARATOR,
        "threshold-up", "threshold-down", "model-threshold", "models", SEPARATOR, "forget-results",
    ),
    mark("&View"): (
        "boxes", "face-next", "face-all", SEPARATOR,
        "picture-in", "picture-out", "picture-fit", "picture-pixels", "picture-face", "picture-mouth", SEPARATOR,
        "panels", "tracks", "spectrogram", "table", "log", "copy-evidence", SEPARATOR,
        "zoom-in", "zoom-out", "zoom-all", SEPARATOR, "reset-layout",
    ),
    mark("&Playback"): (
        "toggle", "frame-back", "frame-forward", "second-back", "second-forward", "first", "last", "go-to", SEPARATOR,
        "previous", "next", "highest", "window-before", "window-after", SEPARATOR,
        "loop", "loop-start", "loop-end", "loop-clear", SEPARATOR, "mute",
    ),
    mark("&Help"): ("shortcuts", "edit-shortcuts", "tour", SEPARATOR, "about"),
}  # fmt: skip
"""Names of actions and submenus by the title of their menu."""
ACTIONS: Final[dict[str, tuple[str, tuple[str, ...], str]]] = {
    "open": (mark("&Open video…"), ("Ctrl+O",), mark("Open a video file; it is only read")),
    "sample": (
        mark("Open the bundled &sample (a synthetic forgery)"), (),
        mark("Open a short forgery that was made for this program"),
    ),
    "queue-files": (
        mark("&Add files to the queue…"), ("Ctrl+Shift+O",), mark("Analyse many files one after the other"),
    ),
    "queue-folder": (
        mark("Add a &folder to the queue…"), (), mark("Analyse all videos of a folder and the folders in it"),
    ),
    "queue": (mark("Show the q&ueue"), ("Ctrl+U",), mark("The files that are analysed beside the open one")),
    "report": (mark("Re&port…"), ("Ctrl+E",), mark("Fill in the case and see the pages before they are written")),
    "export-pdf": (mark("Export P&DF report…"), (), mark("Write the result as pages for people")),
    "export-html": (mark("Export &HTML report…"), (), mark("Write the result as a page for browsers, in one file")),
    "export-png": (mark("Export P&NG figure…"), (), mark("Write the plots of the result as one picture")),
    "export-json": (mark("Export &JSON…"), (), mark("Write the whole result for other programs")),
    "export-csv": (mark("Export &CSV…"), (), mark("Write one row a window for a spreadsheet")),
    "snapshot": (
        mark("Save snapsho&t of the frame…"), ("C",),
        mark("Save the exact frame with boxes and scores, at full resolution, with its hash and time"),
    ),
    "snapshot-plain": (
        mark("Save snapshot &without boxes…"), ("Shift+C",), mark("Save the exact frame with its pixels as they are"),
    ),
    "preferences": (mark("Pr&eferences…"), ("Ctrl+,",), mark("Change what the program does by default")),
    "quit": (mark("&Quit"), ("Ctrl+Q",), mark("Close the program; asks first where something would be lost")),
    "undo": (mark("&Undo"), ("Ctrl+Z",), mark("Take the last change of marks or notes back")),
    "redo": (mark("&Redo"), ("Ctrl+Shift+Z", "Ctrl+Y"), mark("Make the change that was taken back again")),
    "mark": (
        mark("&Mark the selection or this frame"), ("N",),
        mark("Mark what is selected, else the frame under the cursor, and write a note on it"),
    ),
    "mark-window": (mark("Mark this &window"), ("Shift+N",), mark("Mark the scored window under the cursor")),
    "mark-previous": (mark("&Previous mark"), ("Shift+Up",), mark("Previous mark")),
    "mark-next": (mark("Ne&xt mark"), ("Shift+Down",), mark("Next mark")),
    "case-new": (mark("&New case"), ("Ctrl+N",), mark("Begin an empty case; the open one is kept")),
    "case-open": (mark("&Open case…"), ("Ctrl+Alt+O",), mark("Open a case as it was left")),
    "case-save": (mark("&Save case"), ("Ctrl+S",), mark("Keep marks, notes and results in a file; videos stay put")),
    "case-save-as": (mark("Save case &as…"), ("Ctrl+Shift+S",), mark("Keep the case in another file")),
    "case-log": (mark("&Handling log…"), (), mark("See who did what to the files of the case, and when")),
    "analyze": (mark("&Analyze"), ("Ctrl+Return",), mark("Score every window of the file")),
    "analyze-anew": (
        mark("Analyze a&new, whatever is kept"), ("Ctrl+Shift+Return",),
        mark("Compute everything again, even where a result is kept on this disk"),
    ),
    "forget-results": (
        mark("&Delete kept results"), (), mark("Delete what earlier analyses left on this disk; reports stay"),
    ),
    "cancel": (mark("&Cancel"), ("Escape",), mark("Stop what is running; what is done stays")),
    "compare": (
        mark("C&ompare with…"), ("Ctrl+Shift+K",),
        mark("Look at a reference of the same person beside the open file"),
    ),
    "threshold-up": (
        mark("&Raise the threshold"), ("Ctrl+Up",), mark("Call fewer windows suspicious, by steps of 0.01"),
    ),
    "threshold-down": (
        mark("&Lower the threshold"), ("Ctrl+Down",), mark("Call more windows suspicious, by steps of 0.01"),
    ),
    "model-threshold": (mark("Use the model's &threshold"), (), mark("Undo every change of the threshold")),
    "models": (mark("&Models…"), ("Ctrl+M",), mark("See what is known of each detection model, or import one")),
    "boxes": (mark("&Face and lip boxes"), ("B",), mark("Show the faces that were found")),
    "table": (mark("Table of wi&ndows"), ("Ctrl+T",), mark("Every number of the plots, to read and to copy")),
    "log": (mark("&Log"), ("Ctrl+L",), mark("What the program did and what went wrong")),
    "face-next": (mark("Next face &alone"), ("F",), mark("Show one face after the other alone, then all")),
    "face-all": (mark("&Every face"), ("Shift+F",), mark("Show every face again")),
    "copy-evidence": (
        mark("&Copy the evidence as text"), ("Ctrl+Shift+C",), mark("Copy all that the panel says about the window"),
    ),
    "picture-in": (mark("Enlarge the pict&ure"), ("Ctrl++", "Ctrl+="), mark("See less of the picture in more detail")),
    "picture-out": (mark("&Shrink the picture"), ("Ctrl+-",), mark("See more of the picture")),
    "picture-fit": (mark("Fit the picture"), ("Ctrl+0",), mark("See all of the picture")),
    "picture-pixels": (mark("Picture at 100 %"), ("Ctrl+1",), mark("One pixel of the film on one of the screen")),
    "picture-face": (mark("&Zoom on the face"), ("Z",), mark("Enlarge the current face and stay with it")),
    "picture-mouth": (
        mark("Zoom on the &mouth"), ("Shift+Z",), mark("Enlarge the lips of the current face and stay with them"),
    ),
    "zoom-in": (mark("Zoom &in"), ("+", "="), mark("See less time in more detail")),
    "zoom-out": (mark("Zoom &out"), ("-",), mark("See more time at once")),
    "zoom-all": (mark("Show the &whole file"), ("0",), mark("See the whole file in every plot")),
    "reset-layout": (mark("&Reset layout"), (), mark("Put every panel back where it was at first")),
    "toggle": (mark("&Play / pause"), ("Space", "K"), mark("Play or pause")),
    "frame-back": (mark("One frame &back"), (",", "Left"), mark("One frame back")),
    "frame-forward": (mark("One frame &on"), (".", "Right"), mark("One frame on")),
    "second-back": (mark("One &second back"), ("J", "Shift+Left"), mark("One second back")),
    "second-forward": (mark("One second o&n"), ("L", "Shift+Right"), mark("One second on")),
    "first": (mark("&First frame"), ("Home",), mark("To the first frame of the file")),
    "last": (mark("&Last frame"), ("End",), mark("To the last frame of the file")),
    "go-to": (mark("&Go to…"), ("G",), mark("Jump to a time or a frame that you type")),
    "previous": (mark("P&revious suspicious moment"), ("Up",), mark("Previous suspicious moment")),
    "next": (mark("Ne&xt suspicious moment"), ("Down",), mark("Next suspicious moment")),
    "highest": (mark("H&ighest window"), ("H",), mark("To the window with the highest fake score")),
    "window-before": (
        mark("&Window before that holds the frame"), ("[",), mark("Show the numbers of the window before"),
    ),
    "window-after": (
        mark("Window &after that holds the frame"), ("]",), mark("Show the numbers of the window after"),
    ),
    "loop": (mark("Loop t&he selection"), ("R",), mark("Select a stretch of time and repeat it")),
    "loop-start": (mark("Selection s&tarts here"), ("I",), mark("Let the selection start at this frame")),
    "loop-end": (mark("Selection &ends here"), ("O",), mark("Let the selection end with this frame")),
    "loop-clear": (mark("&Clear the selection"), ("X",), mark("Select nothing; the whole file is analysed")),
    "mute": (mark("&Mute"), ("M",), mark("Sound on or off")),
    "shortcuts": (mark("&Shortcuts"), ("?",), mark("Every key on one page")),
    "edit-shortcuts": (mark("&Change shortcuts…"), (), mark("Give actions the keys that your hands know")),
    "tour": (mark("&Tour of the window"), (), mark("Show in a few steps what is where")),
    "about": (mark("&About LipFD Desktop"), (), mark("Version, licences and what a score can say")),
}  # fmt: skip
"""Words, default keys and one sentence about what it does (in the status bar and as tip of its button)."""
_CHECKABLE: Final = frozenset({"boxes", "picture-face", "picture-mouth", "loop", "mute"})


MAIN: Final = WindowActions(mark("Main window"), "", MENUS, ACTIONS, _CHECKABLE)


class Actions(QObject):
    """The actions of a window by name, with the keys that the user chose.

    Parameters
    ----------
    window
        Gets the menu bar.
    table
        Names below are those of its rows.
    handlers
        What each action does; checkable actions pass their new state.
    submenus
        Menus that somebody else fills, by their name in the menus of ``table``.
    keymap
        Whose keys they have, also when these change.
    """

    def __init__(
        self,
        window: QMainWindow,
        table: WindowActions,
        handlers: Mapping[str, Callable[..., object]],
        submenus: Mapping[str, QMenu],
        keymap: Keymap,
    ) -> None:
        super().__init__(window)
        self.keymap: Final = keymap
        self._table = table
        self._actions: dict[str, QAction] = {}
        self._explained: dict[QWidget, tuple[str, tuple[str, ...]]] = {}
        for name, (words, _keys, _tip) in table.rows.items():
            action = QAction(tr(words), window)
            action.setObjectName(name)
            action.setStatusTip(table.tip(name))
            if name in table.checkable:
                action.setCheckable(True)
                action.toggled.connect(handlers[name])
            else:
                action.triggered.connect(lambda _checked=False, handler=handlers[name]: handler())
            self._actions[name] = action
        for title, names in table.menus.items():
            menu = window.menuBar().addMenu(tr(title))
            for name in names:
                if name == SEPARATOR:
                    menu.addSeparator()
                elif name in submenus:
                    menu.addMenu(submenus[name])
                else:
                    menu.addAction(self._actions[name])
        keymap.changed.connect(self.apply_keys)
        self.apply_keys()

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def enable(self, names: tuple[str, ...], enabled: bool) -> None:
        for name in names:
            self._actions[name].setEnabled(enabled)

    # Keys ----------------------------------------------------------------------------------------------------

    def keys(self, name: str) -> tuple[str, ...]:
        """The keys of an action in Qt's portable spelling: the user's, else those of the table."""
        return self.keymap.keys(self._table.prefix + name)

    def key_of(self, name: str) -> str:
        """The keys of an action for a sentence; what the menu calls it where it has none."""
        return key_words(self.keys(name)) or tr("“{action}”", action=self._table.words(name))

    def apply_keys(self) -> None:
        """Let actions and tips have the keys that the keymap says."""
        for name, action in self._actions.items():
            action.setShortcuts([QKeySequence(key) for key in self.keys(name)])
        self._explained = {widget: told for widget, told in self._explained.items() if isValid(widget)}
        for widget in self._explained:
            self._show_tip(widget)

    def explain(self, widget: QWidget, *names: str, words: str = "") -> None:
        """Give ``widget``, which does the first of ``names``, its tip: what it does, and the keys that do the same.

        Further names add a line each, ``words`` one above them.  The tip follows when the user gives these actions
        other keys.
        """
        self._explained[widget] = words, names
        self._show_tip(widget)

    def _show_tip(self, widget: QWidget) -> None:
        words, names = self._explained[widget]
        lines = [words] if words else []
        for name in names:
            tip, keys = self._table.tip(name), key_words(self.keys(name))
            lines.append(tr("{words} ({keys})", words=tip, keys=keys) if keys else tip)
        widget.setToolTip("\n".join(lines))
