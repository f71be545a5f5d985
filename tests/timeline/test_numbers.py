"""The statistics that explain: over time, per client, per lifetime, per gap."""

from __future__ import annotations

import json
from typing import Any

import pytest

from logdiag.model import SECOND, Changes, Connection, Gap, Source, Transition
from logdiag.timeline import Batch, Reader, Writer, statistics
from logdiag.timeline.statistics import Bar, Code, Held, Losses, Point, Quantiles, sampling
from logdiag.timeline.statistics.flow import width_for
from tests.timeline.builders import WIDTH, event

HOUR, DAY = 3_600 * SECOND, 86_400 * SECOND


def life(number: int, opened: float, closed: float | None, **fields: Any) -> Connection:
    """A connection of `user x` that opened and closed at those seconds."""
    known: dict[str, Any] = {
        "name": f"c{number}", "identity": "id", "client_key": "user x", "path": "/ws",
        "opened_at": round(opened * SECOND), "state": "open" if closed is None else "closed",
        "closed_at": None if closed is None else round(closed * SECOND),
    }  # fmt: skip
    return Connection(number=number, **(known | fields))


def stored(writer: Writer, source: Source, lives: list[Connection], *, clock: bool = True) -> None:
    """Store the connections with the lines and steps that tell of them, in order of time."""
    moments = [(one.opened_at, "open", one) for one in lives]
    moments += [(one.closed_at, "closed", one) for one in lives if one.closed_at is not None]
    events, steps, live, made = [], [], 0, {one.number: one for one in lives}
    for nth, (time, state, one) in enumerate(sorted(moments, key=lambda each: each[0] or 0)):
        live += 1 if state == "open" else -1
        when = time if clock else None
        if state == "open":
            made[one.number] = one._replace(opened_line=(source.id, nth * WIDTH))
        steps.append(Transition(one.number, state, when, source.id, nth * WIDTH, live))
        events.append(event(source, nth, time=when, kind="opened"))
    changes = {source.service: Changes(connections=list(made.values()), transitions=steps)}
    writer.commit(Batch(events=events, changes=changes))


@pytest.fixture
def reader(writer: Writer) -> Reader:
    """A reader that sees what the writer commits."""
    return writer.reader()


def test_the_flow_has_no_holes_and_counts_what_changed(
    writer: Writer, source: Source, reader: Reader
) -> None:
    """Opened, closed, net, live at the end and at most, failed requests; empty intervals, too."""
    stored(writer, source, [life(1, 0, 1.5), life(2, 1, None), life(3, 1.2, 1.6), life(4, 4, None)])
    writer.commit(Batch(events=[event(source, 99, kind="auth_failure", time=3 * SECOND)]))
    flow = statistics.flow(reader, "app", most=6)
    assert (True, SECOND) == (flow.clock, flow.width)
    assert [
        Point(0, 1, 0, 1, 1, 1, 0),
        Point(SECOND, 2, 2, 0, 1, 3, 0),
        Point(2 * SECOND, 0, 0, 0, 1, 1, 0),
        Point(3 * SECOND, 0, 0, 0, 1, 1, 1),
        Point(4 * SECOND, 1, 0, 1, 2, 2, 0),
    ] == list(flow.points)
    assert [
        Point(2 * SECOND, 0, 0, 0, 1, 1, 0),
        Point(3 * SECOND, 0, 0, 0, 1, 1, 1),
    ] == list(statistics.flow(reader, "app", 2 * SECOND, 4 * SECOND, most=3).points)


def test_without_a_clock_the_flow_counts_steps(
    writer: Writer, source: Source, reader: Reader
) -> None:
    """Each interval has so many steps; failed requests are none."""
    stored(writer, source, [life(n, n, 10 if n < 3 else None) for n in range(1, 6)], clock=False)
    flow = statistics.flow(reader, "app", most=3)
    assert (False, 3) == (flow.clock, flow.width)
    assert [
        Point(0, 3, 0, 3, 3, 3, None),
        Point(3, 2, 1, 1, 4, 5, None),
        Point(6, 0, 1, -1, 3, 4, None),
    ] == list(flow.points)
    assert () == statistics.flow(reader, "other").points


