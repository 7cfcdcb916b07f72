"""The line from a section of a file to scored windows: decode, follow faces, cut windows, score them."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from threading import Event, Lock
from typing import Any, Final

from lipfd_desktop.cancellation import IsCancelled
from lipfd_desktop.engine.ahead import side_by_side
from lipfd_desktop.engine.batches import batches, score_batch
from lipfd_desktop.engine.cores import followers
from lipfd_desktop.engine.opening import OpenFile, Sound
from lipfd_desktop.engine.sections import Section
from lipfd_desktop.media.frames import FrameReader
from lipfd_desktop.network.scorer import RawScores, Remembered, Scorer
from lipfd_desktop.tracks.detector import FaceDetector
from lipfd_desktop.tracks.follow import SeenFrame, TrackedFrame, follow_faces
from lipfd_desktop.tracks.identity import IdentityBook, Look
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
    _lock: Lock = field(default_factory=Lock, repr=False)

    def add(self, reader: FrameReader) -> None:
        with self._lock:
            self.errors += reader.errors
            self.out_of_order += reader.out_of_order
            self.broke_off |= reader.broke_off


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was made of some more frames of a section.

    Attributes
    ----------
    section
        Its windows are numbered as in the whole plan.
    frames
        Also those around the section that were followed for its sake.
    looks
        What the faces of the section looked like at first and by now, by id.
    """

    section: Section
    frames: list[SeenFrame]
    looks: dict[int, tuple[Look, Look]]
    windows: list[Window]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Everything about an analysis that its sections share.

    Attributes
    ----------
    only_face
        The one face to look at, by its id.
    """

    opened: OpenFile
    sound: Sound
    contract: Contract[Any]
    scorer: Scorer
    is_cancelled: IsCancelled
    only_face: int | None = None
    damage: Damage = field(default_factory=Damage)

    def run(self, sections: Sequence[Section], run_up: float) -> Generator[tuple[Stretch, RawScores | None]]:
        """Score the windows of some sections.

        Decoding, landmarks and crops run ahead of the network, those of several sections at a time where there are
        cores for it.  What comes of one section comes in order; the numbers do not depend on the others.

        Parameters
        ----------
        run_up
            Seconds that faces are followed before the first window needs them, so that it has nearly the same crops
            wherever a section begins.

        Raises
        ------
        Cancelled
            The analysis was cancelled.
        """
        unwanted, remembered = Event(), [Remembered() for _ in sections]
        sources = [self._follow(section, run_up, unwanted) for section in sections]
        made = side_by_side(
            sources,
            workers=followers(self.opened.info.video),
            depth=BATCHES_AHEAD,
            unwanted=unwanted,
            is_cancelled=self.is_cancelled,
        )
        with closing(made):
            for number, stretch in made:
                yield stretch, score_batch(self.scorer, stretch.windows, remembered[number])

    def _follow(self, section: Section, run_up: float, unwanted: Event) -> Generator[Stretch]:
        before, after = run_up + self.contract.look_around, RUN_OUT + self.contract.look_around
        book, frames = IdentityBook(section.first_face), list[SeenFrame]()
        with (
            FaceDetector() as detector,
            FrameReader(
                self.opened.info.path,
                start=section.plan.start - before,
                end=section.plan.end + after,
                frame_times=self.opened.frame_times,
                is_cancelled=unwanted.is_set,
            ) as reader,
        ):
            followed = _noted(follow_faces(reader, detector, book), frames)
            try:
                with closing(batches(self._windows(section, followed), self.scorer.batch_size)) as ready:
                    for windows in ready:
                        yield Stretch(section, frames[:], book.looks(), windows)
                        frames.clear()
                if frames:
                    yield Stretch(section, frames, book.looks(), [])
            finally:
                self.damage.add(reader)

    def _windows(self, section: Section, followed: Iterator[TrackedFrame]) -> Generator[Window]:
        plan, times = section.plan, self.opened.frame_times
        history = MotionHistory(plan.window_frames) if self.contract.look_around else None
        own = range(section.own_frames.start, section.own_frames.start + plan.frames_total)
        inside = (
            tracked for tracked in (history.watch(followed) if history else followed) if tracked.frame.index in own
        )
        windows = assemble_windows(
            inside,
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


def _noted(followed: Iterator[TrackedFrame], frames: list[SeenFrame]) -> Iterator[TrackedFrame]:
    """Pass frames on, adding whom they show to ``frames``."""
    for tracked in followed:
        frames.append(SeenFrame(tracked.frame.index, tracked.frame.pts, tracked.faces))
        yield tracked
