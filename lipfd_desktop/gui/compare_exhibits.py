"""The other files of the case, to be compared with the open one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QMenu, QWidget

from lipfd_desktop.case.records import Role
from lipfd_desktop.gui.case_document import CaseDocument
from lipfd_desktop.gui.session import Session
from lipfd_desktop.language import tr
from lipfd_desktop.report.text import printable
from lipfd_desktop.result import AnalysisResult


class ExhibitsMenu(QMenu):
    """Lists them when it is shown, references first.

    Parameters
    ----------
    compare
        Compares the open file with that of a path, of which a result may be known.
    """

    def __init__(
        self,
        document: CaseDocument,
        session: Session,
        compare: Callable[[Path, AnalysisResult | None], None],
        parent: QWidget,
    ) -> None:
        super().__init__(tr("Compare with a &file of the case"), parent)
        self._document, self._session, self._compare = document, session, compare
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """List the exhibits but the open one."""
        self.clear()
        current, media = self._document.current, self._session.media
        others = [one for one in self._document.exhibits if current is None or one.id != current.id]
        for one in sorted(others, key=lambda one: one.role is not Role.REFERENCE):
            name = printable(one.path.name).replace("&", "&&")
            words = tr("{name} (reference)", name=name) if one.role is Role.REFERENCE else name
            action = self.addAction(words, partial(self._compare, one.path, one.result))
            action.setEnabled(media is not None)
        if not others:
            self.addAction(tr("There is no other file in the case.")).setEnabled(False)
