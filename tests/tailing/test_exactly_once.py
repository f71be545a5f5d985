"""The promise as a property: whatever is written, rotated and stopped, every line once."""

from __future__ import annotations

import gzip
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tailing.following import Follower, append, split

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(1, 90)),
        st.tuples(st.just("line"), st.integers(0, 30)),
        st.tuples(st.just("look"), st.just(0)),
        st.tuples(st.just("read"), st.integers(1, 4)),
        st.tuples(st.just("sweep"), st.just(0)),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("rename"), st.just(0)),
        st.tuples(st.just("copy"), st.just(0)),
        st.tuples(st.just("truncate"), st.just(0)),
        st.tuples(st.just("compress"), st.just(0)),
        st.tuples(st.just("banner"), st.just(0)),
    ),
    max_size=40,
)


class Writer:
    """Writes and rotates, and remembers every life of every file."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log = directory / "app.log"
        self.number = 0
        self.pending = b""
        self.lives: list[bytes] = [b""]
        self.copied: bytes | None = None

    def write(self, size: int) -> None:
        """The next bytes of an endless text of numbered lines, cut anywhere."""
        while len(self.pending) < size:
            self.number += 1
            self.pending += b"line %d %s\n" % (self.number, b"x" * (self.number % 23))
        piece, self.pending = self.pending[:size], self.pending[size:]
        append(self.log, piece)
        self.lives[-1] += piece

    def line(self, _: int) -> None:
        """The rest of the line, so that the log ends with a newline."""
        if not self.pending:
            self.write(1)
        self.write(len(self.pending))

    def banner(self, _: int) -> None:
        """What every file begins with; a process number tells one start from another."""
        if not self.lives[-1] or self.lives[-1].endswith(b"\n"):
            self.number += 1
            piece = b"server started\npid %d\n" % self.number
            append(self.log, piece)
            self.lives[-1] += piece

    def shift(self) -> None:
        """Move each rotated file one number on."""
        for number in range(60, 0, -1):
            for suffix in ("", ".gz"):
                old = self.directory / f"app.log.{number}{suffix}"
                if old.exists():
                    old.rename(self.directory / f"app.log.{number + 1}{suffix}")

    def rename(self, _: int) -> None:
        """Rotation by move and create."""
        self.truncate(0)
        if self.log.exists() and self.lives[-1]:
            self.shift()
            self.log.rename(self.directory / "app.log.1")
            self.log.touch()
            self.lives.append(b"")

    def copy(self, _: int) -> None:
        """The first half of copytruncate."""
        if self.copied is None and b"\n" in self.lives[-1]:
            self.shift()
            shutil.copy(self.log, self.directory / "app.log.1")
            self.copied = self.lives[-1]

    def truncate(self, _: int) -> None:
        """The second half; what was written in between is gone, if nobody read it."""
        if self.copied is not None:
            self.log.write_bytes(b"")
            self.lives.append(b"")
            self.copied = None

    def compress(self, _: int) -> None:
        """Compress the last rotated file, as logrotate's delaycompress does not."""
        path = self.directory / "app.log.1"
        if path.exists() and self.copied is None and b"\n" in path.read_bytes():
            with gzip.open(f"{path}.gz", "wb") as file:
                file.write(path.read_bytes())
            path.unlink()


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, block_size=st.sampled_from([16, 64, 1 << 18]), given_file=st.booleans())
def test_every_line_once(steps: list[tuple[str, int]], block_size: int, given_file: bool) -> None:
    """Pieces, rotations, compressions and restarts in any order lose and repeat nothing."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        writer = Writer(directory)
        path = writer.log if given_file else directory
        writer.banner(0)
        follower = Follower(path, block_size=block_size, max_line=1 << 16)
        follower.sweep()
        race = False
        for action, argument in steps:
            if action == "read":
                follower.read(argument)
                continue
            if action in ("look", "sweep", "restart"):
                # Killed between copying and truncating, after reading what was written in
                # between: only then is nobody left who knows the copy for one.
                if action != "restart" or not race:
                    getattr(follower, action)()
                continue
            if action in ("copy", "compress"):
                # What is copied or compressed was there at the last sweep: of what nothing was
                # ever read, nobody can tell a copy or an archive from another log.
                follower.look()
                follower.taste()
            race = race or (action in ("write", "line", "banner") and writer.copied is not None)
            getattr(writer, action)(argument)
        writer.truncate(0)
        follower.settle()
        tailer_lines = follower.counted()
        last = writer.lives[-1].rpartition(b"\n")
        expected = Counter(
            line for life in [*writer.lives[:-1], last[0] + last[1]] for line in split(life)
        )
        if race:  # what was written between copying and truncating may be gone, nothing twice
            complete = Counter(line for line in expected if line[-1:] == b"x")
            assert Counter() == (tailer_lines - expected) & complete
        else:
            assert [] == follower.gaps
            assert expected == tailer_lines
        follower.tailer.close()
