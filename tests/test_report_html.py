"""The HTML report: one file, readable by anybody, that nothing in a name or a note can turn into something else."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lipfd_desktop.errors import ExportError
from lipfd_desktop.report.content import document as content_of
from lipfd_desktop.report.details import ReportDetails, ReportMark
from lipfd_desktop.report.document import Report, build_report
from lipfd_desktop.report.html import render_html, write_html
from lipfd_desktop.report.method import calibration
from lipfd_desktop.report.pdf import render_pdf
from tests import report_support as support
from tests.test_report_pages import pdf_text

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\u202e]]></style>'
DETAILS = ReportDetails(case_number="2026-0815/B", examiner="Dr. Ana Müller", date="2026-03-04")
VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Elements with their attributes, the text, and what was not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.problems: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self.problems += self._open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        if not self._open or self._open.pop() != tag:
            self.problems.append(f"/{tag}")

    def handle_data(self, data):
        if "style" not in self._open:
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Report:
    video = tmp_path_factory.mktemp("html") / "interview.mp4"
    support.write_talking_video(video)
    digest = hashlib.sha256(video.read_bytes()).hexdigest()
    return build_report(support.make_result(video, sha256=digest), details=DETAILS, mel=support.make_mel())


@pytest.fixture(scope="module")
def page(report) -> Page:
    return Page(render_html(report))


def test_it_is_one_whole_file_without_scripts_or_requests(report, page):
    assert page.problems == []
    assert not {"script", "link", "iframe", "object", "base", "form"} & {tag for tag, _ in page.elements}
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    sources = [
        value for _, attributes in page.elements for name, value in attributes.items() if name in {"src", "href"}
    ]
    assert all(source.startswith(("data:image/png;base64,", "data:image/jpeg;base64,", "#part-")) for source in sources)
    assert not re.search(r"https?://|url\(|@import", render_html(report))
    policies = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policies == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]


def test_it_says_what_the_pdf_says(report, page):
    spoken = pdf_text(render_pdf(report))
    squeezed = "".join(spoken.split())
    document = content_of(report)
    assert [part.title for part in document.parts if part.title not in page.text] == []
    for line in (*calibration(report.result), document.title, document.lead, report.result.verdict.reason[1:]):
        assert line in page.text
        assert "".join(line.split()) in squeezed
    for span in report.spans:
        assert f"{span.peak.score:.3f}" in page.text
    assert report.result.sha256 in page.text


def test_headings_tables_and_pictures_can_be_heard(page):
    assert len(page.all("h1")) == 1
    anchors = {link["href"] for link in page.all("a")}
    assert anchors == {f"#{section['id']}" for section in page.all("section") if "id" in section}
    tables = len(page.all("table"))
    assert tables == len(page.all("caption")) > 5
    assert {cell["scope"] for cell in page.all("th")} == {"row", "col"}
    alts = [image["alt"] for image in page.all("img")]
    assert len(set(alts)) == len(alts) > 3
    curves = next(alt for alt in alts if alt.startswith("Curves over time"))
    assert "fake scores of 188 windows from 0.039 to 0.943" in curves
    assert any(re.fullmatch(r"No\. 1: the frame at 00:0\d\.\d{3}, face 1, score 0\.\d{3}", alt) for alt in alts)
    assert page.all("html")[0]["lang"] == "en"


def test_dark_is_for_the_screen_and_paper_has_case_hash_and_page_numbers(report):
    text = render_html(report)
    assert "@media screen and (prefers-color-scheme: dark)" in text
    assert 'content: "page " counter(page) " of " counter(pages)' in text
    assert r'@top-left { content: "Case\000020' in text
    assert report.result.sha256 in text[text.index("@bottom-left { content") :]


@pytest.mark.parametrize("where", ["case_number", "exhibit", "examiner", "organisation", "notes", "mark"])
def test_nothing_that_was_written_becomes_markup(report, where):
    if where == "mark":
        changed = dataclasses.replace(DETAILS, marks=(ReportMark(6.0, 7.0, HOSTILE, (HOSTILE,)),))
    else:
        changed = dataclasses.replace(DETAILS, **{where: HOSTILE})
    hostile = Page(render_html(dataclasses.replace(report, details=changed)))
    assert hostile.problems == []
    assert hostile.all("script") == []
    assert all("onerror" not in image for image in hostile.all("img"))
    assert len(hostile.all("style")) == 1
    assert "\u202e" not in hostile.text
    assert HOSTILE.replace("\u202e", r"\u202e") in hostile.text


def test_hostile_names_and_tags_stay_names(report, tmp_path):
    name = '"><script>x<script>\u202e_مقابلة_面试.mp4'
    media = dataclasses.replace(report.result.media, path=tmp_path / name, tags={"<b>": "<script>y</script>"})
    named = dataclasses.replace(report, result=dataclasses.replace(report.result, media=media))
    page = Page(render_html(named))
    assert page.problems == []
    assert page.all("script") == []
    assert len(page.all("b")) == 1  # that of the case number
    assert '"><script>x<script>\\u202e_مقابلة_面试.mp4' in page.text
    assert "<script>y</script>" in page.text


def test_notes_keep_their_lines_and_letters(report):
    notes = "面试录像。\nمقابلة مع الشاهد\n🎬"
    text = render_html(dataclasses.replace(report, details=dataclasses.replace(DETAILS, notes=notes)))
    assert "<bdi>面试录像。</bdi><br><bdi>مقابلة مع الشاهد</bdi><br><bdi>🎬</bdi>" in text


def test_warnings_come_first_and_test_weights_are_on_every_page(report):
    model = dataclasses.replace(report.result.model, trained=False)
    changed = dataclasses.replace(report, result=dataclasses.replace(report.result, model=model, cancelled=True))
    text = render_html(changed)
    assert text.index('role="alert"') < text.index("No verdict: these weights were never trained")
    assert "Partial result: the analysis was cancelled" in text
    assert r'@top-center { content: "TEST\000020WEIGHTS' in text


def test_the_video_is_never_replaced(report):
    path: Path = report.result.media.path
    before = path.read_bytes()
    with pytest.raises(ExportError, match="examined video"):
        write_html(report, path)
    assert path.read_bytes() == before
