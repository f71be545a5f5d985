"""When limits on live connections were first passed, and the lines that prove it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from logdiag.model import Evidence
from logdiag.timeline.reader import Reader
from logdiag.timeline.rows import PROOF
from logdiag.timeline.statistics.asking import SERVICE
from logdiag.timeline.statistics.clients import LEVELS

_UNENDED = (
    f"SELECT number FROM connections WHERE service = {SERVICE}"
    " AND state IN ('connecting', 'open', 'closing')"
)
# What a start or stop line ended after which nothing opened: the server stopped for good.
_STOPPED = (
    "SELECT t.connection FROM transitions AS t JOIN events AS e"
    " ON e.source = t.source AND e.offset = t.offset"
    f" WHERE t.service = {SERVICE} AND t.state = 'superseded'"
    " AND e.kind IN ('server_start', 'server_stop')"
    " AND t.id > coalesce((SELECT id FROM transitions"
    f" WHERE service = {SERVICE} AND state = 'open' ORDER BY id DESC LIMIT 1), 0)"
)
_LEFT = f"{_UNENDED} UNION {_STOPPED}"
# The last step that tells of the connection itself.
_LAST_TOTAL = (
    "SELECT total FROM transitions AS t LEFT JOIN events AS e"
    f" ON e.source = t.source AND e.offset = t.offset WHERE t.service = {SERVICE}"
    " AND t.state <> 'superseded' ORDER BY t.id DESC LIMIT 1"
)
# The opening lines of the connections `lives`, the newest ?4 of them.
_LINES = (
    f"SELECT opened_source AS source, opened_offset AS offset, {PROOF}"
    " FROM connections AS c LEFT JOIN events AS e"
    " ON e.source = opened_source AND e.offset = opened_offset"
    f" WHERE service = {SERVICE} AND opened_source IS NOT NULL AND number IN ({{lives}})"
    " ORDER BY number DESC LIMIT ?4"
)
_LIVE_THEN = (
    f"SELECT connection FROM transitions WHERE service = {SERVICE} AND id <= ?2"
    " GROUP BY connection HAVING max(id) = max(id) FILTER (WHERE state IN ('open', 'closing'))"
)


class Excess(NamedTuple):
    """The first step that passed a limit: how many were live then, and whose they are.

    `reported`: the server's own count stands in the line. `evidence`: the lines that opened those
    which were live then, the newest last; the very last one passed the limit.
    `stopped`: so many of them ended only since the server stopped.
    """

    live: int
    client: str | None
    reported: bool
    evidence: Sequence[Evidence]
    stopped: int = 0


def excess(reader: Reader, service: str, allowed: int, *, most: int) -> Excess | None:
    """Of all live connections of the service over `allowed`; at most so many lines."""
    sql = (
        "SELECT t.id, live, total FROM transitions AS t LEFT JOIN events AS e"
        " ON e.source = t.source AND e.offset = t.offset"
        f" WHERE service = {SERVICE} AND live > ?2 ORDER BY t.id LIMIT 1"
    )
    found = reader._rows(sql, service, allowed)
    if not found:
        return None
    first = found[0]
    lines = _opened(reader, service, first["id"], None, most)
    return Excess(first["live"], None, first["total"] is not None, lines)


def client_excess(reader: Reader, service: str, allowed: int, *, most: int) -> Excess | None:
    """Of the connections that one client holds over `allowed`; at most so many lines."""
    sql = f"{LEVELS} SELECT client_key, id, level FROM levels WHERE level > ?4 ORDER BY id LIMIT 1"
    found = reader._rows(sql, service, None, None, allowed)
    if not found:
        return None
    first = found[0]
    lines = _opened(reader, service, first["id"], first["client_key"], most)
    return Excess(first["level"], first["client_key"], False, lines)


def unended(reader: Reader, service: str, *, most: int) -> Excess | None:
    """The connections that never ended, handshakes included; at most so many lines.

    With them are those that were left when the server stopped for good, even if it closed them
    then. `live` counts all; `reported` says that the last line has the server's own count.
    """
    sql = (
        f"SELECT (SELECT count(*) FROM ({_LEFT})) AS live, ({_LAST_TOTAL}) AS total,"
        f" (SELECT count(*) FROM ({_STOPPED})) AS stopped"
    )
    found = reader._rows(sql, service)[0]
    if not found["live"]:
        return None
    lines = _evidence(reader, _LINES.format(lives=_LEFT), service, None, None, most)
    return Excess(found["live"], None, found["total"] is not None, lines, found["stopped"])


def _opened(
    reader: Reader, service: str, step: int, client: str | None, most: int
) -> list[Evidence]:
    """Of those that were live after the step: of one client, or all."""
    sql = _LINES.format(lives=f"{_LIVE_THEN}) AND coalesce(client_key = ?3, ?3 IS NULL")
    return _evidence(reader, sql, service, step, client, most)


def _evidence(reader: Reader, sql: str, *parameters: object) -> list[Evidence]:
    return [Evidence(**row) for row in reversed(reader._rows(sql, *parameters))]
