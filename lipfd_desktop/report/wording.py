"""The sentences of a report: findings first and apart from what they mean and do not mean."""

from __future__ import annotations

from typing import Final

import numpy as np

from lipfd_desktop import language
from lipfd_desktop.language import mark, tr, trn
from lipfd_desktop.report.document import Report, union
from lipfd_desktop.report.handling_words import broken_words
from lipfd_desktop.report.terms import outcome_words, question_words
from lipfd_desktop.report.text import capitalised, clock, listed, number, share, together
from lipfd_desktop.result import WHOLE_PICTURE, AnalysisResult, Outcome, Question, Span, Verdict
from lipfd_desktop.verdict import explain

AID_NOT_PROOF: Final = mark("Investigative aid, not proof.")
MOMENTS_NOTE: Final = mark(
    "Strongest first. A moment is a stretch in which every analysed window of a face reaches the threshold; its time "
    "is that of the frame in the middle of its highest window. Moments of different faces overlap, and so do "
    "neighbours of one face whose windows share frames."
)
TEST_WEIGHTS: Final = mark("TEST WEIGHTS: the scores are meaningless")


def warnings(report: Report) -> list[str]:
    """What must be read before anything else, most serious first."""
    result = report.result
    found: list[str] = []
    if not result.model.trained:
        found.append(tr(TEST_WEIGHTS))
    if report.sha256_at_export is None:
        found.append(tr("The file could not be read when this report was made; its hash was not checked again"))
    elif not report.unchanged:
        found.append(tr("The file has CHANGED since it was analysed: the hashes differ"))
    if result.cancelled:
        found.append(tr("Partial result: the analysis was cancelled"))
    elif not result.coverage.complete:
        found.append(tr("Partial result: not the whole file could be examined"))
    if broken := broken_words(report.details.handling):
        found.append(broken)
    return found


def verdict_title(report: Report) -> str:
    """The verdict in one line, with the question that spoke."""
    verdict = report.result.verdict
    if not report.result.model.trained:
        return tr("No verdict: these weights were never trained")
    title = capitalised(outcome_words(verdict.outcome))
    if verdict.outcome is Outcome.MANIPULATED and verdict.question is not None:
        title = tr("{outcome}: {question}", outcome=title, question=question_words(verdict.question))
    elif verdict.outcome is Outcome.AUTHENTIC and report.spans:
        title = trn(
            "{outcome}, with {count:,} suspicious moment",
            "{outcome}, with {count:,} suspicious moments",
            len(report.spans), outcome=title,
        )  # fmt: skip
    elif verdict.score is None:
        title = tr("{outcome}: nothing could be scored", outcome=title)
    return title if verdict.calibrated or verdict.score is None else tr("{verdict} (not calibrated)", verdict=title)


def reason_sentence(verdict: Verdict) -> str:
    """How the outcome came about, with capital and full stop.

    The English words of an older program, which cannot be said in another language, are quoted there.
    """
    if verdict.grounds is None and verdict.score is not None and language.current() != "en":
        return tr("The engine's reason, in English: “{reason}”.", reason=verdict.reason)
    return tr("{sentence}.", sentence=capitalised(explain(verdict)).rstrip("."))


def findings(report: Report) -> list[str]:
    """What was measured, without interpretation; the reason of the verdict first."""
    result = report.result
    coverage, verdict = result.coverage, result.verdict
    lines = [reason_sentence(verdict)]
    if verdict.score is not None:
        lines.append(together(_mean(result), moments(report)))
    followed = trn("{count:,} face followed", "{count:,} faces followed", len(result.faces))
    lines.append(
        trn(
            "Analysed: {done:.2f} s of {whole:.2f} s ({share}), {windows:,} of {count:,} window position; {faces}.",
            "Analysed: {done:.2f} s of {whole:.2f} s ({share}), {windows:,} of {count:,} window positions; {faces}.",
            coverage.windows_total,
            done=coverage.seconds_analysed,
            whole=coverage.seconds_total,
            share=share(coverage.seconds_analysed, coverage.seconds_total),
            windows=coverage.windows_analysed,
            faces=followed,
        )
    )
    return lines


def _mean(result: AnalysisResult) -> str:
    """The mean over the windows of whoever decided."""
    face = result.verdict.face
    own = result.scores.of_face(WHOLE_PICTURE if face is None else face)
    scores = own.score[own.analysed]
    mean = number(float(scores.mean(dtype=np.float64)), 4)
    if face is None:
        return trn(
            "Mean fake score {score} over {count:,} analysed window of the whole picture.",
            "Mean fake score {score} over {count:,} analysed windows of the whole picture.",
            len(scores), score=mean,
        )  # fmt: skip
    return trn(
        "Mean fake score {score} over {count:,} analysed window of face {face}, the deciding face.",
        "Mean fake score {score} over {count:,} analysed windows of face {face}, the deciding face.",
        len(scores), score=mean, face=face,
    )  # fmt: skip


def scales(report: Report) -> list[str]:
    """Why several scores stand side by side that do not agree; nothing where there is one scale."""
    if not report.result.verdict.calibrated or not report.result.model.trained:
        return []
    return [
        tr(
            "Two scales: the clip score, which alone decides, is calibrated for the whole clip and has limits of its "
            "own; the scores of windows, their mean and the threshold for suspicious moments are those of single "
            "windows. The two cannot be compared with each other."
        )
    ]


