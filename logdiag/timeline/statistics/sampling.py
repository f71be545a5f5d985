"""Some connections in place of all, where there are too many to look at while somebody waits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from logdiag.timeline import population
from logdiag.timeline.reader import Reader
from logdiag.timeline.statistics.asking import SERVICE

MOST = 50_000  # connections that are all looked at; 0.7 s
SAMPLE = 20_000  # of more, about so many
_EVER = 1 << 62  # ns, some time after 2100

_OLDEST_LIVING = (
    f"SELECT number FROM connections INDEXED BY connections_open WHERE service = {SERVICE}"
    " AND state IN ('connecting', 'open', 'closing') AND coalesce(opened_at < ?2, 1)"
    " ORDER BY number LIMIT ?3"
)


class Sample(NamedTuple):
    """Numbers of connections as JSON arrays; None: all.

    `spread` are spread evenly. `newest` opened last, and none of their time is missing, so that who
    holds how many is true of it; with them are the oldest of those that still live.
    """

    spread: str | None = None
    newest: str | None = None

    @property
    def size(self) -> int | None:
        """How many are in `spread`; None for all."""
        return None if self.spread is None else len(json.loads(self.spread))


ALL = Sample()


def picked(numbers: str | None, column: str = "number") -> str:
    """The end of a WHERE clause: no more than the connections ?4."""
    if numbers is None:
        return " AND ?4 IS NULL"
    return f" AND {column} IN (SELECT value FROM json_each(?4))"


def sample(
    reader: Reader, service: str, since: int | None = None, until: int | None = None
) -> Sample:
    """Which of the service's connections to look at, for a period."""
    count = population.count(reader, service)
    if count <= MOST:
        return ALL
    spans = [(1, count + 1)]
    if since is not None or until is not None:
        spans = population.spans(reader, service, since or 0, _EVER if until is None else until)
    asked = (service, _EVER if until is None else until, SAMPLE)
    living = [number for (number,) in reader._many(("number",), _OLDEST_LIVING, *asked)]
    newest = sorted({*living, *_newest(spans)})
    return Sample(json.dumps(_evenly(spans)), json.dumps(newest))


def _newest(spans: Sequence[tuple[int, int]]) -> list[int]:
    """The last of all, up to `SAMPLE` of them."""
    numbers: list[int] = []
    for first, after in reversed(spans):
        numbers += range(max(first, after - SAMPLE + len(numbers)), after)
    return numbers


def _evenly(spans: Sequence[tuple[int, int]]) -> list[int]:
    """All, or `SAMPLE` spread over them."""
    opened = sum(after - first for first, after in spans)
    if opened <= SAMPLE:
        return [number for span in spans for number in range(*span)]
    return [
        number for first, after in spans
        for number in json.loads(
            population.spread(first, after, SAMPLE * (after - first) // opened)
        )
    ]  # fmt: skip
