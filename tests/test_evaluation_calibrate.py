from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest
from evaluation_support import made_table, with_foreign_sound

from lipfd_desktop.errors import SettingsError
from lipfd_desktop.evaluation.calibrate import calibrate, is_foreign_sound
from lipfd_desktop.evaluation.clips import Limits, clip_scores, scores_by
from lipfd_desktop.evaluation.listening import Hearing, measure_listening
from lipfd_desktop.evaluation.table import FAKE, REAL, ScoreTable
from lipfd_desktop.network.card import rule_from_json

CORPUS = "Made-up clips."


def _table(rise: float = 3.0, **settings) -> ScoreTable:
    table = made_table(clips=120, windows=24, two_questions=True, **settings)
    return ScoreTable.concatenate([table, with_foreign_sound(table, rise)])


def test_limits_keep_the_promised_rates_on_the_scores_they_come_from():
    table = _table(strength=2.0)
    rule = calibrate(table, corpus=CORPUS).rule
    plain = clip_scores(table).plain
    scores = scores_by(plain, rule)
    real, fake = scores[plain.label == REAL], scores[plain.label == FAKE]
    assert np.mean(real >= rule.manipulated_from) <= 0.05
    assert 0 < np.mean(fake < rule.authentic_below) <= 0.10
    # A little lower, and more reals are called manipulated than may be.
    below = np.sort(real)[::-1][int(0.05 * len(real)) + 3]
    assert np.mean(real >= below) > 0.05
    assert rule.authentic_below <= rule.manipulated_from


def test_a_speaker_with_many_clips_does_not_carry_the_limits_alone():
    """Limits hold by clips and by speakers: one easy speaker with most clips must not loosen them."""
    table = made_table(clips=80, windows=12, strength=2.0)
    copies = [table]
    easy = table.take(table.clip == table.clip[0])
    for place in range(200):
        columns = {name: getattr(easy, name) for name in ScoreTable.__slots__}
        copies.append(ScoreTable(**columns | {"clip": np.full(len(easy), f"copy{place}")}))
    many = calibrate(ScoreTable.concatenate(copies), corpus=CORPUS).rule
    plain = clip_scores(table)
    scores = scores_by(plain, many)
    real = plain.label == REAL
    speakers = {
        name: np.mean(scores[real & (plain.speaker == name)] >= many.manipulated_from) for name in plain.speaker[real]
    }
    assert np.mean(list(speakers.values())) <= 0.05 + 1e-6


def test_the_worst_fold_sets_the_limits():
    """Sources differ: what is rare over all clips may be the rule in one of the worlds they come from."""
    table = _table(strength=2.0)
    folds = np.unique(table.fold)
    odd = (table.fold == folds[0]) & (table.label == REAL)
    raised = ScoreTable(
        **{name: getattr(table, name) for name in ScoreTable.__slots__}
        | {"generated": np.where(odd, np.clip(table.generated + 0.3, 0, 0.999), table.generated).astype(np.float32)}
    )
    # Enough clips in each fold to count by themselves.
    many = [raised]
    for copy in range(2):
        columns = {name: getattr(raised, name) for name in ScoreTable.__slots__}
        names = np.char.add(raised.clip, f"-{copy}")
        many.append(ScoreTable(**columns | {"clip": names, "speaker": np.char.add(raised.speaker, f"-{copy}")}))
    whole = ScoreTable.concatenate(many)
    rule = calibrate(whole, corpus=CORPUS).rule
    plain = clip_scores(whole).plain
    scores = scores_by(plain, rule)
    for fold in folds:
        real = (plain.fold == fold) & (plain.label == REAL)
        assert real.sum() >= 20
        assert np.mean(scores[real] >= rule.manipulated_from) <= 0.05 + 1e-9


def test_calibration_is_complete_and_the_rule_can_be_stored():
    found = calibrate(_table(), corpus=CORPUS, seed=4)
    rule = found.rule
    assert found.across_folds
    assert rule.foreign_sound is not None
    assert found.window_foreign_sound is not None
    assert (rule.clips, rule.speakers, rule.corpus) == (120, 60, CORPUS)
    assert rule.false_positive_rate.low <= rule.false_positive_rate.value <= rule.false_positive_rate.high
    assert found.manipulated_from.low <= rule.manipulated_from <= found.manipulated_from.high
    assert found.authentic_below.low <= rule.authentic_below <= found.authentic_below.high
    for shares in found.outcomes.values():
        assert sum(share.value for share in shares.values()) == pytest.approx(1)
    assert rule_from_json(json.loads(json.dumps(asdict(rule)))) == rule
    assert calibrate(_table(), corpus=CORPUS, seed=4) == found


