from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from logdiag.errors import TimelineError
from logdiag.model import SECOND, Changes, Connection, Echo, Gap, Position, Source
from logdiag.timeline import Batch, Reader, SourceUpdate, Writer
from logdiag.timeline.answers import Live, Span, Totals
from tests.timeline import builders
from tests.timeline.builders import step


@pytest.fixture
def day(writer: Writer, source: Source) -> Reader:
    """Ten seconds of `app`: two live, one closed, one of each other end; 401s, one an echo."""
    kinds = ["auth_failure", "opened", "opened", "auth_failure", "auth_failure", "closed"]
    changes = Changes(
        connections=[
            Connection(1, "c1", "id", "open", opened_at=1 * SECOND, opened_line=(1, 100)),
            Connection(
                2, "c2", "id", "closed", opened_at=2 * SECOND, closed_at=5 * SECOND,
                opened_line=(1, 200), closed_line=(1, 500), code=1000,
            ),
            Connection(3, "c3", "id", "superseded", opened_at=3 * SECOND),
            Connection(4, "c4", "id", "unknown"),
            Connection(5, "c5", "id", "rejected"),
            Connection(6, "c6", "id", "closing", opened_at=9 * SECOND),
        ],
        transitions=[
            step(source, 1, "connecting", 0),
            step(source, 1, "open", 1),
            step(source, 2, "open", 2),
            step(source, 3, "open", 3),
            step(source, 2, "closed", 2, time=5 * SECOND),
            step(source, 3, "superseded", 1, time=6 * SECOND),
            step(source, 5, "rejected", 1, time=7 * SECOND),
            step(source, 4, "unknown", 1, time=8 * SECOND),
            step(source, 6, "open", 2, time=9 * SECOND),
        ],
        echoes=[Echo(1, 400, 1, 300)],
        auth_failures=[0, 3 * SECOND],
        findings=[
            builders.finding(source, "early", pending_at=1 * SECOND, resolved_at=3 * SECOND),
            builders.finding(source, "late", pending_at=6 * SECOND, fired_at=8 * SECOND),
            builders.finding(source, "timeless"),
        ],
    )  # fmt: skip
    writer.commit(
        Batch(
            sources=[SourceUpdate(source, Position(1000), None, "node", 12, 6)],
            events=[builders.event(source, n, kind) for n, kind in enumerate(kinds)],
            gaps=[Gap(source, 700, 50, "truncated", 7 * SECOND), Gap(source, 900, None, "lost")],
            changes={"app": changes},
        )
    )
    quiet = writer.register("quiet", "quiet.log")
    writer.commit(Batch(events=[builders.event(quiet, 0, "auth_failure", time=None)]))
    return writer.reader()


_S = SECOND


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, Totals(4, 1, 1, 2, 1, 1)),
        (2 * _S, None, Totals(3, 1, 1, 1, 1, 1)),
        (None, 6 * _S, Totals(3, 1, 0, 2, 0, 0)),
        (5 * _S, 6 * _S, Totals(0, 1, 0, 0, 0, 0)),
        (6 * _S, 9 * _S, Totals(0, 0, 1, 0, 1, 1)),
        (10 * _S, None, Totals()),
    ],
)
def test_totals(day: Reader, since: int | None, until: int | None, expected: Totals) -> None:
    """Each event counts once, in the period that begins at `since` and ends before `until`."""
    assert expected == day.totals("app", since, until)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, Live(2, 3, 3 * _S)),
        (None, 3 * _S, Live(2, 2, 2 * _S)),
        (4 * _S, None, Live(2, 3, 4 * _S)),
        (7 * _S, 9 * _S, Live(1, 1, 7 * _S)),
        (7 * _S + 1, 9 * _S, Live(1, 1, 7 * _S + 1)),
        (7 * _S, None, Live(2, 2, 9 * _S)),
        (None, 1 * _S, Live()),
        (0, 1 * _S, Live()),
    ],
)
def test_live(day: Reader, since: int | None, until: int | None, expected: Live) -> None:
    """The peak is the first highest count in the period, what was alive before it included."""
    assert expected == day.live("app", since, until)


