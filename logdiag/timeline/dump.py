"""All that two runs over the same bytes must agree in, as canonical JSON lines.

One line an item, sorted keys, NULLs left out, ISO 8601 UTC times, sources by path. Left out is what
depends on how the bytes arrived: row ids, arrival times, device and inode, digests, whether a
source has ended, the states of parsers and detectors, when a gap was seen.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from logdiag.model import SECOND

_LEFT_OUT = {
    "services": {"id", "name", "directories"},
    "sources": {"id", "path", "head_size", "head", "tail_size", "tail", "device", "inode", "ended",
                "parser", "notice"},
    "events": {"arrived"},
    "connections": {"ordinal", "marks"},
    "transitions": {"id"},
    "minutes": {"first_step", "last_step"},
    "gaps": {"id", "time"},
}  # fmt: skip
_ORDER_BY_SOURCE = {"events": "offset", "echoes": "offset", "gaps": "offset, id"}
_ORDER_BY_SERVICE = {
    "connections": "number",
    "transitions": "id",  # the order in which they happened
    "minutes": "minute",
    "findings": "fingerprint, count",
    "evidence": "fingerprint, episode, position",
}
_SOURCES = {"source", "opened_source", "closed_source", "of_source"}
_TIMES = {"time", "opened_at", "closed_at", "pending_at", "fired_at", "resolved_at",
          "first_time", "last_time"}  # fmt: skip
_JSON = {("findings", name) for name in ("grouped_by", "connections", "guards", "links")}


def iso(time: int) -> str:
    """Nanoseconds since 1970 as ISO 8601 UTC, with as many decimals as it takes."""
    seconds, rest = divmod(time, SECOND)
    whole = datetime.fromtimestamp(seconds, UTC).isoformat().removesuffix("+00:00")
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".") + "Z"


def lines(connection: sqlite3.Connection) -> Iterator[str]:
    """The whole dump, service by service; one item at a time is held in memory."""
    dumper = _Dumper(connection)
    for number, name in dumper.services:
        yield from dumper.table("services", "id", number, "id", name)
        for source in dumper.sources[number]:
            yield from dumper.table("sources", "id", source, "id", name)
            for table, order in _ORDER_BY_SOURCE.items():
                yield from dumper.table(table, "source", source, order, name)
        for table, order in _ORDER_BY_SERVICE.items():
            yield from dumper.table(table, "service", number, order, name)


class _Dumper:
    """Knows how sources are called: by path, later ones of the same path as `path#2`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.services = connection.execute("SELECT id, name FROM services ORDER BY name").fetchall()
        self.sources: dict[int, list[int]] = {number: [] for number, _ in self.services}
        self._labels: dict[int, str] = {}
        sql = (
            "SELECT id, service, path, row_number() OVER (PARTITION BY service, path ORDER BY id) "
            "FROM sources ORDER BY path, id"
        )
        for source, service, path, nth in connection.execute(sql):
            self.sources[service].append(source)
            self._labels[source] = path if nth == 1 else f"{path}#{nth}"

    def table(self, name: str, key: str, value: int, order: str, service: str) -> Iterator[str]:
        sql = f"SELECT * FROM {name} WHERE {key} = ? ORDER BY {order}"
        cursor = self._connection.execute(sql, (value,))
        columns = [column[0] for column in cursor.description]
        label = {"source": self._labels[value]} if name == "sources" else {}
        for row in cursor:
            item = self._item(name, dict(zip(columns, row, strict=True)))
            item |= {"table": name, "service": service, **label}
            yield json.dumps(item, sort_keys=True, ensure_ascii=False)

    def _item(self, table: str, row: dict[str, Any]) -> dict[str, Any]:
        left_out = _LEFT_OUT.get(table, set())
        return {
            column: self._shown(table, column, value)
            for column, value in row.items()
            if value is not None and column not in left_out
        }

    def _shown(self, table: str, column: str, value: Any) -> Any:
        if column in _TIMES:
            return iso(value)
        if column in _SOURCES:
            return self._labels.get(value, "?")
        return json.loads(value) if (table, column) in _JSON else value
