"""Builds the Qt side of the program; :mod:`lipfd_desktop.gui.app` imports it once it is sure that there can be one."""

from __future__ import annotations

import gc
import logging
import os
import platform
import sys
from pathlib import Path
from types import TracebackType
from typing import Final

from pyqtgraph.util.garbage_collector import GarbageCollector
from PySide6.QtCore import (
    QCoreApplication,
    QLibraryInfo,
    QLocale,
    QLoggingCategory,
    QMessageLogContext,
    Qt,
    QtMsgType,
    QTranslator,
    qInstallMessageHandler,
    qVersion,
)
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QSplashScreen
from shiboken6 import isValid

from lipfd_desktop import __version__, language
from lipfd_desktop.gui import messages, theme
from lipfd_desktop.gui.app import EXIT_BAD, no_display
from lipfd_desktop.gui.jobs import Failure, trace_of
from lipfd_desktop.gui.log_file import LogFile
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.settings import ORGANISATION, SYSTEM_LANGUAGE, Appearance, Settings
from lipfd_desktop.language import tr

_LOG: Final = logging.getLogger(__name__)


def run(video: Path | None) -> int:
    """Show the window, with ``video`` opening in it, until the user closes it."""
    settings = Settings()
    app = make_application(settings)
    splash = _splash(app)
    window = _window(settings)
    _tell_defects(window)
    window.guide.write_log(LogFile())
    _LOG.info("LipFD Desktop %s on %s, Qt %s", __version__, platform.platform(), qVersion())
    window.show()
    splash.finish(window)
    collector = _collect_here()
    window.guide.offer_tour()
    app.aboutToQuit.connect(window.comparing.shutdown)
    app.aboutToQuit.connect(window.session.shutdown)
    app.aboutToQuit.connect(window.desk.shutdown)
    if video is not None:
        window.open_path(video)
    else:
        window.desk.shelf.offer_unsaved()
    code = app.exec()
    collector.timer.stop()
    return code


def _collect_here() -> GarbageCollector:
    """Collect garbage in this thread alone: in a worker's it could delete a widget, which Qt does not survive.

    What has been loaded by now stays; looking through it again would stop the window for a third of a second.
    """
    gc.collect()
    gc.freeze()
    return GarbageCollector()


_platform_trouble: list[str] = []
"""What Qt's platform plugins said; the first is the reason when Qt then gives up."""


def _on_message_at_start(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    if kind == QtMsgType.QtFatalMsg:
        reason = (_platform_trouble or [message or "Qt gave up"])[0]
        print(no_display(reason.strip().splitlines()[0].rstrip(".")), file=sys.stderr, flush=True)
        os._exit(EXIT_BAD)  # Qt aborts the process right after this call.
    if (context.category or "").startswith("qt.qpa"):
        _platform_trouble.append(message)
    elif kind == QtMsgType.QtCriticalMsg:
        print(message, file=sys.stderr, flush=True)


def _tell_defects(window: MainWindow) -> None:
    """Show an exception that escaped from the handling of an event, which Qt would only print."""

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        details = trace_of(error.with_traceback(trace))
        print(details, file=sys.stderr)
        _LOG.error(details)
        if window.message is None or not isValid(window.message) or not window.message.isVisible():
            window.message = messages.show_failure(window, Failure(f"{kind.__name__}: {error}", details))

    sys.excepthook = tell


def make_application(settings: Settings | None = None) -> QApplication:
    """The application in the user's colours and language; without ``settings`` in the desktop's and English."""
    # GUI builds of OpenCV, where one is installed, point these at their own Qt; ours cannot load from there.
    for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        if "cv2" in os.environ.get(name, ""):
            del os.environ[name]
    qInstallMessageHandler(_on_message_at_start)
    QCoreApplication.setOrganizationName(ORGANISATION)
    QCoreApplication.setApplicationName("LipFD Desktop")
    QCoreApplication.setApplicationVersion(__version__)
    app = QApplication(sys.argv[:1])
    # From here on no Python: the player's threads have something to say as well, would wait for the interpreter to say
    # it, and the window may hold the interpreter while it waits for them.  Qt itself prints what is critical.
    qInstallMessageHandler(None)
    QLoggingCategory.setFilterRules("*.debug=false\n*.info=false\n*.warning=false")
    theme.start(app, settings.appearance if settings else Appearance.SYSTEM)
    if settings is not None:
        _speak(app, settings.language)
    return app


def _speak(app: QApplication, chosen: str) -> None:
    """Use the language that the user chose, or the desktop's, in Qt's own dialogs as well."""
    name = language.closest(QLocale.system().name()) if chosen == SYSTEM_LANGUAGE else chosen
    language.use(name)
    translator = QTranslator(app)
    if translator.load(f"qtbase_{name}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        app.installTranslator(translator)


def _splash(app: QApplication) -> QSplashScreen:
    scheme = theme.scheme_of_palette(app.palette())
    picture = QPixmap(460, 180)
    picture.fill(QColor(scheme.window))
    painter = QPainter(picture)
    font = QFont(painter.font())
    font.setPointSizeF(22)
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(QColor(scheme.text))
    painter.drawText(28, 84, "LipFD Desktop")
    painter.fillRect(28, 100, 64, 3, QColor(scheme.accent))
    painter.end()
    splash = QSplashScreen(picture)
    words = tr("Loading the analysis engine…")
    splash.showMessage(f"   {words}", Qt.AlignmentFlag.AlignBottom, QColor(scheme.muted))
    splash.show()
    QCoreApplication.processEvents()
    return splash


def _window(settings: Settings) -> MainWindow:
    # Imported before the window shows: torch holds the interpreter for seconds while it loads, and the window must
    # never stand still.
    from lipfd_desktop.engine.facade import Engine, sample_video
    from lipfd_desktop.network.registry import resources_dir
    from lipfd_desktop.storage.cache import user_cache

    def make_engine() -> Engine:
        return Engine(cache=user_cache(settings.results_folder, keeps=settings.keeps_results))

    engine = make_engine()
    engine.warm_up()
    QApplication.setWindowIcon(QIcon(str(resources_dir() / "icon.png")))
    return MainWindow(engine, sample=sample_video(), settings=settings, make_engine=make_engine)
