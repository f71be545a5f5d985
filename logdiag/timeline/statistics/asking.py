"""What all statistics share: SQL about one service in a period, and quantiles of what it yields.

In every query ?1 is the service's name, ?2 `since` (inclusive) and ?3 `until` (exclusive), ns or
None; with either, what has no time is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from logdiag.timeline.reader import Reader

SERVICE = "(SELECT id FROM services WHERE name = ?1)"


def within(column: str) -> str:
    """An SQL condition: the time in `column` lies in the period."""
    return f"(?2 IS NULL OR {column} >= ?2) AND (?3 IS NULL OR {column} < ?3)"


class Quantiles(NamedTuple):
    """Of `total` values, by nearest rank; all None where there are none."""

    total: int = 0
    p50: int | None = None
    p95: int | None = None
    max: int | None = None


def quantiles(reader: Reader, values: str, *parameters: object) -> Quantiles:
    """Of the column `value` of the query `values`, sorted by SQLite, on disk where it is much."""
    sql = (
        "SELECT value, nth, total FROM (SELECT value, row_number() OVER (ORDER BY value) AS nth,"
        f" count(*) OVER () AS total FROM ({values}))"
        " WHERE nth IN ((total + 1) / 2, (95 * total + 99) / 100, total) ORDER BY nth"
    )
    found = reader._rows(sql, *parameters)
    return of_counted([(row["value"], row["nth"]) for row in found])


def of_counted(cumulated: Iterable[tuple[int, int]]) -> Quantiles:
    """Of values in order, each with how many values there are up to it."""
    known = list(cumulated)
    if not known:
        return Quantiles()
    total = known[-1][1]
    p50, p95 = (
        next(value for value, upto in known if 100 * upto >= percent * total)
        for percent in (50, 95)
    )
    return Quantiles(total, p50, p95, known[-1][0])
