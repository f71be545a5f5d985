"""Connections by a part of their name, client or path.

All are looked at: an index that finds parts of words would cost at every commit. Several threads
share them, each with a database connection of its own, since SQLite lets go of Python's lock for
as long as it searches.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from logdiag.timeline import connect, population
from logdiag.timeline.population import Member
from logdiag.timeline.reader import Reader

MOST = 1_000  # connections found
ALONE = 200_000  # connections that one thread looks at in 50 ms: two would save nothing
THREADS = min(4, os.cpu_count() or 1)

_MATCHING = (
    " AND c.number > ?5 AND c.number <= ?6"
    " AND (c.name LIKE ?2 ESCAPE '\\' OR c.client_key LIKE ?2 ESCAPE '\\'"
    " OR c.path LIKE ?2 ESCAPE '\\') AND coalesce([begin] < ?4, 1) AND coalesce([end] >= ?3, 1)"
    f" ORDER BY c.number DESC LIMIT {MOST}"
)


def matching(
    reader: Reader, service: str, text: str, begin: int, end: int, *, clock: bool = True
) -> list[Member]:
    """Those that have the text in them, ignoring ASCII case, and were there in [begin, end).

    In ns, or in lines without a clock. Of more than `MOST` the newest.
    """
    last = population.count(reader, service)
    escaped = "".join(f"\\{char}" if char in "\\%_" else char for char in text)
    asked = (service, f"%{escaped}%", begin, end)
    if last <= ALONE or reader.path == connect.MEMORY:
        return population.told(reader, _MATCHING, *asked, 0, last, clock=clock)

    def search(part: tuple[int, int]) -> list[Member]:
        with Reader.open(reader.path) as own:
            return population.told(own, _MATCHING, *asked, *part, clock=clock)

    parts = pairwise(last * nth // THREADS for nth in range(THREADS + 1))
    with ThreadPoolExecutor(THREADS) as pool:
        found = [one for some in pool.map(search, parts) for one in some]
    return sorted(found, reverse=True)[:MOST]
