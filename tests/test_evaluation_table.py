from __future__ import annotations

import numpy as np
import pytest
from evaluation_support import made_table

from lipfd_desktop.errors import ExportError, SettingsError
from lipfd_desktop.evaluation.clips import Limits, clip_scores, equal_speakers, scores_by, speaker_sample
from lipfd_desktop.evaluation.table import COLUMNS, ScoreTable, read_table, speaker_keys, write_table
from lipfd_desktop.result import WHOLE_PICTURE, MeasuredRate, Outcome, Platt, Reason, VerdictRule, WindowScores
from lipfd_desktop.verdict import clip_score

RULE = VerdictRule(
    authentic_below=0.3,
    manipulated_from=0.7,
    generated=Platt(1.3, -0.2),
    foreign_sound=Platt(0.8, 0.1),
    corpus="made-up clips",
    clips=60,
    speakers=30,
    false_positive_rate=MeasuredRate(0.05, 0.0, 0.1),
    false_negative_rate=MeasuredRate(0.1, 0.0, 0.2),
)


@pytest.mark.parametrize("two_questions", [False, True])
def test_a_table_comes_back_from_its_file_unchanged(tmp_path, two_questions):
    table = made_table(two_questions=two_questions)
    table = ScoreTable.concatenate([table, table.as_variant("sound:shift:0.5")])
    write_table(table, tmp_path / "scores.csv")
    again = read_table(tmp_path / "scores.csv")
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(again, name), getattr(table, name), err_msg=name)
    assert again.variants == ["", "sound:shift:0.5"]


def test_a_table_without_variants_in_another_order_of_columns(tmp_path):
    path = tmp_path / "scores.csv"
    names = [name for name in reversed(COLUMNS) if name != "variant"]
    cells = dict.fromkeys(names, "1") | {"start": "0", "generated": "", "note": "x"}
    path.write_text(",".join([*names, "note"]) + "\n" + ",".join([*(cells[name] for name in names), "x"]) + "\n")
    table = read_table(path)
    assert table.variant.tolist() == [""]
    assert table.label.tolist() == [1]
    assert np.isnan(table.generated[0])
    assert table.foreign_sound.tolist() == [1]


def _text(**changes: str) -> str:
    cells = {
        **dict.fromkeys(COLUMNS, ""),
        "clip": "a",
        "label": "1",
        "fold": "1",
        "start": "0",
        "end": "0.2",
        "first_frame": "0",
        "logit": "0.1",
        "score": "0.5",
    }
    return ",".join(COLUMNS) + "\n" + ",".join((cells | changes)[name] for name in COLUMNS) + "\n"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "“clip” is missing"),
        ("clip,label\na,1\n", "“generator” is missing"),
        (",".join(COLUMNS) + "\n", "has no rows"),
        (",".join(COLUMNS) + "\na,1\n", "line 2 has 2 cells"),
        (_text(score="high"), "line 2: 'high' in the column “score”"),
        (_text(label="real"), "line 2: 'real' in the column “label”"),
        (_text(label="2"), "“label” must be 0 (real) or 1 (fake)"),
        (_text(score="1.5"), "“score” must be a number from 0 to 1"),
        (_text(score=""), "“score” must be"),
        (_text(logit="nan"), "“logit” must be a finite number"),
        (_text(logit="inf"), "“logit” must be a finite number"),
        (_text(generated="-0.1"), "“generated” must be empty or"),
        (_text(end="0"), "“end” must be a time after the start"),
        (_text(clip=""), "“clip” must be the name"),
        (_text() + _text(label="0").splitlines()[1] + "\n", "a has more than one label"),
    ],
)
def test_bad_tables_are_refused_in_a_sentence(tmp_path, text, part):
    path = tmp_path / "scores.csv"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_table(path)
    assert part in str(caught.value)
    assert str(caught.value).startswith("scores.csv")


