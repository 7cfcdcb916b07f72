"""Reports in the reader's language: nothing goes past the catalogues, and nobody's language leaks into another's."""

from __future__ import annotations

import dataclasses
import hashlib
import html
import io
import json
import re
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from matplotlib.text import Text
from PIL import Image
from pypdf import PdfReader

from lipfd_desktop import language
from lipfd_desktop.gui.verdict_words import reason_of
from lipfd_desktop.handling import Deed, Entry, Log, appended, of_analysis
from lipfd_desktop.language import LANGUAGES, speaking, tr, trn
from lipfd_desktop.network import checkpoint
from lipfd_desktop.network.catalogue import AUTHORS_MODEL
from lipfd_desktop.network.registry import ModelStore
from lipfd_desktop.notices import make_notice, say
from lipfd_desktop.report import record, wording
from lipfd_desktop.report.blocks import Picture
from lipfd_desktop.report.content import document
from lipfd_desktop.report.details import ALL_SECTIONS, ReportDetails, ReportMark, Section
from lipfd_desktop.report.document import Report, build_report
from lipfd_desktop.report.figure import build_figure, write_png
from lipfd_desktop.report.figure_style import styled
from lipfd_desktop.report.html import render_html
from lipfd_desktop.report.json_report import dumps, to_document
from lipfd_desktop.report.pdf import render_pdf
from lipfd_desktop.report.terms import OUTPUTS
from lipfd_desktop.report.text import lines_of
from lipfd_desktop.result import AnalysisResult, MeasuredRate, SeenWindow, WindowScore
from lipfd_desktop.storage.codec import read_result, write_result
from lipfd_desktop.verdict import with_grounds
from tests import report_support as support
from tests.language_support import Marked, unmarked
from tests.scores_support import RULE

OTHERS = [name for name in LANGUAGES if name != "en"]
DETAILS = ReportDetails(
    examiner="Ada",
    organisation="Byron",
    case_number="77",
    exhibit="E-3",
    notes="1234",
    date="2026-03-04",
    marks=(ReportMark(8.0, 9.0, "5678"), ReportMark(6.0, 6.0)),
)
RATE = MeasuredRate(0.125, 0.0625, 0.25)
RATES = dataclasses.replace(RULE, called_out=RATE, manipulated_left_open=RATE, authentic_left_open=RATE)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("language") / "interview.mp4"
    support.write_talking_video(path)
    return path


def results(path: Path) -> dict[str, AnalysisResult]:
    """One of each kind: what is said depends on contract, model, verdict, coverage and on what happened to the file."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    scores, model = support.make_scores(), support.make_result().model
    low, both = support.low_scores(scores), support.two_questions(scores)
    notices = (make_notice("damaged", name=path.name, missing=2, planned=90, packets=5),)
    listening = support.two_question_model(rule=RATES)
    manipulated = dataclasses.replace(RATES, authentic_below=0.05, manipulated_from=0.1)

    def make(**changes: object) -> AnalysisResult:
        return support.make_result(path, **{"sha256": digest, "notices": notices, **changes})

    return {
        "authentic": make(),
        "of the whole picture": support.official_result(path, sha256=digest, notices=()),
        "test weights": make(model=dataclasses.replace(model, trained=False)),
        "without a rule": make(model=dataclasses.replace(model, rule=None, limits=())),
        "inconclusive": make(scores=both, model=listening),
        "two questions, low": make(scores=support.two_questions(low), model=listening),
        "manipulated": make(scores=both, model=support.two_question_model(rule=manipulated)),
        "no moment": make(scores=low),
        "nothing seen": make(scores=support.nothing_analysed(), tracks=(), faces=()),
        "cancelled": make(cancelled=True, coverage=support.make_coverage(scores, complete=False), from_cache=True),
        "gaps": make(scores=support.every(7, scores)),
        "changed": make(sha256="ab" * 32),
        "gone": make(media=support.make_media(path.with_name("gone.mp4"), audio=None, bit_rate=None)),
    }


KINDS = list(results(Path(__file__)))


def log_about(result: AnalysisResult) -> Log:
    """Every deed, one of them with all that an analysis says."""
    about = {"when": "2026-03-04T05:06:07Z", "who": "Ada", "name": result.media.path.name, "sha256": result.sha256}
    analysis = tuple(sorted(of_analysis(result).items()))
    outputs = [(("kind", kind), ("output", result.media.path.name)) for kind in OUTPUTS]
    return appended(
        (),
        *(Entry(**about, deed=deed, details=analysis if deed is Deed.ANALYSED else ()) for deed in Deed),
        *(Entry(**about, deed=Deed.EXPORTED, details=details) for details in outputs),
    )


def report_of(result: AnalysisResult, name: str = "de", **changes: Any) -> Report:
    def look(window: WindowScore) -> SeenWindow:
        return support.make_seen(window, result.model.input_contract, exact=False)

    details = dataclasses.replace(DETAILS, language=name, handling=log_about(result), **changes)
    return build_report(result, details=details, mel=support.make_mel(), max_stills=1, look=look)


def texts(node: object) -> Iterator[str]:
    """Every text in a document."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Picture):
        yield node.alt
    elif isinstance(node, tuple):
        for part in node:
            yield from texts(part)
    elif dataclasses.is_dataclass(node):
        for field in dataclasses.fields(node):
            yield from texts(getattr(node, field.name))


