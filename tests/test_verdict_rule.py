"""The clip score and the three outcomes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scores_support import RULE, make_scores

from lipfd_desktop.language import speaking
from lipfd_desktop.result import (
    WHOLE_PICTURE,
    FacePath,
    FaceTrack,
    InputContract,
    ModelInfo,
    Outcome,
    Question,
    Reason,
    Verdict,
    WindowScores,
)
from lipfd_desktop.verdict import clip_score, clip_statistic, decide, explain
from lipfd_desktop.verdict.rule import MIN_HEIGHT

MODEL = ModelInfo(name="m", sha256="0", input_contract=InputContract.CONTEXT, path=Path("m"), rule=RULE)
PLAIN = replace(MODEL, rule=None)
probabilities = st.floats(0.001, 0.999)
FRAME = 0.04


def verdict(scores: WindowScores, model: ModelInfo = MODEL, threshold: float = 0.5, **more: object) -> Verdict:
    return decide(scores, model=model, threshold=threshold, window_frames=5, **more)  # type: ignore[arg-type]


def both(generated: list[float], foreign_sound: list[float], face: int = 0) -> WindowScores:
    """Windows from a network that answers both questions."""
    rows = [(place, face, float(np.fmax(g, f)))
            for place, (g, f) in enumerate(zip(generated, foreign_sound, strict=True))]  # fmt: skip
    return make_scores(rows, generated=generated, foreign_sound=foreign_sound)


def steady(score: float, count: int = 60, face: int = 0) -> list[tuple[int, int, float | None]]:
    return [(place, face, score) for place in range(count)]


def statistic(values: list[float], stride: int = 1, span_seconds: float = 2.0) -> float:
    return clip_statistic(
        np.array(values),
        first_frame=np.arange(len(values)) * stride,
        frame_seconds=FRAME,
        window_frames=5,
        span_seconds=span_seconds,
    )


def track(height: float, face: int = 0, frames: int = 60) -> FaceTrack:
    boxes = np.tile(np.array([0, 0, height, height], np.float32), (frames, 1))
    ordinals = np.arange(frames)
    return FaceTrack(face, ordinals, ordinals * FRAME, boxes, boxes, np.full(frames, FacePath.DETECTED, np.uint8))


# The clip statistic ----------------------------------------------------------------------------------------------


@given(st.lists(probabilities, min_size=1, max_size=120), st.data())
def test_a_higher_window_never_lowers_the_statistic(values: list[float], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(values) - 1))
    raised = list(values)
    raised[place] = data.draw(st.floats(values[place], 0.9995))
    assert statistic(raised) >= statistic(values) - 1e-9


@given(st.lists(probabilities, min_size=8, max_size=40))
def test_overlapping_windows_do_not_count_twice(levels: list[float]) -> None:
    frames = 10 * len(levels)
    of_frame = np.repeat(levels, 10)
    dense = [float(of_frame[first : first + 5].mean()) for first in range(frames - 4)]
    every_fifth = dense[::5]
    smooth = np.ptp(np.log(of_frame / (1 - of_frame)))
    # A window straddles two levels in one frame of ten only; beyond that the two see the same film.
    assert statistic(dense) == pytest.approx(statistic(every_fifth, stride=5), abs=0.12 * smooth + 1e-9)


def test_the_same_passage_counts_the_same_at_any_stride() -> None:
    wave = 0.5 + 0.45 * np.sin(np.arange(500) / 60)
    dense, sparse = statistic(wave.tolist()), statistic(wave[::5].tolist(), stride=5)
    thin = statistic(wave[::15].tolist(), stride=15)
    assert dense == pytest.approx(sparse, abs=0.05)
    assert dense == pytest.approx(thin, abs=0.6)
    assert thin <= dense + 0.05


def test_a_sustained_span_weighs_more_than_the_same_windows_strewn_about() -> None:
    low, high = [0.1] * 250, 0.95
    sustained, strewn = list(low), list(low)
    sustained[100:150] = [high] * 50
    strewn[::5] = [high] * 50
    assert statistic(sustained) > statistic(strewn) + 1.0
    assert statistic(strewn) > statistic(low)


def test_one_window_does_not_speak_for_a_film() -> None:
    film = [0.1] * 250
    film[100] = 1.0
    assert statistic(film) < statistic([0.1] * 250) + 0.6


def test_certain_scores_count_as_much_as_a_bounded_logit() -> None:
    assert statistic([1.0] * 50) == 10.0
    assert statistic([0.0] * 50) == -10.0
    assert np.isnan(statistic([float("nan")] * 3))


@given(st.lists(probabilities, min_size=1, max_size=60), st.lists(probabilities, min_size=1, max_size=60))
def test_the_clip_score_is_the_louder_of_both_questions(generated: list[float], foreign: list[float]) -> None:
    count = min(len(generated), len(foreign))
    clip = clip_score(both(generated[:count], foreign[:count]), RULE, 5)
    assert clip.generated == pytest.approx(RULE.generated(statistic(generated[:count])), abs=1e-4)
    if count + 4 < 25:
        assert clip.foreign_sound is None
        assert clip.score == clip.generated
    else:
        assert clip.foreign_sound is not None
        assert clip.score == max(clip.generated, clip.foreign_sound)


def test_a_network_with_one_answer_has_its_score_calibrated() -> None:
    clip = clip_score(make_scores(steady(0.8)), replace(RULE, foreign_sound=None), 5)
    assert clip.score == pytest.approx(0.8, abs=1e-4)
    assert clip.generated is None
    assert clip.foreign_sound is None


def test_the_logistic_function_survives_extremes() -> None:
    curve = RULE.generated
    assert curve(0.0) == 0.5
    assert curve(1e6) == 1.0
    assert curve(-1e6) == 0.0


# Outcomes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "outcome", "label"),
    [
        (0.05, Outcome.AUTHENTIC, "REAL"),
        (0.5, Outcome.INCONCLUSIVE, "INCONCLUSIVE"),
        (0.9, Outcome.MANIPULATED, "FAKE"),
    ],
)
def test_the_limits_of_the_rule_give_three_outcomes(score: float, outcome: Outcome, label: str) -> None:
    answer = verdict(both([score] * 60, [0.02] * 60))
    assert (answer.outcome, answer.label, answer.face, answer.calibrated) == (outcome, label, 0, True)
    assert answer.score == pytest.approx(score, abs=0.05)
    expected = {"REAL": 1 - answer.score, "FAKE": answer.score, "INCONCLUSIVE": None}[label]
    assert answer.confidence == expected
    assert f"{answer.score:.3f}" in answer.reason


@given(st.lists(probabilities, min_size=30, max_size=60), st.floats(0.0, 0.5))
def test_higher_scores_never_lower_the_clip_score(values: list[float], more: float) -> None:
    raised = [value + (0.999 - value) * more for value in values]
    zeros = [0.01] * len(values)
    assert (verdict(both(raised, zeros)).score or 0) >= (verdict(both(values, zeros)).score or 0) - 1e-6


@given(st.permutations([0, 1, 2]))
def test_the_numbers_of_faces_do_not_matter(ids: list[int]) -> None:
    levels = (0.2, 0.92, 0.4)
    rows = [row for level, face in zip(levels, ids, strict=True) for row in steady(level, face=face)]
    parts = make_scores(sorted(rows, key=lambda row: row[:2]))
    answer = verdict(parts)
    assert (answer.outcome, answer.face) == (Outcome.MANIPULATED, ids[1])
    assert answer.score == pytest.approx(0.92, abs=1e-3)


@pytest.mark.parametrize(
    ("generated", "foreign", "question", "words"),
    [
        (0.95, 0.02, Question.GENERATED, "the picture, not the sound"),
        (0.02, 0.95, Question.FOREIGN_SOUND, "the sound, not the picture"),
        (0.95, 0.95, Question.BOTH, "together"),
        (0.95, float("nan"), Question.GENERATED, "the sound could not be judged"),
    ],
)
def test_the_reason_says_which_question_spoke(generated: float, foreign: float, question: Question, words: str) -> None:
    answer = verdict(both([generated] * 60, [foreign] * 60))
    assert (answer.outcome, answer.question) == (Outcome.MANIPULATED, question)
    assert words in answer.reason


def test_without_usable_sound_only_authentic_is_withheld() -> None:
    unheard = [float("nan")] * 60
    quiet = verdict(both([0.05] * 60, unheard))
    assert quiet.outcome is Outcome.INCONCLUSIVE
    assert "foreign sound track cannot be ruled out" in quiet.reason
    assert verdict(both([0.9] * 60, unheard)).outcome is Outcome.MANIPULATED
    half_a_second = [0.05] * 8 + [float("nan")] * 52
    assert verdict(both([0.05] * 60, half_a_second)).outcome is Outcome.INCONCLUSIVE
    deaf = replace(MODEL, rule=replace(RULE, foreign_sound=None))
    assert verdict(both([0.05] * 60, unheard), deaf).outcome is Outcome.AUTHENTIC


def poor(rows: list[tuple[int, int, float | None]], **more: object) -> tuple[Outcome, str]:
    answer = verdict(make_scores(rows), replace(MODEL, rule=replace(RULE, foreign_sound=None)), **more)
    return answer.outcome, answer.reason


def test_poor_evidence_is_inconclusive_and_says_why() -> None:
    for level in (0.05, 0.95):
        outcome, reason = poor(steady(level, 15))
        assert (outcome, "only 0.76 s of face 0" in reason) == (Outcome.INCONCLUSIVE, True)
        hardly = [(place, 0, level if place % 3 == 0 else None) for place in range(90)]
        outcome, reason = poor(hardly)
        assert (outcome, "only 33 % of the windows that show face 0" in reason) == (Outcome.INCONCLUSIVE, True)
        outcome, reason = poor(steady(level), tracks=(track(MIN_HEIGHT - 1),))
        assert (outcome, "face 0 is 79 pixels high" in reason) == (Outcome.INCONCLUSIVE, True)
        assert poor(steady(level), tracks=(track(MIN_HEIGHT),))[0] is not Outcome.INCONCLUSIVE
        outcome, reason = poor(steady(level), cancelled=True)
        assert (outcome, "cancelled" in reason) == (Outcome.INCONCLUSIVE, True)
    assert poor(steady(0.95, 21))[0] is Outcome.MANIPULATED  # 25 frames of 40 ms are the second that is needed


def test_windows_without_the_face_are_not_held_against_it() -> None:
    scores = make_scores(steady(0.95, 40) + [(place, WHOLE_PICTURE, None) for place in range(40, 200)])
    absent = replace(scores, reason=np.where(scores.analysed, scores.reason, Reason.NO_FACE).astype(np.uint8))
    assert verdict(absent, replace(MODEL, rule=replace(RULE, foreign_sound=None))).outcome is Outcome.MANIPULATED


def test_weights_that_were_never_trained_decide_nothing() -> None:
    for level in (0.05, 0.95):
        answer = verdict(make_scores(steady(level)), replace(MODEL, trained=False))
        assert (answer.outcome, answer.confidence) == (Outcome.INCONCLUSIVE, None)
        assert answer.reason.startswith("the weights were never trained")


def test_windows_that_contradict_each_other_leave_a_near_verdict_open() -> None:
    rule = replace(RULE, foreign_sound=None, manipulated_from=0.55, authentic_below=0.5)
    model = replace(MODEL, rule=rule)
    flicker = make_scores([(place, 0, 0.995 if place // 5 % 2 else 0.01) for place in range(120)])
    answer = verdict(flicker, model)
    assert 0.55 <= (answer.score or 0) <= 0.65
    assert answer.outcome is Outcome.INCONCLUSIVE
    assert "contradict each other" in answer.reason
    agreed = verdict(make_scores(steady(answer.score or 0.6, 120)), model)
    assert agreed.outcome is Outcome.MANIPULATED
    forged_in_part = make_scores([(place, 0, 0.9 if place < 60 else 0.2) for place in range(120)])
    assert verdict(forged_in_part, model).outcome is Outcome.MANIPULATED


def test_nothing_analysed_is_inconclusive() -> None:
    for scores in (WindowScores.empty(), make_scores([(0, 0, None)])):
        answer = verdict(scores)
        assert (answer.outcome, answer.score, answer.face, answer.confidence) == (
            Outcome.INCONCLUSIVE, None, None, None,
        )  # fmt: skip


# Several faces, whole pictures ------------------------------------------------------------------------------------


def test_the_highest_face_decides_unless_it_was_hardly_seen() -> None:
    rows = steady(0.05, face=0) + steady(0.9, 30, face=1) + steady(0.99, 5, face=2)
    answer = verdict(make_scores(sorted(rows, key=lambda row: row[:2])))
    assert (answer.outcome, answer.face) == (Outcome.MANIPULATED, 1)
    assert "the highest of 2 faces" in answer.reason


def test_a_badly_seen_face_does_not_hide_a_forged_one() -> None:
    rows = steady(0.97, face=0) + steady(0.9, face=1)
    small = (track(50, face=0), track(200, face=1))
    scores = make_scores(sorted(rows, key=lambda row: row[:2]))
    assert verdict(scores).face == 0
    answer = verdict(scores, tracks=small)
    assert (answer.outcome, answer.face) == (Outcome.MANIPULATED, 1)
    innocent = make_scores(sorted(steady(0.97, face=0) + steady(0.05, face=1), key=lambda row: row[:2]))
    assert verdict(innocent, tracks=small).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("model", [MODEL, PLAIN])
def test_a_higher_score_that_was_passed_over_is_told(model: ModelInfo) -> None:
    rows = steady(0.97, face=0) + steady(0.9, face=1) + steady(0.05, face=2)
    scores = make_scores(sorted(rows, key=lambda row: row[:2]))
    plain, answer = (verdict(scores, model, tracks=tracks) for tracks in ((), (track(50, face=0), track(200, face=1))))
    assert plain.grounds is not None
    assert answer.grounds is not None
    assert (plain.face, plain.grounds.passed_over) == (0, False)
    assert (answer.face, answer.grounds.passed_over) == (1, True)
    assert "the highest of 3 faces" in plain.reason
    assert "the highest of" not in answer.reason
    assert "a higher score was passed over, because the evidence for it is poor" in answer.reason
    with speaking("de"):
        assert "ein höherer Wert wurde übergangen" in explain(answer)


def test_scores_of_the_whole_picture_have_no_face_and_look_at_the_largest_one() -> None:
    scores = make_scores(steady(0.9, face=WHOLE_PICTURE))
    answer = verdict(scores, PLAIN, tracks=(track(70, face=0), track(120, face=1)))
    assert (answer.outcome, answer.face) == (Outcome.MANIPULATED, None)
    small = verdict(scores, PLAIN, tracks=(track(70, face=0), track(60, face=1)))
    assert small.outcome is Outcome.INCONCLUSIVE
    assert "the largest face is 70 pixels high" in small.reason


# Models without a rule -------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0.01, 0.99), min_size=25, max_size=60), st.floats(0.05, 0.95))
def test_without_a_rule_the_mean_is_held_against_the_threshold(values: list[float], threshold: float) -> None:
    answer = verdict(make_scores([(place, 0, value) for place, value in enumerate(values)]), PLAIN, threshold)
    mean = float(np.mean(np.array(values, np.float32), dtype=np.float64))
    assert answer.score == pytest.approx(mean)
    assert not answer.calibrated
    if answer.outcome is not Outcome.INCONCLUSIVE:
        assert answer.label == ("FAKE" if mean >= threshold else "REAL")
        assert abs(mean - threshold) >= min(0.1, threshold / 2, (1 - threshold) / 2) - 1e-9
        assert "not calibrated" in answer.reason
    elif "contradict" not in answer.reason:
        assert abs(mean - threshold) <= 0.1 + 1e-9


def test_a_rule_holds_only_for_windows_of_its_length() -> None:
    scores = make_scores(steady(0.9), frames=8)
    answer = decide(scores, model=MODEL, threshold=0.5, window_frames=8)
    assert not answer.calibrated
    assert "windows of another length" in answer.reason