def test_files_that_are_no_tables(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        read_table(tmp_path / "missing.csv")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    with pytest.raises(SettingsError, match="another kind of file"):
        read_table(tmp_path / "picture.png")
    with pytest.raises(ExportError):
        write_table(made_table(clips=2), tmp_path / "no such folder" / "scores.csv")


def test_a_speaker_without_a_name_is_alone():
    table = made_table(clips=4, windows=1)
    columns = {name: getattr(table, name) for name in COLUMNS}
    nameless = ScoreTable(**columns | {"speaker": np.full(4, "")})
    assert len(set(speaker_keys(nameless).tolist())) == 4


def _window_scores(table: ScoreTable) -> WindowScores:
    count = len(table)
    return WindowScores(
        index=np.arange(count),
        start=table.start,
        end=table.end,
        first_frame=table.first_frame,
        face=np.full(count, WHOLE_PICTURE),
        reason=np.full(count, Reason.ANALYSED, np.uint8),
        logit=table.logit,
        score=table.score,
        generated=table.generated,
        foreign_sound=table.foreign_sound,
        region_weights=np.zeros((count, 3, 5), np.float32),
    )


@pytest.mark.parametrize("two_questions", [False, True])
def test_clip_scores_are_those_of_the_verdict(two_questions):
    table = made_table(clips=8, windows=20, two_questions=two_questions)
    shuffled = table.take(np.random.default_rng(0).permutation(len(table)))
    clips = clip_scores(shuffled)
    assert clips.clip.tolist() == sorted(set(table.clip.tolist()))
    calibrated = scores_by(clips, RULE)
    for row, name in enumerate(clips.clip):
        own = table.take(table.clip == name)
        assert calibrated[row] == pytest.approx(clip_score(_window_scores(own), RULE, 5).score, rel=1e-6)
        assert clips.mean_score[row] == pytest.approx(own.score.mean())
        assert clips.windows[row] == 20
        assert clips.seconds[row] == pytest.approx(4.0)
    assert scores_by(clips, None) == pytest.approx(clips.mean_score)


def test_too_little_sound_says_nothing_of_a_clip():
    table = made_table(clips=4, windows=20, two_questions=True)
    foreign = table.foreign_sound.copy()
    foreign[table.first_frame >= 20] = np.nan  # 0.8 s are left
    columns = {name: getattr(table, name) for name in COLUMNS}
    clips = clip_scores(ScoreTable(**columns | {"foreign_sound": foreign}))
    assert np.isnan(clips.foreign_sound).all()
    assert np.isfinite(scores_by(clips, RULE)).all()


def test_variants_of_a_clip_are_kept_apart():
    table = made_table(clips=4)
    both = ScoreTable.concatenate([table, table.as_variant("sound:swap")])
    clips = clip_scores(both)
    assert len(clips) == 8
    assert len(clips.plain) == 4
    assert clips.plain.windows.tolist() == [12] * 4


def test_limits_without_a_rule_are_those_of_the_verdict():
    limits = Limits.of(None, 0.5)
    outcomes = limits.outcomes(np.array([0.39, 0.41, 0.59, 0.61]))
    assert outcomes[Outcome.AUTHENTIC].tolist() == [True, False, False, False]
    assert outcomes[Outcome.INCONCLUSIVE].tolist() == [False, True, True, False]
    assert outcomes[Outcome.MANIPULATED].tolist() == [False, False, False, True]
    assert Limits.of(None, 0.9).manipulated_from == pytest.approx(0.95)
    assert Limits.of(RULE).authentic_below == 0.3


def test_speakers_count_once_a_class():
    clips = clip_scores(made_table(clips=40))
    scores = scores_by(clips, None)
    sample = speaker_sample(clips, scores)
    assert len(sample) == 20
    name = clips.speaker[0]
    own = scores[clips.speaker == name]
    assert sample.score[sample.speaker == name] == pytest.approx([own.mean()])
    weights = equal_speakers(clips)
    assert weights[clips.speaker == name].sum() == pytest.approx(1)
