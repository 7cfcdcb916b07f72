"""The sentences of a report: findings first and apart from what they mean and do not mean."""

from __future__ import annotations

from typing import Final

from lipfd_desktop.report.document import Report, union
from lipfd_desktop.report.text import clock, number, plural, printable, share
from lipfd_desktop.result import WHOLE_PICTURE, AnalysisResult, InputContract, Span
from lipfd_desktop.verdict import ENOUGH_SHARE

AID_NOT_PROOF: Final = "Investigative aid, not proof."
TEST_WEIGHTS: Final = "TEST WEIGHTS: the scores are meaningless"

CONTRACTS: Final = {
    InputContract.OFFICIAL: (
        "Official contract: the preprocessing that the authors of LipFD published, with its peculiarities, because "
        "their weights were trained with it. Every window is one picture: whole frames side by side, each resized to "
        "500 x 500 (aspect ignored, raw values 0 to 255), under a strip of the mel-spectrogram. The three tiers are "
        "fixed crops of the first frame of the window, shifted by 0 to 4 pixels; no face detection enters them. The "
        "face and lip boxes in this report were found by MediaPipe and show where the faces are, not what the network "
        "was shown. A score belongs to the whole picture and to none of its faces."
    ),
    InputContract.GUIDED: (
        "Guided contract: the head, face and lip tiers are cut around the landmarks that MediaPipe finds, levelled "
        "against head rotation and smoothed over time, from consecutive frames with normalised pixels, together with "
        "the mel-spectrogram of the same time span. Only weights trained for this contract are used with it."
    ),
}

METHOD: Final = (
    "LipFD (Liu et al., “Lips Are Lying: Spotting the Temporal Inconsistency between Audio and Visual in "
    "Lip-Syncing DeepFakes”, NeurIPS 2024) is a neural network that looks at a window of consecutive frames and the "
    "sound of the same time. A CLIP ViT encoder sees the whole window, a ResNet sees three nested crops (head, face, "
    "lips) a frame; learned weights say how much each crop counts. The result is one number a window, the logit; "
    "its logistic function is the fake score between 0 and 1."
)

DECISIONS: Final = {
    InputContract.OFFICIAL: (
        "The answer for the file is the mean score of all analysed windows, compared with the threshold: FAKE from "
        "the threshold on, REAL below it."
    ),
    InputContract.GUIDED: (
        "Every face has windows and scores of its own. The deciding face is the one with the highest mean score "
        f"among the faces that have at least {ENOUGH_SHARE:.0%} of the analysed windows of the most seen face. The "
        "answer for the file is that mean, compared with the threshold: FAKE from the threshold on, REAL below it."
    ),
}
"""The rule of :func:`lipfd_desktop.verdict.predict` in words."""

NO_SCORES_A_FACE: Final = (
    "The scores of this report belong to the whole picture and not to one of these faces: the network was shown "
    "whole frames."
)

LIMITATIONS: Final = (
    "A score cannot prove a forgery, nor can it prove that a recording is authentic. It is one observation to be "
    "weighed with others by a person who knows the case.",
    "The fake score is not the probability that the video is forged, and the “confidence” of the JSON output is not "
    "the probability that the answer is right. Neither has been calibrated for the material at hand.",
    "For the authors' published weights: the paper's abstract reports more than 95.3 % average accuracy on its own "
    "data. Other studies report far lower figures outside it: in a DeepSpeak study 98.8 % of real but only 3.5 % of "
    "fake videos were recognised; X-AVDT reports AUC 73.2 on FakeAVCeleb, 52.8 on FF++ and 57.6 on MMDF, where 50 "
    "is chance.",
    "The published weights hardly listen: where only the audio was exchanged for a synthetic voice, a third-party "
    "evaluation on FakeAVCeleb found AUC 0.513. A low score does not show that voice and lips belong together.",
    "Compression, resizing, filters, re-recording from a screen, poor light, occlusion, unusual framing and bad "
    "audio-video synchronisation can raise or lower scores without any forgery.",
    "Windows overlap when the stride is smaller than the window, so neighbouring scores are not independent and the "
    "number of suspicious windows is not a number of independent findings.",
    "At most four faces are followed at once; in a frame with more of them the others are not examined.",
    "Stretches without a face, with a face below 64 pixels, without sound, with missing or damaged frames or across a "
    "scene cut were not scored, nor was the time between windows when the stride is larger than the window. Nothing is "
    "known about them; see Coverage.",
)


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
    """The answer in one line: a comparison, because no threshold was calibrated for the material at hand."""
    result = report.result
    if not result.model.trained:
        return "No verdict: these weights were never trained"
    if result.prediction.label == "FAKE":
        return "Mean fake score at or above the threshold"
    if result.prediction.label == "REAL":
        if report.spans:
            spans = plural(len(report.spans), "suspicious span")
            return f"Mean fake score below the threshold, with {spans}"
        return "Mean fake score below the threshold"
    return "Inconclusive: nothing could be scored"


