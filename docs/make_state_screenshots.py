"""Bring the real window into each of its main states and save what the screen shows.

Usage: python docs/make_state_screenshots.py OUT SUSPECT REFERENCE [--two-faces VIDEO] [--language de]
       (needs a display; `xvfb-run -s "-screen 0 2000x1300x24"`)

SUSPECT is the file that is examined, REFERENCE the one it is compared with; --two-faces shows two people.  Writes one
PNG a state to OUT, numbered in the order in which somebody meets them.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from driving import pause, shoot, wait_until
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QDockWidget, QLineEdit

from lipfd_desktop import language
from lipfd_desktop.gui import launch, theme
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.queue_items import ItemState
from lipfd_desktop.gui.session import State
from lipfd_desktop.gui.settings import Appearance, Settings
from lipfd_desktop.storage.cache import ResultCache


class Album:
    """The pictures, numbered as they are taken."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._count = 0
        self.cache = ResultCache(out / "kept")

    def take(self, widget: MainWindow | QDialog, name: str) -> None:
        self._count += 1
        shoot(widget, self._out / f"{self._count:02d}-{name}.png")

    @contextmanager
    def window(
        self, *, appearance: Appearance = Appearance.DARK, size: tuple[int, int] = (1440, 900), spoken: str = "en"
    ) -> Iterator[MainWindow]:
        """A window of its own, that remembers nothing of those before it but their results."""
        from lipfd_desktop.engine.facade import Engine, sample_video

        language.use(spoken)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.wear(app, appearance)
        store = QSettings(str(self._out / f"settings-{self._count}.ini"), QSettings.Format.IniFormat)
        window = MainWindow(
            Engine(cache=self.cache),
            sample=sample_video(),
            settings=Settings(store),
            make_engine=lambda: Engine(cache=self.cache),
        )
        window.resize(*size)
        window.show()
        wait_until(lambda: bool(window.session.library.devices), "models are listed")
        yield window
        window.close_now()
        language.use("en")


def open_file(window: MainWindow, path: Path) -> None:
    window.open_path(path)
    wait_until(lambda: window.session.state is State.READY and window.workspace.video.has_picture, "the file is open")


def analysed(window: MainWindow, path: Path) -> None:
    """Open, analyse, and stand on the most suspicious moment."""
    open_file(window, path)
    window.analyze()
    wait_until(lambda: window.session.result is not None, "the analysis is done", 300)
    stand_on_moment(window)


def stand_on_moment(window: MainWindow) -> None:
    moments = window.review.suspicious.list
    if moments.model().rowCount():
        place = moments.visualRect(moments.model().index(0, 0)).center()
        QTest.mouseClick(moments.viewport(), Qt.MouseButton.LeftButton, pos=place)
    pause(2500)


def first_hour(album: Album, suspect: Path, reference: Path) -> None:
    """Everything that a single file brings up."""
    with album.window() as window:
        album.take(window, "empty")
        window.open_path(suspect)
        album.take(window, "opening")
        wait_until(lambda: window.session.state is State.READY and window.workspace.video.has_picture, "it is open")
        album.take(window, "ready")
        window.analyze()
        wait_until(lambda: len(window.session.evidence.scores) > 20, "the first windows are scored")
        window.player.play()
        pause(1500)
        album.take(window, "analysing")
        window.player.pause()
        wait_until(lambda: window.session.result is not None, "the analysis is done", 300)
        stand_on_moment(window)
        album.take(window, "done")
        window.actions_["mark"].trigger()
        pause(300)
        note = window.marks.panel.table.findChild(QLineEdit)
        assert isinstance(note, QLineEdit), "the note of a new mark is not being written"
        QTest.keyClicks(note, "Mouth blurs on the plosive")
        QTest.keyClick(note, Qt.Key.Key_Return)
        album.take(window, "marked")
        window.actions_["picture-face"].trigger()
        window.actions_["zoom-in"].trigger()
        window.actions_["zoom-in"].trigger()
        album.take(window, "enlarged")
        window.workspace.video.zoom(0)
        show_panel(window, "case")
        album.take(window, "case")
        handling(album, window)
        window.actions_["log"].trigger()
        album.take(window, "log")
        window.actions_["reset-layout"].trigger()
        dialogs(album, window)
        window.comparing.open_reference(reference)
        compared = window.comparing.window
        assert compared is not None
        wait_until(lambda: compared.session.result is not None, "the reference is analysed", 300)
        pause(2500)
        album.take(compared, "compared")
        compared.close()
        queue(album, window, [suspect, reference])


