"""How smooth the window is: plots of 200,000 windows, the threshold, and playing while it analyses.

Usage: uv run python benchmarks/window.py [--seconds 60] [--json docs/benchmarks/window.json]

Drives the real window on whatever platform Qt is told to use (``QT_QPA_PLATFORM=offscreen``, or a real screen).  The
long file is made up: its scores are noise, the worst case for plots and spans, and arrive like those of an analysis.
The last part analyses and plays a real file of 1280x720 at 25 frames a second, made of the bundled sample, with the
bundled model.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter, sleep, thread_time
from typing import Any, Final

import numpy as np
from memory_by_length import ROOT, SAMPLE
from PySide6.QtCore import QEvent, QEventLoop, QObject, QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication
from videos import enlarged

from lipfd_desktop.engine.facade import Engine
from lipfd_desktop.gui import launch
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.session import State
from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.network.registry import ModelStore
from lipfd_desktop.result import (
    AnalysisRequest,
    AnalysisResult,
    Coverage,
    DeviceInfo,
    FacesFollowed,
    FaceTrack,
    MelTrack,
    ModelInfo,
    OnProgress,
    OpenedMedia,
    Plan,
    Reason,
    Started,
    WindowScores,
    WindowsScored,
)
from lipfd_desktop.verdict import decide, find_spans

WINDOWS: Final = 200_000
"""A file of two hours and a quarter at 25 frames a second and stride 1."""
FRAMES: Final = 5
FPS: Final = 25.0
_BATCH: Final = 400
_WAIT_S: Final = 300
_PLACES: Final = {"p50": 50, "p95": 95, "p99": 99, "max": 100}
_SCHEDULED: Final = Path("/proc/thread-self/schedstat")
"""Under Linux: nanoseconds that this thread ran, and that it waited for a core."""


class LongFile:
    """An engine whose file has :data:`WINDOWS` windows of noise a face, three gaps, and region weights."""

    def __init__(self, real: Engine, faces: int, *, pause: float) -> None:
        self._real = real
        self._pause = pause
        self._faces = faces
        self._scores = noise(faces)

    def open(self, path: Path, *, is_cancelled: Callable[[], bool] = lambda: False) -> OpenedMedia:
        media = self._real.open(path, is_cancelled=is_cancelled)
        times = media.info.start_time + np.arange(WINDOWS + FRAMES) / FPS
        levels = np.random.default_rng(1).integers(0, 255, (80, 8000), np.uint8)
        columns = round((WINDOWS + FRAMES) / FPS / 0.01)
        mel = MelTrack(float(times[0]), 0.01, np.geomspace(80, 8000, 80), np.resize(levels, (80, columns)))
        return OpenedMedia(replace(media.info, duration=float(times[-1] - times[0])), times, mel, sha256="ab" * 32)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def analyze(
        self,
        request: AnalysisRequest,
        *,
        model: ModelInfo,
        on_progress: OnProgress,
        is_cancelled: Callable[[], bool],
        anew: bool = False,  # noqa: ARG002  (what the window asks with; nothing of this file is kept)
    ) -> AnalysisResult:
        media, scores = self._real.open(request.path), self._scores
        start = media.info.start_time
        scores = replace(scores, start=scores.start + start, end=scores.end + start)
        plan = Plan(start, start + WINDOWS / FPS, WINDOWS, FRAMES, 1, True, WINDOWS)
        device = DeviceInfo("auto", "cpu", "made up")
        began = perf_counter()
        on_progress(Started(plan, model, device))
        tracks = [made_up_track(face, start) for face in range(1, 1 + self._faces)]
        for first in range(0, WINDOWS, _BATCH):
            if is_cancelled():
                break
            rows = slice(first * self._faces, (first + _BATCH) * self._faces)
            for track in tracks:
                seen = slice(first, first + _BATCH)
                face = np.full(len(track.pts[seen]), track.id)
                on_progress(
                    FacesFollowed(track.pts[seen], face, track.boxes[seen], track.lips[seen], track.paths[seen])
                )
            on_progress(WindowsScored(scores.take(np.arange(*rows.indices(len(scores)))), first + _BATCH, WINDOWS,
                                      perf_counter() - began))  # fmt: skip
            sleep(self._pause)
        return AnalysisResult(
            request=request, media=media.info, sha256="ab" * 32, model=model, device=device, plan=plan,
            threshold=model.threshold, versions={}, started_at="2026-01-01T00:00:00+00:00",
            processing_time=perf_counter() - began, tracks=tuple(tracks), faces=(), scores=scores,
            coverage=Coverage(WINDOWS, {}, WINDOWS, WINDOWS, {}, WINDOWS / FPS, WINDOWS / FPS, True),
            verdict=decide(scores, model=model, threshold=model.threshold, window_frames=FRAMES),
        )  # fmt: skip


def noise(faces: int) -> WindowScores:
    """Scores that jump about, so that nearly every second window begins a suspicious span."""
    random = np.random.default_rng(0)
    index = np.repeat(np.arange(WINDOWS), faces)
    score = random.random(len(index), np.float32).clip(1e-4, 1 - 1e-4)
    weights = np.float32(0.28) + random.random((len(index), 3, FRAMES), np.float32) / 10
    reason = np.full(len(index), Reason.ANALYSED, np.uint8)
    for gap in (0.2, 0.5, 0.8):
        reason[(index > gap * WINDOWS) & (index < (gap + 0.01) * WINDOWS)] = Reason.FACE_LOST
    for column in (score, weights):
        column[reason != Reason.ANALYSED] = np.nan
    return WindowScores(
        index=index, start=index / FPS, end=(index + FRAMES) / FPS, first_frame=index,
        face=np.tile(np.arange(1, 1 + faces), WINDOWS), reason=reason, logit=np.log(score / (1 - score)), score=score,
        generated=score.copy(), foreign_sound=score[::-1].copy(), region_weights=weights,
    )  # fmt: skip


def made_up_track(face: int, start: float) -> FaceTrack:
    frames = np.arange(WINDOWS + FRAMES)
    box = np.tile(np.array([100 * face, 80, 90, 120], np.float32), (len(frames), 1))
    return FaceTrack(face, frames, start + frames / FPS, box, box, np.ones(len(frames), np.uint8))


class Paints(QObject):
    """Counts how often widgets were painted."""

    def __init__(self, widgets: Sequence[Any]) -> None:
        super().__init__()
        self.count = 0
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        self.count += event.type() == QEvent.Type.Paint
        return False


class GapMeter(QObject):
    """Milliseconds between the ticks of a 5 ms timer: what a click has to wait.

    Of each gap also the part in which the thread of the window computed and, under Linux, the part in which it could
    have computed but other threads or programs had the cores.  In the rest it was idle or waited for the interpreter.
    """

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self, interval=5, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._rows: list[tuple[float, ...]] = []
        self._last = _clocks()
        self._timer.start()

    def _tick(self) -> None:
        now = _clocks()
        self._rows.append(tuple(after - before for after, before in zip(now, self._last, strict=True)))
        self._last = now

    def stop(self) -> dict[str, float]:
        self._timer.stop()
        gaps, computing, crowded_out = zip(*self._rows, strict=True)
        rest = [gap - used - waited for gap, used, waited in self._rows]
        parts = {"": gaps, "computing_": computing, "no_core_": crowded_out, "rest_": rest}
        told: dict[str, float] = {}
        for name, values in parts.items():
            told |= summary(values, {f"{name}{place}_ms": share for place, share in _PLACES.items()})
        return told


def _clocks() -> tuple[float, ...]:
    """Milliseconds: by the clock, computed by this thread, and spent by it ready to run without a core."""
    waited = int(_SCHEDULED.read_text().split()[1]) / 1e6 if _SCHEDULED.exists() else 0.0
    return 1000 * perf_counter(), 1000 * thread_time(), waited


def summary(values: Sequence[float], percentiles: dict[str, float]) -> dict[str, float]:
    return {"count": len(values)} | {
        name: round(float(np.percentile(values, share)), 1) for name, share in percentiles.items()
    }


def wait(milliseconds: int) -> None:
    """Let the window live; unlike QTest.qWait this leaves the interpreter to the other threads, as the program does."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def wait_until(condition: Callable[[], bool], what: str) -> None:
    began = perf_counter()
    while not condition():
        if perf_counter() - began > _WAIT_S:
            raise SystemExit(f"timed out waiting until {what}")
        wait(10)


