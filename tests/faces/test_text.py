from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from logdiag.faces.document import Document
from logdiag.faces.text import render
from logdiag.model import Evidence, Gap, Source
from logdiag.timeline import Batch
from tests.faces.filled import WIDTH, batch, connection, event, finding, leaky, timeline, told

HOSTILE = {
    "markup": "[red]gotcha[/red] [/] [link=https://evil.example]x[/link] :smile:",
    "ansi": "\x1b[2J\x1b[31mgotcha\x07\x9b31m",
    "html": "<script>alert(1)</script>",
    "long": "x" * 10_000,
    "bidi": "abc\u202egnp.exe",
    "lines": "one\ntwo\r\nthree",
    "wide": "漢字" * 500,
}


@pytest.fixture
def document(tmp_path: Path) -> Document:
    """The report on a leaking service."""
    return told(timeline(tmp_path / "t.db", leaky))


def clipped_lines(text: str) -> list[str]:
    """The text's lines, runs of blanks as one."""
    return [re.sub(r"\s+", " ", line).strip() for line in text.splitlines()]


def test_the_verdict_comes_first_in_words(document: Document) -> None:
    """The first thing told of a service is what is the matter with it, and since when."""
    assert [
        "logdiag 0.1.0 report of 2025-11-20 12:34:56Z",
        "",
        "LEAK app: Something leaks.",
        "Since 2025-11-20 12:00:01Z (9 s before the end)",
        "3 opened, 1 closed, 0 rejected, 2 x 401/403",
        "2 live at the end, 3 at most at 2025-11-20 12:00:03Z",
        "▁▁▄▄▄▆▆███████████▆▆▆▆▆▆▆▆ live, 0.4 s a column",
        "those that closed lived 4 s",
        "2025-11-20 12:00:00Z to 2025-11-20 12:00:10Z (10 s)",
        "times from the log; connections told apart by id",
    ] == clipped_lines(render(document))[:10]


def test_a_finding_says_what_since_when_who_why_what_to_do_and_proves_it(
    document: Document,
) -> None:
    """All that the document knows about a finding is told."""
    lines = clipped_lines(render(document))
    begin = lines.index("1. Something leaks")
    assert [
        "1. Something leaks",
        "Level high, medium confidence, firing",
        "Where app, rule some-rule",
        "Since 2025-11-20 12:00:01Z",
        "Who client address 192.0.2.7 (clients are known by address only, which",
        "offices share)",
        "Cause Because.",
        "Fix Do this.",
        "Ruled out restarted",
        "But weak client key: Clients are told apart by address only, or not at",
        "all: offices and tabs share one.",
        "Read https://example.org/leak",
        "Connections 2",
        "c1 2025-11-20 12:00:01Z open 9 s",
        "c2 2025-11-20 12:00:02Z open 8 s",
        "Evidence",
        "app.log:1 2025-11-20 12:00:00Z auth_failure",
        "line 0",
        "app.log:2 2025-11-20 12:00:01Z opened",
        "line 1",
    ] == lines[begin : begin + 20]


def test_files_and_what_was_not_known_are_told(document: Document) -> None:
    """The sources' table, and where to look for lines that should have been known."""
    lines = clipped_lines(render(document))
    assert "File Format Size Lines Events Other Gaps" in lines
    assert "app.log node-ws 1.0 kB 10 6 4 0" in lines
    assert "4 lines tell of nothing that is followed here. `logdiag explain FILE`" in " ".join(
        lines
    )


def test_long_lists_are_cut_and_say_so(tmp_path: Path) -> None:
    """Ten connections and twelve lines are shown; then how many there are besides."""

    def fill(source: Source) -> Batch:
        numbers = range(1, 34)
        return batch(
            source,
            [event(source, n) for n in numbers],
            [connection(source, n) for n in numbers],
            [
                finding(
                    source, connections=tuple(numbers), connections_total=120,
                    evidence=tuple(Evidence(source.id, n * WIDTH) for n in numbers),
                )
            ],
        )  # fmt: skip

    lines = clipped_lines(render(told(timeline(tmp_path / "t.db", fill))))
    assert ["and 110 more", "and 21 more lines"] == [one for one in lines if one[:4] == "and "]


