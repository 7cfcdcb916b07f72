"""Starts the program: ``lipfd-desktop [VIDEO]``.  Imports no Qt before it is known that a window can be opened."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Final

from lipfd_desktop import __version__
from lipfd_desktop.errors import DisplayError
from lipfd_desktop.language import Phrase, mark

EXIT_BAD: Final = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window; returns the exit code, 2 where no window can be opened."""
    options = _parser().parse_args(argv)
    try:
        _check_display()
        launch = _import_window()
    except DisplayError as error:
        print(error, file=sys.stderr)
        return EXIT_BAD
    code: int = launch.run(options.video)
    return code


def no_display(why: Phrase | str) -> DisplayError:
    """The error of a machine that cannot show a window."""
    return DisplayError(
        mark(
            "lipfd-desktop: no window can be opened here: {why}; start it in a desktop session, or use "
            "`lipfd analyze VIDEO`, which needs no display."
        ),
        why=why,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lipfd-desktop", description="Examine a talking-head video for lip-sync forgery."
    )
    parser.add_argument("video", nargs="?", type=Path, metavar="VIDEO", help="file to open")
    parser.add_argument("--version", action="version", version=f"LipFD Desktop {__version__}")
    return parser


def _check_display() -> None:
    is_told = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    if sys.platform.startswith("linux") and not is_told:
        raise no_display(Phrase(mark("neither DISPLAY nor WAYLAND_DISPLAY is set")))


def _import_window() -> ModuleType:
    if sys.platform == "win32":
        # There torch must be loaded before Qt, or its DLLs may fail to initialise (WinError 1114).
        importlib.import_module("lipfd_desktop.engine.analysis")
    # Qt's multimedia part chats about sound servers and codecs on stderr, where only our sentences belong.
    os.environ.setdefault("QT_LOGGING_RULES", "qt.multimedia.*=false")
    try:
        return importlib.import_module("lipfd_desktop.gui.launch")
    except ImportError as error:
        # On a bare Linux the wheel is there but system libraries of Qt (libEGL, libxkbcommon...) are not.
        if error.name is not None and not error.name.startswith("PySide6"):
            raise
        raise no_display(Phrase(mark("Qt cannot be loaded ({reason})"), reason=str(error))) from error
