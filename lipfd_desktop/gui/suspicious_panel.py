"""The suspicious moments, with pictures; choosing one jumps there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.controls import KeepKeys, chooser, muted_label
from lipfd_desktop.gui.pictures import THUMBNAIL
from lipfd_desktop.language import tr, trn
from lipfd_desktop.report.palette import SUSPICIOUS
from lipfd_desktop.report.terms import subject_words
from lipfd_desktop.result import WHOLE_PICTURE, Outcome, Span, Verdict
from lipfd_desktop.verdict import Spans

Index = QModelIndex | QPersistentModelIndex
_SPAN: Final = Qt.ItemDataRole.UserRole
_MOMENT: Final = _SPAN + 1
_OTHERS: Final = _SPAN + 2
_SAME_S: Final = 0.1
"""A moment this near to the cursor is the one under it: the cursor stands on a frame, a moment between two."""
_KEPT: Final = 400
"""Thumbnails held at most; older ones are fetched again."""

_RETRY_S: Final = 3.0
"""A thumbnail that could not be had (another file was opening, say) is asked for again when painted after this."""
_LISTED: Final = 500
"""Moments listed at most, the strongest; all are marked in the plots."""

FetchThumbnail = Callable[[Span, Callable[[QImage | None], None]], None]


_Key = tuple[int | None, float]


def _key(span: Span) -> _Key:
    return span.face, span.peak.start


def describe(span: Span, pts: float, others: Sequence[int] = ()) -> str:
    """One span in words for screen readers and tips; ``pts`` is its moment, ``others`` are faces suspicious then."""
    words = tr(
        "{start} to {end}, {face}, peak fake score {score:.3f} at {moment}",
        start=text.clock(span.start),
        end=text.clock(span.end),
        face=subject_words(span.face),
        score=span.peak.score or 0.0,
        moment=text.clock(pts),
    )
    count = trn("{count:,} window", "{count:,} windows", span.windows)
    words = tr("{moment}, {windows}", moment=words, windows=count)
    if not others:
        return words
    faces = tr(", ").join(subject_words(face) for face in others)
    return tr("{moment}, at the same time: {faces}", moment=words, faces=faces)


class SpanModel(QAbstractListModel):
    """Spans in the order shown; fetches a thumbnail when it is first painted, one at a time, newest wish first."""

    def __init__(self, fetch: FetchThumbnail, time_of: Callable[[Span], float] = Span.moment) -> None:
        super().__init__()
        self._fetch = fetch
        self._time_of = time_of
        self.spans: Sequence[Span] = ()
        self._pictures: dict[_Key, QPixmap] = {}
        self._wanted: dict[_Key, Span] = {}
        self._failed: dict[_Key, float] = {}
        self._age = 0
        self._fetching: _Key | None = None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self.spans)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        span = self.spans[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return describe(span, self._time_of(span), self._others(span))
        if role == _SPAN:
            return span
        if role == _MOMENT:
            return self._time_of(span)
        if role == _OTHERS:
            return self._others(span)
        if role == Qt.ItemDataRole.DecorationRole:
            if _key(span) not in self._pictures:
                self._want(span)
            return self._pictures.get(_key(span))
        return None

    def _others(self, span: Span) -> list[int]:
        """Faces that are suspicious at the same time as the one of ``span``."""
        if not isinstance(self.spans, Spans) or span.face is None:
            return []
        times, faces = self.spans.times, self.spans.face
        overlap = (times[:, 0] < span.end) & (times[:, 1] > span.start) & (faces != span.face)
        return [int(face) for face in np.unique(faces[overlap])]

    def set_spans(self, spans: Sequence[Span]) -> None:
        self.beginResetModel()
        self.spans = spans
        self._wanted.clear()  # those still to be seen ask again when they are painted
        self.endResetModel()

    def forget_pictures(self) -> None:
        """Another file, or other face numbers: those on their way come too late as well."""
        self._age += 1
        self._pictures.clear()
        self._wanted.clear()
        self._failed.clear()
        self._fetching = None

    def _want(self, span: Span) -> None:
        waited = monotonic() - self._failed.get(_key(span), -_RETRY_S)
        if _key(span) != self._fetching and waited >= _RETRY_S:
            self._wanted[_key(span)] = span
            self._fetch_next()

    def _fetch_next(self) -> None:
        if self._fetching is not None or not self._wanted:
            return
        self._fetching, span = self._wanted.popitem()
        age = self._age
        self._fetch(span, lambda image: self._take(span, image) if age == self._age else None)

    def _take(self, span: Span, image: QImage | None) -> None:
        self._fetching = None
        if image is None:
            self._failed[_key(span)] = monotonic()
            self._fetch_next()
            return
        while len(self._pictures) >= _KEPT:
            self._pictures.pop(next(iter(self._pictures)))
        self._pictures[_key(span)] = QPixmap.fromImage(image)
        last = self.index(len(self.spans) - 1)  # only the rows that are seen are painted
        self.dataChanged.emit(self.index(0), last, [Qt.ItemDataRole.DecorationRole])
        self._fetch_next()


class _SpanDelegate(QStyledItemDelegate):
    """Paints a moment.

    Attributes
    ----------
    is_loud
        Whether scores have the colour of what is suspicious; without a verdict that says so they are grey.
    """

    is_loud = False

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802
        return QSize(THUMBNAIL.width() + 90, THUMBNAIL.height() + 14)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        widget: QWidget = option.widget
        area, state = QRectF(option.rect), option.state
        scheme = theme.scheme_of(widget)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(Qt.PenStyle.NoPen)
        if state & QStyle.StateFlag.State_Selected:
            painter.setBrush(QColor(scheme.accent).darker(210) if scheme is theme.DARK else QColor("#d9e8f7"))
            painter.drawRoundedRect(area.adjusted(3, 2, -3, -2), 5, 5)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(scheme.raised))
            painter.drawRoundedRect(area.adjusted(3, 2, -3, -2), 5, 5)
        thumbnail = QRectF(area.left() + 9, area.top() + 7, THUMBNAIL.width(), THUMBNAIL.height())
        self._paint_thumbnail(painter, thumbnail, index.data(Qt.ItemDataRole.DecorationRole), scheme)
        left, width = thumbnail.right() + 12, area.right() - thumbnail.right() - 18
        self._paint_words(painter, QRectF(left, area.top() + 9, width, THUMBNAIL.height()), index, widget, scheme)
        painter.restore()

    @staticmethod
    def _paint_thumbnail(painter: QPainter, area: QRectF, picture: QPixmap | None, scheme: theme.Scheme) -> None:
        outline = QPainterPath()
        outline.addRoundedRect(area, 4, 4)
        painter.fillPath(outline, QColor(scheme.plot))
        if picture is not None and not picture.isNull():
            painter.save()
            painter.setClipPath(outline)
            painter.drawPixmap(area, picture, QRectF(picture.rect()))
            painter.restore()

    def _paint_words(
        self, painter: QPainter, area: QRectF, index: Index, widget: QWidget, scheme: theme.Scheme
    ) -> None:
        span: Span = index.data(_SPAN)
        others: list[int] = index.data(_OTHERS)
        line = area.height() / 3.4
        bold = QFont(widget.font())
        bold.setBold(True)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        rows = [QRectF(area.left(), area.top() + i * line, area.width(), line) for i in range(3)]
        painter.setFont(bold)
        painter.setPen(QColor(scheme.text))
        painter.drawText(rows[0], flags, text.clock(index.data(_MOMENT)))
        painter.setFont(theme.small_font(widget))
        painter.setPen(QColor(scheme.muted))
        if others:
            with_whom = tr("with {faces}", faces=tr(", ").join(str(face) for face in others))
            painter.drawText(rows[0], Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, with_whom)
        details = [subject_words(span.face), tr("{seconds:.2f} s", seconds=span.end - span.start)]
        words = " · ".join(details)
        if span.face is not None:
            painter.save()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.face_colour(span.face))
            painter.drawEllipse(QRectF(rows[1].left(), rows[1].center().y() - 4, 8, 8))
            painter.restore()
            rows[1].setLeft(rows[1].left() + 13)
        painter.drawText(
            rows[1], flags, painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(rows[1].width()))
        )
        score = span.peak.score or 0.0
        bar = QRectF(rows[2].left(), rows[2].center().y() - 3, area.width() - 44, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(scheme.border))
        painter.drawRoundedRect(bar, 3, 3)
        painter.setBrush(QColor(SUSPICIOUS if self.is_loud else scheme.muted))
        painter.drawRoundedRect(QRectF(bar.left(), bar.top(), bar.width() * score, bar.height()), 3, 3)
        painter.setPen(QColor(scheme.text))
        painter.drawText(rows[2], Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{score:.2f}")


class SuspiciousPanel(QWidget):
    """Signals: ``chosen`` with the :class:`~lipfd_desktop.result.Span` to jump to, ``highest_asked`` where none is."""

    chosen = Signal(object)
    highest_asked = Signal()

    def __init__(self, fetch: FetchThumbnail, time_of: Callable[[Span], float] = Span.moment) -> None:
        super().__init__()
        self.setAccessibleName(tr("Suspicious moments"))
        self.model = SpanModel(fetch, time_of)
        self.list = QListView()
        self.list.setAccessibleName(tr("Suspicious moments"))
        self.list.setModel(self.model)
        self._delegate = _SpanDelegate(self.list)
        self.list.setItemDelegate(self._delegate)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setUniformItemSizes(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        KeepKeys(self.list, [Qt.Key.Key_Return, Qt.Key.Key_Enter])
        self.order_box = chooser(tr("Order"), tr("Order of the list, and of Up and Down"), characters=13)
        self.order_box.addItem(tr("strongest first"), True)
        self.order_box.addItem(tr("in time order"), False)
        self.count_label = muted_label()
        self.standing_label = muted_label(wraps=True)
        self.standing_label.setFont(theme.small_font(self.standing_label))
        self.empty_label = muted_label(wraps=True)
        self.empty_label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.highest_button = QPushButton()
        self._nothing = QWidget()
        empty = QVBoxLayout(self._nothing)
        empty.addStretch(1)
        empty.addWidget(self.empty_label)
        empty.addWidget(self.highest_button, 0, Qt.AlignmentFlag.AlignCenter)
        empty.addStretch(1)
        self._strongest = self._spans = Spans.empty()
        header = QHBoxLayout()
        header.addWidget(self.count_label, 1)
        header.addWidget(self.order_box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 6)
        layout.addLayout(header)
        layout.addWidget(self.standing_label)
        layout.addWidget(self._nothing, 1)
        layout.addWidget(self.list, 1)
        self.highest_button.clicked.connect(self.highest_asked)
        self.list.clicked.connect(self._choose)
        self.list.activated.connect(self._choose)
        self.order_box.currentIndexChanged.connect(self._fill)
        self.show_spans(Spans.empty())

    def explain(self, words_if_none: str, highest: float | None) -> None:
        """Say why there are no moments, while there are none, and offer the window with the ``highest`` score."""
        self.empty_label.setText(words_if_none)
        self.highest_button.setVisible(highest is not None)
        if highest is not None:
            self.highest_button.setText(tr("Highest window: {score:.2f}", score=highest))

    def show_standing(self, threshold: float, verdict: Verdict | None) -> None:
        """Say what stands behind the list, and colour it by what the verdict says.

        Parameters
        ----------
        threshold
            Fake score that every listed moment reaches.
        verdict
            Of the finished analysis; None before it, and of weights that were never trained.  One without calibration
            is decided by the threshold too.
        """
        self.standing_label.setText(_standing_words(threshold, verdict))
        self._delegate.is_loud = verdict is not None and verdict.outcome is Outcome.MANIPULATED
        self.list.viewport().update()

    @property
    def is_loud(self) -> bool:
        """Whether the list has the colour of what is suspicious."""
        return self._delegate.is_loud

    def show_spans(self, spans: Spans) -> None:
        """List ``spans``, strongest first, or the first of them; rows are made when they are painted."""
        found, listed = len(spans), spans.take(np.arange(min(len(spans), _LISTED)))
        self._nothing.setVisible(not listed)
        self.list.setVisible(bool(listed))
        self.standing_label.setVisible(bool(listed))
        self.order_box.setVisible(len(listed) > 1)
        words = trn("{count:,} moment", "{count:,} moments", found)
        if found > len(listed):
            words = tr("{listed} strongest of {moments}", listed=len(listed), moments=words)
        self.count_label.setText(words if listed else "")
        before, self._strongest = self._strongest, listed
        columns = ("face", "times", "moments")
        if not all(np.array_equal(getattr(before, name), getattr(listed, name)) for name in columns):
            self._fill()

    def _fill(self) -> None:
        kept, spans = self.current, self._strongest
        if not self.order_box.currentData():
            spans = spans.take(np.argsort(spans.moments, kind="stable"))
        self._spans = spans
        self.model.set_spans(spans)
        if kept is not None:
            face, peak = (WHOLE_PICTURE if kept.face is None else kept.face), kept.peak.start
            same = (spans.face == face) & (spans.times[:, 0] <= peak) & (peak < spans.times[:, 1])
            for row in np.flatnonzero(same).tolist():
                self.list.setCurrentIndex(self.model.index(row))

    @property
    def current(self) -> Span | None:
        span = self.list.currentIndex().data(_SPAN)
        return span if isinstance(span, Span) else None

    def _choose(self, index: QModelIndex) -> None:
        self.chosen.emit(index.data(_SPAN))

    def jump(self, direction: int, pts: float) -> None:
        """Choose the next (1) or previous (-1) moment: after ``pts`` seconds, or down the list when by strength."""
        spans, moments = self._spans, self._spans.moments
        if self.order_box.currentData():
            row = self.list.currentIndex().row() + direction if self.current else 0
        elif direction > 0:
            row = int(np.searchsorted(moments, pts + _SAME_S, "right"))
        else:
            row = int(np.searchsorted(moments, pts - _SAME_S)) - 1
        if 0 <= row < len(spans):
            self.list.setCurrentIndex(self.model.index(row))
            self._choose(self.model.index(row))


def _standing_words(threshold: float, verdict: Verdict | None) -> str:
    """What the threshold does: with a calibration it only lists moments, without one the verdict hangs on it."""
    if verdict is None or verdict.score is None:
        return tr("At or above the threshold of {threshold:.2f}.", threshold=threshold)
    if verdict.calibrated:
        return tr("At or above the threshold of {threshold:.2f}; does not decide the verdict.", threshold=threshold)
    return tr("At or above the threshold of {threshold:.2f}, by which the verdict is decided too.", threshold=threshold)
