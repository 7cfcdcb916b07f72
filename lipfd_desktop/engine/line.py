"""The line from a section of a file to scored windows: decode, follow faces, cut windows, score them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any, Final

from lipfd_desktop.cancellation import IsCancelled
from lipfd_desktop.engine.ahead import ahead
from lipfd_desktop.engine.batches import batches, score_batch
from lipfd_desktop.engine.opening import OpenFile, Sound
from lipfd_desktop.engine.sections import Section
from lipfd_desktop.media.frames import FrameReader
from lipfd_desktop.network.scorer import RawScores, Scorer
from lipfd_desktop.tracks.detector import FaceDetector
from lipfd_desktop.tracks.follow import TrackedFrame, follow_faces
from lipfd_desktop.tracks.identity import IdentityBook
from lipfd_desktop.windows.assemble import Window, assemble_windows
from lipfd_desktop.windows.context import MotionHistory, with_context
from lipfd_desktop.windows.contracts import Contract

BATCHES_AHEAD: Final = 2
"""Batches of windows that wait for the network: one to take, and one for when the next takes longer to make."""
RUN_UP: Final = 1.0
"""Seconds: the placement of crops forgets how the tracking began within about a third of a second."""
RUN_OUT: Final = 0.5
"""Seconds: more than closing gaps and smoothing look ahead at 25 fps.  Both come on top of what a window of the
contract looks around itself."""

Record = Callable[[Iterator[TrackedFrame]], Iterator[TrackedFrame]]


@dataclass(slots=True)
class Damage:
    """What went wrong while reading.

    Attributes
    ----------
    errors
        Packets that could not be decoded.
    out_of_order
        Frames that were left out because their time had passed already.
    broke_off
        The file ended before its declared end.
    """

    errors: int = 0
    out_of_order: int = 0
    broke_off: bool = False


@dataclass(slots=True, kw_only=True)
class Line:
    """Everything about an analysis that its sections share.

    Attributes
    ----------
    book
        Who is who, over all sections.
    only_face
        The one face to look at, by its id in ``book``.
    """

    opened: OpenFile
    sound: Sound
    contract: Contract[Any]
    scorer: Scorer
    is_cancelled: IsCancelled
    only_face: int | None = None
    book: IdentityBook = field(default_factory=IdentityBook)
    damage: Damage = field(default_factory=Damage)

    def run(
        self, section: Section, record: Record, add: Callable[[list[Window], RawScores | None], None], run_up: float
    ) -> None:
        """Score the windows of a section.

        Parameters
        ----------
        record
            Through which the frames of the section and a few after it flow.
        add
            Given each batch of windows and its scores, in order; windows are numbered as in the whole plan.
        run_up
            Seconds that faces are followed before the first window needs them, so that it has nearly the same crops
            wherever a section begins.

        Raises
        ------
        Cancelled
            The analysis was cancelled; batches that were added stay.
        """
        before, after = run_up + self.contract.look_around, RUN_OUT + self.contract.look_around
        start = section.plan.start - before
        unwanted = Event()
        with (
            FaceDetector() as detector,
            FrameReader(
                self.opened.info.path,
                start=start,
                end=section.plan.end + after,
                frame_times=self.opened.frame_times,
                is_cancelled=unwanted.is_set,
            ) as reader,
        ):
            windows = self._windows(section, reader, detector, record)
            # Decoding, landmarks and crops run ahead of the network, in a thread of their own.
            ready = batches(windows, self.scorer.batch_size)
            try:
                with closing(ahead(ready, BATCHES_AHEAD, unwanted=unwanted, is_cancelled=self.is_cancelled)) as line:
                    for batch in line:
                        add(batch, score_batch(self.scorer, batch))
            finally:
                self.damage.errors += reader.errors
                self.damage.out_of_order += reader.out_of_order
                self.damage.broke_off |= reader.broke_off

    def _windows(
        self, section: Section, reader: FrameReader, detector: FaceDetector, record: Record
    ) -> Generator[Window]:
        plan, times = section.plan, self.opened.frame_times
        history = MotionHistory(plan.window_frames) if self.contract.look_around else None
        followed = follow_faces(reader, detector, self.book)
        own = range(section.own_frames.start, section.own_frames.start + plan.frames_total)
        inside = (
            tracked for tracked in (history.watch(followed) if history else followed) if tracked.frame.index in own
        )
        windows = assemble_windows(
            record(inside),
            self.contract,
            plan,
            times,
            sound=(self.sound.extent.start, self.sound.extent.end),
            only_face=self.only_face,
        )
        if history:
            windows = with_context(windows, history)
        with closing(windows):
            for window in windows:
                yield replace(window, index=section.first + window.index) if section.first else window
