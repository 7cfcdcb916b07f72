"""Reports appear whole or not at all, and never on top of the evidence."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lipfd_desktop.errors import ExportError
from lipfd_desktop.report.atomic import open_atomic
from lipfd_desktop.report.csv_report import write_csv
from lipfd_desktop.report.json_report import write_json
from tests.report_support import make_result


def fail_with(code):
    def fail(*_args):
        raise OSError(code, os.strerror(code))

    return fail


def test_new_file_has_the_content_and_the_usual_permissions(tmp_path):
    usual = tmp_path / "usual"
    usual.touch()
    with open_atomic(tmp_path / "report") as stream:
        stream.write(b"all of it")
    assert (tmp_path / "report").read_bytes() == b"all of it"
    assert (tmp_path / "report").stat().st_mode == usual.stat().st_mode
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.skipif(os.name == "nt", reason="needs permissions")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path, mode):
    target = tmp_path / "report"
    target.touch()
    target.chmod(mode)
    with open_atomic(target) as stream:
        stream.write(b"new")
    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert target.read_bytes() == b"new"


@pytest.mark.skipif(os.name == "nt", reason="needs permissions")
def test_a_private_file_is_for_its_owner_alone_from_the_start(tmp_path):
    target = tmp_path / "case"
    target.touch(mode=0o644)
    with open_atomic(target, private=True) as stream:
        assert [stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob(".*.part")] == [0o600]
        stream.write(b"mine")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.parametrize("writer", [write_json, write_csv])
@pytest.mark.parametrize(
    ("code", "words"), [(errno.ENOSPC, "disk is full"), (errno.EACCES, "may not write"), (errno.EIO, "Input/output")]
)
def test_failure_to_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, writer, code, words):
    target = tmp_path / "report"
    target.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", fail_with(code))
    with pytest.raises(ExportError, match=words) as caught:
        writer(make_result(), target)
    assert str(caught.value).startswith("report: could not be written: ")
    assert list(tmp_path.iterdir()) == [target]
    assert target.read_bytes() == b"old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_device_without_room_gives_the_sentence_about_the_full_disk():
    with pytest.raises(ExportError, match="disk is full"):
        write_json(make_result(), Path("/dev/full"))


def test_error_of_the_caller_passes_and_leaves_nothing(tmp_path):
    def interrupted() -> None:
        with open_atomic(tmp_path / "report") as stream:
            stream.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    for target, words in (
        (tmp_path / "missing" / "report", "folder does not exist"),
        (tmp_path / "file" / "report", "not a folder"),
        (tmp_path, "folder of that name"),
        (tmp_path / ("long" * 100), "name is too long"),
    ):
        with pytest.raises(ExportError, match=words):
            write_json(make_result(), target)
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_write_protected_report_is_not_replaced(tmp_path, monkeypatch):
    target = tmp_path / "signed.json"
    target.write_bytes(b"signed")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(ExportError, match="write-protected"):
        write_json(make_result(), target)
    assert target.read_bytes() == b"signed"


@pytest.mark.skipif(sys.platform == "win32", reason="links need privileges on Windows")
@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_source_video_is_never_overwritten(tmp_path, link):
    video = tmp_path / "video.mp4"
    video.write_bytes(b"evidence")
    target = video
    if link is not None:
        target = tmp_path / "report.json"
        link(video, target)
    with pytest.raises(ExportError, match="examined video"):
        write_json(make_result(path=video), target)
    assert video.read_bytes() == b"evidence"


@pytest.mark.skipif(sys.platform == "win32", reason="links need privileges on Windows")
def test_symbolic_link_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    link = tmp_path / "report.json"
    link.symlink_to(tmp_path / "real" / "report.json")
    write_json(make_result(), link)
    assert link.is_symlink()
    assert (tmp_path / "real" / "report.json").stat().st_size > 0


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="needs /dev/stdout")
def test_redirected_stdout_keeps_what_is_there(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"before ")
    script = (
        "from pathlib import Path; from lipfd_desktop.report.atomic import open_atomic\n"
        "with open_atomic(Path('/dev/stdout')) as stream: stream.write(b'report')"
    )
    with log.open("ab") as stream:
        subprocess.run([sys.executable, "-c", script], stdout=stream, cwd=Path(__file__).parents[1], check=True)
    assert log.read_bytes() == b"before report"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipe_is_written_through(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with open_atomic(pipe) as stream:
            stream.write(b"through")
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
