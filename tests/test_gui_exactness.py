"""The frame that is shown is the frame that the window names: read from the picture, in every kind of file.

Every frame carries its number as black and white blocks with a checksum (:mod:`media_support`), and what is read is
the picture that the window really painted.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from random import Random

import av
import numpy as np
import pytest
from gui_support import ScriptedEngine
from media_support import Sound, read_number, tone, write_video
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot
from window_support import MakeWindow, opened

from lipfd_desktop.engine.facade import Engine
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.video_view import displayed_size
from lipfd_desktop.result import OpenedMedia
from lipfd_desktop.windows.mel import mel_of_silence

FRAMES = 30
JUMPS = 15
CUT = 7
"""Frames that the edit list leaves out; the key frame before the cut is frame 0."""
RAGGED = [0.0, 0.04, 0.05, 0.12, 0.16, 0.30, 0.31, 0.32, 0.40, 0.48]
"""Seconds within each half: intervals of 10 to 140 ms."""


@dataclass
class RealFiles(ScriptedEngine):
    """Opens files and fetches stills as the program does; only the analysis is scripted."""

    files: Engine = field(default_factory=Engine)

    def open(self, path: Path, *, is_cancelled: Callable[[], bool] = lambda: False) -> OpenedMedia:
        return self.files.open(path, is_cancelled=is_cancelled)

    def still(self, path: Path, pts: float) -> NDArray[np.uint8]:
        return self.files.still(path, pts)


def sound(seconds: float, start: float = 0.0) -> Sound:
    return Sound(samples=tone(seconds, sample_rate=16_000), sample_rate=16_000, start=start)


def write_cut(path: Path) -> None:
    """An mp4 whose edit list begins in the middle of a group of pictures, as a cut without encoding makes it."""
    whole = path.with_name("whole.mp4")
    write_video(whole, FRAMES + CUT, b_frames=2)
    with av.open(str(whole)) as source, av.open(str(path), "w", options={"avoid_negative_ts": "disabled"}) as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        earlier = round(CUT / 25 / stream.time_base)
        for packet in source.demux(stream):
            if packet.pts is not None and packet.dts is not None:
                packet.pts, packet.dts, packet.stream = packet.pts - earlier, packet.dts - earlier, copy
                target.mux(packet)


def write_kind(kind: str, folder: Path) -> Path:
    """A short file of ``kind``; the number in its first frame is 0, or :data:`CUT`."""
    ragged = [half * 0.5 + offset for half in range(FRAMES // len(RAGGED)) for offset in RAGGED]
    match kind:
        case "constant rate":
            write_video(path := folder / "cfr.mp4", FRAMES, audio=sound(1.2))
        case "29.97 a second":
            write_video(path := folder / "ntsc.mp4", FRAMES, fps=float(Fraction(30000, 1001)), b_frames=2)
        case "variable rate":
            write_video(path := folder / "vfr.mp4", FRAMES, pts=ragged, audio=sound(1.5))
        case "variable rate, matroska":
            write_video(path := folder / "vfr.mkv", FRAMES, pts=ragged, b_frames=2)
        case "B-frames":
            write_video(path := folder / "b.mp4", FRAMES, b_frames=3, options={"bf": "3"}, audio=sound(1.2))
        case "B-frames, HEVC":
            write_video(path := folder / "b-hevc.mp4", FRAMES, codec="libx265", b_frames=3)
        case "B-frames, mpeg4 in AVI":
            write_video(path := folder / "b.avi", FRAMES, codec="mpeg4", b_frames=2)
        case "turned":
            write_video(path := folder / "turned.mp4", FRAMES, rotation=90, b_frames=2)
        case "turned and mirrored":
            write_video(path := folder / "mirrored.mp4", FRAMES, rotation=270, mirrored=True)
        case "late start":
            write_video(path := folder / "late.mkv", FRAMES, start=5.0, b_frames=2, audio=sound(1.2, 5.0))
        case "late start, mp4":
            write_video(path := folder / "late.mp4", FRAMES, start=5.0, b_frames=2)
        case "late start, transport stream":
            write_video(path := folder / "late.ts", frames_of(kind), start=5.0, b_frames=2)
        case "edit list":
            write_cut(path := folder / "cut.mp4")
    return path


def frames_of(kind: str) -> int:
    """Players seek so badly in a transport stream that most stills come from the engine, which takes its time."""
    return 10 if "transport" in kind else FRAMES


KINDS = (
    "constant rate", "29.97 a second", "variable rate", "variable rate, matroska", "B-frames", "B-frames, HEVC",
    "B-frames, mpeg4 in AVI", "turned", "turned and mirrored", "late start", "late start, mp4",
    "late start, transport stream", "edit list",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """The first spectrogram loads most of librosa, for which no opening shall have to wait."""
    mel_of_silence()


@pytest.fixture
def window(make_window: MakeWindow) -> MainWindow:
    return make_window(RealFiles())


def pixels(image: QImage) -> NDArray[np.uint8]:
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3).copy()


def painted_number(window: MainWindow) -> int | None:
    """The number in the picture on the screen."""
    view = window.workspace.video
    room = QSizeF(view.size())
    size = displayed_size(window.session.media.info.video).scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
    edges = QRectF((room.width() - size.width()) / 2, (room.height() - size.height()) / 2, size.width(), size.height())
    grabbed = view.grab().toImage()
    scaled = grabbed.devicePixelRatio()
    return read_number(pixels(grabbed.copy(QRectF(edges.topLeft() * scaled, edges.size() * scaled).toAlignedRect())))


def named_frames(window: MainWindow) -> set[int]:
    """The frame as the player, the transport and the evidence name it."""
    transport = re.search(r"frame ([\d,]+) of", window.workspace.transport.time_label.text())
    assert transport is not None
    evidence = re.search(r" s  ·  frame ([\d,]+)$", window.frame_panel.words, re.MULTILINE)
    assert evidence is not None
    return {window.player.frame, *(int(found[1].replace(",", "")) for found in (transport, evidence))}


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_and_jump_shows_the_frame_that_is_named(
    kind: str, window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = write_kind(kind, tmp_path)
    count = frames_of(kind)
    first = CUT if kind == "edit list" else 0
    opened(window, path, qtbot)
    times = window.session.media.frame_times
    assert len(times) == count
    tries = 0

    def look(action: str, expected: int) -> None:
        nonlocal tries
        assert named_frames(window) == {expected}, action
        with contextlib.suppress(qtbot.TimeoutError):
            qtbot.waitUntil(lambda: painted_number(window) == expected + first)
        shown = painted_number(window)
        assert shown == expected + first, f"{action}: {shown} is shown for {expected + first} after {tries} tries"
        assert named_frames(window) == {expected}, action
        tries += 1

    look("open", 0)
    for frame in range(1, count):
        window.actions_["frame-forward"].trigger()
        look("step on", frame)
    for frame in reversed(range(count - 1)):
        window.actions_["frame-back"].trigger()
        look("step back", frame)
    random = Random(kind)
    for frame in (random.randrange(count) for _ in range(JUMPS)):
        window.player.seek(float(times[frame]))
        look("jump", frame)
    window.actions_["last"].trigger()
    look("last", count - 1)
    window.actions_["first"].trigger()
    look("first", 0)
    assert tries == 2 * count + JUMPS + 1
    stills = [read_number(window.session._engine.still(path, float(time))) for time in times]
    assert stills == list(range(first, first + count))