def open_window(engine: Any, video: Path, folder: Path) -> MainWindow:
    store = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
    os.environ["LIPFD_CASES"] = str(folder / "unsaved")  # nothing of it among the user's own cases
    window = MainWindow(engine, sample=None, settings=Settings(store))
    window.resize(1440, 900)
    window.show()
    wait_until(lambda: bool(window.session.library.devices), "models are listed")
    window.open_path(video)
    wait_until(lambda: window.session.state is State.READY and window.workspace.video.has_picture, "the file is open")
    return window


def frame_times(window: MainWindow, move: Callable[[int], None], steps: int) -> dict[str, float]:
    """Frames a second of ``steps`` moves, each painted before the next, and what a move costs this thread."""
    work = window.workspace
    panes = [pane.canvas.viewport() for pane in (work.scores, work.weights, work.mel)]
    paints, rates = Paints(panes), []
    spent = thread_time()
    for step in range(steps):
        before, began = paints.count, perf_counter()
        move(step)
        while paints.count < before + len(panes):
            QApplication.processEvents()
            if perf_counter() - began > 5:
                raise SystemExit("a plot was not painted after it moved")
        rates.append(1 / (perf_counter() - began))
    cost = 1000 * (thread_time() - spent) / steps
    return summary(rates, {"median_fps": 50, "p5_fps": 5}) | {"cpu_ms_a_frame": round(cost, 1)}


def _drag(view: Any, step: float, _number: int) -> None:
    view.translateBy(x=step)


