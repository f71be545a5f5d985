"""What log rotators do, crossed: how they move, how often, and how they name."""

from __future__ import annotations

import gzip
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.tailing.following import Follower, append

LOGROTATE = shutil.which("logrotate", path="/usr/sbin:/usr/bin:/sbin:/bin")


class Rotator:
    """Rotates app.log as configured and keeps at most `keep` old files."""

    def __init__(self, log: Path, *, copy: bool, stamped: bool, keep: int) -> None:
        self.log, self.copy, self.stamped, self.keep = log, copy, stamped, keep
        self.count = 0

    def rotate(self) -> None:
        """One rotation."""
        self.count += 1
        if self.stamped:
            target = self.log.with_name(f"app.log-202401{self.count:02d}")
        else:
            for number in range(self.count, 0, -1):
                old = self.log.with_name(f"app.log.{number}")
                if old.exists():
                    old.rename(self.log.with_name(f"app.log.{number + 1}"))
            target = self.log.with_name("app.log.1")
        if self.copy:
            shutil.copy(self.log, target)
            self.log.write_bytes(b"")
        else:
            self.log.rename(target)
            self.log.touch()
        old_files = sorted(self.log.parent.glob("app.log[.-]*"), key=self._age)
        for path in old_files[: max(0, len(old_files) - self.keep)]:
            path.unlink()

    def _age(self, path: Path) -> int:
        number = int(path.name.lstrip("ap.log-"))
        return number if self.stamped else -number


@pytest.mark.parametrize("given", ["directory", "file"])
@pytest.mark.parametrize("stamped", [True, False], ids=["stamped", "numbered"])
@pytest.mark.parametrize("copy", [True, False], ids=["copytruncate", "move-create"])
@pytest.mark.parametrize("case", ["no-deletion", "deletion", "many-rotations"])
def test_cross_product(tmp_path: Path, case: str, copy: bool, stamped: bool, given: str) -> None:
    """Every line once, in order, with a sweep now and then, whatever the rotation (pitfall 8)."""
    log = tmp_path / "app.log"
    append(log, "line 0\n")
    rotator = Rotator(log, copy=copy, stamped=stamped, keep=2 if case == "deletion" else 99)
    follower = Follower(tmp_path if given == "directory" else log).sweep()
    expected = [b"line 0"]
    for number in range(1, 60):
        append(log, f"line {number} of the log\n")
        expected.append(b"line %d of the log" % number)
        if number % 7 == 3:
            follower.sweep()
        if number % (3 if case == "many-rotations" else 7) == 0:
            rotator.rotate()
        if number % 20 == 0:
            follower.sweep(7)
            follower.restart()
    follower.settle()
    assert Counter(expected) == follower.counted()
    assert [] == follower.gaps


@pytest.mark.skipif(LOGROTATE is None, reason="logrotate is not installed")
@pytest.mark.parametrize("how", ["create", "copytruncate", "nocreate"])
@pytest.mark.parametrize("names", ["dateext\n dateformat -%Y%m%d.NUMBER", "nodateext"])
@pytest.mark.parametrize("compress", ["nocompress", "compress", "compress\n delaycompress"])
def test_real_logrotate(tmp_path: Path, how: str, names: str, compress: str) -> None:
    """Debian's logrotate, forced four times between sweeps and restarts, loses nothing."""
    directory = tmp_path / "log"
    directory.mkdir(mode=0o755)
    log = directory / "app.log"
    config = tmp_path / "logrotate.conf"
    options = f"{log} {{\n su root root\n rotate 9\n {how}\n {names}\n {compress}\n}}\n"
    follower = Follower(directory)
    expected: Counter[bytes] = Counter()
    for number in range(12):
        line = f"line {number} {'x' * number * 40}"
        append(log, line + "\n")
        expected[line.encode()] += 1
        if number % 3 != 1:
            follower.sweep()
        if number % 3 == 2:
            append(log, f"late {number}\n")
            expected[b"late %d" % number] += 1
            config.write_text(options.replace("NUMBER", str(number)))
            config.chmod(0o644)
            command = [str(LOGROTATE), "-f", "-s", str(tmp_path / "state"), str(config)]
            subprocess.run(command, check=True, capture_output=True)
        if number % 6 == 5:
            follower.restart()
    follower.settle()
    assert expected == follower.counted()
    assert [] == follower.gaps


