"""Splits by source and speaker, and which clips are drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dataset_support import made_up, made_up_store

from lipfd_desktop.dataset.store import Store, StoredClip
from lipfd_desktop.errors import DatasetError
from lipfd_desktop.training import splits
from lipfd_desktop.training.sampling import ClipSampler, clip_shares

ROWS = [
    # id, label, generator, speaker, source, fold
    ("a1", 0, "", "ann", "A", 1),
    ("a2", 0, "", "ann", "A", 1),
    ("a3", 1, "wav", "ann", "A", 1),
    ("b1", 0, "", "bob", "B", 2),
    ("b2", 1, "wav", "bob", "B", 2),
    ("c1", 0, "", "cid", "C", 3),
    ("d1", 1, "talk", "dan", "D", 4),
    ("d2", 0, "", "dan", "D", 4),
    ("e1", 0, "", "eve", "E", 5),
]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[StoredClip, ...]:
    return clips_of(tmp_path_factory.mktemp("store"), ROWS)


def clips_of(folder: Path, rows: list[tuple[str, int, str, str, str, int]]) -> tuple[StoredClip, ...]:
    made = []
    for name, label, generator, speaker, source, fold in rows:
        record, arrays = made_up(name, 12, label=label, speaker=speaker, fold=fold)
        made.append((replace(record, generator=generator, source=source), arrays))
    return Store.open(made_up_store(folder, made)).clips


def names(clips: tuple[StoredClip, ...]) -> set[str]:
    return {clip.id for clip in clips}


def test_a_fold_is_held_out(clips: tuple[StoredClip, ...]) -> None:
    split = splits.by_fold(clips, 1)
    assert names(split.held_out) == {"a1", "a2", "a3"}
    assert names(split.train) == names(clips) - names(split.held_out)
    with pytest.raises(DatasetError, match="folds 1, 2, 3, 4, 5"):
        splits.by_fold(clips, 9)


def test_speakers_are_held_out_whole(clips: tuple[StoredClip, ...]) -> None:
    for seed in range(5):
        split = splits.by_speakers(clips, seed)
        assert split.held_out
        for part in ("speaker", "source"):
            sides = [{getattr(clip.record, part) for clip in side} for side in (split.train, split.held_out)]
            assert not sides[0] & sides[1]
        assert names(split.train) | names(split.held_out) == names(clips)


def test_a_generator_takes_its_speakers_and_sources_along(clips: tuple[StoredClip, ...]) -> None:
    split = splits.by_generator(clips, "wav")
    assert names(split.held_out) == {"a1", "a2", "a3", "b1", "b2"}
    assert names(split.train) == {"c1", "d1", "d2", "e1"}


def test_a_generator_in_one_fold_leaves_the_other_folds_reals(clips: tuple[StoredClip, ...]) -> None:
    split = splits.by_generator(clips, "wav", fold=1)
    assert names(split.held_out) == {"a1", "a2", "a3"}
    assert names(split.train) == {"b1", "c1", "d1", "d2", "e1"}
    with pytest.raises(DatasetError, match="in fold 5"):
        splits.by_generator(clips, "wav", fold=5)
    with pytest.raises(DatasetError, match="talk, wav"):
        splits.by_generator(clips, "nobody")


def test_a_speaker_on_both_sides_is_refused(tmp_path: Path) -> None:
    rows = [*ROWS, ("f1", 0, "", "ann", "F", 2)]
    with pytest.raises(DatasetError, match="speaker ann"):
        splits.by_fold(clips_of(tmp_path, rows), 1)


def test_a_source_on_both_sides_is_refused_where_there_are_enough(tmp_path: Path) -> None:
    rows = [*ROWS, ("f1", 0, "", "fay", "A", 2)]
    with pytest.raises(DatasetError, match="source A"):
        splits.by_fold(clips_of(tmp_path / "many", rows), 1)
    few = [("a1", 0, "", "ann", "A", 1), ("a2", 0, "", "bob", "A", 2), ("b1", 1, "wav", "cid", "B", 1)]
    assert splits.by_fold(clips_of(tmp_path / "few", few), 1).shared_sources == ("A",)


def test_something_real_must_be_left(clips: tuple[StoredClip, ...]) -> None:
    fakes = tuple(clip for clip in clips if clip.label)
    with pytest.raises(DatasetError, match="No real clip"):
        splits.everything(fakes)


def test_speakers_and_generators_are_weighed(tmp_path: Path) -> None:
    rows = [(f"a{n}", 0, "", "ann", "A", 1) for n in range(10)] + [("b", 0, "", "bob", "B", 1)]
    shares = clip_shares(clips_of(tmp_path / "real", rows))
    assert shares.sum() == pytest.approx(1)
    assert shares[:10].sum() / shares[10] == pytest.approx(10**0.3)
    rows = [(f"a{n}", 1, "wav", f"s{n}", "A", 1) for n in range(9)] + [("b", 1, "talk", "bob", "B", 1)]
    shares = clip_shares(clips_of(tmp_path / "fake", rows))
    assert shares[:9].sum() / shares[9] == pytest.approx(3)


def test_windows_are_drawn_by_share_and_begin_where_they_can(clips: tuple[StoredClip, ...]) -> None:
    sampler = ClipSampler([clip for clip in clips if not clip.label], 5)
    rng = np.random.default_rng(0)
    drawn = [sampler.draw(rng) for _ in range(600)]
    counts = Counter(place.clip.id for place in drawn)
    for clip, share in zip(sampler.clips, sampler.shares, strict=True):
        assert counts[clip.id] / 600 == pytest.approx(share, abs=0.06)
    assert {place.row for place in drawn} == set(range(8))
    place = drawn[0]
    for _ in range(20):
        other = sampler.other_speaker(place.clip, rng)
        assert other is not None
        assert other.record.speaker != place.clip.record.speaker
        moment = sampler.another_moment(place, rng)
        assert moment.clip is place.clip
        assert abs(moment.row - place.row) >= 5 or not {place.row - 5, place.row + 5} & set(range(8))
