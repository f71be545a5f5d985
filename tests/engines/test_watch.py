from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from logdiag.engines.watch import watch
from logdiag.errors import TimelineError
from logdiag.timeline import Reader, Writer
from tests.engines.lines import closed, healthy, leak, leak_over, opened, refused
from tests.engines.running import SAMPLES, SETTINGS, Watch, append, dump, findings, ingested

RACE = "auth-loading-race"
SETTLE = 90  # seconds


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log that is there, and empty."""
    path = tmp_path / "app.log"
    path.touch()
    return path


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Where the database is to be."""
    return tmp_path / "state" / "live.db"


def lives(db: Path) -> list[tuple[str, str]]:
    """Name and state of each connection."""
    with Reader.open(db) as reader:
        return [(life.name, life.state) for life in reader.connections("app")]


# Rotation


@pytest.mark.parametrize("how", ["create", "copytruncate"])
@pytest.mark.parametrize("down", [False, True], ids=["live", "down"])
def test_connection_across_a_rotation(log: Path, db: Path, how: str, down: bool) -> None:
    """Opened before a rotation, closed after it: one connection, and it is closed."""
    append(log, opened("a") + healthy(3))
    watch = Watch([log], db).step()
    if down:
        watch.kill()
    old = log.with_name("app.log.1")
    if how == "create":
        log.rename(old)
        log.touch()
    else:
        old.write_bytes(log.read_bytes())
        os.truncate(log, 0)
        if not down:
            watch.step(1)
    append(log, closed("a", 60))
    if down:
        watch.start()
    watch.step(1).step(1).stop()
    assert [(name, "closed") for name in ("a", "h0", "h1", "h2")] == sorted(lives(db))


def test_lost_lines_are_told(log: Path, db: Path) -> None:
    """Where bytes are gone unread, a connection open meanwhile is unknown, not leaked."""
    append(log, leak())
    watch = Watch([log], db).step()
    watch.kill()
    log.write_bytes(b"another content altogether\n" * 3)
    watch.start()
    watch.step(1).step(SETTLE).step(SETTLE).stop()
    assert ["unknown"] * 4 == [state for _, state in lives(db)]
    assert any("lines are missing at byte" in notice for notice in watch.notices)
    assert watch.pipeline.outcome.incomplete
    assert [] == [finding for finding in findings(db) if finding[1] == "firing"]


# Time


def test_log_without_a_clock(log: Path, db: Path) -> None:
    """The seed log, appended live, becomes a finding by nothing but silence."""
    watch = Watch([log], db)
    for line in (SAMPLES / "seed.log").read_bytes().splitlines(keepends=True):
        append(log, line)
        watch.step(1)
    watch.step(SETTLE - 1)
    assert [] == watch.told
    watch.step(1)
    assert [(RACE, "firing")] == watch.told == findings(db)
    for _ in range(10):
        watch.step(1)
    assert [(RACE, "firing")] == watch.told == findings(db)


def test_pending_ripens_in_silence(log: Path, db: Path) -> None:
    """What is pending fires when it held long enough, though nothing more is written."""
    append(log, leak())
    watch = Watch([log], db).step().step(3)
    assert [(RACE, "pending")] == findings(db)
    for _ in range(SETTLE - 10):
        watch.step(1)
    assert [(RACE, "pending")] == findings(db)
    for _ in range(20):
        watch.step(1)
    assert [(RACE, "firing")] == watch.told == findings(db)


def test_noise_is_no_sign_of_life(log: Path, db: Path) -> None:
    """Lines that tell nothing about connections do not keep a finding from ripening."""
    append(log, leak())
    watch = Watch([log], db)
    for _ in range(SETTLE + 10):
        append(log, b"GET /health 200\n")
        watch.step(1)
    assert [(RACE, "firing")] == watch.told


def test_busy_log_without_a_clock(log: Path, db: Path) -> None:
    """A log without times that never rests is judged as it comes."""
    watch = Watch([log], db)
    for _ in range(50):
        append(log, b"info: New WebSocket connection established. Total connections: 1\n")
        watch.step(0.5)
    assert 50 == len(lives(db))
    assert 0 == watch.pipeline.service("app").sequence.waiting


def test_silence_writes_nothing(log: Path, db: Path) -> None:
    """While nothing happens, and nothing comes of it, the database is left alone."""
    append(log, leak())
    watch = Watch([log], db).step(1)
    for _ in range(2 * SETTLE):
        watch.step(1)
    before = watch.writer._connection.total_changes
    for _ in range(100):
        watch.step(1)
    assert before == watch.writer._connection.total_changes


# Telling


