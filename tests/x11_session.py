"""An examiner at work: the real program, driven by real X11 mouse and key events from another thread.

Usage: python tests/x11_session.py PHASE FOLDER CLIP      (PHASE: examine or return; needs a display and xdotool)

``examine`` opens CLIP, analyses it, jumps to the most suspicious moment, steps, marks, writes a note, saves a case to
FOLDER and quits; ``return`` opens that case and exports a report.  Each writes what it saw to FOLDER/PHASE.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QPoint, QSettings, Signal
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget

from lipfd_desktop.gui import launch
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.session import State
from lipfd_desktop.gui.settings import Settings

T = TypeVar("T")
PATIENCE_S = 120
NOTE = "Mouth blurs on the plosive"


def xdotool(*words: object) -> None:
    subprocess.run(["xdotool", *map(str, words)], check=True, timeout=20)


class Bridge(QObject):
    """Asks the window's thread, which may be inside a dialog, and waits for the answer."""

    asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.asked.connect(lambda call: call())

    def __call__(self, question: Callable[[], T]) -> T:
        answer: Future[T] = Future()

        def call() -> None:
            try:
                answer.set_result(question())
            except BaseException as error:
                answer.set_exception(error)

        self.asked.emit(call)
        return answer.result(PATIENCE_S)


class Examiner:
    """Hands on mouse and keyboard, eyes on the window."""

    def __init__(self, window: MainWindow, ask: Bridge) -> None:
        self.window = window
        self.ask = ask

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        began = time.monotonic()
        while not self.ask(condition):
            if time.monotonic() - began > PATIENCE_S:
                raise TimeoutError(f"waited in vain until {what}")
            time.sleep(0.05)

    def look_at(self, widget: QWidget | None = None) -> None:
        """Give the keyboard to the window of ``widget``: there is no window manager to do it."""
        wanted = self.window if widget is None else widget
        xdotool("windowfocus", "--sync", self.ask(lambda: int(wanted.window().winId())))
        time.sleep(0.2)

    def press(self, *keys: str) -> None:
        xdotool("key", "--delay", "60", *keys)
        time.sleep(0.15)

    def click(self, widget: QWidget, place: QPoint | None = None) -> None:
        point = self.ask(lambda: widget.mapToGlobal(widget.rect().center() if place is None else place))
        xdotool("mousemove", "--sync", point.x(), point.y(), "click", 1)
        time.sleep(0.15)

    def write(self, words: str) -> None:
        xdotool("type", "--delay", "25", words)
        time.sleep(0.1)

    def answer_file_dialog(self, path: Path) -> None:
        def dialog() -> QFileDialog | None:
            shown = [one for one in QApplication.topLevelWidgets() if isinstance(one, QFileDialog) and one.isVisible()]
            return shown[0] if shown else None

        self.wait(lambda: dialog() is not None, "the file dialog is there")
        found = self.ask(dialog)
        assert found is not None
        self.look_at(found)
        name = self.ask(lambda: found.findChild(QLineEdit))
        assert isinstance(name, QLineEdit)
        self.click(name)
        self.press("ctrl+a")
        self.write(str(path))
        self.press("Return")
        self.wait(lambda: dialog() is None, "the file dialog is gone")
        self.look_at()

    def has_file(self) -> bool:
        return self.window.session.state is State.READY and self.window.workspace.video.has_picture

    def quit(self) -> None:
        self.look_at()
        self.press("ctrl+q")
        self.wait(lambda: not self.window.isVisible(), "the window is closed")

    def seen(self) -> dict[str, Any]:
        """What the window shows now."""
        window = self.window
        result = window.session.result
        return {
            "platform": QApplication.platformName(),
            "time": window.player.time,
            "frame": window.player.frame,
            "said": window.workspace.transport.time_label.text(),
            "evidence": window.frame_panel.words,
            "verdict": window.workspace.verdict.headline.text(),
            "scores": None if result is None else [float(score) for score in result.scores.score],
            "strongest": [[span.start, span.end, span.peak.score] for span in list(window.session.spans)[:1]],
            "marks": [[mark.start, mark.note] for mark in window.desk.document.marks],
        }


