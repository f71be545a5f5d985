"""A timeline of many events, written by SQL in a minute: the rows that a week of logs would leave.

Connections open evenly through the week; one in a thousand lives for days, the others for up to
five minutes. With each fifth comes a request that failed authentication.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from logdiag.model import SECOND
from logdiag.timeline import Writer, minutes

SERVICE = "big"
WEEK = 7 * 86_400 * SECOND
BEGIN = 1_763_640_000 * SECOND
END = BEGIN + WEEK
PER_CONNECTION = 2.2  # events
_CLIENTS = 50_000

_PEOPLE = f"""
CREATE TEMP TABLE people AS WITH RECURSIVE numbers (n) AS (
    SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1
)
SELECT n, {BEGIN} + n * ?2 AS opened, printf('10.%d.%d.%d', c >> 16, c >> 8 & 255, c & 255) AS ip,
    nullif(min(opened_ + life * {SECOND}, {END}), {END}) AS closed FROM (
    SELECT n, {BEGIN} + n * ?2 AS opened_, n * 7919 % {_CLIENTS} AS c,
        iif(n * 31 % 1000 = 0, 86400 * (1 + n % 4), 1 + n * 37 % 300) AS life FROM numbers)
"""
_TEXT = "'2025-11-20T12:00:00Z info: WebSocket connection c' || printf('%08x', n) || "
_STEPS = (
    """
INSERT INTO connections (service, number, name, identity, state, layer, client, port, path,
    opened_at, closed_at, opened_source, opened_offset, closed_source, closed_offset, code,
    client_key, pattern, ordinal)
SELECT ?1, n, 'c' || printf('%08x', n), 'id', iif(closed IS NULL, 'open', 'closed'), 'app', ip,
    40000 + n % 20000, '/ws/' || (n % 7), opened, closed, ?2, n * 200, iif(closed, ?2, NULL),
    iif(closed, n * 200 + 100, NULL), iif(closed, 1000, NULL), 'address ' || ip, 'node-ws:1', n
FROM people
""",
    f"""
INSERT INTO events (source, offset, line, kind, time, connection, client, path, layer, pattern,
    text)
SELECT ?2, n * 200, 3 * n, 'opened', opened, 'c' || printf('%08x', n), ip, '/ws/' || (n % 7), 'app',
    'node-ws:1', {_TEXT} ' established' FROM people WHERE ?1
""",
    """
INSERT INTO events (source, offset, line, kind, time, client, path, status, layer, pattern, text)
SELECT ?2, n * 200 + 50, 3 * n + 1, 'auth_failure', opened, ip, '/api/x', 401, 'access',
    'access-log:1', '2025-11-20T12:00:00Z GET /api/x 401' FROM people WHERE n % 5 = 0 AND ?1
""",
    f"""
INSERT INTO events (source, offset, line, kind, time, connection, layer, pattern, text)
SELECT ?2, n * 200 + 100, 3 * n + 2, 'closed', closed, 'c' || printf('%08x', n), 'app',
    'node-ws:2', {_TEXT} ' closed with code 1000' FROM people WHERE closed AND ?1
""",
    """
INSERT INTO transitions (service, connection, state, time, source, offset, live)
SELECT ?1, n, state, time, ?2, offset, sum(change) OVER (ORDER BY time, n ROWS UNBOUNDED PRECEDING)
FROM (SELECT n, 'open' AS state, opened AS time, n * 200 AS offset, 1 AS change FROM people
    UNION ALL SELECT n, 'closed', closed, n * 200 + 100, -1 FROM people WHERE closed)
ORDER BY time, n
""",
)


def fill(path: Path, events: int) -> int:
    """Write a new timeline of about so many events; returns how many connections it has."""
    connections = round(events / PER_CONNECTION)
    path.parent.mkdir(exist_ok=True)
    with Writer.open(path) as writer:
        source = writer.register(SERVICE, "big.log")
        database: sqlite3.Connection = writer._connection
        service = database.execute("SELECT id FROM services WHERE name = ?", (SERVICE,))
        number = service.fetchone()[0]
        database.execute("PRAGMA synchronous = OFF")
        database.execute("BEGIN")
        database.execute(_PEOPLE, (connections, WEEK // (connections + 1)))
        for sql in _STEPS:
            database.execute(sql, (number, source.id))
        failed = database.execute("SELECT opened FROM people WHERE n % 5 = 0")
        minutes.add(database, number, 0, [time for (time,) in failed])
        database.execute(
            "UPDATE services SET first_time = ?, last_time = ? WHERE id = ?", (BEGIN, END, number)
        )
        database.execute(
            "UPDATE sources SET lines = 3 * ?1 + 3, recognised = 3 * ?1, ended = 1 WHERE id = ?2",
            (connections, source.id),
        )
        database.execute("COMMIT")
    return connections
