"""Fake score of every window, the threshold, and what lies above it or was not looked at."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QWidget

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.evidence import Evidence
from lipfd_desktop.gui.face_labels import FaceLabels
from lipfd_desktop.gui.time_curve import Line, TimeCurve
from lipfd_desktop.gui.time_plot import Stripes, TimePlot
from lipfd_desktop.language import tr
from lipfd_desktop.report.palette import QUESTIONS, SUSPICIOUS, VERMILLION
from lipfd_desktop.report.terms import subject_words
from lipfd_desktop.result import WHOLE_PICTURE

_DASHES: Final = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine)
"""Of the two questions, so that they differ by more than their colours."""
_ROOM_FOR_QUARTERS: Final = 60
"""Pixels."""
_BANDS: Final = (5, 3)
"""Pixels."""
_BAND_ALPHA: Final = 150


class ScorePlot(TimePlot):
    """Signals: ``threshold_moved`` with the fake score that the user dragged the line to, and ``threshold_reset``."""

    threshold_moved = Signal(float)
    threshold_reset = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self._threshold = pg.InfiniteLine(0.5, angle=0, movable=True, bounds=(0.0, 1.0))
        self._preview = pg.ScatterPlotItem(symbol="d", size=9, brush=None)
        super().__init__(tr("Fake score of every window"), parent)
        self._curves: dict[int, TimeCurve] = {}
        self._evidence = Evidence()
        self._detailed_face = WHOLE_PICTURE
        self._questions: dict[str, TimeCurve] = {}
        self._names = FaceLabels(self.plot)
        wash = QColor(SUSPICIOUS)
        wash.setAlpha(64)
        self._suspicious = Stripes(QBrush(wash))
        self._unanalysed = Stripes(QBrush(QColor(150, 150, 150, 170), Qt.BrushStyle.BDiagPattern))
        self._preview.setToolTip(tr("A first look at the file; the analysis computes every window"))
        self._preview.setZValue(30)
        self.plot.addItem(self._preview, ignoreBounds=True)
        for depth, stripes in enumerate((self._unanalysed, self._suspicious)):
            stripes.setZValue(-20 + depth)
            self.plot.addItem(stripes, ignoreBounds=True)
        self._threshold.setZValue(40)
        self._threshold.hide()  # until somebody knows it
        self.plot.addItem(self._threshold, ignoreBounds=True)
        self._threshold.sigDragged.connect(lambda line: self.threshold_moved.emit(float(line.value())))
        self._threshold.setToolTip(tr("Drag to another threshold; double-click for the model's own"))
        self._threshold.sigClicked.connect(self._on_threshold_clicked)
        self.view.setYRange(-0.04, 1.04, padding=0)
        self.view.sigResized.connect(self._label_axis)
        self.plot.showGrid(y=True, alpha=0.18)
        self._restyle()

    def _label_axis(self, *_resized: object) -> None:
        levels = (0.0, 0.25, 0.5, 0.75, 1.0) if self.view.height() >= _ROOM_FOR_QUARTERS else (0.0, 0.5, 1.0)
        self.plot.getAxis("left").setTicks([[(y, f"{y:g}") for y in levels]])

    def set_threshold(self, threshold: float | None) -> None:
        """None while it is not known which model will judge."""
        self._threshold.setVisible(threshold is not None)
        if threshold is not None and not self._threshold.moving:
            self._threshold.setValue(threshold)

    def _on_threshold_clicked(self, _line: object, event: object) -> None:
        if event.double():  # type: ignore[attr-defined]
            self.threshold_reset.emit()

    def show_spans(self, suspicious: NDArray[np.float64]) -> None:
        """(n, 2) seconds to shade, ordered by their starts."""
        self._suspicious.set_spans(suspicious)

    def show_scores(self, evidence: Evidence, *, only_face: int | None) -> None:
        """Draw one curve a face, or that of one face alone.

        Scores of the whole picture are drawn whatever face is chosen.
        """
        self._evidence = evidence
        scores = evidence.scores
        counts = np.bincount(scores.face[scores.analysed] - WHOLE_PICTURE)
        faces = [int(place) + WHOLE_PICTURE for place in np.flatnonzero(counts)]
        faces = [face for face in faces if only_face in (None, face) or face == WHOLE_PICTURE]
        for gone in set(self._curves).difference(faces):
            self._curves[gone].set_line(Line.empty())
        for face in faces:
            if face not in self._curves:
                self._curves[face] = self.add_curve(theme.face_colour(face), dotted=True)
            trace = evidence.trace(face)
            self._curves[face].set_line(Line.of(trace.x, scores.score[trace.rows], trace.run))
        self._names.show_lines({face: self._curves[face].line for face in faces})
        self._unanalysed.set_spans(evidence.unanalysed)
        looked = evidence.preview.take(evidence.preview.analysed)
        self._preview.setData((looked.start + looked.end) / 2, looked.score)

    def show_questions(self, evidence: Evidence, face: int) -> None:
        """Draw the answers to the two questions for one face, where the model gives them."""
        self._detailed_face = face
        trace = evidence.trace(face)
        columns = (evidence.scores.generated, evidence.scores.foreign_sound)
        for (name, colour), column, style, width in zip(QUESTIONS, columns, _DASHES, _BANDS, strict=True):
            line = Line.of(trace.x, column[trace.rows], trace.run)
            if len(line) and name not in self._questions:
                # The score is the higher of the two answers: a band beneath it shows which one that is.
                band = QColor(colour)
                band.setAlpha(_BAND_ALPHA)
                self._questions[name] = self.add_curve(band, style, width=width)
                self._questions[name].setZValue(-1)
            if name in self._questions:
                self._questions[name].set_line(line)

    def values_at(self, pts: float, _height: float) -> list[str]:
        lines = []
        for face in sorted(face for face, curve in self._curves.items() if len(curve.line)):
            window = self._evidence.window_at(pts, face)
            if window is None or window.score is None:
                continue
            lines.append(tr("{subject}: fake score {score:.3f}", subject=subject_words(face), score=window.score))
            if face == self._detailed_face and window.generated is not None:
                lines.append(tr("generated {score:.3f}", score=window.generated))
                heard = window.foreign_sound
                lines.append(
                    tr("foreign sound cannot be told")
                    if heard is None
                    else tr("foreign sound {score:.3f}", score=heard)
                )
        return lines or [tr("no score here")]

    @property
    def questions_drawn(self) -> list[str]:
        """Names of the questions that have a curve."""
        return [name for name, curve in self._questions.items() if len(curve.line)]

    @property
    def preview_drawn(self) -> int:
        """Windows of a first look."""
        return len(self._preview.data)

    @property
    def points_drawn(self) -> int:
        """Windows with a score in all curves."""
        return sum(len(curve.line) for curve in self._curves.values())

    @property
    def unanalysed_stripes(self) -> NDArray[np.float64]:
        """(n, 2) seconds."""
        return self._unanalysed.spans

    @property
    def suspicious_stripes(self) -> int:
        return len(self._suspicious.spans)

    def _restyle(self) -> None:
        super()._restyle()
        scheme = theme.scheme_of(self)
        self._preview.setPen(pg.mkPen(QColor(scheme.text), width=1))
        self._threshold.setPen(pg.mkPen(QColor(VERMILLION), width=1, style=Qt.PenStyle.DashLine))
        self._threshold.setHoverPen(pg.mkPen(QColor(scheme.text), width=1))
