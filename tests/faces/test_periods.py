from __future__ import annotations

import pytest

from logdiag.errors import UsageError
from logdiag.faces.periods import Period, duration, is_range, of_range, period, settle
from logdiag.model import SECOND

HOUR = 3_600 * SECOND


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", 90 * SECOND),
        ("2m", 120 * SECOND),
        ("2min", 120 * SECOND),
        ("1h30m", 5_400 * SECOND),
        ("1 h 30 m", 5_400 * SECOND),
        ("7d", 168 * HOUR),
        ("1.5h", 5_400 * SECOND),
        ("250ms", SECOND // 4),
        ("2H", 2 * HOUR),
        ("2", None),
        ("h", None),
        ("", None),
        ("-2h", None),
        ("2 fortnights", None),
        ("9" * 30 + "w", None),
    ],
)
def test_a_duration_is_numbers_with_units(text: str, expected: int | None) -> None:
    """Numbers with units add up; anything else is none."""
    assert expected == duration(text)


def test_durations_reach_back_from_the_end_of_the_data() -> None:
    """`--since 2h --until 30m` is from two hours to half an hour before the end."""
    assert Period(8 * HOUR, 19 * HOUR // 2) == period("2h", "30m", 10 * HOUR)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T01:00:00Z", HOUR),
        ("1970-01-01 01:00", HOUR),
        ("1970-01-02", 24 * HOUR),
        ("1970-01-01T02:00:00+01:00", HOUR),
        ("1970-01-01T00:00:00.000001Z", 1_000),
    ],
)
def test_a_point_is_iso_8601_and_utc_if_it_names_no_zone(text: str, expected: int) -> None:
    """Dates and times of ISO 8601 are taken, with and without a zone."""
    assert Period(expected, None) == period(text, None, 1)


@pytest.mark.parametrize("text", ["yesterday", "25:00", "2026-13-01", "", "10:00"])
def test_what_is_no_time_is_refused_with_what_to_write(text: str) -> None:
    """The message names the option and the text, the hint the shapes that are understood."""
    with pytest.raises(UsageError) as caught:
        period(None, text, 1)
    assert f"--until: {text!r} is no time." == caught.value.message
    assert "2h, 30m or 7d" in caught.value.hint


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    """--since must come before --until."""
    with pytest.raises(UsageError, match="--since 1h is not before --until 2h"):
        period("1h", "2h", 10 * HOUR)


def test_without_a_clock_there_is_no_period() -> None:
    """A log without times cannot be asked for the last two hours; without options it can."""
    assert Period() == period(None, None, None)
    with pytest.raises(UsageError, match="--since needs a clock"):
        period("2h", None, None)


@pytest.mark.parametrize("text", ["soon", "0s", ""])
def test_settle_must_be_a_duration_above_zero(text: str) -> None:
    """--settle says what it could not read."""
    assert 90 * SECOND == settle("90s")
    with pytest.raises(UsageError, match="--settle"):
        settle(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2h..1h", (8 * HOUR, 9 * HOUR)), ("..1h", (None, 9 * HOUR)), ("2h..", (8 * HOUR, None)),
        ("1970-01-01T02:00..03:00", (2 * HOUR, 3 * HOUR)),
        ("1970-01-01T02:00..03:00Z", (2 * HOUR, 3 * HOUR)),
        ("1970-01-01..1970-01-02", (0, 24 * HOUR)),
        ("1970-01-01T02:00..1h", (2 * HOUR, 9 * HOUR)),
    ],
)  # fmt: skip
def test_a_range_is_two_points(text: str, expected: tuple[int | None, int | None]) -> None:
    """Each as in --since and --until; a time of day is on the day of FROM."""
    assert (True, Period(*expected)) == (is_range(text), of_range(text, 10 * HOUR))


@pytest.mark.parametrize(
    "text", ["..", "../logs", "a..b", "app.log", "2026-01-01", "..03:00", "./1h..2h", "1h...2h", ""]
)
def test_a_path_is_no_range(text: str) -> None:
    """Only what reads as two points in time, at least one of which is there."""
    assert not is_range(text)
