"""Moments in a log: event time where its lines have it, lines where they do not."""

from __future__ import annotations

from typing import Final

from logdiag.model import SECOND

Moment = tuple[int | None, int]  # time in ns, None without a clock; and the line


NEVER: Final[Moment] = (-(1 << 60), -(1 << 60))  # far from all others


def far(one: Moment, other: Moment, span: int, lines: int) -> bool:
    """Whether two moments lie further apart than `span` ns, or `lines` without a clock."""
    if one[0] is not None and other[0] is not None:
        apart = other[0] - one[0]
        return apart > span or -apart > span
    apart = other[1] - one[1]
    return apart > lines or -apart > lines


def passed(since: Moment, now: Moment, span: int, lines: int) -> bool:
    """Whether `now` comes more than `span` ns after the other, or `lines` without a clock."""
    if since[0] is not None and now[0] is not None:
        return now[0] - since[0] > span
    return now[1] - since[1] > lines


def earlier(moment: Moment, span: int, lines: int) -> Moment:
    """The moment `span` ns before, or `lines` before without a clock."""
    time, line = moment
    return (None, line - lines) if time is None else (time - span, line)


def before(one: Moment, other: Moment) -> bool:
    """Whether one moment comes before the other."""
    if one[0] is not None and other[0] is not None:
        return one[0] < other[0]
    return one[1] < other[1]


def spoken(ns: int) -> str:
    """A duration as a person says it: "4 min 10 s"."""
    seconds = ns / SECOND
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join([f"{value} {unit}" for value, unit in parts if value][:2])
