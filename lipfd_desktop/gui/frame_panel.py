"""Everything known about the frame under the cursor and one window that holds it, with what the network saw."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from lipfd_desktop.gui import evidence_words as say
from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.controls import muted_label, plain_label
from lipfd_desktop.gui.evidence import Evidence, FaceBox
from lipfd_desktop.gui.evidence_words import REASONS, face_words, window_words
from lipfd_desktop.gui.method_view import MethodView
from lipfd_desktop.gui.score_view import ScoreView
from lipfd_desktop.gui.seen_view import SeenView
from lipfd_desktop.gui.window_stepper import WindowStepper
from lipfd_desktop.language import tr
from lipfd_desktop.report.terms import WEIGHTS_CAVEAT
from lipfd_desktop.result import WHOLE_PICTURE, AnalysisResult, SeenWindow, WindowScore

_WIDE: Final = 410
"""Pixels from which the pictures stand beside the numbers and no longer below them."""
_FACTS_SHARE: Final = 2
_PICTURES_SHARE: Final = 3


class FramePanel(QScrollArea):
    """The evidence about one moment, always in the same places.

    Signals
    -------
    window_shown
        The :class:`~lipfd_desktop.result.WindowScore` that is shown now, or None.
    frame_chosen
        Ordinal of the frame of a crop that was clicked.
    """

    window_shown = Signal(object)
    frame_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Frame under the cursor"))
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Always there: coming and going it would change the size of all pictures, and by that come and go.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setMinimumWidth(330)
        self._evidence = Evidence()
        self._result: AnalysisResult | None = None
        self._analysing = False
        self._threshold = 0.5
        self._pts, self._frame, self._step = 0.0, 0, 0.04
        self._windows: list[WindowScore] = []
        self._pinned: tuple[int, int | None] | None = None
        self._face: int | None = None
        self._shown: WindowScore | None = None
        self._seen: SeenWindow | None = None
        self._seen_of: WindowScore | None = None
        self._time, self._ordinal, self._faces = plain_label("–"), muted_label(wraps=True), muted_label(wraps=True)
        self._untrained = plain_label(tr("Test weights: these numbers mean nothing."))
        self._untrained.setProperty("banner", True)
        self._untrained.setWordWrap(True)
        self._empty = muted_label(wraps=True)
        self.stepper, self.scores, self.pictures, self._method = WindowStepper(), ScoreView(), SeenView(), MethodView()
        self._copy = QPushButton(tr("Copy as text"))
        self._copy.setToolTip(tr("All that is shown here, for a note or a mail"))
        self._ordinal.setToolTip(tr("The first frame of the file is frame 0."))
        self._copy.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._copy.clicked.connect(self.copy)
        self.stepper.stepped.connect(self.step_window)
        self.pictures.grid.chosen.connect(self._on_crop)
        self._above = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._arrange()

    def _arrange(self) -> None:
        time_font = theme.small_font(self, bold=True)
        time_font.setPointSizeF(time_font.pointSizeF() * 1.5)
        self._time.setFont(time_font)
        facts = QVBoxLayout()
        facts.setSpacing(6)
        moment = QVBoxLayout()
        moment.setSpacing(1)
        for label in (self._time, self._ordinal, self._faces):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            moment.addWidget(label)
        facts.addLayout(moment)
        about_window = (self._untrained, self.stepper, self.scores, self._empty)
        for part in about_window:
            facts.addWidget(part)
        facts.addStretch(1)
        self._above.setSpacing(12)
        self._above.addLayout(facts, _FACTS_SHARE)
        self._above.addWidget(self.pictures, _PICTURES_SHARE, Qt.AlignmentFlag.AlignTop)
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(10, 6, 10, 8)
        layout.setSpacing(8)
        layout.addLayout(self._above)
        layout.addWidget(self._method)
        layout.addWidget(self._copy)
        layout.addStretch(1)
        for widget in (*about_window, self.pictures, self._method):
            widget.hide()
        self.setWidget(body)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        is_wide = event.size().width() >= _WIDE
        direction = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        if direction != self._above.direction():
            self._above.setDirection(direction)
        super().resizeEvent(event)

    # Which window --------------------------------------------------------------------------------------------

    @property
    def shown(self) -> WindowScore | None:
        """The window that is shown."""
        return self._shown

    @property
    def seen(self) -> SeenWindow | None:
        """Its pictures, once they are there."""
        return self._seen if self._shown is not None and self._seen_of is self._shown else None

    def show_frame(
        self,
        pts: float,
        frame: int,
        evidence: Evidence,
        faces: list[FaceBox],
        *,
        preferred: int = WHOLE_PICTURE,
        step: float = 0.04,
    ) -> None:
        """Describe frame ``frame`` (from 0) at ``pts`` seconds.

        Parameters
        ----------
        preferred
            The face whose windows are shown first.
        step
            Seconds that the frame is shown.
        """
        self._pts, self._frame, self._step, self._evidence = pts, frame, step, evidence
        self._time.setText(text.clock(pts))
        self._ordinal.setText(tr("{pts:.6f} s  ·  frame {frame:,}", pts=pts, frame=frame))
        self._faces.setText(face_words(faces, examined=evidence.was_examined(pts)))
        self._windows = evidence.windows_at(pts)
        self._show_window(self._choose(preferred))

    def _choose(self, preferred: int) -> WindowScore | None:
        """The pinned window, else the one whose middle is nearest; of two faces that kept to, or the preferred one."""
        for one in self._windows:
            if _key(one) == self._pinned:
                return one
        self._pinned = None
        middle = self._pts + self._step / 2
        wanted = preferred if self._face is None else self._face

        def order(one: WindowScore) -> tuple[float, bool]:
            face = WHOLE_PICTURE if one.face is None else one.face
            return abs(one.middle - middle), face != wanted

        return min(self._windows, key=order, default=None)

    def keep_to(self, face: int | None) -> None:
        """Where windows of several faces hold the frame, show those of ``face`` from the next frame on."""
        self._face = face

    def step_window(self, direction: int) -> None:
        """Show the window before (-1) or after (1) among those that hold the frame, and stay with it while it does."""
        if self._shown is None:
            return
        place = self._place(self._shown) + direction
        if 0 <= place < len(self._windows):
            self._pinned = _key(self._windows[place])
            self._show_window(self._windows[place])

    def _place(self, window: WindowScore) -> int:
        return [_key(one) for one in self._windows].index(_key(window))

    def _on_crop(self, frame: int) -> None:
        """The window stays under the mouse when the cursor goes to another of its frames."""
        if self._shown is not None:
            self._pinned = _key(self._shown)
        self.frame_chosen.emit(frame)

    # What is shown of it -------------------------------------------------------------------------------------

    def _show_window(self, window: WindowScore | None) -> None:
        before = self._shown
        if window is not None and before is not None and _is_same(before, window):
            window = before  # made anew from the same row
        self._shown = window
        self._show_parts()
        if window is not before:
            self.window_shown.emit(window)

    def _show_parts(self) -> None:
        window, started = self._shown, self._evidence.started
        analysed = window is not None and window.analysed and started is not None
        self._untrained.setVisible(started is not None and not started.model.trained)
        self._empty.setText(self._absence())
        if window is not None and started is not None:
            self.stepper.show_window(self._windows, self._place(window), started.plan.window_frames)
            if analysed:
                near = self._seen if self._seen_of is not None and self._seen_of.face == window.face else None
                self.scores.show_window(window, self._threshold)
                self.pictures.show_window(window, started, self.seen, near)
                self.pictures.set_frame(self._frame, (self._pts, self._pts + self._step))
                self._method.show_window(window, started, self._result, self.seen)
        for part, is_shown in (
            (self.stepper, window is not None), (self.scores, analysed), (self.pictures, analysed),
            (self._method, analysed), (self._empty, not analysed),
        ):  # fmt: skip
            part.setVisible(is_shown)
        self.setAccessibleDescription("\n".join(self.words.splitlines()[:8]))

    def _absence(self) -> str:
        """Why there is no score."""
        window = self._shown
        if window is None:
            return say.absence_words(self._evidence, self._pts, analysing=self._analysing)
        why = REASONS.get(window.reason or "")
        return f"{window_words(window)}\n{tr(why)}" if why else ""

    def set_threshold(self, threshold: float) -> None:
        """Fake score from which a window counts as suspicious."""
        self._threshold = threshold
        self._show_parts()

    def set_result(self, result: AnalysisResult | None, *, analysing: bool) -> None:
        """The finished analysis, of whose windows there are pictures; None while it runs and before."""
        if result is None or self._result is None or result.scores is not self._result.scores:
            self._seen = self._seen_of = None
        if result is None:
            self._shown = self._pinned = self._face = None
            self._windows = []
        self._result, self._analysing = result, analysing
        self.pictures.say("" if result else tr("The pictures come when the analysis is done."))
        self._show_parts()

    def show_seen(self, window: WindowScore, seen: SeenWindow) -> None:
        """The pictures of a window that was shown when they were asked for."""
        if self._shown is not None and _is_same(self._shown, window):
            self._seen, self._seen_of = seen, self._shown
            self.pictures.say("")
            self._show_parts()

    def show_unseen(self, window: WindowScore, why: str) -> None:
        """There are no pictures of a window, and why."""
        if self._shown is not None and _is_same(self._shown, window):
            self._seen = self._seen_of = None
            self.pictures.say(tr("No pictures: {why}", why=why))
            self._show_parts()

    # As text -------------------------------------------------------------------------------------------------

    @property
    def words(self) -> str:
        """All that is shown, as one text."""
        lines = [self._time.text(), self._ordinal.text(), self._faces.text()]
        window, started = self._shown, self._evidence.started
        if started is not None and not started.model.trained:
            lines.append(self._untrained.text())
        if window is None or started is None:
            return "\n".join([*lines, self._absence()])
        lines += [self.stepper.title.text(), self.stepper.place.text()]
        if not window.analysed:
            return "\n".join([*lines, self._absence()])
        lines += [window_words(window), self.scores.side.text(), *say.weight_lines(window)]
        return "\n".join([*lines, tr(WEIGHTS_CAVEAT), *self._method.words])

    def copy(self) -> None:
        """Put all that is shown on the clipboard."""
        QGuiApplication.clipboard().setText(self.words)


def _key(window: WindowScore) -> tuple[int, int | None]:
    return window.index, window.face


def _is_same(one: WindowScore, other: WindowScore) -> bool:
    """Whether two objects were made of the same row of scores."""
    return _key(one) == _key(other) and (one.first_frame, one.score) == (other.first_frame, other.score)
