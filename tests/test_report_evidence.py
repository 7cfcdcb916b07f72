"""What the network saw at the strongest moments, and stills of the examiner's marks."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from network_support import tiny_checkpoint
from PIL import Image
from pypdf import PdfReader

from lipfd_desktop.engine.facade import Engine
from lipfd_desktop.errors import (
    Cancelled,
    CheckpointError,
    CorruptMediaError,
    MediaError,
    NotKeptError,
    UnreadableMediaError,
)
from lipfd_desktop.media.frames import read_frame_at
from lipfd_desktop.report.details import ALL_SECTIONS, ReportDetails, ReportMark, Section
from lipfd_desktop.report.document import Report, build_report
from lipfd_desktop.report.html import render_html
from lipfd_desktop.report.mark_stills import MAX_MARK_STILLS
from lipfd_desktop.report.page_evidence import read_page_evidence
from lipfd_desktop.report.pdf import render_pdf
from lipfd_desktop.report.plots import plot_figure
from lipfd_desktop.report.seen import MAX_SEEN
from lipfd_desktop.result import AnalysisRequest, AnalysisResult, InputContract, SeenWindow, WindowScore
from tests import report_support as support

DETAILS = ReportDetails(date=support.CREATED)
ONLY_SEEN = dataclasses.replace(DETAILS, sections=frozenset({Section.SEEN}))


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("evidence") / "interview.mp4"
    support.write_talking_video(path)
    return path


@pytest.fixture(scope="module")
def result(video) -> AnalysisResult:
    return support.make_result(video, sha256=hashlib.sha256(video.read_bytes()).hexdigest())


def pdf_text(report: Report) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(render_pdf(report))).pages).split())


def html_pictures(report: Report, alt: str) -> list[np.ndarray]:
    """Pictures of the HTML whose alternative text matches."""
    found = re.findall(r'<img alt="([^"]*)"[^>]*src="data:image/jpeg;base64,([^"]*)"', render_html(report))
    return [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for words, data in found if re.search(alt, words)
    ]


def marked(*marks: ReportMark, without: frozenset[Section] = frozenset()) -> ReportDetails:
    return dataclasses.replace(DETAILS, marks=marks, sections=ALL_SECTIONS - without)


def test_the_strongest_moments_are_shown_as_the_network_was_given_them(result):
    report = build_report(result, details=DETAILS, look=support.make_seen)
    moments = report.pages.seen.moments
    assert [moment.window for moment in moments] == [span.peak for span in report.spans[:MAX_SEEN]]
    text = pdf_text(report)
    peak = report.spans[0].peak
    assert f"No. 1: window {peak.index} (00:05.560 – 00:05.760), face 1, score 0.943, logit 2.800" in text
    assert text.index("Lips mean") < text.index("Face region mean") < text.index("Head mean")
    for frame, weight in zip(range(peak.first_frame, peak.first_frame + 5), peak.region_weights[2], strict=True):
        assert f"frame {frame} 00:{support.frame_times()[frame]:06.3f}" in text
        assert f"{weight:.4f}" in text
        lips, *_ = html_pictures(report, rf"Lips of frame {frame}, weight {weight:.4f}")
        assert np.abs(lips.astype(int) - (180 + 5 * (frame - peak.first_frame))).max() <= 2
    assert len(html_pictures(report, "weight")) == 15 * len(moments)
    assert "three squares of each frame" in text


def test_without_a_moment_the_highest_window_is_shown(result):
    low = dataclasses.replace(result, scores=support.low_scores(result.scores))
    report = build_report(low, details=ONLY_SEEN, look=support.make_seen)
    (moment,) = report.pages.seen.moments
    assert moment.window.score == np.nanmax(low.scores.score)
    assert "The highest window; it is below the threshold." in pdf_text(report)


@pytest.mark.parametrize(
    ("contract", "words"),
    [
        (InputContract.OFFICIAL, ("fixed crops of the first frame", "Frames, squeezed to squares", "shift 4 px: 0.")),
        (InputContract.CONTEXT, ("at 24 × 24 pixels; here it is at 32", "Head (whole image)", "fraction of a pixel")),
    ],
)
def test_what_the_pictures_are_depends_on_the_contract(video, result, contract, words):
    def look(window: WindowScore) -> SeenWindow:
        return support.make_seen(window, contract, exact=contract is not InputContract.CONTEXT)

    if contract is InputContract.OFFICIAL:
        result = support.official_result(video, sha256=result.sha256)
    model = dataclasses.replace(result.model, input_contract=contract, trained=False)
    report = build_report(dataclasses.replace(result, model=model), details=ONLY_SEEN, look=look)
    text = pdf_text(report)
    for expected in (*words, "TEST WEIGHTS: the scores are meaningless"):
        assert expected in text, expected


@pytest.mark.parametrize("low", [False, True])
def test_crops_and_stills_are_of_the_same_moments(result, low):
    shown = dataclasses.replace(result, scores=support.low_scores(result.scores)) if low else result
    sections = frozenset({Section.SEEN, Section.STILLS})
    report = build_report(shown, details=dataclasses.replace(DETAILS, sections=sections), look=support.make_seen)
    seen = [(one.window.index, one.window.face) for one in report.pages.seen.moments]
    assert bool(report.spans) is not low
    assert len(seen) == (1 if low else min(len(report.spans), MAX_SEEN))
    assert seen == [(still.window.index, still.window.face) for still in report.evidence.stills[: len(seen)]]


def test_why_there_are_no_crops_is_said(video, result, tmp_path):
    def broken(window: WindowScore) -> SeenWindow:
        raise CorruptMediaError("interview.mp4", "frame 3 can no longer be decoded; get a complete copy of the file.")

    def gone(window: WindowScore) -> SeenWindow:
        raise AssertionError("looked at another file")

    media = dataclasses.replace(result.media, path=tmp_path / "gone.mp4")
    missing = dataclasses.replace(result, media=media)
    nothing = support.nothing_analysed()
    blank = support.make_result(video, sha256=result.sha256, scores=nothing, tracks=(), faces=())
    for one, look, words in (
        (result, broken, "Not every window could be cut again: frames of the file cannot be decoded."),
        (result, None, "could not be cut again when this report was made"),
        (missing, gone, "The file could not be read when this report was made, so there are no pictures of it."),
        (dataclasses.replace(result, sha256="0" * 64), gone, "The file has changed since it was analysed; pictures of"),
        (blank, gone, "Nothing to show: no window was analysed."),
    ):
        report = build_report(one, details=ONLY_SEEN, look=look)
        assert report.pages.seen.moments == ()
        assert words in pdf_text(report)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            CheckpointError("gone.safetensors: there is no such file; check the path {home}."),
            "the model of the analysis",
        ),
        (NotKeptError("{home}/a.mp4", "was kept by an earlier version; analyse it anew."), "the result does not hold"),
        (CorruptMediaError("{home}/a.mp4", "is damaged; get a copy."), "frames of the file cannot be decoded."),
        (UnreadableMediaError("{home}/a.mp4", "does not exist in {home}; check the name."), "could not be read."),
        (MediaError("{home}/a.mp4", "is not open any more; open {home} again."), "the file was closed or has changed."),
        (PermissionError(13, "Permission denied", "{home}/a.mp4"), "the file could not be read."),
    ],
)
def test_reasons_are_for_the_reader_and_not_for_the_examiner(result, error, reason):
    """No folder of the examiner's and nothing that the reader should do."""

    def broken(*asked: object) -> None:
        raise error

    details = marked(ReportMark(6.0, 6.0))
    report = build_report(result, details=details, look=broken, read_still=broken)
    timeless = read_page_evidence(result, (), details, frame_times=broken, read_still=broken, look=broken)
    said = [report.evidence.problem, report.pages.seen.problem, *report.pages.mark_stills.problems]
    said += timeless.mark_stills.problems
    starts = ("Not every still could", "Not every window could", "No still of mark M1: ", "No stills of the marks: ")
    for sentence, start in zip(said, starts, strict=True):
        assert sentence.startswith(start)
        assert reason in sentence
        assert "{home}" not in sentence
        assert ";" not in sentence


