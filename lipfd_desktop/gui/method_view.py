"""How the score of a window came about: the path from the network's answer, what it was given, and the settings."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from lipfd_desktop.gui import evidence_words as say
from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.controls import muted_label, plain_label
from lipfd_desktop.language import tr
from lipfd_desktop.result import AnalysisResult, SeenWindow, Started, WindowScore


class MethodView(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = plain_label(tr("How this was computed"))
        title.setFont(theme.small_font(self, bold=True))
        self._path, self._given = _paragraph(plain_label()), _paragraph(muted_label())
        self._table = QGridLayout()
        self._table.setContentsMargins(0, 2, 0, 0)
        self._table.setHorizontalSpacing(12)
        self._table.setVerticalSpacing(3)
        self._table.setColumnStretch(1, 1)
        self._cells: list[QLabel] = []
        self._rows: list[tuple[str, str]] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for part in (_rule(), title, self._path, self._given):
            layout.addWidget(part)
        layout.addLayout(self._table)

    def show_window(
        self, window: WindowScore, started: Started, result: AnalysisResult | None, seen: SeenWindow | None
    ) -> None:
        """Explain the score of an analysed window; ``seen`` are its pictures once they are there."""
        self._path.setText(say.path_words(window))
        self._given.setText(say.given_words(started.model.input_contract, seen))
        rows = say.method_rows(started, result)
        if rows == self._rows:
            return
        self._rows = rows
        for cell in self._cells:
            cell.deleteLater()
        self._cells = []
        for row, (caption, words) in enumerate(rows):
            name, value = _paragraph(muted_label(caption)), _paragraph(plain_label(words))
            name.setWordWrap(False)
            if result is not None and result.started_at in words:  # what is copied keeps the exact spelling
                value.setText(words.replace(result.started_at, text.local_time(result.started_at)))
                value.setToolTip(result.started_at)
            self._table.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            self._table.addWidget(value, row, 1)
            self._cells += [name, value]

    @property
    def words(self) -> list[str]:
        rows = [f"{caption}: {words}".replace("\n", ", ") for caption, words in self._rows]
        return [self._path.text(), self._given.text(), *rows]


def _paragraph(label: QLabel) -> QLabel:
    label.setWordWrap(True)
    label.setFont(theme.small_font(label))
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _rule() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    return line
