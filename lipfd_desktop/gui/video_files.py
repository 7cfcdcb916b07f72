"""Which files are offered as videos."""

from __future__ import annotations

from typing import Final

from lipfd_desktop.language import tr

VIDEO_SUFFIXES: Final = frozenset(
    (".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".ts", ".webm",
     ".wmv")
)  # fmt: skip
"""What a folder is searched for; a file that is named itself is taken whatever its name."""


def video_filter() -> str:
    """What a dialog that asks for videos offers."""
    suffixes = " ".join(f"*{suffix}" for suffix in sorted(VIDEO_SUFFIXES))
    videos, all_files = tr("Video"), tr("All files")
    return f"{videos} ({suffixes});;{all_files} (*)"
