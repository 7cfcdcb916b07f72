"""Pictures and spectrograms of the open file, fetched beside an analysis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from lipfd_desktop.errors import Cancelled
from lipfd_desktop.gui.engine_port import EnginePort
from lipfd_desktop.gui.jobs import Beside, Failure, Job, JobRunner
from lipfd_desktop.gui.pictures import picture
from lipfd_desktop.result import MelTrack, OpenedMedia


class Fetching:
    """Fetches for the file that is open; what was asked for another one is not answered.

    Parameters
    ----------
    beside
        Runs what does not take long.
    media
        The open file.
    is_opening
        Whether another file is about to take its place.
    on_failed
        Told what the user must see.
    """

    def __init__(
        self,
        engine: EnginePort,
        beside: Beside,
        media: Callable[[], OpenedMedia | None],
        is_opening: Callable[[], bool],
        on_failed: Callable[[Failure], object],
        parent: QObject,
    ) -> None:
        self._engine: Final = engine
        self._beside: Final = beside
        self._media: Final = media
        self._is_opening: Final = is_opening
        self._on_failed: Final = on_failed
        # Stills shall not wait for two hours of sound.
        self._sound: Final = JobRunner("lipfd-sound", parent)
        self._hearing: Job | None = None

    def still(
        self,
        pts: float,
        on_done: Callable[[QImage | None], None],
        *,
        around: tuple[float, float, float, float] | None = None,
    ) -> None:
        """Get the exact frame at ``pts`` seconds, or the part of it ``around`` a box; None where it cannot be read."""
        media = self._media()
        if media is None:
            return
        path = media.info.path

        def read(_job: Job) -> QImage:
            self._give_up_unless_open(media)
            return picture(self._engine.still(path, pts), around)

        def answer(image: object) -> None:
            if self._media() is media:
                on_done(cast("QImage | None", image))

        def give_up(failure: Failure | None) -> None:
            answer(None)
            if failure is not None and failure.details is not None:
                self._on_failed(failure)

        self._beside(read, answer, give_up)

    def spectrogram(self, bands: int, on_done: Callable[[MelTrack | None], None]) -> None:
        """Compute the spectrogram in ``bands`` bands; only the newest that was asked for is answered."""
        media = self._media()
        if media is None:
            return
        path = media.info.path
        if self._hearing is not None:
            self._sound.discard(self._hearing)

        def hear(job: Job) -> MelTrack | None:
            self._give_up_unless_open(media)
            return self._engine.spectrogram(path, bands=bands, is_cancelled=job.is_cancelled)

        def answer(mel: object) -> None:
            self._hearing = None
            if self._media() is media:
                on_done(cast("MelTrack | None", mel))

        def give_up(failure: Failure | None) -> None:
            self._hearing = None
            if failure is not None:
                self._on_failed(failure)

        self._hearing = self._sound.submit(hear, answer, give_up)

    def _give_up_unless_open(self, media: OpenedMedia) -> None:
        """The engine holds one file; asking for the old one would make it read that again."""
        if self._media() is not media or self._is_opening():
            raise Cancelled

    @property
    def is_running(self) -> bool:
        """Whether the thread still lives."""
        return self._sound.is_running

    def stop(self) -> None:
        """Ask the thread to end."""
        self._sound.stop()

    def wait(self) -> None:
        """Until the thread has ended after :meth:`stop`."""
        self._sound.wait()
