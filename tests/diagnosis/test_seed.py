from __future__ import annotations

from pathlib import Path

import pytest

from logdiag.diagnosis import Rule
from logdiag.engines.ruletests import findings
from logdiag.formats import Formats
from logdiag.model import Finding

SEED = Path(__file__).parents[2] / "sample_logs" / "seed.log"


def found(log: str, rules: list[Rule], formats: Formats) -> list[Finding]:
    """What is above informational, or firing at all."""
    return [one for one in findings(log, rules, formats) if one.level != "informational"]


def test_the_seeds_log_is_found(rules: list[Rule], formats: Formats) -> None:
    """Eight lines, no ids, no clock: exactly one finding, medium, of four connections."""
    (finding,) = findings(SEED.read_text(), rules, formats)
    assert ("auth-loading-race", "medium", "medium", "firing", 4, 1) == (
        finding.rule, finding.level, finding.confidence, finding.state,
        finding.connections_total, finding.count,
    )  # fmt: skip


def test_the_seeds_evidence_is_its_eight_lines(rules: list[Rule], formats: Formats) -> None:
    """Each line's source and offset, and no other."""
    (finding,) = findings(SEED.read_text(), rules, formats)
    data, offsets, offset = SEED.read_bytes(), [], 0
    for line in data.splitlines(keepends=True):
        offsets.append((1, offset))
        offset += len(line)
    assert 8 == len(offsets)
    assert offsets == sorted((one.source, one.offset) for one in finding.evidence)


def test_four_openings_alone_are_no_finding(rules: list[Rule], formats: Formats) -> None:
    """The same log without its refused requests."""
    lines = [line for line in SEED.read_text().splitlines(keepends=True) if "WebSocket" in line]
    assert 4 == len(lines)
    assert [] == found("".join(lines), rules, formats)


def test_refused_requests_alone_are_no_finding(rules: list[Rule], formats: Formats) -> None:
    """Brute force opens nothing."""
    lines = [line for line in SEED.read_text().splitlines(keepends=True) if "WebSocket" not in line]
    assert [] == found("".join(lines) * 5, rules, formats)


def test_fewer_than_three_are_no_finding(rules: list[Rule], formats: Formats) -> None:
    """Two mounts are a page that was opened twice."""
    assert [] == found("".join(SEED.read_text().splitlines(keepends=True)[:4]), rules, formats)


@pytest.mark.parametrize(
    ("refused", "expected"),
    [
        (["GET /a"], ["auth-loading-race"]),
        (["GET /a", "GET /b", "GET /c"], ["auth-loading-race"]),  # what one page asks for
        (["POST /login"] * 3, []),  # it comes before any opening, whatever made it
    ],
)
def test_what_is_refused_more_often_than_connections_open(
    refused: list[str], expected: list[str], rules: list[Rule], formats: Formats
) -> None:
    """Six connections in a row, each after so many refused requests."""
    log = "".join(
        "".join(f"warn: {what} - No authHeader or no bearer found\n" for what in refused)
        + f"info: New WebSocket connection established. Total connections: {number}\n"
        for number in range(1, 7)
    )
    assert expected == [finding.rule for finding in found(log, rules, formats)]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_ends_make_no_difference(rules: list[Rule], formats: Formats, ending: str) -> None:
    """A log from Windows tells the same."""
    (finding,) = findings(ending.join(SEED.read_text().splitlines()) + ending, rules, formats)
    assert ("auth-loading-race", 4) == (finding.rule, finding.connections_total)


@pytest.mark.parametrize("name", ["node-leaky-noids", "node-leaky", "uvicorn-leaky"])
def test_the_same_in_logs_of_real_servers(name: str, rules: list[Rule], formats: Formats) -> None:
    """With others coming and going between the leaks, ids or not."""
    log = SEED.with_name(f"{name}.log").read_text(encoding="utf-8")
    assert "auth-loading-race" in {finding.rule for finding in findings(log, rules, formats)}
