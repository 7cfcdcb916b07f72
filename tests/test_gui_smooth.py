"""Long files in the window: what is drawn, how it grows, and that nothing is lost by being quick."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gui_support import MODEL, ScriptedEngine, write_video
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from lipfd_desktop.errors import LipfdError
from lipfd_desktop.gui.evidence import Evidence, trace_of
from lipfd_desktop.gui.jobs import Failure, Job, JobRunner
from lipfd_desktop.gui.judge import MANY, Case, Judge
from lipfd_desktop.gui.score_plot import ScorePlot
from lipfd_desktop.gui.session import Session
from lipfd_desktop.gui.time_curve import Line, thin
from lipfd_desktop.gui.time_plot import TimePlot, apart
from lipfd_desktop.result import (
    AnalysisRequest,
    AnalysisResult,
    DeviceInfo,
    FacesFollowed,
    Outcome,
    Plan,
    Previewed,
    Reason,
    Span,
    Started,
    WindowScores,
    WindowsScored,
)
from lipfd_desktop.verdict import find_spans, suspicious_spans
from tests.scores_support import make_scores

STARTED = Started(Plan(0.0, 8000.0, 200_000, 5, 1, True, 200_000), MODEL, DeviceInfo("cpu", "cpu", ""))


def long_scores(count: int, faces: int = 1, seed: int = 0) -> WindowScores:
    """Noise on a low floor with a stretch that was not analysed."""
    index = np.repeat(np.arange(count), faces)
    score = np.random.default_rng(seed).random(len(index), np.float32).clip(0.001, 0.999)
    missing = (index >= count // 2) & (index < count // 2 + count // 50)
    score[missing] = np.nan
    nothing = np.full(len(index), np.nan, np.float32)
    return WindowScores(
        index=index,
        start=index * 0.04,
        end=(index + 5) * 0.04,
        first_frame=index,
        face=np.tile(np.arange(1, 1 + faces), count),
        reason=np.where(missing, Reason.FACE_LOST, Reason.ANALYSED).astype(np.uint8),
        logit=np.log(score / (1 - score)),
        score=score,
        generated=nothing,
        foreign_sound=nothing,
        region_weights=np.where(missing[:, None, None], np.float32(np.nan), np.full((1, 3, 5), 1 / 3, np.float32)),
    )


def gathered(*batches: WindowScores) -> Evidence:
    evidence = Evidence()
    evidence.add(STARTED)
    for batch in batches:
        evidence.add(WindowsScored(batch, 0, 1, 0.1))
    return evidence


def key(span: Span) -> tuple[object, ...]:
    return span.face, span.start, span.end, span.windows, span.mean_score, span.peak.index, span.peak.score


# What is drawn ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("left", "right", "visible"), [(0.0, 1000.0, 1.0), (54.0, 1054.0, 0.3), (0.5, 900.5, 0.011)])
def test_every_pixel_column_keeps_its_highest_and_lowest_window(left: float, right: float, visible: float) -> None:
    scores = long_scores(200_000)
    trace = trace_of(scores, 1)
    line = Line.of(trace.x, scores.score[trace.rows], trace.run)
    scale = (right - left) / (visible * 8000)
    offset = left - 3000 * scale if visible < 1 else left
    drawn = thin(line, scale, offset, left, right)
    assert len(drawn.x) <= 2 * (right - left + 4)

    def extremes(x: np.ndarray, y: np.ndarray) -> dict[int, tuple[float, float]]:
        column = np.floor(x * scale + offset).astype(int)
        inside = (column >= np.floor(left)) & (column < np.floor(right))
        return {int(c): (y[column == c].min(), y[column == c].max()) for c in np.unique(column[inside])[::7]}

    assert extremes(drawn.x, drawn.y) == extremes(line.x, line.y)


def test_a_line_is_broken_where_nothing_was_analysed_at_every_zoom() -> None:
    scores = long_scores(50_000)
    trace = trace_of(scores, 1)
    line = Line.of(trace.x, scores.score[trace.rows], trace.run)
    for scale in (0.4, 4.0, 400.0):
        drawn = thin(line, scale, 0.0, 900 * scale, 1100 * scale)
        (break_,) = np.flatnonzero(~drawn.joined[:-1])
        assert drawn.x[break_] == pytest.approx(1000.0, abs=1 / scale + 0.2)
        assert drawn.x[break_ + 1] == pytest.approx(1040.0, abs=1 / scale + 0.2)


def test_what_stands_alone_gets_a_dot() -> None:
    run = np.array([0, 0, 1, 2, 2])
    drawn = thin(Line(np.arange(5.0), np.ones(5, np.float32), run), 100.0, 0.0, 0.0, 500.0)
    assert drawn.alone.tolist() == [False, False, True, False, False]
    # Many to a pixel, each on its own: every column has its dot, and a column of several its line.
    x, y = np.arange(60_000.0), np.full(60_000, 0.5, np.float32)
    crowd = thin(Line(x, y, np.arange(60_000)), 0.01, 0.0, 0.0, 600.0)
    assert not crowd.alone.any()
    assert len(np.unique(np.floor(crowd.x * 0.01))) == 600
    far = Line(np.append(x, [70_000.0]), np.append(y, y[:1]), np.append(np.zeros(60_000, np.intp), [1]))
    beside = thin(far, 0.01, 0.0, 0.0, 800.0)
    assert set(beside.x[beside.alone].tolist()) == {70_000.0}


def shown(qtbot: QtBot, evidence: Evidence, spans: np.ndarray) -> ScorePlot:
    plot = ScorePlot()
    qtbot.addWidget(plot)
    plot.resize(900, 220)
    plot.set_limits(0.0, 8000.0)
    plot.show_scores(evidence, only_face=None)
    plot.show_spans(spans)
    plot.show()
    QApplication.processEvents()
    return plot


def column_of(plot: ScorePlot, pts: float, top: float, base: float) -> list[QColor]:
    """Colours of the picture around ``pts``, from the score ``top`` down to ``base``."""
    image: QImage = plot.canvas.grab().toImage()
    high, low = (
        plot.canvas.mapFromScene(plot.view.mapViewToScene(QRectF(pts, y, 0, 0).topLeft())) for y in (top, base)
    )
    return [image.pixelColor(x, y) for x in range(high.x() - 1, high.x() + 2) for y in range(high.y(), low.y())]


def test_one_suspicious_window_in_two_hundred_thousand_is_seen(qtbot: QtBot) -> None:
    scores = long_scores(200_000)
    scores.score[:] = np.where(np.isnan(scores.score), np.nan, 0.05)
    quiet = replace(scores, score=scores.score.copy())
    scores.score[[40_000, 100_000 - 1]] = 0.95  # one beside the stretch without analysis
    nothing = np.empty((0, 2))
    empty = column_of(shown(qtbot, gathered(quiet), nothing), 1600.1, 0.9, 0.6)
    for pts in (1600.1, 4000.06):
        seen = column_of(shown(qtbot, gathered(scores), nothing), pts, 0.9, 0.6)
        assert len(set(map(QColor.rgb, seen)) - set(map(QColor.rgb, empty))) >= 1
    spans = find_spans(scores, 0.5)
    assert len(spans) == 2
    shaded = column_of(shown(qtbot, gathered(scores), spans.stretches), 1600.1, 1.02, 0.97)
    assert set(map(QColor.rgb, shaded)) - set(map(QColor.rgb, empty))


def test_only_a_thin_and_opaque_line_is_drawn_where_windows_are_dense(qtbot: QtBot) -> None:
    """Qt paints a wide or translucent one a hundred times as slowly."""
    plot = TimePlot("bands")
    qtbot.addWidget(plot)
    plot.resize(600, 200)
    plot.show()
    plot.view.setYRange(0, 1, padding=0)
    band = plot.add_curve(QColor(200, 100, 150, 150), Qt.PenStyle.DashLine, width=5)
    for count, width, alpha in ((100_000, 1, 255), (40, 5, 150)):
        x = np.arange(count, dtype=np.float64)
        band.set_line(Line.of(x, np.linspace(0, 1, count, dtype=np.float32), np.zeros(count, np.intp)))
        plot.set_limits(0.0, float(count))
        plot.grab()
        assert (band.pen.width(), band.pen.color().alpha()) == (width, alpha)


def test_only_what_is_visible_is_shaded_and_merged_below_a_pixel(qtbot: QtBot) -> None:
    spans = find_spans(long_scores(200_000), 0.5)
    assert len(spans) > 40_000
    plot = shown(qtbot, gathered(long_scores(200_000)), spans.stretches)
    assert plot.suspicious_stripes == len(spans)
    assert 0 < len(plot._suspicious._drawn) < 200
    plot.set_range(2000.0, 2010.0)
    QApplication.processEvents()
    inside = (spans.stretches[:, 1] > 2000) & (spans.stretches[:, 0] < 2010)
    assert len(plot._suspicious._drawn) <= inside.sum()
    assert len(plot._suspicious._drawn) > 5


# Growing ---------------------------------------------------------------------------------------------------------


def test_windows_may_come_in_any_order_and_the_later_of_two_counts() -> None:
    scores = long_scores(3000, faces=2)
    coarse = scores.take(scores.index % 25 == 0)
    wrong = replace(coarse, score=np.float32(1) - coarse.score)
    order = np.random.default_rng(1).permutation(3000)
    parts = [scores.take(np.isin(scores.index, order[i : i + 100])) for i in range(0, 3000, 100)]
    evidence = gathered(wrong)
    for number, part in enumerate(parts):
        evidence.add(WindowsScored(part, 0, 1, 0.1))
        if number % 3 == 0:
            seen = evidence.scores
            assert (np.diff(seen.index * 10 + seen.face) > 0).all()
    assert len(evidence.scores) == len(scores)
    for name in WindowScores.__slots__:
        assert np.array_equal(getattr(evidence.scores, name), getattr(scores, name), equal_nan=True)
    assert np.array_equal(evidence.tier_weights, scores.tier_weights, equal_nan=True)
    assert evidence.positions_analysed == len(np.unique(scores.index[scores.analysed]))


def test_what_was_read_before_a_finer_pass_stays_as_it_was() -> None:
    scores = long_scores(200)
    evidence = gathered(scores)
    before = evidence.scores
    kept = before.score.copy()
    evidence.add(WindowsScored(replace(scores.take(scores.index < 20), score=np.zeros(20, np.float32)), 0, 1, 0.1))
    assert evidence.scores.score[:20].tolist() == [0.0] * 20
    assert np.array_equal(before.score, kept, equal_nan=True)


def test_sections_in_any_order_are_joined_by_nothing_until_they_meet() -> None:
    later, earlier = ([(place, 1, 0.2) for place in places] for places in (range(100, 104), range(4)))
    evidence = gathered(make_scores(later))
    for first, last in ((20.0, 21.0), (0.0, 1.0), (21.04, 22.0), (1.04, 2.0)):  # two at a time
        pts = np.linspace(first, last, 12)
        nothing = np.zeros((12, 4), np.float32)
        evidence.add(FacesFollowed(pts, np.ones(12, np.int64), nothing, nothing, np.ones(12, np.uint8)))
    evidence.add(WindowsScored(make_scores(earlier), 8, 104, 0.1))
    assert evidence.trace(1).run.tolist() == [0] * 4 + [1] * 4
    assert not len(evidence.unanalysed), "what was not reached yet is not shaded as if it had been refused"
    assert [evidence.was_examined(pts) for pts in (0.5, 1.5, 10.0, 21.5)] == [True, True, False, True]
    assert evidence.examined == [(20.0, 22.0), (0.0, 2.0)]


def test_a_first_look_is_drawn_until_the_result_is_there(qtbot: QtBot) -> None:
    looked = long_scores(4)
    evidence = gathered()
    evidence.add(Previewed(looked))
    plot = shown(qtbot, evidence, np.empty((0, 2)))
    assert plot.preview_drawn == int(looked.analysed.sum()) > 0
    assert plot.points_drawn == 0, "a first look is no evidence"
    plot.show_scores(Evidence(), only_face=None)
    assert plot.preview_drawn == 0


def test_a_face_that_is_followed_again_is_boxed_once() -> None:
    evidence = gathered()
    for width in (10.0, 20.0):
        boxes = np.array([[0, 0, width, 5]], np.float32)
        evidence.add(FacesFollowed(np.array([1.0]), np.array([1]), boxes, boxes, np.array([1], np.uint8)))
    (box,) = evidence.faces.at(1.0, 0.02)
    assert box.box[2] == 20.0


def test_a_plot_that_grows_keeps_every_window(qtbot: QtBot) -> None:
    scores, evidence = long_scores(30_000), gathered()
    plot = shown(qtbot, evidence, np.empty((0, 2)))
    for first in range(0, 30_000, 3000):
        evidence.add(WindowsScored(scores.take((scores.index >= first) & (scores.index < first + 3000)), 0, 1, 0.1))
        plot.show_scores(evidence, only_face=None)
        QApplication.processEvents()
        assert plot.points_drawn == int(evidence.scores.analysed.sum())
    assert np.array_equal(plot._curves[1].line.y, scores.score[scores.analysed])


# Judging ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def judge(qtbot: QtBot) -> Iterator[Judge]:
    made = Judge()
    yield made
    made.stop()
    made.wait()
    assert not made.is_running


def case(scores: WindowScores, threshold: float) -> Case:
    return Case(scores=scores, model=MODEL, threshold=threshold, window_frames=5)


@pytest.mark.parametrize("faces", [1, 2])
def test_a_drag_of_the_threshold_ends_with_exactly_its_spans(judge: Judge, qtbot: QtBot, faces: int) -> None:
    scores = long_scores(MANY + 1000, faces)
    shown: list[int] = []
    judge.judged.connect(lambda: shown.append(len(judge.spans)))
    for threshold in np.linspace(0.9, 0.6, 30):
        judge.judge(case(scores, float(threshold)))
        QApplication.processEvents()
    qtbot.waitUntil(lambda: judge.is_settled)
    assert [key(span) for span in judge.spans] == [key(span) for span in suspicious_spans(scores, 0.6)]
    assert judge.verdict is not None
    assert judge.verdict == case(scores, 0.6).verdict()
    assert shown


def test_few_windows_are_judged_at_once_and_settling_waits_for_none(judge: Judge) -> None:
    few, many = long_scores(500), long_scores(MANY + 1)
    judge.judge(case(few, 0.5))
    assert judge.is_settled
    judge.judge(case(many, 0.5))
    assert not judge.is_settled
    judge.settle()
    assert judge.is_settled
    assert len(judge.spans) == len(suspicious_spans(many, 0.5))
    judge.forget()
    assert (len(judge.spans), judge.verdict) == (0, None)


class LongEngine(ScriptedEngine):
    """Finds noise in whatever file, at once."""

    def analyze(self, request: AnalysisRequest, **rest: object) -> AnalysisResult:
        on_progress: Callable[[object], None] = rest["on_progress"]  # type: ignore[assignment]
        scores = long_scores(MANY + 5000)
        result = super().analyze(request, **{**rest, "on_progress": lambda _event: None})  # type: ignore[arg-type]
        on_progress(STARTED)
        on_progress(WindowsScored(scores, len(scores), len(scores), 0.1))
        return replace(result, scores=scores, plan=STARTED.plan)


def test_a_report_asked_for_while_the_threshold_is_judged_says_what_it_makes(qtbot: QtBot, tmp_path: Path) -> None:
    clip = write_video(tmp_path / "clip.mp4", seconds=1)
    engine = LongEngine()
    session = Session(engine)
    try:
        with qtbot.waitSignal(session.media_opened):
            session.open(clip)
        with qtbot.waitSignal(session.result_ready):
            session.analyze(AnalysisRequest(path=clip), MODEL)
        session.set_threshold(0.05)
        with qtbot.waitSignal(session.exported):
            session.export(tmp_path / "report.json")
        told = engine.results[-1]
        assert told.threshold == told.request.threshold == 0.05
        assert told.verdict.outcome is Outcome.MANIPULATED
        assert len(session.spans) == len(suspicious_spans(told.scores, 0.05))
        assert session.is_exported
    finally:
        session.shutdown()
    assert not session.is_running


@pytest.mark.skipif(sys.platform != "linux", reason="threads have ranks of their own under Linux alone")
def test_what_computes_for_long_gives_way_and_what_follows_it_does_not(qtbot: QtBot) -> None:
    """An opened file is waited for, whatever was analysed before it."""
    runner = JobRunner("ranks")
    ranks: list[object] = []
    failures: list[Failure | None] = []

    def rank(_job: Job) -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def fail(_job: Job) -> None:
        raise LipfdError("no film")

    try:
        runner.submit(rank, ranks.append, failures.append, gives_way=True)
        runner.submit(rank, ranks.append, failures.append)
        runner.submit(fail, ranks.append, failures.append, gives_way=True)
        qtbot.waitUntil(lambda: len(failures) == 1)
    finally:
        runner.stop()
        runner.wait()
    mine = rank(Job(rank))
    assert ranks == [15, mine]
    assert failures[0] is not None
    assert failures[0].message == "no film"


boxes = st.tuples(st.floats(-20, 120), st.floats(1, 30)).map(lambda at: QRectF(0, at[0], 20, at[1]))


@given(st.lists(boxes, max_size=12), st.floats(10, 120))
def test_numbers_beside_a_pane_neither_overlap_nor_stand_out(areas: list[QRectF], height: float) -> None:
    labels = [(area, Qt.AlignmentFlag.AlignRight, "0") for area in areas]
    kept = [area for area, _, _ in apart(labels, height)]
    for place, area in enumerate(kept):
        assert area.top() >= 0
        assert area.bottom() <= height
        assert not any(area.intersects(other) for other in kept[:place])
    fits = [area for area in areas if area.top() >= 0 and area.bottom() <= height]
    assert kept[:1] == fits[:1]
    assert all(any(area.intersects(other) or area == other for other in kept) for area in fits)
