"""The evidence panel, zooming on the picture, and snapshots, in the real window with a scripted engine."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import window_support
from gui_support import LISTENING, MODEL, OFFICIAL, UNTRAINED, ScriptedEngine, write_video
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot
from window_support import WAIT_MS, MakeWindow, activated, empty_view

from lipfd_desktop.gui.camera import Camera, Part
from lipfd_desktop.gui.crop_cell import CropCell
from lipfd_desktop.gui.evidence import FaceBox
from lipfd_desktop.gui.evidence_words import REASONS
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.overlay import Mark, Overlay
from lipfd_desktop.gui.video_view import VideoView
from lipfd_desktop.language import tr
from lipfd_desktop.report.terms import reason_words
from lipfd_desktop.result import FacePath, Reason

START = 5.0
FRAME = 0.04


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("evidence") / "clip.mkv", seconds=4, start=START)


@pytest.fixture
def make_window(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> MakeWindow:
    """Windows with a file open, and analysed unless that is not wanted."""

    def make(engine: ScriptedEngine, *, path: Path = clip, analysed: bool = True) -> MainWindow:
        bring = window_support.analysed if analysed else window_support.opened
        return bring(make_window(engine), path, qtbot)

    return make


def go_to(window: MainWindow, frame: int, qtbot: QtBot) -> None:
    """Until the panel shows the frame, with pictures where its window was analysed."""
    window.player.seek(START + frame * FRAME)
    panel = window.frame_panel
    qtbot.waitUntil(lambda: panel.shown is None or not panel.shown.analysed or panel.seen is not None)


def greys(cells: list[CropCell]) -> list[int]:
    return [cell.image.pixelColor(1, 1).red() for cell in cells]


# The panel -------------------------------------------------------------------------------------------------------


def test_before_an_analysis_the_panel_says_what_it_will_show(make_window: MakeWindow) -> None:
    panel = make_window(ScriptedEngine(), analysed=False).frame_panel
    assert "Not analysed yet" in panel.words
    assert "not examined" in panel.words
    assert not panel.pictures.isVisibleTo(panel)


def test_the_window_around_the_frame_is_shown_with_its_crops(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(ScriptedEngine())
    go_to(window, 30, qtbot)
    panel = window.frame_panel
    assert panel.shown is not None
    assert panel.shown.first_frame == 28
    assert panel.stepper.title.text().endswith("(3 of 5)")
    cells = panel.pictures.grid.cells
    assert [greys(row) for row in cells] == [[tier * 40 + frame for frame in range(28, 33)] for tier in (2, 1, 0)]
    assert [cell.is_current for cell in cells[1]] == [False, False, True, False, False]
    weights = panel.shown.region_weights
    assert [[cell.weight for cell in row] for row in cells] == [pytest.approx(row) for row in weights.tolist()[::-1]]
    assert panel.scores.score.words == f"{panel.shown.score:.3f}, {panel.scores.side.text().splitlines()[0]}"
    assert f"{panel.shown.logit:+.3f}" in panel.scores.side.text()


def test_a_suspicious_moment_shows_the_window_of_its_own_face(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(ScriptedEngine(faces=2))
    suspicious, panel = window.review.suspicious, window.frame_panel
    qtbot.waitUntil(lambda: len(suspicious.model.spans) > 0)
    spans = list(suspicious.model.spans)
    assert {span.face for span in spans} == {1, 2}
    for row, span in enumerate(spans):
        suspicious.list.clicked.emit(suspicious.model.index(row, 0))
        assert (panel.shown.index, panel.shown.face) == (span.peak.index, span.face)
    go_to(window, 1, qtbot)
    assert panel.shown.start <= window.player.time < panel.shown.end


def test_stepping_shows_shared_crops_at_once_and_only_the_newest_window_is_asked_for(
    make_window: MakeWindow, qtbot: QtBot
) -> None:
    engine = ScriptedEngine()
    window = make_window(engine)
    go_to(window, 30, qtbot)
    engine.looked.clear()
    window.player.step(1)
    cells = window.frame_panel.pictures.grid.cells
    assert [cell.has_picture for cell in cells[0]] == [True, True, True, True, False]
    assert greys(cells[2][:4]) == [29, 30, 31, 32]
    for _ in range(6):
        window.player.step(1)
    qtbot.waitUntil(lambda: window.frame_panel.seen is not None)
    assert engine.looked == [35]


def test_other_windows_of_a_frame_are_reached_and_kept_while_they_hold_it(
    make_window: MakeWindow, qtbot: QtBot
) -> None:
    window = make_window(ScriptedEngine())
    go_to(window, 30, qtbot)
    panel = window.frame_panel
    window.actions_["window-after"].trigger()
    window.actions_["window-after"].trigger()
    assert panel.shown.first_frame == 30
    window.actions_["window-after"].trigger()
    assert panel.shown.first_frame == 30
    window.player.step(3)
    assert panel.shown.first_frame == 30
    window.player.step(2)
    assert panel.shown.first_frame == 33


def test_a_crop_leads_to_its_frame_and_the_window_stays(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(ScriptedEngine())
    go_to(window, 30, qtbot)
    grid = window.frame_panel.pictures.grid
    qtbot.mouseClick(grid.cells[2][4], Qt.MouseButton.LeftButton)
    assert window.player.frame == 32
    assert window.frame_panel.shown.first_frame == 28
    assert grid.cells[2][4].is_current


def test_crops_are_reached_with_the_keyboard(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(ScriptedEngine())
    go_to(window, 30, qtbot)
    grid = window.frame_panel.pictures.grid
    activated(window, qtbot)
    grid.cells[0][0].setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Left):
        QTest.keyClick(QApplication.focusWidget(), key)
    assert QApplication.focusWidget() is grid.cells[2][0]
    assert window.player.frame == 30
    QTest.keyClick(grid.cells[2][0], Qt.Key.Key_Return)
    assert window.player.frame == 28
    stops = [cell for row in grid.cells for cell in row if cell.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert stops == [grid.cells[2][0]]


def test_screen_readers_get_the_numbers(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(ScriptedEngine())
    go_to(window, 30, qtbot)
    panel = window.frame_panel
    weight = float(panel.shown.region_weights[2, 1])
    assert panel.pictures.grid.cells[0][1].accessibleName() == f"Lips, crop 2 of 5, from frame 29, weight {weight:.4f}"
    assert panel.scores.score.accessibleDescription() == panel.scores.score.words
    assert "Window 28" in panel.accessibleDescription()
    assert "20 columns" in panel.pictures.strip.accessibleDescription()


def test_official_crops_are_told_apart_from_the_frames(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(ScriptedEngine(models=(OFFICIAL,)))
    go_to(window, 30, qtbot)
    cells = window.frame_panel.pictures.grid.cells
    assert len(cells) == 4
    assert [cell.weight for cell in cells[0]] == [None] * 5
    assert [cell.is_current for cell in cells[0]] == [False, False, True, False, False]
    assert greys(cells[3]) == [28] * 5
    assert not any(cell.is_current for cell in cells[1])
    assert "all cut from the first frame" in window.frame_panel.words
    assert "whole picture" in window.frame_panel.words
    window.player.step(1)
    assert not any(cell.has_picture for row in cells for cell in row)


def test_two_questions_come_with_their_path_to_the_score(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(ScriptedEngine(models=(LISTENING,)))
    go_to(window, 30, qtbot)
    panel = window.frame_panel
    assert panel.scores.foreign_sound.isVisibleTo(panel)
    assert "the higher of the two" in panel.words
    assert "It looks at that image at 12 × 12 pixels" in panel.words
    assert "478 landmarks" in panel.words
    assert panel.pictures.grid.cells[2][0].accessibleName().startswith("Head (whole image)")
    go_to(window, 95, qtbot)
    assert panel.scores.foreign_sound.words == "cannot tell"
    assert "that of “generated” alone" in panel.words


def test_one_question_is_explained_by_its_logit(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(ScriptedEngine())
    go_to(window, 30, qtbot)
    panel = window.frame_panel
    assert not panel.scores.generated.isVisibleTo(panel)
    assert "logistic function" in panel.words
    assert "no proof" in panel.words
    assert f"SHA-256 {MODEL.sha256[:16]}" in panel.words
    assert "5 frames, stride 1 (chosen automatically)" in panel.words


def test_moving_the_threshold_moves_the_words(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(ScriptedEngine())
    go_to(window, 30, qtbot)
    score = window.frame_panel.shown.score
    for threshold, words in ((score - 0.05, "at or above the threshold"), (score + 0.05, "below the threshold")):
        window.session.set_threshold(threshold)
        assert words in window.frame_panel.scores.side.text()


def test_a_window_that_was_not_analysed_says_why(make_window: MakeWindow, qtbot: QtBot) -> None:
    engine = ScriptedEngine()
    window = make_window(engine)
    panel = window.frame_panel
    qtbot.waitUntil(lambda: panel.seen is not None)  # the first window's pictures, asked for by themselves
    engine.looked.clear()
    go_to(window, 52, qtbot)
    assert "not analysed: no face" in panel.words
    assert "there were no lips to look at" in panel.words
    assert not panel.scores.isVisibleTo(panel)
    QTest.qWait(80)
    assert engine.looked == []


def test_every_reason_has_a_sentence() -> None:
    assert set(REASONS) == {reason.label for reason in Reason if reason is not Reason.ANALYSED}
    assert all(reason_words(label) == label and tr(why).endswith((".", "!")) for label, why in REASONS.items())


def test_a_frame_between_windows_says_so(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(ScriptedEngine(), analysed=False)
    request = replace(window.workspace.bar.request(window.session.media.info.path, None), stride=8)
    window.session.analyze(request, MODEL)
    qtbot.waitUntil(lambda: window.session.result is not None)
    go_to(window, 6, qtbot)
    assert "every 8 frames" in window.frame_panel.words
    go_to(window, 9, qtbot)
    assert window.frame_panel.shown.first_frame == 8


def test_pictures_that_cannot_be_made_leave_the_numbers_and_a_sentence(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(ScriptedEngine(unseen="was changed on disk."))
    window.player.seek(START + 30 * FRAME)
    note = window.frame_panel.pictures.note
    qtbot.waitUntil(lambda: "No pictures: clip.mkv: was changed on disk." in note.text())
    assert note.isVisibleTo(window.frame_panel)
    assert window.frame_panel.scores.isVisibleTo(window.frame_panel)
    assert window.message is None


def test_test_weights_are_named_above_every_number(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(ScriptedEngine(models=(UNTRAINED,)))
    go_to(window, 30, qtbot)
    assert "Test weights: these numbers mean nothing." in window.frame_panel.words


def test_all_of_it_is_copied_as_text(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(ScriptedEngine())
    go_to(window, 30, qtbot)
    window.actions_["copy-evidence"].trigger()
    copied = QGuiApplication.clipboard().text()
    assert copied == window.frame_panel.words
    for number in window.frame_panel.shown.region_weights.ravel():
        assert f"{number:.4f}" in copied


def test_the_panel_fits_330_pixels(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(ScriptedEngine(models=(LISTENING,)))
    panel = window.frame_panel
    panel.setFixedWidth(330)
    go_to(window, 30, qtbot)
    qtbot.waitUntil(lambda: panel.width() == 330)
    assert panel.widget().minimumSizeHint().width() <= panel.viewport().width()
    last = panel.pictures.grid.cells[0][-1]
    assert last.mapTo(panel.viewport(), QPoint(last.width(), 0)).x() <= panel.viewport().width()


# Zoom ------------------------------------------------------------------------------------------------------------

SIZE, VIEW = QSizeF(160, 120), QSizeF(640, 480)


def test_what_is_under_the_mouse_stays_there() -> None:
    camera, at = Camera(), QPointF(100, 300)
    for factor in (2.0, 3.0, 0.5):
        before = camera.target(SIZE, VIEW)
        camera = camera.zoomed(factor, at, SIZE, VIEW)
        after = camera.target(SIZE, VIEW)
        for target in (before, after):
            held = (at.x() - target.left()) / target.width(), (at.y() - target.top()) / target.height()
            assert held == pytest.approx((100 / 640, 300 / 480))


def test_shrinking_ends_at_the_whole_picture() -> None:
    camera = Camera().zoomed(1.5, QPointF(10, 10), SIZE, VIEW).zoomed(0.2, QPointF(10, 10), SIZE, VIEW)
    assert camera.target(SIZE, VIEW) == QRectF(0, 0, 640, 480)


def test_enlarging_ends_and_dragging_keeps_the_picture_in_view() -> None:
    camera = Camera().zoomed(1000, QPointF(0, 0), SIZE, VIEW)
    assert camera.scale == 64
    camera = camera.moved(QPointF(1e6, -1e6), SIZE)
    assert camera.target(SIZE, VIEW).intersects(QRectF(0, 0, 640, 480))


def view_of(qtbot: QtBot) -> VideoView:
    """A view of a 160x120 picture in which red tells the column and green the row."""
    view = empty_view(qtbot)
    pixels = np.zeros((120, 160, 3), np.uint8)
    pixels[..., 0], pixels[..., 1] = np.arange(160), np.arange(120)[:, None]
    view.show_image(QImage(pixels.data, 160, 120, 480, QImage.Format.Format_RGB888).copy())
    with qtbot.waitExposed(view, timeout=WAIT_MS):
        view.show()
    return view


def wheel(view: VideoView, at: QPointF, notches: int) -> None:
    event = QWheelEvent(
        at, view.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def test_the_pixel_under_the_mouse_is_read_out_at_every_zoom(qtbot: QtBot) -> None:
    view = view_of(qtbot)
    at = QPointF(402, 206)
    for notches in (0, 4, 6, -3):
        wheel(view, at, notches)
        assert view.pixel_at(at) == (100, 51, 100, 51, 0)
    QTest.mouseMove(view, at.toPoint())
    qtbot.waitUntil(lambda: view.pixel_words == "x 100  y 51    R 100  G 51  B 0")
    view.zoom(0)
    assert view.pixel_at(QPointF(-2, 3)) is None


def test_enlarged_pixels_are_squares_with_a_grid(qtbot: QtBot) -> None:
    view = view_of(qtbot)
    view.zoom_to_pixels()
    assert not view.is_zoomed  # four times as large already
    wheel(view, QPointF(320, 240), 7)
    assert view.magnification > 16
    grabbed = view.grab().toImage()
    rows = [view.pixel_at(QPointF(320, y))[1] for y in range(230, 270)]
    line = 230 + rows.index(rows[0] + 1)
    seen: dict[int, list[int]] = {}
    for x in range(200, 440):
        column = view.pixel_at(QPointF(x + 0.5, line + 8))[0]
        seen.setdefault(column, []).append(grabbed.pixelColor(x, line + 8).red())
    for column, reds in list(seen.items())[1:-1]:
        # One value over the whole square, but for the line at its edge.
        assert sum(red == column for red in reds) >= len(reds) - 2
        assert len(reds) >= 16
    assert any(red != column for column, reds in seen.items() for red in reds)


def test_dragging_moves_and_a_double_click_fits(qtbot: QtBot) -> None:
    view = view_of(qtbot)
    wheel(view, QPointF(320, 240), 5)
    before = view.pixel_at(QPointF(320, 240))
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(320, 240))
    QTest.mouseMove(view, QPoint(380, 240))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(380, 240))
    assert view.pixel_at(QPointF(380, 240)) == before
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(320, 240))
    assert not view.is_zoomed


def test_the_view_follows_a_face_until_it_is_dragged(qtbot: QtBot) -> None:
    view = view_of(qtbot)

    def mark(x: float) -> list[Mark]:
        return [Mark(FaceBox(0, (x, 40, 20, 30), (x + 5, 60, 8, 4), FacePath.DETECTED), None)]

    view.set_marks(mark(50))
    view.follow(Part.FACE)
    scale = view.magnification
    assert scale > 4
    for x in (50, 90, 70):
        view.set_marks(mark(x))
        assert view.pixel_at(QPointF(320, 240))[:2] == (x + 10, 55)
        assert view.magnification == scale
    with qtbot.waitSignal(view.following_changed, check_params_cb=lambda follows: not follows):
        QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(320, 240))
        QTest.mouseMove(view, QPoint(330, 240))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(330, 240))


def test_shortcuts_zoom_the_picture(make_window: MakeWindow) -> None:
    window = make_window(ScriptedEngine())
    video = window.workspace.video
    fitted = video.magnification
    for name in ("picture-in", "picture-in", "picture-out"):
        window.actions_[name].trigger()
    assert video.magnification == pytest.approx(1.25 * fitted)
    window.actions_["picture-face"].trigger()
    assert window.actions_["picture-face"].isChecked()
    window.actions_["picture-fit"].trigger()
    assert video.magnification == pytest.approx(fitted)
    assert not window.actions_["picture-face"].isChecked()


# Snapshots -------------------------------------------------------------------------------------------------------


def saved(window: MainWindow, name: str, target: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Image.Image:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(target), ""))
    target.unlink(missing_ok=True)
    window.actions_[name].trigger()
    qtbot.waitUntil(target.exists)
    with Image.open(target) as image:
        image.load()
        return image


def test_a_snapshot_holds_the_exact_frame_and_its_facts(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = ScriptedEngine()
    window = make_window(engine)
    go_to(window, 30, qtbot)
    target = tmp_path / "frame.png"
    image = saved(window, "snapshot-plain", target, qtbot, monkeypatch)
    still = engine.still(clip, START + 30 * FRAME)
    height, width = still.shape[:2]
    np.testing.assert_array_equal(np.asarray(image.convert("RGB"))[:height, :width], still)
    assert image.height > still.shape[0]
    assert image.text["SHA-256"] == hashlib.sha256(clip.read_bytes()).hexdigest()
    assert (image.text["PTS"], image.text["Frame"]) == (f"{START + 30 * FRAME:.6f}", "30")
    assert image.text["Fake score"] == f"{window.frame_panel.shown.score:.6f}"
    assert (image.text["Model"], image.text["Overlay"]) == ("scripted", "no")
    drawn = saved(window, "snapshot", tmp_path / "drawn.png", qtbot, monkeypatch)
    apart = np.asarray(drawn.convert("RGB"))[:height, :width] != still
    assert 0.01 < apart.any(axis=2).mean() < 0.6
    assert drawn.text["Overlay"] == "yes"
    again = saved(window, "snapshot", tmp_path / "again.png", qtbot, monkeypatch)
    assert (tmp_path / "drawn.png").read_bytes() == (tmp_path / "again.png").read_bytes()
    assert again.size == drawn.size


def test_a_snapshot_replaces_nothing_unasked(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_window(ScriptedEngine(), analysed=False)
    target = tmp_path / "frame.png"
    target.write_bytes(b"mine")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(target), ""))
    window.actions_["snapshot"].trigger()
    message = window.picture.message
    assert message.text() == "Replace frame.png?"
    assert target.read_bytes() == b"mine"
    next(button for button in message.buttons() if button.text() == "Replace").click()
    qtbot.waitUntil(lambda: target.read_bytes() != b"mine")


def test_no_snapshot_is_made_of_a_file_that_changed(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy.mkv"
    copy.write_bytes(clip.read_bytes())
    window = make_window(ScriptedEngine(), path=copy, analysed=False)
    copy.write_bytes(clip.read_bytes() + b"\0" * 8)
    target = tmp_path / "frame.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(target), ""))
    window.actions_["snapshot"].trigger()
    qtbot.waitUntil(lambda: window.message is not None)
    assert "was changed on disk" in window.message.text()
    assert not target.exists()
    window.message.close()


def test_an_overlay_says_that_nobody_was_found(make_window: MakeWindow) -> None:
    window = make_window(ScriptedEngine())
    overlay = window.review.overlay_at(START + 52 * FRAME)
    assert overlay == Overlay([], None, "No face found in this frame")