@pytest.mark.parametrize("gone", [False, True])
def test_one_reason_stands_wherever_pictures_would(result, tmp_path, gone):
    media = dataclasses.replace(result.media, path=tmp_path / "gone.mp4")
    other = dataclasses.replace(result, media=media) if gone else dataclasses.replace(result, sha256="0" * 64)
    report = build_report(other, details=marked(ReportMark(6.0, 6.0)))
    said = {report.evidence.problem, report.pages.seen.problem, *report.pages.mark_stills.problems}
    (reason,) = said
    assert ("could not be read" if gone else "has changed since it was analysed") in reason
    assert pdf_text(report).count(reason) == 3


def test_crops_that_are_left_out_are_not_cut(result):
    def look(window: WindowScore) -> SeenWindow:
        raise AssertionError("nobody wanted this")

    build_report(result, details=marked(without=frozenset({Section.SEEN})), max_stills=0, look=look)
    build_report(result, details=DETAILS, max_stills=0, look=look, pages=False)


def test_cancelling_while_crops_are_cut(result):
    def look(window: WindowScore) -> SeenWindow:
        raise Cancelled

    with pytest.raises(Cancelled):
        build_report(result, details=ONLY_SEEN, look=look)


def test_the_engine_gives_its_crops_to_reports(sample, tmp_path):
    engine = Engine()
    model = engine.resolve_model(str(tiny_checkpoint(tmp_path / "tiny.safetensors", "guided")))
    request = AnalysisRequest(path=sample, device="cpu", time_range=(2.0, 2.6))
    result = engine.analyze(request, model=model, on_progress=lambda event: None)
    details = dataclasses.replace(ONLY_SEEN, sections=frozenset({Section.SEEN}))
    for name in ("one.pdf", "two.pdf", "report.html"):
        engine.export(result, tmp_path / name, details=details)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    report = build_report(result, details=details, look=lambda window: engine.look(result, window))
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == render_html(report)
    moment = report.pages.seen.moments[0]
    shown, *_ = html_pictures(report, rf"Lips of frame {moment.seen.frames[2]},")
    assert np.abs(shown.astype(int) - moment.seen.tiers[2].crops[2]).mean() < 4


