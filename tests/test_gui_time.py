"""The time axis: tracks, waveform, spectrogram settings, values under the mouse, going to a place."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from gui_support import LISTENING, MODEL, OFFICIAL, ScriptedEngine, write_video
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtMultimedia import QVideoFrame, QVideoFrameFormat
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot
from window_support import MakeWindow, analysed, opened

from lipfd_desktop.gui.go_to import RefusedError, frame_of
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.player import Player
from lipfd_desktop.gui.time_plot import TimePlot
from lipfd_desktop.gui.wave_plot import envelope
from lipfd_desktop.media.audio import AudioChunk
from lipfd_desktop.result import WaveTrack
from lipfd_desktop.windows.mel import GUIDED_MEL, fft_for
from lipfd_desktop.windows.wave import BIN_SAMPLES, WaveMeter

START = 5.0
TIMES = START + np.arange(100) * 0.04


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds at 25 fps whose first frame is at 5 s."""
    return write_video(tmp_path_factory.mktemp("time") / "clip.mkv", seconds=4, start=START)


@pytest.fixture
def make_window(make_window: MakeWindow) -> MakeWindow:
    return partial(make_window, size=(1280, 720))


def toggle(window: MainWindow, title: str) -> None:
    next(action for action in window.workspace.tracks.menu.actions() if action.text() == title).trigger()


# Tracks ----------------------------------------------------------------------------------------------------------


def panes_of(window: MainWindow) -> tuple[TimePlot, ...]:
    work = window.workspace
    return work.mel, work.wave, work.scores, work.weights


def test_a_moment_stands_at_the_same_place_in_every_track(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(ScriptedEngine()), clip, qtbot)
    for span in ((START, START + 4), (START + 1, START + 1.5)):
        window.workspace.timeline.set_range(*span)
        places = []
        for pane in panes_of(window):
            scene = pane.view.mapViewToScene(QPointF(START + 1.2, 0))
            places.append(pane.canvas.mapTo(window, pane.canvas.mapFromScene(scene)).x())
        assert len(set(places)) == 1


