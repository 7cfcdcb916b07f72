"""From scores to one of three answers, by a rule that is stated in full here and in ``docs/verdict.md``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from lipfd_desktop.result import (
    WHOLE_PICTURE,
    FaceTrack,
    ModelInfo,
    Outcome,
    Question,
    Reason,
    Verdict,
    VerdictRule,
    WindowScores,
)
from lipfd_desktop.verdict.statistic import (
    ENOUGH_SECONDS,
    SPAN_SECONDS,
    ClipScore,
    clip_score,
    frame_seconds_of,
    mean_score,
    seconds_of,
    span_means,
)
from lipfd_desktop.verdict.summary import frame_means, groups

ENOUGH_SHARE: Final = 0.1
"""A face decides the answer only with a tenth of the windows of the most seen face: a passer-by or a
mis-detected poster must not speak for the file."""

MIN_ANALYSED_SHARE: Final = 0.5
"""Of the windows that show a face, so many must have been analysed: else what was left out may be what matters."""

MIN_HEIGHT: Final = 80
"""Pixels from chin to forehead: in a smaller face the lips are under some 25 pixels wide."""

UNCALIBRATED_MARGIN: Final = 0.1
"""Without a rule nothing is decided within so much of the threshold, or half of its way to 0 or 1 if that is less."""

MAX_FLICKER: Final = 0.25
"""Mean distance of the score of a frame from the mean over the span around it.  Sustained changes, as of a video that
was forged in part, stay far below it; windows that answer by the toss of a coin between 0 and 1 come to 0.5."""

NEAR: Final = 0.1
"""Flicker leaves a verdict open when the score is no further than this from the limit that it passed."""

_NOT_OF_FACE: Final = (Reason.NO_FACE, Reason.NOT_REACHED)
"""Reasons of windows that show no face, or were not looked at."""


@dataclass(frozen=True, slots=True)
class _Limits:
    """``calibrated`` when they come from a rule."""

    authentic_below: float
    manipulated_from: float
    calibrated: bool

    def outcome(self, score: float) -> Outcome:
        if score >= self.manipulated_from:
            return Outcome.MANIPULATED
        return Outcome.AUTHENTIC if score < self.authentic_below else Outcome.INCONCLUSIVE


@dataclass(frozen=True, slots=True)
class _Bench:
    """What every face is held against."""

    model: ModelInfo
    rule: VerdictRule | None
    limits: _Limits
    window_frames: int
    tracks: Sequence[FaceTrack]

    @classmethod
    def of(cls, model: ModelInfo, threshold: float, window_frames: int, tracks: Sequence[FaceTrack]) -> _Bench:
        rule = model.rule if window_frames == model.window_frames else None
        return cls(model, rule, _limits(rule, threshold), window_frames, tracks)


@dataclass(frozen=True, slots=True)
class _Judged:
    """One face: its numbers, what they say by themselves, and what forbids to say it."""

    face: int
    windows: int
    clip: ClipScore
    outcome: Outcome
    problems: tuple[str, ...]

    @property
    def is_sound_manipulation(self) -> bool:
        return self.outcome is Outcome.MANIPULATED and not self.problems


def decide(
    scores: WindowScores,
    *,
    model: ModelInfo,
    threshold: float,
    window_frames: int,
    tracks: Sequence[FaceTrack] = (),
    cancelled: bool = False,
) -> Verdict:
    """The answer for the file.

    The clip score of every face that was seen enough is held against the limits of the model's rule.  The face with
    the highest score decides, unless it was seen too badly and another one is likely manipulated on good evidence.
    Poor evidence makes the outcome inconclusive: a cancelled analysis, weights that were never trained, less than
    :data:`~lipfd_desktop.verdict.statistic.ENOUGH_SECONDS` analysed, fewer than :data:`MIN_ANALYSED_SHARE` of the
    windows with the face, a face smaller than :data:`MIN_HEIGHT`, windows that contradict each other near a limit
    (:data:`MAX_FLICKER`, :data:`NEAR`); and, for "likely authentic" alone, no usable sound where the model listens.

    Parameters
    ----------
    scores
        All windows, those that were not analysed as well.
    model
        Its rule holds for windows of the length that the model was made for.  Without a rule the mean fake score is
        held against ``threshold``, with :data:`UNCALIBRATED_MARGIN` left open on each side.
    threshold
        Fake score from which a window is suspicious; of no account where there is a rule.
    window_frames
        Frames a window.
    tracks
        Where faces were seen; sizes of faces that are not among them are not judged.
    cancelled
        The analysis was ended before it was done.
    """
    bench = _Bench.of(model, threshold, window_frames, tracks)
    counts = _windows_of_faces(scores)
    enough = ENOUGH_SHARE * max(counts.values(), default=0)
    judged = [_judge_face(scores, face, count, bench) for face, count in counts.items() if count >= enough]
    if not judged:
        return Verdict(Outcome.INCONCLUSIVE, None, "no window could be analysed")
    good = [one for one in judged if one.is_sound_manipulation]
    deciding = max(good or judged, key=lambda one: (one.clip.score, -one.face))
    return _verdict(deciding, bench, faces=len(judged), cancelled=cancelled)


def decide_each(
    scores: WindowScores,
    *,
    model: ModelInfo,
    threshold: float,
    window_frames: int,
    tracks: Sequence[FaceTrack] = (),
    cancelled: bool = False,
) -> Mapping[int, Verdict]:
    """The answer for each face by itself, by the rule, the limits and the demands on evidence of :func:`decide`.

    A face that was seen too little to speak for the file (:data:`ENOUGH_SHARE`) gets its answer too, and the reason
    says so.  Faces without an analysed window are left out, and so is everybody where the scores belong to the whole
    picture (official contract).

    Returns
    -------
    Mapping
        By track id.
    """
    bench = _Bench.of(model, threshold, window_frames, tracks)
    counts = _windows_of_faces(scores)
    enough = ENOUGH_SHARE * max(counts.values(), default=0)
    verdicts = {}
    for face, count in counts.items():
        if face != WHOLE_PICTURE:
            verdict = _verdict(_judge_face(scores, face, count, bench), bench, faces=1, cancelled=cancelled)
            too_few = "; it was seen too little to speak for the file"
            verdicts[face] = verdict if count >= enough else replace(verdict, reason=verdict.reason + too_few)
    return verdicts


def _verdict(one: _Judged, bench: _Bench, *, faces: int, cancelled: bool) -> Verdict:
    """What ``one`` says, chosen among so many ``faces``."""
    model, limits = bench.model, bench.limits
    problems = list(one.problems)
    if cancelled:
        problems.insert(0, "the analysis was cancelled before its end")
    if not model.trained:
        problems = ["the weights were never trained, so their scores mean nothing"]
    outcome = Outcome.INCONCLUSIVE if problems else one.outcome
    question = _question(one.clip, limits) if outcome is Outcome.MANIPULATED else None
    return Verdict(
        outcome=outcome,
        score=one.clip.score,
        reason=_reason(one, faces, limits, question, problems, has_rule=model.rule is not None),
        face=None if one.face == WHOLE_PICTURE else one.face,
        generated=one.clip.generated,
        foreign_sound=one.clip.foreign_sound,
        question=question,
        calibrated=limits.calibrated,
    )


def _limits(rule: VerdictRule | None, threshold: float) -> _Limits:
    if rule is not None:
        return _Limits(rule.authentic_below, rule.manipulated_from, calibrated=True)
    below, above = min(UNCALIBRATED_MARGIN, threshold / 2), min(UNCALIBRATED_MARGIN, (1 - threshold) / 2)
    return _Limits(threshold - below, threshold + above, calibrated=False)


def undecided_between(rule: VerdictRule | None, threshold: float) -> tuple[float, float]:
    """From which score on and below which nothing is decided; ``threshold`` counts where there is no rule."""
    limits = _limits(rule, threshold)
    return limits.authentic_below, limits.manipulated_from


def _windows_of_faces(scores: WindowScores) -> dict[int, int]:
    """How many windows of each face were analysed."""
    return {face: int((scores.analysed & (scores.face == face)).sum()) for face in groups(scores)}


def _judge_face(scores: WindowScores, face: int, count: int, bench: _Bench) -> _Judged:
    rule, window_frames = bench.rule, bench.window_frames
    shown = scores.take((scores.face == face) & ~np.isin(scores.reason, _NOT_OF_FACE))
    own = shown.take(shown.analysed)
    clip = mean_score(own) if rule is None else clip_score(own, rule, window_frames)
    outcome = bench.limits.outcome(clip.score)
    problems = [
        *_coverage_problems(face, shown, own, window_frames),
        *_size_problems(face, bench.tracks),
        *_flicker_problems(own, clip, outcome, bench.limits, window_frames, rule),
    ]
    listens = rule is not None and rule.foreign_sound is not None
    if listens and clip.foreign_sound is None and outcome is Outcome.AUTHENTIC:
        problems.append(
            f"the sound could be compared with the lips for less than {ENOUGH_SECONDS:.1f} s, so a foreign sound "
            "track cannot be ruled out"
        )
    return _Judged(face, count, clip, outcome, tuple(problems))


def _coverage_problems(face: int, shown: WindowScores, own: WindowScores, window_frames: int) -> list[str]:
    problems = []
    seconds = seconds_of(own, own.score, window_frames)
    if seconds < ENOUGH_SECONDS:
        problems.append(
            f"only {seconds:.2f} s of {_who(face)} could be analysed, less than the {ENOUGH_SECONDS:.1f} s needed"
        )
    if len(own) < MIN_ANALYSED_SHARE * len(shown):
        problems.append(
            f"only {100 * len(own) / len(shown):.0f} % of the windows that show {_a_face(face)} could be analysed, "
            f"less than the {100 * MIN_ANALYSED_SHARE:.0f} % needed"
        )
    return problems


def _size_problems(face: int, tracks: Sequence[FaceTrack]) -> list[str]:
    """Of the face, or of the largest one that was seen enough where the score is that of the whole picture."""
    longest = max((len(track.frames) for track in tracks), default=0)
    heights = [
        track.median_height
        for track in tracks
        if track.id == face or (face == WHOLE_PICTURE and len(track.frames) >= ENOUGH_SHARE * longest)
    ]
    if not heights or max(heights) >= MIN_HEIGHT:
        return []
    whose = "the largest face" if face == WHOLE_PICTURE else _who(face)
    return [
        f"{whose} is {max(heights):.0f} pixels high from chin to forehead (median), less than the {MIN_HEIGHT} needed"
    ]


def _flicker_problems(
    own: WindowScores,
    clip: ClipScore,
    outcome: Outcome,
    limits: _Limits,
    window_frames: int,
    rule: VerdictRule | None,
) -> list[str]:
    passed = limits.manipulated_from if outcome is Outcome.MANIPULATED else limits.authentic_below
    if outcome is Outcome.INCONCLUSIVE or abs(clip.score - passed) > NEAR:
        return []
    _, frames = frame_means(own.first_frame, own.score, window_frames)
    span_seconds = SPAN_SECONDS if rule is None else rule.span_seconds
    around = span_means(frames, frame_seconds_of(own, window_frames), span_seconds)
    before = (len(frames) - len(around)) // 2
    centred = np.pad(around, (before, len(frames) - len(around) - before), mode="edge")
    if float(np.abs(frames - centred).mean()) <= MAX_FLICKER:
        return []
    return [f"the windows contradict each other, and the score is within {NEAR:.1f} of the limit of {passed:.3f}"]


def _question(clip: ClipScore, limits: _Limits) -> Question | None:
    """What reaches the limit; both where the mean over windows does and neither mean; None for a single answer."""
    if clip.generated is None:
        return None
    picture = clip.generated >= limits.manipulated_from
    sound = clip.foreign_sound is not None and clip.foreign_sound >= limits.manipulated_from
    if picture == sound:
        return Question.BOTH
    return Question.GENERATED if picture else Question.FOREIGN_SOUND


def _who(face: int) -> str:
    return "the whole picture" if face == WHOLE_PICTURE else f"face {face}"


def _a_face(face: int) -> str:
    return "a face" if face == WHOLE_PICTURE else f"face {face}"


def _reason(
    one: _Judged, faces: int, limits: _Limits, question: Question | None, problems: list[str], *, has_rule: bool
) -> str:
    among = f", the highest of {faces} faces with enough windows," if faces > 1 else ""
    kind = "clip score" if limits.calibrated else "mean fake score"
    over = "" if limits.calibrated else f" over {one.windows} windows"
    told = f"the {kind} of {_who(one.face)}{over}{among} is {one.clip.score:.3f}"
    if problems:
        return f"{'; '.join(problems)} ({told})"
    low, high = limits.authentic_below, limits.manipulated_from
    where = {
        Outcome.MANIPULATED: f"at or above {high:.3f}",
        Outcome.AUTHENTIC: f"below {low:.3f}",
        Outcome.INCONCLUSIVE: f"between {low:.3f} and {high:.3f}, where the model does not tell the two apart",
    }[one.outcome]
    told = f"{told}, {where}{_spoken(one.clip, one.outcome, question)}"
    if limits.calibrated:
        return told
    why = "its calibration is for windows of another length" if has_rule else "its error rates are unknown"
    return f"{told}; the score is not calibrated: {why}"


def _spoken(clip: ClipScore, outcome: Outcome, question: Question | None) -> str:
    """Which of the two questions spoke, where the model tells them apart."""
    if clip.generated is None:
        return ""
    heard = "not known" if clip.foreign_sound is None else f"{clip.foreign_sound:.3f}"
    numbers = f"(generated {clip.generated:.3f}, foreign sound {heard})"
    if outcome is Outcome.MANIPULATED:
        unspoken = "and the sound could not be judged" if clip.foreign_sound is None else "not the sound"
        return {
            Question.GENERATED: f"; what spoke is the picture, {unspoken} {numbers}",
            Question.FOREIGN_SOUND: f"; what spoke is the sound, not the picture {numbers}",
            Question.BOTH: f"; picture and sound spoke together {numbers}",
            None: "",
        }[question]
    if outcome is Outcome.AUTHENTIC:
        silent = (
            "the picture did not speak" if clip.foreign_sound is None else "neither the picture nor the sound spoke"
        )
        return f"; {silent} for manipulation {numbers}"
    return f" {numbers}"
