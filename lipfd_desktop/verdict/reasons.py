"""Why a verdict came about, in any language: whole clauses, filled with the numbers that decided."""

from __future__ import annotations

from lipfd_desktop import language
from lipfd_desktop.language import tr, trn
from lipfd_desktop.result import Grounds, Outcome, Problem, Question, Shortcoming, Verdict


def explain(verdict: Verdict) -> str:
    """The reason of ``verdict`` in the language that is spoken, without capital and full stop.

    In English that is the reason of the record, word for word, so that no two outputs of one result differ.  A verdict
    without grounds, such as one that an older program kept, has its English reason in every language.
    """
    grounds, score = verdict.grounds, verdict.score
    if verdict.reason and language.current() == "en":
        return verdict.reason
    if score is None:
        return tr("no window could be analysed")
    if grounds is None:
        return verdict.reason
    told = _told(verdict, grounds, score)
    if grounds.problems:
        problems = tr("; ").join(_problem(problem, verdict.face) for problem in grounds.problems)
        told = tr("{problems} ({told})", problems=problems, told=told)
    else:
        told = _placed(verdict, grounds, told)
    return told if grounds.seen_enough else tr("{told}; it was seen too little to speak for the file", told=told)


def _told(verdict: Verdict, grounds: Grounds, score: float) -> str:
    """Whose score it is, and the score."""
    face, faces = verdict.face, grounds.faces
    if not verdict.calibrated:
        return _mean_told(face, grounds, score)
    if face is None:
        return tr("the clip score of the whole picture is {score:.3f}", score=score)
    if grounds.passed_over:
        return tr(
            "the clip score of face {face}, the highest on good evidence among {faces} faces with enough windows (a "
            "higher score was passed over, because the evidence for it is poor), is {score:.3f}",
            face=face, faces=faces, score=score,
        )  # fmt: skip
    if faces > 1:
        return tr(
            "the clip score of face {face}, the highest of {faces} faces with enough windows, is {score:.3f}",
            face=face, faces=faces, score=score,
        )  # fmt: skip
    return tr("the clip score of face {face} is {score:.3f}", face=face, score=score)


def _mean_told(face: int | None, grounds: Grounds, score: float) -> str:
    windows, faces = grounds.windows, grounds.faces
    if face is None:
        return trn(
            "the mean fake score of the whole picture over {count} window is {score:.3f}",
            "the mean fake score of the whole picture over {count} windows is {score:.3f}",
            windows, score=score,
        )  # fmt: skip
    if grounds.passed_over:
        return trn(
            "the mean fake score of face {face} over {count} window, the highest on good evidence among {faces} faces "
            "with enough windows (a higher score was passed over, because the evidence for it is poor), is {score:.3f}",
            "the mean fake score of face {face} over {count} windows, the highest on good evidence among {faces} faces "
            "with enough windows (a higher score was passed over, because the evidence for it is poor), is {score:.3f}",
            windows, face=face, faces=faces, score=score,
        )  # fmt: skip
    if faces > 1:
        return trn(
            "the mean fake score of face {face} over {count} window, the highest of {faces} faces with enough "
            "windows, is {score:.3f}",
            "the mean fake score of face {face} over {count} windows, the highest of {faces} faces with enough "
            "windows, is {score:.3f}",
            windows, face=face, faces=faces, score=score,
        )  # fmt: skip
    return trn(
        "the mean fake score of face {face} over {count} window is {score:.3f}",
        "the mean fake score of face {face} over {count} windows is {score:.3f}",
        windows, face=face, score=score,
    )  # fmt: skip


def _placed(verdict: Verdict, grounds: Grounds, told: str) -> str:
    """Where the score lies, which question spoke, and whether the error rates are known."""
    low, high = grounds.authentic_below, grounds.manipulated_from
    if verdict.outcome is Outcome.MANIPULATED:
        told = tr("{told}, at or above {limit:.3f}", told=told, limit=high)
    elif verdict.outcome is Outcome.AUTHENTIC:
        told = tr("{told}, below {limit:.3f}", told=told, limit=low)
    else:
        told = tr(
            "{told}, between {low:.3f} and {high:.3f}, where the model does not tell the two apart",
            told=told, low=low, high=high,
        )  # fmt: skip
    if verdict.generated is not None:
        told = _with_answers(verdict, verdict.generated, told)
    if verdict.calibrated:
        return told
    if grounds.has_rule:
        return tr("{told}; the score is not calibrated: its calibration is for windows of another length", told=told)
    return tr("{told}; the score is not calibrated: its error rates are unknown", told=told)


