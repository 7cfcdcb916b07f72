"""In the status bar, always: which model, which device really, and which arithmetic."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QStatusBar, QToolButton

from lipfd_desktop.gui import text
from lipfd_desktop.gui.analysis_bar import AnalysisBar
from lipfd_desktop.gui.session import Session
from lipfd_desktop.language import tr
from lipfd_desktop.network.device_name import device_name
from lipfd_desktop.report.terms import exactness_words
from lipfd_desktop.result import DeviceInfo, Exactness, ModelInfo

_SHORT: Final = 12
"""Digits of a SHA-256 that tell models apart at a glance."""


def fell_back(device: DeviceInfo) -> bool:
    """Whether another kind of device computed than the one that was asked for."""
    asked = device_name(device.requested)
    return asked != "auto" and asked.split(":")[0] != device.name.split(":")[0]


class _Label(QToolButton):
    """Words that can be clicked; loud ones are red."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoRaise(True)
        self.setProperty("indicator", True)

    def show_words(self, name: str, words: str, tip: str, *, loud: bool = False) -> None:
        self.setText(words.replace("&", "&&"))
        self.setToolTip(text.tip(tip))
        self.setAccessibleName(tr("{name}: {words}", name=name, words=words))
        if self.property("loud") != loud:
            self.setProperty("loud", loud)
            self.style().unpolish(self)
            self.style().polish(self)


class Indicator(QObject):
    """Before an analysis it shows what is chosen, from then on what was really used.

    Signals: ``models_asked`` and ``preferences_asked`` when one of the labels is clicked.
    """

    models_asked = Signal()
    preferences_asked = Signal()

    def __init__(self, session: Session, bar: AnalysisBar, status: QStatusBar) -> None:
        super().__init__(status)
        self._session, self._bar = session, bar
        self.model, self.device, self.exactness = _Label(), _Label(), _Label()
        for label in (self.model, self.device, self.exactness):
            status.addPermanentWidget(label)
        self.model.clicked.connect(self.models_asked)
        self.device.clicked.connect(self.preferences_asked)
        self.exactness.clicked.connect(self.preferences_asked)
        for box in (bar.model_box, bar.device_box, bar.exactness_box):
            box.currentIndexChanged.connect(self.refresh)
        for signal in (session.library.changed, session.evidence_changed, session.state_changed):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        started, result = self._session.evidence.started, self._session.result
        self._show_model(self._bar.model if started is None else started.model)
        self._show_device(None if started is None else started.device)
        exactness = self._bar.exactness if result is None else result.request.exactness
        self._show_exactness(exactness)

    def _show_model(self, model: ModelInfo | None) -> None:
        if model is None:
            tip = tr("Without a model there are no scores. Click to see where to get one.")
            self.model.show_words(tr("Model"), tr("no model"), tip, loud=True)
            return
        words = model.name
        if not model.trained:
            words = tr("{model}: test weights, scores are meaningless", model=model.name)
        tip = tr("SHA-256 {digits}… Click for what is known of the models.", digits=model.sha256[:_SHORT])
        self.model.show_words(tr("Model"), words, tip, loud=not model.trained)

    def _show_device(self, used: DeviceInfo | None) -> None:
        if used is None:
            chosen = self._bar.device_box.currentText()
            self.device.show_words(
                tr("Device"), tr("device: {device}", device=chosen),
                tr("What was really used is shown here from the start of an analysis. Click to change the default."),
            )  # fmt: skip
        elif fell_back(used):
            self.device.show_words(
                tr("Device"), tr("{asked} was asked for, {used} was used", asked=used.requested, used=used.name),
                tr("This result was computed on {device}, not where you asked for.", device=used.description),
                loud=True,
            )  # fmt: skip
        else:
            tip = tr("Really used: {name}. Click to change the default.", name=used.name)
            self.device.show_words(tr("Device"), used.description, tip)

    def _show_exactness(self, exactness: Exactness) -> None:
        words = tr("{arithmetic} arithmetic", arithmetic=exactness_words(exactness))
        tip = tr("How the network computes; every report says it. Click to change the default.")
        self.exactness.show_words(tr("Arithmetic"), words, tip)
