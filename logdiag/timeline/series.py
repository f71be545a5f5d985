"""Live connections over time, in at most as many intervals as are asked for.

Long intervals are added up from the roll-up `minutes`; short ones from the steps themselves, as
long as there are not too many of them to be read while somebody waits.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from logdiag.model import SECOND
from logdiag.timeline import minutes
from logdiag.timeline.minutes import COUNTED, MINUTE
from logdiag.timeline.reader import Reader

MOST_STEPS = 50_000  # read one by one; 0.05 s
_SHORTEST = SECOND // 1000  # an interval, ns
_OF_SERVICE = "service = (SELECT id FROM services WHERE name = ?1)"
_SUMS = ", ".join(f"sum(state = '{state}') AS {name}" for name, state in COUNTED.items())
_RAW = (
    f"SELECT (time - ?2) / ?4 AS nth, min(live) AS low, max(live) AS high, max(id) AS last_step,"
    f" {_SUMS}, 0 AS auth_failures FROM transitions"
    f" WHERE id BETWEEN ?5 AND ?6 AND +{_OF_SERVICE} AND time >= ?2 AND time < ?3 GROUP BY nth"
)
_FAILURES = (
    "SELECT (time - ?2) / ?4 AS nth, count(*) AS count FROM events AS e WHERE kind = 'auth_failure'"
    f" AND source IN (SELECT id FROM sources WHERE {_OF_SERVICE}) AND time >= ?2 AND time < ?3"
    " AND NOT EXISTS (SELECT 1 FROM echoes AS o WHERE o.source = e.source AND o.offset = e.offset)"
    " GROUP BY nth"
)
_ROLLED = (
    f"SELECT (minute - ?2) / ?4 AS nth, min(low) AS low, max(high) AS high,"
    f" max(last_step) AS last_step, {', '.join(f'sum({name}) AS {name}' for name in COUNTED)},"
    f" sum(auth_failures) AS auth_failures FROM minutes"
    f" WHERE {_OF_SERVICE} AND minute >= ?2 AND minute < ?3 GROUP BY nth"
)
# Without a clock the lines themselves are the axis: the number of each in its file.
_LINES = (
    f"SELECT (line - ?2) / ?4 AS nth, min(t.live) AS low, max(t.live) AS high,"
    f" max(t.id) AS last_step, {_SUMS.replace('state =', 't.state =')}, 0 AS auth_failures"
    " FROM transitions AS t JOIN events AS e ON e.source = t.source AND e.offset = t.offset"
    f" WHERE t.{_OF_SERVICE} AND line >= ?2 AND line < ?3 GROUP BY nth"
)
_FAILED_LINES = _FAILURES.replace("time", "line")


class Bucket(NamedTuple):
    """One interval from `at` on. `low`, `high`, `last`: live connections in it, and at its end."""

    at: int
    low: int
    high: int
    last: int
    opened: int = 0
    closed: int = 0
    rejected: int = 0
    superseded: int = 0
    unknown: int = 0
    auth_failures: int = 0


class Series(NamedTuple):
    """Buckets of one `step` without holes: in ns, or in lines where the log has no clock."""

    step: int
    buckets: tuple[Bucket, ...]


def over_time(reader: Reader, service: str, begin: int, end: int, most: int) -> Series:
    """At most `most` buckets that cover [begin, end), ns; the first may begin a little earlier."""
    step = -(-(end - begin) // (most * _SHORTEST)) * _SHORTEST
    first, last, count = minutes.steps_within(reader, service, begin, end)
    if step < MINUTE and count <= MOST_STEPS:
        rows = reader._rows(_RAW, service, begin, end, step, first, last)
        failed = reader._rows(_FAILURES, service, begin, end, step)
        before = minutes.last_live(reader, service, begin)
        return _series(reader, rows, failed, before, begin, end, step)
    size = -(-(end - begin) // ((most - 1) * MINUTE))  # one more than fits: see `start`
    start = begin // MINUTE // size * size
    rows = reader._rows(_ROLLED, service, start, -(-end // MINUTE), size)
    before = minutes.last_live(reader, service, start * MINUTE)
    return _series(reader, rows, (), before, start * MINUTE, end, size * MINUTE)


def over_lines(reader: Reader, service: str, begin: int, end: int, most: int) -> Series:
    """The same over line numbers, for a service without a clock."""
    step = max(1, -(-(end - begin) // most))
    rows = reader._rows(_LINES, service, begin, end, step)
    failed = reader._rows(_FAILED_LINES, service, begin, end, step)
    return _series(reader, rows, failed, 0, begin, end, step)


def _series(
    reader: Reader, rows: Iterable[dict[str, Any]], failed: Iterable[dict[str, Any]],
    live: int, begin: int, end: int, step: int,
) -> Series:  # fmt: skip
    found = {row.pop("nth"): row for row in rows}
    steps = [row["last_step"] for row in found.values() if row["last_step"]]
    sql = "SELECT id, live FROM transitions WHERE id IN (SELECT value FROM json_each(?))"
    last = {row["id"]: row["live"] for row in reader._rows(sql, str(steps))}
    failures = {row["nth"]: row["count"] for row in failed}
    buckets = []
    for nth in range(max(1, -(-(end - begin) // step))):
        bucket = Bucket(begin + nth * step, live, live, live)
        row = found.get(nth)
        if row is not None:
            low, high, final = row.pop("low"), row.pop("high"), row.pop("last_step")
            if final is not None:
                bucket = bucket._replace(low=min(live, low), high=max(live, high), last=last[final])
                live = bucket.last
            bucket = bucket._replace(**row)
        if nth in failures:
            bucket = bucket._replace(auth_failures=failures[nth])
        buckets.append(bucket)
    return Series(step, tuple(buckets))