def data_of(result: AnalysisResult) -> re.Pattern[str]:
    """What is the same in every language: it comes from the file, the model, the examiner, or is a unit."""
    media = [str(part) for part in (*media_texts(result.media), *media_texts(result.media.video)) if part]
    sound = [str(part) for part in media_texts(result.media.audio) if part]
    model = result.model
    corpus = [model.rule.corpus.rstrip(".")] if model.rule else []
    taken = [
        *media, *sound, str(result.media.path.parent), result.media.path.name, *result.media.tags,
        *result.media.tags.values(), *model.limits, *corpus, model.name, model.source, model.licence, model.sha256,
        result.sha256, result.device.name, result.device.description, result.device.requested,
        *result.versions, "LipFD Desktop", "Ada", "Byron", result.verdict.label, "page", "pages",
    ]  # fmt: skip
    listed = "|".join(re.escape(one) for one in sorted(set(taken), key=len, reverse=True))
    return re.compile(rf"{listed}|\b(SHA-256|PTS|KiB|MiB|kbit|Hz|px|mel|[0-9a-f]{{64}}|\d[\d:.+T-]*)\b")


def media_texts(record: object) -> list[str]:
    return [] if record is None else [value for value in vars_of(record) if isinstance(value, str)]


def vars_of(record: object) -> list[object]:
    return [getattr(record, field.name) for field in dataclasses.fields(record)]  # type: ignore[arg-type]


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """German is a language that marks what was looked up."""
    real = language.catalogue_of
    monkeypatch.setattr(language, "catalogue_of", lambda name: Marked() if name == "de" else real(name))


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize("kind", KINDS)
def test_every_text_of_a_report_was_looked_up(video: Path, kind: str) -> None:
    result = results(video)[kind]
    report, data = report_of(result), data_of(result)
    assert sorted(filter(None, (unmarked(text, data) for text in texts(document(report))))) == []
    page = re.sub(r"<style>.*?</style>|</?br>|</?bdi>", " ", render_html(report), flags=re.DOTALL)
    shown = re.findall(r'(?:alt|aria-label)="([^"]*)"', page)
    words = [html.unescape(part) for part in (*shown, *re.findall(r">([^<]+)<", page))]
    assert sorted(filter(None, (unmarked(text, data) for text in words))) == []


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize("kind", ["manipulated", "of the whole picture", "test weights", "changed"])
def test_every_text_of_a_figure_was_looked_up(video: Path, kind: str) -> None:
    result = results(video)[kind]
    with styled():
        drawn = [part.get_text() for part in build_figure(report_of(result)).findobj(Text)]
    assert any("⟦" in text for text in drawn)
    assert unmarked(" ".join(drawn), data_of(result)) == ""


