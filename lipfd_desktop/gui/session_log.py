"""Writes down what happened, through Python's logging; English, as all that may be sent to somebody who helps."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject

from lipfd_desktop.gui.jobs import Failure
from lipfd_desktop.gui.session import Session
from lipfd_desktop.media.digest import sha256_of
from lipfd_desktop.report.text import number, printable
from lipfd_desktop.result import AnalysisResult, ModelInfo, Notice
from lipfd_desktop.result import Started as StartedEvent

_LOG: Final = logging.getLogger(__name__)


class SessionLog(QObject):
    """Hears a session and logs files, settings, devices, notices, results, exports and failures."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._started: StartedEvent | None = None
        self._noticed = 0
        session.media_opened.connect(self._on_media)
        session.analysis_started.connect(self._on_analysis)
        session.evidence_changed.connect(self._on_evidence)
        session.result_ready.connect(self._on_result)
        session.exported.connect(self._on_exported)
        session.library.imported.connect(self._on_imported)
        session.library.results_forgotten.connect(lambda count: _LOG.info("Deleted %d kept results", count))
        session.failed.connect(self._on_failure)

    def _on_media(self) -> None:
        media = self._session.media
        if media is None:
            return
        info = media.info
        _LOG.info(
            "Opened %s: %d frames, %.3f s, %s, %d x %d, %s", printable(info.path), len(media.frame_times),
            info.duration, info.video.codec, info.video.width, info.video.height,
            "sound" if info.audio else "no sound",
        )  # fmt: skip
        self._log_notices(media.notices)

    def _on_analysis(self) -> None:
        self._started, self._noticed = None, 0

    def _on_evidence(self) -> None:
        evidence = self._session.evidence
        started = evidence.started
        if started is not None and self._started is None:
            self._started = started
            plan, device, model = started.plan, started.device, started.model
            _LOG.info(
                "Analysing %.3f to %.3f s, stride %d (%s), %d windows, model %s (SHA-256 %s), device %s (%s) for %s",
                plan.start, plan.end, plan.stride, "automatic" if plan.stride_is_automatic else "chosen",
                plan.windows_total, model.name, model.sha256, device.name, device.description, device.requested,
            )  # fmt: skip
        self._log_notices(evidence.notices[self._noticed :])
        self._noticed = max(self._noticed, len(evidence.notices))

    @staticmethod
    def _log_notices(notices: tuple[Notice, ...] | list[Notice]) -> None:
        for notice in notices:
            _LOG.warning("Notice: %s", printable(notice.message))

    def _on_result(self) -> None:
        result: AnalysisResult | None = self._session.result
        if result is None:
            return
        verdict, coverage = result.verdict, result.coverage
        _LOG.info(
            "%s %s: %s, score %s, %d of %d windows analysed, %s arithmetic, %.1f s%s",
            "Cancelled" if result.cancelled else "Finished", printable(result.media.path.name), verdict.outcome,
            number(verdict.score), coverage.windows_analysed, coverage.windows_total, result.request.exactness,
            result.processing_time, ", kept from an earlier analysis" if result.from_cache else "",
        )  # fmt: skip

    def _on_exported(self, path: Path) -> None:
        self._session.beside(
            lambda job: sha256_of(path, job.is_cancelled),
            lambda digest: _LOG.info("Exported %s, SHA-256 %s", printable(path), digest),
            lambda _failure: _LOG.info("Exported %s", printable(path)),
        )

    @staticmethod
    def _on_imported(model: ModelInfo) -> None:
        _LOG.info("Imported model %s, SHA-256 %s", printable(model.name), model.sha256)

    @staticmethod
    def _on_failure(failure: Failure) -> None:
        _LOG.error("%s%s", failure.error or failure.message, f"\n{failure.details}" if failure.details else "")
