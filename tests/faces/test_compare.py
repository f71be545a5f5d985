"""`compare`, the whole way: logs, databases and ranges of time; text, JSON and exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from rich.cells import cell_len

from logdiag.faces import comparison, contrast
from logdiag.model import Source
from logdiag.timeline import Batch
from tests.faces.filled import SAMPLES, batch, connection, event, finding, leaky, timeline
from tests.faces.running import run
from tests.faces.test_text import HOSTILE, poisoned

LEAKY, FIXED = SAMPLES / "node-leaky.log", SAMPLES / "node-fixed.log"


def compared(*args: str | Path) -> dict[str, Any]:
    """The document, which is what its schema says, and whose exit code is the command's."""
    result = run("compare", *args, "--format", "json")
    told: dict[str, Any] = json.loads(result.stdout)
    validator = Draft202012Validator(json.loads(comparison.schema()))
    assert [] == [error.message for error in validator.iter_errors(told)]
    assert told["exit_code"] == result.exit_code
    return told


@pytest.mark.parametrize(
    ("before", "after", "verdict", "code"),
    [
        ("node-leaky.log", "node-fixed.log", "fixed", 0),
        ("uvicorn-leaky.log", "uvicorn-healthy.log", "fixed", 0),
        ("node-leaky-noids.log", "node-fixed.log", "fixed", 0),
        ("node-leaky.log", "socketio-leaky.log", "no_change", 1),
        ("node-fixed.log", "node-leaky.log", "worse", 1),
        ("node-fixed.log", "uvicorn-healthy.log", "no_change", 0),
        ("uvicorn-leaky.log", "uvicorn-new.log", "cannot_tell", 4),
        ("nginx-access.log", "node-fixed.log", "cannot_tell", 4),
    ],
)
def test_the_sample_logs_are_told_apart(before: str, after: str, verdict: str, code: int) -> None:
    """Real servers before and after their fix, and what cannot be compared."""
    told = compared(SAMPLES / before, SAMPLES / after)
    assert (verdict, code) == (told["verdict"], told["exit_code"])


def test_the_document_has_both_sides() -> None:
    """Numbers in pairs, rates per opening and per minute, what became of the findings."""
    told = compared(LEAKY, FIXED)
    (service,) = told["services"]
    assert (str(LEAKY), str(FIXED)) == (told["before"]["what"], told["after"]["what"])
    assert ("node-leaky", "node-fixed") == (service["before"], service["after"])
    numbers = {name: tuple(pair.values()) for name, pair in service["numbers"].items()}
    assert {
        "opened": (27, 22), "leaked": (7, 0), "leaked_per_100": (25.93, 0), "live_at_end": (7, 0),
        "live_peak": (9, 5), "auth_failures_per_100": (29.63, 36.36),
    }.items() <= numbers.items()  # fmt: skip
    assert [("auth-loading-race", "gone", 7, 0)] == [
        (one["rule"], one["outcome"], one["before"], one["after"]) for one in service["findings"]
    ]


@pytest.mark.parametrize("swapped", [False, True])
def test_a_side_without_a_connection_proves_nothing(tmp_path: Path, swapped: bool) -> None:
    """A mistyped path does not pass."""
    other = tmp_path / "notes.log"
    other.write_text("Nothing of the kind.\n" * 3, "utf-8")
    sides = [other, FIXED] if swapped else [FIXED, other]
    assert ("cannot_tell", 4) == ((told := compared(*sides))["verdict"], told["exit_code"])
    assert "No line says that a connection opened." in told["reason"]


def test_a_short_log_after_proves_nothing(tmp_path: Path) -> None:
    """A handful of clean connections may be luck; how many it takes is said."""
    short = tmp_path / "after.log"
    short.write_text("".join(FIXED.read_text("utf-8").splitlines(keepends=True)[:30]), "utf-8")
    result = run("compare", LEAKY, short)
    assert 4 == result.exit_code
    assert "CANNOT TELL  node-leaky -> after: No leak after, but in" in result.stdout
    assert "it takes 10." in " ".join(result.stdout.split())


def test_the_text_is_the_verdict_the_numbers_and_the_findings() -> None:
    """A line each, within 80 columns; what the log does not tell is left out."""
    text = run("compare", LEAKY, FIXED).stdout
    lines = [re.sub(r" +", " ", line).strip() for line in text.splitlines()]
    assert [f"before {LEAKY}", f"after {FIXED}", "", "FIXED node-leaky -> node-fixed: 7 of 27 "
            "connections leaked before, none of 22"] == lines[1:5]  # fmt: skip
    assert {
        "Leaked of 100 opened 25.9 0 -100 %", "Length of the log 27 s 26 s -5 %",
        "Lifetime, median 2.7 s 2.7 s",
        "gone 7 -> 0 auth-loading-race: Connections opened while requests fail",
    } <= set(lines)  # fmt: skip
    assert "Clients" not in text
    assert 80 >= max(map(len, text.splitlines()[4:]))


