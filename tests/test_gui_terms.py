"""The engine's names and verdicts in the user's language: nothing is left out, and English stays the engine's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lipfd_desktop import language
from lipfd_desktop.gui import terms
from lipfd_desktop.gui.text import file_size
from lipfd_desktop.gui.verdict_words import engine_words, quoted_reason, rule_words, score_words, verdict_sentence
from lipfd_desktop.report import method
from lipfd_desktop.report.palette import QUESTIONS
from lipfd_desktop.report.text import SPOKE, subject
from lipfd_desktop.report.text import file_size as reported_size
from lipfd_desktop.result import (
    TIERS,
    Exactness,
    FacePath,
    InputContract,
    MeasuredRate,
    ModelInfo,
    Outcome,
    Platt,
    Question,
    Reason,
    Verdict,
    VerdictRule,
)

RATE = MeasuredRate(0.125, 0.0625, 0.25)
RULE = VerdictRule(
    authentic_below=0.321, manipulated_from=0.654, generated=Platt(1.0, 0.0), foreign_sound=Platt(1.0, 0.0),
    corpus="A corpus", clips=1234, speakers=56, false_positive_rate=RATE, false_negative_rate=RATE,
)  # fmt: skip
MODEL = ModelInfo("model", "0" * 64, InputContract.CONTEXT, Path("model.safetensors"), rule=RULE)
FOUND = Verdict(
    Outcome.MANIPULATED, 0.87, "the clip score of face 3 is 0.870, at or above 0.654", face=3, generated=0.87,
    foreign_sound=0.12, question=Question.GENERATED, calibrated=True,
)  # fmt: skip


@pytest.fixture
def german() -> Iterator[None]:
    language.use("de")
    yield
    language.use("en")


def test_english_names_are_those_of_the_engine_and_the_reports() -> None:
    assert [terms.outcome_words(outcome) for outcome in Outcome] == [outcome.value for outcome in Outcome]
    assert {question: terms.question_words(question) for question in Question} == SPOKE
    assert [terms.path_words(path) for path in FacePath] == [path.label for path in FacePath]
    assert [terms.exactness_words(exactness) for exactness in Exactness] == [one.value for one in Exactness]
    assert [terms.contract_words(contract) for contract in InputContract] == [one.value for one in InputContract]
    assert [terms.tier_words(tier) for tier in TIERS] == list(TIERS)
    assert [terms.answer_words(name) for name, _ in QUESTIONS] == [name for name, _ in QUESTIONS]
    assert [terms.subject_words(face) for face in (None, -1, 0, 7)] == [subject(face) for face in (None, -1, 0, 7)]
    reasons = [reason.label for reason in Reason if reason is not Reason.ANALYSED]
    assert [terms.reason_words(label) for label in reasons] == reasons


@pytest.mark.parametrize("size", [0, 2, 1023, 1024, 5_000_000, 7 * 1024**4])
def test_sizes_are_those_of_the_reports(size: int) -> None:
    assert file_size(size) == reported_size(size)


def test_english_verdicts_are_the_engines_own_words() -> None:
    assert verdict_sentence(FOUND, MODEL, 0.5) == "The clip score of face 3 is 0.870, at or above 0.654."
    assert quoted_reason(FOUND) == engine_words(FOUND.reason) == FOUND.reason
    assert score_words(FOUND) == "clip score 0.87 of face 3"
    assert score_words(replace(FOUND, face=None, calibrated=False)) == "mean fake score 0.87 of the whole picture"
    assert rule_words(MODEL) == method.rule_words(MODEL)


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    ("outcome", "score", "numbers"),
    [
        (Outcome.MANIPULATED, 0.87, ("0.87", "0.654", "0.870", "0.120")),
        (Outcome.AUTHENTIC, 0.11, ("0.11", "0.321")),
        (Outcome.INCONCLUSIVE, 0.55, ("0.55", "0.321", "0.654")),
    ],
)
def test_another_language_says_score_and_limits(outcome: Outcome, score: float, numbers: tuple[str, ...]) -> None:
    found = verdict_sentence(replace(FOUND, outcome=outcome, score=score), MODEL, 0.5)
    assert [number for number in numbers if number not in found] == []
    assert "3" in found.partition(":")[0]


@pytest.mark.usefixtures("german")
def test_poor_evidence_keeps_the_reason_of_the_engine_in_every_language() -> None:
    poor = replace(FOUND, outcome=Outcome.INCONCLUSIVE, question=None, reason="only 0.40 s of face 3 could be analysed")
    sentence = verdict_sentence(poor, MODEL, 0.5)
    assert "„only 0.40 s of face 3 could be analysed“" in sentence
    assert "0.654" not in sentence
    assert poor.reason in quoted_reason(poor)
    assert poor.reason in engine_words(poor.reason)


@pytest.mark.usefixtures("german")
def test_without_calibration_the_limits_follow_the_threshold() -> None:
    plain = replace(FOUND, outcome=Outcome.AUTHENTIC, score=0.2, calibrated=False, generated=None, question=None)
    assert "0.300" in verdict_sentence(plain, replace(MODEL, rule=None), 0.4)
    assert "0.654" not in verdict_sentence(plain, MODEL, 0.4)


@pytest.mark.usefixtures("german")
def test_weights_that_were_never_trained_get_no_limits() -> None:
    sentence = verdict_sentence(replace(FOUND, outcome=Outcome.INCONCLUSIVE), replace(MODEL, trained=False), 0.5)
    assert "0.654" not in sentence
    assert "0.87" in sentence


@pytest.mark.usefixtures("german")
def test_error_rates_of_a_model_are_said_in_every_language() -> None:
    whole = replace(RULE, called_out=RATE, manipulated_left_open=RATE, authentic_left_open=RATE)
    words = " ".join(rule_words(replace(MODEL, rule=whole)))
    assert words.count("12.5 %") == 5
    for part in ("0.654", "0.321", "1,234", "56", "A corpus"):
        assert part in words
    assert len(rule_words(MODEL)) == 4
    assert "12.5" not in " ".join(rule_words(replace(MODEL, rule=None)))
