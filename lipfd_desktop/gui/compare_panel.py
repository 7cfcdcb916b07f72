"""One side of a comparison: what is known of the file, above its picture."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QImage
from PySide6.QtMultimedia import QVideoFrame
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.compare_side import COLOURS, LETTERS, Side
from lipfd_desktop.gui.controls import KeepKeys, muted_label, plain_label
from lipfd_desktop.gui.evidence import Evidence
from lipfd_desktop.gui.face_marks import overlay_of
from lipfd_desktop.gui.session import Session, State
from lipfd_desktop.gui.verdict_strip import words_of_result
from lipfd_desktop.gui.verdict_words import score_words
from lipfd_desktop.gui.video_view import VideoView
from lipfd_desktop.language import tr
from lipfd_desktop.report.text import capitalised, elided, printable

_NAME_LENGTH: Final = 44
_BADGE_HEIGHT: Final = 28
_HEADER_HEIGHT: Final = 98
"""Three rows, of which the last may take two lines: the pictures stand still when a verdict comes."""


class SidePanel(QFrame):
    """Signals: ``chosen`` (another file is wanted), ``analyze_asked`` and ``cancel_asked``.

    Parameters
    ----------
    place
        0 for A, the suspect, and 1 for B, the reference; only B can be chosen and analysed here.
    """

    chosen = Signal()
    analyze_asked = Signal()
    cancel_asked = Signal()

    def __init__(self, place: int) -> None:
        super().__init__()
        role = (tr("Suspect"), tr("Reference"))[place]
        self._side: Side | None = None
        self._shown_pts: float | None = None
        self._outside = ""
        self.setObjectName("bar")
        self.badge = QLabel(f"{LETTERS[place]}  ·  {role}")
        ink = theme.ink_on(QColor(COLOURS[place])).name()
        self.badge.setStyleSheet(
            f"background: {COLOURS[place]}; color: {ink}; border-radius: 4px; padding: 2px 8px; font-weight: 600;"
        )
        self.name = plain_label()
        self.name.setAccessibleName(tr("File {letter}", letter=LETTERS[place]))
        self.headline = plain_label()
        self.headline.setAccessibleName(tr("Verdict of {letter}", letter=LETTERS[place]))
        font = self.headline.font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        font.setBold(True)
        self.headline.setFont(font)
        self.score = plain_label()
        self.facts = muted_label(wraps=True)
        self.facts.setFont(theme.small_font(self.facts))
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(tr("Progress of the analysis of {letter}", letter=LETTERS[place]))
        self.button = QPushButton()
        self.choose_button = QPushButton(tr("Choose…"))
        self.choose_button.setAccessibleName(tr("Choose the reference"))
        self.choose_button.setToolTip(tr("Choose another reference (Ctrl+O)"))
        self.choose_button.clicked.connect(self.chosen)
        self.button.clicked.connect(self._on_button)
        self.video = VideoView()
        self.video.setAccessibleName(tr("Picture of {letter}", letter=LETTERS[place]))
        self.video.setMinimumSize(200, 100)
        self.video.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # from where every key is one of the window
        for button in (self.button, self.choose_button):
            button.setVisible(bool(place))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            KeepKeys(button, [Qt.Key.Key_Space])
        self._can_choose = bool(place)
        self._is_running = False
        self._arrange()
        self.set_idle()

    def _arrange(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        for label in (self.name, self.score, self.facts):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.badge.setFixedHeight(_BADGE_HEIGHT)
        first.setContentsMargins(0, 0, 0, 0)
        first.addWidget(self.badge)
        first.addWidget(self.name, 1)
        first.addWidget(self.button)
        first.addWidget(self.choose_button)
        second.addWidget(self.headline)
        second.addWidget(self.score, 1)
        second.addWidget(self.progress, 2)
        for row in (first, second):
            row.setSpacing(10)
        header = QWidget()
        lines = QVBoxLayout(header)
        lines.setContentsMargins(8, 6, 8, 4)
        lines.setSpacing(2)
        lines.addLayout(first)
        lines.addLayout(second)
        lines.addWidget(self.facts, 1, Qt.AlignmentFlag.AlignTop)
        header.setFixedHeight(_HEADER_HEIGHT)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(header)
        layout.addWidget(self.video, 1)

    def _on_button(self) -> None:
        (self.cancel_asked if self._is_running else self.analyze_asked).emit()

    # The file ------------------------------------------------------------------------------------------------

    def set_media(self, side: Side) -> None:
        """Expect the picture of another file."""
        self._shown_pts = None
        self.name.setText(elided(side.name, _NAME_LENGTH))
        self.name.setToolTip(text.tip(f"{printable(side.media.info.path)}\nSHA-256 {side.media.sha256}"))
        self.video.reset(side.media.info.video)
        self.show_side(side)

    def show_side(self, side: Side) -> None:
        """Say what the analysis found."""
        self._side = side
        result, verdict, video = side.result, side.verdict, side.media.info.video
        facts = [f"{video.width}×{video.height}", tr("{rate:.2f} fps", rate=video.average_fps)]
        if result is not None and verdict is not None:
            words = words_of_result(result, verdict)
            headline, *question = words.headline.splitlines()
            self.headline.setText(headline)
            self.score.setText(capitalised(score_words(verdict)))
            self.score.setToolTip(text.tip(words.sentence))
            facts = [
                *question,
                tr("threshold {threshold:.2f}", threshold=side.threshold),
                tr("{done:,} of {total:,} windows", done=result.coverage.windows_analysed,
                   total=result.coverage.windows_total),
                tr("stride {stride}", stride=result.plan.stride),
                result.model.name,
                *facts,
            ]  # fmt: skip
            self.facts.setToolTip(text.tip(f"{result.model.name}\nSHA-256 {result.model.sha256}"))
        self.facts.setText("  ·  ".join(facts))
        self.refresh_marks()

    # How far it is -------------------------------------------------------------------------------------------

    def set_idle(self, words: str = "", *, can_analyze: bool = False) -> None:
        """Nothing runs; ``words`` are shown in place of a verdict where there is none."""
        self._is_running = False
        self.progress.hide()
        self.score.show()
        self.button.setText(tr("Analyze"))
        self.button.setToolTip(tr("Analyse the reference with the model and the settings of the suspect"))
        self.button.setVisible(can_analyze)
        self.button.setEnabled(True)
        if self._side is None or self._side.result is None:
            self.headline.setText(words)
            self.score.setText("")

    def show_state(self, session: Session | None, *, can_analyze: bool = False) -> None:
        """Say what ``session`` does with this file; None for one that no session has any more."""
        state = State.READY if session is None else session.state
        evidence = None if session is None else session.evidence
        if state is State.OPENING and self._can_choose:
            self.set_running(tr("Opening…"), None)
        elif state is State.CANCELLING:
            self.set_running(tr("Cancelling…"), evidence, can_cancel=False)
        elif state is State.ANALYSING:
            self.set_running(tr("Analysing…"), evidence)
        else:
            words = tr("No reference chosen") if self._side is None else tr("Not analysed")
            self.set_idle(words, can_analyze=can_analyze)

    def set_running(self, words: str, evidence: Evidence | None, *, can_cancel: bool = True) -> None:
        """Something runs; ``evidence`` tells how far an analysis is."""
        self._is_running = True
        self.headline.setText(words)
        self.score.hide()
        self.progress.show()
        self.button.setText(tr("Cancel"))
        self.button.setToolTip(tr("Stop; what is done stays"))
        self.button.setVisible(self._can_choose)
        self.button.setEnabled(can_cancel)
        if evidence is None or evidence.started is None or not evidence.total:
            self.progress.setRange(0, 0)
        else:
            self.progress.setRange(0, evidence.total)
            self.progress.setValue(min(evidence.done, evidence.total))

    # The picture ---------------------------------------------------------------------------------------------

    def show_frame(self, frame: QVideoFrame, pts: float) -> None:
        self.video.show_frame(frame)
        self._shown_pts = pts
        self.refresh_marks()

    def show_image(self, image: QImage, pts: float) -> None:
        self.video.show_image(image)
        self._shown_pts = pts
        self.refresh_marks()

    def set_outside(self, words: str) -> None:
        """Say over the picture that the common time lies outside of this file; empty when it does not."""
        if words != self._outside:
            self._outside = words
            self.refresh_marks()

    def refresh_marks(self) -> None:
        """Draw what is known of the frame on the screen."""
        side, pts = self._side, self._shown_pts
        if side is None or pts is None:
            return
        found = overlay_of(side.evidence, pts, frame_length=side.frame_length, threshold=side.threshold, face=None)
        if self._outside:
            self.video.set_marks([], message=self._outside)
        else:
            self.video.set_marks(found.marks, picture_score=found.picture_score, message=found.message)
