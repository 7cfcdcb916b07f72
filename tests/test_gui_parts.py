"""The parts of the window that have no window: text, evidence, jobs, settings, start-up."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from gui_support import MODEL, ScriptedEngine, score_at, write_video
from PySide6.QtCore import QByteArray, QSettings, Qt
from PySide6.QtGui import QImage, QPixmap

from lipfd_desktop.errors import Cancelled, SettingsError
from lipfd_desktop.gui import suspicious_panel, text
from lipfd_desktop.gui.evidence import Evidence
from lipfd_desktop.gui.growing import Growing
from lipfd_desktop.gui.jobs import Failure, Job, JobRunner
from lipfd_desktop.gui.mel_plot import visible_part
from lipfd_desktop.gui.pictures import THUMBNAIL, picture
from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.gui.suspicious_panel import SpanModel
from lipfd_desktop.gui.time_plot import on_pixels
from lipfd_desktop.gui.video_view import displayed_size
from lipfd_desktop.media.info import VideoStream
from lipfd_desktop.result import (
    AnalysisRequest,
    DeviceInfo,
    FacePath,
    MelTrack,
    Plan,
    ProgressEvent,
    Span,
    Started,
    WindowsScored,
)
from lipfd_desktop.verdict import suspicious_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("seconds", "decimals", "words"),
    [(0, 3, "0:00.000"), (61.2345, 3, "1:01.234"), (59.9996, 3, "1:00.000"), (3725.5, 1, "1:02:05.5"), (7, 0, "0:07"),
     (-1.5, 3, "-0:01.500")],
)  # fmt: skip
def test_times_read_as_a_clock_shows_them(seconds: float, decimals: int, words: str) -> None:
    assert text.clock(seconds, decimals) == words


def test_waits_are_rounded_for_people() -> None:
    assert text.remaining(12.4) == "about 12 s left"
    assert text.remaining(4000) == "about 1 h 07 min left"
    assert text.remaining(float("inf")) == "remaining time unknown"


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """A whole scripted analysis, as its events say it."""
    path = write_video(tmp_path_factory.mktemp("evidence") / "clip.mp4", seconds=4, start=5)
    engine, events = ScriptedEngine(), list[ProgressEvent]()
    engine.analyze(
        AnalysisRequest(path=path), model=engine.models[0], on_progress=events.append, is_cancelled=lambda: False
    )
    gathered = Evidence()
    for event in events:
        gathered.add(event)
    return gathered


def test_evidence_finds_faces_and_windows_by_time(evidence: Evidence) -> None:
    (face,) = evidence.faces.at(5.0 + 12 * 0.04, 0.02)
    assert (face.face, face.path) == (1, FacePath.INTERPOLATED)
    assert evidence.faces.at(5.0 + 2.0, 0.02) == []
    assert evidence.was_examined(7.0)
    assert not evidence.was_examined(4.9)
    holding = evidence.windows_at(5.0 + 30 * 0.04 + 0.001)
    assert [window.index for window in holding] == [26, 27, 28, 29, 30]
    middle = 5.0 + 30 * 0.04 + 0.02
    assert evidence.score_at(middle, 1) == pytest.approx(score_at(middle - 5.0), abs=1e-5)
    assert evidence.score_at(middle, 2) is None


def test_stretches_without_analysis_are_named_and_break_the_curve(evidence: Evidence) -> None:
    scores = evidence.scores
    ((start, end),) = evidence.unanalysed
    blind = np.flatnonzero(~scores.analysed)
    assert start == pytest.approx(scores.end[blind[0] - 1])
    assert end == pytest.approx(scores.start[blind[-1] + 1])
    trace = evidence.trace(1)
    assert trace.rows.tolist() == np.flatnonzero(scores.analysed).tolist()
    (step,) = np.flatnonzero(np.diff(trace.run))
    assert (trace.rows[step], trace.rows[step + 1]) == (blind[0] - 1, blind[-1] + 1)
    assert (np.diff(trace.x) > 0).all()


def test_wide_strides_leave_stretches_that_nothing_looked_at(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", seconds=2)
    engine, live = ScriptedEngine(batch=2, blind=(9, 9)), Evidence()
    result = engine.analyze(
        AnalysisRequest(path=path, stride=10), model=MODEL, on_progress=live.add, is_cancelled=lambda: False
    )
    gaps = np.array([(first * 0.4 + 0.2, first * 0.4 + 0.4) for first in range(5)])
    assert live.unanalysed == pytest.approx(gaps[:-1], abs=1e-6)
    assert Evidence.of_result(result).unanalysed == pytest.approx(gaps, abs=1e-6)


def test_evidence_is_in_order_whatever_order_it_came_in(tmp_path: Path, evidence: Evidence) -> None:
    scores, shuffled = evidence.scores, Evidence()
    shuffled.add(Started(Plan(5.0, 9.0, 100, 5, 1, True, 96), MODEL, DeviceInfo("cpu", "cpu", "")))
    for part in (scores.take(scores.index >= 40), scores.take(scores.index < 40)):
        shuffled.add(WindowsScored(part, 0, 96, 0.1))
    assert shuffled.scores.index.tolist() == scores.index.tolist()
    assert np.array_equal(shuffled.tier_weights, scores.tier_weights, equal_nan=True)
    assert shuffled.extent == (5.0, scores.end[-1])


def test_what_was_read_from_a_growing_table_stays() -> None:
    table = Growing()
    table.add(a=np.arange(3), b=np.ones((3, 2)))
    before = table.columns()["a"]
    for _ in range(20):
        table.add(a=np.full(200, 7), b=np.zeros((200, 2)))
    assert before.tolist() == [0, 1, 2]
    assert len(table) == 4003
    assert table.columns()["a"].tolist() == [0, 1, 2] + [7] * 4000
    assert table.columns()["b"].sum() == 6


def test_spans_that_share_a_pixel_are_drawn_once() -> None:
    spans = np.array([[2.0, 3.0], [10.0, 10.001], [10.002, 10.003], [50.0, 60.0]])
    assert on_pixels(spans, scale=10, offset=5, left=0, right=300) == [(25, 35), (105, 106)]
    assert on_pixels(np.empty((0, 2)), scale=10, offset=5, left=0, right=300) == []


def test_mel_of_two_hours_is_thinned_to_the_screen() -> None:
    levels = np.zeros((8, 720_000), np.uint8)
    levels[:, 360_000:] = 200
    mel = MelTrack(5.0, 0.01, np.geomspace(80, 8000, 8), levels)
    drawn, start, end = visible_part(mel, 5.0, 7205.0)
    assert drawn.shape[1] <= 2000
    assert start == pytest.approx(4.995)
    assert end == pytest.approx(7205.0, abs=4)
    assert drawn[0, 0] == 0
    assert drawn[0, -1] == 200
    near, near_start, near_end = visible_part(mel, 100.0, 100.5)
    assert near.shape == (8, 51)
    assert near_start <= 100.0
    assert near_end >= 100.5


def test_a_thumbnail_holds_the_face_and_stays_in_the_picture() -> None:
    rgb = np.zeros((120, 160, 3), np.uint8)
    rgb[80:, 120:] = (255, 0, 0)
    image = picture(rgb, (120, 80, 40, 40))
    assert (image.width(), image.height()) == (2 * THUMBNAIL.width(), 2 * THUMBNAIL.height())
    assert image.pixelColor(image.width() - 5, image.height() - 5).red() == 255
    assert image.pixelColor(3, 3).red() == 0


@pytest.mark.parametrize(
    ("ratio", "rotation", "size"),
    [("1:1", 0, (100, 50)), ("2:1", 0, (200, 50)), ("2:1", 90, (50, 50)), (None, 0, (100, 50)), ("0:1", 0, (100, 50))],
)  # fmt: skip
def test_pictures_are_shown_in_their_true_proportions(ratio: str | None, rotation: int, size: tuple[int, int]) -> None:
    video = VideoStream(
        index=0, codec="h264", profile=None, width=100, height=50, rotation=rotation, pixel_format=None,
        sample_aspect_ratio=ratio, average_fps=25, time_base="1/25", start=0, duration=None, declared_frames=None,
        bit_rate=None,
    )  # fmt: skip
    assert displayed_size(video).toTuple() == size


def test_recent_files_are_newest_first_once_and_few(tmp_path: Path) -> None:
    settings = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    for name in ("a", "b", "a", *"cdefghij"):
        settings.add_recent(tmp_path / name)
    assert [path.name for path in settings.recent] == list("jihgfedc")
    settings.save("layout", QByteArray(b"state"))
    again = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    assert again.load("layout") == QByteArray(b"state")
    assert again.load("geometry") is None
    again.clear_recent()
    assert again.recent == []


def test_a_thumbnail_is_fetched_once_though_its_span_grows_and_again_when_it_failed(
    qtbot: QtBot, evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Span, Callable[[QImage | None], None]]] = []
    model = SpanModel(lambda span, on_done: asked.append((span, on_done)))

    def look(row: int) -> QPixmap | None:
        return model.index(row).data(Qt.ItemDataRole.DecorationRole)

    for _ in range(3):
        spans = suspicious_spans(evidence.scores, 0.5)
        model.set_spans(sorted(spans, key=Span.moment))
        assert [look(row) for row in range(len(spans))] == [None, None]
    assert len(asked) == 1
    image = QImage(8, 6, QImage.Format.Format_RGB888)
    asked[0][1](image)
    assert len(asked) == 2
    asked[1][1](None)
    assert look(0).width() == 8
    assert look(1) is None
    assert len(asked) == 2
    later = time.monotonic() + 10
    monkeypatch.setattr(suspicious_panel, "monotonic", lambda: later)
    assert look(1) is None
    assert len(asked) == 3
    asked[2][1](image)
    assert look(1).width() == 8


def test_a_thumbnail_that_comes_too_late_is_not_shown(qtbot: QtBot, evidence: Evidence) -> None:
    asked: list[Callable[[QImage | None], None]] = []
    model = SpanModel(lambda _span, on_done: asked.append(on_done))
    model.set_spans(list(suspicious_spans(evidence.scores, 0.5))[:1])
    for _ in range(2):
        assert model.index(0).data(Qt.ItemDataRole.DecorationRole) is None
        model.forget_pictures()
    assert len(asked) == 2
    assert model.index(0).data(Qt.ItemDataRole.DecorationRole) is None
    asked[0](QImage(8, 6, QImage.Format.Format_RGB888))
    assert model.index(0).data(Qt.ItemDataRole.DecorationRole) is None
    asked[2](QImage(4, 3, QImage.Format.Format_RGB888))
    assert model.index(0).data(Qt.ItemDataRole.DecorationRole).width() == 4


# Jobs ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[JobRunner]:
    made = JobRunner("test")
    yield made
    made.stop()
    made.wait()
    assert not made.is_running


def test_a_job_runs_on_another_thread_and_answers_on_this_one(runner: JobRunner, qtbot: QtBot) -> None:
    answers: list[tuple[object, int]] = []
    runner.submit(
        lambda job: threading.get_ident(),
        lambda result: answers.append((result, threading.get_ident())),
        lambda failure: pytest.fail(str(failure)),
    )
    qtbot.waitUntil(lambda: bool(answers))
    ran_on, answered_on = answers[0]
    assert ran_on != answered_on == threading.get_ident()


def test_errors_come_back_as_a_sentence_and_defects_with_their_traceback(runner: JobRunner, qtbot: QtBot) -> None:
    failures: list[Failure | None] = []

    def fail(error: Exception) -> object:
        raise error

    for error in (SettingsError("stride: choose 1 or more."), ZeroDivisionError("oops"), Cancelled()):
        runner.submit(lambda job, error=error: fail(error), lambda _: None, failures.append)
    qtbot.waitUntil(lambda: len(failures) == 3)
    sentence, defect, cancelled = failures
    assert sentence == Failure("stride: choose 1 or more.", None)
    assert defect is not None
    assert defect.details is not None
    assert "ZeroDivisionError" in defect.details
    assert cancelled is None


def test_a_discarded_job_is_cancelled_and_never_answers(runner: JobRunner, qtbot: QtBot) -> None:
    answers: list[object] = []
    started = threading.Event()

    def linger(job: Job) -> object:
        started.set()
        while not job.is_cancelled():
            time.sleep(0.002)
        return "stale"

    old = runner.submit(linger, answers.append, answers.append)
    assert started.wait(20)
    runner.discard(old)
    runner.submit(lambda job: "new", answers.append, answers.append)
    qtbot.waitUntil(lambda: bool(answers))
    qtbot.wait(30)
    assert answers == ["new"]


def test_shutting_down_ends_a_job_that_only_watches_for_interruption(qtbot: QtBot) -> None:
    made, started = JobRunner("test"), threading.Event()

    def linger(job: Job) -> object:
        started.set()
        while not job.is_cancelled():
            time.sleep(0.002)
        raise Cancelled

    made.submit(linger, lambda _: None, lambda _: None)
    assert started.wait(20)
    made.stop()
    made.wait()
    assert not made.is_running


# Start-up --------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only X11 and Wayland can be absent")
@pytest.mark.parametrize("display", [None, ":987"])
def test_without_a_display_one_sentence_says_so(display: str | None) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    if display is not None:
        environment["DISPLAY"] = display
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from lipfd_desktop.gui.app import main; sys.exit(main([]))"],
        check=False, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    (sentence,) = done.stderr.strip().splitlines()
    assert "no window can be opened here" in sentence
    assert "lipfd analyze" in sentence