def test_compressed_after_partly_read(tmp_path: Path) -> None:
    """The rest is read from app.log.1.gz at the decompressed offset, nothing twice (pitfall 7)."""
    log = tmp_path / "app.log"
    append(log, "".join(f"line {number}\n" for number in range(100)))
    follower = Follower(tmp_path, block_size=64)
    follower.look()
    follower.read(3)
    follower.tailer.close()
    (tmp_path / "app.log.1.gz").write_bytes(gzip.compress(log.read_bytes()))
    log.write_text("new\n")
    follower.start()
    follower.settle()
    expected = Counter([b"line %d" % number for number in range(100)] + [b"new"])
    assert expected == follower.counted()
    assert ["app.log", "app.log"] == [source.path for source in follower.sources.values()]
    assert [True, False] == follower.ended()


def test_compressed_after_fully_read(tmp_path: Path) -> None:
    """An archive of what was read gives nothing again, following or ingesting (pitfall 7)."""
    log = tmp_path / "app.log"
    append(log, "one\ntwo\n")
    follower = Follower(tmp_path, archives=True).sweep()
    (tmp_path / "app.log.1.gz").write_bytes(gzip.compress(log.read_bytes()))
    log.write_bytes(b"")
    follower.restart()
    follower.settle()
    append(log, "three\n")
    follower.restart()
    follower.settle()
    assert [b"one", b"two", b"three"] == follower.lines()
    assert [] == follower.gaps


def test_copy_without_truncation(tmp_path: Path) -> None:
    """A copy of a log being read, seen before the truncation, is not a second log."""
    log = tmp_path / "app.log"
    append(log, "one\ntwo\n")
    follower = Follower(tmp_path).sweep()
    shutil.copy(log, tmp_path / "app.log.1")
    append(log, "three\n")
    follower.sweep(3)
    assert [b"one", b"two", b"three"] == follower.lines()
    log.write_bytes(b"")
    append(log, "four\n")
    follower.settle()
    follower.restart()
    follower.settle()
    assert [b"one", b"two", b"three", b"four"] == follower.lines()


def test_rotated_while_down(tmp_path: Path) -> None:
    """Renamed twice while nobody looked: the old file goes on, the middle one is new (8)."""
    log = tmp_path / "app.log"
    append(log, "one\n")
    follower = Follower(log).sweep()
    append(log, "two\n")
    log.rename(tmp_path / "app.log.2")
    append(tmp_path / "app.log.1", "three\n")
    append(log, "four\n")
    follower.restart()
    follower.settle()
    assert [b"one", b"two", b"three", b"four"] == follower.lines()
    assert ["app.log", "app.log.1", "app.log"] == [s.path for s in follower.sources.values()]


def test_other_rotations_are_not_asked_for(tmp_path: Path) -> None:
    """Of a file given alone, rotations from before are left alone."""
    log = tmp_path / "app.log"
    append(tmp_path / "app.log.1", "old\n")
    append(log, "one\n")
    follower = Follower(log).settle()
    follower.restart()
    follower.settle()
    assert [b"one"] == follower.lines()


def test_last_line_of_a_rotated_file(tmp_path: Path) -> None:
    """A tail without newline is taken once the writer has gone over to the new file (pitfall 6)."""
    log = tmp_path / "app.log"
    append(log, "one\ntw")
    follower = Follower(tmp_path).sweep()
    log.rename(tmp_path / "app.log.1")
    append(log, "three\n")
    follower.sweep()
    assert [b"one", b"three"] == follower.lines()
    append(tmp_path / "app.log.1", "o")
    follower.settle()
    assert [b"one", b"three", b"two"] == follower.lines()
    assert [True, False] == follower.ended()


@pytest.mark.parametrize(("rest", "lines", "missed"), [
    ("\nlate\n", [b"two", b"late"], 0),
    ("more\nlate\n", [b"two", b"late"], 4),
])  # fmt: skip
def test_tail_that_goes_on(tmp_path: Path, rest: str, lines: list[bytes], missed: int) -> None:
    """After a taken tail only its newline is passed; a rest of that line is counted as missed."""
    log = tmp_path / "app.log"
    append(log, "two")
    follower = Follower(tmp_path)
    follower.sweep()
    log.rename(tmp_path / "app.log.1")
    append(log, "three\n")
    follower.settle()
    follower.restart()
    append(tmp_path / "app.log.1", rest)
    follower.settle()
    assert [*lines, b"three"] == sorted(follower.lines(), key=[*lines, b"three"].index)
    assert missed == follower.positions[1].missed
