"""What the window says about a case, its media and where it is kept."""

from __future__ import annotations

from typing import Final

from lipfd_desktop.case.records import Exhibit, Role
from lipfd_desktop.case.relocation import MediaCheck, MediaState
from lipfd_desktop.gui.case_keeper import CaseKeeper
from lipfd_desktop.gui.case_keeping import Keeping
from lipfd_desktop.language import mark as _
from lipfd_desktop.language import tr, trn
from lipfd_desktop.report.terms import outcome_words
from lipfd_desktop.report.text import capitalised, printable

STATES: Final = {
    MediaState.PRESENT: _("present"),
    MediaState.MOVED: _("moved"),
    MediaState.CHANGED: _("changed"),
    MediaState.MISSING: _("missing"),
}
ROLES: Final = {Role.SUSPECT: _("suspect"), Role.REFERENCE: _("reference")}
_SENTENCES: Final = {
    MediaState.PRESENT: _("{name} is where it was, with the same bytes."),
    MediaState.MOVED: _("{name} was moved: the same bytes were found at {found}."),
    MediaState.CHANGED: _(
        "{name} has changed: the bytes at {found} are not those that were examined. "
        "Marks and result in this case are of the earlier ones."
    ),
    MediaState.MISSING: _("{name} is missing: put it back to {folder}, or say where it is with “Locate”."),
}
_KEEPING: Final = {
    Keeping.NOTHING: _("Nothing to save yet"),
    Keeping.PENDING: _("Saving in a moment…"),
    Keeping.SAVED: _("Saved in {name}"),
    Keeping.UNSAVED: _("Kept on this machine, but in no case file of yours yet"),
    Keeping.FAILING: _("Not saved; see the message"),
}


def state_word(check: MediaCheck | None) -> str:
    """One word for the list."""
    return tr("checking…") if check is None else tr(STATES[check.state])


def media_sentence(exhibit: Exhibit, check: MediaCheck) -> str:
    """What became of the media of an exhibit."""
    return tr(
        _SENTENCES[check.state],
        name=printable(exhibit.path.name),
        folder=printable(exhibit.path.parent),
        found=printable(check.path or exhibit.path),
    )


def verdict_word(exhibit: Exhibit) -> str:
    """The outcome of the last analysis."""
    result = exhibit.result
    if result is None:
        return tr("not analysed")
    outcome = capitalised(outcome_words(result.verdict.outcome))
    return tr("{outcome}, cancelled", outcome=outcome) if result.cancelled else outcome


def marks_words(exhibit: Exhibit) -> str:
    return trn("{count:,} mark", "{count:,} marks", len(exhibit.marks))


def keeping_words(keeper: CaseKeeper) -> str:
    """Whether what is shown is on the disk."""
    name = "" if keeper.path is None else printable(keeper.path.name)
    return tr(_KEEPING[keeper.state], name=name)
