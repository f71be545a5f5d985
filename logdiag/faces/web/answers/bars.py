"""Bars of one lane: connections laid out in rows, and drawn as one where the screen is too coarse.

Rows are given greedily, the lowest that is free: that needs as many as connections overlap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

MOST_ROWS = 12  # of a lane; what does not fit is drawn in the last one
MOST_BARS = 250  # of a lane, about: more of them are drawn as ever fewer
# The worst first: what several connections that are drawn as one are called.
STATES = (
    "leaked", "unknown", "open", "connecting", "closing", "superseded", "rejected", "closed"
)  # fmt: skip


class Life(NamedTuple):
    """A connection within a window: `begin` and `end` in ns or lines, None: beyond its ends."""

    number: int
    name: str
    state: str
    inferred: bool
    begin: int | None
    end: int | None


class Bar(NamedTuple):
    """One or `many` lives; `life` is the one, or the worst of them."""

    row: int
    begin: int | None
    end: int | None
    many: int
    life: Life


def overlap(lives: Iterable[Life], begin: int, end: int) -> int:
    """How many there are at once, at most."""
    steps = sorted(
        step for one in lives
        for step in ((_from(one.begin, begin), 1), (_to(one.end, end), -1))
    )  # fmt: skip
    most = now = 0
    for _, change in steps:
        now += change
        most = max(most, now)
    return most


def layout(lives: Sequence[Life], begin: int, end: int, step: int) -> list[Bar]:
    """The bars of a lane in a window of which a pixel covers `step`."""
    coarse = step * max(1, len(lives) // MOST_BARS)
    merged = _merged(lives, begin, end, coarse)
    free: list[int] = list(range(MOST_ROWS - 1))
    taken: list[tuple[int, int]] = []  # (end, row)
    bars: list[Bar] = []
    for bar in sorted(merged, key=lambda bar: (_from(bar.begin, begin), _to(bar.end, end))):
        while taken and taken[0][0] <= _from(bar.begin, begin):
            heappush(free, heappop(taken)[1])
        if free:
            row = heappop(free)
            heappush(taken, (max(_to(bar.end, end), _from(bar.begin, begin) + step), row))
            bars.append(bar._replace(row=row))
        else:
            _add_to_last(bars, bar, end)
    return bars


def _merged(lives: Iterable[Life], begin: int, end: int, coarse: int) -> list[Bar]:
    """Those that are narrower than `coarse` and lie in one such interval become one."""
    wide: list[Bar] = []
    narrow: dict[int, Bar] = {}
    for life in lives:
        bar = Bar(0, life.begin, life.end, 1, life)
        left, right = _from(life.begin, begin), _to(life.end, end)
        if right - left >= coarse:
            wide.append(bar)
            continue
        place = left // coarse
        narrow[place] = _one(narrow[place], bar, end) if place in narrow else bar
    return wide + list(narrow.values())


def _add_to_last(bars: list[Bar], bar: Bar, end: int) -> None:
    row = MOST_ROWS - 1
    for place in range(len(bars) - 1, -1, -1):
        if bars[place].row == row:
            if _to(bars[place].end, end) > (bar.begin or 0):
                bars[place] = _one(bars[place], bar, end)._replace(row=row)
                return
            break
    bars.append(bar._replace(row=row))


def _one(one: Bar, other: Bar, end: int) -> Bar:
    worst = min(one.life, other.life, key=lambda life: STATES.index(life.state))
    begins, ends = (one.begin, other.begin), (one.end, other.end)
    return Bar(
        one.row,
        None if None in begins else min(value for value in begins if value is not None),
        None if None in ends else max(value for value in ends if value is not None),
        one.many + other.many, worst,
    )  # fmt: skip


def _from(value: int | None, begin: int) -> int:
    return begin if value is None else max(value, begin)


def _to(value: int | None, end: int) -> int:
    return end if value is None else min(value, end)
