"""Timestamps: where a line says when, and what that means in nanoseconds UTC.

No clock is read and nothing is guessed silently: zone and year come from a `TimePolicy`. A time
without a date is no time; an impossible date is none either, and the caller is told.
Sources: RFC 3339, RFC 3164 section 4.1.2, Apache's `%t`, nginx's error log, Python's logging.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from logdiag.errors import UsageError
from logdiag.model import SECOND

DAY = 86_400 * SECOND
MAX_CACHED = 4_096  # whole seconds kept; a log repeats its current second, not its past
LEAP_CYCLE = 8  # years to go back to find a 29 February: 1896 to 1904

_MONTHS = {name: number for number, name in enumerate(
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}  # fmt: skip
_MONTH = f"({'|'.join(_MONTHS)})"
_CLOCK = r"(\d\d):(\d\d):(\d\d)"
_FRACTION = r"(?:[.,](\d{1,9})\d*+)?+"
_ZONE = r"( ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d)(?![\w:]))?+"

_ISO = re.compile(rf"(\d{{4}})-(\d\d)-(\d\d)[T ]{_CLOCK}{_FRACTION}{_ZONE}")
_SLASHES = re.compile(rf"(\d{{4}})/(\d\d)/(\d\d) {_CLOCK}{_FRACTION}{_ZONE}")
_COMMON = re.compile(rf"(\d\d)/{_MONTH}/(\d{{4}}):{_CLOCK}{_FRACTION}{_ZONE}")
_AMERICAN = re.compile(r"(\d\d?)/(\d\d?)/(\d{4}),? (\d\d?):(\d\d):(\d\d)(?: ?([AP])M\b)?+")
_SYSLOG = re.compile(rf"{_MONTH} ([ \d]\d) (?:(\d{{4}}) )?+{_CLOCK}{_FRACTION}")
_CTIME = re.compile(rf"[A-Z][a-z]{{2}} {_MONTH} ([ \d]\d) {_CLOCK}{_FRACTION} (\d{{4}})")
_HTTP = re.compile(rf"[A-Z][a-z]{{2}}, (\d\d) {_MONTH} (\d{{4}}) {_CLOCK}{_FRACTION}{_ZONE}")
_EPOCH = re.compile(r"(\d{10})(\d{3})?+(?:\.(\d{1,9})\d*+)?+(?![\w.:/-])")
_TIME_ONLY = re.compile(rf"\d?\d:\d\d:\d\d{_FRACTION}(?![\d:])(?: [AP]M\b)?+")


class Stamp(NamedTuple):
    """A timestamp in a text: what it means (None: nothing), where it ends, how sure it is.

    `rank` orders competing stamps of one line: 3 absolute, 2 zone by policy, 1 year by policy,
    0 no time in it.
    """

    time: int | None
    end: int
    rank: int
    bad: bool = False


@dataclass(frozen=True)
class TimePolicy:
    """What a timestamp means that does not say its zone or year.

    `zone`: an IANA name or "+hh:mm". `year`: the year of the first line; None: the latest one
    that does not lie more than a day after `reference` (ns; the file's mtime).
    Raises UsageError for a zone that does not exist.
    """

    zone: str = "UTC"
    year: int | None = None
    reference: int | None = None
    tz: tzinfo = field(init=False, repr=False, compare=False, default=UTC)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tz", _zone(self.zone))


def _zone(name: str) -> tzinfo:
    offset = re.fullmatch(r"([+-])(\d\d):?(\d\d)", name)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3])
        if minutes < 24 * 60:
            return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    try:
        return UTC if name in ("UTC", "Z") else ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise UsageError(
            f"unknown time zone {name!r}.", "Use an IANA name like Europe/Berlin, or +hh:mm."
        ) from None


class Clock:
    """Reads timestamps under one policy. Its only state is a cache of whole seconds."""

    def __init__(self, policy: TimePolicy) -> None:
        self._policy = policy
        self._cache: dict[tuple[object, ...], int | None] = {}
        self.reference = policy.reference
        self.last: int | None = None  # the time of the source's last event, for years

    def at(self, text: str, pos: int = 0) -> Stamp | None:
        """The timestamp that starts at `pos`, or None where there is none."""
        first = text[pos : pos + 1]
        if first.isdigit():
            return self._numeric(text, pos)
        return self._named(text, pos) if first.isalpha() else None

    def number(self, value: float) -> Stamp:
        """Seconds, milliseconds, microseconds or nanoseconds since 1970, by their size."""
        if not 1e8 <= value < 1e20:
            return Stamp(None, 0, 0, bad=True)
        for limit, scale in ((1e11, SECOND), (1e14, 1_000_000), (1e17, 1_000), (1e20, 1)):
            if value < limit:
                exact = isinstance(value, int)
                return Stamp(int(value) * scale if exact else round(value * 1e6) * scale // 10**6, 0, 3)
        raise AssertionError(value)  # the guard above leaves nothing out

    def _numeric(self, text: str, pos: int) -> Stamp | None:
        if m := _ISO.match(text, pos) or _SLASHES.match(text, pos):
            y, mo, d, h, mi, s, fraction, zone = m.groups()
            return self._moment((y, mo, d, h, mi, s), fraction, zone, m.end())
        if m := _COMMON.match(text, pos):
            d, month, y, h, mi, s, fraction, zone = m.groups()
            return self._moment((y, _MONTHS[month], d, h, mi, s), fraction, zone, m.end())
        if m := _EPOCH.match(text, pos):
            whole, millis, fraction = m.groups()
            digits = (millis or "") + (fraction or "")
            return Stamp(int(whole) * SECOND + int(digits.ljust(9, "0")[:9]), m.end(), 3)
        if m := _AMERICAN.match(text, pos):
            mo, d, y, h, mi, s, half = m.groups()
            hour = int(h) % 12 + (12 if half == "P" else 0) if half else int(h)
            return self._moment((y, mo, d, hour, mi, s), None, None, m.end())
        if m := _TIME_ONLY.match(text, pos):
            return Stamp(None, m.end(), 0)
        return None

    def _named(self, text: str, pos: int) -> Stamp | None:
        if m := _SYSLOG.match(text, pos):
            month, d, y, h, mi, s, fraction = m.groups()
            parts = (_MONTHS[month], d, h, mi, s)
            if y is None:
                return self._without_year(parts, fraction, m.end())
            return self._moment((y, *parts), fraction, None, m.end())
        if m := _CTIME.match(text, pos):
            month, d, h, mi, s, fraction, y = m.groups()
            return self._moment((y, _MONTHS[month], d, h, mi, s), fraction, None, m.end())
        if m := _HTTP.match(text, pos):
            d, month, y, h, mi, s, fraction, zone = m.groups()
            return self._moment((y, _MONTHS[month], d, h, mi, s), fraction, zone, m.end())
        return None

    def _moment(
        self, parts: tuple[str | int, ...], fraction: str | None, zone: str | None, end: int
    ) -> Stamp:
        seconds = self._seconds(parts, zone)
        if seconds is None:
            return Stamp(None, end, 0, bad=True)
        time = seconds * SECOND
        if fraction:
            time += int(fraction.ljust(9, "0"))
        return Stamp(time, end, 3 if zone else 2)

    def _seconds(self, parts: tuple[str | int, ...], zone: str | None) -> int | None:
        key = (parts, zone)
        if key not in self._cache:
            if len(self._cache) >= MAX_CACHED:
                self._cache.clear()
            self._cache[key] = _seconds(parts, _written_zone(zone) if zone else self._policy.tz)
        return self._cache[key]

    def _without_year(
        self, parts: tuple[str | int, ...], fraction: str | None, end: int
    ) -> Stamp:
        limit = None if self._policy.year or self.reference is None else self.reference + DAY
        best: int | None = None
        for year in self._years(limit):
            seconds = self._seconds((year, *parts), None)
            if seconds is None or (limit is not None and seconds * SECOND > limit):
                continue
            if best is None or self._nearer(seconds, best):
                best = seconds
            if self.last is None:
                break
        if best is None:
            return Stamp(None, end, 0, bad=True)
        return Stamp(best * SECOND + int((fraction or "0").ljust(9, "0")), end, 1)

    def _nearer(self, seconds: int, best: int) -> bool:
        last = self.last or 0
        return abs(seconds * SECOND - last) < abs(best * SECOND - last)

    def _years(self, limit: int | None) -> range:
        """The years to try, the best first: around the last line's, else by policy."""
        if self.last is not None:
            year = datetime.fromtimestamp(self.last // SECOND, self._policy.tz).year
            return range(year - 1, year + 2)
        if self._policy.year is not None:
            return range(self._policy.year, self._policy.year + 1)
        if limit is None:
            return range(0)
        latest = datetime.fromtimestamp(limit // SECOND, self._policy.tz).year
        return range(latest, latest - LEAP_CYCLE - 1, -1)


def _seconds(parts: tuple[str | int, ...], zone: tzinfo | None) -> int | None:
    """Whole seconds since 1970; None for a date that does not exist. Second 60 is a leap second."""
    year, month, day, hour, minute, second = map(int, parts)
    leap = second == 60
    try:
        moment = datetime(year, month, day, hour, minute, 59 if leap else second, tzinfo=zone)
        return int(moment.timestamp()) + leap
    except (ValueError, OverflowError):
        return None


def _written_zone(text: str) -> tzinfo | None:
    text = text.strip()
    if text in ("Z", "UTC", "GMT"):
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    if minutes >= 24 * 60:
        return UTC  # no such offset; the digits beside it are the best there is
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
