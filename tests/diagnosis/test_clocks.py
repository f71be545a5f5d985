"""Lines with and without times in one service."""

from __future__ import annotations

from tests.diagnosis.builders import Log, at, follow


def test_a_line_without_time_happened_when_the_others_had_come_so_far() -> None:
    """A file without times beside one with them: its connections have the service's time."""
    clocked = Log()("opened", 30, connection="a")
    bare = Log(source=2)("opened", None, connection="b")
    told = follow([*clocked.events, *bare.events])
    assert [at(30), at(30)] == [one.opened_at for one in told.connections.values()]


def test_without_any_time_there_is_none() -> None:
    """Where no line has a time, none is made up."""
    told = follow(Log()("opened", None, connection="a").events)
    assert [None] == [one.opened_at for one in told.connections.values()]