def show_panel(window: MainWindow, name: str) -> None:
    dock = window.findChild(QDockWidget, name)
    assert dock is not None
    dock.show()
    dock.raise_()


def handling(album: Album, window: MainWindow) -> None:
    window.actions_["case-log"].trigger()
    dialog = window.desk.handling.dialog
    assert dialog is not None
    album.take(dialog, "handling-log")
    dialog.close()


def dialogs(album: Album, window: MainWindow) -> None:
    window.actions_["report"].trigger()
    pause(6000)
    album.take(window.report_dialog, "report-preview")
    window.report_dialog.hide()
    for action, name in (("preferences", "preferences"), ("shortcuts", "shortcuts"), ("edit-shortcuts", "keys")):
        window.actions_[action].trigger()
        page = QApplication.activeModalWidget() or QApplication.activeWindow()
        assert isinstance(page, QDialog), action
        album.take(page, name)
        page.close()
    window.actions_["models"].trigger()
    album.take(window.models_dialog, "models")
    window.models_dialog.hide()
    window.actions_["tour"].trigger()
    album.take(window, "tour")
    tour = window.guide.tour
    assert tour is not None
    tour.close()
    QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Escape)


def queue(album: Album, window: MainWindow, files: list[Path]) -> None:
    broken = Path(os.environ["LIPFD_CASES"]).parent / "not-a-film.mp4"
    broken.write_bytes(b"no film at all")
    window.queue.add([*files, broken])
    window.queue.show()
    wait_until(lambda: len(window.queue.runner.items) == len(files) + 1, "the queue holds the files")
    window.queue.runner.start()
    wait_until(
        lambda: not any(item.state in (ItemState.WAITING, ItemState.ANALYSING) for item in window.queue.runner.items),
        "the queue is done",
        300,
    )
    album.take(window, "queue")
    window.open_path(broken)
    wait_until(lambda: window.message is not None and window.message.isVisible(), "it says why")
    album.take(window, "error")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("suspect", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--two-faces", type=Path)
    parser.add_argument("--language", action="append", choices=[*language.LANGUAGES], default=[])
    arguments = parser.parse_args()
    out: Path = arguments.out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    os.environ["LIPFD_CASES"] = str(out / "unsaved")  # nothing of it among the user's own cases
    app = launch.make_application()
    suspect, reference = arguments.suspect.absolute(), arguments.reference.absolute()
    album = Album(out)
    first_hour(album, suspect, reference)
    if arguments.two_faces is not None:
        with album.window() as window:
            analysed(window, arguments.two_faces.absolute())
            album.take(window, "several-faces")
    for appearance, size, spoken, name in (
        (Appearance.LIGHT, (1440, 900), "en", "light"),
        (Appearance.DARK, (1280, 720), "en", "small"),
        (Appearance.LIGHT, (1280, 720), "en", "small-light"),
        (Appearance.DARK, (1920, 1200), "en", "large"),
        *((Appearance.DARK, (1440, 900), spoken, spoken) for spoken in arguments.language),
    ):
        with album.window(appearance=appearance, size=size, spoken=spoken) as window:
            if name == "light":
                album.take(window, "empty-light")
            analysed(window, suspect)
            album.take(window, name)
            if spoken != "en":
                window.actions_["preferences"].trigger()
                page = QApplication.activeModalWidget() or QApplication.activeWindow()
                assert isinstance(page, QDialog)
                album.take(page, f"{spoken}-preferences")
                page.close()
    del app
    return 0


if __name__ == "__main__":
    sys.exit(main())
