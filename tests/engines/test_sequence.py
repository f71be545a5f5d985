from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from logdiag.engines.sequence import EARLIEST, LATENESS, Sequence, log_of
from logdiag.model import SECOND, Event

TIMES = st.none() | st.integers(0, 20)


def event(source: int, offset: int, seconds: float | None) -> Event:
    """An event that is known by where it stands."""
    time = None if seconds is None else int(seconds * SECOND)
    return Event("message", time, source, offset, 1, "")


def names(events: list[Event]) -> list[tuple[int, int]]:
    """Source and offset of each."""
    return [(each.source, each.offset) for each in events]


def test_log_of() -> None:
    """The parts of one log have one name; logs in other directories have another."""
    paths = ("app.log", "app.log.1", "app.log.2.gz", "sub/app.log.1", "app-2026-01-31.log")
    assert ["app.log", "app.log", "app.log", "sub/app.log", "app.log"] == [*map(log_of, paths)]


def test_by_time_between_sources() -> None:
    """What is let go is in the order of time, then of the logs' names."""
    made = Sequence()
    made.push(1, "b.log", [event(1, 0, 1), event(1, 9, 3)])
    made.push(2, "a.log", [event(2, 0, 1), event(2, 9, 2), event(2, 18, 9)])
    assert [(2, 0), (1, 0), (2, 9)] == names(made.pop(3 * SECOND))
    assert 2 == made.waiting
    assert [(1, 9), (2, 18)] == names(made.pop())
    assert 9 * SECOND == made.latest


def test_an_equal_time_may_still_come() -> None:
    """At the bound itself nothing is let go: another log may have a line of the same time."""
    made = Sequence()
    made.push(2, "b.log", [event(2, 0, 5)])
    assert [] == made.pop(5 * SECOND)
    made.push(1, "a.log", [event(1, 0, 5)])
    assert [(1, 0), (2, 0)] == names(made.pop(5 * SECOND + 1))


def test_without_a_clock_nothing_waits() -> None:
    """Events without any time go at once, whatever the bound."""
    made = Sequence()
    made.push(1, "a.log", [event(1, 0, None), event(1, 9, None), event(1, 18, 4)])
    assert [(1, 0), (1, 9)] == names(made.pop(EARLIEST - LATENESS))


def test_clock_set_back() -> None:
    """The log's own order holds, and what came before the jump waits for nobody."""
    made = Sequence()
    made.push(1, "a.log", [event(1, 0, 3600), event(1, 9, 5), event(1, 18, 3000)])
    made.push(1, "a.log", [event(1, 27, 6)])
    assert [(1, 0), (1, 9), (1, 18)] == names(made.pop(6 * SECOND))
    assert [(1, 27)] == names(made.pop())


def test_a_source_that_ended_is_forgotten() -> None:
    """Once nothing of it waits any more; the log's time stays for its next part."""
    made = Sequence()
    made.push(1, "a.log", [event(1, 0, 5)])
    made.end(1)
    assert [[1, 5 * SECOND]] == json.loads(json.dumps(made.snapshot()))["reached"]
    made.pop()
    assert [] == made.snapshot()["reached"]
    made.push(2, "a.log", [event(2, 0, None)])
    assert 5 * SECOND == made.reached(2)


@given(st.lists(TIMES, max_size=30), st.data())
def test_one_source_keeps_its_order(times: list[int | None], data: st.DataObject) -> None:
    """However a log is cut, looked at and restored, its events come in its own order."""
    events = [event(1, place, time) for place, time in enumerate(times)]
    known = {(each.source, each.offset): each for each in events}
    made, out = Sequence(), []
    rest = list(events)
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        made.push(1, "a.log", rest[:size])
        del rest[:size]
        out += made.pop(data.draw(st.integers(0, 20)) * SECOND)
        state = json.loads(json.dumps(made.snapshot()))
        made = Sequence()
        made.restore(state, lambda source, offset: known[source, offset])
    assert events == out + made.pop()
