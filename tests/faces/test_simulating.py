"""`logdiag simulate`: a log, its truth, and what it says to those who mistype."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from logdiag.simulation import CASES, FORMATS
from tests.faces.running import run


def test_it_writes_a_log_and_its_truth(tmp_path: Path) -> None:
    """The log begins when it is told to, and the truth names connections that it has."""
    log, truth = tmp_path / "d4.log", tmp_path / "d4.json"
    run("simulate", "D4", "--start", "2026-01-31T12:00:00", "-o", log, "--truth", truth)
    told = json.loads(truth.read_text())
    text = log.read_text()
    assert "2026-01-31T12:00:00" == text[:19]
    assert ("D4", "auth-loading-race") == (told["case"], told["expected"])
    assert told["leaked_count"] == len(told["leaked"]) > 3
    assert [] == [name for name in told["leaked"] if name not in text]


def test_it_goes_on_to_a_size(tmp_path: Path) -> None:
    """A log of a size is as long as it was asked to be, in whole lines, and its truth fits."""
    log, truth = tmp_path / "day.log", tmp_path / "day.json"
    run("simulate", "quiet-day", "--format", "seed", "--size", "300k", "-o", log, "--truth", truth)
    told, text = json.loads(truth.read_text()), log.read_text()
    assert (True, "\n") == (300_000 <= len(text) < 300_200, text[-1])
    assert told["opened"] == text.count("New WebSocket connection") > 100


def test_it_lists_all_there_is() -> None:
    """Every case and every format stands in the list."""
    listed = run("simulate", "--list").output
    assert [] == [name for name in (*CASES, *FORMATS) if f"  {name} " not in listed]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["D44"], "There is no case 'D44'. Did you mean 'D4'?"),
        (["d4"], "There is no case 'd4'. Did you mean 'D4'?"),
        (["D4", "-o", "x", "--truth", "./x"], "-o and --truth are both x."),
        (["D4", "--format", "node"], "There is no format 'node'."),
        (["D4", "--duration", "long"], "--duration: 'long' is no duration."),
        (["D4", "--size", "big"], "--size: 'big' is no size."),
        (["D4", "--start", "noon"], "--start: 'noon' is no time."),
        (["D4", "--noise", "1"], "Invalid value for '--noise'"),
    ],
)
def test_mistakes_are_told(args: list[str], message: str) -> None:
    """What is wrong on the command line is told, with exit code 2."""
    result = run("simulate", *args)
    assert 2 == result.exit_code
    assert message in " ".join(result.output.split())


def test_a_place_that_takes_no_truth_is_told_by_its_option(tmp_path: Path) -> None:
    """Not by that of the log."""
    truth = tmp_path / "none" / "t.json"
    result = run("simulate", "D4", "--duration", "1m", "-o", tmp_path / "x", "--truth", truth)
    assert (3, True) == (result.exit_code, "another file with --truth." in result.stderr)


def test_a_poor_log_is_poor_by_itself(tmp_path: Path) -> None:
    """The case that is about the log chooses its format; another one may be asked for."""
    for more, expected in [
        ((), ("seed", "poor-log")),
        (("--format", "nginx"), ("nginx", "poor-log")),
    ]:
        truth = tmp_path / "truth.json"
        run("simulate", "D11", *more, "-o", tmp_path / "app.log", "--truth", truth)
        told = json.loads(truth.read_text())
        assert expected == (told["format"], told["expected"])
