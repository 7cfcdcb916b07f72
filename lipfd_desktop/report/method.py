"""What a report says about the method: the network, its input, the rule of the verdict and the limits of all that."""

from __future__ import annotations

from typing import Final

from lipfd_desktop.language import mark, tr, trn
from lipfd_desktop.report.record import quoted
from lipfd_desktop.report.text import number, together
from lipfd_desktop.result import AnalysisResult, Exactness, InputContract, MeasuredRate, ModelInfo, VerdictRule
from lipfd_desktop.verdict.rule import ENOUGH_SHARE, MIN_ANALYSED_SHARE, MIN_HEIGHT, undecided_between
from lipfd_desktop.verdict.statistic import ENOUGH_SECONDS

CONTRACTS: Final = {
    InputContract.OFFICIAL: mark(
        "Official contract: the preprocessing that the authors of LipFD published, with its peculiarities, because "
        "their weights were trained with it. Every window is one picture: whole frames side by side, each resized to "
        "500 x 500 (aspect ignored, raw values 0 to 255), under a strip of the mel-spectrogram. The three tiers are "
        "fixed crops of the first frame of the window, shifted by 0 to 4 pixels; no face detection enters them. The "
        "face and lip boxes in this report were found by MediaPipe and show where the faces are, not what the network "
        "was shown. A score belongs to the whole picture and to none of its faces."
    ),
    InputContract.GUIDED: mark(
        "Guided contract: the head, face and lip tiers are cut around the landmarks that MediaPipe finds, levelled "
        "against head rotation and smoothed over time, from consecutive frames with normalised pixels, together with "
        "the mel-spectrogram of the same time span. Only weights trained for this contract are used with it."
    ),
    InputContract.CONTEXT: mark(
        "Context contract: an image of the head and one of the face, which holds the lips, are cut from consecutive "
        "frames around the landmarks that MediaPipe finds, levelled against head rotation and smoothed over time. "
        "Beside them the network is given the motion of the landmarks and the mel-spectrogram of the two seconds "
        "around the middle of the window. Only weights trained for this contract are used with it."
    ),
}

_LIPFD: Final = mark(
    "LipFD (Liu et al., “Lips Are Lying: Spotting the Temporal Inconsistency between Audio and Visual in "
    "Lip-Syncing DeepFakes”, NeurIPS 2024) is a neural network that looks at a window of consecutive frames and the "
    "sound of the same time. A CLIP ViT encoder sees the whole window, a ResNet sees three nested crops (head, face, "
    "lips) a frame; learned weights say how much each crop counts. The result is one number a window, the logit; "
    "its logistic function is the fake score between 0 and 1."
)
_COMPACT: Final = mark(
    "A compact neural network after LipFD (Liu et al., “Lips Are Lying: Spotting the Temporal Inconsistency between "
    "Audio and Visual in Lip-Syncing DeepFakes”, NeurIPS 2024) looks at windows of consecutive frames with three "
    "nested crops (head, face, lips) a frame, whose learned weights say how much each crop counts, and at the motion "
    "and the sound around them. It answers two questions that are kept apart: whether the picture was generated "
    "(“generated”), and whether the sound is that of other lips (“foreign sound”: exchanged, dubbed or shifted). "
    "Both answers, between 0 and 1, are calibrated so that equal numbers are equally rare among genuine recordings; "
    "the fake score is the higher of the two, and “generated” alone where foreign sound cannot be judged."
)
NETWORKS: Final = {
    InputContract.OFFICIAL: _LIPFD,
    InputContract.GUIDED: _LIPFD,
    InputContract.CONTEXT: _COMPACT,
}

ARITHMETIC: Final = {
    Exactness.REFERENCE: mark("reference (fp32)"),
    Exactness.FAST: mark(
        "fast (16-bit factors; within 0.01 of the reference for the bundled model, 0.05 for large ones)"
    ),
}

NO_SCORES_A_FACE: Final = mark(
    "The scores of this report belong to the whole picture and not to one of these faces: the network was shown "
    "whole frames."
)

