from __future__ import annotations

import gzip
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from logdiag.engines.ingest import ingest
from tests.engines.lines import closed, healthy, leak, opened
from tests.engines.running import SETTINGS, Watch, append, dump, findings, ingested
from tests.faults.children import said

MEGABYTE = 1 << 20
NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[Path]:
    """A directory of one's own, and no rights beyond those of its owner."""
    with tempfile.TemporaryDirectory() as home:
        is_root = os.geteuid() == 0
        if is_root:
            os.chown(home, NOBODY, -1)
            os.seteuid(NOBODY)
        try:
            yield Path(home)
        finally:
            if is_root:
                os.seteuid(0)


def events(db: Path) -> int:
    """How many events are stored."""
    return sum(json.loads(line)["table"] == "events" for line in dump(db))


def test_unreadable_file() -> None:
    """A file that may not be read is a problem, told once; the others are read."""
    with as_nobody() as home:
        logs = home / "service"
        logs.mkdir()
        append(logs / "app.log", leak())
        append(logs / "secret.log", opened("s"))
        (logs / "secret.log").chmod(0)
        outcome = ingest([str(logs)], home / "a.db", SETTINGS)
        said = f"{logs / 'secret.log'}: cannot be read: Permission denied"
        assert [f"{said} Run logdiag as a user that may read it."] == outcome.problems
        assert (8, True) == (outcome.events, outcome.incomplete)
        assert [("auth-loading-race", "firing")] == findings(home / "a.db")
        (logs / "secret.log").chmod(0o600)
        outcome = ingest([str(logs)], home / "a.db", SETTINGS)
        assert (1, False) == (outcome.events, outcome.incomplete)


def test_unreadable_while_watching() -> None:
    """A file that becomes readable is read; while it cannot be, that is said once."""
    with as_nobody() as home:
        log = home / "app.log"
        append(log, opened("a"))
        log.chmod(0)
        watch = Watch([log], home / "a.db").step().step(1).step(1)
        assert 1 == len(watch.notices) == len(watch.pipeline.outcome.problems)
        log.chmod(0o600)
        watch.step(1).stop()
        assert 1 == events(home / "a.db")


@pytest.mark.parametrize("cut", [0.5, 0.9])
def test_damaged_archive(tmp_path: Path, cut: float) -> None:
    """What lies before the damage is kept; the rest is a gap and a problem, also told again."""
    archive, db = tmp_path / "app.log.gz", tmp_path / "a.db"
    data = gzip.compress(healthy(5_000))
    archive.write_bytes(data[: int(len(data) * cut)])
    outcome = ingest([str(archive)], db, SETTINGS)
    assert 10_000 * cut * 0.8 < outcome.events < 10_000
    assert 1 == outcome.gaps
    (problem,) = outcome.problems
    assert f"{archive}: the archive cannot be read to its end" in problem
    assert outcome.incomplete


def test_odd_bytes(tmp_path: Path) -> None:
    """Invalid UTF-8, NULs, control characters and carriage returns do not disturb their lines."""
    log, db = tmp_path / "app.log", tmp_path / "a.db"
    odd = b"\xff\xfe\x00\x80 \x1b[31m" + bytes(range(256)) + b"\n" + b"\0" * 5000 + b"\n"
    text = b"a text, as far as its first page tells\n" * 120
    log.write_bytes(text + odd + opened("a") + odd + closed("a", 5)[:-1] + b"\r\n" + odd)
    outcome = ingest([str(log)], db, SETTINGS)
    assert (2, False) == (outcome.events, outcome.incomplete)


@pytest.mark.parametrize("kind", ["plain", "gz"])
def test_giant_line(tmp_path: Path, kind: str) -> None:
    """A line of 200 MB costs no more memory than any other; what follows is read."""
    log = tmp_path / ("app.log" if kind == "plain" else "app.log.gz")
    with log.open("wb") if kind == "plain" else gzip.open(log, "wb", compresslevel=1) as file:
        file.write(opened("a"))
        for _ in range(200):
            file.write(b"x" * MEGABYTE)
        file.write(b"\n" + closed("a", 5))
    script = """
outcome = ingest([log], db, Settings())
# not ru_maxrss: that begins with the size of the process that started this one
peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(outcome.events, outcome.lines, int(peak) // 1024)
"""
    count, lines, peak = said(script, log, tmp_path / "a.db")[0].split()
    assert ("2", "3") == (count, lines)
    assert 150 > int(peak)


def test_damage_is_the_same_each_time(tmp_path: Path) -> None:
    """What was open where an archive breaks off is unknown since the log's last moment."""
    archive = tmp_path / "app.log.gz"
    noise = os.urandom(200_000).hex().encode() + b"\n"
    archive.write_bytes(gzip.compress(leak() + noise)[:-2_000])
    before = ingested(tmp_path / "1.db", archive)
    lives = [item for item in map(json.loads, before) if item["table"] == "connections"]
    assert [("unknown", "2026-11-23T00:00:03.1Z")] * 4 == [
        (life["state"], life["closed_at"]) for life in lives
    ]
    assert before == ingested(tmp_path / "2.db", archive)
