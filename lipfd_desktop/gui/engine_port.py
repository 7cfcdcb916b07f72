"""What the window needs of an engine, so that it can be given a scripted one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.report.details import ReportDetails
from lipfd_desktop.result import (
    AnalysisRequest,
    AnalysisResult,
    DeviceInfo,
    MelTrack,
    ModelInfo,
    OpenedMedia,
    ProgressEvent,
    SeenWindow,
    WindowScore,
)


class PublishedModel(Protocol):
    """Weights that somebody publishes and the user may download and import; all for reading by people."""

    @property
    def name(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def size(self) -> str: ...
    @property
    def checksum_note(self) -> str: ...
    @property
    def licence(self) -> str: ...
    @property
    def notes(self) -> tuple[str, ...]: ...


class KeptResults(Protocol):
    """What is kept on this disk from earlier analyses: how many results, in how many bytes, and where."""

    @property
    def results(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def folder(self) -> Path: ...


class EnginePort(Protocol):
    """The engine as the window sees it.  Every call may take long and is made on a worker thread.

    All methods raise :class:`~lipfd_desktop.errors.LipfdError` for what the user can act on.
    """

    def open(self, path: Path, *, is_cancelled: Callable[[], bool] = ...) -> OpenedMedia: ...

    def installed_models(self) -> Sequence[ModelInfo]: ...

    def default_model(self) -> ModelInfo | None: ...

    def catalogue(self) -> Sequence[PublishedModel]: ...

    def import_model(self, path: Path, *, is_cancelled: Callable[[], bool] = ...) -> ModelInfo: ...

    def devices(self) -> Sequence[DeviceInfo]: ...

    def analyze(
        self,
        request: AnalysisRequest,
        *,
        model: ModelInfo,
        on_progress: Callable[[ProgressEvent], None],
        is_cancelled: Callable[[], bool],
        anew: bool = ...,
    ) -> AnalysisResult:
        """Compute, or take what is kept from earlier; ``anew`` computes in any case."""

    def kept_results(self) -> KeptResults | None:
        """What is kept from earlier analyses; None where nothing is kept."""

    def forget_results(self) -> int:
        """Delete all that is kept from earlier analyses; how many results there were."""

    def still(self, path: Path, pts: float) -> NDArray[np.uint8]:
        """The frame shown at ``pts`` seconds: (height, width, 3) RGB."""

    def look(
        self, result: AnalysisResult, window: WindowScore, *, is_cancelled: Callable[[], bool] = ...
    ) -> SeenWindow:
        """The pictures and the sound that the network was given for an analysed window of ``result``."""

    def spectrogram(self, path: Path, *, bands: int, is_cancelled: Callable[[], bool] = ...) -> MelTrack | None:
        """The mel-spectrogram of the sound in ``bands`` bands; None without sound."""

    def export(
        self,
        result: AnalysisResult,
        path: Path,
        *,
        details: ReportDetails = ...,
        is_cancelled: Callable[[], bool] = ...,
    ) -> None:
        """Write a report whose kind follows from the suffix; when cancelled, leave nothing half-written."""