def examine(hand: Examiner, folder: Path, clip: Path) -> dict[str, Any]:
    window = hand.window
    hand.look_at()
    hand.press("ctrl+o")
    hand.answer_file_dialog(clip)
    hand.wait(hand.has_file, "the file is open")
    hand.click(window.workspace.bar.button)
    hand.wait(lambda: window.session.result is not None, "the analysis is done")
    hand.wait(lambda: bool(window.session.spans), "a moment is suspicious")
    moments = window.review.suspicious.list
    hand.click(moments.viewport(), hand.ask(lambda: moments.visualRect(moments.model().index(0, 0)).center()))
    hand.wait(lambda: window.review.suspicious.current is not None, "the strongest moment is chosen")
    time.sleep(0.7)
    jumped = hand.ask(hand.seen)
    hand.press("period", "period", "comma")
    time.sleep(0.5)
    stepped = hand.ask(hand.seen)
    hand.press("n")
    hand.wait(lambda: window.marks.panel.table.findChild(QLineEdit) is not None, "the note can be written")
    hand.write(NOTE)
    hand.press("Return")
    hand.wait(lambda: [mark.note for mark in window.desk.document.marks] == [NOTE], "the note is kept")
    hand.press("ctrl+z", "ctrl+shift+z")
    hand.press("ctrl+s")
    hand.answer_file_dialog(folder / "case.lipfdcase")
    hand.wait((folder / "case.lipfdcase").exists, "the case is saved")
    left = hand.ask(hand.seen)
    hand.quit()
    return {"jumped": jumped, "stepped": stepped, "left": left}


def come_back(hand: Examiner, folder: Path, _clip: Path) -> dict[str, Any]:
    window = hand.window
    hand.look_at()
    hand.press("ctrl+alt+o")
    hand.answer_file_dialog(folder / "case.lipfdcase")
    hand.wait(hand.has_file, "the file of the case is open")
    hand.wait(lambda: window.session.result is not None, "the result is back")
    time.sleep(1.0)
    found = hand.ask(hand.seen)
    hand.press("ctrl+e")
    hand.wait(window.report_dialog.isVisible, "the report is shown")
    hand.look_at(window.report_dialog)
    hand.click(window.report_dialog.export_button)
    hand.answer_file_dialog(folder / "report.pdf")
    hand.wait((folder / "report.pdf").exists, "the report is written")
    hand.look_at(window.report_dialog)
    hand.click(window.report_dialog.close_button)
    hand.quit()
    return {"found": found}


def main() -> int:
    phase, folder, clip = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    os.environ["LIPFD_CASES"] = str(folder / "unsaved")
    app = launch.make_application()
    from lipfd_desktop.engine.facade import Engine

    app.setQuitOnLastWindowClosed(False)  # the story is written down after the last window
    engine = Engine()
    engine.warm_up()
    settings = Settings(QSettings(str(folder / f"{phase}.ini"), QSettings.Format.IniFormat))
    window = MainWindow(engine, sample=None, settings=settings)
    window.move(0, 0)
    window.show()
    hand = Examiner(window, Bridge())
    trouble: list[str] = []

    def work() -> None:
        try:
            hand.wait(lambda: bool(window.session.library.devices), "models are listed")
            story = {"examine": examine, "return": come_back}[phase](hand, folder, clip)
            (folder / f"{phase}.json").write_text(json.dumps(story, indent=1), encoding="utf-8")
        except BaseException:
            trouble.append(traceback.format_exc())
            hand.ask(lambda: window.screen().grabWindow(0).save(str(folder / f"{phase}-trouble.png")))
            hand.ask(window.close_now)
        hand.ask(app.quit)

    threading.Thread(target=work, daemon=True).start()
    app.exec()
    print("".join(trouble), file=sys.stderr)
    return int(bool(trouble))


if __name__ == "__main__":
    sys.exit(main())
