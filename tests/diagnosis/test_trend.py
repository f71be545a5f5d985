from __future__ import annotations

import json
import math
from collections.abc import Callable

import pytest

from logdiag.diagnosis import Detector
from logdiag.diagnosis.trend import DAY, HOUR, ROLLUPS, SAMPLE, Trend
from tests.diagnosis.builders import Log, Told, at, follow, rule, stopped

Counts = Callable[[float], tuple[float, float]]  # day -> live connections, clients


def trend(counts: Counts, days: float = 5) -> Trend:
    """The trend of a service that is sampled as it is in production."""
    made = Trend()
    for number in range(round(days * DAY * HOUR / SAMPLE)):
        time = at(0) + number * SAMPLE
        if made.due(time):
            live, clients = counts(number * SAMPLE / HOUR / DAY)
            made.sample(time, round(live), round(clients))
    return made


@pytest.mark.parametrize(
    ("counts", "days", "expected"),
    [
        (lambda day: (100 + 30 * day, 100), 5, 0.3),  # a drift
        (lambda day: ((100 + 50 * day) * (1 + 0.3 * day), 100 + 50 * day), 5, 0.3),  # and growth
        (lambda day: (130 + 65 * day, 100 + 50 * day), 5, 0),  # growth alone
        (lambda day: (130 + 40 * math.sin(2 * math.pi * day), 100), 7, 0),  # tabs, by day
        (lambda day: (100 + 30 * day, 100), 1.9, 0),  # not two days yet
        (lambda day: (400 - 30 * day, 100), 5, 0),
        (lambda day: (100 if day < 4.5 else 300, 100), 5, 0),  # a spike in the end
    ],
)
def test_what_is_a_drift(counts: Counts, days: float, expected: float) -> None:
    """Per client and day; growth, the time of day and spikes are none."""
    assert expected == pytest.approx(trend(counts, days).rise("live_per_client"), abs=0.02)


def test_growth_is_known_as_such() -> None:
    """Clients and connections rise, connections per client do not."""
    made = trend(lambda day: (130 + 65 * day, 100 + 50 * day))
    assert pytest.approx(50, abs=1) == made.rise("clients")
    assert pytest.approx(65, abs=1) == made.rise("live")


def test_it_is_bounded() -> None:
    """Eight days leave the roll-ups of a week."""
    assert ROLLUPS + 1 == len(trend(lambda day: (100, 100), 8).snapshot()[0])


def test_restored_it_goes_on_as_before() -> None:
    """Within an hour, too."""
    whole, halves = Trend(), Trend()
    for number in range(400):
        time = at(0) + number * SAMPLE
        for one in (whole, halves):
            if one.due(time):
                one.sample(time, 100 + number, 100)
        state = json.loads(json.dumps(halves.snapshot()))
        halves = Trend()
        halves.restore(state)
    assert whole.snapshot() == halves.snapshot()
    assert whole.rise("live_per_client") > 0


def test_a_drift_names_what_piles_up() -> None:
    """The connections of clients that hold several, not the one that everybody has."""
    log = Log()
    for hour in range(60):
        log("opened", hour * 3600, connection=f"c{hour}", user=f"u{hour % 3}")
    log("opened", 60 * 3600, connection="other", user="v")
    made = rule("trend >= 20%", by=(), hold=0)
    (finding,) = follow(log("message", 60 * 3600 + 60), [made]).findings.values()
    assert (60, "firing") == (finding.connections_total, finding.state)


@pytest.mark.parametrize(("clients", "state"), [(3, "firing"), (10_000, "none")])
def test_a_drift_where_closes_name_nobody(clients: int, state: str) -> None:
    """All that ever came may hold what is left; its proof are the openings of what is left."""
    log = Log()
    for hour in range(72):
        for visit in range(4):
            who, port = (4 * hour + visit) % clients, 1000 + 4 * hour + visit
            log("opened", hour * 3600 + 60 * visit, client=f"192.0.2.{who}", port=port)
            if visit:
                log("closed", hour * 3600 + 60 * visit + 30)
    detector, told = Detector("app", [rule("trend >= 20%", by=(), hold=0)]), Told()
    for number, event in enumerate(log.events):
        detector.on_event(event)
        if number % 50 == 0:
            told.take(detector.drain())
            detector = stopped(detector, told, [rule("trend >= 20%", by=(), hold=0)])
    told.take(detector.drain(ended=True))
    found = list(told.findings.values())
    assert ([state] if state == "firing" else []) == [one.state for one in found]
    assert all(len(one.evidence) > 20 for one in found)
