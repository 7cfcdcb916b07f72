"""Messages to the user; none of them stops the event loop."""

from __future__ import annotations

import html
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QMessageBox, QVBoxLayout, QWidget

from lipfd_desktop import __version__
from lipfd_desktop.gui.controls import muted_label
from lipfd_desktop.gui.jobs import Failure


def _show(box: QMessageBox) -> QMessageBox:
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for label in box.findChildren(QLabel):  # that of the informative text as well, which setTextFormat leaves out
        label.setTextFormat(Qt.TextFormat.PlainText)
    box.open()
    return box


def show_failure(parent: QWidget, failure: Failure) -> QMessageBox:
    """The sentence of an error, or an unexpected problem with its traceback to send to the developers."""
    box = QMessageBox(parent)
    if failure.details is None:
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("LipFD Desktop")
        box.setText(failure.message)
    else:
        box.setIcon(QMessageBox.Icon.Critical)
        box.setWindowTitle("Unexpected problem")
        box.setText("An unexpected problem occurred. What was found so far is still shown.")
        box.setInformativeText(failure.message)
        box.setDetailedText(failure.details)
    return _show(box)


def show_words(parent: QWidget, title: str, words: str) -> QMessageBox:
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Information)
    box.setWindowTitle(title)
    box.setText(words)
    return _show(box)


def ask(parent: QWidget, question: str, explanation: str, consent: str, on_consent: Callable[[], None]) -> QMessageBox:
    """Ask before something is lost; ``consent`` is the word on the button that calls ``on_consent``."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle("LipFD Desktop")
    box.setText(question)
    box.setInformativeText(explanation)
    yes = box.addButton(consent, QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    yes.clicked.connect(on_consent)
    return _show(box)


class _Page(QDialog):
    def __init__(self, parent: QWidget, title: str, body: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 14)
        layout.setSpacing(14)
        layout.addWidget(body)
        layout.addWidget(buttons)


def show_shortcuts(parent: QWidget, rows: list[tuple[str, str]]) -> QDialog:
    """``rows``: keys and what they do."""
    lines = "".join(
        f"<tr><td style='padding: 2px 22px 2px 0'><b>{keys}</b></td><td style='padding: 2px 0'>{words}</td></tr>"
        for keys, words in ((html.escape(keys), html.escape(words)) for keys, words in rows)
    )
    page = _Page(parent, "Shortcuts", QLabel(f"<table>{lines}</table>"))
    page.open()
    return page


def show_about(parent: QWidget) -> QDialog:
    body = muted_label(
        f"<h2>LipFD Desktop {__version__}</h2>"
        "<p>Examines talking-head video for lip-sync forgery with LipFD<br>"
        "(Liu et al., “Lips Are Lying: Spotting the Temporal Inconsistency between Audio and Visual in<br>"
        "Lip-Syncing DeepFakes”, NeurIPS 2024).</p>"
        "<p>A score is an investigative aid, not proof. It says how this network rates a window,<br>"
        "not how likely it is to be right.</p>"
        "<p>Everything is computed on this machine; the examined file is never written to.</p>"
        "<p>MIT licence. Uses Qt (LGPL), FFmpeg, MediaPipe and PyTorch.</p>",
        is_rich=True,
    )
    page = _Page(parent, "About LipFD Desktop", body)
    page.open()
    return page
