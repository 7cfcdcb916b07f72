from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from evaluation_support import made_table, with_foreign_sound

from lipfd_desktop.errors import DatasetError, ExportError
from lipfd_desktop.evaluation import measure, metrics
from lipfd_desktop.evaluation.calibrate import calibrate
from lipfd_desktop.evaluation.measure import Baseline, evaluate
from lipfd_desktop.evaluation.page import html_page
from lipfd_desktop.evaluation.report import to_json, write_evaluation
from lipfd_desktop.evaluation.table import FAKE, REAL, ScoreTable
from lipfd_desktop.evaluation.wording import summary_lines
from lipfd_desktop.result import InputContract, ModelInfo, Outcome

MADE = "2025-01-01"
MODEL = ModelInfo("made-up", "ab" * 32, InputContract.CONTEXT, Path("made-up.safetensors"))


def _rich_table() -> ScoreTable:
    """Every kind of variant."""
    table = made_table(clips=60, windows=24, two_questions=True, strength=2.0)
    beta = table.take((table.label == REAL) | (table.generator == "Beta"))
    return ScoreTable.concatenate(
        [
            table,
            with_foreign_sound(table, 3.0),
            with_foreign_sound(table, 1.0, "sound:shift:0.5"),
            table.as_variant("perturbation:Gaussian blur:1"),
            table.as_variant("perturbation:Gaussian blur:3"),
            beta.as_variant("held-out:Beta"),
        ]
    )


@pytest.fixture(scope="module")
def evaluation():
    table = _rich_table()
    clips = np.unique(table.clip)
    baseline = Baseline("coin", "Heads or tails.", clips, np.where(np.arange(len(clips)) < 3, np.nan, 0.5))
    rule = calibrate(table, corpus="Made-up clips.").rule
    return evaluate(table, model=replace(MODEL, rule=rule), data="Made up.", baselines=[baseline], resamples=100)


def test_levels_measure_what_they_say(evaluation):
    table = evaluation.windows
    assert evaluation.levels["window"]["auc"].value == pytest.approx(float(metrics.auc(table.label, table.score)))
    clips, scores = evaluation.plain
    assert len(clips) == 60
    wrong = np.mean(scores[clips.label == REAL] >= evaluation.limits.manipulated_from)
    assert evaluation.levels["clip"]["false_positive_rate_at_manipulated_from"].value == pytest.approx(wrong)
    missed = np.mean(scores[clips.label == FAKE] < evaluation.limits.authentic_below)
    assert evaluation.levels["clip"]["false_negative_rate_at_authentic_below"].value == pytest.approx(missed)
    assert evaluation.outcomes["real"][Outcome.MANIPULATED].value == pytest.approx(wrong)
    assert evaluation.outcomes["fake"][Outcome.AUTHENTIC].value == pytest.approx(missed)
    for figures in evaluation.levels.values():
        for figure in figures.values():
            assert figure.low <= figure.value <= figure.high


def test_groups_hold_the_right_clips(evaluation):
    assert [group.name for group in evaluation.folds] == ["1", "2", "3"]
    assert sum(group.fake_clips for group in evaluation.folds) == 30
    assert {group.name: (group.real_clips, group.fake_clips) for group in evaluation.generators} == {
        "Alpha": (30, 10),
        "Beta": (30, 10),
        "Gamma": (30, 10),
    }
    assert [(group.name, group.real_clips, group.fake_clips) for group in evaluation.held_out] == [("Beta", 30, 10)]
    beta = next(group for group in evaluation.generators if group.name == "Beta")
    assert evaluation.held_out[0].figures["auc"] == beta.figures["auc"]
    assert [(group.name, group.severity) for group in evaluation.perturbations] == [
        ("Gaussian blur", 1),
        ("Gaussian blur", 3),
    ]
    worst = min(group.figures["auc"].value for group in evaluation.folds)
    assert evaluation.worst_fold.figures["auc"].value == worst


def test_a_baseline_is_measured_where_it_says_something(evaluation):
    (coin,) = evaluation.baselines
    assert coin.real_clips + coin.fake_clips == 57
    assert coin.figures["auc"].value == 0.5


def test_a_rate_of_zero_has_an_interval():
    found = evaluate(made_table(strength=12.0), resamples=50)
    missed = found.levels["clip"]["false_negative_rate_at_authentic_below"]
    assert (missed.value, missed.low) == (0, 0)
    assert 0.1 < missed.high < 0.3  # 15 speakers


