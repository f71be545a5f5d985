"""The one writer: sources, and batches that are stored wholly or not at all."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from logdiag.errors import TimelineError
from logdiag.model import Changes, Connection, Echo, Event, Finding, Position, Source
from logdiag.timeline import connect, minutes, rows, undo
from logdiag.timeline.batch import Batch, SourceUpdate
from logdiag.timeline.lock import Lock
from logdiag.timeline.migrate import migrate
from logdiag.timeline.reader import Reader

_EVIDENCE = ("fingerprint", "episode", "position", *rows.EVIDENCE)
MAX_EPISODES = 100  # kept per finding: the first one, and the latest; a leak may flap for weeks
_GAP = ("source", "offset", "size", "reason", "time")
_SOURCE = (
    "UPDATE sources SET parser = coalesce(?, parser), format = ?, lines = ?, recognised = ?, "
    + ", ".join(f"{name} = ?" for name in rows.POSITION)
    + " WHERE id = ?"
)
_SPAN = (
    "UPDATE services SET first_time = coalesce(min(first_time, ?1), ?1, first_time), "
    "last_time = coalesce(max(last_time, ?2), ?2, last_time) "
    "WHERE id = (SELECT service FROM sources WHERE id = ?3)"
)
_KNOWN = (
    "SELECT sources.*, name FROM sources JOIN services ON services.id = service ORDER BY sources.id"
)
_OPEN = (
    "SELECT * FROM connections WHERE service = (SELECT id FROM services WHERE name = ?) "
    "AND state IN ('connecting', 'open', 'closing') ORDER BY number"
)
_ANY = 2**63 - 1
_UNTAMED = (UnicodeEncodeError, OverflowError)


class Writer:
    """Use from one thread at a time; every method raises `TimelineError` for what SQLite refuses.

    After an error nothing of the call is stored, and the same call may be tried again.
    """

    def __init__(
        self, connection: sqlite3.Connection, path: Path | str, lock: Lock | None = None
    ) -> None:
        self._connection = connection
        self._lock = lock
        self._tame = False
        self.path = path

    @classmethod
    def open(cls, path: Path | str, *, lock: bool = True) -> Self:
        """Create, or open and bring up to date. ":memory:" is a database for this process only.

        `lock=False` is for whoever holds the lock already. Errors: `TimelineError` for a second
        writer, and for a file that is not ours, too new, damaged or not writable.
        """
        if str(path) == connect.MEMORY:
            return cls._ready(connect.create_in_memory(), connect.MEMORY, None)
        real = Path(path).expanduser().resolve()  # two names of one file share one lock
        connect.prepare(real)
        held = Lock(real) if lock else None
        try:
            return cls._ready(connect.create(real), real, held)
        except BaseException:
            if held:
                held.release()
            raise

    @classmethod
    def _ready(cls, connection: sqlite3.Connection, path: Path | str, lock: Lock | None) -> Self:
        try:
            with connect.told(path):
                migrate(connection)
                connect.refuse_other(connection, path)
        except BaseException:
            connection.close()
            raise
        return cls(connection, path, lock)

    def close(self) -> None:
        """Close the database and let the next writer in."""
        self._connection.close()
        if self._lock:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def reader(self) -> Reader:
        """A reader of this very connection: the only one a database in memory can have."""
        return Reader(self._connection, self.path)

    # -- what was there before ------------------------------------------------------------------

    def known(self) -> list[tuple[Source, Position]]:
        """Every source ever registered, oldest first, and how far it has been read."""
        return [
            (Source(row["id"], row["name"], row["path"]), rows.position_of(row))
            for row in self._records(_KNOWN)
        ]

    def parser_state(self, source: Source) -> dict[str, Any] | None:
        """What the parser of a source was told to remember; None before its first commit."""
        return self._json("SELECT parser AS state FROM sources WHERE id = ?", source.id)

    def detector_state(self, service: str) -> dict[str, Any] | None:
        """The last snapshot of a service's detector; None when there is none."""
        sql = "SELECT state FROM detector JOIN services ON id = service WHERE name = ?"
        return self._json(sql, service)

    def open_connections(self, service: str) -> Iterator[Connection]:
        """The service's connections that may still be alive, by number; read all, then commit."""
        return map(rows.connection_of, self._records(_OPEN, service))

    def _json(self, sql: str, key: object) -> dict[str, Any] | None:
        state = next((row["state"] for row in self._records(sql, key)), None)
        return None if state is None else json.loads(state)

    def _records(self, sql: str, *parameters: object) -> Iterator[rows.Record]:
        with connect.told(self.path):
            cursor = self._connection.execute(sql, rows.tame(parameters))
            columns = [column[0] for column in cursor.description]
            for row in cursor:
                yield dict(zip(columns, row, strict=True))

    # -- what changes ---------------------------------------------------------------------------

    def register(self, service: str, path: str) -> Source:
        """A new source, with an id that no source ever had. Two sources may share a path."""
        with self._transaction():
            name, shown = rows.tame((service, path))
            sql = "INSERT INTO sources (service, path) VALUES (?, ?)"
            row = (self._service(name), shown)
            identifier = self._connection.execute(sql, row).lastrowid
        return Source(identifier or 0, name, shown)

    def place(self, service: str, directories: Sequence[str]) -> None:
        """Where the paths of the service's sources begin, for who wants to see the files."""
        with self._transaction():
            row = (rows.to_json(directories), self._service(service))
            self._connection.execute("UPDATE services SET directories = ? WHERE id = ?", row)

    def rename(self, source: Source, path: str) -> Source:
        """The source under its new shown path; its id and its events stay."""
        (shown,) = rows.tame((path,))
        with self._transaction():
            self._update("UPDATE sources SET path = ? WHERE id = ?", (shown, source.id))
        return source._replace(path=shown)

    def commit(self, batch: Batch) -> None:
        """Store all of the batch in one transaction.

        Errors: `TimelineError` when an event is there already or its source is not, when the disk
        is full or fails; then nothing is stored and the same batch may be committed again.
        """
        try:
            with self._transaction():
                self._store(batch)
        except _UNTAMED:
            self._tame = True
            try:
                with self._transaction():
                    self._store(batch)
            finally:
                self._tame = False

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with connect.told(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # a full disk or an I/O error may have rolled back by itself
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def remark(self, name: str, text: str) -> None:
        """What is to be said about the watch itself, replacing what was said; "" withdraws it."""
        with self._transaction():
            self._connection.execute("DELETE FROM remarks WHERE name = ?", (name,))
            if text:
                self._insert("remarks", ("name", "text"), [rows.tame((name, text))])

    def take_back(self, service: str) -> None:
        """Undo the end of a service's input (`Batch.before`): its rows and state are as before."""
        state = self.detector_state(service)
        if state is None or "before" not in state:
            return
        with self._transaction():
            number = self._service(service)
            undo.undo(self._connection, number, state["memory"])
            row = (number, rows.to_json(state["before"]))
            self._insert("detector", ("service", "state"), [row], "REPLACE")

    def _store(self, batch: Batch) -> None:
        for update in batch.sources:
            self._source(update)
        self._events(batch.events)
        self._insert("gaps", _GAP, map(rows.gap_row, batch.gaps))
        for name, changes in batch.changes.items():
            service, before = self._service(name), batch.before.get(name)
            if before is not None and changes.snapshot is not None:
                memory = undo.remember(self._connection, service, changes)
                end = {**changes.snapshot, "before": before, "memory": memory}
                self._changes(service, replace(changes, snapshot=end))
            else:
                self._changes(service, changes)
        for source, text in batch.notices:
            self._update("UPDATE sources SET notice = ? WHERE id = ?", (text, source.id))

    def _source(self, update: SourceUpdate) -> None:
        parser = None if update.parser is None else rows.to_json(update.parser)
        told = (parser, update.format, update.lines, update.recognised)
        self._update(_SOURCE, (*told, *rows.position_row(update.position), update.source.id))

    def _events(self, events: list[Event]) -> None:
        self._insert("events", rows.EVENT, events)
        times: dict[int, list[int]] = {}
        for source, run in groupby(events, key=itemgetter(2)):
            known = times.setdefault(source, [])
            known.extend(event[1] for event in run if event[1] is not None)
        for source, known in times.items():
            self._update(_SPAN, (min(known, default=None), max(known, default=None), source))

    def _changes(self, service: int, changes: Changes) -> None:
        made = map(rows.connection_row, changes.connections)
        steps = changes.transitions
        self._insert("connections", rows.CONNECTION, made, "REPLACE", service)
        last = self._connection.execute("SELECT coalesce(max(id), 0) FROM transitions").fetchone()
        self._insert("transitions", rows.TRANSITION, steps, service=service)
        minutes.add(self._connection, service, last[0], changes.auth_failures)
        self._insert("echoes", Echo._fields, changes.echoes)
        self._insert("gaps", _GAP, map(rows.gap_row, changes.gaps))
        for fingerprint in changes.dropped:
            self._forget(service, fingerprint)
        for finding in changes.findings:
            self._finding(service, finding)
        if changes.snapshot is not None:
            row = (service, rows.to_json(changes.snapshot))
            self._insert("detector", ("service", "state"), [row], "REPLACE")

    def _forget(self, service: int, fingerprint: str, first: int = 1, last: int = _ANY) -> None:
        """Forget some episodes of a finding, or the whole."""
        for table, number in (("evidence", "episode"), ("findings", "count")):
            sql = f"DELETE FROM {table} WHERE service = ? AND fingerprint = ?"
            bounds = (service, fingerprint, first, last)
            self._connection.execute(f"{sql} AND {number} BETWEEN ? AND ?", bounds)

    def _finding(self, service: int, finding: Finding) -> None:
        self._forget(service, finding.fingerprint, finding.count)
        self._forget(service, finding.fingerprint, 2, max(1, finding.count - MAX_EPISODES))
        self._insert("findings", rows.FINDING, [rows.finding_row(finding)], service=service)
        key = (finding.fingerprint, finding.count)
        lines = ((*key, place, *line[:2]) for place, line in enumerate(finding.evidence))
        self._insert("evidence", _EVIDENCE, lines, service=service)

    def _service(self, name: str) -> int:
        sql = "INSERT INTO services (name) VALUES (?) ON CONFLICT DO NOTHING"
        self._connection.execute(sql, (name,))
        row = self._connection.execute("SELECT id FROM services WHERE name = ?", (name,))
        return int(row.fetchone()[0])

    def _update(self, sql: str, row: rows.Row) -> None:
        if self._tame:
            row = rows.tame(row)
        if self._connection.execute(sql, row).rowcount != 1:
            words = f"Source {row[-1]} is not in the database {self.path}."
            raise TimelineError(words, "Nothing of the batch was stored; please report this.")

    def _insert(
        self, table: str, columns: Sequence[str], values: Iterable[rows.Row],
        verb: str = "INSERT", service: int | None = None,
    ) -> None:  # fmt: skip
        tamed = map(rows.tame, values) if self._tame else values
        for sql, chunk in rows.inserts(table, columns, tamed, verb, service):
            self._connection.executemany(sql, chunk)
