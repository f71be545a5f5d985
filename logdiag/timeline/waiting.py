"""Events that are stored and not judged yet: another log may still bring an earlier one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from logdiag.model import Connection, Event
from logdiag.timeline import rows
from logdiag.timeline.reader import Reader

_OF_SERVICE = "service = (SELECT id FROM services WHERE name = ?)"
# The stored state tells which they are, as (time by which they wait, source, offset).
_EVENTS = (
    f"SELECT {', '.join(f'e.{name}' for name in rows.EVENT)} FROM detector AS d,"
    " json_each(d.state, '$.sequence.waiting') AS w JOIN events AS e"
    " ON e.source = w.value ->> 1 AND e.offset = w.value ->> 2"
    f" WHERE d.{_OF_SERVICE} ORDER BY w.value ->> 0, e.source, e.offset LIMIT ?"
)
_LIVING = (
    f"SELECT {', '.join(rows.CONNECTION)} FROM connections INDEXED BY connections_open"
    f" WHERE {_OF_SERVICE} AND state IN ('connecting', 'open', 'closing')"
    " ORDER BY number DESC LIMIT ?"
)


class Waiting(NamedTuple):
    """The events in the order in which they will be judged, and what they come upon.

    `state` has the parts that were asked for of the detector's; `living` the latest connections
    that are not over.
    """

    events: list[Event]
    state: dict[str, Any]
    living: list[Connection]


def waiting(
    reader: Reader, service: str, parts: Sequence[str], *, most: int, most_living: int
) -> Waiting:
    """What waits of a service, at most so much of it."""
    events = [Event(**row) for row in reader._rows(_EVENTS, service, most)]
    if not events:
        return Waiting([], {}, [])
    paths = ", ".join(f"'$.detector.{part}'" for part in parts)
    sql = f"SELECT json_extract(state, {paths}) AS told FROM detector WHERE {_OF_SERVICE}"
    (state,) = reader._rows(sql, service)
    living = map(rows.connection_of, reader._rows(_LIVING, service, most_living))
    told = dict(zip(parts, json.loads(state["told"]), strict=True))
    return Waiting(events, told, list(living))
