"""What there is on this machine whatever file is open: models, devices and the results that are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, cast

from PySide6.QtCore import QObject, Signal

from lipfd_desktop.gui.engine_port import EnginePort, KeptResults, PublishedModel
from lipfd_desktop.gui.jobs import Beside, Job
from lipfd_desktop.result import DeviceInfo, ModelInfo

_Read = tuple[Sequence[ModelInfo], ModelInfo | None, Sequence[PublishedModel], Sequence[DeviceInfo]]


class Library(QObject):
    """Reads and changes it beside whatever else runs.

    Signals
    -------
    changed
        :attr:`models` or :attr:`devices` were read anew.
    imported
        A :class:`~lipfd_desktop.result.ModelInfo`.
    results_forgotten
        How many kept results were deleted.
    """

    changed = Signal()
    imported = Signal(object)
    results_forgotten = Signal(object)

    def __init__(self, engine: EnginePort, beside: Beside, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine: Final = engine
        self._beside: Final = beside
        self.models: Sequence[ModelInfo] = ()
        self.default_model: ModelInfo | None = None
        self.catalogue: Sequence[PublishedModel] = ()
        self.devices: Sequence[DeviceInfo] = ()

    def read(self) -> None:
        """Look again at which models and devices there are."""

        def look(_job: Job) -> _Read:
            engine = self._engine
            return engine.installed_models(), engine.default_model(), engine.catalogue(), engine.devices()

        def take(answer: object) -> None:
            self.models, self.default_model, self.catalogue, self.devices = cast("_Read", answer)
            self.changed.emit()

        self._beside(look, take)

    def import_model(self, path: Path) -> None:
        """Install a file of weights; :attr:`imported` tells when that is done."""

        def take(model: object) -> None:
            self.imported.emit(model)
            self.read()

        self._beside(lambda job: self._engine.import_model(path, is_cancelled=job.is_cancelled), take)

    def forget_results(self) -> None:
        """Delete what earlier analyses left on the disk; :attr:`results_forgotten` tells how many."""
        self._beside(lambda _job: self._engine.forget_results(), self.results_forgotten.emit)

    def read_kept(self, on_read: Callable[[KeptResults | None], None]) -> None:
        """Tell how much is kept on the disk from earlier analyses; None where nothing is kept."""
        self._beside(lambda _job: self._engine.kept_results(), lambda kept: on_read(cast("KeptResults | None", kept)))
