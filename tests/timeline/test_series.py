from __future__ import annotations

import pytest

from logdiag.model import SECOND, Changes, Source
from logdiag.timeline import Batch, Reader, Writer, series
from logdiag.timeline.minutes import MINUTE
from logdiag.timeline.series import Bucket
from tests.timeline import builders
from tests.timeline.builders import step


@pytest.fixture
def reader(writer: Writer, source: Source) -> Reader:
    """Ten open a second apart, and close a second apart, from minute 2 on; a 401 with the third."""
    steps = [step(source, n, "open", n, time=2 * MINUTE + n * SECOND) for n in range(1, 11)]
    steps += [
        step(source, n, "closed", 10 - n, time=2 * MINUTE + (40 + n) * SECOND, offset=100 * n + 50)
        for n in range(1, 11)
    ]
    failed = builders.event(source, 3, "auth_failure", time=2 * MINUTE + 3 * SECOND)
    lines = [builders.event(source, n, time=2 * MINUTE + n * SECOND) for n in (1, 2, 4, 5)]
    changes = Changes(transitions=steps, auth_failures=[failed.time])
    writer.commit(Batch(events=[*lines, failed], changes={"app": changes}))
    return writer.reader()


def test_short_intervals_are_exact(reader: Reader) -> None:
    """Each has what happened in it, from the count before it; the last goes on."""
    found = series.over_time(reader, "app", 2 * MINUTE, 2 * MINUTE + 60 * SECOND, 6)
    base, ten = 2 * MINUTE, 10 * SECOND
    assert 10 * SECOND == found.step
    assert found.buckets == (
        Bucket(base, 0, 9, 9, opened=9, auth_failures=1),
        Bucket(base + ten, 9, 10, 10, opened=1),
        Bucket(base + 2 * ten, 10, 10, 10),
        Bucket(base + 3 * ten, 10, 10, 10),
        Bucket(base + 4 * ten, 1, 10, 1, closed=9),
        Bucket(base + 5 * ten, 0, 1, 0, closed=1),
    )


def test_long_intervals_come_from_the_roll_up(reader: Reader) -> None:
    """Two minutes each: the same totals, the lowest and the highest count."""
    found = series.over_time(reader, "app", 0, 8 * MINUTE, 5)
    assert 2 * MINUTE == found.step
    assert found.buckets == (
        Bucket(0, 0, 0, 0),
        Bucket(2 * MINUTE, 0, 10, 0, opened=10, closed=10, auth_failures=1),
        Bucket(4 * MINUTE, 0, 0, 0),
        Bucket(6 * MINUTE, 0, 0, 0),
    )


@pytest.mark.parametrize("most", [10, 60, 1000])
def test_too_many_steps_are_not_read_one_by_one(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Then an interval is a minute, however many are asked for; never more than that come."""
    monkeypatch.setattr(series, "MOST_STEPS", 5)
    found = series.over_time(reader, "app", 2 * MINUTE, 3 * MINUTE, most)
    assert (MINUTE, 10) == (found.step, found.buckets[0].opened)
    assert len(found.buckets) <= most


def test_without_a_clock_lines_are_the_axis(reader: Reader) -> None:
    """Steps are where their lines are."""
    found = series.over_lines(reader, "app", 1, 7, 3)
    assert [1, 3, 5] == [bucket.at for bucket in found.buckets]
    assert [1, 2, 2] == [bucket.opened for bucket in found.buckets]
    assert [0, 1, 0] == [bucket.auth_failures for bucket in found.buckets]
