from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from dataset_support import clip_of, made_up, made_up_store
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from lipfd_desktop.dataset.record import ClipRecord
from lipfd_desktop.dataset.store import Store, clip_path, open_clips, pack, write_clip
from lipfd_desktop.errors import DatasetError
from lipfd_desktop.windows.assemble import MIN_FACE_HEIGHT
from lipfd_desktop.windows.context import context_motion, context_strip


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    record, arrays = made_up(frames=12)
    write_clip(tmp_path / "a.safetensors", record, arrays)
    (clip,) = open_clips(tmp_path / "a.safetensors")
    assert clip.record == record
    assert len(clip) == 12
    for name, array in clip.arrays().items():
        np.testing.assert_array_equal(array, arrays[name])
        assert array.dtype == arrays[name].dtype
        assert not array.flags.writeable
    for row in (0, 5, -1):
        first = 0 if row == 0 else arrays["face_ends"][row - 1]
        coded = arrays["face_jpeg"][first : arrays["face_ends"][row]]
        np.testing.assert_array_equal(clip.face(row), cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1])
    assert clip.head(3).shape == (128, 128, 3)
    with pytest.raises(IndexError):
        clip.face(12)


@given(st.text(), st.text(max_size=5), st.floats(-1e6, 1e6), st.integers(0, 10**12))
def test_a_record_survives_its_json(file: str, note: str, start: float, size: int) -> None:
    record = replace(made_up(frames=1)[0], file=file, notes=(note,), mel_start=start, source_bytes=size)
    assert ClipRecord.from_json(record.to_json()) == record


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=7), limit=st.integers(1, 6))
def test_packing_changes_nothing_but_the_files(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], limit: int
) -> None:
    folder = tmp_path_factory.mktemp("pack")
    made = [made_up(f"clip-{number}", frames, seed=number) for number, frames in enumerate(lengths)]
    store = Store.open(made_up_store(folder / "store", made))
    sizes = [sum(array.nbytes for array in arrays.values()) + 16 * 2**10 for _, arrays in made]
    paths = pack(store, folder / "packed", limit=limit * max(sizes) // 2)
    packed = Store.open(folder / "packed")
    assert {clip.file.path for clip in packed.clips} == set(paths)
    assert [clip.record for clip in packed.clips] == [clip.record for clip in store.clips]
    for before, after in zip(store.clips, packed.clips, strict=True):
        for name, array in before.arrays().items():
            np.testing.assert_array_equal(after.arrays()[name], array)
    for path in paths:
        assert path.stat().st_size <= limit * max(sizes) // 2 or len(open_clips(path)) == 1


def test_ids_of_which_one_begins_like_the_other_are_told_apart(tmp_path: Path) -> None:
    folder = made_up_store(tmp_path / "s", [made_up("a", 3), made_up("a-b", 4, seed=1)])
    pack(Store.open(folder), tmp_path / "p")
    packed = Store.open(tmp_path / "p").by_id
    assert (len(packed["a"]), len(packed["a-b"])) == (3, 4)


def test_packing_into_a_store_is_refused(tmp_path: Path) -> None:
    store = Store.open(made_up_store(tmp_path, [made_up()]))
    with pytest.raises(DatasetError, match="holds a store already"):
        pack(store, tmp_path)


def test_a_clip_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    record, arrays = made_up()
    folder = made_up_store(tmp_path, [(record, arrays)])
    write_clip(folder / "shard-00000.safetensors", record, arrays)
    with pytest.raises(DatasetError, match="made-up is in"):
        Store.open(folder)


def test_an_empty_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no extracted clips"):
        Store.open(tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_truncated_file_gives_a_sentence(tmp_path: Path, share: float) -> None:
    path = clip_path(made_up_store(tmp_path, [made_up()]), "made-up")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DatasetError, match=r"made-up\.safetensors.*(delete it|cannot be read)"):
        Store.open(tmp_path)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 3000), value=st.integers(0, 255))
def test_a_changed_header_is_refused_or_harmless(tmp_path: Path, place: int, value: int) -> None:
    path = tmp_path / "a.safetensors"
    write_clip(path, *made_up(frames=3))
    content = bytearray(path.read_bytes())
    content[place] = value
    path.write_bytes(content)
    try:
        (clip,) = open_clips(path)
        shape = clip.face(2).shape
    except DatasetError as error:
        assert "a.safetensors" in str(error)  # noqa: PT017 -- a change that does no harm raises nothing
    else:
        assert shape == (224, 224, 3)


