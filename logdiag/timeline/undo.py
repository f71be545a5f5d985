"""Taking back what was made of the last lines of an input that goes on after all.

A run ends by judging what still waited for its neighbours, as if nothing more came. When more
comes it may belong in between. So the rows that the end replaces are kept, beside the state before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from logdiag.model import Changes
from logdiag.timeline import minutes
from logdiag.timeline.rows import to_json

_ROWS = {
    "connections": "number", "findings": "fingerprint", "evidence": "fingerprint",
    "minutes": "minute",
}  # fmt: skip


def remember(connection: sqlite3.Connection, service: int, changes: Changes) -> dict[str, Any]:
    """What `undo` needs after `changes` will have been stored, as plain JSON types."""
    fingerprints = {finding.fingerprint for finding in changes.findings} | set(changes.dropped)
    touched: dict[str, list[Any]] = {
        "connections": [each.number for each in changes.connections],
        "findings": sorted(fingerprints),
        "evidence": sorted(fingerprints),
        "minutes": minutes.touched(changes.transitions, changes.auth_failures),
    }
    return {
        "transitions": _last(connection, "transitions"),
        "gaps": [_last(connection, "gaps"), len(changes.gaps)],
        "echoes": [echo[:2] for echo in changes.echoes],
        "touched": touched,
        "rows": {table: _rows(connection, table, service, keys) for table, keys in touched.items()},
    }


def undo(connection: sqlite3.Connection, service: int, memory: dict[str, Any]) -> None:
    """Bring back the rows as they were when `remember` was called."""
    connection.execute(
        "DELETE FROM transitions WHERE service = ? AND id > ?", (service, memory["transitions"])
    )
    last, count = memory["gaps"]
    connection.execute("DELETE FROM gaps WHERE id > ? AND id <= ?", (last, last + count))
    connection.executemany("DELETE FROM echoes WHERE source = ? AND offset = ?", memory["echoes"])
    for table in ("evidence", "findings", "connections", "minutes"):
        sql = f"DELETE FROM {table} WHERE service = ? AND {_ROWS[table]} = ?"
        connection.executemany(sql, ((service, key) for key in memory["touched"][table]))
    for table in ("connections", "findings", "evidence", "minutes"):
        columns, rows = memory["rows"][table]
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        connection.executemany(sql, rows)


def _last(connection: sqlite3.Connection, table: str) -> int:
    found = connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0]
    return int(found)


def _rows(
    connection: sqlite3.Connection, table: str, service: int, keys: Sequence[Any]
) -> tuple[list[str], list[Any]]:
    """The columns of a table, and its rows of these keys."""
    sql = (
        f"SELECT * FROM {table} WHERE service = ? "
        f"AND {_ROWS[table]} IN (SELECT value FROM json_each(?))"
    )
    cursor = connection.execute(sql, (service, to_json(keys)))
    return [column[0] for column in cursor.description], cursor.fetchall()