def test_each_mark_has_the_still_of_its_frame(video, result):
    times = support.frame_times()
    instant, span = ReportMark(times[40], times[40], "Lips closed", ("lips",)), ReportMark(7.0, 8.4, "Vowel 元音")
    report = build_report(result, details=marked(span, instant), max_stills=0)
    first, second = report.pages.mark_stills.stills
    assert (first.number, first.frame, first.pts) == (1, 40, pytest.approx(times[40]))
    assert (second.number, second.frame, second.pts) == (2, 67, pytest.approx(7.68))
    for still in (first, second):
        np.testing.assert_array_equal(still.image, read_frame_at(video, still.pts).rgb())
    text = pdf_text(report)
    assert "M1: frame 40 at 00:06.600. [lips] Lips closed" in text
    assert "M2: frame 67 at 00:07.680, the middle of 00:07.000 – 00:08.400. Vowel 元音" in text
    assert render_pdf(report) == render_pdf(build_report(result, details=marked(span, instant), max_stills=0))
    (shown,) = html_pictures(report, "M1: frame 40")
    assert np.abs(shown.astype(int) - first.image).mean() < 4


def test_many_marks_have_a_bounded_number_of_stills(result):
    marks = [ReportMark(5 + 0.2 * place, 5 + 0.2 * place, f"No {place}") for place in range(MAX_MARK_STILLS + 2)]
    report = build_report(result, details=marked(*marks), max_stills=0)
    assert [still.number for still in report.pages.mark_stills.stills] == list(range(1, MAX_MARK_STILLS + 1))
    assert "2 further marks have no still here; the table above lists them." in pdf_text(report)


def test_a_mark_without_a_frame_says_so_and_the_others_have_theirs(result):
    marks = ReportMark(6.0, 6.0), ReportMark(60.0, 61.0)
    text = pdf_text(build_report(result, details=marked(*marks), max_stills=0))
    assert "M1: frame 25 at 00:06.000." in text
    assert "No still of mark M2: the video has no frame at 01:00.500." in text
    changed = dataclasses.replace(result, sha256="0" * 64)
    details = marked(*marks, without=frozenset({Section.SEEN}))
    report = build_report(changed, details=details)
    assert report.pages.mark_stills.stills == ()
    assert "The file has changed since it was analysed; pictures of other bytes" in pdf_text(report)


@pytest.mark.parametrize("section", [Section.MARKS, Section.MARK_STILLS])
def test_stills_of_marks_can_be_left_out(result, section):
    details = marked(ReportMark(6.0, 6.0), without=frozenset({section}))
    report = build_report(result, details=details, max_stills=0)
    assert report.pages.mark_stills.stills == ()
    assert "Stills of the marks" not in pdf_text(report)


def test_a_sheet_of_crops_stays_on_one_page(result):
    report = build_report(result, details=DETAILS, look=support.make_seen)
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(render_pdf(report))).pages]
    for rank in range(1, len(report.pages.seen.moments) + 1):
        (page,) = [page for page in pages if f"No. {rank}: window" in page]
        assert page.count("Lips\nmean") == page.count("Head\nmean") == page.count(": window")


def test_numbers_of_marks_in_the_plot_do_not_cover_each_other(result):
    marks = [ReportMark(6 + 0.02 * place, 6 + 0.02 * place) for place in range(12)]
    figure = plot_figure(build_report(result, details=marked(*marks), max_stills=0, pages=False), width=8)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    labels = [text for text in figure.axes[0].texts if text.get_text().startswith("M")]
    boxes = [text.get_window_extent(canvas.get_renderer()) for text in labels]
    assert 4 <= len(labels) < len(marks)
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