def test_lines_of_each_kind_are_shown(tmp_path: Path) -> None:
    """Thirty openings, and the two messages behind them that prove the cause."""

    def fill(source: Source) -> Batch:
        kinds = ["opened"] * 30 + ["message"] * 2
        events = [event(source, n, kind=kind) for n, kind in enumerate(kinds)]
        proof = tuple(Evidence(source.id, n * WIDTH) for n in range(len(kinds)))
        return batch(source, events, [], [finding(source, evidence=proof)])

    lines = clipped_lines(render(told(timeline(tmp_path / "t.db", fill))))
    places = [one.split()[0] for one in lines if one.startswith("app.log:")]
    assert [f"app.log:{n}" for n in (*range(1, 11), 31, 32)] == places


def test_one_cause_is_told_once_and_its_clients_below_it(document: Document) -> None:
    """Of five clients three with their proof, two in a line; the first one's is longest."""
    (one,) = document["findings"]
    lines = [one["evidence"][0] | {"line": n} for n in range(1, 31)]
    some = [
        one | {"group": {"client": f"u{n}"}, "fingerprint": f"f{n}", "evidence": lines}
        for n in range(5)
    ]
    text = render(document | {"findings": some})
    told = clipped_lines(text)
    assert "1. Something leaks: 5 clients" in told
    assert (1, 1, 1) == tuple(text.count(word) for word in ("Because.", "Do this.", "   Read "))
    heads = [line.split(" (")[0] for line in told if re.match(r"1\.\d", line)]
    assert ["1.1. client u0", "1.2. client u1", "1.3. client u2"] == heads
    assert 12 + 6 + 6 == text.count("app.log:")
    assert told[told.index("The same of 2 more; --format json has their lines:") + 1 :][:4] == [
        "client u3: high, firing, since 2025-11-20 12:00:01Z, 2 connections; f3",
        "client u4: high, firing, since 2025-11-20 12:00:01Z, 2 connections; f4",
        "",
        "File Format Size Lines Events Other Gaps",
    ]


def test_what_is_only_suspected_is_short(document: Document) -> None:
    """No cause and no fix, which nobody knows yet; why it does not fire."""
    pending = {"state": "pending", "level": "informational", "note": "Held back: by design. 1 of 2"}
    text = render(document | {"findings": [document["findings"][0] | pending]})
    told = clipped_lines(text)
    begin = told.index("1. Something leaks")
    assert [
        "1. Something leaks",
        "Level informational, pending",
        "Where app, rule some-rule",
        "client address 192.0.2.7: held back: by design, since 2025-11-20 12:00:01Z, 2",
        "connections; f1",
        "",
    ] == told[begin : begin + 6]


def test_guards_that_do_not_concern_it_are_no_doubt(document: Document) -> None:
    """What was ruled out is told in any case."""
    (one,) = document["findings"]
    guards = [
        {"name": name, "outcome": outcome, "meaning": "", "relevant": relevant}
        for name, outcome, relevant in (
            ("flapping", "yes", False), ("growth", "cannot_tell", False), ("log_gap", "no", False),
            ("restarted", "yes", True),
        )
    ]  # fmt: skip
    text = render(document | {"findings": [one | {"guards": guards}]})
    assert ["Ruled out log gap", "But restarted"] == [
        line for line in clipped_lines(text) if line[:3] in ("Rul", "Not", "But")
    ]


def test_a_long_line_keeps_what_proves_it(document: Document) -> None:
    """Its status stands in the middle and its message last, as pino writes them."""
    filling = ", ".join(f'"header{n}": "{"x" * 60}"' for n in range(6))
    line = f'{{"time": 1, {filling}, "res": {{"statusCode": 401}}, {filling}, "msg": "completed"}}'
    proof = document["findings"][0]["evidence"][0]
    proof |= {"text": line, "status": 401, "client": "192.0.2.7"}
    flat = re.sub(r"\s+", " ", render(document, 120))
    assert "app.log:1 2025-11-20 12:00:00Z auth_failure 401 192.0.2.7 {" in flat
    assert '"res": {"statusCode": 401 ... ' in flat
    assert '"msg": "completed"}' in flat


def test_how_many_are_live_is_told(document: Document) -> None:
    """Where some are over; of more than are named at least those."""
    (one,) = document["findings"]
    closed = [life | {"state": "closed"} for life in one["lives"]]
    for lives, total, expected in (
        (one["lives"], 2, "2"), (closed, 2, "2"), ([*one["lives"], *closed], 9, "9, 2 live"),
        (one["lives"], 9, "9, at least 2 live"),
    ):  # fmt: skip
        told = [one | {"lives": lives, "connections_total": total}]
        lines = clipped_lines(render(document | {"findings": told}))
        assert f"Connections {expected}" in lines


