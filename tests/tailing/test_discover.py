"""Which files are logs, and what is said about the others."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import sqlite3
import threading
from pathlib import Path

import pytest
import zstandard

from logdiag.tailing import Notice, discover, targets
from tests.tailing.following import Follower, append


def found(path: Path) -> dict[str, str]:
    """Shown path and kind of everything found below."""
    return {one.shown: one.kind for one in discover(targets([str(path)])[0])}


def test_kinds(tmp_path: Path) -> None:
    """Archives are known by their first bytes, whatever they are called."""
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(b"x\n"))
    (tmp_path / "b.log.bz2").write_bytes(bz2.compress(b"x\n"))
    (tmp_path / "c.log.xz").write_bytes(lzma.compress(b"x\n"))
    (tmp_path / "d.log.zst").write_bytes(zstandard.compress(b"x\n"))
    (tmp_path / "e.log.gz").write_bytes(b"not compressed\n")
    (tmp_path / "f.log").write_bytes(b"BZh is how this text begins\n")
    expected = {"a.log.gz": "gz", "b.log.bz2": "bz2", "c.log.xz": "xz", "d.log.zst": "zst",
                "e.log.gz": "plain", "f.log": "plain"}  # fmt: skip
    assert expected == found(tmp_path)


def test_what_is_no_log(tmp_path: Path) -> None:
    """Databases, binary files, pipes and broken links are passed by."""
    with sqlite3.connect(tmp_path / "timeline") as database:
        database.execute("create table t (a)")
    database.close()
    (tmp_path / "wtmp").write_bytes(b"\x01\0\0\0" * 100)
    (tmp_path / "core.png").write_bytes(b"text")
    os.mkfifo(tmp_path / "pipe.log")
    (tmp_path / "link.log").symlink_to(tmp_path / "nowhere")
    (tmp_path / "app.log").write_text("text\n")
    assert {"app.log": "plain"} == found(tmp_path)


def test_order(tmp_path: Path) -> None:
    """Log by log, oldest first, the same at each look."""
    names = ["a.log.2", "a.log.1", "a.log", "b.log", "sub/a.log"]
    (tmp_path / "sub").mkdir()
    for name in reversed(names):
        (tmp_path / name).write_text("x\n")
    assert names == list(found(tmp_path))


def test_loops_and_doubles(tmp_path: Path) -> None:
    """A link to the directory above ends somewhere; a file linked twice is one file."""
    (tmp_path / "app.log").write_text("x\n")
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "aa.log").symlink_to(tmp_path / "app.log")
    (tmp_path / "hard.log").hardlink_to(tmp_path / "app.log")
    assert ["app.log"] == list(found(tmp_path))


def test_directory_without_logs(tmp_path: Path) -> None:
    """An empty directory is no error, it is told."""
    notices: list[Notice] = []
    assert [] == discover(targets([str(tmp_path)])[0], notices)
    assert ["there are no log files in this directory"] == [notice.what for notice in notices]


def test_binary_file_given(tmp_path: Path) -> None:
    """A binary file given by name is not passed by in silence."""
    path = tmp_path / "app.log"
    path.write_bytes(b"a\0b" * 20)
    notices: list[Notice] = []
    assert [] == discover(targets([str(path)])[0], notices)
    assert ["this is not a text file, it is not read"] == [notice.what for notice in notices]


def test_directory_vanishes(tmp_path: Path) -> None:
    """A whole directory that is gone is awaited: nothing in it is called deleted."""
    logs = tmp_path / "logs"
    logs.mkdir()
    append(logs / "app.log", "one\n")
    follower = Follower(logs).sweep()
    logs.rename(tmp_path / "away")
    follower.settle()
    assert ["the directory is not there any more"] == [notice.what for notice in follower.notices]
    (tmp_path / "away").rename(logs)
    append(logs / "app.log", "two\n")
    follower.sweep(2)
    assert ([b"one", b"two"], []) == (follower.lines(), follower.gaps)


def as_nobody(work: object) -> None:
    """Run in a thread that is not root: Linux keeps credentials per thread."""
    failures: list[BaseException] = []

    def run() -> None:
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        setfsuid = 122  # x86-64; the file-system uid of this thread alone
        libc.syscall(setfsuid, 65534)
        try:
            work()  # type: ignore[operator]
        except BaseException as error:  # handed to the test's own thread
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


@pytest.mark.skipif(
    os.geteuid() != 0 or os.uname().machine != "x86_64",
    reason="takes file permissions from one thread by its system call number, as root",
)
def test_permission_lost_and_restored(tmp_path: Path) -> None:
    """It is told once, tried at each sweep, and nothing is lost or called deleted."""
    for path in [tmp_path, *tmp_path.parents]:
        if path.stat().st_uid == 0 and path != Path("/") and path != Path("/tmp"):
            path.chmod(0o755)
    log = tmp_path / "app.log"
    append(log, "one\n")
    follower = Follower(tmp_path).sweep()
    append(log, "two\n")
    log.chmod(0)
    follower.restart()
    as_nobody(lambda: follower.sweep(20))
    assert [b"one"] == follower.lines()
    assert ["cannot be read: Permission denied"] == [notice.what for notice in follower.notices]
    log.chmod(0o644)
    as_nobody(lambda: follower.sweep(2))
    assert ([b"one", b"two"], []) == (follower.lines(), follower.gaps)


def test_a_log_with_a_few_zeros_is_a_log(tmp_path: Path) -> None:
    """A crash leaves some in the middle of a line; the log around them is read."""
    (tmp_path / "app.log").write_bytes(b"info: one\n\0\0\0two\n")
    (target,) = targets([str(tmp_path)])
    assert ["plain"] == [found.kind for found in discover(target)]
