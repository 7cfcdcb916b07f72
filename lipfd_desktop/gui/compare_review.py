"""Keeps the two players, the pictures, the cursor and the offset of a comparison in step."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, cast

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from lipfd_desktop.gui.compare_bar import CompareBar
from lipfd_desktop.gui.compare_panel import SidePanel
from lipfd_desktop.gui.compare_players import PairedPlayers
from lipfd_desktop.gui.compare_side import LETTERS, Side
from lipfd_desktop.gui.compare_tracks import CompareTracks
from lipfd_desktop.gui.engine_port import EnginePort
from lipfd_desktop.gui.hover import Hover
from lipfd_desktop.gui.looping import Looping
from lipfd_desktop.gui.pictures import picture
from lipfd_desktop.gui.session import Session
from lipfd_desktop.language import tr
from lipfd_desktop.windows.alignment import Alignment, align_sounds

_VOLUME: Final = 0.8
_MS: Final = 0.001


class CompareReview(QObject):
    """Looking at two files: playing, stepping, shifting one against the other.

    Signals
    -------
    told
        Something that the user should read in passing.
    """

    told = Signal(str)

    def __init__(
        self,
        engine: EnginePort,
        session: Session,
        panels: tuple[SidePanel, SidePanel],
        bar: CompareBar,
        tracks: CompareTracks,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.players = PairedPlayers(self)
        self._engine = engine
        self._session = session
        self._panels = panels
        self._bar = bar
        self._tracks = tracks
        self._sides: list[Side | None] = [None, None]
        self._is_touched = False
        self.hover = Hover(self.players.players[0], tracks.timeline, tracks)
        self.looping = Looping(self.players, tracks.timeline, bar.loop_button, self._frame_length)
        for place, player in enumerate(self.players.players):
            player.set_volume(_VOLUME)
            player.frame_shown.connect(panels[place].show_frame)
            player.not_shown.connect(lambda pts, place=place: self._fetch(place, pts))
            player.failed.connect(partial(self._tell_failure, place))
        self._connect()

    def _connect(self) -> None:
        players, bar, tracks = self.players, self._bar, self._tracks
        players.moved.connect(self._on_moved)
        players.playing_changed.connect(bar.set_playing)
        bar.toggled.connect(players.toggle)
        bar.stepped.connect(players.step)
        bar.rate_asked.connect(players.set_rate)
        bar.sound_asked.connect(players.set_sound)
        bar.offset_asked.connect(self.set_offset)
        bar.frames_asked.connect(lambda frames: self.set_offset(frames * self._frame_length()))
        bar.alone_asked.connect(self._on_alone)
        bar.cursors_asked.connect(self.align_here)
        bar.sound_alignment_asked.connect(self.align_by_sound)
        tracks.sought.connect(players.seek)
        tracks.second_sought.connect(self._on_second_sought)
        tracks.dragged.connect(self.set_offset)

    def _tell_failure(self, place: int, why: str) -> None:
        words = tr("The player cannot play this file ({why}); stills are shown.", why=why)
        self.told.emit(f"{LETTERS[place]}: {words}")

    @property
    def handlers(self) -> dict[str, Callable[..., object]]:
        """What the actions of the menus do, by name."""
        players, bar, timeline = self.players, self._bar, self._tracks.timeline
        return {
            "toggle": players.toggle,
            "back": lambda: players.step(-1),
            "on": lambda: players.step(1),
            "second-back": lambda: players.step(-1, place=1),
            "second-on": lambda: players.step(1, place=1),
            "earlier": lambda: players.seek(players.time - 1.0),
            "later": lambda: players.seek(players.time + 1.0),
            "first": lambda: self._go_to_end(last=False),
            "last": lambda: self._go_to_end(last=True),
            "loop": bar.loop_button.setChecked,
            "loop-start": lambda: self.looping.mark(end=False),
            "loop-end": lambda: self.looping.mark(end=True),
            "loop-clear": self.looping.clear,
            "sound-a": lambda: bar.sound_box.setCurrentIndex(0),
            "sound-b": lambda: bar.sound_box.setCurrentIndex(1),
            "silence": lambda: bar.sound_box.setCurrentIndex(2),
            "alone": bar.alone_button.toggle,
            "here": self.align_here,
            "sound": self.align_by_sound,
            "together": self._begin_together,
            "frame-earlier": lambda: self.set_offset(players.offset - self._frame_length()),
            "frame-later": lambda: self.set_offset(players.offset + self._frame_length()),
            "ms-earlier": lambda: self.set_offset(players.offset - _MS),
            "ms-later": lambda: self.set_offset(players.offset + _MS),
            "zoom-in": lambda: timeline.zoom(1, players.time),
            "zoom-out": lambda: timeline.zoom(-1, players.time),
            "zoom-all": lambda: timeline.zoom(0, players.time),
        }

    def enable(self, *, with_reference: bool) -> None:
        """Let the offset be changed once there is a B."""
        bar = self._bar
        for widget in (bar.offset_box, bar.frames_box, bar.alone_button, bar.align_button):
            widget.setEnabled(with_reference)
        bar.cursors_button.setEnabled(with_reference and not self.players.is_linked)

    def load(self, place: int, side: Side) -> None:
        """Let A (0) or B (1) be another file."""
        self._sides[place] = side
        self._bar.reserve(place, side.end, len(side.media.frame_times))
        self.players.load(place, side.media)
        if place:
            self._begin_together()
            self._is_touched = False
        else:
            self.players.seek(side.start)

    def _frame_length(self) -> float:
        side = self._sides[0]
        return side.frame_length if side is not None else 0.04

    # The moment ----------------------------------------------------------------------------------------------

    def _on_moved(self, pts: float) -> None:
        players = self.players
        alone = not players.is_linked
        for place, side in enumerate(self._sides):
            if side is None:
                continue
            outside = 0 if place and alone else players.covers(place)
            frame = None if outside else players.players[place].frame
            shown = players.place_of(place) if frame is None else float(side.media.frame_times[frame])
            self._bar.set_time(place, shown, frame)
            self._panels[place].set_outside(self._outside_words(place, outside))
        self._tracks.set_offset(players.offset)
        self._tracks.set_cursor(pts, players.place_of(1) if alone else None)
        self._bar.set_offset(players.offset, round(players.offset / self._frame_length()), alone=alone)

    def _outside_words(self, place: int, outside: int) -> str:
        side, letter = self._sides[place], LETTERS[place]
        if side is None or not outside:
            return ""
        away = abs(self.players.place_of(place) - (side.start if outside < 0 else side.end))
        if outside < 0:
            return tr("{letter} begins {seconds:.2f} s later", letter=letter, seconds=away)
        return tr("{letter} ended {seconds:.2f} s earlier", letter=letter, seconds=away)

    def _go_to_end(self, *, last: bool) -> None:
        side = self._sides[0]
        if side is not None:
            self.players.seek(float(side.media.frame_times[-1 if last else 0]))

    def _on_second_sought(self, pts: float) -> None:
        if self.players.is_linked:
            self.players.seek(pts + self.players.offset)
        else:
            self.players.seek_second(pts)

    def _fetch(self, place: int, pts: float) -> None:
        """Get a picture that the player could not show."""
        side = self._sides[place]
        if side is None:
            return
        path = side.media.info.path

        def show(image: object) -> None:
            if self._sides[place] is side and self.players.players[place].time == pts:
                self._panels[place].show_image(cast("QImage", image), pts)

        self._session.beside(lambda _job: picture(self._engine.still(path, pts), None), show)

    # The offset ----------------------------------------------------------------------------------------------

    def set_offset(self, offset: float) -> None:
        """Add ``offset`` seconds to the times of B to get those of A."""
        if self._sides[1] is not None:
            self._is_touched = True
            self.told.emit("")  # what was said of another offset
            self.players.set_offset(offset)

    def align_here(self) -> None:
        """Let what both show now be the same moment."""
        if self._sides[1] is not None and not self.players.is_linked:
            self._is_touched = True
            self.players.align_here()

    def _begin_together(self) -> None:
        suspect, reference = self._sides
        if suspect is not None and reference is not None:
            self.set_offset(suspect.start - reference.start)

    def _on_alone(self, alone: bool) -> None:
        if alone:
            self.players.unlink()
        else:
            self.players.link()

    def align_by_sound(self, *, only_if_untouched: bool = False) -> None:
        """Look for the offset at which both sounds are the same speech, and take it if there is one.

        Parameters
        ----------
        only_if_untouched
            The user did not ask: leave an offset alone that is set meanwhile, and say nothing where nothing is found.
        """
        suspect, reference = self._sides
        if suspect is None or reference is None:
            return
        first, second = suspect.media.mel, reference.media.mel
        if first is None or second is None:
            if not only_if_untouched:
                self.told.emit(tr("Cannot tell the offset: {name} has no sound.",
                                  name=(suspect if first is None else reference).name))  # fmt: skip
            return

        def take(found: object) -> None:
            if self._sides != [suspect, reference] or (only_if_untouched and self._is_touched):
                return
            alignment = cast("Alignment | None", found)
            if alignment is not None and alignment.is_same_speech:
                self.set_offset(round(alignment.offset, 4))
            if not only_if_untouched or (alignment is not None and alignment.is_same_speech):
                self.told.emit(alignment_words(alignment))

        self._session.beside(lambda job: align_sounds(first, second, job.is_cancelled), take)


def alignment_words(found: Alignment | None) -> str:
    """What was found, with the numbers behind it."""
    if found is None:
        return tr("Cannot tell the offset: one of the sounds is silent or shorter than two seconds.")
    if not found.is_same_speech:
        return tr(
            "Cannot tell the offset: the sounds are not the same speech "
            "(correlation at best {similarity:.2f}, elsewhere up to {runner_up:.2f}).",
            similarity=found.similarity, runner_up=found.runner_up,
        )  # fmt: skip
    return tr(
        "Aligned by the sound: offset {offset:+.3f} s; correlation {similarity:.2f}, elsewhere up to {runner_up:.2f}; "
        "{overlap:.1f} s of both overlap.",
        offset=found.offset, similarity=found.similarity, runner_up=found.runner_up, overlap=found.overlap,
    )  # fmt: skip
