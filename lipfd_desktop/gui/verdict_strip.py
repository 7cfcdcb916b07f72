"""The answer, how much of the file stands behind it, and what computed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.controls import muted_label, plain_label
from lipfd_desktop.gui.session import Session, State
from lipfd_desktop.gui.verdict_words import score_words
from lipfd_desktop.language import mark, tr
from lipfd_desktop.notices import say
from lipfd_desktop.report.palette import GREEN, ORANGE, VERMILLION
from lipfd_desktop.report.terms import outcome_words, question_words
from lipfd_desktop.report.text import capitalised, together
from lipfd_desktop.report.wording import reason_sentence
from lipfd_desktop.result import AnalysisResult, Outcome, Verdict

SCALES: Final = mark(
    "The clip score decides and has limits of its own. The fake scores of windows are on another scale: a high one is "
    "where to look, not an answer for the clip."
)
BANNER: Final = mark("Test weights: scores are meaningless")
_LINES: Final = 4
AID: Final = mark("An investigative aid, not proof.")
OUTCOME_COLOURS: Final = {Outcome.MANIPULATED: VERMILLION, Outcome.AUTHENTIC: GREEN, Outcome.INCONCLUSIVE: theme.GREY}


@dataclass(frozen=True, slots=True)
class Words:
    """What the strip says; ``colour`` is that of its edge and never says more than the headline."""

    headline: str
    sentence: str
    colour: str


def words_of(session: Session) -> Words:
    """What the strip says about the state of ``session``."""
    started, verdict, result = session.evidence.started, session.verdict, session.result
    if session.state in (State.ANALYSING, State.CANCELLING):
        sofar = (
            tr("No window is scored yet.") if verdict is None else tr("So far: {score}.", score=score_words(verdict))
        )
        return Words(tr("Analysing…"), sofar, theme.GREY)
    if result is not None:
        return words_of_result(result, verdict or result.verdict)
    if started is not None:
        return Words(tr("Not finished"), tr("The analysis ended with a problem; there is no result to report."), ORANGE)
    if not session.library.models:
        return Words(
            tr("Not analysed"),
            tr("No detection model is installed: Analysis › Models says where to get one."),
            theme.GREY,
        )
    if session.media is not None and session.media.notices:
        return Words(tr("Not analysed"), say(session.media.notices[0]), ORANGE)
    return Words(tr("Not analysed"), tr("Press Analyze to score every window of this file."), theme.GREY)


def words_of_result(result: AnalysisResult, verdict: Verdict) -> Words:
    """What is said of a finished analysis with ``verdict``."""
    words = [reason_sentence(verdict)]
    headline = capitalised(outcome_words(verdict.outcome))
    if not result.model.trained:
        headline = tr("No verdict")
    if not result.coverage.complete:
        headline = tr("{headline} · partial", headline=headline)
    if not result.coverage.complete and not result.cancelled:
        words.append(tr("Parts of the file could not be read."))
    if verdict.question is not None:
        headline += f"\n{question_words(verdict.question)}"
    if any(notice.code != "untrained-model" for notice in result.notices):
        words.append(tr("There are notices: see the File panel."))
    return Words(headline, together(*words, tr(AID)), OUTCOME_COLOURS[verdict.outcome])


_LEAST_SENTENCE: Final = 290
"""Pixels that the reason has before it gives room to the stride and the device: it stays readable in every language."""


class _Fact(QWidget):
    """A value under its caption."""

    def __init__(self, caption: str) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        above = muted_label(caption)
        above.setFont(theme.small_font(above))
        self.value = plain_label("–")
        self.value.setAccessibleName(caption)
        self.value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addStretch(1)
        layout.addWidget(above)
        layout.addWidget(self.value)
        layout.addStretch(1)

    def set(self, value: str, tip: str = "") -> None:
        self.value.setText(value)
        self.setToolTip(text.tip(tip))


class VerdictStrip(QFrame):
    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._colour = QColor(theme.GREY)
        self.banner = QLabel(tr(BANNER))
        self.banner.setProperty("banner", True)
        self.banner.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.banner.hide()
        self.headline = plain_label()
        self.headline.setAccessibleName(tr("Verdict"))
        font = self.headline.font()
        font.setPointSizeF(font.pointSizeF() * 1.75)
        font.setBold(True)
        self.headline.setFont(font)
        self.sentence = muted_label(wraps=True)
        # Room for a verdict with its reason, so that nothing below moves when one comes.
        self.sentence.setMinimumHeight(_LINES * self.sentence.fontMetrics().lineSpacing())
        self.coverage = _Fact(tr("Windows analysed"))
        self.stride = _Fact(tr("Stride"))
        self.model = _Fact(tr("Model"))
        self.device = _Fact(tr("Computed on"))
        self._facts = (self.coverage, self.stride, self.model, self.device)
        self._row = row = QHBoxLayout()
        row.setContentsMargins(20, 9, 14, 9)
        row.setSpacing(24)
        row.addWidget(self.headline)
        row.addWidget(self.sentence, 1)
        for fact in self._facts:
            row.addWidget(fact)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.banner)
        layout.addLayout(row)

    def show_session(self, session: Session) -> None:
        words = words_of(session)
        self.headline.setText(words.headline)
        self.sentence.setText(words.sentence)
        self.sentence.setToolTip(text.tip("\n\n".join([words.sentence, tr(SCALES)])))
        self._colour = QColor(words.colour)
        started, result = session.evidence.started, session.result
        self.banner.setVisible(started is not None and not started.model.trained)
        if started is None:
            for fact in self._facts:
                fact.set("–")
        else:
            analysed = result.coverage.windows_analysed if result else session.evidence.positions_analysed
            total = result.coverage.windows_total if result else session.evidence.total
            self.coverage.set(tr("{done:,} of {total:,}", done=analysed, total=total))
            plan = started.plan
            automatic = tr("{stride}, automatic", stride=plan.stride)
            self.stride.set(
                automatic if plan.stride_is_automatic else tr("{stride}, chosen", stride=plan.stride),
                tr("Frames from one window to the next"),
            )
            self.model.set(started.model.name, f"SHA-256 {started.model.sha256}")
            self.device.set(started.device.description, started.device.name)
            if result is not None and result.from_cache:
                when = text.local_time(result.started_at)
                kept = tr("Kept from the analysis of {when}. Analysis > Analyze anew computes it again.", when=when)
                self.device.set(
                    tr("{device}, earlier", device=started.device.description), f"{kept}\n{result.started_at}"
                )
        self._make_room()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """Show the stride and the device where the reason keeps enough width beside them."""
        margins, gap = self._row.contentsMargins(), self._row.spacing()
        taken = margins.left() + margins.right() + self.headline.sizeHint().width() + gap
        taken += sum(fact.sizeHint().width() + gap for fact in (self.coverage, self.model))
        for fact in (self.device, self.stride):
            taken += fact.sizeHint().width() + gap
            fact.setVisible(self.width() - taken >= _LEAST_SENTENCE)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        top = self.banner.height() if self.banner.isVisible() else 0
        body = QRectF(0, top, self.width(), self.height() - top)
        painter.setBrush(QColor(theme.scheme_of(self).panel))
        painter.drawRoundedRect(body, 6, 6)
        painter.setBrush(self._colour)
        painter.drawRoundedRect(QRectF(0, body.top() + 8, 6, body.height() - 16), 3, 3)
