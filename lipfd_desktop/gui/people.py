"""Fills the chips of the people bar and does what they ask for."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Final, cast

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from lipfd_desktop.gui.people_bar import PeopleBar, Person
from lipfd_desktop.gui.player import Player
from lipfd_desktop.gui.session import Session, State
from lipfd_desktop.gui.workspace import Workspace
from lipfd_desktop.language import tr
from lipfd_desktop.verdict import SpeakingGuess, guess_speakers

MOST: Final = 24
"""Chips at most: of the faces that are seen longest."""
_RETRY_S: Final = 3.0
"""A portrait that could not be had is asked for again when its chip is painted after this."""


class People(QObject):
    """Joins session, chooser of the analysis bar and player to the chips.

    Parameters
    ----------
    analyze
        Starts an analysis with the settings of the analysis bar.
    """

    def __init__(self, session: Session, player: Player, workspace: Workspace, analyze: Callable[[], None]) -> None:
        super().__init__(workspace)
        self._session, self._player, self._workspace = session, player, workspace
        self._analyze = analyze
        self.bar: PeopleBar = workspace.people
        self._seconds: dict[int, float] = {}
        self._guesses: tuple[SpeakingGuess, ...] = ()
        self._age = 0
        self._fetching: int | None = None
        self._failed: dict[int, float] = {}
        self.bar.chosen.connect(self.choose)
        self.bar.analyze_asked.connect(self.analyze)
        self.bar.portrait_wanted.connect(self._fetch_portrait)
        workspace.bar.face_chosen.connect(lambda _face: self._show())
        session.media_opened.connect(self._forget)
        session.analysis_started.connect(self._forget)
        session.faces_renumbered.connect(self._forget)
        session.judged.connect(self._on_judged)
        session.state_changed.connect(self._show)
        session.result_ready.connect(self._on_result)
        player.moved.connect(self._on_moved)

    # What the user does --------------------------------------------------------------------------------------

    def choose(self, face: int | None) -> None:
        """Show ``face`` alone, or all faces for None."""
        self._workspace.bar.choose_face(face)

    def choose_next(self) -> None:
        """Show the next face alone, and all of them after the last."""
        faces = list(self.bar.chips)
        place = faces.index(self.bar.face) + 1 if self.bar.face is not None else 0
        self.choose(faces[place] if place < len(faces) else None)

    def analyze(self, face: int | None) -> None:
        """Analyse ``face`` alone, or every face for None."""
        if self._session.state is State.READY:
            self.choose(face)
            self._analyze()

    # What is known -------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        """Another file, or other numbers of the faces: answers on their way come too late."""
        self._age += 1
        self._guesses = ()
        self._seconds = {}
        self._fetching = None
        self._failed.clear()
        for chip in self.bar.chips.values():
            chip.set_portrait(None)
        self._show()

    def _on_judged(self) -> None:
        media = self._session.media
        if media is not None:
            self._seconds = self._session.evidence.faces.seconds(media.frame_times)
        self._show()

    def _on_result(self) -> None:
        """Guess who speaks, beside the window."""
        result, media, age = self._session.result, self._session.media, self._age
        if result is None or media is None:
            return
        tracks, mel = result.tracks, media.mel

        def take(guesses: object) -> None:
            if age == self._age:
                self._guesses = cast("tuple[SpeakingGuess, ...]", guesses)
                self._show()

        self._session.beside(lambda _job: guess_speakers(tracks, mel), take)

    def speaker_at(self, pts: float) -> int | None:
        """The face that is guessed to speak at ``pts`` seconds."""
        return next((guess.face for guess in self._guesses if guess.start <= pts < guess.end), None)

    def _on_moved(self, _pts: float) -> None:
        if self._guesses and self.bar.isVisible():
            self._show()

    # What is shown -------------------------------------------------------------------------------------------

    def _show(self) -> None:
        session, chosen = self._session, self._workspace.bar.face
        evidence = session.evidence
        if session.state in (State.ANALYSING, State.CANCELLING) and not evidence.face_ids:
            return  # the row stays where it was until there is something to show, so that nothing jumps
        faces = evidence.face_ids
        request = session.result.request if session.result else None
        of_one_face = request is not None and request.face is not None
        listed = sorted(sorted(faces, key=lambda face: -self._seconds.get(face, 0.0))[:MOST])
        self.bar.show_people([self._person(face) for face in listed], chosen=chosen, left_out=len(faces) - len(listed))
        ready = session.state is State.READY
        self.bar.offer(only=ready and chosen is not None and not of_one_face, every=ready and of_one_face)
        self.bar.setVisible(len(faces) > 1 or of_one_face or chosen is not None)

    def _person(self, face: int) -> Person:
        session = self._session
        result, verdict = session.result, session.face_verdicts.get(face)
        if session.evidence.is_of_whole_picture:
            missing = tr("no score of its own")
        else:
            missing = tr("not analysed") if result is not None else tr("no score yet")
        return Person(
            face=face,
            seconds=self._seconds.get(face, 0.0),
            verdict=verdict,
            is_final=result is not None and result.model.trained,
            missing=missing,
            speaks=self.speaker_at(self._player.time) == face,
            spoken=sum(guess.end - guess.start for guess in self._guesses if guess.face == face),
        )

    def _fetch_portrait(self, face: int) -> None:
        waited = monotonic() - self._failed.get(face, -_RETRY_S)
        seen = self._session.evidence.faces.best(face)
        if self._fetching is not None or waited < _RETRY_S or seen is None:
            return
        self._fetching, age = face, self._age

        def take(image: QImage | None) -> None:
            if age != self._age:
                return
            self._fetching = None
            if image is None:
                self._failed[face] = monotonic()
            elif face in self.bar.chips:
                self.bar.chips[face].set_portrait(image)
            for chip in self.bar.chips.values():
                chip.update()  # those without a picture ask again

        pts, box = seen
        self._session.fetching.still(pts, take, around=box)
