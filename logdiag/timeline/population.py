"""Which connections there were in a window of time, as many as somebody can look at.

Connections are numbered in the order in which they opened, so a window of time is a range of
numbers, one for each archive that was read out of turn. Its ends are found by bisection: no index
by time is needed, which would cost at every commit. Of a range that holds too many, some are taken,
spread evenly.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from logdiag.model import SECOND, Identity, State
from logdiag.timeline import minutes
from logdiag.timeline.reader import Reader

MOST = 2_000  # connections told one by one; 30 ms
SAMPLE = 1_000  # those told of more
LOOK_BACK = 20_000  # connections before a window that are looked at for those still alive in it
_GOLDEN = 2_654_435_761  # 2^32 by the golden ratio
LATE = 5 * SECOND  # a line may be so much later than another and still be told before it

_OF_SERVICE = "c.service = (SELECT id FROM services WHERE name = ?1)"
_LIVE = "c.state IN ('connecting', 'open', 'closing')"
_COLUMNS = (
    "c.number, c.name, c.identity, c.state, c.client_key, c.client, c.path, c.user, c.process"
)
_TIMED = f"SELECT {_COLUMNS}, c.opened_at AS [begin], c.closed_at AS [end] FROM connections AS c"
_LINED = (
    f"SELECT {_COLUMNS}, o.line AS [begin], e.line AS [end] FROM connections AS c"
    " LEFT JOIN events AS o ON o.source = c.opened_source AND o.offset = c.opened_offset"
    " LEFT JOIN events AS e ON e.source = c.closed_source AND e.offset = c.closed_offset"
)


# Steps in the order of their minutes, as ranges of ids that grow: one for each archive.
_RUNS = f"""
WITH known AS (
    SELECT minute, first_step, last_step,
        last_step < lag(first_step) OVER (ORDER BY minute) AS back
    FROM minutes AS c WHERE {_OF_SERVICE} AND minute BETWEEN ?2 AND ?3 AND first_step IS NOT NULL
), numbered AS (
    SELECT *, sum(coalesce(back, 0)) OVER (ORDER BY minute) AS run FROM known
)
SELECT min(first_step) AS first, max(last_step) AS last FROM numbered GROUP BY run
"""
_BEFORE = (
    f"SELECT first_step AS first, last_step AS last FROM minutes AS c WHERE {_OF_SERVICE}"
    " AND minute < ?2 AND first_step IS NOT NULL ORDER BY minute DESC LIMIT 1"
)
_BORN = (
    "SELECT connection FROM transitions AS c WHERE id BETWEEN ?2 AND ?3"
    f" AND +{_OF_SERVICE} AND state IN ('connecting', 'open') ORDER BY id {{order}} LIMIT 1"
)


class Member(NamedTuple):
    """A connection from `begin` to `end`: ns, or lines without a clock; None: not known.

    A handshake that was refused took no time: both are the moment of its refusal.
    """

    number: int
    name: str
    identity: Identity
    state: State
    client_key: str | None
    client: str | None
    path: str | None
    user: str | None
    process: str | None
    begin: int | None
    end: int | None


_FIELDS = tuple(f"[{name}]" for name in Member._fields)  # "end" is a word of SQL's


class Population(NamedTuple):
    """Those that were there, by number. `total` of them opened in the window.

    `sampled`: there were more, of which every so many-th is told, and the living are all there.
    """

    members: list[Member]
    total: int
    sampled: bool


def during(reader: Reader, service: str, begin: int, end: int) -> Population:
    """Those that were there at any time in [begin, end), ns."""
    last = count(reader, service)
    if last <= MOST:
        within = " AND coalesce(c.opened_at < ?2, 1) AND coalesce(c.closed_at >= ?3, 1)"
        members = _members(reader, _TIMED, within, service, end, begin)
        return Population(members, len(members), sampled=False)
    known = reader.span(service)
    whole = known.first is not None and begin <= known.first and (known.last or 0) < end
    ranges = [(1, last + 1)] if whole else spans(reader, service, begin - LATE, end + LATE)
    opened = sum(after - first for first, after in ranges)
    found = _living(reader, service, end, max(after for _, after in ranges))
    for first, after in ranges:
        found += _range(reader, service, first, after, opened)
        found += _earlier(reader, service, first, begin, end)
    there = {
        one.number: one
        for one in sorted(found)
        if (one.begin is None or one.begin < end) and (one.end is None or one.end >= begin)
    }
    earlier = sum(not any(first <= one.number for first, _ in ranges) for one in there.values())
    wanted = minutes.last_live(reader, service, begin)
    missing = opened > MOST or earlier < wanted - MOST // 100
    return Population(list(there.values()), opened, missing)


def of_lines(reader: Reader, service: str, begin: int, end: int) -> Population:
    """The same by line numbers, for a service without a clock."""
    last = count(reader, service)
    within = " AND c.number IN (SELECT value FROM json_each(?2))" if last > MOST else ""
    parameters = (spread(1, last + 1, SAMPLE),) if last > MOST else ()
    members = [
        one for one in _members(reader, _LINED, within, service, *parameters)
        if (one.begin is None or one.begin < end) and (one.end is None or one.end >= begin)
    ]  # fmt: skip
    return Population(members, last if last > MOST else len(members), last > MOST)


def named(
    reader: Reader, service: str, numbers: Iterable[int], *, clock: bool = True
) -> list[Member]:
    """The connections of these numbers."""
    within = " AND c.number IN (SELECT value FROM json_each(?2))"
    return told(reader, within, service, str(list(numbers)), clock=clock)


def told(
    reader: Reader, within: str, service: str, *parameters: object, clock: bool = True
) -> list[Member]:
    """Those of the service ?1 for which `within` holds, the end of an SQL WHERE clause."""
    return _members(reader, _TIMED if clock else _LINED, within, service, *parameters)


def near(
    reader: Reader, service: str, number: int, most: int, client: str, *, clock: bool = True
) -> list[Member]:
    """The client's connections among `most` around one of them, by number."""
    within = " AND c.number BETWEEN ?2 AND ?3 AND c.client_key = ?4"
    return told(
        reader, within, service, number - most // 2, number + most // 2, client, clock=clock
    )  # fmt: skip


