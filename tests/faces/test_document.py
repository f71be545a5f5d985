from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from logdiag.diagnosis.withholding import EARLY
from logdiag.errors import UsageError
from logdiag.faces.document import Document, as_json, end_of_data, exit_code
from logdiag.faces.periods import Period
from logdiag.faces.text import render
from logdiag.model import LEVELS, Event, Evidence, Gap, Source
from logdiag.timeline import Batch, Reader
from tests.faces.filled import (
    WIDTH,
    at,
    batch,
    connection,
    event,
    finding,
    invalid,
    leaky,
    timeline,
    told,
)


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """One service, `app`, that leaks."""
    return timeline(tmp_path / "t.db", leaky)


def test_a_service_has_its_verdict_period_totals_and_live_connections(db: Path) -> None:
    """Everything about a service, with names and types of the schema."""
    document = told(db, with_statistics=False)
    assert [] == invalid(document)
    assert [
        {
            "name": "app",
            "verdict": "leak",
            "reason": "Something leaks.",
            "from": "2025-11-20T12:00:00Z",
            "to": "2025-11-20T12:00:10Z",
            "clock": "event",
            "identity": "id",
            "totals": {
                "opened": 3, "closed": 1, "rejected": 0, "auth_failures": 2, "superseded": 0,
                "unknown": 0,
            },
            "live": {"at_end": 2, "peak": 3, "peak_at": "2025-11-20T12:00:03Z"},
            "statistics": None,
        }
    ] == document["services"]  # fmt: skip


def test_the_document_says_when_it_was_written_and_what_was_asked_for(db: Path) -> None:
    """Schema, tool, wall time to the second, period, completeness."""
    document = told(db, Period(at(2), None))
    head = {name: document[name] for name in ("schema", "generated_at", "since", "until")}
    assert {
        "schema": 1, "generated_at": "2025-11-20T12:34:56Z", "since": "2025-11-20T12:00:02Z",
        "until": None,
    } == head  # fmt: skip
    assert document["tool"].startswith("logdiag ")


def test_a_finding_names_its_connections_lines_and_guards(db: Path) -> None:
    """Connections by name with their lives, evidence by file and line, guards with meaning."""
    (found,) = told(db)["findings"]
    assert ["c1", "c2"] == found["connections"]
    assert {
        "name": "c1", "state": "open", "client": None, "opened_at": "2025-11-20T12:00:01Z",
        "closed_at": None, "seconds": 9.0, "opened_line": "app.log:2", "closed_line": None,
    } == found["lives"][0]  # fmt: skip
    assert {
        "source": "app.log", "offset": 0, "line": 1, "event": "auth_failure", "text": "line 0",
        "at": "2025-11-20T12:00:00Z", "connection": None, "client": None, "status": None,
        "code": None,
    } == found["evidence"][0]  # fmt: skip
    assert [("restarted", "no"), ("weak_client_key", "yes")] == [
        (guard["name"], guard["outcome"]) for guard in found["guards"]
    ]
    assert all(guard["meaning"] for guard in found["guards"])


def test_a_closed_connection_tells_when_where_and_after_how_long(tmp_path: Path) -> None:
    """The life of a connection that closed ends with its closing line."""
    db = timeline(
        tmp_path / "t.db", lambda source: leaky_with(source, connections=(3,), connections_total=1)
    )
    assert [
        {
            "name": "c3", "state": "closed", "client": None,
            "opened_at": "2025-11-20T12:00:03Z", "closed_at": "2025-11-20T12:00:07Z",
            "seconds": 4.0, "opened_line": "app.log:4", "closed_line": "app.log:8",
        }
    ] == told(db)["findings"][0]["lives"]  # fmt: skip


def leaky_with(source: Source, **fields: Any) -> Batch:
    """The leaky batch, its finding changed."""
    filled = leaky(source)
    filled.changes["app"].findings = [finding(source, **fields)]
    return filled


def test_a_report_on_the_past_does_not_tell_what_came_later(tmp_path: Path) -> None:
    """Before it was resolved the finding fires, before it fired it is pending, then it is not."""
    db = timeline(
        tmp_path / "t.db",
        lambda source: leaky_with(
            source, state="resolved", resolved_at=at(8), note="closed late", connections=(3,)
        ),
    )
    states = {
        seconds: [
            (one["state"], one["level"], one["note"], one["resolved_at"], one["lives"][0]["state"])
            for one in told(db, Period(None, at(seconds)))["findings"]
        ]
        for seconds in (1, 5, 6, 8, 9)
    }
    assert {
        1: [],
        5: [("pending", "informational", EARLY, None, "open")],
        6: [("firing", "high", "", None, "open")],
        8: [("firing", "high", "", None, "closed")],
        9: [("resolved", "high", "closed late", "2025-11-20T12:00:08Z", "closed")],
    } == states


