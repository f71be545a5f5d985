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

_MONTHS = {
    "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6,
    "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12,
}  # fmt: skip
_MONTH = f"(?:{'|'.join(_MONTHS)})"
_CLOCK = r"\d\d:\d\d:\d\d"
# Whole seconds, fraction and zone are the groups 1 to 3 of every expression. A dot or comma that
# no digit follows belongs to the text behind.
FRACTION = r"(?>(?:[.,]([0-9]{1,9})[0-9]*+)?)"
ZONE = r"(?>( ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d)(?!\w|:\d))?)"
ISO = r"([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2})"

LEVEL = (
    r"(?i:trace|debug|info|notice|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|severe|alert|emerg"
    r"|verbose|silly|log|http)"
)

_ISO = re.compile(ISO + FRACTION + ZONE)
_SLASHES = re.compile(rf"([0-9]{{4}}/\d\d/\d\d {_CLOCK}){FRACTION}{ZONE}", re.ASCII)
_COMMON = re.compile(rf"(\d\d/{_MONTH}/\d{{4}}:{_CLOCK}){FRACTION}{ZONE}", re.ASCII)
_AMERICAN = re.compile(r"(\d\d?/\d\d?/\d{4},? \d\d?:\d\d:\d\d(?>(?: ?[AP]M\b)?))()()", re.ASCII)
_SYSLOG = re.compile(rf"({_MONTH} [ \d]\d (?>(?:\d{{4}} )?){_CLOCK}){FRACTION}()", re.ASCII)
_CTIME = re.compile(rf"([A-Z][a-z]{{2}} {_MONTH} [ \d]\d {_CLOCK}){FRACTION}( \d{{4}})", re.ASCII)
_HTTP = re.compile(rf"([A-Z][a-z]{{2}}, \d\d {_MONTH} \d{{4}} {_CLOCK}){FRACTION}{ZONE}", re.ASCII)
_EPOCH = re.compile(r"([0-9]{10})(?>([0-9]{3})?)(?>(?:\.([0-9]{1,9})[0-9]*+)?)(?![\w.:/-])")
_TIME_ONLY = re.compile(rf"\d?\d:\d\d:\d\d{FRACTION}(?![\d:])(?>(?: [AP]M\b)?)", re.ASCII)
_NAMED = frozenset("JFMASOND" + "MTWFS")  # first letters of months and of days

