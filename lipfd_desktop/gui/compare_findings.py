"""What a comparison comes to: whether the scores can be compared, and how they lie."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QObject

from lipfd_desktop.evaluation.comparison import ScoreComparison, compare_scores
from lipfd_desktop.gui.compare_figures import ComparedFigures
from lipfd_desktop.gui.compare_settings import differences
from lipfd_desktop.gui.compare_side import Side
from lipfd_desktop.gui.controls import plain_label
from lipfd_desktop.gui.session import Session
from lipfd_desktop.language import tr


class CompareFindings(QObject):
    """Fills the line above both files and the panel beside them.

    Parameters
    ----------
    session
        On its side thread the figures are computed.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.notice = plain_label()
        self.notice.setWordWrap(True)
        self.notice.setAccessibleName(tr("Whether A and B can be compared"))
        self.notice.setContentsMargins(10, 5, 10, 5)
        self.figures = ComparedFigures()
        self._session = session
        self._compared: tuple[object, ...] = ()

    def show_sides(self, suspect: Side | None, reference: Side | None) -> None:
        """Say what differs, and compare the scores once both are analysed."""
        words, is_serious = _notice(suspect, reference)
        self.notice.setText(words)
        if self.notice.property("banner") != is_serious:
            self.notice.setProperty("banner", is_serious)
            self.notice.setProperty("muted", not is_serious)
            self.notice.style().unpolish(self.notice)
            self.notice.style().polish(self.notice)
        if suspect is not None and reference is not None and suspect.result and reference.result:
            self._compare(suspect, reference, are_comparable=not is_serious)
        else:
            self._compared = ()
            self.figures.show_comparison(None)

    def _compare(self, suspect: Side, reference: Side, *, are_comparable: bool) -> None:
        thresholds = suspect.threshold, reference.threshold
        key = (suspect.evidence, reference.evidence, suspect.face, reference.face, *thresholds, are_comparable)
        if key == self._compared:
            return
        self._compared = key
        one, two = suspect.windows, reference.windows
        self.figures.show_scores((one.score[one.analysed], two.score[two.analysed]))

        def take(found: object) -> None:
            if key == self._compared:
                self.figures.show_comparison(cast("ScoreComparison", found), are_comparable=are_comparable)

        self._session.beside(lambda _job: compare_scores(one, two, thresholds=thresholds), take)


def wants_analysis(suspect: Side | None, reference: Side | None) -> bool:
    """Whether analysing the reference like the suspect would help."""
    if suspect is None or suspect.result is None or reference is None:
        return False
    if reference.result is None:
        return True
    return any(difference.is_curable for difference in differences(suspect.result, reference.result))


def _notice(suspect: Side | None, reference: Side | None) -> tuple[str, bool]:
    """What is to be known before the scores are compared, and whether it forbids that."""
    if suspect is None or reference is None:
        words = tr("Choose a reference: an unsuspicious recording of the same person, as like the suspect as can be.")
        return words, False
    if suspect.result is None:
        words = tr("Analyse the open file in the main window; the reference is then analysed in the same way.")
        return words, False
    if reference.result is None:
        return tr("Scores can be compared when the reference is analysed."), False
    found = differences(suspect.result, reference.result)
    serious = [difference.words for difference in found if difference.is_serious]
    minor = [difference.words for difference in found if not difference.is_serious]
    words = tr("Same model, stride, window, arithmetic and a like picture: the scores can be compared.")
    if serious:
        words = tr("The scores are not comparable: {what}.", what=tr("; ").join(serious))
    if minor:
        words += " " + tr("Note: {what}.", what=tr("; ").join(minor))
    return words, bool(serious)
