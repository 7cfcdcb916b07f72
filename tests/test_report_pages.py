"""The report with its stills, and the PNG and the PDF made of it."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from pypdf import PdfReader

from lipfd_desktop.errors import Cancelled, CorruptMediaError, ExportError
from lipfd_desktop.report import content_pictures, palette
from lipfd_desktop.report import figure as figure_module
from lipfd_desktop.report.blocks import Part
from lipfd_desktop.report.details import ReportDetails, ReportMark, Section
from lipfd_desktop.report.document import Report, build_report, union
from lipfd_desktop.report.figure import build_figure, write_png
from lipfd_desktop.report.fonts import EAST_ASIAN, figure_text, pdf_markup
from lipfd_desktop.report.gaps import describe_gaps, gaps
from lipfd_desktop.report.pdf import render_pdf, write_pdf
from lipfd_desktop.report.pdf_layout import TEXT_WIDTH, facts
from lipfd_desktop.report.pdf_layout import text as text_block
from lipfd_desktop.report.pictures import STILL_EDGE, crop, framed, reduced
from lipfd_desktop.report.plots import draw_scores, draw_weights, plot_figure, thinned
from lipfd_desktop.report.text import clock, elided, file_size, is_hash, printable
from lipfd_desktop.result import InputContract
from tests import report_support as support
from tests.scores_support import RULE

DETAILS = ReportDetails(date=support.CREATED)


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("report") / "interview.mp4"
    support.write_talking_video(path)
    return path


@pytest.fixture(scope="module")
def sha256(video) -> str:
    return hashlib.sha256(video.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def report(video, sha256) -> Report:
    return build_report(support.make_result(video, sha256=sha256), details=DETAILS, mel=support.make_mel())


@pytest.fixture(scope="module")
def pdf(report) -> bytes:
    return render_pdf(report)


def rebuilt(video: Path, sha256: str, **changes: object) -> Report:
    return build_report(support.make_result(video, sha256=sha256, **changes), details=DETAILS, max_stills=1)


def pdf_text(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def test_stills_are_the_peak_frames_of_the_spans(report):
    assert [still.span for still in report.evidence.stills] == list(report.spans)
    for still in report.evidence.stills:
        assert still.window == still.span.peak
        middle = still.window.first_frame + support.WINDOW // 2
        assert still.pts == pytest.approx(support.frame_times()[middle], abs=1e-3)
        expected = list(support.talking_frames())[middle].astype(int)
        assert np.abs(still.image.astype(int) - expected).mean() < 6
        assert still.face_box == (30, 50, 100, 140)
        assert still.lips_crop is not None
        assert still.face_crop is not None
        assert still.lips_crop.shape[0] < still.face_crop.shape[0]


def test_without_spans_the_highest_windows_are_shown_and_do_not_overlap(video, sha256):
    scores = support.low_scores(support.make_scores())
    result = support.make_result(video, sha256=sha256, scores=scores)
    report = build_report(result, max_stills=4)
    windows = [still.window for still in report.evidence.stills]
    assert report.spans == ()
    assert len(windows) == 4
    assert windows[0].score == np.nanmax(scores.score)
    ordered = sorted(windows, key=lambda window: window.start)
    assert all(left.end <= right.start for left, right in itertools.pairwise(ordered))
    assert {still.span for still in report.evidence.stills} == {None}


def test_changed_file_gives_no_stills_and_says_so(video):
    report = rebuilt(video, support.SHA256)
    assert not report.unchanged
    assert report.evidence.stills == ()
    text = pdf_text(render_pdf(report))
    assert "The file has CHANGED since it was analysed" in text
    assert "matches" not in text


def test_a_result_of_an_earlier_analysis_says_so(video, sha256, pdf):
    assert "Computed anew" in pdf_text(pdf)
    text = pdf_text(render_pdf(rebuilt(video, sha256, from_cache=True)))
    assert "Computed by an earlier analysis of the same content, started 2026-03-04T05:00:00+01:00" in text


def test_missing_file_gives_a_report_that_says_so(tmp_path):
    report = rebuilt(tmp_path / "gone.mp4", support.SHA256)
    assert report.sha256_at_export is None
    assert "could not be read" in pdf_text(render_pdf(report))


def test_still_that_cannot_be_read_is_reported(video, sha256):
    def broken(path: Path, pts: float) -> None:
        raise CorruptMediaError(path, "is damaged.")

    result = support.make_result(video, sha256=sha256)
    report = build_report(result, read_still=broken)
    assert report.evidence.stills == ()
    assert "frames of the file cannot be decoded." in (report.evidence.problem or "")


def test_frame_of_another_time_is_no_evidence(video, sha256):
    result = support.make_result(video, sha256=sha256)
    scores = dataclasses.replace(result.scores, start=result.scores.start + 60, end=result.scores.end + 60)
    report = rebuilt(video, sha256, scores=scores, tracks=())
    assert report.evidence.stills == ()
    assert "frames of the file cannot be decoded." in (report.evidence.problem or "")


def test_cancelling_while_hashing(video, sha256):
    with pytest.raises(Cancelled):
        build_report(support.make_result(video, sha256=sha256), is_cancelled=lambda: True)


def test_pdf_is_the_same_for_the_same_report(report, pdf, tmp_path):
    write_pdf(report, tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes() == pdf


def test_pdf_holds_what_an_examiner_needs(report, pdf):
    result = report.result
    text = pdf_text(pdf)
    for words in (
        "interview.mp4",
        result.sha256,
        result.model.sha256,
        "SHA-256 at export matches",
        "Mean fake score 0.4371 over 102 analysed windows of face 1",
        "Guided contract",
        "at least 10% of the analysed windows of the most seen face",
        "At most four faces are followed at once",
        "116 window positions",
        "AUC 0.91, 8 % of genuine videos called fake",
        "Interview <raw> & cut",
        "torch 2.15.0",
        "the batch was halved to 8",
        "fall-back 4",
        "Not analysed: 00:07.400 – 00:07.800",
        "not the probability that the video is forged",
        "Investigative aid, not proof.",
        "CPU (2 threads)",
    ):
        assert words in text, words
    assert "TEST WEIGHTS" not in text
    for span in report.spans:
        assert f"{clock(span.start)} – {clock(span.end)}" in text


def test_pdf_numbers_its_pages_and_describes_itself(report, pdf):
    reader = PdfReader(io.BytesIO(pdf))
    count = len(reader.pages)
    for place, page in enumerate(reader.pages, start=1):
        assert f"page {place} of {count}" in page.extract_text()
    assert reader.metadata is not None
    assert reader.metadata.title == "Examination for lip-sync forgery: interview.mp4"
    assert report.result.sha256 in (reader.metadata.subject or "")
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.isoformat() == support.CREATED


@pytest.mark.parametrize("lines", range(0, 60, 6))
def test_the_signature_never_stands_alone_on_a_page(report, lines):
    details = dataclasses.replace(
        DETAILS, notes="A line.\n" * lines, sections=frozenset({Section.MARKS, Section.REPRODUCIBILITY})
    )
    last = PdfReader(io.BytesIO(render_pdf(dataclasses.replace(report, details=details)))).pages[-1].extract_text()
    assert "Signature" in last
    assert "Versions" in last


def test_test_weights_are_shouted_about_and_give_no_verdict(video, sha256):
    model = dataclasses.replace(support.make_result().model, trained=False, input_contract=InputContract.OFFICIAL)
    reader = PdfReader(io.BytesIO(render_pdf(rebuilt(video, sha256, model=model))))
    pages = [page.extract_text() for page in reader.pages]
    assert all("TEST WEIGHTS: the scores are meaningless" in page for page in pages)
    assert "No verdict" in pages[0]
    assert "at or above the threshold" not in pages[0]
    assert "Official contract" in " ".join(pages)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cancelled": True}, "Partial result: the analysis was cancelled"),
        (
            {"coverage": support.make_coverage(support.make_scores(), complete=False)},
            "Partial result: not the whole file",
        ),
        (
            {"model": dataclasses.replace(support.make_result().model, rule=None), "threshold": 0.1},
            "Likely manipulated (not calibrated)",
        ),
    ],
)
def test_pdf_says_how_far_it_goes(video, sha256, changes, words):
    assert words in pdf_text(render_pdf(rebuilt(video, sha256, **changes)))


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (0.25, "Likely manipulated: generated picture"),
        (0.7, "Inconclusive"),
    ],
)
def test_pages_say_which_question_spoke_and_by_which_rule(video, sha256, tmp_path, limit, words):
    rule = dataclasses.replace(RULE, authentic_below=0.2, manipulated_from=limit)
    scores = support.two_questions(support.make_scores())
    report = rebuilt(video, sha256, scores=scores, model=support.two_question_model(rule=rule))
    text = pdf_text(render_pdf(report))
    for expected in (
        words,
        "generated 0.371, foreign sound 0.024",
        f"Likely manipulated from a clip score of {limit:.3f}, likely authentic below 0.200",
        "Measured on 812 clips of 97 speakers",
        "Made-up clips for the tests, leave-source-out over five folds.",
        "called likely manipulated: 4.3 % (95 % interval 2.1 to 6.8 %)",
        "called likely authentic: 11.2 % (95 % interval 7.4 to 15.9 %)",
        "Context contract",
        "foreign sound: slope 1.5, offset -1",
    ):
        assert expected in text, expected
    assert "calibrated:" not in text
    write_png(report, tmp_path / "report.png")
    figure = plot_figure(report, width=8)
    questions = figure.axes[1]
    assert questions.get_ylabel() == "two questions\n(face 1)"
    drawn = {line.get_label(): np.asarray(line.get_ydata()) for line in questions.lines}
    assert set(drawn) == {"generated", "foreign sound"}
    assert np.nanmax(drawn["generated"]) == pytest.approx(np.nanmax(scores.of_face(support.LEFT).generated))
    assert np.isfinite(drawn["foreign sound"]).sum() < np.isfinite(drawn["generated"]).sum()


def test_pages_of_a_model_without_a_rule_say_so(video, sha256):
    model = dataclasses.replace(support.make_result().model, rule=None)
    report = rebuilt(video, sha256, model=model, threshold=0.1)
    text = pdf_text(render_pdf(report))
    assert "Likely manipulated (not calibrated)" in text
    assert "Not calibrated: how often the verdict of this model is wrong has not been measured" in text
    assert "clip score" not in text
    assert len(plot_figure(report, width=8).axes) == 2


def test_sound_that_cannot_be_judged_is_said_to_be_so(video, sha256):
    scores = support.two_questions(support.make_scores())
    scores = dataclasses.replace(scores, foreign_sound=np.full_like(scores.score, np.nan))
    report = rebuilt(video, sha256, scores=scores, model=support.two_question_model())
    figure = plot_figure(report, width=8)
    labels = [label.get_text() for label in figure.axes[1].get_legend().get_texts()]
    assert labels == ["generated", "foreign sound: cannot tell"]
    assert "cannot tell (of the whole clip)" in pdf_text(render_pdf(report))


def test_nothing_analysed_is_inconclusive(video, sha256, tmp_path):
    scores = support.nothing_analysed()
    report = rebuilt(video, sha256, scores=scores, faces=(), tracks=())
    assert "Inconclusive: nothing could be scored" in pdf_text(render_pdf(report))
    write_png(report, tmp_path / "report.png")
    assert gaps(report.result) == [(support.START, support.START + support.FRAMES / support.FPS)]


@pytest.mark.parametrize(
    "name", ["a" * 240 + ".mp4", "面试_인터뷰_مقابلة_🎬.mp4", "a&<b>$x^$\u202e.mp4", "a\udcff.mp4"]
)
def test_hostile_names_break_nothing(report, tmp_path, name):
    media = dataclasses.replace(report.result.media, path=tmp_path / name)
    named = dataclasses.replace(report, result=dataclasses.replace(report.result, media=media))
    write_pdf(named, tmp_path / "report.pdf")
    write_png(named, tmp_path / "report.png")
    reader = PdfReader(tmp_path / "report.pdf")
    text = "".join("".join(page.extract_text() for page in reader.pages).split())
    assert ("".join(ascii(name)[1:-1].split()) if not name.isascii() else name) in text


def test_png_shows_the_warning_in_red_only_for_test_weights(report, tmp_path):
    red = np.array([int(palette.WARNING[place : place + 2], 16) for place in (1, 3, 5)])
    model = dataclasses.replace(report.result.model, trained=False)
    untrained = dataclasses.replace(report, result=dataclasses.replace(report.result, model=model))
    shares = []
    for place, one in enumerate((report, untrained)):
        write_png(one, tmp_path / f"{place}.png")
        with Image.open(tmp_path / f"{place}.png") as picture:
            assert picture.width == 1950
            header = np.asarray(picture.convert("RGB"))[:120]
        shares.append((np.abs(header.astype(int) - red).sum(axis=2) < 6).mean())
    assert shares[0] == 0
    assert shares[1] > 0.05


def test_figures_of_two_threads_keep_their_style(report, tmp_path, monkeypatch):
    """A preview is drawn while an export is: who is ready first must not take the settings of the other away."""
    alone = content_pictures.curves(report)
    first_is_inside, first_has_left, second_begins, second_is_inside = (threading.Event() for _ in range(4))

    def first(one: Report) -> Figure:
        first_is_inside.set()
        figure = build_figure(one)
        assert second_begins.wait(60)
        second_is_inside.wait(1)  # in vain, as it must be
        return figure

    def second(one: Report, *, width: float) -> Figure:
        second_is_inside.set()
        assert first_has_left.wait(60)
        return plot_figure(one, width=width)

    def preview() -> Part:
        second_begins.set()
        return content_pictures.curves(report)

    monkeypatch.setattr(figure_module, "build_figure", first)
    monkeypatch.setattr(content_pictures, "plot_figure", second)
    with ThreadPoolExecutor() as threads:
        export = threads.submit(write_png, report, tmp_path / "a.png")
        export.add_done_callback(lambda _: first_has_left.set())
        assert first_is_inside.wait(60)
        shown = threads.submit(preview)
        export.result()
        assert shown.result() == alone


def test_png_and_pdf_never_replace_the_video(report, video):
    before = video.read_bytes()
    for write in (write_png, write_pdf):
        with pytest.raises(ExportError, match="examined video"):
            write(report, video)
    assert video.read_bytes() == before


def test_gap_of_the_timeline_ends_where_analysed_windows_begin():
    (start, end), *others = gaps(support.make_result())
    assert (start, end) == (pytest.approx(7.4), pytest.approx(7.8))
    assert others == []


def test_time_between_windows_of_a_large_stride_was_not_analysed(video, sha256):
    scores = support.every(10, support.make_scores())
    result = support.make_result(video, sha256=sha256, scores=scores)
    result = dataclasses.replace(result, plan=dataclasses.replace(result.plan, stride=10))
    missing = gaps(result)
    seen = support.START + 0.4 * np.unique(scores.index[scores.analysed])
    assert sum(end - start for start, end in missing) == pytest.approx(support.FRAMES / support.FPS - 0.2 * len(seen))
    assert all(end <= at + 1e-6 or start >= at + 0.2 - 1e-6 for at in seen for start, end in missing)
    listed, counted = describe_gaps(result, limit=60)
    assert listed == "Not analysed: 00:07.200 – 00:07.800; 00:09.600 – 00:09.800."
    assert counted == (
        "Not analysed between windows: 9 gaps of at most 0.200 s each, together 1.80 s "
        "(stride 10 frames, windows of 5 frames)."
    )
    assert counted in pdf_text(render_pdf(build_report(result, max_stills=0)))


def test_scores_of_the_whole_picture_are_not_a_face_s(video, sha256, tmp_path):
    report = build_report(support.official_result(video, sha256=sha256), details=DETAILS, max_stills=2)
    text = pdf_text(render_pdf(report))
    for words in (
        "102 analysed windows of the whole picture.",
        "whole picture, score",
        "boxes of face 2, the largest in this frame",
        "The scores of this report belong to the whole picture and not to one of these faces",
        "All analysed windows decide together",
    ):
        assert words in text, words
    for words in ("Mean score Highest", "None", "no face,", "face -1"):
        assert words not in text, words
    assert {still.face for still in report.evidence.stills} == {support.RIGHT}
    assert {still.face_box for still in report.evidence.stills} == {(190, 50, 120, 150)}
    figure = Figure()
    axis = figure.subplots()
    draw_scores(axis, report)
    labels = [label.get_text() for label in axis.get_legend().get_texts()]
    assert "whole picture" in labels
    assert not any(label.startswith("face") for label in labels)
    draw_weights(axis, report.result)
    assert axis.get_ylabel() == "region weight\n(whole picture)"
    write_png(report, tmp_path / "report.png")


def test_union_counts_overlaps_once(report):
    spans = report.spans
    shifted = [dataclasses.replace(span, face=2, start=span.start + 0.1, end=span.end + 0.1) for span in spans]
    stretches = union([*spans, *shifted])
    assert len(stretches) == len(spans)
    assert sum(end - start for start, end in stretches) == pytest.approx(
        sum(span.end - span.start + 0.1 for span in spans)
    )


def test_thinned_curve_keeps_its_extremes_and_gaps():
    values = np.zeros(10_000)
    values[1234], values[8765], values[5000:5100] = 1.0, -1.0, np.nan
    times, thin = thinned(np.arange(10_000.0), values, 500)
    assert len(times) <= 500
    assert 1234 in times
    assert 8765 in times
    assert np.isnan(thin).any()


def test_pictures():
    image = np.zeros((100, 200, 3), np.uint8)
    assert crop(image, (190, 90, 50, 50), 0.0).shape == (10, 10, 3)
    assert crop(image, (300, 10, 20, 20), 0.1) is None
    assert reduced(np.zeros((3000, 4000, 3), np.uint8), STILL_EDGE).shape == (960, 1280, 3)
    assert framed(image, (20, 20, 50, 50), None).any()
    assert not image.any()


def test_a_hash_is_known_by_its_look():
    assert is_hash(hashlib.sha256(b"").hexdigest())
    assert not any(map(is_hash, ("", "ab" * 31, "ab" * 33, "AB" * 32, "g" * 64)))


def test_spelling():
    assert clock(3661.0406) == "1:01:01.041"
    assert clock(-0.5) == "-00:00.500"
    assert clock(59.9996) == "01:00.000"
    assert elided("abcdefghij.mp4", 9) == "abcd….mp4"
    assert file_size(512) == "512 bytes"
    assert file_size(3 << 20) == "3.0 MiB (3,145,728 bytes)"
    assert printable("a\u202eb\n") == "a\\u202eb\\n"


def test_characters_without_a_font_are_escaped():
    assert pdf_markup("a<b> 東 인 م 🧿") == (
        f'a&lt;b&gt; <font name="{EAST_ASIAN}">東</font> <font name="{EAST_ASIAN}">인</font> \\u0645 \\U0001f9ff'
    )
    assert figure_text("a$b\U0010ffff") == r"a\$b\U0010ffff"


EAST_ASIAN_NAMES = ("记者采访㐂.mp4", "記者会見のインタビュー。.mp4", "기자회견 인터뷰.mp4")


@pytest.mark.parametrize("name", EAST_ASIAN_NAMES)
def test_east_asian_letters_are_embedded_and_read_back(report, tmp_path, name):
    note = f"{name[:-4]}、" * 12 + "終"
    details = dataclasses.replace(DETAILS, notes=note, examiner=name[:3], marks=(ReportMark(6.0, 6.2, note=note),))
    media = dataclasses.replace(report.result.media, path=tmp_path / name)
    named = dataclasses.replace(report, result=dataclasses.replace(report.result, media=media), details=details)
    content = render_pdf(named)
    assert content == render_pdf(named)
    text = "".join(pdf_text(content).split())
    for words in (name, note):
        assert "".join(words.split()) in text
    fonts = {
        font["/BaseFont"]: font.get("/FontDescriptor", {})
        for page in PdfReader(io.BytesIO(content)).pages
        for font in (entry.get_object() for entry in page["/Resources"]["/Font"].values())
    }
    assert any(EAST_ASIAN in font for font in fonts)
    assert all("/FontFile2" in descriptor for descriptor in fonts.values())


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ("tags", "标" * 5000),
        ("tags", "t" * 16000),
        ("note", "zeile\n" * 75),
        ("note", "wort " * 3000),
        ("note", "ñ" * 6000),
        ("notes", "wort " * 3000),
        ("examiner", "ñ" * 6000),
        ("organisation", "标" * 5000),
        ("case_number", "wort " * 3000),
        ("exhibit", "ñ" * 6000),
    ],
)
def test_what_is_higher_than_a_page_goes_on_overleaf(video, sha256, field, written):
    result = support.make_result(video, sha256=sha256)
    noted = {field: (written,) if field == "tags" else written} if field in {"tags", "note"} else {}
    one = ReportMark(start=support.START + 1, end=support.START + 1, **noted)
    stated = {} if noted else {field: written}
    wanted = frozenset({Section.MARKS, Section.MARK_STILLS})
    details = dataclasses.replace(DETAILS, marks=(one,), sections=wanted, **stated)
    content = render_pdf(build_report(result, details=details))
    word = written.split()[0][:5].strip("标") or "标"
    word = word[0] if len(set(word)) == 1 else word
    assert pdf_text(content).count(word) >= written.count(word)


def test_only_a_row_too_high_to_be_moved_is_divided():
    """What goes to the next page as a whole is easier to read."""
    low, high = (facts([("name", "word " * count)]) for count in (300, 1500))
    assert low.split(TEXT_WIDTH, 60) == []
    assert len(high.split(TEXT_WIDTH, 60)) == 2


def test_long_east_asian_text_fills_its_lines(report):
    """Without spaces the whole text would be one word, which begins on a line of its own."""
    words = "检验这段录像 ABC。" * 30
    paragraph = text_block(words)
    paragraph.wrap(400, 1000)
    lines = [sum(len(piece.text) for piece in line.words) for line in paragraph.blPara.lines]
    assert len(lines) > 3
    assert min(lines[:-1]) >= 0.85 * max(lines)
    assert not any(line.words[0].text.startswith(("。", "、")) for line in paragraph.blPara.lines)


@pytest.mark.parametrize("name", EAST_ASIAN_NAMES)
def test_png_draws_east_asian_letters(report, tmp_path, name):
    """A letter that no font of the figure has would be a warning of Matplotlib, and that an error here."""
    media = dataclasses.replace(report.result.media, path=tmp_path / name)
    details = dataclasses.replace(DETAILS, case_number=name[:-4])
    named = dataclasses.replace(report, result=dataclasses.replace(report.result, media=media), details=details)
    assert figure_text(name) == name
    write_png(named, tmp_path / "report.png")
    other = dataclasses.replace(named, result=report.result, details=DETAILS)
    write_png(other, tmp_path / "other.png")
    heads = [np.asarray(Image.open(tmp_path / f"{one}.png").convert("RGB"))[:60] for one in ("report", "other")]
    assert (heads[0] != heads[1]).any()


def test_the_folder_is_told_in_full_however_the_file_was_named(
    video: Path, sha256: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(video.parent)
    words = "".join(
        page.extract_text() for page in PdfReader(io.BytesIO(render_pdf(rebuilt(Path(video.name), sha256)))).pages
    )
    assert str(video.parent) in words.replace("\n", "")
