"""The ways in which other tailers lost or repeated lines, one by one."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from logdiag.model import SECOND, Gap
from logdiag.tailing.departed import LONGEST_WAIT
from logdiag.tailing.fingerprint import DISTINCT_SIZE
from logdiag.tailing.pool import OPEN_FILES
from tests.tailing.following import Follower, append


def open_files(directory: Path) -> int:
    """Descriptors of this process that lead into the directory."""
    count = 0
    for link in Path("/proc/self/fd").iterdir():
        try:
            count += str(link.readlink()).startswith(f"{directory}/")
        except OSError:
            continue
    return count


def test_inode_reused_while_down(tmp_path: Path) -> None:
    """Another file at the same inode is read from its start, and a gap is told (pitfall 1)."""
    log = tmp_path / "app.log"
    append(log, "one\ntwo\n")
    follower = Follower(tmp_path).sweep()
    with log.open("r+b") as file:  # the same inode, other bytes, and more of them
        file.write(b"three\nfour\nfive\n")
    follower.restart()
    follower.settle()
    assert [b"one", b"two", b"three", b"four", b"five"] == follower.lines()
    assert [(1, None)] == [(gap.source.id, gap.size) for gap in follower.gaps]


def test_deleted_and_made_anew_between_sweeps(tmp_path: Path) -> None:
    """A new file under the old name is a new source, the old one is read to its end (1, 11)."""
    log = tmp_path / "app.log"
    append(log, "one\n")
    follower = Follower(tmp_path).sweep()
    append(log, "two\n")
    log.unlink()
    append(log, "three\n")
    follower.settle()
    assert {b"one", b"two", b"three"} == set(follower.lines())
    assert 3 == len(follower.lines())
    assert [] == follower.gaps


def test_registry_forgets_the_deleted(tmp_path: Path) -> None:
    """A file deleted while down is told once, and never again (pitfall 2)."""
    log = tmp_path / "app.log"
    append(log, "one\n")
    append(tmp_path / "other.log", "other\n")
    follower = Follower(tmp_path).sweep()
    log.unlink()
    follower.restart()
    follower.settle()
    assert ["deleted while nobody was looking"] == [gap.reason for gap in follower.gaps]
    follower.restart()
    follower.settle()
    assert 1 == len(follower.gaps)
    assert [True, False] == follower.ended()


@pytest.mark.parametrize("new", ["four\n", "four\nfive\nsix\nseven\n"])
def test_truncated_in_place(tmp_path: Path, new: str) -> None:
    """Shorter, or grown past the old offset again: it starts over, with a gap (pitfall 3)."""
    log = tmp_path / "app.log"
    append(log, "one\ntwo\n")
    follower = Follower(tmp_path).sweep()
    log.write_text(new)
    follower.sweep()
    assert ["one", "two", *new.split()] == [line.decode() for line in follower.lines()]
    assert [Gap(follower.sources[1], 8, None, "truncated", follower.clock)] == follower.gaps
    assert [True, False] == follower.ended()


def test_gap_says_how_much(tmp_path: Path) -> None:
    """Where bytes were seen but not read before the truncation, the gap has their number."""
    log = tmp_path / "app.log"
    append(log, "one\nunfinished")
    follower = Follower(tmp_path).sweep()
    log.write_text("2\n")
    follower.sweep()
    assert [(4, 10)] == [(gap.offset, gap.size) for gap in follower.gaps]


def test_hole_after_copytruncate(tmp_path: Path) -> None:
    """A writer without O_APPEND goes on at its old offset; the hole before it is no line (3)."""
    log = tmp_path / "app.log"
    with log.open("wb", buffering=0) as file:
        file.write(b"one\ntwo\n")
        follower = Follower(tmp_path).sweep()
        log.with_name("app.log.1").write_bytes(log.read_bytes())
        os.truncate(log, 0)
        file.write(b"three\nfour\n")
        follower.settle()
    assert [b"one", b"two", b"three", b"four"] == follower.lines()
    assert 8 == follower.positions[2].missed


@pytest.mark.parametrize("names", [("a.log", "b.log"), ("app.log", "app.log.1")])
def test_identical_files(tmp_path: Path, names: tuple[str, str]) -> None:
    """Two live inodes are two files, whatever their content (pitfall 4)."""
    for name in names:
        append(tmp_path / name, "started\nready\n")
    follower = Follower(tmp_path).sweep()
    follower.restart()
    for name in names:
        append(tmp_path / name, f"{name}\n")
    follower.sweep()
    assert 2 == follower.counted()[b"started"]
    assert [1, 1] == [follower.counted()[name.encode()] for name in names]


def test_one_byte_is_enough(tmp_path: Path) -> None:
    """The smallest file is read, and known again (pitfall 5)."""
    log = tmp_path / "app.log"
    append(log, "\n")
    follower = Follower(tmp_path).sweep()
    follower.restart()
    follower.sweep()
    append(log, "a\n")
    follower.sweep()
    assert [b"", b"a"] == follower.lines()
    assert 1 == len(follower.sources)


def test_partial_last_line(tmp_path: Path) -> None:
    """However a line arrives, it is given whole, and only then; also after a restart (6)."""
    log = tmp_path / "app.log"
    follower = Follower(tmp_path)
    for byte in b"one\r\ntwo":
        append(log, bytes([byte]))
        follower.sweep()
        follower.restart()
    assert [b"one\r"] == follower.lines()
    assert 5 == follower.positions[1].offset
    append(log, "\n")
    follower.sweep(100)
    assert [b"one\r", b"two"] == follower.lines()


def test_final_takes_the_tail(tmp_path: Path) -> None:
    """Read once, the unterminated last line counts, and a follower then passes its newline (6)."""
    log = tmp_path / "app.log"
    append(log, "one\ntwo")
    follower = Follower(tmp_path, final=True).sweep()
    assert [b"one", b"two"] == follower.lines()
    assert [True] == [reader.done for reader in follower.tailer.readers()]
    follower.options["final"] = False
    append(log, "\nthree\n")
    follower.restart()
    follower.sweep()
    assert [b"one", b"two", b"three"] == follower.lines()
    assert 0 == follower.positions[1].missed


def test_moved_to_another_inode(tmp_path: Path) -> None:
    """A file copied to another disk is known by its content, if there is enough of it (8)."""
    log = tmp_path / "app.log"
    text = "".join(f"line {number}\n" for number in range(DISTINCT_SIZE))
    append(log, text)
    follower = Follower(tmp_path).sweep()
    (tmp_path / "moved.log").write_bytes(log.read_bytes())
    log.unlink()
    append(tmp_path / "moved.log", "more\n")
    follower.restart()
    follower.sweep()
    assert [*text.encode().split(b"\n")[:-1], b"more"] == follower.lines()
    assert 1 == len(follower.sources)


def test_symlink_is_swapped(tmp_path: Path) -> None:
    """Behind a swapped link is a new source; the old target is read to its end (pitfall 9)."""
    (tmp_path / "real").mkdir()
    logs = tmp_path / "logs"
    logs.mkdir()
    link = logs / "current.log"
    append(tmp_path / "real" / "0.log", "one\n")
    link.symlink_to(tmp_path / "real" / "0.log")
    follower = Follower(logs).sweep()
    append(tmp_path / "real" / "0.log", "two\n")
    append(tmp_path / "real" / "1.log", "three\n")
    link.unlink()
    link.symlink_to(tmp_path / "real" / "1.log")
    follower.settle()
    assert [b"one", b"two", b"three"] == follower.lines()
    assert ["current.log", "current.log"] == [s.path for s in follower.sources.values()]


def test_hints_are_not_needed(tmp_path: Path) -> None:
    """Sweeps alone see everything: no watcher takes part in any of these tests (pitfall 10)."""
    log = tmp_path / "sub" / "app.log"
    follower = Follower(tmp_path).sweep()
    log.parent.mkdir()
    for number in range(3):
        append(log, f"{number}\n")
        follower.sweep()
    assert [b"0", b"1", b"2"] == follower.lines()


def test_deleted_file_is_let_go(tmp_path: Path) -> None:
    """A deleted file is read to its end, closed and stored as ended (pitfall 11)."""
    log = tmp_path / "app.log"
    append(log, "one\n")
    follower = Follower(tmp_path).sweep()
    append(log, "two\nthr")
    log.unlink()
    assert 1 == open_files(tmp_path)
    follower.settle()
    assert [b"one", b"two", b"thr"] == follower.lines()
    assert (0, [True], []) == (open_files(tmp_path), follower.ended(), follower.gaps)


def test_deleted_file_that_is_still_written(tmp_path: Path) -> None:
    """After a bounded wait a deleted file is closed although it grows, with a gap (11)."""
    log = tmp_path / "app.log"
    append(log, "0\n")
    follower = Follower(tmp_path).sweep()
    with log.open("ab", buffering=0) as file:
        log.unlink()
        for number in range(1, 100):
            file.write(b"%d\n" % number)
            follower.sweep()
        assert 1 == open_files(tmp_path)  # the writer's own
    assert list(range(LONGEST_WAIT // SECOND + 1)) == [int(line) for line in follower.lines()]
    assert [True] == follower.ended()
    assert ["deleted, and still written to: no longer followed"] == [
        gap.reason for gap in follower.gaps
    ]


def test_giant_line(tmp_path: Path) -> None:
    """Of an endless line the first bytes are given, the rest is counted (pitfall 13)."""
    log = tmp_path / "app.log"
    append(log, b"one\n" + b"x" * 250)
    follower = Follower(tmp_path, max_line=100, block_size=1 << 18).sweep()
    append(log, b"x" * 250)
    follower.sweep()
    follower.restart()
    append(log, b"\n" + b"y" * 100 + b"\n" + b"z" * 101 + b"\nlast\n")
    follower.sweep()
    expected = [b"one", b"x" * 100, b"y" * 100, b"z" * 100, b"last"]
    assert expected == follower.lines()
    assert 400 + 1 == follower.positions[1].missed
    assert log.stat().st_size == follower.positions[1].offset


def test_device_number_changes(tmp_path: Path) -> None:
    """After a reboot the device may be another; inode and content are the file's (14)."""
    log = tmp_path / "app.log"
    append(log, "one\n")
    follower = Follower(tmp_path).sweep()
    follower.positions[1] = replace(follower.positions[1], device=4711)
    log.rename(tmp_path / "renamed.log")
    append(tmp_path / "renamed.log", "two\n")
    follower.restart()
    follower.sweep()
    assert ([b"one", b"two"], []) == (follower.lines(), follower.gaps)


def test_more_files_than_descriptors(tmp_path: Path) -> None:
    """Hundreds of growing files are followed with a bounded number of open ones."""
    count = OPEN_FILES + 50
    follower = Follower(tmp_path)
    for turn in range(3):
        for number in range(count):
            append(tmp_path / f"{number}.log", f"{number} {turn}\n")
        follower.sweep()
        assert open_files(tmp_path) <= OPEN_FILES
    assert 3 * count == len(set(follower.lines()))
    assert 3 * count == len(follower.lines())


def test_arrival(tmp_path: Path) -> None:
    """Lines that were there before have no arrival; those appended since have one."""
    log = tmp_path / "app.log"
    append(log, "one\n")
    follower = Follower(tmp_path).sweep()
    append(log, "two\n")
    follower.sweep()
    append(tmp_path / "new.log", "three\n")
    follower.sweep()
    arrived = [block.arrived for block in follower.blocks if block.data]
    assert [None, follower.clock - SECOND, follower.clock] == arrived