def count(reader: Reader, service: str) -> int:
    """How many connections the service ever had: their numbers have no holes."""
    sql = f"SELECT coalesce(max(number), 0) AS count FROM connections AS c WHERE {_OF_SERVICE}"
    return int(reader._rows(sql, service)[0]["count"])


def spans(reader: Reader, service: str, begin: int, end: int) -> list[tuple[int, int]]:
    """From which number to before which connections opened in [begin, end), ns; at least one span.

    There are several where archives were not read in the order of their times: the roll-up tells
    of each minute when it was read.
    """
    bounds = begin // minutes.MINUTE, end // minutes.MINUTE
    runs = reader._rows(_RUNS, service, *bounds) or reader._rows(_BEFORE, service, bounds[0])
    found = []
    for run in runs:
        last = reader._rows(_BORN.format(order="DESC"), service, 0, run["last"])
        if last:
            high = last[0]["connection"] + 1
            # none opened in it: then those from before begin right there
            born = reader._rows(_BORN.format(order="ASC"), service, run["first"], run["last"])
            low = min(high, born[0]["connection"]) if born else high
            first, after = (_number_at(reader, service, at, low, high) for at in (begin, end))
            found.append((first, after))
    return found or [(1, 1)]


def _number_at(reader: Reader, service: str, time: int, low: int, high: int) -> int:
    """The number of the first connection of [low, high) that opened at `time` (ns) or later."""
    sql = (
        f"SELECT opened_at AS time FROM connections AS c WHERE {_OF_SERVICE} AND number >= ?2"
        " AND number < ?3 AND opened_at IS NOT NULL ORDER BY number LIMIT 1"
    )
    while low < high:
        middle = (low + high) // 2
        found = reader._rows(sql, service, middle, high)
        if not found or found[0]["time"] >= time:
            high = middle
        else:
            low = middle + 1
    return low


def _range(reader: Reader, service: str, first: int, after: int, opened: int) -> list[Member]:
    """All of [first, after), or its part of the sample of those that opened."""
    if opened <= MOST:
        within = " AND c.number >= ?2 AND c.number < ?3"
        return _members(reader, _TIMED, within, service, first, after)
    within = " AND c.number IN (SELECT value FROM json_each(?2))"
    part = SAMPLE * (after - first) // opened
    return _members(reader, _TIMED, within, service, spread(first, after, part))


def _living(reader: Reader, service: str, end: int, before: int) -> list[Member]:
    """The oldest of those that opened before `end` and are alive at the end of the data."""
    # left to itself SQLite walks through all connections, which are in the right order already
    select = f"{_TIMED} INDEXED BY connections_open"
    within = (
        f" AND c.number < ?3 AND coalesce(c.opened_at < ?2, 1) AND {_LIVE}"
        f" ORDER BY c.number LIMIT {SAMPLE}"
    )
    return _members(reader, select, within, service, end, before)


def _earlier(reader: Reader, service: str, first: int, begin: int, end: int) -> list[Member]:
    """Those that opened before the window and closed in it or after it."""
    within = (
        " AND c.number >= ?2 AND c.number < ?3 AND c.closed_at >= ?4"
        f" AND coalesce(c.opened_at < ?5, 1) LIMIT {SAMPLE}"
    )
    return _members(reader, _TIMED, within, service, first - LOOK_BACK, first, begin, end)


def spread(first: int, after: int, most: int) -> str:
    """So many numbers spread evenly over [first, after), as a JSON array.

    One from each of as many equal parts, at a place within it that looks random but is always the
    same (Knuth, TAOCP 6.4, multiplicative hashing): what repeats in the log meets no rhythm here.
    """
    width = after - first
    places = (nth + (nth * _GOLDEN % (1 << 32)) / (1 << 32) for nth in range(most))
    return str([first + int(width * place / most) for place in places])


def _members(reader: Reader, select: str, within: str, *parameters: object) -> list[Member]:
    sql = f"{select} WHERE {_OF_SERVICE}{within}"
    found = reader._many(_FIELDS, sql, *parameters)
    return [_at_once(Member._make(row)) for row in found]


def _at_once(one: Member) -> Member:
    refused = one.state == "rejected" and one.begin is None
    return one._replace(begin=one.end) if refused else one
