"""Questions to the timeline. Reads only; a writer may be at work in another process."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from logdiag.model import Connection, Event, Evidence, Gap, Source, Transition
from logdiag.timeline import connect, dump, library, minutes, rows
from logdiag.timeline.answers import Found, Live, SourceStatus, Span, Totals

if TYPE_CHECKING:
    import sqlite_utils

MOST_EARLIER = 20  # episodes told of a finding, beside the latest
_OF_SERVICE = "service = (SELECT id FROM services WHERE name = ?)"


class Reader:
    """`since` is inclusive, `until` exclusive, both ns; with either, what has no time is left out.

    Every method raises `TimelineError` for what SQLite refuses.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path | str) -> None:
        self._connection = connection
        self.path = path

    @cached_property
    def _database(self) -> sqlite_utils.Database:
        return library.database(self._connection)

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Errors: `TimelineError` when there is none, or it is foreign, newer or damaged."""
        real = Path(path).expanduser().resolve()
        return cls(connect.open_read_only(real), real)

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All questions inside see the same state, whatever the writer commits meanwhile."""
        if self._connection.in_transaction:  # within another one, which goes on
            yield
            return
        with connect.told(self.path):
            self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.execute("ROLLBACK")

    def data_version(self) -> int:
        """Another number whenever somebody else has committed. To be asked outside a snapshot."""
        return int(self._rows("PRAGMA data_version")[0]["data_version"])

    # -- services -------------------------------------------------------------------------------

    def services(self) -> list[str]:
        """The names, in order."""
        return [row["name"] for row in self._rows("SELECT name FROM services ORDER BY name")]

    def directories(self, service: str) -> list[str]:
        """Where the paths of the service's sources begin."""
        sql = "SELECT value FROM services, json_each(directories) WHERE name = ?"
        return [row["value"] for row in self._rows(sql, service)]

    def span(self, service: str) -> Span:
        """From when to when the service's events reach."""
        sql = "SELECT first_time AS first, last_time AS last FROM services WHERE name = ?"
        found = self._rows(sql, service)
        return Span(**found[0]) if found else Span()

    def totals(self, service: str, since: int | None = None, until: int | None = None) -> Totals:
        """What happened in the period."""
        return minutes.totals(self, service, since, until)

    def live(self, service: str, since: int | None = None, until: int | None = None) -> Live:
        """Live connections at the end of the period and at its peak.

        What was alive when the period began counts too; the peak is then at `since`.
        """
        return minutes.live(self, service, since, until)

    # -- findings and sources -------------------------------------------------------------------

    def finding(self, service: str, fingerprint: str) -> Found | None:
        """The finding of that fingerprint, whatever its time."""
        return next(iter(self.findings(service, fingerprint=fingerprint)), None)

    def findings(
        self,
        service: str | None = None,
        since: int | None = None,
        until: int | None = None,
        *,
        fingerprint: str | None = None,
    ) -> list[Found]:
        """The findings of one service or of all, oldest first, with their evidence.

        In the period are those that had begun before `until` and were not resolved before
        `since`; one without a clock is in every period.
        """
        sql = (
            "SELECT f.*, name, coalesce(pending_at, fired_at) AS begun"
            " FROM findings AS f JOIN services AS s ON s.id = f.service"
            " WHERE coalesce(name = ?, 1) AND coalesce(coalesce(pending_at, fired_at) < ?, 1)"
            " AND coalesce(fingerprint = ?, 1) ORDER BY name, fingerprint, count DESC"
        )
        rows_found = self._rows(sql, service, until, fingerprint)
        grouped = groupby(rows_found, itemgetter("name", "fingerprint"))
        found = [episodes for _, group in grouped if _lasts(episodes := list(group), since)]
        found.sort(key=lambda episodes: _by_time(episodes[0]))
        return [self._found(episodes) for episodes in found]

    def _found(self, episodes: Sequence[rows.Record]) -> Found:
        """The finding, from its episodes, latest first."""
        latest, *earlier = [
            rows.finding_of(row, self._evidence(row)) for row in episodes[: MOST_EARLIER + 1]
        ]
        return Found(episodes[0]["name"], latest, episodes[-1]["begun"], tuple(earlier))

    def _evidence(self, finding: rows.Record) -> list[Evidence]:
        sql = (
            f"SELECT v.source, v.offset, {rows.PROOF} FROM evidence AS v"
            " LEFT JOIN events AS e ON e.source = v.source AND e.offset = v.offset"
            " WHERE service = ? AND fingerprint = ? AND episode = ? ORDER BY position"
        )
        key = (finding["service"], finding["fingerprint"], finding["count"])
        found = self._rows(sql, *key)
        return [Evidence(**row) for row in found]

    def sources(self, service: str | None = None) -> list[SourceStatus]:
        """The sources of one service or of all, by service and path."""
        sql = (
            "SELECT s.*, name FROM sources AS s JOIN services ON services.id = service "
            "WHERE coalesce(name = ?, 1) ORDER BY name, path, s.id"
        )
        return [self._status(row) for row in self._rows(sql, service)]

    def _status(self, row: rows.Record) -> SourceStatus:
        source, position = Source(row["id"], row["name"], row["path"]), rows.position_of(row)
        sql = "SELECT offset, size, reason, time FROM gaps WHERE source = ? ORDER BY id"
        return SourceStatus(
            source,
            position,
            format=row["format"],
            bytes=position.offset,
            lines=row["lines"],
            recognised=row["recognised"],
            unknown=row["lines"] - row["recognised"],
            gaps=tuple(Gap(source, **gap) for gap in self._rows(sql, source.id)),
            notice=row["notice"],
        )

    def remarks(self) -> list[str]:
        """What there is to say about the watch itself."""
        return [row["text"] for row in self._rows("SELECT text FROM remarks ORDER BY name")]

    # -- connections and lines ------------------------------------------------------------------

    def connections(
        self,
        service: str,
        numbers: Collection[int] | None = None,
        state: str | None = None,
        since: int | None = None,
        until: int | None = None,
        *,
        limit: int = -1,
        offset: int = 0,
    ) -> list[Connection]:
        """By number. In a period are those that opened before `until`, not closed before `since`.

        `numbers` picks some; a `limit` of -1 gives all, after the first `offset`.
        """
        sql = (
            f"SELECT {', '.join(rows.CONNECTION)} FROM connections WHERE {_OF_SERVICE}"
            " AND coalesce(state = ?, 1) AND coalesce(closed_at >= ?, 1)"
            " AND coalesce(opened_at < ?, 1)"
        )
        parameters: list[Any] = [service, state, since, until]
        if numbers is not None:
            sql += " AND number IN (SELECT value FROM json_each(?))"
            parameters.append(rows.to_json(list(numbers)))
        sql += " ORDER BY number LIMIT ? OFFSET ?"
        return [rows.connection_of(row) for row in self._rows(sql, *parameters, limit, offset)]

    def transitions(
        self,
        service: str,
        number: int | None = None,
        since: int | None = None,
        until: int | None = None,
    ) -> list[Transition]:
        """The steps of one connection, or of all of the service, in the order they were told."""
        where, bounds = _period("time", since, until)
        # a condition that the index cannot miss: else all steps would be looked at
        one = "? IS NULL" if number is None else "connection = ?"
        sql = (
            f"SELECT {', '.join(rows.TRANSITION)} FROM transitions WHERE {_OF_SERVICE} "
            f"AND {one}{where} ORDER BY id"
        )
        return [Transition(**row) for row in self._rows(sql, service, number, *bounds)]

    def last_time(self, source: int) -> int | None:
        """The time of the source's last event, ns; None without a clock."""
        sql = "SELECT time FROM events WHERE source = ? ORDER BY offset DESC LIMIT 1"
        return next((row["time"] for row in self._rows(sql, source)), None)

    def event(self, source: int, offset: int) -> Event | None:
        """The event whose line begins at that offset of that source."""
        sql = f"SELECT {', '.join(rows.EVENT)} FROM events WHERE source = ? AND offset = ?"
        found = self._rows(sql, source, offset)
        return Event(**found[0]) if found else None

    def events_around(self, source: int, offset: int, most: int) -> tuple[list[Event], list[Event]]:
        """At most so many events of a source before a line and after it, in their order."""
        sql = f"SELECT {', '.join(rows.EVENT)} FROM events WHERE source = ?1 AND offset"
        before = self._rows(f"{sql} < ?2 ORDER BY offset DESC LIMIT ?3", source, offset, most)
        after = self._rows(f"{sql} > ?2 ORDER BY offset LIMIT ?3", source, offset, most)
        return [Event(**row) for row in reversed(before)], [Event(**row) for row in after]

    def dump(self) -> Iterator[str]:
        """Canonical JSON lines of all that two runs over the same bytes must agree in."""
        with connect.told(self.path):
            yield from dump.lines(self._connection)

    def _many(self, columns: Sequence[str], sql: str, *parameters: object) -> list[list[Any]]:
        """Thousands of rows with these columns, put together by SQLite.

        Python's module gives up the interpreter's lock at every row. Where several threads read,
        each row would wait for the others; so they come as one.
        """
        joined = f"SELECT json_group_array(json_array({', '.join(columns)})) AS told FROM ({sql})"
        with connect.told(self.path):
            (told,) = self._connection.execute(joined, parameters).fetchone()
        rows_told: list[list[Any]] = json.loads(told)
        return rows_told

    def _rows(self, sql: str, *parameters: object) -> list[dict[str, Any]]:
        with connect.told(self.path):
            return list(self._database.query(sql, parameters))


def _lasts(episodes: Sequence[rows.Record], since: int | None) -> bool:
    """Whether the latest episode was not over before."""
    resolved = episodes[0]["resolved_at"]
    return since is None or resolved is None or resolved >= since


def _by_time(row: rows.Record) -> tuple[Any, ...]:
    """By service and begin; what has no clock comes first."""
    return row["name"], row["begun"] or 0, row["rule"], row["fingerprint"]


def _period(column: str, since: int | None, until: int | None) -> tuple[str, tuple[int, ...]]:
    """The end of a WHERE clause, empty without bounds, and its parameters."""
    parts, bounds = "", []
    for operator, bound in ((">=", since), ("<", until)):
        if bound is not None:
            parts += f" AND {column} {operator} ?"
            bounds.append(bound)
    return parts, tuple(bounds)
