"""What the verdict on a service stands on."""

from __future__ import annotations

import math
from typing import NamedTuple

from logdiag.model import Identity
from logdiag.timeline.reader import Reader

_OF_SERVICE = "c.service = (SELECT id FROM services WHERE name = ?1)"
_LIVE = "(c.state IN ('connecting', 'open', 'closing') OR c.closed_at >= ?2)"


class Lifetime(NamedTuple):
    """How many connections closed, and how long (ns) the 95% of them lived that closed first."""

    closed: int
    p95: int | None


def identities(reader: Reader, service: str) -> dict[Identity, int]:
    """How connections are told apart, and how many so.

    One whose close was inferred counts as "count", whatever its opening named: the line that
    ended it names nobody, or is about something else. Refused handshakes are left out.
    """
    sql = (
        "SELECT CASE WHEN c.state = 'closed' AND e.kind IS NOT NULL AND"
        " (e.kind NOT IN ('closing', 'closed') OR e.connection IS NULL AND e.client IS NULL)"
        " THEN 'count' ELSE c.identity END AS found, count(*) AS count FROM connections AS c"
        " LEFT JOIN events AS e ON e.source = c.closed_source AND e.offset = c.closed_offset"
        f" WHERE {_OF_SERVICE} AND c.state <> 'rejected' GROUP BY found"
    )
    return {row["found"]: row["count"] for row in reader._rows(sql, service)}


def lifetime(reader: Reader, service: str, until: int | None = None) -> Lifetime:
    """Of the connections whose opening and close have times, before `until` (ns)."""
    known = (
        f"FROM connections AS c WHERE {_OF_SERVICE} AND c.state = 'closed'"
        " AND c.closed_at >= c.opened_at AND coalesce(c.closed_at < ?2, 1)"
    )
    closed = int(reader._rows(f"SELECT count(*) AS count {known}", service, until)[0]["count"])
    if not closed:
        return Lifetime(0, None)
    sql = f"SELECT c.closed_at - c.opened_at AS age {known} ORDER BY age LIMIT 1 OFFSET ?3"
    found = reader._rows(sql, service, until, math.ceil(0.95 * closed) - 1)
    return Lifetime(closed, found[0]["age"])


def nobodys(reader: Reader, service: str, opened: int, until: int | None = None) -> int:
    """How many live connections with an id and without a known client opened before `opened`.

    Live at the end, or at `until`; both in ns.
    """
    sql = (
        f"SELECT count(*) AS count FROM connections AS c WHERE {_OF_SERVICE} AND {_LIVE}"
        " AND c.identity = 'id' AND c.client_key IS NULL AND c.opened_at < ?3"
    )
    return int(reader._rows(sql, service, until, opened)[0]["count"])


def has_arrivals(reader: Reader, service: str) -> bool:
    """Whether any line of the service was seen as it was written."""
    sql = (
        "SELECT EXISTS (SELECT 1 FROM events WHERE arrived IS NOT NULL AND source IN"
        " (SELECT id FROM sources AS c WHERE c.service ="
        " (SELECT id FROM services WHERE name = ?1))) AS found"
    )
    return bool(reader._rows(sql, service)[0]["found"])
