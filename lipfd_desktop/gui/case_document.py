"""The open case: its exhibits, marks and notes, and every change to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from lipfd_desktop.case.records import Case, Exhibit, ExhibitView, Mark, Role, in_time_order
from lipfd_desktop.gui import text
from lipfd_desktop.gui.case_edits import Edit
from lipfd_desktop.handling import Deed, Entry, about, appended, draft
from lipfd_desktop.language import mark as _
from lipfd_desktop.language import tr, trn
from lipfd_desktop.report.text import printable
from lipfd_desktop.result import AnalysisResult

_DETAILS: Final = {
    "title": _("change of the title"),
    "number": _("change of the case number"),
    "examiner": _("change of the examiner"),
    "notes": _("typing in the notes"),
}


class CaseDocument(QObject):
    """Holds a :class:`~lipfd_desktop.case.records.Case` and changes it.

    Marks, notes and the list of exhibits can be undone; results and views are only ever added, entries of the handling
    log as well.

    Signals
    -------
    case_changed
        Another case was opened.
    details_changed
        Title, number, examiner or notes are others.
    exhibits_changed
        Some exhibit came, went, or has another result, role or note.
    current_changed
        Another exhibit is open.
    marks_changed
        The marks of the current exhibit are others.
    logged
        The handling log has further entries.
    edited
        Anything in :attr:`case` is other than it was.
    """

    case_changed = Signal()
    details_changed = Signal()
    exhibits_changed = Signal()
    current_changed = Signal()
    marks_changed = Signal()
    logged = Signal()
    edited = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.case = Case()
        self.generation = 0
        """Another number for every case that was open here, so that what was begun for one never lands in the next."""
        self.undo_stack: Final = QUndoStack(self)
        self._ids = count(1)
        self._found: list[Entry] = []
        self._begins_log = True

    def replace_case(self, case: Case) -> None:
        """Open another case; nothing of it is open yet."""
        self.generation += 1
        self._found, self._begins_log = [], not case.handling and not case.exhibits
        self.case = replace(case, current=None)
        used = [identity for exhibit in case.exhibits for identity in (exhibit.id, *(own.id for own in exhibit.marks))]
        self._ids = count(max(used, default=0) + 1)
        self.undo_stack.clear()
        for signal in (self.case_changed, self.details_changed, self.exhibits_changed, self.current_changed):
            signal.emit()
        self.marks_changed.emit()

    def _set(self, case: Case) -> bool:
        if case == self.case:
            return False
        is_logged = case.handling is not self.case.handling
        self.case = case
        self.edited.emit()
        if is_logged:
            self.logged.emit()
        return True

    # Handling log --------------------------------------------------------------------------------------------

    def log(self, deed: Deed, name: str = "", sha256: str = "", details: Mapping[str, str] | None = None) -> None:
        """Enter what was done to the file of this name and SHA-256; no undo takes it back."""
        self._set(self._logged(self.case, deed, name, sha256, details))

    def log_found(self, deed: Deed, exhibit: Exhibit) -> None:
        """Enter, before the next deed, what was found: who opens a case only to look at it does not change it."""
        name, sha256 = exhibit.path.name, exhibit.sha256
        known = about((*self.case.handling, *self._found), sha256, name)
        if deed is Deed.RELOCATED or not known or known[-1][1].deed is not deed:
            self._found.append(self._draft(deed, name, sha256))

    def enter_relocations(self) -> None:
        """Enter now what was found, if new places of files are going to be saved."""
        if any(entry.deed is Deed.RELOCATED for entry in self._found):
            found, self._found = self._found, []
            self._set(replace(self.case, handling=appended(self.case.handling, *found)))

    def _draft(self, deed: Deed, name: str = "", sha256: str = "", details: Mapping[str, str] | None = None) -> Entry:
        return draft(deed, who=self.case.examiner, name=name, sha256=sha256, details=details)

    def _logged(self, case: Case, deed: Deed, name: str, sha256: str, details: Mapping[str, str] | None = None) -> Case:
        begun = [self._draft(Deed.CREATED)] if self._begins_log else []
        drafts = [*begun, *self._found, self._draft(deed, name, sha256, details)]
        self._found, self._begins_log = [], False
        return replace(case, handling=appended(case.handling, *drafts))

    # Details -------------------------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        return self.case.title

    @property
    def number(self) -> str:
        return self.case.number

    @property
    def examiner(self) -> str:
        return self.case.examiner

    @property
    def notes(self) -> str:
        return self.case.notes

    def set_detail(self, name: str, words: str) -> None:
        """Change ``title``, ``number``, ``examiner`` or ``notes``."""
        before = getattr(self.case, name)
        if words != before:
            do, undo = partial(self._set_detail, name, words), partial(self._set_detail, name, before)
            self.undo_stack.push(Edit(tr(_DETAILS[name]), do, undo, place=name))

    def _set_detail(self, name: str, words: str) -> None:
        changes: dict[str, Any] = {name: words}
        if self._set(replace(self.case, **changes)):
            self.details_changed.emit()

    # Exhibits ------------------------------------------------------------------------------------------------

    @property
    def exhibits(self) -> tuple[Exhibit, ...]:
        return self.case.exhibits

    @property
    def current(self) -> Exhibit | None:
        """The exhibit that is open."""
        return self.case.exhibit(self.case.current)

    def find(self, path: Path, sha256: str) -> Exhibit | None:
        """The exhibit of these bytes; of several the one at ``path``."""
        same = [exhibit for exhibit in self.exhibits if exhibit.is_of(path, sha256)]
        return next((exhibit for exhibit in same if exhibit.path == path), same[0] if same else None)

    def add_file(self, path: Path, sha256: str, size: int) -> Exhibit:
        """The exhibit of a file, which becomes one unless it is; it is now known to lie at ``path``."""
        known = self.find(path, sha256)
        exhibit = known or Exhibit(id=next(self._ids), path=path, sha256=sha256, size=size)
        if known is None:
            case = self._logged(replace(self.case, exhibits=(*self.exhibits, exhibit)), Deed.ADDED, path.name, sha256)
        else:
            if known.path != path:
                self.log_found(Deed.RELOCATED, replace(known, path=path))
            exhibit = replace(known, path=path, sha256=known.sha256 or sha256, size=size)
            case = self.case.with_exhibit(exhibit)
        if self._set(case):
            self.exhibits_changed.emit()
        return exhibit

    def enter(self, exhibit: Exhibit | None) -> None:
        """Say which exhibit is open."""
        if self._set(replace(self.case, current=None if exhibit is None else exhibit.id)):
            self.current_changed.emit()
            self.marks_changed.emit()

    def add_result(self, result: AnalysisResult) -> Exhibit:
        """Keep a result in the exhibit that it is of, in the place of what an earlier analysis found there."""
        exhibit = self.add_file(result.media.path, result.sha256, result.media.size_bytes)
        if exhibit.result is not result:
            exhibit = replace(exhibit, result=result)
            if self._set(self.case.with_exhibit(exhibit)):
                self.exhibits_changed.emit()
        return exhibit

    def set_view(self, identity: int, view: ExhibitView) -> None:
        exhibit = self.case.exhibit(identity)
        if exhibit is not None:
            self._set(self.case.with_exhibit(replace(exhibit, view=view)))

    def set_layout(self, layout: str) -> None:
        self._set(replace(self.case, layout=layout))

    def set_role(self, identity: int, role: Role) -> None:
        self._change_exhibit(identity, tr("change of the role"), role=role)

    def set_exhibit_notes(self, identity: int, words: str) -> None:
        self._change_exhibit(identity, tr("typing in the note on a file"), place=("note", identity), notes=words)

    def _change_exhibit(self, identity: int, words: str, *, place: object = None, **changes: Any) -> None:
        exhibit = self.case.exhibit(identity)
        if exhibit is None:
            return
        before = {name: getattr(exhibit, name) for name in changes}
        if before != changes:
            do, undo = partial(self._set_fields, identity, changes), partial(self._set_fields, identity, before)
            self.undo_stack.push(Edit(words, do, undo, place=place))

    def _set_fields(self, identity: int, changes: dict[str, Any]) -> None:
        exhibit = self.case.exhibit(identity)
        if exhibit is not None and self._set(self.case.with_exhibit(replace(exhibit, **changes))):
            self.exhibits_changed.emit()

    def remove(self, identity: int) -> None:
        """Take an exhibit, which is not open, out of the case with its result and marks."""
        exhibit = self.case.exhibit(identity)
        if exhibit is None or identity == self.case.current:
            return
        words = tr("removal of {name}", name=printable(exhibit.path.name))
        place = self.exhibits.index(exhibit)
        taken: list[Exhibit] = []

        def do() -> None:
            if identity != self.case.current:  # which it may be by now, when the removal is done again
                taken[:] = [own for own in self.exhibits if own.id == identity]
                self._set_exhibits(Deed.REMOVED, taken, [own for own in self.exhibits if own.id != identity])

        def undo() -> None:
            self._set_exhibits(Deed.RESTORED, taken, [*self.exhibits[:place], *taken, *self.exhibits[place:]])
            taken.clear()

        self.undo_stack.push(Edit(words, do, undo))

    def _set_exhibits(self, deed: Deed, moved: Iterable[Exhibit], exhibits: Iterable[Exhibit]) -> None:
        case = replace(self.case, exhibits=tuple(exhibits))
        for one in moved:
            case = self._logged(case, deed, one.path.name, one.sha256)
        if self._set(case):
            self.exhibits_changed.emit()

    # Marks ---------------------------------------------------------------------------------------------------

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Those of the current exhibit, in time order."""
        return () if self.current is None else self.current.marks

    def add_mark(self, start: float, end: float) -> Mark | None:
        """Mark a stretch, or a moment, of the current exhibit (PTS seconds)."""
        if self.current is None:
            return None
        mark = Mark(id=next(self._ids), start=float(start), end=float(end))
        self._push_marks([*self.marks, mark], tr("mark at {time}", time=text.clock(mark.start)))
        return mark

    def change_mark(self, changed: Mark) -> None:
        """Put ``changed`` in the place of the mark of its id."""
        before = next((mark for mark in self.marks if mark.id == changed.id), None)
        if before is None or before == changed:
            return
        words = tr("edit of the mark at {time}", time=text.clock(before.start))
        place: object = ("mark", changed.id)
        if (before.note, before.tags) == (changed.note, changed.tags):
            words, place = tr("move of the mark at {time}", time=text.clock(before.start)), None
        self._push_marks([changed if mark.id == changed.id else mark for mark in self.marks], words, place)

    def delete_marks(self, identities: Iterable[int]) -> None:
        gone = set(identities) & {mark.id for mark in self.marks}
        if gone:
            words = trn("deletion of {count} mark", "deletion of {count} marks", len(gone))
            self._push_marks([mark for mark in self.marks if mark.id not in gone], words)

    def _push_marks(self, marks: Iterable[Mark], words: str, place: object = None) -> None:
        exhibit = self.current
        if exhibit is not None:
            do = partial(self._set_marks, exhibit.id, in_time_order(marks))
            self.undo_stack.push(Edit(words, do, partial(self._set_marks, exhibit.id, exhibit.marks), place=place))

    def _set_marks(self, identity: int, marks: tuple[Mark, ...]) -> None:
        exhibit = self.case.exhibit(identity)
        if exhibit is not None and self._set(self.case.with_exhibit(replace(exhibit, marks=marks))):
            self.exhibits_changed.emit()
            self.marks_changed.emit()