def test_told_once(log: Path, db: Path) -> None:
    """A finding is told when it fires, not again after a restart; and once when it is over."""
    append(log, leak())
    watch = Watch([log], db).step(1)
    watch.stop()
    assert [(RACE, "firing")] == watch.told
    for _ in range(3):
        watch.start()
        watch.step(1).step(SETTLE).stop()
    assert [(RACE, "firing")] == watch.told
    watch.start()
    append(log, leak_over(200))
    watch.step(1).step(SETTLE).stop()
    assert [(RACE, "firing"), (RACE, "resolved")] == watch.told


def test_every_episode_is_kept(log: Path, db: Path) -> None:
    """A leak that fires twice is one finding with a history: followed, killed, or read at once."""
    pieces = [leak(), leak_over(250), leak(1000), leak_over(2500)]
    watch = Watch([log], db)
    for piece in pieces:
        append(log, piece)
        watch.step(1).step(SETTLE)
        watch.kill()
        watch.start()
    watch.stop()
    assert ingested(db.with_name("whole.db"), log) == dump(db)
    with Reader.open(db) as reader:
        (found,) = reader.findings()
    assert (2, "resolved") == (found.finding.count, found.finding.state)
    assert [(1, "resolved", 8)] == [
        (one.count, one.state, len(one.evidence)) for one in found.earlier
    ]


def test_told_too_early(log: Path, db: Path) -> None:
    """What looked like a leak when the input seemed to end, and is none, is told to be over."""
    append(log, leak())
    watch = Watch([log], db).step(1)
    watch.stop()
    assert [(RACE, "firing")] == watch.told
    watch.start()
    append(log, leak_over(10))
    watch.step(1).stop()
    assert [(RACE, "firing"), (RACE, "resolved")] == watch.told
    assert [] == [finding for finding in findings(db) if finding[1] == "firing"]


def test_stop_while_resting(log: Path, db: Path) -> None:
    """A service that rests is stopped, started, and goes on: the same as ingested whole."""
    append(log, leak())
    watch = Watch([log], db).step(1).step(SETTLE)
    watch.stop()
    watch.start()
    watch.step(1).step(SETTLE).step(SETTLE).stop()
    watch.start()
    append(log, refused(300) + opened("z", 301, 5))
    watch.step(1).stop()
    ingested(db.with_name("whole.db"), log)
    assert [(RACE, "firing")] == findings(db.with_name("whole.db")) == findings(db) == watch.told


def test_ready_then_read(log: Path, db: Path) -> None:
    """`on_ready` names the services, each once, before the first finding."""
    append(log, leak())
    told: list[Any] = []
    watch([str(log), f"other={log.parent}"], db, SETTINGS, stop=threading.Event(), once=True,
          on_ready=told.append, on_finding=lambda service, finding: told.append(finding.rule),
    )  # fmt: skip
    assert [["app", "other"], RACE] == told


def test_stdin_ends_the_watch(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A watch of nothing but a pipe ends with it, without being asked to."""
    read, write = os.pipe()
    os.write(write, leak())
    os.close(write)
    saved = os.dup(0)
    os.dup2(read, 0)
    try:
        outcome = watch(["-"], db, SETTINGS, stop=threading.Event())
    finally:
        os.dup2(saved, 0)
    assert 8 == outcome.events
    assert [(RACE, "firing")] == findings(db)


# Writing


def test_write_is_tried_again(log: Path, db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails for a while, whichever it is, loses nothing and doubles nothing."""
    append(log, leak())
    Watch([log], db).step().stop()
    append(log, leak_over(100) + healthy(20))
    failures = iter([True, True, False] * 20)
    for name in ("commit", "register", "take_back"):
        _fails_at_times(monkeypatch, name, failures)
    notices: list[str] = []
    watch([str(log)], db, SETTINGS, stop=threading.Event(), once=True, on_notice=notices.append,
          retry=0)  # fmt: skip
    monkeypatch.undo()
    assert ["no room It is tried again until it works; nothing is lost.",
            "The database can be written again."] == notices[:2]  # fmt: skip
    assert ingested(db.with_name("whole.db"), log) == dump(db)


def _fails_at_times(monkeypatch: pytest.MonkeyPatch, name: str, failures: Any) -> None:
    original = getattr(Writer, name)

    def method(self: Writer, *arguments: Any) -> Any:
        if next(failures):
            raise TimelineError("no room")
        return original(self, *arguments)

    monkeypatch.setattr(Writer, name, method)


def test_stopped_while_nothing_can_be_written(
    log: Path, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who stops a watch that waits for room is told why, and the next one goes on."""
    append(log, leak())
    stop = threading.Event()
    _fails_at_times(monkeypatch, "commit", iter([True] * 9))
    with pytest.raises(TimelineError, match="no room"):
        watch([str(log)], db, SETTINGS, stop=stop, on_notice=lambda text: stop.set())
    monkeypatch.undo()
    watch([str(log)], db, SETTINGS, stop=threading.Event(), once=True)
    assert ingested(db.with_name("whole.db"), log) == dump(db)
