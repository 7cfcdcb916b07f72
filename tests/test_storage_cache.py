"""The folder of kept results: bounded, private, and never anybody's problem."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from lipfd_desktop.errors import StorageError
from lipfd_desktop.result import AnalysisRequest, Exactness
from lipfd_desktop.storage.cache import FileFindings, ResultCache, ResultKey, default_folder, user_cache
from tests.report_support import frame_times, make_media, make_mel, make_result, make_wave
from tests.storage_support import differences, key


@pytest.fixture
def cache(tmp_path: Path) -> ResultCache:
    return ResultCache(tmp_path / "kept")


def age(cache: ResultCache, seconds: int) -> None:
    """Make everything that is kept older."""
    for path in cache.folder.iterdir():
        changed = path.stat().st_mtime - seconds
        os.utime(path, (changed, changed))


def test_what_was_put_is_got(cache: ResultCache) -> None:
    assert cache.get(key()) is None
    cache.put(key(), make_result())
    found = cache.get(key())
    assert found is not None
    assert differences(found, make_result()) == []
    assert cache.get(key(1)) is None
    assert (cache.size().results, cache.size().opened) == (1, 0)


def test_the_folder_is_that_of_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIPFD_CACHE", str(tmp_path / "chosen"))
    assert ResultCache().folder == default_folder() == tmp_path / "chosen"
    monkeypatch.delenv("LIPFD_CACHE")
    assert "lipfd-desktop" in default_folder().parts


def test_the_variable_switches_keeping_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIPFD_CACHE", " Off ")
    assert user_cache() is None
    monkeypatch.delenv("LIPFD_CACHE")
    assert user_cache() is not None


def test_a_result_is_never_lost_to_the_attempt_to_keep_it(cache: ResultCache, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("lipfd_desktop.storage.cache.write_record", fail)
    cache.put(key(), make_result())
    assert cache.get(key()) is None
    assert cache.size().results == 0


def test_everything_that_decides_the_numbers_is_in_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    request = AnalysisRequest(path=Path("a.mp4"))
    others = {"file_sha256": "ab" * 32, "model_sha256": "cd" * 32, "device": "cpu"}
    base = ResultKey.of(request, **others)
    asked = [
        {"time_range": (0.0, 2.0)}, {"stride": 1}, {"window_frames": 5}, {"face": 0}, {"exactness": Exactness.FAST},
    ]  # fmt: skip
    digests = {ResultKey.of(dataclasses.replace(request, **change), **others).digest for change in asked}
    digests |= {ResultKey.of(request, **(others | {name: "ef" * 32})).digest for name in others}
    monkeypatch.setattr("lipfd_desktop.storage.cache.__version__", "0.0.0")
    digests.add(base.digest)
    monkeypatch.undo()
    digests.add(base.digest)
    assert len(digests) == len(asked) + len(others) + 2
    same = dataclasses.replace(request, path=Path("b.mp4"), threshold=0.9, device="mps")
    assert ResultKey.of(same, **others).digest == base.digest


def test_seconds_are_seconds_however_they_are_spelled() -> None:
    others = {"file_sha256": "ab" * 32, "model_sha256": "cd" * 32, "device": "cpu"}
    spelled = [AnalysisRequest(path=Path("a.mp4"), time_range=edges) for edges in ((0, 5), (0.0, 5.0))]
    one, other = (ResultKey.of(request, **others).digest for request in spelled)
    assert one == other


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_only_the_user_can_read_what_is_kept(cache: ResultCache) -> None:
    cache.put(key(), make_result())
    assert cache.folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in cache.folder.iterdir()] == [0o600]


def test_the_least_recently_used_go_first(cache: ResultCache) -> None:
    for number in range(3):
        cache.put(key(number), make_result())
        age(cache, 10)
    assert cache.get(key(0)) is not None  # now the youngest
    cache.limit_bytes = cache.size().bytes
    cache.put(key(3), make_result())
    assert [cache.get(key(number)) is not None for number in range(4)] == [True, False, True, True]
    assert cache.size().bytes <= cache.limit_bytes


def test_what_is_larger_than_the_limit_is_not_kept(tmp_path: Path) -> None:
    small = ResultCache(tmp_path / "kept", limit_bytes=100)
    small.put(key(), make_result())
    assert small.size().bytes == 0


def test_a_broken_entry_is_deleted_and_unknown(cache: ResultCache) -> None:
    cache.put(key(), make_result())
    (entry,) = cache.folder.iterdir()
    entry.write_bytes(entry.read_bytes()[:-40])
    assert cache.get(key()) is None
    assert list(cache.folder.iterdir()) == []
    cache.put(key(), make_result())
    assert cache.get(key()) is not None


def test_clearing_deletes_what_is_kept_and_nothing_else(cache: ResultCache) -> None:
    cache.put(key(), make_result())
    cache.put_opened("ab" * 32, findings())
    (cache.folder / ".lipfd-0011223344556677.part").write_bytes(b"of a process that was killed")
    own = cache.folder / "thesis.npz"
    own.write_bytes(b"precious")
    assert (cache.size().results, cache.size().opened) == (1, 1)
    cache.clear()
    assert list(cache.folder.iterdir()) == [own]
    assert cache.size().bytes == 0


def test_clearing_what_was_never_made_is_all_right(cache: ResultCache) -> None:
    cache.clear()
    assert not cache.folder.exists()


def test_clearing_that_fails_says_so(cache: ResultCache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.put(key(), make_result())

    def refuse(*_args: object, **_others: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(StorageError, match=r"cannot be deleted \(Permission denied\)"):
        cache.clear()


def findings() -> FileFindings:
    from lipfd_desktop.media.audio import AudioExtent

    return FileFindings(make_media(Path("a.mp4")), frame_times(), make_mel(), AudioExtent(5.0, 9.8, -3.0), make_wave())


def test_a_file_is_known_by_its_size_and_its_hash(cache: ResultCache) -> None:
    size = findings().info.size_bytes
    assert not cache.may_know(size)
    cache.put_opened("ab" * 32, findings())
    assert cache.may_know(size)
    assert not cache.may_know(size // 10)
    found = cache.get_opened("ab" * 32, size)
    assert found is not None
    assert differences(found, findings()) == []
    assert cache.get_opened("cd" * 32, size) is None


@pytest.mark.parametrize("step", ["mkdir", "open", "chmod"])
def test_a_disk_that_refuses_is_not_the_users_problem(
    step: str, cache: ResultCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_others: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, step, refuse)
    cache.put(key(), make_result())
    monkeypatch.undo()
    assert cache.get(key()) is None
    assert not cache.folder.exists() or list(cache.folder.iterdir()) == []


def test_a_folder_that_is_a_file_is_not_the_users_problem(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("in the way")
    cache = ResultCache(tmp_path / "kept")
    cache.put(key(), make_result())
    assert cache.get(key()) is None
    assert not cache.may_know(1)
    assert cache.size().bytes == 0
