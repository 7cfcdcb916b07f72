"""What is shown before a file is open: what the program does, what it cannot say, and ways to begin."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.controls import heading, muted_label, plain_label
from lipfd_desktop.language import mark, tr
from lipfd_desktop.report.text import printable
from lipfd_desktop.result import MeasuredRate, ModelInfo

_RECENT: Final = 4
_WIDTH: Final = 860
_STEPS: Final = (
    (mark("1  Open"), mark("A video with a speaking person. It is only read, and nothing leaves this machine.")),
    (mark("2  Analyze"), ""),
    (mark("3  Look yourself"), mark("Go through the suspicious moments frame by frame, then write a report.")),
)
_TWO_QUESTIONS: Final = mark(
    "Every short window is asked two things: is this the sound of these lips, and was this mouth or head generated?"
)
_ONE_SCORE: Final = mark("Every short window gets a fake score: how much it looks like lips made for another sound.")


class Welcome(QWidget):
    """Signals: ``open_asked``, ``sample_asked``, ``cancel_asked``, and ``recent_asked`` with a path."""

    open_asked = Signal()
    sample_asked = Signal()
    cancel_asked = Signal()
    recent_asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.open_button = QPushButton(tr("Open video…"))
        self.open_button.setProperty("primary", True)
        self.sample_button = QPushButton(tr("Try the bundled sample"))
        self.sample_note = muted_label(tr("The sample is a synthetic forgery, made for this program and labelled so."))
        self.busy_label = plain_label()
        self.cancel_button = QPushButton(tr("Cancel"))
        self._has_sample = False
        self._scored = muted_label(wraps=True)
        self.limits_label = muted_label(wraps=True)
        self._idle, self._busy = QWidget(), self._make_busy()
        self._recent = QVBoxLayout()
        self._make_idle()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(44, 36, 44, 36)
        layout.addStretch(1)
        for part in (self._idle, self._busy):
            row = QHBoxLayout()  # and no alignment, which would forget that wrapped words need more lines
            row.addStretch(1)
            row.addWidget(part)
            row.addStretch(1)
            layout.addLayout(row)
        layout.addStretch(1)
        self.set_model(None)
        self.set_opening(None)
        self.open_button.clicked.connect(self.open_asked)
        self.sample_button.clicked.connect(self.sample_asked)
        self.cancel_button.clicked.connect(self.cancel_asked)

    def _make_idle(self) -> None:
        title = QLabel(tr("Drop a talking-head video here"))
        title.setProperty("title", True)
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch(1)
        for button in (self.open_button, self.sample_button):
            button.setMinimumSize(170, 34)
            buttons.addWidget(button)
        buttons.addStretch(1)
        self.sample_note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        steps = QHBoxLayout()
        steps.setSpacing(12)
        for name, words in _STEPS:
            steps.addWidget(_card(tr(name), muted_label(tr(words), wraps=True) if words else self._scored), 1)
        column = QVBoxLayout(self._idle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(title)
        column.addLayout(buttons)
        column.addWidget(self.sample_note)
        column.addSpacing(6)
        column.addLayout(steps)
        column.addWidget(_card(tr("What it cannot say"), self.limits_label))
        column.addLayout(self._recent)
        self._recent.setSpacing(1)
        self._idle.setFixedWidth(_WIDTH)

    def _make_busy(self) -> QWidget:
        holder = QWidget()
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        bar.setFixedWidth(320)
        bar.setAccessibleName(tr("Progress of opening"))
        layout = QVBoxLayout(holder)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        for part in (self.busy_label, bar, self.cancel_button):
            layout.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        return holder

    def set_sample(self, sample: Path | None) -> None:
        self._has_sample = sample is not None
        self.sample_button.setVisible(self._has_sample)
        self.sample_note.setVisible(self._has_sample)

    def set_model(self, model: ModelInfo | None) -> None:
        """Say what ``model``, the one that is used, is asked, and how often it was wrong."""
        two = model is not None and model.rule is not None and model.rule.foreign_sound is not None
        self._scored.setText(tr(_TWO_QUESTIONS if two or model is None else _ONE_SCORE))
        self.limits_label.setText(_limits(model))

    def set_recent(self, files: Sequence[tuple[Path, bool]]) -> None:
        """Offer files opened lately; the bool says whether one is still there."""
        while (item := self._recent.takeAt(0)) is not None:
            if widget := item.widget():
                widget.deleteLater()
        if files:
            self._recent.addWidget(heading(tr("Opened lately")))
        for path, exists in files[:_RECENT]:
            button = QToolButton()
            name, folder = printable(path.name), printable(path.parent)
            words = tr("{name}   in {folder}", name=name, folder=folder)
            if not exists:
                words = tr("{name}   is no longer in {folder}", name=name, folder=folder)
            fitted = button.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, _WIDTH - 40)
            button.setText(text.menu_entry(fitted))
            button.setToolTip(text.tip(printable(path)))
            button.setAccessibleName(words)
            button.setEnabled(exists)
            button.clicked.connect(partial(self.recent_asked.emit, path))
            self._recent.addWidget(button)

    def set_opening(self, path: Path | None) -> None:
        """Show that ``path`` is being read, or wait for one."""
        self._idle.setVisible(path is None)
        self._busy.setVisible(path is not None)
        self.sample_note.setVisible(path is None and self._has_sample)
        if path is not None:
            self.busy_label.setText(tr("Reading {name}…", name=printable(path.name)))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.scheme_of(self).border), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(20, 14, -20, -14), 14, 14)


def _card(title: str, body: QLabel) -> QFrame:
    card = QFrame()
    card.setObjectName("bar")
    layout = QVBoxLayout(card)
    layout.setContentsMargins(14, 10, 14, 10)
    layout.setSpacing(3)
    layout.addWidget(heading(title))
    layout.addWidget(body, 1)
    body.setAlignment(Qt.AlignmentFlag.AlignTop)
    return card


def _rate(rate: MeasuredRate) -> str:
    return tr("{value:.1%} ({low:.1%} to {high:.1%})", value=rate.value, low=rate.low, high=rate.high)


def _limits(model: ModelInfo | None) -> str:
    words = [
        tr("A score is an investigative aid, not proof, and not the probability of a forgery. “Inconclusive” is a "
           "normal answer: it means that these scores decide nothing. Dubbing and delayed sound count as foreign "
           "sound.")
    ]  # fmt: skip
    if model is None:
        words.append(tr("No detection model is installed; without one there are no scores."))
    elif not model.trained:
        words.append(tr("The installed model holds test weights: its scores are meaningless."))
    elif model.rule is None:
        words.append(
            tr("How often the verdict of {model} is wrong has not been measured.", model=printable(model.name))
        )
    else:
        rule = model.rule
        words.append(
            tr("Measured for {model} on {clips:,} clips of {speakers:,} speakers: {wrong} of the real ones were called "
               "likely manipulated, {missed} of the fakes likely authentic.",
               model=printable(model.name), clips=rule.clips, speakers=rule.speakers,
               wrong=_rate(rule.false_positive_rate), missed=_rate(rule.false_negative_rate))
        )  # fmt: skip
        if rule.called_out is not None and rule.manipulated_left_open is not None:
            words.append(
                tr("It called out {found} of the fakes and left {open} of them inconclusive.",
                   found=_rate(rule.called_out), open=_rate(rule.manipulated_left_open))
            )  # fmt: skip
        words.append(tr("Expect worse on other material."))
    return " ".join(words)
