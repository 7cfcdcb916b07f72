"""Windows for tests: shown with their models listed, and closed with every thread of theirs ended."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from gui_support import ScriptedEngine
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from pytestqt.wait_signal import SignalBlocker

from lipfd_desktop.gui.engine_port import EnginePort
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.session import State
from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.gui.video_view import VideoView
from lipfd_desktop.media.info import VideoStream

WAIT_MS = 20_000
"""Players, engines and disks take their time where many tests run at once."""

MakeWindow = Callable[..., MainWindow]
"""What the fixture ``make_window`` gives: :meth:`Windows.show`, or what a module makes of it."""


class PatientBot(QtBot):
    """Waits as long as a loaded machine may need; what has come is never waited for."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = WAIT_MS) -> None:  # noqa: N802
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: object, *, timeout: int = WAIT_MS, **options: object) -> SignalBlocker:  # noqa: N802
        return super().waitSignal(signal, timeout=timeout, **options)


def settings_in(folder: Path) -> Settings:
    return Settings(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))


class Windows:
    """Makes windows that share their settings; leaving the context closes them all."""

    def __init__(self, qtbot: QtBot, settings: Settings) -> None:
        self._qtbot = qtbot
        self._settings = settings
        self._made: list[MainWindow] = []

    def show(
        self,
        engine: EnginePort | None = None,
        second: EnginePort | None = None,
        *,
        sample: Path | None = None,
        size: tuple[int, int] = (1280, 800),
    ) -> MainWindow:
        """A window whose models are listed.

        Parameters
        ----------
        engine
            A scripted one by default.
        second
            For what runs beside the open file, if not ``engine`` too.
        size
            In pixels.
        """
        window = MainWindow(
            engine or ScriptedEngine(),
            sample=sample,
            settings=self._settings,
            make_engine=None if second is None else lambda: second,
        )
        self._made.append(window)
        window.resize(*size)
        window.show()
        self._qtbot.waitUntil(lambda: bool(window.session.library.devices))
        return window

    def __enter__(self) -> Windows:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for window in self._made:
            window.close_now()
        for window in self._made:
            assert not window.session.is_running
            assert not window.report_dialog.is_running
            assert not window.desk.is_running
            assert not window.queue.runner.is_alive
            assert not window.comparing.is_running
            window.deleteLater()


def opened(window: MainWindow, path: Path, qtbot: QtBot) -> MainWindow:
    """Open a file; its first picture is on the screen."""
    window.open_path(path)
    qtbot.waitUntil(lambda: window.session.state is State.READY and window.session.media.info.path == path)
    qtbot.waitUntil(lambda: window.workspace.video.has_picture)
    return window


def analysed(window: MainWindow, path: Path, qtbot: QtBot) -> MainWindow:
    """Open a file and analyse it."""
    opened(window, path, qtbot).analyze()
    qtbot.waitUntil(lambda: window.session.result is not None)
    return window


def saved(window: MainWindow, path: Path, qtbot: QtBot) -> Path:
    """Save its case as ``path``."""
    with qtbot.waitSignal(window.desk.keeper.saved):
        window.desk.keeper.save_as(path)
    return path


def reopened(window: MainWindow, path: Path, qtbot: QtBot) -> MainWindow:
    """Open the case at ``path``, whose media may still be on their way."""
    with qtbot.waitSignal(window.desk.keeper.opened):
        window.open_path(path)
    return window


def saving_at_once(make_window: MakeWindow, **usual: object) -> MakeWindow:
    """Windows that save changes at once, with a :class:`ScriptedEngine` of these arguments where none is given."""

    def make(engine: EnginePort | None = None) -> MainWindow:
        window: MainWindow = make_window(engine or ScriptedEngine(**usual))
        window.desk.keeper.interval = lambda: 0.03
        return window

    return make


def own_copy(master: Path, folder: Path) -> Path:
    """A file in ``folder`` that a test may move or change."""
    (folder / "media").mkdir()
    return Path(shutil.copy(master, folder / "media" / master.name))


def closed(window: MainWindow) -> None:
    """Close it as its user does; nothing was asked."""
    window.close()
    assert not window.isVisible()


def activated(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """Its keys work from now on."""
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
    return window


def empty_view(qtbot: QtBot) -> VideoView:
    """A view, 640x480, of a video of 160x120 pixels, before its first picture."""
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(640, 480)
    stream = dict.fromkeys(VideoStream.__slots__)
    view.reset(VideoStream(**(stream | {"width": 160, "height": 120, "rotation": 0})))
    return view