@pytest.mark.parametrize(
    ("length", "expected"),
    [(0, SECOND // 1000), (27 * SECOND, SECOND // 2), (HOUR, 2 * 60 * SECOND), (DAY, HOUR // 2),
     (365 * DAY, 7 * DAY), (10_000 * DAY, 173 * DAY)],
)  # fmt: skip
def test_intervals_are_as_wide_as_people_reckon(length: int, expected: int) -> None:
    """A round width, at most 60 of which cover the length wherever it begins."""
    width = width_for(length, 60)
    assert (expected, True) == (width, (length + width - 1) // width + 1 <= 60)


def test_lifetimes_are_those_of_connections_that_closed(
    writer: Writer, source: Source, reader: Reader
) -> None:
    """Quantiles by nearest rank, bars of fixed bounds, the empty ones at both ends left out."""
    lives = [life(n, 0, 2) for n in range(1, 20)]
    lives += [life(20, 0, 40), life(21, 0, None), life(22, 5, 4)]  # live; a clock set back
    stored(writer, source, lives)
    found = statistics.lifetimes(reader, "app")
    assert Quantiles(20, 2 * SECOND, 2 * SECOND, 40 * SECOND) == found.quantiles
    bars = [(3, 19), (10, 0), (20, 0), (30, 0), (45, 1)]
    assert [Bar(upto * SECOND, count) for upto, count in bars] == list(found.histogram)
    late = statistics.lifetimes(reader, "app", 10 * SECOND)
    assert [Bar(45 * SECOND, 1)] == list(late.histogram)
    assert (Quantiles(), ()) == statistics.lifetimes(reader, "app", None, 2 * SECOND)


def test_a_life_beyond_all_bounds_has_a_bar(writer: Writer, source: Source, reader: Reader) -> None:
    """The last bar has no bound."""
    stored(writer, source, [life(1, 0, 8 * 86_400)])
    assert (Bar(None, 1),) == statistics.lifetimes(reader, "app").histogram


def test_close_codes_are_counted(writer: Writer, source: Source, reader: Reader) -> None:
    """The most frequent first; a close without a code is one, too."""
    codes = [1000, 1006, None, 1006]
    stored(writer, source, [life(n, 0, 1 + n, code=code) for n, code in enumerate(codes)])
    assert [Code(1006, 2), Code(None, 1), Code(1000, 1)] == statistics.close_codes(reader, "app")
    assert [Code(1006, 1)] == statistics.close_codes(reader, "app", 4 * SECOND)


@pytest.mark.parametrize("clock", [True, False])
def test_clients_are_told_by_what_they_held_at_once(
    writer: Writer, source: Source, reader: Reader, clock: bool
) -> None:
    """At most and at the end, over clients; connections of nobody are counted apart."""
    held = [life(1, 0, 5), life(2, 1, None), life(3, 2, 4), life(4, 6, None)]
    held += [life(5, 0, 3, client_key="user y"), life(6, 4, 7, client_key="user y")]
    held += [life(7, 0, None, client_key=None)]
    stored(writer, source, held, clock=clock)
    found = statistics.clients(reader, "app")
    assert (Quantiles(2, 1, 3, 3), Quantiles(1, 2, 2, 2)) == (found.peak, found.at_end)
    assert (Held("user x", 3), 1) == (found.most, found.nobodys)


@pytest.mark.parametrize(
    ("since", "until", "peak", "at_end"),
    [(None, 2, 1, 1), (3, 4, 2, 2), (6, 8, 1, 1), (8.5, 9, 1, 1), (11, 12, None, None)],
)
def test_clients_in_a_period_hold_what_was_live_when_it_began(
    writer: Writer, source: Source, reader: Reader, since: float, until: float,
    peak: int | None, at_end: int | None,
) -> None:  # fmt: skip
    """Opened before it, closed after it or within it: what counts is the period."""
    stored(writer, source, [life(1, 1, 5), life(2, 2, 10)])
    bounds = (None if since is None else round(since * SECOND), round(until * SECOND))
    found = statistics.clients(reader, "app", *bounds)
    assert (peak, at_end) == (found.peak.max, found.at_end.max)


def test_old_and_new_of_one_client_overlap(writer: Writer, source: Source, reader: Reader) -> None:
    """How often, how long, and what never ended; another path or client is no reconnect."""
    lives = [life(1, 0, 10), life(2, 8, 20), life(3, 21, None), life(4, 30, None)]
    lives += [life(5, 31, None, path="/other"), life(6, 32, None, client_key="user y")]
    stored(writer, source, lives)
    found = statistics.overlap(reader, "app")
    assert (3, 2, 1) == (found.reopened, found.overlapping, found.unended)
    assert Quantiles(1, 2 * SECOND, 2 * SECOND, 2 * SECOND) == found.lengths
    then = statistics.overlap(reader, "app", None, 9 * SECOND)
    assert (1, 1, 1, 0) == (then.reopened, then.overlapping, then.unended, then.lengths.total)


def test_gaps_hide_the_time_between_their_neighbours(
    writer: Writer, source: Source, reader: Reader
) -> None:
    """Until the next line of the source or of its successor; shared time once; else unknown."""
    successor, second = writer.register("app", "app.log"), writer.register("app", "other.log")
    writer.commit(
        Batch(
            events=[
                event(source, 1), event(source, 5), event(source, 20),
                event(successor, 30), event(second, 4), event(second, 8),
            ],
            gaps=[
                Gap(source, 2 * WIDTH, 10, "skipped"), Gap(source, 25 * WIDTH, None, "truncated"),
                Gap(second, 5 * WIDTH, 10, "skipped"), Gap(second, 9 * WIDTH, 10, "deleted"),
            ],
        )
    )  # fmt: skip
    assert Losses(4, 17 * SECOND, 1) == statistics.losses(reader, "app")
    assert Losses(3, 9 * SECOND, 1) == statistics.losses(reader, "app", 6 * SECOND, 27 * SECOND)
    assert Losses() == statistics.losses(reader, "none")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten connections are many."""
    for name in ("MOST", "SAMPLE"):
        monkeypatch.setattr(sampling, name, 10)


@pytest.mark.usefixtures("few")
def test_of_many_connections_some_stand_for_all(
    writer: Writer, source: Source, reader: Reader
) -> None:
    """Some spread evenly; the newest without holes, and with them the oldest that still live."""
    lives = [life(n, n, n + 1.5, client_key=f"user {n % 4}") for n in range(1, 41)]
    for left in (3, 7, 11):
        lives[left - 1] = life(left, left, None, client_key="user 3")
    lives += [life(n, n, n + 0.5, client_key=None) for n in (41, 42)]
    stored(writer, source, lives)
    some = statistics.sample(reader, "app")
    assert 10 == some.size
    assert [3, 7, 11, *range(33, 43)] == json.loads(some.newest or "")
    found = statistics.clients(reader, "app", numbers=some.newest)
    assert (Quantiles(4, 1, 4, 4), Held("user 3", 4)) == (found.peak, found.most)
    assert (Quantiles(1, 3, 3, 3), 2) == (found.at_end, found.nobodys)
    assert 7 == statistics.overlap(reader, "app", numbers=some.newest).reopened
    closed = [n for n in json.loads(some.spread or "") if n <= 40]
    assert len(closed) == statistics.lifetimes(reader, "app", numbers=some.spread).quantiles.total
    codes = statistics.close_codes(reader, "app", numbers=some.spread)
    assert [Code(None, len(closed))] == codes


@pytest.mark.usefixtures("few")
def test_a_sample_of_a_period_is_of_the_period(
    writer: Writer, source: Source, reader: Reader
) -> None:
    """The newest that opened in it, those that lived on from before, and none from after it."""
    lives = [life(60 * n, 60 * n, 60 * n + 90, client_key="user 1") for n in range(1, 41)]
    lives = [one._replace(number=nth) for nth, one in enumerate(lives, 1)]
    lives[4] = lives[4]._replace(state="open", closed_at=None)
    stored(writer, source, lives)
    some = statistics.sample(reader, "app", 900 * SECOND, 1_500 * SECOND)
    assert [5, *range(15, 25)] == json.loads(some.newest or "")
    assert [*range(15, 25)] == json.loads(some.spread or "")


@pytest.mark.usefixtures("few")
def test_of_few_connections_none_is_left_out(
    writer: Writer, source: Source, reader: Reader
) -> None:
    """As many as are looked at anyway are all in the sample."""
    stored(writer, source, [life(n, n, None) for n in range(1, 11)])
    assert statistics.ALL == statistics.sample(reader, "app")
    assert statistics.ALL.size is None
