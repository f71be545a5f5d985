from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logdiag.diagnosis import Detector
from logdiag.diagnosis.heartbeat import (
    HORIZON,
    LEAST_SEEN,
    LEAST_SETTLE,
    MARGIN,
    MAX_SEEN,
    SLOWEST,
    USUAL,
    Heartbeat,
)
from logdiag.model import SECOND
from tests.diagnosis.builders import Log, Told, at, follow, rule, stopped

EVENLY = [*range(30, 60, 3)]  # s, as a heartbeat of 30 s that waits for as long notices


def learnt(delays: Iterable[float]) -> Heartbeat:
    """What so many seconds teach."""
    made = Heartbeat()
    for seconds in delays:
        made.noticed(round(seconds * SECOND))
    return made


def lost(log: Log, delays: Sequence[float], since: float = 0) -> float:
    """Clients that come back at once, and are timed out so many seconds later; when it is over."""
    for number, delay in enumerate(delays):
        who, begin = f"u{since:g}.{number}", since + 200 * number
        log("opened", begin, connection=f"{who}a", user=who)
        log("opened", begin + 20, connection=f"{who}b", user=who)
        log("closed", begin + 20 + delay, connection=f"{who}a", user=who, reason="ping timeout")
        log("closed", begin + 199, connection=f"{who}b", user=who, code=1001)
    return since + 200 * len(delays)


def kinds(log: Log, **settings: int) -> tuple[int, int]:
    """How many were noticed in time, and how many late."""
    counts = []
    for kind in ("timed_out", "half_open"):
        made = [rule(f"count({kind}) >= {n}", id=f"n{n}", hold=0, within=10**15, by=())
                for n in range(1, 20)]  # fmt: skip
        detector, told = Detector("app", made, **settings), Told()
        for event in log.events:
            detector.on_event(event)
        detector.run_out()
        counts.append(len(told.take(detector.drain(ended=True)).findings))
    return counts[0], counts[1]


# H and S


