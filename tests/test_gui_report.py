"""The report dialog: the form, the preview of real pages, and exporting from it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from gui_support import MODEL, UNTRAINED, ScriptedEngine, write_video
from PySide6.QtCore import QDate, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from reportlab.pdfgen.canvas import Canvas
from window_support import MakeWindow, analysed, opened

from lipfd_desktop import language
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.report_dialog import ReportDialog
from lipfd_desktop.language import LANGUAGES
from lipfd_desktop.report.details import ALL_SECTIONS, NO_DETAILS, ReportDetails, ReportMark, Section
from lipfd_desktop.result import AnalysisResult


@dataclass
class PrintingEngine(ScriptedEngine):
    """Writes small real reports that hold what the examiner added."""

    def export(
        self,
        result: AnalysisResult,
        path: Path,
        *,
        details: ReportDetails = NO_DETAILS,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        super().export(result, path, details=details, is_cancelled=is_cancelled)
        if path.suffix == ".pdf":
            canvas = Canvas(str(path))
            for page in range(3):
                canvas.drawString(72, 700, f"Case {details.case_number}, page {page}")
                canvas.showPage()
            canvas.save()
        elif path.suffix == ".html":
            path.write_text(f'<style>p {{}}</style><p>{details.case_number}</p><img src="data:image/png;base64,AAAA">')
        elif path.suffix == ".png":
            picture = QImage(40, 30, QImage.Format.Format_RGB32)
            picture.fill(Qt.GlobalColor.white)
            picture.save(str(path))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("gui-report") / "clip.mkv", seconds=2)


def shown(window: MainWindow, qtbot: QtBot) -> ReportDialog:
    """The dialog with the pages of the result in it."""
    dialog = window.report_dialog
    window.actions_["report"].trigger()
    qtbot.waitUntil(lambda: dialog.isVisible() and dialog.preview.document.pageCount() == 3)
    return dialog


def words_on(dialog: ReportDialog, page: int) -> str:
    return dialog.preview.document.getAllText(page).text()


def type_in(qtbot: QtBot, dialog: ReportDialog, name: str, words: str) -> None:
    dialog.form.lines[name].clear()
    qtbot.keyClicks(dialog.form.lines[name], words)


def test_ctrl_e_shows_the_real_pages(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = make_window(PrintingEngine())
    action = window.actions_["report"]
    assert [keys.toString() for keys in action.shortcuts()] == ["Ctrl+E"]
    assert not action.isEnabled()
    dialog = shown(analysed(window, clip, qtbot), qtbot)
    assert dialog.kind == "pdf"
    assert dialog.preview.page_label.text() == "page 1 of 3"
    assert "page 0" in words_on(dialog, 0)
    assert dialog.caution_label.isHidden()


def test_the_preview_follows_what_is_typed_and_leaves_no_file(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    engine = PrintingEngine()
    dialog = shown(analysed(make_window(engine), clip, qtbot), qtbot)
    before = len(engine.exported)
    type_in(qtbot, dialog, "case_number", "2026-0815")
    qtbot.waitUntil(lambda: "Case 2026-0815, page 0" in words_on(dialog, 0))
    assert len(engine.exported) == before + 1  # one pause, one preview: not one a key
    assert not any(path.exists() or path.parent.exists() for path in engine.exported)
    assert not dialog._session.is_exported


def test_a_preview_that_came_too_late_is_dropped(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    engine = PrintingEngine()
    dialog = shown(analysed(make_window(engine), clip, qtbot), qtbot)
    engine.export_gate = threading.Semaphore(0)
    type_in(qtbot, dialog, "case_number", "old")
    qtbot.waitUntil(lambda: dialog._job is not None)
    seen: list[str] = []
    dialog.preview.document.pageCountChanged.connect(lambda count: seen.append(words_on(dialog, 0)) if count else None)
    type_in(qtbot, dialog, "case_number", "new")
    engine.export_gate.release(2)
    qtbot.waitUntil(lambda: "Case new" in words_on(dialog, 0))
    assert not [words for words in seen if "Case old" in words]


def test_pages_are_turned_and_zoomed(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    dialog = shown(analysed(make_window(PrintingEngine()), clip, qtbot), qtbot)
    preview = dialog.preview
    assert not preview.back_button.isEnabled()
    qtbot.mouseClick(preview.on_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: preview.page_label.text() == "page 2 of 3")
    qtbot.mouseClick(preview.on_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: preview.page == 2)
    assert not preview.on_button.isEnabled()
    qtbot.mouseClick(preview.larger_button, Qt.MouseButton.LeftButton)
    larger = preview.pages.zoomFactor()
    qtbot.mouseClick(preview.smaller_button, Qt.MouseButton.LeftButton)
    assert preview.pages.zoomFactor() == pytest.approx(larger / 1.25)


def test_the_other_formats_are_shown_as_they_are(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    dialog = shown(analysed(make_window(PrintingEngine()), clip, qtbot), qtbot)
    preview = dialog.preview
    type_in(qtbot, dialog, "case_number", "77")
    dialog.kind_box.setCurrentIndex(dialog.kind_box.findData("html"))
    qtbot.waitUntil(lambda: preview.text.isVisible() and "77" in preview.text.toPlainText())
    assert preview.text.toPlainText() == '<style>…</style><p>77</p><img src="data:image/png;base64,…">'
    dialog.kind_box.setCurrentIndex(dialog.kind_box.findData("json"))
    qtbot.waitUntil(lambda: preview.text.toPlainText() == dialog._session.result.verdict.label)
    assert [section for section, check in dialog.form.sections.items() if check.isEnabled()] == [Section.MARKS]
    dialog.kind_box.setCurrentIndex(dialog.kind_box.findData("png"))
    qtbot.waitUntil(lambda: preview.picture.isVisible() and not preview.picture.pixmap().isNull())
    assert preview.page_label.isHidden()


def test_export_takes_what_the_form_says_and_asks_before_it_overwrites(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = PrintingEngine()
    window = analysed(make_window(engine), clip, qtbot)
    dialog = shown(window, qtbot)
    type_in(qtbot, dialog, "examiner", "Dr. Ana")
    dialog.form.sections[Section.FACES].click()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "report"), ""))
    for kind in ("pdf", "html", "png", "json", "csv"):
        dialog.kind_box.setCurrentIndex(dialog.kind_box.findData(kind))
        with qtbot.waitSignal(window.session.exported):
            qtbot.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
        written = [engine.details[i] for i, path in enumerate(engine.exported) if path == tmp_path / f"report.{kind}"]
        assert [(one.examiner, one.sections) for one in written] == [("Dr. Ana", ALL_SECTIONS - {Section.FACES})]
    assert window.session.is_exported
    assert "report.csv" in dialog.done_label.text()
    qtbot.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    assert window.message.text() == "Replace report.csv?"
    assert window.message.parent() is dialog
    window.message.reject()


def test_direct_exports_carry_the_same_details(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = PrintingEngine()
    window = analysed(make_window(engine), clip, qtbot)
    window.report_dialog.details = ReportDetails(case_number="9", marks=(ReportMark(0.5, 1.0, "here"),))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "direct.html"), ""))
    with qtbot.waitSignal(window.session.exported):
        window.actions_["export-html"].trigger()
    (details,) = engine.details
    assert (details.case_number, details.marks) == ("9", (ReportMark(0.5, 1.0, "here"),))
    assert details.date == QDate.currentDate().toString(Qt.DateFormat.ISODate)


def test_details_go_in_and_out_unchanged(make_window: MakeWindow, qtbot: QtBot) -> None:
    dialog = make_window(PrintingEngine()).report_dialog
    details = ReportDetails(
        examiner="王小明",
        organisation="Lab & Söhne",
        case_number="1/2",
        exhibit="<b>",
        notes="one\ntwo",
        date="2025-12-31",
        sections=frozenset({Section.PLOTS, Section.MARKS}),
        marks=(ReportMark(1.0, 2.0, "note", ("tag",)),),
    )
    dialog.details = details
    assert dialog.details == details
    dialog.set_marks(())
    assert dialog.details == replace(details, marks=())


def test_another_file_is_another_exhibit_of_the_same_case(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = make_window(PrintingEngine())
    window.report_dialog.details = ReportDetails(
        case_number="1", examiner="Ana", exhibit="3", notes="of exhibit 3", marks=(ReportMark(1.0, 2.0),)
    )
    opened(window, clip, qtbot)
    left = replace(window.report_dialog.details, date=None)
    assert left == ReportDetails(case_number="1", examiner="Ana", handling=window.desk.document.case.handling)


def test_who_works_here_and_the_parts_are_remembered(make_window: MakeWindow, qtbot: QtBot) -> None:
    dialog = make_window(PrintingEngine()).report_dialog
    type_in(qtbot, dialog, "examiner", "Ana")
    type_in(qtbot, dialog, "case_number", "secret")
    dialog.form.sections[Section.STILLS].click()
    again = make_window(PrintingEngine()).report_dialog.details
    assert (again.examiner, again.case_number, again.sections) == ("Ana", "", ALL_SECTIONS - {Section.STILLS})


def test_a_report_has_a_language_of_its_own(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "_language", "de")
    window = make_window(PrintingEngine())
    dialog = window.report_dialog
    box = dialog.form.language_box
    assert dialog.details.language == "de"  # that of the window
    assert [box.itemText(place) for place in range(box.count())] == list(LANGUAGES.values())
    box.setCurrentIndex(box.findData("es"))
    assert dialog.details.language == "es"
    dialog.details = ReportDetails(case_number="7", language="zh_CN")
    assert box.currentData() == "zh_CN"
    analysed(window, clip, qtbot)
    assert dialog.details.language == "zh_CN"  # whatever file is opened
    dialog.kind_box.setCurrentIndex(dialog.kind_box.findData("json"))
    assert not box.isEnabled()
    dialog.kind_box.setCurrentIndex(dialog.kind_box.findData("png"))
    assert box.isEnabled()
    assert make_window(PrintingEngine()).report_dialog.details.language == "es"
    box.setCurrentIndex(box.findData("de"))
    monkeypatch.setattr(language, "_language", "en")
    assert make_window(PrintingEngine()).report_dialog.details.language == "en"  # again that of the window


def test_the_names_of_the_preferences_arrive_but_where_the_report_has_others(
    make_window: MakeWindow, qtbot: QtBot
) -> None:
    window = make_window(PrintingEngine())
    dialog = window.report_dialog
    dialog.details = ReportDetails(examiner="of the case")
    window.actions_["preferences"].trigger()
    page = window.guide.page
    page.examiner_edit.setText("Ana")
    page.organisation_edit.setText("Lab")
    assert (dialog.details.examiner, dialog.details.organisation) == ("of the case", "Lab")
    details = make_window(PrintingEngine()).report_dialog.details
    assert (details.examiner, details.organisation) == ("Ana", "Lab")
    type_in(qtbot, dialog, "organisation", "Other lab")
    page.show_settings()
    assert page.organisation_edit.text() == "Other lab"
    page.close()


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        (PrintingEngine(models=(UNTRAINED,)), "Test weights: the scores are meaningless."),
        (PrintingEngine(models=(MODEL,), from_cache=True), "computed by an earlier analysis"),
    ],
)
def test_what_must_be_known_of_the_result_is_said(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, engine: PrintingEngine, words: str
) -> None:
    dialog = shown(analysed(make_window(engine), clip, qtbot), qtbot)
    assert words in dialog.caution_label.text()
    assert dialog.caution_label.isVisible()


def test_a_cancelled_analysis_is_said_to_be_partial(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(PrintingEngine(gate=threading.Semaphore(2))), clip, qtbot)
    window.analyze()
    qtbot.waitUntil(lambda: len(window.session.evidence.scores) >= 16)
    window.session.cancel()
    qtbot.waitUntil(lambda: window.session.result is not None)
    assert "was cancelled" in shown(window, qtbot).caution_label.text()


def test_a_running_analysis_has_no_report_yet(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    engine = PrintingEngine()
    window = analysed(make_window(engine), clip, qtbot)
    dialog = shown(window, qtbot)
    engine.gate = threading.Semaphore(0)
    window.analyze()
    qtbot.waitUntil(lambda: "running" in dialog.preview.message.text())
    assert not dialog.export_button.isEnabled()
    engine.gate.release(1000)
    qtbot.waitUntil(dialog.preview.pages.isVisible)
    assert dialog.export_button.isEnabled()


def test_everything_that_takes_the_focus_has_a_name(make_window: MakeWindow) -> None:
    dialog = make_window(PrintingEngine()).report_dialog
    form, preview = dialog.form, dialog.preview
    parts = (form.date_edit, form.notes_edit, dialog.kind_box, preview.pages, preview.text, preview.fit_button)
    assert all(part.accessibleName() for part in (*form.lines.values(), *parts))
