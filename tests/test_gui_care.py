"""Keys, preferences, log, first page and tour: what makes the window one's own."""

from __future__ import annotations

import hashlib
import logging
import os
from functools import partial
from pathlib import Path

import pytest
from gui_support import LISTENING, MODEL, UNTRAINED, ScriptedEngine, write_video
from PySide6.QtCore import QLibraryInfo, QPoint, QRect, QSettings, QSize, Qt, QTranslator
from PySide6.QtGui import QGuiApplication, QKeySequence, QScreen
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QMessageBox, QPushButton, QToolButton
from pytestqt.qtbot import QtBot
from window_support import MakeWindow, activated, analysed, opened

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.about import PARTS
from lipfd_desktop.gui.log_file import LogFile
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.pace import Pace
from lipfd_desktop.gui.preferences import Preferences
from lipfd_desktop.gui.session import State
from lipfd_desktop.gui.settings import Appearance, Settings
from lipfd_desktop.gui.shortcuts_dialog import ShortcutsDialog
from lipfd_desktop.gui.shortcuts_sheet import columns_of
from lipfd_desktop.gui.tour import place
from lipfd_desktop.language import LANGUAGES
from lipfd_desktop.result import Exactness
from lipfd_desktop.storage.cache import user_cache


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("care") / "clip.mkv", seconds=2)


@pytest.fixture
def make_window(make_window: MakeWindow) -> MakeWindow:
    return partial(make_window, size=(1280, 720))


def keys_of(window: MainWindow, name: str) -> list[str]:
    return [key.toString() for key in window.actions_[name].shortcuts()]


# Keys ------------------------------------------------------------------------------------------------------------


def editor(window: MainWindow, name: str, key: str) -> ShortcutsDialog:
    """The page on which ``key`` was pressed for the action ``name``."""
    window.actions_["edit-shortcuts"].trigger()
    page = window.guide.page
    assert isinstance(page, ShortcutsDialog)
    page.choose(name)
    page.recorder.setKeySequence(QKeySequence(key))
    return page


def consent(message: QMessageBox | None) -> None:
    assert message is not None
    next(b for b in message.buttons() if message.buttonRole(b) == QMessageBox.ButtonRole.AcceptRole).click()


def test_a_new_key_works_at_once_and_is_remembered(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(), clip, qtbot)
    editor(window, "boxes", "F7").replace_button.click()
    window.guide.page.close()
    assert keys_of(window, "boxes") == ["F7"]
    assert "F7" in window.workspace.transport.boxes_button.toolTip()
    assert "(B)" not in window.workspace.transport.boxes_button.toolTip()
    shown = window.workspace.transport.boxes_button.isChecked()
    activated(window, qtbot)
    window.workspace.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_F7)
    qtbot.waitUntil(lambda: window.workspace.transport.boxes_button.isChecked() != shown)
    assert keys_of(make_window(), "boxes") == ["F7"]


def test_a_key_is_added_to_those_that_an_action_has(make_window: MakeWindow) -> None:
    window = make_window()
    editor(window, "toggle", "F8").add_button.click()
    assert keys_of(window, "toggle") == ["Space", "K", "F8"]


def test_a_comma_and_no_key_at_all_are_kept(make_window: MakeWindow, settings: Settings) -> None:
    window = make_window()
    window.keymap.set_keys("mute", [])
    window.keymap.set_keys("boxes", [",", "Ctrl+,"])
    assert settings.keys("mute") == ()
    assert settings.keys("boxes") == (",", "Ctrl+,")
    window.keymap.set_keys("mute", ["M"])
    assert settings.keys("mute") is None


def test_a_key_that_the_user_gave_an_action_is_no_default_of_another(
    make_window: MakeWindow, settings: Settings
) -> None:
    settings.set_keys("mute", ("Shift+Z",))
    window = make_window()
    assert keys_of(window, "mute") == ["Shift+Z"]
    assert keys_of(window, "picture-mouth") == []
    window.keymap.set_keys("mute", ["M"])
    assert keys_of(window, "picture-mouth") == ["Shift+Z"]


