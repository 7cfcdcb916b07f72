"""What the examiner adds to a report, and that the same input gives the same bytes."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader

from lipfd_desktop.engine.facade import Engine
from lipfd_desktop.handling import Deed, Entry, appended
from lipfd_desktop.network.card import ModelCard, rule_from_json
from lipfd_desktop.report.csv_report import write_csv
from lipfd_desktop.report.details import ALL_SECTIONS, NO_DETAILS, ReportDetails, ReportMark, Section
from lipfd_desktop.report.document import build_report
from lipfd_desktop.report.json_report import dumps, schema, to_document
from lipfd_desktop.report.method import decision, rule_words
from lipfd_desktop.report.pdf import render_pdf
from lipfd_desktop.report.wording import findings
from lipfd_desktop.result import AnalysisResult, MeasuredRate
from tests import report_support as support
from tests.scores_support import RULE

MARKS = (
    ReportMark(8.0, 9.0, "Mouth stays open.\nSee the broadcast.", ("lips", "vowel")),
    ReportMark(6.0, 6.0, "Cut?"),
)
DETAILS = ReportDetails(
    examiner="Dr. Ana Müller",
    organisation="State Laboratory",
    case_number="2026-0815/B",
    exhibit="Exhibit 3",
    notes="Received on a sealed stick.",
    date="2026-03-04",
    marks=MARKS,
    handling=appended((), Entry(when="2026-03-04T05:06:07Z", deed=Deed.ADDED, name="interview.mp4")),
)


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("details") / "interview.mp4"
    support.write_talking_video(path)
    return path


@pytest.fixture(scope="module")
def result(video) -> AnalysisResult:
    return support.make_result(video, sha256=hashlib.sha256(video.read_bytes()).hexdigest())


def pages_of(result: AnalysisResult, details: ReportDetails) -> list[str]:
    report = build_report(result, details=details, max_stills=1)
    reader = PdfReader(io.BytesIO(render_pdf(report)))
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def test_every_page_names_case_exhibit_hash_and_its_number(result):
    pages = pages_of(result, DETAILS)
    assert len(pages) > 3
    for place, page in enumerate(pages, start=1):
        assert "Case 2026-0815/B" in page
        assert "Exhibit 3" in page
        assert result.sha256 in page
        assert f"page {place} of {len(pages)}" in page


def test_the_pdf_has_who_signs_the_notes_and_the_marks_by_time(result):
    pages = pages_of(result, DETAILS)
    text = " ".join(pages)
    assert "Examiner Dr. Ana Müller" in pages[0]
    assert "Report made 2026-03-04" in pages[0]
    assert "Received on a sealed stick." in text
    assert text.index("M1 00:06.000 – Cut?") < text.index("M2 00:08.000 – 00:09.000 lips, vowel Mouth stays open.")
    signature = pages[-1][pages[-1].index("Signature") :]
    assert "Dr. Ana Müller" in signature
    assert "State Laboratory" in signature
    assert "2026-03-04" in signature


TITLES = {
    Section.STILLS: "Evidence stills",
    Section.SEEN: "What the network saw",
    Section.PLOTS: "Scores over time",
    Section.FACES: "Faces Face Seen",
    Section.MOMENTS: "Suspicious moments 3",
    Section.MARKS: "Marks and notes of the examiner Written",
    Section.MARK_STILLS: "Stills of the marks",
    Section.FILE: "File and streams",
    Section.METHOD: "Rule of the verdict",
    Section.REPRODUCIBILITY: "Two results may be compared only when",
    Section.HANDLING: "Handling log The program entered",
}


def test_each_part_can_be_left_out_and_honesty_cannot(result):
    assert set(TITLES) == ALL_SECTIONS
    whole = " ".join(pages_of(result, DETAILS))
    assert [title for title in TITLES.values() if title not in whole] == []
    assert "Left out" not in whole
    bare = " ".join(pages_of(result, dataclasses.replace(DETAILS, sections=frozenset())))
    assert [title for title in TITLES.values() if title in bare] == []
    assert "Received on" not in bare
    for words in (
        "Error rates of the verdict",
        "called likely manipulated: 4.3 %",
        "What this does not mean",
        f"SHA-256 at analysis {result.sha256}",
        "SHA-256 at export matches",
        "the batch was halved to 8",
        "A score cannot prove a forgery",
        "Coverage Analysed",
        "Left out of this report by choice: evidence stills, what the network saw, scores over time, faces, "
        "table of suspicious moments, marks and notes of the examiner, stills of the marks, file and streams, method, "
        "reproducibility, handling log.",
    ):
        assert words in bare, words


@pytest.mark.parametrize("kind", ["png", "pdf", "html", "json", "csv"])
def test_the_same_input_gives_the_same_bytes_in_every_format(result, tmp_path, kind):
    engine = Engine()
    for name in ("one", "two"):
        engine.export(result, tmp_path / name, kind=kind, details=DETAILS)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    other = dataclasses.replace(DETAILS, marks=MARKS[:1])
    engine.export(result, tmp_path / "other", kind=kind, details=other)
    assert (tmp_path / "other").read_bytes() != (tmp_path / "one").read_bytes()


def test_two_processes_write_the_same_bytes(video, tmp_path):
    script = (
        "import sys; from pathlib import Path; from lipfd_desktop.engine.facade import Engine; "
        "from tests.report_support import make_result; from tests.test_report_details import DETAILS; "
        "from lipfd_desktop.media.digest import sha256_of; video, folder = map(Path, sys.argv[1:]); "
        "result = make_result(video, sha256=sha256_of(video, lambda: False)); "
        "[Engine().export(result, folder / f'report.{kind}', details=DETAILS) for kind in ('png', 'pdf', 'html')]"
    )
    made = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        subprocess.run(
            [sys.executable, "-c", script, str(video), str(folder)],
            cwd=Path(__file__).parents[1],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
        )
        made.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()})
    assert len(made[0]) == 3
    assert made[0] == made[1]


def test_json_has_what_the_examiner_added_and_null_where_that_is_nothing(result):
    root = schema()
    document = json.loads(dumps(to_document(result, DETAILS)))
    assert support.schema_problems(document, root, root) == []
    assert document["report"] == {
        "examiner": "Dr. Ana Müller",
        "organisation": "State Laboratory",
        "case_number": "2026-0815/B",
        "exhibit": "Exhibit 3",
        "notes": "Received on a sealed stick.",
        "date": "2026-03-04",
        "marks": [
            {"start": 6.0, "end": 6.0, "note": "Cut?", "tags": []},
            {"start": 8.0, "end": 9.0, "note": "Mouth stays open.\nSee the broadcast.", "tags": ["lips", "vowel"]},
        ],
    }
    assert to_document(result)["report"] is None
    kept_back = to_document(result, dataclasses.replace(DETAILS, sections=ALL_SECTIONS - {Section.MARKS}))["report"]
    assert (kept_back["notes"], kept_back["marks"]) == ("", [])


def test_csv_numbers_the_marks_of_each_window(result, tmp_path):
    write_csv(result, tmp_path / "windows.csv", DETAILS)
    with (tmp_path / "windows.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        start, end = float(row["start"]), float(row["end"])
        expected = [number for number, (first, last) in enumerate(((6.0, 6.001), (8.0, 9.0)), start=1)
                    if first < end and start < last]  # fmt: skip
        assert row["marks"] == " ".join(map(str, expected)), row
    assert {row["marks"] for row in rows} == {"", "1", "2"}


def test_a_date_that_is_none_is_refused():
    with pytest.raises(ValueError, match="yesterday"):
        ReportDetails(date="yesterday")


def test_without_a_date_the_time_of_writing_is_taken(result):
    assert build_report(result, max_stills=0).created_at >= "2026"
    assert NO_DETAILS.date is None


def test_frames_are_compared_under_a_name_that_is_no_verdict(result):
    for row in to_document(result)["frame_predictions"]:
        assert row["suspicious"] == (row["prediction"] == "FAKE")


@pytest.mark.parametrize(("threshold", "low", "high"), [(0.5, "0.400", "0.600"), (0.06, "0.030", "0.160")])
def test_the_rule_without_a_calibration_names_the_limits_that_decide(threshold: float, low: str, high: str) -> None:
    plain = dataclasses.replace(support.make_result().model, rule=None)
    words = decision(support.make_result(model=plain, threshold=threshold))
    assert f"held against the threshold of {threshold:.3f}." in words
    assert f"from {high} on is likely manipulated, one below {low} likely authentic" in words


def test_a_calibration_for_other_windows_is_not_told_as_the_rule():
    result = support.make_result(model=dataclasses.replace(support.make_result().model, window_frames=9))
    assert not result.verdict.calibrated
    assert "No calibration applies here" in decision(result)
    assert "clip statistic" not in decision(result)


def test_the_rule_says_that_missing_sound_withholds_authenticity_where_the_model_listens():
    said = "when the sound could be compared with the lips for less than 1.0 s"
    assert said in decision(support.make_result(model=support.two_question_model()))
    assert said not in decision(support.make_result())


def test_rates_say_how_often_there_is_an_answer_at_all():
    rule = dataclasses.replace(
        RULE,
        called_out=MeasuredRate(0.131, 0.088, 0.18),
        manipulated_left_open=MeasuredRate(0.824, 0.77, 0.876),
        authentic_left_open=MeasuredRate(0.799, 0.748, 0.852),
    )
    model = dataclasses.replace(support.make_result().model, rule=rule)
    words = rule_words(model)[-1]
    assert "called likely manipulated: 13.1 % (95 % interval 8.8 to 18.0 %); most forgeries are not called out" in words
    assert "82.4 % (95 % interval 77.0 to 87.6 %) of the manipulated" in words
    assert "is not in the record of this model" in rule_words(dataclasses.replace(model, rule=RULE))[-1]


def test_rules_with_and_without_those_rates_are_read():
    old = {
        key: value
        for key, value in dataclasses.asdict(RULE).items()
        if key not in {"called_out", "manipulated_left_open", "authentic_left_open"}
    }
    assert rule_from_json(old) == RULE
    newer = dataclasses.replace(RULE, called_out=MeasuredRate(0.2, 0.1, 0.3))
    assert rule_from_json(json.loads(json.dumps(dataclasses.asdict(newer)))) == newer
    with pytest.raises(ValueError, match="called_out"):
        rule_from_json({**old, "called_out": {"value": 0.5, "low": 0.6, "high": 0.7}})


def test_the_bundled_model_states_them():
    model = Engine().default_model()
    assert model is not None
    assert model.rule is not None
    shares = (model.rule.called_out, model.rule.manipulated_left_open, model.rule.false_negative_rate)
    assert all(shares)
    assert sum(share.value for share in shares if share) == pytest.approx(1.0)
    assert ModelCard.__dataclass_fields__["rule"].default is None


def test_moments_that_overlap_are_said_to_do_so(result):
    scores = result.scores
    low = dataclasses.replace(result, threshold=0.1)
    text = " ".join(findings(build_report(low, max_stills=0)))
    assert "suspicious moments (threshold 0.1000), which overlap and so fill" in text
    assert "overlap" not in " ".join(findings(build_report(result, max_stills=0)))
    assert len(scores)
