"""The people of a file as a row of chips: who they are, what their verdicts say, and who seems to speak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QKeySequence, QPainter, QPainterPath, QPaintEvent, QPixmap, QShortcut
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QMenu, QPushButton, QWidget

from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.controls import KeepKeys, muted_label, scrolling
from lipfd_desktop.gui.verdict_strip import OUTCOME_COLOURS
from lipfd_desktop.gui.verdict_words import reason_of
from lipfd_desktop.language import mark, tr, trn
from lipfd_desktop.result import Outcome, Verdict

_HEIGHT: Final = 56
_WIDTH: Final = 218
_PORTRAIT: Final = 44
_MARGIN: Final = 6
_KEYS: Final = 9
"""Chips that have a digit as their key."""
_WORDS: Final = {
    Outcome.AUTHENTIC: mark("authentic"),
    Outcome.INCONCLUSIVE: mark("inconclusive"),
    Outcome.MANIPULATED: mark("manipulated"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """What a chip says about one face.

    Attributes
    ----------
    seconds
        How long it is on the screen.
    verdict
        Of this face alone; None without an analysed window.
    is_final
        The verdict is that of a finished analysis, by trained weights.
    missing
        Why there is no verdict, when there is none.
    speaks
        It is guessed to speak at the cursor.
    spoken
        Seconds for which it is guessed to speak.
    """

    face: int
    seconds: float
    verdict: Verdict | None
    is_final: bool
    missing: str
    speaks: bool = False
    spoken: float = 0.0

    @property
    def answer(self) -> str:
        """The verdict in a word, with its score."""
        if self.verdict is None or self.verdict.score is None:
            return self.missing
        if not self.is_final:
            return tr("score {score:.2f}", score=self.verdict.score)
        return tr("{answer} {score:.2f}", answer=tr(_WORDS[self.verdict.outcome]), score=self.verdict.score)

    @property
    def name(self) -> str:
        return tr("Face {number}", number=self.face)

    def describe(self) -> str:
        """Everything in words, for screen readers and tips."""
        words = [
            tr("{name}: {answer}", name=self.name, answer=self.answer),
            tr("on the screen for {seconds:.1f} s", seconds=self.seconds),
        ]
        if self.verdict is not None and self.is_final:
            words.append(reason_of(self.verdict))
        if self.spoken:
            words.append(tr("guessed to speak for about {seconds:.0f} s", seconds=self.spoken))
        if self.speaks:
            words.append(tr("speaking now, at a guess"))
        return "\n".join(words)


class FaceChip(QAbstractButton):
    """One face; checked while it is shown alone.

    Signals: ``analyze_asked`` with the track id, or None for every face; ``portrait_wanted`` with the track id when the
    chip is first seen.
    """

    analyze_asked = Signal(object)
    portrait_wanted = Signal(int)

    def __init__(self, face: int, key: str) -> None:
        super().__init__()
        self.face = face
        self.person = Person(face, 0.0, None, is_final=False, missing="")
        self._portrait: QPixmap | None = None
        self.key = key
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFixedSize(self.sizeHint())
        if key:
            # Not the button's own shortcut, which shows the press for 100 ms before anything happens.
            QShortcut(QKeySequence(key), self).activated.connect(self.click)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)
        KeepKeys(self, [Qt.Key.Key_Space])

    def sizeHint(self) -> QSize:  # noqa: N802
        answers = [tr("{answer} {score:.2f}", answer=tr(words), score=0.0) for words in _WORDS.values()]
        widest = max(self.fontMetrics().horizontalAdvance(f"{answer} · 00:00") for answer in answers)
        return QSize(max(_WIDTH, widest + _PORTRAIT + 4 * _MARGIN), _HEIGHT)

    @property
    def has_portrait(self) -> bool:
        return self._portrait is not None

    def set_portrait(self, image: QImage | None) -> None:
        self._portrait = None if image is None else QPixmap.fromImage(image)
        self.update()

    def show_person(self, person: Person) -> None:
        if person == self.person:
            return
        self.person = person
        self.setAccessibleName(person.name)
        self.setAccessibleDescription(person.describe())
        hint = tr("Click to see this face alone, again for all")
        key = "\n" + tr("Key: {key}", key=self.key) if self.key else ""
        self.setToolTip(text.tip(f"{person.describe()}\n\n{hint}{key}"))
        self.update()

    def menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Show every face") if self.isChecked() else tr("Show this face alone"), self.click)
        menu.addSeparator()
        menu.addAction(tr("Analyse only this face"), lambda: self.analyze_asked.emit(self.face))
        menu.addAction(tr("Analyse every face"), lambda: self.analyze_asked.emit(None))
        return menu

    def _show_menu(self, place: QPoint) -> None:
        self.menu().popup(self.mapToGlobal(place))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    # Painting ------------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        if self._portrait is None:
            self.portrait_wanted.emit(self.face)
        scheme, painter = theme.scheme_of(self), QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self._paint_card(painter, scheme)
        portrait = QRectF(_MARGIN, _MARGIN, _PORTRAIT, _PORTRAIT)
        self._paint_portrait(painter, portrait, scheme)
        words = QRect(_PORTRAIT + 2 * _MARGIN + 3, 7, self.width() - _PORTRAIT - 3 * _MARGIN - 5, _HEIGHT - 14)
        self._paint_words(painter, words, scheme)

    def _paint_card(self, painter: QPainter, scheme: theme.Scheme) -> None:
        colour = theme.face_colour(self.face)
        card = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setBrush(QColor(scheme.raised if self.underMouse() or self.isChecked() else scheme.panel))
        chosen = self.isChecked() or self.hasFocus()
        painter.setPen(QColor(scheme.border))
        if chosen:
            pen = painter.pen()
            pen.setColor(colour if self.isChecked() else QColor(scheme.accent))
            pen.setWidthF(2.0)
            painter.setPen(pen)
        painter.drawRoundedRect(card, 6, 6)

    def _paint_portrait(self, painter: QPainter, area: QRectF, scheme: theme.Scheme) -> None:
        outline = QPainterPath()
        outline.addRoundedRect(area, 5, 5)
        painter.fillPath(outline, QColor(scheme.plot))
        if self._portrait is not None:
            side = min(self._portrait.width(), self._portrait.height())
            part = QRect(0, 0, side, side)
            part.moveCenter(self._portrait.rect().center())
            painter.save()
            painter.setClipPath(outline)
            painter.drawPixmap(area.toRect(), self._portrait, part)
            painter.restore()
        number = QRectF(area.left() - 2, area.bottom() - 15, 8 + 8 * len(str(self.face)), 17)
        colour = theme.face_colour(self.face)
        painter.setPen(QColor(scheme.panel))
        painter.setBrush(colour)
        painter.drawRoundedRect(number, 4, 4)
        painter.setFont(theme.small_font(self, bold=True))
        painter.setPen(theme.ink_on(colour))
        painter.drawText(number, Qt.AlignmentFlag.AlignCenter, str(self.face))

    def _paint_words(self, painter: QPainter, area: QRect, scheme: theme.Scheme) -> None:
        person = self.person
        above, below = QRect(area), QRect(area)
        above.setBottom(area.center().y() - 1)
        below.setTop(area.center().y() + 1)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        font = QFont(self.font())
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(scheme.text))
        painter.drawText(above, left, person.name)
        painter.setFont(theme.small_font(self))
        if person.speaks:
            painter.setPen(QColor(scheme.accent))
            painter.drawText(above, right, tr("speaking (guess)"))
        painter.setPen(QColor(scheme.muted))
        seconds = (
            tr("{seconds:.1f} s", seconds=person.seconds) if person.seconds < 100 else text.clock(person.seconds, 0)
        )
        painter.drawText(below, right, seconds)
        answer = QRect(below)
        answer.setRight(below.right() - painter.fontMetrics().horizontalAdvance(seconds) - _MARGIN)
        if person.is_final and person.verdict is not None and person.verdict.score is not None:
            painter.setBrush(QColor(OUTCOME_COLOURS[person.verdict.outcome]))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(QRectF(answer.left(), answer.center().y() - 3, 8, 8))
            answer.setLeft(answer.left() + 13)
            painter.setPen(QColor(scheme.text))
        words = painter.fontMetrics().elidedText(person.answer, Qt.TextElideMode.ElideRight, answer.width())
        painter.drawText(answer, left, words)


class PeopleBar(QWidget):
    """A chip a face, hidden until there are people to choose from.

    Signals
    -------
    chosen
        The track id of the face to be seen alone, or None for all.
    analyze_asked
        The track id of the only face to analyse, or None for all.
    portrait_wanted
        The track id of a chip that is seen without a picture.
    """

    chosen = Signal(object)
    analyze_asked = Signal(object)
    portrait_wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("People in this video"))
        self.chips: dict[int, FaceChip] = {}
        self._row = QWidget()
        self._chips_layout = QHBoxLayout(self._row)
        self._chips_layout.setContentsMargins(0, 0, 0, 0)
        self._chips_layout.setSpacing(_MARGIN)
        self.more_label = muted_label()
        self._chips_layout.addWidget(self.more_label)
        self._chips_layout.addStretch(1)
        self._scroll = scrolling(self._row)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.only_button = self._button(tr("Analyse only this face"))
        self.every_button = self._button(tr("Analyse every face"))
        self.only_button.clicked.connect(lambda: self.analyze_asked.emit(self.face))
        self.every_button.clicked.connect(lambda: self.analyze_asked.emit(None))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._scroll, 1)
        layout.addWidget(self.only_button)
        layout.addWidget(self.every_button)
        self.hide()

    @staticmethod
    def _button(words: str) -> QPushButton:
        button = QPushButton(words)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        KeepKeys(button, [Qt.Key.Key_Space])
        button.hide()
        return button

    @property
    def face(self) -> int | None:
        """The face that is shown alone."""
        return next((face for face, chip in self.chips.items() if chip.isChecked()), None)

    def show_people(self, people: Sequence[Person], *, chosen: int | None, left_out: int) -> None:
        """Show a chip for each of ``people``; ``left_out`` more faces were seen too briefly to get one."""
        if [person.face for person in people] != list(self.chips):
            self._make_chips([person.face for person in people])
        for person in people:
            chip = self.chips[person.face]
            chip.show_person(person)
            chip.setChecked(person.face == chosen)
        self.more_label.setText(
            trn("{count} more, seen briefly", "{count} more, seen briefly", left_out) if left_out else ""
        )
        bar = self._scroll.horizontalScrollBar()
        needed = self._row.minimumSizeHint().width() > self._scroll.viewport().width()
        self.setFixedHeight(_HEIGHT + (bar.sizeHint().height() if needed else 0))

    def offer(self, *, only: bool, every: bool) -> None:
        """Which of the two analyses can be asked for by a button."""
        self.only_button.setVisible(only)
        self.every_button.setVisible(every)

    def _make_chips(self, faces: list[int]) -> None:
        kept = {face: chip for face, chip in self.chips.items() if face in faces}
        for face, chip in self.chips.items():
            self._chips_layout.removeWidget(chip)
            if face not in kept or list(self.chips).index(face) != faces.index(face):
                kept.pop(face, None)
                chip.hide()
                chip.deleteLater()
        self.chips = {}
        for place, face in enumerate(faces):
            chip = kept.get(face) or self._new_chip(face, str(place + 1) if place < _KEYS else "")
            self.chips[face] = chip
            self._chips_layout.insertWidget(place, chip)

    def _new_chip(self, face: int, key: str) -> FaceChip:
        chip = FaceChip(face, key)
        chip.clicked.connect(lambda checked: self.chosen.emit(face if checked else None))
        chip.analyze_asked.connect(self.analyze_asked)
        chip.portrait_wanted.connect(self.portrait_wanted)
        return chip

    def resizeEvent(self, event: object) -> None:  # noqa: N802
        super().resizeEvent(event)  # type: ignore[arg-type]
        needed = self._row.minimumSizeHint().width() > self._scroll.viewport().width()
        self.setFixedHeight(_HEIGHT + (self._scroll.horizontalScrollBar().sizeHint().height() if needed else 0))