def test_a_service_without_a_clock_is_told_whole(tmp_path: Path) -> None:
    """Without times there is no period, no from and to, and lines are the clock."""

    def fill(source: Source) -> Batch:
        events = [event(source, n, time=None) for n in range(3)]
        lives = [connection(source, n, opened_at=None, identity="count") for n in range(3)]
        return batch(source, events, lives, [finding(source, pending_at=None, fired_at=None)])

    document = told(timeline(tmp_path / "t.db", fill), Period(at(0), at(1)))
    assert [] == invalid(document)
    (service,) = document["services"]
    assert (None, None, "lines", "count", 3) == (
        service["from"], service["to"], service["clock"], service["identity"],
        service["totals"]["opened"],
    )  # fmt: skip


def test_arrivals_are_told_as_such(tmp_path: Path) -> None:
    """Lines without times that were seen live have a clock of arrival."""

    def fill(source: Source) -> Batch:
        events: list[Event] = [event(source, n, time=None, arrived=at(n)) for n in range(3)]
        lives = [connection(source, n, opened_at=None) for n in range(3)]
        return batch(source, events, lives, [])

    assert "arrival" == told(timeline(tmp_path / "t.db", fill))["services"][0]["clock"]


def test_the_worst_comes_first(tmp_path: Path) -> None:
    """Firing before pending before resolved, and the higher level first."""

    def fill(source: Source) -> Batch:
        filled = leaky(source)
        filled.changes["app"].findings = [
            finding(source, fingerprint=f"{state}{level}", state=state, level=level)
            for state in ("resolved", "pending", "firing")
            for level in ("low", "critical")
        ]
        return filled

    order = [one["fingerprint"] for one in told(timeline(tmp_path / "t.db", fill))["findings"]]
    assert [
        "firingcritical", "firinglow", "pendingcritical", "pendinglow",
        "resolvedcritical", "resolvedlow",
    ] == order  # fmt: skip


def test_one_service_can_be_asked_for(tmp_path: Path) -> None:
    """`service` leaves out the others' findings and sources; an unknown one is a usage error."""
    db = timeline(tmp_path / "t.db", leaky)
    timeline(db, lambda source: batch(source, [event(source, 1)], [], []), "web", "web.log")
    document = told(db, service="web")
    assert [["web"], [], ["web.log"]] == [
        [one["name"] for one in document["services"]],
        document["findings"],
        [one["path"] for one in document["sources"]],
    ]
    with pytest.raises(UsageError) as caught:
        told(db, service="wbe")
    assert "Known: app, web." == caught.value.hint


def test_a_line_that_is_no_longer_stored_is_evidence_all_the_same(tmp_path: Path) -> None:
    """Its source and offset are told; number and text are empty."""
    db = timeline(
        tmp_path / "t.db",
        lambda source: leaky_with(source, evidence=(Evidence(source.id, 50 * WIDTH),)),
    )
    document = told(db)
    assert [] == invalid(document)
    (line,) = document["findings"][0]["evidence"]
    known = {"source": "app.log", "offset": 5_000, "line": 0, "event": "", "text": ""}
    empty = ("at", "connection", "client", "status", "code")
    assert known | dict.fromkeys(empty) == line


def test_gaps_and_problems_make_a_report_incomplete(tmp_path: Path) -> None:
    """Lost bytes are listed with their source; problems as sentences."""

    def fill(source: Source) -> Batch:
        return batch(source, [event(source, 0)], [], [], [Gap(source, 400, None, "truncated")])

    document = told(timeline(tmp_path / "t.db", fill))
    assert [] == invalid(document)
    assert [{"offset": 400, "size": None, "reason": "truncated", "time": None}] == (
        document["sources"][0]["gaps"]
    )
    complete = timeline(tmp_path / "u.db", leaky)
    assert [True, False, True] == [
        one["incomplete"] for one in (document, told(complete), told(complete, problems=["No."]))
    ]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("fail_on", [None, *LEVELS])
