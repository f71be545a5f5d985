"""Findings without their evidence: enough for lists, and for marking charts with them."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from logdiag.model import LEVELS, Confidence, FindingState, Level
from logdiag.timeline.reader import Reader

STATES = ("firing", "pending", "resolved")  # in the order in which they matter

_FIRST_LINE = (
    "(SELECT min(e.line) FROM evidence AS v JOIN events AS e"
    " ON e.source = v.source AND e.offset = v.offset WHERE v.service = f.service"
    " AND v.fingerprint = f.fingerprint AND v.episode = f.count)"
)
_COLUMNS = (
    "s.name AS service, f.fingerprint, f.rule, f.title, f.level, f.confidence, f.state,"
    " f.grouped_by, f.count AS fired, f.pending_at, f.fired_at, f.resolved_at, f.note,"
    f" f.connections, f.connections_total, {_FIRST_LINE} AS first_line"
)
_EPISODES = "findings AS f JOIN services AS s ON s.id = f.service"
_LATEST = (
    f"{_EPISODES} WHERE f.count = (SELECT max(count) FROM findings AS g"
    " WHERE g.service = f.service AND g.fingerprint = f.fingerprint)"
    " AND coalesce(s.name = ?1, 1) AND coalesce(f.state = ?2, 1) AND coalesce(f.rule = ?3, 1)"
)


class Outline(NamedTuple):
    """One episode of a finding, the `fired`-th.

    `first_line` is where its evidence begins; 0 where that is not stored any more.
    """

    service: str
    fingerprint: str
    rule: str
    title: str
    level: Level
    confidence: Confidence
    state: FindingState
    group: dict[str, str]
    fired: int
    pending_at: int | None
    fired_at: int | None
    resolved_at: int | None
    note: str
    connections: tuple[int, ...]
    connections_total: int
    first_line: int

    @property
    def begun(self) -> int | None:
        """Since when it is suspected, ns."""
        return self.fired_at if self.pending_at is None else self.pending_at


def _ranked(column: str, words: tuple[str, ...]) -> str:
    cases = " ".join(f"WHEN '{word}' THEN {rank}" for rank, word in enumerate(words))
    return f"CASE {column} {cases} END"


_WORST_FIRST = (
    f"ORDER BY {_ranked('f.state', STATES)}, {_ranked('f.level', LEVELS)} DESC,"
    " coalesce(f.pending_at, f.fired_at) DESC, s.name, f.fingerprint"
)


def latest(
    reader: Reader,
    service: str | None = None,
    state: str | None = None,
    rule: str | None = None,
    *,
    limit: int = -1,
    offset: int = 0,
) -> list[Outline]:
    """The latest episode of each finding, worst first."""  # fmt: skip
    sql = f"SELECT {_COLUMNS} FROM {_LATEST} {_WORST_FIRST} LIMIT ?4 OFFSET ?5"
    rows = reader._rows(sql, service, state, rule, limit, offset)
    return [_outline(row) for row in rows]


def count(
    reader: Reader, service: str | None = None, state: str | None = None, rule: str | None = None
) -> int:
    """How many findings `latest` has."""
    sql = f"SELECT count(*) AS count FROM {_LATEST}"
    return int(reader._rows(sql, service, state, rule)[0]["count"])


def episodes(reader: Reader, service: str, begin: int, end: int, most: int) -> list[Outline]:
    """All episodes that touch [begin, end), ns, and those without a clock; worst first."""
    sql = (
        f"SELECT {_COLUMNS} FROM {_EPISODES} WHERE s.name = ?1"
        " AND coalesce(coalesce(f.pending_at, f.fired_at) < ?3, 1)"
        f" AND coalesce(f.resolved_at >= ?2, 1) {_WORST_FIRST} LIMIT ?4"
    )
    return [_outline(row) for row in reader._rows(sql, service, begin, end, most)]


def spans(
    reader: Reader, service: str, begin: int, end: int, nearer: int
) -> list[tuple[int, int | None]]:
    """When anything fired in [begin, end), ns: all episodes, merged where nearer than `nearer`."""
    sql = (
        f"SELECT coalesce(pending_at, fired_at) AS begun, resolved_at AS over FROM {_EPISODES}"
        " WHERE s.name = ?1 AND f.state <> 'pending' AND begun < ?3"
        " AND coalesce(resolved_at >= ?2, 1) ORDER BY begun"
    )
    merged: list[tuple[int, int | None]] = []
    for row in reader._rows(sql, service, begin, end):
        first, last = row["begun"], row["over"]
        if merged:
            before, over = merged[-1]
            if over is None or first - over < nearer:
                merged[-1] = before, None if over is None or last is None else max(over, last)
                continue
        merged.append((first, last))
    return merged


def _outline(row: dict[str, Any]) -> Outline:
    known = dict(row)
    group = json.loads(known.pop("grouped_by"))
    known["connections"] = tuple(json.loads(known["connections"]))
    known["first_line"] = known["first_line"] or 0
    return Outline(**known, group=group)