_LIMITS_OF_ALL: Final = (
    mark(
        "A score cannot prove a forgery, nor can it prove that a recording is authentic. It is one observation to be "
        "weighed with others by a person who knows the case."
    ),
    mark(
        "A score is not the probability that the video is forged, and the “confidence” of the JSON output is not the "
        "probability that the answer is right: both depend on where the video comes from. Error rates hold for "
        "material like that which they were measured on; nobody has measured them on the material at hand."
    ),
)
_LIMITS_OF_PUBLISHED_WEIGHTS: Final = (
    mark(
        "For the authors' published weights: the paper's abstract reports more than 95.3 % average accuracy on its "
        "own data. Other studies report far lower figures outside it: in a DeepSpeak study 98.8 % of real but only "
        "3.5 % of fake videos were recognised; X-AVDT reports AUC 73.2 on FakeAVCeleb, 52.8 on FF++ and 57.6 on MMDF,"
        " where 50 is chance."
    ),
    mark(
        "The published weights hardly listen: where only the audio was exchanged for a synthetic voice, a third-party"
        " evaluation on FakeAVCeleb found AUC 0.513. A low score does not show that voice and lips belong together."
    ),
)
_LIMITS_OF_MATERIAL: Final = (
    mark(
        "Compression, resizing, filters, re-recording from a screen, poor light, occlusion, unusual framing and bad "
        "audio-video synchronisation can raise or lower scores without any forgery."
    ),
    mark(
        "Windows overlap when the stride is smaller than the window, so neighbouring scores are not independent and "
        "the number of suspicious windows is not a number of independent findings."
    ),
    mark("At most four faces are followed at once; in a frame with more of them the others are not examined."),
    mark(
        "Stretches without a face, with a face below 64 pixels, without sound, with missing or damaged frames or "
        "across a scene cut were not scored, nor was the time between windows when the stride is larger than the "
        "window. Nothing is known about them; see Coverage."
    ),
)


def decision(result: AnalysisResult) -> str:
    """How the verdict comes about: the rule of :func:`lipfd_desktop.verdict.decide` in words."""
    rule = result.model.rule if result.plan.window_frames == result.model.window_frames else None
    if result.model.input_contract is InputContract.OFFICIAL:
        who = tr("All analysed windows decide together.")
    else:
        who = tr(
            "Every face has windows and scores of its own. The deciding face is the one with the highest score among "
            "the faces that have at least {share:.0%} of the analysed windows of the most seen face; a face on poor "
            "evidence is passed over where another one is likely manipulated on good evidence.",
            share=ENOUGH_SHARE,
        )
    if rule is None:
        low, high = undecided_between(None, result.threshold)
        how = tr(
            "No calibration applies here: the mean fake score of the windows is held against the threshold of "
            "{threshold}. A mean from {high} on is likely manipulated, one below {low} likely authentic, and between "
            "them nothing is decided.",
            threshold=number(result.threshold), high=number(high), low=number(low),
        )  # fmt: skip
    else:
        how = tr(
            "The score of a frame is the mean over the windows that contain it, so overlap does not count twice. The "
            "clip statistic, in logits, is half the mean over all frames and half the highest mean over {span:g} s of "
            "them; a logistic function that was fitted on clips the network had not seen turns it into the clip "
            "score. The threshold for suspicious windows plays no part in it.",
            span=rule.span_seconds,
        )
    each = ""
    if rule is not None and rule.foreign_sound is not None:
        each = tr("This is done for each of the two questions; the clip score is the higher of the two results.")
    poor = tr(
        "The verdict is inconclusive when less than {seconds:.1f} s could be analysed, less than {share:.0%} of the "
        "windows with the face, when the face is lower than {height} pixels, when windows contradict each other near "
        "a limit, and when the analysis was cancelled.",
        seconds=ENOUGH_SECONDS, share=MIN_ANALYSED_SHARE, height=MIN_HEIGHT,
    )  # fmt: skip
    unheard = ""
    if rule is not None and rule.foreign_sound is not None:
        unheard = tr(
            "It is inconclusive instead of likely authentic when the sound could be compared with the lips for less "
            "than {seconds:.1f} s, because a foreign sound track cannot be ruled out then.",
            seconds=ENOUGH_SECONDS,
        )
    return together(who, how, each, poor, unheard)


