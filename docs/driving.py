"""Driving the real window step by step, for pictures and measurements; waits let every other thread work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import Qt
from PySide6.QtWidgets import QWidget

TIMEOUT_S = 90


def pause(milliseconds: int) -> None:
    """Let the program run; unlike ``QTest.qWait``, which keeps the interpreter's lock, so that workers stand still."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = TIMEOUT_S) -> None:
    """Let the program run until ``condition`` holds; ``what`` names it where it never does."""
    began = perf_counter()
    while not condition():
        if perf_counter() - began > timeout_s:
            raise SystemExit(f"timed out waiting until {what}")
        pause(20)


def shoot(widget: QWidget, target: Path) -> None:
    """Save what the screen shows where the window of ``widget`` stands."""
    pause(500)
    area = widget.window().frameGeometry()
    widget.screen().grabWindow(0, area.x(), area.y(), area.width(), area.height()).save(str(target))


class GapMeter:
    """Milliseconds between the ticks of a 5 ms timer: what a click has to wait."""

    def __init__(self) -> None:
        self._timer = QTimer(interval=5, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._last = 0.0
        self.gaps: list[float] = []

    def start(self) -> None:
        self._last = perf_counter()
        self._timer.start()

    def stop(self) -> dict[str, float]:
        self._timer.stop()
        gaps = np.array(self.gaps)
        return {
            "ticks": len(gaps),
            "median_ms": round(float(np.median(gaps)), 1),
            "p99_ms": round(float(np.percentile(gaps, 99)), 1),
            "max_ms": round(float(gaps.max()), 1),
        }

    def _tick(self) -> None:
        now = perf_counter()
        self.gaps.append(1000 * (now - self._last))
        self._last = now
