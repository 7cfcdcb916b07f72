"""How a verdict came about, as sentences in the user's language.

English ones are the engine's own.  In another language they are composed of the fields of the verdict; where these do
not say everything, as with poor evidence, the engine's words follow in quotation marks.
"""

from __future__ import annotations

from typing import Final

from lipfd_desktop import language
from lipfd_desktop.language import tr
from lipfd_desktop.report import method
from lipfd_desktop.report.text import capitalised, number, printable
from lipfd_desktop.result import MeasuredRate, ModelInfo, Outcome, Question, Verdict
from lipfd_desktop.verdict import undecided_between

_TOLD: Final = ("the clip score of ", "the mean fake score of ")
"""Reasons that begin so say no more than the fields of the verdict; others say what is poor about the evidence."""


def score_words(verdict: Verdict) -> str:
    """The score behind a verdict and whose it is."""
    score, face = verdict.score, verdict.face
    if score is None:
        return verdict.reason if _is_english() else tr("no window could be analysed")
    if verdict.calibrated:
        if face is None:
            return tr("clip score {score:.2f} of the whole picture", score=score)
        return tr("clip score {score:.2f} of face {face}", score=score, face=face)
    if face is None:
        return tr("mean fake score {score:.2f} of the whole picture", score=score)
    return tr("mean fake score {score:.2f} of face {face}", score=score, face=face)


def verdict_sentence(verdict: Verdict, model: ModelInfo, threshold: float) -> str:
    """How the outcome came about, with capital and full stop; ``threshold`` is that of an uncalibrated model."""
    if _is_english():
        return f"{capitalised(verdict.reason).rstrip('.')}."
    if verdict.score is None:
        return f"{capitalised(score_words(verdict))}."
    if not model.trained:
        words = capitalised(score_words(verdict))
        return tr("{score}. The weights were never trained, so their scores mean nothing.", score=words)
    low, high = undecided_between(model.rule if verdict.calibrated else None, threshold)
    sentences = [_placed(verdict, low, high)]
    if verdict.outcome is Outcome.INCONCLUSIVE and not verdict.reason.startswith(_TOLD):
        sentences.append(engine_words(verdict.reason))
    sentences += _answers(verdict)
    if not verdict.calibrated:
        sentences.append(
            tr("The score is not calibrated: its error rates are unknown.")
            if model.rule is None
            else tr("The score is not calibrated: its calibration is for windows of another length.")
        )
    return " ".join(sentences)


def engine_words(reason: str) -> str:
    """The reason of a verdict as the engine wrote it, in another language in quotation marks."""
    return reason if _is_english() else tr("The engine's reason, in English: “{reason}”.", reason=reason)


def quoted_reason(verdict: Verdict) -> str:
    """The reason of a verdict where there is no room for sentences about it."""
    if _is_english():
        return verdict.reason
    return tr("{score}; in English: “{reason}”", score=score_words(verdict), reason=verdict.reason)


def _is_english() -> bool:
    return language.current() == "en"


def _placed(verdict: Verdict, low: float, high: float) -> str:
    """Where the score lies, and whether that was allowed to decide."""
    score, words = verdict.score or 0.0, capitalised(score_words(verdict))
    if verdict.outcome is Outcome.MANIPULATED:
        return tr("{score}: at or above {limit:.3f}.", score=words, limit=high)
    if verdict.outcome is Outcome.AUTHENTIC:
        return tr("{score}: below {limit:.3f}.", score=words, limit=low)
    if low <= score < high:
        return tr(
            "{score}: between {low:.3f} and {high:.3f}, where the model does not tell the two apart.",
            score=words, low=low, high=high,
        )  # fmt: skip
    return tr("{score}, but the evidence is too poor for a verdict.", score=words)


def _answers(verdict: Verdict) -> list[str]:
    """The answers to the two questions, and which of them spoke."""
    if verdict.generated is None:
        return []
    if verdict.foreign_sound is None:
        numbers = tr("Generated {generated:.3f}; foreign sound could not be judged.", generated=verdict.generated)
    else:
        numbers = tr(
            "Generated {generated:.3f}, foreign sound {foreign:.3f}.",
            generated=verdict.generated, foreign=verdict.foreign_sound,
        )  # fmt: skip
    if verdict.question is None:
        return [numbers]
    spoke = {
        Question.GENERATED: tr("What spoke is the picture."),
        Question.FOREIGN_SOUND: tr("What spoke is the sound, not the picture."),
        Question.BOTH: tr("Picture and sound spoke together."),
    }
    return [spoke[verdict.question], numbers]


def rule_words(model: ModelInfo) -> list[str]:
    """Limits and error rates of the verdicts of a model, or that there are none, as the report says them."""
    rule = model.rule
    if _is_english():
        return method.rule_words(model)
    if not model.trained:
        return [tr("These weights were never trained; they have no error rates.")]
    if rule is None:
        return [tr("Not calibrated: how often the verdict of this model is wrong has not been measured.")]
    lines = [
        tr(
            "Likely manipulated from a clip score of {high}, likely authentic below {low}, inconclusive between them.",
            high=number(rule.manipulated_from), low=number(rule.authentic_below),
        ),
        tr(
            "Measured on material that the network had not been trained on ({clips:,} clips, {speakers:,} speakers): "
            "“{corpus}”.",
            clips=rule.clips, speakers=rule.speakers, corpus=printable(rule.corpus),
        ),
        tr(
            "Authentic clips called likely manipulated: {wrong}. Manipulated clips called likely authentic: {missed}.",
            wrong=_rate(rule.false_positive_rate), missed=_rate(rule.false_negative_rate),
        ),
    ]  # fmt: skip
    called, forged, genuine = rule.called_out, rule.manipulated_left_open, rule.authentic_left_open
    if called is None or forged is None or genuine is None:
        lines.append(
            tr(
                "How many manipulated clips are called likely manipulated, and how many clips stay inconclusive, is "
                "not in the record of this model."
            )
        )
        return lines
    lines.append(tr("Manipulated clips called likely manipulated: {called}.", called=_rate(called)))
    if called.value < 0.5:
        lines[-1] += " " + tr("Most forgeries are not called out.")
    lines.append(
        tr(
            "Left inconclusive: {forged} of the manipulated and {genuine} of the authentic clips.",
            forged=_rate(forged), genuine=_rate(genuine),
        )
    )  # fmt: skip
    lines.append(
        tr(
            "The other {share:.1f} % of the authentic clips were called likely authentic.",
            share=100 * method.cleared_share(rule),
        )
    )
    return lines


def _rate(rate: MeasuredRate) -> str:
    return tr(
        "{value:.1f} % (95 % interval {low:.1f} to {high:.1f} %)",
        value=100 * rate.value, low=100 * rate.low, high=100 * rate.high,
    )  # fmt: skip
