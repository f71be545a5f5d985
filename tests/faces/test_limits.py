"""The limits of `check`: kept, broken with proof, or not to be told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.faces.filled import SAMPLES, invalid
from tests.faces.running import run

OPEN = "info: WebSocket connection {id} established"
CLOSE = "info: WebSocket connection {id} closed (code 1000)"
STOP = "info: SIGTERM received, shutting down"


def log(*steps: str) -> str:
    """One line a second: `+a` opens connection a, `-a` closes it; `+a:7` tells a total of 7.

    `!` stops the server.
    """
    lines = []
    for second, step in enumerate(steps):
        name, _, total = step[1:].partition(":")
        words = {"+": OPEN, "-": CLOSE, "!": STOP}[step[0]].format(id=name)
        tail = f". Total: {total}" if total else ""
        lines.append(f"2026-11-20T10:00:{second:02d}.000Z {words}{tail}\n")
    return "".join(lines)


def checked(path: Path, text: str, *options: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit code and the limits of the document; which is what its schema says."""
    path.write_text(text, encoding="utf-8")
    result = run("check", path, *options, "--format", "json", "--fail-on", "critical")
    told = json.loads(result.stdout)
    assert [] == invalid(told)
    return result.exit_code, told["limits"]


@pytest.mark.parametrize(
    ("steps", "options", "code", "outcome", "found", "lines"),
    [
        ("+a -a +b -b", "--max-live 1", 0, "kept", 1, []),
        ("+a +b -a -b", "--max-live 1", 1, "broken", 2, [1, 2]),
        ("+a +b -a -b", "--max-live 2", 0, "kept", 2, []),
        ("+a -a +b +c +d -b -c -d", "--max-live 1", 1, "broken", 3, [3, 4]),
        ("+a +b", "--max-live 1", 4, "cannot_tell", None, [1, 2]),  # are closes logged at all?
        ("+a:1 +b:2", "--max-live 1", 1, "broken", 2, [1, 2]),  # the server says so itself
        ("-a -b", "--max-live 1", 4, "cannot_tell", None, []),
        ("+a -a +b -b", "--all-closed", 0, "kept", 0, []),
        ("+a +b -b", "--all-closed", 1, "broken", 1, [1]),
        ("+a +b +c -b", "--all-closed", 1, "broken", 2, [1, 3]),
        ("+a", "--all-closed", 4, "cannot_tell", None, [1]),
        ("+a:1", "--all-closed", 1, "broken", 1, [1]),
        # A stop for good closes nothing: what was there then was left.
        ("+a -a +b +c !", "--all-closed", 1, "broken", 2, [3, 4]),
        ("+a:1 +b:2 !", "--all-closed", 1, "broken", 2, [1, 2]),
        ("+a +b !", "--all-closed", 4, "cannot_tell", None, [1, 2]),  # are closes logged at all?
        ("+a +b ! -a -b", "--all-closed", 1, "broken", 2, [1, 2]),  # closed by the stop
        ("+a +b -a -b !", "--all-closed", 0, "kept", 0, []),
        ("+a -a +b ! +c -c", "--all-closed", 0, "kept", 0, []),  # a restart, and it went on
        ("+a -a +b ! +c -c +d !", "--all-closed", 1, "broken", 1, [7]),
        ("+a -a +b -b", "--max-per-client 1", 0, "kept", 0, []),
        ("+a +b -a -b", "--max-per-client 1", 4, "cannot_tell", None, []),
    ],
)
def test_a_limit_is_exact_and_proven(
    tmp_path: Path, steps: str, options: str, code: int, outcome: str, found: int | None,
    lines: list[int],
) -> None:  # fmt: skip
    """N is allowed, N + 1 is not; the last line of the proof broke it; no proof, no verdict."""
    told = checked(tmp_path / "app.log", log(*steps.split()), *options.split())
    assert code == told[0]
    assert [(outcome, found, lines)] == [
        (one["outcome"], one["found"], [line["line"] for line in one["evidence"]])
        for one in told[1]
    ]


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ("+a -a +b", "1 connection never closed."),
        ("+a -a +b !", "1 was left when the server stopped."),
        ("+a -a +b +c +d !", "3 were left when the server stopped."),
    ],
)
def test_who_was_left_says_when(tmp_path: Path, steps: str, reason: str) -> None:
    """Left when the log ended, or when the server stopped."""
    (limit,) = checked(tmp_path / "app.log", log(*steps.split()), "--all-closed")[1]
    assert reason == limit["reason"]


def test_a_server_that_logs_no_close_cannot_be_told() -> None:
    """Its stop says nothing of how many were left."""
    result = run("check", SAMPLES / "uvicorn-new.log", "--max-live", "100", "--all-closed")
    flat = " ".join(result.stdout.split())
    assert 4 == result.exit_code
    assert "CANNOT TELL uvicorn-new: No line says that a connection closed" in flat
    assert "KEPT uvicorn-new: 22 live at most. (--max-live 100)" in flat


def test_a_client_that_holds_too_many_is_named(tmp_path: Path) -> None:
    """Each client has its own count; the lines are those of the first that held too many."""
    line = "info: WebSocket connection from 198.51.100.{} {}\n"
    opened = [line.format(n, "established") for n in ("7:1001", "8:1002", "7:1003")]
    text = "".join(opened) + line.format("7:1003", "closed")
    code, (limit,) = checked(tmp_path / "app.log", text, "--max-per-client", "1")
    assert (1, "broken", 2) == (code, limit["outcome"], limit["found"])
    assert "address 198.51.100.7 held 2 at once; the most of any is 2." == limit["reason"]
    assert [1, 3] == [line["line"] for line in limit["evidence"]]
    assert 0 == checked(tmp_path / "app.log", text, "--max-per-client", "2")[0]


def test_the_seeds_acceptance_is_one_line() -> None:
    """Its count should always be 1: the log that started it all breaks that at its fourth line."""
    result = run("check", SAMPLES / "seed.log", "--max-live", "1")
    flat = " ".join(result.stdout.split())
    assert 1 == result.exit_code
    assert "BROKEN seed: 2 were live at once, 4 at most. (--max-live 1) seed.log:2" in flat
    line = "info: New WebSocket connection established. Total connections: 2"
    assert f"seed.log:4 opened {line}" in flat


def test_each_service_is_held_to_the_limits(tmp_path: Path) -> None:
    """What is broken comes first; many lines are cut to the newest."""
    (tmp_path / "good.log").write_text(log("+a", "-a"), encoding="utf-8")
    many = [f"+c{n}" for n in range(40)]
    (tmp_path / "many.log").write_text(log(*many, "-c0"), encoding="utf-8")
    paths = (tmp_path / "good.log", tmp_path / "many.log")
    result = run("check", *paths, "--max-live", "30", "--fail-on", "critical")
    words = [line.split(":")[0] for line in result.stdout.splitlines() if "--max-live" in line]
    assert (1, ["BROKEN  many", "KEPT    good"]) == (result.exit_code, words)
    told = json.loads(run("check", *paths, "--max-live", "30", "--format", "json").stdout)
    assert [[], list(range(12, 32))] == [
        [line["line"] for line in one["evidence"]] for one in told["limits"]
    ]
