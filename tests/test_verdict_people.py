"""A verdict for every face, and the guess who speaks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scores_support import RULE, make_scores

from lipfd_desktop.result import WHOLE_PICTURE, FacePath, FaceTrack, InputContract, MelTrack, ModelInfo, Outcome
from lipfd_desktop.verdict import decide, decide_each, guess_speakers

MODEL = ModelInfo(name="m", sha256="0", input_contract=InputContract.CONTEXT, path=Path("m"), rule=RULE)
FPS = 25


# A verdict each --------------------------------------------------------------------------------------------------


def three_faces() -> list[tuple[int, int, float | None]]:
    """One forged, one genuine, and a passer-by who looks forged for 0.2 s."""
    rows = [(place, face, score) for face, score in ((0, 0.95), (4, 0.05)) for place in range(100)]
    rows += [(50, 7, 0.99)]
    return sorted(rows)


def verdicts(rows: list[tuple[int, int, float | None]], model: ModelInfo = MODEL, **more: object):
    scores = make_scores(rows, generated=[row[2] for row in rows], foreign_sound=[row[2] for row in rows])
    return decide_each(scores, model=model, threshold=0.5, window_frames=5, **more)


def test_every_face_is_judged_by_its_own_windows() -> None:
    each = verdicts(three_faces())
    assert list(each) == [0, 4, 7]
    assert each[0].outcome is Outcome.MANIPULATED
    assert each[4].outcome is Outcome.AUTHENTIC
    assert [verdict.face for verdict in each.values()] == [0, 4, 7]
    assert "highest of" not in each[0].reason


def test_a_passer_by_gets_an_answer_that_does_not_speak_for_the_file() -> None:
    passer_by = verdicts(three_faces())[7]
    assert passer_by.outcome is Outcome.INCONCLUSIVE
    assert passer_by.reason.endswith("it was seen too little to speak for the file")


def test_the_verdict_of_an_only_face_is_that_of_the_file() -> None:
    scores = make_scores([(place, 3, 0.9) for place in range(80)])
    circumstances = {"model": replace(MODEL, rule=None), "threshold": 0.5, "window_frames": 5}
    assert decide_each(scores, **circumstances) == {3: decide(scores, **circumstances)}


@pytest.mark.parametrize(
    ("model", "more", "said"),
    [(MODEL, {"cancelled": True}, "cancelled"), (replace(MODEL, trained=False), {}, "never trained")],
)
def test_what_forbids_a_verdict_forbids_it_for_each(model: ModelInfo, more: dict[str, object], said: str) -> None:
    for verdict in verdicts(three_faces(), model, **more).values():
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert said in verdict.reason


def test_scores_of_the_whole_picture_belong_to_no_face() -> None:
    assert verdicts([(place, WHOLE_PICTURE, 0.9) for place in range(80)]) == {}
    assert verdicts([(0, 1, None)]) == {}


# Who speaks ------------------------------------------------------------------------------------------------------


def syllables(seconds: float, seed: int) -> NDArray[np.float64]:
    """How far a mouth is open, 0 to 1, every 10 ms: three to five syllables a second with pauses."""
    rng = np.random.default_rng(seed)
    times = np.arange(0, seconds, 0.01)
    opening = np.zeros(len(times))
    at = 0.1
    while at < seconds:
        opening += rng.uniform(0.5, 1.0) * np.exp(-(((times - at) / 0.06) ** 2))
        at += rng.uniform(0.18, 0.34) + (0.5 if rng.random() < 0.1 else 0.0)
    return opening.clip(0, 1)


def sound_of(opening: NDArray[np.float64], start: float = 0.0, delay: float = 0.0) -> MelTrack:
    """80 bands whose level follows the mouth between -60 and -20 dBFS."""
    moved = np.interp(np.arange(len(opening)) * 0.01 - delay, np.arange(len(opening)) * 0.01, opening)
    levels = np.round((0.25 + 0.5 * moved) * 255).astype(np.uint8)
    return MelTrack(start, 0.01, np.geomspace(80, 8000, 80), np.tile(levels, (80, 1)))


def face(number: int, opening: NDArray[np.float64], start: float = 0.0, seen: slice = slice(None)) -> FaceTrack:
    frames = np.arange(len(opening) * FPS // 100)
    lips = np.interp(frames / FPS, np.arange(len(opening)) * 0.01, opening)
    boxes = np.tile(np.array([0, 0, 80, 120], np.float32), (len(frames), 1))
    mouth = np.column_stack([boxes[:, 0], boxes[:, 1], boxes[:, 2] / 3, 8 + 14 * lips]).astype(np.float32)
    paths = np.full(len(frames), FacePath.DETECTED, np.uint8)
    return FaceTrack(number, frames[seen], (start + frames / FPS)[seen], boxes[seen], mouth[seen], paths[seen])


def spoken(guesses: object, number: int) -> float:
    return sum(guess.end - guess.start for guess in guesses if guess.face == number)  # type: ignore[attr-defined]


@pytest.mark.parametrize("delay", [-0.08, 0.0, 0.08])
def test_the_face_whose_lips_go_with_the_sound_speaks(delay: float) -> None:
    own, other = syllables(10, 1), syllables(10, 2)
    guesses = guess_speakers([face(3, other), face(8, own)], sound_of(own, delay=delay))
    assert spoken(guesses, 8) > 8
    assert spoken(guesses, 3) == 0
    assert all(guess.correlation > 0.3 for guess in guesses)


def test_taking_turns_is_told_in_order_and_on_the_clock_of_the_file() -> None:
    first, second = syllables(20, 3), syllables(20, 4)
    silent_later, silent_before = first.copy(), second.copy()
    silent_later[1000:], silent_before[:1000] = 0, 0
    tracks = [face(0, silent_later, start=100.0), face(1, silent_before, start=100.0)]
    guesses = guess_speakers(tracks, sound_of(silent_later + silent_before, start=100.0))
    assert [guess.face for guess in guesses] == [0, 1]
    assert guesses[0].start == pytest.approx(100.0)
    assert guesses[1].end == pytest.approx(120.0, abs=0.1)
    assert guesses[0].end == pytest.approx(110.0, abs=2.0)


@pytest.mark.parametrize("case", ["still lips", "hum", "silence", "no sound", "same lips", "short", "glimpse"])
def test_nothing_is_said_where_it_cannot_be_told(case: str) -> None:
    own, other = syllables(8, 5), syllables(8, 6)
    sound: MelTrack | None = sound_of(own)
    tracks = [face(0, own), face(1, other)]
    match case:
        case "still lips":
            tracks = [face(0, np.zeros(800)), face(1, np.full(800, 0.4))]
        case "hum":
            sound = sound_of(0.5 + 0.002 * own)
        case "silence":
            sound = sound_of(np.zeros(800))
        case "no sound":
            sound = None
        case "same lips":
            tracks = [face(0, own), face(1, own)]
        case "short":
            tracks = [face(0, own[:200]), face(1, other[:200])]
        case "glimpse":
            tracks = [face(0, own, seen=slice(40))]
    assert guess_speakers(tracks, sound) == ()


def test_no_face_and_a_face_of_one_frame_are_no_trouble() -> None:
    own = syllables(8, 5)
    assert guess_speakers([], sound_of(own)) == ()
    assert guess_speakers([face(0, own, seen=slice(1))], sound_of(own)) == ()