def test_the_file_of_a_figure_has_a_title_in_its_language(video: Path, tmp_path: Path) -> None:
    report = report_of(results(video)["changed"], "zh_CN", sections=frozenset())
    write_png(report, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.info["Title"] == f"{video.name} 的 LipFD 分析"


def test_a_text_that_was_not_looked_up_is_found(video: Path, monkeypatch: pytest.MonkeyPatch, marked: None) -> None:
    monkeypatch.setattr(wording, "hash_check", lambda _report: "is the same")
    result = results(video)["authentic"]
    found = [unmarked(text, data_of(result)) for text in texts(document(report_of(result)))]
    assert {text.strip() for text in found if text} == {"is the same"}


@pytest.mark.parametrize("kind", KINDS)
def test_no_english_sentence_is_left(video: Path, kind: str) -> None:
    result = results(video)[kind]
    data, quick = data_of(result), ALL_SECTIONS - {Section.PLOTS}
    said = {name: set(texts(document(report_of(result, name, sections=quick)))) for name in LANGUAGES}
    for name in OTHERS:
        same = said["en"] & said[name]
        assert {text for text in same if len(re.findall(r"[A-Za-z]{2,}", data.sub(" ", text))) > 3} == set()


TITLES = {
    "de": ("Untersuchung auf Lippensynchron-Fälschung", "Fehlerraten der Einschätzung", "Fall 77", "Seite 1 von"),
    "es": ("Examen de falsificación de sincronía labial", "Tasas de error del veredicto", "Caso 77", "página 1 de"),
    "zh_CN": ("唇形同步伪造检验", "判定的错误率", "案件 77", "第 1 页"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_pdf_and_html_name_and_speak_their_language(video: Path, name: str) -> None:
    report = report_of(results(video)["manipulated"], name)
    page = render_html(report)
    assert f'<html lang="{name.replace("_", "-")}">' in page
    for words in TITLES[name][:3]:
        assert words in html.unescape(page)
    content = render_pdf(report)
    reader = PdfReader(io.BytesIO(content))
    assert reader.trailer["/Root"]["/Lang"] == name.replace("_", "-")
    assert TITLES[name][0] in str(reader.metadata.title)
    text = " ".join(" ".join(one.extract_text().split()) for one in reader.pages)
    assert [words for words in TITLES[name] if words.replace(" ", "") not in text.replace(" ", "")] == []
    assert render_pdf(report) == content
    assert render_html(report) == page
    assert len({render_html(report_of(report.result, one)) for one in LANGUAGES}) == len(LANGUAGES)


def test_a_report_does_not_care_what_the_window_speaks(video: Path) -> None:
    report = report_of(results(video)["manipulated"], "es")
    before = render_html(report)
    language.use("zh_CN")
    try:
        assert render_html(report) == before
        assert tr("likely authentic") == "可能为真"
    finally:
        language.use("en")


def test_programs_read_english(video: Path) -> None:
    result = results(video)["manipulated"]
    plain = dumps(to_document(result, DETAILS))
    with speaking("de"):
        again = support.make_result(video)
        assert again.verdict.reason == support.make_result(video).verdict.reason
        assert dumps(to_document(result, dataclasses.replace(DETAILS, language="de"))) == plain
    assert to_document(result, ReportDetails(language="de"))["report"] is None


def test_the_records_of_the_programs_own_models_are_known_to_the_last_sentence(tmp_path: Path) -> None:
    bundled = ModelStore(tmp_path).resolve()
    assert bundled.rule is not None
    own = {*bundled.limits, bundled.rule.corpus, bundled.source}
    authors = {*AUTHORS_MODEL.limits, checkpoint._IF_AUTHORS, checkpoint._UNTRAINED}
    assert own | authors == record.KNOWN


@pytest.mark.parametrize("name", OTHERS)
def test_the_bundled_models_limits_are_said_in_every_language(video: Path, tmp_path: Path, name: str) -> None:
    model = ModelStore(tmp_path).resolve()
    assert model.rule is not None
    result = support.make_result(video, model=model, scores=support.two_questions(support.make_scores()))
    report = report_of(result, name, sections=frozenset({Section.METHOD, Section.REPRODUCIBILITY}))
    page = html.unescape(render_html(report))
    said = [text for text in (*model.limits, model.rule.corpus, model.source) if text.rstrip(".") in page]
    assert said == []
    assert "docs/model-card.md" in page
    with speaking(name):
        assert all(tr(limit) in page for limit in model.limits)


def test_the_words_of_another_record_are_quoted_where_they_cannot_be_translated(video: Path) -> None:
    limit = "On the validation set: AUC 0.91, 8 % of genuine videos called fake."
    result = results(video)["authentic"]
    assert limit in set(texts(document(report_of(result, "en"))))
    assert f"„{limit}“ (im Wortlaut der Angaben zum Modell)" in set(texts(document(report_of(result, "de"))))


def test_english_reports_and_records_give_the_same_reason(video: Path) -> None:
    result = results(video)["manipulated"]
    earlier = dataclasses.replace(result.verdict, reason="the clip score of face 1 came to 0.870 in an earlier wording")
    kept = dataclasses.replace(result, verdict=earlier)
    sentence = f"T{earlier.reason[1:]}."
    assert sentence in set(texts(document(report_of(kept, "en", sections=frozenset()))))
    assert sentence in html.unescape(render_html(report_of(kept, "en", sections=frozenset())))
    assert to_document(kept, DETAILS)["verdict"]["reason"] == earlier.reason
    assert reason_of(earlier) == earlier.reason
    with speaking("de"):
        assert reason_of(earlier) == reason_of(result.verdict) != earlier.reason


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="none of en, de, es, zh_CN"):
        ReportDetails(language="fr")


def test_two_threads_speak_two_languages_at_once() -> None:
    heard: dict[str, set[tuple[str, str]]] = {name: set() for name in LANGUAGES}
    together = threading.Barrier(len(LANGUAGES))

    def talk(name: str) -> None:
        for _ in range(50):
            together.wait()
            with speaking(name):
                heard[name].add((language.current(), tr("likely authentic")))
                together.wait()
                heard[name].add((language.current(), trn("{count:,} window", "{count:,} windows", 2)))

    threads = [threading.Thread(target=talk, args=(name,)) for name in LANGUAGES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in LANGUAGES:
        with speaking(name):
            said = {tr("likely authentic"), trn("{count:,} window", "{count:,} windows", 2)}
        assert heard[name] == {(name, words) for words in said}
    assert language.current() == "en"


def test_the_language_before_comes_back_after_an_error() -> None:
    with speaking("es"):
        with pytest.raises(RuntimeError), speaking("de"):
            raise RuntimeError
        assert language.current() == "es"
    assert language.current() == "en"


# What an older program kept ----------------------------------------------------------------------------------------


def rewritten(now: Path, older: Path, forget: Callable[[dict[str, Any]], object]) -> None:
    """Copy a kept result without what an older program did not know."""
    with zipfile.ZipFile(now) as source, zipfile.ZipFile(older, "w") as target:
        for part in source.namelist():
            content = source.read(part)
            if part == "record.json":
                record = json.loads(content)
                forget(record["record"])
                content = json.dumps(record).encode()
            target.writestr(part, content)


@pytest.fixture
def kept(video: Path, tmp_path: Path) -> AnalysisResult:
    """A result from before verdicts had grounds and notices had fields."""
    now = tmp_path / "now.lipfd-result"
    write_result(results(video)["authentic"], now)
    older = tmp_path / "older.lipfd-result"

    def forget(record: dict[str, Any]) -> None:
        del record["verdict"]["grounds"]
        for notice in record["notices"]:
            del notice["fields"]

    rewritten(now, older, forget)
    return read_result(older)


def test_what_an_older_program_kept_is_quoted_in_english(kept: AnalysisResult) -> None:
    assert kept.verdict.grounds is None
    lines = list(texts(document(report_of(kept))))
    assert f"Die Begründung des Analysesystems, auf Englisch: „{kept.verdict.reason}“." in lines
    assert kept.notices[0].message in lines


def test_its_reason_is_found_again_where_the_scores_still_give_it(kept: AnalysisResult) -> None:
    again = with_grounds(kept)
    assert again.verdict == kept.verdict
    with speaking("de"):
        assert "Clip-Wert von Gesicht 1" in wording.reason_sentence(again.verdict)
    other = dataclasses.replace(kept, verdict=dataclasses.replace(kept.verdict, reason="as another rule said it"))
    assert with_grounds(other) is other


def test_results_keep_what_their_words_are_made_of(video: Path, tmp_path: Path) -> None:
    result = results(video)["manipulated"]
    path = tmp_path / "a.lipfd-result"
    write_result(result, path)
    again = read_result(path)
    assert again.verdict.grounds == result.verdict.grounds
    with speaking("es"):
        assert say(again.notices[0]) == say(result.notices[0]) != result.notices[0].message


def test_grounds_from_before_a_face_could_be_passed_over_are_read(video: Path, tmp_path: Path) -> None:
    result = results(video)["manipulated"]
    now, older = tmp_path / "now.lipfd-result", tmp_path / "older.lipfd-result"
    write_result(result, now)
    rewritten(now, older, lambda record: record["verdict"]["grounds"].pop("passed_over"))
    assert read_result(older).verdict.grounds == result.verdict.grounds


# Lines of text -----------------------------------------------------------------------------------------------------


def test_chinese_breaks_between_any_two_characters_and_words_stay_whole() -> None:
    text = "网络观察由连续帧组成的窗口，每帧有三个嵌套的裁剪区域 MediaPipe Landmarks，共 0.731 分。" * 3
    lines = lines_of(text, 40)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert max(sum(2 if ord(letter) > 0x2E7F else 1 for letter in line) for line in lines) <= 42
    assert not any(line[0] in "，。" for line in lines)
    assert sum("MediaPipe" in line for line in lines) == 3
    assert lines_of("one two three", 8) == ["one two", "three"]
