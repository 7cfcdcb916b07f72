"""The engine's names and verdicts in the user's language: nothing is left out, and English stays the engine's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from lipfd_desktop import language
from lipfd_desktop.gui import actions, compare_menu
from lipfd_desktop.gui.verdict_words import reason_of, score_words
from lipfd_desktop.gui.window_table import HEADERS
from lipfd_desktop.language import tr
from lipfd_desktop.report import terms
from lipfd_desktop.report.method import NETWORKS, rule_words
from lipfd_desktop.report.palette import QUESTIONS
from lipfd_desktop.report.wording import reason_sentence
from lipfd_desktop.result import (
    TIERS,
    Exactness,
    FacePath,
    Grounds,
    InputContract,
    MeasuredRate,
    ModelInfo,
    Outcome,
    Platt,
    Problem,
    Question,
    Reason,
    Shortcoming,
    Verdict,
    VerdictRule,
)

RATE = MeasuredRate(0.125, 0.0625, 0.25)
RULE = VerdictRule(
    authentic_below=0.321, manipulated_from=0.654, generated=Platt(1.0, 0.0), foreign_sound=Platt(1.0, 0.0),
    corpus="A corpus", clips=1234, speakers=56, false_positive_rate=RATE, false_negative_rate=RATE,
)  # fmt: skip
MODEL = ModelInfo("model", "0" * 64, InputContract.CONTEXT, Path("model.safetensors"), rule=RULE)
GROUNDS = Grounds(
    problems=(), windows=90, faces=1, authentic_below=0.321, manipulated_from=0.654, has_rule=True
)  # fmt: skip
FOUND = Verdict(
    Outcome.MANIPULATED, 0.87,
    "the clip score of face 3 is 0.870, at or above 0.654; what spoke is the picture, not the sound (generated 0.870, "
    "foreign sound 0.120)",
    face=3, generated=0.87, foreign_sound=0.12, question=Question.GENERATED, calibrated=True, grounds=GROUNDS,
)  # fmt: skip


@pytest.fixture
def german() -> Iterator[None]:
    language.use("de")
    yield
    language.use("en")


def test_english_names_are_those_of_the_engine() -> None:
    assert [terms.outcome_words(outcome) for outcome in Outcome] == [outcome.value for outcome in Outcome]
    both = {Question.GENERATED: "generated picture", Question.BOTH: "generated picture and foreign sound"}
    assert {question: terms.question_words(question) for question in Question} == {
        Question.FOREIGN_SOUND: Question.FOREIGN_SOUND.value, **both
    }  # fmt: skip
    assert [terms.path_words(path) for path in FacePath] == [path.label for path in FacePath]
    assert [terms.exactness_words(exactness) for exactness in Exactness] == [one.value for one in Exactness]
    assert [terms.contract_words(contract) for contract in InputContract] == [one.value for one in InputContract]
    assert [terms.tier_words(tier) for tier in TIERS] == list(TIERS)
    assert [terms.answer_words(name) for name, _ in QUESTIONS] == [name for name, _ in QUESTIONS]
    assert [terms.subject_words(face) for face in (None, -1, 0)] == ["whole picture", "whole picture", "face 0"]
    reasons = [reason.label for reason in Reason]
    assert [terms.reason_words(label) for label in reasons] == reasons


def test_english_verdicts_are_the_engines_own_words() -> None:
    assert reason_of(FOUND) == FOUND.reason
    assert reason_sentence(FOUND) == f"T{FOUND.reason[1:]}."
    assert score_words(FOUND) == "clip score 0.87 of face 3"
    assert score_words(replace(FOUND, face=None, calibrated=False)) == "mean fake score 0.87 of the whole picture"


@pytest.mark.parametrize("contract", list(InputContract))
def test_titles_of_tiers_are_the_same_in_window_and_report(contract: InputContract) -> None:
    head = "Head (whole image)" if contract is InputContract.CONTEXT else "Head"
    assert [terms.tier_title(tier, contract) for tier in TIERS] == [head, "Face region", "Lips"]


def test_a_person_and_a_region_have_words_of_their_own_in_chinese() -> None:
    with language.speaking("zh_CN"):
        person = {tr("Face"), tr("Faces"), terms.subject_words(3).split()[0]}
        region = {terms.tier_title("face", InputContract.GUIDED), terms.tier_words("face")}
        assert (person, region) == ({"人脸"}, {"面部"})
        assert tr(HEADERS[2]).startswith("人脸")


@pytest.mark.usefixtures("german")
def test_dubbed_sound_is_not_called_synchronous_in_german() -> None:
    words = tr(NETWORKS[InputContract.CONTEXT])
    assert "ausgetauscht, nachsynchronisiert oder verschoben" in words


@pytest.mark.parametrize("name", list(language.LANGUAGES))
@pytest.mark.parametrize("window", [actions, compare_menu], ids=["main", "comparison"])
def test_no_two_entries_of_a_menu_share_a_mnemonic(window: ModuleType, name: str) -> None:
    with language.speaking(name):
        for title, names in window.MENUS.items():
            words = [tr(window.ACTIONS[one][0]) for one in names if one in window.ACTIONS]
            letters = [found[1].upper() for one in words if (found := re.search(r"&(\w)", one))]
            assert sorted(letters) == sorted(set(letters)), tr(title)


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    ("outcome", "score", "numbers"),
    [
        (Outcome.MANIPULATED, 0.87, ("0.870", "0.654", "0.120")),
        (Outcome.AUTHENTIC, 0.11, ("0.110", "0.321")),
        (Outcome.INCONCLUSIVE, 0.55, ("0.550", "0.321", "0.654")),
    ],
)
def test_another_language_says_score_and_limits(outcome: Outcome, score: float, numbers: tuple[str, ...]) -> None:
    found = reason_sentence(replace(FOUND, outcome=outcome, score=score))
    assert [number for number in numbers if number not in found] == []
    assert "Gesicht 3" in found.partition(",")[0]
    assert "Auf Englisch" not in found


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize("kind", list(Shortcoming))
def test_poor_evidence_is_told_in_every_language(kind: Shortcoming) -> None:
    problems = (Problem(kind, 0.25, 0.75),)
    poor = replace(
        FOUND, outcome=Outcome.INCONCLUSIVE, question=None, grounds=replace(GROUNDS, problems=problems), reason="why"
    )
    assert "why" not in reason_sentence(poor)
    assert "0.870" in reason_sentence(poor)
    assert "0.654" not in reason_sentence(poor)
    with language.speaking("en"):
        assert reason_sentence(poor) != FOUND.reason
        english = reason_sentence(poor)
    assert english != reason_sentence(poor)


@pytest.mark.usefixtures("german")
def test_the_reason_of_an_older_program_is_quoted() -> None:
    old = replace(FOUND, grounds=None)
    assert f"„{FOUND.reason}“" in reason_of(old)
    assert f"„{FOUND.reason}“" in reason_sentence(old)
    with language.speaking("en"):
        assert reason_of(old) == FOUND.reason


@pytest.mark.usefixtures("german")
def test_a_score_without_calibration_says_so() -> None:
    plain = replace(FOUND, calibrated=False, generated=None, question=None)
    words = [reason_sentence(replace(plain, grounds=replace(GROUNDS, has_rule=has_rule))) for has_rule in (True, False)]
    assert all("nicht kalibriert" in one for one in words)
    assert words[0] != words[1]


@pytest.mark.usefixtures("german")
def test_error_rates_of_a_model_are_said_in_every_language() -> None:
    whole = replace(RULE, called_out=RATE, manipulated_left_open=RATE, authentic_left_open=RATE)
    words = " ".join(rule_words(replace(MODEL, rule=whole)))
    assert words.count("12.5 %") == 5
    for part in ("0.654", "0.321", "1,234", "56", "A corpus"):
        assert part in words
    assert len(rule_words(MODEL)) == 4
    assert "12.5" not in " ".join(rule_words(replace(MODEL, rule=None)))
