"""Silences that hide lines, as the server's own total tells, and those that hide none."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from logdiag.diagnosis import Detector
from logdiag.diagnosis.silence import Rhythm
from logdiag.model import SECOND, Gap
from tests.diagnosis.builders import Log, Told, at, follow, rule, stopped

PAUSE = 600.0
OLD = 6


def busy(log: Log, begin: float, total: int) -> float:
    """Thirty connections that open and close within two minutes, beside `total` others."""
    for place in range(60):
        kind, more = ("closed", 0) if place % 2 else ("opened", 1)
        name = f"{begin:g}-{place // 2}"
        log(kind, begin + 2 * place, connection=name, total=total + more, pattern=kind)
    return begin + 120


def cut(after: int, *, silent: float = PAUSE) -> Log:
    """Six that stay, a busy time, a silence; then the server says that it holds `after`."""
    log = Log()
    for number in range(OLD):
        log("opened", number, connection=f"old{number}", total=number + 1, pattern="opened")
    end = busy(log, 10, OLD)
    busy(log, end + silent, after)
    return log


def test_a_rhythm_is_learnt_first() -> None:
    """Twenty intervals; then thirty times their mean and a minute is a silence."""
    for before, pause, expected in [(10, 300, 0), (21, 300, 300), (21, 61, 61), (21, 59, 0)]:
        rhythm = Rhythm()
        assert 0 == sum(rhythm.heard(second * SECOND) for second in range(before))
        assert expected * SECOND == rhythm.heard((before - 1 + pause) * SECOND)


def test_a_slow_log_is_silent_later() -> None:
    """An event in 20 s: ten minutes and no less."""
    times = [20 * SECOND * place for place in range(40)]
    for pause, expected in [(599, 0), (601, 601 * SECOND)]:
        rhythm = Rhythm()
        assert not any(map(rhythm.heard, times))
        assert expected == rhythm.heard(times[-1] + pause * SECOND)


@pytest.mark.parametrize("after", [2, 5, 8, 12])
def test_a_total_that_does_not_fit_after_a_silence(after: int) -> None:
    """What was open is unknown, what opened since is not; the total says how many there are."""
    log = cut(after)
    detector = Detector("app", [])
    for event in log.events:
        detector.on_event(event)
    changes = detector.drain(ended=True)
    told = Told().take(changes)
    first = next(b for a, b in pairwise(log.events) if b.time - a.time > 60 * SECOND)  # type: ignore[operator]
    assert ["unknown"] * OLD == [told.states()[f"old{number}"] for number in range(OLD)]
    assert {"closed", "unknown"} == set(told.states().values())
    assert (after, 36, 30) == (told.live(), *_counts(told))
    (gap,) = changes.gaps
    assert (1, first.offset, None) == (gap.source.id, gap.offset, gap.size)
    assert gap.reason.startswith("the log is silent for 10 min")
    assert [] == detector.drain().gaps


def _counts(told: Told) -> tuple[int, int]:
    """Connections before the silence, and after it."""
    early = sum((one.opened_at or 0) < at(200) for one in told.connections.values())
    return early, len(told.connections) - early


@pytest.mark.parametrize(("after", "silent"), [(6, PAUSE), (7, PAUSE), (2, 5), (9, 5)])
def test_what_is_no_hole(after: int, silent: float) -> None:
    """A total that fits, one more that the server may not have let go of, or no silence."""
    told = follow(cut(after, silent=silent))
    assert ["open"] * OLD == [told.states()[f"old{number}"] for number in range(OLD)]


def test_closes_in_one_breath_are_no_hole() -> None:
    """All are gone before the first is logged: the total is too low until the last is."""
    log = Log()
    for number in range(OLD):
        log("opened", number, connection=f"old{number}", total=number + 1, pattern="opened")
    end = busy(log, 10, OLD) + PAUSE
    for number in range(4):
        log("closed", end, connection=f"old{number}", total=2, pattern="closed")
    busy(log, end + 1, 2)
    assert {"closed": 64, "open": 2} == Counter(follow(log).states().values())


def test_a_connection_from_before_closes_as_one() -> None:
    """Its close counts, and the number of those that are left is right."""
    log = cut(2)
    log("closed", 2000, connection="old1", total=1, pattern="closed")
    told = follow(log)
    assert (1, "closed") == (told.live(), told.states()["old1"])


def test_a_stop_in_between_changes_nothing() -> None:
    """Wherever the detector is stopped and taken up again."""
    log = cut(2)
    expected = follow(log)
    for stop in range(0, len(log.events), 7):
        detector, told, gaps = Detector("app", []), Told(), list[Gap]()
        for place, event in enumerate(log.events):
            if place == stop:
                told.take(changes := detector.drain())
                gaps += changes.gaps
                detector = stopped(detector, told, [])
            detector.on_event(event)
        told.take(changes := detector.drain(ended=True))
        assert (expected.states(), 1) == (told.states(), len([*gaps, *changes.gaps]))


@pytest.mark.parametrize(
    ("total", "after", "expected"), [(True, 2, "yes"), (True, 6, "no"), (False, 2, "cannot_tell")]
)
def test_the_guard(total: bool, after: int, expected: str) -> None:
    """A hole is one; without totals nobody can tell of a silence what it hides."""
    log = cut(after)
    if not total:
        log.events = [event._replace(total=None) for event in log.events]
    more = next(place for place, one in enumerate(log.events) if (one.time or 0) > at(400)) + 4
    log.events[more:] = Log(line=1000)("reconnect", 740).events
    told = follow(log, [rule("count(reconnect) >= 1", hold=0)])
    (finding,) = told.findings.values()
    assert expected == {guard.name: guard.outcome for guard in finding.guards}["log_gap"]
