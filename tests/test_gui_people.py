"""The chips of the people: who they are, their verdicts, who seems to speak, and choosing among them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gui_support import LISTENING, MODEL, OFFICIAL, UNTRAINED, ScriptedEngine, write_video
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from window_support import MakeWindow, activated, analysed

from lipfd_desktop.gui import theme
from lipfd_desktop.gui.evidence import FaceIndex
from lipfd_desktop.gui.main_window import MainWindow
from lipfd_desktop.gui.people import MOST
from lipfd_desktop.gui.people_bar import FaceChip, PeopleBar, Person
from lipfd_desktop.result import FacePath, FacesFollowed
from lipfd_desktop.verdict import SpeakingGuess, find_spans
from tests.scores_support import make_scores


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("people") / "clip.mkv", seconds=4, start=5.0)


def chip_of(window: MainWindow, face: int) -> FaceChip:
    return window.workspace.people.chips[face]


def click(widget: QPushButton | FaceChip, qtbot: QtBot) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


# In the window ---------------------------------------------------------------------------------------------------


def test_one_person_needs_no_chips(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine()), clip, qtbot)
    assert not window.workspace.people.isVisible()


def test_the_curves_of_one_face_say_whose_they_are(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine(models=(LISTENING,), faces=2)), clip, qtbot)
    work = window.workspace
    for face in (1, 2):
        window.people.choose(face)
        assert work.tier_legend.text().startswith(f"face {face}:")
    alone = analysed(make_window(ScriptedEngine(models=(LISTENING,))), clip, qtbot)
    assert "face" not in alone.workspace.tier_legend.text().split("●")[0].split("span")[0]


def test_each_face_has_a_chip_with_its_verdict_time_and_portrait(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    window = analysed(make_window(ScriptedEngine(models=(LISTENING,), faces=2)), clip, qtbot)
    bar = window.workspace.people
    assert bar.isVisible()
    assert list(bar.chips) == [1, 2]
    for face, chip in bar.chips.items():
        verdict = window.session.face_verdicts[face]
        assert chip.person.verdict == verdict
        assert f"{verdict.score:.2f}" in chip.person.answer
        assert chip.person.answer.split()[0] in str(verdict.outcome)
        assert chip.accessibleName() == f"Face {face}"
        assert verdict.reason in chip.accessibleDescription()
        assert chip.person.seconds == pytest.approx(4.0 - 0.4, abs=0.05)  # it is out of sight for 0.4 s
    qtbot.waitUntil(lambda: all(chip.has_portrait for chip in bar.chips.values()))


def test_choosing_a_chip_shows_that_face_alone_and_again_all(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine(faces=2)), clip, qtbot)
    work = window.workspace
    both = work.scores.points_drawn
    click(chip_of(window, 2), qtbot)
    assert work.bar.face == 2
    assert work.scores.points_drawn == both // 2
    assert {span.face for span in window.review.suspicious.model.spans} == {2}
    assert not chip_of(window, 1).isChecked()
    click(chip_of(window, 1), qtbot)
    assert work.bar.face == 1
    assert [chip.isChecked() for chip in work.people.chips.values()] == [True, False]
    click(chip_of(window, 1), qtbot)
    assert work.bar.face is None
    assert work.scores.points_drawn == both


def test_the_chooser_of_the_bar_and_the_keys_move_the_chips(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine(faces=3)), clip, qtbot)
    bar, people = window.workspace.bar, window.workspace.people
    bar.face_box.setCurrentIndex(bar.face_box.findData(3))
    bar.face_box.activated.emit(bar.face_box.currentIndex())
    assert people.face == 3
    activated(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_2)
    assert people.face == bar.face == 2
    qtbot.keyClick(window, Qt.Key.Key_2)
    assert people.face is bar.face is None
    seen = []
    for _ in range(4):
        window.actions_["face-next"].trigger()
        seen.append(people.face)
    assert seen == [1, 2, 3, None]
    window.actions_["face-next"].trigger()
    window.actions_["face-all"].trigger()
    assert people.face is None


def test_one_face_is_analysed_alone_and_then_every_face(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    engine = ScriptedEngine(faces=2)
    window = analysed(make_window(engine), clip, qtbot)
    people = window.workspace.people
    assert not people.only_button.isVisible()
    assert not people.every_button.isVisible()
    click(chip_of(window, 2), qtbot)
    with qtbot.waitSignal(window.session.result_ready):
        click(people.only_button, qtbot)
    assert engine.requests[-1].face == 2
    assert people.isVisible()
    assert list(people.chips) == [2]
    assert not people.only_button.isVisible()
    with qtbot.waitSignal(window.session.result_ready):
        click(people.every_button, qtbot)
    assert engine.requests[-1].face is None
    assert list(people.chips) == [1, 2]


def test_the_menu_of_a_chip_analyses_that_face(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    engine = ScriptedEngine(faces=2)
    window = analysed(make_window(engine), clip, qtbot)
    menu = chip_of(window, 1).menu()
    with qtbot.waitSignal(window.session.result_ready):
        next(action for action in menu.actions() if action.text() == "Analyse only this face").trigger()
    assert engine.requests[-1].face == 1


def test_scores_of_the_whole_picture_are_not_given_to_faces(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine(models=(OFFICIAL,), faces=2)), clip, qtbot)
    assert [chip.person.answer for chip in window.workspace.people.chips.values()] == ["no score of its own"] * 2


def test_untrained_weights_give_no_word(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine(models=(UNTRAINED,), faces=2)), clip, qtbot)
    assert all(chip.person.answer.startswith("score ") for chip in window.workspace.people.chips.values())


def test_who_speaks_is_said_as_a_guess_at_the_cursor_alone(
    make_window: MakeWindow, clip: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    guesses = (SpeakingGuess(1, 5.0, 7.0, 0.5), SpeakingGuess(2, 7.0, 9.0, 0.4))
    monkeypatch.setattr("lipfd_desktop.gui.people.guess_speakers", lambda _tracks, _mel: guesses)
    window = analysed(make_window(ScriptedEngine(faces=2)), clip, qtbot)
    qtbot.waitUntil(lambda: chip_of(window, 1).person.speaks)
    assert "at a guess" in chip_of(window, 1).accessibleDescription()
    assert not chip_of(window, 2).person.speaks
    window.player.seek(8.0)
    qtbot.waitUntil(lambda: chip_of(window, 2).person.speaks)
    assert not chip_of(window, 1).person.speaks
    window.analyze()  # what was guessed goes with the result that it was made from
    assert window.people.speaker_at(8.0) is None


# Parts -----------------------------------------------------------------------------------------------------------


def people(faces: range) -> list[Person]:
    return [Person(face, 1.0 + face, None, is_final=True, missing="not analysed") for face in faces]


def test_more_faces_than_colours_keep_their_numbers_and_keys(qtbot: QtBot) -> None:
    bar = PeopleBar()
    qtbot.addWidget(bar)
    bar.resize(900, 60)
    bar.show_people(people(range(12)), chosen=7, left_out=3)
    assert bar.face == 7
    assert theme.face_colour(0) == theme.face_colour(5)
    assert len({chip.accessibleName() for chip in bar.chips.values()}) == 12
    keys = [chip.key for chip in bar.chips.values()]
    assert keys == [*"123456789", "", "", ""]
    assert bar.more_label.text() == "3 more, seen briefly"
    kept = bar.chips[1]
    bar.show_people(people(range(1, 4)), chosen=None, left_out=0)
    assert [chip.key for chip in bar.chips.values()] == [*"123"]
    assert bar.chips[1] is not kept  # it has another key now
    assert bar.more_label.text() == ""


def test_only_the_most_seen_faces_get_chips(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine(faces=MOST + 4)), clip, qtbot)
    bar = window.workspace.people
    assert len(bar.chips) == MOST
    assert bar.more_label.text().startswith("4 more")
    assert list(bar.chips) == sorted(bar.chips)


def followed(face: int, pts: list[float], heights: list[float], paths: list[FacePath]) -> FacesFollowed:
    boxes = np.array([[10, 20, 30, height] for height in heights], np.float32)
    return FacesFollowed(np.array(pts), np.full(len(pts), face), boxes, boxes, np.array(paths, np.uint8))


def test_the_portrait_is_the_largest_detected_face_and_time_is_counted_by_frame() -> None:
    index = FaceIndex()
    times = np.array([0.0, 0.1, 0.4, 0.5])  # frames of unequal length
    kinds = [FacePath.DETECTED, FacePath.DETECTED, FacePath.INTERPOLATED]
    index.add(followed(1, [0.0, 0.1, 0.4], [50, 60, 90], kinds))
    index.add(followed(1, [0.1], [55], [FacePath.DETECTED]))  # told twice
    index.add(followed(2, [0.5], [40], [FacePath.FALLBACK]))
    assert index.best(1) == (0.1, (10, 20, 30, 60))
    assert index.best(2) == (0.5, (10, 20, 30, 40))
    assert index.best(3) is None
    assert index.seconds(times) == pytest.approx({1: 0.5, 2: 0.1})
    assert FaceIndex().seconds(times) == {}


def test_curves_of_several_faces_carry_their_numbers(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine(faces=2)), clip, qtbot)
    plot = window.workspace.scores
    assert list(plot._names.places) == [1, 2]
    before = plot._names.places[1][0]
    window.workspace.timeline.zoom(1, 8.0)
    left, right = plot.view.viewRange()[0]
    assert left <= plot._names.places[1][0] <= right
    assert plot._names.places[1][0] > before
    click(chip_of(window, 2), qtbot)
    assert plot._names.places == {}


def test_moments_are_listed_strongest_first_with_their_face_and_who_shares_them(
    make_window: MakeWindow, clip: Path, qtbot: QtBot
) -> None:
    panel = make_window(ScriptedEngine()).review.suspicious
    rows = [(i, 1, 0.8 if 10 <= i < 20 else 0.1) for i in range(60)]
    rows += [(i, 2, 0.95 if 15 <= i < 18 else 0.6 if 40 <= i < 45 else 0.1) for i in range(60)]
    panel.show_spans(find_spans(make_scores(sorted(rows)), 0.5))
    peaks = [round(span.peak.score, 2) for span in panel.model.spans]
    assert peaks == [0.95, 0.8, 0.6]
    told = [panel.model.index(row).data() for row in range(3)]
    assert "face 2" in told[0]
    assert told[0].endswith("at the same time: face 1")
    assert told[1].endswith("at the same time: face 2")
    assert "same time" not in told[2]
    panel.order_box.setCurrentIndex(panel.order_box.findData(False))
    assert [round(span.peak.score, 2) for span in panel.model.spans] == [0.8, 0.95, 0.6]


def test_list_cursor_and_picture_say_one_time_of_a_moment(make_window: MakeWindow, clip: Path, qtbot: QtBot) -> None:
    window = analysed(make_window(ScriptedEngine(models=(replace(MODEL, threshold=0.5),))), clip, qtbot)
    panel = window.review.suspicious
    panel.jump(1, 0.0)
    media, peak = window.session.media, panel.current.peak
    assert media is not None
    assert window.player.time == pytest.approx(media.frame_times[peak.first_frame + 2])
    shown = window.workspace.transport.time_label.text().split()[0]
    assert f"at {shown}" in panel.list.currentIndex().data()
