from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest

from logdiag.engines import ingest as ingest_engine
from logdiag.engines import watch as watch_engine
from logdiag.engines.outcome import Outcome
from logdiag.faces.watching import Voice
from logdiag.model import Finding, Source
from logdiag.timeline import Writer
from tests.faces.filled import ROOT, SAMPLES, at, finding
from tests.faces.running import command, run, start

BEGIN = datetime(2026, 11, 20, 10, tzinfo=UTC)
SOURCE = Source(1, "app", "app.log")


def line(seconds: float, text: str) -> str:
    """A line of winston's, so many seconds after ten."""
    return f"{(BEGIN + timedelta(seconds=seconds)).isoformat()[:19]}Z {text}\n"


def mount(number: int) -> str:
    """A refused request, and a connection that opens right after it."""
    return line(20 * number, "warn: GET /api/c/1 - No authHeader or no bearer found") + line(
        20 * number, f"info: WebSocket connection a{number} established. Total: {number + 1}"
    )


MOUNTS = "".join(mount(n) for n in range(5))
LATER = line(400, "warn: GET /api/c/2 - No authHeader or no bearer found")
CLOSES = "".join(
    line(500 + n, f"info: WebSocket connection a{n} closed (code 1001). Total: {4 - n}")
    for n in range(5)
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log in which nothing has happened yet."""
    path = tmp_path / "app.log"
    path.write_text(line(-1, "info: Server listening on port 8080"))
    return path


@pytest.fixture
def watching(log: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that watches the log; it has said so. It hears SIGHUP, even where we do not."""
    ours = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    process = start("watch", log, "--db", tmp_path / "t.db", "--fail-on", "medium")
    signal.signal(signal.SIGHUP, ours)
    with process:
        assert process.stdout is not None
        expected = f"Watching {log} (service app); database {tmp_path / 't.db'}; Ctrl-C stops.\n"
        assert expected == process.stdout.readline()
        yield process
        process.kill()


def told(process: subprocess.Popen[str]) -> tuple[str, str]:
    """The next two lines that the process says."""
    assert process.stdout is not None
    return process.stdout.readline(), process.stdout.readline()


def append(log: Path, text: str) -> None:
    """More lines."""
    with log.open("a") as file:
        file.write(text)


def end(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, str]:
    """Stop the process by a signal; its exit code and what else it said."""
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_watch_tells_what_fires_and_what_is_over(
    watching: subprocess.Popen[str], log: Path, tmp_path: Path
) -> None:
    """Two lines when it fires, two when it resolves, nothing in between; SIGTERM ends it well."""
    append(log, MOUNTS + LATER)
    first, second = told(watching)
    assert first.endswith("Connections opened while requests fail authentication\n")
    assert "Z  FIRING    " in first
    assert second.strip().startswith("app")
    assert second.endswith("5 connections\n")
    append(log, CLOSES)
    first, second = told(watching)
    assert (
        "2026-11-20 10:08:24Z  RESOLVED  Connections opened while requests fail authentication: "
        "closed late after 7 min 4 s\n"
    ) == first
    assert (0, "", "") == end(watching, signal.SIGTERM)
    Writer.open(tmp_path / "t.db").close()  # the lock is free again


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_watch_ends_by_what_is_firing(
    watching: subprocess.Popen[str], log: Path, number: signal.Signals
) -> None:
    """With --fail-on the exit code is 1 while a leak is firing, whatever stops it."""
    append(log, MOUNTS + LATER)
    told(watching)
    assert (1, "", "") == end(watching, number)


def test_sighup_reads_rules_and_formats_anew(watching: subprocess.Popen[str], log: Path) -> None:
    """As of a service: it goes on with what it has, and ends when it is told to."""
    watching.send_signal(signal.SIGHUP)
    assert watching.stderr is not None
    assert "Note: Rules and formats were read anew: " in watching.stderr.readline()
    assert watching.poll() is None
    assert 0 == end(watching, signal.SIGTERM)[0]


def test_the_second_ctrl_c_ends_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one asks to stop; if that takes too long for someone, the second one decides."""
    codes = []

    def leave(code: int) -> NoReturn:
        codes.append(code)
        raise SystemExit(code)

    def busy(*args: Any, stop: threading.Event, **options: Any) -> Outcome:
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        signal.raise_signal(signal.SIGINT)
        return Outcome()

    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.setattr(watch_engine, "watch", busy)
    assert 130 == run("watch", SAMPLES / "seed.log", "--db", tmp_path / "t.db").exit_code
    assert [130] == codes


def test_watch_once_reads_what_is_there(tmp_path: Path) -> None:
    """It tells what leaks and stops; standard input is read to its end."""
    db = tmp_path / "t.db"
    result = run("watch", SAMPLES / "seed.log", "--once", "--db", db, "--fail-on", "medium")
    assert (1, 3) == (result.exit_code, len(result.stdout.splitlines()))
    assert "FIRING    medium: Connections opened while requests fail" in result.stdout
    with (SAMPLES / "seed.log").open("rb") as seed:
        done = subprocess.run(
            command("watch", "-", "--db", tmp_path / "u.db"), stdin=seed, capture_output=True,
            text=True, cwd=ROOT, check=False,
        )  # fmt: skip
    assert (0, "") == (done.returncode, done.stderr)
    assert "FIRING" in done.stdout


def test_what_fired_and_is_over_is_told_in_order(log: Path, tmp_path: Path) -> None:
    """Read at once, it has fired before it is over; two services are told by the clock."""
    log.write_text(log.read_text() + MOUNTS + LATER + CLOSES + LATER.replace("06:40", "09:59"))
    later = tmp_path / "later.log"
    later.write_text(log.read_text().replace("Z ", "+00:00 ").replace("T10:0", "T09:5"))
    result = run("watch", log, later, "--once", "--db", tmp_path / "t.db")
    heads = [line.split("  ") for line in result.stdout.splitlines()[1::2]]
    assert heads == sorted(heads)
    assert 2 * ["FIRING", "RESOLVED"] == [head[1] for head in heads]


def test_watch_stops_when_nobody_listens(log: Path, tmp_path: Path) -> None:
    """`logdiag watch ... | head -1` ends when there is more to say, without a complaint."""
    process = start("watch", log, "--db", tmp_path / "t.db")
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        append(log, MOUNTS + LATER)
        assert (0, "") == (process.wait(timeout=60), process.stderr.read())


def test_sigterm_takes_the_database_of_check_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped in the middle, check removes what it made, and says so with its exit code."""
    made = []

    def stopped(paths: Any, db: Path, *args: Any, **options: Any) -> NoReturn:
        Writer.open(db).close()
        made.append(db.exists())
        signal.raise_signal(signal.SIGTERM)
        raise AssertionError

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(ingest_engine, "ingest", stopped)
    assert 143 == run("check", SAMPLES / "seed.log").exit_code
    assert ([True], []) == (made, list(tmp_path.iterdir()))


def read_terminal(fd: int) -> bytes:
    """What was written to a terminal; nothing once nobody has it open any more."""
    try:
        return os.read(fd, 65_536)
    except OSError:  # Linux: EIO
        return b""


def test_progress_is_shown_on_a_terminal_only(tmp_path: Path) -> None:
    """A bar on stderr where that is a terminal; else nothing."""
    ours, theirs = os.openpty()
    args = command("ingest", SAMPLES / "node-leaky.log", "--db", tmp_path / "t.db")
    with subprocess.Popen(args, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = b"".join(iter(lambda: read_terminal(ours), b""))
        process.communicate(timeout=60)
    os.close(ours)
    assert b"Reading" in shown
    assert "" == run("ingest", SAMPLES / "seed.log", "--db", tmp_path / "t.db").stderr


# The voice


@pytest.fixture
def voice() -> Voice:
    """A voice without colours."""
    return Voice(threading.Event(), colour=False)


def fired(**fields: Any) -> Finding:
    """A finding that fired at 12:00:05."""
    return finding(SOURCE, **fields)


def test_news_is_told_once(voice: Voice, capsys: pytest.CaptureFixture[str]) -> None:
    """A finding that grows is no news; one that fires again is."""
    for one in (
        fired(state="pending"), fired(), fired(connections_total=3), fired(state="resolved"),
        fired(state="resolved"), fired(state="pending"), fired(count=2),
    ):  # fmt: skip
        voice.finding("app", one)
    words = [line.split()[2] for line in capsys.readouterr().out.splitlines()[::2]]
    assert ["FIRING", "RESOLVED", "FIRING"] == words


def test_two_lines_tell_when_what_who_and_how_many(
    voice: Voice, capsys: pytest.CaptureFixture[str]
) -> None:
    """Time, state, level and title; service, group and connections."""
    voice.finding("app", fired())
    assert (
        "2025-11-20 12:00:05Z  FIRING    high: Something leaks\n"
        "                      app, client address 192.0.2.7, 2 connections\n"
    ) == capsys.readouterr().out


def test_what_is_over_begins_with_its_title_and_ends_with_how(
    voice: Voice, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not with what the rule judged, which may be long."""
    note = "Closed late after 4 min 10 s. Others close after 3.5 min; so 2.5 were to be expected."
    voice.finding("app", fired(state="resolved", resolved_at=at(60), note=note))
    assert (
        "2025-11-20 12:01:00Z  RESOLVED  Something leaks: closed late after 4 min 10 s"
    ) == capsys.readouterr().out.splitlines()[0]


def test_no_finding_steers_the_terminal(voice: Voice, capsys: pytest.CaptureFixture[str]) -> None:
    """Escapes and endless paths in a group are written out and cut."""
    voice.finding("a\x1b[31mpp", fired(group={"path": "\x1b[2J" + "x" * 10_000}, title="\x07[red]"))
    out = capsys.readouterr().out
    assert not [char for char in out if char != "\n" and not char.isprintable()]
    assert 400 > max(map(len, out.splitlines()))
    assert "[red]" in out


def test_colours_are_for_terminals(capsys: pytest.CaptureFixture[str]) -> None:
    """The word is the same, the colour comes on top."""
    Voice(threading.Event(), colour=True).finding("app", fired())
    assert "\x1b[31m\x1b[1mFIRING  \x1b[0m" in capsys.readouterr().out