@pytest.mark.parametrize("size", [(1000, 640), (1280, 720), (1600, 1000)])
def test_every_part_keeps_its_room(size: tuple[int, int], make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = make_window(ScriptedEngine())
    window.resize(*size)
    opened(window, clip, qtbot)
    window.actions_["reset-layout"].trigger()
    work = window.workspace
    qtbot.waitUntil(lambda: work.frame_panel.height() == work.video.height() >= 135)
    assert (window.width(), window.height()) == size
    for pane in panes_of(window):
        top = pane.mapTo(window, pane.rect().topLeft()).y()
        assert pane.height() >= 24
        assert top + pane.height() <= window.height()
    label = work.transport.time_label
    assert label.width() >= label.sizeHint().width()
    assert label.geometry().right() < work.transport.speed_box.x()


def test_a_hidden_track_comes_back(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(ScriptedEngine()), clip, qtbot)
    toggle(window, "Waveform")
    toggle(window, "Region weights")
    toggle(window, "Marks")
    assert not window.workspace.wave.isVisible()
    shows_time = [pane.plot.getAxis("bottom").style["showValues"] for pane in panes_of(window)]
    assert shows_time == [False, False, True, False]
    window.close_now()
    again = opened(make_window(ScriptedEngine()), clip, qtbot)
    assert not again.workspace.wave.isVisible()
    assert again.workspace.scores.isVisible()
    again.actions_["reset-layout"].trigger()
    assert all(pane.isVisible() for pane in panes_of(again))


def test_heights_are_remembered(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(ScriptedEngine()), clip, qtbot)
    window.resize(1280, 1000)
    splitter = window.workspace.tracks._splitter
    qtbot.waitUntil(lambda: window.workspace.height() > 700)
    splitter.setSizes([220, 50, 90, 60])
    splitter.splitterMoved.emit(220, 1)  # as a drag does
    before = splitter.sizes()
    assert before[0] > 2 * before[1]
    state = window.workspace.layout_state()
    window.actions_["reset-layout"].trigger()
    assert splitter.sizes() != before
    window.workspace.restore_layout(state)
    assert splitter.sizes() == pytest.approx(before, abs=4)
    window.workspace.restore_layout(type(state)(b"no layout"))
    assert splitter.sizes() == pytest.approx(before, abs=4)


def test_an_added_track_moves_with_the_others(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(ScriptedEngine()), clip, qtbot)
    window.workspace.timeline.set_range(START + 1, START + 2)
    window.player.seek(START + 1.2)
    speech = TimePlot("Speech")
    window.workspace.add_track("Speech", speech)
    assert speech.isVisible()
    assert speech.range == pytest.approx((START + 1, START + 2))
    assert speech.cursor_line.value() == pytest.approx(START + 1.2)
    window.workspace.timeline.set_range(START, START + 3)
    assert speech.range == pytest.approx((START, START + 3))
    assert speech.plot.getAxis("bottom").style["showValues"]
    assert not window.workspace.weights.plot.getAxis("bottom").style["showValues"]
    toggle(window, "Speech")
    assert not speech.isVisible()


# Waveform --------------------------------------------------------------------------------------------------------


def test_peaks_are_gathered_across_chunks() -> None:
    samples = np.zeros(10 * BIN_SAMPLES + 7, np.float32)
    samples[3 * BIN_SAMPLES + 5], samples[4 * BIN_SAMPLES + 1] = 1.0, -0.5
    samples[-1] = 0.0001
    meter = WaveMeter(16_000)
    chunks = [AudioChunk(5.0 + first / 16_000, samples[first : first + 100]) for first in range(0, len(samples), 100)]
    assert len(list(meter.watch(chunks))) == len(chunks)
    wave = meter.track
    assert wave is not None
    assert (wave.start, wave.bin_seconds, len(wave.low)) == (5.0, BIN_SAMPLES / 16_000, 11)
    assert wave.high.tolist() == [0, 0, 0, 127, 0, 0, 0, 0, 0, 0, 1]
    assert wave.low.tolist() == [0, 0, 0, 0, -64, 0, 0, 0, 0, 0, 0]


def test_silence_without_a_sample_has_no_waveform() -> None:
    meter = WaveMeter(16_000)
    assert list(meter.watch([])) == []
    assert meter.track is None


def test_no_peak_is_lost_however_far_the_view_is() -> None:
    high = np.zeros(2_000_000, np.int8)
    high[1_234_567] = 127
    wave = WaveTrack(0.0, 0.004, np.zeros_like(high), high)
    for pixels in (300, 1000, 3333):
        x, low, peaks = envelope(wave, pixels / 8000, 0.0, 0.0, pixels)
        assert len(x) <= pixels + 1
        assert peaks.max() == 127
        assert abs(x[np.argmax(peaks)] - 1_234_567 * 0.004 * pixels / 8000) <= 1
        assert not low.any()
    x, _, peaks = envelope(wave, 1000.0, -1_234_560 * 0.004 * 1000, 0.0, 100.0)
    assert len(x) == 25
    assert peaks.tolist().index(127) == 7


# Values under the mouse ------------------------------------------------------------------------------------------


def hovered(window: MainWindow, plot: TimePlot, pts: float, height: float, qtbot: QtBot) -> str:
    plot.left.emit()

    def is_read() -> bool:
        place = plot.canvas.mapFromScene(plot.view.mapViewToScene(QPointF(pts, height)))  # layouts may still settle
        qtbot.mouseMove(plot.canvas.viewport(), pos=place - QPoint(1, 0))  # where the mouse is already says nothing
        qtbot.mouseMove(plot.canvas.viewport(), pos=place)
        return window.review.hover.isVisible() and abs(plot.hover_line.value() - pts) < 0.01

    qtbot.waitUntil(is_read)
    return window.review.hover.text()


def test_the_mouse_reads_every_track(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine(models=(LISTENING,))), clip, qtbot)
    work, pts = window.workspace, START + 1.22
    row = window.session.evidence.window_at(pts, 1)
    words = hovered(window, work.scores, pts, 0.5, qtbot)
    assert "frame 30" in words
    assert f"face 1: fake score {row.score:.3f}" in words
    assert f"generated {row.generated:.3f}\nforeign sound {row.foreign_sound:.3f}" in words
    assert [pane.hover_line.isVisible() for pane in panes_of(window)] == [True] * 4
    words = hovered(window, work.weights, pts, np.mean(work.weights.view.viewRange()[1]), qtbot)
    assert f"lip {row.weights['lip']:.4f}" in words
    mel = window.session.media.mel
    words = hovered(window, work.mel, pts, 40.5, qtbot)
    assert "Hz" in words
    assert f"{mel.floor_db:.0f}" not in words
    assert "level 0.50 (-6 dBFS)" in hovered(window, work.wave, START + 3.0, 0.1, qtbot)
    work.wave.left.emit()
    assert not window.review.hover.isVisible()
    assert [pane.hover_line.isVisible() for pane in panes_of(window)] == [False] * 4