@pytest.mark.parametrize(
    ("horizon", "settle", "expected"),
    [
        (None, None, (45, 90)), (60, None, (60, 120)), (30, None, (30, 90)),
        (None, 120, (60, 120)), (None, 10, (5, 10)), (60, 300, (60, 300)), (60, 10, (60, 10)),
    ],
)  # fmt: skip
def test_s_follows_from_h(
    horizon: int | None, settle: int | None, expected: tuple[int, int]
) -> None:
    """S is twice H and at least 90 s, unless it is set; H is half of an S that is set alone."""
    made = Heartbeat(*(one and one * SECOND for one in (horizon, settle)))
    assert expected == (made.horizon // SECOND, made.settle // SECOND)


def test_what_is_set_is_not_learnt() -> None:
    """Whatever the log shows."""
    for made in (Heartbeat(60 * SECOND), Heartbeat(None, 120 * SECOND)):
        for _ in range(MAX_SEEN):
            made.noticed(100 * SECOND)
        assert 60 * SECOND == made.horizon
        assert [] == made.snapshot()
        assert "a dead peer should be noticed within 1 min, as it is set" == made.grounds()


def test_eight_are_enough_and_seven_are_not() -> None:
    """Until then H is as it was; only what takes longer than 2 min is late."""
    few, enough = learnt([60] * (LEAST_SEEN - 1)), learnt([60] * LEAST_SEEN)
    assert (HORIZON, LEAST_SETTLE) == (few.horizon, few.settle)
    assert (90 * SECOND, 180 * SECOND) == (enough.horizon, enough.settle)
    late = [SLOWEST - 1, SLOWEST]
    assert [True, False] == [few.in_time(delay) for delay in late]
    assert [True, False] == [enough.in_time(delay * SECOND) for delay in (89, 90)]


@pytest.mark.parametrize("slowest", [50, 60, 75, 100, 120])
def test_a_heartbeat_that_can_be_relied_on(slowest: int) -> None:
    """All that it notices is in time, however long it takes at most."""
    delays = [slowest * share / 20 for share in range(10, 20)] * 3
    assert all(learnt(delays[:-1]).in_time(round(one * SECOND)) for one in delays)


def test_a_fast_one_makes_nothing_stricter() -> None:
    """45 s are granted to all."""
    assert HORIZON == learnt([5] * 20).horizon
    assert "a dead peer should be noticed within 45 s, by default" == learnt([5] * 20).grounds()


@pytest.mark.parametrize("slowest", [180, 300, 600])
def test_a_slow_one_teaches_nothing(slowest: int) -> None:
    """What takes longer than 2 min is late, even if all of it is."""
    made = learnt([slowest * share / 20 for share in range(10, 20)] * 3)
    assert (HORIZON, LEAST_SETTLE) == (made.horizon, made.settle)
    assert not made.in_time(100 * SECOND)


def test_a_few_that_are_late_change_nothing() -> None:
    """One in five of them, and they are late."""
    assert learnt([50] * 20).horizon == learnt([50, 50, 50, 50, 600] * 4).horizon
    assert not learnt([50, 50, 50, 50, 600] * 4).in_time(600 * SECOND)


@given(st.lists(st.integers(1, 130), max_size=200))
def test_four_fifths_of_the_latest_teach(delays: list[int]) -> None:
    """Whatever comes and goes: half as long again, and no less than by default."""
    latest = sorted(delays[-MAX_SEEN:])
    usual = 0 if len(latest) < LEAST_SEEN else latest[ceil(USUAL * len(latest)) - 1] * SECOND
    long = min(round(MARGIN * usual), SLOWEST) if usual <= SLOWEST else 0
    assert learnt(delays).horizon == max(HORIZON, long)


def test_only_the_latest_count() -> None:
    """Who mends a heartbeat is believed after a while."""
    assert HORIZON == learnt([100] * 200 + [20] * MAX_SEEN).horizon


# In a log


def test_the_server_itself_shows_how_long_it_takes() -> None:
    """With ten seconds more than the default, it is late only once it has shown that it can."""
    log = Log()
    end = lost(log, [100] * 12)
    assert (12, 0) == kinds(log)
    lost(log, [180, 180, 180], since=end)
    assert (12, 3) == kinds(log)


def test_what_is_set_decides_at_once() -> None:
    """A minute is a minute."""
    log = Log()
    lost(log, [50, 59, 61])
    assert (2, 1) == kinds(log, heartbeat=60 * SECOND)
    assert (2, 1) == kinds(log, settle=120 * SECOND)
    assert (0, 3) == kinds(log, heartbeat=10 * SECOND)


def test_what_is_suspicious_waits_for_it() -> None:
    """`for: settle` is 90 s at first, and twice what was learnt afterwards; the finding says so."""
    for delays, waited, said in (
        ([], 90, ""),
        ([60] * 8, 180, "Only what stays open for 3 min is suspicious: a dead peer should be "
         "noticed within 1 min 30 s, as the last 8 tell that were"),
    ):  # fmt: skip
        log = Log()
        begin = lost(log, delays)
        for name in "abc":
            log("opened", begin + 1, connection=name, user="u")
        log("message", begin + 1000)
        made = [rule(hold=None), rule("count(timed_out) >= 99", id="asks", hold=0)]
        (finding,) = follow(log, made).findings.values()
        assert at(begin + 1 + waited) == finding.fired_at
        assert said == finding.note


def test_h_is_told_where_it_decides() -> None:
    """In words, with how it is known."""
    for delays, said in (
        ([100] * 3, "3 noticed in time, after 1 min 40 s; a dead peer should be noticed within "
         "45 s, by default; fewer than 8 were so far, 2 min are no proof"),
        ([95, 100, 101] * 3, "9 noticed in time, after 1 min 40 s at the median, 1 min 35 s to 1 "
         "min 41 s; a dead peer should be noticed within 2 min, as the last 9 tell that were"),
    ):  # fmt: skip
        log = Log()
        log("error", lost(log, delays) + 200)  # by then it is known
        made = rule(f"count(timed_out) >= {len(delays)}", hold=0, within=10**15, by=())
        (finding,) = follow(log, [made]).findings.values()
        assert said == finding.note


def test_a_restart_forgets_nothing() -> None:
    """A stop after each line is no stop at all."""
    made = [rule(f"count({kind}) >= {n}", id=f"{kind}{n}", hold=0, within=10**15, by=())
            for kind in ("timed_out", "half_open") for n in range(1, 13)]  # fmt: skip
    log = Log()
    end = lost(log, EVENLY)
    lost(log, [70, 100, 600], since=end)
    detector, told = Detector("app", made), Told()
    for event in log.events:
        detector.on_event(event)
        told.take(detector.drain())
        detector = stopped(detector, told, made)
    told.take(detector.drain(ended=True))
    assert follow(log, made).findings == told.findings
    assert HORIZON < detector.heartbeat.horizon
