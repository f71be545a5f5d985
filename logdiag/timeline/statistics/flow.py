"""What opened and closed, and how many were live, interval by interval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from logdiag.model import SECOND
from logdiag.timeline import minutes
from logdiag.timeline.reader import Reader
from logdiag.timeline.statistics.asking import SERVICE, within

MOST_POINTS = 60
_MINUTE, _HOUR, _DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
_WIDTHS = [  # what people read off an axis without reckoning
    *(SECOND // 1000 * each for each in (1, 2, 5, 10, 20, 50, 100, 200, 500)),
    *(SECOND * each for each in (1, 2, 5, 10, 15, 30)),
    *(_MINUTE * each for each in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * each for each in (1, 2, 3, 6, 12)),
]
_GROUPED = (
    "SELECT {bucket} AS bucket, sum(state = 'open') AS opened, sum(state = 'closed') AS closed,"
    " max(live) AS peak, max(id) AS last, 0 AS auth_failures FROM {steps} GROUP BY bucket"
)
_STEPS = (
    f"transitions WHERE id BETWEEN ?4 AND ?5 AND +service = {SERVICE} AND time IS NOT NULL"
    f" AND {within('time')}"
)
_ROLLED = (
    "SELECT {bucket} AS bucket, sum(opened) AS opened, sum(closed) AS closed, max(high) AS peak,"
    " max(last_step) AS last, sum(auth_failures) AS auth_failures FROM minutes"
    f" WHERE service = {SERVICE} AND minute > {minutes.NO_TIME}{{whole}} GROUP BY bucket"
)
_NUMBERED = (
    "(SELECT *, row_number() OVER (ORDER BY id) - 1 AS nth FROM transitions"
    f" WHERE service = {SERVICE})"
)


_FAILED = (
    "SELECT {bucket} AS bucket, 0 AS opened, 0 AS closed, NULL AS peak, NULL AS last,"
    " count(*) AS auth_failures FROM events AS e WHERE kind = 'auth_failure'"
    f" AND source IN (SELECT id FROM sources WHERE service = {SERVICE}) AND time IS NOT NULL"
    f" AND {within('time')} AND NOT EXISTS (SELECT 1 FROM echoes AS o WHERE o.source = e.source"
    " AND o.offset = e.offset) GROUP BY bucket"
)

Row = dict[str, Any]  # one interval's, or a part of it: by column


class Point(NamedTuple):
    """One interval. `at`: where it begins, in ns, or in steps before it.

    `net` is by how much the live ones changed, `live` how many there are at its end, `peak` how
    many there were at most. `auth_failures` is None where steps are counted: they are no steps.
    """

    at: int
    opened: int
    closed: int
    net: int
    live: int
    peak: int
    auth_failures: int | None


class Flow(NamedTuple):
    """Intervals of one `width` without holes: in ns, or in steps where the log has no clock."""

    clock: bool
    width: int
    points: tuple[Point, ...]


def flow(
    reader: Reader,
    service: str,
    since: int | None = None,
    until: int | None = None,
    *,
    most: int = MOST_POINTS,
) -> Flow:
    """At most so many points over the period, or over all that is known of the service."""
    span = reader.span(service)
    if span.first is None or span.last is None:
        return _by_steps(reader, service, most)
    begin = span.first if since is None else max(since, span.first)
    end = max(begin, span.last if until is None else min(until - 1, span.last))
    width = width_for(end - begin, most)
    first = begin // width
    ask = _of_steps if width % minutes.MINUTE else _of_minutes
    found = ask(reader, service, since, until, width, first)
    before = 0 if since is None else minutes.last_live(reader, service, since)
    points = _points(reader, found, first, end // width - first + 1, before)
    return Flow(True, width, tuple(point._replace(at=point.at * width) for point in points))


def _of_minutes(
    reader: Reader, service: str, since: int | None, until: int | None, width: int, first: int
) -> list[Row]:
    """By intervals of whole minutes, from the roll-up; at the ends of the period from steps."""
    where, bounds = minutes.whole_minutes(since, until)
    size = width // minutes.MINUTE
    sql = _ROLLED.format(bucket=_bucket("minute", size, first), whole=where)
    found = reader._rows(sql, service, *bounds)
    for edge in minutes.edges(reader, service, since, until):
        found += _of_steps(reader, service, edge.begin, edge.end, width, first)
    return found


def _of_steps(
    reader: Reader, service: str, since: int | None, until: int | None, width: int, first: int
) -> list[Row]:
    steps = minutes.steps_within(reader, service, since, until)[:2]
    bucket = _bucket("time", width, first)
    sql = _GROUPED.format(bucket=bucket, steps=_STEPS)
    return [
        *reader._rows(sql, service, since, until, *steps),
        *reader._rows(_FAILED.format(bucket=bucket), service, since, until),
    ]


def width_for(length: int, most: int) -> int:
    """The smallest round width (ns) that cuts `length` (ns) into at most `most` (3 or more)."""
    # one more interval than fits, since the first begins at a multiple of the width
    days = length // ((most - 2) * _DAY) + 1
    return next((width for width in _WIDTHS if length // width + 2 <= most), days * _DAY)


def _bucket(column: str, width: int, first: int) -> str:
    """The interval as SQL, which would round times before 1970 the wrong way."""
    return f"({column} - {first * width}) / {width} + {first}"


def _by_steps(reader: Reader, service: str, most: int) -> Flow:
    sql = f"SELECT count(*) AS count FROM transitions WHERE service = {SERVICE}"
    count = int(reader._rows(sql, service)[0]["count"])
    width = max(1, -(-count // most))
    found = reader._rows(_GROUPED.format(bucket=f"nth / {width}", steps=_NUMBERED), service)
    points = _points(reader, found, 0, -(-count // width), 0)
    return Flow(False, width, tuple(
        point._replace(at=point.at * width, auth_failures=None) for point in points
    ))  # fmt: skip


def _points(
    reader: Reader, found: Iterable[Row], first: int, count: int, live: int
) -> Iterator[Point]:
    """One for each interval; an empty one goes on with what was live before it."""
    parts: dict[int, list[Row]] = {}
    for row in found:
        parts.setdefault(row["bucket"], []).append(row)
    last = {bucket: max(row["last"] or 0 for row in rows) for bucket, rows in parts.items()}
    sql = "SELECT id, live FROM transitions WHERE id IN (SELECT value FROM json_each(?))"
    live_at = {row["id"]: row["live"] for row in reader._rows(sql, str([*last.values()]))}
    for bucket in range(first, first + count):
        rows = parts.get(bucket, [])
        opened, closed, failures = (
            sum(row[name] for row in rows) for name in ("opened", "closed", "auth_failures")
        )
        now = live_at.get(last.get(bucket, 0), live)
        peak = max(live, *(row["peak"] or 0 for row in rows), 0)
        yield Point(bucket, opened, closed, now - live, now, peak, failures)
        live = now
