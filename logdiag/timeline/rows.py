"""From the nouns of `logdiag.model` to rows and back: the order of the columns, in one place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from operator import attrgetter
from typing import Any

from logdiag.model import (
    Connection,
    Event,
    Evidence,
    Finding,
    Gap,
    Guard,
    Mark,
    Position,
    Transition,
)

Row = Sequence[Any]  # to be stored, in a known order of columns
Record = Mapping[str, Any]  # as read, by column

_ROWS_AT_ONCE = 20  # rows inserted by one statement; more gain little
_CHUNK = 500  # rows whose fields fit the processor's cache: four times as fast as 10,000 at once

EVENT = Event._fields
TRANSITION = Transition._fields
POSITION = (
    "offset", "head_size", "head", "tail_size", "tail", "device", "inode", "missed", "ended"
)  # fmt: skip
_OPENED_LINE = Connection._fields.index("opened_line")
_LINES = slice(_OPENED_LINE, _OPENED_LINE + 2)  # and closed_line: two columns each
CONNECTION = (
    *Connection._fields[:_LINES.start],
    "opened_source", "opened_offset", "closed_source", "closed_offset",
    *Connection._fields[_LINES.stop:],
)  # fmt: skip
FINDING = (
    "fingerprint", "rule", "title", "level", "confidence", "state", "count", "pending_at",
    "fired_at", "resolved_at", "cause", "fix", "note", "connections_total",
    "leak", "known_by",
    "grouped_by", "connections", "guards", "links",
)  # fmt: skip
_PLAIN_FINDING = FINDING[:16]
EVIDENCE = ("source", "offset")  # what the line says is in `events`
# What `Evidence` tells of it beside its place, of `events AS e`.
PROOF = (
    "coalesce(line, 0) AS line, coalesce(kind, '') AS event, coalesce(text, '') AS text, time,"
    " e.connection, e.client, status, e.code"
)

_finding_fields: Callable[[Finding], tuple[Any, ...]] = attrgetter(*_PLAIN_FINDING)
_NOWHERE = (None, None)


_compact = json.JSONEncoder(separators=(",", ":"))  # `json.dumps` would make one at each call


def to_json(value: object) -> str:
    """Compact JSON in ASCII, so that a lone surrogate cannot stop it from being stored."""
    return _compact.encode(value)


def without_nulls(
    columns: Sequence[str], rows: Iterable[Row]
) -> Iterator[tuple[list[str], list[Any]]]:
    """Chunk by chunk, the columns in which any row has a value, and the rows' values in these.

    The values of all rows lie one behind the other. Binding values is most of what an insert
    costs, and most fields of an event are None.
    """
    remaining = iter(rows)
    while chunk := list(islice(remaining, _CHUNK)):
        kept = [
            (name, values)
            for name, values in zip(columns, zip(*chunk, strict=True), strict=True)
            if values != (None,) * len(values)
        ]
        values = zip(*(values for _, values in kept), strict=True)
        yield [name for name, _ in kept], list(chain.from_iterable(values))


def inserts(
    table: str, columns: Sequence[str], rows: Iterable[Row], verb: str, service: int | None
) -> Iterator[tuple[str, list[list[Any]]]]:
    """Statements that insert the rows, all of one `service` if it is named, and their values.

    Many rows by one statement cost half of what they cost by one each.
    """
    same = [] if service is None else [str(service)]
    for names, values in without_nulls(columns, rows):
        into = f"{verb} INTO {table} ({', '.join(['service'] * len(same) + names)}) VALUES "
        row = f"({', '.join(same + ['?'] * len(names))})"
        many = _ROWS_AT_ONCE * len(names)
        whole = len(values) // many * many
        several = [values[at : at + many] for at in range(0, whole, many)]
        yield into + ", ".join([row] * _ROWS_AT_ONCE), several
        rest = range(whole, len(values), len(names))
        yield into + row, [values[at : at + len(names)] for at in rest]


def position_row(position: Position) -> tuple[Any, ...]:
    """In the order of POSITION. Device and inode as text: they may exceed 63 bits."""
    row = [getattr(position, name) for name in POSITION]
    row[5:7] = [str(position.device), str(position.inode)]
    return tuple(row)


def position_of(record: Record) -> Position:
    """The inverse of `position_row`; further columns are ignored."""
    fields = {name: record[name] for name in POSITION}
    for name, kind in (("device", int), ("inode", int), ("ended", bool)):
        fields[name] = kind(fields[name])
    return Position(**fields)


def connection_row(connection: Connection) -> tuple[Any, ...]:
    """In the order of CONNECTION."""
    fields: Row = connection
    opened, closed = fields[_LINES]
    return (
        *fields[: _LINES.start], *(opened or _NOWHERE), *(closed or _NOWHERE),
        *fields[_LINES.stop : -1],
        None if connection.marks is None else to_json(connection.marks),
    )  # fmt: skip


def connection_of(record: Record) -> Connection:
    """The inverse of `connection_row`; further columns are ignored."""
    fields = {name: record[name] for name in CONNECTION if name in Connection._fields}
    opened = (record["opened_source"], record["opened_offset"])
    closed = (record["closed_source"], record["closed_offset"])
    fields["opened_line"] = None if opened == _NOWHERE else opened
    fields["closed_line"] = None if closed == _NOWHERE else closed
    fields["marks"] = None if record["marks"] is None else _marks(record["marks"])
    return Connection(**fields)


def _marks(stored: str) -> dict[str, Mark]:
    return {mark: Mark(*line) for mark, line in json.loads(stored).items()}


def finding_row(finding: Finding) -> tuple[Any, ...]:
    """In the order of FINDING; the evidence has a table of its own."""
    return (
        *_finding_fields(finding),
        to_json(finding.group),
        to_json(finding.connections),
        to_json(finding.guards),
        to_json(finding.references),
    )


def finding_of(record: Record, evidence: Iterable[Evidence]) -> Finding:
    """The inverse of `finding_row`; further columns are ignored."""
    fields = {name: record[name] for name in _PLAIN_FINDING}
    fields["leak"] = bool(record["leak"])
    return Finding(
        **fields,
        group=json.loads(record["grouped_by"]),
        connections=tuple(json.loads(record["connections"])),
        guards=tuple(Guard(*guard) for guard in json.loads(record["guards"])),
        references=tuple(json.loads(record["links"])),
        evidence=tuple(evidence),
    )


def gap_row(gap: Gap) -> tuple[Any, ...]:
    """In the order source, offset, size, reason, time."""
    return (gap.source.id, *gap[1:])


def tame(row: Row) -> tuple[Any, ...]:
    """The row without what SQLite cannot hold: lone surrogates escaped, huge integers NULL.

    A hostile line may claim a total of 10**30; it must not stop all others from being stored.
    """
    return tuple(map(_tame, row))


def _tame(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return None
    return value
