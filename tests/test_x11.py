"""The real program in a real X11 window: same scores as the command line, a list that jumps, reports that open."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from clips_support import face_clip
from pypdf import PdfReader

from lipfd_desktop.cli.main import main

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="needs Xvfb")


def in_x11(*command: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24", sys.executable, *map(str, command)],
        env=os.environ | {"QT_QPA_PLATFORM": "xcb"} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


def test_the_main_job_in_a_real_window(tmp_path: Path, guided_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = face_clip(tmp_path / "clip.mp4", 50)
    out = tmp_path / "out"
    done = in_x11(ROOT / "docs" / "make_screenshots.py", out, clip, guided_model)
    assert done.returncode == 0, done.stderr
    session = json.loads((out / "session.json").read_text())
    assert session["platform"] == "xcb"

    assert main(["analyze", str(clip), "--model", str(guided_model), "--quiet"]) == 0
    from_command_line = json.loads(capsys.readouterr().out)
    assert session["scores"] == pytest.approx([window["score"] for window in from_command_line["windows"]], abs=1e-6)
    exported = json.loads((out / "report.json").read_text())
    for field in ("prediction", "windows", "frame_predictions", "coverage", "faces"):
        assert exported[field] == from_command_line[field], field

    assert session["spans"], "the network of random weights finds nothing suspicious, so nothing can jump"
    assert any(start <= session["jumped_to"] <= end for start, end in session["spans"])
    assert len(PdfReader(out / "report.pdf").pages) >= 3

    empty, ready, done_picture = (cv2.imread(str(out / f"{name}.png")) for name in ("1-empty", "2-ready", "4-done"))
    assert empty.shape == ready.shape == done_picture.shape
    assert np.std(ready) > 10, "the window is blank"
    assert np.abs(ready.astype(int) - done_picture.astype(int)).mean() > 1, "the analysis left no trace on the screen"


def test_without_a_display_it_says_what_is_wrong() -> None:
    without = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    without.pop("QT_QPA_PLATFORM", None)
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py")], env=without, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "lipfd analyze" in done.stderr


def test_a_display_that_is_not_there_is_named() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py")],
        env=os.environ | {"DISPLAY": ":987", "QT_QPA_PLATFORM": "xcb"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    assert "no window can be opened" in done.stderr
