"""Playing on a machine that is too busy to show every frame."""

from __future__ import annotations

import time
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from gui_support import write_video
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from lipfd_desktop.gui.player import Player


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("player") / "clip.mkv", seconds=4, start=0.0)


def test_frames_that_take_longer_to_show_than_to_come_leave_room_for_everything_else(clip: Path, qtbot: QtBot) -> None:
    player, shown, happened = Player(), list[float](), list[str]()
    player.load(clip, start_time=0.0, frame_times=np.arange(100) / 25)
    with qtbot.waitSignal(player.frame_shown):
        pass

    def show(_frame: object, pts: float) -> None:
        time.sleep(0.08)  # two frames long
        shown.append(pts)
        happened.append("frame")

    player.frame_shown.connect(show)
    timer = QTimer(interval=5)
    timer.timeout.connect(lambda: happened.append("tick"))
    player.play()
    qtbot.waitUntil(lambda: bool(shown))
    timer.start()
    qtbot.waitUntil(lambda: bool(shown) and shown[-1] > 2.5)
    timer.stop()
    player.pause()
    player.close()
    assert shown == sorted(shown), "in order, the newest each time"
    assert happened.count("tick") >= 10
    since_timer = happened[happened.index("tick") :]
    assert max(len(list(run)) for what, run in groupby(since_timer) if what == "frame") < 5, "0.4 s for nothing else"
