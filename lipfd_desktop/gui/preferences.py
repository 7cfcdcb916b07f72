"""What the program does by default: every setting with one sentence that says what it is for."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from lipfd_desktop.gui import log_file, messages
from lipfd_desktop.gui.analysis_bar import STRIDES, stride_words
from lipfd_desktop.gui.controls import (
    choose,
    heading,
    muted_label,
    plain_chooser,
    plain_label,
    resize_to_fit,
    scrolling_page,
)
from lipfd_desktop.gui.engine_port import KeptResults
from lipfd_desktop.gui.session import Session
from lipfd_desktop.gui.settings import AUTOSAVE_LIMITS, SYSTEM_LANGUAGE, Appearance, Settings
from lipfd_desktop.language import LANGUAGES, mark, tr, trn
from lipfd_desktop.report.terms import exactness_words
from lipfd_desktop.report.text import printable
from lipfd_desktop.result import Exactness

_APPEARANCES: Final = {
    Appearance.SYSTEM: mark("like the desktop"),
    Appearance.DARK: mark("dark"),
    Appearance.LIGHT: mark("light"),
}


class Preferences(QDialog):
    """Whatever is changed here is kept at once.

    Signals: ``changed`` with the name of a property of :class:`~lipfd_desktop.gui.settings.Settings`, or an empty one
    for all of them.
    """

    changed = Signal(str)

    def __init__(self, parent: QWidget, settings: Settings, session: Session) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Preferences"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._settings, self._session = settings, session
        self._kept: KeptResults | None = None
        self.message: QMessageBox | None = None
        self._grid = QGridLayout()
        self._grid.setColumnStretch(1, 1)
        self._grid.setHorizontalSpacing(18)
        self._grid.setVerticalSpacing(3)
        scroll = scrolling_page(self._grid, tr("Preferences"), left=4, right=16)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        self.reset_button = QPushButton(tr("&Reset all…"))
        self.reset_button.clicked.connect(self._ask_reset)
        below = QHBoxLayout()
        below.addWidget(self.reset_button)
        below.addWidget(muted_label(tr("Every change is kept at once.")), 1)
        below.addWidget(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 12, 14)
        layout.setSpacing(12)
        layout.addWidget(scroll, 1)
        layout.addLayout(below)
        buttons.button(QDialogButtonBox.StandardButton.Close).setDefault(True)  # else Return would reset all
        self._make_window_rows()
        self._make_analysis_rows()
        self._make_kept_rows()
        self._make_work_rows()
        self.show_settings()
        self._connect()
        resize_to_fit(self, 720, 680)
        session.library.changed.connect(self._fill_devices)
        session.library.results_forgotten.connect(self._ask_kept)

    # Rows ----------------------------------------------------------------------------------------------------

    def _section(self, words: str) -> None:
        row = self._grid.rowCount()
        self._grid.setRowMinimumHeight(row, 12 if row > 1 else 0)
        self._grid.addWidget(heading(words), row + 1, 0, 1, 2)

    def _row(self, name: str, control: QWidget, sentence: str, *, beside: QWidget | None = None) -> None:
        """One setting: its name, what sets it, and below both what it is for."""
        row = self._grid.rowCount()
        label = plain_label(name)
        label.setBuddy(control)
        control.setAccessibleName(name.replace("&", ""))
        control.setAccessibleDescription(sentence)
        holder = QHBoxLayout()
        holder.addWidget(control, 1 if isinstance(control, QLineEdit) else 0)
        if beside is not None:
            holder.addWidget(beside)
        holder.addStretch(0 if isinstance(control, QLineEdit) else 1)
        explanation = muted_label(sentence, wraps=True)
        self._grid.addWidget(label, row, 0)
        self._grid.addLayout(holder, row, 1)
        self._grid.addWidget(explanation, row + 1, 1)
        self._grid.setRowMinimumHeight(row + 2, 6)

    def _make_window_rows(self) -> None:
        self.appearance_box = plain_chooser([(tr(words), kind) for kind, words in _APPEARANCES.items()])
        languages = [(tr("like the system"), SYSTEM_LANGUAGE), *((words, key) for key, words in LANGUAGES.items())]
        self.language_box = plain_chooser(languages)
        self._section(tr("Window"))
        self._row(
            tr("&Colours"), self.appearance_box,
            tr("Changes at once; the colours of faces and regions stay the same, and colour-blind people can tell them "
               "apart."),
        )  # fmt: skip
        self._row(
            tr("&Language"), self.language_box,
            tr("Takes effect when the program is started the next time; a report has a language of its own, JSON and "
               "CSV are English."),
        )  # fmt: skip

    def _make_analysis_rows(self) -> None:
        self.device_box = plain_chooser([])
        self.exactness_box = plain_chooser([(exactness_words(kind), kind) for kind in Exactness])
        self.stride_box = plain_chooser([(stride_words(stride), stride) for stride in (None, *STRIDES)])
        self._section(tr("Analysis, as it is set when the program starts"))
        self._row(
            tr("&Device"), self.device_box,
            tr("Where the network computes; what was really used stands in the status bar and in every report."),
        )  # fmt: skip
        self._row(
            tr("&Arithmetic"), self.exactness_box,
            tr("Reference gives the same scores to the last bit each time on one CPU; fast is sooner done and moves "
               "the bundled model's scores by less than 0.01."),
        )  # fmt: skip
        self._row(
            tr("&Stride"), self.stride_box,
            tr("Frames from one window to the next: fewer find shorter forgeries and take longer. Automatic is as "
               "dense as a few minutes of work allow."),
        )  # fmt: skip

    def _make_kept_rows(self) -> None:
        self.keep_box = QCheckBox(tr("&Keep results on this disk"))
        self.folder_button = QPushButton(tr("C&hoose folder…"))
        self.folder_button.clicked.connect(self._ask_folder)
        self.delete_button = QPushButton(tr("D&elete now"))
        self.delete_button.clicked.connect(self._session.library.forget_results)
        self.kept_label = muted_label(wraps=True)
        self.log_box = QCheckBox(tr("&Write the log to a file"))
        log_button = QPushButton(tr("Show the &folder"))
        log_button.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_file.log_folder()))))
        self._section(tr("On this disk"))
        self._row(
            tr("Results"), self.keep_box,
            tr("A file that was analysed before shows its result at once. Kept are scores, the spectrogram and the "
               "name of the file, no pictures. Changes take effect at the next start."),
        )  # fmt: skip
        self._row("", self.folder_button, "", beside=self.delete_button)
        self.folder_button.setAccessibleName(tr("Folder of kept results"))
        self._grid.addWidget(self.kept_label, self._grid.rowCount() - 2, 1)
        self._row(
            tr("Log"), self.log_box,
            tr("Names the files that you open with their folders, settings, devices and problems; it never leaves "
               "this machine. It is at most {size} MB.", size=log_file.WHOLE_MB),
            beside=log_button,
        )  # fmt: skip

    def _make_work_rows(self) -> None:
        self.autosave_box = QSpinBox()
        self.autosave_box.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.autosave_box.setRange(*AUTOSAVE_LIMITS)
        self.autosave_box.setSuffix(tr(" s"))
        self.examiner_edit, self.organisation_edit = QLineEdit(), QLineEdit()
        self._section(tr("Cases and reports"))
        self._row(
            tr("Save cases e&very"), self.autosave_box,
            tr("A case that you changed is saved after this time, so that a crash costs no more than that."),
        )  # fmt: skip
        self._row(tr("Your &name"), self.examiner_edit, tr("Printed in reports as the examiner."))
        self._row(tr("&Organisation"), self.organisation_edit, tr("Printed in reports beside your name."))

    # What is shown -------------------------------------------------------------------------------------------

    def show_settings(self) -> None:
        settings = self._settings
        self._fill_devices()
        for box, value in (
            (self.appearance_box, settings.appearance), (self.language_box, settings.language),
            (self.exactness_box, settings.exactness), (self.stride_box, settings.stride),
        ):  # fmt: skip
            choose(box, value)
        self.keep_box.setChecked(settings.keeps_results)
        self.log_box.setChecked(settings.writes_log)
        self.autosave_box.setValue(settings.autosave_seconds)
        self.examiner_edit.setText(settings.examiner)
        self.organisation_edit.setText(settings.organisation)
        self._ask_kept()

    def _fill_devices(self) -> None:
        self.device_box.clear()
        if not any(device.requested == "auto" for device in self._session.library.devices):
            self.device_box.addItem(tr("automatic"), "auto")
        for device in self._session.library.devices:
            words = device.description if device.requested == "auto" else f"{device.name}  ·  {device.description}"
            self.device_box.addItem(tr("automatic") if device.requested == "auto" else words, device.requested)
        if not choose(self.device_box, self._settings.device):
            self.device_box.addItem(tr("{device} (not found)", device=self._settings.device), self._settings.device)
            choose(self.device_box, self._settings.device)

    def _ask_kept(self) -> None:
        self._session.library.read_kept(self._show_kept)

    def _show_kept(self, kept: KeptResults | None) -> None:
        if not isValid(self):  # closed before the answer came
            return
        self._kept = kept
        chosen = self._settings.results_folder
        if kept is None:
            words = tr("Nothing is kept.") if chosen is None else printable(chosen)
        else:
            count = trn("{count:,} result", "{count:,} results", kept.results)
            size = tr("{size:.1f} MB", size=kept.bytes / 1e6)
            words = tr("{results} in {size}, in {folder}", results=count, size=size, folder=printable(kept.folder))
            if chosen is not None and chosen != kept.folder:
                words += "\n" + tr("From the next start on in {folder}", folder=printable(chosen))
        self.kept_label.setText(words)
        self.delete_button.setEnabled(bool(kept and kept.results))

    # What is changed -----------------------------------------------------------------------------------------

    def _connect(self) -> None:
        settings = self._settings
        for box, name in (
            (self.appearance_box, "appearance"), (self.language_box, "language"), (self.device_box, "device"),
            (self.exactness_box, "exactness"), (self.stride_box, "stride"),
        ):  # fmt: skip
            box.activated.connect(lambda _row, box=box, name=name: self._keep(name, box.currentData()))
        self.keep_box.clicked.connect(lambda checked: self._keep("keeps_results", checked))
        self.log_box.clicked.connect(lambda checked: self._keep("writes_log", checked))
        self.autosave_box.valueChanged.connect(lambda seconds: setattr(settings, "autosave_seconds", seconds))
        self.examiner_edit.textChanged.connect(lambda name: self._keep("examiner", name.strip()))
        self.organisation_edit.textChanged.connect(lambda name: self._keep("organisation", name.strip()))

    def _keep(self, name: str, value: object) -> None:
        setattr(self._settings, name, value)
        self.changed.emit(name)

    def _ask_folder(self) -> None:
        now = self._settings.results_folder or (self._kept.folder if self._kept else "")
        if folder := QFileDialog.getExistingDirectory(self, tr("Where results are kept"), str(now)):
            self._settings.results_folder = Path(folder)
            self._show_kept(self._kept)

    def _ask_reset(self) -> None:
        self.message = messages.ask(
            self, tr("Reset every preference?"),
            tr("All settings on this page and all keys get their first values again. Recent files, results and the "
               "arrangement of the window stay."),
            tr("Reset"), self._reset,
        )  # fmt: skip

    def _reset(self) -> None:
        self._settings.reset()
        self.show_settings()
        self.changed.emit("")
