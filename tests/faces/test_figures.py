"""The statistics in the report: what the document has, and what people see of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from logdiag.faces import closecodes
from logdiag.faces.charts import bar, dots, sparkline
from logdiag.faces.document import Document
from logdiag.faces.text import render
from logdiag.model import Gap, Source
from logdiag.timeline import Batch
from tests.faces.filled import at, batch, connection, event, invalid, timeline, told


@pytest.mark.parametrize(
    ("values", "line", "dotted"),
    [([], "", ""), ([0, 0], "▁▁", "  "), ([0, 1, 700, 350], "▁▂█▅", " ▂█▅"), ([3], "█", "█")],
)
def test_a_sparkline_tells_nothing_from_little(values: list[int], line: str, dotted: str) -> None:
    """Zero is the lowest character, or blank; whatever is above it is higher."""
    assert (line, dotted) == (sparkline(values), dots(values))


@pytest.mark.parametrize(
    ("value", "expected"), [(0, ""), (1, "▏"), (26, "█▏"), (50, "██"), (63, "██▋"), (100, "████")]
)
def test_a_bar_is_as_long_as_its_share(value: int, expected: str) -> None:
    """In eighths of a character, rounded up, so that one in a million is seen."""
    assert expected == bar(value, 100, 4)


@pytest.mark.parametrize(
    ("code", "expected"),
    [(1001, "going away"), (1006, "abnormal closure"), (None, "not told"), (2999, "reserved"),
     (4001, "of the application"), (3500, "of a library"), (999, "not used"), (70_000, "invalid"),
     (-1, "invalid")],
)  # fmt: skip
def test_close_codes_are_called_as_the_standard_calls_them(code: int | None, expected: str) -> None:
    """RFC 6455 section 7.4; whatever number a log claims has some name."""
    assert expected == closecodes.name(code)


def busy(source: Source) -> Batch:
    """Two clients, four connections, two of them closed, one refused request, one gap."""
    who = {"client_key": "user x", "path": "/ws"}
    lives = [
        connection(source, 1, **who), connection(source, 2, **who),
        connection(source, 3, state="closed", closed_at=at(8), code=1006, client_key="user y"),
        connection(source, 4, state="closed", closed_at=at(63), code=1001, **who),
    ]  # fmt: skip
    events = [event(source, n) for n in (1, 2, 3, 4)]
    events += [event(source, 5, kind="auth_failure"), event(source, 63, kind="closed")]
    return batch(source, events, lives, [], [Gap(source, 600, 50, "over-long line")])


@pytest.fixture
def document(tmp_path: Path) -> Document:
    """The report on it."""
    return told(timeline(tmp_path / "t.db", busy))


def test_the_document_has_them_in_seconds_and_words(document: Document) -> None:
    """As the schema says; null where nobody asked."""
    assert [] == invalid(document)
    numbers: dict[str, Any] = document["services"][0]["statistics"]
    flow = numbers.pop("flow")
    assert ("seconds", 2.0, 32) == (flow["unit"], flow["width"], len(flow["points"]))
    assert {"opened": 3.75, "closed": 1.875, "net": 1.875} == flow["per_minute"]
    assert {
        "sampled": None,
        "clients": {
            "peak": {"count": 2, "p50": 1, "p95": 3, "max": 3},
            "at_end": {"count": 1, "p50": 2, "p95": 2, "max": 2},
            "most": 3, "most_client": "user x", "nobodys": 0,
        },
        "lifetimes": {
            "quantiles": {"count": 2, "p50": 5.0, "p95": 59.0, "max": 59.0},
            "histogram": [
                {"up_to": 10.0, "count": 1}, {"up_to": 20.0, "count": 0},
                {"up_to": 30.0, "count": 0}, {"up_to": 45.0, "count": 0},
                {"up_to": 60.0, "count": 1},
            ],
        },
        "close_codes": [
            {"code": 1001, "name": "going away", "count": 1},
            {"code": 1006, "name": "abnormal closure", "count": 1},
        ],
        "overlap": {
            "reopened": 2, "overlapping": 2, "unended": 2,
            "lengths": {"count": 0, "p50": None, "p95": None, "max": None},
        },
        "lost": {"gaps": 1, "seconds": 58.0, "unknown": 0},
    } == numbers  # fmt: skip


def test_they_can_be_left_out(tmp_path: Path) -> None:
    """Then the document says null, and the text goes without."""
    document = told(timeline(tmp_path / "t.db", busy), with_statistics=False)
    assert [] == invalid(document)
    assert document["services"][0]["statistics"] is None
    assert "median" not in render(document, with_statistics=True)


def test_the_verdict_has_the_short_form(document: Document) -> None:
    """The line of the live ones, and how long they lived."""
    lines = [line.strip() for line in render(document).splitlines()]
    assert "▃▇███▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇  live, 2 s a column" in lines
    assert "those that closed lived 5 s at the median, 59 s at p95, 59 s at most" in lines
    assert "Statistics of app" not in lines


def test_the_block_has_all_that_says_something(document: Document) -> None:
    """Each part under its label."""
    text = render(document, 100, with_statistics=True)
    lines = [re.sub(r" +", " ", line).strip() for line in text.splitlines()]
    begin = lines.index("Statistics of app")
    assert [
        "Live ▃▇███▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇ 4",
        "Opened ▅█▅ 2",
        "Closed █ █ 1",
        "401/403 █ 1",
        "2 s a column; the number is the highest one",
        "Per minute 3.8 opened, 1.9 closed, +1.9 net",
        "Per client 2 clients: 1 at the median, 3 at p95, 3 at most at once (user x)",
        "1 at the end: 2",
        "Reconnects 2 openings by a client seen before, 2 while its last one was still live",
        "2 of these have not ended since",
        "Lifetimes 5 s at the median, 59 s at p95, 59 s at most",
        "to 10 s ██████████████████████████████ 1",
        "to 20 s 0",
        "to 30 s 0",
        "to 45 s 0",
        "to 1 min ██████████████████████████████ 1",
        "Close codes 1001 going away: 1",
        "1006 abnormal closure: 1",
        "Lost time 1 gap of 58 s in all",
    ] == lines[begin + 1 : begin + 20]


def test_what_says_nothing_is_not_shown(tmp_path: Path) -> None:
    """A service without a connection has no lines of them."""
    document = told(timeline(tmp_path / "t.db", lambda source: batch(source, [], [], [])))
    text = render(document, with_statistics=True)
    assert [True, False, False] == [
        words in text for words in ("nothing opened or closed", "live, ", "Lifetimes")
    ]
