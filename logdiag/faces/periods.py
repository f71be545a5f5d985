"""Durations and points in time as people write them on the command line. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from logdiag.errors import UsageError
from logdiag.model import SECOND

_UNITS = {
    "ms": SECOND // 1000, "s": SECOND, "m": 60 * SECOND, "min": 60 * SECOND,
    "h": 3_600 * SECOND, "d": 86_400 * SECOND, "w": 7 * 86_400 * SECOND,
}  # fmt: skip
_PART = r"(\d+(?:\.\d+)?) ?(ms|s|min|m|h|d|w)"
_DURATION = re.compile(rf"(?:{_PART} ?)+")
_TIME_OF_DAY = re.compile(r"\d{1,2}:\d\d(:\d\d)?Z?")
_TIME_ONLY = re.compile(r"\d\d:\d\d")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 2**62  # ns, 146 years: sums of two such still fit SQLite's integers


class Period(NamedTuple):
    """From `since` (inclusive) to `until` (exclusive), ns; None: open."""

    since: int | None = None
    until: int | None = None


def duration(text: str) -> int | None:
    """The nanoseconds of `90s`, `2h`, `1h30m` or `7d`; None for anything else."""
    if not _DURATION.fullmatch(text.strip().lower()):
        return None
    parts = re.findall(_PART, text.lower())
    total = round(sum(float(number) * _UNITS[unit] for number, unit in parts))
    return total if total < _LONGEST else None


def settle(text: str) -> int:
    """The value of `--settle`, ns. Errors: `UsageError`."""
    found = duration(text)
    if not found:
        raise UsageError(f"--settle: {text!r} is no duration.", "Write it like 90s or 2m.")
    return found


def period(
    since: str | None,
    until: str | None,
    end: int | None,
    names: tuple[str, str] = ("--since", "--until"),
) -> Period:
    """The period of `--since` and `--until`; durations reach back from `end`, the data's end.

    Errors: `UsageError` for what is neither a duration nor a time, for a period that ends before
    it begins, and where the data has no clock (`end` None).
    """
    found = Period(_point(names[0], since, end), _point(names[1], until, end))
    if found.since is not None and found.until is not None and found.since >= found.until:
        raise UsageError(
            f"{names[0]} {since} is not before {names[1]} {until}.",
            "Exchange them, or leave one out.",
        )
    return found


def is_range(text: str) -> bool:
    """Whether it reads as FROM..TO, each a duration or a time; one of them may be missing."""
    begin, dots, end = text.partition("..")
    return bool(
        dots
        and (begin or end)
        and all(not part or _is_point(part) for part in (begin, _dated(end, begin)))
    )


def lacks_day(text: str) -> bool:
    """Whether it reads as FROM..TO, of which FROM, or TO alone, is a time of day."""
    begin, dots, end = text.partition("..")
    parts = [part for part in (begin, end) if part]
    return bool(dots and parts and all(map(_TIME_OF_DAY.fullmatch, parts)))


def of_range(text: str, end: int | None) -> Period:
    """The period of FROM..TO. A TO without a date is on the day of FROM. Errors: as `period`."""
    begin, _, last = text.partition("..")
    return period(begin or None, _dated(last, begin) or None, end, names=("FROM", "TO"))


def _dated(text: str, begin: str) -> str:
    day, separator, _ = begin.strip().partition("T")
    return f"{day}T{text.strip()}" if separator and _TIME_ONLY.match(text.strip()) else text


def _is_point(text: str) -> bool:
    return duration(text) is not None or _instant(text) is not None


def _point(option: str, text: str | None, end: int | None) -> int | None:
    if text is None:
        return None
    back = duration(text)
    time = None if back is not None else _instant(text)
    if back is None and time is None:
        raise UsageError(
            f"{option}: {text!r} is no time.",
            "Write 2h, 30m or 7d (before the data's end), or 2026-01-31T12:00:00Z (no zone: UTC).",
        )
    if end is None:
        raise UsageError(
            f"{option} needs a clock, and no line of this log has a time.", "Leave it out."
        )
    return time if back is None else end - back


def _instant(text: str) -> int | None:
    """ISO 8601 as nanoseconds; without a zone it is UTC."""
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return (time - _EPOCH) // timedelta(microseconds=1) * 1000
