from __future__ import annotations

from typing import Any

import pytest

from logdiag.model import SECOND, Changes, Connection, Echo, Event, Source
from logdiag.timeline import Batch, Reader, Writer, statistics
from logdiag.timeline.statistics import Lifetime
from tests.timeline.builders import WIDTH, event


def closed(number: int, seconds: int, line: int, **fields: Any) -> Connection:
    """A connection that opened at 0 s and closed so many seconds later, in that line."""
    known: dict[str, Any] = {"name": f"c{number}", "identity": "id", "opened_at": 0}
    known |= {"closed_at": seconds * SECOND, "closed_line": (1, line * WIDTH)}
    return Connection(number=number, state="closed", **(known | fields))


def stored(
    writer: Writer, source: Source, connections: list[Connection], events: list[Event]
) -> Reader:
    """A reader of a timeline that holds all of it."""
    changes = {source.service: Changes(connections=connections)}
    writer.commit(Batch(events=events, changes=changes))
    return Reader.open(writer.path)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"kind": "closed", "connection": "c1"}, "id"),
        ({"kind": "closed", "client": "192.0.2.1"}, "id"),
        ({"kind": "closed"}, "count"),
        ({"kind": "opened", "connection": "c2"}, "count"),
    ],
)
def test_a_close_that_names_nobody_was_inferred(
    writer: Writer, source: Source, fields: dict[str, Any], expected: str
) -> None:
    """What the closing line names decides, not what the opening named."""
    line = event(source, 5, **fields)
    with stored(writer, source, [closed(1, 5, 5)], [line]) as reader:
        assert {expected: 1} == statistics.identities(reader, "app")


def test_identities_leave_out_refusals_and_need_no_closing_line(
    writer: Writer, source: Source
) -> None:
    """Live ones count as they opened; so do those whose line is gone; refused ones not at all."""
    connections = [
        Connection(1, "c1", "address", "open"),
        Connection(2, "c2", "address", "rejected"),
        closed(3, 5, 999),
    ]
    with stored(writer, source, connections, []) as reader:
        assert {"address": 1, "id": 1} == statistics.identities(reader, "app")
        assert {} == statistics.identities(reader, "other")


def test_the_lifetime_is_that_of_95_in_100(writer: Writer, source: Source) -> None:
    """The nearest rank, of those that closed before the time asked for."""
    connections = [closed(n, n, n) for n in range(1, 101)]
    connections += [Connection(101, "c101", "id", "open", opened_at=0), closed(102, 9, 1)]
    connections[-1] = closed(102, 9, 1, opened_at=None)
    with stored(writer, source, connections, []) as reader:
        assert Lifetime(100, 95 * SECOND) == statistics.lifetime(reader, "app")
        assert Lifetime(10, 10 * SECOND) == statistics.lifetime(reader, "app", 11 * SECOND)
        assert Lifetime(0, None) == statistics.lifetime(reader, "app", 0)


def test_nobodys_connections_are_live_old_known_by_id_and_of_no_client(
    writer: Writer, source: Source
) -> None:
    """Each condition leaves one out; at an earlier time what closed since is live."""
    known: dict[str, Any] = {"identity": "id", "state": "open", "opened_at": SECOND}
    differing: list[dict[str, Any]] = [
        {}, {"opened_at": 9 * SECOND}, {"client_key": "user x"}, {"identity": "address"},
        {"state": "closed", "closed_at": 7 * SECOND},
    ]  # fmt: skip
    connections = [
        Connection(number=n, name=f"c{n}", **(known | fields)) for n, fields in enumerate(differing)
    ]
    with stored(writer, source, connections, []) as reader:
        assert 1 == statistics.nobodys(reader, "app", 5 * SECOND)
        assert 2 == statistics.nobodys(reader, "app", 5 * SECOND, 6 * SECOND)


def test_arrivals_are_known_if_any_line_was_seen_live(writer: Writer, source: Source) -> None:
    """One line with an arrival is enough; another service's says nothing."""
    with stored(writer, source, [], [event(source, 1, time=None)]) as reader:
        assert not statistics.has_arrivals(reader, "app")
        writer.commit(Batch(events=[event(source, 2, time=None, arrived=SECOND)]))
        assert statistics.has_arrivals(reader, "app")
        assert not statistics.has_arrivals(reader, "other")


@pytest.mark.parametrize(
    ("kind", "of", "expected"),
    [("closed", 1, True), ("closed", 2, False), ("opened", 1, False), ("closed", None, False)],
)
def test_closes_at_a_stop_echo_its_line(
    writer: Writer, source: Source, kind: str, of: int | None, expected: bool
) -> None:
    """What follows a refusal or a close, or is no close, tells nothing of it."""
    lines = [event(source, 1, "server_stop"), event(source, 2, "rejected"), event(source, 3, kind)]
    echoes = [Echo(source.id, 3 * WIDTH, source.id, of * WIDTH)] if of else []
    writer.commit(Batch(events=lines, changes={source.service: Changes(echoes=echoes)}))
    with Reader.open(writer.path) as reader:
        assert expected == statistics.closed_at_stop(reader, "app")
        assert not statistics.closed_at_stop(reader, "other")
