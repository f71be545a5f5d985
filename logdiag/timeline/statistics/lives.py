"""How long connections lived, and why they closed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from logdiag.model import SECOND
from logdiag.timeline.reader import Reader
from logdiag.timeline.statistics.asking import SERVICE, Quantiles, quantiles, within
from logdiag.timeline.statistics.sampling import picked

_CLOSED = f"connections WHERE service = {SERVICE} AND state = 'closed' AND {within('closed_at')}"
_LIVES = "SELECT closed_at - opened_at AS value FROM {closed} AND closed_at >= opened_at"
# Each about three times the one before; finer around a minute, where proxies cut connections off
# (nginx proxy_read_timeout and AWS ALB 60 s, uvicorn 40 s, Heroku 55 s).
BOUNDS = tuple(
    round(seconds * SECOND)
    for seconds in (
        0.1, 0.3, 1, 3, 10, 20, 30, 45, 60, 90, 180, 600, 1_800, 3_600, 10_800, 43_200, 86_400,
        604_800,
    )
)  # fmt: skip


class Bar(NamedTuple):
    """Those that lived at most `upto` ns (None: any longer) and longer than the bar before."""

    upto: int | None
    connections: int


class Lifetimes(NamedTuple):
    """Of the connections that closed in the period (ns), from the first bar that is not empty."""

    quantiles: Quantiles
    histogram: tuple[Bar, ...]


class Code(NamedTuple):
    """A close code (None: the log does not tell) and how many connections closed with it."""

    code: int | None
    connections: int


def lifetimes(
    reader: Reader, service: str, since: int | None = None, until: int | None = None,
    numbers: str | None = None,
) -> Lifetimes:  # fmt: skip
    """Of connections whose opening and close have times; sorted by SQLite.

    `numbers`: of no others than these, a JSON array.
    """
    lives = _LIVES.format(closed=_CLOSED + picked(numbers))
    asked = (service, since, until, numbers)
    found = quantiles(reader, lives, *asked)
    return Lifetimes(found, _histogram(reader, lives, asked) if found.total else ())


def _histogram(reader: Reader, lives: str, asked: Sequence[object]) -> tuple[Bar, ...]:
    cases = " ".join(f"WHEN value <= {bound} THEN {nth}" for nth, bound in enumerate(BOUNDS))
    sql = (
        f"SELECT CASE {cases} ELSE {len(BOUNDS)} END AS nth, count(*) AS count"
        f" FROM ({lives}) GROUP BY nth"
    )
    counts = {row["nth"]: row["count"] for row in reader._rows(sql, *asked)}
    bounds = (*BOUNDS, None)
    return tuple(
        Bar(bounds[nth], counts.get(nth, 0)) for nth in range(min(counts), max(counts) + 1)
    )


def close_codes(
    reader: Reader, service: str, since: int | None = None, until: int | None = None,
    numbers: str | None = None,
) -> list[Code]:  # fmt: skip
    """Of the connections that closed in the period, the most frequent first; see `lifetimes`."""
    sql = (
        f"SELECT code, count(*) AS connections FROM {_CLOSED}{picked(numbers)} GROUP BY code"
        " ORDER BY connections DESC, code"
    )
    return [Code(**row) for row in reader._rows(sql, service, since, until, numbers)]
