"""Facts that must not tell real from fake, and the classifier that tries."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from dataset_support import made_up, made_up_store
from hypothesis import given, settings
from hypothesis import strategies as st

from lipfd_desktop.dataset.facts import image_facts, sound_facts
from lipfd_desktop.dataset.separation import FactTable, auc_within_folds, measure, speaker_weights
from lipfd_desktop.dataset.store import Store
from lipfd_desktop.dataset.tables import WINDOWS, file_table, stored_table, window_table
from lipfd_desktop.errors import DatasetError


def table(values: np.ndarray, labels: np.ndarray, folds: np.ndarray, speakers: np.ndarray | None = None) -> FactTable:
    clips = np.array([f"c{place}" for place in range(len(labels))])
    people = clips if speakers is None else speakers
    return FactTable(tuple(f"fact {k}" for k in range(values.shape[1])), values, labels, folds, people, clips)


def people(count: int, seed: int = 0) -> tuple[np.random.Generator, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng, np.arange(count) % 2, np.arange(count) // 2 % 5 + 1


def test_a_planted_leak_is_found_and_named() -> None:
    rng, labels, folds = people(200)
    values = rng.normal(size=(200, 4))
    values[:, 2] -= 3 * labels
    logistic, forest, first, *others = measure(table(values, labels, folds))
    for one in (logistic, forest, first):
        assert one.low <= one.auc <= one.high
        assert one.low > 0.9
    assert (logistic.name, forest.name, first.name) == ("logistic regression", "random forest", "fact 2")
    assert all(0.5 <= one.auc < 0.65 for one in others)


def test_noise_tells_nothing() -> None:
    rng, labels, folds = people(300, seed=1)
    logistic, forest, *_ = measure(table(rng.normal(size=(300, 5)), labels, folds))
    for one in (logistic, forest):
        assert one.low < 0.5 < one.high


def test_what_only_tells_sources_apart_tells_nothing() -> None:
    rng, labels, folds = people(200, seed=2)
    shifts = {1: 5.0, 2: -5.0, 3: 3.0, 4: -3.0, 5: 0.0}
    values = rng.normal(size=(200, 1)) + np.array([[shifts[int(fold)]] for fold in folds])
    logistic, *_ = measure(table(values, labels, folds))
    assert logistic.low < 0.5 < logistic.high


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 1), st.integers(1, 3), st.integers(0, 3)), min_size=1, max_size=30
    )
)
def test_the_auc_counts_pairs_of_one_fold(rows: list[tuple[int, int, int, int]]) -> None:
    won = total = 0.0
    for score, label, fold, weight in rows:
        for other_score, other_label, other_fold, other_weight in rows:
            if (label, other_label) == (1, 0) and fold == other_fold:
                total += weight * other_weight
                won += weight * other_weight * ((score > other_score) + 0.5 * (score == other_score))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    auc = auc_within_folds(columns[0].astype(float), columns[1], columns[2], columns[3].astype(float))
    if total:
        assert auc == pytest.approx(won / total)
    else:
        assert np.isnan(auc)


def test_every_speaker_counts_once() -> None:
    _, labels, folds = people(6)
    weights = speaker_weights(table(np.zeros((6, 1)), labels, folds, np.array(["p", "p", "p", "q", "q", "r"])))
    np.testing.assert_allclose(weights, [1 / 3, 1 / 3, 1 / 3, 1 / 2, 1 / 2, 1])


@pytest.mark.parametrize(
    ("labels", "folds"), [([0, 0, 0], [1, 2, 3]), ([0, 1, 1], [1, 1, 1]), ([0, 0, 1, 1], [1, 2, 3, 4])]
)
def test_what_cannot_be_compared_is_refused(labels: list[int], folds: list[int]) -> None:
    with pytest.raises(DatasetError, match="fold"):
        measure(table(np.zeros((len(labels), 1)), np.array(labels), np.array(folds)))


def test_image_facts_follow_what_was_done_to_an_image(sample: Path) -> None:
    from lipfd_desktop.media.frames import read_frames

    with read_frames(sample) as frames:
        image = cv2.resize(next(frames).rgb(), (224, 224), interpolation=cv2.INTER_AREA)
    plain = image_facts(image, "face")
    blurred = image_facts(cv2.GaussianBlur(image, (0, 0), 2), "face")
    assert blurred["face_bytes"] < plain["face_bytes"]
    assert blurred["face_fine"] < plain["face_fine"]
    coded = cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 10])[1], cv2.IMREAD_COLOR)
    assert image_facts(coded, "face")["face_blocks"] > 1.3 * plain["face_blocks"]
    darker = image_facts(image // 2, "face")
    assert darker["face_brightness"] < plain["face_brightness"]


def test_sound_facts_of_silence_are_numbers() -> None:
    facts = sound_facts(np.zeros((80, 200), np.uint8), -80.0)
    assert all(np.isfinite(value) for value in facts.values())
    loud = np.zeros((80, 200), np.uint8)
    loud[:40] = 200
    assert sound_facts(loud, -80.0)["top_band"] == 39
    assert sound_facts(loud, -80.0)["loudness"] > facts["loudness"]


def test_a_store_gives_three_tables(tmp_path: Path) -> None:
    made = [made_up(f"c{n}", 30 + n, seed=n, label=n % 2, speaker=f"p{n // 2}", fold=n // 2 + 1) for n in range(4)]
    clips = Store.open(made_up_store(tmp_path, made)).clips
    files, stored = file_table(clips), stored_table(clips)
    assert files.names == ("duration", "fps")
    assert stored.values[:, stored.names.index("frames")].tolist() == [30, 31, 32, 33]
    assert stored.values[:, stored.names.index("fps")] == pytest.approx([25] * 4)
    told: list[None] = []
    plain = window_table(clips, levelled=False, on_clip=lambda: told.append(None))
    assert len(told) == 4
    assert len(plain.labels) == 4 * WINDOWS
    assert np.isfinite(plain.values).all()
    levelled = [window_table(clips, levelled=True, seed=3).values for _ in range(2)]
    np.testing.assert_array_equal(levelled[0], levelled[1])
    images = [place for place, name in enumerate(plain.names) if name.startswith(("face", "head"))]
    assert not np.allclose(levelled[0][:, images], plain.values[:, images])
    others = [place for place in range(len(plain.names)) if place not in images]
    np.testing.assert_array_equal(levelled[0][:, others], plain.values[:, others])
