"""What happened at one moment and is to be marked: restarts, gaps, failed authentications.

`at` is in ns; with `clock` False, of a service without one, it is the line's number in its file.
"""

from __future__ import annotations

from typing import Any

from logdiag.model import Event
from logdiag.timeline.reader import Reader

_SOURCES = "SELECT id FROM sources WHERE service = (SELECT id FROM services WHERE name = ?1)"
_TOLD = ("source", "offset", "client", "user", "session", "agent", "path")
_ECHOED = "SELECT 1 FROM echoes AS o WHERE o.source = e.source AND o.offset = e.offset"


def restarts(
    reader: Reader, service: str, begin: int, end: int, *, clock: bool, most: int
) -> list[dict[str, Any]]:
    """Lines about the server's starts and stops in [begin, end): at, kind, source, line."""
    at = _at(clock)
    sql = (
        f"SELECT {at} AS at, e.kind, f.path AS source, e.line"
        " FROM events AS e INDEXED BY events_restarts"
        f" JOIN sources AS f ON f.id = e.source WHERE e.source IN ({_SOURCES})"
        f" AND e.kind IN ('server_start', 'server_stop') AND {at} >= ?2 AND {at} < ?3"
        " ORDER BY 1 LIMIT ?4"
    )
    return reader._rows(sql, service, begin, end, most)


def gaps(reader: Reader, service: str, *, clock: bool, most: int) -> list[dict[str, Any]]:
    """At the last event before each gap, whose own time is that of its discovery."""
    sql = (
        f"SELECT (SELECT {_at(clock)} FROM events AS e WHERE e.source = g.source"
        f" AND e.offset < g.offset ORDER BY e.offset DESC LIMIT 1) AS at,"
        f" f.path AS source, g.size, g.reason FROM gaps AS g JOIN sources AS f ON f.id = g.source"
        f" WHERE g.source IN ({_SOURCES}) ORDER BY g.id DESC LIMIT ?2"
    )
    return reader._rows(sql, service, most)


def failures(
    reader: Reader, service: str, begin: int, end: int, *, clock: bool, most: int
) -> list[tuple[int, Event]]:
    """Failed authentications in [begin, end) and who made them, echoes left out; the latest."""
    at = _at(clock)
    columns = ", ".join(f"e.{name}" for name in _TOLD)
    sql = (
        f"SELECT {at} AS at, {columns} FROM events AS e WHERE e.source IN ({_SOURCES})"
        f" AND e.kind = 'auth_failure' AND {at} >= ?2 AND {at} < ?3 AND NOT EXISTS ({_ECHOED})"
        f" ORDER BY {at} DESC LIMIT ?4"
    )
    found = reader._many(("at", *_TOLD), sql, service, begin, end, most)
    blank = Event("auth_failure", None, 0, 0, 0, "")
    return [(at, blank._replace(**dict(zip(_TOLD, row, strict=True)))) for at, *row in found]


def _at(clock: bool) -> str:
    return "e.time" if clock else "e.line"
