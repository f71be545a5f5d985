"""Timestamps of every kind, under every policy."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from logdiag.errors import UsageError
from logdiag.formats.timestamps import Clock, TimePolicy
from logdiag.model import SECOND


def ns(text: str) -> int:
    """An ISO time with zone as nanoseconds; up to nine digits behind the dot."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
    return seconds * SECOND + int(fraction.ljust(9, "0"))


BERLIN = TimePolicy("Europe/Berlin")
KINDS = [
    ("2026-11-23T00:02:43.053Z", "2026-11-23T00:02:43.053Z", TimePolicy()),
    ("2026-11-23 00:02:43,053", "2026-11-23T00:02:43.053Z", TimePolicy()),
    ("2016-10-06T00:17:09.669794202Z", "2016-10-06T00:17:09.669794202Z", TimePolicy()),
    ("2026-11-23T00:02:43+02:00", "2026-11-22T22:02:43Z", BERLIN),
    ("2026-11-23T00:02:43 -0530", "2026-11-23T05:32:43Z", BERLIN),
    ("2026-11-23 00:02:43", "2026-11-22T23:02:43Z", BERLIN),
    ("2026-07-01 12:00:00", "2026-07-01T10:00:00Z", BERLIN),
    ("2026-10-25 02:30:00", "2026-10-25T00:30:00Z", BERLIN),  # twice that night: the first one
    ("2026-11-23 00:02:43", "2026-11-23T05:32:43Z", TimePolicy("-05:30")),
    ("02/Nov/2026:03:04:05 +0000", "2026-11-02T03:04:05Z", BERLIN),
    ("2026/11/02 03:04:05", "2026-11-02T03:04:05Z", TimePolicy()),
    ("11/23/2026, 12:08:47 AM", "2026-11-23T00:08:47Z", TimePolicy()),
    ("11/23/2026, 1:08:47 PM", "2026-11-23T13:08:47Z", TimePolicy()),
    ("Mon Nov 23 00:10:07.935712 2026", "2026-11-23T00:10:07.935712Z", TimePolicy()),
    ("Mon, 23 Nov 2026 00:02:26 GMT", "2026-11-23T00:02:26Z", BERLIN),
    ("Nov  2 03:04:05", "2026-11-02T03:04:05Z", TimePolicy(year=2026)),
    ("Feb 29 03:04:05", "2024-02-29T03:04:05Z", TimePolicy(reference=ns("2026-03-01T00:00:00Z"))),
    ("Nov  2 2025 03:04:05", "2025-11-02T03:04:05Z", TimePolicy(year=2026)),
    ("1795392413", "2026-11-23T00:06:53Z", BERLIN),
    ("1795392413.5", "2026-11-23T00:06:53.5Z", BERLIN),
    ("1795392413672", "2026-11-23T00:06:53.672Z", BERLIN),
    ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", TimePolicy()),  # a leap second
]


@pytest.mark.parametrize(("text", "expected", "policy"), KINDS)
def test_a_timestamp_means_one_moment(text: str, expected: str, policy: TimePolicy) -> None:
    """Each kind, read to its last character."""
    stamp = Clock(policy).at(text)
    assert stamp is not None
    assert (ns(expected), len(text)) == (stamp.time, stamp.end)


@pytest.mark.parametrize("text", ["2026-02-30 10:00:00", "2026-13-01T00:00:00Z",
                                  "2026-11-23T24:00:61Z", "Feb 30 10:00:00",
                                  "0000-01-01 00:00:00"])  # fmt: skip
def test_an_impossible_date_is_no_time(text: str) -> None:
    """It is told, and its place is known, but it means nothing."""
    stamp = Clock(TimePolicy(year=2026)).at(text)
    assert stamp is not None
    assert (None, True) == (stamp.time, stamp.bad)


@pytest.mark.parametrize("text", ["17430419-6d3c", "127.0.0.1", "Mongo", "12345678901", ""])
def test_what_only_looks_like_one_is_none(text: str) -> None:
    """Ids, addresses and words are not read as times."""
    assert None is Clock(TimePolicy()).at(text)


def test_a_time_without_date_is_no_time() -> None:
    """Its text is known, so that it can be peeled off."""
    stamp = Clock(TimePolicy()).at("03:04:05.678 web")
    assert stamp is not None
    assert (None, 12, False) == (stamp.time, stamp.end, stamp.bad)


def test_the_year_is_the_latest_that_is_not_in_the_future() -> None:
    """December's lines of a file last written in January are last year's."""
    clock = Clock(TimePolicy(reference=ns("2027-01-02T00:00:00Z")))
    stamps = [clock.at("Dec 31 23:59:59"), clock.at("Jan  1 00:00:00"), clock.at("Jan  4 00:00:00")]
    expected = ["2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z", "2026-01-04T00:00:00Z"]
    assert [ns(text) for text in expected] == [stamp.time for stamp in stamps if stamp]


def test_the_year_rolls_over_with_the_months() -> None:
    """After a line of December 2026, January is 2027's; a stray December line is 2026's again."""
    clock = Clock(TimePolicy(year=2026))
    times = []
    for text in ("Dec 31 23:59:59", "Jan  1 00:00:01", "Dec 31 23:59:58"):
        stamp = clock.at(text)
        clock.last = stamp.time if stamp else None
        times.append(clock.last)
    expected = ["2026-12-31T23:59:59Z", "2027-01-01T00:00:01Z", "2026-12-31T23:59:58Z"]
    assert [ns(text) for text in expected] == times


def test_without_year_and_reference_nothing_is_guessed() -> None:
    """A policy that says nothing about the year gives no time."""
    stamp = Clock(TimePolicy()).at("Nov  2 03:04:05")
    assert stamp is not None
    assert stamp.time is None


@pytest.mark.parametrize("zone", ["Mars/Olympus", "+99:00", "", "../../etc/passwd"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    """With a hint what to write."""
    with pytest.raises(UsageError, match="Europe/Berlin"):
        TimePolicy(zone)