def meaning(report: Report) -> str:
    """What the verdict means, for a reader who signs a statement about it."""
    result = report.result
    if not result.model.trained:
        return tr("These weights have random values and exist to test the program. No conclusion may be drawn.")
    outcome, calibrated = result.verdict.outcome, result.verdict.calibrated
    if outcome is Outcome.INCONCLUSIVE:
        return tr("The model gives no answer, for the reason stated. That speaks neither for nor against the video.")
    if outcome is Outcome.MANIPULATED:
        rank = (
            tr(
                "Few of the authentic clips that the rule was measured on came to such a clip score (see the error "
                "rates)."
            )
            if calibrated
            else tr("The model was trained to give lip-sync forgeries higher scores than genuine recordings.")
        )
        return together(rank, tr("The suspicious moments deserve a close look by a person."))
    rank = (
        tr(
            "Few of the manipulated clips that the rule was measured on came to so low a clip score (see the error "
            "rates)."
        )
        if calibrated
        else tr("The model was trained to give genuine recordings lower scores than lip-sync forgeries.")
    )
    return together(rank, tr("Single moments can still be suspicious."))


def no_meaning(report: Report) -> str:
    """What the verdict does not mean."""
    result = report.result
    if not result.model.trained:
        return tr("These numbers say nothing about the video, neither for nor against it.")
    if result.verdict.question is Question.FOREIGN_SOUND:
        return tr(
            "It is not proof of forgery, and the score is not the probability that the video is forged. A sound track "
            "that is not that of these lips can be an honest dubbing or translation, or badly synchronised."
        )
    return tr(_NO_MEANING[result.verdict.outcome])


_NO_MEANING: Final = {
    Outcome.MANIPULATED: mark(
        "It is not proof of forgery, and the score is not the probability that the video is forged. Compression, "
        "filters or bad synchronisation can have the same effect."
    ),
    Outcome.AUTHENTIC: mark(
        "It does not show that the video is authentic: other kinds of forgery, unknown generators and compression can "
        "escape this model. The score is not a probability of authenticity."
    ),
    Outcome.INCONCLUSIVE: mark("It is a sign neither of authenticity nor of forgery."),
}


def stills_title(report: Report) -> str:
    """What the stills are, or why there are none."""
    count, total = len(report.evidence.stills), len(report.spans)
    if not count:
        return report.evidence.problem or tr("No stills were asked for.")
    if not total:
        return tr("Windows with the highest scores, strongest first; none reached the threshold")
    if count == total:
        return tr("Peak frames of the suspicious moments, strongest first")
    return tr("Peak frames of {count} of {total:,} suspicious moments, strongest first", count=count, total=total)


def label(result: AnalysisResult) -> str:
    """The label of the JSON output, never without the warning that belongs to it."""
    words = result.verdict.label
    return words if result.model.trained else tr("{label} (test weights: meaningless)", label=words)


def hash_check(report: Report) -> str:
    """Result of the comparison of the two hashes."""
    if report.sha256_at_export is None:
        return tr("not checked: the file could not be read")
    return tr("matches") if report.unchanged else tr("CHANGED: the file is not the one that was analysed")


def moments(report: Report) -> str:
    """How many suspicious moments, over how much time, and which is the strongest."""
    spans, threshold = report.spans, number(report.result.threshold, 4)
    if not spans:
        return tr("No window reached the threshold of {threshold}.", threshold=threshold)
    peak, time = spans[0].peak, clock(report.moment(spans[0]))
    if peak.face is None:
        strongest = tr("highest score {score} at {time}", score=number(peak.score), time=time)
    else:
        strongest = tr(
            "highest score {score} of face {face} at {time}", score=number(peak.score), face=peak.face, time=time
        )
    return tr("{moments}; {strongest}.", moments=_counted(spans, threshold), strongest=strongest)


def _counted(spans: tuple[Span, ...], threshold: str) -> str:
    """How many moments, and why a list may have more of them than a plot has bands."""
    stretches = union(spans)
    seconds = sum(end - start for start, end in stretches)
    if len(stretches) == len(spans):
        return trn(
            "{count:,} suspicious moment (threshold {threshold}), together {seconds:.2f} s",
            "{count:,} suspicious moments (threshold {threshold}), together {seconds:.2f} s",
            len(spans), threshold=threshold, seconds=seconds,
        )  # fmt: skip
    return trn(
        "{count:,} suspicious moment (threshold {threshold}), which overlap and so fill {stretches}, together "
        "{seconds:.2f} s",
        "{count:,} suspicious moments (threshold {threshold}), which overlap and so fill {stretches}, together "
        "{seconds:.2f} s",
        len(spans),
        threshold=threshold,
        stretches=trn("{count:,} stretch of time", "{count:,} stretches of time", len(stretches)),
        seconds=seconds,
    )


def left_out(report: Report) -> str | None:
    """Which parts the examiner did not want; None where that is nothing."""
    parts = [section.words for section in report.details.left_out]
    return tr("Left out of this report by choice: {parts}.", parts=listed(parts)) if parts else None
