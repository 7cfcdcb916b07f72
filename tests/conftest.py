"""What every test stands on: no user's folders, no screen unless asked for, small models and the sample video."""

from __future__ import annotations

import gc
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication
    from window_support import MakeWindow, PatientBot

    from lipfd_desktop.gui.settings import Settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_LOGGING_RULES", "qt.multimedia.*=false")  # as the program does
os.environ.setdefault("OMP_NUM_THREADS", "1")  # pytest-xdist already uses every core

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _own_model_store(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees or changes the models that the user installed."""
    monkeypatch.setenv("LIPFD_MODELS", str(tmp_path_factory.getbasetemp() / "models"))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees or changes what is kept of the user's analyses, nor what another test left behind."""
    monkeypatch.setenv("LIPFD_CACHE", str(tmp_path_factory.getbasetemp() / "cache" / secrets.token_hex(8)))


@pytest.fixture(autouse=True)
def _own_cases(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees or changes the user's unsaved cases, nor those that another test left behind."""
    monkeypatch.setenv("LIPFD_CASES", str(tmp_path_factory.getbasetemp() / "cases" / secrets.token_hex(8)))


@pytest.fixture(scope="session")
def sample() -> Path:
    """The bundled sample: 8 s at 25 fps, one face in every frame, a voice."""
    return ROOT / "resources" / "sample.mp4"


@pytest.fixture(scope="session")
def guided_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from network_support import tiny_checkpoint

    return tiny_checkpoint(tmp_path_factory.mktemp("guided") / "tiny.safetensors", "guided")


@pytest.fixture(scope="session")
def official_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from network_support import tiny_checkpoint

    return tiny_checkpoint(tmp_path_factory.mktemp("official") / "tiny-official.safetensors", "official")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Reference numbers and clips that do not travel with the project."""
    path = Path(os.environ.get("LIPFD_SHARED", ROOT.parent / "shared"))
    if not (path / "parity").is_dir():
        pytest.skip("needs the reference numbers (LIPFD_SHARED)")
    return path


@pytest.fixture(scope="session")
def _dressed(qapp: QApplication) -> None:
    """The program's own colours and sizes, whatever test comes first."""
    from lipfd_desktop.gui import theme
    from lipfd_desktop.gui.settings import Appearance

    theme.start(qapp, Appearance.DARK)


@pytest.fixture(scope="session")
def _few_to_collect(_dressed: None) -> None:
    """What the libraries made stays: looking through it after every test would take longer than the test."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest, _few_to_collect: None) -> Iterator[PatientBot]:
    """As in the program, garbage is collected where no widget is in the middle of something."""
    from window_support import PatientBot

    gc.disable()
    try:
        yield PatientBot(request)
    finally:
        gc.collect()
        gc.enable()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of every window of a test."""
    from window_support import settings_in

    return settings_in(tmp_path)


@pytest.fixture
def make_window(qtbot: PatientBot, settings: Settings) -> Iterator[MakeWindow]:
    """Makes windows that are closed after the test, when every thread of theirs must have ended."""
    from window_support import Windows

    with Windows(qtbot, settings) as windows:
        yield windows.show