def test_files_agree_with_the_figures(evaluation, tmp_path):
    paths = write_evaluation(evaluation, tmp_path / "new" / "folder", made=MADE)
    assert all(path.is_file() for path in paths)
    assert {path.name for path in (tmp_path / "new" / "folder").iterdir()} == {path.name for path in paths}
    document = json.loads(paths[0].read_text(encoding="utf-8"))
    assert document["levels"]["clip"]["auc"] == evaluation.levels["clip"]["auc"].to_json()
    assert document["worst_fold"] == evaluation.worst_fold.name
    assert document["listening"]["verdict"] == "listens"
    assert document["authors_validate"]["fpr"] == evaluation.authors.fpr
    assert document["leave_one_generator_out"][0]["name"] == "Beta"
    texts = {path.name: path.read_text(encoding="utf-8") for path in paths if path.suffix == ".csv"}
    rows = {name: list(csv.DictReader(text.splitlines())) for name, text in texts.items()}
    assert len(rows["clips.csv"]) == len(evaluation.clips)
    plain = [row for row in rows["clips.csv"] if not row["variant"]]
    called = np.mean([row["outcome"] == Outcome.MANIPULATED for row in plain if row["label"] == "0"])
    assert called == pytest.approx(evaluation.outcomes["real"][Outcome.MANIPULATED].value)
    auc = next(row for row in rows["figures.csv"] if (row["name"], row["figure"]) == ("clip", "auc"))
    assert float(auc["value"]) == evaluation.levels["clip"]["auc"].value
    steps = [(float(row["false_positive_rate"]), 1 - float(row["false_negative_rate"])) for row in rows["curves.csv"]]
    area = sum((right - left) * (low + high) / 2 for (left, low), (right, high) in pairwise(steps))
    assert area == pytest.approx(evaluation.levels["clip"]["auc"].value)


class _Checker(HTMLParser):
    """Tags that are opened and closed, and what a page would load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []
        self.plots = 0

    def handle_starttag(self, tag, attrs):
        self.plots += tag == "svg"
        if tag in {"script", "link", "img", "iframe"}:
            self.outside.append(tag)
        self.outside += [value for name, value in attrs if name in {"src", "href"} and "://" in (value or "")]
        if tag not in {"meta", "br", "link", "img"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_loads_nothing(evaluation):
    page = html_page(evaluation, made=MADE)
    checker = _Checker()
    checker.feed(page)
    assert checker.open == []
    assert checker.outside == []
    assert checker.plots == 7
    assert f"{evaluation.levels['clip']['auc'].value:.3f}" in page
    for title in ("By fold", "By generator", "Leave one generator out", "Does it listen?", "Simple baselines"):
        assert f"<h2>{title}</h2>" in page
    assert html_page(evaluation, made=MADE) == page


def test_names_from_tables_cannot_become_markup(evaluation):
    table = made_table()
    columns = {name: getattr(table, name) for name in ScoreTable.__slots__}
    names = np.where(table.generator == "Alpha", "<script>$x_1$</script>", table.generator)
    page = html_page(evaluate(ScoreTable(**columns | {"generator": names}), resamples=20), made=MADE)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_page_warns_of_a_model_that_does_not_listen():
    table = made_table(clips=60, windows=24, two_questions=True)
    deaf = evaluate(ScoreTable.concatenate([table, with_foreign_sound(table, 0.0)]), resamples=20)
    warned = re.findall(r'<p class="warning">(.*?)</p>', html_page(deaf, made=MADE))
    assert any("does not use the sound" in sentence for sentence in warned)
    assert any("not calibrated" in sentence for sentence in warned)


def test_untrained_weights_are_called_so():
    found = evaluate(made_table(), model=replace(MODEL, trained=False), resamples=20)
    assert any("never trained" in line for line in summary_lines(found))
    assert "never trained" in html_page(found, made=MADE)


def test_one_class_alone_can_be_measured():
    table = made_table()
    reals = evaluate(table.take(table.label == REAL), resamples=20)
    assert reals.levels["clip"]["auc"].value is None
    assert reals.levels["clip"]["false_positive_rate_at_manipulated_from"].value is not None
    page = html_page(reals, made=MADE)
    assert "All clips are of one class" in page
    json.dumps(to_json(reals, made=MADE), allow_nan=False)
    assert any("–" in line for line in summary_lines(reals))


def test_a_table_of_variants_alone_is_refused():
    with pytest.raises(DatasetError, match="unchanged clips"):
        evaluate(made_table().as_variant("sound:swap"))


def test_what_was_there_stays_when_writing_fails(evaluation, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ExportError):
        write_evaluation(evaluation, tmp_path / "file", made=MADE)
    assert (tmp_path / "file").read_text() == "mine"


def test_seed_decides_the_intervals():
    table = made_table(strength=1.0)
    one, same, other = (evaluate(table, resamples=100, seed=seed) for seed in (1, 1, 2))
    assert one.levels == same.levels
    assert one.levels["clip"]["auc"].value == other.levels["clip"]["auc"].value
    assert one.levels["clip"]["auc"] != other.levels["clip"]["auc"]
    assert measure.RESAMPLES == 1000