_PARTS = re.compile(r"[A-Za-z]{2,}|[0-9]+")
_SCALES = tuple(10 ** (9 - digits) for digits in range(10))  # of a fraction: to nanoseconds


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
        self._cache: dict[tuple[str, str], int | None] = {}
        self._minutes: dict[str, int | None] = {}  # the last minute seen, see iso_time
        self.reference = policy.reference
        self.last: int | None = None  # the time of the source's last event, for years

    def at(self, text: str, pos: int = 0) -> Stamp | None:
        """The timestamp that starts at `pos`, or None where there is none."""
        first = text[pos : pos + 1]
        if first in _NAMED:
            return self._named(text, pos) if text[pos + 3 : pos + 4] in (" ", ",") else None
        return self._numeric(text, pos) if "0" <= first <= "9" else None

    def number(self, value: float) -> Stamp:
        """Seconds, milliseconds, microseconds or nanoseconds since 1970, by their size."""
        if not 1e8 <= value < 1e20:
            return Stamp(None, 0, 0, bad=True)
        for limit, scale in ((1e11, SECOND), (1e14, 1_000_000), (1e17, 1_000), (1e20, 1)):
            if value < limit:
                exact = isinstance(value, int)
                return Stamp(
                    int(value) * scale if exact else round(value * 1e6) * scale // 10**6, 0, 3
                )
        raise AssertionError(value)  # the guard above leaves nothing out

    def iso(self, match: re.Match[str]) -> Stamp:
        """The stamp of a match whose groups 1 to 3 are ISO, FRACTION and ZONE."""
        return self._moment(match, "ymdhms")

    def iso_time(self, match: re.Match[str]) -> int | None:
        """The time of such a match; None for a date that does not exist.

        Two lines that interest us are seldom of one second, but often of one minute, and that is
        what is kept.
        """
        whole, fraction, zone = match.group(1, 2, 3)
        key = whole[:17] + zone if zone else whole[:17]
        minute = self._minutes.get(key, -1)
        if minute == -1:
            minute = self._seconds(whole[:17] + "00", zone or "", "ymdhms")
            self._minutes = {key: minute}
        second = whole[17:]
        if minute is None or second > "60":
            return None
        time = (minute + int(second)) * SECOND
        return time if fraction is None else time + int(fraction) * _SCALES[len(fraction)]

    def _numeric(self, text: str, pos: int) -> Stamp | None:
        if m := _ISO.match(text, pos) or _SLASHES.match(text, pos):
            return self._moment(m, "ymdhms")
        if m := _COMMON.match(text, pos):
            return self._moment(m, "dmyhms")
        if m := _EPOCH.match(text, pos):
            whole, millis, fraction = m.groups()
            digits = (millis or "") + (fraction or "")
            return Stamp(int(whole) * SECOND + int(digits.ljust(9, "0")[:9]), m.end(), 3)
        if m := _AMERICAN.match(text, pos):
            return self._moment(m, "mdyhmsp")
        if m := _TIME_ONLY.match(text, pos):
            return Stamp(None, m.end(), 0)
        return None

    def _named(self, text: str, pos: int) -> Stamp | None:
        if m := _SYSLOG.match(text, pos):
            # "Nov  2 03:04:05" has 15 characters; Cisco's has the year behind the day
            return self._moment(m, "mdyhms") if len(m[1]) > 15 else self._without_year(m)
        if m := _CTIME.match(text, pos):
            return self._moment(m, "_mdhmsy")
        if m := _HTTP.match(text, pos):
            return self._moment(m, "_dmyhms")
        return None

    def _moment(self, match: re.Match[str], order: str) -> Stamp:
        whole, fraction, zone = match.group(1, 2, 3)
        seconds = self._seconds(whole, zone or "", order)
        if seconds is None:
            return Stamp(None, match.end(), 0, bad=True)
        time = seconds * SECOND
        if fraction:
            time += int(fraction.ljust(9, "0"))
        return Stamp(time, match.end(), 3 if zone and order[-1] != "y" else 2)

    def _seconds(self, whole: str, zone: str, order: str) -> int | None:
        """Whole seconds since 1970 of a date and time in a known order, by the cache if it can."""
        key = (whole, zone)
        found = self._cache.get(key, -1)
        if found == -1:
            if len(self._cache) >= MAX_CACHED:
                self._cache.clear()
            found = self._cache[key] = _seconds(whole, zone, order, self._policy.tz)
        return found

    def _without_year(self, match: re.Match[str]) -> Stamp:
        whole, fraction, _ = match.groups()
        limit = None if self._policy.year or self.reference is None else self.reference + DAY
        best: int | None = None
        for year in self._years(limit):
            seconds = self._seconds(whole, f" {year}", "mdhmsy")
            if seconds is None or (limit is not None and seconds * SECOND > limit):
                continue
            if best is None or self._nearer(seconds, best):
                best = seconds
            if self.last is None:
                break
        if best is None:
            return Stamp(None, match.end(), 0, bad=True)
        return Stamp(best * SECOND + int((fraction or "0").ljust(9, "0")), match.end(), 1)

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


def _seconds(whole: str, zone: str, order: str, tz: tzinfo) -> int | None:
    """Whole seconds since 1970; None for a date that does not exist. Second 60 is a leap second.

    `order` names the parts of `whole` (and of `zone`, where that holds the year): y m d h m s,
    `p` for AM or PM, `_` for a part that says nothing. The first `m` is the month.
    """
    with_year = order[-1] == "y"
    parts = _PARTS.findall(whole + zone if with_year else whole)
    named = dict(zip(order.replace("m", "M", 1), parts, strict=False))
    month, hour = named["M"], int(named["h"])
    if "p" in named:
        hour = hour % 12 + (12 if named["p"] == "PM" else 0)
    second = int(named["s"])
    try:
        moment = datetime(
            int(named["y"]), _MONTHS.get(month) or int(month), int(named["d"]), hour,
            int(named["m"]), 59 if second == 60 else second,
            tzinfo=_written_zone(zone) if zone and not with_year else tz,
        )  # fmt: skip
        return int(moment.timestamp()) + (second == 60)
    except (ValueError, OverflowError):
        return None


def _written_zone(text: str) -> tzinfo:
    text = text.strip()
    if text in ("Z", "UTC", "GMT"):
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    if minutes >= 24 * 60:
        return UTC  # no such offset; the digits beside it are the best there is
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
