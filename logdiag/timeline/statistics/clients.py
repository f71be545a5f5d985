"""How many connections each client holds, and how its old and new ones overlap."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

from logdiag.timeline.reader import Reader
from logdiag.timeline.statistics.asking import (
    SERVICE,
    Quantiles,
    of_counted,
    quantiles,
    within,
)
from logdiag.timeline.statistics.sampling import picked

_LIVE = "state IN ('open', 'closing')"
_OVER = "state IN ('closed', 'rejected', 'superseded', 'unknown')"
# Each client's live connections as levels: `level` of them from `time` on, until `ends`. Steps are
# taken in the order in which they were told, which a log without times has, too.
_LEVELS = f"""
WITH lives AS (
    SELECT connection,
        min(id) FILTER (WHERE {_LIVE}) AS began, min(time) FILTER (WHERE {_LIVE}) AS began_at,
        max(id) FILTER (WHERE {_OVER}) AS ended, max(time) FILTER (WHERE {_OVER}) AS ended_at
    FROM transitions WHERE service = {SERVICE} AND (?3 IS NULL OR time < ?3){{picked}}
    GROUP BY connection HAVING began IS NOT NULL
), steps AS (
    SELECT client_key, connection, change.column1 AS change,
        iif(change.column1 > 0, began, ended) AS id,
        iif(change.column1 > 0, began_at, ended_at) AS time
    FROM lives JOIN connections ON service = {SERVICE} AND number = connection
    CROSS JOIN (VALUES (1), (-1)) AS change
    WHERE client_key IS NOT NULL
), levels AS (
    SELECT client_key, connection, id, time,
        sum(change) OVER client AS level, lead(time) OVER client AS ends,
        lead(id) OVER client IS NULL AS last
    FROM steps WHERE id IS NOT NULL WINDOW client AS (PARTITION BY client_key ORDER BY id)
)
"""
LEVELS = _LEVELS.format(picked="")
_LIVING = (
    "SELECT client_key, count(*) AS count FROM connections INDEXED BY connections_open"
    f" WHERE service = {SERVICE} AND {_LIVE} AND state IN ('connecting', 'open', 'closing')"
    " AND client_key IS NOT NULL GROUP BY client_key ORDER BY count DESC, client_key LIMIT 1"
)
_NOBODYS = (
    f"SELECT count(*) AS count FROM connections WHERE service = {SERVICE} AND client_key IS NULL"
    " AND state NOT IN ('connecting', 'rejected') AND (?2 IS NULL OR closed_at IS NULL OR"
    " closed_at >= ?2) AND (?3 IS NULL OR opened_at < ?3){picked}"
)
_OVERLAPS = f"""
WITH openings AS (
    SELECT opened_at, lag(number) OVER client IS NOT NULL AS again,
        lag(iif(closed_at < ?3, closed_at, iif(?3 IS NULL, closed_at, NULL))) OVER client AS ended
    FROM connections
    WHERE service = {SERVICE} AND client_key IS NOT NULL AND opened_at IS NOT NULL
        AND state NOT IN ('connecting', 'rejected'){{picked}}
    WINDOW client AS (PARTITION BY client_key, path ORDER BY opened_at, number)
), again AS (
    SELECT ended - opened_at AS value FROM openings WHERE again AND {within("opened_at")}
)
"""


class Held(NamedTuple):
    """A client, and how many connections it held at once."""

    client: str
    connections: int


class Clients(NamedTuple):
    """Live connections per client: `peak` over all clients' most, `at_end` over those with any.

    `nobodys` counts the connections whose client the log does not tell; they are in neither.
    """

    peak: Quantiles
    at_end: Quantiles
    most: Held | None  # one that held the most at once; by name the first
    nobodys: int = 0


class Overlap(NamedTuple):
    """Openings by a client that had opened one on the same path before.

    In `overlapping` of them the one before was still live; `unended` of these never ended. The
    others overlapped for `lengths`, ns.
    """

    reopened: int
    overlapping: int
    unended: int
    lengths: Quantiles


def clients(
    reader: Reader, service: str, since: int | None = None, until: int | None = None,
    numbers: str | None = None,
) -> Clients:  # fmt: skip
    """Of the clients that the log tells apart; at most and at the end of the period.

    `numbers`: a JSON array of connections, and only these are looked at; but who holds the most at
    the end of the data is known all the same.
    """
    sql = (
        f"{_LEVELS.format(picked=picked(numbers, 'connection'))}"
        " SELECT peak, at_end, count(*) AS count, min(client_key) AS client FROM ("
        "SELECT client_key, max(level) AS peak, coalesce(max(level) FILTER (WHERE last), 0)"
        " AS at_end FROM levels WHERE ?2 IS NULL OR last OR ends >= ?2 GROUP BY client_key)"
        " WHERE peak > 0 GROUP BY peak, at_end ORDER BY peak DESC"
    )
    nobodys = _NOBODYS.format(picked=picked(numbers))
    rows = reader._rows(sql, service, since, until, numbers)
    held = [Held(row["client"], row["peak"]) for row in rows]
    if numbers is not None and until is None:
        held += [Held(row["client_key"], row["count"]) for row in reader._rows(_LIVING, service)]
    return Clients(
        _spread((row["peak"], row["count"]) for row in rows),
        _spread((row["at_end"], row["count"]) for row in rows if row["at_end"]),
        min(held, key=lambda one: (-one.connections, one.client), default=None),
        int(reader._rows(nobodys, service, since, until, numbers)[0]["count"]),
    )


def _spread(counted: Iterable[tuple[int, int]]) -> Quantiles:
    pairs = sorted(counted)
    totals = accumulate(count for _, count in pairs)
    return of_counted(zip((value for value, _ in pairs), totals, strict=True))


def overlap(
    reader: Reader, service: str, since: int | None = None, until: int | None = None,
    numbers: str | None = None,
) -> Overlap:  # fmt: skip
    """How long old and new of one client overlap; of openings in the period; see `clients`."""
    overlaps, asked = _OVERLAPS.format(picked=picked(numbers)), (service, since, until, numbers)
    sql = (
        f"{overlaps} SELECT count(*) AS reopened, count(*) FILTER (WHERE value IS NULL) AS unended"
        " FROM again"
    )
    counts = reader._rows(sql, *asked)[0]
    lengths = quantiles(reader, f"{overlaps} SELECT value FROM again WHERE value > 0", *asked)
    overlapping = counts["unended"] + lengths.total
    return Overlap(counts["reopened"], overlapping, counts["unended"], lengths)
