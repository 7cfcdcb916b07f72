"""Settings of the next analysis, the button that starts it, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from lipfd_desktop.gui import text, theme
from lipfd_desktop.gui.controls import KeepKeys, choose, chooser, muted_label
from lipfd_desktop.gui.evidence import Evidence
from lipfd_desktop.gui.pace import Pace
from lipfd_desktop.gui.session import State
from lipfd_desktop.language import mark, tr, trn
from lipfd_desktop.report.terms import exactness_words, subject_words
from lipfd_desktop.result import AnalysisRequest, DeviceInfo, Exactness, ModelInfo

ANALYZE = mark("Analyze")
_BUTTON = {State.ANALYSING: mark("Cancel"), State.CANCELLING: mark("Cancelling…")}
_BUTTON_SIDES = 34
"""Pixels beside the words of the button."""
_INDENT = 9
"""Pixels: a caption begins where the words in its box do."""
STRIDES = (1, 2, 3, 5, 10, 25)
EXACTNESS_TIP = mark(
    "How the network computes. Reference: 32-bit numbers, the same scores to the last bit each time on one CPU. "
    "Fast: 16-bit factors in the large products, sooner done; the bundled model's scores "
    "move by less than 0.01. Every report says which."
)


def stride_words(stride: int | None) -> str:
    """A stride as the bar and the preferences offer it."""
    return tr("automatic") if stride is None else trn("every frame", "every {count} frames", stride)


class AnalysisBar(QFrame):
    """Signals: ``analyze_asked``, ``cancel_asked``, and ``face_chosen`` with a track id or None for every face."""

    analyze_asked = Signal()
    cancel_asked = Signal()
    face_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.model_box = chooser(tr("Model"), tr("Detection model"), characters=14)
        self.device_box = chooser(tr("Device"), tr("Where the network computes; the device really used is shown above"))
        self.stride_box = chooser(
            tr("Stride"), tr("Frames from one window to the next; automatic is as dense as is affordable")
        )
        for stride in (None, *STRIDES):
            self.stride_box.addItem(stride_words(stride), stride)
        self.exactness_box = chooser(tr("Arithmetic"), tr(EXACTNESS_TIP), characters=7)
        for exactness in Exactness:
            self.exactness_box.addItem(exactness_words(exactness), exactness)
        self.range_box = chooser(tr("Range"), tr("Analyse the whole file or only the selected stretch"))
        self.range_box.addItem(tr("whole file"), False)
        self.range_box.addItem(tr("selection"), True)
        self.face_box = chooser(tr("Face"), tr("Whose windows to analyse and to show"))
        self.button = QPushButton(tr(ANALYZE))
        self.button.setProperty("primary", True)
        self._reserve_button()
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        KeepKeys(self.button, [Qt.Key.Key_Space])
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(tr("Progress of the analysis"))
        self.progress_label = muted_label()
        self._state = State.EMPTY
        self._pace = Pace()
        self._settings, self._running = QWidget(), QWidget()
        self._pages = QStackedWidget()
        self._arrange()
        self.set_faces([])
        self.button.clicked.connect(self._on_button)
        self.face_box.activated.connect(lambda: self.face_chosen.emit(self.face))

    def _arrange(self) -> None:
        settings = QHBoxLayout(self._settings)
        settings.setContentsMargins(0, 0, 0, 0)
        settings.setSpacing(7)
        for name, box in (
            (tr("Model"), self.model_box),
            (tr("Device"), self.device_box),
            (tr("Stride"), self.stride_box),
            (tr("Arithmetic"), self.exactness_box),
            (tr("Range"), self.range_box),
            (tr("Face"), self.face_box),
        ):
            label = muted_label(name)
            label.setBuddy(box)
            label.setFont(theme.small_font(label))
            label.setIndent(_INDENT)
            # A caption above its box needs no room beside it: every setting has its name at every width.
            setting = QVBoxLayout()
            setting.setSpacing(1)
            setting.addWidget(label)
            setting.addWidget(box)
            settings.addLayout(setting, 3 if box is self.model_box else 2)
        running = QHBoxLayout(self._running)
        running.setContentsMargins(0, 0, 8, 0)
        running.setSpacing(16)
        running.addWidget(self.progress, 1)
        running.addWidget(self.progress_label)
        self._pages.addWidget(self._settings)
        self._pages.addWidget(self._running)
        self._pages.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 5)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignBottom)

    def _reserve_button(self) -> None:
        """Room for every word of the button, so that it neither jumps nor is cut."""
        words = [tr(ANALYZE), *(tr(label) for label in _BUTTON.values())]
        widest = max(self.button.fontMetrics().horizontalAdvance(label) for label in words)
        self.button.setMinimumWidth(widest + _BUTTON_SIDES)

    def _on_button(self) -> None:
        if self._state in (State.ANALYSING, State.CANCELLING):
            self.cancel_asked.emit()
        else:
            self.analyze_asked.emit()

    # What is chosen ------------------------------------------------------------------------------------------

    @property
    def model(self) -> ModelInfo | None:
        chosen = self.model_box.currentData()
        return chosen if isinstance(chosen, ModelInfo) else None

    @property
    def face(self) -> int | None:
        chosen = self.face_box.currentData()
        return chosen if isinstance(chosen, int) else None

    @property
    def exactness(self) -> Exactness:
        return Exactness(self.exactness_box.currentData())

    @property
    def wants_selection(self) -> bool:
        return bool(self.range_box.currentData())

    def request(self, path: Path, selection: tuple[float, float] | None) -> AnalysisRequest:
        """The settings as a request; ``selection`` (PTS seconds) is used when the user chose it as the range."""
        return AnalysisRequest(
            path=path,
            time_range=selection if self.wants_selection else None,
            stride=self.stride_box.currentData(),
            face=self.face,
            device=self.device_box.currentData() or "auto",
            exactness=self.exactness,
        )

    # What can be chosen --------------------------------------------------------------------------------------

    def set_models(self, models: Sequence[ModelInfo], default: ModelInfo | None) -> None:
        kept = self.model or default
        self.model_box.clear()
        for model in models:
            self.model_box.addItem(
                model.name if model.trained else tr("{model} (test weights)", model=model.name), model
            )
            self.model_box.setItemData(
                self.model_box.count() - 1, text.tip(f"SHA-256 {model.sha256}"), Qt.ItemDataRole.ToolTipRole
            )
            if kept is not None and model.sha256 == kept.sha256:
                self.model_box.setCurrentIndex(self.model_box.count() - 1)
        if not models:
            self.model_box.addItem(tr("none installed"), None)
        self.model_box.setEnabled(bool(models))

    def set_devices(self, devices: Sequence[DeviceInfo]) -> None:
        kept = self.device_box.currentData()
        self.device_box.clear()
        if not any(device.requested == "auto" for device in devices):
            self.device_box.addItem(tr("automatic"), "auto")
        for device in devices:
            self.device_box.addItem(tr("automatic") if device.requested == "auto" else device.name, device.requested)
            self.device_box.setItemData(
                self.device_box.count() - 1, text.tip(device.description), Qt.ItemDataRole.ToolTipRole
            )
        self._choose_device(kept or "auto")

    def choose(self, *, device: str, stride: int | None, exactness: Exactness) -> None:
        """Set the bar as the user prefers it; a device that is not there is shown so, never exchanged for another."""
        self._choose_device(device)
        if not choose(self.stride_box, stride):
            self.stride_box.addItem(stride_words(stride), stride)
            choose(self.stride_box, stride)
        choose(self.exactness_box, exactness)

    def _choose_device(self, device: str) -> None:
        if not choose(self.device_box, device):
            words = tr("automatic") if device == "auto" else tr("{device} (not found)", device=device)
            self.device_box.addItem(words, device)
            choose(self.device_box, device)

    def set_faces(self, faces: Sequence[int]) -> None:
        """Offer these track ids; the choice stays where it still exists, and is told to be dropped where not."""
        if [self.face_box.itemData(i) for i in range(self.face_box.count())] == [None, *faces]:
            return
        kept = self.face
        self.face_box.clear()
        self.face_box.addItem(tr("all faces"), None)
        for face in faces:
            self.face_box.addItem(subject_words(face), face)
        self.face_box.setCurrentIndex(max(0, self.face_box.findData(kept)) if kept is not None else 0)
        if kept is not None and self.face is None:
            self.face_chosen.emit(None)

    def choose_face(self, face: int | None) -> None:
        """As if the user had chosen it; None for every face."""
        self.face_box.setCurrentIndex(max(0, self.face_box.findData(face)) if face is not None else 0)
        self.face_chosen.emit(self.face)

    def choose_every_face(self) -> None:
        self.face_box.setCurrentIndex(0)

    def choose_range(self, *, selection: bool) -> None:
        self.range_box.setCurrentIndex(int(selection))

    # How far it is -------------------------------------------------------------------------------------------

    def set_state(self, state: State) -> None:
        self._state = state
        busy = state in (State.ANALYSING, State.CANCELLING)
        self._pages.setCurrentWidget(self._running if busy else self._settings)
        self.button.setEnabled(state in (State.READY, State.ANALYSING))
        self.button.setText(tr(_BUTTON.get(state, ANALYZE)))
        self.button.setProperty("primary", not busy)
        self.button.style().unpolish(self.button)
        self.button.style().polish(self.button)

    def show_progress(self, evidence: Evidence, waited: float) -> None:
        """Say how far; before the first window is scored, that it is being prepared for ``waited`` seconds."""
        done, total, elapsed = evidence.done, evidence.total, evidence.elapsed
        if evidence.started is None or not total:
            self.progress.setRange(0, 0)
            self.progress_label.setText(tr("Loading the model and reading the file… {waited:.0f} s", waited=waited))
            return
        self.progress.setRange(0, total)
        self.progress.setValue(min(done, total))
        looking = not done and len(evidence.preview)
        place = tr("window {done:,} of {total:,}", done=done, total=total)
        words = [tr("A first look all over the file") if looking else place]
        self._pace.add(elapsed, done)
        if done and (rate := self._pace.rate):
            words += [tr("{rate:.1f} windows a second", rate=rate), text.remaining((total - done) / rate)]
        self.progress_label.setText("   ·   ".join(words))
