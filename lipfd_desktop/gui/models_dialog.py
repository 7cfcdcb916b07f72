"""Which detection models are installed, and where others come from."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lipfd_desktop.gui.controls import heading, muted_label, plain_label, resize_to_fit, scrolling_page
from lipfd_desktop.gui.engine_port import PublishedModel
from lipfd_desktop.gui.library import Library
from lipfd_desktop.language import mark, tr
from lipfd_desktop.report.method import rule_words
from lipfd_desktop.report.record import quoted, translated
from lipfd_desktop.report.text import printable, together
from lipfd_desktop.result import ModelInfo

NONE_INSTALLED = mark(
    "No detection model is installed. LipFD Desktop shows no scores without one. Download published weights from "
    "their source below, then import the file here."
)


def _card(title: str, lines: list[str], link: str = "") -> QFrame:
    card = QFrame()
    card.setObjectName("bar")
    layout = QVBoxLayout(card)
    layout.setContentsMargins(12, 10, 12, 10)
    layout.setSpacing(3)
    layout.addWidget(heading(title))
    for line in lines:
        label = muted_label(line, wraps=True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(label)
    if link:
        source = plain_label()
        source.setWordWrap(True)
        if link.startswith("https://") and not set(link) & set("\"'<> "):
            source.setTextFormat(Qt.TextFormat.RichText)
            source.setText(f'<a href="{link}">{link}</a>')
            source.linkActivated.connect(lambda url: QDesktopServices.openUrl(QUrl(url)))
        else:
            source.setText(link)
        source.setAccessibleName(tr("Source of {name}", name=title))
        layout.addWidget(source)
    return card


def _installed_card(model: ModelInfo) -> QFrame:
    lines = [
        f"SHA-256 {model.sha256}",
        tr(
            "Input contract: {contract}  ·  {frames} frames a window  ·  threshold {threshold:g}",
            contract=model.input_contract,
            frames=model.window_frames,
            threshold=model.threshold,
        ),
        tr("Licence: {licence}  ·  source: {source}", licence=model.licence, source=translated(model.source)),
        *(rule_words(model) if model.trained else ()),
        *map(quoted, model.limits),
    ]
    title = model.name
    if not model.trained:
        title = tr("{model} – test weights, scores are meaningless", model=model.name)
    return _card(title, lines)


def _published_card(model: PublishedModel) -> QFrame:
    lines = [
        tr("{size}  ·  licence: {licence}", size=tr(model.size), licence=tr(model.licence)),
        tr(model.checksum_note),
        together(*map(tr, model.notes)),
    ]
    return _card(model.name, [line for line in lines if line], model.source)


class ModelsDialog(QDialog):
    """Signals: ``import_asked`` with the path of a checkpoint to import."""

    import_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Models"))
        resize_to_fit(self, 680, 560)
        self.setWindowFlag(Qt.WindowType.WindowContextHelpButtonHint, on=False)
        self.plain_label = QLabel(tr(NONE_INSTALLED))
        self.plain_label.setWordWrap(True)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(8)
        scroll = scrolling_page(self._cards, tr("Models"), right=6)
        self.import_button = QPushButton(tr("&Import file…"))
        self.import_button.clicked.connect(self._ask_import)
        self.busy_bar = QProgressBar()
        self.busy_bar.setRange(0, 0)
        self.busy_bar.setTextVisible(False)
        self.busy_bar.setAccessibleName(tr("Progress of the import"))
        self.busy_label = muted_label()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        below = QHBoxLayout()
        below.addWidget(self.import_button)
        below.addWidget(self.busy_label)
        below.addWidget(self.busy_bar, 1)
        below.addStretch(0)
        below.addWidget(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 14)
        layout.setSpacing(12)
        layout.addWidget(self.plain_label)
        layout.addWidget(scroll, 1)
        layout.addLayout(below)
        buttons.button(QDialogButtonBox.StandardButton.Close).setDefault(True)
        self.set_busy("")

    def show_library(self, library: Library) -> None:
        while (item := self._cards.takeAt(0)) is not None:
            if widget := item.widget():
                widget.deleteLater()
        self.plain_label.setVisible(not library.models)
        if library.models:
            self._cards.addWidget(heading(tr("Installed")))
            for model in library.models:
                self._cards.addWidget(_installed_card(model))
        if library.catalogue:
            self._cards.addWidget(heading(tr("Published weights")))
            for published in library.catalogue:
                self._cards.addWidget(_published_card(published))

    def set_busy(self, words: str) -> None:
        """Say what takes time, or nothing."""
        self.busy_label.setText(words)
        self.busy_bar.setVisible(bool(words))
        self.import_button.setEnabled(not words)

    def _ask_import(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, tr("Import a checkpoint"), "", tr("Checkpoints (*.pth *.pt *.safetensors);;All files (*)")
        )
        if path:
            self.set_busy(tr("Checking {name}…", name=printable(Path(path).name)))
            self.import_asked.emit(Path(path))
