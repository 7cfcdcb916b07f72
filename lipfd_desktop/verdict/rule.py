"""From scores to one of three answers, by a rule that is stated in full here and in ``docs/verdict.md``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from lipfd_desktop.language import speaking
from lipfd_desktop.result import (
    WHOLE_PICTURE,
    FaceTrack,
    Grounds,
    ModelInfo,
    Outcome,
    Problem,
    Question,
    Reason,
    Shortcoming,
    Verdict,
    VerdictRule,
    WindowScores,
)
from lipfd_desktop.verdict.reasons import explain
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
    problems: tuple[Problem, ...]

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
        return _in_english(Verdict(Outcome.INCONCLUSIVE, None, ""))
    good = [one for one in judged if one.is_sound_manipulation]
    deciding = max(good or judged, key=lambda one: (one.clip.score, -one.face))
    passed_over = any(one.clip.score > deciding.clip.score for one in judged)
    return _verdict(deciding, bench, faces=len(judged), cancelled=cancelled, passed_over=passed_over)


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
            one = _judge_face(scores, face, count, bench)
            verdicts[face] = _verdict(one, bench, faces=1, cancelled=cancelled, seen_enough=count >= enough)
    return verdicts


def _verdict(
    one: _Judged,
    bench: _Bench,
    *,
    faces: int,
    cancelled: bool,
    seen_enough: bool = True,
    passed_over: bool = False,
) -> Verdict:
    """What ``one`` says, chosen among so many ``faces``, of which a higher one may have been ``passed_over``."""
    model, limits = bench.model, bench.limits
    problems = one.problems
    if cancelled:
        problems = (Problem(Shortcoming.CANCELLED), *problems)
    if not model.trained:
        problems = (Problem(Shortcoming.UNTRAINED),)
    outcome = Outcome.INCONCLUSIVE if problems else one.outcome
    return _in_english(
        Verdict(
            outcome=outcome,
            score=one.clip.score,
            reason="",
            face=None if one.face == WHOLE_PICTURE else one.face,
            generated=one.clip.generated,
            foreign_sound=one.clip.foreign_sound,
            question=_question(one.clip, limits) if outcome is Outcome.MANIPULATED else None,
            calibrated=limits.calibrated,
            grounds=Grounds(
                problems=problems,
                windows=one.windows,
                faces=faces,
                authentic_below=limits.authentic_below,
                manipulated_from=limits.manipulated_from,
                has_rule=model.rule is not None,
                seen_enough=seen_enough,
                passed_over=passed_over,
            ),
        )
    )


def _in_english(verdict: Verdict) -> Verdict:
    """``verdict`` with its reason, which records and files have in English whoever reads them."""
    with speaking("en"):
        return replace(verdict, reason=explain(verdict))


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
        *_coverage_problems(shown, own, window_frames),
        *_size_problems(face, bench.tracks),
        *_flicker_problems(own, clip, outcome, bench.limits, window_frames, rule),
    ]
    listens = rule is not None and rule.foreign_sound is not None
    if listens and clip.foreign_sound is None and outcome is Outcome.AUTHENTIC:
        problems.append(Problem(Shortcoming.SOUND, needed=ENOUGH_SECONDS))
    return _Judged(face, count, clip, outcome, tuple(problems))


def _coverage_problems(shown: WindowScores, own: WindowScores, window_frames: int) -> list[Problem]:
    problems = []
    seconds = seconds_of(own, own.score, window_frames)
    if seconds < ENOUGH_SECONDS:
        problems.append(Problem(Shortcoming.TIME, float(seconds), ENOUGH_SECONDS))
    if len(own) < MIN_ANALYSED_SHARE * len(shown):
        problems.append(Problem(Shortcoming.WINDOWS, len(own) / len(shown), MIN_ANALYSED_SHARE))
    return problems


def _size_problems(face: int, tracks: Sequence[FaceTrack]) -> list[Problem]:
    """Of the face, or of the largest one that was seen enough where the score is that of the whole picture."""
    longest = max((len(track.frames) for track in tracks), default=0)
    heights = [
        track.median_height
        for track in tracks
        if track.id == face or (face == WHOLE_PICTURE and len(track.frames) >= ENOUGH_SHARE * longest)
    ]
    if not heights or max(heights) >= MIN_HEIGHT:
        return []
    return [Problem(Shortcoming.SIZE, float(max(heights)), MIN_HEIGHT)]


def _flicker_problems(
    own: WindowScores,
    clip: ClipScore,
    outcome: Outcome,
    limits: _Limits,
    window_frames: int,
    rule: VerdictRule | None,
) -> list[Problem]:
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
    return [Problem(Shortcoming.FLICKER, NEAR, passed)]


def _question(clip: ClipScore, limits: _Limits) -> Question | None:
    """What reaches the limit; both where the mean over windows does and neither mean; None for a single answer."""
    if clip.generated is None:
        return None
    picture = clip.generated >= limits.manipulated_from
    sound = clip.foreign_sound is not None and clip.foreign_sound >= limits.manipulated_from
    if picture == sound:
        return Question.BOTH
    return Question.GENERATED if picture else Question.FOREIGN_SOUND