def test_no_clock(writer: Writer, source: Source) -> None:
    """A log without times has totals, a live count and an order; a period leaves all of it out."""
    steps = [step(source, n, "open", n, time=None) for n in (1, 2, 3)]
    steps.append(step(source, 2, "closed", 2, time=None))
    events = [builders.event(source, n, "auth_failure", time=None) for n in range(3)]
    changes = Changes(transitions=steps, auth_failures=[None] * 3)
    writer.commit(Batch(events=events, changes={"app": changes}))
    reader = writer.reader()
    assert Totals(opened=3, closed=1, auth_failures=3) == reader.totals("app")
    assert Live(2, 3, None) == reader.live("app")
    assert Span() == reader.span("app")
    assert steps == reader.transitions("app")
    assert Totals() == reader.totals("app", 0)
    assert Live(0, 0, None) == reader.live("app", until=SECOND)


def test_unknown_service_is_empty(day: Reader) -> None:
    """A service that nobody wrote about has nothing, and that is no error."""
    assert (Totals(), Live(), Span()) == (day.totals("x"), day.live("x"), day.span("x"))
    empty: list[Any] = []
    assert empty == [*day.findings("x"), *day.sources("x"), *day.connections("x")]


def test_services_and_span(day: Reader) -> None:
    """Services by name, each with the time its events cover, out of order or not."""
    assert ["app", "quiet"] == day.services()
    assert Span(0, 5 * SECOND) == day.span("app")
    assert Span() == day.span("quiet")


def test_span_grows_both_ways(writer: Writer, source: Source) -> None:
    """A batch of older lines moves the beginning, one without times moves nothing."""
    for times in ((5, 7), (3, 6), (None,), (9,)):
        offset = writer.reader().sources()[0].bytes
        events = [
            builders.event(source, offset + n, time=None if time is None else time * SECOND)
            for n, time in enumerate(times)
        ]
        update = SourceUpdate(source, Position(offset + len(times)))
        writer.commit(Batch(sources=[update], events=events))
    assert Span(3 * SECOND, 9 * SECOND) == writer.reader().span("app")


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, ["timeless", "early", "late"]),
        (4 * _S, None, ["timeless", "late"]),
        (None, 6 * _S, ["timeless", "early"]),
        (3 * _S, 7 * _S, ["timeless", "early", "late"]),
    ],
)
def test_findings(day: Reader, since: int | None, until: int | None, expected: list[str]) -> None:
    """In a period are the findings that had begun and were not over; oldest first."""
    found = day.findings("app", since, until)
    assert expected == [one.finding.fingerprint for one in found]
    assert {"app"} == {one.service for one in found}


def test_sources(day: Reader) -> None:
    """How much was read and known, and what is missing."""
    status = day.sources("app")[0]
    assert ("app.log", "node", 1000) == (status.source.path, status.format, status.bytes)
    assert (12, 6, 6) == (status.lines, status.recognised, status.unknown)
    assert [(700, 50, "truncated"), (900, None, "lost")] == [gap[1:4] for gap in status.gaps]
    assert ["app.log", "quiet.log"] == [one.source.path for one in day.sources()]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"numbers": [6, 2, 99]}, [2, 6]),
        ({"numbers": []}, []),
        ({"state": "open"}, [1]),
        ({"limit": 2, "offset": 1}, [2, 3]),
        ({"offset": 5}, [6]),
        ({"until": 2 * _S}, [1, 4, 5]),
        ({"since": 6 * _S}, [1, 3, 4, 5, 6]),
    ],
)
def test_connections(day: Reader, arguments: dict[str, Any], expected: list[int]) -> None:
    """Picked by number, state, page and period; what has no time is in every period."""
    assert expected == [one.number for one in day.connections("app", **arguments)]


def test_transitions_of_one(day: Reader, source: Source) -> None:
    """The life of one connection, in order, whole or of a period."""
    assert ["connecting", "open"] == [one.state for one in day.transitions("app", 1)]
    assert ["closed"] == [one.state for one in day.transitions("app", 2, since=4 * SECOND)]


def test_event_that_is_not_there(day: Reader) -> None:
    """An offset at which no event begins has none."""
    assert day.event(1, 1) is None


