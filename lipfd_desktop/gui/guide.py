"""The pages about the program itself: preferences, keys, the tour and about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, cast

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QWidget

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.about import About
from lipfd_desktop.gui.actions import MAIN, Actions
from lipfd_desktop.gui.analysis_bar import AnalysisBar
from lipfd_desktop.gui.log_file import LogFile
from lipfd_desktop.gui.preferences import Preferences
from lipfd_desktop.gui.session import Session, State
from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.gui.shortcuts_dialog import ShortcutsDialog
from lipfd_desktop.gui.shortcuts_sheet import ShortcutsSheet
from lipfd_desktop.gui.tour import Step, Tour
from lipfd_desktop.language import mark, tr

TOUR: Final = (
    (
        "verdict", mark("The answer, and what stands behind it"),
        mark("The verdict with its reason, and how much of the file was analysed. “Inconclusive” is a normal answer."),
    ),
    (
        "analysis", mark("Before you start"),
        mark("Model, device, stride, arithmetic, range and face of the next analysis. The button starts it, and stops "
             "it; what is done stays."),
    ),
    (
        "tracks", mark("The file over time"),
        mark("Fake score and more on one time axis. Click to go there, turn the wheel to zoom, drag the dashed line to "
             "move the threshold. What was not analysed is hatched."),
    ),
    (
        "evidence", mark("Why"),
        mark("What is known of the frame under the cursor and of the window that it belongs to."),
    ),
    (
        "moments", mark("Where to look first"),
        mark("Every stretch that reaches the threshold. Choose one to jump there, then look for yourself."),
    ),
    (
        "report", mark("Take it with you"),
        mark("The File menu writes reports: pages to sign, a figure, and numbers for other programs. All keys "
             "stand under Help."),
    ),
)  # fmt: skip
"""Part of the window, title and words of each callout."""


class Guide(QObject):
    """Shows these pages, one at a time, and applies what is changed there.

    ``page`` is the one that was shown last.

    Signals: ``sample_asked`` when the tour has no open file to show, ``names_changed`` when the preferences have
    another examiner or organisation.
    """

    sample_asked = Signal()
    names_changed = Signal()

    def __init__(self, window: QMainWindow, session: Session, bar: AnalysisBar, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._session, self._bar, self._settings = window, session, bar, settings
        self.log_file: LogFile | None = None
        self.actions: Actions | None = None
        self.page: QDialog | None = None
        self.tour: Tour | None = None
        self.tour_parts: Mapping[str, QWidget] = {}
        self._wants_tour = False
        session.state_changed.connect(self._on_state)
        self._choose_defaults()

    def handlers(self) -> dict[str, Callable[..., object]]:
        """What the actions of this part do."""
        return {
            "preferences": self.show_preferences,
            "shortcuts": self.show_shortcuts,
            "edit-shortcuts": self.edit_shortcuts,
            "tour": self.show_tour,
            "about": lambda: self._show(About(self._window)),
        }

    def _show(self, page: QDialog) -> None:
        self.page = page
        page.open()

    def show_preferences(self) -> None:
        page = Preferences(self._window, self._settings, self._session)
        page.changed.connect(self._apply)
        self._show(page)

    def show_shortcuts(self) -> None:
        if self.actions is not None:
            page = ShortcutsSheet(self._window, self.actions.keymap, MAIN)
            page.change_asked.connect(self.edit_shortcuts)
            self._show(page)

    def edit_shortcuts(self) -> None:
        if self.actions is not None:
            self._show(ShortcutsDialog(self._window, self.actions.keymap))

    # The tour ------------------------------------------------------------------------------------------------

    def offer_tour(self) -> None:
        """Show the tour by itself with the first file, once in the life of these settings."""
        self._wants_tour = not self._settings.has_seen_tour
        self._on_state()

    def show_tour(self) -> None:
        """Now, or as soon as the sample is open where no file is."""
        self._wants_tour = True
        if self._session.state is State.EMPTY:
            self.sample_asked.emit()
        self._on_state()

    def _on_state(self) -> None:
        if self._wants_tour and self._session.state not in (State.EMPTY, State.OPENING):
            self._wants_tour = False
            QTimer.singleShot(0, self._begin_tour)  # when the panels of the file have their places

    def _begin_tour(self) -> None:
        self._settings.note_tour()
        steps = [Step(self.tour_parts[part], tr(title), tr(words)) for part, title, words in TOUR]
        self.tour = Tour(self._window, steps)
        self.tour.begin()

    # Settings ------------------------------------------------------------------------------------------------

    def write_log(self, log_file: LogFile) -> None:
        """Write the log to ``log_file`` from now on, while the user wants that."""
        self.log_file = log_file
        self._apply("writes_log")

    def _choose_defaults(self) -> None:
        settings = self._settings
        self._bar.choose(device=settings.device, stride=settings.stride, exactness=settings.exactness)

    def _apply(self, name: str) -> None:
        """Let the window have the setting ``name``, or all of them for an empty name."""
        if name in ("appearance", ""):
            theme.wear(cast("QApplication", QApplication.instance()), self._settings.appearance)
        if name in ("device", "stride", "exactness", ""):
            self._choose_defaults()
        if name in ("writes_log", "") and self.log_file is not None:
            self.log_file.set_wanted(self._settings.writes_log)
        if not name and self.actions is not None:
            self.actions.keymap.read_again()
        if name in ("examiner", "organisation", ""):
            self.names_changed.emit()