def moves(window: MainWindow) -> Iterator[tuple[str, Callable[[int], None]]]:
    """What a user does with the mouse on a plot: drags it along, turns the wheel."""
    start, end = window.workspace.timeline.limits
    view, timeline = window.workspace.scores.view, window.workspace.timeline
    for share in (0.9, 0.5, 0.1, 0.01):
        width = share * (end - start)
        timeline.set_range(start, start + width)
        step = min(width / 50, (end - start - width) / 60)
        yield f"pan, {share:.0%} of the file visible", partial(_drag, view, step)
    timeline.set_range(start, end)
    yield "zoom in and out", lambda i: view.scaleBy(x=0.9 if i < 30 else 1 / 0.9)


def long_file(real: Engine, faces: int, folder: Path) -> dict[str, Any]:
    """Plots, the threshold, and the arrival of :data:`WINDOWS` windows a face."""
    window = open_window(LongFile(real, faces, pause=0.01), SAMPLE, folder)
    model = real.default_model()
    assert model is not None
    session = window.session
    meter = GapMeter()
    began = perf_counter()
    session.analyze(AnalysisRequest(path=SAMPLE), model)
    wait_until(lambda: session.result is not None, "the made-up analysis is done")
    arriving = meter.stop() | {"seconds": round(perf_counter() - began, 1)}
    wait(300)
    plots = {name: frame_times(window, move, 60) for name, move in moves(window)}
    window.workspace.timeline.zoom(0, 0.0)
    steps: list[float] = []
    meter = GapMeter()
    for threshold in np.linspace(0.3, 0.7, 40):
        began = perf_counter()
        window.workspace.scores.threshold_moved.emit(float(threshold))
        QApplication.processEvents()
        steps.append(1000 * (perf_counter() - began))
        wait(16)
    dragging = meter.stop()
    began = perf_counter()
    expected = len(find_spans(session.evidence.scores, session.threshold))
    wait_until(lambda: len(session.spans) == expected, "the spans are those of the last threshold")
    late = 1000 * (perf_counter() - began)
    report = {
        "windows": WINDOWS * faces,
        "plots": plots,
        "arriving": arriving,
        "spans": len(session.spans),
        "threshold_step_ms": summary(steps, {"p50": 50, "p95": 95, "max": 100}),
        "threshold_drag": dragging | {"spans_complete_after_ms": round(late)},
    }
    window.close_now()
    window.deleteLater()
    return report


def real_file(engine: Engine, seconds: float, folder: Path) -> dict[str, Any]:
    """Event-loop gaps and frames shown while a real file is analysed and played."""
    video = enlarged(folder / "real.mkv", seconds)
    window = open_window(engine, video, folder)
    shown: list[float] = []
    window.player.frame_shown.connect(lambda _frame, pts: shown.append(pts))

    def play_for(condition: Callable[[], bool], what: str) -> dict[str, Any]:
        window.player.seek(window.workspace.timeline.limits[0])
        wait(500)
        shown.clear()
        window.player.play()
        meter, began = GapMeter(), perf_counter()
        wait_until(lambda: condition() or not window.player.is_playing, what)
        gaps, passed = meter.stop(), perf_counter() - began
        window.player.pause()
        due = round(passed * window.session.media.info.video.average_fps)  # type: ignore[union-attr]
        return {"event_loop": gaps, "seconds": round(passed, 1), "frames_shown": len(set(shown)), "frames_due": due}

    until = perf_counter() + 10
    idle = play_for(lambda: perf_counter() > until, "it has played for a while")
    window.analyze()
    wait_until(lambda: len(window.session.evidence.scores) > 0, "the first windows are scored")
    busy = play_for(lambda: window.session.state is State.READY, "the analysis is done")
    done = window.session.evidence.done
    window.session.cancel()
    wait_until(lambda: window.session.state is State.READY, "the analysis has ended")
    window.close_now()
    return {"file_seconds": seconds, "playing": idle, "playing_and_analysing": busy, "windows_scored": done}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="length of the real file")
    parser.add_argument("--parts", nargs="+", choices=("one_face", "two_faces", "real_file"), help="all unless given")
    parser.add_argument("--json", type=Path, default=ROOT / "docs" / "benchmarks" / "window.json")
    arguments = parser.parse_args()
    app = launch.make_application()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    report: dict[str, Any] = {
        "platform": QApplication.platformName(), "cores": os.cpu_count(), "load_before": load and round(load, 1)
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = Engine(ModelStore(folder / "models"))
        engine.warm_up()
        parts: dict[str, Callable[[], dict[str, Any]]] = {
            "one_face": lambda: long_file(engine, 1, folder),
            "two_faces": lambda: long_file(engine, 2, folder),
            "real_file": lambda: real_file(engine, arguments.seconds, folder),
        }
        for part in arguments.parts or parts:
            report[part] = parts[part]()
            print(json.dumps({part: report[part]}, indent=2), flush=True)
    arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    del app
    return 0


if __name__ == "__main__":
    sys.exit(main())