def test_reader_cannot_write(writer: Writer, path: Path) -> None:
    """A reader's connection refuses every change."""
    with Reader.open(path) as reader, pytest.raises(TimelineError, match="is read-only"):
        reader._rows("DELETE FROM services RETURNING id")
    with Reader.open(path) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._connection.execute("CREATE TEMP TABLE scratch (id)")


def test_readers_see_whole_batches_only(path: Path, writer: Writer, source: Source) -> None:
    """While a batch is being written, others read what was there before; then all of it."""
    writer.commit(builders.batch(source, 0))
    with Reader.open(path) as reader:
        before, seen = list(reader.dump()), []
        writer._connection.set_progress_handler(lambda: seen.append(list(reader.dump())), 5_000)
        writer.commit(builders.batch(source, 1, 200))
        writer._connection.set_progress_handler(None, 0)
        assert len(seen) > 1
        assert all(before == dump for dump in seen)
        assert before != list(reader.dump())


def test_snapshot_stands_still(path: Path, writer: Writer, source: Source) -> None:
    """A report that asks several questions gets answers of one moment."""
    writer.commit(builders.batch(source, 0))
    with Reader.open(path) as reader:
        with reader.snapshot():
            first = reader.totals("app")
            writer.commit(builders.batch(source, 1))
            assert first == reader.totals("app")
        assert 100 == reader.totals("app").opened


def _view(reader: Reader, name: str) -> list[dict[str, Any]]:
    connection: sqlite3.Connection = reader._connection
    cursor = connection.execute(f"SELECT * FROM {name}")
    columns = [column[0] for column in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor]


def _pick(rows: list[dict[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in rows]


def test_view_lifecycles(day: Reader) -> None:
    """Times for people, seconds of life (until now when open), and where it is written."""
    columns = ("name", "opened_at", "closed_at", "seconds", "opened_line", "closed_line")
    assert [
        ("c1", "1970-01-01T00:00:01.000Z", None, 4.0, "app.log:2", None),
        ("c2", "1970-01-01T00:00:02.000Z", "1970-01-01T00:00:05.000Z", 3.0, "app.log:3",
         "app.log:6"),
    ] == _pick(_view(day, "lifecycles")[:2], *columns)  # fmt: skip


def test_view_open_connections(day: Reader) -> None:
    """Those that may be alive, with their age."""
    columns = ("service", "number", "state", "age_seconds", "opened_line")
    assert [("app", 1, "open", 4.0, "app.log:2"), ("app", 6, "closing", -4.0, None)] == _pick(
        _view(day, "open_connections"), *columns
    )


def test_view_live_over_time(day: Reader) -> None:
    """One row a step, in the order of the steps."""
    rows = _view(day, "live_over_time")
    assert [0, 1, 2, 3, 2, 1, 1, 1, 2] == [row["live"] for row in rows]
    assert "1970-01-01T00:00:09.000Z" == rows[-1]["time"]


def test_view_counted_events(day: Reader) -> None:
    """Every event but the echo, with its service and file."""
    rows = _view(day, "counted_events")
    assert [0, 100, 200, 300, 500, 0] == [row["offset"] for row in rows]
    assert {("app", "app.log"), ("quiet", "quiet.log")} == set(_pick(rows, "service", "file"))


def test_view_evidence_lines(day: Reader) -> None:
    """The lines that prove a finding, in its order, as a person would look them up."""
    rows = [row for row in _view(day, "evidence_lines") if row["fingerprint"] == "late"]
    assert [("app.log:2", "opened"), ("app.log:1", "auth_failure")] == _pick(rows, "line", "kind")


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (-SECOND, "1969-12-31T23:59:59.000Z"),
        (1_700_000_000_123_456_789, "2023-11-14T22:13:20.123Z"),
        (None, None),
    ],
)
def test_times_in_views(
    writer: Writer, source: Source, time: int | None, expected: str | None
) -> None:
    """Nanoseconds are shown as ISO 8601 UTC, cut to milliseconds, before 1970 too."""
    writer.commit(Batch(events=[builders.event(source, 0, time=time)]))
    assert expected == _view(writer.reader(), "counted_events")[0]["iso_time"]