def test_a_key_that_is_taken_goes_over_only_with_consent(make_window: MakeWindow) -> None:
    window = make_window()
    page = editor(window, "boxes", "K")
    assert "Play / pause" in page.hint.text()
    page.replace_button.click()
    assert "K is the key of “Play / pause”" in page.message.text()
    page.message.button(QMessageBox.StandardButton.Cancel).click()
    assert keys_of(window, "boxes") == ["B"]
    page.replace_button.click()
    consent(page.message)
    assert keys_of(window, "boxes") == ["K"]
    assert keys_of(window, "toggle") == ["Space"]


def test_one_action_and_all_get_their_first_keys_again(make_window: MakeWindow) -> None:
    window = make_window()
    page = editor(window, "boxes", "K")
    page.replace_button.click()
    consent(page.message)
    page.choose("toggle")
    page.reset_button.click()  # wants K back, which the boxes have now
    consent(page.message)
    assert keys_of(window, "toggle") == ["Space", "K"]
    assert keys_of(window, "boxes") == []
    page.reset_all_button.click()
    consent(page.message)
    assert keys_of(window, "boxes") == ["B"]


def test_any_key_can_be_recorded_and_tab_leaves_the_field(make_window: MakeWindow, qtbot: QtBot) -> None:
    page = editor(make_window(), "boxes", "")
    for key, spelling in ((Qt.Key.Key_Escape, "Esc"), (Qt.Key.Key_Return, "Return"), (Qt.Key.Key_M, "M")):
        qtbot.keyClick(page.recorder, key)
        assert page.recorder.keySequence().toString() == spelling
        assert page.isVisible()
    qtbot.keyClick(page.recorder, Qt.Key.Key_Tab)
    assert page.focusWidget() is page.replace_button


def test_actions_are_found_by_words_and_by_keys(make_window: MakeWindow) -> None:
    window = make_window()
    page = editor(window, "boxes", "F7")

    def shown() -> list[str]:
        groups = [page.tree.topLevelItem(i) for i in range(page.tree.topLevelItemCount())]
        rows = [group.child(i) for group in groups for i in range(group.childCount())]
        return [row.text(0) for row in rows if not row.isHidden()]

    page.search.setText("mute")
    assert shown() == ["Mute"]
    page.search.setText("ctrl+q")
    assert shown() == ["Quit"]


def test_the_sheet_shows_the_users_keys_and_fits_a_small_screen(
    make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QScreen, "availableSize", lambda _screen: QSize(1280, 720))
    window = make_window()
    window.keymap.set_keys("toggle", ["F9"])
    window.actions_["shortcuts"].trigger()
    page = window.guide.page
    words = "".join(label.text() for label in page.findChildren(theme.QWidget) if hasattr(label, "text"))
    assert "F9" in words
    assert "Play / pause" in words
    size = page.sizeHint()
    assert size.width() <= 1280
    assert size.height() <= 720


def test_a_page_of_keys_has_no_title_at_the_foot_of_a_column() -> None:
    groups = [
        (f"Group {i}", [((f"F{row}",), f"Row {row}") for row in range(count)]) for i, count in enumerate((9, 14, 5, 20))
    ]
    columns = columns_of(groups, 24)
    assert all(len(column) <= 24 for column in columns)
    assert all(column[-1][0] for column in columns)
    assert sum(bool(keys) for column in columns for keys, _ in column) == 48