def test_values_say_when_there_are_none(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    work = opened(make_window(ScriptedEngine()), clip, qtbot).workspace
    assert work.scores.values_at(START + 1, 0.5) == ["no score here"]
    assert work.weights.values_at(START + 1, 0.5) == ["no weights here"]
    assert work.wave.values_at(START - 1, 0.0) == ["no sound here"]
    assert work.mel.values_at(START + 60, 3.0) == ["no sound here"]


# The threshold ---------------------------------------------------------------------------------------------------


def test_the_threshold_is_that_of_the_chosen_model(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(ScriptedEngine(models=(MODEL, OFFICIAL))), clip, qtbot)
    assert "threshold 0.50" in window.workspace.threshold_label.text()
    window.workspace.bar.model_box.setCurrentIndex(1)
    assert "threshold 0.40" in window.workspace.threshold_label.text()
    assert window.workspace.scores._threshold.value() == OFFICIAL.threshold


def test_no_threshold_is_shown_without_a_model(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    work = opened(make_window(ScriptedEngine(models=())), clip, qtbot).workspace
    assert not work.scores._threshold.isVisible()
    assert work.threshold_label.text() == ""


# The spectrogram -------------------------------------------------------------------------------------------------


def choose(menu: QMenu, words: str) -> None:
    for submenu in menu.findChildren(QMenu):
        for action in submenu.actions():
            if action.text().startswith(words):
                action.trigger()
                return
    raise AssertionError(words)


def bands_drawn(window: MainWindow) -> int:
    return int(window.workspace.mel._image.image.shape[0])


def test_settings_of_the_spectrogram_are_kept(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(ScriptedEngine()), clip, qtbot)
    assert bands_drawn(window) == 80
    for words in ("Cividis", "-60", "-10", "128"):
        choose(window.mel_settings.menu, words)
    qtbot.waitUntil(lambda: bands_drawn(window) == 128)
    low, high = window.workspace.mel._image.levels
    assert (low, high) == pytest.approx((63.75, 223.125))
    window.close_now()
    again = opened(make_window(ScriptedEngine()), clip, qtbot)
    qtbot.waitUntil(lambda: bands_drawn(again) == 128)
    assert again.workspace.mel._image.levels == pytest.approx((63.75, 223.125))
    choose(again.mel_settings.menu, "80 bands")
    assert bands_drawn(again) == 80


def test_every_band_has_a_bin_of_its_own() -> None:
    assert [fft_for(bands) for bands in (64, 80, 128, 256)] == [512, 512, 1024, 2048]
    assert fft_for(GUIDED_MEL.bands) == GUIDED_MEL.n_fft


# Going to a place ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "frame"),
    [
        ("5", 0), ("6.0", 25), ("6,04", 26), (" 0:07.5 ", 62), ("0:00:08.96", 99), ("8.999", 99), ("6.0396", 26),
        ("f0", 0), ("F 99", 99), ("#12", 12), ("6.05s", 26),
    ],
)  # fmt: skip
def test_times_and_frames_are_understood(words: str, frame: int) -> None:
    assert frame_of(words, TIMES) == frame


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("", "Nothing is typed"), ("soon", "neither a time nor a frame"), ("120 frames", "neither a time nor a frame"),
        ("f100", "no frame 100: the last one is 99"), ("4.9", "goes from 0:05.000 to 0:09.000"),
        ("-1", "goes from 0:05.000"), ("1:70", "seconds go up to"), ("1:70:00", "minutes go up to"),
        ("9.1", "goes from"),
    ],
)  # fmt: skip
def test_what_is_no_place_is_refused_in_words(words: str, why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        frame_of(words, TIMES)


def test_going_to_a_frame_by_keyboard(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(ScriptedEngine()), clip, qtbot)
    window.actions_["go-to"].trigger()
    box = window.go_to
    assert box.edit.text() == "0:05.000"
    qtbot.keyClicks(box.edit, "f500")
    qtbot.keyClick(box.edit, Qt.Key.Key_Return)
    assert box.isVisible()
    assert "There is no frame 500" in box.refusal.text()
    qtbot.keyClicks(box.edit, "#31")
    assert box.refusal.text() == ""
    with qtbot.waitSignal(window.player.frame_shown, check_params_cb=lambda _frame, at: abs(at - TIMES[31]) < 1e-3):
        qtbot.keyClick(box.edit, Qt.Key.Key_Return)
    assert not box.isVisible()
    assert window.player.frame == 31


# The player's clock ----------------------------------------------------------------------------------------------


def test_a_first_frame_with_a_wrong_time_does_not_shift_the_others(qtbot: QtBot, tmp_path: Path) -> None:
    player = Player()
    player.load(tmp_path / "none.mkv", start_time=START - 0.064, frame_times=TIMES)
    player._loaded = True
    shown: list[float] = []
    player.frame_shown.connect(lambda _frame, pts: shown.append(pts))
    for microseconds in (0, 3_664_000, 3_704_000):
        frame = QVideoFrame(QVideoFrameFormat(QSize(16, 16), QVideoFrameFormat.PixelFormat.Format_RGBX8888))
        frame.setStartTime(microseconds)
        player._on_frame(frame)
    assert shown[1:] == pytest.approx([START + 3.6, START + 3.64])
    player.close()


# Speed -----------------------------------------------------------------------------------------------------------


def test_slow_playback_says_what_becomes_of_the_pitch(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(ScriptedEngine()), clip, qtbot)
    box = window.workspace.transport.speed_box
    assert {box.itemData(i) for i in range(box.count())} >= {0.1, 0.25, 0.5, 1.0, 2.0}
    assert ("keep their pitch" in box.toolTip()) == window.player.keeps_pitch
    box.setCurrentIndex(box.findData(0.1))
    assert window.player._media.playbackRate() == pytest.approx(0.1)
    window.workspace.transport.set_keeps_pitch(False)
    assert "cannot keep the pitch" in box.toolTip()
