"""Some connections in place of all, where there are too many to look at while somebody waits."""

from __future__ import annotations

import json
from typing import NamedTuple

from logdiag.timeline import population
from logdiag.timeline.reader import Reader
from logdiag.timeline.statistics.asking import SERVICE

MOST = 50_000  # connections that are all looked at; 0.7 s
SAMPLE = 20_000  # of more, about so many
LEAST_CLIENTS = 200  # whose connections are looked at, however many they have

_CLIENTS = (
    f"SELECT DISTINCT client_key FROM connections WHERE service = {SERVICE}"
    " AND client_key IS NOT NULL ORDER BY client_key"
)
_OF_CLIENTS = (
    f"SELECT number FROM connections WHERE service = {SERVICE}"
    " AND client_key IN (SELECT value FROM json_each(?2))"
)


class Sample(NamedTuple):
    """Numbers of connections as JSON arrays; None: all.

    `spread` are spread evenly; `whole` are all those of some clients, each so many-th.
    """

    spread: str | None = None
    whole: str | None = None

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


def sample(reader: Reader, service: str) -> Sample:
    """Which of the service's connections to look at."""
    count = population.count(reader, service)
    if count <= MOST:
        return ALL
    clients = [key for (key,) in reader._many(("client_key",), _CLIENTS, service)]
    every = max(1, min(count // SAMPLE, len(clients) // LEAST_CLIENTS))
    numbers = reader._many(("number",), _OF_CLIENTS, service, json.dumps(clients[::every]))
    return Sample(
        population.spread(1, count + 1, SAMPLE), json.dumps([number for (number,) in numbers])
    )  # fmt: skip