def test_platt_mends_scores_that_are_far_from_probabilities():
    table = made_table(clips=200, windows=10, strength=1.0)
    logit = table.logit * 6
    columns = {name: getattr(table, name) for name in ScoreTable.__slots__}
    spread = ScoreTable(**columns | {"logit": logit, "score": (1 / (1 + np.exp(-logit))).astype(np.float32)})
    found = calibrate(spread, corpus=CORPUS)
    assert found.calibration_error["Platt"] < 0.5 * found.calibration_error["none"]
    assert found.brier["Platt"] < found.brier["none"]
    assert found.brier["isotonic"] < found.brier["none"]


def test_one_fold_gives_rates_that_are_said_to_be_flattered():
    assert not calibrate(made_table(folds=1), corpus=CORPUS).across_folds


def test_without_foreign_sound_there_is_no_calibration_of_it():
    assert calibrate(made_table(), corpus=CORPUS).rule.foreign_sound is None


def test_one_class_cannot_be_calibrated():
    table = made_table()
    with pytest.raises(SettingsError, match="real and fake"):
        calibrate(table.take(table.label == REAL), corpus=CORPUS)


def test_small_shifts_and_silence_are_no_examples_of_foreign_sound():
    names = np.array(["", "sound:swap", "sound:silence", "sound:shift:0.1", "sound:shift:0.2", "perturbation:blur:2"])
    assert is_foreign_sound(names).tolist() == [False, True, False, False, True, False]


@pytest.mark.parametrize(("rise", "hearing"), [(5.0, Hearing.LISTENS), (0.0, Hearing.DEAF)])
def test_does_it_listen(rise, hearing):
    clips = clip_scores(_table(rise))
    listening = measure_listening(clips, None, Limits.of(None))
    assert listening.hearing is hearing
    effect = listening.effects[0]
    assert (effect.variant, effect.clips, effect.untold) == ("sound:swap", 60, 0)
    if hearing is Hearing.DEAF:
        assert listening.sensitivity.value == 0.5  # all ties
        assert effect.auc.value == 0.5
        assert "does not use the sound" in listening.sentence
    else:
        assert listening.sensitivity.value == 1
        assert listening.sensitivity.high == 1
        assert listening.sensitivity.low > 0.8
        assert effect.auc.value > 0.95
        assert effect.evidence > effect.own_evidence


def test_a_model_of_one_question_is_judged_by_its_only_score():
    table = made_table(clips=60, windows=24)
    real = table.take(table.label == REAL).as_variant("sound:swap")
    clips = clip_scores(ScoreTable.concatenate([table, real]))
    assert measure_listening(clips, None, Limits.of(None)).hearing is Hearing.DEAF


def test_short_clips_and_tables_without_sound_variants_are_not_asked():
    short = made_table(clips=40, windows=12, two_questions=True)  # 2.4 s
    table = ScoreTable.concatenate([short, with_foreign_sound(short, 3.0)])
    assert measure_listening(clip_scores(table), None, Limits.of(None)) is None
    assert measure_listening(clip_scores(short), None, Limits.of(None)) is None


def test_few_speakers_show_nothing():
    table = made_table(clips=8, windows=24, two_questions=True)
    clips = clip_scores(ScoreTable.concatenate([table, with_foreign_sound(table, 5.0)]))
    assert measure_listening(clips, None, Limits.of(None)).hearing is Hearing.UNSHOWN


def test_silence_about_which_a_model_says_nothing_is_counted():
    table = _table()
    silent = table.take((table.label == REAL) & (table.variant == "")).as_variant("sound:silence")
    columns = {name: getattr(silent, name) for name in ScoreTable.__slots__}
    silent = ScoreTable(**columns | {"foreign_sound": np.full(len(silent), np.nan, np.float32)})
    listening = measure_listening(clip_scores(ScoreTable.concatenate([table, silent])), None, Limits.of(None))
    effect = next(one for one in listening.effects if one.variant == "sound:silence")
    assert (effect.clips, effect.untold, effect.raised.value) == (0, 60, None)
    assert effect.called.value is not None
