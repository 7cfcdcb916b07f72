"""``lipfd``: the engine without a window."""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn

from lipfd_desktop import __version__
from lipfd_desktop.errors import LipfdError, SettingsError
from lipfd_desktop.language import LANGUAGES, mark
from lipfd_desktop.report.details import Section
from lipfd_desktop.report.text import printable

EXIT_DONE = 0
EXIT_DEFECT = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns 0 when all was done, 1 after a defect of the program, 2 for bad usage or bad input, 130 after Ctrl+C.
    """
    arguments = _parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # JSON is UTF-8 whatever the locale says, and a lone surrogate must not stop it.
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        # Imported here because torch takes seconds to load and --help must not.
        module = import_module(f"lipfd_desktop.cli.{arguments.module}")
        code: int = getattr(module, arguments.command)(arguments)
    except LipfdError as error:
        print(f"lipfd: {one_line(str(error))}", file=sys.stderr)
        return EXIT_BAD_INPUT
    except KeyboardInterrupt:
        print("lipfd: interrupted.", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()  # its reader went away, as in lipfd ... | head
        return EXIT_DONE
    except OSError as error:
        print(f"lipfd: the output could not be written: {one_line(error.strerror or str(error))}.", file=sys.stderr)
        _forget_stdout()
        return EXIT_BAD_INPUT
    except Exception as error:  # the last resort: a sentence instead of a traceback
        print(f"lipfd: {describe_defect(error)}", file=sys.stderr)
        return EXIT_DEFECT
    return code


def _forget_stdout() -> None:
    """Keep the interpreter from complaining, while it closes, about what is left to write."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the usage in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_BAD_INPUT, f"lipfd: {one_line(message)}; see `{self.prog} --help`.\n")


def one_line(sentence: str) -> str:
    """``sentence`` without line breaks and without characters that a terminal would obey."""
    return printable(" ".join(sentence.split()))


def describe_defect(error: Exception) -> str:
    """What to say about an exception that nobody expected; with LIPFD_DEBUG=1 the traceback follows."""
    text = one_line(str(error)).rstrip(".")
    sentence = (
        f"{type(error).__name__}{f': {text}' if text else ''}. This is a defect of the program; please report it."
    )
    if os.environ.get("LIPFD_DEBUG") == "1":
        return f"{sentence}\n{''.join(traceback.format_exception(error)).rstrip()}"
    return sentence


_NUMBER: Final = r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_CLOCK: Final = r"(?:(?:[0-9]+:)?[0-9]+:)?[0-9]+(?:\.[0-9]*)?"
_RANGES: Final = (
    re.compile(f"(?P<first>{_NUMBER})?:(?P<last>{_NUMBER})?"),
    re.compile(f"(?P<first>{_CLOCK})-(?P<last>{_CLOCK})?"),
)


def parse_range(text: str) -> tuple[float, float]:
    """Start and end in seconds of PTS.

    Two spellings are understood, and nothing that could be either of them:

    - ``START:END`` in seconds, with exactly one colon; each may be negative or empty, which means from the start or
      to the end (``12.5:20``, ``-1.5:3``, ``:20``);
    - ``START-END`` on the clock, each ``[[h:]m:]s``; the end may be empty (``1:05-1:20``, ``0:59:30-``).

    Raises
    ------
    SettingsError
        It is neither.
    """
    match = next((match for form in _RANGES if (match := form.fullmatch(text))), None)
    if match is None:
        raise SettingsError(
            mark(
                "The range {text!r} is not of the form START:END in seconds, such as 12.5:20, or m:s-m:s, such as "
                "1:05-1:20."
            ),
            text=text,
        )
    first, last = match["first"], match["last"]
    return -float("inf") if first is None else _seconds(first), float("inf") if last is None else _seconds(last)


def _seconds(text: str) -> float:
    total = 0.0
    for part in text.split(":"):
        total = total * 60 + float(part)
    return total


def _parser() -> argparse.ArgumentParser:
    from lipfd_desktop.cli import (  # which need this module's exit codes
        dataset_commands,
        evaluate_command,
        train_command,
    )

    parser = _Parser(prog="lipfd", description="Examine talking-head video for lip-sync forgery.")
    parser.add_argument("--version", action="version", version=f"lipfd {__version__}")
    parser.set_defaults(module="commands")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_analyze(commands.add_parser("analyze", help="analyse videos", description="Analyse one or more videos."))
    models = commands.add_parser("models", help="list installed and published models, or import one")
    models.add_argument(
        "--import", dest="import_path", type=Path, metavar="FILE", help="install a downloaded checkpoint"
    )
    models.add_argument("--name", help="name to install it under")
    commands.add_parser("devices", help="list the devices that can compute here")
    cache = commands.add_parser("cache", help="show what is kept of earlier analyses, or delete it")
    cache.add_argument("--clear", action="store_true", help="delete everything that is kept")
    dataset_commands.add_parsers(commands)
    evaluate_command.add_parsers(commands)
    train_command.add_parsers(commands)
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
        "--range",
        dest="time_range",
        metavar="A:B",
        help="only this time: START:END in seconds of PTS, either may be empty or negative (12.5:20, :20, "
        "--range=-1.5:3); or START-END on the clock, each [[h:]m:]s (1:05-1:20)",
    )
    parser.add_argument("--face", type=int, metavar="ID", help="only this face (ids are in the JSON)")
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda, cuda:N or mps (default: auto)")
    parser.add_argument(
        "--exactness",
        choices=("reference", "fast"),
        default="reference",
        help="reference: fp32 arithmetic, repeatable; fast: 16-bit factors, scores of the bundled model "
        "within 0.01 (default: reference)",
    )
    parser.add_argument("--threshold", type=float, metavar="S", help="fake score that counts as suspicious, 0 to 1")
    for kind in ("json", "csv", "png", "pdf", "html"):
        parser.add_argument(
            f"--{kind}", type=Path, metavar="F", help=f"write the {kind.upper()} report (a folder for several videos)"
        )
    parser.add_argument(
        "--no-cache", action="store_true", help="compute anew even what is known from earlier, and keep nothing"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    report = parser.add_argument_group("report", "what the examiner adds to the files that are written")
    for name, words in (
        ("examiner", "who signs"),
        ("organisation", "for whom"),
        ("case-number", "stands at the head of every page"),
        ("exhibit", "name of the video in the case"),
        ("notes", "anything else"),
    ):
        report.add_argument(f"--{name}", default="", metavar="TEXT", help=words)
    report.add_argument(
        "--date",
        metavar="ISO",
        help="date of the report, such as 2026-03-04: with it the same input gives the same bytes (default: now)",
    )
    report.add_argument(
        "--language",
        choices=tuple(LANGUAGES),
        default="en",
        help="language of PNG, PDF and HTML; JSON and CSV are English (default: en)",
    )
    report.add_argument(
        "--without",
        action="append",
        default=[],
        choices=[section.value for section in Section],
        help="leave out a part of PNG, PDF and HTML; may be repeated",
    )


if __name__ == "__main__":
    sys.exit(main())