def phases(source: Source) -> Batch:
    """Three connections leak in the first minute, none of forty in the second one."""
    lives = [connection(source, n) for n in (1, 2, 3)]
    lives += [connection(source, n, state="closed", closed_at=None) for n in range(60, 100)]
    lives[3:] = [one._replace(closed_at=(one.opened_at or 0) + 1) for one in lives[3:]]
    events = [event(source, one.number) for one in lives]
    found = finding(source, connections=(1, 2, 3), connections_total=3)
    return batch(source, events, lives, [found])


@pytest.mark.parametrize(
    ("before", "after", "verdict", "leaked"),
    [
        ("..2025-11-20T12:01", "2025-11-20T12:01..", "fixed", (3, 0)),
        ("2025-11-20T12:00..12:01", "2025-11-20T12:01:00Z..12:03", "fixed", (3, 0)),
        ("..39s", "39s..", "fixed", (3, 0)),
        ("39s..", "..39s", "worse", (0, 3)),
        ("39s..20s", "20s..", "no_change", (0, 0)),
        ("2025-11-20T12:01..", "2025-11-25..", "cannot_tell", (0, None)),
        ("..2025-11-10", "2025-11-20T12:01..", "cannot_tell", (None, 0)),
    ],
)
def test_ranges_of_one_database_are_compared(
    tmp_path: Path, before: str, after: str, verdict: str, leaked: tuple[int | None, int | None]
) -> None:
    """What leaked before a fix is still open after it, and counts for the range it opened in."""
    told = compared(before, after, "--db", timeline(tmp_path / "t.db", phases))
    (service,) = told["services"]
    assert (verdict, leaked) == (told["verdict"], tuple(service["numbers"]["leaked"].values()))
    lengths = service["numbers"]["seconds"].values()
    assert all(length is None or length >= 0 for length in lengths)


def test_databases_are_compared_service_by_service(tmp_path: Path) -> None:
    """By name; one that is on one side only is told; `--service` picks one."""
    before, after = tmp_path / "before.db", tmp_path / "after.db"
    for db in (before, after):
        timeline(db, phases if db == before else leaky)
        timeline(db, lambda source: batch(source, [event(source, 1)], [], []), db.stem, "x.log")
    told = compared(before, after)
    assert [(None, "after"), ("app", "app"), ("before", None)] == [
        (one["before"], one["after"]) for one in told["services"]
    ]
    assert 1 == told["exit_code"]
    assert ["app"] == [
        one["after"] for one in compared(before, after, "--service", "app")["services"]
    ]


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        ([], 2, "Try: logdiag compare BEFORE AFTER"),
        ([LEAKY], 2, "There are two things to compare."),
        ([LEAKY, "none.log"], 3, "there is no such file"),
        ([LEAKY, "1h..2h"], 3, "There is no database at"),
        ([LEAKY, FIXED, "--format", "junit"], 2, "junit"),
        ([LEAKY, FIXED, "--service", "app"], 2, "Known: node-leaky."),
        (["1h..2h", "1h..", "--db", "{db}"], 2, "FROM 1h is not before TO 2h."),
        (["9:00..10:00", "1h..", "--db", "{db}"], 2, "9:00..10:00: a range needs a day."),
        (["1h..", "..10:00", "--db", "{db}"], 2, "Write it like 2026-01-31T10:00..11:00."),
    ],
)
def test_what_cannot_be_compared_is_said(
    tmp_path: Path, args: list[str | Path], code: int, message: str
) -> None:
    """In the words of the commands that read."""
    db = timeline(tmp_path / "t.db", phases)
    result = run("compare", *(str(arg).replace("{db}", str(db)) for arg in args))
    assert (code, True) == (result.exit_code, message in result.stderr)


def test_its_schema_is_printed() -> None:
    """Without anything to compare."""
    assert (0, comparison.schema()) == (
        (result := run("compare", "--schema")).exit_code, result.stdout,
    )  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_of_strangers_steers_the_terminal(name: str) -> None:
    """Names and titles are shown as text, within 80 columns."""
    told = compared(LEAKY, FIXED)
    hostile = poisoned(told, HOSTILE[name])
    for key in ("what", "before", "after"):
        hostile["services"][0][key] = HOSTILE[name]
        if key != "what":
            hostile[key]["what"] = HOSTILE[name]
    text = contrast.render(hostile)
    assert not [char for char in text if char != "\n" and not char.isprintable()]
    assert 80 >= max(map(cell_len, text.splitlines()))


@pytest.mark.parametrize(
    ("log", "unknown"),
    [
        ("uvicorn-healthy.log", {"clients", "held_max"}),
        ("nginx-access.log", {"opened", "opened_per_minute", "live_at_end", "live_peak", "leaked"}),
    ],
)
def test_what_nobody_can_know_is_null(log: str, unknown: set[str]) -> None:
    """Whose connections are left where closes name nobody; what is live where no line opens."""
    told = run("compare", SAMPLES / log, SAMPLES / log, "--format", "json")
    numbers = json.loads(told.stdout)["services"][0]["numbers"]
    assert unknown <= {name for name, pair in numbers.items() if pair["after"] is None}
