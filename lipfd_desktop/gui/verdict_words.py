"""How a verdict came about, as the window says it: the words of the report, in the user's language."""

from __future__ import annotations

from lipfd_desktop import language
from lipfd_desktop.language import tr
from lipfd_desktop.result import Verdict
from lipfd_desktop.verdict import explain


def score_words(verdict: Verdict) -> str:
    """The score behind a verdict and whose it is."""
    score, face = verdict.score, verdict.face
    if score is None:
        return explain(verdict)
    if verdict.calibrated:
        if face is None:
            return tr("clip score {score:.2f} of the whole picture", score=score)
        return tr("clip score {score:.2f} of face {face}", score=score, face=face)
    if face is None:
        return tr("mean fake score {score:.2f} of the whole picture", score=score)
    return tr("mean fake score {score:.2f} of face {face}", score=score, face=face)


def reason_of(verdict: Verdict) -> str:
    """The reason of a verdict; that of an older program, which has English words alone, in quotation marks."""
    if verdict.grounds is None and verdict.score is not None and language.current() != "en":
        return tr("{score}; in English: “{reason}”", score=score_words(verdict), reason=verdict.reason)
    return explain(verdict)
