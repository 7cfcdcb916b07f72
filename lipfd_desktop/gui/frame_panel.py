"""Everything known about the frame under the cursor."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from lipfd_desktop.gui import text
from lipfd_desktop.gui.controls import muted_label, plain_label
from lipfd_desktop.gui.evidence import Evidence, FaceBox
from lipfd_desktop.report.text import plural, subject
from lipfd_desktop.result import WindowScore

_SHOWN: Final = 12
_NO_BREAK: Final = "\u00a0"


def face_words(faces: list[FaceBox], *, examined: bool) -> str:
    """How the faces of a frame were found."""
    if faces:
        return "\n".join(
            f"face {face.face}: {face.path.label}, {face.box[2]:.0f} × {face.box[3]:.0f} px" for face in faces
        )
    return "no face found" if examined else "not examined"


def window_words(window: WindowScore) -> str:
    """One window in a few lines: score, answers to the two questions, weights; or why it was not analysed."""
    if window.score is None or window.weights is None:
        return f"not analysed: {window.reason}"
    lines = [f"fake score {window.score:.3f}   logit {window.logit:+.2f}"]
    if window.generated is not None:
        heard = "cannot tell" if window.foreign_sound is None else f"{window.foreign_sound:.3f}"
        lines += [f"generated {window.generated:.3f}", f"foreign sound {heard}"]
    lines.append("  ".join(f"{tier}{_NO_BREAK}{weight:.4f}" for tier, weight in window.weights.items()))
    return "\n".join(lines)


class FramePanel(QScrollArea):
    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Frame under the cursor")
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self._time, self._frame, self._faces, self._count = (self._value() for _ in range(4))
        self._windows = QWidget()
        self._window_form = QFormLayout(self._windows)
        self._rows: list[tuple[QLabel, QLabel]] = []
        form = QFormLayout()
        for caption, value in (
            ("Time", self._time), ("Frame", self._frame), ("Faces", self._faces), ("Windows", self._count)
        ):  # fmt: skip
            form.addRow(muted_label(caption), value)
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.addLayout(form)
        layout.addWidget(self._windows)
        layout.addStretch(1)
        self._window_form.setContentsMargins(0, 2, 0, 0)
        for layout_form in (form, self._window_form):
            layout_form.setHorizontalSpacing(14)
            layout_form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setWidget(body)

    @staticmethod
    def _value() -> QLabel:
        label = plain_label("–")
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def show_frame(self, pts: float, frame: int, evidence: Evidence, faces: list[FaceBox]) -> None:
        """Describe frame ``frame`` (from 0) at ``pts`` seconds."""
        self._time.setText(f"{text.clock(pts)}   ({pts:.6f} s)")
        self._frame.setText(f"{frame:,}   (the first is 0)")
        self._faces.setText(face_words(faces, examined=evidence.was_examined(pts)))
        windows = evidence.windows_at(pts)
        self._count.setText("none holds this frame" if not windows else plural(len(windows), "window"))
        shown = windows[:_SHOWN]
        while len(self._rows) < len(shown):
            row = (muted_label(), self._value())
            self._window_form.addRow(*row)
            self._rows.append(row)
        for i, (caption, value) in enumerate(self._rows):
            self._window_form.setRowVisible(i, i < len(shown))
            if i < len(shown):
                has_owner = shown[i].analysed or shown[i].face is not None
                caption.setText(f"#{shown[i].index}" + (f"\n{subject(shown[i].face)}" if has_owner else ""))
                value.setText(window_words(shown[i]))

    @property
    def words(self) -> str:
        """All that is shown, as one text."""
        rows = [f"{caption.text()}\n{value.text()}" for caption, value in self._rows if not value.isHidden()]
        return "\n".join([self._time.text(), self._frame.text(), self._faces.text(), self._count.text(), *rows])
