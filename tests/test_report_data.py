"""JSON and CSV: what they hold, in which form, and that nothing of the result is lost."""

from __future__ import annotations

import csv
import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipfd_desktop.engine.facade import Engine
from lipfd_desktop.errors import ExportError, NoFaceError
from lipfd_desktop.report.csv_report import HEADER, write_csv
from lipfd_desktop.report.json_report import dumps, error_document, schema, to_document, write_json
from lipfd_desktop.report.rows import decimals
from lipfd_desktop.result import Reason, WindowScores
from lipfd_desktop.verdict import frame_scores, suspicious_spans
from tests import report_support as support
from tests.scores_support import RULE

DOCUMENTATION = Path(__file__).parents[1] / "docs" / "json-schema.md"


def test_document_has_the_fields_of_the_known_detection_service():
    result = support.make_result()
    document = to_document(result)
    frames, _ = frame_scores(result.scores, support.LEFT, support.WINDOW)
    assert document["prediction"] == result.verdict.label
    assert document["confidence"] == result.verdict.confidence
    assert document["processing_time"] == 12.346
    assert document["frames_analyzed"] == len(frames) == len(document["frame_predictions"])
    assert [row["index"] for row in document["frame_predictions"]] == frames.tolist()
    assert document["metrics"]["final_average_score"] == pytest.approx(np.mean(document["metrics"]["window_scores"]))
    for row in document["frame_predictions"]:
        assert row["prediction"] == ("FAKE" if row["score"] >= support.THRESHOLD else "REAL")


def test_document_fits_its_schema_and_says_no_more_than_it():
    root = schema()
    document = json.loads(dumps(to_document(support.make_result())))
    assert support.schema_problems(document, root, root) == []
    definitions = root["$defs"]
    assert set(document) == set(definitions["result"]["properties"])
    for name in ("media", "model", "settings", "device", "coverage", "tool", "verdict"):
        assert set(document[name]) == set(definitions[name]["properties"])
    for name, definition in (("faces", "face"), ("spans", "span"), ("windows", "window"), ("notices", "notice")):
        assert set(document[name][0]) == set(definitions[definition]["properties"])