@pytest.mark.parametrize("state", ["firing", "pending", "resolved"])
def test_the_exit_code_is_1_for_what_fires_at_or_above_the_level(
    level: str, fail_on: str | None, state: str
) -> None:
    """4 says that data is missing, where it is not 1 already. What is over counts for `check`."""
    finding = {"state": state, "level": level, "earlier": []}
    document: Document = {"findings": [finding], "limits": [], "incomplete": False}
    for over, states in ((False, ["firing"]), (True, ["firing", "resolved"])):
        loud = fail_on is not None and LEVELS.index(level) >= LEVELS.index(fail_on)
        fails = loud and state in states
        assert (1 if fails else 0) == exit_code(document, fail_on, over=over)
        lacking = document | {"incomplete": True}
        assert (1 if fails else 4) == exit_code(lacking, fail_on, over=over)


def test_what_fired_before_and_is_suspected_again_fails_a_check() -> None:
    """Its level then counts, not the one it has now."""
    finding = {"state": "pending", "level": "informational", "earlier": [{"level": "high"}]}
    document: Document = {"findings": [finding], "limits": [], "incomplete": False}
    assert [0, 1, 0] == [
        exit_code(document, level, over=over)
        for level, over in (("high", False), ("high", True), ("critical", True))
    ]


@pytest.mark.parametrize(
    ("period", "reason"),
    [
        (Period(at(99)), "Nothing is known of this period: the data is from {} to {}."),
        (Period(None, at(-9)), "Nothing is known of this period: the data is from {} to {}."),
        (Period(at(8)), "No connection opened in this period."),
    ],
)
def test_a_period_without_anything_is_told_as_such(
    tmp_path: Path, period: Period, reason: str
) -> None:
    """It neither ends before it begins, nor is the log's format to blame."""

    def fill(source: Source) -> Batch:
        events = [event(source, 0), event(source, 9, kind="closed"), event(source, 10)]
        over = connection(source, 0, state="closed", closed_at=at(9))
        return batch(source, events, [over], [])

    document = told(timeline(tmp_path / "t.db", fill), period=period)
    (service,) = document["services"]
    assert [] == invalid(document)
    assert ("cannot_tell", reason.format("2025-11-20 12:00:00Z", "2025-11-20 12:00:10Z")) == (
        service["verdict"], service["reason"],
    )  # fmt: skip
    assert (service["from"] is None) == (service["to"] is None)
    assert (service["to"] is not None) == ("live at the end" in render(document))


def test_the_end_of_the_data_is_the_last_time_of_any_service(db: Path) -> None:
    """Relative periods reach back from it."""
    timeline(db, lambda source: batch(source, [event(source, 99)], [], []), "web", "web.log")
    with Reader.open(db) as reader:
        assert [at(99), at(10)] == [end_of_data(reader), end_of_data(reader, "app")]


def test_an_empty_timeline_is_an_empty_report(tmp_path: Path) -> None:
    """Nothing read, nothing told, and still valid."""
    document = told(timeline(tmp_path / "t.db", lambda source: Batch()))
    assert [] == invalid(document)
    assert [["cannot_tell"], []] == [
        [one["verdict"] for one in document["services"]], document["findings"],
    ]  # fmt: skip


def test_json_is_ascii(tmp_path: Path) -> None:
    """Whatever a log says, the JSON passes through every terminal and pipe as it is."""
    db = timeline(tmp_path / "t.db", lambda source: leaky_with(source, title="\u202e名\x9b[31m"))
    assert as_json(told(db)).isascii()


@pytest.mark.parametrize(
    ("owner", "identity", "expected"),
    [(None, "id", "cannot_tell"), ("user x", "id", "clean"), (None, "address", "clean")],
)
def test_connections_of_nobody_that_outlive_all_others_leave_it_open(
    tmp_path: Path, owner: str | None, identity: str, expected: str
) -> None:
    """Three that closed after 2 s, three open for 60 s: whose they are decides."""

    def fill(source: Source) -> Batch:
        closed = [
            connection(source, n, state="closed", closed_at=at(n + 2), identity=identity)
            for n in (1, 2, 3)
        ]
        live = [connection(source, n, client_key=owner, identity=identity) for n in (4, 5, 6)]
        events = [event(source, n) for n in range(1, 7)] + [event(source, 66, kind="message")]
        return batch(source, events, closed + live, [])

    document = told(timeline(tmp_path / "t.db", fill))
    assert expected == document["services"][0]["verdict"]
