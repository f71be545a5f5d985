from __future__ import annotations

import json
import os
import random
import re
import select
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.corpora import START, Server
from tests.engines.running import append, dump, ingested

ROOT = Path(__file__).parents[2]
KILLS = 50
DEADLINE = 20.0  # seconds; for what must happen


class Application:
    """A service that writes an application log and an access log, and rotates the first."""

    def __init__(self, directory: Path, dice: random.Random) -> None:
        self.directory = directory
        self.written: Counter[str] = Counter()
        self._dice = dice
        self._server = Server(dice, leaks=5)
        self._milliseconds = 0
        self._rotations = 0
        directory.mkdir()

    def work(self, lines: int) -> None:
        """Write some lines, one after the other; a reader may see half of one."""
        for _ in range(lines):
            self._milliseconds += self._dice.randint(1, 4)
            now = START.timestamp() + self._milliseconds / 1000
            moment = datetime.fromtimestamp(now, UTC)
            said = self._server.step(self._milliseconds * 5 / 1000)
            if "authHeader" in said:
                name, line = "access.log", _request(said, moment)
            else:
                name, line = "app.log", f"{moment:%FT%T}.{moment.microsecond // 1000:03d}Z {said}"
            self.written[line.rstrip("\n")] += 1
            cut = self._dice.randrange(len(line))
            append(self.directory / name, line[:cut].encode())
            append(self.directory / name, line[cut:].encode())

    def rotate(self) -> None:
        """As logrotate does with `create`."""
        app = self.directory / "app.log"
        if not app.exists():
            return
        for number in range(self._rotations, 0, -1):
            app.with_name(f"app.log.{number}").rename(app.with_name(f"app.log.{number + 1}"))
        app.rename(app.with_name("app.log.1"))
        app.touch()
        self._rotations += 1


def _request(said: str, moment: datetime) -> str:
    path = said.split()[2]
    stamp = f"{moment:%d/%b/%Y:%T} +0000"
    return f'127.0.0.1 - - [{stamp}] "GET {path} HTTP/1.1" 401 36 "-" "curl/8.8.0"\n'


class Keeper:
    """Starts watches and kills them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = 0

    def start(self, how: str = "") -> None:
        """A new watch."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{how}\n")
        self._process.stdin.flush()
        self.pid = int(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def lives(self, seconds: float) -> bool:
        """Whether the watch is still alive after that time; tells at once when it is not."""
        return not select.select([self._process.stdout], [], [], seconds)[0]

    def end(self, number: int | None = None) -> int:
        """Send a signal, if any, and wait for the end: the exit code, or minus the signal."""
        if number is not None:
            os.kill(self.pid, number)
        return int(self._line())


@contextmanager
def keeper(directory: Path, db: Path) -> Iterator[Keeper]:
    """A keeper for one directory and one database."""
    command = [sys.executable, "-m", "tests.faults.keeper", str(directory), str(db)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        yield Keeper(process)
        assert process.stdin is not None
        process.stdin.close()


def stored(db: Path) -> int:
    """Bytes that were read and committed so far."""
    try:
        with closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT total(offset) FROM sources").fetchone()[0])
    except sqlite3.OperationalError:
        return 0  # not there yet


def wait_for_more(keep: Keeper, db: Path, than: int) -> None:
    """Wait until more bytes than these are stored."""
    for _ in range(int(DEADLINE / 0.01)):
        if stored(db) > than:
            return
        assert keep.lives(0.01)
    raise AssertionError(f"nothing was stored for {DEADLINE} s")


def canonical(lines: list[str]) -> list[str]:
    """A dump in which all parts of a log have the same name, whenever they were rotated."""
    return sorted(re.sub(r'"(app|access)\.log[.#0-9]*"', r'"\1.log"', line) for line in lines)


def texts(lines: list[str]) -> Counter[str]:
    """The lines that became events."""
    items = map(json.loads, lines)
    return Counter(item["text"] for item in items if item["table"] == "events")


def test_killed_fifty_times(tmp_path: Path) -> None:
    """Kill -9 at fifty moments, while the logs grow and rotate: every line is there, once."""
    dice = random.Random(20261123)
    logs, db = tmp_path / "service", tmp_path / "live.db"
    application = Application(logs, dice)
    ends, busy = [], 0
    with keeper(logs, db) as keep:
        for _ in range(KILLS):
            before = stored(db)
            keep.start()
            application.work(dice.randint(0, 40))
            if dice.random() < 0.6:
                application.work(1)
                wait_for_more(keep, db, before)
                application.work(dice.randint(0, 40))
            if dice.random() < 0.3:
                application.rotate()
                application.work(dice.randint(0, 20))
            assert keep.lives(dice.random() * 0.08)
            ends.append(keep.end(signal.SIGKILL))
            busy += stored(db) > before
        keep.start("once")
        assert 0 == keep.end()
    assert [-signal.SIGKILL] * KILLS == ends
    assert busy > KILLS // 2
    assert application.written == texts(dump(db))
    assert canonical(ingested(tmp_path / "whole.db", logs)) == canonical(dump(db))


def test_stopped_by_sigterm(tmp_path: Path) -> None:
    """An orderly end leaves what an ingest of the same bytes leaves, also when it goes on."""
    dice = random.Random(7)
    logs, db = tmp_path / "service", tmp_path / "live.db"
    application = Application(logs, dice)
    with keeper(logs, db) as keep:
        for life in range(5):
            before = stored(db)
            keep.start()
            application.work(150)
            wait_for_more(keep, db, before)
            assert 0 == keep.end(signal.SIGTERM)
            assert 0 == _once(keep)  # what was written after the last look
            whole = ingested(tmp_path / f"whole{life}.db", logs)
            assert canonical(whole) == canonical(dump(db))


def _once(keep: Keeper) -> int:
    keep.start("once")
    return keep.end()
