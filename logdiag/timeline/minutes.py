"""The roll-up `minutes`: what happened in each minute, so that nobody has to read every step.

The writer adds to it with each batch. Whole minutes are answered from it; at the edges of a period
the steps themselves are looked at, which the roll-up helps to find.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from logdiag.model import SECOND, Stepped
from logdiag.timeline.answers import Live, Totals

if TYPE_CHECKING:
    from logdiag.timeline.reader import Reader

MINUTE = 60 * SECOND
NO_TIME = -(1 << 63)  # the minute of what has no time
COUNTED = {
    "opened": "open", "closed": "closed", "rejected": "rejected", "superseded": "superseded",
    "unknown": "unknown",
}  # fmt: skip  # column -> the state that was entered

# Integer division truncates, so times before 1970 are floored by hand.
_MINUTE = f"coalesce((time - ((time % {MINUTE}) + {MINUTE}) % {MINUTE}) / {MINUTE}, {NO_TIME})"
_SUMS = ", ".join(f"sum(state = '{state}')" for state in COUNTED.values())
_ADD_STEPS = (
    f"INSERT INTO minutes (service, minute, {', '.join(COUNTED)}, low, high, first_step, last_step)"
    f" SELECT service, {_MINUTE} AS m, {_SUMS},"
    " min(live), max(live), min(id), max(id)"
    " FROM transitions WHERE id > ? AND +service = ? GROUP BY m ON CONFLICT DO UPDATE SET "
    + ", ".join(f"{name} = {name} + excluded.{name}" for name in COUNTED)
    + ", low = min(coalesce(low, excluded.low), excluded.low)"
    ", high = max(coalesce(high, excluded.high), excluded.high)"
    ", first_step = min(coalesce(first_step, excluded.first_step), excluded.first_step)"
    ", last_step = max(coalesce(last_step, excluded.last_step), excluded.last_step)"
)
_ADD_FAILURES = (
    "INSERT INTO minutes (service, minute, auth_failures) VALUES (?, ?, ?)"
    " ON CONFLICT DO UPDATE SET auth_failures = auth_failures + excluded.auth_failures"
)
_OF_SERVICE = "service = (SELECT id FROM services WHERE name = ?)"
_NAMES = (*COUNTED, "auth_failures")


def minute_of(time: int | None) -> int:
    """The minute, counted from 1970, of a time in ns."""
    return NO_TIME if time is None else time // MINUTE


# For the writer


def add(
    connection: sqlite3.Connection, service: int, after: int, failures: Sequence[int | None]
) -> None:
    """Count the steps of the service whose id is above `after`, and failed authentications."""
    connection.execute(_ADD_STEPS, (after, service))
    counted = Counter(map(minute_of, failures))
    connection.executemany(_ADD_FAILURES, ((service, *one) for one in counted.items()))


def touched(steps: Iterable[Stepped], failures: Iterable[int | None]) -> list[int]:
    """The minutes that `add` changes."""
    return sorted({*(minute_of(time) for _, _, time, *_ in steps), *map(minute_of, failures)})


# For readers


class Edge(NamedTuple):
    """A part of a minute, in ns, and the ids of the first and the last step in the minute."""

    begin: int
    end: int
    first: int
    last: int


def totals(reader: Reader, service: str, since: int | None, until: int | None) -> Totals:
    """What happened in the period; each connection enters a counted state once."""
    where, bounds = whole_minutes(since, until)
    sums = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in _NAMES)
    sql = f"SELECT {sums} FROM minutes WHERE {_OF_SERVICE}{where}"
    counted = Counter(reader._rows(sql, service, *bounds)[0])
    for edge in edges(reader, service, since, until):
        counted.update(_counted(reader, service, edge))
    return Totals(**{name: counted[name] for name in Totals._fields})


def live(reader: Reader, service: str, since: int | None, until: int | None) -> Live:
    """Live connections at the end of the period and at its peak; see `Reader.live`."""
    before = 0 if since is None else last_live(reader, service, since)
    peak, peak_at = _peak(reader, service, since, until)
    if before >= peak > 0 or before > peak:
        peak, peak_at = before, since
    return Live(last_live(reader, service, until), peak, peak_at)


def last_live(reader: Reader, service: str, until: int | None) -> int:
    """Live connections after the last step before `until`; of all steps if that is None."""
    for edge in edges(reader, service, None, until):
        found = _steps(reader, "live", service, edge, "ORDER BY id DESC LIMIT 1")
        if found:
            return int(found[0]["live"])
    where, bounds = whole_minutes(None, until)
    latest = "max(last_step)" if until is None else "last_step"
    order = "" if until is None else " AND last_step IS NOT NULL ORDER BY minute DESC LIMIT 1"
    sql = (
        "SELECT live FROM transitions WHERE id ="
        f" (SELECT {latest} FROM minutes WHERE {_OF_SERVICE}{where}{order})"
    )
    rows = reader._rows(sql, service, *bounds)
    return int(rows[0]["live"]) if rows else 0


def _peak(
    reader: Reader, service: str, since: int | None, until: int | None
) -> tuple[int, int | None]:
    """The highest count and when it was first reached; 0 where nothing happened."""
    where, bounds = whole_minutes(since, until)
    sql = (
        f"SELECT high, first_step, last_step FROM minutes WHERE {_OF_SERVICE}{where}"
        " AND high IS NOT NULL ORDER BY high DESC, first_step LIMIT 1"
    )
    found = [(row["high"], row["first_step"], row["last_step"])
             for row in reader._rows(sql, service, *bounds)]  # fmt: skip
    peaks = [
        (row["live"], row["id"], row["time"])
        for high, first, last in found
        for row in reader._rows(
            f"SELECT live, id, time FROM transitions WHERE id BETWEEN ? AND ? AND +{_OF_SERVICE}"
            " AND live = ? ORDER BY id LIMIT 1",
            first, last, service, high,
        )
    ]  # fmt: skip
    for edge in edges(reader, service, since, until):
        order = "ORDER BY live DESC, id LIMIT 1"
        rows = _steps(reader, "live, id, time", service, edge, order)
        peaks += [(row["live"], row["id"], row["time"]) for row in rows]
    if not peaks:
        return 0, None
    count, _, time = min(peaks, key=lambda peak: (-peak[0], peak[1]))
    return count, time


def steps_within(
    reader: Reader, service: str, begin: int | None, end: int | None
) -> tuple[int, int, int]:
    """The ids of the first and the last step in the minutes of [begin, end], ns; their number."""
    counted = " + ".join(_NAMES)
    sql = (
        "SELECT coalesce(min(first_step), 0) AS first, coalesce(max(last_step), 0) AS last,"
        f" coalesce(sum({counted}), 0) AS count FROM minutes"
        f" WHERE {_OF_SERVICE} AND minute BETWEEN ? AND ?"
    )
    bounds = (
        NO_TIME + 1 if begin is None else begin // MINUTE,
        -NO_TIME - 1 if end is None else end // MINUTE,
    )
    row = reader._rows(sql, service, *bounds)[0]
    return row["first"], row["last"], row["count"]


def whole_minutes(since: int | None, until: int | None) -> tuple[str, tuple[int, ...]]:
    """The end of a WHERE clause for the minutes that lie in the period wholly."""
    parts, bounds = "", []
    if since is not None:
        parts += " AND minute >= ?"
        bounds.append(-(-since // MINUTE))
    if until is not None:
        parts += " AND minute < ?"
        bounds.append(until // MINUTE)
    if since is None and until is not None:
        parts += f" AND minute > {NO_TIME}"
    return parts, tuple(bounds)


def edges(reader: Reader, service: str, since: int | None, until: int | None) -> list[Edge]:
    """The parts of minutes at the ends of the period, if anything happened in these minutes."""
    parts: dict[int, tuple[int, int]] = {}
    if since is not None and since % MINUTE:
        minute = since // MINUTE
        end = (minute + 1) * MINUTE
        parts[minute] = (since, end if until is None else min(end, until))
    if until is not None and until % MINUTE and until // MINUTE not in parts:
        parts[until // MINUTE] = (until // MINUTE * MINUTE, until)
    sql = f"SELECT first_step, last_step FROM minutes WHERE {_OF_SERVICE} AND minute = ?"
    return [
        Edge(begin, end, row["first_step"] or 0, row["last_step"] or 0)
        for minute, (begin, end) in parts.items()
        for row in reader._rows(sql, service, minute)
    ]


def _counted(reader: Reader, service: str, edge: Edge) -> dict[str, int]:
    sums = ", ".join(
        f"coalesce(sum(state = '{state}'), 0) AS {name}" for name, state in COUNTED.items()
    )
    counts: dict[str, int] = _steps(reader, sums, service, edge, "")[0]
    return {**counts, "auth_failures": failures(reader, service, edge.begin, edge.end)}


def _steps(
    reader: Reader, columns: str, service: str, edge: Edge, order: str
) -> list[dict[str, Any]]:
    sql = (
        f"SELECT {columns} FROM transitions WHERE id BETWEEN ? AND ? AND +{_OF_SERVICE}"
        f" AND time >= ? AND time < ? {order}"
    )
    return reader._rows(sql, edge.first, edge.last, service, edge.begin, edge.end)


def failures(reader: Reader, service: str, begin: int, end: int) -> int:
    """Failed authentications in [begin, end), ns, counted from the lines themselves."""
    sql = (
        "SELECT count(*) AS count FROM events AS e WHERE kind = 'auth_failure'"
        f" AND source IN (SELECT id FROM sources WHERE {_OF_SERVICE})"
        " AND time >= ? AND time < ? AND NOT EXISTS"
        " (SELECT 1 FROM echoes AS o WHERE o.source = e.source AND o.offset = e.offset)"
    )
    return int(reader._rows(sql, service, begin, end)[0]["count"])
