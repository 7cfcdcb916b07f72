"""How the spectrogram looks: colours, range of levels and number of bands, remembered between runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from PySide6.QtCore import QObject
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from lipfd_desktop.gui.mel_plot import COLOUR_MAPS, MelLook
from lipfd_desktop.gui.session import Session
from lipfd_desktop.gui.settings import Settings
from lipfd_desktop.gui.workspace import Workspace
from lipfd_desktop.language import mark, tr
from lipfd_desktop.result import MelTrack

BANDS: Final = {
    64: mark("64 bands"),
    80: mark("80 bands, as the network hears it"),
    128: mark("128 bands, finer pitch"),
    256: mark("256 bands, finest pitch and blurred time"),
}
FLOORS: Final = (-80, -70, -60, -50, -40)
CEILINGS: Final = (0, -10, -20, -30)
"""dB below full scale of the darkest and the brightest colour."""

_Value = TypeVar("_Value")


class MelSettings(QObject):
    """The menu of the spectrogram, in its heading and in the menu bar.

    Another number of bands is computed from the sound beside everything else; until it is there the picture stays.
    """

    def __init__(self, session: Session, workspace: Workspace, settings: Settings) -> None:
        super().__init__(workspace)
        self._session, self._plot, self._settings = session, workspace.mel, settings
        self.menu = QMenu(tr("Spectro&gram"), workspace)
        button: QToolButton = workspace.mel_button
        button.setMenu(self.menu)
        stored = {name: settings.text(f"spectrogram/{name}") for name in ("colours", "floor", "ceiling", "bands")}
        self._look = MelLook(
            colours=stored["colours"] if stored["colours"] in COLOUR_MAPS else "magma",
            floor=_number(stored["floor"], FLOORS),
            ceiling=_number(stored["ceiling"], CEILINGS),
        )
        self._bands = _number(stored["bands"], BANDS) if stored["bands"] else 80
        self._offer(tr("&Colours"), [(name, tr(words)) for name, words in COLOUR_MAPS.items()],
                    self._look.colours, self._set_colours)  # fmt: skip
        self._offer(tr("&Darkest at"), _decibels(FLOORS), self._look.floor, self._set_floor)
        self._offer(tr("&Brightest at"), _decibels(CEILINGS), self._look.ceiling, self._set_ceiling)
        self._offer(tr("&Mel bands"), [(count, tr(words)) for count, words in BANDS.items()],
                    self._bands, self._set_bands)  # fmt: skip
        self._plot.set_look(self._look)
        session.media_opened.connect(self._fetch)

    def _offer(
        self, title: str, choices: Sequence[tuple[_Value, str]], chosen: _Value, on_chosen: Callable[[_Value], None]
    ) -> None:
        submenu = self.menu.addMenu(title)
        group = QActionGroup(submenu)
        for value, words in choices:
            action = submenu.addAction(words)
            action.setCheckable(True)
            action.setChecked(value == chosen)
            action.triggered.connect(lambda _checked=False, value=value: on_chosen(value))
            group.addAction(action)

    def _set_colours(self, colours: str) -> None:
        self._change(MelLook(colours, self._look.floor, self._look.ceiling))

    def _set_floor(self, floor: int) -> None:
        self._change(MelLook(self._look.colours, floor, self._look.ceiling))

    def _set_ceiling(self, ceiling: int) -> None:
        self._change(MelLook(self._look.colours, self._look.floor, ceiling))

    def _change(self, look: MelLook) -> None:
        self._look = look
        self._plot.set_look(look)
        for name in ("colours", "floor", "ceiling"):
            self._settings.set_text(f"spectrogram/{name}", str(getattr(look, name)))

    def _set_bands(self, bands: int) -> None:
        self._bands = bands
        self._settings.set_text("spectrogram/bands", str(bands))
        self._fetch()

    def _fetch(self) -> None:
        media, bands = self._session.media, self._bands
        if media is None or media.mel is None:
            return
        if len(media.mel.frequencies) == bands:
            self._plot.set_mel(media.mel)
            return

        def show(mel: MelTrack | None) -> None:
            if bands == self._bands and mel is not None:
                self._plot.set_mel(mel)

        self._session.fetching.spectrogram(bands, show)


def _number(stored: str, allowed: Sequence[int] | dict[int, str]) -> int:
    """The stored number if it is an allowed one, else the first of those."""
    return next((number for number in allowed if str(number) == stored), next(iter(allowed)))


def _decibels(levels: Sequence[int]) -> list[tuple[int, str]]:
    return [(level, tr("{level} dBFS", level=level)) for level in levels]
