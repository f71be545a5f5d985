"""How much time the log's gaps hide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from logdiag.timeline.reader import Reader
from logdiag.timeline.statistics.asking import SERVICE

# Before a gap speaks the last timed event of its source; after it the next one of that source, or
# of the source that followed under the same path: a truncated file begins anew as another one.
_GAPS = f"""
SELECT
    (SELECT time FROM events WHERE source = g.source AND offset < g.offset AND time IS NOT NULL
        ORDER BY offset DESC LIMIT 1) AS begin,
    coalesce(
        (SELECT time FROM events WHERE source = g.source AND offset >= g.offset
            AND time IS NOT NULL ORDER BY offset LIMIT 1),
        (SELECT time FROM events WHERE time IS NOT NULL AND source = (
            SELECT min(id) FROM sources AS f
            WHERE f.service = s.service AND f.path = s.path AND f.id > s.id)
            ORDER BY offset LIMIT 1)) AS end
FROM gaps AS g JOIN sources AS s ON s.id = g.source WHERE s.service = {SERVICE}
"""


class Losses(NamedTuple):
    """Gaps in the period, the time they hide (ns), and how many of them hide nobody knows what."""

    gaps: int = 0
    time: int = 0
    unknown: int = 0


def losses(
    reader: Reader, service: str, since: int | None = None, until: int | None = None
) -> Losses:
    """Time that several sources lost together counts once; without a clock all is unknown."""
    spans, gaps, unknown = [], 0, 0
    for row in reader._rows(_GAPS, service):
        begin, end = row["begin"], row["end"]
        known = begin is not None and end is not None
        if known and (_before(end, since) or (until is not None and begin >= until)):
            continue
        gaps += 1
        if known:
            begin = begin if since is None else max(begin, since)
            spans.append((begin, end if until is None else min(end, until)))
        else:
            unknown += 1
    return Losses(gaps, sum(end - begin for begin, end in _merged(spans)), unknown)


def _before(end: int, since: int | None) -> bool:
    return since is not None and end < since


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans without what they share; one that runs backwards is none."""
    reached: int | None = None
    for begin, end in sorted(spans):
        start = begin if reached is None else max(begin, reached)
        if end > start:
            yield start, end
            reached = end
