"""What the verdict on a service stands on."""

from __future__ import annotations

import math
from typing import NamedTuple

from logdiag.model import Identity
from logdiag.timeline import population
from logdiag.timeline.reader import Reader

MOST = 5_000  # connections looked at
SAMPLE = 1_000  # of more, so many spread evenly: p95 is off by one or two percent of ranks

_OF_SERVICE = "c.service = (SELECT id FROM services WHERE name = ?1)"
_PICKED = " AND c.number IN (SELECT value FROM json_each(?2))"
_ALL = " AND ?2 IS NULL"


class Lifetime(NamedTuple):
    """How many of those looked at closed, and how long (ns) the 95% lived that closed first."""

    closed: int
    p95: int | None


def identities(reader: Reader, service: str) -> dict[Identity, int]:
    """How connections are told apart, and how many so.

    One whose close was inferred counts as "count", whatever its opening named: the line that
    ended it names nobody, or is about something else. Refused handshakes are left out.
    """
    picked = _picked(reader, service)
    which = _PICKED if picked else _ALL
    sql = (
        "SELECT CASE WHEN c.state = 'closed' AND e.kind IS NOT NULL AND"
        " (e.kind NOT IN ('closing', 'closed') OR e.connection IS NULL AND e.client IS NULL)"
        " THEN 'count' ELSE c.identity END AS found, count(*) AS count FROM connections AS c"
        " LEFT JOIN events AS e ON e.source = c.closed_source AND e.offset = c.closed_offset"
        f" WHERE {_OF_SERVICE} AND c.state <> 'rejected'{which} GROUP BY found"
    )
    return {row["found"]: row["count"] for row in reader._rows(sql, service, picked)}


def lifetime(reader: Reader, service: str, until: int | None = None) -> Lifetime:
    """Of the connections whose opening and close have times, before `until` (ns)."""
    picked = _picked(reader, service)
    sql = (
        f"SELECT c.closed_at - c.opened_at AS age FROM connections AS c WHERE {_OF_SERVICE}"
        " AND c.state = 'closed' AND c.closed_at >= c.opened_at AND coalesce(c.closed_at < ?3, 1)"
        f"{_PICKED if picked else _ALL} ORDER BY age"
    )
    ages = [row["age"] for row in reader._rows(sql, service, picked, until)]
    return Lifetime(len(ages), ages[math.ceil(0.95 * len(ages)) - 1] if ages else None)


def nobodys(reader: Reader, service: str, opened: int, until: int | None = None) -> int:
    """How many live connections with an id and without a known client opened before `opened`.

    Live at the end, or at `until`; both in ns.
    """
    if until is not None:
        alive = population.during(reader, service, until, until + 1).members
        return sum(
            one.identity == "id" and one.client_key is None
            and one.begin is not None and one.begin < opened
            for one in alive
        )  # fmt: skip
    sql = (
        "SELECT count(*) AS count FROM connections AS c INDEXED BY connections_open"
        f" WHERE {_OF_SERVICE} AND c.state IN ('connecting', 'open', 'closing')"
        " AND c.identity = 'id' AND c.client_key IS NULL AND c.opened_at < ?2"
    )
    return int(reader._rows(sql, service, opened)[0]["count"])


def _picked(reader: Reader, service: str) -> str | None:
    """The numbers of those to look at, as a JSON array; None: all."""
    last = population.count(reader, service)
    return population.spread(1, last + 1, SAMPLE) if last > MOST else None


def has_arrivals(reader: Reader, service: str) -> bool:
    """Whether any line of the service was seen as it was written."""
    sql = (
        "SELECT EXISTS (SELECT 1 FROM events WHERE arrived IS NOT NULL AND source IN"
        " (SELECT id FROM sources AS c WHERE c.service ="
        " (SELECT id FROM services WHERE name = ?1))) AS found"
    )
    return bool(reader._rows(sql, service)[0]["found"])


def closed_at_stop(reader: Reader, service: str) -> bool:
    """Whether lines told closes of connections that a restart had ended already."""
    sql = (
        "SELECT EXISTS (SELECT 1 FROM echoes AS o"
        " JOIN events AS e ON e.source = o.source AND e.offset = o.offset"
        " JOIN events AS s ON s.source = o.of_source AND s.offset = o.of_offset"
        " WHERE e.kind = 'closed' AND s.kind IN ('server_start', 'server_stop') AND o.source IN"
        " (SELECT id FROM sources AS c WHERE c.service ="
        " (SELECT id FROM services WHERE name = ?1))) AS found"
    )
    return bool(reader._rows(sql, service)[0]["found"])
