from __future__ import annotations

import numpy as np
import pytest
from faces_support import FakeFrame, ScriptedDetector, landmarks_at, seen

from lipfd_desktop.result import FacePath
from lipfd_desktop.tracks.detector import Detection
from lipfd_desktop.tracks.follow import MAX_GAP, PATIENCE, TrackedFrame, follow_faces

HERE = (160.0, 120.0)


def run(
    script: list[list[Detection]], *, colours: list[int] | None = None, late: dict[int, Detection] | None = None
) -> list[TrackedFrame]:
    colours = colours or [90] * len(script)
    frames = [FakeFrame(index, colour) for index, colour in enumerate(colours)]
    return list(follow_faces(frames, ScriptedDetector(script, late or {})))  # type: ignore[arg-type]


def paths(frames: list[TrackedFrame], face: int = 0) -> str:
    """One letter a frame: d(etected), f(all-back), i(nterpolated), - (none)."""
    found = [frame.face(face) for frame in frames]
    return "".join("-" if one is None else one.path.label[0] for one in found)


def test_every_frame_comes_out_once_and_in_order() -> None:
    frames = run([[seen(*HERE)]] * 40)
    assert [frame.frame.index for frame in frames] == list(range(40))
    assert paths(frames) == "d" * 40


@pytest.mark.parametrize("gap", range(1, MAX_GAP + 4))
def test_short_gaps_are_interpolated_and_long_ones_are_not(gap: int) -> None:
    script = [[seen(*HERE)]] * 10 + [[]] * gap + [[seen(HERE[0] + 10, HERE[1])]] * 10
    expected = "i" if gap <= MAX_GAP else "-"
    assert paths(run(script)) == "d" * 10 + expected * gap + "d" * 10


def test_an_interpolated_face_lies_on_the_line_between_its_neighbours() -> None:
    script = [[seen(100, 100)]] * 3 + [[]] * 3 + [[seen(140, 120)]] * 3
    frames = run(script)
    lefts = [float(frame.faces[0].box[0]) for frame in frames[2:7]]
    np.testing.assert_allclose(np.diff(lefts), 10.0, atol=1e-3)
    landmarks = np.stack([frame.faces[0].landmarks for frame in frames[2:7]])
    assert landmarks.shape == (5, 478, 2)
    np.testing.assert_allclose(np.diff(landmarks, axis=0), np.broadcast_to([10.0, 5.0], (4, 478, 2)), atol=1e-3)


def test_nothing_is_interpolated_across_a_cut() -> None:
    script = [[seen(*HERE)]] * 10 + [[]] * 3 + [[seen(*HERE)]] * 10
    frames = run(script, colours=[90] * 11 + [250] * 12)
    assert [frame.frame.index for frame in frames if frame.cut] == [11]
    assert "i" not in paths(frames) + paths(frames, 1)


def test_a_fall_back_is_recorded_as_such() -> None:
    script = [[seen(*HERE)]] * 5 + [[]] + [[seen(*HERE)]] * 5
    late = {5: Detection(landmarks_at(*HERE), FacePath.FALLBACK)}
    assert paths(run(script, late=late)) == "dddddfddddd"


def test_a_long_empty_stretch_is_searched_rarely() -> None:
    detector = ScriptedDetector([[]] * 100)
    list(follow_faces([FakeFrame(index) for index in range(100)], detector))  # type: ignore[arg-type]
    assert detector.searches[:PATIENCE] == list(range(PATIENCE))
    assert len(detector.searches) < PATIENCE + 20


def test_placements_are_smoothed_and_boxes_and_landmarks_are_not() -> None:
    jitter = np.random.default_rng(3).normal(0, 2, 60)
    frames = run([[seen(HERE[0] + offset, HERE[1])] for offset in jitter])
    eyes = np.array([frame.faces[0].pose.eyes[0] for frame in frames])
    boxes = np.array([frame.faces[0].box[0] + frame.faces[0].box[2] / 2 for frame in frames])
    centres = np.array([frame.faces[0].landmarks[4, 0] for frame in frames])
    np.testing.assert_allclose(boxes, HERE[0] + jitter, atol=1e-3)
    np.testing.assert_allclose(centres, HERE[0] + jitter, atol=1e-3)
    assert np.abs(np.diff(eyes)).mean() < 0.4 * np.abs(np.diff(boxes)).mean()


def test_two_faces_that_swap_places_in_the_list_keep_their_ids() -> None:
    left, right = seen(80, 120), seen(240, 120)
    frames = run([[left, right], [right, left]] * 5)
    for frame in frames:
        assert frame.face(0) is not None
        assert frame.face(0).box[0] < frame.face(1).box[0]  # type: ignore[union-attr]


def test_a_face_elsewhere_is_somebody_else() -> None:
    frames = run([[seen(60, 60, 50)]] * 5 + [[seen(260, 180, 50)]] * 5)
    assert [frame.faces[0].id for frame in frames] == [0] * 5 + [1] * 5


def test_a_face_that_returns_where_it_was_keeps_its_id() -> None:
    frames = run([[seen(*HERE)]] * 5 + [[]] * 15 + [[seen(*HERE)]] * 5)
    assert [frame.faces[0].id for frame in frames if frame.faces] == [0] * 10