def _with_answers(verdict: Verdict, generated: float, told: str) -> str:
    """The answers to the two questions, and which of them spoke."""
    foreign = verdict.foreign_sound
    if foreign is None:
        numbers = tr("generated {generated:.3f}, foreign sound not known", generated=generated)
    else:
        numbers = tr(
            "generated {generated:.3f}, foreign sound {foreign:.3f}", generated=generated, foreign=foreign
        )  # fmt: skip
    spoke = _spoke(verdict)
    if not spoke:
        return tr("{told} ({numbers})", told=told, numbers=numbers)
    return tr("{told}; {spoke} ({numbers})", told=told, spoke=spoke, numbers=numbers)


def _spoke(verdict: Verdict) -> str:
    """Which of the two questions spoke; empty for an outcome that leaves them open."""
    unheard = verdict.foreign_sound is None
    if verdict.outcome is Outcome.AUTHENTIC:
        if unheard:
            return tr("the picture did not speak for manipulation")
        return tr("neither the picture nor the sound spoke for manipulation")
    match verdict.question:
        case Question.GENERATED if unheard:
            return tr("what spoke is the picture, and the sound could not be judged")
        case Question.GENERATED:
            return tr("what spoke is the picture, not the sound")
        case Question.FOREIGN_SOUND:
            return tr("what spoke is the sound, not the picture")
        case Question.BOTH:
            return tr("picture and sound spoke together")
    return ""


def _problem(problem: Problem, face: int | None) -> str:
    """What is poor about the evidence for ``face``, or for the whole picture."""
    found, needed = problem.found, problem.needed
    match problem.kind:
        case Shortcoming.CANCELLED:
            return tr("the analysis was cancelled before its end")
        case Shortcoming.UNTRAINED:
            return tr("the weights were never trained, so their scores mean nothing")
        case Shortcoming.TIME:
            return _too_short(found, needed, face)
        case Shortcoming.WINDOWS:
            return _too_few(100 * found, 100 * needed, face)
        case Shortcoming.SIZE:
            return _too_small(found, needed, face)
        case Shortcoming.FLICKER:
            return tr(
                "the windows contradict each other, and the score is within {margin:.1f} of the limit of {limit:.3f}",
                margin=found, limit=needed,
            )  # fmt: skip
        case Shortcoming.SOUND:
            return tr(
                "the sound could be compared with the lips for less than {needed:.1f} s, so a foreign sound track "
                "cannot be ruled out",
                needed=needed,
            )  # fmt: skip


def _too_short(seconds: float, needed: float, face: int | None) -> str:
    if face is None:
        return tr(
            "only {seconds:.2f} s of the whole picture could be analysed, less than the {needed:.1f} s needed",
            seconds=seconds, needed=needed,
        )  # fmt: skip
    return tr(
        "only {seconds:.2f} s of face {face} could be analysed, less than the {needed:.1f} s needed",
        seconds=seconds, needed=needed, face=face,
    )  # fmt: skip


def _too_few(percent: float, needed: float, face: int | None) -> str:
    if face is None:
        return tr(
            "only {percent:.0f} % of the windows that show a face could be analysed, less than the {needed:.0f} % "
            "needed",
            percent=percent, needed=needed,
        )  # fmt: skip
    return tr(
        "only {percent:.0f} % of the windows that show face {face} could be analysed, less than the {needed:.0f} % "
        "needed",
        percent=percent, needed=needed, face=face,
    )  # fmt: skip


def _too_small(height: float, needed: float, face: int | None) -> str:
    if face is None:
        return tr(
            "the largest face is {height:.0f} pixels high from chin to forehead (median), less than the {needed:.0f} "
            "needed",
            height=height, needed=needed,
        )  # fmt: skip
    return tr(
        "face {face} is {height:.0f} pixels high from chin to forehead (median), less than the {needed:.0f} needed",
        height=height, needed=needed, face=face,
    )  # fmt: skip
