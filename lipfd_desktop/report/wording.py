"""The sentences of a report: findings first and apart from what they mean and do not mean."""

from __future__ import annotations

from typing import Final

import numpy as np

from lipfd_desktop.report.document import Report, union
from lipfd_desktop.report.text import SPOKE, capitalised, clock, number, plural, share
from lipfd_desktop.result import WHOLE_PICTURE, AnalysisResult, Outcome, Question, Span

AID_NOT_PROOF: Final = "Investigative aid, not proof."
MOMENTS_NOTE: Final = (
    "Strongest first. A moment is a stretch in which every analysed window of a face reaches the threshold; its time "
    "is that of the frame in the middle of its highest window. Moments of different faces overlap, and so do "
    "neighbours of one face whose windows share frames."
)
TEST_WEIGHTS: Final = "TEST WEIGHTS: the scores are meaningless"


def warnings(report: Report) -> list[str]:
    """What must be read before anything else, most serious first."""
    result = report.result
    found: list[str] = []
    if not result.model.trained:
        found.append(TEST_WEIGHTS)
    if report.sha256_at_export is None:
        found.append("The file could not be read when this report was made; its hash was not checked again")
    elif not report.unchanged:
        found.append("The file has CHANGED since it was analysed: the hashes differ")
    if result.cancelled:
        found.append("Partial result: the analysis was cancelled")
    elif not result.coverage.complete:
        found.append("Partial result: not the whole file could be examined")
    return found


def verdict_title(report: Report) -> str:
    """The verdict in one line, with the question that spoke."""
    verdict = report.result.verdict
    if not report.result.model.trained:
        return "No verdict: these weights were never trained"
    title = capitalised(verdict.outcome)
    if verdict.outcome is Outcome.MANIPULATED and verdict.question is not None:
        title += f": {SPOKE[verdict.question]}"
    elif verdict.outcome is Outcome.AUTHENTIC and report.spans:
        title += f", with {plural(len(report.spans), 'suspicious moment')}"
    elif verdict.score is None:
        title += ": nothing could be scored"
    return title if verdict.calibrated or verdict.score is None else f"{title} (not calibrated)"


def findings(report: Report) -> list[str]:
    """What was measured, without interpretation; the reason of the verdict first."""
    result = report.result
    coverage, verdict = result.coverage, result.verdict
    lines = [f"{capitalised(verdict.reason)}."]
    if verdict.score is not None:
        own = result.scores.of_face(WHOLE_PICTURE if verdict.face is None else verdict.face)
        scores = own.score[own.analysed]
        whose = "the whole picture" if verdict.face is None else f"face {verdict.face}, the deciding face"
        lines.append(
            f"Mean fake score {number(float(scores.mean(dtype=np.float64)), 4)} over "
            f"{plural(len(scores), 'analysed window')} of {whose}. {moments(report)}"
        )
    lines.append(
        f"Analysed: {coverage.seconds_analysed:.2f} s of {coverage.seconds_total:.2f} s "
        f"({share(coverage.seconds_analysed, coverage.seconds_total)}), {coverage.windows_analysed:,} of "
        f"{plural(coverage.windows_total, 'window position')}; {plural(len(result.faces), 'face')} followed."
    )
    return lines


def scales(report: Report) -> list[str]:
    """Why several scores stand side by side that do not agree; nothing where there is one scale."""
    if not report.result.verdict.calibrated or not report.result.model.trained:
        return []
    return [
        "Two scales: the clip score, which alone decides, is calibrated for the whole clip and has limits of its own; "
        "the scores of windows, their mean and the threshold for suspicious moments are those of single windows. The "
        "two cannot be compared with each other."
    ]


def meaning(report: Report) -> str:
    """What the verdict means, for a reader who signs a statement about it."""
    result = report.result
    if not result.model.trained:
        return "These weights have random values and exist to test the program. No conclusion may be drawn."
    outcome, calibrated = result.verdict.outcome, result.verdict.calibrated
    if outcome is Outcome.INCONCLUSIVE:
        return "The model gives no answer, for the reason stated. That speaks neither for nor against the video."
    if outcome is Outcome.MANIPULATED:
        rank = (
            "Few of the authentic clips that the rule was measured on came to such a clip score (see the error rates)."
            if calibrated
            else "The model was trained to give lip-sync forgeries higher scores than genuine recordings."
        )
        return f"{rank} The suspicious moments deserve a close look by a person."
    rank = (
        "Few of the manipulated clips that the rule was measured on came to so low a clip score (see the error rates)."
        if calibrated
        else "The model was trained to give genuine recordings lower scores than lip-sync forgeries."
    )
    return f"{rank} Single moments can still be suspicious."


def no_meaning(report: Report) -> str:
    """What the verdict does not mean."""
    result = report.result
    if not result.model.trained:
        return "These numbers say nothing about the video, neither for nor against it."
    if result.verdict.question is Question.FOREIGN_SOUND:
        return (
            "It is not proof of forgery, and the score is not the probability that the video is forged. A sound track "
            "that is not that of these lips can be an honest dubbing or translation, or badly synchronised."
        )
    return {
        Outcome.MANIPULATED: "It is not proof of forgery, and the score is not the probability that the video is "
        "forged. Compression, filters or bad synchronisation can have the same effect.",
        Outcome.AUTHENTIC: "It does not show that the video is authentic: other kinds of forgery, unknown generators "
        "and compression can escape this model. The score is not a probability of authenticity.",
        Outcome.INCONCLUSIVE: "It is a sign neither of authenticity nor of forgery.",
    }[result.verdict.outcome]


def stills_title(report: Report) -> str:
    """What the stills are, or why there are none."""
    count, total = len(report.evidence.stills), len(report.spans)
    if not count:
        return report.evidence.problem or "No stills were asked for."
    if not total:
        return "Windows with the highest scores, strongest first; none reached the threshold"
    which = "the suspicious moments" if count == total else f"{count} of {total:,} suspicious moments"
    return f"Peak frames of {which}, strongest first"


def label(result: AnalysisResult) -> str:
    """The label of the JSON output, never without the warning that belongs to it."""
    return result.verdict.label if result.model.trained else f"{result.verdict.label} (test weights: meaningless)"


def hash_check(report: Report) -> str:
    """Result of the comparison of the two hashes."""
    if report.sha256_at_export is None:
        return "not checked: the file could not be read"
    return "matches" if report.unchanged else "CHANGED: the file is not the one that was analysed"


def moments(report: Report) -> str:
    """How many suspicious moments, over how much time, and which is the strongest."""
    spans, threshold = report.spans, report.result.threshold
    if not spans:
        return f"No window reached the threshold of {number(threshold, 4)}."
    stretches = union(spans)
    seconds = sum(end - start for start, end in stretches)
    peak = spans[0].peak
    whose = "" if peak.face is None else f" of face {peak.face}"
    return (
        f"{plural(len(spans), 'suspicious moment')} (threshold {number(threshold, 4)})"
        f"{_overlapping(spans, stretches)}, together {seconds:.2f} s; "
        f"highest score {number(peak.score)}{whose} at {clock(report.moment(spans[0]))}."
    )


def _overlapping(spans: tuple[Span, ...], stretches: list[tuple[float, float]]) -> str:
    """Why a list has more moments than a plot has bands."""
    if len(stretches) == len(spans):
        return ""
    return f", which overlap and so fill {plural(len(stretches), 'stretch', 'stretches')} of time"


def left_out(report: Report) -> str | None:
    """Which parts the examiner did not want; None where that is nothing."""
    parts = [section.words for section in report.details.left_out]
    return f"Left out of this report by choice: {', '.join(parts)}." if parts else None