def calibration(result: AnalysisResult) -> list[str]:
    """Limits and error rates of the verdict, or that there are none."""
    if result.model.rule is not None and not result.verdict.calibrated and result.model.trained:
        return [tr("Not calibrated: the error rates of this model are not known for windows of this length.")]
    return rule_words(result.model)


def rule_words(model: ModelInfo) -> list[str]:
    """Limits and error rates of the verdicts of a model, or that there are none."""
    rule = model.rule
    if not model.trained:
        return [tr("These weights were never trained; they have no error rates.")]
    if rule is None:
        return [tr("Not calibrated: how often the verdict of this model is wrong has not been measured.")]
    return [
        tr(
            "Likely manipulated from a clip score of {high}, likely authentic below {low}, inconclusive between them.",
            high=number(rule.manipulated_from), low=number(rule.authentic_below),
        ),
        tr(
            "Measured on {clips} of {speakers} that the network had not been trained on: {corpus}.",
            clips=trn("{count:,} clip", "{count:,} clips", rule.clips),
            speakers=trn("{count:,} speaker", "{count:,} speakers", rule.speakers),
            corpus=quoted(rule.corpus).rstrip(".。"),
        ),
        tr(
            "Authentic clips called likely manipulated: {wrong}. Manipulated clips called likely authentic: {missed}.",
            wrong=_rate(rule.false_positive_rate), missed=_rate(rule.false_negative_rate),
        ),
        _reach(rule),
    ]  # fmt: skip


def _reach(rule: VerdictRule) -> str:
    """How many clips get an answer at all."""
    called, forged, genuine = rule.called_out, rule.manipulated_left_open, rule.authentic_left_open
    if called is None or forged is None or genuine is None:
        return tr(
            "How many manipulated clips are called likely manipulated, and how many clips stay inconclusive, is not in "
            "the record of this model."
        )
    found = (
        tr(
            "Manipulated clips called likely manipulated: {called}; most forgeries are not called out.",
            called=_rate(called),
        )
        if called.value < 0.5
        else tr("Manipulated clips called likely manipulated: {called}.", called=_rate(called))
    )
    left_open = tr(
        "Left inconclusive: {forged} of the manipulated and {genuine} of the authentic clips.",
        forged=_rate(forged), genuine=_rate(genuine),
    )  # fmt: skip
    rest = tr(
        "The other {share:.1f} % of the authentic clips were called likely authentic.", share=100 * cleared_share(rule)
    )
    return together(found, left_open, rest)


def cleared_share(rule: VerdictRule) -> float:
    """Share of the authentic clips that were called likely authentic: what the other outcomes leave."""
    left_open = 0.0 if rule.authentic_left_open is None else rule.authentic_left_open.value
    return max(0.0, 1.0 - rule.false_positive_rate.value - left_open)


def limitations(result: AnalysisResult) -> tuple[str, ...]:
    """What a reader must bear in mind."""
    published = _LIMITS_OF_PUBLISHED_WEIGHTS if result.model.input_contract is InputContract.OFFICIAL else ()
    return tuple(tr(limit) for limit in (*_LIMITS_OF_ALL, *published, *_LIMITS_OF_MATERIAL))


def model_record(result: AnalysisResult) -> list[str]:
    """What the model's own record says about its limits."""
    if not result.model.trained:
        return [tr("These weights were never trained; they have no error rates.")]
    stated = [quoted(limit) for limit in result.model.limits]
    return stated or [tr("The record of this model states no error rates and no limits of its own.")]


def _rate(rate: MeasuredRate) -> str:
    return tr(
        "{value:.1f} % (95 % interval {low:.1f} to {high:.1f} %)",
        value=100 * rate.value, low=100 * rate.low, high=100 * rate.high,
    )  # fmt: skip
