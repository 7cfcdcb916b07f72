"""``lipfd``: the engine without a window."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from lipfd_desktop import __version__
from lipfd_desktop.errors import LipfdError, SettingsError

EXIT_DONE = 0
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns 0 when all was done, 2 for bad usage or bad input, 130 after Ctrl+C."""
    arguments = _parser().parse_args(argv)
    try:
        # Imported here because torch takes seconds to load and --help must not.
        from lipfd_desktop.cli import commands

        code: int = getattr(commands, arguments.command)(arguments)
    except LipfdError as error:
        print(f"lipfd: {_one_line(error)}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except KeyboardInterrupt:
        print("lipfd: interrupted.", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (lipfd ... | head); the interpreter must not complain while closing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    return code


def _one_line(error: LipfdError) -> str:
    return " ".join(str(error).split())


def parse_range(text: str) -> tuple[float, float]:
    """``A:B`` in seconds or ``[h:]m:s`` given as ``A-B``; an empty side means from the start or to the end.

    Raises
    ------
    SettingsError
        It is neither.
    """
    first, separator, last = text.partition("-" if "-" in text else ":")
    if not separator:
        raise SettingsError(f"The range {text!r} is not of the form START:END in seconds, such as 12.5:20.")
    return _seconds(first, text, -float("inf")), _seconds(last, text, float("inf"))


def _seconds(text: str, whole: str, empty: float) -> float:
    if not text:
        return empty
    try:
        total = 0.0
        for part in text.split(":"):
            total = total * 60 + float(part)
    except ValueError:
        raise SettingsError(
            f"The range {whole!r} is not of the form START:END in seconds, such as 12.5:20, or 1:05-1:20."
        ) from None
    return total


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lipfd", description="Examine talking-head video for lip-sync forgery.")
    parser.add_argument("--version", action="version", version=f"lipfd {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_analyze(commands.add_parser("analyze", help="analyse videos", description="Analyse one or more videos."))
    models = commands.add_parser("models", help="list installed and published models, or import one")
    models.add_argument(
        "--import", dest="import_path", type=Path, metavar="FILE", help="install a downloaded checkpoint"
    )
    models.add_argument("--name", help="name to install it under")
    commands.add_parser("devices", help="list the devices that can compute here")
    return parser


def _add_analyze(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("videos", nargs="+", type=Path, metavar="VIDEO")
    parser.add_argument("--model", metavar="NAME|PATH", help="an installed model's name, or a checkpoint file")
    parser.add_argument(
        "--stride", type=int, metavar="N", help="frames from one window to the next (default: automatic)"
    )
    parser.add_argument(
        "--frames", type=int, metavar="N", help="frames a window (default: what the model was made for)"
    )
    parser.add_argument(
        "--range", dest="time_range", metavar="A:B", help="only this time, in seconds of PTS; or m:s-m:s"
    )
    parser.add_argument("--face", type=int, metavar="ID", help="only this face (ids are in the JSON)")
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda, cuda:N or mps (default: auto)")
    parser.add_argument("--threshold", type=float, metavar="S", help="fake score that counts as suspicious, 0 to 1")
    for kind in ("json", "csv", "png", "pdf"):
        parser.add_argument(
            f"--{kind}", type=Path, metavar="F", help=f"write the {kind.upper()} report (a folder for several videos)"
        )
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


if __name__ == "__main__":
    sys.exit(main())