def test_answers_to_both_questions_are_in_json_and_csv(tmp_path):
    scores = support.two_questions(support.make_scores())
    model = support.two_question_model(rule=dataclasses.replace(RULE, authentic_below=0.2, manipulated_from=0.25))
    result = support.make_result(scores=scores, model=model)
    root, document = schema(), json.loads(dumps(to_document(result)))
    assert support.schema_problems(document, root, root) == []
    verdict = result.verdict
    assert document["verdict"] == {
        "outcome": "likely manipulated",
        "score": verdict.score,
        "reason": verdict.reason,
        "generated": verdict.generated,
        "foreign_sound": verdict.foreign_sound,
        "question": "generated",
        "calibrated": True,
    }
    assert (document["prediction"], document["confidence"]) == ("FAKE", verdict.score)
    assert document["model"]["input_contract"] == "context"
    assert document["model"]["rule"] == dataclasses.asdict(model.rule)
    write_csv(result, tmp_path / "windows.csv")
    with (tmp_path / "windows.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row, window, original in zip(rows, document["windows"], scores.rows(), strict=True):
        for name in ("generated", "foreign_sound"):
            known = getattr(original, name)
            assert window[name] == (None if known is None else pytest.approx(known, rel=1e-6))
            assert row[name] == ("" if window[name] is None else str(window[name]))
    assert 0 < sum(window["foreign_sound"] is None for window in document["windows"] if window["analysed"]) < 100


def test_a_model_without_a_rule_is_not_calibrated():
    model = dataclasses.replace(support.make_result().model, rule=None)
    document = to_document(support.make_result(model=model))
    assert document["model"]["rule"] is None
    assert document["verdict"]["calibrated"] is False
    assert document["verdict"]["generated"] is document["verdict"]["question"] is None
    assert {row["generated"] for row in document["windows"]} == {None}
    assert (document["prediction"], document["confidence"]) == ("INCONCLUSIVE", None)
    assert document["verdict"]["score"] == document["metrics"]["final_average_score"]


def test_schema_check_notices_what_is_wrong():
    root = schema()
    good = to_document(support.make_result())
    for spoilt in (
        {**good, "prediction": "MAYBE"},
        {key: value for key, value in good.items() if key != "coverage"},
        {**good, "confidence": 1.5},
        {**good, "verdict": {**good["verdict"], "outcome": "fake"}},
        {**good, "model": {**good["model"], "rule": {"corpus": "x"}}},
        {**good, "windows": [{**good["windows"][0], "start": None}]},
    ):
        assert support.schema_problems(spoilt, root, root)


def test_every_field_of_the_schema_is_documented():
    text = DOCUMENTATION.read_text(encoding="utf-8")
    names = {name for definition in schema()["$defs"].values() for name in definition.get("properties", {})}
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []


def test_windows_tell_analysed_from_not_analysed():
    result = support.make_result()
    windows = to_document(result)["windows"]
    assert len(windows) == len(result.scores)
    for row, original in zip(windows, result.scores.rows(), strict=True):
        assert row["index"] == original.index
        assert row["face"] == original.face
        assert row["analysed"] == original.analysed
        if original.analysed:
            assert np.float32(row["score"]) == np.float32(original.score)
            assert np.float32(row["logit"]) == np.float32(original.logit)
            assert sum(row["weights"].values()) == pytest.approx(sum(original.weights.values()), abs=1e-6)
            assert row["reason"] is None
        else:
            assert row["score"] is row["logit"] is row["weights"] is None
            assert row["reason"] in {Reason.NO_FACE.label, Reason.FACE_TOO_SMALL.label}


def test_spans_are_those_of_the_verdict():
    result = support.make_result()
    spans = suspicious_spans(result.scores, result.threshold)
    assert [(row["start"], row["end"], row["windows"]) for row in to_document(result)["spans"]] == [
        (pytest.approx(span.start), pytest.approx(span.end), span.windows) for span in spans
    ]


@pytest.mark.parametrize("scores", [support.nothing_analysed(), WindowScores.empty()])
def test_nothing_analysed_gives_nulls_never_nan(scores):
    result = support.make_result(scores=scores, faces=(), tracks=())
    text = dumps(to_document(result))
    assert "NaN" not in text
    document = json.loads(text)
    assert document["prediction"] == "INCONCLUSIVE"
    assert document["confidence"] is None
    assert document["metrics"] == {"final_average_score": None, "window_scores": []}
    assert support.schema_problems(document, schema(), schema()) == []


def test_numbers_that_are_not_finite_become_null():
    result = support.make_result()
    media = dataclasses.replace(result.media, duration=float("nan"))
    logit = result.scores.logit.copy()
    logit[0] = np.inf
    broken = support.make_result(media=media, scores=dataclasses.replace(result.scores, logit=logit))
    document = json.loads(dumps(to_document(broken)))
    assert document["media"]["duration"] is None
    assert document["windows"][0]["logit"] is None


@given(st.lists(st.floats(width=32)))
def test_decimals_give_the_same_float_again(values):
    array = np.array(values, np.float32)
    for original, decimal in zip(array, decimals(array), strict=True):
        assert (decimal is None) if not np.isfinite(original) else (np.float32(decimal) == original)


def test_video_without_sound_has_null_audio():
    media = support.make_media(Path("x.mp4"), audio=None)
    document = to_document(support.make_result(media=media))
    assert {value for key, value in document["media"].items() if key.startswith("audio_")} == {None}


def test_error_document_fits_the_schema():
    document = error_document(Path("clips/a.mp4"), NoFaceError("clips/a.mp4", "no face was found."))
    assert document["error"] == {"type": "NoFaceError", "message": "a.mp4: no face was found."}
    assert Path(document["media"]["path"]) == Path("clips/a.mp4")
    assert support.schema_problems(document, schema(), schema()) == []


def test_compact_form_is_one_line_and_pretty_form_says_the_same():
    document = to_document(support.make_result(path=Path("Gespräch\n二.mp4")))
    line = dumps(document)
    assert "\n" not in line
    assert json.loads(line) == json.loads(dumps(document, pretty=True)) == document


def test_written_json_reads_back(tmp_path):
    result = support.make_result()
    write_json(result, tmp_path / "result.json")
    assert json.loads((tmp_path / "result.json").read_text(encoding="utf-8")) == to_document(result)


@pytest.mark.parametrize(
    ("name", "spelt"), [("a\udcff.mp4", "a\\udcff.mp4"), ("gp\u202e4pm.mp4", "gp\\u202e4pm.mp4"), ("东.mp4", "东.mp4")]
)
def test_deceptive_and_undecodable_names_are_escaped(tmp_path, name, spelt):
    write_json(support.make_result(path=Path(name)), tmp_path / "result.json")
    assert json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["media"]["path"] == spelt


def test_csv_has_one_row_a_window_and_the_values_of_the_json(tmp_path):
    result = support.make_result()
    write_csv(result, tmp_path / "windows.csv")
    raw = (tmp_path / "windows.csv").read_bytes()
    assert raw.count(b"\r\n") == raw.count(b"\n") == len(result.scores) + 1
    with (tmp_path / "windows.csv").open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        rows = list(reader)
    assert tuple(reader.fieldnames or ()) == HEADER
    for row, window in zip(rows, to_document(result)["windows"], strict=True):
        assert int(row["window"]) == window["index"]
        assert row["start"] == f"{window['start']:.6f}"
        assert row["reason"] == (window["reason"] or "")
        assert (float(row["score"]) if row["score"] else None) == window["score"]
        assert (float(row["weight_lip"]) if row["weight_lip"] else None) == (window["weights"] or {}).get("lip")
        expected = "" if window["score"] is None else str(int(window["score"] >= result.threshold))
        assert row["suspicious"] == expected


def test_scores_of_the_whole_picture_have_no_face(tmp_path):
    result = support.official_result()
    document = json.loads(dumps(to_document(result)))
    assert support.schema_problems(document, schema(), schema()) == []
    analysed = [row for row in document["windows"] if row["analysed"]]
    assert len(analysed) == len(document["metrics"]["window_scores"]) == 102
    assert {row["face"] for row in document["windows"]} == {row["face"] for row in document["spans"]} == {None}
    assert document["deciding_face"] is None
    assert document["frames_analyzed"] == len(document["frame_predictions"]) > 0
    assert {(face["windows_analysed"], face["mean_score"], face["max_score"]) for face in document["faces"]} == {
        (0, None, None)
    }
    write_csv(result, tmp_path / "windows.csv")
    with (tmp_path / "windows.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["face"] for row in rows} == {""}
    assert sum(row["suspicious"] == "1" for row in rows) == sum(span["windows"] for span in document["spans"])


def test_score_that_is_printed_like_the_threshold_reaches_it(tmp_path):
    scores = support.make_scores()
    level = np.where(scores.analysed, np.float32(0.7), np.float32(np.nan)).astype(np.float32)
    result = support.make_result(scores=dataclasses.replace(scores, score=level), threshold=0.7)
    document = to_document(result)
    assert {row["score"] for row in document["frame_predictions"]} == {0.7}
    assert {row["prediction"] for row in document["frame_predictions"]} == {"FAKE"}
    assert {span["peak_score"] for span in document["spans"]} == {0.7}
    write_csv(result, tmp_path / "windows.csv")
    with (tmp_path / "windows.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["suspicious"] for row in csv.DictReader(stream) if row["analysed"] == "1"} == {"1"}


def test_highest_scores_are_spelt_like_those_of_the_windows():
    document = to_document(support.make_result())
    windows = {(row["index"], row["face"]): row["score"] for row in document["windows"]}
    for span in document["spans"]:
        assert span["peak_score"] == windows[span["peak_window"], span["face"]]
    for face in document["faces"]:
        own = [score for (_, owner), score in windows.items() if owner == face["id"] and score is not None]
        assert face["max_score"] == max(own)


@pytest.mark.parametrize(
    ("asked", "written"),
    [(None, None), ((0.4, float("inf")), [0.4, None]), ((-float("inf"), 2.0), [None, 2.0]), ((1.0, 2.5), [1.0, 2.5])],
)
def test_open_edges_of_the_range_are_null(asked, written):
    request = dataclasses.replace(support.make_result().request, time_range=asked)
    document = json.loads(dumps(to_document(support.make_result(request=request))))
    assert document["settings"]["range"] == written
    assert support.schema_problems(document, schema(), schema()) == []


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_data_is_exported_without_the_plotting_libraries(tmp_path, kind):
    script = (
        "import sys; from pathlib import Path; from lipfd_desktop.engine.facade import Engine; "
        "from tests.report_support import make_result; "
        "Engine().export(make_result(), Path(sys.argv[1]), kind=sys.argv[2]); "
        "print(sorted({'matplotlib', 'reportlab', 'torch'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "data"), kind]
    done = subprocess.run(command, cwd=DOCUMENTATION.parents[1], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert (tmp_path / "data").stat().st_size > 0


def test_kind_of_a_report_comes_from_the_caller_before_the_suffix(tmp_path):
    engine, result = Engine(), support.make_result()
    engine.export(result, tmp_path / "data.csv", kind="json")
    assert json.loads((tmp_path / "data.csv").read_text(encoding="utf-8"))["prediction"] == result.verdict.label
    engine.export(result, tmp_path / "DATA.JSON")
    assert (tmp_path / "DATA.JSON").read_bytes() == (tmp_path / "data.csv").read_bytes()
    with pytest.raises(ExportError, match="must end in"):
        engine.export(result, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_csv_leaves_the_face_empty_where_there_is_none(tmp_path):
    write_csv(support.make_result(scores=support.nothing_analysed()), tmp_path / "windows.csv")
    with (tmp_path / "windows.csv").open(encoding="utf-8", newline="") as stream:
        assert {(row["face"], row["analysed"], row["score"]) for row in csv.DictReader(stream)} == {("", "0", "")}
