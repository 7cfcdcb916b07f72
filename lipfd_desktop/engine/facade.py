"""One object that the window and the command line ask; it keeps the loaded network and the opened file.

torch and the plotting libraries take seconds to import, so they are imported where they are first needed: a file that
cannot be read is refused at once.  :meth:`Engine.warm_up` imports them when waiting is all right.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Lock, RLock
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from lipfd_desktop.cancellation import IsCancelled, never
from lipfd_desktop.engine.keeping import find_result, keep_result, tell
from lipfd_desktop.engine.opening import OpenFile, listen
from lipfd_desktop.errors import ExportError, MediaError, NoModelError
from lipfd_desktop.language import mark
from lipfd_desktop.media.frames import read_frame_at
from lipfd_desktop.network.catalogue import CATALOGUE, PublishedModel
from lipfd_desktop.network.device_name import device_name
from lipfd_desktop.network.registry import ModelStore, resources_dir
from lipfd_desktop.report.details import NO_DETAILS, ReportDetails
from lipfd_desktop.result import (
    AnalysisRequest,
    AnalysisResult,
    DeviceInfo,
    Exactness,
    MelTrack,
    ModelInfo,
    OnProgress,
    OpenedMedia,
    SeenWindow,
    WindowScore,
)
from lipfd_desktop.storage.cache import AUTO, CacheSize, ResultCache
from lipfd_desktop.windows.mel import fft_for, mel_of_silence

if TYPE_CHECKING:
    from lipfd_desktop.engine.inspection import Inspector
    from lipfd_desktop.network.config import ModelConfig
    from lipfd_desktop.network.scorer import Scorer
    from lipfd_desktop.report.document import Report

_REPORT_PAGES: Final = ("lipfd_desktop.report.figure", "lipfd_desktop.report.pdf")
REPORT_KINDS: Final = (".png", ".pdf", ".html", ".json", ".csv")


def sample_video() -> Path | None:
    """The bundled sample, an honest lip-sync forgery that says so, or None where it was not installed."""
    path = resources_dir() / "sample.mp4"
    return path if path.is_file() else None


class Engine:
    """Everything that can be asked of the computing side.

    Calls take long and raise :class:`~lipfd_desktop.errors.LipfdError`.  One thread opens and analyses; others may
    meanwhile ask for stills, reports and models.

    Parameters
    ----------
    store
        The models; None takes those of the user.
    cache
        Where results and what was found in files are kept and looked up; None computes everything anew.
    """

    def __init__(self, store: ModelStore | None = None, cache: ResultCache | None = None) -> None:
        self._store = store or ModelStore()
        self._cache = cache
        self._scorer: Scorer | None = None
        self._opened: OpenFile | None = None
        self._opening = RLock()
        self._making = Lock()
        self._inspector: Inspector | None = None
        self._configs: dict[str, ModelConfig] = {}

    def warm_up(self) -> None:
        """Import what opening, analysing and exporting need."""
        # Networks of LipFD load this library, which has an LLVM of its own; where Mesa renders in software and has
        # loaded another one by then, the process dies.
        with suppress(ImportError):  # only the builds of torch for CUDA come with it
            import_module("triton._C.libtriton")
        for name in ("librosa.feature", "lipfd_desktop.engine.analysis", *_REPORT_PAGES):
            import_module(name)
        # librosa loads most of itself at the first spectrogram, which takes two seconds.
        mel_of_silence()

    # Models and devices

    def installed_models(self) -> list[ModelInfo]:
        return self._store.installed()

    def default_model(self) -> ModelInfo | None:
        """What is used when the user names none: a trained one, or None."""
        try:
            return self._store.resolve()
        except NoModelError:
            return None

    def resolve_model(self, name_or_path: str | None) -> ModelInfo:
        """The model of that name or path, or the default one; raises ModelError with what to do."""
        return self._store.resolve(name_or_path)

    def catalogue(self) -> tuple[PublishedModel, ...]:
        return CATALOGUE

    def import_model(self, path: Path, *, name: str | None = None, is_cancelled: IsCancelled = never) -> ModelInfo:
        return self._store.import_file(path, name=name, is_cancelled=is_cancelled)

    def devices(self) -> list[DeviceInfo]:
        from lipfd_desktop.network.device import available_devices

        return available_devices()

    # Files

    def open(self, path: Path, *, is_cancelled: IsCancelled = never) -> OpenedMedia:
        """Probe, index and listen to a file; the analysis that follows uses what was found."""
        return self._open(path, is_cancelled).view()

    def still(self, path: Path, pts: float) -> NDArray[np.uint8]:
        """The frame shown at ``pts`` seconds: (height, width, 3) RGB."""
        opened = self._current(path)
        times = opened.frame_times if opened else None
        return read_frame_at(path, pts, frame_times=times).rgb()

    def spectrogram(self, path: Path, *, bands: int, is_cancelled: IsCancelled = never) -> MelTrack | None:
        """The mel-spectrogram of the sound in ``bands`` bands, for looking at; None without sound."""
        opened = self._open(path, is_cancelled)
        if opened.sound is None or len(opened.sound.mel.frequencies) == bands:
            return opened.sound.mel if opened.sound else None
        sound = listen(opened.info, bands=bands, n_fft=fft_for(bands), is_cancelled=is_cancelled)
        return sound.mel if sound else None

    def look(self, result: AnalysisResult, window: WindowScore, *, is_cancelled: IsCancelled = never) -> SeenWindow:
        """The pictures and the sound that the network was given for a window of ``result``.

        They are cut again by what the result keeps, from the file as it was analysed; quick enough to follow a cursor.

        Parameters
        ----------
        result
            Of the file that is open.
        window
            One of its windows that was analysed.

        Raises
        ------
        MediaError
            The file is not open any more or was changed, its frames cannot be decoded any more, or the result was
            kept by a version that did not keep the placement of faces.
        CheckpointError
            The model of the result is gone or has other weights by now.
        Cancelled
            ``is_cancelled`` said so.
        """
        return self._look(self._current(result.media.path), result, window, is_cancelled=is_cancelled)

    def _look(
        self, opened: OpenFile | None, result: AnalysisResult, window: WindowScore, *, is_cancelled: IsCancelled
    ) -> SeenWindow:
        """:meth:`look` into a file that need not be the open one any more."""
        from lipfd_desktop.engine.inspection import Inspector

        if opened is None or opened.sha256 != result.sha256 or not opened.is_current:
            raise MediaError(
                result.media.path, mark("is not open any more, or was changed on disk since; open it again.")
            )
        with self._making:
            self._inspector = self._inspector or Inspector()
        return self._inspector.look(opened, result, self._config(result.model, is_cancelled), window, is_cancelled)

    def _config(self, model: ModelInfo, is_cancelled: IsCancelled) -> ModelConfig:
        from lipfd_desktop.engine.model_config import config_of, require_contract

        scorer = self._scorer
        if scorer is not None and scorer.info.sha256 == model.sha256:
            config = scorer.config
        else:
            if model.sha256 not in self._configs:
                self._configs[model.sha256] = config_of(model, self._store, is_cancelled)
            config = self._configs[model.sha256]
        require_contract(config, model)
        return config

    def analyze(
        self,
        request: AnalysisRequest,
        *,
        model: ModelInfo,
        on_progress: OnProgress,
        is_cancelled: IsCancelled = never,
        anew: bool = False,
    ) -> AnalysisResult:
        """See :func:`lipfd_desktop.engine.analysis.analyze`; loads the network when it is not the last one used.

        A result that is kept from earlier is told and returned at once, with its threshold and verdict decided anew;
        with ``anew`` it is computed again all the same.
        """
        opened = self._open(request.path, is_cancelled)
        opened.require_sound()  # before torch and the weights take their time
        kept = None if anew else self._find(request, opened, model)
        if kept is not None:
            tell(kept, opened.frame_times, on_progress)
            return kept
        from lipfd_desktop.engine.analysis import analyze

        scorer = self._load(model, request.device, request.exactness, is_cancelled)
        result = analyze(request, opened, scorer, on_progress=on_progress, is_cancelled=is_cancelled)
        if self._cache is not None:
            keep_result(self._cache, result)
        return result

    def kept_results(self) -> CacheSize | None:
        """How much is kept from earlier analyses, and where; None where nothing is kept."""
        return None if self._cache is None else self._cache.size()

    def forget_results(self) -> int:
        """Delete all that is kept from earlier analyses; how many results there were."""
        if self._cache is None:
            return 0
        results = self._cache.size().results
        self._cache.clear()
        return results

    def _find(self, request: AnalysisRequest, opened: OpenFile, model: ModelInfo) -> AnalysisResult | None:
        if self._cache is None:
            return None
        device = device_name(request.device)
        kept = find_result(self._cache, request, opened, model, device)
        if kept is not None or device != AUTO:
            return kept
        from lipfd_desktop.network.device import resolve_device  # brings torch, which is needed now anyway

        return find_result(self._cache, request, opened, model, resolve_device(request.device).name)

    def _load(self, model: ModelInfo, device: str, exactness: Exactness, is_cancelled: IsCancelled) -> Scorer:
        from lipfd_desktop.network.device import resolve_device
        from lipfd_desktop.network.scorer import load_scorer

        wanted = resolve_device(device)
        kept = self._scorer
        if kept is not None and (kept.info, kept.device, kept.exactness) == (model, wanted, exactness):
            return kept
        kept = self._scorer = None  # free the old network before the new one is read
        self._scorer = load_scorer(model, device, exactness=exactness, is_cancelled=is_cancelled)
        return self._scorer

    def _open(self, path: Path, is_cancelled: IsCancelled) -> OpenFile:
        """The opened file, opened anew when it is another one or changed on disk."""
        with self._opening:
            # Replaced only by a file that opened well: until then the window still shows the old one.
            self._opened = self._current(path) or OpenFile.open(path, is_cancelled=is_cancelled, cache=self._cache)
            return self._opened

    def _current(self, path: Path) -> OpenFile | None:
        """The opened file, when it is this one and unchanged on disk."""
        opened = self._opened
        return opened if opened is not None and opened.info.path == path and opened.is_current else None

    def _mel_of(self, result: AnalysisResult) -> MelTrack | None:
        """The spectrogram for the plots, while the file of the result is the opened one."""
        opened = self._opened
        if opened is None or opened.info != result.media or opened.sound is None:
            return None
        return opened.sound.mel

    # Reports

    def export(
        self,
        result: AnalysisResult,
        path: Path,
        *,
        details: ReportDetails = NO_DETAILS,
        kind: str | None = None,
        is_cancelled: IsCancelled = never,
    ) -> None:
        """Write a report.

        Parameters
        ----------
        details
            What the examiner adds.
        kind
            ``png``, ``pdf``, ``html``, ``json`` or ``csv``; None takes the one that the suffix of ``path`` names.

        Raises
        ------
        ExportError
            An unknown kind, or a place that cannot be written; nothing half-written is left.
        """
        match kind or path.suffix.lower().removeprefix("."):
            case "json":
                from lipfd_desktop.report.json_report import write_json

                write_json(result, path, details)
            case "csv":
                from lipfd_desktop.report.csv_report import write_csv

                write_csv(result, path, details)
            case "png":
                from lipfd_desktop.report.figure import write_png

                write_png(self._report(result, details, is_cancelled, pages=False), path)
            case "pdf":
                from lipfd_desktop.report.pdf import write_pdf

                write_pdf(self._report(result, details, is_cancelled, pages=True), path)
            case "html":
                from lipfd_desktop.report.html import write_html

                write_html(self._report(result, details, is_cancelled, pages=True), path)
            case _:
                raise ExportError(
                    mark("{name}: a report's name must end in {kinds}."), name=path.name, kinds=tuple(REPORT_KINDS)
                )

    def _report(
        self, result: AnalysisResult, details: ReportDetails, is_cancelled: IsCancelled, *, pages: bool
    ) -> Report:
        from lipfd_desktop.report.document import build_report

        # While the file is the opened one its frame times are known; build_report alone would scan it again.  The next
        # file may be opened while the report is made.
        opened = self._current(result.media.path)
        times = opened.frame_times if opened else None
        return build_report(
            result,
            details=details,
            mel=self._mel_of(result),
            read_still=partial(read_frame_at, frame_times=times, is_cancelled=is_cancelled) if opened else None,
            frame_times=times,
            look=partial(self._look, opened, result, is_cancelled=is_cancelled) if opened else None,
            pages=pages,
            is_cancelled=is_cancelled,
        )