def test_the_threshold_moves_from_the_keyboard_and_stays_in_its_range(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    window = analysed(make_window(), clip, qtbot)
    window.actions_["threshold-up"].trigger()
    assert window.session.threshold == pytest.approx(0.51)
    window.session.set_threshold(0.995)
    window.actions_["threshold-up"].trigger()
    assert window.session.threshold == 1.0
    window.actions_["threshold-down"].trigger()
    assert window.session.threshold == pytest.approx(0.99)


# Preferences -----------------------------------------------------------------------------------------------------


def preferences(window: MainWindow) -> Preferences:
    window.actions_["preferences"].trigger()
    assert isinstance(window.guide.page, Preferences)
    return window.guide.page


def pick(box: object, data: object) -> None:
    """As the mouse does."""
    row = next(i for i in range(box.count()) if box.itemData(i) == data)  # type: ignore[attr-defined]
    box.setCurrentIndex(row)  # type: ignore[attr-defined]
    box.activated.emit(row)  # type: ignore[attr-defined]


def test_settings_that_make_no_sense_read_as_defaults(tmp_path: Path) -> None:
    store = QSettings(str(tmp_path / "odd.ini"), QSettings.Format.IniFormat)
    for name in ("appearance", "language", "exactness", "stride", "autosave_seconds"):
        store.setValue(f"preferences/{name}", "a lot")
    settings = Settings(store)
    assert settings.appearance is Appearance.SYSTEM
    assert settings.language == "system"
    assert settings.exactness is Exactness.REFERENCE
    assert settings.stride is None
    assert settings.autosave_seconds == 5
    store.setValue("preferences/autosave_seconds", 100_000)
    assert settings.autosave_seconds == 600


def test_colours_change_at_once(make_window: MakeWindow, qapp: QApplication) -> None:
    window = make_window()
    page = preferences(window)
    try:
        for appearance, scheme in ((Appearance.LIGHT, theme.LIGHT), (Appearance.DARK, theme.DARK)):
            pick(page.appearance_box, appearance)
            assert theme.scheme_of_palette(qapp.palette()) is scheme
    finally:
        theme.wear(qapp, Appearance.DARK)


def test_defaults_reach_the_bar_and_the_next_window(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = opened(make_window(), clip, qtbot)
    page = preferences(window)
    pick(page.stride_box, 5)
    pick(page.exactness_box, Exactness.FAST)
    pick(page.device_box, "cpu")
    for seen in (window, make_window()):
        request = seen.workspace.bar.request(clip, None)
        assert (request.stride, request.exactness, request.device) == (5, Exactness.FAST, "cpu")


def test_another_setting_leaves_what_is_chosen_for_this_file(make_window: MakeWindow) -> None:
    window = make_window()
    window.workspace.bar.stride_box.setCurrentIndex(3)
    page = preferences(window)
    pick(page.language_box, "de")
    assert window.workspace.bar.stride_box.currentIndex() == 3


def test_names_for_reports_and_the_rest_are_kept_and_reset(make_window: MakeWindow, settings: Settings) -> None:
    page = preferences(make_window())
    page.examiner_edit.setText(" A. Examiner ")
    page.organisation_edit.setText("Desk 4")
    page.autosave_box.setValue(60)
    page.keep_box.click()
    settings.add_recent(Path("/a.mp4"))
    assert (settings.examiner, settings.organisation, settings.autosave_seconds) == ("A. Examiner", "Desk 4", 60)
    assert not settings.keeps_results
    page.reset_button.click()
    consent(page.message)
    assert (settings.examiner, settings.autosave_seconds, settings.keeps_results) == ("", 5, True)
    assert page.examiner_edit.text() == ""
    assert settings.recent == [Path("/a.mp4")]


def test_return_resets_nothing_and_closes_the_page(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    window.actions_["preferences"].trigger()
    page = window.guide.page
    assert isinstance(page, Preferences)
    qtbot.waitExposed(page)
    page.organisation_edit.setFocus()
    qtbot.keyClicks(page.organisation_edit, "Lab 9")
    closed: list[int] = []
    page.finished.connect(closed.append)
    qtbot.keyClick(page.organisation_edit, Qt.Key.Key_Return)
    assert page.message is None
    assert closed
    assert window.report_dialog.details.organisation == "Lab 9"


@pytest.mark.parametrize("name", ["preferences", "models"])
def test_only_close_is_pressed_by_return_alone(make_window: MakeWindow, qtbot: QtBot, name: str) -> None:
    window = make_window()
    window.actions_[name].trigger()
    page = window.guide.page if name == "preferences" else window.models_dialog
    qtbot.waitExposed(page)
    (default,) = (button for button in page.findChildren(QPushButton) if button.isDefault())
    box = page.findChild(QDialogButtonBox)
    assert default is box.button(QDialogButtonBox.StandardButton.Close)
    page.close()


def test_return_in_the_search_for_a_key_changes_no_key(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    page = editor(window, "boxes", "F7")
    qtbot.waitExposed(page)
    page.search.setFocus()
    qtbot.keyClick(page.search, Qt.Key.Key_Return)
    assert keys_of(window, "boxes") == ["B"]
    assert page.isVisible()
    page.close()


def test_kept_results_show_their_size_and_are_deleted(make_window: MakeWindow, qtbot: QtBot) -> None:
    engine = ScriptedEngine(kept=2)
    page = preferences(make_window(engine))
    qtbot.waitUntil(lambda: page.kept_label.text() == "2 results in 3.0 MB, in /nowhere/results")
    page.delete_button.click()
    qtbot.waitUntil(lambda: page.kept_label.text().startswith("0 results"))
    assert not page.delete_button.isEnabled()


def test_where_results_are_kept_follows_the_settings_unless_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LIPFD_CACHE", raising=False)
    assert user_cache(tmp_path, keeps=False) is None
    assert user_cache(tmp_path).folder == tmp_path
    monkeypatch.setenv("LIPFD_CACHE", str(tmp_path / "told"))
    assert user_cache(tmp_path, keeps=False).folder == tmp_path / "told"
    monkeypatch.setenv("LIPFD_CACHE", "off")
    assert user_cache(tmp_path) is None


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "en"])
def test_qts_own_dialogs_speak_every_language(language: str, qapp: QApplication) -> None:
    translator = QTranslator()
    assert translator.load(f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    assert translator.translate("QPlatformTheme", "Cancel") not in ("", "Cancel")


# Model and device ------------------------------------------------------------------------------------------------


def test_a_device_that_is_not_there_is_neither_hidden_nor_exchanged(
    make_window: MakeWindow, settings: Settings, clip: Path, qtbot: QtBot
) -> None:
    settings.device = "cuda"
    window = opened(make_window(), clip, qtbot)
    assert window.workspace.bar.device_box.currentText() == "cuda (not found)"
    assert window.indicator.device.text() == "device: cuda (not found)"
    assert window.workspace.bar.device_box.count() == 3
    window.analyze()
    qtbot.waitUntil(lambda: window.session.result is not None)
    assert window.indicator.device.text() == "cuda was asked for, cpu was used"
    assert window.indicator.device.property("loud")


def test_the_status_bar_says_model_device_and_arithmetic(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(), clip, qtbot)
    indicator = window.indicator
    assert indicator.model.text() == MODEL.name
    assert MODEL.sha256[:12] in indicator.model.toolTip()
    assert indicator.device.text() == "CPU, 2 cores"
    assert not indicator.device.property("loud")
    assert indicator.exactness.text() == "reference arithmetic"
    indicator.model.click()
    assert window.models_dialog.isVisible()
    window.models_dialog.close()
    indicator.device.click()
    assert isinstance(window.guide.page, Preferences)


def test_test_weights_are_loud_before_any_analysis(make_window: MakeWindow) -> None:
    window = make_window(ScriptedEngine(models=(UNTRAINED,)))
    assert "test weights" in window.indicator.model.text()
    assert window.indicator.model.property("loud")


def test_a_selection_shorter_than_a_window_is_refused_at_once(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    engine = ScriptedEngine()
    window = opened(make_window(engine), clip, qtbot)
    window.workspace.timeline.set_selection((0.4, 0.5))
    window.workspace.bar.choose_range(selection=True)
    window.analyze()
    assert window.message.text().startswith("A window of this model has 5 frames")
    window.message.close()
    assert window.session.state is State.READY
    assert engine.requests == []


def test_the_time_left_forgets_a_slow_start() -> None:
    pace = Pace()
    pace.add(30.0, 8)  # loading took its time
    assert pace.rate == pytest.approx(8 / 30)
    for second in range(1, 30):
        pace.add(30.0 + second, 8 + 10 * second)
    assert pace.rate == pytest.approx(10.0)
    pace.add(2.0, 4)
    assert pace.rate == pytest.approx(2.0)


# Log -------------------------------------------------------------------------------------------------------------


def test_the_log_tells_what_happened(make_window: MakeWindow, clip: Path, qtbot: QtBot, tmp_path: Path) -> None:
    window = analysed(make_window(), clip, qtbot)
    report = tmp_path / "report.json"
    window.session.export(report)
    panel = window.log_panel
    qtbot.waitUntil(lambda: any("Exported" in line for line in panel.lines()))
    words = "\n".join(panel.lines())
    assert f"Opened {clip}: 50 frames" in words
    assert f"model scripted (SHA-256 {MODEL.sha256}), device cpu (CPU, 2 cores) for auto" in words
    assert "WARNING Notice: These numbers are scripted." in words
    assert "Finished clip.mkv: " in words
    assert f"Exported {report}, SHA-256 {hashlib.sha256(report.read_bytes()).hexdigest()}" in words


def test_the_log_is_filtered_searched_copied_and_saved(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window = make_window()
    panel = window.log_panel
    logger = logging.getLogger("lipfd_desktop.somewhere")
    logger.info("a plain line")
    logger.error("a Bad line\nwith details")
    qtbot.waitUntil(lambda: len(panel.lines()) >= 2)
    panel.search.setText("LINE")
    assert len(panel.lines()) == 2
    panel.level_box.setCurrentIndex(2)
    assert [line.split(" ", 1)[1] for line in panel.lines()] == ["ERROR a Bad line\nwith details"]
    panel.copy_button.click()
    assert QGuiApplication.clipboard().text() == panel.lines()[0]
    target = tmp_path / "log.txt"
    panel.save(target)
    assert target.read_text() == panel.lines()[0] + "\n"


def test_a_failure_is_logged_with_its_sentence(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window = make_window()
    window.open_path(tmp_path / "nothing.mp4")
    qtbot.waitUntil(lambda: window.message is not None)
    window.message.close()
    assert any("ERROR nothing.mp4: " in line for line in window.log_panel.lines())


def test_the_log_file_is_written_while_it_is_wanted(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "logs")
    logger = logging.getLogger("lipfd_desktop.test")
    log.set_wanted(True)
    logger.warning("first")
    log.set_wanted(False)
    logger.warning("second")
    words = log.path.read_text()
    assert "WARNING lipfd_desktop.test: first" in words
    assert "second" not in words


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_the_log_is_its_users_alone_after_a_rotation_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lipfd_desktop.gui.log_file._FILE_BYTES", 200)
    folder = tmp_path / "logs"
    folder.mkdir(mode=0o755)
    older = folder / "lipfd-desktop.log.1"
    older.write_text("of an earlier version")
    older.chmod(0o644)
    log = LogFile(folder)
    before = os.umask(0o022)
    try:
        log.set_wanted(True)
        assert older.stat().st_mode & 0o777 == 0o600
        for number in range(9):
            logging.getLogger("lipfd_desktop.test").warning("line %d %s", number, "x" * 60)
        log.set_wanted(False)
    finally:
        os.umask(before)
    assert folder.stat().st_mode & 0o777 == 0o700
    parts = sorted(folder.iterdir())
    assert len(parts) == 4
    assert {part.stat().st_mode & 0o777 for part in parts} == {0o600}


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("not a folder")
    log = LogFile(tmp_path / "logs")
    log.set_wanted(True)
    log.set_wanted(False)
    assert (tmp_path / "logs").read_text() == "not a folder"


# First page and tour ---------------------------------------------------------------------------------------------


def test_the_first_page_says_what_the_model_is_asked_and_how_often_it_was_wrong(make_window: MakeWindow) -> None:
    rule = LISTENING.rule
    assert rule is not None
    words = make_window(ScriptedEngine(models=(LISTENING,))).welcome.limits_label.text()
    assert f"{rule.false_positive_rate.value:.1%}" in words
    assert f"{rule.false_negative_rate.value:.1%}" in words
    assert "Inconclusive" in words
    assert "meaningless" in make_window(ScriptedEngine(models=(UNTRAINED,))).welcome.limits_label.text()
    assert "not been measured" in make_window(ScriptedEngine()).welcome.limits_label.text()


def test_recent_files_open_from_the_first_page_and_say_when_they_are_gone(
    make_window: MakeWindow, settings: Settings, clip: Path, qtbot: QtBot
) -> None:
    settings.add_recent(clip.parent / "gone & lost.mp4")
    settings.add_recent(clip)
    window = make_window()
    qtbot.waitUntil(lambda: len(window.welcome.findChildren(QToolButton)) == 2)
    there, gone = window.welcome.findChildren(QToolButton)
    assert not gone.isEnabled()
    assert "no longer" in gone.accessibleName()
    with qtbot.waitSignal(window.session.media_opened):
        there.click()


def test_the_tour_points_at_what_is_there_and_comes_once_by_itself(
    make_window: MakeWindow, settings: Settings, clip: Path, qtbot: QtBot
) -> None:
    window = make_window()
    window.guide.offer_tour()
    assert window.guide.tour is None
    opened(window, clip, qtbot)
    qtbot.waitUntil(lambda: window.guide.tour is not None)
    tour = window.guide.tour
    assert tour.step.widget is window.workspace.verdict
    assert tour.count.text() == "1 of 6"
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left):
        qtbot.keyClick(tour.next_button, key)
    assert tour.step.widget is window.workspace.bar
    assert not tour.callout.geometry().intersects(tour._target())
    with qtbot.waitSignal(tour.ended):
        qtbot.keyClick(tour.next_button, Qt.Key.Key_Escape)
    assert settings.has_seen_tour
    window.guide.offer_tour()
    QApplication.processEvents()
    assert window.guide.tour is tour
    window.actions_["tour"].trigger()
    qtbot.waitUntil(lambda: window.guide.tour is not tour)
    for _ in range(6):
        window.guide.tour.next_button.click()
    assert window.session.state is State.READY


def test_the_tour_opens_the_sample_where_no_file_is(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = make_window(sample=clip)
    window.actions_["tour"].trigger()
    qtbot.waitUntil(lambda: window.guide.tour is not None)
    assert window.session.media.info.path == clip
    window.guide.tour.end()
    assert not make_window().actions_["tour"].isEnabled()


def test_a_callout_hides_its_part_only_where_there_is_no_room() -> None:
    window, size = QRect(0, 0, 1000, 700), QSize(340, 150)
    for target in (QRect(0, 0, 1000, 60), QRect(0, 600, 1000, 100), QRect(0, 0, 300, 700), QRect(700, 0, 300, 700)):
        callout = QRect(place(size, target, window), size)
        assert window.contains(callout)
        assert not callout.intersects(target)
    assert place(size, window, window) == window.center() - QPoint(170, 75)


def test_about_names_the_licences_of_the_main_parts(make_window: MakeWindow) -> None:
    window = make_window()
    window.actions_["about"].trigger()
    words = window.guide.page.findChild(theme.QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly).toPlainText()
    for name, _, licence in PARTS:
        assert name in words
        assert licence in words