def test_a_finding_on_requests_counts_no_connections(tmp_path: Path) -> None:
    """Nothing is said of what it is not about."""

    def fill(source: Source) -> Batch:
        about = finding(source, connections=(), connections_total=0)
        return batch(source, [event(source, 0)], [], [about])

    text = render(told(timeline(tmp_path / "t.db", fill)))
    assert (True, False) == ("   Evidence" in text, "   Connections" in text)


def test_gaps_problems_and_notices_are_told(tmp_path: Path) -> None:
    """What is missing has a section of its own."""

    def fill(source: Source) -> Batch:
        gaps = [Gap(source, 400, 1_200, "truncated", None), Gap(source, 900, None, "deleted")]
        return batch(source, [event(source, 1)], [], [], gaps)

    document = told(timeline(tmp_path / "t.db", fill), problems=["x.gz: cannot be read."])
    lines = clipped_lines(render(document))
    begin = lines.index("Missing")
    assert [
        "Missing",
        "app.log: 1.2 kB after byte 400: truncated",
        "app.log: an unknown amount after byte 900: deleted",
        "",
        "Problems",
        "x.gz: cannot be read.",
    ] == lines[begin : begin + 6]


def test_many_clean_services_take_a_line_each(document: Document) -> None:
    """With more than ten services, only those that are not clean tell details, and come first."""
    leak = document["services"][0]
    clean = [leak | {"name": f"s{n}", "verdict": "clean", "reason": "Fine."} for n in range(30)]
    lines = clipped_lines(render(document | {"services": [*clean, leak], "findings": []}))
    assert "LEAK app: Something leaks." == lines[2]
    assert [f"CLEAN s{n}: Fine." for n in range(30)] == lines[9:39]


def test_nothing_read_says_what_to_do(document: Document) -> None:
    """An empty database is no clean bill."""
    empty = document | {"services": [], "findings": [], "sources": []}
    assert "Nothing has been read. Try: logdiag ingest PATH" == render(empty).splitlines()[2]


@pytest.mark.parametrize("width", [20, 80, 100, 400])
def test_lines_are_as_wide_as_the_terminal_but_readable(document: Document, width: int) -> None:
    """At least 80 columns, at most 120."""
    document = poisoned(document, "word " * 200)
    longest = max(map(cell_len, render(document, width).splitlines()))
    assert min(max(width, 80), 120) - 10 <= longest <= min(max(width, 80), 120)


def test_colour_adds_escapes_and_changes_no_word(document: Document) -> None:
    """Whoever sees no colours is told the same."""
    coloured = render(document, colour=True)
    assert "\x1b[1;31mLEAK" in coloured
    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert render(document) == "".join(line.rstrip() + "\n" for line in bare.splitlines())


def poisoned(value: Any, text: str) -> Any:
    """The document with every free text in it replaced."""
    if isinstance(value, list):
        return [poisoned(one, text) for one in value]
    if not isinstance(value, dict):
        return value
    free = {
        "name", "reason", "title", "rule", "service", "cause", "fix", "note", "client", "text",
        "path", "format", "notice", "meaning", "source", "opened_line", "closed_line",
    }  # fmt: skip
    result: dict[str, Any] = {}
    for key, one in value.items():
        if key in free and isinstance(one, str):
            result[key] = text
        elif key == "group":
            result[key] = {text: text}
        elif key in ("references", "problems", "connections"):
            result[key] = [text]
        else:
            result[key] = poisoned(one, text)
    return result


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_of_strangers_steers_the_terminal_or_breaks_the_page(
    document: Document, name: str
) -> None:
    """Markup, escapes, HTML and endless lines in every field: shown as text, within 80 columns."""
    text = render(poisoned(document, HOSTILE[name]))
    assert not [char for char in text if char != "\n" and not char.isprintable()]
    assert 80 >= max(map(cell_len, text.splitlines()))
    assert len(text) < 40_000


def test_markup_and_html_are_shown_as_they_are(document: Document) -> None:
    """Nothing of a log line is swallowed as if it were markup."""
    document["findings"][0]["evidence"][0]["text"] = f"{HOSTILE['markup']} {HOSTILE['html']}"
    flat = re.sub(r"\s+", " ", render(document, 120))
    assert f"{HOSTILE['markup']} {HOSTILE['html']}" in flat


def test_the_golden_report(document: Document, golden: Callable[[str, str], None]) -> None:
    """A whole report on a timeline filled by hand, as it looks."""
    document["tool"] = "logdiag"  # without the version, which a release must not have to touch
    golden(str(Path(__file__).parent / "golden" / "filled.txt"), render(document))
