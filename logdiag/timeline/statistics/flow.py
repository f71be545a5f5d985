"""What opened and closed, and how many were live, interval by interval."""

from __future__ import annotations

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
    " max(live) AS peak, max(id) AS last FROM {steps} GROUP BY bucket"
)
_STEPS = f"transitions WHERE service = {SERVICE} AND time IS NOT NULL AND {within('time')}"
_NUMBERED = (
    "(SELECT *, row_number() OVER (ORDER BY id) - 1 AS nth FROM transitions"
    f" WHERE service = {SERVICE})"
)


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
    bucket = f"(time - {first * width}) / {width}"
    found = _grouped(reader, _GROUPED.format(bucket=bucket, steps=_STEPS), service, since, until)
    failures = _auth_failures(reader, bucket, service, since, until)
    before = 0 if since is None else minutes.last_live(reader, service, since)
    points = _points(found, end // width - first + 1, before)
    return Flow(
        True, width,
        tuple(
            point._replace(at=(first + point.at) * width, auth_failures=failures.get(point.at, 0))
            for point in points
        ),
    )  # fmt: skip


def width_for(length: int, most: int) -> int:
    """The smallest round width (ns) that cuts `length` (ns) into at most `most` (3 or more)."""
    # one more interval than fits, since the first begins at a multiple of the width
    days = length // ((most - 2) * _DAY) + 1
    return next((width for width in _WIDTHS if length // width + 2 <= most), days * _DAY)


def _by_steps(reader: Reader, service: str, most: int) -> Flow:
    sql = f"SELECT count(*) AS count FROM transitions WHERE service = {SERVICE}"
    count = int(reader._rows(sql, service)[0]["count"])
    width = max(1, -(-count // most))
    found = _grouped(reader, _GROUPED.format(bucket=f"nth / {width}", steps=_NUMBERED), service)
    points = _points(found, -(-count // width), 0)
    return Flow(False, width, tuple(point._replace(at=point.at * width) for point in points))


def _grouped(reader: Reader, sql: str, *parameters: object) -> dict[int, dict[str, Any]]:
    joined = f"SELECT grouped.*, live FROM ({sql}) AS grouped JOIN transitions ON id = last"
    return {row["bucket"]: row for row in reader._rows(joined, *parameters)}


def _auth_failures(reader: Reader, bucket: str, *parameters: object) -> dict[int, int]:
    sql = (
        f"SELECT {bucket} AS bucket, count(*) AS count FROM events AS e"
        f" WHERE kind = 'auth_failure' AND source IN (SELECT id FROM sources WHERE service ="
        f" {SERVICE}) AND time IS NOT NULL AND {within('time')} AND NOT EXISTS (SELECT 1 FROM"
        " echoes AS o WHERE o.source = e.source AND o.offset = e.offset) GROUP BY bucket"
    )
    return {row["bucket"]: row["count"] for row in reader._rows(sql, *parameters)}


def _points(found: dict[int, dict[str, Any]], count: int, live: int) -> list[Point]:
    """One for each bucket; an empty one goes on with what was live before it."""
    points = []
    for bucket in range(count):
        row = found.get(bucket)
        if row is None:
            points.append(Point(bucket, 0, 0, 0, live, live, None))
            continue
        now, peak = row["live"], max(live, row["peak"])
        points.append(Point(bucket, row["opened"], row["closed"], now - live, now, peak, None))
        live = now
    return points
