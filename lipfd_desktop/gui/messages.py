"""Messages to the user; none of them stops the event loop."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget

from lipfd_desktop.gui.jobs import Failure
from lipfd_desktop.language import tr


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
        box.setWindowTitle(tr("Unexpected problem"))
        box.setText(tr("An unexpected problem occurred. What was found so far is still shown."))
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