def test_other_files_and_other_versions_are_refused(tmp_path: Path) -> None:
    save_file({"weight": np.zeros(3, np.float32)}, tmp_path / "model.safetensors")
    with pytest.raises(DatasetError, match="holds no clip"):
        Store.open(tmp_path)
    record, arrays = made_up()
    write_clip(tmp_path / "model.safetensors", replace(record, format=99), arrays)
    with pytest.raises(DatasetError, match="format 99"):
        Store.open(tmp_path)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("pts", lambda array: array[:-1]),
        ("poses", lambda array: array.astype(np.float64)),
        ("face_ends", lambda array: array[::-1].copy()),
        ("head_ends", lambda array: array + 1),
        ("mel", lambda array: array[:40]),
    ],
)
def test_arrays_that_do_not_fit_are_never_written(tmp_path: Path, name: str, change: object) -> None:
    record, arrays = made_up()
    with pytest.raises(DatasetError, match=name.split("_", maxsplit=1)[0]):
        write_clip(tmp_path / "a.safetensors", record, {**arrays, name: change(arrays[name])})  # type: ignore[operator]
    with pytest.raises(DatasetError, match="incomplete"):
        write_clip(tmp_path / "a.safetensors", record, {key: one for key, one in arrays.items() if key != name})
    assert not (tmp_path / "a.safetensors").exists()


def test_clips_travel_to_other_processes(tmp_path: Path) -> None:
    clip = Store.open(made_up_store(tmp_path, [made_up()])).clips[0]
    sent = pickle.dumps(clip)
    assert len(sent) < 10_000
    np.testing.assert_array_equal(pickle.loads(sent).landmarks, clip.landmarks)


def test_landmarks_lie_in_the_image_where_the_geometry_puts_them(tmp_path: Path) -> None:
    clip = Store.open(made_up_store(tmp_path, [made_up()])).clips[0]
    points = clip.face_landmarks(7)
    assert points[[33, 263]].mean(axis=0) == pytest.approx([111.5, 66], abs=0.6)
    assert points[[61, 291]].mean(axis=0) == pytest.approx([111.5, 136], abs=0.6)


def test_windows_begin_where_five_frames_follow_each_other(tmp_path: Path) -> None:
    record, arrays = made_up(frames=30)
    arrays = {name: array.copy() for name, array in arrays.items()}
    arrays["cuts"][6] = 1
    arrays["frames"][15:] += 2
    arrays["boxes"][22, 3] = MIN_FACE_HEIGHT - 1
    arrays["pts"][28:] += 0.5
    write_clip(tmp_path / "a.safetensors", record, arrays)
    (clip,) = open_clips(tmp_path / "a.safetensors")
    assert clip.starts().tolist() == [0, 1, *range(6, 11), *range(15, 18), 23]
    assert clip.starts(1).tolist() == [row for row in range(30) if row != 22]
    assert clip.starts(31).tolist() == []


def test_a_window_has_the_context_of_the_analysis(tmp_path: Path) -> None:
    record, arrays = made_up(frames=80)
    arrays = {name: array.copy() for name, array in arrays.items()}
    arrays["cuts"][20] = arrays["cuts"][60] = 1
    arrays["mel"] += np.arange(320, dtype=np.uint8) % 64
    write_clip(tmp_path / "a.safetensors", record, arrays)
    (clip,) = open_clips(tmp_path / "a.safetensors")
    window = clip.window(30)
    middle = (30 / 25 + 35 / 25) / 2
    assert clip.window_time(30).end == pytest.approx(35 / 25)
    np.testing.assert_array_equal(window.pixels[4], clip.face(34))
    assert window.heads is not None
    np.testing.assert_array_equal(window.heads[0], clip.head(30))
    np.testing.assert_array_equal(window.strip, context_strip(clip.mel, middle))
    expected = context_motion(arrays["pts"], arrays["landmarks"], middle, shot=(20 / 25, 60 / 25))
    np.testing.assert_array_equal(window.motion, expected)
    known = np.isfinite(expected[:, 0, 0])
    moments = middle + (np.arange(50) - 24.5) / 25
    assert known[(moments > 0.81) & (moments < 2.39)].all()
    assert not known[(moments < 0.79) | (moments > 2.41)].any()
    assert clip.window_time(75).end == pytest.approx(80 / 25)


def test_relabelling_changes_what_the_manifest_says_and_nothing_else() -> None:
    record, _ = made_up()
    clip = clip_of(Path("elsewhere/new.mp4"), label=1, generator="g", speaker="p", source="r", fold=4, split="dev")
    changed = record.relabelled(clip)
    assert (changed.label, changed.generator, changed.speaker, changed.fold) == (1, "g", "p", 4)
    assert (changed.id, changed.frames, changed.sound_end) == (record.id, record.frames, record.sound_end)
