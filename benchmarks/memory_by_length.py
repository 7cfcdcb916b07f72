"""Peak memory of ``lipfd analyze`` on a two-minute and on a two-hour file.

Usage: uv run python benchmarks/memory_by_length.py [--minutes 2 120] [--json F]

The files repeat the packets of the bundled sample, so that making them costs no encoding, and are analysed with a
tiny network of random weights at stride 1: every frame is decoded, every face followed and every window scored.  Peak
memory is that of the whole process, as the operating system counted it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from typing import Any

import av

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "resources" / "sample.mp4"


def repeat_sample(target: Path, seconds: float, sample: Path = SAMPLE) -> None:
    """Write the sample's packets again and again, each time later, until ``seconds`` are full."""
    with av.open(str(sample)) as source, av.open(str(target), "w") as sink:
        streams = {stream.index: sink.add_stream_from_template(stream) for stream in source.streams}
        length = Fraction(source.duration or 0, av.time_base)
        for turn in range(max(1, round(seconds / float(length)))):
            source.seek(0)
            for packet in source.demux():
                if packet.dts is None or packet.pts is None:
                    continue
                shift = round(turn * length / packet.time_base)
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                packet.stream = streams[packet.stream.index]
                sink.mux(packet)


def measure(minutes: float, model: Path, folder: Path) -> dict[str, Any]:
    video = folder / f"{minutes:g}min.mkv"
    repeat_sample(video, 60 * minutes)
    report = folder / f"{minutes:g}min.json"
    command = [sys.executable, "-m", "lipfd_desktop.cli.main", "analyze", str(video), "--quiet", "--device", "cpu"]
    began = perf_counter()
    process = subprocess.Popen([*command, "--model", str(model), "--stride", "1", "--json", str(report)])
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the analysis of {video.name} failed")
    return {
        "minutes": minutes,
        "windows": json.loads(report.read_text())["coverage"]["windows_analysed"],
        "seconds": round(perf_counter() - began, 1),
        "peak_mb": round(usage.ru_maxrss / 1024, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, nargs="+", default=[2, 120])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests"))
    from network_support import tiny_checkpoint

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = tiny_checkpoint(folder / "tiny.safetensors")
        rows = [measure(minutes, model, folder) for minutes in arguments.minutes]
    for row in rows:
        print("{minutes:>6g} min  {windows:>7} windows  {seconds:>7} s  peak {peak_mb:>7} MB".format(**row))
    print(f"difference {rows[-1]['peak_mb'] - rows[0]['peak_mb']:.1f} MB")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