def findings(report: Report) -> list[str]:
    """What was measured, without interpretation."""
    result = report.result
    coverage, prediction = result.coverage, result.prediction
    lines = []
    if prediction.score is None:
        lines.append(f"No score: {prediction.reason}.")
    else:
        own = result.scores.of_face(WHOLE_PICTURE if prediction.face is None else prediction.face)
        whose = "the whole picture" if prediction.face is None else f"face {prediction.face}, the deciding face"
        lines.append(
            f"Mean fake score {number(prediction.score, 4)} over {plural(int(own.analysed.sum()), 'analysed window')} "
            f"of {whose}; threshold {number(result.threshold, 4)}."
        )
        lines.append(_span_finding(report.spans, result.threshold))
    lines.append(
        f"Analysed: {coverage.seconds_analysed:.2f} s of {coverage.seconds_total:.2f} s "
        f"({share(coverage.seconds_analysed, coverage.seconds_total)}), {coverage.windows_analysed:,} of "
        f"{plural(coverage.windows_total, 'window position')}; {plural(len(result.faces), 'face')} followed."
    )
    return lines


def meaning(report: Report) -> str:
    """What the findings mean, for a reader who signs a statement about them."""
    if not report.result.model.trained:
        return "These weights have random values and exist to test the program. No conclusion may be drawn."
    return {
        "FAKE": "On average the scored windows reach the threshold: the model was trained to give lip-sync forgeries "
        "higher scores than genuine recordings. The spans listed here deserve a close look by a person.",
        "REAL": "On average the scored windows stay below the threshold: the model was trained to give genuine "
        "recordings lower scores than lip-sync forgeries. Single spans can still be suspicious; they are listed.",
    }.get(report.result.prediction.label, "The model gave no answer. That speaks neither for nor against the video.")


def no_meaning(report: Report) -> str:
    """What the findings do not mean."""
    if not report.result.model.trained:
        return "These numbers say nothing about the video, neither for nor against it."
    return {
        "FAKE": "It is not proof of forgery, and the fake score is not the probability that the video is forged. "
        "Compression, filters or bad synchronisation can have the same effect.",
        "REAL": "It does not show that the video is authentic: other kinds of forgery, unknown generators and "
        "compression can escape this model. The score is not a probability of authenticity.",
    }.get(report.result.prediction.label, "It is a sign neither of authenticity nor of forgery.")


def stills_title(report: Report) -> str:
    """What the stills are, or why there are none."""
    count, total = len(report.evidence.stills), len(report.spans)
    if not count:
        return report.evidence.problem or "No stills were asked for."
    if not total:
        return "Highest windows; none reached the threshold"
    which = "the suspicious spans" if count == total else f"{count} of {total:,} suspicious spans"
    return f"Peak frames of {which}, highest first"


def model_record(result: AnalysisResult) -> list[str]:
    """What the model's own record says about its limits and error rates."""
    if not result.model.trained:
        return ["These weights were never trained; they have no error rates."]
    stated = [printable(limit) for limit in result.model.limits]
    return stated or ["The record of this model states no error rates and no limits of its own."]


def label(result: AnalysisResult) -> str:
    """The label of the JSON output, never without the warning that belongs to it."""
    return result.prediction.label if result.model.trained else f"{result.prediction.label} (test weights: meaningless)"


def hash_check(report: Report) -> str:
    """Result of the comparison of the two hashes."""
    if report.sha256_at_export is None:
        return "not checked: the file could not be read"
    return "matches" if report.unchanged else "CHANGED: the file is not the one that was analysed"


def _span_finding(spans: tuple[Span, ...], threshold: float) -> str:
    if not spans:
        return f"No window reached the threshold of {number(threshold, 4)}."
    peak, seconds = spans[0].peak, sum(end - start for start, end in union(spans))
    whose = "" if peak.face is None else f" of face {peak.face}"
    return (
        f"{plural(len(spans), 'suspicious span')}, together {seconds:.2f} s; highest score "
        f"{number(peak.score)}{whose} at {clock(peak.start)}."
    )
