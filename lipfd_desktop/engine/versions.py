"""Versions of everything that a number depends on, for the reproducibility block."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version
from typing import Final

from lipfd_desktop import __version__

LIBRARIES: Final = (
    "torch",
    "torchvision",
    "open-clip-torch",
    "mediapipe",
    "numpy",
    "opencv-python-headless",
    "av",
    "librosa",
    "soxr",
)


@cache
def versions() -> dict[str, str]:
    """Name to version: the program, Python, the platform, the libraries that compute, and FFmpeg's libraries."""
    import av

    found = {"lipfd-desktop": __version__, "python": platform.python_version(), "platform": platform.platform()}
    found |= {name: version(name) for name in LIBRARIES}
    found |= {name: ".".join(map(str, numbers)) for name, numbers in sorted(av.library_versions.items())}
    return found
