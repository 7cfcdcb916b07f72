"""A day's work with real mouse and keys: open, analyse, jump, step, mark, note, save, close, reopen, export."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from x11_session import NOTE

from lipfd_desktop.cli.main import main

HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(
    shutil.which("xvfb-run") is None or shutil.which("xdotool") is None, reason="needs Xvfb and xdotool"
)


def at_work(phase: str, folder: Path, clip: Path) -> dict[str, Any]:
    done = subprocess.run(
        [
            "xvfb-run",
            "-a",
            "-s",
            "-screen 0 1600x1000x24",
            sys.executable,
            HERE / "x11_session.py",
            phase,
            folder,
            clip,
        ],
        env=os.environ | {"QT_QPA_PLATFORM": "xcb"},
        capture_output=True,
        text=True,
        check=False,
        timeout=420,
    )
    assert done.returncode == 0, done.stderr
    story: dict[str, Any] = json.loads((folder / f"{phase}.json").read_text())
    return story


def test_an_examiner_leaves_and_comes_back(sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = Path(shutil.copy(sample, tmp_path / "clip.mp4"))
    before = clip.read_bytes()
    examined = at_work("examine", tmp_path, clip)
    jumped, stepped, left = examined["jumped"], examined["stepped"], examined["left"]
    assert jumped["platform"] == "xcb"
    [[start, end, peak]] = jumped["strongest"]
    assert start <= jumped["time"] <= end
    assert peak == max(jumped["scores"])
    assert f"frame {jumped['frame']} of" in jumped["said"]
    assert stepped["frame"] == jumped["frame"] + 1, "two frames on and one back"
    assert left["marks"] == [[stepped["time"], NOTE]], "the mark stands at the frame that was shown"

    found = at_work("return", tmp_path, clip)["found"]
    assert found == left, "a case reopens exactly"
    assert main(["analyze", str(clip), "--quiet"]) == 0
    from_command_line = json.loads(capsys.readouterr().out)
    assert found["scores"] == pytest.approx([row["score"] for row in from_command_line["windows"]], abs=1e-6)
    pages = "\n".join(page.extract_text() for page in PdfReader(tmp_path / "report.pdf").pages)
    assert NOTE in pages
    assert clip.read_bytes() == before, "the original is never written to"
