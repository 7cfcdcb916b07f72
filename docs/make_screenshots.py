"""Drive the real window through its main job on a real screen and save what the screen shows.

Usage: python docs/make_screenshots.py OUT VIDEO [MODEL]      (needs a display; `xvfb-run -s "-screen 0 1600x1000x24"`)

Opens VIDEO, analyses it with the bundled model or MODEL, jumps to the most suspicious moment, exports all
four reports, and writes to OUT: 1-empty.png, 2-ready.png, 3-analysing.png, 4-done.png, 5-models.png,
report.{png,pdf,json,csv} and session.json (platform, scores, where the list jumped to, and the gaps of the event loop
while analysing).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
from driving import GapMeter, pause, shoot, wait_until
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from lipfd_desktop.gui import launch
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.session import State
from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.network.registry import ModelStore


def session(window: MainWindow, video: Path, out: Path) -> Generator[str, None, dict[str, Any]]:
    """The main job, step by step; yields the name of each state worth a picture."""
    yield "1-empty"
    window.open_path(video)
    wait_until(lambda: window.session.state is State.READY and window.workspace.video.has_picture, "the file is open")
    yield "2-ready"
    meter = GapMeter()
    QTest.mouseClick(window.workspace.bar.button, Qt.MouseButton.LeftButton)
    meter.start()
    wait_until(lambda: len(window.session.evidence.scores) > 20, "the first windows are scored")
    yield "3-analysing"
    wait_until(lambda: window.session.state is State.READY, "the analysis is done")
    gaps = meter.stop()
    spans = window.session.spans
    jumped = None
    if spans:
        moments = window.review.suspicious.list
        place = moments.visualRect(moments.model().index(0, 0)).center()
        QTest.mouseClick(moments.viewport(), Qt.MouseButton.LeftButton, pos=place)
        wait_until(lambda: window.review.suspicious.current is not None, "a moment is chosen")
        pause(500)
        jumped = window.player.time
    yield "4-done"
    result = window.session.result
    assert result is not None
    for kind in ("png", "pdf", "json", "csv"):
        target = out / f"report.{kind}"
        window.session.export(target)
        wait_until(target.exists, f"{target.name} is written")
    window.models_dialog.show()
    yield "5-models"
    return {
        "platform": QApplication.platformName(),
        "scores": [None if np.isnan(score) else float(score) for score in result.scores.score],
        "spans": [[span.start, span.end] for span in spans],
        "jumped_to": jumped,
        "event_loop": gaps,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("video", type=Path)
    parser.add_argument("model", type=Path, nargs="?", help="used instead of the bundled model")
    arguments = parser.parse_args()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    os.environ["LIPFD_CASES"] = str(out / "unsaved")  # nothing of it among the user's own cases
    app = launch.make_application()
    from lipfd_desktop.engine.facade import Engine, sample_video

    store = ModelStore(out / "models")
    if arguments.model is not None:
        store = ModelStore(out / "models", bundled=out / "nothing-bundled")
        if not store.installed():
            store.import_file(arguments.model)
    engine = Engine(store)
    engine.warm_up()
    settings = Settings(QSettings(str(out / "settings.ini"), QSettings.Format.IniFormat))
    window = MainWindow(engine, sample=sample_video(), settings=settings)
    window.resize(1440, 900)
    window.show()
    wait_until(lambda: bool(window.session.library.devices), "models are listed")
    steps = session(window, arguments.video.absolute(), out)
    while True:
        try:
            name = next(steps)
        except StopIteration as end:
            report = end.value
            break
        shoot(window, out / f"{name}.png")
    window.close_now()
    (out / "session.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    del app
    return 0


if __name__ == "__main__":
    sys.exit(main())
